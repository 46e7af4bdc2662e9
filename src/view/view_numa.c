// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_numa.c - the stable trees of the memory nodes side by side, and the pages that changed sides.
 *
 * With merge_across_nodes 0 every memory node has a tree of its own; a column shows one, in tree
 * order.  A page that migrated keeps its stable node in the old tree until ksmd notices: such a node
 * is marked with ! and the nid that its page is really on.  ksmd takes it out and puts it on the migrate
 * list, which is one for all trees: a list of its own beside them, below where there is no room.  Then
 * come the moves so far, and of the chosen one what became of it: the list, the right tree, or an equal
 * page there.
 *
 * Where a page is, and what became of a move, is explain/numa.c's to say.  This file keeps the log of
 * moves, since reading it anew for each picture would cost the whole recording.
 *
 * The cursor of columns and list is the session's object, the one of the moves an event: both mean the
 * same at any moment, so going back finds the picture that going on showed.  A node that is in no tree
 * for the moment, but not on the list either, stands among those of the list, which says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "numa_moves.h"
#include "view_util.h"
#include "views.h"

#define NIDS_MAX     16	/* columns that there can be */
#define COLUMN_LEAST 38 /* cells of one */
#define LIST_BELOW   3	/* rows of the migrate list where it stands below */

struct numa_view {
	struct view_list columns[NIDS_MAX];
	struct view_list list;	/* the migrate list */
	struct numa_moves moves;
};

struct nids {
	uint32_t all[NIDS_MAX];
	int nr;
	int focus; /* that of the selected node */
};

static bool is_focused(const struct scene *scene, int part)
{
	return session_view_state(scene->session)->focus == part;
}

/* ---- the columns ---- */

static void nid_feed(struct feed *feed, const struct scene *scene, uint32_t nid)
{
	feed_relation(feed, scene, NODES_OF_NID, ref_of_nid(nid));
}

/* A tree without a node still has a column while a page of the log lies on its node. */
static bool has_page_on(const struct numa_moves *moves, uint32_t nid)
{
	for (uint32_t i = 0; i < moves->log.nr && i < 1000; i++)
		if ((uint32_t)moves->log.moves[i].nid == nid || (uint32_t)moves->log.moves[i].old_nid == nid)
			return true;
	return false;
}

static void find_nids(const struct numa_view *view, const struct scene *scene, struct nids *nids)
{
	struct ref node = scene_resolve(scene, session_object(scene->session), TABLE_NODE);
	bool one = numa_merges_across(scene->history, scene->when.t) == 1;
	union row row;

	*nids = (struct nids){0};
	for (uint32_t nid = 0; nid < (one ? 1 : 64) && nids->nr < NIDS_MAX; nid++) {
		struct history_cursor cursor;

		if (history_list(scene->history, NODES_OF_NID, ref_of_nid(nid), scene->when, &cursor))
			continue;
		if (history_next(&cursor, &row) == 1 || nid == 0 || has_page_on(&view->moves, nid))
			nids->all[nids->nr++] = nid;
	}
	if (!scene_row(scene, node, &row))
		return;
	for (int i = 0; i < nids->nr; i++)
		if ((int32_t)nids->all[i] == row.node.nid)
			nids->focus = i;
}

/* ---- the migrate list ---- */

/* What nothing told the place of is on no list. */
static bool is_off_trees(const struct feed *feed, const struct list_row *row)
{
	(void)feed;
	return row->row.node.kind != NODE_UNKNOWN && row->row.node.place != NODE_IN_TREE;
}

static void list_feed(struct feed *feed, const struct scene *scene, struct view_list *list)
{
	feed_relation(feed, scene, NODES_OFF_TREES, (struct ref){0});
	feed->accept = is_off_trees;
	view_list_filter(list, feed);
}

/* The selected node where it is one of this list. */
static struct row_key list_cursor(const struct numa_view *view, const struct scene *scene)
{
	struct row_key cursor = util_cursor(scene, &view->list, TABLE_NODE);
	struct list_row row;

	return scene_row(scene, cursor.ref, &row.row) && is_off_trees(NULL, &row) ? cursor : view->list.cursor;
}

/* ---- drawing ---- */

/* The cursor of a column: the selected node where it stands in this tree, else the column's own. */
static struct row_key column_cursor(const struct numa_view *view, const struct scene *scene,
				    const struct nids *nids, int i)
{
	struct row_key own = view->columns[nids->all[i] % NIDS_MAX].cursor;
	struct row_key cursor = util_cursor(scene, &view->columns[nids->all[i] % NIDS_MAX], TABLE_NODE);
	struct list_row row;

	if (i != nids->focus || (scene_row(scene, cursor.ref, &row.row) && is_off_trees(NULL, &row)))
		return own;
	return cursor;
}

/* The mark of a page on another memory node than its tree's is a `?` where that is not sure. */
static void draw_page(struct pane pane, int x, int y, enum role role, const struct numa_page *page, bool wrong,
		      bool unsure)
{
	if (page->nid < 0) {
		pane_text(pane, x, y, ROLE_SKIPPED, " -");
		return;
	}
	pane_printf(pane, x, y, wrong ? unsure ? ROLE_DOUBT : ROLE_FAULT : role, "%c%" PRId32,
		    wrong ? unsure ? '?' : '!' : ' ', page->nid);
	pane_fact(pane, x + 4, y, page->evidence, page->doubtful);
}

/* A row of a tree; of the migrate list, with where it is in place of the items. */
static void draw_node(struct pane pane, int y, const struct scene *scene, const struct node_row *node,
		      bool cursor, bool focused)
{
	struct episode_source source = scene_episodes(scene);
	char marks[3] = {cursor ? '>' : ' ', scene_mark(scene, (const union row *)node), 0};
	enum role role = cursor && focused ? ROLE_CURSOR : marks[1] != ' ' ? mark_role(marks[1]) : ROLE_TEXT;
	bool in_tree = node->place == NODE_IN_TREE;
	char text[64], name[48];
	struct numa_page page;

	numa_page(&source, node, scene->when, &page);
	snprintf(text, sizeof(text), "%s%s", node->kind == NODE_DUP ? "  " : "",
		 scene_name(scene, node->ref, name, sizeof(name)));
	pane_fit(pane, 3, y, 10, ALIGN_LEFT, role, text);
	if (node->kind == NODE_CHAIN)
		snprintf(text, sizeof(text), "%" PRIu32 " dups", node->nr_dups);
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, node->kpfn);
	pane_fit(pane, 14, y, 10, ALIGN_LEFT, role, text);
	if (in_tree)
		pane_fit(pane, 25, y, 5, ALIGN_RIGHT, role, format_count(text, node->nr_items));
	else
		pane_text(pane, 24, y, role, node->place == NODE_ON_MIGRATE_LIST ? "listed" : "off it");
	if (node->kind != NODE_CHAIN)
		draw_page(pane, 31, y, role, &page, numa_is_wrong(&source, node, &page, scene->when),
			  page.doubtful || node->fact.doubt != DOUBT_NONE);
	row_marks(pane, y, marks);
}

static void draw_column(struct pane pane, struct numa_view *view, const struct scene *scene,
			const struct nids *nids, int i)
{
	struct view_list *list = &view->columns[nids->all[i] % NIDS_MAX];
	bool one = numa_merges_across(scene->history, scene->when.t) == 1;
	struct list_window window;
	struct feed feed;
	char text[64];

	if (one)
		snprintf(text, sizeof(text), "ONE TREE FOR ALL NIDS");
	else
		snprintf(text, sizeof(text), "TREE OF NID %" PRIu32, nids->all[i]);
	pane_heading(pane, 0, text, "");
	pane_text(pane, 3, 1, ROLE_HEADING, "NODE");
	pane_text(pane, 14, 1, ROLE_HEADING, "PFN");
	pane_text(pane, 25, 1, ROLE_HEADING, "ITEMS");
	pane_text(pane, 31, 1, ROLE_HEADING, "PAGE ON");
	nid_feed(&feed, scene, nids->all[i]);
	view_list_filter(list, &feed);
	view_list_window(list, &feed, column_cursor(view, scene, nids, i), pane.height - 2, &window);
	if (i == nids->focus)
		view_list_place(list, scene, &session_view_state(scene->session)->lists[PART_TREES], &window,
				pane, 2);
	for (int row = 0; row < window.nr; row++)
		draw_node(pane, row + 2, scene, &window.rows[row].row.node,
			  i == nids->focus && row == window.cursor, is_focused(scene, PART_TREES));
	if (!window.nr)
		pane_text(pane, 3, 2, ROLE_HINT,
			  *session_filter(scene->session) ? "no node fits the filter" :
			  history_is_whole(scene->history, NODES_OF_NID, ref_of_nid(nids->all[i]), scene->when) ?
			  "no stable node" : "none is known");
}

/*
 * One for all trees, with what is off it but in no tree yet, or any more.  Beside the trees it looks like one of
 * them; below them it has fewer rows, which say more.
 */
static void draw_list(struct pane pane, struct numa_view *view, const struct scene *scene, bool below)
{
	struct ref none = {0};
	struct list_window window;
	struct feed feed;
	bool whole = history_is_whole(scene->history, NODES_OFF_TREES, none, scene->when);
	int head = below ? 1 : 2;

	if (below) {
		pane_rule(pane, 0, "MIGRATE LIST", "");
		pane_text(pane, 24, 0, ROLE_HEADING, "PLACE  PAGE ON ");
	} else {
		pane_heading(pane, 0, "MIGRATE LIST", "");
		pane_text(pane, 3, 1, ROLE_HEADING, "NODE       PFN       PLACE  PAGE ON");
	}
	list_feed(&feed, scene, &view->list);
	view_list_window(&view->list, &feed, list_cursor(view, scene), pane.height - head, &window);
	view_list_place(&view->list, scene, &session_view_state(scene->session)->lists[PART_LIST], &window, pane,
			head);
	for (int row = 0; row < window.nr; row++) {
		const struct node_row *node = &window.rows[row].row.node;

		draw_node(pane, row + head, scene, node, row == window.cursor, is_focused(scene, PART_LIST));
		if (below && node->nid >= 0)
			pane_printf(pane, 40, row + head, ROLE_TEXT, "out of the tree of nid %" PRId32, node->nid);
	}
	if (!window.nr)
		pane_text(pane, 3, head, ROLE_HINT, *session_filter(scene->session) ? "no node fits the filter" :
			  whole ? "empty" : "nothing is known to be on it");
}

static void draw_columns(struct pane pane, struct numa_view *view, const struct scene *scene,
			 const struct nids *nids)
{
	int fit = pane.width / COLUMN_LEAST, shown, first, width;

	fit = fit < 1 ? 1 : fit;
	shown = nids->nr < fit ? nids->nr : fit;
	first = nids->focus - shown / 2;
	first = first < 0 ? 0 : first > nids->nr - shown ? nids->nr - shown : first;
	width = shown ? (pane.width - shown + 1) / shown : pane.width;
	for (int i = 0; i < shown; i++) {
		draw_column(pane_sub(pane, i * (width + 1), 0, width, pane.height), view, scene, nids,
			    first + i);
		if (i)
			pane_vline(pane, i * (width + 1) - 1, 0, pane.height, ROLE_BORDER);
	}
}

static void draw_stock(struct pane pane)
{
	pane_wrap(pane, 3, 2, pane.width - 6, ROLE_HINT,
		  "A stock kernel does not tell the memory node of its stable nodes, nor that a page moved "
		  "from one to another. A recording of the patched kernel does: events node_kpfn, "
		  "migrate_add and migrate_del.");
}

static void draw(struct session *session, void *own, struct pane body)
{
	int lower = body.height > 30 ? 15 : 8, width = body.width, rows;
	struct numa_view *view = own;
	struct scene scene;
	struct nids nids;

	if (!scene_draw(&scene, session, body))
		return;
	if (!history_is_patched(scene.history)) {
		draw_stock(body);
		return;
	}
	numa_moves_read(&view->moves, &scene);
	find_nids(view, &scene, &nids);
	rows = body.height - lower;
	if (width >= 3 * COLUMN_LEAST) {
		width -= COLUMN_LEAST + 1;
		pane_vline(body, width, 0, rows, ROLE_BORDER);
		draw_list(pane_sub(body, width + 1, 0, COLUMN_LEAST, rows), view, &scene, false);
	} else {
		rows -= LIST_BELOW;
		draw_list(pane_sub(body, 0, rows, width, LIST_BELOW), view, &scene, true);
	}
	draw_columns(pane_sub(body, 0, 0, width, rows), view, &scene, &nids);
	numa_moves_draw(pane_sub(body, 0, body.height - lower, body.width, lower), &view->moves, &scene);
}

/* ---- keys ---- */

/* The tree that the selected node is of, or that was last looked at. */
static struct view_list *open_tree(void *own, struct scene *scene, struct feed *feed,
				   struct row_key *ret_cursor)
{
	struct numa_view *view = own;
	struct view_list *list;
	struct nids nids;

	if (!history_is_patched(scene->history))
		return NULL;
	numa_moves_read(&view->moves, scene);
	find_nids(view, scene, &nids);
	if (!nids.nr)
		return NULL;
	list = &view->columns[nids.all[nids.focus] % NIDS_MAX];
	nid_feed(feed, scene, nids.all[nids.focus]);
	view_list_filter(list, feed);
	*ret_cursor = column_cursor(view, scene, &nids, nids.focus);
	return list;
}

static struct view_list *open_list(void *own, struct scene *scene, struct feed *feed,
				   struct row_key *ret_cursor)
{
	struct numa_view *view = own;

	if (!history_is_patched(scene->history))
		return NULL;
	list_feed(feed, scene, &view->list);
	*ret_cursor = list_cursor(view, scene);
	return &view->list;
}

static const struct listing listings[] = {
	{.part = PART_TREES, .open = open_tree}, {.part = PART_LIST, .open = open_list}, {0},
};

static struct ref selected(struct numa_view *view, const struct scene *scene)
{
	struct list_row row;

	if (is_focused(scene, PART_MOVES))
		return numa_moves_node(&view->moves, scene);
	return listing_row(&listings[is_focused(scene, PART_LIST)], view, scene, &row) ? row.key.ref : (struct ref){0};
}

/* To the tree beside this one: its own cursor's node becomes the selected one. */
static void beside(struct numa_view *view, const struct scene *scene, const struct nids *nids, int dir)
{
	int to = nids->focus + dir;
	struct list_row row;
	struct feed feed;

	if (to < 0 || to >= nids->nr) {
		session_say(scene->session, "there is no tree on that side");
		return;
	}
	nid_feed(&feed, scene, nids->all[to]);
	if (util_current(&feed, view->columns[nids->all[to] % NIDS_MAX].cursor, &row))
		session_select(scene->session, row.key.ref);
	else
		session_say(scene->session, "no stable node in the tree of nid %" PRIu32, nids->all[to]);
}

static bool act_on(struct numa_view *view, const struct scene *scene, const struct nids *nids,
		   enum action action)
{
	struct ref node = selected(view, scene);

	switch (action) {
	case ACTION_OPEN:
		if (is_focused(scene, PART_MOVES) && numa_moves_event(&view->moves, scene))
			session_jump_to(scene->session, numa_moves_event(&view->moves, scene));
		else
			util_open(scene, node);
		return true;
	case ACTION_PARENT:
		util_chain(scene, node);
		return true;
	case ACTION_PAN_LEFT:
	case ACTION_PAN_RIGHT:
		beside(view, scene, nids, action == ACTION_PAN_LEFT ? -1 : 1);
		return true;
	default:
		return listing_act_on(scene, action, node);
	}
}

static bool act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct numa_view *view = own;
	struct scene scene;
	struct nids nids;

	(void)argument;
	if (!scene_init(&scene, session) || !history_is_patched(scene.history))
		return false;
	numa_moves_read(&view->moves, &scene);
	find_nids(view, &scene, &nids);
	if (act_on(view, &scene, &nids, action))
		return true;
	if (is_focused(&scene, PART_MOVES))
		return numa_moves_act(&view->moves, &scene, action);
	return listing_act(session, own, action);
}

static void moved(struct session *session, void *own)
{
	struct view_state *state = session_view_state(session);
	struct numa_view *view = own;
	struct scene scene;

	if (state->focus != PART_MOVES) {
		listing_moved(session, own);
	} else if (scene_init(&scene, session) && history_is_patched(scene.history)) {
		numa_moves_read(&view->moves, &scene);
		numa_moves_click(&view->moves, &scene, &state->lists[PART_MOVES]);
	}
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	struct episode_source source = scene_episodes(scene);
	char node[80], where[40] = "";
	struct numa_page page;

	numa_page(&source, &row->row.node, scene->when, &page);
	if (page.nid >= 0)
		snprintf(where, sizeof(where), " page on nid %" PRId32, page.nid);
	snprintf(buf, size, "%s tree of nid %" PRId32 "%s %s", util_node(scene, &row->row.node, node, sizeof(node)),
		 row->row.node.nid, where, node_kind_name(row->row.node.kind));
}

static int find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	struct view_list list = {0};
	struct scene scene;
	struct feed feed;
	int found;

	(void)own;
	if (!scene_init(&scene, session) || !history_is_patched(scene.history))
		return 0;
	feed_relation(&feed, &scene, ALL_NODES, (struct ref){0});
	found = view_list_find(&list, &feed, util_cursor(&scene, &list, TABLE_NODE), text, dir, wrap, describe);
	if (found != 1)
		return found;
	session_select(session, list.cursor.ref);
	return 1;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct numa_view *view = own;
	struct list_row row = {0};
	struct scene scene;

	if (!scene_init(&scene, session) || !history_is_patched(scene.history))
		return;
	numa_moves_read(&view->moves, &scene);
	if (is_focused(&scene, PART_MOVES)) {
		numa_moves_describe(&view->moves, &scene, buffer, size);
		return;
	}
	row.key.ref = selected(view, &scene);
	if (scene_row(&scene, row.key.ref, &row.row))
		describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop list %s nodes --at %" PRIu64 "%s", scene.source->file, scene.when.t,
			 is_focused(&scene, PART_LIST) ? " --filter 'place == \"migrate list\"'" : "");
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	int across;

	(void)own;
	if (!scene_init(&scene, session))
		return;
	across = numa_merges_across(scene.history, scene.when.t);
	if (across < 0)
		snprintf(buffer, size, "merge_across_nodes not sampled");
	else
		snprintf(buffer, size, "merge_across_nodes %d D", across);
}

static void state_fini(void *own)
{
	struct numa_view *view = own;

	for (int i = 0; i < NIDS_MAX; i++)
		view_list_fini(&view->columns[i]);
	view_list_fini(&view->list);
	numa_moves_fini(&view->moves);
}

const struct view view_numa = {
	.id = VIEW_NUMA,
	.title = "Memory nodes",
	.tab = "NUMA",
	.draw = draw,
	.key = '8',
	.unit = "event",
	.nr_lists = NR_PARTS,
	.state_size = sizeof(struct numa_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.find = find,
	.listings = listings,
	.moved = moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
