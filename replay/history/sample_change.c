// SPDX-License-Identifier: GPL-2.0-only
/*
 * sample_change.c - which changes a sample brought, and not the event before it.
 *
 * Rows begin and end at events; what a sample finds out is written down at the last event before
 * it was complete, which had nothing to do with it.  The rows a sample made, and those it ended,
 * lie side by side in the order of births and of deaths: four numbers a table tell them apart from
 * what the event did.
 *
 * A record of a state dump does not change anything either: it tells.  So does an event that names an object
 * which nobody knew of, or that finds a mapping where it was known to be.  What is learned at an event is not what happened there (history_learned()).
 */
#include "history/build.h"

static const enum table tables[NR_SAMPLED_TABLES] = { TABLE_MM, TABLE_NODE, TABLE_ITEM, TABLE_MAPPING };

void sample_change_begin(const struct builder *b, struct sample_change *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->segment = b->seg->id;
	for (unsigned i = 0; i < NR_SAMPLED_TABLES; i++) {
		ret->rows[i].born = nr_spans(b->seg, tables[i]);
		ret->rows[i].died = (uint32_t)b->seg->tables[tables[i]].deaths.nr;
	}
}

void sample_change_end(struct builder *b, struct sample_change *change)
{
	struct sample_change *kept;
	bool any = false;

	change->sample = (uint32_t)b->h->samples.nr - 1;
	for (unsigned i = 0; i < NR_SAMPLED_TABLES; i++) {
		change->rows[i].born_end = nr_spans(b->seg, tables[i]);
		change->rows[i].died_end = (uint32_t)b->seg->tables[tables[i]].deaths.nr;
		any |= change->rows[i].born != change->rows[i].born_end ||
		       change->rows[i].died != change->rows[i].died_end;
	}
	if (!any)
		return;
	kept = pool_grow(&b->h->sample_changes, 1);
	if (kept)
		*kept = *change;
	else
		build_fail(b, -ENOMEM);
}

/* Is that row of the object, or of what hangs on it? */
static bool is_about(const struct segment *seg, enum table table, uint32_t id, enum table of,
		     uint32_t object)
{
	if (table == of)
		return span_object(seg, table, id) == object;
	if (table == TABLE_ITEM && of == TABLE_NODE)
		return ((struct item_data *)data_at(seg, table, id))->node == object;
	if (table == TABLE_ITEM && of == TABLE_MM)
		return span_owner(span_at(seg, table, id)) == object;
	return table == TABLE_MAPPING && of == TABLE_MM &&
	       ((struct mapping_data *)data_at(seg, table, id))->mm == object;
}

struct asking {
	const struct history *h;
	const struct segment *seg;
	uint64_t first, end;		/* in sample_changes: those at that event */
	enum table of;
	uint32_t object;
	int sample;			/* -ENOENT: none yet */
	bool event;			/* the event changed it, too */
};

static void ask(struct asking *asking, unsigned table, uint32_t at, uint32_t id, bool birth)
{
	if (!is_about(asking->seg, tables[table], id, asking->of, asking->object))
		return;
	for (uint64_t i = asking->first; i < asking->end; i++) {
		const struct sample_change *change = pool_at(&asking->h->sample_changes, i);

		if (change->segment != asking->seg->id)
			continue;
		if (birth ? at >= change->rows[table].born && at < change->rows[table].born_end
			  : at >= change->rows[table].died && at < change->rows[table].died_end) {
			asking->sample = (int)change->sample;
			return;
		}
	}
	asking->event = true;
}

static uint64_t complete_at(const struct history *h, const struct sample_change *change)
{
	return ((struct history_sample *)pool_at(&h->samples, change->sample))->end;
}

static uint64_t changes_upto(const struct history *h, uint64_t event)
{
	return BISECT(0, h->sample_changes.nr, i, complete_at(h, pool_at(&h->sample_changes, i)) <= event);
}

int history_changed_by_sample(const struct history *h, struct ref ref, uint64_t n)
{
	struct asking asking = { .h = h, .of = (enum table)ref.table, .sample = -ENOENT };
	struct place place;
	uint32_t t;

	if (!n)
		return -ENOENT;
	asking.first = changes_upto(h, n - 1);
	asking.end = changes_upto(h, n);
	if (asking.first == asking.end || history_place(h, moment_at(n), &place) != 0 || !place.t ||
	    ref_object(h, place.seg, ref, &asking.object) != 0)
		return -ENOENT;
	asking.seg = place.seg;
	t = place.t;
	for (uint64_t i = pool_events_upto(&asking.seg->touches, t - 1),
	     to = pool_events_upto(&asking.seg->touches, t); i < to; i++) {
		const struct touch *touch = pool_at(&asking.seg->touches, i);

		if (touch->table == ref.table && touch->object == asking.object)
			return -ENOENT;
	}
	for (unsigned i = 0; i < NR_SAMPLED_TABLES && !asking.event; i++) {
		const struct pool *deaths = &asking.seg->tables[tables[i]].deaths;
		uint64_t to = spans_known_upto(asking.seg, tables[i], t);

		for (uint64_t j = spans_known_upto(asking.seg, tables[i], t - 1); j < to; j++)
			ask(&asking, i, (uint32_t)j, (uint32_t)j, true);
		to = deaths_upto(asking.seg, tables[i], t);
		for (uint64_t j = deaths_upto(asking.seg, tables[i], t - 1); j < to; j++)
			ask(&asking, i, (uint32_t)j, *(uint32_t *)pool_at(deaths, j), false);
	}
	return asking.event ? -ENOENT : asking.sample;
}

bool history_tells(const struct history *h, uint64_t n)
{
	struct place place;

	return n && history_place(h, moment_at(n), &place) == 0 && n <= history_last(h) &&
	       event_tells(place.seg, place.t);
}

bool history_learned(const struct history *h, struct ref ref, uint64_t n)
{
	union row row;

	if (history_tells(h, n) || history_changed_by_sample(h, ref, n) >= 0)
		return true;
	if (!n || history_row(h, ref, moment_at(n), &row) != 0)
		return false;
	/* A mapping goes on with the same pte and the same page, or it is another one. */
	return row.fact.known == n && (row.fact.born < n || (ref.table == TABLE_MAPPING && row.fact.first < n));
}
