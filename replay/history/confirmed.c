// SPDX-License-Identifier: GPL-2.0-only
/*
 * confirmed.c - the events at which something showed a row to hold: the last before a moment, the next behind.
 *
 * A row is *confirmed* by the event that made it, by one that names it, by the one that ends it and names
 * it, and by a sample or dump.  Each table has its own:
 * - An event that names only some of what its row says (SPAN_DERIVED) does not confirm the rest: that is as
 *   sure as the rows that it was copied from, however far back.
 * - Sets.  The rebuilt set of stable items can only be too large (departures are not traced, merges are).
 *   If it is as large as the kernel's own number, it is the kernel's set, and every row in it is
 *   confirmed (build_sample.c finds such moments).
 * - The first of a merge pair may still be undone: its partner confirms it, until then it is tentative.
 * - A node of a stock kernel is shown by each item that is merged onto it.
 *
 * What follows for a row at the moment, and with which doubt, is fact.c's.
 */
#include "history/tables.h"

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

static void confirm_named(struct around *around, const struct place *place, enum table table, uint32_t id)
{
	const struct segment *seg = place->seg;
	const struct span *span = span_at(seg, table, id);
	uint32_t object;
	uint64_t upto;

	if (!seg->confirm_rows.nr || !confirm_rows_ready(seg))
		return;
	object = span_object(seg, table, id);
	upto = named_upto(seg, table, object, place->t);
	for (uint64_t i = upto - (upto > 0); i <= upto && i < seg->confirm_rows.nr; i++) {
		const struct row_confirmation *c = named_at(seg, i);

		if (c->table == table && c->object == object && c->event >= span->born &&
		    c->event < span->died)
			confirm(around, place, c->event);
	}
}

/* Came it out of two events that nobody can order? */
static bool is_unordered(const struct place *place, enum table table, uint32_t id)
{
	const struct pool *pool = &place->seg->tables[table].unordered;
	uint64_t at = BISECT(0, pool->nr, i, *(uint32_t *)pool_at(pool, i) < id);

	return at < pool->nr && *(uint32_t *)pool_at(pool, at) == id;
}

/* Only what is in a tree or on the migrate list is in a set of nodes that is found as rebuilt. */
static bool is_listed(const struct segment *seg, uint32_t node)
{
	return !seg->tables[TABLE_NODE].more.nr ||
	       ((struct node_more *)more_at(seg, TABLE_NODE, node))->place != NODE_NOWHERE;
}

/* The last event of the span at which the set of nodes was found as rebuilt; NEVER. */
static uint64_t set_confirmed(const struct history *h, const struct segment *seg, uint32_t node)
{
	const struct span *span = span_at(seg, TABLE_NODE, node);

	for (uint64_t i = pool_events_upto(&seg->confirm_nodes, span->died - 1); i > 0; i--) {
		const struct confirmation *c = pool_at(&seg->confirm_nodes, i - 1);

		if (c->event < span->born || !is_listed(seg, node))
			break;
		if (!in_gap(h, seg->base + c->event))
			return seg->base + c->event;
	}
	return NEVER;
}

/*
 * The last event before the span, or at its beginning, by which all that it says was certain; NEVER.  Goes
 * through the object's earlier spans: what one copies from the one before is as old.
 */
static uint64_t known_since(const struct history *h, const struct place *place, enum table table,
			    uint32_t id)
{
	const struct segment *seg = place->seg;
	const struct pool *carried = &seg->tables[table].carried;
	uint32_t at = span_object(seg, table, id), object = at, from = 0;
	uint64_t since = NEVER, named;

	for (;; at = span_at(seg, table, at)->link) {
		const struct span *span = span_at(seg, table, at);

		if (at < carried->nr) {
			since = ((struct carried *)pool_at(carried, at))->confirmed;
		} else if (!span_is(span, SPAN_DERIVED)) {
			since = seg->base + span->born;
			from = span->born;
		} else if (span_is(span, SPAN_FIRST)) {
			since = 0;
			from = span->born;
		}
		if (at == id)
			break;
		named = table == TABLE_NODE ? set_confirmed(h, seg, at) : NEVER;
		if (named != NEVER && (since == NEVER || named > since))
			since = named;
	}
	named = named_before(seg, table, object, span_at(seg, table, id)->born);
	if (named != NEVER && named >= from && (since == NEVER || seg->base + named > since))
		since = seg->base + named;
	return since;
}

/* Its beginning; of a row from the segment before: what confirmed it there. */
static void confirm_birth(const struct history *h, struct around *around, const struct place *place,
			  enum table table, uint32_t id)
{
	const struct pool *carried = &place->seg->tables[table].carried;
	const struct span *span = span_at(place->seg, table, id);
	uint64_t since;

	confirm_named(around, place, table, id);
	if (is_unordered(place, table, id))
		return;

	if (id < carried->nr) {
		if (((struct carried *)pool_at(carried, id))->confirmed != NEVER)
			confirm_event(around, place, ((struct carried *)pool_at(carried, id))->confirmed);
		return;
	}
	if (span_is(span, SPAN_DERIVED) && table != TABLE_ITEM) {
		since = known_since(h, place, table, id);
		if (since != NEVER)
			confirm_event(around, place, since);
	} else {
		confirm(around, place, span->born);
	}
	/* Nobody made it since the beginning, unless that event was lost. */
	if (span_is(span, SPAN_FOUND) && !hidden_between(h, 0, place->seg->base + span->born,
							 exclusion_of(h, place, table, id)))
		confirm_event(around, place, 0);
}

static uint64_t begun_at(const struct segment *seg, enum table table, uint32_t id)
{
	const struct pool *carried = &seg->tables[table].carried;

	return id < carried->nr ? ((struct carried *)pool_at(carried, id))->born :
	       seg->base + span_at(seg, table, id)->born;
}

/* The builder could not know of a gap that was still open when it compared numbers. */
static bool confirms(const struct history *h, const struct place *place, const struct confirmation *c,
		     uint32_t group, bool counted)
{
	return (c->group == group || c->group == NO_ID) && !(counted && in_gap(h, place->seg->base + c->event));
}

/*
 * Confirmations of the row's group, from the row's birth to its end.  Numbers behind a migration say nothing
 * of a row that no event has named since.  `begun`: the row's birth, whichever segment that was in.
 */
static void confirm_set(const struct history *h, struct around *around, const struct place *place,
			const struct pool *pool, uint32_t group, uint64_t begun, uint32_t born, uint32_t died)
{
	bool counted = pool != &place->seg->confirm_maps;
	uint64_t named = around->before != NEVER ? around->before : begun;
	uint64_t upto = counted ? moves_from(h, named, place->known_by) : NEVER, base = place->seg->base, at;

	at = pool_events_upto(pool, upto >= base + place->t ? place->t : upto > base ? (uint32_t)(upto - base) : 0);

	for (uint64_t i = at; i > 0; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);

		if (c->event < born || (around->before != NEVER &&
					   place->seg->base + c->event <= around->before))
			break;
		if (c->event >= died)
			continue;
		if (confirms(h, place, c, group, counted)) {
			confirm(around, place, c->event);
			break;
		}
	}
	/* What was found out later was not in the set. */
	for (uint64_t i = place->t < born ? pool_events_upto(pool, born - 1) : at; i < pool->nr; i++) {
		const struct confirmation *c = pool_at(pool, i);

		if (c->event >= died || c->event > place->known || base + c->event > upto)
			break;
		if (confirms(h, place, c, group, counted)) {
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

/* What was found out of it when it was taken over from the segment before. */
static enum doubt carried_doubt(const struct place *place, enum table table, uint32_t id)
{
	const struct pool *carried = &place->seg->tables[table].carried;

	return id < carried->nr ? ((struct carried *)pool_at(carried, id))->doubt : DOUBT_NONE;
}

static enum doubt around_item(const struct history *h, const struct place *place, uint32_t id,
			      struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_ITEM, id);
	bool carried = id < place->seg->tables[TABLE_ITEM].carried.nr;
	bool tentative = is_tentative(place, id) ||
			 carried_doubt(place, TABLE_ITEM, id) == DOUBT_TENTATIVE;

	if (!tentative || carried)
		confirm_birth(h, around, place, TABLE_ITEM, id);
	if (span_is(span, SPAN_NAMED_END) && span->died <= place->known)
		confirm(around, place, span->died);
	confirm_set(h, around, place, &place->seg->confirm_items, span_owner(span),
		    begun_at(place->seg, TABLE_ITEM, id), span->born, span_died(place->seg, TABLE_ITEM, span));
	return tentative ? DOUBT_TENTATIVE : DOUBT_NONE;
}

static enum doubt around_node(const struct history *h, const struct place *place, uint32_t id,
			      struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_NODE, id);
	uint32_t object = span_object(place->seg, TABLE_NODE, id);
	uint32_t item = ((struct node_data *)data_at(place->seg, TABLE_NODE, object))->newest;
	bool carried = id < place->seg->tables[TABLE_NODE].carried.nr, tentative = !h->patched;

	if (carried && carried_doubt(place, TABLE_NODE, id) != DOUBT_TENTATIVE)
		tentative = false;
	if (h->patched || carried || span_is(span, SPAN_FOUND)) {
		confirm_birth(h, around, place, TABLE_NODE, id);
		tentative &= carried;
	}
	for (; !h->patched && item != NO_ID;
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
	if (is_listed(place->seg, id))
		confirm_set(h, around, place, &place->seg->confirm_nodes, 0,
			    begun_at(place->seg, TABLE_NODE, id), span->born, span->died);
	return tentative && around->before == NEVER && around->after == NEVER ? DOUBT_TENTATIVE
									     : DOUBT_NONE;
}

static void around_pte(const struct history *h, const struct place *place, uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, TABLE_MAPPING, id);

	/* Seen while its mm was changing, or copied by fork; before the seam it may have been confirmed. */
	if (!span_is(span, SPAN_TENTATIVE) || id < place->seg->tables[TABLE_MAPPING].carried.nr)
		confirm_birth(h, around, place, TABLE_MAPPING, id);
	if (span_is(span, SPAN_NAMED_END) && span->died <= place->known)
		confirm(around, place, span->died);
	confirm_set(h, around, place, &place->seg->confirm_maps, span_owner(span),
		    begun_at(place->seg, TABLE_MAPPING, id), span->born, span->died);
}

/* One pte has several rows where its process became known meanwhile: what shows one of them shows all. */
static enum doubt around_mapping(const struct history *h, const struct place *place, uint32_t id,
				 struct around *around)
{
	const struct segment *seg = place->seg;
	uint32_t at = span_object(seg, TABLE_MAPPING, id);

	around_pte(h, place, at, around);
	while (!span_is(span_at(seg, TABLE_MAPPING, at), SPAN_LAST)) {
		at = span_at(seg, TABLE_MAPPING, at)->link;
		if (span_at(seg, TABLE_MAPPING, at)->born > place->known)
			break;
		around_pte(h, place, at, around);
	}
	return span_is(span_at(seg, TABLE_MAPPING, id), SPAN_TENTATIVE) && around->before == NEVER ?
	       DOUBT_TENTATIVE : DOUBT_NONE;
}

static void around_other(const struct history *h, const struct place *place, enum table table,
			 uint32_t id, struct around *around)
{
	const struct span *span = span_at(place->seg, table, id);

	if (table == TABLE_MM && ((struct mm_data *)data_at(place->seg, table, id))->exited)
		return;		/* its exit shows nothing of what ksmd still has */
	confirm_birth(h, around, place, table, id);
	if (span_is(span, SPAN_NAMED_END) && span->died <= place->known)
		confirm(around, place, span->died);
}

static enum doubt around_row(const struct history *h, const struct place *place, enum table table,
			     uint32_t id, struct around *around)
{
	struct around later = { NEVER, NEVER, DOUBT_NONE };
	enum doubt doubt = DOUBT_NONE;
	struct place next;
	uint32_t next_id;

	if (table == TABLE_ITEM)
		doubt = around_item(h, place, id, around);
	else if (table == TABLE_NODE)
		doubt = around_node(h, place, id, around);
	else if (table == TABLE_MAPPING)
		doubt = around_mapping(h, place, id, around);
	else
		around_other(h, place, table, id, around);
	if (!doubt && around->before == NEVER &&
	    (is_unordered(place, table, id) || carried_doubt(place, table, id) == DOUBT_ORDER))
		doubt = DOUBT_ORDER;
	if (around->after == NEVER && span_at(place->seg, table, id)->died == ALIVE &&
	    next_place(h, place, table, id, &next, &next_id)) {
		around_row(h, &next, table, next_id, &later);
		around->after = later.after;
	}
	return doubt;
}

void confirmed_around(const struct history *h, const struct place *place, enum table table, uint32_t id,
		      struct around *ret)
{
	*ret = (struct around){ NEVER, NEVER, DOUBT_NONE };
	ret->doubt = around_row(h, place, table, id, ret);
}
