// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixture.c - the recording made of arithmetic.
 *
 * The views are as small as views can be while they use everything that the frame offers: a list
 * with columns, a cursor that selects, search, a status, a why line, text to copy.  They are also
 * the shortest example of how a view is written.
 */
#include "fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"
#include "view/format.h"

#define START_NS UINT64_C(10000000000)

static uint64_t time_ns(void *data, uint64_t event)
{
	(void)data;
	return START_NS + (event ? event - 1 : 0) * 1000000;
}

static uint64_t event_at(void *data, uint64_t ns)
{
	uint64_t event = ns < START_NS ? 0 : (ns - START_NS) / 1000000 + 1;

	(void)data;
	return event > FIXTURE_EVENTS ? FIXTURE_EVENTS : event;
}

static bool is_step(enum step_unit unit, struct ref object, uint64_t event)
{
	switch (unit) {
	case STEP_EVENT: return true;
	case STEP_OBJECT: return event % 2 == object.id % 2;
	case STEP_SCAN: return event % 50 == 0;
	case STEP_NOTABLE: return event % 70 == 0;
	}
	return false;
}

static uint64_t step(void *data, enum step_unit unit, struct ref object, uint64_t t, int dir)
{
	(void)data;
	for (uint64_t at = t; dir > 0 ? at < FIXTURE_EVENTS : at > 1;) {
		at = dir > 0 ? at + 1 : at - 1;
		if (is_step(unit, object, at))
			return at;
	}
	return 0;
}

static void object_name(void *data, struct ref object, char *buffer, size_t size)
{
	(void)data;
	snprintf(buffer, size, "node#%u", object.id);
}

static int parse_moment(void *data, const char *text, uint64_t *ret_t, struct diag *diag)
{
	char *end;
	double value = strtod(text, &end);

	(void)data;
	if (!strcmp(text, "end"))
		*ret_t = FIXTURE_EVENTS;
	else if (!strcmp(text, "start"))
		*ret_t = 0;
	else if (end != text && !strcmp(end, "%"))
		*ret_t = (uint64_t)(value * FIXTURE_EVENTS / 100);
	else if (end != text && !*end && value <= FIXTURE_EVENTS)
		*ret_t = (uint64_t)value;
	else
		return diag_set(diag, -EINVAL, "\"%s\" is not a moment", text);
	return 0;
}

static int parse_object(void *data, const char *text, struct moment when, struct ref *ret_object,
			struct diag *diag)
{
	unsigned id;

	(void)data;
	(void)when;
	if (sscanf(text, "node#%u", &id) != 1)
		return diag_set(diag, -EINVAL, "\"%s\" is not an object", text);
	*ret_object = (struct ref){ .id = id, .table = TABLE_NODE };
	return 0;
}

static int check_filter(void *data, const char *text, struct diag *diag)
{
	(void)data;
	if (strchr(text, '('))
		return diag_set(diag, -EINVAL, "a parenthesis is not closed");
	return 0;
}

const struct source fixture_source = {
	.file = "fixture.dat", .nr_events = FIXTURE_EVENTS, .nr_lost = 12,
	.time_ns = time_ns, .event_at = event_at, .step = step, .object_name = object_name,
	.parse_moment = parse_moment, .parse_object = parse_object, .check_filter = check_filter,
};

/* ---- the events view ---- */

static const struct column columns[] = {
	{ .id = "nr", .heading = "#", .width = 8, .align = ALIGN_RIGHT },
	{ .id = "time", .heading = "TIME", .width = 12, .align = ALIGN_RIGHT },
	{ .id = "object", .heading = "OBJECT", .width = 10, .grow = 1 },
	{ .id = "sum", .heading = "SUM", .width = 12, .align = ALIGN_RIGHT, .shed = 1 },
};

#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))

static void draw_row(struct session *session, struct pane body, int y, uint64_t row,
		     const struct column_place *places)
{
	const struct list *list = &session_view_state(session)->lists[0];
	enum role role = row + 1 > session_t(session) ? ROLE_SKIPPED : ROLE_TEXT;
	char text[64], time[FORMAT_MAX], marks[3] = "  ";

	marks[0] = row == list->cursor ? '>' : ' ';
	marks[1] = row + 1 == session_t(session) ? '~' : ' ';
	row_marks(body, y, marks);
	snprintf(text, sizeof(text), "%" PRIu64, row + 1);
	column_text(body, y, &columns[0], &places[0], role, text);
	column_text(body, y, &columns[1], &places[1], role, format_moment(time, row * 1000000));
	snprintf(text, sizeof(text), "node#%d", row % 2 ? 2 : 1);
	column_text(body, y, &columns[2], &places[2], role, text);
	column_text(body, y, &columns[3], &places[3], role, format_count(text, (row + 1) * row / 2));
}

static void events_draw(struct session *session, void *own, struct pane body)
{
	struct view_state *state = session_view_state(session);
	struct column_place places[NR_COLUMNS];
	uint64_t nr = session_source(session) ? FIXTURE_EVENTS : 0, top;

	(void)own;
	columns_fit(columns, NR_COLUMNS, state->columns, -1, body.width, places);
	columns_heading(body, 0, columns, NR_COLUMNS, places, state->sort, state->descending);
	top = list_place(&state->lists[0], nr, 0, 1, body.width, body.height - 1);
	for (int y = 1; y < body.height && top + (uint64_t)y - 1 < nr; y++)
		draw_row(session, body, y, top + (uint64_t)y - 1, places);
}

static void events_moved(struct session *session, void *own)
{
	uint64_t row = session_view_state(session)->lists[0].cursor;

	(void)own;
	session_select(session, (struct ref){ .id = row % 2 ? 2 : 1, .table = TABLE_NODE });
}

static int events_find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	struct list *list = &session_view_state(session)->lists[0];

	int64_t row = wrap ? dir > 0 ? 0 : FIXTURE_EVENTS - 1 : (int64_t)list->cursor + dir;

	for (; row >= 0 && row < FIXTURE_EVENTS; row += dir) {
		char number[24];

		snprintf(number, sizeof(number), "%" PRId64, row + 1);
		if (strstr(number, text)) {
			list->cursor = (uint64_t)row;
			events_moved(session, own);
			return 1;
		}
	}
	return 0;
}

static bool events_act(struct session *session, void *own, enum action action,
		       const struct argument *argument)
{
	(void)own;
	(void)argument;
	if (action != ACTION_OPEN)
		return false;
	session_jump_to(session, session_view_state(session)->lists[0].cursor + 1);
	return true;
}

static void events_why(struct session *session, void *own, char *buffer, size_t size)
{
	(void)own;
	if (session_t(session))
		snprintf(buffer, size, "event %" PRIu64 " touched node#%d", session_t(session),
			 session_t(session) % 2 ? 1 : 2);
}

static void events_copy(struct session *session, void *own, char *buffer, size_t size)
{
	(void)own;
	snprintf(buffer, size, "row %" PRIu64, session_view_state(session)->lists[0].cursor + 1);
}

static void events_command(struct session *session, void *own, char *buffer, size_t size)
{
	(void)own;
	snprintf(buffer, size, "ksmtop events fixture.dat --to %" PRIu64, session_t(session));
}

static const char *events_source(struct session *session, void *own)
{
	(void)session;
	(void)own;
	return "mm/ksm.c:stable_tree_append";
}

static const struct view events_view = {
	.id = VIEW_EVENTS, .title = "Events", .tab = "Events", .key = '6', .nr_lists = 1,
	.columns = columns, .nr_columns = NR_COLUMNS, .draw = events_draw, .act = events_act,
	.moved = events_moved, .find = events_find, .why = events_why, .copy = events_copy,
	.command = events_command, .source = events_source,
};

/* ---- the timeline view ---- */

static void timeline_draw(struct session *session, void *own, struct pane body)
{
	uint64_t values[60];

	(void)own;
	for (int i = 0; i < 60; i++)
		values[i] = i == 30 ? GRID_NO_VALUE : (uint64_t)(i % 20);
	pane_text(body, 1, 1, ROLE_HEADING, "activity");
	pane_spark(body, 12, 1, ROLE_BAR, values, 60, 19);
	pane_text(body, 1, 2, ROLE_HEADING, "done");
	pane_bar(body, 12, 2, 60, ROLE_BAR, session_t(session), FIXTURE_EVENTS);
	pane_box(pane_sub(body, 1, 4, 40, 5), ROLE_BORDER, "box");
	pane_wrap(pane_sub(body, 3, 5, 36, 3), 0, 0, 36, ROLE_TEXT,
		  "A sentence which is a good deal longer than the box is wide is broken at its blanks.");
}

static bool timeline_step(struct session *session, void *own, int dir, uint64_t *ret_event)
{
	(void)own;
	*ret_event = step(NULL, STEP_NOTABLE, (struct ref){ 0 }, session_t(session), dir);
	return *ret_event != 0;
}

static void timeline_status(struct session *session, void *own, char *buffer, size_t size)
{
	(void)session;
	(void)own;
	snprintf(buffer, size, "1 col = 3 ms");
}

static const struct view timeline_view = {
	.id = VIEW_TIMELINE, .title = "Timeline", .tab = "Time", .key = '5', .draw = timeline_draw,
	.step = timeline_step, .status = timeline_status,
};

const struct view *const fixture_views[] = { &events_view, &timeline_view, NULL };

struct session *fixture_session(bool loaded)
{
	struct session *session;
	struct keymap keymap;

	keymap_init(&keymap);
	if (session_new(fixture_views, &keymap, &session))
		abort();
	if (loaded)
		session_set_source(session, &fixture_source);
	return session;
}

void fixture_keys(struct session *session, const char *names)
{
	char copy[512], *save, *name;

	snprintf(copy, sizeof(copy), "%s", names);
	for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save))
		session_key(session, key_parse(name));
}

void fixture_type(struct session *session, const char *text)
{
	for (; *text; text++)
		session_key(session, (unsigned char)*text);
}
