// SPDX-License-Identifier: GPL-2.0-only
/*
 * contention.c - who waited for the locks that a walk held, how long, and what for.
 *
 * lock:contention_begin names the lock by its address.  The lock of an anon_vma is the rwsem of its
 * root, right behind the root pointer (struct anon_vma, include/linux/rmap.h), and the history knows
 * roots.  A wait belongs to the walk if it began while one of its holds lasted; its end is the
 * waiting thread's next contention_end and may lie behind the walk.  What the thread wanted shows in
 * its next event, when that comes soon.
 *
 * A recording that was filtered to slow waits, or has no such events, shows fewer or none: that is no
 * proof that nobody waited.
 */
#include <errno.h>

#include "episode/opened.h"

#define ROOT_RWSEM	8u		/* offsetof(struct anon_vma, rwsem) */
#define END_EVENTS	200000u		/* how far to look for the end of a wait */
#define LOOK_EVENTS	50000000u	/* and for all of a walk's together: a hostile file has no ends */
#define DOING_EVENTS	2000u		/* and for what the thread did with the lock */
#define CONTENTION_WRITE 4u		/* LCB_F_WRITE */

/* The address of the lock that a hold holds, 0: not known. */
static uint64_t lock_of(const struct opened_episode *e, const struct hold *hold)
{
	struct moment when = { hold->begin, e->when.known_by };
	union row row, root;

	if (when.known_by < when.t)
		when.known_by = when.t;
	if (ref_is_none(hold->anon_vma) ||
	    history_row(e->source.history, hold->anon_vma, when, &row) != 0)
		return 0;
	if (ref_is_none(row.anon_vma.root))
		return row.anon_vma.name.addr + ROOT_RWSEM;
	if (history_row(e->source.history, row.anon_vma.root, when, &root) != 0)
		return 0;
	return root.anon_vma.name.addr + ROOT_RWSEM;
}

/* Its end, and the first thing that the thread did then. */
static void follow(const struct opened_episode *e, struct waiter *waiter, uint64_t *budget)
{
	uint64_t last = event_index_last(e->source.events), n;
	struct event ev;

	for (n = waiter->begin + 1; n <= last && n - waiter->begin < END_EVENTS && *budget; n++) {
		--*budget;
		if (event_index_kind(e->source.events, n) != EVENT_CONTENTION_END ||
		    event_index_event(e->source.events, n, &ev) != 0 || ev.pid != waiter->tid)
			continue;
		waiter->end = n;
		waiter->end_ns = ev.ts_ns;
		break;
	}
	if (!waiter->end)
		return;
	for (n = waiter->end + 1; n <= last && n - waiter->end < DOING_EVENTS && *budget; n++, --*budget)
		if (event_index_event(e->source.events, n, &ev) == 0 && ev.pid == waiter->tid) {
			waiter->doing = n;
			return;
		}
}

static int add(struct opened_episode *e, uint32_t hold, uint64_t n, const struct event *ev,
	       uint64_t *budget)
{
	struct waiter *waiter;

	if (ARRAY_ROOM(e->waiters, e->nr_waiters, e->room_waiters) != 0)
		return -ENOMEM;
	waiter = &e->waiters[e->nr_waiters++];
	*waiter = (struct waiter){ .begin = n, .begin_ns = ev->ts_ns, .tid = ev->pid, .hold = hold,
				   .is_write = EVENT_ARGS(ev, CONTENTION_BEGIN)->flags & CONTENTION_WRITE };
	follow(e, waiter, budget);
	return 0;
}

static int look(struct opened_episode *e, uint32_t i, uint64_t *budget)
{
	const struct hold *hold = &e->holds[i];
	uint64_t lock = 0;
	struct event ev;

	for (uint64_t n = hold->begin + 1; n < hold->end; n++) {
		if (event_index_kind(e->source.events, n) != EVENT_CONTENTION_BEGIN)
			continue;
		if (!lock)
			lock = lock_of(e, hold);
		if (!lock)
			return 0;
		if (event_index_event(e->source.events, n, &ev) != 0 || ev.pid == e->row.tid ||
		    (uint64_t)EVENT_ARGS(&ev, CONTENTION_BEGIN)->lock_addr != lock)
			continue;
		if (add(e, i, n, &ev, budget) != 0)
			return -ENOMEM;
	}
	return 0;
}

int episode_waiters(struct opened_episode *e, const struct waiter **ret_waiters, uint32_t *ret_nr)
{
	uint64_t budget = LOOK_EVENTS;
	int ret = 0;

	for (uint32_t i = 0; ret == 0 && !e->waiters_known && i < e->nr_holds; i++)
		ret = look(e, i, &budget);
	if (ret) {
		e->nr_waiters = 0;
		return ret;
	}
	e->waiters_known = true;
	*ret_waiters = e->waiters;
	*ret_nr = e->nr_waiters;
	return 0;
}
