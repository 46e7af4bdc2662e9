// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode_row.c - everything that can be said of an episode by name.
 *
 * One lookup serves --filter, --sort, assert and diff, so that they know the same names.  What is
 * dear (who waited, what was missed) is made only if its name is asked for, by opening the walk;
 * nothing is kept, a command asks for one name of a row a few times at most.
 *
 * Whether a name exists is found by making the fields of an empty episode of each kind: there is no
 * second list of names that could be forgotten.
 */
#include "episode_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/whatif.h"
#include "explain/words.h"

struct episode_source query_source(const struct query *query)
{
	return (struct episode_source){ query->history, recording_events(query->recording) };
}

int episode_kind_find(const char *name)
{
	for (int kind = 0; episode_kinds[kind]; kind++)
		if (strcmp(name, episode_kinds[kind]) == 0)
			return kind;
	return -1;
}

/* ---- by its number ---- */
static int no_such_episode(struct query *query, const char *text)
{
	uint64_t nr = 0;

	history_count(query->history, ALL_EPISODES, (struct ref){ 0 }, query->when, &nr, NULL);
	diag_set(&query->diag, -ENOENT, "there is no episode %s", text);
	diag_file(&query->diag, recording_path(query->recording));
	if (nr)
		diag_expected(&query->diag, "a number from 1 to %" PRIu64, nr);
	else
		diag_expected(&query->diag, "none: no episode has begun by event %" PRIu64, query->when.t);
	diag_advice(&query->diag, "ksmtop episodes %s lists them",
		    recording_path(query->recording));
	return -ENOENT;
}

int query_episode(struct query *query, const char *text, struct episode_row *ret_row)
{
	const char *digits = strncmp(text, "episode#", 8) == 0 ? text + 8 : text + (text[0] == '#');
	unsigned long long number;
	struct ref ref;
	union row row;
	char *end;

	errno = 0;
	number = strtoull(digits, &end, 10);
	if (digits[0] < '0' || digits[0] > '9' || *end || errno || number == 0 ||
	    number > UINT32_MAX ||
	    history_find_number(query->history, TABLE_EPISODE, (uint32_t)number, &ref) ||
	    history_row(query->history, ref, query->when, &row))
		return no_such_episode(query, text);
	*ret_row = row.episode;
	return 0;
}

/* ---- values ---- */
static void activity_fields(const struct query *query, const struct episode_row *episode,
			    struct fields *fields)
{
	uint64_t end = episode->fact.died == NEVER ? query->when.t : episode->fact.died;
	uint64_t begin = episode->fact.born ? episode->fact.born - 1 : 0;
	uint64_t nr[NR_ACTIVITIES] = { 0 };

	if (end > begin)
		history_activity(query->history, begin, end, nr);
	fields_number(fields, "merges", (int64_t)nr[ACTIVITY_MERGES]);
	fields_number(fields, "zero_pages", (int64_t)nr[ACTIVITY_ZERO_PAGES]);
	fields_number(fields, "merge_failures", (int64_t)nr[ACTIVITY_MERGE_FAILURES]);
	fields_number(fields, "removals", (int64_t)nr[ACTIVITY_REMOVALS]);
	fields_number(fields, "nodes_made", (int64_t)nr[ACTIVITY_NODES_MADE]);
	fields_number(fields, "nodes_gone", (int64_t)nr[ACTIVITY_NODES_GONE]);
}

static void number_or_nothing(struct fields *fields, const char *name, uint64_t number, bool known)
{
	if (known)
		fields_number(fields, name, (int64_t)number);
	else
		fields_nothing(fields, name);
}

static void waiting_fields(const struct query *query, const struct episode_row *episode,
			   struct fields *fields)
{
	struct episode_source source = query_source(query);
	struct opened_episode *opened;
	const struct waiter *list;
	struct diag diag;
	uint64_t waited_ns = 0;
	uint32_t nr = 0;
	bool known;

	if (!fields_wants(fields, "others_waited") && !fields_wants(fields, "others_waited_ns"))
		return;
	known = !ref_is_none(episode->ref) &&
		episode_open(&source, episode->ref, query->when, &opened, &diag) == 0;
	if (known) {
		known = episode_waiters(opened, &list, &nr) == 0;
		for (uint32_t i = 0; known && i < nr; i++)
			waited_ns += list[i].end ? list[i].end_ns - list[i].begin_ns : 0;
		episode_close(opened);
	}
	number_or_nothing(fields, "others_waited", nr, known);
	number_or_nothing(fields, "others_waited_ns", waited_ns, known);
}

static void missing_fields(const struct query *query, const struct episode_row *episode,
			   struct fields *fields)
{
	struct episode_source source = query_source(query);
	unsigned int rule = episode->totals.walk.rule;
	uint32_t missed = 0, maybe = 0;
	struct whatif *whatif;
	struct diag diag;
	bool known;

	known = !ref_is_none(episode->ref) && !episode->begin_lost && rule < NR_RULES &&
		whatif_walk(&source, episode->ref, query->when, 1u << rule, &whatif, &diag) == 0;
	if (known) {
		missed = whatif->rules[rule].nr_missed;
		maybe = whatif->rules[rule].nr_maybe;
		whatif_free(whatif);
	}
	number_or_nothing(fields, "missed", missed, known);
	number_or_nothing(fields, "maybe_missed", maybe, known);
}

static void derived_fields(const struct query *query, const union row *row, struct fields *fields)
{
	activity_fields(query, &row->episode, fields);
	if (row->episode.kind == EPISODE_WALK)
		waiting_fields(query, &row->episode, fields);
}

void episode_row_fields(const struct query *query, const union row *row, struct fields *fields)
{
	row_fields(query->recording, row, query->when, fields);
	derived_fields(query, row, fields);
}

static bool is_missing_name(const char *name)
{
	return strcmp(name, "missed") == 0 || strcmp(name, "maybe_missed") == 0;
}

bool episode_lookup(void *argument, const char *name, struct filter_value *ret)
{
	struct query_lookup *lookup = argument;
	struct fields fields;

	if (row_value(lookup->query->recording, lookup->row, lookup->query->when, name,
		      lookup->text, ret))
		return true;
	fields_reset_for(&fields, name);
	derived_fields(lookup->query, lookup->row, &fields);
	if (lookup->row->episode.kind == EPISODE_WALK && is_missing_name(name))
		missing_fields(lookup->query, &lookup->row->episode, &fields);
	return fields_lookup(&fields, name, ret);
}

void episode_names(const struct query *query, int kind, struct filter_names *names)
{
	static const char *const of_walks[] = {
		"others_waited", "others_waited_ns", "missed", "maybe_missed",
	};
	const struct episode_row none = { 0 };
	struct fields fields;

	row_names(query->recording, TABLE_EPISODE, kind, names);
	fields_reset(&fields);
	activity_fields(query, &none, &fields);
	fields_names(&fields, names);
	for (size_t i = 0; i < sizeof(of_walks) / sizeof(*of_walks); i++)
		if (kind < 0 || kind == EPISODE_WALK)
			filter_names_add(names, of_walks[i], false);
}

bool episode_has_name(const struct query *query, int kind, const char *name)
{
	struct filter_names names = { 0 };
	bool has;

	episode_names(query, kind, &names);
	has = filter_names_have(&names, name);
	filter_names_fini(&names);
	return has;
}

/* ---- in a few words ---- */
static int64_t number_of(const struct fields *fields, const char *name)
{
	const struct named_value *value = fields_find(fields, name);

	return value ? value->number : 0;
}

static const char *word_of(const struct fields *fields, const char *name)
{
	const struct named_value *value = fields_find(fields, name);

	return value && value->kind == VALUE_TEXT ? value->text : "?";
}

static void ended_summary(const union row *row, const struct fields *f, char *buf, size_t size)
{
#define N(name) number_of(f, name)
	switch (row->episode.kind) {
	case EPISODE_WALK:
		if (row->episode.begin_lost)
			snprintf(buf, size, "beginning not seen: %" PRId64 " offered, %" PRId64 " skipped",
				 N("nr_iteration_total"), N("skipped"));
		else
			snprintf(buf, size, "%s by %s: %" PRId64 " offered, %" PRId64 " skipped, longest hold %.3f ms",
				 word_of(f, "purpose"), word_of(f, "rule"), N("nr_iteration_total"), N("skipped"),
				 (double)N("longest_hold_ns") / 1e6);
		break;
	case EPISODE_KILL_LIST:
		snprintf(buf, size, "%" PRId64 " task%s, %" PRId64 " of which map%s the page",
			 N("tasks"), plural((uint64_t)N("tasks")), N("mapping"),
			 N("mapping") == 1 ? "s" : "");
		break;
	case EPISODE_RECOVERY:
		snprintf(buf, size, "%s: %" PRId64 " mapping%s moved, %" PRId64 " not",
			 word_of(f, "outcome"), N("moved"), plural((uint64_t)N("moved")),
			 N("failed"));
		break;
	case EPISODE_COLLAPSE:
		snprintf(buf, size,
			 "%s: %" PRId64 " isolated, %" PRId64 " copied, %" PRId64 " put back",
			 N("collapsed") ? "collapsed" : "given up", N("isolated"), N("copied"),
			 N("rolled_back"));
		break;
	case EPISODE_MIGRATION:
		snprintf(buf, size,
			 "%" PRId64 " page%s moved, %" PRId64 " not; %" PRId64 " walk%s of KSM pages",
			 N("succeeded"), plural((uint64_t)N("succeeded")), N("failed"), N("walks"),
			 plural((uint64_t)N("walks")));
		break;
	default:
		snprintf(buf, size, "scan %" PRId64 ": %" PRId64 " merge%s, %" PRId64 " removal%s",
			 N("seqnr"), N("merges"), plural((uint64_t)N("merges")), N("removals"),
			 plural((uint64_t)N("removals")));
		break;
	}
#undef N
}

void episode_summary(const struct query *query, const union row *row, const struct fields *fields, char *buf,
		     size_t size)
{
	if (row->episode.ended || row->episode.kind == EPISODE_SCAN)
		ended_summary(row, fields, buf, size);
	else
		snprintf(buf, size, query->when.known_by < history_last(query->history) ? "it has not ended by then" :
			 "its end is not in the recording");
}
