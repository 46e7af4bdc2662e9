/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traced_ptes.h - what walks and recoveries did to the ptes of one KSM page, and what they counted.
 *
 * A walk that unmaps or migrates tells of each pte that it took away, one that removes migration entries of each that
 * it put back, a recovery of each that it moved.  And each of their events tells the page's mapcount: the newest one
 * is the best that is known.
 */
#ifndef KSMTOP_TRACED_PTES_H
#define KSMTOP_TRACED_PTES_H

#include "episode/episode.h"
#include "explain/mapped.h"

struct traced_pte {
	struct ref mm, vma;		/* mm: none where it is not known */
	uint64_t address, event;
	/*
	 * No fault brings it back before that event: NEVER for a migration entry and a page that failed, the end of the
	 * walk for one that was swapped out (do_swap_page() takes the page's lock, which the walk's caller holds).
	 */
	uint64_t until;
	bool failed;			/* the page's memory had: a hwpoison entry was left */
	bool mapped;			/* since that event it maps the page, else it does not */
};

struct traced_ptes {
	struct traced_pte *list;	/* by event */
	uint32_t nr, room;
	bool all_entries;		/* the last walk that made migration entries told of each, and none came since */
};

#define TRACED_EPISODES_MAX 8u
/*
 * By `when`, and of what has begun by then what the observer knows to come: with hindsight events behind `when.t`.
 * 0 or -E.  O(steps of the last TRACED_EPISODES_MAX walks and recoveries of the node).
 */
int traced_ptes_read(const struct episode_source *source, struct ref node, struct moment when,
		     struct traced_ptes *ret);
void traced_ptes_fini(struct traced_ptes *ptes);
/*
 * The newest count by `when`; evidence 0: none.  Its event is `when.t` where the next count, which the observer
 * knows, is the same and nothing between the two can have mapped the page.
 */
void traced_count(const struct episode_source *source, struct ref node, struct moment when,
		  struct mapped_count *ret);
/* May the page have been mapped somewhere in between, or may that have been lost?  Asked of few events. */
bool traced_may_map(const struct episode_source *source, uint64_t a, uint64_t b, uint64_t known_by);

#endif /* KSMTOP_TRACED_PTES_H */
