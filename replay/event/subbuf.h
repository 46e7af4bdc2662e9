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
 * gets to see.  Private to replay/event; pure functions.
 */
#ifndef KSMTOP_SUBBUF_H
#define KSMTOP_SUBBUF_H

#include <stdbool.h>
#include <stdint.h>

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
