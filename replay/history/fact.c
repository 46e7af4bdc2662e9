// SPDX-License-Identifier: GPL-2.0-only
/*
 * fact.c - what a row says of itself: since when, until when, how we know, and whether it is sure.
 *
 * A row is *confirmed* at an event when something then showed it to hold: the event that made it,
 * an event that names it, a sample.  Between two confirmations it held all the time, for leaving
 * and coming back makes a new row.  After the last one that the observer knows it is as sure as the
 * kernel is talkative:
 * - departures traced: sure at t if no gap lies between t and one of the two confirmations around
 *   it.  A gap between both and t hides a leaving and a coming back: doubtful.
 * - departures untraced (items, nodes and mappings of a stock kernel): sure at a confirmation, and
 *   between two of them with no gap, in which it might have come anew.
 * A gap begins behind the stream's last event before it, for everybody: being in a gap is a fact
 * about the recording that an observer inside it has to be told, or hindsight would make doubtful
 * what had been called certain.  Some gaps hide nothing of some rows: see build_loss.c.
 * An event that names only some of what its row says (SPAN_DERIVED) does not confirm the rest: that is as
 * sure as the rows that it was copied from.  A row whose attributes nobody ever said is always doubtful,
 * and so is a mapping of which a sample could not tell whether its page is a KSM page.
 * So doubt needs two numbers, the confirmation before t and the one after it, and is never stored.
 *
 * Confirmation of sets: the rebuilt set of stable items can only be too large (departures are not
 * traced, merges are).  If it is as large as the kernel's own number, it is the kernel's set, and
 * every row in it is confirmed (build_sample.c finds such moments).
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

/* The root of a VMA's anon_vma as it was known at t: what is learnt of it later must not change what was sure. */
static uint64_t root_of(const struct place *place, uint32_t vma)
{
	const struct segment *seg = place->seg;
	uint32_t at = ((struct vma_data *)data_at(seg, TABLE_VMA, vma))->anon_vma, root;

	if (at == NO_ID)
		return 0;
	while (!span_is(span_at(seg, TABLE_ANON_VMA, at), SPAN_LAST)) {
		uint32_t next = span_at(seg, TABLE_ANON_VMA, at)->link;

		if (span_at(seg, TABLE_ANON_VMA, next)->born > place->t)
			break;
		at = next;
	}
	root = ((struct anon_vma_data *)data_at(seg, TABLE_ANON_VMA, at))->root;
	return root == NO_ID ? 0 : span_addr(span_at(seg, TABLE_ANON_VMA, root));
}

/* What gaps cannot have changed of that row, for this observer. */
static struct exclusion exclusion_of(const struct history *h, const struct place *place, enum table table,
				     uint32_t id)
{
	struct exclusion less = { .known_by = place->known_by };

	if (!h->patched) {
		less.moves = table == TABLE_ITEM || table == TABLE_NODE || table == TABLE_MAPPING;
		return less;
	}
	less.mutex = table == TABLE_ITEM || (table == TABLE_NODE &&
		((struct node_more *)more_at(place->seg, table, id))->kind == NODE_CHAIN);
	less.root = table == TABLE_VMA ? root_of(place, id) : 0;
	less.kinds = kinds_of_row(place->seg, table, id);
	return less;
}

/* May the row have changed between the two, and nobody told? */
static bool hidden_between(const struct history *h, uint64_t a, uint64_t b, struct exclusion less)
{
	return (less.moves && a < b && moves_from(h, a, less.known_by) < b) || lost_between(h, a, b, less);
}

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

static bool in_gap(const struct history *h, uint64_t event)
{
	return loss_horizon(h, event) > event;
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

/*
 * Confirmations of the row's group, from the row's birth to its end.  The builder could not know of
 * a gap that was still open when it compared numbers: such confirmations say nothing.  Nor do numbers
 * behind a migration, of a row that no event has named since.  `begun`: the row's birth, whichever segment
 * that was in.
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
		if ((c->group == group || c->group == NO_ID) &&
		    !(counted && in_gap(h, place->seg->base + c->event))) {
			confirm(around, place, c->event);
			break;
		}
	}
	/* What was found out later was not in the set. */
	for (uint64_t i = place->t < born ? pool_events_upto(pool, born - 1) : at; i < pool->nr; i++) {
		const struct confirmation *c = pool_at(pool, i);

		if (c->event >= died || c->event > place->known || base + c->event > upto)
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

void fact_around(const struct history *h, const struct place *place, enum table table, uint32_t id,
		 struct around *ret)
{
	*ret = (struct around){ NEVER, NEVER, DOUBT_NONE };
	ret->doubt = around_row(h, place, table, id, ret);
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
	fact_around(h, place, table, id, &around);
	ret->confirmed = around.before == NEVER ? ret->born : around.before;
	if (!vague && !is_anew(h, place, table, id, &around) &&
	    ((lasts && !around.doubt) || is_sure(h, &around, t, ret->born, less, untraced, follows))) {
		ret->confirmed = t;
		return;
	}
	if (around.doubt)
		ret->doubt = (uint8_t)around.doubt;
	else if (vague && table == TABLE_MAPPING)
		ret->doubt = DOUBT_PAGE_FLAG;
	else if (lost_between(h, ret->confirmed, t, less) || (!untraced && !vague && around.after != NEVER))
		ret->doubt = DOUBT_LOSS;
	else
		ret->doubt = untraced ? DOUBT_UNTRACED : DOUBT_UNKNOWN_BEFORE;
}
