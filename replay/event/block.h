/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * block.h - one block of a stream, inflated and decoded.
 *
 * A block holds its events in the order of the file, their locators, their arguments, and where
 * between them events are missing.  It stands alone: any thread can make it, in any order, from the
 * decoder and the block's place.  What is wrong with the data is noted in it, and becomes diags in
 * the order in which blocks are merged.  Private to replay/event.
 */
#ifndef KSMTOP_BLOCK_H
#define KSMTOP_BLOCK_H

#include "event/decoder.h"
#include "event/event.h"

/* Where an event is: 8 bytes, all that the index keeps of it. */
struct event_locator {
	uint32_t subbuf;
	uint16_t place;		/* of the record in its page, in units of 4 bytes */
	uint16_t type;		/* common_type */
};

struct block_loss {
	uint32_t before;	/* index of the event behind the gap; nr_events: none in this block */
	uint16_t cause;		/* enum event_loss_cause */
	uint64_t nr_lost;	/* 0: unknown */
};

struct block_fault {
	uint32_t subbuf;
	enum subbuf_fault fault;	/* SUBBUF_WHOLE: the chunk cannot be inflated */
	uint32_t place;			/* bytes into the page */
};

struct block {
	uint32_t nr_events, nr_losses, nr_faults;
	struct event *events;		/* loss is 0; args point into this block */
	struct event_locator *locators;
	uint8_t *args;
	struct block_loss *losses;	/* at most one or two a page */
	struct block_fault *faults;
	uint8_t *data;			/* inflated */
	struct subbuf *subbufs;
	size_t nr_events_room, nr_subbufs_room, data_room;
};

/* What a thread needs for decoding. */
struct block_reader {
	const struct decoder *decoder;
	struct ZSTD_DCtx_s *dctx;
	struct kbuffer *kbuffer;	/* one kernel, so one layout of its longs and bytes */
	uint8_t *mended;		/* one page */
};

int block_reader_init(struct block_reader *reader, const struct decoder *decoder);
void block_reader_fini(struct block_reader *reader);

/*
 * Decodes block `i` of a stream into `block`, reusing its memory.  0 or -ENOMEM.  Data that cannot
 * be inflated makes an empty block with a loss.
 */
int block_decode(struct block_reader *reader, const struct stream *stream, uint32_t i,
		 struct block *block);
void block_fini(struct block *block);

/* The bytes of a stream's block: in place, or inflated into *data (grown).  NULL: cannot be read. */
const uint8_t *block_data(struct block_reader *reader, const struct stream_block *place,
			  uint8_t **data, size_t *data_room, int *ret_error);
/* The reader's kbuffer for a layout, loaded with a page that subbuf_check() has looked at. */
struct kbuffer *block_load_page(struct block_reader *reader, const struct subbuf_layout *layout,
				const uint8_t *page, const struct subbuf *subbuf,
				const uint8_t **ret_page);

#endif /* KSMTOP_BLOCK_H */
