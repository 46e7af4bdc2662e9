// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_not.c - for each run of a process's pages: is it shared, and if not, what stands in the way.
 *
 * One line a run of addresses with one reason, then the lines that are about the process as a whole
 * (what the last scan came to, by count).  The event that says so stands beside each; below, the
 * reason of the run under the cursor in a sentence.  What this recording cannot tell is a reason too.
 *
 * The reasons are explain/why_not_merged.h's.
 */
#include "why_not.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/diag.h"

#include "format.h"
#include "view_util.h"
#include "why_maps.h"

#define RUNS_MAX 20000u

void why_not_fini(struct why_not_pane *pane)
{
	free(pane->runs);
	pane->runs = NULL;
	pane->nr = pane->room = 0;
	pane->asked = false;
}

void why_not_toggle(struct why_not_pane *pane, const struct scene *scene, const char *range)
{
	uint64_t first, last;
	char rest;

	if (!*range) {
		pane->shown = !pane->shown;
		pane->first = 0;
		pane->last = UINT64_MAX;
	} else if (sscanf(range, "%" SCNx64 "-%" SCNx64 "%c", &first, &last, &rest) == 2 && first <= last) {
		pane->shown = true;
		pane->first = first;
		pane->last = last;
	} else {
		session_say(scene->session, "%s is no range of addresses such as 0x7f0000000000-0x7f0000004000",
			    range);
		return;
	}
	pane->asked = false;
}

static int add(const struct why_not *why, void *arg)
{
	struct why_not_pane *pane = arg;

	if (pane->nr == RUNS_MAX) {
		pane->truncated = true;
		return 1;
	}
	if (pane->nr == pane->room) {
		uint32_t room = pane->room ? pane->room * 2 : 64;
		struct why_not *more = realloc(pane->runs, room * sizeof(*more));

		if (!more)
			return 1;
		pane->runs = more;
		pane->room = room;
	}
	pane->runs[pane->nr++] = *why;
	return 0;
}

static void ask(struct why_not_pane *pane, const struct scene *scene, struct ref mm)
{
	struct episode_source source = scene_episodes(scene);
	uint64_t events = history_last(scene->history);
	struct diag diag = {0};
	union row row;

	if (pane->asked && ref_equal(pane->mm, mm) && pane->when.t == scene->when.t &&
	    pane->when.known_by == scene->when.known_by && pane->of == scene->history && pane->events == events)
		return;
	pane->nr = 0;
	pane->truncated = false;
	pane->asked = true;
	pane->mm = mm;
	pane->when = scene->when;
	pane->of = scene->history;
	pane->events = events;
	/* An mm that is not there now has no runs. */
	if (history_row(scene->history, mm, scene->when, &row) == 0)
		(void)why_maps(scene->recording, row.mm.tgid, pane->first, pane->last, scene->when, add, pane);
	(void)why_not_merged(&source, mm, pane->first, pane->last, scene->when, add, pane, &diag);
}

/* ---- drawing ---- */

static enum role reason_role(enum not_merged reason)
{
	switch (reason) {
	case NOT_MERGED_SHARED:
	case NOT_MERGED_NO_ITEM:
	case NOT_MERGED_ZERO_PAGE:
		return ROLE_GOOD;
	case NOT_MERGED_UNKNOWN:
	case NOT_MERGED_NO_VMA:
	case NOT_MERGED_CHANGED:
		return ROLE_DOUBT;
	case NOT_MERGED_POISONED:
		return ROLE_FAULT;
	case NOT_MERGED_NOT_ASKED:
	case NOT_MERGED_NO_PAGE:
		return ROLE_SKIPPED;
	default:
		return ROLE_TEXT;
	}
}

static const char *addresses(const struct why_not *why, char *buf, size_t size)
{
	if (!why->first && !why->last)
		snprintf(buf, size, why->seqnr >= 0 ? "the process, last scan" : "the whole process");
	else if (why->first == why->last)
		snprintf(buf, size, "0x%" PRIx64, why->first);
	else
		snprintf(buf, size, "0x%" PRIx64 "-%" PRIx64, why->first, why->last);
	return buf;
}

static void draw_run(struct pane pane, int y, const struct scene *scene, const struct why_not *why, bool cursor)
{
	enum role role = cursor ? ROLE_CURSOR : ROLE_TEXT;
	char text[64];

	pane_put(pane, 0, y, ROLE_CURSOR, cursor ? '>' : ' ');
	pane_put(pane, 1, y, ROLE_CHANGED, why->event && why->event == scene->when.t ? '~' : ' ');
	pane_fit(pane, 3, y, 28, ALIGN_LEFT, role, addresses(why, text, sizeof(text)));
	if (why->nr_pages)
		pane_fit(pane, 32, y, 7, ALIGN_RIGHT, role, format_count(text, why->nr_pages));
	pane_fit(pane, 41, y, 15, ALIGN_LEFT, cursor ? role : reason_role(why->reason),
		 not_merged_word(why->reason));
	if (why->seqnr >= 0)
		pane_printf(pane, 57, y, role, "%5" PRId64, why->seqnr);
	if (why->event)
		pane_printf(pane, 64, y, role, "#%" PRIu64, why->event);
	pane_fact(pane, pane.width - 2, y, why->evidence, why->doubtful);
}

/* "shared 32, unique 16": the pages of each reason, of the runs with addresses. */
static void summary(const struct why_not_pane *view, char *buf, size_t size)
{
	uint64_t pages[NR_NOT_MERGED] = {0};
	size_t at = 0;

	*buf = 0;
	for (uint32_t i = 0; i < view->nr; i++)
		if (view->runs[i].first || view->runs[i].last)
			pages[view->runs[i].reason] += view->runs[i].nr_pages;
	for (int i = 0; i < NR_NOT_MERGED && at < size; i++)
		if (pages[i])
			at += (size_t)snprintf(buf + at, size - at, "%s%s %" PRIu64, at ? ", " : "",
					       not_merged_word((enum not_merged)i), pages[i]);
}

static uint32_t cursor_of(const struct why_not_pane *view, const struct scene *scene)
{
	uint64_t at = session_view_state(scene->session)->lists[1].cursor;

	return at < view->nr ? (uint32_t)at : view->nr ? view->nr - 1 : 0;
}

void why_not_draw(struct pane pane, struct why_not_pane *view, const struct scene *scene, struct ref mm)
{
	struct view_state *state = session_view_state(scene->session);
	char owner[64], heading[160], text[400];
	uint64_t top;
	uint32_t at;

	ask(view, scene, mm);
	snprintf(heading, sizeof(heading), "WHY NOT MERGED: %s%s", scene_owner(scene, mm, owner, sizeof(owner)),
		 view->truncated ? " (the first runs only)" : view->last != UINT64_MAX ? " (a range)" : "");
	pane_rule(pane, 0, heading, "W: back");
	if (!view->nr) {
		pane_text(pane, 3, 1, ROLE_HINT, "nothing is known of its pages at this moment");
		list_place(&state->lists[1], 0, 0, 0, 0, 0);
		return;
	}
	summary(view, text, sizeof(text));
	pane_fit(pane, 3, 1, pane.width - 4, ALIGN_LEFT, ROLE_TEXT, text);
	pane_text(pane, 3, 2, ROLE_HEADING, "ADDRESSES                      PAGES  REASON           SCAN  EVENT");
	top = list_place(&state->lists[1], view->nr, pane.x - scene->body.x, pane.y - scene->body.y + 3, pane.width,
			 pane.height - 5);
	at = cursor_of(view, scene);
	for (int i = 0; 3 + i < pane.height - 2 && top + (uint64_t)i < view->nr; i++)
		draw_run(pane, 3 + i, scene, &view->runs[top + (uint64_t)i], top + (uint64_t)i == at);
	pane_wrap(pane_sub(pane, 3, pane.height - 2, pane.width - 5, 2), 0, 0, pane.width - 5, ROLE_TEXT,
		  view->runs[at].text ? view->runs[at].text : "");
}

void why_not_copy(struct why_not_pane *view, const struct scene *scene, struct ref mm, char *buffer,
		  size_t size)
{
	const struct why_not *why;
	char owner[64], where[64];

	ask(view, scene, mm);
	*buffer = 0;
	if (!view->nr)
		return;
	why = &view->runs[cursor_of(view, scene)];
	snprintf(buffer, size, "%s %s, %" PRIu64 " pages: %s: %s", scene_owner(scene, mm, owner, sizeof(owner)),
		 addresses(why, where, sizeof(where)), why->nr_pages, not_merged_word(why->reason),
		 why->text ? why->text : "");
}
