/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_meta.c - the metadata that versions 6 and 7 share: formats, symbols, names, options.
 *
 * Both versions hold the same records; version 6 has them one after another in the file, version 7
 * each in a section of its own, perhaps compressed.  So each parser takes a cursor and does not
 * know which it is.  A record that does not fit is a damage with its place, and everything before
 * it is kept: half of the event formats are better than none.
 *
 * Options are kept as they are, for whoever needs one, and those that matter for reading are
 * understood at the end, when all buffers are known: the statistics of a cpu come before or after
 * the buffer they belong to, depending on who wrote the file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/container.h"

/* "header_page" or "header_event", each with its NUL, then 8 bytes of length, then the text. */
static int header_text(struct trace_file *file, struct bytes *b, const char *name,
		       struct trace_text *ret_text)
{
	uint64_t at = bytes_at(b);
	const uint8_t *label = bytes_take(b, strlen(name) + 1);

	if (!label || memcmp(label, name, strlen(name) + 1) != 0) {
		diag_expected(
			trace_file_damaged(file, at, "the ring buffer's %s is not here", name),
			"the word %s", name);
		return -EBADMSG;
	}
	return trace_meta_text(file, b, 8, name, ret_text);
}

int trace_meta_header_info(struct trace_file *file, struct bytes *b)
{
	int error = header_text(file, b, "header_page", &file->header_page);

	return error ? error : header_text(file, b, "header_event", &file->header_event);
}

int trace_meta_text(struct trace_file *file, struct bytes *b, int length_size, const char *what,
		    struct trace_text *ret_text)
{
	uint64_t at = bytes_at(b);
	uint64_t size = length_size == 4 ? bytes_u32(b) : bytes_u64(b);
	size_t left = bytes_left(b);
	struct diag *diag;

	if (!b->failed && size == left && b->owned) {
		/* Inflated to its own memory, NUL and all: kallsyms is megabytes, not to be copied.
		 */
		*ret_text = (struct trace_text){(const char *)bytes_take(b, size), size};
		return 0;
	}
	if (!b->failed && size <= left)
		return trace_file_keep_text(file, bytes_take(b, size), size, ret_text);
	diag = trace_file_damaged(file, at, "%s claims %" PRIu64 " bytes", what, size);
	diag_expected(diag, "at most the %zu that follow", left);
	b->failed = true;
	return -EBADMSG;
}

static int format_read(struct trace_file *file, struct bytes *b, const char *system)
{
	struct trace_format *format;
	int error;

	if (ARRAY_ROOM(file->formats, file->nr_formats, file->cap_formats))
		return -ENOMEM;
	format = &file->formats[file->nr_formats];
	format->system = system;
	error = trace_meta_text(file, b, 8, "an event format", &format->text);
	if (!error)
		file->nr_formats++;
	return error;
}

static int formats_read(struct trace_file *file, struct bytes *b, const char *system)
{
	uint64_t at = bytes_at(b);
	uint32_t nr = bytes_u32(b);
	int error = 0;

	if (b->failed || nr > bytes_left(b) / 8) {
		trace_file_damaged(file, at,
				   "%" PRIu32 " event formats of %.64s cannot be in %zu bytes", nr,
				   system, bytes_left(b));
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < nr && !error; i++)
		error = format_read(file, b, system);
	return error;
}

int trace_meta_ftrace_formats(struct trace_file *file, struct bytes *b)
{
	return formats_read(file, b, "ftrace");
}

int trace_meta_event_formats(struct trace_file *file, struct bytes *b)
{
	uint64_t at = bytes_at(b);
	uint32_t nr = bytes_u32(b);
	int error = 0;

	for (uint32_t i = 0; i < nr && !error; i++) {
		struct trace_text system;
		const char *name;

		at = bytes_at(b);
		name = bytes_string(b);
		if (!name) {
			trace_file_damaged(file, at,
					   "event system %" PRIu32 " of %" PRIu32 " has no name",
					   i + 1, nr);
			return -EBADMSG;
		}
		if (trace_file_keep_text(file, name, strlen(name), &system))
			return -ENOMEM;
		error = formats_read(file, b, system.text);
	}
	return error;
}

static int cmdline_order(const void *a, const void *b)
{
	const struct trace_cmdline *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* Lines of "PID COMM"; a comm may have blanks.  Works on the copy that the file owns. */
int trace_meta_cmdlines(struct trace_file *file, struct trace_text text)
{
	uint32_t cap = file->nr_cmdlines;
	char *line = (char *)text.text, *end = line + text.size;

	while (line < end) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *comm;
		long pid;

		if (newline)
			*newline = '\0';
		pid = strtol(line, &comm, 10);
		if (comm != line && *comm == ' ' && pid >= 0 && pid <= INT32_MAX) {
			if (ARRAY_ROOM(file->cmdlines, file->nr_cmdlines, cap))
				return -ENOMEM;
			file->cmdlines[file->nr_cmdlines++] =
				(struct trace_cmdline){(int32_t)pid, comm + 1};
		}
		line = newline ? newline + 1 : end;
	}
	if (file->nr_cmdlines)
		qsort(file->cmdlines, file->nr_cmdlines, sizeof(*file->cmdlines), cmdline_order);
	return 0;
}

static int option_keep(struct trace_file *file, uint64_t at, uint16_t id, const uint8_t *data,
		       uint32_t size)
{
	struct trace_text text;

	if (ARRAY_ROOM(file->options, file->nr_options, file->cap_options) ||
	    trace_file_keep_text(file, data, size, &text))
		return -ENOMEM;
	file->options[file->nr_options++] = (struct trace_option){id, size, at, text.text};
	return 0;
}

int trace_meta_options(struct trace_file *file, struct bytes *b, uint64_t *ret_next)
{
	*ret_next = 0;
	for (;;) {
		uint64_t at = bytes_at(b);
		uint16_t id = bytes_u16(b);
		const uint8_t *data;
		uint32_t size;

		if (!b->failed && id == TRACE_OPTION_DONE && file->version == 6)
			return 0;
		size = bytes_u32(b);
		data = bytes_take(b, size);
		if (b->failed) {
			trace_file_damaged(file, at,
					   "the options end in the middle (id %u, %" PRIu32
					   " bytes)",
					   id, size);
			return -EBADMSG;
		}
		if (id == TRACE_OPTION_DONE) {
			struct bytes done = bytes_make(data, size, at, file->big);

			*ret_next = bytes_u64(&done);
			return 0;
		}
		if (option_keep(file, at, id, data, size))
			return -ENOMEM;
	}
}

const char *trace_meta_clock(struct trace_file *file, const char *text)
{
	const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
	struct trace_text name;

	if (!close || trace_file_keep_text(file, open + 1, (size_t)(close - open - 1), &name))
		return "";
	return name.text;
}

/* "name: 123" at the start of a line. */
static uint64_t stat_number(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, 10);
	}
	return 0;
}

static int cpu_compare(const void *key, const void *item)
{
	uint32_t id = *(const uint32_t *)key, other = ((const struct trace_cpu *)item)->cpu_id;

	return id < other ? -1 : id > other;
}

static void stat_read(struct trace_file *file, uint32_t buffer_index,
		      const struct trace_option *option)
{
	const char *text = option->data;
	const char *line = strstr(text, "CPU:");
	const struct trace_buffer *buffer;
	struct trace_cpu *cpu;
	uint32_t cpu_id;

	if (!line || buffer_index >= file->nr_buffers || !file->buffers[buffer_index].nr_cpus)
		return;
	cpu_id = (uint32_t)strtoul(line + 4, NULL, 10);
	buffer = &file->buffers[buffer_index];
	cpu = bsearch(&cpu_id, buffer->cpus, buffer->nr_cpus, sizeof(*cpu), cpu_compare);
	if (!cpu || cpu->stat.known)
		return;
	cpu->stat = (struct trace_cpu_stat){
		.known = true,
		.entries = stat_number(text, "entries"),
		.overrun = stat_number(text, "overrun"),
		.commit_overrun = stat_number(text, "commit overrun"),
		.nr_bytes = stat_number(text, "bytes"),
		.dropped = stat_number(text, "dropped events"),
		.read = stat_number(text, "read events"),
		.text = {text, strlen(text)},
	};
}

/* "\nBuffer: NAME\n\n" stands before the statistics of a named instance. */
static uint32_t stat_buffer(const struct trace_file *file, const char *text, uint32_t current)
{
	const char *name = text + strspn(text, "\n");
	size_t len;

	if (strncmp(name, "Buffer: ", 8) != 0)
		return current;
	name += 8;
	len = strcspn(name, "\n");
	for (uint32_t i = 0; i < file->nr_buffers; i++)
		if (strlen(file->buffers[i].name) == len &&
		    !strncmp(file->buffers[i].name, name, len))
			return i;
	return UINT32_MAX;
}

int trace_meta_finish(struct trace_file *file)
{
	uint32_t current = 0;

	for (uint32_t i = 0; i < file->nr_options; i++) {
		const struct trace_option *option = &file->options[i];
		const char *text = option->data;
		int error = 0;

		switch (option->id) {
		case TRACE_OPTION_CPUSTAT:
			current = stat_buffer(file, text, current);
			stat_read(file, current, option);
			break;
		case TRACE_OPTION_UNAME:
			file->uname = trace_text_of(text);
			break;
		case TRACE_OPTION_VERSION:
			file->recorder = trace_text_of(text);
			break;
		default:
			error = trace_time_option(file, option);
		}
		if (error == -ENOMEM)
			return error;
		if (error)
			trace_file_damaged(file, option->file_offset,
					   "the time option %u makes no sense and is not applied",
					   option->id);
	}
	return 0;
}
