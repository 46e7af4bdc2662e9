/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * binding.h - from a kernel's event format to the loads that fill an args struct.
 *
 * Private to replay/event.
 */
#ifndef KSMTOP_BINDING_H
#define KSMTOP_BINDING_H

#include <string.h>

#include "event/formats.h"

/* The kind that goes by this name in event_table.h, else EVENT_UNKNOWN. */
enum event_kind binding_find_kind(const char *system, const char *name);
/* Members that the event lacks, or has in a shape that cannot be loaded, get no load. */
void binding_make(struct binding *binding, enum event_kind kind, struct tep_event *event, bool swap);

/* The parts of binding_load() that are not always needed: a record too short, what is not plain. */
uint32_t binding_load_checked(const struct binding *binding, const uint8_t *record, uint32_t size,
			      bool swap, void *args);
uint32_t binding_load_others(const struct binding *binding, const uint8_t *record, uint32_t size,
			     bool swap, void *args);

/*
 * Fills `args` (binding->args_size bytes, 8-byte aligned) from a record of `size` bytes and returns
 * which members were there.  Members that are not become 0.
 */
static inline uint32_t binding_load(const struct binding *binding, const uint8_t *record, uint32_t size,
				    bool swap, void *args)
{
	const struct field_load *end = binding->loads + binding->nr_plain;
	uint32_t present = binding->present;

	if (size < binding->size_needed)
		return binding_load_checked(binding, record, size, swap, args);
	if (!binding->has_all)
		memset(args, 0, binding->args_size);
	for (const struct field_load *load = binding->loads; load < end; load++) {
		const uint8_t *from = record + load->offset;
		uint32_t half;
		int64_t value;

		if (load->op == LOAD_U64) {
			memcpy(&value, from, sizeof(value));
		} else {
			memcpy(&half, from, sizeof(half));
			value = load->op == LOAD_S32 ? (int64_t)(int32_t)half : (int64_t)half;
		}
		memcpy((uint8_t *)args + load->place, &value, sizeof(value));
	}
	return end == binding->loads + binding->nr_loads ? present :
	       binding_load_others(binding, record, size, swap, args);
}

#endif /* KSMTOP_BINDING_H */
