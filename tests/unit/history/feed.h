/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feed.h - feeding a history by hand: events written as one call each, collected into one batch.
 *
 * Addresses and numbers are what the test says; times are a microsecond apart.  The arguments live
 * in the feed until feed_flush(), which hands the batch over.
 */
#ifndef KSMTOP_TEST_FEED_H
#define KSMTOP_TEST_FEED_H

#include <stdlib.h>
#include <string.h>

#include "history/history_build.h"
#include "trace/sample.h"

#define FEED_EVENTS 4096

union feed_args {
#define FEED_ARGS(kind, fields, names) struct args_##kind a_##kind;
	EVENT_TABLE(FEED_ARGS)
#undef FEED_ARGS
};

struct feed {
	struct history *h;
	uint64_t next, now_ns;
	struct event events[FEED_EVENTS];
	union feed_args args[FEED_EVENTS];
	struct event_loss losses[64];
	uint32_t nr, nr_losses;
	int32_t pid;
	uint16_t stream;
};

static inline struct feed *feed_new(bool stock)
{
	struct history_options options = { .stock = stock };
	struct feed *feed = calloc(1, sizeof(*feed));

	feed->next = 1;
	feed->now_ns = 1000;
	feed->pid = 42;
	if (history_new(&options, &feed->h) != 0)
		abort();
	return feed;
}

static inline void feed_flush(struct feed *feed)
{
	struct event_batch batch = { .first_nr = feed->next - feed->nr, .nr_events = feed->nr,
				     .nr_losses = feed->nr_losses, .events = feed->events,
				     .losses = feed->losses };

	if (history_feed(feed->h, &batch) != 0)
		abort();
	feed->nr = feed->nr_losses = 0;
}

static inline void feed_free(struct feed *feed)
{
	history_free(feed->h);
	free(feed);
}

/* The next event's zeroed arguments. */
static inline void *feed_event(struct feed *feed, enum event_kind kind)
{
	struct event *ev;

	if (feed->nr == FEED_EVENTS)
		feed_flush(feed);
	ev = &feed->events[feed->nr];
	memset(&feed->args[feed->nr], 0, sizeof(feed->args[0]));
	*ev = (struct event){ .ts_ns = feed->now_ns += 1000, .args = &feed->args[feed->nr],
			      .present = UINT32_MAX, .pid = feed->pid, .kind = (uint16_t)kind,
			      .stream = feed->stream };
	feed->nr++;
	feed->next++;
	return &feed->args[feed->nr - 1];
}
#define FEED(feed, kind) ((struct args_##kind *)feed_event(feed, EVENT_##kind))

static inline uint64_t feed_merge(struct feed *feed, uint64_t ksm_page, uint64_t pfn, uint64_t item,
				  uint64_t mm, int err)
{
	struct args_KSM_MERGE_WITH_KSM_PAGE *args = FEED(feed, KSM_MERGE_WITH_KSM_PAGE);

	args->ksm_page = (int64_t)ksm_page;
	args->pfn = (int64_t)pfn;
	args->rmap_item = (int64_t)item;
	args->mm = (int64_t)mm;
	args->err = err;
	return feed->next - 1;
}

static inline uint64_t feed_remove_item(struct feed *feed, uint64_t pfn, uint64_t item, uint64_t mm)
{
	struct args_KSM_REMOVE_RMAP_ITEM *args = FEED(feed, KSM_REMOVE_RMAP_ITEM);

	args->pfn = (int64_t)pfn;
	args->rmap_item = (int64_t)item;
	args->mm = (int64_t)mm;
	return feed->next - 1;
}

static inline uint64_t feed_remove_page(struct feed *feed, uint64_t pfn)
{
	FEED(feed, KSM_REMOVE_KSM_PAGE)->pfn = (int64_t)pfn;
	return feed->next - 1;
}

static inline uint64_t feed_enter(struct feed *feed, uint64_t mm)
{
	FEED(feed, KSM_ENTER)->mm = (int64_t)mm;
	return feed->next - 1;
}

static inline uint64_t feed_exit(struct feed *feed, uint64_t mm)
{
	FEED(feed, KSM_EXIT)->mm = (int64_t)mm;
	return feed->next - 1;
}

/* Events lost on this stream since its event `after`, before the next event to be fed. */
static inline void feed_loss(struct feed *feed, uint64_t after, uint64_t nr_lost)
{
	struct event_loss *loss = &feed->losses[feed->nr_losses++];

	*loss = (struct event_loss){ .after_nr = after, .before_nr = feed->next, .nr_lost = nr_lost,
				     .stream = feed->stream };
}

#endif /* KSMTOP_TEST_FEED_H */
