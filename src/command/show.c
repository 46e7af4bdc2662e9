// SPDX-License-Identifier: GPL-2.0-only
/*
 * show.c - `ksmtop show`: one object at a moment, its relations, its life.
 *
 * Three questions about the same ref: its row at T, the lists that hang on it at T, and every span
 * that it ever had, with the events that touched it.  An object that is not alive at T still has
 * a life, so only that part is shown then, with a sentence in place of the rest.
 *
 * Text shows the first rows of a long list and says how many there are; --json has them all.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "list.h"
#include "query.h"
#include "view/row_field.h"

#define TEXT_ROWS 16
/* Behind object, name, generation and address, which a life has in common. */
#define LIFE_FROM 4

struct relation_of {
	enum table table;
	enum relation relation;
	const char *name;
	enum table rows;
};

static const struct relation_of relations[] = {
	{ TABLE_MM, ITEMS_OF_MM, "items", TABLE_ITEM },
	{ TABLE_MM, MAPPINGS_OF_MM, "mappings", TABLE_MAPPING },
	{ TABLE_MM, VMAS_OF_MM, "vmas", TABLE_VMA },
	{ TABLE_NODE, DUPS_OF_CHAIN, "dups", TABLE_NODE },
	{ TABLE_NODE, ITEMS_OF_NODE, "items", TABLE_ITEM },
	{ TABLE_NODE, MAPPINGS_OF_NODE, "mappings", TABLE_MAPPING },
	{ TABLE_ANON_VMA, VMAS_OF_ANON_VMA, "vmas", TABLE_VMA },
	{ TABLE_ANON_VMA, ITEMS_OF_ANON_VMA, "items", TABLE_ITEM },
};

/* An item of the answer: the section it belongs to, then the fields. */
static void answer_section(struct query *query, const char *section, const char *name,
			   const struct fields *fields)
{
	struct json_object *item = json_object_new_object();
	struct json_object *rest = fields_json(fields);

	json_object_object_add(item, "section", json_object_new_string(section));
	if (name)
		json_object_object_add(item, "relation", json_object_new_string(name));
	json_object_object_foreach(rest, key, value)
		json_object_object_add(item, key, json_object_get(value));
	json_object_put(rest);
	answer_item(query, item);
}

/* "name value" pairs over as many lines as 80 columns need. */
static void print_fields(const struct fields *fields)
{
	char buf[64], pair[256];
	int at = 0;

	for (int i = 0; i < fields->nr; i++) {
		const struct named_value *field = &fields->list[i];
		int length;

		if (field->kind == VALUE_NOTHING)
			continue;
		length = snprintf(pair, sizeof(pair), "%s %s", field->name,
				  field_show(field, buf, sizeof(buf)));
		if (at && at + 2 + length > 76) {
			puts(",");
			at = 0;
		}
		at += printf("%s%s", at ? ", " : "    ", pair);
	}
	putchar('\n');
}

static void show_row(struct query *query, const union row *row)
{
	struct fields fields;

	row_fields(query->recording, row, query->when, &fields);
	if (query->json) {
		answer_section(query, "object", NULL, &fields);
		return;
	}
	if (query->plain) {
		fields_sentence(&fields, 0);
		return;
	}
	print_fields(&fields);
}

/* How many there are of a list, and whether that is all: there may be more than was told. */
static void tell_number(struct json_object *told, const char *name, uint64_t nr, bool more)
{
	struct json_object *number = json_object_new_object();

	json_object_object_add(number, "nr", json_object_new_int64((int64_t)nr));
	json_object_object_add(number, "at_least", json_object_new_boolean(more));
	json_object_object_add(told, name, number);
}

static int show_relation(struct query *query, struct ref ref, const struct relation_of *relation,
			 struct json_object *told)
{
	struct history_cursor cursor;
	struct fields fields;
	union row row;
	bool more = !history_is_whole(query->history, relation->relation, ref, query->when);
	uint64_t nr = 0, shown = 0;
	int next;
	int err = history_count(query->history, relation->relation, ref, query->when, &nr, NULL);

	if (err == 0)
		err = history_list(query->history, relation->relation, ref, query->when, &cursor);
	if (err)
		return err == -ENOENT ? 0 : err;
	if (query->json)
		tell_number(told, relation->name, nr, more);
	if (!query->json && nr) {
		printf("\n%s (%s%" PRIu64 ")\n", relation->name, more ? "at least " : "", nr);
		if (!query->plain)
			list_print_headings(list_table_of(relation->rows), "  ");
	}
	while ((next = history_next(&cursor, &row)) > 0) {
		if (!query->json && shown == TEXT_ROWS)
			break;
		row_fields(query->recording, &row, query->when, &fields);
		if (query->json) {
			answer_section(query, "relation", relation->name, &fields);
		} else if (query->plain) {
			fields_sentence(&fields, 1);
		} else {
			list_print_row(list_table_of(relation->rows), "  ", &row, &fields);
		}
		shown++;
	}
	if (!query->json && shown < nr)
		printf("  and %" PRIu64 " more, see --json\n", nr - shown);
	return next < 0 ? next : 0;
}

static int show_relations(struct query *query, struct ref ref, struct json_object *told)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++) {
		int err = 0;

		if (relations[i].table == ref.table)
			err = show_relation(query, ref, &relations[i], told);
		if (err)
			return err;
	}
	return 0;
}

/* What hangs on the object comes and goes while the row lasts, and its stable node may get another page. */
static bool is_not_its_own(const struct fields *fields, const char *name, enum table table)
{
	static const char *const counts[] = { "items", "stable_items", "merges", "mappings", "vmas", "dups" };
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		if (strncmp(name, counts[i], strlen(counts[i])) == 0 &&
		    (length == strlen(counts[i]) || strcmp(name + strlen(counts[i]), "_doubtful") == 0))
			return true;
	if (strcmp(name, "pid_doubtful") == 0)
		return fields_find(fields, "pid")->kind == VALUE_NOTHING;
	return table == TABLE_ITEM && strcmp(name, "pfn") == 0;
}

static void print_life(const struct query *query, const union row *row, const struct fields *fields)
{
	struct fields own = *fields;
	struct span_words words = {
		.learned = history_learned(query->history, row->any.ref, row->fact.known),
		.learned_more = row->fact.died != NEVER && history_tells(query->history, row->fact.died),
	};

	own.nr = 0;
	for (int i = 0; i < fields->nr; i++)
		if (i >= LIFE_FROM && !is_not_its_own(fields, fields->list[i].name, (enum table)row->any.ref.table))
			own.list[own.nr++] = fields->list[i];
	fputs("  ", stdout);
	fields_life(&own, words);
}

static int show_life(struct query *query, struct ref ref)
{
	struct fields fields;
	union row row;
	uint32_t i;
	int err = 0;

	if (!query->json)
		puts("\nLIFE");
	for (i = 0; (err = history_life(query->history, ref, i, query->when.known_by, &row)) == 0; i++) {
		if (!query->json && i == TEXT_ROWS) {
			puts("  and more, see --json");
			return 0;
		}
		row_fields(query->recording, &row, (struct moment){ row.fact.born, query->when.known_by }, &fields);
		if (query->json) {
			answer_section(query, "life", NULL, &fields);
		} else {
			print_life(query, &row, &fields);
		}
	}
	return err == -ENOENT ? 0 : err;
}

/* The stable nodes whose page it was, each as in its own life. */
static void show_nodes_of(struct query *query, struct ref page)
{
	struct fields fields;
	union row row;

	if (page.table != TABLE_PAGE || history_life(query->history, page, 0, query->when.known_by, &row) != 0)
		return;
	for (uint64_t pfn = row.page.name.addr, i = 0;
	     history_pfn_life(query->history, pfn, (uint32_t)i, query->when.known_by, &row) == 0; i++) {
		if (!query->json && i == TEXT_ROWS) {
			puts("  and more, see --json");
			return;
		}
		row_fields(query->recording, &row, (struct moment){ row.fact.born, query->when.known_by },
			   &fields);
		if (query->json) {
			answer_section(query, "life", "node", &fields);
		} else {
			fputs("  ", stdout);
			fields_sentence(&fields, 0);
		}
	}
}

static void touch_fields(struct query *query, struct ref ref, uint64_t nr, struct fields *fields)
{
	int sample = history_changed_by_sample(query->history, ref, nr);
	struct history_sample place;
	char text[32];
	struct event_index *events = recording_events(query->recording);
	struct event_record record;
	const char *system, *name;

	fields_reset(fields);
	fields_number(fields, "event", (int64_t)nr);
	if (event_index_read(events, nr, &record) == 0) {
		event_record_name(&record, &system, &name);
		fields_number(fields, "time_ns", (int64_t)record.ts_ns);
		if (sample >= 0 && history_sample(query->history, (uint32_t)sample, &place) == 0) {
			snprintf(text, sizeof(text), place.tgid ? "%" PRId32 : "sysfs", place.tgid);
			system = "sample";
			name = text;
		}
		fields_text(fields, "system", system);
		fields_text(fields, "event_name", name);
	} else {
		fields_nothing(fields, "time_ns");
		fields_nothing(fields, "system");
		fields_nothing(fields, "event_name");
	}
	evidence_fields(sample >= 0 ? EVIDENCE_DUMPED : EVIDENCE_TRACED, DOUBT_NONE, fields);
}

static void print_touch(const struct query *query, const struct fields *fields)
{
	char number[32], system[64], name[64];
	const char *source;
	const struct named_value *time = fields_find(fields, "time_ns");
	double since = time->kind == VALUE_NUMBER ?
		((double)time->number - (double)recording_start_ns(query->recording)) / 1e9 : 0;

	source = field_show(fields_find(fields, "system"), system, sizeof(system));
	printf("  %10s %+14.6f s  %s%s%s\n",
	       field_show(fields_find(fields, "event"), number, sizeof(number)), since, source,
	       strcmp(source, "sample") ? ":" : " of ",
	       field_show(fields_find(fields, "event_name"), name, sizeof(name)));
}

/* Every event that touched it up to known_by; as text, the last ones up to T. */
static void show_touches(struct query *query, struct ref ref)
{
	uint64_t last = query->json && query->when.known_by != KNOWN_HINDSIGHT ?
			query->when.known_by : query->when.t;
	struct fields fields;
	uint64_t nr = 0;
	int shown = 0;

	if (query->json) {
		if (query->when.known_by == KNOWN_HINDSIGHT)
			last = history_last(query->history);
		while ((nr = history_touch(query->history, ref, nr, 1)) && nr <= last) {
			touch_fields(query, ref, nr, &fields);
			answer_section(query, "touch", NULL, &fields);
		}
		return;
	}
	puts("\nTOUCHED BY (newest first, up to this moment)");
	for (nr = last + 1; shown < TEXT_ROWS && (nr = history_touch(query->history, ref, nr, -1)); shown++) {
		touch_fields(query, ref, nr, &fields);
		print_touch(query, &fields);
	}
	if (!shown)
		puts("  no event so far");
}

static int show_object(struct query *query, struct ref ref, struct json_object *told)
{
	char name[96], clean[128];
	union row row;
	int err = history_row(query->history, ref, query->when, &row);

	query_name(query, ref, name, sizeof(name));
	text_clean(clean, sizeof(clean), name);
	if (!query->json)
		printf("%s at event %" PRIu64 "\n", clean, query->when.t);
	if (err == 0) {
		show_row(query, &row);
		err = show_relations(query, ref, told);
	} else if (err == -ENOENT) {
		if (!query->json)
			printf("%s is not there at event %" PRIu64 ".\n", clean, query->when.t);
		err = 0;
	}
	if (err == 0)
		err = show_life(query, ref);
	if (err)
		return diag_set(&query->diag, err, "%s cannot be shown", clean);
	show_nodes_of(query, ref);
	show_touches(query, ref);
	return 0;
}

int show_command(const struct invocation *invocation, struct diag *diag)
{
	struct json_object *told = json_object_new_object();
	struct query query;
	struct ref ref;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = recording_parse_object(query.recording, invocation->args[1], query.when, &ref,
					     &query.diag);
	if (err == 0 && query.json)
		answer_begin(&query, "show", recording_path(query.recording));
	if (err == 0)
		err = show_object(&query, ref, told);
	if (err == 0 && query.json)
		answer_end(&query, "relations", told);
	else
		json_object_put(told);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
