// SPDX-License-Identifier: GPL-2.0-only
/*
 * session_input.c - keys, prompts, commands and the mouse: who gets what is typed.
 *
 * A key belongs to the innermost thing that is open: a prompt, else the help, else the view's
 * keymap.  Ctrl-C is above all that: it always leaves.  A key that means nothing says so and
 * changes nothing.
 *
 * Not here: what actions do (session_act.c), line editing (prompt.c), completion (complete.c).
 */
#include "session_private.h"

#include <stdio.h>
#include <string.h>

static bool show_by_key(struct session *session, uint32_t key)
{
	for (int i = 0; i < session->nr_views; i++)
		if (session->views[i]->key && key == (unsigned char)session->views[i]->key) {
			session_show(session, session->views[i]->id);
			return true;
		}
	return false;
}

static void prompt_accept(struct session *session)
{
	enum prompt_kind kind = session->prompt.kind;
	char line[PROMPT_MAX];

	snprintf(line, sizeof(line), "%s", session->prompt.text);
	prompt_close(&session->prompt, true);
	switch (kind) {
	case PROMPT_COMMAND: session_command(session, line); break;
	case PROMPT_FIND:
		/* an empty line repeats the last search, as in every pager */
		session_act(session, line[0] ? ACTION_FIND : ACTION_NEXT, line);
		break;
	case PROMPT_FILTER: session_act(session, line[0] ? ACTION_FILTER : ACTION_CLEAR, line); break;
	case PROMPT_TIME:
		if (line[0])
			session_act(session, ACTION_GO_TO, line);
		break;
	default: break;
	}
}

static void prompt_letter(struct session *session, uint32_t key)
{
	bool set = session->prompt.kind == PROMPT_MARK;
	char letter[2] = { 0 };

	prompt_close(&session->prompt, false);
	if (key == K_ESC)
		return;
	if (mark_index(key) < 0) {
		session_say(session, "a mark is one letter, a to z, A or B");
		return;
	}
	letter[0] = (char)key;
	session_act(session, set ? ACTION_MARK : ACTION_GO_MARK, letter);
}

static void key_to_prompt(struct session *session, uint32_t key)
{
	struct prompt *prompt = &session->prompt;

	session->candidates[0] = '\0';
	if (prompt->kind == PROMPT_MARK || prompt->kind == PROMPT_GO_MARK) {
		prompt_letter(session, key);
		return;
	}
	switch (prompt_key(prompt, key)) {
	case PROMPT_ACCEPTED: prompt_accept(session); break;
	case PROMPT_CANCELLED:
		if (prompt->kind == PROMPT_HELP)
			session->help.query[0] = '\0';
		prompt_close(prompt, false);
		break;
	case PROMPT_TAB:
		if (prompt->kind == PROMPT_COMMAND)
			session_complete(session);
		break;
	case PROMPT_EDITED:
		if (prompt->kind == PROMPT_HELP) {
			snprintf(session->help.query, sizeof(session->help.query), "%s", prompt->text);
			session->help.top = 0;
		}
		break;
	case PROMPT_IGNORED: break;
	}
}

void session_key(struct session *session, uint32_t key)
{
	enum action action;
	char name[KEY_NAME_MAX];

	if (key == K_NONE)
		return;
	session->message[0] = '\0';
	action = keymap_find(&session->keymap, session_current(session)->id, key);
	if (action == ACTION_QUIT) {
		session_act_key(session, action, "", key);
		return;
	}
	if (session->prompt.kind != PROMPT_NONE) {
		key_to_prompt(session, key);
		return;
	}
	if (session->help.open && help_key(session, key))
		return;
	if (action != ACTION_NONE)
		session_act_key(session, action, "", key);
	else if (!show_by_key(session, key))
		session_say(session, "%s does nothing here; ? lists the keys",
			    key_label(key, name, sizeof(name)));
}

void session_command(struct session *session, const char *line)
{
	char word[PROMPT_MAX];
	const char *rest;
	size_t length;
	enum action action;

	line += strspn(line, " :");
	length = strcspn(line, " ");
	rest = line + length + strspn(line + length, " ");
	if (!length || length >= sizeof(word))
		return;
	memcpy(word, line, length);
	word[length] = '\0';
	action = action_find(word);
	/* "object" is a view alone and a choice with something behind it */
	if ((action == ACTION_NONE || (action == ACTION_SELECT && !*rest)) && view_find(word) >= 0) {
		session_act(session, ACTION_VIEW, word);
	} else if (action == ACTION_NONE && strchr("0123456789+@#'", word[0])) {
		session_act(session, ACTION_GO_TO, line);
	} else if (action == ACTION_NONE) {
		session_say(session, "there is no command \"%s\"; Tab lists them", word);
	} else if (!(action_table[action].views & (1u << session_current(session)->id))) {
		session_say(session, "%s means nothing in this view", word);
	} else if (*rest && action_table[action].argument == ARG_NONE) {
		session_say(session, "%s takes nothing behind it", word);
	} else {
		session_act(session, action, rest);
	}
}

/* The list drawn at these body cells, or -1. */
static int list_under(struct session *session, int x, int y)
{
	struct view_state *state = session_view_state(session);
	int nr = session_current(session)->nr_lists;

	for (int i = 0; i < nr && i < VIEW_LISTS; i++) {
		const struct list *list = &state->lists[i];

		if (x >= list->x && x < list->x + list->width && y >= list->y &&
		    y < list->y + list->height && list->top + (uint64_t)(y - list->y) < list->nr_rows)
			return i;
	}
	return -1;
}

static void press_body(struct session *session, int x, int y, bool open)
{
	struct view_state *state = session_view_state(session);
	const struct view *view = session_current(session);
	int i = list_under(session, x, y);

	if (i < 0)
		return;
	state->focus = i;
	state->lists[i].cursor = state->lists[i].top + (uint64_t)(y - state->lists[i].y);
	if (view->moved)
		view->moved(session, session_own(session));
	if (open)
		session_act(session, ACTION_OPEN, "");
}

static void press_tab(struct session *session, int x)
{
	for (int i = 0; i < session->nr_views; i++)
		if (x >= session->tabs_x[i] && x < session->tabs_x[i + 1])
			session_show(session, session->views[i]->id);
}

static void wheel(struct session *session, bool up)
{
	for (int i = 0; i < 3; i++) {
		if (session->help.open)
			help_key(session, up ? K_UP : K_DOWN);
		else
			session_act(session, up ? ACTION_UP : ACTION_DOWN, "");
	}
}

void session_mouse(struct session *session, enum mouse what, int x, int y)
{
	if (!session->mouse || session->prompt.kind != PROMPT_NONE)
		return;
	session->message[0] = '\0';
	if (what == MOUSE_WHEEL_UP || what == MOUSE_WHEEL_DOWN) {
		wheel(session, what == MOUSE_WHEEL_UP);
	} else if (session->help.open) {
		session->help.open = false;
	} else if (y == 1) {
		press_tab(session, x);
	} else if (y >= FRAME_TOP && y < session->height - FRAME_BOTTOM) {
		press_body(session, x, y - FRAME_TOP, what == MOUSE_DOUBLE);
	}
}
