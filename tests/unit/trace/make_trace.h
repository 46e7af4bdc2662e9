/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * make_trace.h - small recordings of made-up events in any form, for the tests of the container.
 *
 * One event, `made:tick`, with the fields `number` and `twice`; event n of a cpu has number n, twice
 * 2 n, pid 100 + cpu and the time of made_time().  So a reader's answer can be checked without a
 * second copy of it.
 */
#ifndef KSMTOP_TEST_MAKE_TRACE_H
#define KSMTOP_TEST_MAKE_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace_writer.h"

struct made {
	struct trace_write_options options;
	struct trace_meta meta;
	struct trace_write_buffer buffers[3];
	struct trace_write_cpu cpus[3][4];
	struct trace_format formats[2];
	struct trace_text stats[4];
	uint32_t nr_buffers;
	uint32_t nr_events;	/* of each cpu */
};

enum { MADE_EVENT_ID = 700, MADE_NR_CPUS = 3 };

/* When event n (from 0) of a cpu happened. */
static inline uint64_t made_time(uint32_t cpu, uint32_t n)
{
	return 1000000000u + (uint64_t)n * 1000 + cpu * 7;
}

/* nr_pages of events for each cpu of each buffer. */
void made_init(struct made *made, const struct trace_write_options *options, uint32_t nr_buffers,
	       uint32_t nr_pages);
void made_fini(struct made *made);
/* Writes it to a new file and returns its name (to be freed and removed by the caller). */
char *made_write(const struct made *made, const struct sample_builder *samples);
/* The pages alone, as the ring buffer would give them. */
uint8_t *made_pages(const struct trace_write_options *options, uint32_t cpu, uint32_t nr_pages,
		    uint32_t *ret_nr_events);
/* A name in $TMPDIR for a file that does not exist yet. */
char *made_path(const char *suffix);
/* A whole file in memory. */
uint8_t *made_slurp(const char *path, size_t *ret_size);
void made_spit(const char *path, const void *data, size_t size);

#endif /* KSMTOP_TEST_MAKE_TRACE_H */
