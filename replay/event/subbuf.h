/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * subbuf.h - one page of the kernel's ring buffer, made safe to read.
 *
 * A sub-buffer is a time stamp (8 bytes), the commit word (a kernel long: 27 bits of length, two
 * flags for lost events) and then records, each with a 32-bit header of 5 bits type_len and 27 bits
 * time delta (kernel/trace/ring_buffer.c, unchanged from 2.6.31 to 6.18).  libtraceevent's kbuffer
 * reads them but believes what they say; so each one is walked here first.
 *
 * What the walk accepts is a prefix: all records in front of the first impossible one.  If that is
 * not the whole sub-buffer, a *mended* copy with the commit word set to the prefix is what kbuffer
 * gets to see, where one record is wanted for libtraceevent.  Going past all records of a checked page
 * is done here; a test holds the two together.  With kbuffer opening an uncompressed recording takes 8 %
 * longer and a fifth more CPU (zstd, two CPUs: 10 % more CPU, on the thread that has time).  Private to
 * replay/event; pure functions.
 */
#ifndef KSMTOP_SUBBUF_H
#define KSMTOP_SUBBUF_H

#include <byteswap.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct kbuffer;

enum subbuf_fault {
	SUBBUF_WHOLE,
	SUBBUF_COMMIT_TOO_LARGE,	/* commit beyond the page: nothing of it is readable */
	SUBBUF_COUNT_OUTSIDE,		/* "count of lost events is stored", but there is no room */
	SUBBUF_RECORD_OUTSIDE,		/* a record ends behind the commit */
	SUBBUF_RECORD_TOO_SHORT,	/* a length below 4, or too small for an event's type */
	SUBBUF_PADDED,			/* the rest is padding: no damage, but kbuffer must not see it */
};

struct subbuf_layout {
	bool swap;		/* the other byte order than this machine's */
	bool big_endian;
	uint8_t long_size;	/* of the kernel: 4 or 8 */
	uint8_t type_size;	/* an event is at least this long: where its type ends */
	uint32_t page_size;
};

struct subbuf {
	uint32_t nr_events;
	uint32_t readable;	/* bytes of records in front of the first impossible one */
	uint32_t commit;	/* bytes of records it claims */
	int64_t nr_lost;	/* events lost before this sub-buffer; -1: lost, not known how many */
	enum subbuf_fault fault;
};

static inline uint32_t subbuf_head_size(const struct subbuf_layout *layout)
{
	return 8u + layout->long_size;
}

/* Walks the page; never reads outside of layout->page_size bytes. */
void subbuf_check(const struct subbuf_layout *layout, const void *page, struct subbuf *ret_subbuf);

/* ---- the records of a checked page, one after the other ---- */
struct subbuf_cursor {
	const uint8_t *at, *end;
	uint64_t ts;			/* of the record that was read last, in the trace clock's units */
	bool swap, big_endian;
};

static inline uint32_t subbuf_word(const uint8_t *p, bool swap)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return swap ? bswap_32(value) : value;
}

static inline struct subbuf_cursor subbuf_begin(const struct subbuf_layout *layout, const uint8_t *page,
						const struct subbuf *subbuf)
{
	const uint8_t *data = page + subbuf_head_size(layout);
	uint64_t ts;

	memcpy(&ts, page, sizeof(ts));
	return (struct subbuf_cursor){ data, data + subbuf->readable, layout->swap ? bswap_64(ts) : ts,
				       layout->swap, layout->big_endian };
}

#define SUBBUF_DELTA_BITS 27u
#define SUBBUF_STAMP_HIGH (UINT64_C(0xf8) << 56)	/* that a record's absolute stamp has no room for */

/* The next event's record and its size, rounded up to whole words; NULL: no more. */
static inline const uint8_t *subbuf_next(struct subbuf_cursor *cursor, uint32_t *ret_size)
{
	while (cursor->at < cursor->end) {
		const uint8_t *p = cursor->at;
		uint32_t head = subbuf_word(p, cursor->swap), length;
		uint32_t type_len = cursor->big_endian ? head >> SUBBUF_DELTA_BITS : head & 31;
		uint64_t delta = cursor->big_endian ? head & ((1u << SUBBUF_DELTA_BITS) - 1) : head >> 5;

		if (type_len >= 1 && type_len <= 28) {
			cursor->ts += delta;
			cursor->at = p + 4 + 4 * type_len;
			*ret_size = 4 * type_len;
			return p + 4;
		}
		length = subbuf_word(p + 4, cursor->swap);
		if (type_len >= 30) {		/* time extend, time stamp */
			delta |= (uint64_t)length << SUBBUF_DELTA_BITS;
			cursor->ts = type_len == 30 ? cursor->ts + delta :
				     (cursor->ts & SUBBUF_STAMP_HIGH) | delta;
			cursor->at = p + 8;
			continue;
		}
		cursor->ts += delta;
		if (type_len == 29) {		/* padding: a record that was discarded */
			cursor->at = p + 4 + length;
			continue;
		}
		*ret_size = (length - 4 + 3) & ~3u;
		cursor->at = p + 8 + *ret_size;
		return p + 8;
	}
	return NULL;
}

/* Is the page as kbuffer may see it? */
static inline bool subbuf_is_safe(const struct subbuf *subbuf)
{
	return subbuf->fault == SUBBUF_WHOLE;
}

/* Copies the page to `dst` (page_size bytes) so that it holds the readable prefix only. */
void subbuf_mend(const struct subbuf_layout *layout, const void *page, const struct subbuf *subbuf,
		 void *dst);

/* "commit of 5000 bytes": a clause for a diag. */
const char *subbuf_fault_text(enum subbuf_fault fault);

/* A kbuffer for this layout; NULL without memory.  kbuffer_free() it. */
struct kbuffer *subbuf_kbuffer(const struct subbuf_layout *layout);

#endif /* KSMTOP_SUBBUF_H */
