// SPDX-License-Identifier: GPL-2.0-only
/*
 * fields.c - a list of named values, and the ways to show it.
 *
 * The one thing to know: texts are cleaned when they are added, not when they are printed, so
 * nothing that leaves this list can carry an escape sequence or break a JSON string
 * (trace/printable.h says what could).
 *
 * A list that is full drops what comes later; FIELDS_MAX is far above what any row has, so that
 * is an assertion, while texts come from recordings and are cut.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "trace/printable.h"

size_t text_clean(char *buf, size_t size, const char *text)
{
	size_t at = 0;

	while (*text) {
		size_t length = printable_length(text);

		if (at + (length ? length : 4) >= size)
			break;
		if (length) {
			memcpy(buf + at, text, length);
			at += length;
			text += length;
		} else {
			at += (size_t)snprintf(buf + at, size - at, "\\x%02x", (unsigned char)*text++);
		}
	}
	if (size)
		buf[at] = 0;
	return at;
}

void fields_reset_for(struct fields *fields, const char *name)
{
	fields->only = name;
	fields->nr = 0;
	fields->used = 0;
}

void fields_reset(struct fields *fields)
{
	fields_reset_for(fields, NULL);
}

bool fields_wants(const struct fields *fields, const char *name)
{
	return !fields->only || strcmp(fields->only, name) == 0;
}

/* NULL: not wanted, or no room. */
static struct named_value *fields_add(struct fields *fields, const char *name, enum value_kind kind,
				int64_t number)
{
	struct named_value *field;

	if (!fields_wants(fields, name))
		return NULL;
	assert(fields->nr < FIELDS_MAX);
	if (fields->nr == FIELDS_MAX)
		return NULL;
	field = &fields->list[fields->nr++];
	*field = (struct named_value){ .name = name, .kind = kind, .number = number };
	return field;
}

void fields_nothing(struct fields *fields, const char *name)
{
	fields_add(fields, name, VALUE_NOTHING, 0);
}

void fields_number(struct fields *fields, const char *name, int64_t number)
{
	fields_add(fields, name, VALUE_NUMBER, number);
}

void fields_hex(struct fields *fields, const char *name, uint64_t number)
{
	fields_add(fields, name, VALUE_HEX, (int64_t)number);
}

void fields_bool(struct fields *fields, const char *name, bool yes)
{
	fields_add(fields, name, VALUE_BOOL, yes);
}

void fields_text(struct fields *fields, const char *name, const char *text)
{
	struct named_value *field = fields_add(fields, name, text ? VALUE_TEXT : VALUE_NOTHING, 0);

	if (!field || !text)
		return;
	field->text = "";
	if (fields->used < FIELDS_TEXT) {
		field->text = fields->text + fields->used;
		fields->used += text_clean(fields->text + fields->used,
					   FIELDS_TEXT - fields->used, text) + 1;
	}
}

const struct named_value *fields_find(const struct fields *fields, const char *name)
{
	for (int i = 0; i < fields->nr; i++)
		if (fields->list[i].name[0] == name[0] && strcmp(fields->list[i].name, name) == 0)
			return &fields->list[i];
	return NULL;
}

const char *field_show(const struct named_value *field, char *buf, size_t size)
{
	switch (field->kind) {
	case VALUE_NUMBER:
		snprintf(buf, size, "%" PRId64, field->number);
		return buf;
	case VALUE_HEX:
		snprintf(buf, size, "0x%" PRIx64, (uint64_t)field->number);
		return buf;
	case VALUE_TEXT:
		return field->text;
	case VALUE_BOOL:
		return field->number ? "yes" : "no";
	default:
		return "-";
	}
}

bool fields_lookup(void *row, const char *name, struct filter_value *ret)
{
	/* The kernel's word for a node's page number. */
	const struct named_value *field = fields_find(row, strcmp(name, "kpfn") == 0 ? "pfn" : name);

	if (!field || field->kind == VALUE_NOTHING)
		return false;
	ret->is_string = field->kind == VALUE_TEXT;
	ret->is_hex = field->kind == VALUE_HEX;
	ret->number = field->number;
	ret->string = field->text;
	return true;
}
