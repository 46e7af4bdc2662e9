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

#include "view/episode_dear.h"
#include "explain/words.h"

struct episode_source query_source(const struct query *query)
{
	return (struct episode_source){ query->history, recording_events(query->recording) };
}

enum event_kind episode_begin_event(int kind)
{
	static const enum event_kind begins[NR_EPISODE_KINDS] = {
		[EPISODE_SCAN] = EVENT_KSM_START_SCAN, [EPISODE_WALK] = EVENT_P_WALK_BEGIN,
		[EPISODE_KILL_LIST] = EVENT_P_KILL_BEGIN, [EPISODE_RECOVERY] = EVENT_P_RECOVERY_BEGIN,
		[EPISODE_COLLAPSE] = EVENT_P_COLLAPSE_BEGIN, [EPISODE_MIGRATION] = EVENT_MM_MIGRATE_PAGES_START };

	return kind >= 0 ? begins[kind] : EVENT_UNKNOWN;
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
void episode_row_fields(const struct query *query, const union row *row, struct fields *fields)
{
	row_fields(query->recording, row, query->when, fields);
	episode_dear_fields(query->recording, &row->episode, query->when, fields);
}

bool episode_lookup(void *argument, const char *name, struct filter_value *ret)
{
	struct query_lookup *lookup = argument;

	return row_value(lookup->query->recording, lookup->row, lookup->query->when, name, lookup->text, ret);
}

void episode_names(const struct query *query, int kind, struct filter_names *names)
{
	row_names(query->recording, TABLE_EPISODE, kind, names);
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
	int at;

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
		at = snprintf(buf, size, "%s%s: %" PRId64 " mapping%s moved, %" PRId64 " not", word_of(f, "outcome"),
			      N("failed") || strcmp(word_of(f, "outcome"), "some mappings not moved") ? "" :
			      " (or swap entries led to the page)", N("moved"), plural((uint64_t)N("moved")),
			      N("failed"));
		if (N("waited_ns"))	/* what the duration counts, and the beginning does not */
			snprintf(buf + at, size - (size_t)at, "; it counts %.3f ms of waiting for ksm_thread_mutex before",
				 (double)N("waited_ns") / 1e6);
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
		if (fields_find(f, "merges")->kind == VALUE_NOTHING)
			snprintf(buf, size, "scan %" PRId64 ": what it merged is not known", N("seqnr"));
		else
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
