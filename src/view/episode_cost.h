/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode_cost.h - what an episode cost, as one number a column: to sort by, to filter by and to show.
 *
 * Most stand in the row.  How long others waited for a walk's locks, and what its rule missed, is not there: the
 * walk's events are read for it (episode_dear.h).  A list is filtered, sorted and drawn again and again, so
 * struct walk_costs remembers what was read, until more events are loaded.
 */
#ifndef KSMTOP_EPISODE_COST_H
#define KSMTOP_EPISODE_COST_H

#include "row_field.h"
#include "scene.h"

enum episode_cost {
	COST_DURATION,	/* ns */
	COST_HOLD,	/* ns: the longest hold of an anon_vma's lock */
	COST_OTHERS,	/* ns that others waited for those locks */
	COST_OFFERED,	/* VMAs */
	COST_SKIPPED,	/* VMAs */
	COST_MISSED,	/* known mappings that a walk did not come by under its own rule; modelled */
	COST_MOVED,	/* mappings */
	COST_KILLED,	/* processes on the kill list */
	NR_COSTS
};

/* All zero is empty; walk_costs_fini() ends it.  Private. */
struct walk_costs {
	struct walk_numbers *walks;	/* by the episode's number - 1 */
	uint32_t nr;
	uint64_t last;			/* events loaded when they were read */
};

void walk_costs_fini(struct walk_costs *costs);

/* -1: its kind has no such cost, only its end would tell, or it is not known. */
int64_t episode_cost(struct walk_costs *costs, const struct scene *scene, const struct episode_row *episode,
		     enum episode_cost cost);

/* Would episode_cost() of what it missed have to model the walk now? */
bool episode_cost_is_unread(const struct walk_costs *costs, const struct scene *scene,
			    const struct episode_row *episode);

/* row_field() that remembers what was read of walks; `context` is a struct row_context of an episode. */
bool episode_cost_lookup(struct walk_costs *costs, void *context, const char *name, struct filter_value *ret);

#endif /* KSMTOP_EPISODE_COST_H */
