/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode_row.h - everything that can be said of an episode by name, for listing, sorting, filters,
 * assertions and comparisons.
 *
 * Beside the row's own values (view/row_field.h, view/episode_field.h):
 *
 *	merges, zero_pages, merge_failures, removals, nodes_made, nodes_gone	while it ran, by whomever
 *	others_waited, others_waited_ns	a walk: how often and how long others waited for a lock
 *					that it held
 *	missed, maybe_missed		a walk: known (possible) mappings of the page that its own
 *					rule did not come by (explain/whatif.h)
 *
 * The last four cost a look at the walk's events, so they are only made when asked for by name;
 * a listing has the waiting, and not the missing.
 */
#ifndef KSMTOP_EPISODE_ROW_H
#define KSMTOP_EPISODE_ROW_H

#include "episode/episode.h"
#include "query.h"
#include "view/row_field.h"

/* What the engine reads from. */
struct episode_source query_source(const struct query *query);

/* The episode that an operand names: "7", "#7", "episode#7".  0 or -E and the query's diag. */
int query_episode(struct query *query, const char *text, struct episode_row *ret_row);

/* All values that a listing shows.  Resets the list. */
void episode_row_fields(const struct query *query, const union row *row, struct fields *fields);

/* A filter_lookup_fn: one value; the first argument is a struct query_lookup. */
bool episode_lookup(void *lookup, const char *name, struct filter_value *ret);

/* The names that any kind of episode (kind < 0), or this one, has values for. */
void episode_names(const struct query *query, int kind, struct filter_names *names);
/* Does any kind of episode (kind < 0), or this one, have a value of that name? */
bool episode_has_name(const struct query *query, int kind, const char *name);

/* The event that an episode of that kind begins with: where one may have been lost, so may an episode.  -1: any kind. */
enum event_kind episode_begin_event(int kind);

/* The kind of that name, or -1. */
int episode_kind_find(const char *name);

/* What came of it, in a few words: "migrate by whole: 20000 offered, 19998 skipped". */
void episode_summary(const struct query *query, const union row *row, const struct fields *fields, char *buf,
		     size_t size);

#endif /* KSMTOP_EPISODE_ROW_H */
