// SPDX-License-Identifier: GPL-2.0-only
/*
 * fact.c - what a row says of itself: since when, until when, how we know, and whether it is sure.
 *
 * A row is *confirmed* at an event when something then showed it to hold: the event that made it,
 * an event that names it, a sample.  Between two confirmations it held all the time, for leaving
 * and coming back makes a new row.  After the last one that the observer knows it is as sure as the
 * kernel is talkative:
 * - nothing lost, departures traced: sure until the row ends;
 * - departures untraced (items, nodes and mappings of a stock kernel): doubtful at once;
 * - events lost since: doubtful from the stream's last event before the gap on.  Being in a gap is a
 *   fact about the recording that an observer inside it has to be told, or hindsight would make
 *   doubtful what had been called certain.
 * So doubt needs two numbers, the confirmation before t and the one after it, and is never stored.
 *
 * Confirmation of sets: the rebuilt set of stable items can only be too large (departures are not
 * traced, merges are).  If it is as large as the kernel's own number, it is the kernel's set, and
 * every row in it is confirmed (build_sample.c finds such moments).
 */
#include "history/tables.h"

/* Confirmations of one row around t, absolute events; NEVER: none. */
struct around { uint64_t before, after; };

static void confirm_event(struct around *around, const struct place *place, uint64_t event)
{
	if (event > place->known_by)
		return;
	if (event <= place->seg->base + place->t) {
		if (around->before == NEVER || around->before < event)
			around->before = event;
	} else if (around->after == NEVER || around->after > event) {
		around->after = event;
	}
}

static void confirm(struct around *around, const struct place *place, uint32_t event)
{
	confirm_event(around, place, place->seg->base + event);
}

/* Its beginning; of a row from the segment before: what confirmed it there. */
static void confirm_birth(struct around *around, const struct place *place, enum table table, uint32_t id)
{
	const struct pool *carried = &place->seg->tables[table].carried;

	if (id < carried->nr) {
		if (!((struct carried *)pool_at(carried, id))->tentative)
			confirm_event(around, place, ((struct carried *)pool_at(carried, id))->confirmed);
	} else if (span_is(span_at(place->seg, table, id), SPAN_FOUND)) {
		confirm_event(around, place, place->seg->base);
	} else {
		confirm(around, place, span_at(place->seg, table, id)->born);
	}
}

static bool in_gap(const struct history *h, uint64_t event)
{
	return loss_horizon(h, event) > event;
}

/*
 * Confirmations of the row's group, from the row's birth to its end.  The builder could not know of
 * a gap that was still open when it compared numbers: such confirmations say nothing.
 */
static void confirm_set(const struct history *h, struct around *around, const struct place *place,
			const struct pool *pool, uint32_t group, uint32_t born, uint32_t died)
{
	bool counted = pool != &place->seg->confirm_maps;
	uint64_t at = pool_events_upto(pool, place->t);

	for (uint64_t i = at; i > 0; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);

		if (c->event < born || (around->before != NEVER &&
					   place->seg->base + c->event <= around->before))
			break;
		if ((c->group == group || c->group == NO_ID) &&
		    !(counted && in_gap(h, place->seg->base + c->event))) {
			confirm(around, place, c->event);
			break;
		}
	}
	for (uint64_t i = at; i < pool->nr; i++) {
		const struct confirmation *c = pool_at(pool, i);

		if (c->event >= died || c->event > place->known)
			break;
		if ((c->group == group || c->group == NO_ID) &&
		    !(counted && in_gap(h, place->seg->base + c->event))) {
			confirm(around, place, c->event);
			break;
		}
	}
}

/* Is the first of a merge pair still without its partner's success, for this observer? */
static bool is_tentative(const struct place *place, uint32_t item)
{
	const struct span *next;

	if (!span_is(span_at(place->seg, TABLE_ITEM, item), SPAN_TENTATIVE))
		return false;
	if (item + 1 >= nr_spans(place->seg, TABLE_ITEM))
		return true;
	next = span_at(place->seg, TABLE_ITEM, item + 1);
	return !span_is(next, SPAN_PARTNER) || next->born > place->known;
}

static bool around_item(const struct history *h, const struct place *place, uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_ITEM, id);
	bool tentative = is_tentative(place, id);

	if (id < place->seg->tables[TABLE_ITEM].carried.nr)
		tentative = ((struct carried *)pool_at(&place->seg->tables[TABLE_ITEM].carried, id))->tentative;

	if (!tentative)
		confirm_birth(around, place, TABLE_ITEM, id);
	if (span_is(span, SPAN_NAMED_END) && span->died <= place->known)
		confirm(around, place, span->died);
	confirm_set(h, around, place, &place->seg->confirm_items, span_owner(span), span->born,
		    span_died(place->seg, TABLE_ITEM, span));
	return tentative;
}

static bool around_node(const struct history *h, const struct place *place, uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_NODE, id);
	uint32_t object = span_object(place->seg, TABLE_NODE, id);
	uint32_t item = ((struct node_data *)data_at(place->seg, TABLE_NODE, object))->newest;
	bool tentative = !h->patched;

	if (h->patched || id < place->seg->tables[TABLE_NODE].carried.nr)
		confirm_birth(around, place, TABLE_NODE, id);

	for (; item != NO_ID;
	     item = ((struct item_data *)data_at(place->seg, TABLE_ITEM, item))->older) {
		const struct span *on = span_at(place->seg, TABLE_ITEM, item);

		if (on->born > place->known || item < place->seg->tables[TABLE_ITEM].carried.nr)
			continue;
		/* Stock: an item merged onto the page shows that the page was there. */
		if (!is_tentative(place, item)) {
			confirm(around, place, on->born);
			tentative = false;
		}
	}
	if (span_is(span, SPAN_FOUND) && id >= place->seg->tables[TABLE_NODE].carried.nr) {
		confirm(around, place, 0);
		confirm(around, place, span->born);
		tentative = false;
	}
	confirm_set(h, around, place, &place->seg->confirm_nodes, 0, span->born, span->died);
	return tentative && around->before == NEVER && around->after == NEVER;
}

static bool around_mapping(const struct history *h, const struct place *place, uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_MAPPING, id);

	const struct pool *carried = &place->seg->tables[TABLE_MAPPING].carried;
	/* Seen while its mm was changing. */
	bool tentative = span_is(span, SPAN_TENTATIVE) ||
			 (id < carried->nr && ((struct carried *)pool_at(carried, id))->tentative);

	if (!tentative)
		confirm_birth(around, place, TABLE_MAPPING, id);
	confirm_set(h, around, place, &place->seg->confirm_maps, span_owner(span), span->born, span->died);
	return tentative && around->before == NEVER;
}

static void around_other(const struct history *h, const struct place *place, enum table table,
			 uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, table, id);

	confirm_birth(around, place, table, id);
	if (span_is(span, SPAN_NAMED_END) && span->died <= place->known)
		confirm(around, place, span->died);
	if (table == TABLE_VMA || table == TABLE_ANON_VMA)
		confirm_set(h, around, place, &place->seg->confirm_nodes, 0, span->born, span->died);
}

static bool departs_untraced(const struct history *h, enum table table)
{
	return table == TABLE_MAPPING ||
	       (!h->patched && (table == TABLE_ITEM || table == TABLE_NODE));
}

static char evidence_of(const struct history *h, const struct segment *seg, enum table table,
			uint32_t id)
{
	switch (table) {
	case TABLE_ITEM:
		if (h->patched)
			return (char)((struct item_more *)more_at(seg, TABLE_ITEM, id))->evidence;
		return EVIDENCE_INFERRED;
	case TABLE_NODE:
		return h->patched ? (char)((struct node_more *)more_at(seg, TABLE_NODE, id))->evidence
				  : EVIDENCE_INFERRED;
	case TABLE_MAPPING:
		return EVIDENCE_DUMPED;
	default:
		return span_is(span_at(seg, table, id), SPAN_FOUND) ?
			       (h->patched ? EVIDENCE_DUMPED : EVIDENCE_INFERRED)
								    : EVIDENCE_TRACED;
	}
}

/* The object's row in the next segment, if it went over the seam; false: it did not. */
static bool next_place(const struct history *h, const struct place *place, enum table table, uint32_t id,
		       struct place *ret_place, uint32_t *ret_id)
{
	struct ref ref = make_ref(place->seg, table, span_object(place->seg, table, id));

	if (place->seg == h->now || place->known_by <= place->seg->base + place->seg->last)
		return false;
	for (uint32_t i = 0; i + 1 < h->nr_segments; i++) {
		const struct segment *next = h->segments[i + 1];

		if (h->segments[i] != place->seg)
			continue;
		ret_place->seg = next;
		ret_place->t = 0;
		ret_place->known_by = place->known_by;
		ret_place->known = place->known_by - next->base > next->last ?
			(uint32_t)next->last : (uint32_t)(place->known_by - next->base);
		return ref_object(h, next, ref, ret_id) == 0;
	}
	return false;
}

static bool around_row(const struct history *h, const struct place *place, enum table table, uint32_t id,
		       struct around *around)
{
	struct around later = { NEVER, NEVER };
	struct place next;
	uint32_t next_id;
	bool tentative = false;

	if (table == TABLE_ITEM)
		tentative = around_item(h, place, id, around);
	else if (table == TABLE_NODE)
		tentative = around_node(h, place, id, around);
	else if (table == TABLE_MAPPING)
		tentative = around_mapping(h, place, id, around);
	else
		around_other(h, place, table, id, around);
	if (around->after == NEVER && span_at(place->seg, table, id)->died == ALIVE &&
	    next_place(h, place, table, id, &next, &next_id)) {
		around_row(h, &next, table, next_id, &later);
		around->after = later.after;
	}
	return tentative;
}

static uint64_t died_at(const struct history *h, const struct place *place, enum table table, uint32_t id)
{
	uint32_t died = span_died(place->seg, table, span_at(place->seg, table, id)), next_id;
	struct place next;

	if (died != ALIVE)
		return place->seg->base + died <= place->known_by ? place->seg->base + died : NEVER;
	if (next_place(h, place, table, id, &next, &next_id))
		return died_at(h, &next, table, next_id);
	return NEVER;
}

void fact_fill(const struct history *h, const struct place *place, enum table table, uint32_t id,
	       struct fact *ret)
{
	const struct segment *seg = place->seg;
	const struct span *span = span_at(seg, table, id);
	struct around around = { NEVER, NEVER };
	uint64_t t = seg->base + place->t, horizon = loss_horizon(h, t);
	bool tentative;

	*ret = (struct fact){ .born = seg->base + span_born(span), .known = seg->base + span->born,
			      .died = died_at(h, place, table, id),
			      .evidence = evidence_of(h, seg, table, id) };
	if (span_is(span, SPAN_FOUND))
		ret->born = 0;
	if (id < seg->tables[table].carried.nr) {
		const struct carried *carried = pool_at(&seg->tables[table].carried, id);

		ret->born = carried->born;
		ret->known = carried->known;
	}
	tentative = around_row(h, place, table, id, &around);
	ret->confirmed = around.before == NEVER ? ret->born : around.before;
	if (around.before == t || (around.after != NEVER && around.after >= horizon))
		return;
	if (tentative)
		ret->doubt = DOUBT_TENTATIVE;
	else if (horizon && (around.before == NEVER || horizon > around.before))
		ret->doubt = DOUBT_LOSS;
	else if (departs_untraced(h, table))
		ret->doubt = DOUBT_UNTRACED;
	else if (around.before == NEVER)
		ret->doubt = DOUBT_UNKNOWN_BEFORE;
	if (!ret->doubt)
		ret->confirmed = t;
}
