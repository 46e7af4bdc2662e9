// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_act.c - what each action does.
 *
 * An action goes to the view first and, unless the view took it, here.  Actions come from keys
 * without an argument and from commands with one; where an action needs an argument and has none
 * it opens the prompt that asks for it, so "t" and ":time +1.5s" are one piece of code.
 *
 * Whatever cannot be done says so in one sentence and changes nothing.
 */
#include "session_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"

#define SPEED_MIN	(-10)
#define SPEED_MAX	20

/* ---- time ---- */

static void at_an_end(struct session *session, int dir)
{
	if (dir < 0)
		session_say(session, "this is the start, before the first event");
	else if (session->loading[0])
		session_say(session, "the last event loaded so far");
	else
		session_say(session, "this is the last event");
}

static bool step_once(struct session *session, int dir)
{
	const struct view *view = session_current(session);
	uint64_t t = session->t;

	if (view->step) {
		if (!view->step(session, session_own(session), dir, &t))
			return false;
	} else if (dir < 0 ? t == 0 : t >= session_last(session)) {
		return false;
	} else {
		t = dir < 0 ? t - 1 : t + 1;
	}
	session_step_to(session, t);
	return true;
}

static void step(struct session *session, int dir, int nr)
{
	uint64_t before = session->t;

	for (int i = 0; i < nr; i++)
		if (!step_once(session, dir)) {
			at_an_end(session, dir);
			break;
		}
	if (session->t != before)
		session->previous_t = before;
}

/* The nearest event of that unit; @none is said when there is none. */
static void step_unit(struct session *session, enum step_unit unit, uint64_t from, int dir,
		      const char *none)
{
	const struct source *source = session->source;
	uint64_t t = source ? source->step(source->data, unit, session->object, from, dir) : 0;

	if (!t) {
		session_say(session, "%s", none);
		return;
	}
	if (unit == STEP_NOTABLE)
		session_jump_to(session, t);
	else
		session_step_to(session, t);
}

static void step_object(struct session *session, int dir)
{
	if (ref_is_none(session->object)) {
		session_say(session, "nothing is selected: put the cursor on a row first");
		return;
	}
	step_unit(session, STEP_OBJECT, session->t, dir,
		  dir < 0 ? "no earlier event touches this object" :
			    "no later event touches this object");
}

static void when_changed(struct session *session)
{
	uint64_t t = session->t;

	if (ref_is_none(session->object)) {
		session_say(session, "nothing is selected: put the cursor on a row first");
		return;
	}
	/* t + 1: an event that changed it just now counts */
	step_unit(session, STEP_OBJECT, t + 1, -1, "nothing in this recording changed it before");
	if (session->t == t && !session->message[0])
		session_say(session, "this very event changed it");
}

static void go_to(struct session *session, const char *text)
{
	char error[256];
	uint64_t t;

	if (!text[0])
		prompt_open(&session->prompt, PROMPT_TIME, "");
	else if (session_parse_moment(session, text, &t, error, sizeof(error)))
		session_say(session, "%s", error);
	else
		session_jump_to(session, t);
}

static void mark(struct session *session, const char *text)
{
	int i = mark_index((unsigned char)text[0]);
	const char *name = text[0] ? text + 1 : text;

	if (!text[0]) {
		prompt_open(&session->prompt, PROMPT_MARK, "");
		return;
	}
	if (i < 0 || (*name && *name != ' ')) {
		session_say(session, "a mark is one letter, a to z, A or B, and then its name");
		return;
	}
	while (*name == ' ')
		name++;
	session->marks[i] = (struct mark){ .set = true, .t = session->t };
	snprintf(session->marks[i].name, MARK_NAME, "%s", name);
	session_say(session, "mark %c is event %" PRIu64, text[0], session->t);
}

static void go_mark(struct session *session, const char *text)
{
	int i = mark_index((unsigned char)text[0]);

	if (!text[0])
		prompt_open(&session->prompt, PROMPT_GO_MARK, "");
	else if (i < 0 || text[1] || !session->marks[i].set)
		session_say(session, "there is no mark %s", text);
	else
		session_jump_to(session, session->marks[i].t);
}

static void play(struct session *session)
{
	session->play.on = !session->play.on && session->t < session_last(session);
	session->play.begun = false;
	if (!session->play.on && session->t >= session_last(session))
		at_an_end(session, 1);
}

static void speed(struct session *session, int change)
{
	int fresh = session->play.speed + change;

	if (fresh < SPEED_MIN || fresh > SPEED_MAX)
		return;
	session->play.speed = fresh;
	session->play.begun = false;
	session_say(session, fresh < 0 ? "speed 1/%dx" : "speed %dx", 1 << (fresh < 0 ? -fresh : fresh));
}

/* ---- data ---- */

static void find(struct session *session, int dir)
{
	const struct view *view = session_current(session);

	void *own = session_own(session);
	bool wrapped = false;
	int found;

	if (!view->find) {
		session_say(session, "this view has nothing to search in");
		return;
	}
	if (!session->search[0]) {
		session_say(session, "nothing to search for yet: / asks");
		return;
	}
	found = view->find(session, own, session->search, dir, false);
	if (!found) {
		wrapped = true;
		found = view->find(session, own, session->search, dir, true);
	}
	if (!found)
		session_say(session, "no row with \"%s\"", session->search);
	else if (found < 0)
		session_say(session, "\"%s\" is not in the rows near by; a filter looks at all of them",
			    session->search);
	else if (wrapped)
		session_say(session, dir < 0 ? "none before: from the last row on" : "none below: from the first row on");
}

static void find_text(struct session *session, const char *text)
{
	if (!text[0]) {
		prompt_open(&session->prompt, PROMPT_FIND, "");
		return;
	}
	snprintf(session->search, sizeof(session->search), "%s", text);
	find(session, 1);
}

static void filter(struct session *session, const char *text)
{
	const struct source *source = session->source;
	struct diag diag = { 0 };
	char sentence[DIAG_TEXT_SIZE];

	if (!text[0])
		prompt_open(&session->prompt, PROMPT_FILTER, session->filter);
	else if (source && source->check_filter(source->data, text, &diag))
		session_say(session, "%s", diag_text(&diag, sentence, sizeof(sentence)));
	else
		session_set_filter(session, text);
}

static void select_object(struct session *session, const char *text)
{
	const struct source *source = session->source;
	struct diag diag = { 0 };
	char sentence[DIAG_TEXT_SIZE], name[64];
	struct ref object;

	if (!text[0]) {
		prompt_open(&session->prompt, PROMPT_COMMAND, "object ");
	} else if (!source) {
		session_say(session, "nothing is loaded yet");
	} else if (source->parse_object(source->data, text, session_moment(session), &object, &diag)) {
		session_say(session, "%s", diag_text(&diag, sentence, sizeof(sentence)));
	} else {
		session_select(session, object);
		source->object_name(source->data, object, name, sizeof(name));
		session_say(session, "selected: %s", name);
	}
}

static int column_find(const struct view *view, const char *text)
{
	for (int i = 0; i < view->nr_columns; i++)
		if (!strcmp(view->columns[i].id, text))
			return i;
	return -1;
}

static void columns(struct session *session, const char *text)
{
	const struct view *view = session_current(session);
	int column = column_find(view, text);

	if (!view->nr_columns)
		session_say(session, "this view has no columns to choose");
	else if (!text[0])
		prompt_open(&session->prompt, PROMPT_COMMAND, "columns ");
	else if (column < 0)
		session_say(session, "there is no column \"%s\"; Tab lists them", text);
	else
		session_view_state(session)->columns ^= 1u << column;
}

static void sort(struct session *session, const char *text)
{
	const struct view *view = session_current(session);
	struct view_state *state = session_view_state(session);
	int column = column_find(view, text);

	if (!view->nr_columns) {
		session_say(session, "this view has no columns to sort by");
		return;
	}
	if (text[0] && column < 0) {
		session_say(session, "there is no column \"%s\"; Tab lists them", text);
		return;
	}
	if (text[0] && column == state->sort) {
		state->descending = !state->descending;
	} else if (text[0]) {
		state->sort = column;
		state->descending = view->columns[column].align == ALIGN_RIGHT;
	} else {
		do
			state->sort = state->sort + 1 < view->nr_columns ? state->sort + 1 : -1;
		while (state->sort >= 0 && !session_column_shown(session, state->sort));
		state->descending = state->sort >= 0 &&
				    view->columns[state->sort].align == ALIGN_RIGHT;
	}
	session_say(session, "sorted by %s", state->sort < 0 ? "natural order" :
		    view->columns[state->sort].heading);
}

static void copy(struct session *session,
		 void (*text_of)(struct session *, void *, char *, size_t))
{
	char text[EFFECT_TEXT] = "";

	if (text_of)
		text_of(session, session_own(session), text, sizeof(text));
	if (!text[0]) {
		session_say(session, "nothing here to copy");
		return;
	}
	session_effect(session, EFFECT_COPY, text);
	session_say(session, "copied: %s", text);
}

static void export(struct session *session, const char *text)
{
	char name[80];

	if (!text[0])
		snprintf(name, sizeof(name), "ksmtop-%s-%" PRIu64 ".txt",
			 view_names[session_current(session)->id], session->t);
	session_effect(session, EFFECT_EXPORT, text[0] ? text : name);
}

static void source(struct session *session)
{
	const struct view *view = session_current(session);
	const char *where = view->source ? view->source(session, session_own(session)) : NULL;

	if (where && *where)
		session_effect(session, EFFECT_SOURCE, where);
	else
		session_say(session, "no kernel function is named here");
}

/* ---- everything else ---- */

static void show_view(struct session *session, const char *text)
{
	int view = view_find(text);

	if (!text[0])
		prompt_open(&session->prompt, PROMPT_COMMAND, "view ");
	else if (view < 0 || !session_show(session, (enum view_id)view))
		session_say(session, "there is no view \"%s\"; Tab lists them", text);
}

static void theme(struct session *session, const char *text)
{
	if (!text[0])
		prompt_open(&session->prompt, PROMPT_COMMAND, "theme ");
	else
		session_effect(session, EFFECT_THEME, text);
}

static void cancel(struct session *session)
{
	if (session->play.on)
		session->play.on = false;
	else if (session->help.open)
		session->help.open = false;
	else if (session->loading[0])
		session_effect(session, EFFECT_INTERRUPT, "");
}

static void focus(struct session *session)
{
	struct view_state *state = session_view_state(session);
	int nr = session_current(session)->nr_lists;

	if (nr > 1)
		state->focus = (state->focus + 1) % (nr > VIEW_LISTS ? VIEW_LISTS : nr);
}

static bool act_time(struct session *session, enum action action, const char *text)
{
	switch (action) {
	case ACTION_STEP_BACK: step(session, -1, 1); return true;
	case ACTION_STEP_ON: step(session, 1, 1); return true;
	case ACTION_STEP_BACK_10: step(session, -1, 10); return true;
	case ACTION_STEP_ON_10: step(session, 1, 10); return true;
	case ACTION_SAME_PREV: step_object(session, -1); return true;
	case ACTION_SAME_NEXT: step_object(session, 1); return true;
	case ACTION_SCAN_PREV:
		step_unit(session, STEP_SCAN, session->t, -1, "no earlier scan");
		return true;
	case ACTION_SCAN_NEXT:
		step_unit(session, STEP_SCAN, session->t, 1, "no later scan");
		return true;
	case ACTION_WHEN_CHANGED: when_changed(session); return true;
	case ACTION_GO_TO: go_to(session, text); return true;
	case ACTION_MARK: mark(session, text); return true;
	case ACTION_GO_MARK: go_mark(session, text); return true;
	case ACTION_PLAY: play(session); return true;
	case ACTION_SLOWER: speed(session, -1); return true;
	case ACTION_FASTER: speed(session, 1); return true;
	case ACTION_FIRST: session_jump_to(session, 0); return true;
	case ACTION_LAST: session_jump_to(session, session_last(session)); return true;
	case ACTION_HINDSIGHT:
		session->hindsight = !session->hindsight;
		session_say(session, session->hindsight ? "with hindsight: what became known later counts" :
			    "only what was known at this moment");
		return true;
	case ACTION_HISTORY_BACK: session_trail_go(session, -1); return true;
	case ACTION_HISTORY_ON: session_trail_go(session, 1); return true;
	default: return false;
	}
}

static bool act_data(struct session *session, enum action action, const char *text)
{
	switch (action) {
	case ACTION_FIND: find_text(session, text); return true;
	case ACTION_NEXT: find(session, 1); return true;
	case ACTION_PREV: find(session, -1); return true;
	case ACTION_FILTER: filter(session, text); return true;
	case ACTION_CLEAR: session_set_filter(session, ""); return true;
	case ACTION_SELECT: select_object(session, text); return true;
	case ACTION_COLUMNS: columns(session, text); return true;
	case ACTION_SORT: sort(session, text); return true;
	case ACTION_COPY: copy(session, session_current(session)->copy); return true;
	case ACTION_COPY_COMMAND: copy(session, session_current(session)->command); return true;
	case ACTION_EXPORT: export(session, text); return true;
	case ACTION_SOURCE: source(session); return true;
	default: return false;
	}
}

static bool act_frame(struct session *session, enum action action, const char *text)
{
	switch (action) {
	case ACTION_HELP:
		session->help = (struct help){ .open = !session->help.open };
		return true;
	case ACTION_COMMAND: prompt_open(&session->prompt, PROMPT_COMMAND, ""); return true;
	case ACTION_VIEW: show_view(session, text); return true;
	case ACTION_BLAST: show_view(session, "blast"); return true;
	case ACTION_THEME: theme(session, text); return true;
	case ACTION_FOCUS: focus(session); return true;
	case ACTION_ASCII:
		session->charset = session->charset == GRID_ASCII ? GRID_UTF8 : GRID_ASCII;
		return true;
	case ACTION_MOUSE:
		session->mouse = !session->mouse;
		session_effect(session, EFFECT_MOUSE, session->mouse ? "on" : "off");
		session_say(session, "the mouse is %s", session->mouse ? "on" : "off");
		return true;
	case ACTION_REDRAW: session_effect(session, EFFECT_REDRAW, ""); return true;
	case ACTION_SUSPEND: session_effect(session, EFFECT_SUSPEND, ""); return true;
	case ACTION_CANCEL: cancel(session); return true;
	case ACTION_UP_OR_QUIT:
	case ACTION_QUIT: session_effect(session, EFFECT_QUIT, ""); return true;
	default: return false;
	}
}

/* Never shown to a view: a view must not be able to keep its user from leaving or asking. */
static bool frame_only(enum action action)
{
	return action == ACTION_HELP || action == ACTION_COMMAND || action == ACTION_REDRAW ||
	       action == ACTION_SUSPEND || action == ACTION_QUIT || action == ACTION_MOUSE ||
	       action == ACTION_ASCII || action == ACTION_THEME || action == ACTION_VIEW;
}

/* Esc and q leave the innermost thing first: a pane before the view. */
static bool close_pane(struct session *session, enum action action)
{
	bool *open = session_pane(session);

	if (!open || session->help.open || (action != ACTION_UP_OR_QUIT && action != ACTION_CANCEL))
		return false;
	*open = false;
	return true;
}

void session_act_key(struct session *session, enum action action, const char *text, uint32_t key)
{
	const struct view *view = session_current(session);
	struct argument argument = { text, key };

	if (close_pane(session, action))
		return;
	if (view->act && !frame_only(action) &&
	    view->act(session, session_own(session), action, &argument))
		return;
	if (act_time(session, action, text) || act_data(session, action, text) ||
	    act_frame(session, action, text))
		return;
	if (list_act(session_list(session), action)) {
		if (view->moved)
			view->moved(session, session_own(session));
		return;
	}
	session_say(session, "%s has nothing to do here", action_table[action].name);
}

void session_act(struct session *session, enum action action, const char *text)
{
	if (action < NR_ACTIONS)
		session_act_key(session, action, text ? text : "", K_NONE);
}
