// SPDX-License-Identifier: GPL-2.0-only
/*
 * fact.c - what a row says of itself: since when, until when, how we know, and whether it is sure.
 *
 * Between two confirmations (confirmed.c) a row held all the time, for leaving and coming back makes a new
 * row.  After the last one that the observer knows it is as sure as the kernel is talkative:
 * - departures traced: sure at t if no gap lies between t and one of the two confirmations around
 *   it.  A gap between both and t hides a leaving and a coming back: doubtful.
 * - departures untraced (items, nodes and mappings of a stock kernel): sure at a confirmation, and
 *   between two of them with no gap, in which it might have come anew; a patched kernel's mapping: was_there().
 * A gap begins behind the stream's last event before it, for everybody: being in a gap is a fact
 * about the recording that an observer inside it has to be told, or hindsight would make doubtful
 * what had been called certain.  Some gaps hide nothing of some rows: losses.c.
 * A row whose attributes nobody ever said is always doubtful, and so is a mapping of which a sample could
 * not tell whether its page is a KSM page.
 * So doubt needs two numbers, the confirmation before t and the one after it, and is never stored.
 */
#include "history/tables.h"

bool is_vague(const struct segment *seg, enum table table, uint32_t id)
{
	const struct node_more *node;

	if (table == TABLE_MAPPING)
		return ((struct mapping_data *)data_at(seg, table, id))->maybe;
	if (!seg->tables[table].more.nr)
		return false;
	if (table == TABLE_ITEM)
		return ((struct item_more *)more_at(seg, table, id))->unsure;
	if (table != TABLE_NODE)
		return false;
	node = more_at(seg, table, id);
	return node->kind == NODE_UNKNOWN || (node->kind != NODE_CHAIN && !node->kpfn);
}

static bool departs_untraced(const struct history *h, const struct segment *seg, enum table table,
			     uint32_t id)
{
	if (table == TABLE_MM)
		return ((struct mm_data *)data_at(seg, table, id))->exited;
	return table == TABLE_MAPPING ||
	       (!h->patched && (table == TABLE_ITEM || table == TABLE_NODE));
}

char evidence_of(const struct history *h, const struct segment *seg, enum table table, uint32_t id)
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
		return (char)((struct mapping_data *)data_at(seg, table, id))->evidence;
	case TABLE_ANON_VMA:	/* named by something else, if nothing told its root */
		if (((struct anon_vma_data *)data_at(seg, table, id))->root == NO_ID)
			return EVIDENCE_INFERRED;
		__attribute__((fallthrough));
	default:
		if (id < seg->tables[table].carried.nr)
			return (char)((struct carried *)pool_at(&seg->tables[table].carried, id))->evidence;
		if (span_is(span_at(seg, table, id), SPAN_FOUND))
			return h->patched ? EVIDENCE_DUMPED : EVIDENCE_INFERRED;
		return event_tells(seg, span_at(seg, table, id)->born) ? EVIDENCE_DUMPED : EVIDENCE_TRACED;
	}
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

/* When the last of the rows that follow span `id` without a gap, as far as the observer knows them, dies. */
static uint64_t object_died_at(const struct history *h, const struct place *place, enum table table,
			       uint32_t id)
{
	struct place next;
	uint32_t next_id;

	while (!span_is(span_at(place->seg, table, id), SPAN_LAST)) {
		uint32_t later = span_at(place->seg, table, id)->link;

		if (span_at(place->seg, table, later)->born > place->known ||
		    span_at(place->seg, table, later)->born != span_at(place->seg, table, id)->died)
			break;
		id = later;
	}
	if (span_died(place->seg, table, span_at(place->seg, table, id)) == ALIVE &&
	    next_place(h, place, table, id, &next, &next_id))
		return object_died_at(h, &next, table, next_id);
	return died_at(h, place, table, id);
}

void fact_extent(const struct history *h, const struct place *place, enum table table, uint32_t object,
		 uint32_t id, struct fact *ret)
{
	const struct pool *carried = &place->seg->tables[table].carried;
	uint32_t from = object;

	for (uint32_t at = object; at != id;) {
		uint32_t next = span_at(place->seg, table, at)->link;

		if (span_at(place->seg, table, next)->born != span_at(place->seg, table, at)->died)
			from = next;
		at = next;
	}
	if (from < carried->nr)
		ret->first = ((struct carried *)pool_at(carried, from))->first;
	else
		ret->first = span_is(span_at(place->seg, table, from), SPAN_FOUND) ? 0 :
			     place->seg->base + span_at(place->seg, table, from)->born;
	ret->last = object_died_at(h, place, table, id);
}

static bool is_sure(const struct history *h, const struct around *around, uint64_t t, uint64_t born,
		    struct exclusion less, bool untraced, bool follows)
{
	uint64_t from = around->before != NEVER ? around->before : born;

	if (around->before == t)
		return !follows || !in_gap(h, t);
	if (untraced)
		return around->after != NEVER && !hidden_between(h, from, around->after, less);
	return (around->before != NEVER && !hidden_between(h, around->before, t, less)) ||
	       (around->after != NEVER && !hidden_between(h, t, around->after, less));
}

/*
 * A mapping leaves untraced, by copy on write, but it comes by an event, which begins a row of its own: what is
 * mapped later, in the same row, is mapped now, unless a gap between hides a coming.  A gap before may hide
 * that it left in a way from which it comes back unseen (swap), or by an event that need not name it (mremap, fork).
 * Of an mm that is not known the coming may be another row's.
 */
static bool was_there(const struct history *h, const struct place *place, uint32_t mapping,
		      const struct around *around, uint64_t t, uint64_t born)
{
	uint64_t from = around->before != NEVER ? around->before : born;
	struct exclusion less = { .known_by = place->known_by, .kinds = kinds_of_mapping(true) };

	if (!h->patched || around->after == NEVER ||
	    ((struct mapping_data *)data_at(place->seg, TABLE_MAPPING, mapping))->mm == NO_ID ||
	    lost_between(h, from, t, less))
		return false;
	less.kinds = kinds_of_mapping(false);
	return !lost_between(h, t, around->after, less);
}

/* Between two sweeps that saw it, may ksmd have merged the page anew?  A stock kernel does not say at which address. */
static bool is_anew(const struct history *h, const struct place *place, enum table table, uint32_t id,
		    const struct around *around)
{
	return !h->patched && table == TABLE_MAPPING && around->before != place->seg->base + place->t &&
	       around->after != NEVER && around->before != NEVER &&
	       merged_between(h, place, id, around->before, around->after);
}

void fact_fill(const struct history *h, const struct place *place, enum table table, uint32_t id,
	       struct fact *ret)
{
	const struct segment *seg = place->seg;
	const struct span *span = span_at(seg, table, id);
	struct exclusion less = exclusion_of(h, place, table, id);
	bool untraced = departs_untraced(h, seg, table, id), vague = is_vague(seg, table, id);
	/* No event says that a page is well again. */
	bool lasts = h->patched && table == TABLE_PAGE;
	/* From what its event names, and from rows about that which a gap may have made wrong. */
	bool follows = h->patched && table == TABLE_MAPPING &&
		       ((struct mapping_data *)data_at(seg, table, id))->evidence == EVIDENCE_INFERRED;
	uint64_t t = seg->base + place->t;
	struct around around;

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
	confirmed_around(h, place, table, id, &around);
	ret->confirmed = around.before == NEVER ? ret->born : around.before;
	if (!vague && !is_anew(h, place, table, id, &around) &&
	    ((lasts && !around.doubt) || is_sure(h, &around, t, ret->born, less, untraced, follows) ||
	     (table == TABLE_MAPPING && was_there(h, place, id, &around, t, ret->born)))) {
		ret->confirmed = t;
		return;
	}
	if (vague && table == TABLE_MAPPING)
		ret->doubt = DOUBT_PAGE_FLAG;
	else if (around.doubt)
		ret->doubt = (uint8_t)around.doubt;
	else if (lost_between(h, ret->confirmed, t, less) || (!untraced && !vague && around.after != NEVER))
		ret->doubt = DOUBT_LOSS;
	else
		ret->doubt = untraced ? DOUBT_UNTRACED : DOUBT_UNKNOWN_BEFORE;
}
