// SPDX-License-Identifier: GPL-2.0-only
/*
 * block.c - inflating and decoding one block.
 *
 * Two passes over its pages.  The first checks each and counts events, so that memory for the block
 * is there before the second, which goes past the records of the checked pages and fills events and
 * arguments.  Memory belongs to the block and is used again for the next one.
 *
 * The hard idea is in what counts as a loss: a flag of the kernel in the page's commit word loses
 * events in front of the page, damage inside a page loses the rest of it, so in front of whatever
 * comes next, which may be in a later block.
 *
 * It knows nothing of other streams, of numbers of events, or of threads.
 */
#include "event/block.h"

#include <byteswap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/kbuffer.h>
#include <zstd.h>

#include "event/binding.h"
#include "trace/trace_file.h"

int block_reader_init(struct block_reader *reader, const struct decoder *decoder)
{
	*reader = (struct block_reader){ .decoder = decoder };
	reader->dctx = ZSTD_createDCtx();
	reader->mended = malloc(TRACE_PAGE_MAX);
	if (reader->dctx && reader->mended)
		return 0;
	block_reader_fini(reader);
	return -ENOMEM;
}

void block_reader_fini(struct block_reader *reader)
{
	ZSTD_freeDCtx(reader->dctx);
	kbuffer_free(reader->kbuffer);
	free(reader->mended);
	*reader = (struct block_reader){ 0 };
}

void block_fini(struct block *block)
{
	free(block->events);
	free(block->locators);
	free(block->args);
	free(block->losses);
	free(block->faults);
	free(block->data);
	free(block->subbufs);
	*block = (struct block){ 0 };
}

static int block_room_subbufs(struct block *block, size_t nr)
{
	if (nr <= block->nr_subbufs_room)
		return 0;
	free(block->losses);
	free(block->faults);
	free(block->subbufs);
	block->nr_subbufs_room = 0;
	block->losses = calloc(2 * nr + 2, sizeof(*block->losses));
	block->faults = calloc(nr + 1, sizeof(*block->faults));
	block->subbufs = calloc(nr, sizeof(*block->subbufs));
	if (!block->losses || !block->faults || !block->subbufs)
		return -ENOMEM;
	block->nr_subbufs_room = nr;
	return 0;
}

static int block_room_events(struct block *block, size_t nr, size_t args_size)
{
	if (nr <= block->nr_events_room)
		return 0;
	nr += nr / 8;
	free(block->events);
	free(block->locators);
	free(block->args);
	block->nr_events_room = 0;
	block->events = malloc(nr * sizeof(*block->events));
	block->locators = malloc(nr * sizeof(*block->locators));
	block->args = malloc(nr * args_size + 1);
	if (!block->events || !block->locators || !block->args)
		return -ENOMEM;
	block->nr_events_room = nr;
	return 0;
}

static void add_loss(struct block *block, enum event_loss_cause cause, int64_t nr_lost)
{
	block->losses[block->nr_losses++] = (struct block_loss){
		.before = block->nr_events, .cause = (uint16_t)cause,
		.nr_lost = nr_lost > 0 ? (uint64_t)nr_lost : 0,
	};
}

static void add_fault(struct block *block, uint32_t subbuf, enum subbuf_fault fault, uint32_t place)
{
	block->faults[block->nr_faults++] = (struct block_fault){ subbuf, fault, place };
}

const uint8_t *block_data(struct block_reader *reader, const struct stream_block *place,
			  uint8_t **data, size_t *data_room, int *ret_error)
{
	const struct trace_file *file = reader->decoder->file;
	const uint8_t *there = trace_chunk_data(file, place->chunk);

	*ret_error = 0;
	if (there)
		return there + place->offset;
	if (place->chunk->usize > *data_room) {
		free(*data);
		*data_room = 0;
		*data = malloc(place->chunk->usize);
		if (!*data) {
			*ret_error = -ENOMEM;
			return NULL;
		}
		*data_room = place->chunk->usize;
	}
	*ret_error = trace_chunk_read(file, place->chunk, reader->dctx, *data, NULL);
	return *ret_error ? NULL : *data + place->offset;
}

struct kbuffer *block_load_page(struct block_reader *reader, const struct subbuf_layout *layout,
				const uint8_t *page, const struct subbuf *subbuf,
				const uint8_t **ret_page)
{
	if (!reader->kbuffer)
		reader->kbuffer = subbuf_kbuffer(layout);
	if (!reader->kbuffer)
		return NULL;
	if (!subbuf_is_safe(subbuf)) {
		subbuf_mend(layout, page, subbuf, reader->mended);
		page = reader->mended;
	}
	kbuffer_load_subbuffer(reader->kbuffer, (void *)page);
	*ret_page = page;
	return reader->kbuffer;
}

static uint32_t read_4(const uint8_t *p, bool swap)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return swap ? bswap_32(value) : value;
}

static uint16_t read_type(const struct formats *formats, const uint8_t *record, bool swap)
{
	uint16_t value;

	if (formats->type_size == 4)
		return (uint16_t)read_4(record + formats->type_offset, swap);
	memcpy(&value, record + formats->type_offset, sizeof(value));
	return swap ? bswap_16(value) : value;
}

/*
 * Decodes the events of a checked page; returns how far the args arena is used.  The byte order is the
 * caller's constant: it would be asked some ten times a record.
 */
static inline __attribute__((always_inline)) size_t
decode_page(struct block_reader *reader, const uint8_t *page, const struct subbuf *checked, uint32_t subbuf,
	    const struct stream *stream, struct block *block, size_t args_used, bool foreign)
{
	struct subbuf_cursor cursor = subbuf_begin(&stream->layout, page, checked);
	const struct formats *formats = reader->decoder->formats;
	struct event *event = block->events + block->nr_events;
	struct event_locator *locator = block->locators + block->nr_events;
	bool swap = foreign && formats->swap, raw_time = reader->decoder->raw_time;
	const uint8_t *record;
	uint32_t size;

	cursor.swap = swap;
	cursor.big_endian = foreign && cursor.big_endian;
	for (; (record = subbuf_next(&cursor, &size)); event++, locator++) {
		uint16_t type = read_type(formats, record, swap);
		const struct binding *binding = formats_binding(formats, type);
		uint64_t ts = raw_time ? cursor.ts : trace_file_time_ns(reader->decoder->file, stream->buffer,
									stream->cpu, cursor.ts);

		*event = (struct event){ .ts_ns = ts, .kind = binding->kind, .stream = stream->id };
		if (size >= formats->pid_offset + 4u)
			event->pid = (int32_t)read_4(record + formats->pid_offset, swap);
		if (binding->args_size) {
			event->args = block->args + args_used;
			event->present = binding_load(binding, record, size, swap, block->args + args_used);
			args_used += binding->args_size;
		}
		*locator = (struct event_locator){
			.subbuf = subbuf, .place = (uint16_t)((record - page) / 4), .type = type,
		};
	}
	block->nr_events = (uint32_t)(event - block->events);
	return args_used;
}

int block_decode(struct block_reader *reader, const struct stream *stream, uint32_t i,
		 struct block *block)
{
	const struct stream_block *place = &stream->blocks[i];
	uint32_t page_size = stream->layout.page_size, nr_pages = place->size / page_size;
	size_t nr_events = 0, args_used = 0;
	const uint8_t *data;
	int error;

	block->nr_events = block->nr_losses = block->nr_faults = 0;
	if (block_room_subbufs(block, nr_pages) != 0)
		return -ENOMEM;
	if (place->gap_before)
		add_loss(block, LOSS_DAMAGE, 0);
	data = block_data(reader, place, &block->data, &block->data_room, &error);
	if (!data) {
		if (error == -ENOMEM)
			return error;
		add_loss(block, LOSS_DAMAGE, 0);
		add_fault(block, place->first_subbuf, SUBBUF_WHOLE, 0);
		return 0;
	}
	for (uint32_t p = 0; p < nr_pages; p++) {
		subbuf_check(&stream->layout, data + (size_t)p * page_size, &block->subbufs[p]);
		nr_events += block->subbufs[p].nr_events;
	}
	if (block_room_events(block, nr_events, reader->decoder->max_args_size) != 0)
		return -ENOMEM;
	for (uint32_t p = 0; p < nr_pages; p++) {
		const struct subbuf *subbuf = &block->subbufs[p];
		const uint8_t *page = data + (size_t)p * page_size;

		if (subbuf->nr_lost)
			add_loss(block, LOSS_OVERRUN, subbuf->nr_lost);
		/* A block without any event has no room for one, either. */
		if (!subbuf->nr_events)
			;
		else if (stream->layout.swap || stream->layout.big_endian)
			args_used = decode_page(reader, page, subbuf, place->first_subbuf + p, stream, block,
						args_used, true);
		else
			args_used = decode_page(reader, page, subbuf, place->first_subbuf + p, stream, block,
						args_used, false);
		if (subbuf->fault == SUBBUF_WHOLE || subbuf->fault == SUBBUF_PADDED)
			continue;
		add_fault(block, place->first_subbuf + p, subbuf->fault,
			  subbuf_head_size(&stream->layout) + subbuf->readable);
		if (subbuf->fault != SUBBUF_COUNT_OUTSIDE)
			add_loss(block, LOSS_DAMAGE, 0);
	}
	return 0;
}
