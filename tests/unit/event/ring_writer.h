/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_writer.h - makes ring-buffer pages, and recordings of them, for tests and benchmarks.
 *
 * Writes what a kernel of either byte order, with longs of 4 or 8 bytes and any page size, would have left in
 * its ring buffer: time extends where a delta needs them, absolute time stamps, pages marked
 * with lost events.  It is told about hostile things too: any 32-bit word can be put in as it is.
 *
 * Events are described once, as a list of fields, from which both the format text (offsets, sizes as
 * that kernel would lay them out) and the record are made.
 */
#ifndef KSMTOP_TEST_RING_WRITER_H
#define KSMTOP_TEST_RING_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/trace_writer.h"

struct ring {
	bool big_endian;
	int long_size;
	uint32_t page_size;
	uint8_t *pages;		/* nr_pages of them, the last one open */
	size_t nr_pages, nr_room;
	uint32_t commit;	/* of the open page */
	uint64_t last_ns;
	int64_t nr_lost;	/* before the open page; -1: unknown how many */
	bool is_open;
};

void ring_init(struct ring *ring, bool big_endian, int long_size, uint32_t page_size);
void ring_fini(struct ring *ring);
/* Bytes behind the head of a page. */
uint32_t ring_room(const struct ring *ring);
/* A record; begins a new page when it does not fit. */
void ring_event(struct ring *ring, uint64_t ts_ns, const void *record, uint32_t size);
/* A 32-bit word as it is, and a record head: they do not begin a page by themselves. */
void ring_word(struct ring *ring, uint32_t word);
void ring_head(struct ring *ring, unsigned int type_len, uint32_t delta);
/* An absolute time stamp (type_len 31). */
void ring_stamp(struct ring *ring, uint64_t ts_ns);
/* Closes the page and opens one that starts at ts, before which `nr_lost` were lost (-1: unknown). */
void ring_page(struct ring *ring, uint64_t ts_ns, int64_t nr_lost);
/* Closes the last page: the pages are then complete. */
void ring_close(struct ring *ring);
/* Overwrites the commit word of page i. */
void ring_set_commit(struct ring *ring, size_t i, uint64_t word);

/* Stores a number of 1, 2, 4 or 8 bytes in the ring's byte order. */
void ring_put(const struct ring *ring, uint8_t *p, uint64_t value, unsigned int size);

/* ---- events ---- */

enum { RING_KSM_ENTER = 300, RING_MERGE, RING_REMOVE_PAGE, RING_REMOVE_ITEM, RING_START_SCAN,
       RING_STOP_SCAN, RING_SIGNAL, RING_FORK, RING_THING, RING_NO_FORMAT = 999 };

/* The record of an event of those, with 64-bit values for its fields in order; returns its size. */
uint32_t ring_record(const struct ring *ring, int type, int32_t pid, const uint64_t *values,
		     const char *const *strings, uint8_t *dst);
/* Formats of all of them, header page and so on.  The texts live until ring_meta_fini(). */
struct ring_meta {
	struct trace_meta meta;
	struct trace_format formats[16];
	char *texts[20];
	uint32_t nr_texts;
};
void ring_meta_init(struct ring_meta *meta, const struct ring *ring);
void ring_meta_fini(struct ring_meta *meta);

#endif /* KSMTOP_TEST_RING_WRITER_H */
