/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_recover.c - the final recording, made of a spool.
 *
 * Finishing a recording and recovering an interrupted one are the same act: open the spool as the
 * reader does, take from it what is whole, and write a version 7 file.  So the path that matters
 * most, after a crash, is the one that every recording takes.
 *
 * Chunks are copied as they are.  They come from the mapping by write(2): the pages were just
 * written, and between two chunks stands a block header that the final file does not have, so a
 * copy inside the kernel would not be cheaper.  Each chunk's checksum is verified on the way; one
 * that fails is left out and counted.  What is missing, in the middle or after a cpu's last chunk, is
 * marked as the kernel marks lost events.
 *
 * The spool goes away only when the final file is whole, synced and has its name.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>
#include <zstd.h>

#include "trace/container.h"
#include "trace/layout.h"
#include "trace/sections.h"
#include "trace/spool_format.h"

struct recovery {
	const struct trace_file *file;
	struct trace_meta meta;
	struct outbuf cmdlines;
	struct trace_text *stats;
	struct trace_option *options;
	uint32_t *cpu_ids;
	uint32_t nr_lost;
};

/* Is this chunk as it was written?  Its block's header stands before the two sizes. */
static bool chunk_is_whole(const struct trace_file *file, const struct trace_chunk *chunk)
{
	const struct trace_part *part = &file->parts[chunk->part];
	uint64_t at = chunk->file_offset - SPOOL_CHUNK_HEADER - SPOOL_BLOCK_HEADER;
	struct bytes b = bytes_make(part->data + at, SPOOL_BLOCK_HEADER, at, file->big);
	uint32_t seq;

	bytes_u32(&b);
	seq = bytes_u32(&b);
	return bytes_u64(&b) == XXH64(part->data + at + SPOOL_BLOCK_HEADER,
				      SPOOL_CHUNK_HEADER + (size_t)chunk->csize, seq);
}

/* Writes pages as a chunk of their own. */
static void pages_write(struct sink *sink, const struct trace_file *file, const uint8_t *pages,
			uint32_t size)
{
	size_t bound = ZSTD_compressBound(size), csize = 0;
	uint8_t *frame = malloc(bound);
	uint32_t sizes[2];

	if (frame)
		csize = ZSTD_compress(frame, bound, pages, size, ZSTD_CLEVEL_DEFAULT);
	if (!frame || ZSTD_isError(csize)) {
		sink->error = diag_set(sink->diag, -ENOMEM, "out of memory");
	} else {
		sizes[0] = file->big ? htobe32((uint32_t)csize) : htole32((uint32_t)csize);
		sizes[1] = file->big ? htobe32(size) : htole32(size);
		sink_write(sink, sizes, sizeof(sizes));
		sink_write(sink, frame, csize);
	}
	free(frame);
}

/*
 * The flag by which the kernel says that events were lost in front of a page, without a number
 * (ring_buffer.c, RB_MISSED_EVENTS, _STORED), so that every reader of the recording knows.  The commit
 * word, 8 or 4 bytes, stands behind the 8 of the page's time.
 */
static void page_mark_lost(const struct trace_file *file, uint8_t *page)
{
	uint32_t high = file->big ? 8 + (uint32_t)file->long_size - 4 : 8 + 3;

	page[high] = (uint8_t)((page[high] | 0x80) & ~0x40);
}

/* Writes a chunk in front of which data is missing. */
static void chunk_write_behind_gap(struct sink *sink, const struct trace_file *file,
				   const struct trace_chunk *chunk)
{
	uint8_t *pages = malloc(chunk->usize);

	if (!pages || chunk->usize <= 16 || trace_chunk_read(file, chunk, NULL, pages, NULL) != 0) {
		sink->error = diag_set(sink->diag, -ENOMEM, "out of memory");
	} else {
		page_mark_lost(file, pages);
		pages_write(sink, file, pages, chunk->usize);
	}
	free(pages);
}

/* A page without events behind the last chunk (NULL: there is none): what came then is lost. */
static void end_write_lost(struct sink *sink, const struct trace_file *file, uint32_t page_size,
			   const struct trace_chunk *last)
{
	uint8_t *pages = last ? malloc(last->usize) : NULL, *page = calloc(1, page_size);

	if (!page || (last && !pages)) {
		sink->error = diag_set(sink->diag, -ENOMEM, "out of memory");
	} else {
		if (last && trace_chunk_read(file, last, NULL, pages, NULL) == 0)
			memcpy(page, pages + last->usize - page_size, 8);	/* its time */
		page_mark_lost(file, page);
		pages_write(sink, file, page, page_size);
	}
	free(pages);
	free(page);
}

static void cpu_write(struct sink *sink, void *arg, uint32_t buffer, uint32_t cpu_index,
		      uint64_t *ret_offset, uint64_t *ret_size)
{
	struct recovery *recovery = arg;
	const struct trace_file *file = recovery->file;
	const struct trace_cpu *cpu = &file->buffers[buffer].cpus[cpu_index];
	const struct trace_chunk *last = NULL;
	uint32_t nr = 0;
	uint32_t count;
	bool gap = false;

	*ret_offset = sink->pos;
	*ret_size = 0;
	if (!cpu->nr_chunks && !cpu->truncated)
		return;
	sink_write(sink, &nr, sizeof(nr));
	for (uint32_t i = 0; i < cpu->nr_chunks; i++) {
		const struct trace_chunk *chunk = &cpu->chunks[i];
		const uint8_t *data = file->parts[chunk->part].data + chunk->file_offset;

		if (!chunk_is_whole(file, chunk)) {
			recovery->nr_lost++;
			gap = true;
			continue;
		}
		nr++;
		last = chunk;
		if (gap || chunk->flags & TRACE_CHUNK_GAP)
			chunk_write_behind_gap(sink, file, chunk);
		else
			sink_write(sink, data - SPOOL_CHUNK_HEADER,
				   SPOOL_CHUNK_HEADER + (size_t)chunk->csize);
		gap = false;
	}
	if (gap || cpu->truncated) {
		end_write_lost(sink, file, file->buffers[buffer].page_size, last);
		nr++;
	}
	count = file->big ? htobe32(nr) : htole32(nr);
	sink_patch(sink, *ret_offset, &count, sizeof(count));
	*ret_size = sink->pos - *ret_offset - sizeof(count);
}

static bool option_is_kept(uint16_t id)
{
	switch (id) {
	case TRACE_OPTION_DATE:
	case TRACE_OPTION_HOOK:
	case TRACE_OPTION_OFFSET:
	case TRACE_OPTION_PROCMAPS:
	case TRACE_OPTION_TRACEID:
	case TRACE_OPTION_TIME_SHIFT:
	case TRACE_OPTION_GUEST:
	case TRACE_OPTION_TSC2NSEC:
		return true;
	}
	return false;
}

static void options_collect(struct recovery *recovery)
{
	struct trace_meta *meta = &recovery->meta;

	for (uint32_t i = 0; i < recovery->file->nr_options; i++) {
		const struct trace_option *option = &recovery->file->options[i];
		struct trace_text text = {option->data, strlen(option->data)};

		if (option->id == TRACE_OPTION_TRACECLOCK)
			meta->trace_clock = text;
		else if (option->id == TRACE_OPTION_CPUSTAT)
			recovery->stats[meta->nr_cpu_stats++] = text;
		else if (option_is_kept(option->id))
			recovery->options[meta->nr_options++] = *option;
	}
	meta->cpu_stats = recovery->stats;
	meta->options = recovery->options;
}

static void cmdlines_collect(struct recovery *recovery)
{
	for (uint32_t i = 0; i < recovery->file->nr_cmdlines; i++) {
		const struct trace_cmdline *cmdline = &recovery->file->cmdlines[i];
		char pid[16];

		snprintf(pid, sizeof(pid), "%" PRId32 " ", cmdline->pid);
		out_bytes(&recovery->cmdlines, pid, strlen(pid));
		out_bytes(&recovery->cmdlines, cmdline->comm, strlen(cmdline->comm));
		out_bytes(&recovery->cmdlines, "\n", 1);
	}
	recovery->meta.cmdlines =
		(struct trace_text){(char *)recovery->cmdlines.data, recovery->cmdlines.size};
}

/* The metadata of an opened file, as the writer takes it. */
static int meta_collect(struct recovery *recovery)
{
	const struct trace_file *file = recovery->file;

	recovery->stats = calloc(file->nr_options + 1, sizeof(*recovery->stats));
	recovery->options = calloc(file->nr_options + 1, sizeof(*recovery->options));
	if (!recovery->stats || !recovery->options)
		return -ENOMEM;
	recovery->meta = (struct trace_meta){
		.header_page = file->header_page,
		.header_event = file->header_event,
		.formats = file->formats,
		.nr_formats = file->nr_formats,
		.kallsyms = file->kallsyms,
		.printk = file->printk,
		.uname = file->uname,
		.recorder = file->recorder,
	};
	options_collect(recovery);
	cmdlines_collect(recovery);
	return recovery->cmdlines.failed ? -ENOMEM : 0;
}

static int final_write(struct recovery *recovery, const char *path, struct diag *diag)
{
	const struct trace_file *file = recovery->file;
	const struct trace_buffer *buffer = &file->buffers[0];
	struct layout_buffer described = {
		.name = buffer->name,
		.clock = buffer->clock,
		.page_size = buffer->page_size,
		.nr_cpus = buffer->nr_cpus,
		.cpu_ids = recovery->cpu_ids,
	};
	struct layout_source source = {
		.buffers = &described,
		.nr_buffers = 1,
		.cpu_write = cpu_write,
		.arg = recovery,
	};
	struct trace_write_options options = {
		.version = 7,
		.zstd = true,
		.big_endian = file->big,
		.long_size = file->long_size,
		.page_size = file->page_size,
	};
	struct sink sink;
	int error;

	if (file->samples_part &&
	    file->parts[file->samples_part].size > strlen(TRACE_SECTION_MAGIC)) {
		source.samples = file->parts[file->samples_part].data;
		source.samples_size = file->parts[file->samples_part].size;
	}
	for (uint32_t i = 0; i < buffer->nr_cpus; i++)
		recovery->cpu_ids[i] = buffer->cpus[i].cpu_id;
	error = sink_open(&sink, path, diag);
	if (error)
		return error;
	layout_v7(&sink, &options, &recovery->meta, &source);
	return sink_close(&sink);
}

/* Removes the files that a spool has, and nothing else that may be in there. */
static void spool_remove(const struct trace_file *file)
{
	static const char *const names[] = {SPOOL_SAMPLES, SPOOL_RESERVE, SPOOL_META ".part",
					    SPOOL_META};
	int dir = open(file->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return;
	for (uint32_t i = 0; i < file->buffers[0].nr_cpus; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%" PRIu32, file->buffers[0].cpus[i].cpu_id);
		unlinkat(dir, name, 0);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlinkat(dir, names[i], 0);
	close(dir);
	rmdir(file->path);
}

static int spool_recover(const struct trace_file *file, const char *path, bool remove,
			 uint32_t *ret_nr_damages, struct diag *diag)
{
	struct recovery recovery = {.file = file};
	int error = meta_collect(&recovery);

	recovery.cpu_ids = calloc(file->buffers[0].nr_cpus + 1, sizeof(*recovery.cpu_ids));
	if (error || !recovery.cpu_ids)
		error = diag_set(diag, -ENOMEM, "out of memory");
	else
		error = final_write(&recovery, path, diag);
	if (!error && remove)
		spool_remove(file);
	if (!error && ret_nr_damages)
		/* One of them only says that this is a spool. */
		*ret_nr_damages =
			recovery.nr_lost + file->nr_damages + file->nr_damages_left_out - 1;
	free(recovery.stats);
	free(recovery.options);
	free(recovery.cpu_ids);
	out_free(&recovery.cmdlines);
	return error;
}

int trace_spool_recover(const char *spool_path, const char *path, bool remove,
			uint32_t *ret_nr_damages, struct diag *diag)
{
	struct trace_file *file;
	int error = trace_file_open(spool_path, &file, diag);

	if (error)
		return error;
	if (file->is_spool) {
		error = spool_recover(file, path, remove, ret_nr_damages, diag);
		if (error && diag && error == -ENOSPC)
			diag_advice(
				diag,
				"the spool is kept; run `ksmtop recover %s -o FILE` with FILE on a "
				"disk with more room",
				spool_path);
	} else {
		error = diag_set(diag, -EINVAL, "is a finished recording, not a spool");
		diag_file(diag, spool_path);
		diag_advice(diag, "open it as it is: `ksmtop %s`", spool_path);
		error = -EINVAL;
	}
	trace_file_close(file);
	return error;
}
