// SPDX-License-Identifier: GPL-2.0-only
/*
 * episodes.c - `ksmtop episodes`: what ran from one event to another.
 *
 * An episode is known by its number, from 1 in the order they began over all kinds, and the list
 * holds those begun by T.  Beside its times stands what changed while it ran, from the history's
 * activity counts, so that the scan which merged most is found by --sort merges.
 *
 * --sort needs all of them at once; there are few (one a scan), so they are collected as JSON
 * objects, which is what they become in any case, and sorted by one of their names.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "query.h"
#include "view/row_field.h"

static void activity_fields(const struct query *query, const struct episode_row *episode,
			    struct fields *fields)
{
	uint64_t end = episode->fact.died == NEVER ? query->when.t : episode->fact.died;
	uint64_t begin = episode->fact.born ? episode->fact.born - 1 : 0;
	uint64_t nr[NR_ACTIVITIES] = { 0 };

	if (end > begin)
		history_activity(query->history, begin, end, nr);
	fields_number(fields, "merges", (int64_t)nr[ACTIVITY_MERGES]);
	fields_number(fields, "merge_failures", (int64_t)nr[ACTIVITY_MERGE_FAILURES]);
	fields_number(fields, "removals", (int64_t)nr[ACTIVITY_REMOVALS]);
	fields_number(fields, "nodes_made", (int64_t)nr[ACTIVITY_NODES_MADE]);
	fields_number(fields, "nodes_gone", (int64_t)nr[ACTIVITY_NODES_GONE]);
}

static const char *const sort_key_default = "episode";

static int compare_items(const void *a, const void *b, void *key)
{
	const char *name = key;
	bool descending = name[0] != '-';
	struct json_object *x, *y;
	int order;

	name += !descending;
	x = json_object_object_get(*(struct json_object *const *)a, name);
	y = json_object_object_get(*(struct json_object *const *)b, name);
	if (json_object_is_type(x, json_type_string) || json_object_is_type(y, json_type_string)) {
		const char *p = x ? json_object_get_string(x) : "", *q = y ? json_object_get_string(y) : "";

		order = strcmp(p, q);
	} else {
		int64_t p = json_object_get_int64(x), q = json_object_get_int64(y);

		order = (p > q) - (p < q);
	}
	return descending ? -order : order;
}

static int sort_items(struct query *query, struct json_object *items)
{
	const char *key = invocation_value(query->invocation, OPTION_SORT);
	size_t nr = json_object_array_length(items);
	struct json_object **list;

	if (!key || nr == 0 || strcmp(key, sort_key_default) == 0)
		return 0;
	if (!json_object_object_get_ex(json_object_array_get_idx(items, 0), key + (key[0] == '-'),
				       NULL)) {
		diag_set(&query->diag, -EINVAL, "episodes have no %s to sort by",
			 key + (key[0] == '-'));
		diag_expected(&query->diag, "a JSON name of the items, such as duration_ns or merges");
		return -EINVAL;
	}
	list = calloc(nr, sizeof(*list));
	if (!list)
		return diag_set(&query->diag, -ENOMEM, "no memory to sort %zu episodes", nr);
	for (size_t i = 0; i < nr; i++)
		list[i] = json_object_get(json_object_array_get_idx(items, i));
	qsort_r(list, nr, sizeof(*list), compare_items, (void *)(uintptr_t)key);
	for (size_t i = 0; i < nr; i++)
		json_object_array_put_idx(items, i, list[i]);
	free(list);
	return 0;
}

static int collect(struct query *query, int kind, struct json_object *items)
{
	struct history_cursor cursor;
	struct fields fields;
	union row row;
	int more;
	int err = history_list(query->history, ALL_EPISODES, (struct ref){ 0 }, query->when, &cursor);

	while (err == 0 && (more = history_next(&cursor, &row)) != 0) {
		if (more < 0)
			return diag_set(&query->diag, more, "the episodes cannot be read");
		if (kind >= 0 && row.episode.kind != kind)
			continue;
		row_fields(query->recording, &row, query->when, &fields);
		activity_fields(query, &row.episode, &fields);
		if (!query->filter ||
		    event_filter_match_row(query->filter, fields_lookup, &fields))
			json_object_array_add(items, fields_json(&fields));
	}
	return err ? diag_set(&query->diag, err, "the episodes cannot be read") : 0;
}

static const char *text_of(struct json_object *item, const char *name)
{
	struct json_object *value = json_object_object_get(item, name);

	return value ? json_object_get_string(value) : "-";
}

static void print_duration(struct json_object *item)
{
	struct json_object *value = json_object_object_get(item, "duration_ns");

	if (value)
		printf("%12.6f ", (double)json_object_get_int64(value) / 1e9);
	else
		printf("%12s ", "runs");
}

static void print_item(struct query *query, struct json_object *item)
{
	char evidence[3];
	bool doubtful = json_object_get_boolean(json_object_object_get(item, "doubtful"));
	uint64_t begin_ns = (uint64_t)json_object_get_int64(json_object_object_get(item, "begin_ns"));
	double since = ((double)begin_ns - (double)recording_start_ns(query->recording)) / 1e9;

	evidence_text(text_of(item, "evidence")[0], doubtful, evidence);
	if (query->plain) {
		printf("Episode %s: %s %s by %s %s, events %s to %s, begun at %+.6f s, %s merges, "
		       "%s removals (%s%s).\n", text_of(item, "episode"), text_of(item, "kind"),
		       text_of(item, "seqnr"), text_of(item, "comm"), text_of(item, "tid"),
		       text_of(item, "begin"), text_of(item, "end"), since, text_of(item, "merges"),
		       text_of(item, "removals"), evidence, doubtful ? ", doubtful" : "");
		return;
	}
	printf("%6s %-9s %7s %9s %9s %+12.6f ", text_of(item, "episode"), text_of(item, "kind"),
	       text_of(item, "seqnr"), text_of(item, "begin"), text_of(item, "end"), since);
	print_duration(item);
	printf("%8s %s\n", text_of(item, "merges"), evidence);
}

static int print_episodes(struct query *query)
{
	const char *word = invocation_value(query->invocation, OPTION_KIND);
	int kind = word && strcmp(word, episode_kind_name(EPISODE_SCAN)) == 0 ? EPISODE_SCAN : -1;
	struct json_object *items;
	int err;

	if (word && kind < 0) {
		diag_set(&query->diag, -EINVAL, "%s is no kind of episode that can be listed", word);
		diag_expected(&query->diag, "scan");
		return -EINVAL;
	}
	items = json_object_new_array();
	err = collect(query, kind, items);
	if (err == 0)
		err = sort_items(query, items);
	if (err == 0 && query->json)
		answer_begin(query, "episodes", recording_path(query->recording));
	else if (err == 0 && !query->plain)
		printf("%6s %-9s %7s %9s %9s %12s %12s %8s EV\n", "NUMBER", "KIND", "SCAN", "BEGIN",
		       "END", "AT s", "DURATION s", "MERGES");
	for (size_t i = 0; err == 0 && i < json_object_array_length(items); i++) {
		struct json_object *item = json_object_array_get_idx(items, i);

		if (query->json)
			answer_item(query, json_object_get(item));
		else
			print_item(query, item);
	}
	if (err == 0 && query->json)
		answer_end(query, NULL, NULL);
	json_object_put(items);
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
