/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_v7_lost.c - event data whose BUFFER option was cut off or damaged.
 *
 * trace-cmd writes the option that says where each cpu's data begins behind that data, so a file
 * that is cut has whole chunks of events and nothing that describes them.  What is left to go by:
 * data of a cpu starts at a page boundary; compressed data says how many chunks follow; pages of
 * one cpu have ascending timestamps, so a timestamp that goes back begins another cpu.
 *
 * The cpus' numbers are not in the data.  They are counted from 0, which is right unless a cpu had
 * no events, and the damage says so.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "trace/container.h"

enum { MAX_LOST_CPUS = 4096 };

struct lost {
	struct trace_file *file;
	struct trace_cpu *cpus;
	uint32_t nr;
	uint64_t end;
};

/* The end of the chunks that start with a count at `at`; *ret_whole: all of them are there. */
static uint64_t zstd_end(const struct lost *lost, uint64_t at, bool *ret_whole)
{
	const struct trace_file *file = lost->file;
	const uint8_t *data = file->parts[0].data;
	struct bytes count = bytes_make(data + at, lost->end - at, at, file->big);
	uint32_t nr = bytes_u32(&count), i, csize, usize;

	at += 4;
	for (i = 0; i < nr && at < lost->end; i++) {
		if (!trace_chunk_plausible(file, file->page_size, data + at, lost->end - at, &csize,
					   &usize))
			break;
		at += 8 + (uint64_t)csize;
	}
	*ret_whole = nr && i == nr;
	return at;
}

static int lost_zstd(struct lost *lost, uint64_t at)
{
	uint64_t page = lost->file->page_size;
	bool whole = true;
	int error = 0;

	while (!error && at + 12 < lost->end && lost->nr < MAX_LOST_CPUS && whole) {
		uint64_t end = zstd_end(lost, at, &whole);
		struct trace_cpu *cpu = &lost->cpus[lost->nr];

		if (end == at + 4)
			break;
		cpu->cpu_id = lost->nr++;
		cpu->truncated = !whole;
		error = trace_chunks_zstd(lost->file, cpu, (uint32_t)page, at, end - at - 4);
		at = (end + page - 1) / page * page;
	}
	return error;
}

static uint64_t page_time(const struct trace_file *file, uint64_t at)
{
	struct bytes b = bytes_make(file->parts[0].data + at, 8, at, file->big);

	return bytes_u64(&b);
}

static int lost_raw(struct lost *lost, uint64_t at)
{
	uint64_t page = lost->file->page_size;
	int error = 0;

	while (!error && at + page <= lost->end && lost->nr < MAX_LOST_CPUS) {
		struct trace_cpu *cpu = &lost->cpus[lost->nr];
		uint64_t end = at + page;

		while (end + page <= lost->end &&
		       page_time(lost->file, end) >= page_time(lost->file, end - page))
			end += page;
		cpu->cpu_id = lost->nr++;
		error = trace_chunks_raw(lost->file, cpu, (uint32_t)page, at, end - at);
		at = end;
	}
	return error;
}

static const char *lost_clock(struct trace_file *file)
{
	for (uint32_t i = 0; i < file->nr_options; i++)
		if (file->options[i].id == TRACE_OPTION_TRACECLOCK)
			return trace_meta_clock(file, file->options[i].data);
	return "";
}

static const char *lost_name(const struct trace_file *file)
{
	for (uint32_t i = 0; i < file->nr_buffers; i++)
		if (!file->buffers[i].name[0])
			return "lost";
	return "";
}

int trace_v7_read_lost(struct trace_file *file, const struct trace_section *section)
{
	uint64_t at = section->offset + TRACE_SECTION_HEADER, page = file->page_size;
	struct lost lost = {.file = file, .end = at + section->size};
	uint32_t room = MAX_LOST_CPUS;
	const char *name = lost_name(file);
	struct trace_buffer *buffer;
	int error;

	buffer = trace_file_add_buffer(file, name, lost_clock(file), file->page_size);
	if (!buffer || trace_cpus_new(file, section->offset, &room, &lost.cpus))
		return -ENOMEM;
	file->cpus_left += room;
	at = (at + page - 1) / page * page;
	if (room < MAX_LOST_CPUS || at >= lost.end)
		error = 0;
	else if (section->flags & TRACE_SECTION_COMPRESSED)
		error = lost_zstd(&lost, at);
	else
		error = lost_raw(&lost, at);
	file->cpus_left -= lost.nr < file->cpus_left ? lost.nr : file->cpus_left;
	if (lost.nr) {
		struct trace_cpu *last = &lost.cpus[lost.nr - 1];

		last->truncated = last->truncated || section->cut;
	}
	trace_buffer_take_cpus(file, buffer, lost.cpus, lost.nr);
	diag_expected(trace_file_damaged(file, section->offset,
					 "event data without its description: %" PRIu32
					 " cpus are found, their numbers are a guess",
					 lost.nr),
		      "a BUFFER option");
	return error;
}
