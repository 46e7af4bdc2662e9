// SPDX-License-Identifier: GPL-2.0-only
/*
 * diff_counters.c - the counters in which two moments differ, of one recording or of two.
 *
 * Counters are joined by name: a patched and a stock recording have different ones, and what only one of
 * them has, or can tell, is no answer.  A stock kernel tells of some removals only: those of a patched one are not set
 * beside them.  A difference is as sure as the less sure of the two numbers.
 *
 * Objects and episodes are diff.c's and diff_files.c's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "diff.h"
#include "fields_json.h"

static const char *value_text(const struct counter *counter, char buf[24])
{
	if (counter->unknown)
		return "unknown";
	snprintf(buf, 24, "%" PRId64, counter->value);
	return buf;
}

static void value_field(const struct counter *counter, const char *name, struct fields *fields)
{
	if (counter->unknown)
		fields_nothing(fields, name);
	else
		fields_number(fields, name, counter->value);
}

static void print_counter(struct comparing *comparing, const struct counter *a,
			  const struct counter *b)
{
	char first[24], second[24];
	bool unknown = a->unknown || b->unknown;
	struct fields fields;

	if ((a->value == b->value && a->unknown == b->unknown) || a->untold || b->untold)
		return;
	comparing->nr_counters++;
	if (!comparing->query->json) {
		printf("%-28s %12s -> %-12s ", b->text, value_text(a, first), value_text(b, second));
		if (!unknown)
			printf("%+" PRId64 "%s", b->value - a->value, a->unsure || b->unsure ? " " : "");
		puts(a->unsure || b->unsure ? "?" : "");
		return;
	}
	fields_reset(&fields);
	fields_text(&fields, "section", "counter");
	fields_text(&fields, "name", b->name);
	value_field(a, "first", &fields);
	value_field(b, "second", &fields);
	fields_text(&fields, "evidence", (char[]){ b->evidence, 0 });
	fields_bool(&fields, "doubtful", a->unsure || b->unsure);
	answer_item(comparing->query, fields_json(&fields));
}

void diff_counters(struct comparing *comparing, struct recording *first, struct moment when_first,
		   struct recording *second, struct moment when_second)
{
	struct counter a[COUNTERS_MAX], b[COUNTERS_MAX];
	int nr_a = counters_at(first, when_first, a);
	int nr_b = counters_at(second, when_second, b);

	for (int i = 0; i < nr_b; i++)
		for (int j = 0; j < nr_a; j++)
			if (strcmp(a[j].name, b[i].name) == 0 &&
			    !(comparing->unlike && strcmp(b[i].name, "removals") == 0))
				print_counter(comparing, &a[j], &b[i]);
}
