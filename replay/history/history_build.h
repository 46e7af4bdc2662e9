/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * history_build.h - feeding a history: events and samples in, rows out.
 *
 * The builder is incremental: batches of any size, samples between them, give the same tables.
 * Queries may be asked between two calls.  Live use seals a segment now and then and drops the
 * oldest; offline there is one segment.  With a directory for its tables the builder keeps them in
 * an unlinked or named file there (mapped, not anonymous memory), else in anonymous memory.
 */
#ifndef KSMTOP_HISTORY_BUILD_H
#define KSMTOP_HISTORY_BUILD_H

#include "event/event.h"
#include "history/history.h"

struct diag;
struct sample;
struct warmer;

struct history_options {
	const char *table_dir;	/* NULL: anonymous memory */
	uint64_t clock_skew_ns;	/* events of different CPUs closer than this are unordered */
	uint64_t segment_events;	/* seal after so many events; 0: never (offline) */
	uint32_t keep_segments;	/* live: drop the oldest beyond this many; 0: all */
	bool stock;		/* no ksmtop:* state events are recorded: stock rules apply */
	bool moves_untraced;	/* nor both migrate:mm_migrate_pages_start and mm_migrate_pages */
};

int history_new(const struct history_options *options, struct history **ret_history);
void history_free(struct history *h);

/* Feeds consecutive events; batch.first_nr must be history_last() + 1. */
int history_feed(struct history *h, const struct event_batch *batch);
/* Feeds a sample once every event with ts <= its end has been fed; `index` names it later. */
int history_feed_sample(struct history *h, const struct sample *sample, uint32_t index);
/* Has memory made ready for what is fed next; for thousands of events at once. */
void history_warm(struct history *h, struct warmer *warmer);
/* No more input: sorts what is sorted lazily; idempotent, feeding may go on afterwards. */
int history_settle(struct history *h);
/* The same where nothing will be fed any more (-EROFS then): frees what only feeding needs. */
int history_finish(struct history *h);

/* The cache: all tables in one file, mapped by history_map().  Validated against `key`. */
int history_save(struct history *h, int fd, uint64_t offset, uint64_t *ret_size);
int history_map(int fd, uint64_t offset, uint64_t size, struct history **ret_history, struct diag *diag);

#endif /* KSMTOP_HISTORY_BUILD_H */
