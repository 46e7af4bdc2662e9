// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk_facts.c - what a walk cost: totals under the kernel mails' names, times, who else waited.
 *
 * A walk's duration is not a lock's hold time: the lock is taken and dropped for each item.  So
 * duration, number of holds, the longest, their sum and the time waited stand apart.  Beside the
 * totals of the whole walk stand those by the cursor.
 *
 * Who waited is known as far as lock:contention_begin was recorded; nobody listed is no proof that
 * nobody waited, and the pane says so.
 */
#include "walk_panes.h"

#include <inttypes.h>
#include <stdio.h>

#include "explain/words.h"
#include "format.h"
#include "view_util.h"

#define NAMES 23	/* columns of a count's name */

static void draw_count(struct pane pane, int y, const char *name, uint64_t so_far, bool lacks,
		       uint64_t all, const char *unknown)
{
	char text[FORMAT_MAX];
	int wide = (pane.width - NAMES - 2) / 2;

	pane_fit(pane, 1, y, NAMES, ALIGN_LEFT, ROLE_TEXT, name);
	pane_fit(pane, NAMES, y, wide, ALIGN_RIGHT, ROLE_CHANGED,
		 format_seen(text, so_far, lacks));
	pane_fit(pane, NAMES + wide, y, wide, ALIGN_RIGHT, ROLE_TEXT,
		 *unknown ? unknown : format_count(text, all));
}

static void draw_times(struct pane pane, int y, struct stepping *s, const struct walk_sums *sums)
{
	const struct walk_totals *w = &s->row.totals.walk;
	char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX], count[FORMAT_MAX];
	bool lacks = s->row.fact.doubt != DOUBT_NONE || !w->complete;	/* the kernel tells of each hold, never their sums */

	if (!s->row.ended) {
		stepping_draw_unended(pane, 1, y, s);
		pane_printf(pane, 1, y + 1, ROLE_TEXT, "holds %s, held %s, waited %s so far",
			    format_seen(count, sums->holds, sums->lacks), format_seen_duration(b, sums->held_ns, sums->lacks),
			    format_seen_duration(c, sums->waited_ns, sums->lacks));
		return;
	}
	pane_printf(pane, 1, y, ROLE_TEXT, "took %s  holds %s, longest %s", format_duration(a, w->duration_ns),
		    format_seen(count, w->holds, lacks), format_seen_duration(b, w->longest_hold_ns, lacks));
	pane_printf(pane, 1, y + 1, ROLE_TEXT, "held %s, so far %s  waited %s",
		    format_seen_duration(a, w->held_ns, lacks), format_seen_duration(b, sums->held_ns, sums->lacks),
		    format_seen_duration(c, w->waited_ns, lacks));
}

void walk_draw_totals(struct pane pane, struct stepping *s)
{
	const struct walk_totals *w = &s->row.totals.walk;
	int wide = (pane.width - NAMES - 2) / 2, y = 1;
	bool ended = s->row.ended;
	const char *unknown = ended ? "" : episode_row(s->episode)->ended ? "later" : "not known";
	struct walk_sums sums;
	char word[24];

	walk_so_far(s, &sums);
	pane_rule(pane, 0, "THE WALK", "");
	pane_fit(pane, NAMES + wide - 7, 0, 7, ALIGN_RIGHT, ROLE_HEADING, " SO FAR");
	if (sums.lacks)	/* steps are missing */
		pane_put(pane, NAMES + wide, 0, ROLE_DOUBT, '?');
	pane_fit(pane, NAMES + 2 * wide - 7, 0, 6, ALIGN_RIGHT, ROLE_HEADING, " WHOLE");
	pane_fact(pane, NAMES + 2 * wide, 0, s->row.fact.evidence,
		  s->row.fact.doubt != DOUBT_NONE);
	draw_count(pane, y++, "nr_iteration_total", sums.offered, sums.lacks, w->nr_iteration_total, unknown);
	draw_count(pane, y++, "Skip_addr_out_of_range", sums.outside, sums.lacks, w->skip_addr_out_of_range, unknown);
	draw_count(pane, y++, "Skip_mm_mismatch", sums.other_mm, sums.lacks, w->skip_mm_mismatch, unknown);
	if (pane.height > 8) {
		draw_count(pane, y++, "skipped as invalid", sums.invalid, sums.lacks, w->skip_invalid, unknown);
		draw_count(pane, y++, "visited: rmap_one()", sums.visited, sums.lacks, w->visited, unknown);
	}
	draw_times(pane, y, s, &sums);
	y += 2;
	if (!ended || y >= pane.height)
		return;
	pane_printf(pane, 1, y++, w->complete ? ROLE_TEXT : ROLE_DOUBT, "it ended: %s%s",
		    explain_word(WORDS_WALK_END, w->why, word),
		    w->complete ? "" : "; its events do not add up to these");
}

/* ---- waiters ---- */

static const char *doing_text(struct stepping *s, const struct waiter *waiter, char *buf, size_t size)
{
	struct event_record record;

	snprintf(buf, size, "not seen");
	if (waiter->doing && !event_index_read(recording_events(s->scene.recording), waiter->doing,
					       &record))
		snprintf(buf, size, "%s", util_event_name(&record));
	return buf;
}

static void draw_waiter(struct pane pane, int y, struct stepping *s, const struct waiter *waiter)
{
	const char *comm = trace_file_comm(recording_trace(s->scene.recording), waiter->tid);
	uint64_t t = s->scene.when.t;
	bool waits = waiter->begin <= t && (!waiter->end || t < waiter->end);
	bool told = session_hindsight(s->scene.session) || (waiter->end && waiter->end <= t);
	enum role role = waits ? ROLE_CHANGED : waiter->begin > t ? ROLE_SKIPPED : ROLE_TEXT;
	char task[40], time[FORMAT_MAX], doing[64];
	bool wide = pane.width > 45;
	int x = wide ? 3 : 2;

	pane_put(pane, x - 2, y, ROLE_CHANGED, waits ? '~' : ' ');
	snprintf(task, sizeof(task), "%.16s %" PRId32, comm ? comm : "?", waiter->tid);
	pane_fit(pane, x, y, wide ? 18 : 11, ALIGN_LEFT, role, task);
	x += wide ? 19 : 12;
	pane_fit(pane, x, y, 8, ALIGN_RIGHT, role,
		 !told ? "waits" : waiter->end ? format_duration(time, waiter->end_ns - waiter->begin_ns) : "?");
	x += 9;
	if (!told)
		return;
	if (wide)
		x += pane_text(pane, x, y, role, waiter->is_write ? "to write, then " : "to read, then ");
	pane_fit(pane, x, y, pane.width - x - wide, ALIGN_LEFT, role,
		 doing_text(s, waiter, doing, sizeof(doing)));
}

/* They stand in the order in which they began to wait. */
static uint32_t nr_begun(const struct waiter *list, uint32_t nr, uint64_t t)
{
	uint32_t i = 0;

	while (i < nr && list[i].begin <= t)
		i++;
	return i;
}

void walk_draw_waiters(struct pane pane, struct stepping *s)
{
	const struct waiter *list;
	uint64_t longest = 0, all = 0;
	uint32_t nr, top = 0, shown;
	int y;
	char right[96] = "", time[FORMAT_MAX], sum[FORMAT_MAX], count[FORMAT_MAX];
	bool lacks = stepping_lacks_now(s);

	if (episode_waiters(s->episode, &list, &nr))
		return;
	shown = session_hindsight(s->scene.session) ? nr : nr_begun(list, nr, s->scene.when.t);
	for (uint32_t i = 0; i < shown; i++) {
		bool told = session_hindsight(s->scene.session) || list[i].end <= s->scene.when.t;
		uint64_t ns = list[i].end && told ? list[i].end_ns - list[i].begin_ns : 0;

		longest = ns > longest ? ns : longest;
		all += ns;
		if (list[i].begin <= s->scene.when.t && i >= (uint32_t)(pane.height > 2 ? pane.height - 2 : 0))
			top = i - (uint32_t)(pane.height - 2);
	}
	if (longest)
		snprintf(right, sizeof(right), pane.width > 45 ? "%s, %s in all, longest %s" : "%s, %s",
			 format_seen(count, shown, lacks), format_seen_duration(sum, all, lacks),
			 format_seen_duration(time, longest, lacks));
	pane_rule(pane, 0, pane.width > 45 ? "WHO ELSE WAITED" : "WHO WAITED", right);
	if (!nr)
		pane_text(pane, 3, 1, ROLE_HINT, "no contention was recorded");
	for (y = 1; y < pane.height && top < shown; y++)
		draw_waiter(pane, y, s, &list[top++]);
}
