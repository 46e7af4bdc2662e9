/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_table.h - recordings of any event in event_table.h, for tests, goldens and benchmarks.
 *
 * Formats are expanded from the table, so they follow it by themselves: event KIND has the id
 * FIRST + KIND and the first of its names, every number is a long, every text 16 bytes.  So a record
 * is the common header with the kind's struct args behind it.  Little endian, 8-byte longs.
 */
#ifndef KSMTOP_TEST_RING_TABLE_H
#define KSMTOP_TEST_RING_TABLE_H

#include "event/event.h"
#include "ring_writer.h"

/* Formats, header page and so on; the rest of `meta` is the caller's.  Pages of `page_size`. */
struct ring_table {
	struct trace_meta meta;
	struct trace_format formats[NR_EVENT_KINDS];
	char *texts[NR_EVENT_KINDS + 1], *systems[NR_EVENT_KINDS];
};
void ring_table_init(struct ring_table *table, uint32_t page_size);
void ring_table_fini(struct ring_table *table);

/* A record of that kind; `args` is its struct args. */
void ring_table_event(struct ring *ring, uint64_t ts_ns, int32_t pid, enum event_kind kind,
		      const void *args);

#endif /* KSMTOP_TEST_RING_TABLE_H */
