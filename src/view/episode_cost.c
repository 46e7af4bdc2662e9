// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode_cost.c - what an episode cost, and what of it was read already.
 *
 * The four numbers that want a walk's events read come in two pairs, each by one reading: who waited, and what was
 * missed.  They are kept by the episode's number, which stays what it is as long as no more events are
 * loaded; then all of them are forgotten, because a walk that ran on may have cost more.
 */
#include "episode_cost.h"

#include <stdlib.h>
#include <string.h>

#include "episode_dear.h"
#include "stepper.h"

enum { NUMBER_OTHERS, NUMBER_OTHERS_NS, NUMBER_MISSED, NUMBER_MAYBE, NR_NUMBERS };
#define UNREAD (-2)
struct walk_numbers { int64_t nr[NR_NUMBERS]; };	/* -1: not known */

static const char *const names[NR_NUMBERS] = {
	[NUMBER_OTHERS] = "others_waited", [NUMBER_OTHERS_NS] = "others_waited_ns",
	[NUMBER_MISSED] = "missed", [NUMBER_MAYBE] = "maybe_missed",
};

void walk_costs_fini(struct walk_costs *costs)
{
	free(costs->walks);
	*costs = (struct walk_costs){0};
}

static void read_pair(const struct scene *scene, const struct episode_row *episode, int number,
		      struct walk_numbers *ret)
{
	bool missed = number >= NUMBER_MISSED;
	struct fields fields;

	fields_reset(&fields);
	if (missed)
		episode_missed_fields(scene->recording, episode, stepper_moment(scene), &fields);
	else
		episode_dear_fields(scene->recording, episode, stepper_moment(scene), &fields);
	for (int i = missed ? NUMBER_MISSED : NUMBER_OTHERS; i <= (missed ? NUMBER_MAYBE : NUMBER_OTHERS_NS); i++) {
		const struct named_value *value = fields_find(&fields, names[i]);

		ret->nr[i] = value && value->kind == VALUE_NUMBER ? value->number : -1;
	}
}

static int64_t walk_number(struct walk_costs *costs, const struct scene *scene,
			   const struct episode_row *episode, int number)
{
	uint64_t last = history_last(scene->history);
	uint32_t at = episode->number - 1;

	if (costs->last != last) {
		costs->nr = 0;
		costs->last = last;
	}
	if (at >= costs->nr) {
		uint32_t room = at < 64 ? 64 : at * 2;
		struct walk_numbers *more = realloc(costs->walks, room * sizeof(*more));

		if (!more)
			return -1;
		costs->walks = more;
		for (; costs->nr < room; costs->nr++)
			for (int i = 0; i < NR_NUMBERS; i++)
				more[costs->nr].nr[i] = UNREAD;
	}
	if (costs->walks[at].nr[number] == UNREAD)
		read_pair(scene, episode, number, &costs->walks[at]);
	return costs->walks[at].nr[number];
}

bool episode_cost_is_unread(const struct walk_costs *costs, const struct scene *scene,
			    const struct episode_row *episode)
{
	uint32_t at = episode->number - 1;

	return episode->kind == EPISODE_WALK && episode->ended &&
	       (costs->last != history_last(scene->history) || at >= costs->nr ||
		costs->walks[at].nr[NUMBER_MISSED] == UNREAD);
}

bool episode_cost_lookup(struct walk_costs *costs, void *context, const char *name, struct filter_value *ret)
{
	const struct row_context *row = context;
	const struct episode_row *episode = &row->row->episode;

	for (int i = 0; i < NR_NUMBERS; i++)
		if (!strcmp(name, names[i])) {
			int64_t nr = episode->kind == EPISODE_WALK ? walk_number(costs, row->scene, episode, i) : -1;

			*ret = (struct filter_value){.number = nr};
			return nr >= 0;
		}
	return row_field(context, name, ret);
}

static int64_t walk_cost(struct walk_costs *costs, const struct scene *scene, const struct episode_row *episode,
			 enum episode_cost cost)
{
	const struct walk_totals *w = &episode->totals.walk;

	switch (cost) {
	case COST_OTHERS:
		return walk_number(costs, scene, episode, NUMBER_OTHERS_NS);
	case COST_MISSED:
		return walk_number(costs, scene, episode, NUMBER_MISSED);
	case COST_HOLD:
		return (int64_t)w->longest_hold_ns;
	case COST_OFFERED:
		return (int64_t)w->nr_iteration_total;
	case COST_SKIPPED:
		return (int64_t)(w->skip_addr_out_of_range + w->skip_mm_mismatch + w->skip_invalid);
	default:
		return -1;
	}
}

int64_t episode_cost(struct walk_costs *costs, const struct scene *scene, const struct episode_row *episode,
		     enum episode_cost cost)
{
	uint64_t ns;

	if (!episode->ended)
		return -1;
	if (cost == COST_DURATION)
		return episode_duration(episode, &ns) ? (int64_t)ns : -1;
	switch (episode->kind) {
	case EPISODE_WALK:
		return walk_cost(costs, scene, episode, cost);
	case EPISODE_KILL_LIST:
		return cost == COST_KILLED ? (int64_t)episode->totals.kill.nr_listed : -1;
	case EPISODE_RECOVERY:
		return cost == COST_MOVED ? (int64_t)episode->totals.recovery.moved : -1;
	case EPISODE_MIGRATION:		/* its walks' */
		return cost == COST_HOLD && episode->totals.migration.nr_walks ?
		       (int64_t)episode->totals.migration.longest_hold_ns : -1;
	default:
		return -1;
	}
}
