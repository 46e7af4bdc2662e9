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

/* An event of a story: WR(5, 0, 42, P_WALK_BEGIN, .walk = 1). */
struct written { uint64_t us; int cpu, pid, kind; const void *args; };
#define WR(us, cpu, pid, kind, ...) \
	{ us, cpu, pid, EVENT_##kind, &(const struct args_##kind){ __VA_ARGS__ } }
/* Each on the ring of its CPU, so many microseconds after `start_ns`; in the order of their times. */
void ring_table_story(struct ring *rings, uint64_t start_ns, const struct written *events, size_t nr);

/*
 * Closes the rings, one a CPU and RING_CPUS at most, and writes a recording of version 7 (zstd, clock mono) of
 * them.  0 or trace_write()'s error.
 */
#define RING_CPUS 2u
int ring_table_write(const struct ring_table *table, struct ring *rings, uint32_t nr_rings, int level,
		     const struct sample_builder *samples, const char *path, struct diag *diag);

#endif /* KSMTOP_TEST_RING_TABLE_H */
