// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c - draws a session: title, tabs, line, body, line, why, hints.
 *
 * Every row has a fixed place, so that the eye finds the same fact at the same spot after each
 * step: numbers are padded to the width of the largest they can become, and the filter stands in
 * the upper line instead of pushing the body down, as a long sentence stands in the lower one.
 * What does not fit goes from the right, except what must never go: the moment, "? help" and how to
 * leave.
 *
 * Below 80x24 there is no half picture: one row says so, and keys go on working.
 *
 * Not here: bodies (the views), the help overlay (help.c).
 */
#include "session_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

/* ---- title ---- */

static void append(char *buffer, size_t size, const char *text)
{
	size_t length = strlen(buffer);

	snprintf(buffer + length, size - length, "%s%s", length ? "  " : "", text);
}

static const char *state_text(const struct session *session, char *buffer, size_t size)
{
	const struct source *source = session->source;
	const struct play *play = &session->play;
	char word[64], count[FORMAT_MAX];

	buffer[0] = '\0';
	if (source && source->damaged)
		append(buffer, size, "damaged");
	if (source && (source->nr_lost || source->lost_uncounted)) {
		snprintf(word, sizeof(word), "lost %s%s", source->nr_lost ? format_count(count, source->nr_lost) : "",
			 source->lost_uncounted ? "?" : "");
		append(buffer, size, word);
	}
	if (session->hindsight)
		append(buffer, size, "hindsight");
	if (session->loading[0]) {
		int percent = session->load_total ? (int)((unsigned __int128)session->load_done * 100 /
							  session->load_total) : 0;

		snprintf(word, sizeof(word), "%s %3d%%", session->loading, percent);
	} else if (play->on && play->speed < 0) {
		snprintf(word, sizeof(word), "[>] 1/%dx", 1 << -play->speed);
	} else if (play->on) {
		snprintf(word, sizeof(word), "[>] %dx", 1 << play->speed);
	} else {
		snprintf(word, sizeof(word), "[||]");
	}
	append(buffer, size, word);
	return buffer;
}

static const char *moment_text(const struct session *session, char *buffer, size_t size)
{
	const struct source *source = session->source;
	char time[FORMAT_MAX], last[24];
	int width;

	if (!source) {
		snprintf(buffer, size, "nothing loaded");
		return buffer;
	}
	width = snprintf(last, sizeof(last), "%" PRIu64, source->nr_events);
	format_moment(time, source->time_ns(source->data, session->t) -
		      source->time_ns(source->data, 0));
	snprintf(buffer, size, "t %s  ev %*" PRIu64 "/%s", time, width, session->t, last);
	return buffer;
}

static void draw_title(struct session *session, struct pane row)
{
	char state[128], moment[96];
	const char *title = session_current(session)->title;
	const char *file = session->source ? session->source->file : "";
	int name = 11 + (text_width(title) > 14 ? text_width(title) : 14), right, left;

	state_text(session, state, sizeof(state));
	moment_text(session, moment, sizeof(moment));
	pane_fill(row, 0, 0, row.width, 1, ROLE_TITLE);
	pane_printf(row, 0, 0, ROLE_TITLE, " ksmtop | %s", title);
	right = row.width - text_width(state) - 1;
	left = right - text_width(moment) - 2;
	if (right > name)
		pane_text(row, right, 0, ROLE_TITLE, state);
	if (left > name - 10)	/* the moment is worth more than the end of the title */
		pane_text(row, left, 0, ROLE_TITLE, moment);
	if (left - name - 2 <= 8)
		return;
	/* the end of a path says more than its beginning */
	if (text_width(file) > left - name - 2 && strrchr(file, '/'))
		file = strrchr(file, '/') + 1;
	if (text_width(file) <= left - name - 2)
		pane_text(row, name, 0, ROLE_TITLE, file);
	else
		pane_fit(row, name, 0, left - name - 2, ALIGN_RIGHT, ROLE_TITLE, file);
}

/* ---- tabs ---- */

static void marks_text(const struct session *session, char *buffer, size_t size)
{
	const struct source *source = session->source;
	size_t length = 0;

	buffer[0] = '\0';
	for (int letter = 'A'; letter <= 'B' && source; letter++) {
		const struct mark *mark = &session->marks[mark_index((uint32_t)letter)];
		char time[FORMAT_MAX];

		if (mark->set)
			length += (size_t)snprintf(buffer + length, size - length, "%s%c %s",
				length ? "  " : "", letter,
				format_moment(time, source->time_ns(source->data, mark->t) -
					      source->time_ns(source->data, 0)));
	}
}

/* What the view says of itself; with a filter in the upper line the marks stand here. */
static void status_text(struct session *session, char *buffer, size_t size)
{
	const struct view *view = session_current(session);

	buffer[0] = '\0';
	if (view->status)
		view->status(session, session_own(session), buffer, size);
	if (!buffer[0] && session->filter[0])
		marks_text(session, buffer, size);
}

/* Returns whether there was room for the status. */
static bool draw_tabs(struct session *session, struct pane row, const char *status)
{
	int x = 0, width = text_width(status);

	for (int i = 0; i < session->nr_views; i++) {
		bool active = i == session->view ||
			      (session->views[i]->key &&
			       session->views[i]->key == session_current(session)->under);
		enum role role = active ? ROLE_TAB_ACTIVE : ROLE_TAB;
		const struct view *view = session->views[i];

		session->tabs_x[i] = x;
		if (view->key)
			x += pane_printf(row, x, 0, role, active ? "[%c]%s" : " %c %s", view->key,
					 view->tab);
		else if (active && !view->under)
			x += pane_printf(row, x, 0, role, "[%s]", view->tab);
	}
	session->tabs_x[session->nr_views] = x;
	if (x + 2 + width >= row.width)
		return false;
	pane_text(row, row.width - width - 1, 0, ROLE_HINT, status);
	return true;
}

/* A word in the upper line, with a blank on either side. */
static void draw_in_line(struct pane row, int x, const char *text)
{
	if (!*text)
		return;
	pane_printf(row, x, 0, ROLE_HINT, " %s ", text);
}

/* The filter, or the marks and what had no room beside the tabs. */
static void draw_line(const struct session *session, struct pane row, const char *status)
{
	int x = 2, room, width;
	char marks[96];

	pane_hline(row, 0, 0, row.width, ROLE_BORDER);
	if (!session->filter[0]) {
		marks_text(session, marks, sizeof(marks));
		draw_in_line(row, 1, marks);
		draw_in_line(row, row.width - text_width(status) - 3, status);
		return;
	}
	pane_put(row, 1, 0, ROLE_BORDER, ' ');
	x += pane_text(row, x, 0, ROLE_KEY, "filter: ");
	room = row.width - x - 29;
	width = text_width(session->filter) < room ? text_width(session->filter) : room;
	pane_fit(row, x, 0, width, ALIGN_LEFT, ROLE_PROMPT, session->filter);
	pane_put(row, x + width, 0, ROLE_BORDER, ' ');
	pane_text(row, row.width - 27, 0, ROLE_HINT, " f edit  F clear  * this ");
}

/* ---- why, and what is typed ---- */

static void default_why(const struct session *session, char *buffer, size_t size)
{
	if (!session->source)
		snprintf(buffer, size, "no recording is open");
	else if (!session->t)
		snprintf(buffer, size, "before the first event");
	else
		snprintf(buffer, size, "event %" PRIu64, session->t);
}

/*
 * The why line, or the answer to the last key.  One that is longer than its row takes the line above,
 * too, so that the body stays where it is.
 */
static void draw_why(struct session *session, struct pane rows)
{
	const struct view *view = session_current(session);
	const char *said = session->candidates[0] ? session->candidates : session->message;
	int x = 1, y, width;
	char text[512] = "";

	if (!said[0] && view->why)
		view->why(session, session_own(session), text, sizeof(text));
	if (said[0])
		snprintf(text, sizeof(text), "%s", said);
	else if (!text[0])
		default_why(session, text, sizeof(text));
	width = rows.width - 2 - (said[0] ? 0 : (int)strlen("why: "));
	y = text_width(text) > width ? 0 : 1;
	if (y)
		pane_hline(rows, 0, 0, rows.width, ROLE_BORDER);
	if (!said[0])
		x += pane_text(rows, x, y, ROLE_HEADING, "why: ");
	pane_wrap(rows, x, y, width, said[0] ? ROLE_MESSAGE : ROLE_TEXT, text);
}

static const char *prompt_label(enum prompt_kind kind)
{
	switch (kind) {
	case PROMPT_COMMAND: return ":";
	case PROMPT_FIND: return "/";
	case PROMPT_HELP: return "help /";
	case PROMPT_FILTER: return "filter: ";
	case PROMPT_TIME: return "go to (1234  +1.5s  50%  start  end  12.345  'a): ";
	case PROMPT_MARK: return "mark this moment with a letter (a-z, A, B) ";
	case PROMPT_GO_MARK: return "go to the mark with the letter ";
	default: return "";
	}
}

static void draw_prompt(const struct session *session, struct pane row)
{
	const struct prompt *prompt = &session->prompt;
	int x = pane_text(row, 1, 0, ROLE_KEY, prompt_label(prompt->kind)) + 1;
	char head[PROMPT_MAX];
	int cursor, shift;

	memcpy(head, prompt->text, (size_t)prompt->cursor);
	head[prompt->cursor] = '\0';
	cursor = text_width(head);
	shift = cursor > row.width - x - 2 ? cursor - (row.width - x - 2) : 0;
	row = pane_sub(row, x, 0, row.width - x, 1);
	pane_text(row, -shift, 0, ROLE_PROMPT, prompt->text);
	row.grid->cursor_x = row.x + cursor - shift;
	row.grid->cursor_y = row.y;
}

/* ---- hints ---- */

struct hint {
	char keys[KEYS_PER_ACTION * KEY_NAME_MAX];
	const char *text;
};

/* The bar's word for an action in this view, "" for none. */
static const char *hint_text(struct session *session, enum action action)
{
	const struct view *view = session_current(session);
	const char *text = action_table[action].hint, *own = NULL;

	if (!text[0] || !(action_table[action].views & (1u << view->id)))
		return "";
	if (view->hint)
		own = view->hint(session, session_own(session), action);
	return own ? own : text;
}

/* The hint that begins at action *at: neighbours that say the same share one. */
static bool hint_next(struct session *session, int *at, struct hint *hint)
{
	size_t length = 0;

	hint->text = NULL;
	for (; *at < NR_ACTIONS; (*at)++) {
		const char *text = hint_text(session, (enum action)*at);
		char name[KEY_NAME_MAX];
		uint32_t key = session->keymap.keys[*at][0];

		if (!text[0] || key == K_NONE) {
			if (hint->text)
				break;
			continue;
		}
		if (hint->text && strcmp(hint->text, text))
			break;
		length += (size_t)snprintf(hint->keys + length, sizeof(hint->keys) - length, "%s%s",
					   hint->text ? " " : "", key_label(key, name, sizeof(name)));
		hint->text = text;
		if (length >= sizeof(hint->keys))
			length = sizeof(hint->keys) - 1;
	}
	return hint->text != NULL;
}

static int draw_hint(struct pane row, int x, const char *keys, const char *text)
{
	int start = x;

	x += pane_text(row, x, 0, ROLE_KEY, keys);
	x += pane_put(row, x, 0, ROLE_HINT, ' ');
	x += pane_text(row, x, 0, ROLE_HINT, text);
	return x - start + 2;
}

static void draw_hints(struct session *session, struct pane row)
{
	const char *quits = action_table[ACTION_UP_OR_QUIT].hint;
	/* A view without a tab lies below one that has: q goes up. */
	const char *leave = session_pane(session) ? "close" : session_current(session)->key ? quits : "up";
	char quit[KEY_NAME_MAX] = "";
	uint32_t key = session->keymap.keys[ACTION_UP_OR_QUIT][0];
	struct hint hint;
	int at = 0, x = 1, end;

	key_label(key, quit, sizeof(quit));
	end = row.width - text_width(quit) - text_width(leave) - 4;
	while (hint_next(session, &at, &hint)) {
		int width = text_width(hint.keys) + 1 + text_width(hint.text);

		if (hint.text == quits || x + width > end)
			continue;
		x += draw_hint(row, x, hint.keys, hint.text);
	}
	draw_hint(row, x, quit, leave);
}

/* ---- all of it ---- */

static void draw_too_small(struct session *session, struct pane all)
{
	char moment[96], texts[4][96];
	int x = 0;

	/* The longest that fits; cut, it would not say how to leave. */
	snprintf(texts[0], sizeof(texts[0]), "needs %dx%d, this is %dx%d; keys work, q leaves",
		 FRAME_WIDTH, FRAME_HEIGHT, all.width, all.height);
	snprintf(texts[1], sizeof(texts[1]), "needs %dx%d; q leaves", FRAME_WIDTH, FRAME_HEIGHT);
	snprintf(texts[2], sizeof(texts[2]), "%dx%d; q", FRAME_WIDTH, FRAME_HEIGHT);
	snprintf(texts[3], sizeof(texts[3]), "q");
	for (int i = 0; i < 4 && !x; i++)
		if (text_width(texts[i]) <= all.width)
			x = pane_text(all, 0, 0, ROLE_MESSAGE, texts[i]);
	/* Half a moment is a wrong one. */
	moment_text(session, moment, sizeof(moment));
	if (x + 2 + text_width(moment) > all.width && session->source)
		snprintf(moment, sizeof(moment), "ev %" PRIu64, session->t);
	if (x + 2 + text_width(moment) <= all.width)
		pane_text(all, x + 2, 0, ROLE_TEXT, moment);
}

void session_draw(struct session *session, struct grid *grid)
{
	struct pane all = grid_pane(grid), body;
	const struct view *view = session_current(session);
	int bottom = grid->height - FRAME_BOTTOM;
	char status[128];

	grid->charset = session->charset;
	session->width = grid->width;
	session->height = grid->height;
	session->unfinished = false;
	grid_clear(grid);
	if (grid->width < FRAME_WIDTH || grid->height < FRAME_HEIGHT) {
		draw_too_small(session, all);
		return;
	}
	draw_title(session, pane_sub(all, 0, 0, all.width, 1));
	status_text(session, status, sizeof(status));
	if (draw_tabs(session, pane_sub(all, 0, 1, all.width, 1), status))
		status[0] = '\0';
	draw_line(session, pane_sub(all, 0, 2, all.width, 1), status);
	body = pane_sub(all, 0, FRAME_TOP, all.width, bottom - FRAME_TOP);
	view->draw(session, session_own(session), body);
	session->whole = false;
	if (session->help.open)
		help_draw(session, body);
	draw_why(session, pane_sub(all, 0, bottom, all.width, 2));
	if (session->prompt.kind != PROMPT_NONE)
		draw_prompt(session, pane_sub(all, 0, bottom + 2, all.width, 1));
	else
		draw_hints(session, pane_sub(all, 0, bottom + 2, all.width, 1));
}
