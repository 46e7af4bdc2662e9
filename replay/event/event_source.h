/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_source.h - all events of a recording, in time order, once.
 *
 * The source merges the streams of all buffers by time (ties: lower stream first), numbers the
 * events from 1, fills the index, and hands out batches for the history.  Inflating and decoding run
 * ahead in threads; the result does not depend on how many there are.  Memory is bounded by the
 * number of streams, not by the recording; the cost of an event does not grow with it.
 *
 * Within a stream events keep the file's order.  Where a stream's time goes backwards the
 * event keeps its time and comes at once; the first such place of each stream is a damage.
 *
 * One thread calls.  event_source_free() may be called at any time.
 */
#ifndef KSMTOP_EVENT_SOURCE_H
#define KSMTOP_EVENT_SOURCE_H

#include "event/event.h"
#include "event/event_index.h"

struct event_source;

/*
 * Reads the whole of index's file from the start into `index`, which must be empty and outlive
 * the source.  `nr_threads` run besides the caller; 0 is fine.  0 or -E.
 */
int event_source_new(struct event_index *index, unsigned int nr_threads,
		     struct event_source **ret_source);
void event_source_free(struct event_source *source);

/*
 * The next batch of events whose time is at most `until_ns` (UINT64_MAX: any): 1, or 0 at the end,
 * or -ENOMEM.  A batch without events and losses means that the next event is later than that.
 * It and everything in it is valid until the next call.  The last batch may have losses only.
 */
int event_source_next(struct event_source *source, uint64_t until_ns,
		      struct event_batch *ret_batch);

/* Bytes of ring-buffer pages merged so far, and in all. */
void event_source_progress(const struct event_source *source, uint64_t *ret_done, uint64_t *ret_all);

#endif /* KSMTOP_EVENT_SOURCE_H */
