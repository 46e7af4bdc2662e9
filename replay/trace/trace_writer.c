/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_writer.c - a trace.dat made of pages that are in memory, in any form that exists.
 *
 * Tests and generators need files that nothing here can record: the other byte order, 4-byte longs,
 * pages of 64 KB, version 6.  The pages themselves are the caller's and are already in the target's
 * order; this only frames them, raw or in zstd chunks.
 *
 * A recording is not made this way: it would be lost if the program died (trace_spool.c).
 */
#include "trace/trace_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "trace/layout.h"
#include "trace/sample_block.h"
#include "trace/sections.h"

enum { CHUNK_PAGES = 10, LEVEL = 3, MAX_BUFFERS = 256, MAX_V6_CPUS = 4096 };

struct memory_source {
	const struct trace_write_options *options;
	const struct trace_write_buffer *buffers;
};

static void cpu_write_raw(struct sink *sink, const struct trace_write_cpu *cpu, uint32_t page_size,
			  uint64_t *ret_offset, uint64_t *ret_size)
{
	sink_align(sink, page_size);
	*ret_offset = sink->pos;
	*ret_size = cpu->size;
	sink_write(sink, cpu->data, cpu->size);
}

static int chunk_write(struct sink *sink, const struct trace_write_options *options,
		       const void *data, size_t size, struct outbuf *frame, ZSTD_CCtx *cctx)
{
	struct outbuf sizes = {.big = options->big_endian};
	size_t csize = ZSTD_compress2(cctx, frame->data, frame->capacity, data, size);

	if (ZSTD_isError(csize))
		return -ENOMEM;
	out_u32(&sizes, (uint32_t)csize);
	out_u32(&sizes, (uint32_t)size);
	sink_out(sink, &sizes);
	sink_write(sink, frame->data, csize);
	out_free(&sizes);
	return 0;
}

/* The number of chunks, then each; BUFFER's size leaves the 4 bytes of the number out. */
static void cpu_write_zstd(struct sink *sink, const struct trace_write_options *options,
			   const struct trace_write_cpu *cpu, uint64_t *ret_offset,
			   uint64_t *ret_size)
{
	size_t step = (size_t)(options->chunk_pages ? options->chunk_pages : CHUNK_PAGES) *
		      options->page_size;
	struct outbuf count = {.big = options->big_endian};
	struct outbuf frame = {.capacity = ZSTD_compressBound(step)};
	ZSTD_CCtx *cctx = ZSTD_createCCtx();
	int error = 0;

	frame.data = malloc(frame.capacity);
	frame.failed = !frame.data || !cctx;
	out_u32(&count, (uint32_t)((cpu->size + step - 1) / step));
	*ret_offset = sink->pos;
	sink_out(sink, &count);
	if (!frame.failed) {
		ZSTD_CCtx_setParameter(cctx, ZSTD_c_compressionLevel,
				       options->level ? options->level : LEVEL);
		ZSTD_CCtx_setParameter(cctx, ZSTD_c_checksumFlag, 1);
	}
	for (uint64_t at = 0; at < cpu->size && !error && !frame.failed; at += step)
		error = chunk_write(sink, options, (const uint8_t *)cpu->data + at,
				    cpu->size - at < step ? cpu->size - at : step, &frame, cctx);
	if (error || frame.failed)
		sink_out(sink, &(struct outbuf){.failed = true});
	*ret_size = sink->pos - *ret_offset - 4;
	ZSTD_freeCCtx(cctx);
	out_free(&count);
	out_free(&frame);
}

static void cpu_write(struct sink *sink, void *arg, uint32_t buffer, uint32_t cpu,
		      uint64_t *ret_offset, uint64_t *ret_size)
{
	const struct memory_source *source = arg;
	const struct trace_write_cpu *from = &source->buffers[buffer].cpus[cpu];

	*ret_offset = sink->pos;
	*ret_size = 0;
	if (!from->size)
		return;
	if (source->options->zstd)
		cpu_write_zstd(sink, source->options, from, ret_offset, ret_size);
	else
		cpu_write_raw(sink, from, source->options->page_size, ret_offset, ret_size);
}

static int samples_collect(const struct sample_builder *samples, struct outbuf *out)
{
	uint8_t *block;
	size_t pos = 0, size;
	int more = 0;

	if (!samples)
		return 0;
	out_bytes(out, TRACE_SECTION_MAGIC, strlen(TRACE_SECTION_MAGIC));
	while ((more = sample_block_make(samples, &pos, LEVEL, &block, &size)) > 0) {
		out_bytes(out, block, size);
		free(block);
	}
	return out->failed ? -ENOMEM : more;
}

static int options_check(const struct trace_write_options *options,
			 const struct trace_write_buffer *buffers, uint32_t nr_buffers,
			 const struct sample_builder *samples, struct diag *diag)
{
	uint32_t page = options->page_size;

	if ((options->version != 6 && options->version != 7) ||
	    (options->long_size != 4 && options->long_size != 8) || page < 512 ||
	    page > TRACE_PAGE_MAX || (page & (page - 1)) || !nr_buffers || nr_buffers > MAX_BUFFERS)
		return diag_set(diag, -EINVAL, "no trace.dat has this form"), -EINVAL;
	if (options->version == 6 && (options->zstd || samples))
		return diag_set(diag, -EINVAL, "version 6 has no compression and no samples"),
		       -EINVAL;
	for (uint32_t i = 0; i < nr_buffers; i++)
		for (uint32_t c = 0; c < buffers[i].nr_cpus; c++)
			if (buffers[i].cpus[c].size % page ||
			    (options->version == 6 && buffers[i].cpus[c].cpu_id >= MAX_V6_CPUS))
				return diag_set(diag, -EINVAL,
						"data of a cpu that does not fit the form"),
				       -EINVAL;
	return 0;
}

/* The same buffers as the layout wants them; cpu ids of all behind the array. */
static struct layout_buffer *buffers_describe(const struct trace_write_buffer *buffers, uint32_t nr,
					      uint32_t page_size)
{
	struct layout_buffer *described;
	uint32_t nr_cpus = 0, *ids;

	for (uint32_t i = 0; i < nr; i++)
		nr_cpus += buffers[i].nr_cpus;
	described = calloc(1, nr * sizeof(*described) + nr_cpus * sizeof(*ids));
	if (!described)
		return NULL;
	ids = (uint32_t *)(described + nr);
	for (uint32_t i = 0; i < nr; i++) {
		described[i] = (struct layout_buffer){
			.name = buffers[i].name,
			.clock = buffers[i].clock,
			.page_size = page_size,
			.nr_cpus = buffers[i].nr_cpus,
			.cpu_ids = ids,
		};
		for (uint32_t c = 0; c < buffers[i].nr_cpus; c++)
			*ids++ = buffers[i].cpus[c].cpu_id;
	}
	return described;
}

int trace_write(const char *path, const struct trace_write_options *options,
		const struct trace_meta *meta, const struct trace_write_buffer *buffers,
		uint32_t nr_buffers, const struct sample_builder *samples, struct diag *diag)
{
	struct memory_source memory = {options, buffers};
	struct layout_source source = {
		.nr_buffers = nr_buffers, .cpu_write = cpu_write, .arg = &memory};
	struct layout_buffer *described;
	struct outbuf blocks = {0};
	struct sink sink;
	int error = options_check(options, buffers, nr_buffers, samples, diag);

	if (error)
		return error;
	described = buffers_describe(buffers, nr_buffers, options->page_size);
	if (!described || samples_collect(samples, &blocks)) {
		error = diag_set(diag, -ENOMEM, "out of memory");
		goto out;
	}
	source.buffers = described;
	source.samples = blocks.data;
	source.samples_size = blocks.size;
	error = sink_open(&sink, path, diag);
	if (error)
		goto out;
	if (options->version == 6)
		layout_v6(&sink, options, meta, &source);
	else
		layout_v7(&sink, options, meta, &source);
	error = sink_close(&sink);
out:
	free(described);
	out_free(&blocks);
	return error;
}
