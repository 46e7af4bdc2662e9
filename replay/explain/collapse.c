// SPDX-License-Identifier: GPL-2.0-only
/*
 * collapse.c - what the events around a collapse tell of it.
 *
 * khugepaged meets a range again and again.  A page that could not be copied is handled as bad memory by a
 * worker (memory_failure_queue()) some time later; from then on its pte is a hwpoison entry, which the next
 * collapse of the range takes for a page to be swapped in.  So the cause of one collapse may stand in another:
 * they are joined by mm and address, and by the page's pfn.
 *
 * Whose range it was: a signal names a process but no page, and a collapse an mm but no process.  If one
 * process alone was told that it touched poison, the two are taken for one.  That is an inference, and only
 * offered where nothing speaks for somebody else.
 */
#include "explain/collapse.h"

#include <stdio.h>
#include <string.h>

#include "trace/diag.h"

#define COPY_FAILED	2		/* KSMTOP_COLLAPSE_STEPS */
#define LOOKED_BACK	256u		/* episodes */
#define LOOKED_ON	(1u << 20)	/* events in which the page is handled, somebody touches it */
#define CLOSING		256u		/* events behind its end: the stock kernel's own event */
#define SIGBUS_NR	7
#define CODE_TOUCHED	4		/* BUS_MCEERR_AR */

void collapse_way(struct opened_episode *episode, struct collapse_way *ret)
{
	const struct episode_row *row = episode_row(episode);
	struct event_index *events = episode_source(episode)->events;
	uint64_t last = event_index_last(events);
	struct event ev;

	*ret = (struct collapse_way){ .is_file = row->totals.collapse.is_shmem };
	if (!row->ended || ret->is_file)
		return;
	for (uint64_t n = row->fact.born + 1; n <= last && n <= row->fact.died + CLOSING; n++) {
		enum event_kind kind = event_index_kind(events, n);
		int64_t result;

		if (kind < EVENT_MM_COLLAPSE_HUGE_PAGE || kind > EVENT_MM_KHUGEPAGED_COLLAPSE_FILE ||
		    event_index_event(events, n, &ev) != 0 || ev.pid != row->tid)
			continue;
		if (n > row->fact.died && (kind == EVENT_MM_COLLAPSE_HUGE_PAGE ||
					   kind == EVENT_MM_KHUGEPAGED_COLLAPSE_FILE)) {
			ret->is_file = kind == EVENT_MM_KHUGEPAGED_COLLAPSE_FILE;
			return;
		}
		result = kind == EVENT_MM_COLLAPSE_HUGE_PAGE_SWAPIN ?
			 EVENT_ARGS(&ev, MM_COLLAPSE_HUGE_PAGE_SWAPIN)->ret :
			 kind == EVENT_MM_COLLAPSE_HUGE_PAGE_ISOLATE ?
			 EVENT_ARGS(&ev, MM_COLLAPSE_HUGE_PAGE_ISOLATE)->status : COLLAPSE_SUCCEEDED;
		if (n > row->fact.died || result == COLLAPSE_SUCCEEDED)
			continue;
		ret->swapin_failed = kind == EVENT_MM_COLLAPSE_HUGE_PAGE_SWAPIN;
		ret->isolate_failed = !ret->swapin_failed;
		ret->result = result;
	}
}

/* ---- the page ---- */
int64_t collapse_mm(const struct episode_source *source, const struct episode_row *row)
{
	struct event ev;

	return row->fact.born && event_index_event(source->events, row->fact.born, &ev) == 0 &&
	       ev.kind == EVENT_P_COLLAPSE_BEGIN ? EVENT_ARGS(&ev, P_COLLAPSE_BEGIN)->mm : 0;
}

static bool failed_page(struct opened_episode *episode, struct bad_page *ret)
{
	for (uint32_t i = 0; i < episode_nr_steps(episode); i++) {
		const struct step *step = episode_step(episode, i);
		struct event ev;

		if (step->kind != STEP_PAGE || step->verdict != COPY_FAILED ||
		    episode_step_event(episode, i, &ev) != 0)
			continue;
		*ret = (struct bad_page){ .number = episode_row(episode)->number, .event = step->event,
					  .index = (uint64_t)EVENT_ARGS(&ev, P_COLLAPSE_PAGE)->index,
					  .pfn = (uint64_t)EVENT_ARGS(&ev, P_COLLAPSE_PAGE)->pfn };
		return true;
	}
	return false;
}

static bool failed_before(struct opened_episode *episode, struct bad_page *ret)
{
	const struct episode_source *source = episode_source(episode);
	const struct episode_row *row = episode_row(episode);
	struct moment when = { row->fact.born, row->fact.born };
	int64_t mm = collapse_mm(source, row);

	for (uint32_t n = row->number - 1; mm && n && row->number - n <= LOOKED_BACK; n--) {
		struct opened_episode *earlier;
		struct diag diag;
		struct ref ref;
		union row other;
		bool found;

		if (history_find_number(source->history, TABLE_EPISODE, n, &ref) != 0 ||
		    history_row(source->history, ref, when, &other) != 0 ||
		    other.episode.kind != EPISODE_COLLAPSE || !other.episode.totals.collapse.nr_failed ||
		    other.episode.totals.collapse.address != row->totals.collapse.address ||
		    collapse_mm(source, &other.episode) != mm || episode_open(source, ref, when, &earlier, &diag) != 0)
			continue;
		found = failed_page(earlier, ret);
		episode_close(earlier);
		return found;
	}
	return false;
}

bool collapse_bad_page(struct opened_episode *episode, uint64_t known_by, struct bad_page *ret)
{
	struct event_index *events = episode_source(episode)->events;
	uint64_t last = event_index_last(events);
	struct event ev;

	if (!failed_page(episode, ret) && !failed_before(episode, ret))
		return false;
	if (ret->event > known_by)
		return false;
	if (last > known_by)
		last = known_by;
	for (uint64_t n = ret->event + 1; n <= last && n - ret->event < LOOKED_ON; n++)
		if (event_index_kind(events, n) == EVENT_MEMORY_FAILURE_EVENT &&
		    event_index_event(events, n, &ev) == 0 &&
		    (uint64_t)EVENT_ARGS(&ev, MEMORY_FAILURE_EVENT)->pfn == ret->pfn) {
			ret->handled = n;
			break;
		}
	return true;
}

/* ---- whose ---- */
bool collapse_touched(const struct episode_source *source, const struct bad_page *page, uint64_t known_by,
		      struct touched *ret)
{
	uint64_t last = event_index_last(source->events);
	struct touched only = { 0 };
	struct event ev;

	if (last > known_by)
		last = known_by;
	for (uint64_t n = page->handled + 1; page->handled && n <= last && n - page->handled < LOOKED_ON; n++) {
		const struct args_SIGNAL_GENERATE *args;
		enum event_kind kind = event_index_kind(source->events, n);

		/* From another bad page on a touch may be one of that. */
		if (kind == EVENT_MEMORY_FAILURE_EVENT)
			break;
		if (kind != EVENT_SIGNAL_GENERATE || event_index_event(source->events, n, &ev) != 0)
			continue;
		args = EVENT_ARGS(&ev, SIGNAL_GENERATE);
		if (args->sig != SIGBUS_NR || args->code != CODE_TOUCHED || args->pid == only.pid)
			continue;
		if (only.event)
			return false;
		only.pid = (int32_t)args->pid;
		only.event = n;
		snprintf(only.comm, sizeof(only.comm), "%.16s", args->comm);
	}
	*ret = only;
	return only.event != 0;
}

bool collapse_not_in_ksm(const struct history *h, struct moment when)
{
	return history_is_patched(h) && history_is_whole(h, ALL_MMS, (struct ref){ 0 }, when);
}
