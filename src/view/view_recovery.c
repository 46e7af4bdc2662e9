// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_recovery.c - recovery from a memory failure, mapping by mapping, or the kill it fell back to.
 *
 * Above stand the phases with what each came to by the cursor, below the chain with its dups before
 * and now beside the processes that mapped the failing page: how many of their mappings moved and
 * where to, who was put on the kill list, whose pte really mapped the page, who got SIGBUS.
 *
 * Left and Right pass over bookkeeping (items that change their node); v stops there, too.  i goes
 * to the next mapping, a to the next phase.  k compares with what the failure had done without
 * recovery, x asks what recovery does when no page is free (recovery_panes.c).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "explain/published.h"
#include "explain/words.h"
#include "format.h"
#include "recovery_panes.h"
#include "step_list.h"
#include "view_util.h"
#include "views.h"

enum { OUTCOME_OFF = 5 };	/* KSMTOP_RECOVERY_OUTCOMES: the mutex is not asked for */

#define NOW_ROWS 4

/* ---- phases ---- */

static const char *const phase_names[NR_PHASES] = {"fault", "chain",  "healthy", "copy",
						   "move",  "unlink", "kill"};

/* The published figure beside what was measured: a model's, wherever the row's evidence comes from. */
static void say_chain(struct stepping *s, const struct recovery_facts *r, bool wide, char *buf, size_t size)
{
	struct moment front = recovery_front(s);
	uint64_t nr = r->has_chain ? published_search_nodes(s->scene.history, r->nr_nodes, front) : 0;
	char took[FORMAT_MAX], stretch[FORMAT_MAX], expected[FORMAT_MAX], count[FORMAT_MAX];
	bool unsure;
	size_t at;

	if (!r->searched)
		snprintf(buf, size, "being looked for");
	else if (!r->has_chain)
		snprintf(buf, size, "it is in no chain: there is no dup to copy");
	else if (r->nr_nodes <= 1)
		snprintf(buf, size, wide || !nr ? "the dup knows its chain: nothing searched (%s)" : "nothing searched (%s)",
			 format_duration(took, r->search_ns));
	else
		snprintf(buf, size, wide ? "%s nodes in %s, stretch %s" : "%s in %s, stretch %s",
			 format_count(count, r->nr_nodes), format_duration(took, r->search_ns),
			 format_duration(stretch, r->stretch_ns));
	if (!nr)
		return;
	at = strlen(buf);
	/* of so many nodes as the history knows: a gap may have hidden others, or that some went */
	unsure = r->nr_nodes <= 1 && history_doubts(s->scene.history, ALL_NODES, (struct ref){0}, front);
	at += (size_t)snprintf(buf + at, size - at, "; posted %s %c%s",
			       format_seen_duration(expected, published_search_ns(nr), unsure), EVIDENCE_MODELLED,
			       unsure ? "?" : "");
	if (wide && r->nr_nodes <= 1)
		snprintf(buf + at, size - at, " for %s", format_seen(count, nr, unsure));
}

static void say_phase(struct stepping *s, const struct recovery_facts *f, int phase, bool wide, char *buf,
		      size_t size)
{
	const struct recovery_totals *r = &s->row.totals.recovery;
	char waited[FORMAT_MAX], word[24], count[FORMAT_MAX], more[3][FORMAT_MAX];

	switch (phase) {
	case PHASE_FAULT:
		if (s->row.begin_lost) {
			snprintf(buf, size, "its beginning was not seen");
			break;
		}
		snprintf(buf, size, "pfn 0x%" PRIx64 ", mapcount %" PRId32 "%s%s", r->pfn, r->mapcount_before,
			 s->row.ended && r->outcome == OUTCOME_OFF ? "" : "; mutex waited for ",
			 s->row.ended && r->outcome == OUTCOME_OFF ? "" : format_duration(waited, r->waited_ns));
		break;
	case PHASE_CHAIN:
		say_chain(s, f, wide, buf, size);
		break;
	case PHASE_HEALTHY:
		format_seen(count, f->nr_judged, f->lacks);
		if (f->chosen_kpfn)
			snprintf(buf, size, "other dups looked at: %s; chosen: pfn 0x%" PRIx64, count, f->chosen_kpfn);
		else
			snprintf(buf, size, "other dups looked at: %s; %s", count, f->lacks ? "chosen: ?" : "none is healthy");
		break;
	case PHASE_COPY:
		if (f->fresh_kpfn)
			snprintf(buf, size, "its bytes are in a fresh page, pfn 0x%" PRIx64, f->fresh_kpfn);
		else
			snprintf(buf, size, f->lacks ? "?" : f->chosen_kpfn ? "no fresh page: the dup itself is mapped"
				 : "no copy could be made");
		break;
	case PHASE_MOVE:
		snprintf(buf, size, "mappings moved %s, not %s, of %s; items lead to %s",
			 format_seen(count, f->moved, f->lacks), format_seen(more[0], f->failed, f->lacks),
			 format_seen(more[1], f->nr_expected, s->row.begin_lost || (s->row.ended && f->lacks)),
			 format_seen(more[2], f->nr_items, f->items_lack));
		break;
	case PHASE_UNLINK:
		snprintf(buf, size, s->row.ended ? "recovery ends: %s" : "stable nodes are taken out of the tree",
			 explain_word(WORDS_OUTCOME, r->outcome, word));
		break;
	default:
		snprintf(buf, size, "on the kill list %s, told by SIGBUS %s",
			 format_seen(count, f->nr_listed, f->lacks), format_seen(more[0], f->nr_told, f->lacks));
		break;
	}
}

/* A phase that did not bring what it is for. */
static bool phase_failed(const struct stepping *s, const struct recovery_facts *f, int phase)
{
	switch (phase) {
	case PHASE_CHAIN:
		return f->searched && !f->has_chain;
	case PHASE_HEALTHY:
		return !f->chosen_kpfn;
	case PHASE_COPY:
		return !f->fresh_kpfn;
	case PHASE_MOVE:
		return f->failed > 0;
	case PHASE_UNLINK:
		return s->row.ended && s->row.totals.recovery.outcome != 0;
	default:
		return false;
	}
}

/* A later phase has begun, or nothing more can come: one without a step was passed over. */
static bool phase_passed_over(const struct stepping *s, const struct recovery_facts *f, int phase)
{
	bool later = session_hindsight(s->scene.session) || s->where == STEPPING_AFTER ||
		     s->cursor.step + 1 == episode_nr_steps(s->episode);

	for (int i = phase + 1; i < NR_PHASES; i++)
		later |= f->phases[i].done > 0;
	/* its end alone, without success, is no unlinking */
	if (phase == PHASE_UNLINK && f->phases[phase].done && s->row.ended && !f->unlinked &&
	    s->row.totals.recovery.outcome)
		return true;
	return !f->phases[phase].nr && s->where != STEPPING_BEFORE && later;
}

/*
 * Steps of it may be missing, behind its last one, too: without the kernel's verdict what that thread did afterwards
 * is not known to belong to it.
 */
static bool may_lack_phases(const struct stepping *s)
{
	uint32_t last = episode_nr_steps(s->episode) - 1;
	bool open = stepping_done(s, last) && episode_step(s->episode, last)->kind != STEP_VERDICT;

	return s->row.begin_lost ||
	       history_may_lack(s->scene.history, EVENT_UNKNOWN, s->row.fact.born,
				open ? history_last(s->scene.history) : s->scene.when.t, s->scene.when.known_by);
}

static void draw_phase(struct pane pane, int y, struct stepping *s, const struct recovery_facts *f,
		       int phase)
{
	const struct recovery_phase_state *state = &f->phases[phase];
	bool begun = state->done > 0, over = state->done == state->nr && begun && !state->now;
	char marks[3] = {state->now ? '>' : ' ', ' ', 0}, text[160];
	enum role role = state->now ? ROLE_CURSOR : begun ? ROLE_TEXT : ROLE_SKIPPED;
	bool unsure = may_lack_phases(s);
	bool none = phase_passed_over(s, f, phase), failed = begun && !none && phase_failed(s, f, phase);
	int x = 3, end = pane.width - 13, bar = phase == PHASE_MOVE && pane.width > 90 ? 30 : 0;

	if (none)
		marks[1] = '.';
	else if (begun)
		marks[1] = failed || phase == PHASE_FAULT || phase == PHASE_KILL ? '!' : over ? '*' : ' ';
	else if (unsure)
		marks[1] = '?';
	x += pane_printf(pane, x, y, role, "%d %-8s", phase + 1, phase_names[phase]);
	text[0] = 0;
	if (begun)
		say_phase(s, f, phase, pane.width > 90, text, sizeof(text));
	pane_fit(pane, x, y, end - x - bar, ALIGN_LEFT, role, text);
	if (bar && begun && f->nr_expected)
		pane_bar(pane, end - bar, y, bar - 2, ROLE_BAR, f->moved, f->nr_expected);
	pane_fit(pane, end, y, 9, ALIGN_RIGHT, role,
		 none ? unsure ? "not seen" : "not taken" : !begun ? unsure ? "waits?" : "waits" : !over ? "now" : failed ? "failed" : "done");
	if (begun && !none)
		pane_fact(pane, pane.width - 2, y, s->row.fact.evidence,
			  s->row.fact.doubt != DOUBT_NONE);
	else if (none && unsure)	/* an event that was lost may have been of it */
		pane_put(pane, pane.width - 1, y, ROLE_DOUBT, '?');
	row_marks(pane, y, marks);
}

/* ---- the chain ---- */

static void draw_dup(struct pane pane, int y, const struct recovery_dup *dup)
{
	char text[48], before[24] = "-", now[24] = "-", word[24];
	char marks[3] = {dup->failing ? '!' : dup->chosen ? '*' : dup->fresh ? '+' : ' ',
			 dup->now < 0 ? 'x' : dup->touched ? '~' : ' ', 0};
	enum role role = dup->failing ? ROLE_FAULT : dup->chosen ? ROLE_VISITED
			 : dup->fresh ? ROLE_NEW : ROLE_TEXT;

	if (dup->before >= 0)
		snprintf(before, sizeof(before), "%" PRId64 "%s", dup->before, dup->before_lacks ? "?" : "");
	if (dup->now >= 0)
		snprintf(now, sizeof(now), "%" PRId64 "%s", dup->now, dup->now_lacks ? "?" : "");
	snprintf(text, sizeof(text), "0x%" PRIx64, dup->kpfn);
	pane_fit(pane, 3, y, 10, ALIGN_LEFT, role, text);
	pane_fit(pane, 13, y, 5, ALIGN_RIGHT, role, before);
	pane_fit(pane, 18, y, 5, ALIGN_RIGHT, role, now);
	pane_fit(pane, 24, y, pane.width - 25, ALIGN_LEFT, role,
		 dup->fresh ? "fresh copy"
		 : dup->copy_failed ? "its copy failed"
		 : dup->failing ? "failing page"
		 : dup->verdict >= 0 ? explain_word(WORDS_DUP, dup->verdict, word) : "");
	row_marks(pane, y, marks);
}

static void draw_chain(struct pane pane, struct stepping *s, const struct recovery_facts *f)
{
	char name[64], heading[80];
	int y = 1;

	snprintf(heading, sizeof(heading), "%s", ref_is_none(s->row.object) ? "CHAIN ?" : ref_is_none(f->chain) ? "NO CHAIN"
		 : scene_name(&s->scene, f->chain, name, sizeof(name)));
	pane_rule(pane, 0, heading, "");
	pane_text(pane, 13, 0, ROLE_HEADING, "ITEMS  NOW VERDICT ");
	for (uint32_t i = 0; i < f->nr_dups && y < pane.height; i++)
		draw_dup(pane, y++, &f->dups[i]);
	if (!f->nr_dups)
		pane_text(pane, 3, y, ROLE_HINT, "its stable node is not known");
	else if (y < pane.height && f->nr_more_dups)
		pane_printf(pane, 3, y, ROLE_HINT, "%" PRIu32 " more dups", f->nr_more_dups);
}

/* ---- processes ---- */

/* Appends to a list of words, parted by commas. */
__attribute__((format(printf, 3, 4)))
static void add_word(char *buf, size_t size, const char *format, ...)
{
	size_t at = strlen(buf);
	va_list args;

	if (at && at + 2 < size)
		at += (size_t)snprintf(buf + at, size - at, ", ");
	va_start(args, format);
	vsnprintf(buf + at, size - at, format, args);
	va_end(args);
}

static const char *fate(const struct recovery_process *p, const struct recovery_facts *f, bool wide, char *buf, size_t size)
{
	char times[FORMAT_MAX];

	buf[0] = 0;
	if (p->moved_fresh + p->moved_dup)
		add_word(buf, size, p->moved_dup ? "to the dup" : "to the copy");
	if (p->failed)
		add_word(buf, size, "not moved");
	else if (f->lacks && !p->moved_fresh && !p->moved_dup)
		add_word(buf, size, "?");
	if (!wide && (p->nr_mapped || (f->lacks_later && !p->nr_listed)))	/* one that is listed and maps it not is "listed" */
		add_word(buf, size, p->nr_mapped ? "maps" : "?");
	if (!wide && p->nr_told + p->nr_touched)	/* first: in little room the rest is left out */
		add_word(buf, size, p->nr_told + p->nr_touched > 1 || f->lacks_later ? "SIGBUS x%s" : "SIGBUS",
			 format_seen(times, p->nr_told + p->nr_touched, f->lacks_later));
	/* what became of the process first: the rest may have no room */
	if (p->nr_told && wide)
		add_word(buf, size, "SIGBUS");
	if (p->nr_touched && wide)
		add_word(buf, size, p->nr_told ? "by touch x%s" : "SIGBUS by touch x%s",
			 format_seen(times, p->nr_touched, f->lacks_later));
	if (f->lacks_later && !p->nr_touched && (wide || !*buf))
		add_word(buf, size, "?");
	if (p->nr_listed && (wide || !p->nr_mapped))
		add_word(buf, size, !wide ? "listed" : p->nr_mapped ? "listed, maps it" : "listed, maps it not");
	return buf;
}

static void draw_process(struct pane pane, int y, struct stepping *s, const struct recovery_facts *f,
			 const struct recovery_process *p)
{
	uint32_t moved = p->moved_fresh + p->moved_dup;
	bool dies = p->nr_told || p->nr_touched;
	char text[96], count[FORMAT_MAX], items[FORMAT_MAX], marks[3] = {p->now ? '>' : ' ', dies ? '!' : moved ? '*' : f->lacks_later ? '?' : ' ', 0};
	enum role role = p->now ? ROLE_CURSOR : dies ? ROLE_FAULT : moved ? ROLE_VISITED : ROLE_TEXT;
	bool wide = pane.width > 60;
	int owner = wide ? 20 : 12;

	if (!ref_is_none(p->mm))
		scene_owner(&s->scene, p->mm, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "pid %" PRId32, p->tgid);
	pane_task(pane, 3, y, owner, role, text);
	format_seen(count, moved, f->lacks);
	if (p->nr_items || f->items_lack)
		snprintf(text, sizeof(text), "%s/%s", count, format_seen(items, p->nr_items, f->items_lack));
	else
		snprintf(text, sizeof(text), "%s", count);
	pane_fit(pane, 3 + owner, y, 6, ALIGN_RIGHT, role, text);
	pane_fit(pane, 10 + owner, y, pane.width - owner - 13, ALIGN_LEFT, role,
		 fate(p, f, wide, text, sizeof(text)));
	/* that a touch was of this page is inferred: the signal does not say it */
	if (text[0])
		pane_fact(pane, pane.width - 2, y, p->nr_touched ? EVIDENCE_INFERRED : EVIDENCE_TRACED,
			  f->lacks_later);
	row_marks(pane, y, marks);
}

static void draw_processes(struct pane pane, struct stepping *s, const struct recovery_facts *f)
{
	int owner = pane.width > 60 ? 20 : 12, rows = pane.height - 1;
	uint32_t top = 0, left;

	pane_rule(pane, 0, "PROCESSES", "");
	pane_text(pane, 3 + owner, 0, ROLE_HEADING, " MOVED/ITEMS ");
	for (uint32_t i = 0; i < f->nr_processes && rows > 0; i++)
		if (f->processes[i].now && i >= (uint32_t)rows)
			top = i - (uint32_t)rows + 1;
	for (int y = 1; y <= rows && top < f->nr_processes; y++) {
		left = f->nr_processes - top + f->nr_more_processes;
		if (y == rows && left > 1) {
			pane_printf(pane, 3, y, ROLE_HINT, "... %" PRIu32 " more", left);
			break;
		}
		draw_process(pane, y, s, f, &f->processes[top++]);
	}
	if (!f->nr_processes)
		pane_text(pane, 3, 1, ROLE_HINT, ref_is_none(s->row.object) ? "not known: its beginning is lost" :
			  "no item led to the page");
}

/* ---- the view ---- */

static void draw_header(struct pane pane, struct stepping *s)
{
	const struct recovery_totals *r = &s->row.totals.recovery;
	char task[48], node[64] = "node ?", time[FORMAT_MAX], word[24];
	int x;

	if (!ref_is_none(s->row.object))
		scene_name(&s->scene, s->row.object, node, sizeof(node));
	x = 1 + pane_text(pane, 1, 0, ROLE_HEADING, "recovery");
	x += pane_printf(pane, x, 0, ROLE_TEXT, "  %s by %s  ", node,
			 stepping_task(s, task, sizeof(task)));
	if (!s->row.ended) {
		stepping_draw_unended(pane, x, 0, s);
		return;
	}
	x += pane_printf(pane, x, 0, ROLE_TEXT, "took %s, ", format_duration(time, r->duration_ns));
	x += pane_text(pane, x, 0, r->outcome ? ROLE_FAULT : ROLE_VISITED,
		       explain_word(WORDS_OUTCOME, r->outcome, word));
	if (r->outcome != OUTCOME_OFF)
		pane_text(pane, x, 0, ROLE_TEXT, " (with its wait)");
}

static void draw(struct session *session, void *own, struct pane body)
{
	bool tall = body.height > 26;
	int left = body.width >= 110 ? 48 : 40, rows = body.height - 1 - NR_PHASES - NOW_ROWS;
	int steps = tall ? rows - 11 : 0, y = 1;
	struct recovery_panes *panes = own;
	struct recovery_facts facts;
	struct stepping s;

	if (!stepping_draw(&s, session, body))
		return;
	recovery_facts(&s, &facts);
	draw_header(pane_sub(body, 0, 0, body.width, 1), &s);
	for (int phase = 0; phase < NR_PHASES; phase++)
		draw_phase(pane_sub(body, 0, y++, body.width, 1), 0, &s, &facts, phase);
	rows -= steps;
	draw_chain(pane_sub(body, 0, y, left, rows), &s, &facts);
	draw_processes(pane_sub(body, left, y, body.width - left, rows), &s, &facts);
	session_view_state(session)->lists[0] = (struct list){0};	/* for the mouse */
	if (panes->shown && steps > 0) {	/* between the chain and the steps */
		recovery_panes_draw(pane_sub(body, 0, y + rows, body.width, RECOVERY_PANE_ROWS), panes, &s, &facts);
		y += RECOVERY_PANE_ROWS;
		steps -= RECOVERY_PANE_ROWS;
	} else if (panes->shown) {		/* in place of the chain */
		recovery_panes_draw(pane_sub(body, 0, y, body.width, rows), panes, &s, &facts);
	}
	if (steps > 0) {
		pane_hline(body, 0, y + rows, body.width, ROLE_BORDER);
		step_list_draw(pane_sub(body, 0, y + rows + 1, body.width, steps - 1), &s, false);
	}
	stepping_draw_now(pane_sub(body, 0, body.height - NOW_ROWS, body.width, NOW_ROWS), &s);
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct recovery_panes *panes = own;
	struct stepping s;

	(void)argument;
	if (!stepping_init(&s, session))
		return false;
	switch (action) {
	case ACTION_OPEN:
		step_open(&s);
		return true;
	case ACTION_COMPARE:
		recovery_panes_toggle(panes, WITHOUT_RECOVERY);
		return true;
	case ACTION_WHAT_IF:
		recovery_panes_toggle(panes, WITHOUT_MEMORY);
		return true;
	default:
		return stepping_act(&s, action, UNIT_STEP);
	}
}

static bool *pane(void *own)
{
	struct recovery_panes *panes = own;

	return &panes->shown;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct recovery_panes *panes = own;
	struct stepping s;

	stepper_copy(session, own, buffer, size);
	if (panes->shown && stepping_init(&s, session))
		recovery_panes_copy(panes, &s, buffer, size);
}

static void state_fini(void *own)
{
	recovery_panes_fini(own);
}

const struct view view_recovery = {
	.id = VIEW_RECOVERY,
	.title = "Recovery",
	.tab = "Recover",
	.draw = draw,
	.under = '7',
	.unit = "step",
	.nr_lists = 1,
	.state_size = sizeof(struct recovery_panes),
	.state_fini = state_fini,
	.status = stepper_status,
	.why = stepper_why,
	.act = act,
	.hint = stepper_hint,
	.find = stepper_find,
	.pane = pane,
	.moved = step_list_moved,
	.copy = copy,
	.command = stepper_command,
	.source = stepper_source,
};
