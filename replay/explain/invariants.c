// SPDX-License-Identifier: GPL-2.0-only
/*
 * invariants.c - what must hold in KSM's structures, and where it does not.
 *
 * Walks are judged one by one: how they ended, what they left mapped, and whether the rebuilt trees
 * lead to their counts.  Structures are looked at where scans end, since ksmd repairs much of what it
 * meets: what is still wrong after a whole scan is worth telling.  A stale item is one that was already
 * stale at the end of the scan before.
 *
 * Each kind of violation of one object is told once, where it shows first.  What rests on doubtful
 * rows cannot be decided (severity 1).
 */
#include "explain/invariants.h"

#include <errno.h>
#include <stdlib.h>

#include "explain/numa.h"
#include "explain/whatif.h"
#include "trace/array.h"
#include "trace/diag.h"

#define MAX_MODELLED 2000000u	/* VMAs: a larger walk is not modelled here */

struct told { const char *id; struct ref object; };

struct looking {
	const struct episode_source *source;
	struct moment when;
	finding_fn fn;
	void *arg;
	int ret;
	struct told *told;
	uint32_t nr_told, room_told;
	uint64_t before;	/* the end of the scan before, 0: none */
	uint64_t now;
};

static bool is_new(struct looking *l, const char *id, struct ref object)
{
	for (uint32_t i = 0; i < l->nr_told; i++)
		if (l->told[i].id == id && ref_equal(l->told[i].object, object))
			return false;
	if (ARRAY_ROOM(l->told, l->nr_told, l->room_told) != 0) {
		l->ret = l->ret ? l->ret : -ENOMEM;
		return false;
	}
	l->told[l->nr_told++] = (struct told){ id, object };
	return true;
}

static void tell(struct looking *l, const char *id, uint64_t event, struct ref object, int64_t expected,
		 int64_t found, bool doubtful, const char *why)
{
	struct finding finding = { .id = id, .event = event, .object = object, .expected = expected,
				   .found = found, .severity = doubtful ? 1 : 2, .why = why };

	if (l->ret == 0)
		l->ret = l->fn(&finding, l->arg);
}

/* ---- walks ---- */
static void check_walk(struct looking *l, const struct episode_row *row)
{
	const struct walk_totals *walk = &row->totals.walk;
	bool doubtful = row->fact.doubt != DOUBT_NONE;
	const struct whatif_result *result;
	struct diag diag;
	struct whatif *w;

	if (!row->ended)
		return;
	if (walk_left_mappings(walk) && !row->begin_lost)
		tell(l, "walk-missed-mapping", row->fact.died, row->ref, 0, walk->mapcount_after, doubtful,
		     "the walk offered all it had and the page is still mapped");
	if (!walk->complete || doubtful || walk->nr_iteration_total > MAX_MODELLED ||
	    ref_is_none(row->object) ||
	    whatif_walk(l->source, row->ref, l->when, 1u << walk->rule, &w, &diag) != 0)
		return;
	result = walk->rule < NR_RULES ? &w->rules[walk->rule] : NULL;
	if (w->mappings.nr_beyond && is_new(l, "mapping-unreachable", row->object))
		tell(l, "mapping-unreachable", row->fact.born, row->object, w->mappings.nr_reached,
		     w->mappings.mapcount, w->mappings.untold, "the page has more mappings than its rmap_items lead to");
	if (result && result->is_recorded && !result->agrees)
		tell(l, "walk-model-differs", row->fact.died, row->ref, (int64_t)walk->nr_iteration_total,
		     (int64_t)result->nr_iteration_total, result->doubtful,
		     "the rebuilt interval trees do not lead to the walk's counts");
	whatif_free(w);
}

/* ---- structures, at a scan's end ---- */
static bool gone(struct looking *l, struct ref ref, struct moment when)
{
	union row row;

	return !ref_is_none(ref) && history_row(l->source->history, ref, when, &row) == -ENOENT;
}

/* Does a VMA of the item's own mm hold its page where the item says? */
static bool is_covered(const struct history *h, const struct item_row *item, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	/* Of an anon_vma that was only named (it has no root then) not all VMAs need be known. */
	if (!item->has_index || ref_is_none(item->anon_vma) ||
	    history_row(h, item->anon_vma, when, &row) != 0 || ref_is_none(row.anon_vma.root) ||
	    history_vmas_stab(h, item->anon_vma, item->index, item->index, when, &cursor) != 0)
		return true;	/* nobody can say */
	while (history_next(&cursor, &row) > 0)
		if (mapped_may_be_own(h, &row.vma, item->mm, when) && item->address >= row.vma.start &&
		    item->address < row.vma.end)
			return true;
	return false;
}

static void check_item(struct looking *l, const struct item_row *item, struct moment when)
{
	struct moment before = { l->before, when.known_by };
	const struct history *h = l->source->history;
	bool doubtful = item->fact.doubt != DOUBT_NONE;
	union row row;

	/* Its VMA may be one that was not told. */
	if (!ref_is_none(item->anon_vma))
		doubtful |= !history_is_whole(h, VMAS_OF_ANON_VMA, item->anon_vma, when) ||
			    (l->before && !history_is_whole(h, VMAS_OF_ANON_VMA, item->anon_vma, before));
	if (gone(l, item->node, when) && is_new(l, "item-on-freed-node", item->ref))
		tell(l, "item-on-freed-node", l->now, item->ref, 0, 1, doubtful,
		     "the item hangs on a stable node that is gone");
	if (!l->before || is_covered(h, item, when) ||
	    history_row(h, item->ref, before, &row) != 0 || row.item.state != ITEM_STABLE ||
	    is_covered(h, &row.item, before))
		return;
	if (is_new(l, "item-stale", item->ref))
		tell(l, "item-stale", l->now, item->ref, 0, 1, doubtful,
		     "no VMA of the item's mm covers its address, for a whole scan");
}

static void check_items(struct looking *l, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	if (!history_is_patched(l->source->history) ||
	    history_list(l->source->history, ALL_ITEMS, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (l->ret == 0 && history_next(&cursor, &row) > 0)
		if (row.item.state == ITEM_STABLE)
			check_item(l, &row.item, when);
}

static void check_chains(struct looking *l, struct moment when)
{
	struct moment before = { l->before, when.known_by };
	struct history_cursor cursor;
	union row row, then;

	if (!l->before ||
	    history_list(l->source->history, ALL_NODES, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (l->ret == 0 && history_next(&cursor, &row) > 0) {
		if (row.node.kind != NODE_CHAIN || row.node.nr_dups != 1 ||
		    history_row(l->source->history, row.node.ref, before, &then) != 0 ||
		    then.node.kind != NODE_CHAIN || then.node.nr_dups != 1)
			continue;
		/* Whether a search came by, and 2 s after the last time (stable_node_dup()), no event tells. */
		if (is_new(l, "chain-with-one-dup", row.node.ref))
			tell(l, "chain-with-one-dup", l->now, row.node.ref, 2, 1, true,
			     "the chain has a single dup for a whole scan: ksmd takes it down only when a search comes by");
	}
}

/* A mapping of a page that was a stable node's when it was seen, and whose node has gone since. */
static void check_mappings(struct looking *l, struct moment when)
{
	struct history_cursor cursor;
	union row row, then;

	if (history_list(l->source->history, ALL_MAPPINGS, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (l->ret == 0 && history_next(&cursor, &row) > 0) {
		struct moment seen = { row.fact.confirmed, when.known_by };

		if (row.fact.doubt || !ref_is_none(row.mapping.node) ||
		    history_row(l->source->history, row.mapping.ref, seen, &then) != 0 ||
		    ref_is_none(then.mapping.node) || !gone(l, then.mapping.node, when))
			continue;
		if (is_new(l, "mapping-on-freed-node", row.mapping.ref))
			tell(l, "mapping-on-freed-node", l->now, row.mapping.ref, 0, 1, false,
			     "the page is mapped and its stable node is gone");
	}
}

static void check_structures(struct looking *l, uint64_t event)
{
	struct moment when = { event, l->when.known_by > event ? l->when.known_by : event };

	l->now = event;
	check_items(l, when);
	check_chains(l, when);
	check_mappings(l, when);
	l->before = event;
}

/* ---- migrations: a page that changes its memory node leaves its tree wrong until ksmd comes by ---- */
static void check_moves(struct looking *l, const struct episode_row *row)
{
	const struct history *h = l->source->history;
	struct event ev;
	struct ref node;
	union row at;
	int across;

	if (!row->ended || !row->totals.migration.nr_moved)
		return;
	for (uint64_t n = row->fact.born; n < row->fact.died; n++) {
		const struct args_P_NODE_KPFN *args;
		struct moment when = moment_at(n);

		if (event_index_kind(l->source->events, n) != EVENT_P_NODE_KPFN ||
		    event_index_event(l->source->events, n, &ev) != 0 || ev.pid != row->tid)
			continue;
		args = EVENT_ARGS(&ev, P_NODE_KPFN);
		/* A migration may last: as it was sampled last, which holds while pages are shared. */
		across = numa_merges_across(h, n);
		if (across == 1 || args->old_nid == args->nid ||
		    history_find(h, TABLE_NODE, (uint64_t)args->node, 0, when, &node) != 0 ||
		    history_row(h, node, when, &at) != 0 || at.node.place != NODE_IN_TREE ||
		    at.node.nid != args->old_nid)
			continue;
		tell(l, "node-in-wrong-tree", n, node, args->nid, at.node.nid,
		     across < 0 || at.fact.doubt != DOUBT_NONE, across < 0 ?
		     "its page is on another memory node; merge_across_nodes was not sampled" :
		     "its page is on another memory node than its tree");
	}
}

int invariants_check(const struct episode_source *source, struct moment when, finding_fn fn, void *arg)
{
	struct looking l = { .source = source, .when = when, .fn = fn, .arg = arg };
	struct history_cursor cursor;
	union row row;
	int more = 0, ret = history_list(source->history, ALL_EPISODES, (struct ref){ 0 }, when, &cursor);

	while (ret == 0 && l.ret == 0 && (more = history_next(&cursor, &row)) > 0) {
		if (row.episode.kind == EPISODE_WALK)
			check_walk(&l, &row.episode);
		else if (row.episode.kind == EPISODE_MIGRATION)
			check_moves(&l, &row.episode);
		else if (row.episode.kind == EPISODE_SCAN && row.episode.ended)
			check_structures(&l, row.episode.fact.died);
	}
	free(l.told);
	return ret ? ret : l.ret ? l.ret : more;
}
