// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_steps.c - an episode of any kind as the list of its steps: scans, migrations, kill lists.
 *
 * These need no picture of their own: a line that says what the episode is and what it came to, the
 * steps as sentences, the one under the cursor in full, and at the end the notes of its story (why a page
 * stayed, who is not on the list).  Walks, recoveries and collapses have
 * views of their own; this one takes what is left.
 *
 * A long scan is folded: runs of its events of one kind are one step.
 */
#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "step_list.h"
#include "view_util.h"
#include "views.h"

#define NOW_ROWS 4
#define MIN_STEPS 4	/* of the list, with its heading */

static void totals(struct stepping *s, char *buf, size_t size)
{
	const struct migration_totals *m = &s->row.totals.migration;
	const struct kill_totals *k = &s->row.totals.kill;
	char a[FORMAT_MAX];

	buf[0] = 0;
	if (!s->row.ended)
		snprintf(buf, size, "%s", stepping_unended(s));
	else if (s->row.kind == EPISODE_MIGRATION)
		snprintf(buf, size, "pages moved %" PRIu64 ", not %" PRIu64 "; KSM walks %" PRIu32
			 ", longest hold %s; stable nodes moved %" PRIu32, m->succeeded,
			 m->failed, m->nr_walks, format_duration(a, m->longest_hold_ns), m->nr_moved);
	else if (s->row.kind == EPISODE_KILL_LIST)
		snprintf(buf, size, "on the list %" PRIu32 "; VMA covers the address of %" PRIu32
			 "; pte maps the page of %" PRIu32, k->nr_listed, k->nr_covering, k->nr_mapped);
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

static void draw(struct session *session, void *own, struct pane body)
{
	const struct episode_note *notes = NULL;
	int nr, rows, list;
	struct stepping s;

	(void)own;
	if (!stepping_draw(&s, session, body))
		return;
	nr = stepping_notes(&s, &notes);
	rows = notes_rows(body, notes, nr);
	list = body.height - 3 - NOW_ROWS - rows;
	draw_header(pane_sub(body, 0, 0, body.width, 2), &s);
	pane_hline(body, 0, 2, body.width, ROLE_BORDER);
	step_list_draw(pane_sub(body, 0, 3, body.width, list), &s);
	stepping_draw_now(pane_sub(body, 0, 3 + list, body.width, NOW_ROWS), &s);
	if (rows) {
		struct pane below = pane_sub(body, 0, body.height - rows, body.width, rows);

		pane_rule(below, 0, "what it came to", "");
		draw_notes(below, 1, notes, nr);
	}
}

const struct view view_steps = {
	.id = VIEW_STEPS,
	.title = "Steps",
	.tab = "Steps",
	.draw = draw,
	.under = '7',
	.unit = "step",
	.nr_lists = 1,
	.status = stepper_status,
	.why = stepper_why,
	.act = step_list_act,
	.find = stepper_find,
	.moved = step_list_moved,
	.copy = stepper_copy,
	.command = stepper_command,
	.source = stepper_source,
};
