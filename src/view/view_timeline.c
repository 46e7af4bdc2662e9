// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_timeline.c - the recording at a glance: what happened when, and where to look.
 *
 * One row a kind of activity, one column a stretch of time; the cursor is the moment.  Left and
 * Right go by column: to the first event of the next (or of this, or of the previous) column that
 * has any, so that as many steps back as forth end where they began.  + - zoom around the moment,
 * h l pan, n N walk through the notable moments.
 *
 * The window is turned like pages: when the moment leaves it, the window that holds it is shown,
 * whichever way one came.
 *
 * The rows themselves are drawn by timeline_tracks.c, counted by timeline_chart.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "notable_text.h"
#include "stepper.h"
#include "timeline_tracks.h"
#include "view_util.h"
#include "views.h"

#define SPAN_LEAST 1000 /* ns */
#define WORTH_MAX  16

struct timeline_view {
	uint64_t from_ns, span_ns; /* span 0: the whole recording */
	int drawn_columns;
	uint64_t worth[WORTH_MAX]; /* events of the list below, as drawn */
	int nr_worth;
	struct chart chart;
};

/* ---- the window ---- */

static uint64_t whole_span(const struct scene *scene)
{
	uint64_t last = history_last(scene->history);

	return last ? (uint64_t)scene_ns(scene, last) + 1 : 1;
}

/* The stored window, turned to the page that holds the moment. */
static struct chart_window effective(const struct timeline_view *view, const struct scene *scene,
				     int nr)
{
	uint64_t whole = whole_span(scene), now = (uint64_t)scene_ns(scene, scene->when.t), pages;
	struct chart_window window = {
		.from_ns = 0,
		.span_ns = whole,
		.nr = nr > 0 ? nr : 1,
		.last = history_last(scene->history),
	};

	if (!view->span_ns || view->span_ns >= whole)
		return window;
	window.span_ns = view->span_ns;
	if (now >= view->from_ns) {
		window.from_ns =
			view->from_ns + (now - view->from_ns) / view->span_ns * view->span_ns;
		return window;
	}
	pages = (view->from_ns - now + view->span_ns - 1) / view->span_ns;
	window.from_ns =
		view->from_ns / view->span_ns < pages ? 0 : view->from_ns - pages * view->span_ns;
	return window;
}

/* ---- below ---- */

static void draw_mark(struct pane pane, int y, const struct scene *scene, char letter, int64_t t)
{
	char event[64];

	pane_put(pane, 1, y, ROLE_KEY, (uint32_t)letter);
	pane_printf(pane, 4, y, ROLE_TEXT, "%-24s %s",
		    t ? util_event(scene, (uint64_t)t, event, sizeof(event)) : "start",
		    session_mark_name(scene->session, letter));
}

static void draw_marks(struct pane pane, const struct scene *scene)
{
	int64_t a = session_mark(scene->session, 'A'), b = session_mark(scene->session, 'B');
	char span[FORMAT_MAX], events[FORMAT_MAX];
	int y = 1;

	pane_heading(pane, 0, "MARKS", "m sets, ' goes ");
	for (const char *letter = "ABabcdefghijklmnopqrstuvwxyz"; *letter && y < pane.height;
	     letter++) {
		int64_t t = session_mark(scene->session, *letter);

		if (t >= 0)
			draw_mark(pane, y++, scene, *letter, t);
		if (*letter == 'B' && a >= 0 && b >= 0 && y < pane.height) {
			int64_t ns = scene_ns(scene, (uint64_t)b) - scene_ns(scene, (uint64_t)a);

			pane_printf(pane, 1, y++, ROLE_TEXT, "B-A  %s%s, %s events",
				    ns < 0 ? "-" : "",
				    format_duration(span, (uint64_t)(ns < 0 ? -ns : ns)),
				    format_count(events, (uint64_t)(b > a ? b - a : a - b)));
		}
	}
	if (y == 1)
		pane_text(pane, 2, 1, ROLE_HINT, "none yet; A and B compare two moments");
}

static void draw_bucket(struct pane pane, const struct chart *chart, int now)
{
	static const struct {
		const char *name;
		enum activity activity;
	} names[] = {
		{"merges", ACTIVITY_MERGES},
		{"zero pages", ACTIVITY_ZERO_PAGES},
		{"merge failures", ACTIVITY_MERGE_FAILURES},
		{"removals", ACTIVITY_REMOVALS},
		{"nodes made", ACTIVITY_NODES_MADE},
		{"nodes gone", ACTIVITY_NODES_GONE},
		{"chains", ACTIVITY_CHAINS},
		{"dups", ACTIVITY_DUPS},
		{"rmap walks", ACTIVITY_WALKS},
		{"poison", ACTIVITY_POISON},
		{"migrations", ACTIVITY_MIGRATIONS},
		{"collapses", ACTIVITY_COLLAPSES},
		{"lock waits", ACTIVITY_CONTENTION},
		{"other", ACTIVITY_OTHER},
	};
	char heading[96], from[FORMAT_MAX], to[FORMAT_MAX], count[FORMAT_MAX];
	uint64_t most = 0;
	int y = 1;

	if (now < 0)
		return;
	format_moment(from, chart_ns(&chart->window, now));
	format_moment(to, chart_ns(&chart->window, now + 1));
	snprintf(heading, sizeof(heading), "%s .. %s", from, to);
	snprintf(count, sizeof(count), "%" PRIu64 " ev ", chart->edge[now + 1] - chart->edge[now]);
	pane_heading(pane, 0, heading, count);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (chart->activity[names[i].activity][now] > most)
			most = chart->activity[names[i].activity][now];
	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && y < pane.height; i++) {
		uint64_t nr = chart->activity[names[i].activity][now];

		if (!nr)
			continue;
		pane_printf(pane, 2, y, ROLE_TEXT, "%-15s %8s", names[i].name,
			    format_count(count, nr));
		if (pane.width > 32)
			pane_bar(pane, 28, y, pane.width - 30, ROLE_BAR, nr, most);
		y++;
	}
	if (y == 1)
		pane_text(pane, 2, 1, ROLE_HINT, "nothing changed in this stretch");
}

static void draw_worth_row(struct pane pane, int y, const struct scene *scene,
			   const struct notable *notable)
{
	char text[160], time[FORMAT_MAX], mark = notable_mark(notable);
	bool now = notable->event == scene->when.t;
	int x = 4;

	pane_put(pane, 1, y, ROLE_CURSOR, now ? '>' : ' ');
	pane_put(pane, 2, y, mark_role(mark), (uint32_t)mark);
	x += pane_printf(pane, x, y, now ? ROLE_CURSOR : ROLE_SKIPPED, "%-13s",
			 format_moment(time, (uint64_t)scene_ns(scene, notable->event)));
	pane_fit(pane, x + 1, y, pane.width - x - 2, ALIGN_LEFT, now ? ROLE_CURSOR : ROLE_TEXT,
		 notable_text(scene, notable, text, sizeof(text)));
}

/* The next or previous notable worth a look; several may share an event.  -1: none. */
static int next_worth(const struct scene *scene, int i, int dir)
{
	struct notable from, notable;

	if (history_notable(scene->history, (uint32_t)i, &from))
		return -1;
	/* Among its neighbours first, then past whatever is merely seen. */
	for (int j = i + dir; j >= 0 && !history_notable(scene->history, (uint32_t)j, &notable);
	     j += dir) {
		if (notable.severity >= 1)
			return j;
		if (notable.event != from.event)
			break;
	}
	return history_notable_near(scene->history, from.event, dir, notable_least(scene));
}

/* The notable moments around now: those at or before it in the upper half, then those after. */
static void draw_worth(struct pane pane, struct timeline_view *view, const struct scene *scene)
{
	struct list *place = &session_view_state(scene->session)->lists[0];
	int rows = pane.height - 1 > WORTH_MAX ? WORTH_MAX : pane.height - 1, cursor = 0;
	uint64_t t = scene->when.t;
	int at = history_notable_near(scene->history, t + 1, -1, notable_least(scene));
	struct notable notable;

	pane_rule(pane, 0, "WORTH A LOOK", "n N walk through these ");
	for (int back = 1; at >= 0 && back < rows / 2; back++) {
		int before = next_worth(scene, at, -1);

		if (before < 0)
			break;
		at = before;
	}
	if (at < 0)
		at = history_notable_near(scene->history, t, 1, notable_least(scene));
	view->nr_worth = 0;
	while (at >= 0 && view->nr_worth < rows &&
	       !history_notable(scene->history, (uint32_t)at, &notable)) {
		if (notable.event <= t)
			cursor = view->nr_worth;
		view->worth[view->nr_worth++] = notable.event;
		draw_worth_row(pane, view->nr_worth, scene, &notable);
		at = next_worth(scene, at, 1);
	}
	if (!view->nr_worth && rows > 0)
		pane_text(pane, 4, 1, ROLE_HINT, "nothing stands out in this recording");
	place->top = 0;
	place->cursor = (uint64_t)cursor;
	list_place(place, (uint64_t)view->nr_worth, pane.x - scene->body.x,
		   pane.y - scene->body.y + 1, pane.width, rows);
}

/* In one row: where n leads; behind the last, what was last. */
static void draw_worth_one(struct pane pane, struct timeline_view *view, const struct scene *scene)
{
	uint64_t t = scene->when.t;
	struct notable notable;

	view->nr_worth = 0;
	session_view_state(scene->session)->lists[0] = (struct list){0};
	if (notable_near(scene, t, 1, notable_least(scene), &notable))
		pane_fit(pane, pane.width - 8, 0, 7, ALIGN_RIGHT, ROLE_HINT, "n");
	else if (notable_near(scene, t + 1, -1, notable_least(scene), &notable))
		pane_fit(pane, pane.width - 8, 0, 7, ALIGN_RIGHT, ROLE_HINT, notable.event == t ? "here" : "N");
	else {
		pane_text(pane, 4, 0, ROLE_HINT, "nothing stands out in this recording");
		return;
	}
	draw_worth_row(pane_sub(pane, 0, 0, pane.width - 6, 1), 0, scene, &notable);
}

static void draw(struct session *session, void *own, struct pane body)
{
	int nr = timeline_columns(body.width), low = body.height > 26 ? body.height / 3 : 1, used,
	    now, y, rows;
	struct timeline_view *view = own;
	struct chart_window window;
	struct scene scene;

	if (!scene_draw(&scene, session, body))
		return;
	view->drawn_columns = nr;
	window = effective(view, &scene, nr);
	chart_make(&view->chart, &scene, &window);
	now = chart_column(&window, (uint64_t)scene_ns(&scene, scene.when.t));
	timeline_draw_scale(body, &window);
	used = timeline_draw_tracks(body, 2, body.height - 2 - 5 - low, &scene, &view->chart, now);
	y = used + 2;
	pane_hline(body, 0, y++, body.width, ROLE_BORDER);
	rows = body.height - y - low;
	draw_marks(pane_sub(body, 0, y, body.width / 2, rows), &scene);
	pane_vline(body, body.width / 2, y, rows, ROLE_BORDER);
	draw_bucket(pane_sub(body, body.width / 2 + 1, y, body.width - body.width / 2 - 1, rows),
		    &view->chart, now);
	if (low > 1)
		draw_worth(pane_sub(body, 0, body.height - low, body.width, low), view, &scene);
	else
		draw_worth_one(pane_sub(body, 0, body.height - 1, body.width, 1), view, &scene);
}

/* ---- keys ---- */

static bool step(struct session *session, void *own, int dir, uint64_t *ret_event)
{
	struct timeline_view *view = own;
	struct chart_window window;
	struct scene scene;
	uint64_t t, start;
	int column;

	if (!scene_init(&scene, session))
		return false;
	t = scene.when.t;
	window = effective(view, &scene,
			   view->drawn_columns ? view->drawn_columns : timeline_columns(80));
	column = chart_column(&window, (uint64_t)scene_ns(&scene, t));
	if (column < 0)
		return false;
	if (dir > 0 && !t) {
		*ret_event = 1;
		return history_last(scene.history) > 0;
	}
	if (dir > 0) {
		/* The first event at or after the next column's start. */
		start = scene.source->event_at(scene.source->data,
					       scene.start_ns + chart_ns(&window, column + 1) - 1);
		*ret_event = (start > t ? start : t) + 1;
		return *ret_event <= history_last(scene.history);
	}
	if (!t)
		return false;
	/* This column's first event, or, from there, that of the column of the event before it. */
	for (int tries = 0; tries < 2; tries++) {
		uint64_t ns = chart_ns(&window, column);

		start = ns ? scene.source->event_at(scene.source->data, scene.start_ns + ns - 1)
			   : 0;
		if (start + 1 < t || !start)
			break;
		column = chart_column(&window, (uint64_t)scene_ns(&scene, start));
		if (column < 0) /* on the page before: its last event */
			break;
	}
	*ret_event = start + 1 < t ? start + 1 : start;
	return true;
}

static void zoom(struct timeline_view *view, const struct scene *scene, bool in)
{
	struct chart_window window = effective(view, scene, view->drawn_columns);
	uint64_t now = (uint64_t)scene_ns(scene, scene->when.t), whole = whole_span(scene);
	uint64_t span = in                           ? window.span_ns / 2
			: window.span_ns > whole / 2 ? whole
						     : window.span_ns * 2;
	uint64_t left;

	if (span < SPAN_LEAST)
		span = SPAN_LEAST < whole ? SPAN_LEAST : whole;
	if (span >= whole) {
		view->span_ns = 0;
		view->from_ns = 0;
		return;
	}
	/* What is under the cursor stays in its column. */
	left = (uint64_t)((unsigned __int128)(now - window.from_ns) * span / window.span_ns);
	view->span_ns = span;
	view->from_ns = now > left ? now - left : 0;
	if (view->from_ns + span > whole)
		view->from_ns = whole - span;
}

/* Panning takes the moment along, so that it stays in sight. */
static void pan(struct timeline_view *view, const struct scene *scene, int dir)
{
	struct chart_window window = effective(view, scene, view->drawn_columns);
	uint64_t whole = whole_span(scene), by = window.span_ns / 4,
		 now = (uint64_t)scene_ns(scene, scene->when.t);

	if (!view->span_ns) {
		session_say(scene->session, "the whole recording is shown; + zooms in");
		return;
	}
	if (dir < 0)
		by = by < window.from_ns ? by : window.from_ns;
	else if (window.from_ns + window.span_ns + by > whole)
		by = whole > window.from_ns + window.span_ns
			     ? whole - window.from_ns - window.span_ns
			     : 0;
	view->from_ns = dir < 0 ? window.from_ns - by : window.from_ns + by;
	now = dir < 0 ? now - (by < now ? by : now) : now + by;
	session_step_to(scene->session,
			scene->source->event_at(scene->source->data, scene->start_ns + now));
}

/* The episode that runs here, if any does, else the events. */
static void open_here(const struct scene *scene)
{
	struct ref episode;

	if (stepper_episode_at(scene, scene->when.t, &episode))
		stepper_open(scene, episode);
	else
		session_show(scene->session, VIEW_EVENTS);
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct timeline_view *view = own;
	struct scene scene;

	(void)argument;
	if (!scene_init(&scene, session))
		return false;
	switch (action) {
	case ACTION_ZOOM_IN:
		zoom(view, &scene, true);
		return true;
	case ACTION_ZOOM_OUT:
		zoom(view, &scene, false);
		return true;
	case ACTION_ZOOM_ALL:
		view->span_ns = view->from_ns = 0;
		return true;
	case ACTION_PAN_LEFT:
		pan(view, &scene, -1);
		return true;
	case ACTION_PAN_RIGHT:
		pan(view, &scene, 1);
		return true;
	case ACTION_UP:
	case ACTION_PREV:
		notable_jump(&scene, -1);
		return true;
	case ACTION_DOWN:
	case ACTION_NEXT:
		notable_jump(&scene, 1);
		return true;
	case ACTION_TOP:
		session_jump_to(session, 0);
		return true;
	case ACTION_BOTTOM:
		session_jump_to(session, history_last(scene.history));
		return true;
	case ACTION_OPEN:
		open_here(&scene);
		return true;
	default:
		return false;
	}
}

static void moved(struct session *session, void *own)
{
	struct timeline_view *view = own;
	uint64_t row = session_view_state(session)->lists[0].cursor;

	if (row < (uint64_t)view->nr_worth)
		session_jump_to(session, view->worth[row]);
}

static int find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	struct notable notable;
	struct scene scene;
	char line[160];
	int i;

	(void)own;
	if (!scene_init(&scene, session))
		return 0;
	i = history_notable_near(scene.history, !wrap ? scene.when.t : dir > 0 ? 0 : NEVER, dir, 0);
	for (; i >= 0 && !history_notable(scene.history, (uint32_t)i, &notable);
	     i += dir > 0 ? 1 : -1)
		if (text_holds(notable_text(&scene, &notable, line, sizeof(line)), text)) {
			session_jump_to(session, notable.event);
			return 1;
		}
	return 0;
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	struct timeline_view *view = own;
	char span[FORMAT_MAX], whole[FORMAT_MAX];
	struct scene scene;

	if (!scene_init(&scene, session))
		return;
	format_duration(whole, whole_span(&scene));
	if (view->span_ns)
		snprintf(buffer, size, "%s of %s", format_duration(span, view->span_ns), whole);
	else
		snprintf(buffer, size, "all of %s", whole);
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		util_event(&scene, scene.when.t, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct timeline_view *view = own;
	struct chart_window window;
	struct scene scene;
	int column;

	if (!scene_init(&scene, session))
		return;
	window = effective(view, &scene,
			   view->drawn_columns ? view->drawn_columns : timeline_columns(80));
	column = chart_column(&window, (uint64_t)scene_ns(&scene, scene.when.t));
	snprintf(buffer, size, "ksmtop events %s --from +%.9fs --to +%.9fs", scene.source->file,
		 (double)chart_ns(&window, column < 0 ? 0 : column) / 1e9,
		 (double)chart_ns(&window, column < 0 ? window.nr : column + 1) / 1e9);
}

const struct view view_timeline = {
	.id = VIEW_TIMELINE,
	.title = "Timeline",
	.tab = "Time",
	.draw = draw,
	.key = '4',
	.unit = "column",
	.nr_lists = 1,
	.state_size = sizeof(struct timeline_view),
	.status = status,
	.why = util_why,
	.act = act,
	.step = step,
	.find = find,
	.moved = moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
