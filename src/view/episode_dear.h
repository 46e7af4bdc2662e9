/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode_dear.h - what is said of an episode by looking further than its row, as named values.
 *
 *	merges, zero_pages, merge_failures, removals, nodes_made, nodes_gone	while it ran, by whomever
 *	others_waited, others_waited_ns	a walk: how often and how long others waited for a lock
 *					that it held
 *	missed, maybe_missed, missed_doubtful	a walk: known (possible) mappings of the page that its own
 *					rule did not come by (explain/whatif.h); modelled
 *
 * The last four read the walk's events, so they are made only where the list wants that name.
 */
#ifndef KSMTOP_EPISODE_DEAR_H
#define KSMTOP_EPISODE_DEAR_H

#include "event/filter_names.h"
#include "recording.h"

#include "fields.h"

/* What happened while it ran; false: some of that is not its own, or not known. */
bool episode_activity(const struct history *h, const struct episode_row *episode, struct moment when,
		      uint64_t nr[NR_ACTIVITIES]);
/* The activity, and the waiting where it is wanted: what a listing shows. */
void episode_dear_fields(struct recording *recording, const struct episode_row *episode,
			 struct moment when, struct fields *fields);
/* What was missed; nothing where the walk cannot be modelled. */
void episode_missed_fields(struct recording *recording, const struct episode_row *episode,
			   struct moment when, struct fields *fields);
/* Any of them by its name; the list was reset for it. */
void episode_dear_lookup(struct recording *recording, const struct episode_row *episode,
			 struct moment when, const char *name, struct fields *fields);
/* The names that episodes of that kind (-1: any) have. */
void episode_dear_names(int kind, struct filter_names *names);

#endif /* KSMTOP_EPISODE_DEAR_H */
