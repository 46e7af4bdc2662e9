// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_tree.c - stable pages: every page that KSM shares, and who shares the one under the cursor.
 *
 * The stable tree is shown in order, one line a node: by content where the kernel's patch tells
 * the order, by pfn where it does not.  A chain heads its dups, which fold away.  Left and right
 * links are not shown: nothing traces them, and rebalancing means nothing to a reader.
 *
 * What stands to the right of the list is about the node under the cursor: tree_node.c.  It keeps
 * its place when that node is not there at this moment, and comes back with it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "page_whatif.h"
#include "tree_node.h"
#include "view_util.h"
#include "views.h"

#define FOLDS_MAX 256
#define MANY 5000	/* rows that a picture does not look through */

struct tree_view {
	struct view_list list;
	struct ref folds[FOLDS_MAX];
	int nr_folds;
	bool whatif; /* the right side asks what a walk would do */
	struct page_whatif answer;
};

enum { COLUMN_NODE, COLUMN_PFN, COLUMN_ITEMS, COLUMN_NID, COLUMN_EVIDENCE };
static const struct column columns[] = {
	{"node", "NODE", 11, 2, 0, ALIGN_LEFT},   {"pfn", "PFN", 9, 1, 0, ALIGN_LEFT},
	{"items", "ITEMS", 6, 0, 0, ALIGN_RIGHT}, {"nid", "NID", 3, 0, 1, ALIGN_RIGHT},
	{"evidence", "SR", 2, 0, 0, ALIGN_LEFT},
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

static int compare_nodes(const struct scene *scene, int column, const union row *a,
			 const union row *b)
{
	const struct node_row *x = &a->node, *y = &b->node;

	(void)scene;
	switch (column) {
	case COLUMN_NODE:
		return x->name.number < y->name.number ? -1 : x->name.number > y->name.number;
	case COLUMN_PFN:
		return x->kpfn < y->kpfn ? -1 : x->kpfn > y->kpfn;
	case COLUMN_ITEMS:
		return x->nr_items < y->nr_items ? -1 : x->nr_items > y->nr_items;
	case COLUMN_NID:
		return x->nid < y->nid ? -1 : x->nid > y->nid;
	default:
		return (int)x->fact.doubt - (int)y->fact.doubt;
	}
}

/* The nodes of this moment, filtered, folded and sorted.  *ret_sorted_out: too many to sort. */
static void tree_feed(struct tree_view *view, const struct scene *scene, struct feed *feed,
		      bool *ret_unsorted)
{
	const struct view_state *state = session_view_state(scene->session);

	*ret_unsorted = false;
	feed_relation(feed, scene, ALL_NODES, (struct ref){0});
	feed->accept = is_unfolded;
	feed->arg = view;
	view_list_filter(&view->list, feed);
	if (state->sort >= 0 && session_view(scene->session)->id == VIEW_TREE)
		*ret_unsorted = view_list_sort(&view->list, feed, compare_nodes, state->sort,
					       state->descending) != 0;
}

/* Does no other dup of its chain stand below it?  A filter or another order may put one there all the same. */
static bool is_last_dup(const struct scene *scene, const struct node_row *node)
{
	struct history_cursor cursor;
	union row row;

	if (ref_is_none(node->chain) ||
	    history_list(scene->history, DUPS_OF_CHAIN, node->chain, scene->when, &cursor))
		return false;
	history_seek_end(&cursor);
	return history_prev(&cursor, &row) == 1 && ref_equal(row.node.ref, node->ref);
}

static void node_label(const struct scene *scene, const struct tree_view *view, struct pane pane,
		       const struct node_row *node, char *buf, size_t size)
{
	enum charset charset = pane_charset(pane);
	const char *prefix = "";
	char name[48];

	if (node->kind == NODE_CHAIN)
		prefix = find_fold(view, node->ref) >= 0 ? charset == GRID_ASCII ? "+ " : "▸ "
			 : charset == GRID_ASCII         ? "- "
							 : "▾ ";
	else if (node->kind == NODE_DUP && is_last_dup(scene, node))
		prefix = charset == GRID_ASCII ? "`- " : "└ ";
	else if (node->kind == NODE_DUP)
		prefix = charset == GRID_ASCII ? "|- " : "├ ";
	snprintf(buf, size, "%s%s", prefix, scene_name(scene, node->ref, name, sizeof(name)));
}

static void draw_node(struct pane pane, int y, const struct scene *scene,
		      const struct tree_view *view, const struct column_place *places,
		      const struct node_row *node, bool cursor)
{
	char mark = scene_mark(scene, (const union row *)node),
	     marks[3] = {cursor ? '>' : ' ', mark, 0};
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
	/* Where the node's own mark does not say it already. */
	if (places[COLUMN_ITEMS].width && node->kind != NODE_CHAIN && !node->fact.doubt &&
	    history_doubts(scene->history, ITEMS_OF_NODE, node->ref, scene->when))
		pane_put(pane, places[COLUMN_ITEMS].x + places[COLUMN_ITEMS].width, y, ROLE_DOUBT,
			 '?');
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

	/* With hindsight, or where events were lost, counting what stays doubtful would read them all. */
	history_count(scene->history, ALL_NODES, (struct ref){0}, scene->when, &nr, NULL);
	if (!session_hindsight(scene->session) &&
	    !(nr > MANY && history_nr_losses(scene->history) && session_leave_out(scene->session)))
		history_count(scene->history, ALL_NODES, (struct ref){0}, scene->when, &nr, &doubtful);
	snprintf(buf, size, doubtful ? "%s%s%s, %s ?" : "%s%s%s", *session_filter(scene->session) ? "of " : "",
		 history_is_whole(scene->history, ALL_NODES, (struct ref){0}, scene->when) ? "" : "at least ",
		 format_count(text, nr), format_count(doubt, doubtful));
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
	columns_fit(columns, NR_COLUMNS, state->columns, state->sort, pane.width, places);
	columns_heading(pane, 1, columns, NR_COLUMNS, places, state->sort, state->descending);

	tree_feed(view, scene, &feed, &unsorted);
	view_list_window(&view->list, &feed, cursor, pane.height - 2, &window);
	view_list_place(&view->list, scene, &state->lists[0], &window, pane, 2);
	for (int i = 0; i < window.nr; i++)
		draw_node(pane, i + 2, scene, view, places, &window.rows[i].row.node,
			  i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 2, ROLE_HINT,
			  window.exhausted                  ? "nothing here fits; / finds"
			  : *session_filter(scene->session) ? "no node fits the filter"
							    : "no stable node now");
	if (unsorted)
		pane_fit(pane, 0, pane.height - 1, pane.width, ALIGN_LEFT, ROLE_HINT,
			 " too many to sort: filter first");
	*ret_selected = listing_shown(scene, cursor, &window);
}

/* ---- the view ---- */

static void draw(struct session *session, void *own, struct pane body)
{
	int left = body.width >= 110 ? 42 : body.width * 2 / 5 + 4;
	int inspector = body.width >= 110 ? 38 : 0;
	struct tree_view *view = own;
	struct scene scene;
	struct ref selected;

	if (!scene_draw(&scene, session, body))
		return;
	draw_list(pane_sub(body, 0, 0, left, body.height), view, &scene, &selected);
	pane_vline(body, left, 0, body.height, ROLE_BORDER);
	if (view->whatif) {
		page_whatif_draw(pane_sub(body, left + 1, 0, body.width - left - 1, body.height),
				 &view->answer, &scene, selected);
		return;
	}
	tree_draw_detail(pane_sub(body, left + 1, 0,
				  body.width - left - 1 - inspector - !!inspector, body.height),
			 &scene, selected);
	if (!inspector)
		return;
	pane_vline(body, body.width - inspector - 1, 0, body.height, ROLE_BORDER);
	tree_draw_inspector(pane_sub(body, body.width - inspector, 0, inspector, body.height),
			    &scene, selected);
}

static void fold(struct tree_view *view, const struct scene *scene, struct ref selected)
{
	union row row;
	struct ref chain;
	int at;

	if (!scene_row(scene, selected, &row) ||
	    (row.node.kind != NODE_CHAIN && row.node.kind != NODE_DUP)) {
		session_say(scene->session, "only a chain folds; %s",
			    history_is_patched(scene->history)
				    ? "this node is none"
				    : "this recording's kernel traces no chains");
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

static struct view_list *open_nodes(void *own, struct scene *scene, struct feed *feed,
				    struct row_key *ret_cursor)
{
	struct tree_view *view = own;
	bool unsorted;

	tree_feed(view, scene, feed, &unsorted);
	*ret_cursor = util_cursor(scene, &view->list, TABLE_NODE);
	return &view->list;
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	char node[80], address[24] = "";

	if (row->row.node.name.addr)	/* a stock kernel does not tell it */
		snprintf(address, sizeof(address), " 0x%" PRIx64, row->row.node.name.addr);
	snprintf(buf, size, "%s%s %s", util_node(scene, &row->row.node, node, sizeof(node)), address,
		 node_kind_name(row->row.node.kind));
}

static const struct listing listings[] = {{.part = 0, .open = open_nodes, .describe = describe}, {0}};

static bool act_on(struct tree_view *view, const struct scene *scene, enum action action,
		   const struct argument *argument, struct ref selected)
{
	struct view_state *state = session_view_state(scene->session);

	switch (action) {
	case ACTION_OPEN:
		util_open(scene, state->focus == 1 && !view->whatif
					 ? tree_sharer(scene, selected, state->lists[1].cursor)
					 : selected);
		return true;
	case ACTION_PARENT:
		util_chain(scene, selected);
		return true;
	case ACTION_FOLD:
		fold(view, scene, selected);
		return true;
	case ACTION_WHAT_IF:
		/* "on" comes from another view, which asks for it whatever stood here. */
		view->whatif = !view->whatif || *argument->text;
		session_select(scene->session, selected);
		return true;
	default:
		return listing_act_on(scene, action, selected);
	}
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct tree_view *view = own;
	struct scene scene;

	if (!scene_init(&scene, session))
		return false;
	return act_on(view, &scene, action, argument, listing_selected(listings, view, &scene)) ||
	       listing_act(session, own, action);
}

static bool *pane(void *own)
{
	struct tree_view *view = own;

	return &view->whatif;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct tree_view *view = own;
	struct list_row row = {0};
	struct scene scene;

	if (!scene_init(&scene, session))
		return;
	row.key.ref = listing_selected(listings, own, &scene);
	if (view->whatif)
		page_whatif_copy(&view->answer, &scene, row.key.ref, buffer, size);
	else if (scene_row(&scene, row.key.ref, &row.row))
		describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct tree_view *view = own;
	struct scene scene;
	char filter[256];
	union row row;

	if (!scene_init(&scene, session))
		return;
	if (view->whatif && scene_row(&scene, listing_selected(listings, view, &scene), &row) && row.node.kpfn)
		snprintf(buffer, size, "ksmtop whatif %s --pfn 0x%" PRIx64 " --at %" PRIu64,
			 scene.source->file, row.node.kpfn, scene.when.t);
	else
		snprintf(buffer, size, "ksmtop list %s nodes --at %" PRIu64 "%s",
			 scene.source->file, scene.when.t,
			 util_filter_option(&scene, filter, sizeof(filter)));
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size,
			 history_is_patched(scene.history)
				 ? "in tree order, chains with their dups"
				 : "by pfn; order and chains need the patch");
}

static void state_fini(void *own)
{
	struct tree_view *view = own;

	view_list_fini(&view->list);
	page_whatif_fini(&view->answer);
}

const struct view view_tree = {
	.id = VIEW_TREE,
	.title = "Stable pages",
	.tab = "Tree",
	.draw = draw,
	.key = '2',
	.unit = "event",
	.nr_lists = 2,
	.listings = listings,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct tree_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.find = listing_find,
	.pane = pane,
	.moved = listing_moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
