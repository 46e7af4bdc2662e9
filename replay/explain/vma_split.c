// SPDX-License-Identifier: GPL-2.0-only
/*
 * vma_split.c - see vma_split.h.
 *
 * A thread that changes VMAs takes those out that it changes, of each of their anon_vmas, and puts them back:
 * between these events it has none of another kind.  So what it does next decides: as long as it only takes
 * out and puts in, the VMA may still come back; anything else of that thread, and it went.
 *
 * Both ways the search is short: the events of one such change lie side by side, unless other CPUs are busy.
 */
#include "explain/vma_split.h"

#define LOOK_ON 64u
#define LOOK_BACK 16u

static bool changes_tree(enum event_kind kind)
{
	return kind == EVENT_P_VMA_REMOVE || kind == EVENT_P_VMA_INSERT;
}

uint64_t vma_comes_back(const struct episode_source *source, uint64_t n, uint64_t known_by, bool *ret_open)
{
	uint64_t last = event_index_last(source->events), vma, anon_vma;
	struct event ev;
	int32_t pid;

	if (ret_open)
		*ret_open = false;
	if (!n || n > last || event_index_kind(source->events, n) != EVENT_P_VMA_REMOVE ||
	    event_index_event(source->events, n, &ev) != 0)
		return 0;
	vma = (uint64_t)EVENT_ARGS(&ev, P_VMA_REMOVE)->vma;
	anon_vma = (uint64_t)EVENT_ARGS(&ev, P_VMA_REMOVE)->anon_vma;
	pid = ev.pid;
	for (uint64_t i = n + 1; i <= n + LOOK_ON; i++) {
		if (i > known_by || i > last) {
			if (ret_open)
				*ret_open = true;
			return 0;
		}
		if (event_index_event(source->events, i, &ev) != 0 || ev.pid != pid)
			continue;
		if (history_nr_losses(source->history) &&
		    history_may_lack(source->history, EVENT_UNKNOWN, n, i, known_by)) {
			if (ret_open)
				*ret_open = true;
			return 0;
		}
		if (!changes_tree((enum event_kind)ev.kind))
			return 0;
		if (ev.kind == EVENT_P_VMA_INSERT && (uint64_t)EVENT_ARGS(&ev, P_VMA_INSERT)->vma == vma &&
		    (uint64_t)EVENT_ARGS(&ev, P_VMA_INSERT)->anon_vma == anon_vma)
			return i;
	}
	return 0;
}

/* Nobody but that thread has done anything from n to t, and it only changed trees. */
static bool still_at_it(const struct episode_source *source, uint64_t n, uint64_t t)
{
	struct event ev;
	int32_t pid;

	if (event_index_event(source->events, n, &ev) != 0)
		return false;
	pid = ev.pid;
	while (++n <= t)
		if (!changes_tree(event_index_kind(source->events, n)) ||
		    event_index_event(source->events, n, &ev) != 0 || ev.pid != pid)
			return false;
	return true;
}

struct moment vma_split_before(const struct episode_source *source, struct moment when, bool *ret_unsure)
{
	uint64_t known_by = when.known_by > when.t ? when.known_by : when.t, back;
	uint64_t first = 0, least = when.t > LOOK_BACK ? when.t - LOOK_BACK : 1;
	bool open;

	*ret_unsure = false;
	for (uint64_t n = when.t; n >= least && n; n--) {
		if (event_index_kind(source->events, n) != EVENT_P_VMA_REMOVE)
			continue;
		back = vma_comes_back(source, n, known_by, &open);
		if (back > when.t)
			first = n;
		*ret_unsure |= open && still_at_it(source, n, when.t);
	}
	if (!first)
		return when;
	*ret_unsure |= !still_at_it(source, first, when.t);
	return (struct moment){ first - 1, known_by };
}
