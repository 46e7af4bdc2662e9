// SPDX-License-Identifier: GPL-2.0-only
/*
 * formats.c - finding, guarding and parsing the format texts.
 *
 * The hard idea: libtraceevent's parser may be given nothing that it cannot stand.  It is recursive
 * (40,000 nested parentheses overflow its stack, and a chain of casts or unary operators nests without
 * any parenthesis), so the print format is measured first: too deep, or too many tokens
 * outside of string literals, and only the part in front of it is parsed.  Everything
 * about an event but its pretty text works without a print format.
 *
 * Names and ids are read by a few lines here, so that only the events of the table are parsed on
 * opening.  It does not bind (binding.c) and does not print (event_text.c).
 */
#include "event/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "event/binding.h"
#include "trace/trace_file.h"

#define FORMAT_MAX_TEXT		(256u << 10)
#define FORMAT_MAX_FIELDS	1024
#define PRINT_MAX_DEPTH		100
#define PRINT_MAX_CODE		8192	/* bytes outside of string literals */

/* The line "KEY VALUE\n" at the start of `text`: VALUE, its length, and behind the line. */
static const char *read_line(const char *text, const char *key, const char **ret_value, size_t *ret_size)
{
	size_t n = strlen(key);
	const char *end;

	if (strncmp(text, key, n) != 0)
		return NULL;
	text += n + strspn(text + n, " \t");
	end = text + strcspn(text, "\r\n");
	*ret_value = text;
	*ret_size = (size_t)(end - text);
	return end + strspn(end, "\r\n");
}

static bool read_head(const char *text, struct format_type *ret_type)
{
	const char *name, *id;
	size_t name_size, id_size;
	unsigned long n;
	char *end;

	text = read_line(text, "name:", &name, &name_size);
	if (!text || name_size == 0 || name_size > 128 || !read_line(text, "ID:", &id, &id_size))
		return false;
	n = strtoul(id, &end, 10);
	if (end == id || end > id + id_size || n > UINT16_MAX)
		return false;
	ret_type->type = (uint16_t)n;
	ret_type->name = strndup(name, name_size);
	return ret_type->name != NULL;
}

static bool print_is_tame(const char *print)
{
	size_t nr_code = 0;
	int depth = 0;

	/* Lengths out of the record, which libtraceevent does not hold against it. */
	if (strstr(print, "%*p") || strstr(print, "%ph"))
		return false;
	for (const char *p = print; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				if (*p == '\\' && p[1])
					p++;
			if (!*p)
				return false;
			continue;
		}
		if (strchr("([{?", *p) && ++depth > PRINT_MAX_DEPTH)
			return false;
		if (strchr(")]}:", *p))
			depth--;
		if (++nr_code > PRINT_MAX_CODE)
			return false;
	}
	return true;
}

static bool fields_are_tame(const char *text, const char *end)
{
	int nr = 0;

	for (const char *p = text; (p = strstr(p, "field:")) && p < end; p++)
		nr++;
	return nr <= FORMAT_MAX_FIELDS;
}

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

/* Parses a guarded copy of the text. */
static struct tep_event *parse_event(struct formats *formats, const struct format_type *type,
				     struct diag *diag)
{
	const struct trace_format *format = trace_file_format(formats->file, type->text);
	const char *print = strstr(format->text.text, "print fmt:");
	size_t size = print ? (size_t)(print - format->text.text) : strlen(format->text.text);
	struct tep_event *event = NULL;
	char *copy = NULL;

	if (strlen(format->text.text) > FORMAT_MAX_TEXT ||
	    !fields_are_tame(format->text.text, format->text.text + size)) {
		diag_set(diag, -EBADMSG, "the format of %s:%s is too long", type->system, type->name);
		return NULL;
	}
	if (!print || !print_is_tame(print)) {
		copy = malloc(size + 32);
		if (!copy)
			return NULL;
		memcpy(copy, format->text.text, size);
		strcpy(copy + size, "print fmt: \"\"\n");
		if (print)
			diag_set(diag, -EBADMSG, "the print format of %s:%s cannot be used, only its fields are",
				 type->system, type->name);
		size = strlen(copy);
	} else {
		size = strlen(format->text.text);
	}
	tep_parse_event(formats->tep, copy ? copy : format->text.text, size, type->system);
	free(copy);
	event = tep_find_event(formats->tep, type->type);
	if (event && !event_is_tame(event)) {
		diag_set(diag, -EBADMSG, "the format of %s:%s has fields beyond the end of any record",
			 type->system, type->name);
		event = NULL;
	} else if (!event) {
		diag_set(diag, -EBADMSG, "the format of %s:%s cannot be parsed", type->system, type->name);
	}
	return event;
}

struct format_type *formats_type(const struct formats *formats, int type)
{
	uint32_t lo = 0, hi = formats->nr_types;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (formats->types[mid].type < type)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < formats->nr_types && formats->types[lo].type == type ? &formats->types[lo] : NULL;
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

		*type = (struct format_type){ .system = format->system, .text = i };
		if (read_head(format->text.text, type)) {
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
	if (page.size > 0 && page.size < FORMAT_MAX_TEXT &&
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
