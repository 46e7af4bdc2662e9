/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decoder.h - everything that reading events needs and that does not change while reading.
 *
 * Streams.  A stream is one CPU of one buffer: buffers in the file's order, CPUs within them in
 * theirs.  Its data is cut into *blocks*, the unit in which data is inflated and decoded: a zstd
 * chunk, or up to BLOCK_RAW_BYTES of an uncompressed one.  Its sub-buffers are numbered through all
 * streams, so that a 32-bit number says where an event's page is.
 *
 * Made once, then only read: any number of threads may use it (but see formats.h for parsing).
 * Private to replay/event and recording.c.
 */
#ifndef KSMTOP_DECODER_H
#define KSMTOP_DECODER_H

#include <stdbool.h>
#include <stdint.h>

#include "event/formats.h"
#include "event/subbuf.h"

struct trace_chunk;

#define BLOCK_RAW_BYTES		(256u << 10)
#define BLOCKS_RAW_BYTES	(32u << 20)	/* one block of each of very many streams */

struct stream_block {
	const struct trace_chunk *chunk;
	uint32_t offset, size;		/* of its bytes in the chunk, whole pages */
	uint32_t first_subbuf;
	bool gap_before;		/* data of the stream is missing in front of it */
};

struct stream {
	const char *buffer_name;	/* "" for the top instance */
	uint16_t id;			/* its index in decoder.streams */
	uint16_t buffer, cpu;
	bool gap_at_end;		/* the file was cut while it held this stream's data */
	struct subbuf_layout layout;
	uint32_t first_subbuf, nr_subbufs;
	uint32_t nr_blocks;
	struct stream_block *blocks;
};

struct decoder {
	const struct trace_file *file;
	struct formats *formats;
	bool raw_time;			/* timestamps need no correction */
	uint32_t nr_streams;
	struct stream *streams;
	uint64_t nr_bytes;		/* of all blocks */
	uint32_t raw_block;		/* bytes in a block of uncompressed data */
	uint16_t max_args_size;		/* of the kinds that this recording describes */
};

/* 0 or -ENOMEM; the file is borrowed.  What cannot be used goes to `damages`. */
int decoder_new(const struct trace_file *file, struct decoder **ret_decoder,
		struct damage_list *damages);
void decoder_free(struct decoder *decoder);

/* Which stream and block hold the sub-buffer; it must exist.  O(log n). */
const struct stream_block *decoder_find_subbuf(const struct decoder *decoder, uint32_t subbuf,
					       uint32_t *ret_stream);

#endif /* KSMTOP_DECODER_H */
