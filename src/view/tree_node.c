// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree_node.c - one stable node, beside the list of all: its facts, its sharers or its dups.
 *
 * Items and mappings of a node are told apart, by process.  An item is what ksmd believes (it hung
 * this address on the node), a mapping is what a page table says; a forked child has mappings
 * without items, a page that broke COW an item without a mapping.  Neither number is made from the
 * other, and where nobody looked at the page tables there is a dash.
 *
 * A chain shows its dups instead, and on which of them the next merge lands, by the rule of
 * stable_node_dup() in mm/ksm.c.
 *
 * What costs time is bounded: of a node with very many items the first SHARERS_LOOK are grouped,
 * and the heading says so.
 */
#include "tree_node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/sample.h"

#include "format.h"
#include "view_util.h"
#include "why.h"

#define SHARERS_MAX  64
#define SHARERS_LOOK 2048

struct sharer {
	struct ref mm;
	int32_t tgid;
	uint64_t nr_items, nr_mappings;
	bool doubtful;
};

struct sharers {
	struct sharer all[SHARERS_MAX];
	int nr;
	bool cut; /* there are more than were looked at, or than fit */
};

static struct sharer *sharer_of(struct sharers *sharers, struct ref mm, int32_t tgid)
{
	for (int i = 0; i < sharers->nr; i++)
		if (ref_is_none(mm)
			    ? ref_is_none(sharers->all[i].mm) && sharers->all[i].tgid == tgid
			    : ref_equal(sharers->all[i].mm, mm))
			return &sharers->all[i];
	if (sharers->nr == SHARERS_MAX) {
		sharers->cut = true;
		return NULL;
	}
	sharers->all[sharers->nr] = (struct sharer){.mm = mm, .tgid = tgid};
	return &sharers->all[sharers->nr++];
}

static void collect(struct sharers *sharers, const struct scene *scene, struct ref node,
		    enum relation relation)
{
	struct history_cursor cursor;
	int left = SHARERS_LOOK;
	struct sharer *sharer;
	union row row;

	if (history_list(scene->history, relation, node, scene->when, &cursor))
		return;
	while (history_next(&cursor, &row) == 1) {
		if (!left--) {
			sharers->cut = true;
			break;
		}
		sharer = relation == ITEMS_OF_NODE
				 ? sharer_of(sharers, row.item.mm, 0)
				 : sharer_of(sharers, row.mapping.mm, row.mapping.tgid);
		if (!sharer)
			continue;
		if (relation == ITEMS_OF_NODE)
			sharer->nr_items++;
		else
			sharer->nr_mappings++;
		sharer->doubtful |= row.fact.doubt != DOUBT_NONE;
	}
}

/* By mm number, which never changes: the lines stay where they are while counts change. */
static int compare_sharers(const void *a, const void *b)
{
	const struct sharer *x = a, *y = b;

	if (x->mm.id != y->mm.id)
		return x->mm.id < y->mm.id ? -1 : 1;
	return x->tgid < y->tgid ? -1 : x->tgid > y->tgid;
}

/* Without a look at its page table, no mapping seen is no number. */
static bool was_looked_at(const struct scene *scene, const struct sharer *sharer)
{
	int32_t tgid = sharer->tgid;
	union row row;

	if (!tgid && scene_row(scene, sharer->mm, &row))
		tgid = row.mm.tgid;
	return tgid > 0 &&
	       history_sample_before(scene->history, SAMPLE_PAGES, tgid, scene->when.t) >= 0;
}

static void draw_sharers(struct pane pane, int y, const struct scene *scene, struct ref node)
{
	struct view_state *state = session_view_state(scene->session);
	struct sharers sharers = {.nr = 0};
	int bar = pane.width - 3 - 16 - 16 - 3;
	uint64_t most = 1, top;

	collect(&sharers, scene, node, ITEMS_OF_NODE);
	collect(&sharers, scene, node, MAPPINGS_OF_NODE);
	qsort(sharers.all, (size_t)sharers.nr, sizeof(*sharers.all), compare_sharers);
	for (int i = 0; i < sharers.nr; i++)
		most = sharers.all[i].nr_items > most ? sharers.all[i].nr_items : most;

	pane_printf(pane, 3, y, ROLE_HEADING, "%-16.16s %7s %7s%s", "PROCESS", "ITEMS", "MAPPED",
		    sharers.cut ? "  first only" : "");
	top = list_place(&state->lists[1], (uint64_t)sharers.nr, pane.x - scene->body.x,
			 pane.y - scene->body.y + y + 1, pane.width, pane.height - y - 1);
	for (int i = (int)top; i < sharers.nr && y + 1 + i - (int)top < pane.height; i++) {
		const struct sharer *s = &sharers.all[i];
		bool cursor = state->focus == 1 && state->lists[1].cursor == (uint64_t)i;
		int row = y + 1 + i - (int)top;
		char owner[64];

		snprintf(owner, sizeof(owner), "pid %d", s->tgid);
		if (!ref_is_none(s->mm))
			scene_owner(scene, s->mm, owner, sizeof(owner));
		pane_put(pane, 0, row, ROLE_CURSOR, cursor ? '>' : ' ');
		pane_task(pane, 3, row, 16, cursor ? ROLE_CURSOR : ROLE_TEXT, owner);
		pane_printf(pane, 19, row, ROLE_TEXT, " %7" PRIu64, s->nr_items);
		if (s->nr_mappings || was_looked_at(scene, s))
			pane_printf(pane, 27, row, ROLE_TEXT, " %7" PRIu64, s->nr_mappings);
		else
			pane_fit(pane, 28, row, 7, ALIGN_RIGHT, ROLE_SKIPPED, "-");
		if (s->doubtful)
			pane_put(pane, 36, row, ROLE_DOUBT, '?');
		if (bar > 4)
			pane_bar(pane, 38, row, bar, ROLE_BAR, s->nr_items, most);
	}
}

/* The fullest dup that still has room is where the next merge lands (stable_node_dup()). */
struct ref tree_next_dup(const struct scene *scene, struct ref chain, int64_t limit)
{
	struct ref best = {0};
	struct history_cursor cursor;
	int64_t most = -1;
	int left = SHARERS_LOOK;
	union row row;

	if (history_list(scene->history, DUPS_OF_CHAIN, chain, scene->when, &cursor))
		return best;
	while (left-- && history_next(&cursor, &row) == 1)
		if (row.node.nr_items < limit && (int64_t)row.node.nr_items > most) {
			most = row.node.nr_items;
			best = row.any.ref;
		}
	return best;
}

static void draw_dups(struct pane pane, int y, const struct scene *scene,
		      const struct node_row *chain)
{
	int64_t limit = 256;
	bool known = scene_sysfs(scene, scene->when.t, "max_page_sharing", &limit);
	struct ref next = tree_next_dup(scene, chain->ref, limit);
	struct history_cursor cursor;
	int bar = pane.width - 33;
	char name[48];
	union row row;

	pane_printf(pane, 3, y++, ROLE_HEADING, "%-10s %-10s %5s  of %" PRId64 "%s", "DUP", "PFN",
		    "ITEMS", limit, known ? "" : " (default)");
	if (history_list(scene->history, DUPS_OF_CHAIN, chain->ref, scene->when, &cursor))
		return;
	while (y < pane.height - 1 && history_next(&cursor, &row) == 1) {
		char marks[3] = {ref_equal(row.any.ref, next) ? '*' : ' ', scene_mark(scene, &row),
				 0};

		pane_printf(pane, 3, y, ROLE_TEXT, "%-10s 0x%-8" PRIx64 " %5" PRIu32,
			    scene_name(scene, row.any.ref, name, sizeof(name)), row.node.kpfn,
			    row.node.nr_items);
		pane_fact(pane, 31, y, row.fact.evidence, row.fact.doubt != DOUBT_NONE);
		if (bar > 4)
			pane_bar(pane, 34, y, bar - 1, ROLE_BAR, row.node.nr_items,
				 (uint64_t)limit);
		row_marks(pane, y++, marks);
	}
	pane_fit(pane, 0, y, pane.width, ALIGN_LEFT, ROLE_HINT,
		 ref_is_none(next) ? "   full: the next merge makes a dup"
				   : "*  next merge: fullest dup with room");
}

static void draw_gone(struct pane pane, const struct scene *scene, struct ref node)
{
	char name[48], event[64];
	union row row;

	pane_field(pane, 1,
		   &(struct field){.mark = 'x',
				   .label = scene_name(scene, node, name, sizeof(name)),
				   .value = "not there now"});
	if (history_life(scene->history, node, 0, scene->when.known_by, &row))
		return;
	pane_fieldf(pane, 2, ' ', "born", 0, false, "%s",
		    util_event(scene, row.fact.born, event, sizeof(event)));
	if (row.fact.died <= scene->when.t)
		pane_fieldf(pane, 3, ' ', "gone", 0, false, "%s",
			    util_event(scene, row.fact.died, event, sizeof(event)));
}

/* Five lines, always the same ones. */
static void draw_facts(struct pane pane, const struct scene *scene, const struct node_row *node)
{
	char evidence = node->fact.evidence, name[48], event[64];
	bool doubtful = node->fact.doubt != DOUBT_NONE;
	struct history_worth items =
		node->kind == NODE_CHAIN
			? (struct history_worth){evidence, doubtful}
			: history_worth(scene->history, ITEMS_OF_NODE, node->ref, scene->when);
	uint64_t t = scene->when.t;
	int64_t above;
	union row before;
	bool changed = t &&
		       !history_row(scene->history, node->ref, why_moment(scene, t - 1), &before) &&
		       before.node.nr_items != node->nr_items;

	if (node->kind == NODE_CHAIN)
		pane_fieldf(pane, 1, ' ', "chain", evidence, doubtful, "%" PRIu32 " dups",
			    node->nr_dups);
	else
		pane_fieldf(pane, 1, ' ', "pfn", evidence, doubtful, "0x%" PRIx64, node->kpfn);
	if (changed && history_learned(scene->history, node->ref, t))
		pane_fieldf(pane, 2, ' ', "items", items.evidence, items.doubtful,
			    "%" PRIu32 " known, %" PRIu32 " before", node->nr_items, before.node.nr_items);
	else if (changed)
		pane_fieldf(pane, 2, '~', "items", items.evidence, items.doubtful,
			    "%" PRIu32 "  was %" PRIu32, node->nr_items, before.node.nr_items);
	else
		pane_fieldf(pane, 2, ' ', "items", items.evidence, items.doubtful, "%" PRIu32,
			    node->nr_items);
	if (node->kind == NODE_UNKNOWN)
		pane_fieldf(pane, 3, ' ', "chain, dup", 0, false, "needs the patch");
	else if (node->kind == NODE_DUP)
		pane_fieldf(pane, 3, ' ', "kind", evidence, doubtful, "dup of %s",
			    scene_name(scene, node->chain, name, sizeof(name)));
	else
		pane_fieldf(pane, 3, ' ', "kind", evidence, doubtful, "%s, %s",
			    node_kind_name(node->kind), node_place_name(node->place));
	pane_fieldf(pane, 4, t && node->fact.first == t ? '+' : ' ', "born", 0, false, "%s",
		    util_event(scene, node->fact.first, event, sizeof(event)));
	above = scene_above_max(scene, node);
	if (above > 0)
		pane_fieldf(pane, 5, ' ', "above max", 0, false, "%" PRId64 " %s", above,
			    items.doubtful ? "forked or left" : "forked or moved");
	else
		pane_fieldf(pane, 5, ' ', doubtful ? "doubtful" : "known by", 0, false, "%s",
			    doubtful ? scene_doubt(node->fact.doubt) : scene_evidence(evidence));
}

void tree_draw_detail(struct pane pane, const struct scene *scene, struct ref selected)
{
	char name[48];
	union row row;

	if (ref_is_none(selected))
		return;
	pane_heading(pane, 0, scene_name(scene, selected, name, sizeof(name)), "Enter: its life");
	if (!scene_row(scene, selected, &row)) {
		draw_gone(pane, scene, selected);
		return;
	}
	draw_facts(pane, scene, &row.node);
	pane_hline(pane, 0, 6, pane.width, ROLE_BORDER);
	if (row.node.kind == NODE_CHAIN)
		draw_dups(pane, 7, scene, &row.node);
	else
		draw_sharers(pane, 7, scene, selected);
}

/* ---- the inspector, where there is room ---- */

/* `more`: there may be more than was told by then. */
static void draw_total(struct pane pane, int y, const char *label, bool known, uint64_t nr, bool more)
{
	char text[FORMAT_MAX];

	pane_fieldf(pane, y, ' ', label, 0, false, "%s%s", !known ? "needs the patch" : more ? "at least " : "",
		    known ? format_count(text, nr) : "");
}

void tree_draw_inspector(struct pane pane, const struct scene *scene, struct ref selected)
{
	bool patched = history_is_patched(scene->history);
	struct history_counters counters;
	char event[64];
	int half = pane.height / 2;
	union row row;

	pane_heading(pane, 0, "INSPECTOR", "w: when changed");
	if (scene_row(scene, selected, &row)) {
		pane_fieldf(pane, 1, ' ', "address", row.fact.evidence, false,
			    row.node.name.addr ? "0x%" PRIx64 : "not traced here",
			    row.node.name.addr);
		pane_fieldf(pane, 2, ' ', "generation", 0, false, "%" PRIu32,
			    row.node.name.generation);
		pane_fieldf(pane, 3, ' ', "nid", row.fact.evidence, false,
			    row.node.nid < 0 ? "not known" : "%d", row.node.nid);
		pane_fieldf(pane, 4, ' ', "confirmed", 0, false, "%s",
			    util_event(scene, row.fact.confirmed, event, sizeof(event)));
		pane_fieldf(pane, 5, ' ', "gone", 0, false, "%s",
			    row.fact.died == NEVER
				    ? "not before the end"
				    : util_event(scene, row.fact.died, event, sizeof(event)));
	}
	pane_heading(pane, 7, "LAST CHANGES", "");
	if (!ref_is_none(selected))
		pane_last_changes(pane, 8, half - 8, scene, selected);

	history_totals(scene->history, scene->when, &counters);
	pane_rule(pane, half, "ALL STABLE NODES", "");
	draw_total(pane, half + 1, "with items", true, counters.nr_nodes - counters.nr_nodes_empty,
		   counters.more_nodes);
	draw_total(pane, half + 2, "stable items", true, counters.nr_stable_items, counters.more_items);
	draw_total(pane, half + 3, "unstable items", patched, counters.nr_unstable_items, counters.more_items);
	draw_total(pane, half + 4, "chains", patched, counters.nr_chains, counters.more_nodes);
	draw_total(pane, half + 5, "dups", patched, counters.nr_dups, counters.more_nodes);
	draw_total(pane, half + 6, "mappings", true, counters.nr_mappings, counters.more_mappings);
	draw_total(pane, half + 7, "without items", true, counters.nr_nodes_empty,
		   counters.more_nodes || counters.more_items);
	if (counters.nr_nodes_empty)
		pane_text(pane, 2, half + 8, ROLE_HINT, "(ksmd has not noticed yet)");
	pane_text(pane, 2, pane.height - 3, ROLE_HINT, "T traced   D dumped, sampled");
	pane_text(pane, 2, pane.height - 2, ROLE_HINT, "I inferred ? doubtful by now");
}

struct ref tree_sharer(const struct scene *scene, struct ref node, uint64_t index)
{
	struct sharers sharers = {.nr = 0};

	collect(&sharers, scene, node, ITEMS_OF_NODE);
	collect(&sharers, scene, node, MAPPINGS_OF_NODE);
	qsort(sharers.all, (size_t)sharers.nr, sizeof(*sharers.all), compare_sharers);
	return index < (uint64_t)sharers.nr ? sharers.all[index].mm : (struct ref){0};
}
