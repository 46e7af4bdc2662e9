// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_processes.c - who takes part in KSM, and what it gains.
 *
 * One line an mm.  Three numbers stand side by side because they come from three sources and need
 * not agree: MERGED are rmap_items that hang on stable nodes (what the events say ksmd did),
 * MAPPED are pages whose page table was seen to hold a KSM page (pagemap), MERGING and PROFIT are
 * the kernel's own numbers (/proc/PID/ksm_merging_pages and ksm_stat) from the last sample.  What
 * was never seen shows a dash, not a zero.
 *
 * Below the list stands the process under the cursor: the mm as an object, and its items.
 *
 * An mm is not a process: after exec a process has another one, after fork two processes have two.
 * The link between them has evidence of its own, shown with the pid.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "process_table.h"
#include "view_util.h"
#include "views.h"
#include "why_not.h"

#define DETAIL_ROWS 7 /* with its rule */

struct processes_view {
	struct view_list list, items;
	struct why_not_pane why; /* in place of the process's facts and items */
};

/* ---- the process under the cursor ---- */

static void items_feed(const struct scene *scene, struct feed *feed, struct ref mm)
{
	feed_relation(feed, scene, ITEMS_OF_MM, mm);
}

static void draw_facts(struct pane pane, const struct scene *scene, const struct mm_row *mm)
{
	char text[64], count[FORMAT_MAX];
	struct process_numbers numbers;
	struct process_doubts doubts;

	process_numbers(scene, mm, &numbers);
	process_doubts(scene, mm, &doubts);
	pane_fieldf(pane, 1, ' ', "mm", mm->fact.evidence, mm->fact.doubt != DOUBT_NONE,
		    "0x%" PRIx64, mm->name.addr);
	pane_fieldf(pane, 2, ' ', "process", mm->tgid_evidence, mm->tgid_doubtful,
		    mm->tgid ? "%.16s %d" : "not known", mm->comm, mm->tgid);
	pane_fieldf(pane, 3, scene->when.t && mm->fact.first == scene->when.t ? '+' : ' ', "since",
		    0, false, "%s", util_event(scene, mm->fact.first, text, sizeof(text)));
	if (numbers.rmap_items >= 0)
		pane_fieldf(pane, 4, ' ', "rmap_items", 'D', doubts.sampled, "%s",
			    format_count(count, (uint64_t)numbers.rmap_items));
	else
		pane_fieldf(pane, 4, ' ', "rmap_items", EVIDENCE_INFERRED, doubts.items, "%s",
			    format_count(count, numbers.counters.nr_items));
	if (!ref_is_none(mm->parent))
		pane_fieldf(pane, 5, ' ', "forked from", 0, false, "%s",
			    scene_owner(scene, mm->parent, text, sizeof(text)));
	else
		pane_fieldf(pane, 5, ' ', "merges so far", EVIDENCE_TRACED,
			    history_may_lack_merges(scene->history, mm->fact.first, scene->when), "%s",
			    format_count(count, numbers.counters.nr_merges));
	pane_fieldf(pane, 6, ' ', mm->fact.doubt ? "doubtful" : "KSM", 0, false, "%s",
		    mm->exited     ? "it exited; whether ksmd was there since is not known"
		    : mm->fact.doubt ? scene_doubt(mm->fact.doubt)
		    : mm->in_ksm   ? "ksmd scans it"
				   : "has left it");
}

static const char *item_address(const struct item_row *item, char *buf, size_t size)
{
	if (item->has_address)
		snprintf(buf, size, "0x%" PRIx64, item->address);
	else
		snprintf(buf, size, "item 0x%" PRIx64, item->name.addr);
	return buf;
}

static void draw_item(struct pane pane, int y, const struct scene *scene,
		      const struct item_row *item, bool cursor)
{
	char marks[3] = {cursor ? '>' : ' ', scene_mark(scene, (const union row *)item), 0};
	char name[48], address[32];
	int wide = pane.width > 48 ? 20 : 14;

	pane_fit(pane, 3, y, wide + 10, ALIGN_LEFT, cursor ? ROLE_CURSOR : ROLE_TEXT,
		 item_address(item, address, sizeof(address)));
	pane_fit(pane, wide + 14, y, pane.width - wide - 17, ALIGN_LEFT,
		 cursor ? ROLE_CURSOR : ROLE_TEXT,
		 item->state == ITEM_STABLE ? scene_name(scene, item->node, name, sizeof(name))
					    : item_state_name(item->state));
	pane_fact(pane, pane.width - 2, y, item->fact.evidence, item->fact.doubt != DOUBT_NONE);
	row_marks(pane, y, marks);
}

static void draw_items(struct pane pane, struct processes_view *view, const struct scene *scene,
		       struct ref mm)
{
	struct view_state *state = session_view_state(scene->session);
	struct list_window window;
	struct feed feed;

	items_feed(scene, &feed, mm);
	view_list_window(&view->items, &feed, view->items.cursor, pane.height - 1, &window);
	view_list_place(&view->items, scene, &state->lists[1], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_item(pane, i + 1, scene, &window.rows[i].row.item,
			  state->focus == 1 && i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT, "no page of it is known as merged");
}

static void draw(struct session *session, void *own, struct pane body)
{
	struct processes_view *view = own;
	int detail = view->why.shown ? body.height * 3 / 5 : body.height > 30 ? 14 : DETAIL_ROWS;
	int split = body.width / 2;
	struct pane below;
	struct scene scene;
	struct ref mm;
	char name[64];
	union row row;

	if (!scene_draw(&scene, session, body))
		return;
	mm = process_draw(pane_sub(body, 0, 0, body.width, body.height - detail), &view->list,
			  &scene);
	below = pane_sub(body, 0, body.height - detail, body.width, detail);
	if (view->why.shown) {
		why_not_draw(below, &view->why, &scene, mm);
		return;
	}
	pane_rule(below, 0, ref_is_none(mm) ? "" : scene_owner(&scene, mm, name, sizeof(name)),
		  "Tab: its items   Enter: its life   W: why not merged");
	if (scene_row(&scene, mm, &row)) {
		draw_facts(pane_sub(below, 0, 0, split, detail), &scene, &row.mm);
		draw_items(pane_sub(below, split, 0, body.width - split, detail), view, &scene, mm);
	} else if (!ref_is_none(mm)) {
		pane_text(below, 2, 1, ROLE_CHANGED, "x  not there at this moment");
	}
}

/* ---- keys ---- */

static struct view_list *open_processes(void *own, struct scene *scene, struct feed *feed,
					struct row_key *ret_cursor)
{
	struct processes_view *view = own;

	process_feed(&view->list, scene, feed);
	*ret_cursor = util_cursor(scene, &view->list, TABLE_MM);
	return &view->list;
}

static void choose_process(void *own, const struct scene *scene, struct row_key key, enum action how)
{
	struct processes_view *view = own;

	(void)how;
	if (!ref_is_none(key.ref))
		session_select(scene->session, key.ref);
	view->items.cursor = (struct row_key){0};
	view->items.line = 0;
}

static void describe_item(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	const struct item_row *item = &row->row.item;
	char name[48], address[32];

	snprintf(buf, size, "%s %s", item_address(item, address, sizeof(address)),
		 item->state == ITEM_STABLE ? scene_name(scene, item->node, name, sizeof(name))
					    : item_state_name(item->state));
}

static struct view_list *open_items(void *own, struct scene *scene, struct feed *feed,
				    struct row_key *ret_cursor);

static const struct listing listings[] = {
	{.part = 0, .open = open_processes, .choose = choose_process, .describe = process_describe},
	/* what is selected stays the process */
	{.part = 1, .apart = true, .open = open_items, .describe = describe_item},
	{0},
};

static struct view_list *open_items(void *own, struct scene *scene, struct feed *feed,
				    struct row_key *ret_cursor)
{
	struct processes_view *view = own;
	struct ref mm = listing_selected(listings, own, scene);

	if (view->why.shown || ref_is_none(mm))
		return NULL;
	items_feed(scene, feed, mm);
	*ret_cursor = view->items.cursor;
	return &view->items;
}

/* What keys are about: the process, or the item when the lower list has the focus. */
static struct ref subject(struct processes_view *view, const struct scene *scene)
{
	struct list_row row;

	if (session_view_state(scene->session)->focus == 1 && listing_row(&listings[1], view, scene, &row))
		return row.key.ref;
	return listing_selected(listings, view, scene);
}

static bool act_parent(const struct scene *scene, struct ref mm)
{
	union row row;

	if (scene_row(scene, mm, &row) && !ref_is_none(row.mm.parent))
		session_select(scene->session, row.mm.parent);
	else
		session_say(scene->session, "it is not known to be forked from another");
	return true;
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct processes_view *view = own;
	struct scene scene;

	if (!scene_init(&scene, session))
		return false;
	switch (action) {
	case ACTION_WHY_NOT:
		why_not_toggle(&view->why, &scene, argument->text);
		return true;
	case ACTION_PARENT:
		return act_parent(&scene, listing_selected(listings, view, &scene));
	default:
		return listing_act_on(&scene, action, subject(view, &scene)) ||
		       listing_act(session, own, action);
	}
}

static bool *pane(void *own)
{
	struct processes_view *view = own;

	return &view->why.shown;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct processes_view *view = own;
	struct list_row row = {0};
	struct scene scene;

	if (!scene_init(&scene, session))
		return;
	row.key.ref = listing_selected(listings, view, &scene);
	if (view->why.shown)
		why_not_copy(&view->why, &scene, row.key.ref, buffer, size);
	else if (scene_row(&scene, row.key.ref, &row.row))
		process_describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct processes_view *view = own;
	struct scene scene;
	char filter[256];
	union row row;

	if (!scene_init(&scene, session))
		return;
	if (view->why.shown && scene_row(&scene, listing_selected(listings, view, &scene), &row))
		snprintf(buffer, size, "ksmtop why-not-merged %s --mm 0x%" PRIx64 " --at %" PRIu64,
			 scene.source->file, row.mm.name.addr, scene.when.t);
	else
		snprintf(buffer, size, "ksmtop list %s mms --at %" PRIu64 "%s", scene.source->file,
			 scene.when.t, util_filter_option(&scene, filter, sizeof(filter)));
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	char count[FORMAT_MAX];
	struct scene scene;
	uint64_t nr = 0;

	(void)own;
	if (!scene_init(&scene, session))
		return;
	history_count(scene.history, ALL_MMS, (struct ref){0}, scene.when, &nr, NULL);
	snprintf(buffer, size, "%s %s", format_count(count, nr), nr == 1 ? "process" : "processes");
}

static void state_fini(void *own)
{
	struct processes_view *view = own;

	view_list_fini(&view->list);
	view_list_fini(&view->items);
	why_not_fini(&view->why);
}

const struct view view_processes = {
	.id = VIEW_PROCESSES,
	.title = "Processes",
	.tab = "Procs",
	.draw = draw,
	.key = '3',
	.unit = "event",
	.nr_lists = 2,
	.listings = listings,
	.columns = process_columns,
	.nr_columns = NR_PROCESS_COLUMNS,
	.state_size = sizeof(struct processes_view),
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
