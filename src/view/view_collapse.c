// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_collapse.c - khugepaged makes one huge page of 512, or meets poison and puts all back.
 *
 * The 512 sub-pages are a grid of 8 rows, each cell what became of that page by the cursor: isolated,
 * copied, cleared (there was nothing to copy), failed, put back.  KSM pages among them are named,
 * because they are not the process's alone; of an mm that nothing names stands whose it is taken to be, and
 * why (explain/collapse.h).  Below, the page under the cursor and the steps.
 *
 * Left and Right go by page, a by phase.  The patch names the first page of a large folio once; the
 * others of it stay blank and are counted as not named.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "explain/collapse.h"
#include "explain/words.h"
#include "format.h"
#include "step_list.h"
#include "view_util.h"
#include "views.h"

#define SUB_PAGES 512
#define GRID_COLUMNS 64
#define GRID_ROWS (SUB_PAGES / GRID_COLUMNS)
#define NOW_ROWS 4

enum fate { NOT_NAMED, UNSURE, ISOLATED, COPIED, FAILED, PUT_BACK, CLEARED, NR_FATES };

static const struct {
	char letter;
	enum role role;
	const char *word;
} fates[NR_FATES] = {
	[NOT_NAMED] = {'.', ROLE_SKIPPED, "not named"},
	[UNSURE] = {'?', ROLE_DOUBT, "lost in a gap"},
	[ISOLATED] = {'i', ROLE_CHANGED, "isolated"},
	[COPIED] = {'c', ROLE_VISITED, "copied"},
	[FAILED] = {'!', ROLE_FAULT, "poison met"},
	[PUT_BACK] = {'r', ROLE_NEW, "put back"},
	[CLEARED] = {'_', ROLE_SKIPPED, "nothing to copy"},
};

struct picture {
	uint8_t fate[SUB_PAGES];
	bool failed[SUB_PAGES];		/* poison was met there, whatever came after */
	uint64_t pfn[SUB_PAGES];
	uint32_t nr[NR_FATES];		/* pages by their fate now */
	uint32_t passed[NR_FATES];	/* how many ever had it */
	int now;			/* under the cursor, -1: none */
	int poison;			/* the first that failed, -1: none */
	bool lacks;			/* events may be missing: at least so many had it */
};

static enum fate fate_of(uint8_t step)
{
	static const uint8_t of[] = {ISOLATED, COPIED, FAILED, PUT_BACK, CLEARED};

	return step < sizeof(of) ? of[step] : NOT_NAMED;
}

/* Behind a gap what a page came to is not known, unless nothing comes after that. */
static bool is_final(const struct stepping *s, uint8_t fate)
{
	return fate == PUT_BACK || (s->row.ended && collapse_is_done(&s->row.totals.collapse) &&
				    (fate == COPIED || fate == CLEARED));
}

static void hide_unsure(struct stepping *s, struct picture *p, const uint64_t *last)
{
	for (int i = 0; i < SUB_PAGES; i++) {
		bool sure = is_final(s, p->fate[i]) ||
			    (last[i] ? !stepping_lacks_since(s, last[i]) : !p->lacks);

		if (!sure)
			p->fate[i] = UNSURE;
	}
}

static void picture_of(struct stepping *s, struct picture *p)
{
	uint32_t nr = episode_nr_steps(s->episode);
	uint64_t last[SUB_PAGES] = {0};

	*p = (struct picture){.now = -1, .poison = -1, .lacks = stepping_lacks_now(s)};
	for (uint32_t i = 0; i < nr && stepping_done(s, i); i++) {
		const struct args_P_COLLAPSE_PAGE *args;
		struct event ev;
		uint64_t at;

		if (episode_step(s->episode, i)->kind != STEP_PAGE || episode_step_event(s->episode, i, &ev))
			continue;
		args = EVENT_ARGS(&ev, P_COLLAPSE_PAGE);
		at = (uint64_t)args->index;
		if (at >= SUB_PAGES)
			continue;
		p->fate[at] = (uint8_t)fate_of((uint8_t)args->step);
		p->passed[p->fate[at]]++;
		p->failed[at] |= p->fate[at] == FAILED;
		if (args->pfn)
			p->pfn[at] = (uint64_t)args->pfn;
		if (p->fate[at] == FAILED && p->poison < 0)
			p->poison = (int)at;
		last[at] = episode_step(s->episode, i)->event;
		if (i == s->cursor.step && s->where == STEPPING_WITHIN)
			p->now = (int)at;
	}
	if (p->lacks && s->where != STEPPING_BEFORE)
		hide_unsure(s, p, last);
	for (int i = 0; i < SUB_PAGES; i++)
		p->nr[p->fate[i]]++;
}

/* ---- whose ---- */

/* Whose the pages are taken to be; NULL: the mm has a name, or nothing says.  Asked once a moment. */
static const struct collapse_owner *owner_of(struct stepping *s)
{
	struct open_episode *open = s->open;
	uint64_t known_by = s->scene.when.known_by;

	if (!ref_is_none(s->row.object))
		return NULL;
	if (open->owner_asked && open->owner_at == known_by)
		return open->owner;
	free(open->owner);
	open->owner = calloc(1, sizeof(*open->owner));
	open->owner_asked = true;
	open->owner_at = known_by;
	if (open->owner && !collapse_owner(s->episode, known_by, open->owner)) {
		free(open->owner);
		open->owner = NULL;
	}
	return open->owner;
}

static const char *owner_text(const struct collapse_owner *owner, char *buf, size_t size)
{
	switch (owner->by) {
	case OWNER_CHANGED_VMAS:
		snprintf(buf, size, "%s %" PRId32 ": changed a VMA of this mm, #%" PRIu64, owner->comm, owner->pid,
			 owner->event);
		break;
	case OWNER_FORKED:
		snprintf(buf, size, "%s %" PRId32 ": forked with this mm, #%" PRIu64, owner->comm, owner->pid,
			 owner->event);
		break;
	default:
		snprintf(buf, size, "%s %" PRId32 ": it alone got SIGBUS by touch, #%" PRIu64 "; page %" PRIu64
			 " was bad", owner->comm, owner->pid, owner->event, owner->page.index);
	}
	return buf;
}

/* ---- header ---- */

static void draw_header(struct pane pane, struct stepping *s, const struct picture *p)
{
	const struct collapse_totals *c = &s->row.totals.collapse;
	char mm[96] = "a process not known to be in KSM", task[48], time[FORMAT_MAX], result[SYMBOL_MAX];
	const struct collapse_owner *owner = owner_of(s);
	bool done = collapse_is_done(c);
	uint64_t took_ns;
	struct event ev;
	int x;

	if (!ref_is_none(s->row.object))
		scene_owner(&s->scene, s->row.object, mm, sizeof(mm));
	else if (owner)
		snprintf(mm, sizeof(mm), "%s %" PRId32 " (I?)", owner->comm, owner->pid);
	else if (!episode_step_event(s->episode, 0, &ev))
		snprintf(mm, sizeof(mm), "mm 0x%" PRIx64 " (KSM?)",
			 (uint64_t)EVENT_ARGS(&ev, P_COLLAPSE_BEGIN)->mm);
	pane_printf(pane, 1, 0, ROLE_TEXT, "%s at 0x%" PRIx64 ", %s, by %s", mm, c->address,
		    s->row.begin_lost ? "?" : c->is_shmem ? "shmem" : "anon", stepping_task(s, task, sizeof(task)));
	if (!s->row.ended) {
		x = 1 + stepping_draw_unended(pane, 1, 1, s);
		if (p->poison >= 0)
			pane_printf(pane, x, 1, ROLE_FAULT, "  poison in page %d, pfn 0x%" PRIx64, p->poison,
				    p->pfn[p->poison]);
		return;
	}
	x = 1 + pane_text(pane, 1, 1, done ? ROLE_VISITED : ROLE_FAULT,
			  done ? "one huge page now" : "given up");
	x += pane_printf(pane, x, 1, ROLE_TEXT, "  %s  %s",
			 explain_scan_result(recording_events(s->scene.recording), c->result, result),
			 episode_duration(&s->row, &took_ns) ? format_duration(time, took_ns) : "?");
	if (p->poison >= 0)
		pane_printf(pane_sub(pane, 0, 0, pane.width - 3, 2), x, 1, ROLE_FAULT,
			    "  poison in page %d, pfn 0x%" PRIx64, p->poison, p->pfn[p->poison]);
	/* that it is one although the kernel's word is another follows from what was copied */
	pane_fact(pane, pane.width - 2, 1, done && c->result != COLLAPSE_SUCCEEDED ? EVIDENCE_INFERRED :
		  (char)s->row.fact.evidence, s->row.fact.doubt != DOUBT_NONE);
}

/* ---- grid ---- */

static void draw_grid(struct pane pane, const struct picture *p)
{
	for (int i = 0; i < SUB_PAGES; i++) {
		int x = 5 + i % GRID_COLUMNS, y = i / GRID_COLUMNS;
		const uint8_t fate = p->fate[i];
		/* where poison was met stays marked when the page is put back */
		bool failed = p->failed[i];

		if (i % GRID_COLUMNS == 0)
			pane_printf(pane, 0, y, ROLE_SKIPPED, "%4d", i);
		pane_put(pane, x, y, i == p->now ? ROLE_CURSOR : failed ? ROLE_FAULT : fates[fate].role,
			 failed ? '!' : (uint32_t)fates[fate].letter);
	}
}

/* "Not named yet" where more can come. */
static void draw_legend(struct pane pane, const struct picture *p, bool over)
{
	char text[FORMAT_MAX];
	int x = 5;

	for (int i = 0; i < NR_FATES; i++) {
		bool now = i == NOT_NAMED || i == UNSURE;

		if (!(now ? p->nr[i] : p->passed[i]))
			continue;
		x += pane_put(pane, x, 0, fates[i].role, (uint32_t)fates[i].letter);
		x += pane_printf(pane, x, 0, ROLE_TEXT, p->lacks ? " %s%s %s  " : " %s%s %s   ", fates[i].word,
				 i == NOT_NAMED && !over ? " yet" : "",
				 format_seen(text, now ? p->nr[i] : p->passed[i], !now && p->lacks));
	}
}

/* ---- below the grid, or beside it ---- */

/* The KSM pages of the range before the collapse, through the process's items. */
static void draw_ksm_pages(struct pane pane, struct stepping *s)
{
	const struct collapse_totals *c = &s->row.totals.collapse;
	struct moment before = {s->row.fact.born ? s->row.fact.born - 1 : 0, s->open->when.known_by};
	uint64_t end = c->address + ((uint64_t)SUB_PAGES << 12);
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;
	char name[64];
	int y = 0;

	if (history_list(s->scene.history, ITEMS_OF_MM, s->row.object, before, &cursor)) {
		pane_text(pane, 2, 0, ROLE_HINT, "KSM pages among them: none known");
		return;
	}
	history_seek_key(&cursor, c->address);
	while (history_next(&cursor, &row) == 1 && row.item.address < end) {
		if (row.item.address < c->address || row.item.state != ITEM_STABLE)
			continue;
		if (y < pane.height - 1) {
			pane_printf(pane, 2, y, ROLE_TEXT, "page %3" PRIu64 "  %s",
				    (row.item.address - c->address) >> 12,
				    scene_name(&s->scene, row.item.node, name, sizeof(name)));
			pane_fact(pane, pane.width - 2, y++, (char)row.item.fact.evidence,
				  row.item.fact.doubt != DOUBT_NONE);
		}
		nr++;
	}
	if (!nr)
		pane_text(pane, 2, 0, ROLE_HINT, "no item is known that makes one of them a KSM page");
	else if (nr > (uint32_t)y)
		pane_printf(pane, 2, y, ROLE_HINT, "%" PRIu32 " more", nr - (uint32_t)y);
}

static void draw_owners(struct pane pane, struct stepping *s)
{
	const struct collapse_owner *owner = owner_of(s);
	bool named = s->row.object.table == TABLE_MM;
	char text[160];
	int y = 1;

	pane_rule(pane, 0, named ? "KSM PAGES AMONG THEM" : "WHOSE PAGES", "");
	if (named) {
		draw_ksm_pages(pane_sub(pane, 0, 1, pane.width, pane.height - 1), s);
		return;
	}
	if (owner) {
		y += pane_wrap(pane, 2, 1, pane.width - 6, ROLE_TEXT, owner_text(owner, text, sizeof(text)));
		pane_fact(pane, pane.width - 2, 1, EVIDENCE_INFERRED, true);
	} else {
		y += pane_wrap(pane, 2, 1, pane.width - 6, ROLE_HINT, "nothing by now says whose mm that is");
	}
	if (s->row.begin_lost || !collapse_not_in_ksm(s->scene.history, moment_at(s->row.fact.born))) {
		pane_text(pane, 2, y, ROLE_HINT, "KSM pages: not known whether it is in KSM");
		return;
	}
	pane_text(pane, 2, y, ROLE_TEXT, "KSM pages: none, that mm is not in KSM");
	pane_fact(pane, pane.width - 2, y, EVIDENCE_DUMPED, false);
}

/* ---- the view ---- */

static void draw(struct session *session, void *own, struct pane body)
{
	int rest = body.height - 2 - GRID_ROWS - 1 - NOW_ROWS, y = 2;
	bool beside = body.width >= 110;
	struct picture picture;
	struct stepping s;

	(void)own;
	if (!stepping_draw(&s, session, body))
		return;
	picture_of(&s, &picture);
	draw_header(pane_sub(body, 0, 0, body.width, 2), &s, &picture);
	draw_grid(pane_sub(body, 0, y, GRID_COLUMNS + 6, GRID_ROWS), &picture);
	if (beside)
		draw_owners(pane_sub(body, GRID_COLUMNS + 8, y, body.width - GRID_COLUMNS - 8, GRID_ROWS),
			    &s);
	y += GRID_ROWS;
	draw_legend(pane_sub(body, 0, y++, body.width, 1), &picture,
		    s.row.ended && (s.where == STEPPING_AFTER ||
				    s.cursor.step + 1 == episode_nr_steps(s.episode)));
	session_view_state(session)->lists[0] = (struct list){0};	/* for the mouse */
	if (!beside)
		draw_owners(pane_sub(body, 0, y, body.width, rest), &s);
	else if (rest > 2)
		step_list_draw(pane_sub(body, 0, y + 1, body.width, rest - 1), &s, false);
	stepping_draw_now(pane_sub(body, 0, body.height - NOW_ROWS, body.width, NOW_ROWS), &s);
}

const struct view view_collapse = {
	.id = VIEW_COLLAPSE,
	.title = "Collapse",
	.tab = "Collaps",
	.draw = draw,
	.under = '7',
	.unit = "page",
	.nr_lists = 1,
	.status = stepper_status,
	.why = stepper_why,
	.act = step_list_act,
	.hint = stepper_hint,
	.find = stepper_find,
	.moved = step_list_moved,
	.copy = stepper_copy,
	.command = stepper_command,
	.source = stepper_source,
};
