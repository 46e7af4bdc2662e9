/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diff.h - the two halves of `ksmtop diff`: moments of one recording (diff.c), and two recordings
 * (diff_files.c).  What both of them do stands in diff_counters.c.
 */
#ifndef KSMTOP_DIFF_H
#define KSMTOP_DIFF_H

#include "query.h"

/* Learned: what is known of it changed, not itself. */
enum { CAME, WENT, CHANGED, LEARNED, PASSED, NR_CHANGES };

struct comparing {
	struct query *query;
	struct moment from, to;	/* from.t <= to.t, both with the later one's knowledge */
	bool backwards;		/* T1 is the later one */
	bool unlike;		/* one kernel is stock, the other patched: removals mean different things */
	uint64_t nr[NR_CHANGES];
	uint64_t nr_counters, nr_totals, nr_episodes;	/* that differ */
	uint64_t nr_unpaired;	/* episodes that may not be the n-th: others may have been lost before them */
};

/* Prints the counters that differ. */
void diff_counters(struct comparing *comparing, struct recording *first, struct moment when_first,
		   struct recording *second, struct moment when_second);
/* FILE1 and FILE2 of the invocation.  0 or -E and the query's diag. */
int diff_files(struct comparing *comparing);

#endif /* KSMTOP_DIFF_H */
