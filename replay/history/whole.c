// SPDX-License-Identifier: GPL-2.0-only
/*
 * whole.c - can a list have rows that no event has told of yet?
 *
 * A recording begins in the middle of things: what was there before is known when a state dump, a sample or
 * an event that names it has told of it.  Until then the number of rows is "at least", and that there is none
 * says nothing.  No row is doubtful there, so this doubt is not in the rows: it is the list's.
 *
 * A list is whole at t if something told of all of it, and since then (or until then) nothing was lost:
 * - its parent was made during the recording, with nothing on it;
 * - patched: a complete dump.  If nothing was lost before it, it looks back, too, for departures are traced: who was
 *   there before the dump and is not in it was named when it went.  The VMAs of an anon_vma are whole as soon as its
 *   own records came;
 * - stock: a sample that counts as many stable items as were rebuilt.  It does not look back.
 * Nobody tells of all anon_vmas, of all VMAs, or of the VMAs of an mm; of mappings only a sweep does, and only
 * for the event at which it ends.
 */
#include "history/tables.h"

#define CONFIRMATIONS_LOOK 256u

static bool nothing_lost(const struct history *h, uint64_t a, uint64_t b, struct exclusion less)
{
	return a < b ? !lost_between(h, a, b, less) : !lost_between(h, b, a, less);
}

uint64_t made_at(const struct segment *seg, enum table table, uint32_t object)
{
	const struct pool *carried = &seg->tables[table].carried;
	const struct span *span = span_at(seg, table, object);

	if (object < carried->nr)
		return ((struct carried *)pool_at(carried, object))->first;
	return span_is(span, SPAN_FOUND) ? 0 : seg->base + span->born;
}

/* The last event before that one at which everything was told, 0: none. */
static uint64_t told_before(const struct history *h, uint64_t event)
{
	const uint64_t *wholes = h->wholes.data;
	uint64_t at = BISECT(0, h->wholes.nr, i, wholes[i] < event);

	return at > 0 ? wholes[at - 1] : 0;
}

/*
 * At an address that was used before, a lost event may have made it, earlier than it was named.  So it may have a
 * node, since all were told: whatever names it first seems to make it then.
 */
static bool made_and_followed(const struct history *h, const struct place *place, enum table table,
			      uint32_t object, struct exclusion less)
{
	uint64_t made = made_at(place->seg, table, object), t = place->seg->base + place->t, from = made;

	if (table == TABLE_NODE)
		from = told_before(h, made);
	else if (span_gen(span_at(place->seg, table, object)) > 1)
		from = 0;
	return made && made <= t && nothing_lost(h, from, t, less);
}

/*
 * Does the one event at which all was told reach to t?  Back only where nothing was lost before: what was made in a
 * gap, at an address that was used already, is not known to have been there before something names it.
 */
static bool reaches(const struct history *h, const struct place *place, uint64_t event, struct exclusion less)
{
	uint64_t t = place->seg->base + place->t;

	return event <= place->known_by && !in_gap(h, event) &&
	       (event <= t ? nothing_lost(h, event, t, less) : h->patched && nothing_lost(h, 0, event, less));
}

/* Of the events at which everything was told, the last up to t and the next behind it. */
static bool all_was_told(const struct history *h, const struct place *place, struct exclusion less)
{
	const uint64_t *wholes = h->wholes.data, t = place->seg->base + place->t;
	uint64_t at = BISECT(0, h->wholes.nr, i, wholes[i] <= t);

	return (at > 0 && reaches(h, place, wholes[at - 1], less)) ||
	       (at < h->wholes.nr && reaches(h, place, wholes[at], less));
}

bool vmas_are_whole(const struct history *h, const struct place *place, uint32_t anon_vma)
{
	const struct segment *seg = place->seg;
	struct exclusion less = { .known_by = place->known_by, .kinds = kinds_of_list(VMAS_OF_ANON_VMA) };
	uint32_t at = ((struct anon_vma_data *)data_at(seg, TABLE_ANON_VMA, anon_vma))->whole;

	if (made_and_followed(h, place, TABLE_ANON_VMA, anon_vma, less))
		return true;
	while (at) {
		const struct whole *whole = pool_at(&seg->whole_vmas, at - 1);

		if (reaches(h, place, seg->base + whole->event, less))
			return true;
		at = whole->older;
	}
	return false;
}

/* Was the group confirmed up to t, with nothing lost since?  `exactly`: at t. */
static bool was_confirmed(const struct history *h, const struct place *place, const struct pool *pool,
			  uint32_t group, bool exactly, struct exclusion less)
{
	uint64_t nr = pool_events_upto(pool, place->t);

	for (uint64_t i = nr; i > 0 && nr - i < CONFIRMATIONS_LOOK; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);

		if (exactly && c->event != place->t)
			return false;
		if (c->group == group)
			return reaches(h, place, place->seg->base + c->event, less);
	}
	return false;
}

static bool mappings_are_whole(const struct history *h, const struct place *place, uint32_t mm,
			       struct exclusion less)
{
	uint32_t span = object_span(place->seg, TABLE_MM, mm, place->t, place->known);

	return span != NO_ID && was_confirmed(h, place, &place->seg->confirm_maps, (uint32_t)
		((struct mm_data *)data_at(place->seg, TABLE_MM, span))->tgid, true, less);
}

static bool items_of_mm_are_whole(const struct history *h, const struct place *place, uint32_t mm,
				  struct exclusion less)
{
	return made_and_followed(h, place, TABLE_MM, mm, less) || all_was_told(h, place, less) ||
	       (!h->patched && was_confirmed(h, place, &place->seg->confirm_items, mm, false, less));
}

static bool list_is_whole(const struct history *h, const struct place *place, enum relation relation, uint32_t object)
{
	struct exclusion less = { .known_by = place->known_by, .kinds = kinds_of_list(relation) };

	if (relation == VMAS_OF_ANON_VMA || relation == VMAS_BY_START)
		return object != NO_ID && vmas_are_whole(h, place, object);
	if (relation == MAPPINGS_OF_MM)
		return object != NO_ID && mappings_are_whole(h, place, object, less);
	if (relation == ALL_MMS)
		return h->patched && all_was_told(h, place, less);
	/* Stable nodes and items come only under ksm_thread_mutex. */
	less.mutex = h->patched;
	switch (relation) {
	case ITEMS_OF_MM:
		return object != NO_ID && items_of_mm_are_whole(h, place, object, less);
	case ITEMS_OF_NODE:
	case ITEMS_GONE_FROM_NODE:
	case DUPS_OF_CHAIN:
		return (object != NO_ID && made_and_followed(h, place, TABLE_NODE, object, less)) ||
		       all_was_told(h, place, less);
	case ITEMS_OF_ANON_VMA:
		return (object != NO_ID && made_and_followed(h, place, TABLE_ANON_VMA, object, less)) ||
		       all_was_told(h, place, less);
	case ALL_NODES:
	case NODES_OF_NID:
	case NODES_OFF_TREES:
	case ALL_ITEMS:
		return all_was_told(h, place, less);
	default:
		return false;
	}
}

bool history_is_whole(const struct history *h, enum relation relation, struct ref parent, struct moment when)
{
	struct place place;
	uint32_t object = NO_ID;

	if (relation_table(relation) == TABLE_EPISODE)
		return true;
	if (history_place(h, when, &place) != 0 ||
	    (parent.table && ref_object(h, place.seg, parent, &object) != 0))
		return false;
	return list_is_whole(h, &place, relation, object);
}
