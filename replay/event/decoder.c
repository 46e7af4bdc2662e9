// SPDX-License-Identifier: GPL-2.0-only
/*
 * decoder.c - from the container's buffers, CPUs and chunks to streams and blocks.
 *
 * Uncompressed chunks are cut smaller (a decoded block should fit a CPU's cache); compressed ones
 * stay as they are, because half of one cannot be inflated.  Numbers that would not fit the 32 bits
 * of an event's locator (2^32 sub-buffers are 16 TB) end the list of streams, with a damage.
 *
 * It touches no event data: opening costs O(number of chunks) whatever the recording's size.
 */
#include "event/decoder.h"

#include <errno.h>
#include <stdlib.h>

#include "trace/array.h"
#include "trace/trace_file.h"

static void set_layout(const struct decoder *decoder, struct stream *stream, uint32_t page_size)
{
	const struct formats *formats = decoder->formats;

	stream->layout = (struct subbuf_layout){
		.swap = formats->swap,
		.big_endian = formats->big_endian,
		.long_size = formats->long_size,
		.type_size = (uint8_t)(formats->type_offset + formats->type_size),
		.page_size = page_size,
	};
}

static int cut_blocks(struct decoder *decoder, struct stream *stream, const struct trace_cpu *cpu,
		      uint32_t *next_subbuf)
{
	uint32_t page_size = stream->layout.page_size, nr = 0;
	uint32_t raw_step = decoder->raw_block / page_size * page_size;

	if (raw_step == 0)
		raw_step = page_size;
	for (uint32_t i = 0; i < cpu->nr_chunks; i++)
		nr += cpu->chunks[i].csize ? 1 : (cpu->chunks[i].usize + raw_step - 1) / raw_step;
	stream->blocks = calloc(nr ? nr : 1, sizeof(*stream->blocks));
	if (!stream->blocks)
		return -ENOMEM;
	stream->first_subbuf = *next_subbuf;
	for (uint32_t i = 0; i < cpu->nr_chunks; i++) {
		const struct trace_chunk *chunk = &cpu->chunks[i];
		uint32_t usize = chunk->usize / page_size * page_size;
		uint32_t step = chunk->csize ? usize : raw_step;

		for (uint32_t offset = 0; offset < usize; offset += step) {
			struct stream_block *block = &stream->blocks[stream->nr_blocks++];

			*block = (struct stream_block){
				.chunk = chunk, .offset = offset,
				.size = usize - offset < step ? usize - offset : step,
				.first_subbuf = *next_subbuf,
				.gap_before = offset == 0 && chunk->flags & TRACE_CHUNK_GAP,
			};
			*next_subbuf += block->size / page_size;
			decoder->nr_bytes += block->size;
		}
	}
	stream->nr_subbufs = *next_subbuf - stream->first_subbuf;
	return 0;
}

static int add_stream(struct decoder *decoder, uint32_t buffer_i, uint32_t cpu_i,
		      uint32_t *next_subbuf, struct damage_list *damages)
{
	const struct trace_buffer *buffer = trace_file_buffer(decoder->file, buffer_i);
	const struct trace_cpu *cpu = &buffer->cpus[cpu_i];
	struct stream *stream = &decoder->streams[decoder->nr_streams];

	if (decoder->nr_streams >= UINT16_MAX || cpu->cpu_id > UINT16_MAX ||
	    buffer->page_size < 64 || buffer->page_size > TRACE_PAGE_MAX ||
	    cpu->nr_bytes / buffer->page_size >= UINT32_MAX - *next_subbuf) {
		diag_set(damage_list_add(damages), -EBADMSG,
			 "the data of CPU %u of buffer \"%s\" is not read", cpu->cpu_id, buffer->name);
		return 0;
	}
	*stream = (struct stream){
		.buffer_name = buffer->name, .id = (uint16_t)decoder->nr_streams,
		.buffer = (uint16_t)buffer_i,
		.cpu = (uint16_t)cpu->cpu_id, .gap_at_end = cpu->truncated,
	};
	decoder->nr_streams++;
	set_layout(decoder, stream, buffer->page_size);
	return cut_blocks(decoder, stream, cpu, next_subbuf);
}

static int make_streams(struct decoder *decoder, struct damage_list *damages)
{
	uint32_t nr_buffers = trace_file_nr_buffers(decoder->file), nr = 0, next_subbuf = 0;
	int ret = 0;

	for (uint32_t b = 0; b < nr_buffers; b++)
		nr += trace_file_buffer(decoder->file, b)->nr_cpus;
	decoder->raw_block = nr > BLOCKS_RAW_BYTES / BLOCK_RAW_BYTES ? BLOCKS_RAW_BYTES / nr :
			     BLOCK_RAW_BYTES;
	decoder->streams = calloc(nr ? nr : 1, sizeof(*decoder->streams));
	if (!decoder->streams)
		return -ENOMEM;
	for (uint32_t b = 0; b < nr_buffers && ret == 0; b++)
		for (uint32_t c = 0; c < trace_file_buffer(decoder->file, b)->nr_cpus && ret == 0; c++)
			ret = add_stream(decoder, b, c, &next_subbuf, damages);
	return ret;
}

int decoder_new(const struct trace_file *file, struct decoder **ret_decoder,
		struct damage_list *damages)
{
	struct decoder *decoder = calloc(1, sizeof(*decoder));
	int ret;

	if (!decoder)
		return -ENOMEM;
	decoder->file = file;
	decoder->raw_time = trace_file_is_raw_time(file);
	ret = formats_new(file, &decoder->formats, damages);
	if (ret == 0)
		ret = make_streams(decoder, damages);
	if (ret != 0) {
		decoder_free(decoder);
		return ret;
	}
	for (uint32_t i = 0; i < decoder->formats->nr_bindings; i++)
		if (decoder->formats->bindings[i].args_size > decoder->max_args_size)
			decoder->max_args_size = decoder->formats->bindings[i].args_size;
	*ret_decoder = decoder;
	return 0;
}

void decoder_free(struct decoder *decoder)
{
	if (!decoder)
		return;
	for (uint32_t i = 0; i < decoder->nr_streams; i++)
		free(decoder->streams[i].blocks);
	free(decoder->streams);
	formats_free(decoder->formats);
	free(decoder);
}

const struct stream_block *decoder_find_subbuf(const struct decoder *decoder, uint32_t subbuf,
					       uint32_t *ret_stream)
{
	/* The last stream that begins at or before it; empty ones begin where the next begins. */
	uint64_t at = BISECT(1, decoder->nr_streams, i, decoder->streams[i].first_subbuf <= subbuf) - 1;
	const struct stream *stream;

	while (at > 0 && decoder->streams[at].nr_subbufs == 0)
		at--;
	stream = &decoder->streams[at];
	*ret_stream = (uint32_t)at;
	at = BISECT(1, stream->nr_blocks, i, stream->blocks[i].first_subbuf <= subbuf) - 1;
	return &stream->blocks[at];
}
