// SPDX-License-Identifier: GPL-2.0-only
/*
 * kinds.c - which kinds of events change what.
 *
 * A gap of which is known what kinds of events it hid (build_counts.c) leaves no doubt of what none of
 * them changes.  So what stands here for a table must be all that can make, change or end one of its
 * rows, or any attribute of one.  Where one row ends with another, the other's end belongs to it: an
 * item goes with its node and its mm.
 *
 * Records of dumps change nothing, they tell.  Of mappings and pages nobody knows all changes: any kind.  But how
 * a mapping comes is known, or by what it went before it comes back unseen: kinds_of_mapping().
 */
#include "history/build.h"

#define K(event)	(UINT64_C(1) << COUNT_##event)

_Static_assert(KSMTOP_NR_COUNTS < 63, "a bit for each kind, and one for all others");

#define MM_KINDS	(K(MM_ENTER) | K(MM_FORK) | K(MM_OWNER) | K(MM_EXEC) | K(MM_LEAVE) | K(MM_FREE))
#define CHAIN_KINDS	(K(NODE_INSERT) | K(NODE_ERASE) | K(NODE_REPLACE) | K(NODE_FREE) | K(CHAIN_MAKE) | \
			 K(CHAIN_COLLAPSE) | K(CHAIN_FREE) | K(DUP_ADD) | K(DUP_DEL) | K(DUP_HEAD) |	\
			 K(MIGRATE_ADD) | K(MIGRATE_DEL))
#define NODE_KINDS	(CHAIN_KINDS | K(NODE_KPFN))
#define ITEM_KINDS	(K(ITEM_NEW) | K(ITEM_FREE) | K(ITEM_UNSTABLE) | K(UNSTABLE_RESET) | K(ITEM_APPEND) | \
			 K(ITEM_DETACH) | K(NODE_FREE) | K(MM_FREE))
#define ANON_VMA_KINDS	(K(ANON_VMA_NEW) | K(ANON_VMA_FREE))
#define VMA_KINDS	(K(VMA_INSERT) | K(VMA_REMOVE))
#define WALK_KINDS	(K(WALK_BEGIN) | K(WALK_ITEM) | K(WALK_VMA) | K(WALK_UNLOCK) | K(WALK_END))
/*
 * What can bring a pte to map a KSM page: ksmd's merge, fork, mremap, a walk that removes migration entries, a
 * recovery.  A page that was swapped out comes back unseen (do_swap_page() maps it from the swap cache), but it
 * went by a walk.
 */
#define COMING_KINDS	(MM_KINDS | VMA_KINDS | WALK_KINDS | K(RECOVERY_BEGIN) | K(RECOVERY_MOVE) |	\
			 K(ITEM_APPEND) | K(NODE_KPFN))
/* By what it leaves so that it may come back unseen, or by an event that finds another row in its place. */
#define LEAVING_KINDS	(K(MM_EXEC) | K(MM_LEAVE) | K(MM_FREE) | K(VMA_REMOVE) | K(WALK_BEGIN) | K(WALK_ITEM) | \
			 K(WALK_VMA) | K(RECOVERY_BEGIN) | K(RECOVERY_MOVE) | K(NODE_KPFN))
#define TELLING_KINDS	(K(DUMP_BEGIN) | K(DUMP_MM) | K(DUMP_NODE) | K(DUMP_ITEM) | K(DUMP_ANON_VMA) |	\
			 K(DUMP_VMA) | K(DUMP_END) | K(COUNTS))

uint64_t kinds_of_row(const struct segment *seg, enum table table, uint32_t id)
{
	switch (table) {
	case TABLE_MM:		/* a process is renamed, and execs, by events of other systems */
		return MM_KINDS | COUNT_BIT_OTHER;
	case TABLE_NODE:
		return ((struct node_more *)more_at(seg, table, id))->kind == NODE_CHAIN ? CHAIN_KINDS : NODE_KINDS;
	case TABLE_ITEM:
		return ITEM_KINDS;
	case TABLE_ANON_VMA:
		return ANON_VMA_KINDS;
	case TABLE_VMA:
		return VMA_KINDS;
	default:
		return ANY_KIND;
	}
}

uint64_t kinds_of_mapping(bool leaving)
{
	return leaving ? LEAVING_KINDS : COMING_KINDS;
}

uint64_t kinds_of_list(enum relation relation)
{
	switch (relation_table(relation)) {
	case TABLE_MM:
		return MM_KINDS;
	case TABLE_NODE:
	case TABLE_ITEM:	/* and whose list it is */
		return MM_KINDS | NODE_KINDS | ITEM_KINDS | ANON_VMA_KINDS;
	case TABLE_VMA:
		return VMA_KINDS | ANON_VMA_KINDS;
	default:
		return ANY_KIND;
	}
}

static const uint8_t count_of[NR_EVENT_KINDS] = {	/* 1 + enum ksmtop_count */
#define V(event, name) [EVENT_P_##event] = 1 + COUNT_##event,
	KSMTOP_COUNTED(V)
#undef V
};

bool history_may_lack(const struct history *h, uint16_t kind, uint64_t a, uint64_t b, uint64_t known_by)
{
	uint8_t count = kind < NR_EVENT_KINDS ? count_of[kind] : 0;
	struct exclusion less = { .known_by = known_by };

	if (h->patched && kind != EVENT_UNKNOWN) {
		less.mutex = build_is_under_mutex(kind);
		less.kinds = count ? UINT64_C(1) << (count - 1) : COUNT_BIT_OTHER;
	}
	return lost_between(h, a, b, less);
}

bool history_may_lack_merges(const struct history *h, uint64_t a, struct moment when)
{
	/* A stream that ends in a gap lacks events up to the end. */
	uint64_t to = when.t < history_last(h) ? when.t : NEVER;

	if (!h->patched)
		return history_may_lack(h, EVENT_KSM_MERGE_WITH_KSM_PAGE, a, to, when.known_by);
	/* Without the beginning of a recovery what it moves looks like merges. */
	return history_may_lack(h, EVENT_P_ITEM_APPEND, a, to, when.known_by) ||
	       history_may_lack(h, EVENT_P_RECOVERY_BEGIN, 0, to, when.known_by);
}

bool history_may_lack_steps(const struct history *h, enum episode_kind kind, uint64_t a, uint64_t b, uint64_t known_by)
{
	return lost_between(h, a, b, (struct exclusion){ .known_by = known_by, .kinds = kinds_of_episode(kind) });
}

uint64_t kinds_of_episode(enum episode_kind kind)
{
	/* Who waited for a walk's locks is told by events of another system. */
	return kind == EPISODE_WALK ? WALK_KINDS | COUNT_BIT_OTHER : ~TELLING_KINDS;
}
