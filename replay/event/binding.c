// SPDX-License-Identifier: GPL-2.0-only
/*
 * binding.c - names of kernel fields to offsets, once; then a few loads an event.
 *
 * The hard idea: all questions about a field (found under which alias, how wide, signed, which byte
 * order, array or __data_loc) are answered when the recording is opened and become one small opcode.
 * Decoding then is a loop over at most twelve opcodes, and a single comparison of the
 * record's size covers all fixed fields.  Records that are shorter than their format says take
 * the slow road, field by field.
 *
 * It does not look at arrays of numbers but 32-bit ones, bitmasks or fields that no member of event_table.h names.
 */
#include "event/binding.h"

#include <byteswap.h>
#include <string.h>
#include <traceevent/event-parse.h>

enum event_kind binding_find_kind(const char *system, const char *name)
{
	size_t system_size = strlen(system), name_size = strlen(name);

	for (int kind = EVENT_UNKNOWN + 1; kind < NR_EVENT_KINDS; kind++) {
		const char *p = event_kind_info((enum event_kind)kind)->names;

		while (*p) {
			size_t size = strcspn(p, " ");

			if (size == system_size + 1 + name_size && p[system_size] == ':' &&
			    memcmp(p, system, system_size) == 0 &&
			    memcmp(p + system_size + 1, name, name_size) == 0)
				return (enum event_kind)kind;
			p += size;
			p += strspn(p, " ");
		}
	}
	return EVENT_UNKNOWN;
}

/* The field under the first of the names "a|b" that the event has. */
static struct tep_format_field *find_field(struct tep_event *event, const char *names)
{
	char name[64];

	while (*names) {
		size_t size = strcspn(names, "|");
		struct tep_format_field *field = NULL;

		if (size < sizeof(name)) {
			memcpy(name, names, size);
			name[size] = 0;
			field = tep_find_field(event, name);
		}
		if (field)
			return field;
		names += size;
		names += *names == '|';
	}
	return NULL;
}

static int number_op(const struct tep_format_field *field, bool swap)
{
	bool is_signed = field->flags & TEP_FIELD_IS_SIGNED;

	if (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC))
		return -1;
	switch (field->size) {
	case 1: return is_signed ? LOAD_S8 : LOAD_U8;
	case 2: return (swap ? LOAD_SWAPPED_U16 : LOAD_U16) + is_signed;
	case 4: return (swap ? LOAD_SWAPPED_U32 : LOAD_U32) + is_signed;
	case 8: return swap ? LOAD_SWAPPED_U64 : LOAD_U64;
	}
	return -1;
}

static int string_op(const struct tep_format_field *field)
{
	if (field->flags & TEP_FIELD_IS_DYNAMIC)
		return field->size != 4 ? -1 :
		       field->flags & TEP_FIELD_IS_RELATIVE ? LOAD_REL_LOC : LOAD_DATA_LOC;
	return field->flags & TEP_FIELD_IS_ARRAY && field->elementsize <= 1 ? LOAD_CHARS : -1;
}

static int numbers_op(const struct tep_format_field *field, uint16_t nr)
{
	return field->flags & TEP_FIELD_IS_ARRAY && !(field->flags & TEP_FIELD_IS_DYNAMIC) &&
	       field->elementsize == 4 && field->size >= 4 * nr ? LOAD_NUMBERS : -1;
}

static int find_op(const struct tep_format_field *field, const struct event_member *member, bool swap)
{
	if (member->nr)
		return numbers_op(field, member->nr);
	return member->is_string ? string_op(field) : number_op(field, swap);
}

static bool is_plain(const struct field_load *load)
{
	return load->op == LOAD_U64 || load->op == LOAD_U32 || load->op == LOAD_S32;
}

/* Plain loads first. */
static void sort_loads(struct binding *binding)
{
	struct field_load others[EVENT_MAX_MEMBERS];
	uint16_t nr = 0;

	for (uint16_t i = 0; i < binding->nr_loads; i++) {
		if (is_plain(&binding->loads[i]))
			binding->loads[binding->nr_plain++] = binding->loads[i];
		else
			others[nr++] = binding->loads[i];
	}
	memcpy(&binding->loads[binding->nr_plain], others, nr * sizeof(*others));
	binding->has_all = binding->nr_loads == event_kind_info(binding->kind)->nr_members;
}

void binding_make(struct binding *binding, enum event_kind kind, struct tep_event *event, bool swap)
{
	const struct event_kind_info *info = event_kind_info(kind);
	uint16_t place = 0;

	*binding = (struct binding){ .kind = (uint16_t)kind, .args_size = info->args_size };
	for (uint16_t i = 0; i < info->nr_members; i++) {
		const struct event_member *member = &info->members[i];
		const struct tep_format_field *field = find_field(event, member->names);
		int op = field ? find_op(field, member, swap) : -1;

		if (op >= 0 && field->offset + field->size < UINT16_MAX) {
			uint16_t end = (uint16_t)(field->offset + field->size);

			binding->loads[binding->nr_loads++] = (struct field_load){
				.offset = (uint16_t)field->offset,
				.size = (uint16_t)(member->nr ? 4 * member->nr : field->size),
				.op = (uint8_t)op, .member = (uint8_t)i, .place = place,
			};
			binding->present |= UINT32_C(1) << i;
			if (end > binding->size_needed)
				binding->size_needed = end;
		}
		place = (uint16_t)(place + (member->nr ? 4 * member->nr : member->is_string ? 16 : 8));
	}
	sort_loads(binding);
}

#define LOAD(type)	({ type value_; memcpy(&value_, p, sizeof(value_)); value_; })

static inline int64_t load_number(enum load_op op, const uint8_t *p)
{
	switch (op) {
	case LOAD_U8: return LOAD(uint8_t);
	case LOAD_S8: return LOAD(int8_t);
	case LOAD_U16: return LOAD(uint16_t);
	case LOAD_S16: return LOAD(int16_t);
	case LOAD_U32: return LOAD(uint32_t);
	case LOAD_S32: return LOAD(int32_t);
	case LOAD_U64: return LOAD(int64_t);
	case LOAD_SWAPPED_U16: return bswap_16(LOAD(uint16_t));
	case LOAD_SWAPPED_S16: return (int16_t)bswap_16(LOAD(uint16_t));
	case LOAD_SWAPPED_U32: return bswap_32(LOAD(uint32_t));
	case LOAD_SWAPPED_S32: return (int32_t)bswap_32(LOAD(uint32_t));
	case LOAD_SWAPPED_U64: return (int64_t)bswap_64(LOAD(uint64_t));
	default: return 0;
	}
}

static bool load_string(const struct field_load *load, const uint8_t *record, uint32_t size,
			bool swap, char *dst)
{
	uint32_t offset = load->offset, length = load->size;

	if (load->op != LOAD_CHARS) {
		uint32_t loc = (uint32_t)load_number(swap ? LOAD_SWAPPED_U32 : LOAD_U32, record + offset);

		length = loc >> 16;
		offset = (loc & 0xffff) + (load->op == LOAD_REL_LOC ? offset + load->size : 0);
		if (offset > size || length > size - offset)
			return false;
	}
	length = (uint32_t)strnlen((const char *)record + offset, length < 15 ? length : 15);
	memcpy(dst, record + offset, length);
	memset(dst + length, 0, 16 - length);
	return true;
}

static void load_numbers(const struct field_load *load, const uint8_t *record, bool swap, uint8_t *dst)
{
	memcpy(dst, record + load->offset, load->size);
	for (uint32_t i = 0; swap && i < load->size; i += 4) {
		uint32_t value;

		memcpy(&value, dst + i, 4);
		value = bswap_32(value);
		memcpy(dst + i, &value, 4);
	}
}

/* The loads of a record that is shorter than its format says. */
static uint32_t load_checked(const struct binding *binding, const uint8_t *record, uint32_t size,
			     bool swap, uint8_t *args)
{
	uint32_t present = 0;

	for (unsigned int i = 0; i < binding->nr_loads; i++) {
		const struct field_load *load = &binding->loads[i];

		if ((uint32_t)load->offset + load->size > size)
			continue;
		if (load->op < LOAD_NUMBERS) {
			int64_t value = load_number((enum load_op)load->op, record + load->offset);

			memcpy(args + load->place, &value, sizeof(value));
		} else if (load->op == LOAD_NUMBERS) {
			load_numbers(load, record, swap, args + load->place);
		} else if (!load_string(load, record, size, swap, (char *)args + load->place)) {
			continue;
		}
		present |= UINT32_C(1) << load->member;
	}
	return present;
}

uint32_t binding_load_checked(const struct binding *binding, const uint8_t *record, uint32_t size,
			      bool swap, void *args)
{
	memset(args, 0, binding->args_size);
	return load_checked(binding, record, size, swap, args);
}

uint32_t binding_load_others(const struct binding *binding, const uint8_t *record, uint32_t size,
			     bool swap, void *args)
{
	uint32_t present = binding->present;

	for (unsigned int i = binding->nr_plain; i < binding->nr_loads; i++) {
		const struct field_load *load = &binding->loads[i];
		uint8_t *dst = (uint8_t *)args + load->place;

		if (load->op < LOAD_NUMBERS) {
			int64_t value = load_number((enum load_op)load->op, record + load->offset);

			memcpy(dst, &value, sizeof(value));
		} else if (load->op == LOAD_NUMBERS) {
			load_numbers(load, record, swap, dst);
		} else if (!load_string(load, record, size, swap, (char *)dst)) {
			memset(dst, 0, 16);
			present &= ~(UINT32_C(1) << load->member);
		}
	}
	return present;
}
