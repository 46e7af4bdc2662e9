/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_chunk.c - event data as a list of chunks, and inflating one of them.
 *
 * Three things produce chunks: pages that lie in the file as they are (cut into pieces), zstd
 * chunks as trace-cmd writes them (a count, then pairs of sizes each followed by a frame), and the
 * blocks of a spool.  All become struct trace_chunk.
 *
 * The hard idea is finding the way again in damaged data.  A chunk's sizes are believed only if the
 * frame fits, starts with zstd's magic, and does not contradict the size; where that fails, the
 * bytes behind are searched for the next place where all of this holds.  What was passed over is
 * a gap, which everybody above treats as lost events.  A claim of bytes is taken off one allowance
 * for the whole file, so that many cpus cannot all claim the same bytes.
 *
 * Event data is not looked into: whether a page makes sense is the event layer's business.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <zstd.h>

#include "trace/container.h"

static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

int trace_chunks_add(struct trace_chunk_list *list, struct trace_chunk chunk)
{
	if (ARRAY_ROOM(list->chunks, list->nr, list->cap))
		return -ENOMEM;
	chunk.data_offset = list->nr_bytes;
	if (list->gap)
		chunk.flags |= TRACE_CHUNK_GAP;
	list->gap = false;
	list->nr_bytes += chunk.usize;
	list->chunks[list->nr++] = chunk;
	return 0;
}

void trace_chunks_end(struct trace_chunk_list *list, struct trace_cpu *cpu)
{
	cpu->chunks = list->chunks;
	cpu->nr_chunks = list->nr;
	cpu->nr_bytes = list->nr_bytes;
	if (list->gap)
		cpu->truncated = true;
}

int trace_cpus_new(struct trace_file *file, uint64_t offset, uint32_t *nr,
		   struct trace_cpu **ret_cpus)
{
	if (*nr > file->cpus_left) {
		trace_file_damaged(file, offset,
				   "more cpus (%" PRIu32 ") than the file has room for", *nr);
		*nr = file->cpus_left;
	}
	*ret_cpus = calloc(*nr ? *nr : 1, sizeof(**ret_cpus));
	if (!*ret_cpus)
		return -ENOMEM;
	file->cpus_left -= *nr;
	for (uint32_t i = 0; i < *nr; i++)
		(*ret_cpus)[i].stat.text.text = "";
	return 0;
}

static int cpu_order(const void *a, const void *b)
{
	uint32_t x = ((const struct trace_cpu *)a)->cpu_id,
		 y = ((const struct trace_cpu *)b)->cpu_id;

	return x < y ? -1 : x > y;
}

void trace_buffer_take_cpus(struct trace_file *file, struct trace_buffer *buffer,
			    struct trace_cpu *cpus, uint32_t nr_cpus)
{
	uint32_t kept = 0;

	if (nr_cpus)
		qsort(cpus, nr_cpus, sizeof(*cpus), cpu_order);
	for (uint32_t i = 0; i < nr_cpus; i++) {
		if (kept && cpus[kept - 1].cpu_id == cpus[i].cpu_id) {
			trace_file_damaged(file, 0, "buffer \"%.64s\" has cpu %" PRIu32 " twice",
					   buffer->name, cpus[i].cpu_id);
			free((void *)cpus[i].chunks);
			continue;
		}
		cpus[kept++] = cpus[i];
	}
	buffer->cpus = cpus;
	buffer->nr_cpus = kept;
}

/*
 * Cuts [offset, offset + *size) at the file's end and at what is left of the allowance.  False:
 * nothing of it can be used.
 */
static bool extent_clip(struct trace_file *file, struct trace_cpu *cpu, uint64_t offset,
			uint64_t *size)
{
	uint64_t end = file->parts[0].size, claimed = *size;

	if (!claimed)
		return false;
	if (offset >= end) {
		trace_file_damaged(file, offset,
				   "the data of cpu %" PRIu32 " (%" PRIu64
				   " bytes) lies behind the end of the file",
				   cpu->cpu_id, claimed);
		cpu->truncated = true;
		return false;
	}
	if (claimed > end - offset) {
		*size = end - offset;
		cpu->truncated = true;
		diag_expected(trace_file_damaged(file, end,
						 "the file ends within the data of cpu %" PRIu32,
						 cpu->cpu_id),
			      "%" PRIu64 " more bytes", claimed - *size);
	}
	if (*size > file->data_left) {
		trace_file_damaged(file, offset, "the cpus claim the same bytes (cpu %" PRIu32 ")",
				   cpu->cpu_id);
		cpu->truncated = true;
		return false;
	}
	file->data_left -= *size;
	return true;
}

int trace_chunks_raw(struct trace_file *file, struct trace_cpu *cpu, uint32_t page_size,
		     uint64_t offset, uint64_t size)
{
	struct trace_chunk_list list = {0};
	int error = 0;

	if (!extent_clip(file, cpu, offset, &size))
		return 0;
	if (size % page_size) {
		if (!cpu->truncated)
			trace_file_damaged(file, offset + size,
					   "the data of cpu %" PRIu32 " ends within a page",
					   cpu->cpu_id);
		cpu->truncated = true;
		size -= size % page_size;
	}
	for (uint64_t at = 0; at < size && !error; at += TRACE_RAW_CHUNK) {
		uint64_t piece = size - at < TRACE_RAW_CHUNK ? size - at : TRACE_RAW_CHUNK;

		error = trace_chunks_add(&list, (struct trace_chunk){.file_offset = offset + at,
								     .usize = (uint32_t)piece});
	}
	trace_chunks_end(&list, cpu);
	return error;
}

bool trace_chunk_plausible(const struct trace_file *file, uint32_t page_size, const uint8_t *p,
			   uint64_t left, uint32_t *ret_csize, uint32_t *ret_usize)
{
	struct bytes b = bytes_make(p, left, 0, file->big);
	uint32_t csize = bytes_u32(&b), usize = bytes_u32(&b);
	unsigned long long content;

	if (b.failed || csize < 8 || csize > bytes_left(&b) || !usize || usize > TRACE_CHUNK_MAX ||
	    usize % page_size || memcmp(b.p, zstd_magic, sizeof(zstd_magic)) != 0)
		return false;
	content = ZSTD_getFrameContentSize(b.p, csize);
	if (content == ZSTD_CONTENTSIZE_ERROR)
		return false;
	*ret_csize = csize;
	*ret_usize = usize;
	return content == ZSTD_CONTENTSIZE_UNKNOWN || content == usize;
}

/* The next place at or after p where a chunk may start, or end. */
static const uint8_t *chunk_search(const struct trace_file *file, uint32_t page_size,
				   const uint8_t *p, const uint8_t *end)
{
	uint32_t csize, usize;

	while (end - p > 12) {
		const uint8_t *magic = memmem(p + 8, (size_t)(end - p - 8), zstd_magic, 4);

		if (!magic)
			break;
		p = magic - 8;
		if (trace_chunk_plausible(file, page_size, p, (uint64_t)(end - p), &csize, &usize))
			return p;
		p++;
	}
	return end;
}

int trace_chunks_zstd(struct trace_file *file, struct trace_cpu *cpu, uint32_t page_size,
		      uint64_t offset, uint64_t size)
{
	struct trace_chunk_list list = {0};
	bool passed_over = false;
	struct bytes b;
	uint32_t nr;
	int error = 0;

	/* trace-cmd does not count the 4 bytes of the number of chunks. */
	if (size && size <= UINT64_MAX - 4)
		size += 4;
	if (!extent_clip(file, cpu, offset, &size))
		return 0;
	b = bytes_make(file->parts[0].data + offset, size, offset, file->big);
	nr = bytes_u32(&b);
	while (!error && bytes_left(&b) && list.nr < nr) {
		uint32_t csize, usize;
		uint64_t at = bytes_at(&b);

		if (trace_chunk_plausible(file, page_size, b.p, bytes_left(&b), &csize, &usize)) {
			error = trace_chunks_add(&list, (struct trace_chunk){.file_offset = at + 8,
									     .csize = csize,
									     .usize = usize});
			bytes_take(&b, 8 + (uint64_t)csize);
			continue;
		}
		b.p = chunk_search(file, page_size, b.p, b.end);
		list.gap = passed_over = true;
		if (!cpu->truncated || bytes_left(&b))
			trace_file_damaged(file, at,
					   "chunk %" PRIu32 " of cpu %" PRIu32
					   " is damaged; %" PRIu64 " bytes are passed over",
					   list.nr + 1, cpu->cpu_id, bytes_at(&b) - at);
	}
	if (!error && list.nr < nr && !passed_over) {
		cpu->truncated = true;
		trace_file_damaged(file, bytes_at(&b),
				   "cpu %" PRIu32 " has %" PRIu32 " of %" PRIu32 " chunks",
				   cpu->cpu_id, list.nr, nr);
	}
	trace_chunks_end(&list, cpu);
	return error;
}

int trace_inflate(struct trace_file *file, uint64_t offset, const void *data, size_t csize,
		  size_t usize, const uint8_t **ret_data)
{
	uint8_t *inflated;
	size_t got;

	if (usize > file->inflate_left) {
		trace_file_damaged(file, offset, "metadata claims to inflate from %zu to %zu bytes",
				   csize, usize);
		return -EBADMSG;
	}
	inflated = trace_file_alloc(file, usize + 1);
	if (!inflated)
		return -ENOMEM;
	file->inflate_left -= usize;
	got = ZSTD_decompress(inflated, usize, data, csize);
	if (ZSTD_isError(got) || got != usize) {
		trace_file_damaged(file, offset, "compressed metadata is damaged: %s",
				   ZSTD_isError(got) ? ZSTD_getErrorName(got)
						     : "it is shorter than it says");
		return -EBADMSG;
	}
	*ret_data = inflated;
	return 0;
}

static const uint8_t *chunk_bytes(const struct trace_file *file, const struct trace_chunk *chunk)
{
	const struct trace_part *part = &file->parts[chunk->part];

	assert(chunk->part < file->nr_parts);
	assert(chunk->file_offset + (chunk->csize ? chunk->csize : chunk->usize) <= part->size);
	return part->data + chunk->file_offset;
}

const void *trace_chunk_data(const struct trace_file *file, const struct trace_chunk *chunk)
{
	return chunk->csize ? NULL : chunk_bytes(file, chunk);
}

int trace_chunk_read(const struct trace_file *file, const struct trace_chunk *chunk,
		     struct ZSTD_DCtx_s *dctx, void *dst, struct diag *diag)
{
	const uint8_t *src = chunk_bytes(file, chunk);
	size_t got;

	if (!chunk->csize) {
		memcpy(dst, src, chunk->usize);
		return 0;
	}
	got = dctx ? ZSTD_decompressDCtx(dctx, dst, chunk->usize, src, chunk->csize)
		   : ZSTD_decompress(dst, chunk->usize, src, chunk->csize);
	if (!ZSTD_isError(got) && got == chunk->usize)
		return 0;
	diag_set(diag, -EBADMSG, "a chunk of event data cannot be inflated: %s",
		 ZSTD_isError(got) ? ZSTD_getErrorName(got) : "it is shorter than it says");
	diag_offset(diag, file->path, chunk->file_offset);
	return -EBADMSG;
}
