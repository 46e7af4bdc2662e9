// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_stale.c - what ksmd does not know yet: mappings without an item, items without a mapping.
 *
 * At the left all stable nodes in tree order, those marked with ! of which a walk was to unmap the page and
 * left mappings.  At the right the page under the cursor: each place that maps it or might, and whether
 * an rmap_item leads there.  Below, the failed walks of all pages with the reason of the one under the
 * cursor; choosing one there chooses its page.
 *
 * The parts that know mappings and walks are in stale_parts.c, what they mean in explain/stale.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "stale_parts.h"
#include "view_util.h"
#include "views.h"

struct stale_view {
	struct view_list list;
	struct stale_parts parts;
};

enum { COLUMN_NODE, COLUMN_PFN, COLUMN_ITEMS, COLUMN_FAILED };
static const struct column columns[] = {
	{"node", "NODE", 8, 2, 0, ALIGN_LEFT},
	{"pfn", "PFN", 9, 1, 2, ALIGN_LEFT},
	{"items", "ITEMS", 5, 0, 0, ALIGN_RIGHT},
	{"failed", "FAILED", 6, 0, 0, ALIGN_RIGHT},
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

/* ---- the list ---- */

static uint32_t failures_of(const struct scene *scene, struct ref node)
{
	const struct stale_view *view = session_view_state(scene->session)->own;

	return stale_log_failures(&view->parts.log, node, scene->when.t, NULL);
}

static int compare_nodes(const struct scene *scene, int column, const union row *a, const union row *b)
{
	const struct node_row *x = &a->node, *y = &b->node;

	switch (column) {
	case COLUMN_PFN:
		return x->kpfn < y->kpfn ? -1 : x->kpfn > y->kpfn;
	case COLUMN_ITEMS:
		return x->nr_items < y->nr_items ? -1 : x->nr_items > y->nr_items;
	case COLUMN_FAILED: {
		uint32_t p = failures_of(scene, x->ref), q = failures_of(scene, y->ref);

		return p < q ? -1 : p > q;
	}
	default:
		return x->name.number < y->name.number ? -1 : x->name.number > y->name.number;
	}
}

static void node_feed(struct stale_view *view, const struct scene *scene, struct feed *feed)
{
	const struct view_state *state = session_view_state(scene->session);

	feed_relation(feed, scene, ALL_NODES, (struct ref){0});
	view_list_filter(&view->list, feed);
	if (state->sort >= 0)
		(void)view_list_sort(&view->list, feed, compare_nodes, state->sort, state->descending);
}

static void draw_node(struct pane pane, int y, const struct scene *scene, const struct column_place *places,
		      const struct node_row *node, bool cursor)
{
	const struct stale_view *view = session_view_state(scene->session)->own;
	uint32_t failed = failures_of(scene, node->ref);
	char mark = scene_mark(scene, (const union row *)node), text[64];
	char marks[3] = {cursor ? '>' : ' ', mark != ' ' ? mark : failed ? '!' : ' ', 0};
	enum role role = cursor ? ROLE_CURSOR : mark != ' ' ? mark_role(mark) : ROLE_TEXT;

	column_text(pane, y, &columns[COLUMN_NODE], &places[COLUMN_NODE], role,
		    scene_name(scene, node->ref, text, sizeof(text)));
	if (node->kind == NODE_CHAIN)
		snprintf(text, sizeof(text), "chain");
	else
		snprintf(text, sizeof(text), "0x%" PRIx64, node->kpfn);
	column_text(pane, y, &columns[COLUMN_PFN], &places[COLUMN_PFN], role, text);
	column_text(pane, y, &columns[COLUMN_ITEMS], &places[COLUMN_ITEMS], role,
		    format_count(text, node->nr_items));
	column_text(pane, y, &columns[COLUMN_FAILED], &places[COLUMN_FAILED], failed ? ROLE_FAULT : ROLE_SKIPPED,
		    stale_failed_text(&view->parts, scene, node, text));
	row_marks(pane, y, marks);
}

static void draw_list(struct pane pane, struct stale_view *view, const struct scene *scene, struct ref *ret_node)
{
	struct view_state *state = session_view_state(scene->session);
	struct row_key cursor = util_cursor(scene, &view->list, TABLE_NODE);
	struct column_place places[NR_COLUMNS];
	struct list_window window;
	struct feed feed;

	pane_heading(pane, 0, "STABLE NODES", "");
	columns_fit(columns, NR_COLUMNS, state->columns, state->sort, pane.width, places);
	columns_heading(pane, 1, columns, NR_COLUMNS, places, state->sort, state->descending);
	node_feed(view, scene, &feed);
	view_list_window(&view->list, &feed, cursor, pane.height - 2, &window);
	view_list_place(&view->list, scene, &state->lists[0], &window, pane, 2);
	for (int i = 0; i < window.nr; i++)
		draw_node(pane, i + 2, scene, places, &window.rows[i].row.node, i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 2, ROLE_HINT,
			  *session_filter(scene->session) ? "no node fits" : "no stable node");
	*ret_node = listing_shown(scene, cursor, &window);
}

static void draw_stock(struct pane pane)
{
	pane_wrap(pane, 3, 2, pane.width - 6, ROLE_HINT,
		  "A stock kernel tells neither the addresses of its rmap_items nor the VMAs that they lead "
		  "to, so what is stale cannot be known from this recording. One of the patched kernel "
		  "tells both, and what each walk found.");
}

static void draw(struct session *session, void *own, struct pane body)
{
	int left = body.width >= 110 ? 36 : 29, lower = body.height > 30 ? 14 : body.height / 3;
	struct stale_view *view = own;
	struct scene scene;
	struct ref node;

	if (!scene_draw(&scene, session, body))
		return;
	if (!history_is_patched(scene.history)) {
		draw_stock(body);
		return;
	}
	stale_parts_read(&view->parts, &scene);
	draw_list(pane_sub(body, 0, 0, left, body.height - lower), view, &scene, &node);
	pane_vline(body, left, 0, body.height - lower, ROLE_BORDER);
	stale_draw_page(pane_sub(body, left + 1, 0, body.width - left - 1, body.height - lower), &view->parts,
			&scene, node);
	stale_draw_walks(pane_sub(body, 0, body.height - lower, body.width, lower), &view->parts, &scene, node);
}

/* ---- keys ---- */

static bool begin(struct stale_view *view, struct scene *scene, struct session *session)
{
	if (!scene_init(scene, session) || !history_is_patched(scene->history))
		return false;
	stale_parts_read(&view->parts, scene);
	return true;
}

static struct view_list *open_nodes(void *own, struct scene *scene, struct feed *feed,
				    struct row_key *ret_cursor)
{
	struct stale_view *view = own;

	if (!history_is_patched(scene->history))
		return NULL;
	stale_parts_read(&view->parts, scene);
	node_feed(view, scene, feed);
	*ret_cursor = util_cursor(scene, &view->list, TABLE_NODE);
	return &view->list;
}

static void choose(void *own, const struct scene *scene, struct row_key key, enum action how)
{
	struct stale_view *view = own;

	session_select(scene->session, key.ref);
	if (how != ACTION_NONE && how != ACTION_FIND)
		view->parts.chosen_walk = 0;
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	const struct stale_view *view = session_view_state(scene->session)->own;
	char node[80], failed[FORMAT_MAX];

	snprintf(buf, size, "%s %s, failed walks: %s", util_node(scene, &row->row.node, node, sizeof(node)),
		 node_kind_name(row->row.node.kind), stale_failed_text(&view->parts, scene, &row->row.node, failed));
}

static const struct listing listings[] = {
	{.part = 0, .open = open_nodes, .choose = choose, .describe = describe}, {0},
};

static void open_current(struct stale_view *view, const struct scene *scene, struct ref node)
{
	int focus = session_view_state(scene->session)->focus;
	const struct stale_entry *entry = stale_current_entry(&view->parts, scene, node);
	const struct stale_walk *walk = stale_current_walk(&view->parts, scene, node);

	if (focus == 2 && walk)
		session_jump_to(scene->session, walk->end);
	else if (focus == 1 && entry)
		util_open(scene, !ref_is_none(entry->item) ? entry->item :
			  !ref_is_none(entry->vma) ? entry->vma : entry->mm);
	else
		util_open(scene, node);
}

static bool act_on(struct stale_view *view, const struct scene *scene, enum action action, struct ref node)
{
	switch (action) {
	case ACTION_OPEN:
		open_current(view, scene, node);
		return true;
	case ACTION_PARENT:
		util_chain(scene, node);
		return true;
	case ACTION_WHAT_IF:
		util_what_if(scene, node);
		return true;
	default:
		return listing_act_on(scene, action, node);
	}
}

static bool act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct stale_view *view = own;
	struct scene scene;
	struct ref node;

	(void)argument;
	if (!begin(view, &scene, session))
		return false;
	node = listing_selected(listings, view, &scene);
	if (act_on(view, &scene, action, node))
		return true;
	if (session_view_state(session)->focus)
		return stale_parts_act(&view->parts, &scene, node, action);
	return listing_act(session, own, action);
}

static void moved(struct session *session, void *own)
{
	struct stale_view *view = own;
	struct scene scene;

	if (!session_view_state(session)->focus)
		listing_moved(session, own);
	else if (begin(view, &scene, session))
		stale_parts_click(&view->parts, &scene, listing_selected(listings, view, &scene));
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct stale_view *view = own;
	const struct stale_entry *entry;
	const struct stale_walk *walk;
	struct list_row row = {0};
	struct scene scene;

	if (!begin(view, &scene, session))
		return;
	row.key.ref = listing_selected(listings, view, &scene);
	entry = stale_current_entry(&view->parts, &scene, row.key.ref);
	walk = stale_current_walk(&view->parts, &scene, row.key.ref);
	if (session_view_state(session)->focus == 2 && walk)
		stale_explain_walk(&view->parts, &scene, walk, buffer, size);
	else if (session_view_state(session)->focus == 1 && entry)
		stale_describe(&scene, &view->parts.page, entry, buffer, size);
	else if (scene_row(&scene, row.key.ref, &row.row))
		describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop check %s", scene.source->file);
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct history_counters counters;
	struct scene scene;

	(void)own;
	if (!scene_init(&scene, session))
		return;
	history_totals(scene.history, scene.when, &counters);
	if (counters.scan_seqnr >= 0)
		snprintf(buffer, size, "scan %" PRId64 " %s", counters.scan_seqnr,
			 counters.scan_running ? "runs" : "ended");
}

static void state_fini(void *own)
{
	struct stale_view *view = own;

	view_list_fini(&view->list);
	stale_parts_fini(&view->parts);
}

const struct view view_stale = {
	.id = VIEW_STALE,
	.title = "Stale",
	.tab = "Stale",
	.draw = draw,
	.key = '9',
	.unit = "event",
	.nr_lists = 3,
	.listings = listings,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct stale_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.find = listing_find,
	.moved = moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
