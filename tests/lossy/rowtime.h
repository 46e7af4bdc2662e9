/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rowtime.h - how long rows were doubtful after one gap, and how long an oracle would have doubted them.
 *
 * Row-time is the number of doubtful rows times the seconds until the next moment that is looked at,
 * summed over the recording: of all tables but mappings, whose departures nobody traces.  What is
 * doubtful in the whole recording, too, is not the gap's doing, and not counted.
 *
 * Two observers are measured: one who knows the recording up to the moment, and one who has all of it
 * (hindsight).
 *
 * The oracle knows the events that went, and what else the observer knows.  A doubtful row is doubtful to it
 * if one of them is of a kind that makes, ends or changes such rows (fact_changed_by()): from the
 * gap's begin, which nobody can place them in, until the observer's next evidence.  Whether the row was
 * changed is not asked: this is what is left when every gap says which kinds of events it hid.  The *sharp*
 * oracle has read them: only rows whose object one of them names, at any place, are doubtful to it.  No
 * observer who has not can tell them from the others of their table.
 *
 * What stays above the oracle, and why: the kernel's counts (build_counts.c) come behind the gap, so who is at the
 * moment doubts everything while the gap lasts and until they come; with hindsight it never was.  A CPU's last
 * counts leave its last gap open.  What is not counted (a process that was renamed) may have gone where the
 * sub-buffer had no room for the number lost.  Recordings without counts know of no kinds at all.
 */
#ifndef KSMTOP_TEST_ROWTIME_H
#define KSMTOP_TEST_ROWTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "history/history.h"
#include "recording.h"

enum rowtime_observer { OBSERVER_AT, OBSERVER_HINDSIGHT, NR_OBSERVERS };

struct rowtime_sum {
	double ours, oracle, sharp;	/* row-seconds */
	double inside;			/* of ours and not the oracle's: while the gap lasted */
};

struct rowtime {
	struct rowtime_sum sums[NR_OBSERVERS];
	double by_table[NR_OBSERVERS][NR_TABLES];	/* ours */
	bool harmless;			/* nothing that changes a row went */
};

struct rowtime_totals {
	struct rowtime_sum sums[NR_OBSERVERS];
	struct rowtime_sum harmless[NR_OBSERVERS];	/* of them, where nothing that changes a row went */
	uint32_t nr, nr_harmless, nr_within[NR_OBSERVERS];
	double *ratios[NR_OBSERVERS];
};

/* The whole recording's numbers of the lossy one's events, from [1], and of the events that are not in it. */
struct rowtime rowtime_measure(struct recording *whole, struct recording *lossy, const uint64_t *real,
			       const uint64_t *gone, uint64_t nr_gone);
void rowtime_add(struct rowtime_totals *totals, const struct rowtime *time);
/* One line; by table, too, if so. */
void rowtime_print(const struct rowtime *time, bool by_table);
/* Is, with hindsight, the sum and the median of the ratios within what is promised?  Nothing measured: yes. */
bool rowtime_print_totals(struct rowtime_totals *totals);

#endif /* KSMTOP_TEST_ROWTIME_H */
