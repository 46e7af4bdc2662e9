// SPDX-License-Identifier: GPL-2.0-only
/*
 * help.c - the overlay behind `?`: the keys of this view first, then those of every view, no others.
 *
 * Rows are made on the fly from the action table, the keymap and the registered views, so the
 * help cannot differ from what the keys do.  `/` narrows it to the rows that hold a text, in the
 * key, the name or the sentence, whatever the case.  Behind the keys stands what marks and
 * evidence letters mean, in the words of the user's manual.
 */
#include "session_private.h"

#include <stdio.h>
#include <string.h>

struct help_row {
	char keys[KEYS_PER_ACTION * KEY_NAME_MAX + 8];
	const char *name, *text;
};

static const struct help_row legend[] = {
	{ ">", "mark", "now, cursor" },
	{ "*", "mark", "visited, chosen" },
	{ ".", "mark", "skipped" },
	{ ":", "mark", "waits: for pass 2 of a walk, or is ahead" },
	{ "~", "mark", "changed by this event" },
	{ "+", "mark", "new by this event" },
	{ "x", "mark", "gone" },
	{ "!", "mark", "fault" },
	{ "T", "evidence", "traced: an event said so" },
	{ "D", "evidence", "dumped, or sampled from sysfs or /proc" },
	{ "I", "evidence", "inferred: follows from other facts" },
	{ "M", "evidence", "modelled: the answer of a what-if" },
	{ "?", "evidence", "doubtful: a loss may have changed it" },
};

#define NR_LEGEND ((int)(sizeof(legend) / sizeof(legend[0])))

/* What the keys do here and in few other views comes first; then what they do anywhere. */
enum part { PART_HERE, PART_EVERYWHERE, PART_VIEWS, PART_LEGEND, NR_PARTS };
static const char *const part_names[NR_PARTS] = {
	"in this view", "in every view", "the views", "what marks and letters mean",
};

static bool is_of_part(const struct session *session, const struct action_info *info, enum part part)
{
	/* What a few views have no use for is still everybody's key. */
	bool everywhere = __builtin_popcount(info->views) >= NR_VIEWS * 2 / 3;

	return info->views & (1u << session_current(session)->id) &&
	       everywhere == (part == PART_EVERYWHERE);
}

/* The i-th row of a part; 1: *row is filled, 0: not for this view, -1: the end. */
static int help_row(const struct session *session, enum part part, int i, struct help_row *row)
{
	const struct view *view;

	switch (part) {
	case PART_HERE:
	case PART_EVERYWHERE:
		if (i >= NR_ACTIONS)
			return -1;
		if (!is_of_part(session, &action_table[i], part))
			return 0;
		keymap_text(&session->keymap, (enum action)i, (int)session_current(session)->id,
			    row->keys, sizeof(row->keys));
		row->name = action_table[i].name;
		row->text = action_table[i].help;
		return 1;
	case PART_VIEWS:
		if (i >= session->nr_views)
			return -1;
		view = session->views[i];
		snprintf(row->keys, sizeof(row->keys), "%c", view->key ? view->key : ' ');
		row->name = view_names[view->id];
		row->text = view->title;
		return 1;
	default:
		if (i >= NR_LEGEND)
			return -1;
		*row = legend[i];
		return 1;
	}
}

static bool help_matches(const struct help_row *row, const char *query)
{
	return !query[0] || strcasestr(row->keys, query) || strcasestr(row->name, query) ||
	       strcasestr(row->text, query);
}

/* Goes through the matching rows; draws those from `top` that fit.  Returns how many match. */
static int help_rows(const struct session *session, struct pane pane, int top, bool draw)
{
	struct help_row row;
	int nr = 0, there;

	for (enum part part = 0; part < NR_PARTS; part++) {
		int first = nr;

		for (int i = 0; (there = help_row(session, part, i, &row)) >= 0; i++) {
			if (!there || !help_matches(&row, session->help.query))
				continue;
			if (nr == first && !session->help.query[0]) {	/* its heading */
				if (draw && nr >= top && nr - top < pane.height)
					pane_text(pane, 1, nr - top, ROLE_HEADING, part_names[part]);
				nr++;
			}
			if (draw && nr >= top && nr - top < pane.height) {
				pane_fit(pane, 1, nr - top, 16, ALIGN_LEFT, ROLE_KEY, row.keys);
				pane_fit(pane, 18, nr - top, 12, ALIGN_LEFT, ROLE_VISITED, row.name);
				pane_fit(pane, 31, nr - top, pane.width - 32, ALIGN_LEFT, ROLE_TEXT,
					 row.text);
			}
			nr++;
		}
	}
	return nr;
}

void help_draw(struct session *session, struct pane body)
{
	struct help *help = &session->help;
	struct pane inner = pane_sub(body, 1, 2, body.width - 2, body.height - 3);
	char title[64];

	snprintf(title, sizeof(title), "keys of %s", session_current(session)->title);
	pane_fill(body, 0, 0, body.width, body.height, ROLE_TEXT);
	pane_box(body, ROLE_BORDER, title);
	help->height = inner.height;
	help->nr_rows = help_rows(session, inner, 0, false);
	if (help->top > help->nr_rows - help->height)
		help->top = help->nr_rows - help->height;
	if (help->top < 0)
		help->top = 0;
	help_rows(session, inner, help->top, true);
	pane_text(body, 2, 1, ROLE_HEADING, "KEY");
	pane_text(body, 19, 1, ROLE_HEADING, ":COMMAND");
	pane_printf(body, 32, 1, ROLE_HEADING, "WHAT IT DOES  %d-%d of %d", help->nr_rows ? help->top + 1 : 0,
		    help->top + help->height < help->nr_rows ? help->top + help->height :
		    help->nr_rows, help->nr_rows);
	pane_text(body, body.width - 21, 1, ROLE_HINT, "/ search  q close");
}

bool help_key(struct session *session, uint32_t key)
{
	struct help *help = &session->help;
	int page = help->height > 1 ? help->height - 1 : 1;

	switch (keymap_find(&session->keymap, session_current(session)->id, key)) {
	case ACTION_UP: help->top--; break;
	case ACTION_DOWN: help->top++; break;
	case ACTION_PAGE_UP: help->top -= page; break;
	case ACTION_PAGE_DOWN:
	case ACTION_FOLD: help->top += page; break;
	case ACTION_TOP:
	case ACTION_FIRST: help->top = 0; break;
	case ACTION_BOTTOM:
	case ACTION_LAST: help->top = help->nr_rows; break;
	case ACTION_FIND: prompt_open(&session->prompt, PROMPT_HELP, help->query); break;
	case ACTION_HELP:
	case ACTION_CANCEL:
	case ACTION_UP_OR_QUIT: help->open = false; break;
	case ACTION_COMMAND:
	case ACTION_REDRAW:
	case ACTION_SUSPEND: return false;
	default: session_say(session, "the help is open: q closes it, / searches it");
	}
	if (help->top > help->nr_rows - help->height)
		help->top = help->nr_rows - help->height;
	if (help->top < 0)
		help->top = 0;
	return true;
}
