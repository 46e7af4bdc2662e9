// SPDX-License-Identifier: GPL-2.0-only
/*
 * diff_files.c - `ksmtop diff FILE1 FILE2`: before and after a patch, or here and there.
 *
 * Two recordings share no objects: addresses mean nothing elsewhere.  What can be compared is what
 * the kernel did: the counters at the end; for each kind of episode how many there were and what
 * they came to together (sums, and the longest of what is called longest); and the episodes
 * themselves, the n-th of a kind with the n-th, walks by their purpose, so that a migration's walk
 * is not set beside a reclaim's.  Behind a gap that may have hidden one nobody knows which is the n-th:
 * there episodes are not compared one by one, and what they come to together is doubtful.
 *
 * Names of values come from episode_row.h; what identifies instead of measuring (numbers of events,
 * pages, threads) is left out.  Times differ between any two runs and are told like the rest.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "diff.h"
#include "episode_row.h"
#include "fields_json.h"

#define TEXT_PAIRS 40u

struct side {
	struct query query;		/* shares the invocation; `recording` is this side's */
	union row *rows;		/* by kind, purpose, number */
	uint32_t nr, room;
};

struct total {
	const char *name;
	int64_t value;
	bool doubtful;
};

#define TOTALS_MAX FIELDS_MAX
struct totals {
	struct total list[TOTALS_MAX];
	int nr;
	uint32_t nr_episodes;
	bool doubtful;
};

static bool is_measure(const struct named_value *value, bool also_words)
{
	static const char *const identity[] = {
		"episode",  "begin",  "end",     "tid",      "comm",  "object", "seqnr",
		"begin_ns", "end_ns", "walk_id", "evidence", "doubt", "kind",
	};

	if (value->kind != VALUE_NUMBER && (!also_words || value->kind != VALUE_TEXT))
		return false;
	for (size_t i = 0; i < sizeof(identity) / sizeof(*identity); i++)
		if (strcmp(value->name, identity[i]) == 0)
			return false;
	return true;
}

/* ---- one side ---- */
static int purpose_of(const union row *row)
{
	return row->episode.kind == EPISODE_WALK ? row->episode.totals.walk.purpose : 0;
}

static int compare_rows(const void *a, const void *b)
{
	const union row *x = a, *y = b;

	if (x->episode.kind != y->episode.kind)
		return x->episode.kind < y->episode.kind ? -1 : 1;
	if (purpose_of(x) != purpose_of(y))
		return purpose_of(x) < purpose_of(y) ? -1 : 1;
	return x->episode.number < y->episode.number ? -1 : x->episode.number > y->episode.number;
}

static int side_read(struct side *side)
{
	struct history_cursor cursor;
	union row row;
	int more = 0;
	int err = history_list(side->query.history, ALL_EPISODES, (struct ref){0}, side->query.when,
			       &cursor);

	while (err == 0 && (more = history_next(&cursor, &row)) > 0) {
		if (side->nr == side->room) {
			union row *rows;

			side->room = side->room ? 2 * side->room : 64;
			rows = realloc(side->rows, side->room * sizeof(*rows));
			if (!rows)
				return -ENOMEM;
			side->rows = rows;
		}
		side->rows[side->nr++] = row;
	}
	if (side->nr)
		qsort(side->rows, side->nr, sizeof(*side->rows), compare_rows);
	return err ? err : more;
}

static void total_add(struct totals *totals, const struct named_value *value)
{
	bool longest =
		strncmp(value->name, "longest_", 8) == 0 || strcmp(value->name, "stretch_ns") == 0;
	struct total *total = totals->list;

	while (total < totals->list + totals->nr && strcmp(total->name, value->name) != 0)
		total++;
	if (total == totals->list + totals->nr) {
		if (totals->nr == TOTALS_MAX)
			return;
		totals->nr++;
		*total = (struct total){ .name = value->name, .value = value->number };
		return;
	}
	if (!longest)
		total->value += value->number;
	else if (value->number > total->value)
		total->value = value->number;
}

static void side_totals(const struct side *side, int kind, struct totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	totals->doubtful = may_lack_by(side->query.history, side->query.when, episode_begin_event(kind));
	for (uint32_t i = 0; i < side->nr; i++) {
		struct fields fields;

		if (side->rows[i].episode.kind != kind)
			continue;
		totals->nr_episodes++;
		totals->doubtful |=
			side->rows[i].fact.doubt != DOUBT_NONE || !side->rows[i].episode.ended;
		episode_row_fields(&side->query, &side->rows[i], &fields);
		for (int j = 0; j < fields.nr; j++)
			if (is_measure(&fields.list[j], false) &&
			    strncmp(fields.list[j].name, "mapcount", 8) != 0)
				total_add(totals, &fields.list[j]);
	}
}

/* ---- totals ---- */
static void tell_total(struct comparing *comparing, int kind, const char *name, int64_t first,
		       int64_t second, bool doubtful)
{
	struct fields fields;

	if (first == second)
		return;
	comparing->nr_totals++;
	if (!comparing->query->json) {
		printf("%-9s %-24s %14" PRId64 " -> %-14" PRId64 " %+" PRId64 "%s\n",
		       episode_kind_name((uint8_t)kind), name, first, second, second - first,
		       doubtful ? " ?" : "");
		return;
	}
	fields_reset(&fields);
	fields_text(&fields, "section", "total");
	fields_text(&fields, "kind", episode_kind_name((uint8_t)kind));
	fields_text(&fields, "name", name);
	fields_number(&fields, "first", first);
	fields_number(&fields, "second", second);
	fields_text(&fields, "evidence", "T");
	fields_bool(&fields, "doubtful", doubtful);
	answer_item(comparing->query, fields_json(&fields));
}

static int64_t total_of(const struct totals *totals, const char *name)
{
	for (int i = 0; i < totals->nr; i++)
		if (strcmp(totals->list[i].name, name) == 0)
			return totals->list[i].value;
	return 0;
}

static void compare_totals(struct comparing *comparing, const struct side *first,
			   const struct side *second)
{
	for (int kind = 0; kind < NR_EPISODE_KINDS; kind++) {
		struct totals a, b;
		bool doubtful;

		side_totals(first, kind, &a);
		side_totals(second, kind, &b);
		doubtful = a.doubtful || b.doubtful;
		tell_total(comparing, kind, "episodes", a.nr_episodes, b.nr_episodes, doubtful);
		for (int i = 0; i < a.nr; i++)
			tell_total(comparing, kind, a.list[i].name, a.list[i].value,
				   total_of(&b, a.list[i].name), doubtful);
		/* Those that only the second has: nothing of this kind ended in the first. */
		for (int i = 0; i < b.nr && a.nr == 0; i++)
			tell_total(comparing, kind, b.list[i].name, 0, b.list[i].value, doubtful);
	}
}

/* ---- pairs ---- */
static bool values_differ(const struct named_value *x, const struct named_value *y)
{
	if (x->kind != y->kind)
		return true;
	return x->kind == VALUE_TEXT ? strcmp(x->text, y->text) != 0 : x->number != y->number;
}

static void tell_pair(struct comparing *comparing, const union row *x, const struct fields *a,
		      const union row *y, const struct fields *b)
{
	bool begun = false, text = !comparing->query->json;
	struct json_object *first = NULL, *second = NULL, *item;
	bool doubtful = x->fact.doubt || y->fact.doubt || !x->episode.ended || !y->episode.ended;
	struct fields one, other, head;

	fields_reset(&one);
	fields_reset(&other);
	for (int i = 0; i < a->nr; i++) {
		const struct named_value *v = &a->list[i], *w = fields_find(b, v->name);
		char buf[2][64];

		if (!w || (!is_measure(v, true) && !is_measure(w, true)) || !values_differ(v, w))
			continue;
		if (text && comparing->nr_episodes >= TEXT_PAIRS && !comparing->query->plain) {
			begun = true;
			break;
		}
		if (text && !begun)
			printf("%s %" PRIu32 " -> %" PRIu32 ":", episode_kind_name(x->episode.kind),
			       x->episode.number, y->episode.number);
		if (text)
			printf("%s %s %s -> %s", begun ? "," : "", v->name,
			       field_show(v, buf[0], 64), field_show(w, buf[1], 64));
		begun = true;
		v->kind == VALUE_TEXT     ? fields_text(&one, v->name, v->text)
		: v->kind == VALUE_NUMBER ? fields_number(&one, v->name, v->number)
					  : fields_nothing(&one, v->name);
		w->kind == VALUE_TEXT     ? fields_text(&other, w->name, w->text)
		: w->kind == VALUE_NUMBER ? fields_number(&other, w->name, w->number)
					  : fields_nothing(&other, w->name);
	}
	if (!begun)
		return;
	comparing->nr_episodes++;
	if (text) {
		if (comparing->nr_episodes <= TEXT_PAIRS || comparing->query->plain)
			puts(doubtful ? " ?" : "");
		return;
	}
	fields_reset(&head);
	fields_text(&head, "section", "episode");
	fields_text(&head, "kind", episode_kind_name(x->episode.kind));
	fields_number(&head, "first_episode", x->episode.number);
	fields_number(&head, "second_episode", y->episode.number);
	fields_text(&head, "evidence", "T");
	fields_bool(&head, "doubtful", doubtful);
	item = fields_json(&head);
	first = fields_json(&one);
	second = fields_json(&other);
	json_object_object_add(item, "first", first);
	json_object_object_add(item, "second", second);
	answer_item(comparing->query, item);
}

/* May one of its kind that began before it have been lost? */
static bool is_behind_gap(const struct side *side, const union row *row)
{
	return history_may_lack(side->query.history, (uint16_t)episode_begin_event(row->episode.kind), 0,
				row->fact.born, side->query.when.known_by);
}

static void compare_pairs(struct comparing *comparing, const struct side *first,
			  const struct side *second)
{
	uint32_t i = 0, j = 0;

	while (i < first->nr && j < second->nr) {
		const union row *x = &first->rows[i], *y = &second->rows[j];
		struct fields a, b;
		int order = x->episode.kind != y->episode.kind
				    ? (int)x->episode.kind - (int)y->episode.kind
				    : purpose_of(x) - purpose_of(y);

		if (order == 0 && (is_behind_gap(first, x) || is_behind_gap(second, y))) {
			comparing->nr_unpaired++;
		} else if (order == 0) {
			episode_row_fields(&first->query, x, &a);
			episode_row_fields(&second->query, y, &b);
			tell_pair(comparing, x, &a, y, &b);
		}
		i += order <= 0;
		j += order >= 0;
	}
	if (!comparing->query->json && !comparing->query->plain &&
	    comparing->nr_episodes > TEXT_PAIRS)
		printf("and %" PRIu64 " more pairs of episodes, see --json\n",
		       comparing->nr_episodes - TEXT_PAIRS);
}

static bool may_lack_any(const struct side *side)
{
	return may_lack_by(side->query.history, side->query.when, EVENT_UNKNOWN);
}

static int compare(struct comparing *comparing, struct side *first, struct side *second)
{
	struct query *query = comparing->query;
	int err = side_read(first);

	if (err == 0)
		err = side_read(second);
	if (err)
		return diag_set(&query->diag, err, "the episodes cannot be read");
	if (query->json)
		answer_begin(query, "diff", recording_path(query->recording));
	diff_counters(comparing, first->query.recording, first->query.when, second->query.recording,
		      second->query.when);
	compare_totals(comparing, first, second);
	compare_pairs(comparing, first, second);
	query->at_least = may_lack_any(first) || may_lack_any(second);
	if (query->json)
		answer_end(query, "with", json_text(query->invocation->args[1]));
	else if (!comparing->nr_counters && !comparing->nr_totals && !comparing->nr_episodes)
		puts(query->at_least ? "no difference in what is known" : "no difference in counters and episodes");
	if (!query->json && comparing->nr_unpaired)
		printf("%" PRIu64 " pairs of episodes not compared: others may have been lost before them\n",
		       comparing->nr_unpaired);
	if (!query->json && query->at_least)
		fprintf(stderr, "ksmtop: events were lost: there may be more episodes, and more differences\n");
	return 0;
}

int diff_files(struct comparing *comparing)
{
	struct query *query = comparing->query;
	struct side first = { .query = *query }, second = { .query = *query };
	int err = query_load(query, query->invocation->args[1], &second.query.recording);

	if (err)
		return err;
	second.query.history = recording_history(second.query.recording);
	second.query.when = moment_at(history_last(second.query.history));
	if (query->hindsight)
		second.query.when = moment_hindsight(second.query.when.t);
	err = compare(comparing, &first, &second);
	recording_close(second.query.recording);
	free(first.rows);
	free(second.rows);
	return err;
}
