/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode_totals.h - what an episode came to, kept flat so that a list sorts without its events.
 *
 * An episode is known by its row (history.h).  Beside the row stand its totals: one struct a kind.
 * The upper part of each is known from the first event on; what stands under "at the end" is zero
 * until the episode's last event was seen, so that an observer at t never sees more than there was.
 *
 * Where the numbers come from.  A walk's counts are the kernel's own, from walk_end; its holds are
 * counted from the lock releases (walk_unlock), since a walk's duration is not a lock's hold time.
 * Whenever events were lost while an episode ran its row is doubtful; a walk says apart whether its
 * own events add up to the kernel's counts (`complete`).
 *
 * Units: _ns nanoseconds, pfn page frames.  Small enumerated numbers are the patch's, in
 * event_table.h (KSMTOP_PURPOSES and so on).  Counts are of events or objects.
 */
#ifndef KSMTOP_EPISODE_TOTALS_H
#define KSMTOP_EPISODE_TOTALS_H

#include <stdbool.h>
#include <stdint.h>

/* rmap_walk_ksm() on the patched kernel.  The names are the kernel mails'. */
/* What a walk is for, of KSMTOP_PURPOSES those that change ptes: they become swap or migration entries, or ptes again. */
enum walk_purpose { PURPOSE_UNMAP = 1, PURPOSE_MIGRATE = 2, PURPOSE_MIGRATED = 3 };
struct walk_totals {
	uint64_t walk_id, pfn;
	uint64_t rmap_one;		/* address of the callback */
	int32_t mapcount_before;
	uint8_t purpose, rule;		/* KSMTOP_PURPOSES, KSMTOP_WALK_RULES */
	/* at the end */
	bool complete;			/* its events add up to the counts */
	uint8_t why;			/* KSMTOP_WALK_ENDS */
	int32_t mapcount_after;
	uint32_t nr_items[2];		/* items taken up in pass 1 and 2 */
	uint32_t holds;			/* times that an anon_vma's lock was held */
	uint64_t nr_iteration_total;	/* VMAs the interval trees offered */
	uint64_t visited, skip_addr_out_of_range, skip_mm_mismatch, skip_invalid;
	uint64_t duration_ns, held_ns, longest_hold_ns, waited_ns, longest_wait_ns;
};

/*
 * Was the walk to unmap the page, or to make its ptes migration entries, offered all there was, and is the page
 * still mapped?  Of one that has ended, and whose beginning was seen.
 */
static inline bool walk_left_mappings(const struct walk_totals *w)
{
	enum { ALL_OFFERED = 0 };	/* KSMTOP_WALK_ENDS */

	return (w->purpose == PURPOSE_UNMAP || w->purpose == PURPOSE_MIGRATE) && w->why == ALL_OFFERED && w->mapcount_after > 0;
}

/* collect_procs_ksm(). */
struct kill_totals {
	uint64_t pfn;
	bool force_early;
	/* at the end */
	uint32_t nr_tasks;		/* on the list, as the kernel counted them */
	uint32_t nr_listed;		/* kill_task events */
	uint32_t nr_covering;		/* of those whose VMA covers the address */
	uint32_t nr_mapped;		/* and whose pte maps the page */
	uint64_t duration_ns;
};

/* ksm_recover_folio(), patch 0004. */
struct recovery_totals {
	uint64_t pfn;
	int32_t mapcount_before;
	uint64_t waited_ns;		/* for ksm_thread_mutex, before its first event: that tells it */
	/* at the end */
	uint8_t outcome;		/* KSMTOP_RECOVERY_OUTCOMES */
	int32_t mapcount_after;
	uint32_t nr_dups;		/* dups looked at, but for the failing page's own */
	uint32_t nr_copies;		/* copies tried, failed ones too */
	uint32_t moved, failed;		/* mappings */
	uint64_t chosen_kpfn;		/* the healthy dup, 0: none */
	uint64_t fresh_kpfn;		/* the copy, 0: none */
	uint64_t nr_nodes;		/* nodes visited in search of the chain */
	uint64_t search_ns, stretch_ns;	/* stretch: without a scheduling point */
	uint64_t duration_ns;		/* with waited_ns */
};

/* khugepaged: one attempt to collapse 512 pages into one. */
struct collapse_totals {
	uint64_t address, hpfn;
	bool is_shmem;
	/* at the end */
	int32_t result;			/* enum scan_result of the kernel; 1 is success */
	uint32_t nr_isolated, nr_copied, nr_failed, nr_rolled_back, nr_none;
};
#define COLLAPSE_PAGES	   512u
#define COLLAPSE_SUCCEEDED 1	/* SCAN_SUCCEED, mm/khugepaged.c */

/*
 * Is there a huge page now?  madvise(MADV_COLLAPSE) of a file answers "pte_mapped_hugepage" when
 * collapse_file() succeeded, and anybody gets the same who met a huge page: only then all was copied.
 * Of one that has ended.
 */
static inline bool collapse_is_done(const struct collapse_totals *c)
{
	return c->result == COLLAPSE_SUCCEEDED || (c->nr_copied && !c->nr_failed && !c->nr_rolled_back &&
						   c->nr_copied + c->nr_none >= COLLAPSE_PAGES);
}

/* migrate_pages(). */
struct migration_totals {
	int32_t mode, reason;		/* enum migrate_mode, migrate_reason */
	/* at the end */
	uint64_t succeeded, failed;
	uint64_t walk_ns;		/* of its walks of KSM pages */
	uint64_t longest_hold_ns;
	uint32_t nr_walks, nr_moved;	/* nr_moved: stable nodes whose kpfn changed */
};

union episode_totals {
	struct walk_totals walk;
	struct kill_totals kill;
	struct recovery_totals recovery;
	struct collapse_totals collapse;
	struct migration_totals migration;
};

#endif /* KSMTOP_EPISODE_TOTALS_H */
