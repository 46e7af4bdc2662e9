/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fields.h - what is told about one thing, as a list of named values.
 *
 * A row, an event or a finding is described once, by adding fields; tables, sentences, JSON and
 * filters all read the same list, so they use one set of names and cannot disagree.
 *
 * Someone who needs one value only asks for it by name beforehand (fields_reset_for): the others are
 * then dropped as they are added, and whoever adds a dear one looks at fields_wants() first.
 *
 * A list is refilled for each thing and allocates nothing.  Names are static strings.  Texts are
 * copied (cut when the list is full) and made printable on the way: control characters and what
 * is no UTF-8 become \xNN, because a recording may hold anything and the reader may be a terminal.
 */
#ifndef KSMTOP_FIELDS_H
#define KSMTOP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event_filter.h"

enum value_kind {
	VALUE_NOTHING,		/* not known: null, "-" */
	VALUE_NUMBER,
	VALUE_HEX,		/* address, page number: "0x..." */
	VALUE_TEXT,
	VALUE_BOOL,
};

struct named_value {
	const char *name;
	enum value_kind kind;
	int64_t number;		/* NUMBER, HEX (as uint64_t), BOOL */
	const char *text;	/* TEXT: in the list's own memory */
};

#define FIELDS_MAX	48
#define FIELDS_TEXT	4096

struct fields {
	const char *only;	/* NULL: all */
	int nr;
	size_t used;
	struct named_value list[FIELDS_MAX];
	char text[FIELDS_TEXT];
};

void fields_reset(struct fields *fields);
/* `name` is borrowed until the next reset. */
void fields_reset_for(struct fields *fields, const char *name);
bool fields_wants(const struct fields *fields, const char *name);
void fields_nothing(struct fields *fields, const char *name);
void fields_number(struct fields *fields, const char *name, int64_t number);
void fields_hex(struct fields *fields, const char *name, uint64_t number);
void fields_bool(struct fields *fields, const char *name, bool yes);
/* NULL is nothing. */
void fields_text(struct fields *fields, const char *name, const char *text);

const struct named_value *fields_find(const struct fields *fields, const char *name);
/* A value as people read it; returns `buf` or a text of the list. */
const char *field_show(const struct named_value *field, char *buf, size_t size);
/* A filter_lookup_fn; `row` is a struct fields. */
bool fields_lookup(void *row, const char *name, struct filter_value *ret);

/* Copies `text` made printable; returns the bytes written without the NUL. */
size_t text_clean(char *buf, size_t size, const char *text);

#endif /* KSMTOP_FIELDS_H */
