// SPDX-License-Identifier: GPL-2.0-only
/*
 * episodes.c - `ksmtop episodes`: what ran from one event to another.
 *
 * An episode is known by its number, from 1 in the order they began over all kinds, and the list
 * holds those begun by T.  --sort finds the dearest by any of their values: the longest hold, the
 * most mappings moved; what an episode lacks stands behind all others.
 *
 * The rows are kept, the values are made again for printing: a value to sort by may be one that is
 * never printed, and one list of names (episode_row.h) serves filter, order and output.
 *
 * What ran in a gap left nothing behind: where that may be, the list says that it may not be whole.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "episode/episode.h"
#include "episode_row.h"
#include "query.h"
#include "view/row_field.h"

struct listed {
	union row row;
	struct filter_value key;	/* of --sort */
	char text[ROW_TEXT];
	bool has_key;
};

struct listing {
	struct query *query;
	struct listed *list;
	uint32_t nr, room;
	int kind;			/* -1: all */
	const char *key;		/* NULL: in the order they began */
	bool ascending;
};

/* A text is in the element itself, which sorting moves: the key's own pointer is of no use then. */
static int compare_keys(const struct listed *x, const struct listed *y)
{
	if (x->key.is_string && y->key.is_string)
		return strcmp(x->text, y->text);
	return (x->key.number > y->key.number) - (x->key.number < y->key.number);
}

/* Biggest first; those that lack the key behind all; equal ones as they began. */
static int compare_listed(const void *a, const void *b, void *argument)
{
	const struct listed *x = a, *y = b;
	const struct listing *listing = argument;
	int order = 0;

	if (x->has_key != y->has_key)
		return x->has_key ? -1 : 1;
	if (x->has_key)
		order = compare_keys(x, y);
	if (order)
		return listing->ascending ? order : -order;
	return x->row.episode.number < y->row.episode.number ? -1 : 1;
}

static int listing_add(struct listing *listing, const union row *row)
{
	struct listed *list = listing->list;

	if (listing->nr == listing->room) {
		listing->room = listing->room ? 2 * listing->room : 64;
		list = realloc(list, listing->room * sizeof(*list));
		if (!list)
			return diag_set(&listing->query->diag, -ENOMEM,
					"no memory for %" PRIu32 " episodes", listing->nr);
		listing->list = list;
	}
	list[listing->nr++] = (struct listed){ .row = *row };
	return 0;
}

static int listing_collect(struct listing *listing)
{
	struct query *query = listing->query;
	struct history_cursor cursor;
	union row row;
	int more = 0;
	int err = history_list(query->history, ALL_EPISODES, (struct ref){0}, query->when, &cursor);

	while (err == 0 && (more = history_next(&cursor, &row)) > 0) {
		struct query_lookup lookup = { .query = query, .row = &row };

		if ((listing->kind < 0 || row.episode.kind == listing->kind) &&
		    (!query->filter ||
		     event_filter_match_row(query->filter, episode_lookup, &lookup)))
			err = listing_add(listing, &row);
	}
	if (err || more < 0)
		return query->diag.error ? err : diag_set(&query->diag, err ? err : more,
							  "the episodes cannot be read");
	return 0;
}

static void listing_sort(struct listing *listing)
{
	if (!listing->key || listing->nr == 0)
		return;
	for (uint32_t i = 0; i < listing->nr; i++) {
		struct listed *listed = &listing->list[i];
		struct query_lookup lookup = { .query = listing->query, .row = &listed->row };

		listed->has_key = episode_lookup(&lookup, listing->key, &listed->key);
		memcpy(listed->text, lookup.text, sizeof(listed->text));
	}
	qsort_r(listing->list, listing->nr, sizeof(*listing->list), compare_listed, listing);
}

/* ---- printing ---- */
static void print_table_row(struct query *query, const union row *row, const struct fields *fields)
{
	uint64_t begin_ns = row->episode.begin_ns, duration_ns;
	double since = ((double)begin_ns - (double)recording_start_ns(query->recording)) / 1e6;
	char summary[160], evidence[3], duration[24] = "runs", at[24];

	/* The event beside it is the first one behind the gap that swallowed the beginning. */
	if (row->episode.begin_lost)
		snprintf(at, sizeof(at), "%s", row->fact.born ? "in a gap" : "before");
	else
		snprintf(at, sizeof(at), "%+.3f", since);
	episode_summary(query, row, fields, summary, sizeof(summary));
	if (episode_duration(&row->episode, &duration_ns))
		snprintf(duration, sizeof(duration), "%.3f", (double)duration_ns / 1e6);
	printf("%6" PRIu32 " %-9s %8" PRIu64 " %11s %10s %-2s %s\n", row->episode.number,
	       episode_kind_name(row->episode.kind), row->fact.born, at, duration,
	       evidence_text((char)row->fact.evidence, row->fact.doubt != DOUBT_NONE, evidence),
	       summary);
}

static void print_row(struct query *query, const union row *row)
{
	struct fields fields;
	char summary[160], object[64];
	const struct named_value *about;

	episode_row_fields(query, row, &fields);
	if (query->json) {
		answer_item(query, fields_json(&fields));
		return;
	}
	if (!query->plain) {
		print_table_row(query, row, &fields);
		return;
	}
	episode_summary(query, row, &fields, summary, sizeof(summary));
	about = fields_find(&fields, "object");
	printf("Episode %" PRIu32 ", a %s%s%s, ", row->episode.number, episode_kind_name(row->episode.kind),
	       about->kind == VALUE_TEXT ? " of " : "",
	       about->kind == VALUE_TEXT ? field_show(about, object, sizeof(object)) : "");
	if (!row->episode.begin_lost)
		printf("begins at event %" PRIu64, row->fact.born);
	else if (row->fact.born)
		printf("begins in the gap before event %" PRIu64, row->fact.born);
	else
		printf("begins before the recording");
	if (row->episode.ended)
		printf(" and ends at %" PRIu64, row->fact.died);
	printf(": %s.%s\n", summary, row->fact.doubt ? " Doubtful." : "");
}

static int read_options(struct query *query, struct listing *listing)
{
	const char *kind = invocation_value(query->invocation, OPTION_KIND);
	const char *key = invocation_value(query->invocation, OPTION_SORT);

	listing->kind = kind ? episode_kind_find(kind) : -1;
	if (kind && listing->kind < 0) {
		diag_set(&query->diag, -EINVAL, "%s is no kind of episode", kind);
		diag_expected(&query->diag,
			      "scan, walk, kill-list, recovery, collapse or migration");
		return -EINVAL;
	}
	if (!key)
		return 0;
	listing->ascending = key[0] == '-';
	listing->key = key + listing->ascending;
	if (!episode_has_name(query, listing->kind, listing->key)) {
		diag_set(&query->diag, -EINVAL, "%s have no %s to sort by",
			 kind ? kind : "episodes", listing->key);
		diag_expected(&query->diag, "a JSON name of the items, such as duration_ns, "
			      "longest_hold_ns, others_waited_ns, skipped, moved or tasks");
		return -EINVAL;
	}
	return 0;
}

static int print_episodes(struct query *query)
{
	struct listing listing = { .query = query };
	struct filter_names names = { 0 };
	int err = read_options(query, &listing);

	if (err == 0) {
		episode_names(query, listing.kind, &names);
		err = query_check_filter(query, listing.kind < 0 ? "no episode" :
					 "no episode of this kind", &names);
	}
	if (err == 0)
		err = listing_collect(&listing);
	if (err == 0) {
		listing_sort(&listing);
		if (query->json)
			answer_begin(query, "episodes", recording_path(query->recording));
		else if (!query->plain)
			printf("%6s %-9s %8s %11s %10s EV WHAT CAME OF IT\n", "NUMBER", "KIND",
			       "EVENT", "AT ms", "LASTED ms");
		for (uint32_t i = 0; i < listing.nr; i++)
			print_row(query, &listing.list[i].row);
		query->at_least = may_lack_by(query->history, query->when, episode_begin_event(listing.kind));
		if (query->json)
			answer_end(query, NULL, NULL);
		else if (query->at_least)
			fprintf(stderr, "ksmtop: events were lost: there may be more episodes than these\n");
	}
	free(listing.list);
	return err;
}

int episodes_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = print_episodes(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
