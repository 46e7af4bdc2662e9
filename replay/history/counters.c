// SPDX-License-Identifier: GPL-2.0-only
/*
 * counters.c - how many rows hold at a moment, without walking them.
 *
 * The builder writes its live counts down every thousand changes.  The counts at t are the last
 * ones written at or before t, plus the births and less the deaths between: a few hundred rows.
 * Rows that were found later hold from the beginning for an observer with hindsight only.
 *
 * How many are doubtful needs the confirmations: for an observer at t itself, on a stock kernel,
 * certain is only what was confirmed at t exactly, which is counted; any other question walks the
 * rows, and costs what a list costs.
 *
 * Not here: what the kernel's counters say (samples.c), and comparing the two (check.c).
 */
#include "history/build_hot.h"

/* ---- counts at a moment ---- */
static void count_item(const struct segment *seg, uint32_t id, uint32_t t, struct counts *counts, int by)
{
	uint8_t state = item_state(seg, id, t);

	if (state == ITEM_STABLE)
		counts->items_stable += (uint32_t)by;
	else if (state == ITEM_UNSTABLE)
		counts->items_unstable += (uint32_t)by;
	else
		counts->items_new += (uint32_t)by;
	counts->vague_items += is_vague(seg, TABLE_ITEM, id) ? (uint32_t)by : 0;
}

void item_state_counts(struct builder *b, uint32_t id, int by)
{
	struct mm_live *live = &b->mms[span_owner(span_at(b->seg, TABLE_ITEM, id))];

	count_item(b->seg, id, b->now, &b->counts, by);
	if (item_state(b->seg, id, b->now) == ITEM_UNSTABLE)
		live->unstable += (uint32_t)by;
	if (is_vague(b->seg, TABLE_ITEM, id))
		live->vague += (uint32_t)by;
}

void item_counts(struct builder *b, uint32_t id, int by)
{
	const struct span *span = span_at(b->seg, TABLE_ITEM, id);

	hot_item_state_counts(b, id, span_owner(span), ((const struct item_data *)(span + 1))->node, by);
}

void count_span(const struct segment *seg, enum table table, uint32_t id, uint32_t t,
		struct counts *counts, int by)
{
	uint8_t kind;

	switch (table) {
	case TABLE_MM:
		counts->mms += (uint32_t)by;
		if (((struct mm_data *)data_at(seg, TABLE_MM, id))->exited)
			counts->mms_exited += (uint32_t)by;
		break;
	case TABLE_NODE:
		kind = seg->tables[TABLE_NODE].more.nr ?
			((struct node_more *)more_at(seg, TABLE_NODE, id))->kind : NODE_UNKNOWN;
		counts->nodes += kind == NODE_CHAIN ? 0 : (uint32_t)by;
		counts->chains += kind == NODE_CHAIN ? (uint32_t)by : 0;
		counts->dups += kind == NODE_DUP ? (uint32_t)by : 0;
		counts->vague_nodes += is_vague(seg, TABLE_NODE, id) ? (uint32_t)by : 0;
		break;
	case TABLE_ITEM:
		count_item(seg, id, t, counts, by);
		break;
	case TABLE_MAPPING:
		counts->mappings += (uint32_t)by;
		counts->vague_mappings += is_vague(seg, TABLE_MAPPING, id) ? (uint32_t)by : 0;
		break;
	case TABLE_ANON_VMA:
		counts->anon_vmas += (uint32_t)by;
		break;
	case TABLE_VMA:
		counts->vmas += (uint32_t)by;
		break;
	default:
		break;
	}
}

/* `after` 0: from the beginning (rows can begin at 0, before the first event). */
static void count_changes(const struct place *place, enum table table, uint32_t after,
			  struct counts *counts)
{
	const struct segment *seg = place->seg;
	const struct pool *deaths = &seg->tables[table].deaths, *found = &seg->tables[table].found;
	uint64_t to = spans_known_upto(seg, table, place->t);

	for (uint64_t i = after ? spans_known_upto(seg, table, after) : 0; i < to; i++)
		count_span(seg, table, (uint32_t)i, place->t, counts, 1);
	to = deaths_upto(seg, table, place->t);
	for (uint64_t i = after ? deaths_upto(seg, table, after) : 0; i < to; i++)
		count_span(seg, table, *(uint32_t *)pool_at(deaths, i), place->t, counts, -1);
	if (place->known == place->t)
		return;
	/* With hindsight: what was found after t held at t. */
	for (uint64_t i = found->nr; i > 0; i--) {
		uint32_t id = *(uint32_t *)pool_at(found, i - 1);
		const struct span *span = span_at(seg, table, id);

		if (span->born <= place->t)
			break;
		if (span_holds(seg, table, span, place->t, place->known))
			count_span(seg, table, id, place->t, counts, 1);
	}
}

/* Events at or after which the builder's own counts are the ones to start from. */
static bool live_counts(const struct history *h, const struct place *place, struct counts *ret)
{
	if (!h->builder || place->seg != h->now || !place->t ||
	    place->t < h->builder->counts_event)
		return false;
	*ret = h->builder->counts;
	ret->event = place->t;
	return true;
}

void counts_at(const struct history *h, const struct place *place, struct counts *ret)
{
	uint64_t at = pool_events_upto(&place->seg->counts, place->t);

	memset(ret, 0, sizeof(*ret));
	if (!live_counts(h, place, ret) && at)
		*ret = *(struct counts *)pool_at(&place->seg->counts, at - 1);
	for (enum table table = TABLE_MM; table < NR_TABLES; table++)
		count_changes(place, table, ret->event, ret);
}

/* The mm's counts as they were written down last at or before t; its first event otherwise. */
static struct mm_count mm_count_before(const struct segment *seg, uint32_t mm, uint32_t t)
{
	uint32_t born = span_at(seg, TABLE_MM, mm)->born;

	for (uint64_t i = pool_events_upto(&seg->mm_counts, t); i > 0; i--) {
		const struct mm_count *count = pool_at(&seg->mm_counts, i - 1);

		if (count->mm == mm)
			return *count;
		if (count->event < born)
			break;
	}
	return (struct mm_count){ .event = born ? born - 1 : 0 };
}

/* `count`, which is of event count->event, as it is at t. */
static void mm_count_changes(const struct segment *seg, uint32_t mm, uint32_t t, struct mm_count *count)
{
	const struct pool *deaths = &seg->tables[TABLE_ITEM].deaths;
	uint64_t to = spans_known_upto(seg, TABLE_ITEM, t);

	for (uint64_t i = count->event ? spans_known_upto(seg, TABLE_ITEM, count->event) : 0; i < to; i++) {
		const struct span *span = span_at(seg, TABLE_ITEM, (uint32_t)i);

		if (span_owner(span) != mm)
			continue;
		count->items++;
		count->vague += is_vague(seg, TABLE_ITEM, (uint32_t)i);
		if (((struct item_data *)data_at(seg, TABLE_ITEM, (uint32_t)i))->node != NO_ID) {
			count->stable++;
			count->merges += !span_is(span, SPAN_FOUND) &&
					 (!seg->tables[TABLE_ITEM].more.nr ||
					  ((struct item_more *)more_at(seg, TABLE_ITEM, (uint32_t)i))->merged);
		}
	}
	to = deaths_upto(seg, TABLE_ITEM, t);
	for (uint64_t i = count->event ? deaths_upto(seg, TABLE_ITEM, count->event) : 0; i < to; i++) {
		uint32_t id = *(uint32_t *)pool_at(deaths, i);

		if (span_owner(span_at(seg, TABLE_ITEM, id)) != mm)
			continue;
		count->items--;
		count->vague -= is_vague(seg, TABLE_ITEM, id);
		count->stable -= ((struct item_data *)data_at(seg, TABLE_ITEM, id))->node != NO_ID;
	}
}

/* With hindsight: its items that were found after t and held at t. */
static void add_found_later(const struct history *h, const struct place *place, uint32_t mm, struct mm_count *count)
{
	const struct segment *seg = place->seg;
	const struct pool *found = &seg->tables[TABLE_ITEM].found;
	uint64_t at, hi;

	if (!found->nr || span_at(seg, TABLE_ITEM, *(uint32_t *)pool_at(found, found->nr - 1))->born <= place->t ||
	    order_ready(h, seg, ORDER_ITEM_MM) != 0)
		return;
	at = order_lower(seg, ORDER_ITEM_MM, mm, 0);
	hi = order_lower(seg, ORDER_ITEM_MM, mm + 1, 0);
	for (; (at = order_next(place, ORDER_ITEM_MM, at, hi)) < hi; at++) {
		uint32_t id = *(uint32_t *)pool_at(&seg->orders[ORDER_ITEM_MM].rows, at);

		if (span_at(seg, TABLE_ITEM, id)->born <= place->t)
			continue;
		count->items++;
		count->vague += is_vague(seg, TABLE_ITEM, id);
		count->stable += ((struct item_data *)data_at(seg, TABLE_ITEM, id))->node != NO_ID;
	}
}

/* The mm's items at the moment, and the event of its end, ALIVE. */
static int mm_count_at(const struct history *h, struct ref mm, struct moment when, struct mm_count *ret,
		       uint32_t *ret_died)
{
	const struct segment *seg;
	struct place place;
	uint32_t object, died, t;
	int err = history_place(h, when, &place);

	if (err == 0)
		err = mm.table == TABLE_MM ? ref_object(h, place.seg, mm, &object) : -EINVAL;
	if (err != 0)
		return err;
	seg = place.seg;
	died = span_at(seg, TABLE_MM, object_last(seg, TABLE_MM, object))->died;
	t = died < place.t ? died : place.t;	/* nothing of a dead one changes */
	if (h->builder && seg == h->now && place.t && place.t >= h->builder->mms[object].counted) {
		const struct mm_live *live = &h->builder->mms[object];

		*ret = (struct mm_count){ .items = live->items, .stable = live->stable,
					  .merges = live->merges, .vague = live->vague };
	} else {
		*ret = mm_count_before(seg, object, t);
		mm_count_changes(seg, object, t, ret);
	}
	if (place.known > place.t)
		add_found_later(h, &place, object, ret);
	*ret_died = died <= place.t ? died : ALIVE;
	if (died <= place.t)
		ret->items = ret->stable = ret->vague = 0;
	return 0;
}

int history_mm_counters(const struct history *h, struct ref mm, struct moment when,
			struct history_mm_counters *ret)
{
	struct mm_count count;
	uint32_t died;
	int err = mm_count_at(h, mm, when, &count, &died);

	if (err != 0)
		return err;
	ret->nr_items = count.items;
	ret->nr_stable_items = count.stable;
	ret->nr_merges = count.merges;
	return history_count(h, MAPPINGS_OF_MM, mm, when, &ret->nr_mappings, NULL);
}

bool mm_has_vague_items(const struct history *h, struct ref mm, struct moment when)
{
	struct mm_count count;
	uint32_t died;

	return mm_count_at(h, mm, when, &count, &died) == 0 && count.vague;
}

bool history_mm_changed(const struct history *h, struct ref mm, uint64_t a, uint64_t b)
{
	struct mm_count before, now;
	uint32_t died_before, died_now;
	union row was, is;

	if (mm_count_at(h, mm, moment_at(a), &before, &died_before) != 0 ||
	    mm_count_at(h, mm, moment_at(b), &now, &died_now) != 0)
		return true;
	if (before.items != now.items || before.stable != now.stable || before.merges != now.merges)
		return true;
	return history_row(h, mm, moment_at(a), &was) != 0 || history_row(h, mm, moment_at(b), &is) != 0 ||
	       was.mm.exited != is.mm.exited || was.mm.in_ksm != is.mm.in_ksm;
}
