// SPDX-License-Identifier: GPL-2.0-only
/*
 * collapse_owner.c - whose the 512 pages are, where the mm has no name: the best guess, and on what it rests.
 *
 * A collapse names an mm by its address and no process.  An mm in KSM has a name in the history; of any other
 * there are two things to go by, both of them inference:
 *
 * The patch tells every VMA that enters or leaves an anon_vma, with its mm, in the context of whoever does it.
 * That is a thread of the mm's own process, but for a fork: dup_mmap() fills the child's mm in the parent's
 * context, and then the same thread makes the task.  So of an insertion that a new task without CLONE_VM
 * follows, before the thread touches any other mm, the new task is taken for the owner.  Of several such events
 * the one nearest to the collapse counts, since an mm's address is used again after its process has gone.
 *
 * Failing that: who alone got SIGBUS for touching poison once the collapse's bad page had been handled (collapse.c).
 */
#include <stdio.h>
#include <string.h>

#include "explain/collapse.h"

#define LOOKED_ROUND	(1u << 20)	/* events to either side */
#define LOOKED_BEHIND	(1u << 16)	/* for the task that a fork makes */
#define CLONE_VM	0x100		/* include/uapi/linux/sched.h */

/* Is n a VMA of that mm (0: of any other than `but`)? */
static bool vma_of(struct event_index *events, uint64_t n, int64_t mm, int64_t but, struct event *ret)
{
	enum event_kind kind = event_index_kind(events, n);
	int64_t of;

	if ((kind != EVENT_P_VMA_INSERT && kind != EVENT_P_VMA_REMOVE) || event_index_event(events, n, ret) != 0)
		return false;
	of = EVENT_ARGS(ret, P_VMA_INSERT)->mm;
	return mm ? of == mm : of != but;
}

/* The nearest event to either side of the collapse in which another thread changes a VMA of that mm, 0: none. */
static uint64_t nearest_change(struct event_index *events, const struct episode_row *row, int64_t mm, uint64_t last)
{
	uint64_t before = 0, behind = 0, end = row->ended ? row->fact.died : row->fact.born;
	struct event ev;

	for (uint64_t n = row->fact.born - 1; n && row->fact.born - n < LOOKED_ROUND && !before; n--)
		if (vma_of(events, n, mm, 0, &ev) && ev.pid != row->tid)
			before = n;
	for (uint64_t n = row->fact.born + 1; n <= last && n < end + LOOKED_ROUND && !behind; n++)
		if (vma_of(events, n, mm, 0, &ev) && ev.pid != row->tid)
			behind = n;
	if (!before || !behind)
		return before ? before : behind;
	return row->fact.born - before <= behind - row->fact.born ? before : behind;
}

/* The task that this insertion was made for by fork(); false: none, the thread's own mm is meant. */
static bool forked_for(struct event_index *events, uint64_t at, int64_t mm, uint64_t last, struct collapse_owner *ret)
{
	struct event ev;
	int32_t tid;

	if (event_index_event(events, at, &ev) != 0 || ev.kind != EVENT_P_VMA_INSERT)
		return false;
	tid = ev.pid;
	for (uint64_t n = at + 1; n <= last && n - at < LOOKED_BEHIND; n++) {
		const struct args_TASK_NEWTASK *args;

		if (vma_of(events, n, 0, mm, &ev) && ev.pid == tid)
			return false;
		if (event_index_kind(events, n) != EVENT_TASK_NEWTASK || event_index_event(events, n, &ev) != 0 ||
		    ev.pid != tid)
			continue;
		args = EVENT_ARGS(&ev, TASK_NEWTASK);
		if (args->clone_flags & CLONE_VM)
			return false;
		*ret = (struct collapse_owner){ .pid = (int32_t)args->pid, .event = n, .by = OWNER_FORKED };
		snprintf(ret->comm, sizeof(ret->comm), "%.16s", args->comm);
		return true;
	}
	return false;
}

static bool changed_vmas(struct opened_episode *episode, uint64_t last, struct collapse_owner *ret)
{
	struct event_index *events = episode_source(episode)->events;
	int64_t mm = collapse_mm(episode_source(episode), episode_row(episode));
	uint64_t at = mm ? nearest_change(events, episode_row(episode), mm, last) : 0;
	struct event_record record;

	if (!at)
		return false;
	if (forked_for(events, at, mm, last, ret))
		return true;
	if (event_index_read(events, at, &record) != 0)
		return false;
	*ret = (struct collapse_owner){ .pid = record.pid, .event = at, .by = OWNER_CHANGED_VMAS };
	snprintf(ret->comm, sizeof(ret->comm), "%.16s", record.comm ? record.comm : "");
	return true;
}

bool collapse_owner(struct opened_episode *episode, uint64_t known_by, struct collapse_owner *ret)
{
	uint64_t last = event_index_last(episode_source(episode)->events);
	struct bad_page page = { 0 };
	struct touched by;

	if (changed_vmas(episode, last < known_by ? last : known_by, ret))
		return true;
	if (!collapse_bad_page(episode, known_by, &page) ||
	    !collapse_touched(episode_source(episode), &page, known_by, &by))
		return false;
	*ret = (struct collapse_owner){ .pid = by.pid, .event = by.event, .by = OWNER_TOUCHED, .page = page };
	memcpy(ret->comm, by.comm, sizeof(ret->comm));
	return true;
}
