// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_walk.c - an rmap walk, VMA by VMA: which were visited, which skipped, and why.
 *
 * Left stand the rmap_items of the stable node in the order in which the walk took them up, right the
 * interval tree of the anon_vma whose item is under the cursor, below what the walk came to and who
 * waited for it, or (x) what other rules would have come to.  Panes never move.
 *
 * Left and Right go by VMA, summed ones included: those lie between events, so several positions
 * share a moment.  n goes to what was visited, s to what was skipped, i to the next item, a to the
 * other pass, v by events.
 *
 * The parts are drawn by walk_panes.c, walk_facts.c and walk_whatif.c.
 */
#include <inttypes.h>
#include <stdio.h>

#include "step_list.h"
#include "view_util.h"
#include "views.h"
#include "walk_items.h"
#include "walk_panes.h"

struct walk_view {
	bool unfolded, whatif;
};

#define NOW_ROWS 3

static void draw(struct session *session, void *own, struct pane body)
{
	bool tall = body.height > 26;
	int left = body.width >= 110 ? 45 : 35, split = body.width >= 110 ? 62 : 47;
	int top = tall ? 3 : 2, below = tall ? 9 : 6, rows = body.height - top - below - NOW_ROWS;
	struct walk_view *view = own;
	struct stepping s;

	if (!stepping_draw(&s, session, body))
		return;
	walk_draw_header(pane_sub(body, 0, 0, body.width, 2), &s);
	if (tall)
		pane_hline(body, 0, 2, body.width, ROLE_BORDER);
	walk_draw_items(pane_sub(body, 0, top, left, rows), &s);
	pane_vline(body, left, top, rows, ROLE_BORDER);
	walk_draw_vmas(pane_sub(body, left + 1, top, body.width - left - 1, rows), &s, view->unfolded);
	if (view->whatif) {
		walk_draw_whatif(pane_sub(body, 0, top + rows, body.width, below), &s);
	} else {
		walk_draw_totals(pane_sub(body, 0, top + rows, split, below), &s);
		walk_draw_waiters(pane_sub(body, split, top + rows, body.width - split, below), &s);
	}
	stepping_draw_now(pane_sub(body, 0, body.height - NOW_ROWS, body.width, NOW_ROWS), &s);
}

/* The VMA under the cursor, else the item. */
static struct ref under_cursor(struct stepping *s)
{
	const struct walk_item *items;
	const struct hold_vma *vmas;
	uint32_t hold = walk_hold(s), nr, at;

	if (s->cursor.vma != NO_VMA && hold != NO_STEP &&
	    !episode_hold_vmas(s->episode, hold, &vmas, &nr, NULL) && s->cursor.vma < nr)
		return vmas[s->cursor.vma].vma.ref;
	items = walk_items(s, &nr);
	at = walk_item_of(s, hold);
	return at == NO_STEP ? s->row.object : items[at].item;
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct walk_view *view = own;
	struct stepping s;

	(void)argument;
	if (!stepping_init(&s, session))
		return false;
	switch (action) {
	case ACTION_FOLD:
		view->unfolded = !view->unfolded;
		return true;
	case ACTION_WHAT_IF:
		view->whatif = !view->whatif;
		return true;
	case ACTION_OPEN:
		util_open(&s.scene, under_cursor(&s));
		return true;
	default:
		return stepping_act(&s, action, UNIT_VMA);
	}
}

static void moved(struct session *session, void *own)
{
	const struct view_state *state = session_view_state(session);
	const struct walk_view *view = own;
	struct stepping s;

	if (!stepping_init(&s, session))
		return;
	if (state->focus == 0)
		walk_go_to_item(&s, state->lists[0].cursor);
	else
		walk_go_to_vma(&s, view->unfolded, &state->lists[1]);
}

static bool *pane(void *own)
{
	struct walk_view *view = own;

	return &view->whatif;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	const struct walk_view *view = own;
	struct stepping s;

	stepper_copy(session, own, buffer, size);
	if (view->whatif && stepping_init(&s, session))
		walk_copy_whatif(&s, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	const struct walk_view *view = own;
	struct stepping s;

	if (view->whatif && stepping_init(&s, session))
		snprintf(buffer, size, "ksmtop whatif %s --walk %" PRIu32, s.scene.source->file,
			 s.row.number);
	else
		stepper_command(session, own, buffer, size);
}

const struct view view_walk = {
	.id = VIEW_WALK,
	.title = "Rmap walk",
	.tab = "Walk",
	.draw = draw,
	.under = '7',
	.unit = "VMA",
	.state_size = sizeof(struct walk_view),
	.status = stepper_status,
	.why = stepper_why,
	.act = act,
	.hint = stepper_hint,
	.find = stepper_find,
	.pane = pane,
	.moved = moved,
	.nr_lists = 2,
	.copy = copy,
	.command = command,
	.source = stepper_source,
};
