// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_steps.c - an episode of any kind as the list of its steps: scans, migrations, kill lists.
 *
 * These need no picture of their own: a line that says what the episode is and what it came to, the
 * steps as sentences, the one under the cursor in full, and at the end the notes of its story (why a page
 * stayed, who is not on the list).  Walks, recoveries and collapses have
 * views of their own; this one takes what is left.
 *
 * A long scan is folded: runs of its events of one kind are one step.  A migration's walks that came to the
 * same stand on one line until Space unfolds them.
 *
 * Where the notes are longer than their part of the screen, Tab goes to them and they scroll.
 */
#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "step_list.h"
#include "view_util.h"
#include "views.h"

enum steps_part { PART_STEPS, PART_NOTES, NR_PARTS };

struct steps_view {
	bool unfolded;
};

#define NOW_ROWS 4
#define MIN_STEPS 4	/* of the list, with its heading */

static void totals(struct stepping *s, char *buf, size_t size)
{
	const struct migration_totals *m = &s->row.totals.migration;
	const struct kill_totals *k = &s->row.totals.kill;
	bool lacks = s->row.fact.doubt != DOUBT_NONE;	/* what the kernel has not counted itself */
	char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX];

	buf[0] = 0;
	if (!s->row.ended)
		snprintf(buf, size, "%s", stepping_unended(s));
	else if (s->row.kind == EPISODE_MIGRATION)
		snprintf(buf, size, "pages moved %" PRIu64 ", not %" PRIu64 "; KSM walks %s, longest hold %s; nodes moved %s",
			 m->succeeded, m->failed, format_seen(a, m->nr_walks, lacks),
			 format_seen_duration(b, m->longest_hold_ns, lacks), format_seen(c, m->nr_moved, lacks));
	else if (s->row.kind == EPISODE_KILL_LIST)
		snprintf(buf, size, "on the list %s; VMA covers the address of %s; pte maps the page of %s",
			 format_seen(a, k->nr_listed, lacks), format_seen(b, k->nr_covering, lacks),
			 format_seen(c, k->nr_mapped, lacks));
	else
		snprintf(buf, size, "scan %" PRId64 " of ksmd", s->row.seqnr);
}

/* What the kernel measured is not what lies between the events: to tell them takes time, too. */
static void draw_duration(struct pane pane, int x, const struct episode_row *row)
{
	uint64_t took_ns, apart_ns = row->end_ns - row->begin_ns;
	char took[FORMAT_MAX], apart[FORMAT_MAX];

	if (!row->ended || !episode_duration(row, &took_ns))
		return;
	x += pane_printf(pane, x, 0, ROLE_TEXT, "  took %s", format_duration(took, took_ns));
	if (took_ns != apart_ns && pane.width > 90)
		pane_printf(pane, x, 0, ROLE_TEXT, " by the kernel's count; its events are %s apart",
			    format_duration(apart, apart_ns));
}

static void draw_header(struct pane pane, struct stepping *s)
{
	char task[48], object[64], text[160];
	int x;

	x = 1 + pane_printf(pane, 1, 0, ROLE_HEADING, "%s", episode_word(s->row.kind));
	x += pane_printf(pane, x, 0, ROLE_TEXT, "  by %s", stepping_task(s, task, sizeof(task)));
	if (!ref_is_none(s->row.object))
		x += pane_printf(pane, x, 0, ROLE_TEXT, "  of %s",
				 scene_name(&s->scene, s->row.object, object, sizeof(object)));
	else if (s->row.kind == EPISODE_KILL_LIST)	/* no other page has one of these */
		x += pane_text(pane, x, 0, ROLE_DOUBT, "  of node ?");
	draw_duration(pane, x, &s->row);
	pane_fact(pane, pane.width - 2, 0, s->row.fact.evidence, s->row.fact.doubt != DOUBT_NONE);
	totals(s, text, sizeof(text));
	pane_fit(pane, 1, 1, pane.width - 2, ALIGN_LEFT, ROLE_TEXT, text);
}

/* The notes from row y on; rows needed, drawn or not. */
static int draw_notes(struct pane pane, int y, const struct episode_note *notes, int nr)
{
	for (int i = 0; i < nr; i++) {
		pane_fact(pane, pane.width - 2, y, notes[i].evidence, notes[i].doubtful);
		y += pane_wrap(pane, 1, y, pane.width - 4, ROLE_TEXT, notes[i].text);
	}
	return y;
}

/* With the last step, what explain says of the whole. */
static int notes_rows(struct pane body, const struct episode_note *notes, int nr)
{
	int rows = nr ? 1 + draw_notes(pane_sub(body, 0, 0, body.width, 0), 0, notes, nr) : 0;
	int room = body.height - 3 - NOW_ROWS - MIN_STEPS;

	return rows < room ? rows : room > 2 ? room : 0;
}

static void draw_notes_part(struct pane below, const struct scene *scene, const struct episode_note *notes, int nr)
{
	struct view_state *state = session_view_state(scene->session);
	struct list *list = &state->lists[PART_NOTES];
	struct pane text = pane_sub(below, 0, 1, below.width, below.height - 1);
	int rows = draw_notes(pane_sub(below, 0, 0, below.width, 0), 0, notes, nr);
	int top = rows > text.height ? rows - text.height : 0;
	char where[64] = "";

	top = list->top < (uint64_t)top ? (int)list->top : top;
	list->top = list->cursor = (uint64_t)top;
	list_place(list, (uint64_t)rows, text.x - scene->body.x, text.y - scene->body.y, text.width, text.height);
	if (rows > text.height)
		snprintf(where, sizeof(where), "rows %d-%d of %d: %sDown", top + 1, top + text.height, rows,
			 state->focus == PART_NOTES ? "" : "Tab, then ");
	pane_rule(below, 0, "what it came to", where);
	draw_notes(text, -top, notes, nr);
}

static void draw(struct session *session, void *own, struct pane body)
{
	struct list *list = &session_view_state(session)->lists[PART_NOTES];
	const struct episode_note *notes = NULL;
	const struct steps_view *view = own;
	int nr, rows, steps;
	struct stepping s;

	if (!stepping_draw(&s, session, body))
		return;
	nr = stepping_notes(&s, &notes);
	rows = notes_rows(body, notes, nr);
	steps = body.height - 3 - NOW_ROWS - rows;
	draw_header(pane_sub(body, 0, 0, body.width, 2), &s);
	pane_hline(body, 0, 2, body.width, ROLE_BORDER);
	step_list_draw(pane_sub(body, 0, 3, body.width, steps), &s, view->unfolded);
	stepping_draw_now(pane_sub(body, 0, 3 + steps, body.width, NOW_ROWS), &s);
	if (rows)
		draw_notes_part(pane_sub(body, 0, body.height - rows, body.width, rows), &s.scene, notes, nr);
	else
		*list = (struct list){0};
}

/* ---- keys ---- */

/* In the notes, as they were drawn last.  False: there is nothing to scroll, or no such key. */
static bool scroll(struct view_state *state, enum action action)
{
	struct list *list = &state->lists[PART_NOTES];
	int64_t last = (int64_t)list->nr_rows - list->height, top = (int64_t)list->top;

	if (state->focus != PART_NOTES || last <= 0)
		return false;
	switch (action) {
	case ACTION_UP: top--; break;
	case ACTION_DOWN: top++; break;
	case ACTION_PAGE_UP: top -= list->height; break;
	case ACTION_PAGE_DOWN: top += list->height; break;
	case ACTION_TOP: top = 0; break;
	case ACTION_BOTTOM: top = last; break;
	default: return false;
	}
	list->top = (uint64_t)(top < 0 ? 0 : top > last ? last : top);
	return true;
}

static bool act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct steps_view *view = own;

	if (action == ACTION_FOLD) {
		view->unfolded = !view->unfolded;
		return true;
	}
	return scroll(session_view_state(session), action) || step_list_act(session, own, action, argument);
}

static void moved(struct session *session, void *own)
{
	const struct steps_view *view = own;
	struct stepping s;

	if (session_view_state(session)->focus == PART_STEPS && stepping_init(&s, session))
		step_list_click(&s, view->unfolded);
}

/* What only a migration has: walks to go to, to fold and to walk again. */
static const char *hint(struct session *session, void *own, enum action action)
{
	struct stepping s;

	switch (action) {
	case ACTION_MAPPING_PREV:
	case ACTION_MAPPING_NEXT:
	case ACTION_WHAT_IF:
	case ACTION_FOLD:
		if (!stepping_init(&s, session) || s.row.kind != EPISODE_MIGRATION)
			return "";
		return action == ACTION_MAPPING_PREV || action == ACTION_MAPPING_NEXT ? "walk" : NULL;
	default:
		return stepper_hint(session, own, action);
	}
}

const struct view view_steps = {
	.id = VIEW_STEPS,
	.title = "Steps",
	.tab = "Steps",
	.draw = draw,
	.under = '7',
	.unit = "step",
	.nr_lists = NR_PARTS,
	.state_size = sizeof(struct steps_view),
	.status = stepper_status,
	.why = stepper_why,
	.act = act,
	.hint = hint,
	.find = stepper_find,
	.moved = moved,
	.copy = stepper_copy,
	.command = stepper_command,
	.source = stepper_source,
};
