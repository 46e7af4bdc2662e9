/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why_not_merged.h - for a process or an address range: why its pages are not shared.
 *
 * Pages are looked at through what the history holds: VMAs (are they mergeable at all), rmap_items
 * (has ksmd come by, and where do they stand), and what ksmd said when it scanned: one by one where
 * the recording has item_scan, else summed per mm and scan.  Each reason is a run of addresses or a
 * count, with its evidence and the event that says so.  What this recording cannot tell is a reason
 * of its own, and says what would.
 *
 * Cost: O(items and VMAs in the range + events of the last two scans).
 */
#ifndef KSMTOP_WHY_NOT_MERGED_H
#define KSMTOP_WHY_NOT_MERGED_H

#include "episode/episode.h"

enum not_merged {
	NOT_MERGED_SHARED,		/* it is: as sure as its mapping */
	NOT_MERGED_NO_ITEM,		/* it is, and ksmd has not met it there */
	NOT_MERGED_CHANGED,		/* it was; with hindsight: written to by the time that ksmd came by */
	NOT_MERGED_VMA_GONE,		/* it was; ksmd still has its item */
	NOT_MERGED_UNMAPPED,		/* a walk took the pte away */
	NOT_MERGED_POISONED,		/* ... since its memory had failed */
	NOT_MERGED_NOT_IN_KSM,		/* the mm has not entered KSM, or has left it */
	NOT_MERGED_NOT_ASKED,		/* the VMA is not VM_MERGEABLE */
	NOT_MERGED_WRONG_KIND,		/* vma_ksm_compatible() refuses the VMA */
	NOT_MERGED_STOPPED,		/* KSM does not run */
	NOT_MERGED_NOT_SCANNED,		/* ksmd has not come by since */
	NOT_MERGED_NOT_TWICE,		/* seen once: its checksum is not yet compared */
	NOT_MERGED_CHANGING,		/* its content changed between two scans */
	NOT_MERGED_SMART_SKIP,		/* smart scan passed it over */
	NOT_MERGED_UNIQUE,		/* in the unstable tree: no equal page was met */
	NOT_MERGED_ZERO_PAGE,		/* mapped to the zero page instead */
	NOT_MERGED_OTHER_NID,		/* its equals are on another memory node */
	NOT_MERGED_WP_FAILED,		/* write-protecting it failed (pinned) */
	NOT_MERGED_LOCK_FAILED,
	NOT_MERGED_OTHER,		/* another failure */
	NOT_MERGED_NO_PAGE,		/* no anonymous page there */
	NOT_MERGED_NO_VMA,		/* no VMA is known there */
	NOT_MERGED_UNKNOWN,		/* this recording cannot tell */
	NR_NOT_MERGED
};

struct why_not {
	enum not_merged reason;
	uint64_t first, last;		/* addresses of the run, pages inclusive; 0: of the mm */
	uint64_t nr_pages;
	uint64_t event;			/* that says so, 0: none */
	int64_t seqnr;			/* the scan, -1: none */
	char evidence;
	bool doubtful;
	const char *text;		/* one sentence, static */
};
typedef int (*why_not_fn)(const struct why_not *why, void *arg);

/*
 * What lies between the VMAs that are known is a run of its own where a range was asked for; of a whole process it is
 * one line (first = last = 0).
 *
 * Runs in the order of addresses, then what is known of the mm as a whole (first = last = 0).
 */
int why_not_merged(const struct episode_source *source, struct ref mm, uint64_t first, uint64_t last,
		   struct moment when, why_not_fn fn, void *arg, struct diag *diag);
/*
 * The same of a process that only samples know, no event having told which mm is its: what /proc/PID counted,
 * and that the rest is unknown.
 */
int why_not_merged_sampled(const struct episode_source *source, int32_t tgid, struct moment when, why_not_fn fn,
			   void *arg);
struct sample;
/*
 * What a MAPS sample of the process says, complete after `event`: runs of VMAs that are not mergeable, in
 * order of addresses.  For stock kernels, which trace none.
 */
int why_not_merged_maps(const struct sample *maps, uint64_t event, uint64_t first, uint64_t last,
			struct moment when, why_not_fn fn, void *arg);
const char *not_merged_word(enum not_merged reason);	/* a stable identifier: "smart-skip" */
const char *not_merged_text(enum not_merged reason);	/* one sentence */

#endif /* KSMTOP_WHY_NOT_MERGED_H */
