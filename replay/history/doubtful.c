// SPDX-License-Identifier: GPL-2.0-only
/*
 * doubtful.c - how many rows hold, and how many of them are doubtful.
 *
 * On a stock kernel every item, node and mapping is doubtful but for what the event t itself showed:
 * the rows it made and the sets that were confirmed at it.  For an observer at t (known_by = t) that
 * makes the number of doubtful rows a subtraction.  With hindsight, or with losses in a patched
 * recording, rows differ one by one, and the list is walked.
 *
 * Counting rows without their doubt is counters.c's.
 */
#include "history/build.h"

static uint64_t walk_doubtful(const struct history *h, enum relation relation, struct ref parent,
			      struct moment when, uint64_t *ret_nr)
{
	struct history_cursor cursor;
	uint64_t nr = 0, doubtful = 0;
	union row row;

	if (history_list(h, relation, parent, when, &cursor) == 0) {
		while (history_next(&cursor, &row) == 1) {
			nr++;
			doubtful += row.fact.doubt != DOUBT_NONE;
		}
	}
	if (ret_nr)
		*ret_nr = nr;
	return doubtful;
}

/* Is the whole table, or one group, confirmed at exactly t?  Not by counting inside a gap. */
static bool confirmed_at(const struct history *h, const struct place *place, const struct pool *pool, uint32_t group)
{
	uint64_t t = place->seg->base + place->t;

	if (pool != &place->seg->confirm_maps && in_gap(h, t))
		return false;
	for (uint64_t i = pool_events_upto(pool, place->t); i > 0; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);

		if (c->event != place->t)
			return false;
		if (c->group == group || c->group == NO_ID)
			return true;
	}
	return false;
}

static bool any_confirmed_at(const struct place *place, const struct pool *pool)
{
	uint64_t nr = pool_events_upto(pool, place->t);

	return nr && ((struct confirmation *)pool_at(pool, nr - 1))->event == place->t;
}

/* May a page have been migrated by then, on a stock kernel? */
static bool may_have_moved(const struct history *h, const struct place *place)
{
	return moves_from(h, 0, place->known_by) < place->seg->base + place->t;
}

static uint64_t sure_items(const struct history *h, const struct place *place)
{
	const struct segment *seg = place->seg;
	const struct pool *pool = &seg->confirm_items;
	uint64_t sure = 0, to, t = seg->base + place->t;
	bool gap = in_gap(h, t);

	for (uint64_t i = gap ? 0 : pool_events_upto(pool, place->t); i > 0; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);
		struct history_mm_counters mm;

		if (c->event != place->t)
			break;
		if (history_mm_counters(h, make_ref(seg, TABLE_MM, c->group),
					(struct moment){ seg->base + place->t, seg->base + place->t },
					&mm) == 0)
			sure += mm.nr_stable_items;
	}
	to = spans_known_upto(seg, TABLE_ITEM, place->t);
	for (uint64_t i = place->t ? spans_known_upto(seg, TABLE_ITEM, place->t - 1) : 0; i < to; i++) {
		const struct span *span = span_at(seg, TABLE_ITEM, (uint32_t)i);
		struct fact fact;

		if (confirmed_at(h, place, pool, span_owner(span)) ||
		    !span_holds(seg, TABLE_ITEM, span, place->t, place->known))
			continue;
		fact_fill(h, place, TABLE_ITEM, (uint32_t)i, &fact);
		sure += fact.doubt == DOUBT_NONE;
	}
	return sure;
}

static uint64_t sure_nodes(const struct history *h, const struct place *place)
{
	const struct segment *seg = place->seg;
	uint64_t to = spans_known_upto(seg, TABLE_ITEM, place->t), sure = 0;
	uint32_t last = NO_ID;

	/* The nodes onto which this event hung an item. */
	for (uint64_t i = place->t ? spans_known_upto(seg, TABLE_ITEM, place->t - 1) : 0; i < to; i++) {
		uint32_t node = ((struct item_data *)data_at(seg, TABLE_ITEM, (uint32_t)i))->node;
		struct fact fact;

		if (node == NO_ID || node == last ||
		    !span_holds(seg, TABLE_NODE, span_at(seg, TABLE_NODE, node), place->t, place->known))
			continue;
		fact_fill(h, place, TABLE_NODE, node, &fact);
		sure += fact.doubt == DOUBT_NONE;
		last = node;
	}
	return sure;
}

static uint64_t sure_mappings(const struct history *h, const struct place *place)
{
	const struct segment *seg = place->seg;
	const struct pool *pool = &seg->confirm_maps;
	uint64_t sure = 0, to;

	for (uint64_t i = pool_events_upto(pool, place->t); i > 0; i--) {
		const struct confirmation *c = pool_at(pool, i - 1);

		if (c->event != place->t)
			break;
		sure += mappings_of(place, c->group);
	}
	to = spans_known_upto(seg, TABLE_MAPPING, place->t);
	for (uint64_t i = place->t ? spans_known_upto(seg, TABLE_MAPPING, place->t - 1) : 0; i < to; i++) {
		const struct span *span = span_at(seg, TABLE_MAPPING, (uint32_t)i);
		struct fact fact;

		if (!span_holds(seg, TABLE_MAPPING, span, place->t, place->known) ||
		    confirmed_at(h, place, pool, span_owner(span)))
			continue;
		/* The row before it, of the same pte, may have been shown by this event. */
		if (span_is(span, SPAN_TENTATIVE))
			fact_fill(h, place, TABLE_MAPPING, (uint32_t)i, &fact);
		sure += !span_is(span, SPAN_TENTATIVE) || fact.doubt == DOUBT_NONE;
	}
	return sure;
}

static uint64_t nr_rows(const struct counts *counts, enum table table)
{
	switch (table) {
	case TABLE_ITEM:
		return counts->items_stable + counts->items_unstable + counts->items_new;
	case TABLE_NODE:
		return counts->nodes + counts->chains;
	case TABLE_MAPPING:
		return counts->mappings;
	case TABLE_ANON_VMA:
		return counts->anon_vmas;
	case TABLE_VMA:
		return counts->vmas;
	default:
		return counts->mms;
	}
}

/* Traced departures leave doubt where events were lost, or have no known order. */
static bool events_leave_doubt(const struct history *h, const struct place *place, enum table table)
{
	return h->losses.nr || place->seg->tables[table].unordered.nr;
}

/* Is it known how many are doubtful without a look at each row? */
static bool is_counted(const struct history *h, const struct place *place, enum table table)
{
	bool unsure = events_leave_doubt(h, place, table);

	if (h->patched && table != TABLE_MAPPING)
		return !unsure;
	/* Behind a migration the kernel's number confirms some of them. */
	if ((table == TABLE_ITEM || table == TABLE_NODE) && may_have_moved(h, place) &&
	    any_confirmed_at(place, table == TABLE_ITEM ? &place->seg->confirm_items : &place->seg->confirm_nodes))
		return false;
	/* Of the mms only those that exited are doubtful, but for losses. */
	return place->known == place->t && !(table == TABLE_MM && unsure);
}

static uint64_t doubtful(const struct history *h, const struct place *place, struct moment when,
			 enum table table, const struct counts *counts)
{
	static const enum relation all[NR_TABLES] = {
		[TABLE_ITEM] = ALL_ITEMS, [TABLE_NODE] = ALL_NODES, [TABLE_MAPPING] = ALL_MAPPINGS,
		[TABLE_MM] = ALL_MMS,
	};
	uint64_t nr = nr_rows(counts, table);
	struct ref none = { 0 };

	if (!nr)
		return 0;
	if (!is_counted(h, place, table) || (table == TABLE_MAPPING && counts->vague_mappings))
		return walk_doubtful(h, all[table], none, when, NULL);
	if (h->patched && table != TABLE_MAPPING)
		return table == TABLE_ITEM ? counts->vague_items : table == TABLE_NODE ? counts->vague_nodes : 0;
	switch (table) {
	case TABLE_MM:
		return counts->mms_exited;
	case TABLE_ITEM:
		return confirmed_at(h, place, &place->seg->confirm_items, NO_ID) ? 0 :
			nr - sure_items(h, place);
	case TABLE_NODE:
		return confirmed_at(h, place, &place->seg->confirm_nodes, 0) ? 0 :
			nr - sure_nodes(h, place);
	default:
		return nr - sure_mappings(h, place);
	}
}

/* Nothing was lost, everything is in order, and nothing was taken over: see fact.c. */
static bool vmas_are_sure(const struct history *h, const struct segment *seg)
{
	const struct spans *vmas = &seg->tables[TABLE_VMA];

	return !h->losses.nr && !vmas->unordered.nr && !vmas->carried.nr;
}

/* ---- the events so far ---- */
static void event_totals(const struct history *h, struct moment when, struct history_counters *ret)
{
	const struct episode *scan;
	uint64_t nr[NR_ACTIVITIES];

	history_activity(h, h->segments[0]->base, when.t, nr);
	ret->nr_merges = nr[ACTIVITY_MERGES];
	ret->nr_zero_pages = nr[ACTIVITY_ZERO_PAGES];
	ret->nr_merge_failures = nr[ACTIVITY_MERGE_FAILURES];
	ret->nr_removals = nr[ACTIVITY_REMOVALS];
	ret->nr_nodes_gone = nr[ACTIVITY_NODES_GONE];
	for (uint64_t i = 0; i < h->losses.nr; i++) {
		const struct stored_loss *loss = pool_at(&h->losses, i);

		if (loss->before <= when.t || (loss->before == NEVER && when.t == history_last(h)))
			ret->nr_lost += loss->loss.nr_lost;
	}
	ret->scan_seqnr = -1;
	ret->nr_scans = episodes_known(h, EPISODE_SCAN, when.t, &scan);
	if (scan) {
		ret->scan_seqnr = scan->seqnr;
		ret->scan_running = !scan->last || scan->last > when.t;
	}
}

static void fill(const struct counts *counts, struct history_counters *ret)
{
	*ret = (struct history_counters){
		.nr_mms = counts->mms, .nr_nodes = counts->nodes, .nr_chains = counts->chains,
		.nr_dups = counts->dups, .nr_stable_items = counts->items_stable,
		.nr_unstable_items = counts->items_unstable, .nr_new_items = counts->items_new,
		.nr_mappings = counts->mappings, .nr_anon_vmas = counts->anon_vmas,
		.nr_vmas = counts->vmas,
	};
}

void counters_plain(const struct history *h, struct moment when, struct history_counters *ret)
{
	struct counts counts = { 0 };
	struct place place;

	if (history_place(h, when, &place) == 0)
		counts_at(h, &place, &counts);
	fill(&counts, ret);
	if (history_place(h, when, &place) == 0)
		ret->nr_nodes_empty = empty_nodes_at(&place);
}

void history_totals(const struct history *h, struct moment when, struct history_counters *ret)
{
	const struct ref none = { 0 };

	memset(ret, 0, sizeof(*ret));
	counters_plain(h, when, ret);
	event_totals(h, when, ret);
	ret->more_mms = !history_is_whole(h, ALL_MMS, none, when);
	ret->more_nodes = !history_is_whole(h, ALL_NODES, none, when);
	ret->more_items = !history_is_whole(h, ALL_ITEMS, none, when);
	ret->more_mappings = !history_is_whole(h, ALL_MAPPINGS, none, when);
	ret->more_anon_vmas = !history_is_whole(h, ALL_ANON_VMAS, none, when);
	ret->more_vmas = !history_is_whole(h, ALL_VMAS, none, when);
}

void history_counters(const struct history *h, struct moment when, struct history_counters *ret)
{
	struct place place;
	struct counts counts;

	history_totals(h, when, ret);
	if (history_place(h, when, &place) != 0)
		return;
	counts_at(h, &place, &counts);
	ret->nr_doubtful_items = doubtful(h, &place, when, TABLE_ITEM, &counts);
	ret->nr_doubtful_nodes = doubtful(h, &place, when, TABLE_NODE, &counts);
	ret->nr_doubtful_mappings = doubtful(h, &place, when, TABLE_MAPPING, &counts);
	ret->nr_doubtful_mms = doubtful(h, &place, when, TABLE_MM, &counts);
}

int history_count(const struct history *h, enum relation relation, struct ref parent,
		  struct moment when, uint64_t *ret_nr, uint64_t *ret_doubtful)
{
	struct history_cursor cursor;
	struct history_mm_counters mm;
	struct place place;
	struct counts counts;
	uint64_t nr = NO_POSITION;
	int ret = history_list(h, relation, parent, when, &cursor);

	if (ret == 0 && relation_table(relation) == TABLE_EPISODE && !ret_doubtful) {
		*ret_nr = episode_count(&cursor);
		return 0;
	}
	if (ret == 0 && relation_table(relation) != TABLE_EPISODE)
		ret = history_place(h, when, &place);
	if (ret != 0)
		return ret;
	if (relation == ALL_ITEMS || relation == ALL_NODES || relation == ALL_MAPPINGS ||
	    relation == ALL_MMS || relation == ALL_ANON_VMAS || relation == ALL_VMAS) {
		counts_at(h, &place, &counts);
		nr = nr_rows(&counts, relation_table(relation));
		if (ret_doubtful && (relation == ALL_ITEMS || relation == ALL_NODES ||
				     relation == ALL_MAPPINGS || relation == ALL_MMS)) {
			*ret_doubtful = doubtful(h, &place, when, relation_table(relation), &counts);
			ret_doubtful = NULL;
		}
	} else if (relation == ITEMS_OF_NODE && !ret_doubtful) {
		nr = node_nr_items(&place, (uint32_t)cursor.lo);
	} else if (relation == VMAS_OF_ANON_VMA && (!ret_doubtful || vmas_are_sure(h, place.seg))) {
		nr = tally(&place, ORDER_VMA_ANON, cursor.lo, cursor.hi);
		if (ret_doubtful)
			*ret_doubtful = 0;
		ret_doubtful = NULL;
	} else if (relation == MAPPINGS_OF_MM && !ret_doubtful) {
		nr = cursor.lo < cursor.hi ?
			mappings_of(&place, order_key_of(place.seg, ORDER_MAPPING_TGID, ((uint32_t *)
				place.seg->orders[ORDER_MAPPING_TGID].rows.data)[cursor.lo]).k1) : 0;
	} else if (relation == ITEMS_OF_MM && !ret_doubtful && place.known == place.t) {
		ret = history_mm_counters(h, parent, when, &mm);
		nr = mm.nr_items;
	}
	if (ret == 0 && nr != NO_POSITION && !ret_doubtful) {
		*ret_nr = nr;
		return 0;
	}
	if (ret == 0) {
		uint64_t walked, unsure = walk_doubtful(h, relation, parent, when, &walked);

		*ret_nr = walked;
		if (ret_doubtful)
			*ret_doubtful = unsure;
	}
	return ret;
}

/* ---- what a count is worth ---- */
#define WORTH_ROWS 512u

/* Can no row of the table, or at least none of this list, be doubtful? */
static bool cannot_be_doubtful(const struct history *h, enum relation relation, struct ref parent,
			       struct moment when)
{
	enum table table = relation_table(relation);
	struct counts counts;
	struct place place;
	uint32_t object;

	if (history_place(h, when, &place) != 0)
		return false;
	if (h->patched && table != TABLE_MAPPING)
		return !h->losses.nr && !place.seg->tables[table].unordered.nr;
	if (place.known != place.t)
		return false;
	if (relation == ITEMS_OF_MM)
		return ref_object(h, place.seg, parent, &object) == 0 && !may_have_moved(h, &place) &&
		       confirmed_at(h, &place, &place.seg->confirm_items, object);
	if (relation == MAPPINGS_OF_MM && ref_object(h, place.seg, parent, &object) == 0) {
		uint32_t span = object_span(place.seg, TABLE_MM, object, place.t, place.known);

		counts_at(h, &place, &counts);
		return !counts.vague_mappings && span != NO_ID && confirmed_at(h, &place, &place.seg->confirm_maps, (uint32_t)
			((struct mm_data *)data_at(place.seg, TABLE_MM, span))->tgid);
	}
	return false;
}

static int weakness(char evidence)
{
	return evidence == EVIDENCE_TRACED ? 0 : evidence == EVIDENCE_DUMPED ? 1 : 2;
}

/* Evidence and doubt of the list's next row and no more of it: 1, 0 at the end, or -E. */
static int worth_next(struct history_cursor *cursor, const struct place *place, enum table table,
		      bool certain, struct fact *ret)
{
	const struct history *h = cursor->history;
	union row row;
	uint32_t id;
	int more;

	if (table == TABLE_EPISODE) {
		more = history_next(cursor, &row);
		*ret = row.fact;
		return more;
	}
	more = list_next_span(cursor, place, &id);
	if (more <= 0)
		return more;
	/* Where no event was lost, only what is known by its name alone is doubtful. */
	if (certain && h->patched && (table == TABLE_ITEM || table == TABLE_NODE)) {
		ret->evidence = evidence_of(h, place->seg, table, id);
		ret->doubt = is_vague(place->seg, table, id) ? DOUBT_UNKNOWN_BEFORE : DOUBT_NONE;
	} else {
		fact_fill(h, place, table, id, ret);
	}
	return 1;
}

static bool has_vague(const struct history *h, const struct place *place, enum table table)
{
	struct counts counts;

	counts_at(h, place, &counts);
	return table == TABLE_ITEM ? counts.vague_items : counts.vague_nodes;
}

struct history_worth history_worth(const struct history *h, enum relation relation, struct ref parent,
				   struct moment when)
{
	bool certain = cannot_be_doubtful(h, relation, parent, when);
	struct history_worth worth = { .evidence = EVIDENCE_TRACED };
	enum table table = relation_table(relation);
	bool may_be_vague = h->patched && (table == TABLE_ITEM || table == TABLE_NODE);
	struct history_cursor cursor;
	struct place place;
	struct fact fact;
	uint32_t nr = 0;

	if (history_list(h, relation, parent, when, &cursor) != 0 || history_place(h, when, &place) != 0)
		return (struct history_worth){ .evidence = EVIDENCE_INFERRED };
	while (nr < WORTH_ROWS && worth_next(&cursor, &place, table, certain, &fact) == 1) {
		nr++;
		if (weakness(fact.evidence) > weakness(worth.evidence))
			worth.evidence = fact.evidence;
		worth.doubtful |= fact.doubt != DOUBT_NONE;
		if (worth.evidence == EVIDENCE_INFERRED && (worth.doubtful || (certain && !may_be_vague)))
			break;
	}
	if (nr == WORTH_ROWS) {
		worth.evidence = EVIDENCE_INFERRED;
		worth.doubtful |= !certain || (may_be_vague && has_vague(h, &place, table));
	}
	/* That there is none follows from what was seen to come and go. */
	if (!nr)
		worth.evidence = EVIDENCE_INFERRED;
	worth.doubtful |= !history_is_whole(h, relation, parent, when);
	return worth;
}

static bool is_whole_table(enum relation relation)
{
	return relation == ALL_MMS || relation == ALL_NODES || relation == ALL_ITEMS || relation == ALL_MAPPINGS;
}

bool history_doubts(const struct history *h, enum relation relation, struct ref parent, struct moment when)
{
	enum table table = relation_table(relation);
	struct counts counts;
	struct place place;

	if (!history_is_whole(h, relation, parent, when))
		return true;
	/* Without losses only what is known by its name alone is doubtful, and that is counted. */
	if (relation == ITEMS_OF_MM && h->patched && when.known_by <= when.t &&
	    cannot_be_doubtful(h, relation, parent, when))
		return mm_has_vague_items(h, parent, when);
	if (is_whole_table(relation) && history_place(h, when, &place) == 0 && is_counted(h, &place, table)) {
		counts_at(h, &place, &counts);
		if (table == TABLE_MAPPING && counts.vague_mappings)
			return true;
		return doubtful(h, &place, when, table, &counts) > 0;
	}
	return history_worth(h, relation, parent, when).doubtful;
}
