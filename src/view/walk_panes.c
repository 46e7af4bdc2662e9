// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk_panes.c - a walk's stable node and items, and the interval tree under the cursor.
 *
 * What the cursor has passed is marked: `*` visited, `.` skipped, `:` left to pass 2; what is still
 * to come has no mark and is dim, so that a picture shows how far the walk had come.
 *
 * Runs of VMAs that were skipped for one reason are folded (fold.h): nothing is allocated, and the cost is one
 * look at each VMA that the lines drawn stand for.
 *
 * Not here: totals and waiters (walk_facts.c), the what-if (walk_whatif.c).
 */
#include "walk_panes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/event_table.h"
#include "explain/words.h"
#include "fold.h"
#include "format.h"
#include "view_util.h"
#include "walk_items.h"

#define FOLD_LEAST 4	/* a shorter run is shown */

enum { VISITED, OUTSIDE, OTHER_MM, INVALID };	/* KSMTOP_VERDICTS */

uint32_t walk_hold(const struct stepping *s)
{
	uint32_t nr = episode_nr_holds(s->episode);

	if (s->step->hold != NO_STEP)
		return s->step->hold;
	if (!nr)
		return NO_STEP;
	return s->step->kind == STEP_END ? nr - 1 : 0;
}

bool walk_hold_over(const struct stepping *s, const struct hold *hold)
{
	return (s->where == STEPPING_AFTER && (hold->end || s->row.ended)) ||
	       (s->where == STEPPING_WITHIN && hold->end && s->step->event >= hold->end);
}

/* All of the tree is known: else there may be VMAs in it that had no event. */
static bool tree_known(const struct stepping *s, const struct hold *hold)
{
	struct moment when = {hold->begin, s->open->when.known_by};

	return !hold->begin_lost && !ref_is_none(hold->anon_vma) &&
	       history_is_whole(s->scene.history, VMAS_OF_ANON_VMA, hold->anon_vma, when);
}

/* How many VMAs of the hold under the cursor the walk had come by: index behind the last. */
static uint32_t passed(const struct stepping *s, const struct hold_vma *vmas, uint32_t nr)
{
	uint32_t i;

	if (s->where == STEPPING_BEFORE || s->step->kind == STEP_BEGIN)
		return 0;
	if (s->cursor.vma != NO_VMA)
		return s->cursor.vma < nr ? s->cursor.vma + 1 : nr;
	if (s->step->kind == STEP_ITEM)
		return 0;
	if (s->step->kind != STEP_VMA)
		return nr;
	/* an event whose VMA the rebuilt tree does not hold: those with an event before it */
	for (i = nr; i && !(vmas[i - 1].event && vmas[i - 1].event <= s->step->event); i--)
		;
	return i;
}

static void count_verdict(struct walk_sums *sums, uint8_t verdict)
{
	sums->visited += verdict == VISITED;
	sums->outside += verdict == OUTSIDE;
	sums->other_mm += verdict == OTHER_MM;
	sums->invalid += verdict == INVALID;
}

/* Of a hold of whose tree nothing is known those with an event: how many were skipped is told when it is over. */
static void count_events(struct stepping *s, const struct hold *hold, struct walk_sums *ret)
{
	for (uint32_t i = hold->first_step; i < hold->first_step + hold->nr_steps && stepping_done(s, i); i++) {
		const struct step *step = episode_step(s->episode, i);

		ret->offered += step->kind == STEP_VMA;
		if (step->kind == STEP_VMA)
			count_verdict(ret, step->verdict);
	}
}

/* What the hold under the cursor came to by it, of the VMAs that the rebuilt tree knows. */
static void count_passed(struct stepping *s, uint32_t at, struct walk_sums *ret)
{
	const struct hold *hold = episode_hold(s->episode, at);
	const struct hold_vma *vmas;
	uint32_t nr;

	ret->lacks |= !tree_known(s, hold) && s->step->event >= hold->begin;
	if (episode_hold_vmas(s->episode, at, &vmas, &nr, NULL) || !nr) {
		count_events(s, hold, ret);
		return;
	}
	nr = passed(s, vmas, nr);
	ret->offered += nr;
	ret->lacks |= hold->lacks;
	for (uint32_t i = 0; i < nr; i++) {
		ret->lacks |= vmas[i].doubtful;
		count_verdict(ret, vmas[i].verdict);
	}
}

void walk_so_far(struct stepping *s, struct walk_sums *ret)
{
	uint32_t nr_holds = episode_nr_holds(s->episode), at = walk_hold(s);
	bool over = s->step->kind == STEP_END || s->step->kind == STEP_UNLOCK;

	memset(ret, 0, sizeof(*ret));
	ret->lacks = s->row.begin_lost;
	if (s->where == STEPPING_BEFORE || s->step->kind == STEP_BEGIN)
		return;
	ret->lacks = stepping_lacks_now(s) || (s->row.ended && !s->row.totals.walk.complete);
	for (uint32_t i = 0; i < nr_holds && i < at + over; i++) {
		const struct hold *hold = episode_hold(s->episode, i);

		ret->offered += hold->nr_offered;
		ret->visited += hold->nr_visited;
		ret->outside += hold->nr_outside;
		ret->other_mm += hold->nr_other_mm;
		ret->invalid += hold->nr_invalid;
		ret->held_ns += hold->held_ns;
		ret->longest_ns = hold->held_ns > ret->longest_ns ? hold->held_ns : ret->longest_ns;
		ret->holds++;
	}
	for (uint32_t i = 0; i < nr_holds && i <= at; i++)
		ret->waited_ns += episode_hold(s->episode, i)->waited_ns;
	if (!over && at != NO_STEP)
		count_passed(s, at, ret);
}

/* ---- header ---- */

static void offered_text(struct stepping *s, const struct walk_sums *sums, char *buf, size_t size)
{
	char offered[FORMAT_MAX], all[FORMAT_MAX];

	format_seen(offered, sums->offered, sums->lacks);
	if (s->row.ended)
		snprintf(buf, size, "of %s / %s offered", offered,
			 format_count(all, s->row.totals.walk.nr_iteration_total));
	else
		snprintf(buf, size, "of %s offered", offered);
}

/* Pass and hold under the cursor; where holds may be missing neither their number nor this one's place is known. */
static int draw_place(struct pane pane, struct stepping *s, uint32_t at)
{
	const struct hold *hold = at == NO_STEP ? NULL : episode_hold(s->episode, at);
	char number[FORMAT_MAX], all[FORMAT_MAX];
	bool lacks = hold ? stepping_lacks(s, hold->begin) : stepping_lacks_now(s);
	int x = pane_printf(pane, 1, 1, ROLE_TEXT, hold || !lacks ? "pass %d  hold %s" : "pass ?  hold ?",
			    hold ? hold->pass : 0, format_seen(number, hold ? at + 1 : 0, lacks));

	if (s->row.ended)
		x += pane_printf(pane, 1 + x, 1, ROLE_TEXT, "/%s",
				 format_seen(all, episode_nr_holds(s->episode), s->row.fact.doubt != DOUBT_NONE));
	return x;
}

/* Its first event says that its page had no stable node (any more). */
static bool is_of_none(struct stepping *s)
{
	struct event ev;

	return !episode_step_event(s->episode, 0, &ev) && ev.kind == EVENT_P_WALK_BEGIN &&
	       !EVENT_ARGS(&ev, P_WALK_BEGIN)->node;
}

void walk_draw_header(struct pane pane, struct stepping *s)
{
	const struct walk_totals *w = &s->row.totals.walk;
	char node[64] = "node ?", task[48], purpose[24], rule[24], visited[FORMAT_MAX], skipped[FORMAT_MAX],
		offered[128];
	uint32_t hold = walk_hold(s);
	struct walk_sums sums;
	int x;

	x = 1 + pane_printf(pane, 1, 0, ROLE_HEADING, "walk %" PRIu32, s->row.number);
	if (!ref_is_none(s->row.object))
		scene_name(&s->scene, s->row.object, node, sizeof(node));
	else if (is_of_none(s))
		snprintf(node, sizeof(node), "no stable node");
	if (s->row.begin_lost)	/* it would have told all but where the mapcount came to */
		x += pane_printf(pane, x, 0, ROLE_DOUBT, " %s pfn ?, purpose ?, rule ?, mapcount ?", node);
	else
		x += pane_printf(pane, x, 0, ROLE_TEXT, " %s pfn 0x%" PRIx64 ", %s, rule %s, mapcount%s %" PRId32,
				 node, w->pfn,
				 explain_word(WORDS_PURPOSE, w->purpose, purpose), explain_word(WORDS_RULE, w->rule, rule),
				 s->row.ended ? "" : " was", w->mapcount_before);
	if (s->row.ended)
		x += pane_printf(pane, x, 0, ROLE_TEXT, " -> %" PRId32, w->mapcount_after);
	if (x + 24 < pane.width)
		pane_printf(pane, x, 0, ROLE_SKIPPED, "  by %s", stepping_task(s, task, sizeof(task)));
	walk_so_far(s, &sums);
	x = 1 + draw_place(pane, s, hold) + 2;
	x += pane_printf(pane, x, 1, ROLE_VISITED, "visited %s", format_seen(visited, sums.visited, sums.lacks));
	x += pane_printf(pane, x, 1, ROLE_TEXT, "  skipped %s  ",
			 format_seen(skipped, sums.offered - sums.visited, sums.lacks));
	offered_text(s, &sums, offered, sizeof(offered));
	if (x + text_width(offered) + (s->row.ended ? 0 : 2 + text_width(stepping_unended(s))) < pane.width)
		x += pane_text(pane, x, 1, ROLE_TEXT, offered) + 2;
	if (!s->row.ended)
		stepping_draw_unended(pane, x, 1, s);
}

static void fit_owner(struct pane pane, int x, int y, int width, enum role role, struct stepping *s,
		      struct ref mm)
{
	char text[64];

	scene_owner(&s->scene, mm, text, sizeof(text));
	pane_task(pane, x, y, width, role, text);
}

/* ---- items ---- */

/* Where there is room an item shows the VMAs offered, too. */
#define ITEMS_WIDE 40
#define ITEM_OWNER 12
#define ITEM_COUNTS (3 + ITEM_OWNER + 1 + 12 + 1)

/* The walk may have come to that pass, and so to a hold of which nothing is left. */
static bool may_have_come(struct stepping *s, unsigned int pass)
{
	uint32_t now = walk_hold(s);

	return s->where != STEPPING_BEFORE && stepping_lacks_now(s) &&
	       (!pass || s->step->kind == STEP_END || (now != NO_STEP && episode_hold(s->episode, now)->pass == 2));
}

/* In few columns: no blanks within. */
static void plain_seen(char text[FORMAT_MAX], uint64_t count, bool lacks)
{
	if (lacks && !count)
		snprintf(text, FORMAT_MAX, "?");
	else
		snprintf(text, FORMAT_MAX, "%" PRIu64 "%s", count, lacks ? "?" : "");
}

/* "1/20002": visited of offered, for a hold that is over or under way; "" before. */
static void hold_text(struct stepping *s, uint32_t hold, unsigned int pass, bool wide, char *buf, size_t size)
{
	const struct hold *h = hold == NO_STEP ? NULL : episode_hold(s->episode, hold);

	struct walk_sums sums = {0};
	char offered[FORMAT_MAX], visited[FORMAT_MAX];

	snprintf(buf, size, !h && may_have_come(s, pass) ? "?" : "");
	if (!h || s->where == STEPPING_BEFORE || s->step->event < h->begin)
		return;
	if (walk_hold_over(s, h) || hold != walk_hold(s)) {
		sums.visited = h->nr_visited;
		sums.offered = h->nr_offered;
		sums.lacks = h->lacks;
	} else {
		count_passed(s, hold, &sums);
	}
	plain_seen(visited, sums.visited, sums.lacks);
	plain_seen(offered, sums.offered, sums.lacks);
	snprintf(buf, size, wide ? "%s/%s" : "%s", visited, offered);
}

static void draw_item(struct pane pane, int y, struct stepping *s, const struct walk_item *item,
		      bool now)
{
	bool begun = false, over = false, visited = false, lacks = false;
	char text[64], marks[3] = "  ";
	enum role role;
	int x = ITEM_COUNTS;

	for (int pass = 0; pass < 2; pass++) {
		const struct hold *hold = item->hold[pass] == NO_STEP
						  ? NULL : episode_hold(s->episode, item->hold[pass]);

		if (!hold || s->where == STEPPING_BEFORE || s->step->event < hold->begin)
			continue;
		begun = true;
		over |= hold->end && s->step->event >= hold->end;
		visited |= hold->nr_visited && over;
		lacks |= hold->lacks;
	}
	marks[0] = now ? '>' : ' ';
	marks[1] = visited ? '*' : over ? lacks ? '?' : '.' : ' ';
	/* events of this walk are missing: what it did with this item is not known */
	if (item->doubtful)
		marks[1] = '?';
	if (!visited && item->hold[0] == NO_STEP && s->where != STEPPING_BEFORE && stepping_lacks_now(s))
		marks[1] = '?';
	role = now ? ROLE_CURSOR : visited ? ROLE_VISITED : begun ? ROLE_TEXT : ROLE_SKIPPED;
	if (ref_is_none(item->mm))
		pane_fit(pane, 3, y, ITEM_OWNER, ALIGN_LEFT, role, "?");
	else
		fit_owner(pane, 3, y, ITEM_OWNER, role, s, item->mm);
	snprintf(text, sizeof(text), item->address ? "%" PRIx64 "%s" : "?", item->address, item->doubtful ? "?" : "");
	pane_fit(pane, 4 + ITEM_OWNER, y, 12 + item->doubtful, ALIGN_LEFT, role, text);
	for (int pass = 0; pass < 2; pass++) {
		int width = (pane.width - x) / (2 - pass);

		hold_text(s, item->hold[pass], (unsigned int)pass, pane.width > ITEMS_WIDE, text, sizeof(text));
		pane_fit(pane, x, y, width - !pass, ALIGN_RIGHT, role, text);
		x += width;
	}
	row_marks(pane, y, marks);
}

/* There may be others: on the list of the node, or in a hold that was lost. */
static bool items_lack(struct stepping *s)
{
	struct moment when = {s->row.fact.born, s->open->when.known_by};
	uint64_t nr, doubtful;

	return s->row.begin_lost ||
	       (s->row.object.table == TABLE_NODE &&
		(history_count(s->scene.history, ITEMS_OF_NODE, s->row.object, when, &nr, &doubtful) || doubtful ||
		 !history_is_whole(s->scene.history, ITEMS_OF_NODE, s->row.object, when))) ||
	       (ref_is_none(s->row.object) && !is_of_none(s));
}

void walk_draw_items(struct pane pane, struct stepping *s)
{
	struct list *list = &session_view_state(s->scene.session)->lists[0];
	const struct walk_item *items;
	uint32_t nr, at, top = 0;
	int rows = pane.height - 1, half = (pane.width - ITEM_COUNTS) / 2;
	char count[FORMAT_MAX], heading[64];

	items = walk_items(s, &nr);
	at = walk_item_of(s, walk_hold(s));
	snprintf(heading, sizeof(heading), "%s RMAP_ITEMS", format_seen(count, nr, items_lack(s)));
	pane_text(pane, 1, 0, ROLE_HEADING, heading);
	pane_fit(pane, ITEM_COUNTS, 0, half - 1, ALIGN_RIGHT, ROLE_HEADING,
		 pane.width > ITEMS_WIDE ? "PASS 1" : "P1");
	pane_fit(pane, ITEM_COUNTS + half, 0, pane.width - ITEM_COUNTS - half, ALIGN_RIGHT,
		 ROLE_HEADING, pane.width > ITEMS_WIDE ? "PASS 2" : "P2");
	if (!nr)
		pane_text(pane, 3, 1, ROLE_HINT, "none is known");
	if (at != NO_STEP && rows > 0 && at >= (uint32_t)rows / 2)
		top = at - (uint32_t)rows / 2;
	if (nr > (uint32_t)rows && rows > 0 && top > nr - (uint32_t)rows)
		top = nr - (uint32_t)rows;
	else if (nr <= (uint32_t)(rows > 0 ? rows : 0))
		top = 0;
	list->top = top;
	list->cursor = at == NO_STEP ? top : at;
	list_place(list, nr, pane.x - s->scene.body.x, pane.y - s->scene.body.y + 1, pane.width, rows);
	for (int y = 0; y < rows && top + (uint32_t)y < nr; y++)
		draw_item(pane, y + 1, s, &items[top + (uint32_t)y], top + (uint32_t)y == at);
}

/* ---- VMAs ---- */

struct vmas {
	const struct hold *hold;
	const struct hold_vma *list;
	uint32_t nr;
	uint32_t cursor;	/* index under the cursor, NO_VMA: none */
	uint32_t passed;
	bool unsure;		/* there may be more of them */
	bool told;		/* with hindsight: what became of those still to come is told, too */
};

/* What the walk did with it is known at the moment. */
static bool is_told(const struct vmas *v, uint32_t i)
{
	return v->told || i < v->passed;
}

/* What was visited is shown; what is to come, and what was skipped for the same reason, is alike. */
static bool alike(const void *rows, uint32_t a, uint32_t b)
{
	const struct vmas *v = rows;
	bool shown = is_told(v, b) && (v->list[b].verdict == VISITED || v->list[b].verdict == INVALID);

	return !shown && (a < v->passed) == (b < v->passed) &&
	       (!is_told(v, a) || v->list[a].verdict == v->list[b].verdict);
}

static const char *verdict_text(const struct vmas *v, uint32_t i, bool wide)
{
	const struct hold_vma *vma = &v->list[i];

	if (!is_told(v, i))
		return wide ? "still to come" : "ahead";
	switch (vma->verdict) {
	case VISITED:
		return wide ? vma->event && !vma->answer ? "VISIT  rmap_one(): stop"
							  : "VISIT  rmap_one()" : "VISIT";
	case OUTSIDE:
		return wide ? "skip   address outside" : "outside";
	case OTHER_MM:
		if (v->hold->pass == 1)
			return wide ? "wait   other mm: pass 2" : "pass 2";
		return wide ? "skip   pass 1 had it" : "own mm";
	default:
		return wide ? "skip   rwc->invalid_vma()" : "invalid";
	}
}

static char verdict_mark(const struct vmas *v, const struct hold_vma *vma)
{
	switch (vma->verdict) {
	case VISITED:
		return '*';
	case OTHER_MM:
		return v->hold->pass == 1 ? ':' : '.';
	default:
		return '.';
	}
}

static void draw_run(struct pane pane, int y, const struct vmas *v, uint32_t first, uint32_t nr)
{
	char count[FORMAT_MAX], numbers[32], marks[3] = "  ";
	bool wide = pane.width > 60;

	marks[1] = first < v->passed ? verdict_mark(v, &v->list[first]) : ' ';
	snprintf(numbers, sizeof(numbers), "%" PRIu32 "-%" PRIu32 "%s", first + 1, first + nr, v->unsure ? "?" : "");
	pane_fit(pane, 3, y, 13, ALIGN_LEFT, ROLE_SKIPPED, numbers);
	pane_printf(pane, 17, y, ROLE_SKIPPED, "%s%s", format_seen(count, nr, v->unsure),
		    first < v->passed || wide ? " VMAs" : "");
	pane_fit(pane, pane.width - (wide ? 26 : 10), y, wide ? 23 : 7, ALIGN_LEFT, ROLE_SKIPPED,
		 verdict_text(v, first, wide));
	row_marks(pane, y, marks);
}

static void draw_vma(struct pane pane, int y, struct stepping *s, const struct vmas *v, uint32_t i)
{
	const struct hold_vma *vma = &v->list[i];
	bool wide = pane.width > 60, now = i == v->cursor, done = i < v->passed;
	char text[64], marks[3] = {now ? '>' : ' ', done ? verdict_mark(v, vma) : ' ', 0};
	enum role role = now ? ROLE_CURSOR
			 : !done || vma->verdict != VISITED ? ROLE_SKIPPED : ROLE_VISITED;

	snprintf(text, sizeof(text), "%" PRIu32 "%s", i + 1, v->unsure ? "?" : "");
	if (!wide && text_width(text) > 5)
		snprintf(text, sizeof(text), "?");
	pane_fit(pane, 2, y, wide ? 6 : 5, ALIGN_RIGHT, role, text);
	snprintf(text, sizeof(text), "%" PRIx64 "-%" PRIx64, vma->vma.start, vma->vma.end);
	pane_fit(pane, wide ? 9 : 8, y, wide ? 26 : pane.width - 19, ALIGN_LEFT, role, text);
	if (wide)
		fit_owner(pane, 36, y, pane.width - 36 - 27, role, s, vma->vma.mm);
	pane_fit(pane, pane.width - (wide ? 26 : 10), y, wide ? 23 : 7, ALIGN_LEFT, role,
		 verdict_text(v, i, wide));
	/* of one that is still to come no more is known than that it stands in the tree */
	if (is_told(v, i))
		pane_fact(pane, pane.width - 2, y, vma->evidence, vma->doubtful);
	else
		pane_fact(pane, pane.width - 2, y, EVIDENCE_INFERRED, vma->doubtful);
	row_marks(pane, y, marks);
}

static void vmas_heading(struct pane pane, struct stepping *s, const struct vmas *v, bool agrees)
{
	bool wide = pane.width > 60;
	char name[64], count[FORMAT_MAX], come[FORMAT_MAX];
	bool lacks = v->hold->lacks;
	int x = 1;

	x += pane_printf(pane, x, 0, ROLE_HEADING, "%s",
			 ref_is_none(v->hold->anon_vma)
				 ? "an anon_vma not known here"
				 : scene_name(&s->scene, v->hold->anon_vma, name, sizeof(name)));
	if (v->hold->begin_lost)
		x += pane_text(pane, x, 0, ROLE_DOUBT, wide ? "  asked for ?: " : " pgoff ?: ");
	else if (v->hold->first == 0 && v->hold->last == UINT64_MAX)
		x += pane_printf(pane, x, 0, ROLE_SKIPPED, wide ? "  asked for the whole tree: " : " whole tree: ");
	else
		x += pane_printf(pane, x, 0, ROLE_SKIPPED, wide ? "  asked for page offset 0x%" PRIx64 ": "
				 : " pgoff 0x%" PRIx64 ": ", v->hold->first);
	if (!walk_hold_over(s, v->hold) && !session_hindsight(s->scene.session)) {
		pane_printf(pane, x, 0, ROLE_TEXT, "%s of %s", format_seen(come, v->passed, v->unsure),
			    format_seen(count, v->nr, v->unsure));
		return;
	}
	x += pane_printf(pane, x, 0, ROLE_TEXT, "%s offered", format_seen(count, v->hold->nr_offered, lacks));
	if (!agrees && !lacks)
		pane_text(pane, x, 0, ROLE_DOUBT, wide ? "  the rebuilt tree does not explain this" : " ?tree");
}

/* The VMAs of the hold under the cursor; false: they cannot be had. */
static bool read_vmas(struct stepping *s, struct vmas *v, bool *ret_agrees)
{
	uint32_t hold = walk_hold(s);

	*v = (struct vmas){.cursor = s->cursor.vma, .told = session_hindsight(s->scene.session)};
	if (hold == NO_STEP || episode_hold_vmas(s->episode, hold, &v->list, &v->nr, ret_agrees))
		return false;
	v->hold = episode_hold(s->episode, hold);
	v->passed = passed(s, v->list, v->nr);
	v->unsure = v->hold->lacks || !tree_known(s, v->hold);
	return true;
}

/* The lines around that of the cursor, or of the first VMA that is still to come. */
static void window_of(const struct vmas *v, bool unfolded, int rows, struct fold_window *ret)
{
	struct fold fold = {.nr = v->nr, .cursor = v->cursor == NO_VMA ? FOLD_NO_CURSOR : v->cursor,
			    .unfolded = unfolded, .alike = alike, .rows = v};

	fold_window(&fold, v->cursor == NO_VMA ? v->passed : v->cursor, rows, ret);
}

void walk_draw_vmas(struct pane pane, struct stepping *s, bool unfolded)
{
	struct list *list = &session_view_state(s->scene.session)->lists[1];
	int rows = pane.height > 1 ? pane.height - 1 : 0;
	struct fold_window window;
	bool agrees = true;
	struct vmas v;

	*list = (struct list){0};
	if (walk_hold(s) == NO_STEP) {
		pane_text(pane, 1, 0, ROLE_HINT, episode_row(s->episode)->ended &&
			  episode_row(s->episode)->fact.doubt == DOUBT_NONE ? "this walk locked no anon_vma"
									    : "what anon_vma it locked is not known");
		return;
	}
	if (!read_vmas(s, &v, &agrees))
		return;
	vmas_heading(pane, s, &v, agrees);
	if (!v.nr) {
		pane_text(pane, 3, 1, ROLE_HINT, v.hold->lacks
			  ? "events are missing: which VMAs it was offered is not known"
			  : v.hold->nr_offered || (v.unsure && !walk_hold_over(s, v.hold))
			  ? "which VMAs it was offered is not known"
			  : "the interval tree offered nothing");
		return;
	}
	window_of(&v, unfolded, rows, &window);
	list->cursor = window.here > 0 ? (uint64_t)window.here : 0;
	list_place(list, (uint64_t)window.nr, pane.x - s->scene.body.x, pane.y - s->scene.body.y + 1, pane.width,
		   rows);
	for (int y = 0; y < window.nr; y++)
		if (window.lines[y].nr > 1)
			draw_run(pane, y + 1, &v, window.lines[y].first, window.lines[y].nr);
		else
			draw_vma(pane, y + 1, s, &v, window.lines[y].first);
}

/* ---- the mouse ---- */

void walk_go_to_item(struct stepping *s, uint64_t row)
{
	uint32_t nr, hold = walk_hold(s);
	const struct walk_item *items = walk_items(s, &nr);
	unsigned int pass = hold != NO_STEP && episode_hold(s->episode, hold)->pass == 2;

	if (row >= nr)
		return;
	if (items[row].hold[pass] == NO_STEP)
		pass = !pass;
	if (items[row].hold[pass] == NO_STEP)
		session_say(s->scene.session, "the walk did not come to this item");
	else
		stepping_go(s, (struct episode_cursor){
				       episode_hold(s->episode, items[row].hold[pass])->first_step, NO_VMA});
}

void walk_go_to_vma(struct stepping *s, bool unfolded, const struct list *list)
{
	struct episode_cursor cursor = s->cursor;
	struct fold_window window;
	struct vmas v;

	if (!read_vmas(s, &v, NULL))
		return;
	window_of(&v, unfolded, list->height, &window);
	if (list->cursor < (uint64_t)window.nr &&
	    episode_move_to_vma(s->episode, &cursor, walk_hold(s), window.lines[list->cursor].first))
		stepping_go(s, cursor);
}
