/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_spool_read.c - a spool directory opened as if it were a recording.
 *
 * meta.dat has been read like any version 7 file and gave one buffer whose cpus have no data; here
 * each cpu's blocks become its chunks.  The tail of a cpu's file is where an interrupted recording
 * shows: a block of which only a part was written, or zeros where the file system had promised
 * space.  That costs this cpu its last block and is said in one sentence.
 *
 * A recorder writes the CPUs' statistics when it has read their buffers to the end.  Without them the
 * recording was cut, and each cpu's file ends at another moment: data is missing after each.
 *
 * The recorder writes the list of tasks' names at the end as well; until then they are in samples.
 *
 * Headers are checked, and that the frame is there.  The checksum over the frame is computed only
 * to find the way again after damage: opening must not read all of the data.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <xxhash.h>

#include "trace/container.h"
#include "trace/sample.h"
#include "trace/spool_format.h"

struct block {
	uint32_t seq, csize, usize;
	uint64_t hash;
};

static bool block_read(const struct trace_file *file, uint32_t page_size, struct bytes b,
		       struct block *ret_block)
{
	if (bytes_u32(&b) != SPOOL_BLOCK_MAGIC || b.failed)
		return false;
	ret_block->seq = bytes_u32(&b);
	ret_block->hash = bytes_u64(&b);
	return !b.failed && trace_chunk_plausible(file, page_size, b.p, bytes_left(&b),
						  &ret_block->csize, &ret_block->usize);
}

static bool block_is_whole(struct bytes b, const struct block *block)
{
	return XXH64(b.p + SPOOL_BLOCK_HEADER, SPOOL_CHUNK_HEADER + (size_t)block->csize,
		     block->seq) == block->hash;
}

/*
 * The next whole block at or after b's place; false at the end.  What looks like a block is hashed,
 * and *hash_left bounds how much of that a hostile file can ask for.
 */
static bool block_search(const struct trace_file *file, uint32_t page_size, struct bytes *b,
			 uint64_t *hash_left, struct block *ret_block)
{
	uint32_t value = file->big ? htobe32(SPOOL_BLOCK_MAGIC) : htole32(SPOOL_BLOCK_MAGIC);

	while (bytes_left(b) >= SPOOL_BLOCK_HEADER && *hash_left) {
		const uint8_t *magic = memmem(b->p, bytes_left(b), &value, sizeof(value));

		if (!magic)
			break;
		b->p = magic;
		if (block_read(file, page_size, *b, ret_block)) {
			if (block_is_whole(*b, ret_block))
				return true;
			*hash_left -= ret_block->csize < *hash_left ? ret_block->csize : *hash_left;
		}
		b->p++;
	}
	b->p = b->end;
	return false;
}

static void damaged_in(struct trace_file *file, const char *path, uint64_t at, const char *what,
		       uint32_t cpu_id)
{
	struct diag *diag = trace_file_damaged(file, at, "%s (cpu %" PRIu32 ")", what, cpu_id);

	diag_offset(diag, path, at);
}

static int blocks_read(struct trace_file *file, const char *path, uint32_t page_size,
		       struct trace_cpu *cpu)
{
	uint32_t part = file->nr_parts - 1;
	struct bytes b = bytes_make(file->parts[part].data, file->parts[part].size, 0, file->big);
	struct trace_chunk_list list = {0};
	uint64_t hash_left = 4 * file->parts[part].size + TRACE_CHUNK_MAX;
	uint32_t expected = 0;
	int error = 0;

	while (!error && bytes_left(&b)) {
		uint64_t at = bytes_at(&b);
		struct block block;

		if (!block_read(file, page_size, b, &block)) {
			bool found = block_search(file, page_size, &b, &hash_left, &block);

			list.gap = true;
			damaged_in(file, path, at,
				   found ? "a block is damaged"
					 : "the last block was not written to its end",
				   cpu->cpu_id);
			if (!found)
				break;
		} else if (block.seq != expected) {
			list.gap = true;
			damaged_in(file, path, at, "blocks are missing", cpu->cpu_id);
		}
		expected = block.seq + 1;
		error = trace_chunks_add(&list,
					 (struct trace_chunk){.file_offset = bytes_at(&b) +
									     SPOOL_BLOCK_HEADER +
									     SPOOL_CHUNK_HEADER,
							      .csize = block.csize,
							      .usize = block.usize,
							      .part = (uint16_t)part});
		bytes_take(&b, SPOOL_BLOCK_HEADER + SPOOL_CHUNK_HEADER + (uint64_t)block.csize);
	}
	trace_chunks_end(&list, cpu);
	return error;
}

/* First in the list of damages: everybody who shows that list says it. */
static void unfinished_note(struct trace_file *file)
{
	struct diag *diag = trace_file_damaged(file, 0, "%s",
					       "is the spool of a recording that was "
					       "interrupted or is still running");

	diag_file(diag, file->path);
	diag_advice(diag,
		    "it can be used as it is; run `ksmtop recover %s -o FILE` to make a recording "
		    "of it",
		    file->path);
}

/* Adds a name; one that has no tid or is no name is passed over. */
static int name_add(struct trace_file *file, uint32_t *cap, const char *tid, const char *comm)
{
	struct trace_text text;
	char *end;
	long pid = strtol(tid, &end, 10);
	uint64_t costs = strlen(comm) + sizeof(struct trace_cmdline) + 64;

	if (end == tid || *end || pid <= 0 || pid > INT32_MAX || strchr(comm, '\n') ||
	    costs > file->inflate_left)
		return 0;
	file->inflate_left -= costs;
	if (trace_file_keep_text(file, comm, strlen(comm), &text) ||
	    ARRAY_ROOM(file->cmdlines, file->nr_cmdlines, *cap))
		return -ENOMEM;
	file->cmdlines[file->nr_cmdlines++] = (struct trace_cmdline){(int32_t)pid, text.text};
	return 0;
}

struct numbered {
	struct trace_cmdline cmdline;
	uint32_t number;
};

static int numbered_order(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->cmdline.pid != y->cmdline.pid)
		return x->cmdline.pid < y->cmdline.pid ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/* In order of pid; of several names of one pid the last one stays. */
static int names_sort(struct trace_file *file)
{
	struct numbered *list = calloc((size_t)file->nr_cmdlines + 1, sizeof(*list));
	uint32_t nr = 0;

	if (!list)
		return -ENOMEM;
	for (uint32_t i = 0; i < file->nr_cmdlines; i++)
		list[i] = (struct numbered){file->cmdlines[i], i};
	qsort(list, file->nr_cmdlines, sizeof(*list), numbered_order);
	for (uint32_t i = 0; i < file->nr_cmdlines; i++)
		if (i + 1 == file->nr_cmdlines || list[i + 1].cmdline.pid != list[i].cmdline.pid)
			file->cmdlines[nr++] = list[i].cmdline;
	file->nr_cmdlines = nr;
	free(list);
	return 0;
}

/* What the samples tell of tasks' names joins what the metadata of the start knew. */
static int names_read(struct trace_file *file)
{
	uint32_t cap = file->nr_cmdlines;
	struct sample_store *store;
	int error = sample_store_new(file, &store);

	if (error)
		return error;
	for (uint32_t i = 0; i < sample_store_nr(store) && !error; i++) {
		const char *tid, *comm;
		struct sample sample;
		struct sample_iter iter = SAMPLE_ITER(&sample);

		sample_store_head(store, i, &sample);
		if (sample.kind != SAMPLE_NAMES || sample_store_read(store, i, &sample))
			continue;
		while (!error && sample_next_pair(&iter, &tid, &comm) == 1)
			error = name_add(file, &cap, tid, comm);
	}
	sample_store_free(store);
	return error ? error : names_sort(file);
}

static int samples_map(struct trace_file *file)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", file->path, SPOOL_SAMPLES);
	if (access(path, F_OK) != 0)
		return 0;
	if (trace_part_map(file, path, NULL))
		return -EIO;
	file->samples_part = file->nr_parts - 1;
	return 0;
}

/* Did the recorder come to its end? */
static bool is_finished(const struct trace_file *file)
{
	for (uint32_t i = 0; i < file->nr_options; i++)
		if (file->options[i].id == TRACE_OPTION_CPUSTAT)
			return true;
	return false;
}

int trace_spool_read(struct trace_file *file, struct diag *diag)
{
	struct trace_buffer *buffer = file->buffers;
	bool finished = is_finished(file);
	int error = samples_map(file);

	unfinished_note(file);
	if (!error)
		error = names_read(file);
	if (!file->nr_buffers) {
		diag_set(diag, -EINVAL, "is a spool whose %s does not say which cpus there are",
			 SPOOL_META);
		diag_file(diag, file->path);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < buffer->nr_cpus && error != -ENOMEM; i++) {
		struct trace_cpu *cpu = (struct trace_cpu *)&buffer->cpus[i];
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/cpu%" PRIu32, file->path, cpu->cpu_id);
		if (file->nr_parts > UINT16_MAX || trace_part_map(file, path, NULL)) {
			cpu->truncated = true;
			damaged_in(file, path, 0, "cannot be opened", cpu->cpu_id);
			continue;
		}
		error = blocks_read(file, path, buffer->page_size, cpu);
		cpu->truncated |= !finished;
	}
	return error == -ENOMEM ? error : 0;
}
