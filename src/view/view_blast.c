// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_blast.c - which page must not fail: what a memory failure would do, page by page.
 *
 * The pages that would kill most processes stand first: without recovery everybody who maps the page,
 * with it those who cannot be moved to a copy of a healthy dup.  Below stand the processes of the page
 * under the cursor and what would become of each.  All of it is modelled (M) from what is known at
 * this moment; a process that only might map the page is counted and marked.
 *
 * The ranking looks at all pages, so it is made once for a moment and kept; in a hurry the last one
 * stands until there is time.  Where there are very many a step in time does not make it anew: the heading
 * then says of which event it is, and s ranks for this moment.  The page under the cursor is asked at the moment.
 * It has no number of its own: X or :blast goes there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/blast.h"
#include "trace/diag.h"

#include "format.h"
#include "listing.h"
#include "view_util.h"
#include "views.h"

#define TOP  200   /* pages that are ranked */
#define MANY 50000 /* pages whose ranking is kept over steps in time */

struct blast_view {
	struct blast *pages; /* as of `when` */
	uint32_t nr;
	struct moment when;
	const struct history *of;
	uint64_t last; /* events loaded then */
	bool asked;
	struct blast one; /* the page under the cursor at `one_when` */
	struct moment one_when;
	bool one_known;
	struct ref chosen; /* the cursor where the selected object is no page of the list */
	int height;
	uint32_t drawn; /* the cursor's row, as last drawn: what the mouse moved it from */
};

enum { COLUMN_NODE, COLUMN_PFN, COLUMN_ITEMS, COLUMN_WITHOUT, COLUMN_MOVED, COLUMN_WITH, COLUMN_MAYBE, COLUMN_DUP };
static const struct column columns[] = {
	{"node", "NODE", 11, 1, 0, ALIGN_LEFT},     {"pfn", "PFN", 9, 1, 0, ALIGN_LEFT},
	{"items", "ITEMS", 6, 0, 1, ALIGN_RIGHT},   {"without", "KILLS", 5, 0, 0, ALIGN_RIGHT},
	{"moved", "MOVES", 5, 0, 0, ALIGN_RIGHT},   {"with", "DIE", 5, 0, 0, ALIGN_RIGHT},
	{"maybe", "MAYBE", 5, 0, 0, ALIGN_RIGHT},   {"dup", "HEALTHY DUP", 18, 3, 0, ALIGN_LEFT},
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

static void forget(struct blast_view *view)
{
	blast_list_free(view->pages, view->nr);
	blast_fini(&view->one);
	view->one_known = false;
	view->pages = NULL;
	view->nr = 0;
	view->asked = false;
}

static bool is_of(struct moment a, struct moment b)
{
	return a.t == b.t && a.known_by == b.known_by;
}

static bool are_many(const struct scene *scene)
{
	uint64_t nr = 0;

	history_count(scene->history, ALL_NODES, (struct ref){0}, scene->when, &nr, NULL);
	return nr > MANY;
}

static void rank(struct blast_view *view, const struct scene *scene)
{
	struct episode_source source = scene_episodes(scene);
	uint64_t last = history_last(scene->history);
	struct diag diag = {0};

	if (view->asked && view->of == scene->history && view->last == last &&
	    (is_of(view->when, scene->when) || are_many(scene)))
		return;
	/* Until there is time for it the last one stands, or none. */
	if (session_leave_out(scene->session)) {
		if (view->of != scene->history)
			forget(view);
		return;
	}
	forget(view);
	view->asked = true;
	view->of = scene->history;
	view->last = last;
	view->when = scene->when;
	if (blast_rank(&source, scene->when, TOP, &view->pages, &view->nr, &diag)) {
		view->pages = NULL;
		view->nr = 0;
	}
}

/* The page at this moment: of the ranking, or asked by itself when that is of another. */
static const struct blast *at_this_moment(struct blast_view *view, const struct scene *scene, uint32_t at)
{
	struct episode_source source = scene_episodes(scene);
	struct diag diag = {0};

	if (is_of(view->when, scene->when))
		return &view->pages[at];
	if (view->one_known && is_of(view->one_when, scene->when) &&
	    ref_equal(view->one.node.ref, view->pages[at].node.ref))
		return &view->one;
	blast_fini(&view->one);
	view->one_when = scene->when;
	view->one_known = blast_page(&source, view->pages[at].node.ref, scene->when, &view->one, &diag) == 0;
	return view->one_known ? &view->one : NULL;
}

/* The selected node where it is in the list, else the one chosen before, else the worst. */
static uint32_t cursor_at(const struct blast_view *view, const struct scene *scene)
{
	struct ref node = scene_resolve(scene, session_object(scene->session), TABLE_NODE);
	uint32_t chosen = 0;

	for (uint32_t i = 0; i < view->nr; i++) {
		if (!ref_is_none(node) && ref_equal(view->pages[i].node.ref, node))
			return i;
		if (ref_equal(view->pages[i].node.ref, view->chosen))
			chosen = i;
	}
	return chosen;
}

/* ---- the list ---- */

static void draw_page(struct pane pane, int y, const struct scene *scene, const struct column_place *places,
		      const struct blast *blast, bool cursor)
{
	char mark = scene_mark(scene, (const union row *)&blast->node), text[80], name[48];
	char marks[3] = {cursor ? '>' : ' ', mark != ' ' ? mark : blast->nr_killed_with > 1 ? '!' : ' ', 0};
	enum role role = cursor ? ROLE_CURSOR : ROLE_TEXT;
	const struct { int column; uint32_t number; enum role role; } numbers[] = {
		{COLUMN_ITEMS, blast->node.nr_items, role},
		{COLUMN_WITHOUT, blast->nr_killed_without, role},
		{COLUMN_MOVED, blast->nr_moved, cursor ? role : blast->nr_moved ? ROLE_GOOD : ROLE_SKIPPED},
		{COLUMN_WITH, blast->nr_killed_with, cursor ? role : blast->nr_killed_with ? ROLE_FAULT : ROLE_SKIPPED},
		{COLUMN_MAYBE, blast->nr_maybe, cursor ? role : ROLE_SKIPPED},
	};

	column_text(pane, y, &columns[COLUMN_NODE], &places[COLUMN_NODE], role,
		    scene_name(scene, blast->node.ref, name, sizeof(name)));
	snprintf(text, sizeof(text), "0x%" PRIx64, blast->node.kpfn);
	column_text(pane, y, &columns[COLUMN_PFN], &places[COLUMN_PFN], role, text);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		column_text(pane, y, &columns[numbers[i].column], &places[numbers[i].column], numbers[i].role,
			    format_count(text, numbers[i].number));
	if (!ref_is_none(blast->healthy_dup))
		snprintf(text, sizeof(text), "%s 0x%" PRIx64,
			 scene_name(scene, blast->healthy_dup, name, sizeof(name)), blast->healthy_pfn);
	else
		snprintf(text, sizeof(text), "%s", blast->why == BLAST_NO_CHAIN ? "none: no chain" : "none");
	column_text(pane, y, &columns[COLUMN_DUP], &places[COLUMN_DUP], role, text);
	pane_fact(pane, pane.width - 2, y, blast->evidence, blast->doubtful);
	row_marks(pane, y, marks);
}

static void draw_list(struct pane pane, struct blast_view *view, const struct scene *scene, uint32_t at)
{
	struct view_state *state = session_view_state(scene->session);
	int rows = pane.height - 2 < 1 ? 1 : pane.height - 2;
	struct column_place places[NR_COLUMNS];
	uint32_t first = at + 1 > (uint32_t)rows ? at + 1 - (uint32_t)rows : 0;
	char count[64];

	if (is_of(view->when, scene->when))
		snprintf(count, sizeof(count), view->nr == TOP ? "the worst %" PRIu32 : "%" PRIu32 " pages",
			 view->nr);
	else
		snprintf(count, sizeof(count), "as of #%" PRIu64 "; s: now", view->when.t);
	pane_heading(pane, 0, "IF THIS PAGE FAILED: without recovery, and with it", count);
	columns_fit(columns, NR_COLUMNS, state->columns, -1, pane.width - 3, places);
	columns_heading(pane, 1, columns, NR_COLUMNS, places, -1, false);
	for (int i = 0; i < rows && first + (uint32_t)i < view->nr; i++)
		draw_page(pane, 2 + i, scene, places, &view->pages[first + (uint32_t)i],
			  first + (uint32_t)i == at);
	if (!view->nr)
		pane_text(pane, 3, 2, ROLE_HINT, view->asked ?
			  "no KSM page is known to be mapped at this moment" : "the pages are being ranked ...");
	view->height = rows;
	state->lists[0].cursor = view->drawn = at;
	state->lists[0].top = first;
	list_place(&state->lists[0], view->nr, pane.x - scene->body.x, pane.y - scene->body.y + 2, pane.width, rows);
}

/* ---- the victims ---- */

static void draw_victim(struct pane pane, int y, const struct scene *scene, const struct blast *blast,
			const struct victim *victim, bool cursor)
{
	bool moves = !victim->dies;
	char text[96];
	union row row;

	if (scene_row(scene, victim->mm, &row) && row.mm.tgid)
		snprintf(text, sizeof(text), "%" PRId32 " %.16s", row.mm.tgid, row.mm.comm);
	else if (victim->tgid)
		snprintf(text, sizeof(text), "pid %" PRId32, victim->tgid);
	else
		scene_name(scene, victim->mm, text, sizeof(text));
	pane_put(pane, 0, y, ROLE_CURSOR, cursor ? '>' : ' ');
	pane_put(pane, 1, y, moves ? ROLE_VISITED : ROLE_FAULT, moves ? '*' : '!');
	pane_fit(pane, 3, y, 22, ALIGN_LEFT, cursor ? ROLE_CURSOR : ROLE_TEXT, text);
	pane_printf(pane, 26, y, ROLE_TEXT, "%4" PRIu32 " mapping%s", victim->nr_mappings,
		    victim->nr_mappings == 1 ? "" : "s");
	pane_fit(pane, 42, y, pane.width - 45, ALIGN_LEFT, moves ? ROLE_GOOD : ROLE_FAULT,
		 moves ? "moves to a copy" : blast->recovery ? "dies" : ref_is_none(blast->healthy_dup) ? "dies" : "dies: no item finds it");
	pane_fact(pane, pane.width - 2, y, blast->evidence, !victim->known);
}

static void draw_victims(struct pane pane, const struct scene *scene, const struct blast *blast)
{
	struct view_state *state = session_view_state(scene->session);
	char name[48], heading[96];
	uint64_t top;

	snprintf(heading, sizeof(heading), "%s 0x%" PRIx64, scene_name(scene, blast->node.ref, name, sizeof(name)),
		 blast->node.kpfn);
	pane_rule(pane, 0, heading, "Tab: its processes   x what-if");
	pane_fit(pane, 3, 1, pane.width - 6, ALIGN_LEFT, ROLE_TEXT, blast_why_text((enum blast_why)blast->why));
	pane_fact(pane, pane.width - 2, 1, blast->evidence, blast->doubtful);
	top = list_place(&state->lists[1], blast->nr_victims, pane.x - scene->body.x,
			 pane.y - scene->body.y + 2, pane.width, pane.height - 2);
	for (int i = 0; 2 + i < pane.height && top + (uint64_t)i < blast->nr_victims; i++)
		draw_victim(pane, 2 + i, scene, blast, &blast->victims[top + (uint64_t)i],
			    state->focus == 1 && state->lists[1].cursor == top + (uint64_t)i);
}

static void draw(struct session *session, void *own, struct pane body)
{
	int lower = body.height * 2 / 5;
	struct blast_view *view = own;
	const struct blast *blast;
	struct scene scene;
	uint32_t at;

	if (!scene_draw(&scene, session, body))
		return;
	rank(view, &scene);
	at = cursor_at(view, &scene);
	draw_list(pane_sub(body, 0, 0, body.width, body.height - lower), view, &scene, at);
	blast = at < view->nr ? at_this_moment(view, &scene, at) : NULL;
	if (blast)
		draw_victims(pane_sub(body, 0, body.height - lower, body.width, lower), &scene, blast);
	else
		list_place(&session_view_state(session)->lists[1], 0, 0, 0, 0, 0);
}

/* ---- keys ---- */

static const struct blast *current(struct blast_view *view, struct scene *scene, struct session *session)
{
	uint32_t at;

	if (!scene_init(scene, session))
		return NULL;
	rank(view, scene);
	at = cursor_at(view, scene);
	return at < view->nr ? &view->pages[at] : NULL;
}

static void choose(struct blast_view *view, const struct scene *scene, int64_t to)
{
	to = to >= view->nr ? (int64_t)view->nr - 1 : to;
	to = to < 0 ? 0 : to;
	view->chosen = view->pages[to].node.ref;
	session_select(scene->session, view->chosen);
}

static bool act_on(struct blast_view *view, const struct scene *scene, const struct blast *blast,
		   enum action action)
{
	struct view_state *state = session_view_state(scene->session);
	uint64_t victim = state->lists[1].cursor;

	switch (action) {
	case ACTION_OPEN:
		util_open(scene, state->focus == 1 && victim < blast->nr_victims ? blast->victims[victim].mm
										: blast->node.ref);
		return true;
	case ACTION_WHAT_IF:
		util_what_if(scene, blast->node.ref);
		return true;
	case ACTION_PARENT:
	case ACTION_UP_OR_QUIT:
		session_select(scene->session, ref_is_none(blast->chain) ? blast->node.ref : blast->chain);
		session_show(scene->session, VIEW_TREE);
		return true;
	case ACTION_SORT:
		if (!is_of(view->when, scene->when))
			forget(view);
		session_say(scene->session, "the pages stand by what they would kill");
		return true;
	default:
		return listing_act_on(scene, action, blast->node.ref);
	}
}

static bool act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct blast_view *view = own;
	struct scene scene;
	const struct blast *blast = current(view, &scene, session);
	int64_t at, to;

	(void)argument;
	if (!blast)
		return false;
	if (act_on(view, &scene, blast, action))
		return true;
	at = blast - view->pages;
	if (session_view_state(session)->focus)
		return false;
	switch (action) {
	case ACTION_UP: to = at - 1; break;
	case ACTION_DOWN: to = at + 1; break;
	case ACTION_PAGE_UP: to = at - view->height; break;
	case ACTION_PAGE_DOWN: to = at + view->height; break;
	case ACTION_TOP: to = 0; break;
	case ACTION_BOTTOM: to = view->nr; break;
	default: return false;
	}
	choose(view, &scene, to);
	return true;
}

static void moved(struct session *session, void *own)
{
	struct view_state *state = session_view_state(session);
	struct blast_view *view = own;
	struct scene scene;

	if (current(view, &scene, session) && !state->focus)
		choose(view, &scene, (int64_t)cursor_at(view, &scene) +
					     (int64_t)state->lists[0].cursor - view->drawn);
}

static void describe(const struct scene *scene, const struct blast *blast, char *buf, size_t size)
{
	char name[48], dup[48] = "none";

	if (!ref_is_none(blast->healthy_dup))
		scene_name(scene, blast->healthy_dup, dup, sizeof(dup));
	snprintf(buf, size, "%s pfn 0x%" PRIx64 " at event %" PRIu64 ": a failure kills %" PRIu32
		 " processes; with recovery %" PRIu32 " move and %" PRIu32 " die (healthy dup %s)",
		 scene_name(scene, blast->node.ref, name, sizeof(name)), blast->node.kpfn, scene->when.t,
		 blast->nr_killed_without, blast->nr_moved, blast->nr_killed_with, dup);
}

static int find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	struct blast_view *view = own;
	struct scene scene;
	const struct blast *blast = current(view, &scene, session);
	char line[256];

	if (!blast)
		return 0;
	for (int64_t i = wrap ? dir > 0 ? 0 : (int64_t)view->nr - 1 : blast - view->pages + dir; i >= 0 && i < view->nr; i += dir) {
		describe(&scene, &view->pages[i], line, sizeof(line));
		if (text_holds(line, text)) {
			choose(view, &scene, i);
			return 1;
		}
	}
	return 0;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	const struct blast *blast = current(own, &scene, session);

	if (blast)
		describe(&scene, blast, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop blast %s --at %" PRIu64, scene.source->file, scene.when.t);
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, history_is_patched(scene.history) ? "modelled" :
			 "modelled; chains need the patch");
}

static void state_fini(void *own)
{
	forget(own);
}

const struct view view_blast = {
	.id = VIEW_BLAST,
	.title = "Blast radius",
	.tab = "Blast",
	.draw = draw,
	.under = '2',
	.unit = "event",
	.nr_lists = 2,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct blast_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.find = find,
	.moved = moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
