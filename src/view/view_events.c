// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_events.c - what happened, one line an event, and what the one under the cursor changed.
 *
 * The cursor is the moment: moving up and down moves in time, and stepping moves the list under
 * the cursor, which stays on the middle line with the past above and the future below.  So the
 * picture depends on the moment alone.  With a filter, steps go from listed event to listed event,
 * and the cursor stands on the last listed one at or before the moment.
 *
 * Below, the event itself: its fields as the recording has them (T), what they name, and the state
 * before and after it.  The lower right is computed from two moments of the history, not from the
 * event, so that it also shows what an event changed without saying so.
 *
 * Nothing here counts how many events fit a filter: that would read the whole recording.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "stepper.h"
#include "view_util.h"
#include "views.h"
#include "why.h"

struct events_view {
	struct view_list list;
};

enum {
	COLUMN_NR,
	COLUMN_TIME,
	COLUMN_CPU,
	COLUMN_TASK,
	COLUMN_PID,
	COLUMN_EVENT,
	COLUMN_OBJECT,
	COLUMN_EFFECT,
	COLUMN_WHY
};
static const struct column columns[] = {
	{"nr", "#", 7, 0, 0, ALIGN_RIGHT},          {"time", "TIME", 11, 0, 0, ALIGN_RIGHT},
	{"cpu", "CPU", 3, 0, 1, ALIGN_RIGHT},       {"task", "TASK", 7, 1, 0, ALIGN_LEFT},
	{"pid", "PID", 6, 0, 2, ALIGN_RIGHT},       {"event", "EVENT", 19, 2, 0, ALIGN_LEFT},
	{"object", "OBJECT", 11, 0, 0, ALIGN_LEFT}, {"effect", "EFFECT", 13, 1, 0, ALIGN_LEFT},
	{"why", "WHY", 24, 6, 3, ALIGN_LEFT},
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

/* ---- the list ---- */

static void events_feed(struct events_view *view, const struct scene *scene, struct feed *feed)
{
	feed_events(feed, scene);
	view_list_filter(&view->list, feed);
}

/* The last listed event at or before t; exact only if there is one. */
static struct row_key anchor(struct feed *feed, uint64_t t, bool *ret_there)
{
	struct list_row row;

	feed_seek(feed, (struct row_key){.event = t + 1});
	*ret_there = feed_prev(feed, &row) == 1;
	return *ret_there ? row.key : (struct row_key){.event = t};
}

struct event_line {
	char task[17], name[64], object[48], effect[64], time[FORMAT_MAX];
	unsigned int cpu;
	int32_t pid;
	char mark;
};

static bool read_line(const struct scene *scene, uint64_t nr, struct event_line *line)
{
	struct event_record record;
	struct ref object;

	*line = (struct event_line){.mark = ' '};
	if (event_index_read(recording_events(scene->recording), nr, &record))
		return false;
	/* The record is gone with the next read: take what is shown. */
	snprintf(line->task, sizeof(line->task), "%.16s", record.comm ? record.comm : "?");
	snprintf(line->name, sizeof(line->name), "%s", util_event_name(&record));
	line->cpu = record.cpu;
	line->pid = record.pid;
	format_moment(line->time, record.ts_ns - scene->start_ns);
	object = why_object(scene, nr);
	if (!ref_is_none(object))
		scene_name(scene, object, line->object, sizeof(line->object));
	line->mark = why_effect(scene, nr, line->effect, sizeof(line->effect));
	return true;
}

static void draw_start(struct pane pane, int y, const struct column_place *places, bool now)
{
	pane_fit(pane, places[COLUMN_NR].x, y, places[COLUMN_NR].width, ALIGN_RIGHT, ROLE_SKIPPED,
		 "0");
	pane_text(pane, places[COLUMN_TIME].x + 1, y, ROLE_SKIPPED, "before the first event");
	row_marks(pane, y, now ? "> " : "  ");
}

/* A kernel name that is too long goes without its subsystem, which the field names repeat. */
static const char *fit_name(const char *name, int width)
{
	return (int)strlen(name) > width && !strncmp(name, "ksm_", 4) ? name + 4 : name;
}

static void draw_event(struct pane pane, int y, const struct scene *scene,
		       const struct column_place *places, uint64_t nr, bool now)
{
	struct event_line line;
	char marks[3] = {now ? '>' : ' ', ' ', 0}, text[WHY_MAX];
	enum role role = now ? ROLE_CURSOR : nr > scene->when.t ? ROLE_SKIPPED : ROLE_TEXT;

	if (!nr) {
		draw_start(pane, y, places, now);
		return;
	}
#define COLUMN(id, value)                                                                          \
	column_text(pane, y, &columns[COLUMN_##id], &places[COLUMN_##id], role, value)
	snprintf(text, sizeof(text), "%" PRIu64, nr);
	COLUMN(NR, text);
	if (!read_line(scene, nr, &line)) {
		COLUMN(EVENT, "cannot be read");
		return;
	}
	marks[1] = line.mark;
	COLUMN(TIME, line.time);
	snprintf(text, sizeof(text), "%u", line.cpu);
	COLUMN(CPU, text);
	COLUMN(TASK, line.task);
	snprintf(text, sizeof(text), "%d", line.pid);
	COLUMN(PID, text);
	COLUMN(EVENT, fit_name(line.name, places[COLUMN_EVENT].width));
	COLUMN(OBJECT, line.object);
	column_text(pane, y, &columns[COLUMN_EFFECT], &places[COLUMN_EFFECT],
		    role == ROLE_TEXT && line.mark != ' ' ? mark_role(line.mark) : role,
		    line.effect);
	if (places[COLUMN_WHY].width) {
		why_event(scene, nr, text, sizeof(text));
		COLUMN(WHY, text);
	}
#undef COLUMN
	row_marks(pane, y, marks);
}

static void draw_list(struct pane pane, struct events_view *view, const struct scene *scene)
{
	struct view_state *state = session_view_state(scene->session);
	struct column_place places[NR_COLUMNS];
	struct list_window window;
	struct row_key cursor;
	struct feed feed;
	bool there;

	columns_fit(columns, NR_COLUMNS, state->columns, -1, pane.width, places);
	columns_heading(pane, 0, columns, NR_COLUMNS, places, -1, false);
	events_feed(view, scene, &feed);
	cursor = anchor(&feed, scene->when.t, &there);
	view->list.line = (pane.height - 1) / 2;
	view_list_window(&view->list, &feed, cursor, pane.height - 1, &window);
	view_list_place(&view->list, scene, &state->lists[0], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_event(pane, i + 1, scene, places, window.rows[i].key.event,
			   there && window.exact && i == window.cursor);
	if (window.exhausted && window.nr < pane.height - 1)
		pane_fit(pane, 3, window.nr + 1, pane.width - 3, ALIGN_LEFT, ROLE_HINT,
			 "no other fits among the events near; PgDn looks further");
	else if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT, "no event fits the filter");
}

/* ---- the event under the cursor ---- */

/* Takes "NAME=VALUE" off *text: VALUE may hold blanks, until the next " NAME=". */
static bool next_field(const char **text, char *name, size_t name_size, char *value,
		       size_t value_size)
{
	const char *start = *text + strspn(*text, " "), *equals = strchr(start, '='), *end;

	if (!equals)
		return false;
	snprintf(name, name_size, "%.*s", (int)(equals - start), start);
	for (end = equals + 1; *end; end++) {
		const char *word = end + 1;

		if (*end != ' ')
			continue;
		word += strspn(word,
			       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (*word == '=' && word != end + 1)
			break;
	}
	snprintf(value, value_size, "%.*s", (int)(end - equals - 1), equals + 1);
	*text = end;
	return true;
}

/* What stands behind a number: a pfn in hex, the process of an mm. */
static void explain_field(const struct scene *scene, uint64_t nr, const char *name, char *value,
			  size_t size, bool narrow)
{
	size_t length = strlen(value);
	char owner[64];
	struct ref mm;

	if (strstr(name, "pfn") && strncmp(value, "0x", 2)) {
		snprintf(value, size, "0x%" PRIx64, (uint64_t)strtoull(value, NULL, 10));
	} else if (!strcmp(name, "mm")) {
		mm = why_touched(scene, nr, TABLE_MM);
		if (ref_is_none(mm))
			return;
		scene_owner(scene, mm, owner, sizeof(owner));
		/* Where there is little room, the process says more than the address. */
		if (narrow)
			snprintf(value, size, "%s", owner);
		else
			snprintf(value + length, size - length, " = %s", owner);
	} else if (!strcmp(name, "err") && value[0] == '-') {
		snprintf(value + length, size - length, " = %s",
			 why_error(strtoll(value, NULL, 10)));
	}
}

static void draw_fields(struct pane pane, const struct scene *scene, uint64_t nr)
{
	struct event_index *index = recording_events(scene->recording);
	char text[1024], name[64], value[256], heading[128];
	const char *system, *event, *at = text;
	struct event_record record;

	if (event_index_read(index, nr, &record))
		return;
	event_record_name(&record, &system, &event);
	snprintf(heading, sizeof(heading), "#%" PRIu64 "  %s:%s", nr, system, event);
	event_record_fields(index, &record, text, sizeof(text));
	pane_heading(pane, 0, heading, "");
	for (int y = 1;
	     y < pane.height && next_field(&at, name, sizeof(name), value, sizeof(value)); y++) {
		explain_field(scene, nr, name, value, sizeof(value), pane.width < 50);
		pane_fieldf(pane, y, ' ', name, EVIDENCE_TRACED, false, "%s", value);
	}
}

/* "5", "5 > 6 ~", or "6 known, 5 before" where nothing changed but what is known. */
static int draw_change(struct pane pane, int y, const char *label, uint64_t before, uint64_t now,
		       struct history_worth worth, bool learned)
{
	char a[FORMAT_MAX], b[FORMAT_MAX];

	if (before == now)
		pane_fieldf(pane, y, ' ', label, worth.evidence, worth.doubtful, "%s",
			    format_count(a, now));
	else if (learned)
		pane_fieldf(pane, y, ' ', label, worth.evidence, worth.doubtful, "%s known, %s before",
			    format_count(b, now), format_count(a, before));
	else
		pane_fieldf(pane, y, '~', label, worth.evidence, worth.doubtful, "%s %s %s",
			    format_count(a, before), pane_charset(pane) == GRID_ASCII ? "->" : "→",
			    format_count(b, now));
	return y + 1;
}

static int draw_object(struct pane pane, int y, const struct scene *scene, struct ref ref,
		       uint64_t nr)
{
	union row before, now;
	bool was = !history_row(scene->history, ref, why_moment(scene, nr - 1), &before);
	bool is = !history_row(scene->history, ref, why_moment(scene, nr), &now);
	bool learned = is && history_learned(scene->history, ref, nr);
	struct history_mm_counters a, b;
	char name[48];

	scene_name(scene, ref, name, sizeof(name));
	if (!was || !is) {
		pane_fieldf(pane, y,
			    learned    ? ' '
			    : is       ? '+'
			    : was      ? 'x'
				       : ' ',
			    name, is ? now.fact.evidence : 0, is && now.fact.doubt,
			    was       ? "gone"
			    : learned ? "known now"
			    : is      ? "new"
				      : "not known");
		return y + 1;
	}
	if (ref.table == TABLE_NODE)
		return draw_change(pane, y, name, before.node.nr_items, now.node.nr_items,
				   history_worth(scene->history, ITEMS_OF_NODE, ref,
						 why_moment(scene, nr)), learned);
	if (ref.table == TABLE_MM &&
	    !history_mm_counters(scene->history, ref, why_moment(scene, nr - 1), &a) &&
	    !history_mm_counters(scene->history, ref, why_moment(scene, nr), &b))
		return draw_change(
			pane, y, name, a.nr_stable_items, b.nr_stable_items,
			history_worth(scene->history, ITEMS_OF_MM, ref, why_moment(scene, nr)), learned);
	if (ref.table == TABLE_ITEM &&
	    (before.item.state != now.item.state || !ref_equal(before.item.node, now.item.node)))
		pane_fieldf(pane, y, learned ? ' ' : '~', name, now.fact.evidence, now.fact.doubt, "%s -> %s",
			    item_state_name(before.item.state), item_state_name(now.item.state));
	else
		pane_fieldf(pane, y, ' ', name, now.fact.evidence, now.fact.doubt,
			    learned && before.fact.born != now.fact.born ? "more is known" : "named, not changed");
	return y + 1;
}

static void draw_effects(struct pane pane, const struct scene *scene, uint64_t nr)
{
	struct history_counters before, now;
	struct ref refs[WHY_OBJECTS];
	uint32_t found = history_touched(scene->history, nr, refs, WHY_OBJECTS);
	int y = 1, room = pane.height - 2;

	pane_heading(pane, 0, "BEFORE AND AFTER", "");
	for (uint32_t i = 0; i < found && i < WHY_OBJECTS && y < room; i++)
		if (history_changed_by_sample(scene->history, refs[i], nr) < 0)
			y = draw_object(pane, y, scene, refs[i], nr);
	if (found > (uint32_t)(y - 1) && y < pane.height) {
		pane_printf(pane, 2, y, ROLE_HINT, "and %" PRIu32 " more",
			    found - (uint32_t)(y - 1));
		y++;
	}
	history_totals(scene->history, why_moment(scene, nr - 1), &before);
	history_totals(scene->history, why_moment(scene, nr), &now);
	if (y < pane.height)
		y = draw_change(pane, y, "all items", before.nr_stable_items, now.nr_stable_items,
				(struct history_worth){EVIDENCE_INFERRED,
						       history_doubts(scene->history, ALL_ITEMS,
								      (struct ref){0},
								      why_moment(scene, nr))},
				history_tells(scene->history, nr));
	if (y < pane.height)
		draw_change(
			pane, y, "all nodes", before.nr_nodes, now.nr_nodes,
			(struct history_worth){EVIDENCE_INFERRED,
					       history_doubts(scene->history, ALL_NODES, (struct ref){0},
							      why_moment(scene, nr))},
			history_tells(scene->history, nr));
}

static void command(struct session *session, void *own, char *buffer, size_t size);

static void draw(struct session *session, void *own, struct pane body)
{
	int detail = body.height > 30 ? 15 : 7, split = body.width / 2;
	struct events_view *view = own;
	char line[512] = "";
	struct pane below;
	struct scene scene;

	if (!scene_draw(&scene, session, body))
		return;
	draw_list(pane_sub(body, 0, 0, body.width, body.height - detail), view, &scene);
	below = pane_sub(body, 0, body.height - detail, body.width, detail);
	pane_hline(below, 0, 0, body.width, ROLE_BORDER);
	if (scene.when.t) {
		draw_fields(pane_sub(below, 0, 1, split, detail - 2), &scene, scene.when.t);
		draw_effects(pane_sub(below, split + 1, 1, body.width - split - 1, detail - 2),
			     &scene, scene.when.t);
	} else {
		pane_text(below, 2, 2, ROLE_HINT, "no event yet: Right steps to the first");
	}
	command(session, own, line, sizeof(line));
	pane_text(below, 1, detail - 1, ROLE_SKIPPED, "same as:");
	pane_fit(below, 10, detail - 1, body.width - 11, ALIGN_LEFT, ROLE_HINT, line);
}

/* ---- keys ---- */

static bool step(struct session *session, void *own, int dir, uint64_t *ret_event)
{
	struct events_view *view = own;
	struct list_row row;
	struct scene scene;
	struct feed feed;

	if (!scene_init(&scene, session))
		return false;
	events_feed(view, &scene, &feed);
	feed_seek(&feed, (struct row_key){.event = dir > 0 ? scene.when.t + 1 : scene.when.t});
	feed.budget = 100000;
	if ((dir > 0 ? feed_next(&feed, &row) : feed_prev(&feed, &row)) != 1)
		return false;
	*ret_event = row.key.event;
	return true;
}

static bool act_on(const struct scene *scene, enum action action)
{
	struct ref object = why_object(scene, scene->when.t);

	switch (action) {
	case ACTION_OPEN:
		if (!stepper_open_event(scene, scene->when.t))
			util_open(scene, object);
		return true;
	case ACTION_SORT:
		session_say(scene->session, "events stand in the order of time");
		return true;
	case ACTION_SAME_PREV:
	case ACTION_SAME_NEXT:
		/* Keep to the object that was chosen as long as this event is one of its own. */
		if (!ref_is_none(object) && !scene_touched(scene, session_object(scene->session)))
			session_select(scene->session, object);
		return false;
	default:
		return listing_act_on(scene, action, object);
	}
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	struct event_index *index = recording_events(scene->recording);
	struct event_record record;
	char object[48] = "";
	int length;

	buf[0] = 0;
	if (!row->key.event || event_index_read(index, row->key.event, &record))
		return;
	length = snprintf(buf, size, "%s %.16s-%d ", util_event_name(&record),
			  record.comm ? record.comm : "?", record.pid);
	if (length > 0 && (size_t)length < size)
		event_record_fields(index, &record, buf + length, size - (size_t)length);
	scene_name(scene, why_object(scene, row->key.event), object, sizeof(object));
	length = (int)strlen(buf);
	snprintf(buf + length, size - (size_t)length, " %s", object);
}

static struct view_list *open_events(void *own, struct scene *scene, struct feed *feed,
				     struct row_key *ret_cursor)
{
	struct events_view *view = own;
	bool there;

	events_feed(view, scene, feed);
	*ret_cursor = anchor(feed, scene->when.t, &there);
	return &view->list;
}

/* A row is a moment: from far away one comes back by the trail. */
static void choose(void *own, const struct scene *scene, struct row_key key, enum action how)
{
	(void)own;
	if (how == ACTION_TOP || how == ACTION_BOTTOM || how == ACTION_FIND)
		session_jump_to(scene->session, key.event);
	else
		session_step_to(scene->session, key.event);
}

static const struct listing listings[] = {
	{.part = 0, .open = open_events, .choose = choose, .describe = describe}, {0},
};

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct scene scene;

	(void)argument;
	if (!scene_init(&scene, session))
		return false;
	return act_on(&scene, action) || listing_act(session, own, action);
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct event_line line;
	struct scene scene;

	(void)own;
	if (!scene_init(&scene, session) || !scene.when.t ||
	    !read_line(&scene, scene.when.t, &line))
		return;
	snprintf(buffer, size, "%" PRIu64 " %s cpu%u %s-%d %s %s %s", scene.when.t, line.time,
		 line.cpu, line.task, line.pid, line.name, line.object, line.effect);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	char filter[256];

	(void)own;
	if (!scene_init(&scene, session))
		return;
	util_filter_option(&scene, filter, sizeof(filter));
	if (filter[0])
		snprintf(buffer, size, "ksmtop events %s%s", scene.source->file, filter);
	else
		snprintf(buffer, size, "ksmtop events %s --from %" PRIu64 " --to %" PRIu64,
			 scene.source->file, scene.when.t ? scene.when.t : 1,
			 scene.when.t ? scene.when.t : 1);
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	char count[FORMAT_MAX];
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "%s events%s",
			 format_count(count, history_last(scene.history)),
			 *session_filter(session) ? ", filtered" : "");
}

static void state_fini(void *own)
{
	struct events_view *view = own;

	view_list_fini(&view->list);
}

const struct view view_events = {
	.id = VIEW_EVENTS,
	.title = "Events",
	.tab = "Events",
	.draw = draw,
	.key = '5',
	.unit = "event",
	.nr_lists = 1,
	.listings = listings,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct events_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.step = step,
	.find = listing_find,
	.moved = listing_moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
