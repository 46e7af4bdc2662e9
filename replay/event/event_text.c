// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_text.c - names and printed forms of records.
 *
 * The printing is libtraceevent's own, which is what `trace-cmd report` calls, so that the texts
 * agree letter for letter.  The hard idea is to make it safe: libtraceevent trusts offsets and
 * lengths inside a record.  It is given a copy with so many zero bytes behind it that any place
 * a format (formats.c caps them at 64 KB) or a __data_loc (16 bits each of offset and length) can name is
 * inside.  Fields only, as `trace-cmd report -R` has them: print formats that count elements by a number out
 * of the record, or set a width by one, could not be bounded that way.
 *
 * Plugins of libtraceevent are not loaded: a recording must not decide which code runs.
 */
#include "event/index.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#define SCRATCH_SIZE	(4 * FORMAT_MAX_RECORD)

void event_index_name_type(struct event_index *index, uint16_t type, const char **ret_system,
			   const char **ret_name)
{
	const struct format_type *format = formats_type(index->decoder->formats, type);

	if (format) {
		*ret_system = format->system;
		*ret_name = format->name;
		return;
	}
	*ret_system = "unknown";
	*ret_name = "?";
	if (!index->unknown_names)
		index->unknown_names = calloc(NR_TYPES, sizeof(*index->unknown_names));
	if (!index->unknown_names)
		return;
	snprintf(index->unknown_names[type], sizeof(index->unknown_names[type]), "%u", type);
	*ret_name = index->unknown_names[type];
}

void event_record_name(const struct event_record *record, const char **ret_system,
		       const char **ret_name)
{
	*ret_system = record->system;
	*ret_name = record->name;
}

struct tep_handle *event_index_tep(struct event_index *index)
{
	return index->decoder->formats->tep;
}

/* ---- types ---- */

uint32_t event_index_nr_types(const struct event_index *index)
{
	const uint64_t *counts = index->counts.data;
	uint32_t nr = index->decoder->formats->nr_types;

	for (uint32_t type = 0; type < NR_TYPES; type++)
		nr += counts[type] && !formats_type(index->decoder->formats, (int)type);
	return nr;
}

int event_index_type(struct event_index *index, uint32_t i, struct event_type_count *ret)
{
	const struct formats *formats = index->decoder->formats;
	const uint64_t *counts = index->counts.data;
	uint32_t type = 0;

	if (i < formats->nr_types) {
		type = formats->types[i].type;
	} else {
		uint32_t left = i - formats->nr_types + 1;

		for (; type < NR_TYPES && left > 0; type++)
			left -= counts[type] && !formats_type(formats, (int)type);
		if (left > 0)
			return -ENOENT;
		type--;
	}
	*ret = (struct event_type_count){
		.type = (int)type, .nr = counts[type],
		.kind = (enum event_kind)formats_binding(formats, (uint16_t)type)->kind,
	};
	event_index_name_type(index, (uint16_t)type, &ret->system, &ret->name);
	return 0;
}

/* ---- printing ---- */

/* A copy of the record that libtraceevent may read beyond the end of; erase_copy() afterwards. */
static bool make_copy(struct event_index *index, const struct event_record *record,
		      struct tep_record *ret_copy)
{
	if (!index->scratch)
		index->scratch = calloc(1, SCRATCH_SIZE);
	if (!index->scratch || !record->format || record->size > FORMAT_MAX_RECORD)
		return false;
	memcpy(index->scratch, record->data, record->size);
	*ret_copy = (struct tep_record){
		.ts = record->ts_ns, .size = (int)record->size, .record_size = (int)record->size,
		.data = index->scratch, .cpu = record->cpu,
	};
	return true;
}

static void erase_copy(struct event_index *index, const struct event_record *record)
{
	memset(index->scratch, 0, record->size);
}

/* Does the print format turn an address into a symbol?  libtraceevent then does it for the field too. */
static bool format_has_symbols(const char *format)
{
	while ((format = strstr(format, "%p"))) {
		format += 2;
		if (*format && strchr("sSfFB", *format))
			return true;
	}
	return false;
}

static void load_symbols(struct event_index *index, const struct event_record *record)
{
	if (record->format && record->format->print_fmt.format &&
	    format_has_symbols(record->format->print_fmt.format))
		formats_load_symbols(index->decoder->formats);
}

size_t event_record_fields(struct event_index *index, const struct event_record *record,
			   char *buf, size_t size)
{
	struct tep_record tep_record;
	struct trace_seq seq;
	size_t length = 0;

	load_symbols(index, record);
	if (size > 0)
		buf[0] = 0;
	if (!make_copy(index, record, &tep_record))
		return 0;
	trace_seq_init(&seq);
	tep_print_event(index->decoder->formats->tep, &seq, &tep_record, "%s", TEP_PRINT_INFO_RAW);
	trace_seq_terminate(&seq);
	if (seq.state == TRACE_SEQ__GOOD) {
		const char *text = seq.buffer + strspn(seq.buffer, " ");

		length = strlen(text);
		if (size > 0)
			snprintf(buf, size, "%s", text);
	}
	trace_seq_destroy(&seq);
	erase_copy(index, record);
	return length;
}

/* One field of the copy as "NAME=VALUE"; calls fn with the two. */
static int print_field(struct tep_record *copy, const struct event_record *record,
		       const struct tep_format_field *field, unsigned int i, event_field_fn fn, void *arg)
{
	struct trace_seq seq;
	const char *text;
	int ret = 0;

	trace_seq_init(&seq);
	tep_record_print_selected_fields(&seq, copy, record->format, UINT64_C(1) << i);
	trace_seq_terminate(&seq);
	text = seq.state == TRACE_SEQ__GOOD ? strchr(seq.buffer, '=') : NULL;
	if (text) {
		text++;
		ret = fn(field->name, text,
			 field->flags & TEP_FIELD_IS_STRING ? FIELD_STRING :
			 strncmp(text, "0x", 2) == 0 ? FIELD_HEX :
			 text[strspn(text, "-0123456789")] == 0 ? FIELD_NUMBER : FIELD_STRING, arg);
	}
	trace_seq_destroy(&seq);
	return ret;
}

int event_record_each_field(struct event_index *index, const struct event_record *record,
			    event_field_fn fn, void *arg)
{
	const struct tep_format_field *field;
	struct tep_record copy;
	unsigned int i = 0;
	int ret = 0;

	load_symbols(index, record);
	if (!make_copy(index, record, &copy))
		return 0;
	for (field = record->format->format.fields; field && i < 64 && ret == 0; field = field->next)
		ret = print_field(&copy, record, field, i++, fn, arg);
	erase_copy(index, record);
	return ret;
}
