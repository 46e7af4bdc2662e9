// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_tree.c - stable pages: every page that KSM shares, and who shares the one under the cursor.
 *
 * The stable tree is shown in order, one line a node: by content where the kernel's patch tells
 * the order, by pfn where it does not.  A chain heads its dups, which fold away.  Left and right
 * links are not shown: nothing traces them, and rebalancing means nothing to a reader.
 *
 * The right side tells items and mappings of a node apart, by process.  An item is what ksmd
 * believes (it hung this address on the node), a mapping is what a page table says; a forked child
 * has mappings without items, a page that broke COW an item without a mapping.  Neither number is
 * made from the other.
 *
 * What costs time is bounded: of a node with very many items the first SHARERS_LOOK are grouped,
 * and the pane says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/sample.h"

#include "format.h"
#include "view_util.h"
#include "views.h"
#include "why.h"

#define FOLDS_MAX	256
#define SHARERS_MAX	64
#define SHARERS_LOOK	2048

struct tree_view {
	struct view_list list;
	struct ref folds[FOLDS_MAX];
	int nr_folds;
};

enum { COLUMN_NODE, COLUMN_PFN, COLUMN_ITEMS, COLUMN_NID, COLUMN_EVIDENCE };
static const struct column columns[] = {
	{ "node", "NODE", 11, 2, 0, ALIGN_LEFT },
	{ "pfn", "PFN", 9, 1, 0, ALIGN_LEFT },
	{ "items", "ITEMS", 6, 0, 0, ALIGN_RIGHT },
	{ "nid", "NID", 3, 0, 1, ALIGN_RIGHT },
	{ "evidence", "SR", 2, 0, 0, ALIGN_LEFT },
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

/* ---- the list ---- */

static int find_fold(const struct tree_view *view, struct ref chain)
{
	for (int i = 0; i < view->nr_folds; i++)
		if (ref_equal(view->folds[i], chain))
			return i;
	return -1;
}

static bool is_unfolded(const struct feed *feed, const struct list_row *row)
{
	return row->row.node.kind != NODE_DUP || find_fold(feed->arg, row->row.node.chain) < 0;
}

static int compare_nodes(const struct scene *scene, int column, const union row *a, const union row *b)
{
	const struct node_row *x = &a->node, *y = &b->node;

	(void)scene;
	switch (column) {
	case COLUMN_NODE: return x->name.number < y->name.number ? -1 : x->name.number > y->name.number;
	case COLUMN_PFN: return x->kpfn < y->kpfn ? -1 : x->kpfn > y->kpfn;
	case COLUMN_ITEMS: return x->nr_items < y->nr_items ? -1 : x->nr_items > y->nr_items;
	case COLUMN_NID: return x->nid < y->nid ? -1 : x->nid > y->nid;
	default: return (int)x->fact.doubt - (int)y->fact.doubt;
	}
}

/* The nodes of this moment, filtered, folded and sorted.  *ret_sorted_out: too many to sort. */
static void tree_feed(struct tree_view *view, const struct scene *scene, struct feed *feed,
		      bool *ret_unsorted)
{
	const struct view_state *state = session_view_state(scene->session);

	*ret_unsorted = false;
	feed_relation(feed, scene, ALL_NODES, (struct ref){ 0 });
	feed->accept = is_unfolded;
	feed->arg = view;
	view_list_filter(&view->list, feed);
	if (state->sort >= 0 && session_view(scene->session)->id == VIEW_TREE)
		*ret_unsorted = view_list_sort(&view->list, feed, compare_nodes, state->sort,
					       state->descending) != 0;
}

static void node_label(const struct scene *scene, const struct tree_view *view, struct pane pane,
		       const struct node_row *node, char *buf, size_t size)
{
	enum charset charset = pane_charset(pane);
	const char *prefix = "";
	char name[48];

	if (node->kind == NODE_CHAIN)
		prefix = find_fold(view, node->ref) >= 0 ? charset == GRID_ASCII ? "+ " : "▸ " :
			charset == GRID_ASCII ? "- " : "▾ ";
	else if (node->kind == NODE_DUP)
		prefix = charset == GRID_ASCII ? "|- " : "├ ";
	snprintf(buf, size, "%s%s", prefix, scene_name(scene, node->ref, name, sizeof(name)));
}

static void draw_node(struct pane pane, int y, const struct scene *scene, const struct tree_view *view,
		      const struct column_place *places, const struct node_row *node, bool cursor)
{
	char mark = scene_mark(scene, (const union row *)node), marks[3] = { cursor ? '>' : ' ', mark, 0 };
	enum role role = cursor ? ROLE_CURSOR : mark != ' ' ? mark_role(mark) : ROLE_TEXT;
	char text[64];

	node_label(scene, view, pane, node, text, sizeof(text));
	column_text(pane, y, &columns[COLUMN_NODE], &places[COLUMN_NODE], role, text);
	if (node->kind == NODE_CHAIN)
		snprintf(text, sizeof(text), "%" PRIu32 " dups", node->nr_dups);
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, node->kpfn);
	column_text(pane, y, &columns[COLUMN_PFN], &places[COLUMN_PFN], role, text);
	column_text(pane, y, &columns[COLUMN_ITEMS], &places[COLUMN_ITEMS], role,
		    format_count(text, node->nr_items));
	if (node->nid >= 0)
		snprintf(text, sizeof(text), "%d", node->nid);
	else
		strcpy(text, "-");
	column_text(pane, y, &columns[COLUMN_NID], &places[COLUMN_NID], role, text);
	if (places[COLUMN_EVIDENCE].width)
		pane_fact(pane, places[COLUMN_EVIDENCE].x, y, node->fact.evidence,
			  node->fact.doubt != DOUBT_NONE);
	row_marks(pane, y, marks);
}

static void heading_count(const struct scene *scene, char *buf, size_t size)
{
	uint64_t nr = 0, doubtful = 0;
	char text[FORMAT_MAX], doubt[FORMAT_MAX];

	/* With hindsight, counting what stays doubtful would read them all. */
	history_count(scene->history, ALL_NODES, (struct ref){ 0 }, scene->when, &nr,
		      session_hindsight(scene->session) ? NULL : &doubtful);
	snprintf(buf, size, doubtful ? "%s, %s ?" : "%s", format_count(text, nr),
		 format_count(doubt, doubtful));
}

static void draw_list(struct pane pane, struct tree_view *view, const struct scene *scene,
		      struct ref *ret_selected)
{
	struct view_state *state = session_view_state(scene->session);
	struct row_key cursor = util_cursor(scene, &view->list, TABLE_NODE);
	struct column_place places[NR_COLUMNS];
	struct list_window window;
	struct feed feed;
	char count[96];
	bool unsorted;

	heading_count(scene, count, sizeof(count));
	pane_heading(pane, 0, "STABLE NODES", count);
	columns_fit(columns, NR_COLUMNS, state->columns, pane.width, places);
	columns_heading(pane, 1, columns, NR_COLUMNS, places, state->sort, state->descending);

	tree_feed(view, scene, &feed, &unsorted);
	view_list_window(&view->list, &feed, cursor, pane.height - 2, &window);
	view_list_place(&view->list, scene, &state->lists[0], &window, pane, 2);
	for (int i = 0; i < window.nr; i++)
		draw_node(pane, i + 2, scene, view, places, &window.rows[i].row.node,
			  i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 2, ROLE_HINT, window.exhausted ? "nothing here fits; / finds" :
			  *session_filter(scene->session) ? "no node fits the filter" : "no stable node now");
	if (unsorted)
		pane_fit(pane, 0, pane.height - 1, pane.width, ALIGN_LEFT, ROLE_HINT,
			 " too many to sort: filter first");
	*ret_selected = !ref_is_none(cursor.ref) ? cursor.ref :
		window.cursor >= 0 ? window.rows[window.cursor].key.ref : cursor.ref;
}

/* ---- the node under the cursor ---- */

struct sharer {
	struct ref mm;
	int32_t tgid;
	uint64_t nr_items, nr_mappings;
	bool doubtful;
};

struct sharers {
	struct sharer all[SHARERS_MAX];
	int nr;
	bool cut;		/* there are more than were looked at, or than fit */
};

static struct sharer *sharer_of(struct sharers *sharers, struct ref mm, int32_t tgid)
{
	for (int i = 0; i < sharers->nr; i++)
		if (ref_is_none(mm) ? ref_is_none(sharers->all[i].mm) && sharers->all[i].tgid == tgid :
		    ref_equal(sharers->all[i].mm, mm))
			return &sharers->all[i];
	if (sharers->nr == SHARERS_MAX) {
		sharers->cut = true;
		return NULL;
	}
	sharers->all[sharers->nr] = (struct sharer){ .mm = mm, .tgid = tgid };
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
		sharer = relation == ITEMS_OF_NODE ? sharer_of(sharers, row.item.mm, 0) :
			sharer_of(sharers, row.mapping.mm, row.mapping.tgid);
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

static void draw_sharers(struct pane pane, int y, const struct scene *scene, struct ref node)
{
	struct view_state *state = session_view_state(scene->session);
	struct sharers sharers = { .nr = 0 };
	int bar = pane.width - 3 - 16 - 16 - 3;
	/* Without a look at the page tables, no mapping seen is no number. */
	bool looked = history_sample_before(scene->history, SAMPLE_PAGES, 0, scene->when.t) >= 0;
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
		pane_fit(pane, 3, row, 16, ALIGN_LEFT, cursor ? ROLE_CURSOR : ROLE_TEXT, owner);
		pane_printf(pane, 19, row, ROLE_TEXT, " %7" PRIu64, s->nr_items);
		if (looked || s->nr_mappings)
			pane_printf(pane, 27, row, ROLE_TEXT, " %7" PRIu64, s->nr_mappings);
		else
			pane_fit(pane, 28, row, 7, ALIGN_RIGHT, ROLE_SKIPPED, "-");
		pane_put(pane, 36, row, ROLE_DOUBT, s->doubtful ? '?' : ' ');
		if (bar > 4)
			pane_bar(pane, 38, row, bar, ROLE_BAR, s->nr_items, most);
	}
}

/* The fullest dup that still has room is where the next merge lands (stable_node_dup()). */
static struct ref next_dup(const struct scene *scene, struct ref chain, int64_t limit)
{
	struct ref best = { 0 };
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

static void draw_dups(struct pane pane, int y, const struct scene *scene, const struct node_row *chain)
{
	int64_t limit = 256;
	bool known = scene_sysfs(scene, scene->when.t, "max_page_sharing", &limit);
	struct ref next = next_dup(scene, chain->ref, limit);
	struct history_cursor cursor;
	int bar = pane.width - 33;
	char name[48];
	union row row;

	pane_printf(pane, 3, y++, ROLE_HEADING, "%-10s %-10s %5s  of %" PRId64 "%s", "DUP", "PFN", "ITEMS",
		    limit, known ? "" : " (default)");
	if (history_list(scene->history, DUPS_OF_CHAIN, chain->ref, scene->when, &cursor))
		return;
	while (y < pane.height - 1 && history_next(&cursor, &row) == 1) {
		char marks[3] = { ref_equal(row.any.ref, next) ? '*' : ' ', scene_mark(scene, &row), 0 };

		pane_printf(pane, 3, y, ROLE_TEXT, "%-10s 0x%-8" PRIx64 " %5" PRIu32,
			    scene_name(scene, row.any.ref, name, sizeof(name)), row.node.kpfn,
			    row.node.nr_items);
		pane_fact(pane, 31, y, row.fact.evidence, row.fact.doubt != DOUBT_NONE);
		if (bar > 4)
			pane_bar(pane, 34, y, bar - 1, ROLE_BAR, row.node.nr_items, (uint64_t)limit);
		row_marks(pane, y++, marks);
	}
	pane_fit(pane, 0, y, pane.width, ALIGN_LEFT, ROLE_HINT,
		 ref_is_none(next) ? "   all dups are full: the next merge makes another" :
		 "*  the next merge lands here: fullest with room");
}

static void draw_gone(struct pane pane, const struct scene *scene, struct ref node)
{
	char name[48], event[64];
	union row row;

	pane_field(pane, 1, &(struct field){ .mark = 'x', .label = scene_name(scene, node, name, sizeof(name)),
					     .value = "not there at this moment" });
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
	uint64_t t = scene->when.t;
	union row before;
	bool changed = t && !history_row(scene->history, node->ref, why_moment(scene, t - 1), &before) &&
		before.node.nr_items != node->nr_items;

	if (node->kind == NODE_CHAIN)
		pane_fieldf(pane, 1, ' ', "chain", evidence, doubtful, "%" PRIu32 " dups", node->nr_dups);
	else
		pane_fieldf(pane, 1, ' ', "pfn", evidence, doubtful, "0x%" PRIx64, node->kpfn);
	if (changed)
		pane_fieldf(pane, 2, '~', "items", evidence, doubtful, "%" PRIu32 "  was %" PRIu32,
			    node->nr_items, before.node.nr_items);
	else
		pane_fieldf(pane, 2, ' ', "items", evidence, doubtful, "%" PRIu32, node->nr_items);
	if (node->kind == NODE_UNKNOWN)
		pane_fieldf(pane, 3, ' ', "chain, dup", 0, false, "needs the patch");
	else if (node->kind == NODE_DUP)
		pane_fieldf(pane, 3, ' ', "kind", evidence, doubtful, "dup of %s",
			    scene_name(scene, node->chain, name, sizeof(name)));
	else
		pane_fieldf(pane, 3, ' ', "kind", evidence, doubtful, "%s, %s", node_kind_name(node->kind),
			    node_place_name(node->place));
	pane_fieldf(pane, 4, t && node->fact.born == t ? '+' : ' ', "born", 0, false, "%s",
		    util_event(scene, node->fact.born, event, sizeof(event)));
	pane_fieldf(pane, 5, ' ', doubtful ? "doubtful" : "known by", 0, false, "%s", doubtful ?
		    scene_doubt(node->fact.doubt) : scene_evidence(evidence));
}

static void draw_detail(struct pane pane, const struct scene *scene, struct ref selected)
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

static void draw_inspector(struct pane pane, const struct scene *scene, struct ref selected)
{
	struct history_counters counters;
	char text[FORMAT_MAX], event[64];
	int half = pane.height / 2;
	union row row;

	pane_heading(pane, 0, "INSPECTOR", "w: when changed");
	if (scene_row(scene, selected, &row)) {
		pane_fieldf(pane, 1, ' ', "address", row.fact.evidence, false, row.node.name.addr ?
			    "0x%" PRIx64 : "not traced here", row.node.name.addr);
		pane_fieldf(pane, 2, ' ', "generation", 0, false, "%" PRIu32, row.node.name.generation);
		pane_fieldf(pane, 3, ' ', "nid", row.fact.evidence, false, row.node.nid < 0 ? "not known" : "%d",
			    row.node.nid);
		pane_fieldf(pane, 4, ' ', "confirmed", 0, false, "%s",
			    util_event(scene, row.fact.confirmed, event, sizeof(event)));
		pane_fieldf(pane, 5, ' ', "gone", 0, false, "%s", row.fact.died == NEVER ? "not before the end" :
			    util_event(scene, row.fact.died, event, sizeof(event)));
	}
	pane_heading(pane, 7, "LAST CHANGES", "");
	if (!ref_is_none(selected))
		pane_last_changes(pane, 8, half - 8, scene, selected);

	history_counters(scene->history, scene->when, &counters);
	pane_rule(pane, half, "ALL STABLE NODES", "");
	pane_fieldf(pane, half + 1, ' ', "with a page", 0, false, "%s", format_count(text, counters.nr_nodes));
	pane_fieldf(pane, half + 2, ' ', "stable items", 0, false, "%s", format_count(text, counters.nr_stable_items));
	pane_fieldf(pane, half + 3, ' ', "unstable items", 0, false, "%s", !history_is_patched(scene->history) ?
		    "needs the patch" : format_count(text, counters.nr_unstable_items));
	pane_fieldf(pane, half + 4, ' ', "chains", 0, false, "%s", !history_is_patched(scene->history) ?
		    "needs the patch" : format_count(text, counters.nr_chains));
	pane_fieldf(pane, half + 5, ' ', "dups", 0, false, "%s", !history_is_patched(scene->history) ?
		    "needs the patch" : format_count(text, counters.nr_dups));
	pane_fieldf(pane, half + 6, ' ', "mappings", 0, false, "%s", format_count(text, counters.nr_mappings));
	pane_text(pane, 2, pane.height - 3, ROLE_HINT, "T traced   D dumped, sampled");
	pane_text(pane, 2, pane.height - 2, ROLE_HINT, "I inferred ? doubtful by now");
}

/* ---- the view ---- */

static void draw(struct session *session, void *own, struct pane body)
{
	int left = body.width >= 110 ? 42 : body.width * 2 / 5 + 4;
	int inspector = body.width >= 110 ? 36 : 0;
	struct scene scene;
	struct ref selected;

	if (!scene_draw(&scene, session, body))
		return;
	draw_list(pane_sub(body, 0, 0, left, body.height), own, &scene, &selected);
	pane_vline(body, left, 0, body.height, ROLE_BORDER);
	draw_detail(pane_sub(body, left + 1, 0, body.width - left - 1 - inspector - !!inspector, body.height),
		    &scene, selected);
	if (!inspector)
		return;
	pane_vline(body, body.width - inspector - 1, 0, body.height, ROLE_BORDER);
	draw_inspector(pane_sub(body, body.width - inspector, 0, inspector, body.height), &scene, selected);
}

static void fold(struct tree_view *view, const struct scene *scene, struct ref selected)
{
	union row row;
	struct ref chain;
	int at;

	if (!scene_row(scene, selected, &row) || (row.node.kind != NODE_CHAIN && row.node.kind != NODE_DUP)) {
		session_say(scene->session, "only a chain folds; %s", history_is_patched(scene->history) ?
			    "this node is none" : "this recording's kernel traces no chains");
		return;
	}
	chain = row.node.kind == NODE_CHAIN ? selected : row.node.chain;
	session_select(scene->session, chain);
	at = find_fold(view, chain);
	if (at >= 0)
		view->folds[at] = view->folds[--view->nr_folds];
	else if (view->nr_folds < FOLDS_MAX)
		view->folds[view->nr_folds++] = chain;
}

/* The process under the cursor of the sharers' list. */
static struct ref sharer_at(const struct scene *scene, struct ref node, uint64_t index)
{
	struct sharers sharers = { .nr = 0 };

	collect(&sharers, scene, node, ITEMS_OF_NODE);
	collect(&sharers, scene, node, MAPPINGS_OF_NODE);
	qsort(sharers.all, (size_t)sharers.nr, sizeof(*sharers.all), compare_sharers);
	return index < (uint64_t)sharers.nr ? sharers.all[index].mm : (struct ref){ 0 };
}

static bool act_on(struct tree_view *view, const struct scene *scene, enum action action,
		   struct ref selected)
{
	struct view_state *state = session_view_state(scene->session);
	union row row;

	switch (action) {
	case ACTION_OPEN:
		util_open(scene, state->focus == 1 ? sharer_at(scene, selected, state->lists[1].cursor) : selected);
		return true;
	case ACTION_PARENT:
		if (scene_row(scene, selected, &row) && !ref_is_none(row.node.chain))
			session_select(scene->session, row.node.chain);
		else
			session_say(scene->session, "a node outside a chain belongs to the tree");
		return true;
	case ACTION_FOLD:
		fold(view, scene, selected);
		return true;
	case ACTION_WHEN_CHANGED:
		util_when_changed(scene, selected);
		return true;
	case ACTION_THIS:
		util_filter_this(scene, selected);
		return true;
	case ACTION_SAME_PREV:
	case ACTION_SAME_NEXT:
		session_select(scene->session, selected);
		return false;
	default:
		return false;
	}
}

static struct ref selected_node(struct tree_view *view, const struct scene *scene)
{
	struct row_key cursor = util_cursor(scene, &view->list, TABLE_NODE);
	struct list_row row;
	struct feed feed;
	bool unsorted;

	if (!ref_is_none(cursor.ref))
		return cursor.ref;
	tree_feed(view, scene, &feed, &unsorted);
	return util_current(&feed, cursor, &row) ? row.key.ref : cursor.ref;
}

static bool act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct tree_view *view = own;
	struct scene scene;
	struct feed feed;
	bool unsorted;

	(void)argument;
	if (!scene_init(&scene, session))
		return false;
	if (act_on(view, &scene, action, selected_node(view, &scene)))
		return true;
	if (session_view_state(session)->focus)
		return false;
	tree_feed(view, &scene, &feed, &unsorted);
	if (!view_list_act(&view->list, &feed, util_cursor(&scene, &view->list, TABLE_NODE), action))
		return false;
	session_select(session, view->list.cursor.ref);
	return true;
}

static void moved(struct session *session, void *own)
{
	struct view_state *state = session_view_state(session);
	struct tree_view *view = own;
	struct scene scene;
	struct feed feed;
	bool unsorted;

	if (state->focus || !scene_init(&scene, session))
		return;
	tree_feed(view, &scene, &feed, &unsorted);
	if (view_list_move(&view->list, &feed, util_cursor(&scene, &view->list, TABLE_NODE),
			   view_list_mouse(&view->list, &state->lists[0])))
		session_select(session, view->list.cursor.ref);
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	char name[48];

	snprintf(buf, size, "%s 0x%" PRIx64 " 0x%" PRIx64 " %s", scene_name(scene, row->key.ref, name, sizeof(name)),
		 row->row.node.kpfn, row->row.node.name.addr, node_kind_name(row->row.node.kind));
}

static bool find(struct session *session, void *own, const char *text, int dir)
{
	struct tree_view *view = own;
	struct scene scene;
	struct feed feed;
	bool unsorted;

	if (!scene_init(&scene, session))
		return false;
	tree_feed(view, &scene, &feed, &unsorted);
	if (!view_list_find(&view->list, &feed, util_cursor(&scene, &view->list, TABLE_NODE), text, dir,
			    describe))
		return false;
	session_select(session, view->list.cursor.ref);
	return true;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct list_row row = { 0 };
	struct scene scene;

	if (!scene_init(&scene, session))
		return;
	row.key.ref = selected_node(own, &scene);
	if (scene_row(&scene, row.key.ref, &row.row))
		describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	char filter[256];

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop list %s nodes --at %" PRIu64 "%s", scene.source->file,
			 scene.when.t, util_filter_option(&scene, filter, sizeof(filter)));
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, history_is_patched(scene.history) ? "in tree order, chains with their dups" :
			 "by pfn; order and chains need the patch");
}

static void *state_new(void)
{
	return calloc(1, sizeof(struct tree_view));
}

static void state_free(void *own)
{
	struct tree_view *view = own;

	if (view)
		view_list_fini(&view->list);
	free(view);
}

const struct view view_tree = {
	.id = VIEW_TREE, .title = "Stable pages", .tab = "Tree", .draw = draw, .key = '2',
	.unit = "event", .nr_lists = 2, .columns = columns, .nr_columns = NR_COLUMNS,
	.state_new = state_new, .state_free = state_free, .status = status, .why = util_why, .act = act, .find = find,
	.moved = moved, .copy = copy, .command = command,
	.source = util_source,
};
