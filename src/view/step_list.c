// SPDX-License-Identifier: GPL-2.0-only
/*
 * step_list.c - the steps of an episode as a list of sentences.
 *
 * One mechanism for every kind of episode: a row is the event's number, its time since the episode
 * began and the narration.  A migration's walks and ptes are told in brief, figures first, each pte below
 * its walk; walks that came to the same, one behind the other, are folded into one line (fold.h), and so
 * are ptes that became the same.  A recovery's list also shows where it goes on behind its own end, because a memory failure is
 * over only with the kernel's verdict.
 *
 * Not here: what a kind shows beside its steps (view_recovery.c, view_collapse.c).
 */
#include "step_list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/words.h"
#include "fold.h"
#include "format.h"
#include "view_util.h"

void stepping_draw_now(struct pane pane, struct stepping *s)
{
	struct narration narration;
	char heading[96], place[128];

	stepping_narrate(s, &narration);
	snprintf(heading, sizeof(heading), "step %" PRIu32 " of %" PRIu32 "  #%" PRIu64,
		 s->cursor.step + 1, episode_nr_steps(s->episode), s->step->event);
	snprintf(place, sizeof(place), "%s %s()  [%c%s]", narration.file ? narration.file : "",
		 narration.function ? narration.function : "", narration.evidence ? narration.evidence : 'T',
		 narration.doubtful ? "?" : "");
	/* Where there is no room for both, the function says where to look. */
	if (narration.function && strlen(heading) + strlen(place) + 5 >= (size_t)pane.width)
		snprintf(place, sizeof(place), "%s()  [%c%s]", narration.function,
			 narration.evidence ? narration.evidence : 'T', narration.doubtful ? "?" : "");
	pane_rule(pane, 0, heading, place);
	pane_wrap(pane_sub(pane, 1, 1, pane.width - 2, pane.height - 1), 0, 0, pane.width - 2,
		  s->where == STEPPING_WITHIN ? ROLE_TEXT : ROLE_SKIPPED, narration.text);
}

char step_mark(const struct stepping *s, const struct step *step)
{
	switch (step->kind) {
	case STEP_COPY:
		return step->verdict ? '!' : '+';
	case STEP_PAGE_MOVED:
		return '+';
	case STEP_DUP:
		return step->verdict ? '.' : '*';
	case STEP_MOVE:
		return step->verdict > 1 ? '!' : '*';
	case STEP_NODE:
	case STEP_ITEM_MOVED:
	case STEP_PTE:
		return '~';
	case STEP_SIGNAL:
		return '!';
	case STEP_TASK:
		return step->verdict ? '!' : '.';
	case STEP_PAGE:
		return step->verdict == 2 ? '!' : step->verdict == 3 ? 'x' : '*';
	default:
		return s->row.kind == EPISODE_RECOVERY && step->kind == STEP_BEGIN ? '!' : ' ';
	}
}

/* ---- a migration's walks and ptes, in brief ---- */

/*
 * A walk as far as it has come at the moment; one that is still to begin, as it begins.  False: it is not
 * known how it began.
 */
static bool walk_row(const struct stepping *s, const struct step *step, struct episode_row *ret)
{
	struct moment when = s->scene.when;
	union row row;

	if (when.t < step->event)
		when = moment_at(step->event);
	if (history_row(s->scene.history, step->ref, when, &row) || row.episode.begin_lost)
		return false;
	*ret = row.episode;
	return true;
}

/* In one line: what it was for and what it did.  The sentence below says the same at length.  Of a run: what each did. */
static void walk_brief(const struct stepping *s, const struct step *step, uint32_t nr, struct narration *ret)
{
	char purpose[24], after[16] = "", visited[40] = "";
	const struct walk_totals *w;
	struct episode_row row;

	if (!walk_row(s, step, &row))
		return;
	w = &row.totals.walk;
	if (row.ended) {
		snprintf(after, sizeof(after), " -> %" PRId32, w->mapcount_after);
		snprintf(visited, sizeof(visited), ", %" PRIu64 " visited", w->visited);
	}
	if (nr > 1)
		snprintf(ret->text, sizeof(ret->text), "%" PRIu32 " walks from %" PRIu32 " on, each: mapcount %" PRId32
			 "%s%s", nr, row.number, w->mapcount_before, after, visited);
	else
		snprintf(ret->text, sizeof(ret->text), "walk %" PRIu32 ": mapcount %" PRId32 "%s%s, to %s", row.number,
			 w->mapcount_before, after, visited, explain_word(WORDS_PURPOSE, w->purpose, purpose));
}

/* What a step did to a pte; EVENT_UNKNOWN: nothing. */
static enum event_kind pte_kind(const struct stepping *s, uint32_t i, struct event *ret)
{
	if (episode_step_event(s->episode, i, ret) ||
	    (ret->kind != EVENT_SET_MIGRATION_PTE && ret->kind != EVENT_REMOVE_MIGRATION_PTE))
		return EVENT_UNKNOWN;
	return ret->kind;
}

/* One of the ptes of the walk above, or a run of them. */
static void pte_brief(const struct stepping *s, uint32_t i, uint32_t nr, struct narration *ret)
{
	const struct step *step = episode_step(s->episode, i);
	enum event_kind kind;
	struct event ev;
	char name[64] = "?";

	kind = pte_kind(s, i, &ev);
	if (kind == EVENT_UNKNOWN)
		return;
	if (nr > 1) {
		snprintf(ret->text, sizeof(ret->text), "  %" PRIu32 " ptes: %s", nr,
			 kind == EVENT_SET_MIGRATION_PTE ? "entries" : "ptes again");
		return;
	}
	if (!ref_is_none(step->ref))
		narrate_name(s->scene.history, step->ref, moment_at(step->event), name, sizeof(name));
	snprintf(ret->text, sizeof(ret->text), "  0x%" PRIx64 " %s: %s",
		 (uint64_t)EVENT_ARGS(&ev, SET_MIGRATION_PTE)->addr,
		 kind == EVENT_SET_MIGRATION_PTE ? "an entry" : "a pte again", name);
}

/* ---- folding ---- */

/* Whatever they are for: a page that stays is unmapped and mapped again in turn. */
static bool walks_alike(const struct stepping *s, const struct step *a, const struct step *b)
{
	struct episode_row x, y;
	const struct walk_totals *v = &x.totals.walk, *w = &y.totals.walk;

	return walk_row(s, a, &x) && walk_row(s, b, &y) && x.ended == y.ended && ref_equal(x.object, y.object) &&
	       v->mapcount_before == w->mapcount_before &&
	       (!x.ended || (v->mapcount_after == w->mapcount_after && v->visited == w->visited));
}

/* A step that is still to come: nothing is told of it but that there is one. */
static bool is_ahead(const struct stepping *s, uint32_t i)
{
	return !stepping_done(s, i) && !session_hindsight(s->scene.session);
}

/* Walks and ptes of a migration are folded, and what is to come, which stands apart from what has happened. */
static bool alike(const void *rows, uint32_t i, uint32_t j)
{
	const struct stepping *s = rows;
	const struct step *a = episode_step(s->episode, i), *b = episode_step(s->episode, j);
	enum event_kind kind;
	struct event ev;

	if (is_ahead(s, i) || is_ahead(s, j))
		return is_ahead(s, i) && is_ahead(s, j);
	if (s->row.kind != EPISODE_MIGRATION || a->kind != b->kind || stepping_done(s, i) != stepping_done(s, j))
		return false;
	if (a->kind == STEP_WALK)
		return walks_alike(s, a, b);
	if (a->kind != STEP_PTE)
		return false;
	kind = pte_kind(s, i, &ev);
	return kind != EVENT_UNKNOWN && pte_kind(s, j, &ev) == kind;
}

static void window_of(const struct stepping *s, bool unfolded, int rows, struct fold_window *ret)
{
	struct fold fold = {.nr = episode_nr_steps(s->episode), .cursor = s->cursor.step, .unfolded = unfolded,
			    .alike = alike, .rows = s};

	fold_window(&fold, s->cursor.step, rows, ret);
}

/* ---- the list ---- */

/* A step, or a run of them that are alike. */
static void draw_step(struct pane pane, int y, struct stepping *s, struct fold_line line)
{
	uint32_t i = line.first;
	const struct step *step = episode_step(s->episode, i);
	bool now = i == s->cursor.step && s->where != STEPPING_BEFORE, done = stepping_done(s, i);
	char mark = done ? step_mark(s, step) : ' ', marks[3] = {now ? '>' : ' ', mark, 0};
	enum role role = now ? ROLE_CURSOR : !done ? ROLE_SKIPPED
			 : mark == '!' ? ROLE_FAULT : ROLE_TEXT;
	struct narration narration;
	char text[FORMAT_MAX];
	int64_t ns = scene_ns(&s->scene, step->event) - scene_ns(&s->scene, s->row.fact.born);
	int x = 3;

	if (is_ahead(s, i)) {
		pane_printf(pane, x + 20, y, role, line.nr > 1 ? "%" PRIu32 " steps still to come" : "still to come",
			    line.nr);
		row_marks(pane, y, marks);
		return;
	}
	x += pane_printf(pane, x, y, role, "%8" PRIu64 " ", step->event);
	pane_fit(pane, x, y, 9, ALIGN_RIGHT, role, format_duration(text, ns > 0 ? (uint64_t)ns : 0));
	x += 11;
	if (narrate_step(s->episode, i, s->scene.when.known_by, &narration))
		snprintf(narration.text, sizeof(narration.text), "cannot be read");
	else if (s->row.kind == EPISODE_MIGRATION && step->kind == STEP_WALK)
		walk_brief(s, step, line.nr, &narration);
	else if (step->kind == STEP_PTE)
		pte_brief(s, i, line.nr, &narration);
	pane_fit(pane, x, y, pane.width - x - 3, ALIGN_LEFT, role, narration.text);
	pane_fact(pane, pane.width - 2, y, narration.evidence, narration.doubtful);
	row_marks(pane, y, marks);
}

void step_list_draw(struct pane pane, struct stepping *s, bool unfolded)
{
	struct list *list = &session_view_state(s->scene.session)->lists[0];
	int rows = pane.height > 1 ? pane.height - 1 : 0;
	struct fold_window window;

	window_of(s, unfolded, rows, &window);
	list->top = 0;
	list->cursor = window.here > 0 ? (uint64_t)window.here : 0;
	list_place(list, (uint64_t)window.nr, pane.x - s->scene.body.x, pane.y - s->scene.body.y + 1, pane.width, rows);
	pane_text(pane, 3, 0, ROLE_HEADING, "   EVENT     SINCE  STEPS");
	for (int y = 0; y < window.nr; y++) {
		if (window.lines[y].nr > 1 && !is_ahead(s, window.lines[y].first))
			pane_text(pane, pane.width - 16, 0, ROLE_HINT, "Space unfolds");
		draw_step(pane, y + 1, s, window.lines[y]);
	}
}

void step_list_click(struct stepping *s, bool unfolded)
{
	const struct list *list = &session_view_state(s->scene.session)->lists[0];
	struct fold_window window;

	window_of(s, unfolded, list->height, &window);
	if (list->cursor < (uint64_t)window.nr)
		stepping_go(s, (struct episode_cursor){window.lines[list->cursor].first, NO_VMA});
}

void step_list_moved(struct session *session, void *own)
{
	struct stepping s;

	(void)own;
	if (stepping_init(&s, session))
		step_list_click(&s, false);
}

void step_open(struct stepping *s)
{
	struct ref ref = s->step->ref;

	if (ref_is_none(ref))
		ref = s->row.object;
	if (ref.table == TABLE_EPISODE)
		stepper_open(&s->scene, ref);
	else
		util_open(&s->scene, ref);
}

/* The walk that the cursor is in, and what other rules would have made of it. */
static void show_whatif(struct stepping *s)
{
	struct session *session = s->scene.session;
	const struct step *step = s->step;
	uint32_t i = s->cursor.step;
	bool *shown;

	while (i && step->kind != STEP_WALK)
		step = episode_step(s->episode, --i);
	if (step->kind != STEP_WALK || step->ref.table != TABLE_EPISODE) {
		session_say(session, "the cursor is in no walk; i goes to the next one");
		return;
	}
	stepper_open(&s->scene, step->ref);
	if (session_view(session)->id != VIEW_WALK)
		return;
	shown = session_view(session)->pane(session_view_state(session)->own);
	*shown = true;
}

bool step_list_act(struct session *session, void *own, enum action action, const struct argument *argument)
{
	struct stepping s;

	(void)own;
	(void)argument;
	if (!stepping_init(&s, session))
		return false;
	if (action == ACTION_WHAT_IF) {
		show_whatif(&s);
		return true;
	}
	if (action != ACTION_OPEN)
		return stepping_act(&s, action, UNIT_STEP);
	step_open(&s);
	return true;
}
