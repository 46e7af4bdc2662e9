// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_numa.c - the stable trees of the memory nodes side by side, and the pages that changed sides.
 *
 * With merge_across_nodes 0 every memory node has a tree of its own; a column shows one, in tree
 * order.  A page that migrated keeps its stable node in the old tree until ksmd notices: such a node
 * is marked with ! and the nid that its page is really on.  Below stand the moves so far, and of
 * the chosen one what became of it: the migrate list, the right tree, or an equal page there.
 *
 * Where a page is, and what became of a move, is explain/numa.c's to say.  This file keeps the log of
 * moves, since reading it anew for each picture would cost the whole recording.
 *
 * The cursor of the columns is the session's object, the one of the moves an event: both mean the
 * same at any moment, so going back finds the picture that going on showed.
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

struct numa_view {
	struct view_list columns[NIDS_MAX];
	struct numa_moves moves;
};

struct nids {
	uint32_t all[NIDS_MAX];
	int nr;
	int focus; /* that of the selected node */
};

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

/* The cursor of a column: the selected node where it stands in this tree, else the column's own. */
static struct row_key column_cursor(const struct numa_view *view, const struct scene *scene,
				    const struct nids *nids, int i)
{
	struct row_key cursor = util_cursor(scene, &view->columns[nids->all[i] % NIDS_MAX], TABLE_NODE);

	return i == nids->focus ? cursor : view->columns[nids->all[i] % NIDS_MAX].cursor;
}

static void draw_node(struct pane pane, int y, const struct scene *scene, const struct node_row *node,
		      bool cursor)
{
	struct episode_source source = scene_episodes(scene);
	char marks[3] = {cursor ? '>' : ' ', scene_mark(scene, (const union row *)node), 0};
	char text[64], name[48];
	struct numa_page page;
	enum role role = cursor ? ROLE_CURSOR : marks[1] != ' ' ? mark_role(marks[1]) : ROLE_TEXT;
	bool wrong;

	numa_page(&source, node, scene->when, &page);
	wrong = numa_is_wrong(&source, node, &page, scene->when);
	snprintf(text, sizeof(text), "%s%s", node->kind == NODE_DUP ? "  " : "",
		 scene_name(scene, node->ref, name, sizeof(name)));
	pane_fit(pane, 3, y, 10, ALIGN_LEFT, role, text);
	if (node->kind == NODE_CHAIN)
		snprintf(text, sizeof(text), "%" PRIu32 " dups", node->nr_dups);
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, node->kpfn);
	pane_fit(pane, 14, y, 10, ALIGN_LEFT, role, text);
	pane_fit(pane, 25, y, 5, ALIGN_RIGHT, role, format_count(text, node->nr_items));
	if (node->place == NODE_ON_MIGRATE_LIST) {
		pane_text(pane, 31, y, ROLE_CHANGED, "on list");
	} else if (node->place == NODE_NOWHERE) {
		pane_text(pane, 31, y, ROLE_CHANGED, "no tree");
	} else if (page.nid >= 0) {
		pane_printf(pane, 31, y, wrong ? ROLE_FAULT : role, "%c%" PRId32, wrong ? '!' : ' ', page.nid);
		pane_fact(pane, 35, y, page.evidence, page.doubtful);
	} else if (node->kind != NODE_CHAIN) {
		pane_text(pane, 31, y, ROLE_SKIPPED, " -");
	}
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
		view_list_place(list, scene, &session_view_state(scene->session)->lists[0], &window, pane, 2);
	for (int row = 0; row < window.nr; row++)
		draw_node(pane, row + 2, scene, &window.rows[row].row.node,
			  i == nids->focus && row == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 2, ROLE_HINT,
			  *session_filter(scene->session) ? "no node fits the filter" :
			  history_is_whole(scene->history, NODES_OF_NID, ref_of_nid(nids->all[i]), scene->when) ?
			  "no stable node" : "none is known");
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
	int lower = body.height > 30 ? 15 : body.height / 2;
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
	draw_columns(pane_sub(body, 0, 0, body.width, body.height - lower), view, &scene, &nids);
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

static const struct listing listings[] = {{.part = 0, .open = open_tree}, {0}};

static struct ref selected(struct numa_view *view, const struct scene *scene)
{
	struct list_row row;

	if (session_view_state(scene->session)->focus == 1)
		return numa_moves_node(&view->moves, scene);
	return listing_row(listings, view, scene, &row) ? row.key.ref : (struct ref){0};
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
		if (session_view_state(scene->session)->focus == 1 && numa_moves_event(&view->moves, scene))
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
	if (session_view_state(session)->focus == 1)
		return numa_moves_act(&view->moves, &scene, action);
	return listing_act(session, own, action);
}

static void moved(struct session *session, void *own)
{
	struct view_state *state = session_view_state(session);
	struct numa_view *view = own;
	struct scene scene;

	if (state->focus != 1) {
		listing_moved(session, own);
	} else if (scene_init(&scene, session) && history_is_patched(scene.history)) {
		numa_moves_read(&view->moves, &scene);
		numa_moves_click(&view->moves, &scene, &state->lists[1]);
	}
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	struct episode_source source = scene_episodes(scene);
	char name[48], where[40] = "";
	struct numa_page page;

	numa_page(&source, &row->row.node, scene->when, &page);
	if (page.nid >= 0)
		snprintf(where, sizeof(where), " page on nid %" PRId32, page.nid);
	snprintf(buf, size, "%s 0x%" PRIx64 " tree of nid %" PRId32 "%s %s",
		 scene_name(scene, row->key.ref, name, sizeof(name)), row->row.node.kpfn, row->row.node.nid,
		 where, node_kind_name(row->row.node.kind));
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
	if (session_view_state(session)->focus == 1) {
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
		snprintf(buffer, size, "ksmtop list %s nodes --at %" PRIu64, scene.source->file, scene.when.t);
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
	numa_moves_fini(&view->moves);
}

const struct view view_numa = {
	.id = VIEW_NUMA,
	.title = "Memory nodes",
	.tab = "NUMA",
	.draw = draw,
	.key = '8',
	.unit = "event",
	.nr_lists = 2,
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
