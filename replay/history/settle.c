// SPDX-License-Identifier: GPL-2.0-only
/*
 * settle.c - what is left to do when everything has been fed.
 *
 * Counts are written down to the last, and every order is sorted, so that a query finds all ready.
 * Orders know nothing of each other: of a large recording two threads sort them, the largest first.
 *
 * A recording that gets no more events needs no builder: its maps are a third of the memory, and
 * sorting can have it.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "history/build.h"

#define MANY_ROWS 200000u

struct sorting {
	const struct history *h;
	const struct segment *seg;
	atomic_uint next;
	atomic_int error;
};

/* Those of items first: there are most of them. */
static enum order_id nth_order(unsigned n)
{
	unsigned nr_items = 0;

	for (enum order_id id = 0; id < NR_ORDERS; id++)
		nr_items += order_table(id) == TABLE_ITEM;
	for (enum order_id id = 0, item = 0, other = nr_items; id < NR_ORDERS; id++)
		if ((order_table(id) == TABLE_ITEM ? item++ : other++) == n)
			return id;
	return 0;
}

static void *sort_some(void *arg)
{
	struct sorting *sorting = arg;
	unsigned n;

	while ((n = atomic_fetch_add(&sorting->next, 1)) < NR_ORDERS) {
		int ret = order_ready(sorting->h, sorting->seg, nth_order(n)), none = 0;

		if (ret != 0)
			atomic_compare_exchange_strong(&sorting->error, &none, ret);
	}
	return NULL;
}

static int sort_segment(const struct history *h, const struct segment *seg)
{
	struct sorting sorting = { .h = h, .seg = seg };
	pthread_t thread;
	bool helped = nr_spans(seg, TABLE_ITEM) >= MANY_ROWS &&
		      pthread_create(&thread, NULL, sort_some, &sorting) == 0;

	sort_some(&sorting);
	if (helped)
		pthread_join(thread, NULL);
	return atomic_load(&sorting.error);
}

static int sort_all(const struct history *h)
{
	int ret = episodes_ready(h);

	for (uint32_t s = 0; s < h->nr_segments && ret == 0; s++)
		ret = confirm_rows_ready(h->segments[s]) ? sort_segment(h, h->segments[s]) : -ENOMEM;
	return ret;
}

int history_settle(struct history *h)
{
	if (!h->builder)
		return 0;
	if (!h->builder->error)
		build_settle_counts(h->builder);
	if (!h->builder->error)
		build_fail(h->builder, sort_all(h));
	return h->builder->error;
}

int history_finish(struct history *h)
{
	int ret;

	if (!h->builder)
		return 0;
	if (!h->builder->error)
		build_settle_counts(h->builder);
	ret = h->builder->error;
	if (ret != 0)
		return ret;
	builder_free(h->builder);
	h->builder = NULL;
	return sort_all(h);
}
