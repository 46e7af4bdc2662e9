// SPDX-License-Identifier: GPL-2.0-only
/*
 * list.c - `ksmtop list`: the rows of a table that hold at a moment.
 *
 * Rows come from a history cursor, in the list's own order, and go out one by one: a table of
 * millions of rows costs no memory.  That is why columns have fixed least widths instead of being
 * measured; a value that is wider pushes its line, which still splits at blanks.
 *
 * A table is a relation and a few of its fields under a heading; --json has all fields.  Numbers
 * stand to the right.  EV, the evidence with its doubt, is the last column of every table.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "list.h"
#include "query.h"
#include "row_list.h"
#include "view/row_field.h"

#define TABLE_COLUMNS 9

struct table_column {
	const char *field;
	const char *heading;
	int width;		/* negative: to the left, as printf has it */
};

struct list_table {
	const char *name;
	enum relation relation;
	enum table table;
	struct table_column columns[TABLE_COLUMNS];
};

/* In the order of list_tables[]; no table is wider than 80 columns as long as its values fit. */
static const struct list_table tables[] = {
	{ "mms", ALL_MMS, TABLE_MM, {
		{ "name", "MM", -5 }, { "pid", "PID ", 8 }, { "comm", "COMM", -15 },
		{ "items", "ITEMS", 8 }, { "mappings", "MAPPINGS", 8 },
		{ "merges", "MERGES ", 9 }, { "mm", "ADDRESS", -18 } } },
	{ "nodes", ALL_NODES, TABLE_NODE, {
		{ "name", "NODE", -11 }, { "pfn", "PFN", 10 }, { "kind", "KIND", -5 },
		{ "place", "PLACE", -12 }, { "nid", "NID", 3 }, { "page_nid", "ON  ", 6 },
		{ "chain_name", "CHAIN", -10 }, { "items", "ITEMS", 6 }, { "dups", "DUPS", 4 } } },
	{ "items", ALL_ITEMS, TABLE_ITEM, {
		{ "name", "ITEM", -12 }, { "state", "STATE", -8 }, { "mm_name", "MM", -5 },
		{ "pid", "PID", 7 }, { "address", "ADDRESS", 14 }, { "node_name", "NODE", -11 },
		{ "pfn", "PFN", 9 } } },
	{ "vmas", ALL_VMAS, TABLE_VMA, {
		{ "anon_vma_name", "ANON_VMA", -13 }, { "mm_name", "MM", -5 }, { "pid", "PID", 7 },
		{ "start", "START", 14 }, { "end", "END", 14 }, { "pgoff", "PGOFF", 12 } } },
	{ "anon_vmas", ALL_ANON_VMAS, TABLE_ANON_VMA, {
		{ "name", "ANON_VMA", -14 }, { "anon_vma", "ADDRESS", -18 },
		{ "root_name", "ROOT", -14 }, { "vmas", "VMAS", 8 }, { "items", "ITEMS", 8 } } },
	{ "mappings", ALL_MAPPINGS, TABLE_MAPPING, {
		{ "pid", "PID", 7 }, { "comm", "COMM", -15 }, { "address", "ADDRESS", 14 },
		{ "pfn", "PFN", 9 }, { "node_name", "NODE", -11 }, { "mapcount", "MAPCOUNT", 8 } } },
	{ "pages", ALL_PAGES, TABLE_PAGE, {
		{ "pfn", "PFN", 12 }, { "node_name", "NODE", -14 }, { "ksm", "KSM", -4 },
		{ "poisoned", "POISONED", -8 }, { "gone", "GONE", -5 } } },
};

const struct list_table *list_table_of(enum table table)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (tables[i].table == table)
			return &tables[i];
	return NULL;
}

static const struct list_table *table_find(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

bool list_relation(const char *name, enum relation *ret_relation, enum table *ret_table)
{
	const struct list_table *table = table_find(name);

	if (!table)
		return false;
	*ret_relation = table->relation;
	*ret_table = table->table;
	return true;
}

static int unknown_table(struct query *query, const char *name)
{
	char names[128] = "";

	for (int i = 0; list_tables[i]; i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", list_tables[i]);
	diag_set(&query->diag, -EINVAL, "%s is no table", name);
	diag_expected(&query->diag, "%s", names);
	return -EINVAL;
}

void list_print_headings(const struct list_table *table, const char *indent)
{
	fputs(indent, stdout);
	for (int i = 0; i < TABLE_COLUMNS && table->columns[i].field; i++)
		printf("%*s ", table->columns[i].width, table->columns[i].heading);
	puts("EV");
}

const char *list_doubt(const struct fields *fields, const char *name)
{
	const struct named_value *value = fields_find(fields, name), *end = fields->list + fields->nr;
	size_t length = strlen(name);

	if (!value || value->kind == VALUE_NOTHING)
		return " ";
	/* It stands behind the value, with others of its kind between them. */
	for (const struct named_value *at = value + 1; at < end; at++)
		if (at->name[0] == name[0] && strncmp(at->name, name, length) == 0 &&
		    strcmp(at->name + length, "_doubtful") == 0)
			return at->kind == VALUE_BOOL && at->number ? "?" : " ";
	return " ";
}

/* A value that is known otherwise than its row has its own letter: "1 I". */
static const char *with_evidence(const struct fields *fields, const char *name, const char *text, char of_row,
				 char told[72])
{
	const struct named_value *letter;
	char beside[64];

	snprintf(beside, sizeof(beside), "%s_evidence", name);
	letter = fields_find(fields, beside);
	if (!letter)
		return text;
	snprintf(told, 72, "%.60s %c", text, letter->kind == VALUE_TEXT && *letter->text != of_row ? *letter->text : ' ');
	return told;
}

void list_print_row(const struct list_table *table, const char *indent, const union row *row,
		    const struct fields *fields)
{
	char buf[64], told[72], evidence[3];

	fputs(indent, stdout);
	for (int i = 0; i < TABLE_COLUMNS && table->columns[i].field; i++) {
		const struct named_value *field = fields_find(fields, table->columns[i].field);

		const char *text = field ? field_show(field, buf, sizeof(buf)) : "-",
			   *doubt = list_doubt(fields, table->columns[i].field),
			   *heading = table->columns[i].heading;

		if (heading[strlen(heading) - 2] == ' ')	/* room for a letter */
			text = with_evidence(fields, table->columns[i].field, text, (char)row->fact.evidence, told);
		/* The mark stands in the gap, or in the column where its heading leaves room for it. */
		if (heading[strlen(heading) - 1] == ' ')
			printf("%*s%s ", table->columns[i].width - 1, text, doubt);
		else
			printf("%*s%s", table->columns[i].width, text, doubt);
	}
	puts(evidence_text((char)row->fact.evidence, row->fact.doubt != DOUBT_NONE, evidence));
}

static int print_rows(struct query *query, const struct list_table *table)
{
	struct row_list list;
	struct fields fields;
	union row row;
	int more, err;

	err = row_list_begin(query->history, table->relation, query->when, &list);
	while (err == 0 && (more = row_list_next(&list, &row)) != 0) {
		if (more < 0)
			return more;
		if (!query_wants_row(query, &row))
			continue;
		row_fields(query->recording, &row, query->when, &fields);
		if (query->json)
			answer_item(query, fields_json(&fields));
		else if (query->plain)
			fields_sentence(&fields, 0);
		else
			list_print_row(table, "", &row, &fields);
	}
	return err;
}

/* What is missing may not have been there, or not been told: say so. */
static void explain_absence(struct query *query, const struct list_table *table)
{
	if (query_may_be_more(query, table->relation))
		fprintf(stderr, "ksmtop: there may be more %s than were told of by then\n", table->name);
}

static int list_table(struct query *query, const struct list_table *table)
{
	struct filter_names names = { 0 };
	char whose[64];
	int err;

	row_names(query->recording, table->table, -1, &names);
	snprintf(whose, sizeof(whose), "no row of the table %s", table->name);
	err = query_check_filter(query, whose, &names);
	if (err == 0)
		err = query_check_told(query, table->table, table->name);
	if (err)
		return err;
	if (query->json)
		answer_begin(query, "list", recording_path(query->recording));
	else if (!query->plain)
		list_print_headings(table, "");
	err = print_rows(query, table);
	if (err) {
		diag_set(&query->diag, err, "the table %s cannot be read", table->name);
		return err;
	}
	query->at_least = !history_is_whole(query->history, table->relation, (struct ref){ 0 }, query->when);
	if (query->json) {
		answer_end(query, "table", json_object_new_string(table->name));
		return 0;
	}
	explain_absence(query, table);
	return 0;
}

int list_command(const struct invocation *invocation, struct diag *diag)
{
	const struct list_table *table = table_find(invocation->args[1]);
	struct query query;
	int err;

	if (!table) {
		query = (struct query){ 0 };
		unknown_table(&query, invocation->args[1]);
		*diag = query.diag;
		return STATUS_FAILED;
	}
	err = query_open(&query, invocation, invocation->args[0]);
	if (err == 0)
		err = list_table(&query, table);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
