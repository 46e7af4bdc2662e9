// SPDX-License-Identifier: GPL-2.0-only
/*
 * formats.c - which formats a recording has, and what they are bound to.
 *
 * Opening reads the name and the id of each text (format_guard.c) and gives libtraceevent only those
 * that the table of events knows; the others are parsed when somebody asks for one, by the one thread
 * that may.  The hard idea is that a format is hostile: libtraceevent never sees the file's text
 * but what format_guard.c makes of it, and fields beyond any record unmake the event.
 *
 * It does not bind (binding.c) and does not print (event_text.c).
 */
#include "event/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "event/binding.h"
#include "event/format_guard.h"
#include "trace/array.h"
#include "trace/trace_file.h"

#define HEADER_MAX_TEXT		16384

/* Fields whose place cannot be: the event is then not used for anything that reads records. */
static bool event_is_tame(const struct tep_event *event)
{
	const struct tep_format_field *lists[2] = { event->format.common_fields, event->format.fields };

	for (int i = 0; i < 2; i++)
		for (const struct tep_format_field *f = lists[i]; f; f = f->next)
			if (f->offset < 0 || f->size < 0 || (unsigned int)f->offset > FORMAT_MAX_RECORD ||
			    (unsigned int)f->size > FORMAT_MAX_RECORD - (unsigned int)f->offset ||
			    f->elementsize > FORMAT_MAX_RECORD || f->arraylen > FORMAT_MAX_RECORD)
				return false;
	return true;
}

static struct tep_event *parse_event(struct formats *formats, const struct format_type *type,
				     struct diag *diag)
{
	const struct trace_format *format = trace_file_format(formats->file, type->text);
	struct format_guard guard = { 0 };
	char *text = format_guard_text(format->text.text, &guard);
	struct tep_event *event = NULL;

	if (text) {
		tep_parse_event(formats->tep, text, strlen(text), type->system);
		event = tep_find_event(formats->tep, type->type);
	}
	free(text);
	if (!event || !event_is_tame(event)) {
		diag_set(diag, -EBADMSG, "the format of %s:%s cannot be parsed", type->system, type->name);
		return NULL;
	}
	if (guard.nr_dropped)
		diag_set(diag, -EBADMSG, "the format of %s:%s has %u lines that are no fields",
			 type->system, type->name, guard.nr_dropped);
	else if (guard.print_dropped)
		diag_set(diag, -EBADMSG, "the print format of %s:%s is not used: it is too deep, divides, or names no field",
			 type->system, type->name);
	return event;
}

struct format_type *formats_type(const struct formats *formats, int type)
{
	uint64_t at = BISECT(0, formats->nr_types, i, formats->types[i].type < type);

	return at < formats->nr_types && formats->types[at].type == type ? &formats->types[at] : NULL;
}

static struct tep_event *type_event(struct formats *formats, struct format_type *type,
				    struct diag *diag)
{
	if (!type->parsed) {
		type->parsed = true;
		type->event = parse_event(formats, type, diag);
	}
	return type->event;
}

struct tep_event *formats_event(struct formats *formats, int type)
{
	struct format_type *t = formats_type(formats, type);

	return t ? type_event(formats, t, NULL) : NULL;
}

void formats_load_symbols(struct formats *formats)
{
	if (formats->symbols_parsed)
		return;
	formats->symbols_parsed = true;
	tep_parse_kallsyms(formats->tep, trace_file_kallsyms(formats->file).text);
	tep_parse_printk_formats(formats->tep, trace_file_printk(formats->file).text);
}

static int compare_types(const void *a, const void *b)
{
	const struct format_type *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

/* All names and ids, in order; of two with the same id the first in the file counts. */
static int list_types(struct formats *formats, struct damage_list *damages)
{
	uint32_t nr = trace_file_nr_formats(formats->file), nr_kept = 0;

	formats->types = calloc(nr ? nr : 1, sizeof(*formats->types));
	if (!formats->types)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		const struct trace_format *format = trace_file_format(formats->file, i);
		struct format_type *type = &formats->types[formats->nr_types];

		struct format_guard guard;

		if (format_guard_head(format->text.text, &guard) == 0) {
			*type = (struct format_type){ .system = format->system, .text = i,
						      .name = guard.name, .type = guard.type };
			formats->nr_types++;
			continue;
		}
		diag_set(damage_list_add(damages), -EBADMSG,
			 "a format of system %s has no name and ID and is not used", format->system);
	}
	qsort(formats->types, formats->nr_types, sizeof(*formats->types), compare_types);
	for (uint32_t i = 0; i < formats->nr_types; i++) {
		if (nr_kept && formats->types[nr_kept - 1].type == formats->types[i].type)
			free(formats->types[i].name);
		else
			formats->types[nr_kept++] = formats->types[i];
	}
	formats->nr_types = nr_kept;
	return 0;
}

/*
 * The header page's `commit` is a long of the kernel, which may differ from user space's;
 * trace-cmd goes by it too.
 */
static void set_up_tep(struct formats *formats)
{
	struct trace_text page = trace_file_header_page(formats->file);
	int long_size = trace_file_long_size(formats->file);

	tep_set_long_size(formats->tep, long_size);
	tep_set_page_size(formats->tep, (int)trace_file_page_size(formats->file));
	tep_set_file_bigendian(formats->tep, formats->big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(formats->tep, tep_is_bigendian() ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	if (page.size > 0 && page.size < HEADER_MAX_TEXT &&
	    tep_parse_header_page(formats->tep, (char *)page.text, page.size, long_size) == 0) {
		int size = tep_get_header_page_size(formats->tep);

		if (size == 4 || size == 8)
			long_size = size;
	}
	tep_set_long_size(formats->tep, long_size);
	formats->long_size = (uint8_t)long_size;
}

static void find_common_fields(struct formats *formats, struct tep_event *event)
{
	struct tep_format_field *type = tep_find_common_field(event, "common_type");
	struct tep_format_field *pid = tep_find_common_field(event, "common_pid");

	if (type && type->offset < 64 && (type->size == 2 || type->size == 4)) {
		formats->type_offset = (uint8_t)type->offset;
		formats->type_size = (uint8_t)type->size;
	}
	if (pid && pid->offset < 64 && pid->size == 4)
		formats->pid_offset = (uint8_t)pid->offset;
}

static int bind_types(struct formats *formats, struct damage_list *damages)
{
	bool common_found = false;

	formats->bindings = calloc(formats->nr_types + 1u, sizeof(*formats->bindings));
	if (!formats->bindings)
		return -ENOMEM;
	formats->nr_bindings = 1;
	for (uint32_t i = 0; i < formats->nr_types; i++) {
		struct format_type *type = &formats->types[i];
		enum event_kind kind = binding_find_kind(type->system, type->name);
		struct diag diag = { 0 };
		struct tep_event *event;

		if (kind == EVENT_UNKNOWN && (common_found || i + 1 < formats->nr_types))
			continue;
		event = type_event(formats, type, &diag);
		if (diag.error) {
			struct diag *damage = damage_list_add(damages);

			if (damage)
				*damage = diag;
		}
		if (!event)
			continue;
		if (!common_found)
			find_common_fields(formats, event);
		common_found = true;
		if (kind == EVENT_UNKNOWN)
			continue;
		type->binding = (uint16_t)formats->nr_bindings;
		formats->by_type[type->type] = type->binding;
		binding_make(&formats->bindings[formats->nr_bindings++], kind, event, formats->swap);
	}
	return 0;
}

int formats_new(const struct trace_file *file, struct formats **ret_formats,
		struct damage_list *damages)
{
	struct formats *formats = calloc(1, sizeof(*formats));
	int ret = -ENOMEM;

	if (!formats)
		return -ENOMEM;
	*formats = (struct formats){ .file = file, .type_size = 2, .pid_offset = 4 };
	formats->big_endian = trace_file_is_big_endian(file);
	formats->swap = formats->big_endian != (bool)tep_is_bigendian();
	formats->tep = tep_alloc();
	if (!formats->tep)
		goto fail;
	tep_set_loglevel(TEP_LOG_NONE);
	set_up_tep(formats);
	ret = list_types(formats, damages);
	if (ret == 0)
		ret = bind_types(formats, damages);
	if (ret != 0)
		goto fail;
	*ret_formats = formats;
	return 0;
fail:
	formats_free(formats);
	return ret;
}

void formats_free(struct formats *formats)
{
	if (!formats)
		return;
	for (uint32_t i = 0; i < formats->nr_types; i++)
		free(formats->types[i].name);
	free(formats->types);
	free(formats->bindings);
	if (formats->tep)
		tep_free(formats->tep);
	free(formats);
}
