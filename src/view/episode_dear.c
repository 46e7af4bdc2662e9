// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode_dear.c - what is said of an episode by looking further than its row, as named values.
 *
 * One place serves --filter, --sort, assert, diff and the views' filter and order, so that they know the
 * same names.  Who waited and what was missed is dear: the walk is opened, and walked again under its own
 * rule.  Nothing is kept here; who asks again and again (a list that is drawn) keeps the numbers.
 */
#include "episode_dear.h"

#include <string.h>

#include "episode/episode.h"
#include "explain/whatif.h"
#include "trace/diag.h"

static struct episode_source source_of(struct recording *recording)
{
	return (struct episode_source){ recording_history(recording), recording_events(recording) };
}

static void number_or_nothing(struct fields *fields, const char *name, uint64_t number, bool known)
{
	if (known)
		fields_number(fields, name, (int64_t)number);
	else
		fields_nothing(fields, name);
}

/*
 * Where its beginning or its end is lost, or while a gap may hide that it ended, what others did is among what happened
 * between the events that are there: then nobody knows which is its own.
 */
bool episode_activity(const struct history *h, const struct episode_row *episode, struct moment when,
		      uint64_t nr[NR_ACTIVITIES])
{
	uint64_t end = episode->fact.died == NEVER ? when.t : episode->fact.died;
	uint64_t begin = episode->fact.born ? episode->fact.born - 1 : 0;

	memset(nr, 0, NR_ACTIVITIES * sizeof(*nr));
	if (end > begin)
		history_activity(h, begin, end, nr);
	return !episode->begin_lost && !episode->end_lost &&
	       (episode->ended || !history_nr_losses(h) ||
		!history_may_lack_steps(h, (enum episode_kind)episode->kind, episode->fact.born, end, when.known_by));
}

static void activity_fields(struct recording *recording, const struct episode_row *episode,
			    struct moment when, struct fields *fields)
{
	static const struct { const char *name; enum activity activity; } counted[] = {
		{ "merges", ACTIVITY_MERGES }, { "zero_pages", ACTIVITY_ZERO_PAGES },
		{ "merge_failures", ACTIVITY_MERGE_FAILURES }, { "removals", ACTIVITY_REMOVALS },
		{ "nodes_made", ACTIVITY_NODES_MADE }, { "nodes_gone", ACTIVITY_NODES_GONE },
	};
	uint64_t nr[NR_ACTIVITIES];
	bool known = episode_activity(recording_history(recording), episode, when, nr);

	/* A stock kernel tells of no node that is made. */
	for (size_t i = 0; i < sizeof(counted) / sizeof(*counted); i++)
		number_or_nothing(fields, counted[i].name, nr[counted[i].activity], known &&
				  (counted[i].activity != ACTIVITY_NODES_MADE ||
				   history_is_patched(recording_history(recording))));
}

static void waiting_fields(struct recording *recording, const struct episode_row *episode,
			   struct moment when, struct fields *fields)
{
	struct episode_source source = source_of(recording);
	struct opened_episode *opened;
	const struct waiter *list;
	struct diag diag;
	uint64_t waited_ns = 0;
	uint32_t nr = 0;
	bool known;

	if (!fields_wants(fields, "others_waited") && !fields_wants(fields, "others_waited_ns"))
		return;
	known = !ref_is_none(episode->ref) &&
		episode_open(&source, episode->ref, when, &opened, &diag) == 0;
	if (known) {
		known = episode_waiters(opened, &list, &nr) == 0;
		for (uint32_t i = 0; known && i < nr; i++)
			waited_ns += list[i].end ? list[i].end_ns - list[i].begin_ns : 0;
		episode_close(opened);
	}
	number_or_nothing(fields, "others_waited", nr, known);
	number_or_nothing(fields, "others_waited_ns", waited_ns, known);
}

void episode_missed_fields(struct recording *recording, const struct episode_row *episode,
			   struct moment when, struct fields *fields)
{
	struct episode_source source = source_of(recording);
	unsigned int rule = episode->totals.walk.rule;
	uint32_t missed = 0, maybe = 0;
	bool doubtful = false;
	struct whatif *whatif;
	struct diag diag;
	bool known;

	known = !ref_is_none(episode->ref) && !episode->begin_lost && rule < NR_RULES &&
		whatif_walk(&source, episode->ref, when, 1u << rule, &whatif, &diag) == 0;
	if (known) {
		missed = whatif->rules[rule].nr_missed;
		maybe = whatif->rules[rule].nr_maybe;
		doubtful = whatif->rules[rule].doubtful;
		whatif_free(whatif);
	}
	number_or_nothing(fields, "missed", missed, known);
	number_or_nothing(fields, "maybe_missed", maybe, known);
	fields_bool(fields, "missed_doubtful", doubtful);
}

void episode_dear_fields(struct recording *recording, const struct episode_row *episode,
			 struct moment when, struct fields *fields)
{
	activity_fields(recording, episode, when, fields);
	if (episode->kind == EPISODE_WALK)
		waiting_fields(recording, episode, when, fields);
}

void episode_dear_lookup(struct recording *recording, const struct episode_row *episode,
			 struct moment when, const char *name, struct fields *fields)
{
	episode_dear_fields(recording, episode, when, fields);
	if (episode->kind == EPISODE_WALK && (strncmp(name, "missed", 6) == 0 || strcmp(name, "maybe_missed") == 0))
		episode_missed_fields(recording, episode, when, fields);
}

void episode_dear_names(int kind, struct filter_names *names)
{
	static const char *const of_all[] = {
		"merges", "zero_pages", "merge_failures", "removals", "nodes_made", "nodes_gone",
	};
	static const char *const of_walks[] = {
		"others_waited", "others_waited_ns", "missed", "maybe_missed", "missed_doubtful",
	};

	for (size_t i = 0; i < sizeof(of_all) / sizeof(*of_all); i++)
		filter_names_add(names, of_all[i], false);
	for (size_t i = 0; i < sizeof(of_walks) / sizeof(*of_walks); i++)
		if (kind < 0 || kind == EPISODE_WALK)
			filter_names_add(names, of_walks[i], false);
}
