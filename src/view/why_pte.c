// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_pte.c - whose pte became a migration entry, or a pte again.
 *
 * migrate:set_migration_pte and its reverse tell an address and no process.  They are traced inside a
 * visit of a walk (try_to_migrate_one(), remove_migration_pte()), by the thread that walks, while it holds the
 * lock of an item's anon_vma: the walk's last event before says which item, of which mm, and in which
 * pass.  In pass 1 only the item's own mm is visited, in pass 2 only others: forks of it.
 *
 * Only what stands before the event is looked at, as an observer there could.  Where events were lost
 * the lock may have been another's, and nobody is named.
 */
#include "why_pte.h"

#define LOOK_BACK 4096u		/* events: in a walk of a busy machine those of others stand between */

static bool is_of_walk(enum event_kind kind)
{
	return kind == EVENT_P_WALK_BEGIN || kind == EVENT_P_WALK_ITEM || kind == EVENT_P_WALK_UNLOCK ||
	       kind == EVENT_P_WALK_END;
}

/* The event of the walk of that thread that stands nearest before *at: false where there is none. */
static bool walked_before(struct event_index *events, int32_t pid, uint64_t *at, struct event *ret)
{
	uint64_t from = *at;

	for (uint64_t n = from - 1; n && from - n < LOOK_BACK; n--)
		if (is_of_walk(event_index_kind(events, n)) && event_index_event(events, n, ret) == 0 &&
		    ret->pid == pid) {
			*at = n;
			return true;
		}
	return false;
}

static struct ref found(const struct scene *scene, enum table table, uint64_t addr, uint64_t nr)
{
	struct ref ref;

	return history_find(scene->history, table, addr, 0, why_moment(scene, nr), &ref) ? (struct ref){0} : ref;
}

bool why_pte(const struct scene *scene, uint64_t nr, struct why_pte *ret)
{
	struct event_index *events = recording_events(scene->recording);
	uint64_t at = nr, walk_id;
	struct event event;
	int32_t pid;

	*ret = (struct why_pte){0};
	if (history_nr_losses(scene->history) || event_index_event(events, nr, &event) ||
	    (event.kind != EVENT_SET_MIGRATION_PTE && event.kind != EVENT_REMOVE_MIGRATION_PTE))
		return false;
	pid = event.pid;
	ret->addr = (uint64_t)EVENT_ARGS(&event, SET_MIGRATION_PTE)->addr;
	if (!walked_before(events, pid, &at, &event) || event.kind != EVENT_P_WALK_ITEM ||
	    (uint64_t)EVENT_ARGS(&event, P_WALK_ITEM)->address >> 12 != ret->addr >> 12)
		return false;
	ret->is_fork = EVENT_ARGS(&event, P_WALK_ITEM)->pass != 1;
	walk_id = (uint64_t)EVENT_ARGS(&event, P_WALK_ITEM)->walk;
	ret->mm = found(scene, TABLE_MM, (uint64_t)EVENT_ARGS(&event, P_WALK_ITEM)->mm, nr);
	while (walked_before(events, pid, &at, &event) && event.kind != EVENT_P_WALK_END) {
		if (event.kind != EVENT_P_WALK_BEGIN)
			continue;
		if ((uint64_t)EVENT_ARGS(&event, P_WALK_BEGIN)->walk == walk_id) {
			ret->pfn = (uint64_t)EVENT_ARGS(&event, P_WALK_BEGIN)->pfn;
			ret->node = found(scene, TABLE_NODE, (uint64_t)EVENT_ARGS(&event, P_WALK_BEGIN)->node, nr);
		}
		break;
	}
	return !ref_is_none(ret->mm);
}
