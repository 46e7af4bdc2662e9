/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drop.h - a recording without some of its sub-buffers, marked as the kernel marks what it overran.
 *
 * The ring buffer loses whole sub-buffers: the reader is handed the next one of that CPU with bit 31
 * of its commit word set, and where there is room the number of events lost behind the records with
 * bit 30 (kernel/trace/ring_buffer.c, ring_buffer_read_page(), Linux 6.12).  A reader never learns of
 * what was overwritten behind the last sub-buffer that it got, so a CPU's last one is never dropped.
 *
 * Ownership: drop_open() borrows the file; cuts are values.  Errors are 0 or -E with a diag.
 */
#ifndef KSMTOP_TEST_DROP_H
#define KSMTOP_TEST_DROP_H

#include <stdint.h>

#include "trace/diag.h"
#include "trace/trace_file.h"

struct drop;

/* One sub-buffer with events: where, and which of its stream's events (from 0) it holds. */
struct drop_cut {
	uint32_t buffer, cpu;		/* indices into the file's */
	uint64_t page;
	uint64_t first, nr_events;
};

/* Reads all pages of `file` into memory. */
int drop_open(const struct trace_file *file, struct drop **ret_drop, struct diag *diag);
void drop_close(struct drop *drop);

/* Those that can be dropped. */
uint32_t drop_nr_cuts(const struct drop *drop);
const struct drop_cut *drop_cut(const struct drop *drop, uint32_t i);

/* `nr` of them, chosen by the seed, into `ret` in the order of drop_cut(); returns how many. */
uint32_t drop_choose(const struct drop *drop, uint64_t seed, uint32_t nr, struct drop_cut *ret);

/* Writes the recording without those, samples and metadata as they were. */
int drop_write(const struct drop *drop, const struct drop_cut *cuts, uint32_t nr, const char *path,
	       struct diag *diag);

#endif /* KSMTOP_TEST_DROP_H */
