/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_v6.c - the layout of version 6: one record after another, nothing compressed.
 *
 * After the common header come, without any table: header_page and header_event, ftrace's formats,
 * the event formats, kallsyms, printk formats, command lines, the number of cpus, then "options",
 * then "flyrecord" with offset and size of each cpu's data, and the clock's text.  Named instances
 * are options that point to a table of their own further back.
 *
 * The hard part: a wrong length anywhere loses the way for everything behind it.  Then the marks
 * "options" or "flyrecord" are searched for, and reading goes on there.
 *
 * It does not read a latency tracer's text: such a file has no events.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "trace/container.h"

enum { MARK = 10, MAX_CPUS = 1 << 16 };

static const char mark_options[MARK + 1] = "options  ";
static const char mark_flyrecord[MARK + 1] = "flyrecord";
static const char mark_latency[MARK + 1] = "latency  ";

static bool mark_is(const struct bytes *b, const char *mark)
{
	return bytes_left(b) >= MARK && !memcmp(b->p, mark, MARK);
}

static int meta_read(struct trace_file *file, struct bytes *b)
{
	struct trace_text cmdlines;
	int error = trace_meta_header_info(file, b);

	if (!error)
		error = trace_meta_ftrace_formats(file, b);
	if (!error)
		error = trace_meta_event_formats(file, b);
	if (!error)
		error = trace_meta_text(file, b, 4, "kallsyms", &file->kallsyms);
	if (!error)
		error = trace_meta_text(file, b, 4, "the list of printk formats", &file->printk);
	if (!error)
		error = trace_meta_text(file, b, 8, "the list of command lines", &cmdlines);
	if (!error)
		error = trace_meta_cmdlines(file, cmdlines);
	return error;
}

/* After damage: to the cpu count in front of the first mark behind `from`. */
static bool way_found(struct bytes *b, const uint8_t *from)
{
	size_t left = (size_t)(b->end - from);
	const uint8_t *mark = memmem(from, left, mark_options, MARK);

	if (!mark)
		mark = memmem(from, left, mark_flyrecord, MARK);
	if (!mark || mark - b->start < 4)
		return false;
	b->p = mark - 4;
	b->failed = false;
	return true;
}

/* The text "local [mono] ..." behind a table of cpus, if the options say that there is one. */
static const char *clock_read(struct trace_file *file, struct bytes *b)
{
	uint64_t size = bytes_u64(b);
	const uint8_t *text = size < 4096 ? bytes_take(b, size) : NULL;
	struct trace_text copy;

	if (!text || trace_file_keep_text(file, text, size, &copy))
		return "";
	return trace_meta_clock(file, copy.text);
}

static bool has_clock(const struct trace_file *file)
{
	for (uint32_t i = 0; i < file->nr_options; i++)
		if (file->options[i].id == TRACE_OPTION_TRACECLOCK)
			return true;
	return false;
}

/* The table of cpus: offset and size of each. */
static int cpus_read(struct trace_file *file, struct bytes *b, const char *name)
{
	uint32_t nr = file->nr_file_cpus;
	struct trace_buffer *buffer;
	struct trace_cpu *cpus;
	int error = 0;

	if (nr > bytes_left(b) / 16) {
		trace_file_damaged(file, bytes_at(b), "the table of %" PRIu32 " cpus is cut", nr);
		nr = (uint32_t)(bytes_left(b) / 16);
	}
	buffer = trace_file_add_buffer(file, name, "", file->page_size);
	if (!buffer || trace_cpus_new(file, bytes_at(b), &nr, &cpus))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr && !error; i++) {
		uint64_t offset = bytes_u64(b), size = bytes_u64(b);

		cpus[i].cpu_id = i;
		error = trace_chunks_raw(file, &cpus[i], file->page_size, offset, size);
	}
	trace_buffer_take_cpus(file, buffer, cpus, nr);
	if (!error && has_clock(file))
		buffer->clock = clock_read(file, b);
	return error;
}

static int data_read(struct trace_file *file, struct bytes *b, const char *name)
{
	if (mark_is(b, mark_latency)) {
		trace_file_damaged(file, bytes_at(b), "holds a latency tracer's text, no events");
		return 0;
	}
	if (mark_is(b, mark_flyrecord))
		bytes_take(b, MARK);
	else if (!name[0]) {
		trace_file_damaged(file, bytes_at(b),
				   "the table of cpus is not here: no event can be read");
		return -EBADMSG;
	}
	return cpus_read(file, b, name);
}

static void cpu_count_update(struct trace_file *file)
{
	for (uint32_t i = 0; i < file->nr_options; i++) {
		const struct trace_option *option = &file->options[i];
		struct bytes b = bytes_make(option->data, option->size, 0, file->big);
		uint32_t nr;

		if (option->id != TRACE_OPTION_CPUCOUNT)
			continue;
		nr = bytes_u32(&b);
		if (!b.failed && nr && nr <= MAX_CPUS)
			file->nr_file_cpus = nr;
	}
}

static int instances_read(struct trace_file *file)
{
	const struct trace_part *part = &file->parts[0];
	int error = 0;

	for (uint32_t i = 0; i < file->nr_options && error != -ENOMEM; i++) {
		const struct trace_option *option = &file->options[i];
		struct bytes data =
			bytes_make(option->data, option->size, option->file_offset, file->big);
		uint64_t offset = bytes_u64(&data);
		struct bytes b;

		if (option->id != TRACE_OPTION_BUFFER)
			continue;
		if (data.failed || offset >= part->size || file->nr_buffers >= TRACE_MAX_BUFFERS) {
			trace_file_damaged(
				file, option->file_offset,
				"an instance's table of cpus is said to be at byte %" PRIu64,
				offset);
			continue;
		}
		b = bytes_make(part->data + offset, part->size - offset, offset, file->big);
		error = data_read(file, &b, option->size > 8 ? (const char *)option->data + 8 : "");
	}
	return error;
}

int trace_v6_read(struct trace_file *file, struct bytes *b)
{
	const uint8_t *from = b->p;
	uint64_t next;
	int error;

	error = meta_read(file, b);
	if (error == -ENOMEM || (error && !way_found(b, from)))
		return error;
	file->nr_file_cpus = bytes_u32(b);
	if (file->nr_file_cpus > MAX_CPUS) {
		trace_file_damaged(file, bytes_at(b) - 4, "%" PRIu32 " cpus", file->nr_file_cpus);
		file->nr_file_cpus = 0;
	}
	if (mark_is(b, mark_options)) {
		bytes_take(b, MARK);
		from = b->p;
		error = trace_meta_options(file, b, &next);
		if (error == -ENOMEM)
			return error;
		if (error) {
			const uint8_t *fly =
				memmem(from, (size_t)(b->end - from), mark_flyrecord, MARK);

			if (!fly)
				return error;
			b->p = fly;
			b->failed = false;
		}
		cpu_count_update(file);
	}
	error = data_read(file, b, "");
	if (error != -ENOMEM)
		error = instances_read(file);
	return error;
}
