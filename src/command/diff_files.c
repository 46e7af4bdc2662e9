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
 * What a kernel cannot tell is not known there, and no difference: of a stock one all but scans (assert goes by the same).
 * How many mappings a walk missed is modelled, for both sides by the same means.
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
#include "view/episode_dear.h"

#define TEXT_PAIRS 40u

struct missed { int64_t missed, maybe_missed; bool known, doubtful; };

struct side {
	struct query query;		/* shares the invocation; `recording` is this side's */
	union row *rows;		/* by kind, purpose, number */
	struct missed *missed;		/* beside each row */
	uint32_t nr, room;
};

struct total {
	const char *name;
	int64_t value;
	bool known, unknown;		/* some of the episodes say it; some do not */
	bool doubtful;
};

#define TOTALS_MAX FIELDS_MAX
struct totals {
	struct total list[TOTALS_MAX];
	int nr;
	uint32_t nr_episodes;
	bool told;			/* such episodes can be in the recording */
	bool doubtful;
};

static bool is_modelled(const char *name)
{
	return strcmp(name, "missed") == 0 || strcmp(name, "maybe_missed") == 0;
}

/* Removals of a stock and of a patched kernel are no pair. */
static bool is_comparable(const struct comparing *comparing, const char *name)
{
	return !comparing->unlike || strcmp(name, "removals") != 0;
}

static bool is_measure(const struct named_value *value, bool also_words)
{
	static const char *const identity[] = {
		"episode",  "begin",  "end",     "tid",      "comm",  "object", "seqnr",
		"begin_ns", "end_ns", "walk_id", "evidence", "doubt", "kind",
	};

	if (value->kind != VALUE_NUMBER && value->kind != (also_words ? VALUE_TEXT : VALUE_NOTHING))
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

/* What each walk missed: dear, so only once. */
static int side_missed(struct side *side)
{
	side->missed = calloc(side->nr ? side->nr : 1, sizeof(*side->missed));
	if (!side->missed)
		return -ENOMEM;
	for (uint32_t i = 0; i < side->nr; i++) {
		const struct named_value *missed, *maybe, *doubtful;
		struct fields fields;

		if (side->rows[i].episode.kind != EPISODE_WALK)
			continue;
		fields_reset(&fields);
		episode_missed_fields(side->query.recording, &side->rows[i].episode, side->query.when, &fields);
		missed = fields_find(&fields, "missed");
		maybe = fields_find(&fields, "maybe_missed");
		doubtful = fields_find(&fields, "missed_doubtful");
		if (missed && maybe && doubtful && missed->kind == VALUE_NUMBER)
			side->missed[i] = (struct missed){ missed->number, maybe->number, true, doubtful->number };
	}
	return 0;
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
	return err || more ? (err ? err : more) : side_missed(side);
}

static void side_fields(const struct side *side, uint32_t i, struct fields *fields)
{
	episode_row_fields(&side->query, &side->rows[i], fields);
	if (side->rows[i].episode.kind != EPISODE_WALK)
		return;
	if (side->missed[i].known) {
		fields_number(fields, "missed", side->missed[i].missed);
		fields_number(fields, "maybe_missed", side->missed[i].maybe_missed);
	} else {
		fields_nothing(fields, "missed");
		fields_nothing(fields, "maybe_missed");
	}
}

/* A value that one of them does not know makes the sum one that is not known. */
static void total_add(struct totals *totals, const struct named_value *value, bool doubtful)
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
		*total = (struct total){ .name = value->name };
	}
	total->doubtful |= doubtful;
	if (value->kind != VALUE_NUMBER) {
		total->unknown = true;
		return;
	}
	total->known = true;
	if (!longest)
		total->value += value->number;
	else if (value->number > total->value)
		total->value = value->number;
}

static void side_totals(const struct side *side, int kind, struct totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	totals->told = tells_of_episodes(side->query.history, kind);
	totals->doubtful = may_lack_by(side->query.history, side->query.when, episode_begin_event(kind));
	for (uint32_t i = 0; i < side->nr; i++) {
		struct fields fields;

		if (side->rows[i].episode.kind != kind)
			continue;
		totals->nr_episodes++;
		totals->doubtful |=
			side->rows[i].fact.doubt != DOUBT_NONE || !side->rows[i].episode.ended;
		totals->told = true;
		side_fields(side, i, &fields);
		for (int j = 0; j < fields.nr; j++)
			if (is_measure(&fields.list[j], false) &&
			    strncmp(fields.list[j].name, "mapcount", 8) != 0)
				total_add(totals, &fields.list[j],
					  is_modelled(fields.list[j].name) && side->missed[i].doubtful);
	}
}

/* ---- totals ---- */
struct sum { int64_t value; bool known, doubtful; };

static void sum_field(struct fields *fields, const char *name, const struct sum *sum)
{
	if (sum->known)
		fields_number(fields, name, sum->value);
	else
		fields_nothing(fields, name);
}

static const char *sum_text(const struct sum *sum, char buf[24])
{
	snprintf(buf, 24, sum->known ? "%" PRId64 : "unknown", sum->value);
	return buf;
}

/* Some on one side of which the other cannot tell are told, but are no difference. */
static void tell_total(struct comparing *comparing, int kind, const char *name, struct sum first, struct sum second)
{
	bool known = first.known && second.known, doubtful = first.doubtful || second.doubtful;
	char texts[2][24], by[24] = "";
	struct fields fields;

	if (known ? first.value == second.value : !(first.known && first.value) && !(second.known && second.value))
		return;
	comparing->nr_totals += known;
	if (!comparing->query->json) {
		if (known)
			snprintf(by, sizeof(by), "%+" PRId64, second.value - first.value);
		printf("%-9s %-24s %14s -> %-*s%s%s%s\n", episode_kind_name((uint8_t)kind), name,
		       sum_text(&first, texts[0]), known ? 15 : 0, sum_text(&second, texts[1]), by,
		       is_modelled(name) ? " M" : "", !doubtful ? "" : is_modelled(name) ? "?" : " ?");
		return;
	}
	fields_reset(&fields);
	fields_text(&fields, "section", "total");
	fields_text(&fields, "kind", episode_kind_name((uint8_t)kind));
	fields_text(&fields, "name", name);
	sum_field(&fields, "first", &first);
	sum_field(&fields, "second", &second);
	fields_text(&fields, "evidence", is_modelled(name) ? "M" : "T");
	fields_bool(&fields, "doubtful", doubtful);
	answer_item(comparing->query, fields_json(&fields));
}

static const struct total *total_find(const struct totals *totals, const char *name)
{
	for (int i = 0; i < totals->nr; i++)
		if (strcmp(totals->list[i].name, name) == 0)
			return &totals->list[i];
	return NULL;
}

/* Where none ran they came to nothing. */
static struct sum sum_of(const struct totals *totals, const char *name)
{
	const struct total *total = total_find(totals, name);

	return (struct sum){ .value = total ? total->value : 0,
			     .known = totals->nr_episodes ? total && total->known && !total->unknown : totals->told,
			     .doubtful = totals->doubtful || (total && total->doubtful) };
}

static void compare_kind(struct comparing *comparing, int kind, const struct totals *a, const struct totals *b)
{
	tell_total(comparing, kind, "episodes", (struct sum){ a->nr_episodes, a->told, a->doubtful },
		   (struct sum){ b->nr_episodes, b->told, b->doubtful });
	if (!a->told || !b->told)
		return;
	for (int i = 0; i < a->nr + b->nr; i++) {
		const char *name = i < a->nr ? a->list[i].name : b->list[i - a->nr].name;

		if ((i < a->nr || !total_find(a, name)) && is_comparable(comparing, name))
			tell_total(comparing, kind, name, sum_of(a, name), sum_of(b, name));
	}
}

static void compare_totals(struct comparing *comparing, const struct side *first, const struct side *second)
{
	for (int kind = 0; kind < NR_EPISODE_KINDS; kind++) {
		struct totals a, b;

		side_totals(first, kind, &a);
		side_totals(second, kind, &b);
		compare_kind(comparing, kind, &a, &b);
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
		      const union row *y, const struct fields *b, bool missed_doubtful)
{
	bool modelled = false, begun = false, text = !comparing->query->json;
	struct json_object *first = NULL, *second = NULL, *item;
	bool doubtful = x->fact.doubt || y->fact.doubt || !x->episode.ended || !y->episode.ended;
	struct fields one, other, head;

	fields_reset(&one);
	fields_reset(&other);
	for (int i = 0; i < a->nr; i++) {
		const struct named_value *v = &a->list[i], *w = fields_find(b, v->name);
		char buf[2][64];

		if (!w || (!is_measure(v, true) && !is_measure(w, true)) || !values_differ(v, w) ||
		    !is_comparable(comparing, v->name) ||
		    (comparing->unlike && (v->kind == VALUE_NOTHING || w->kind == VALUE_NOTHING)))
			continue;
		modelled |= is_modelled(v->name);
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
			puts(doubtful || (modelled && missed_doubtful) ? " ?" : "");
		return;
	}
	fields_reset(&head);
	fields_text(&head, "section", "episode");
	fields_text(&head, "kind", episode_kind_name(x->episode.kind));
	fields_number(&head, "first_episode", x->episode.number);
	fields_number(&head, "second_episode", y->episode.number);
	fields_text(&head, "evidence", modelled ? "M" : "T");
	fields_bool(&head, "doubtful", doubtful || (modelled && missed_doubtful));
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
			side_fields(first, i, &a);
			side_fields(second, j, &b);
			tell_pair(comparing, x, &a, y, &b, first->missed[i].doubtful || second->missed[j].doubtful);
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
	comparing->unlike = history_is_patched(first->query.history) != history_is_patched(second->query.history);
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
	if (!query->json && comparing->unlike)
		puts("removals not compared: a stock kernel tells of some of them only");
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
	free(first.missed);
	free(second.rows);
	free(second.missed);
	return err;
}
