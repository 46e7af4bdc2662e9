// SPDX-License-Identifier: GPL-2.0-only
/*
 * diff_counters.c - the counters in which two moments differ, of one recording or of two.
 *
 * Counters are joined by name: a patched and a stock recording have different ones, and what only one of
 * them has, or can tell, is no answer.  A difference is as sure as the less sure of the two numbers.
 *
 * Objects and episodes are diff.c's and diff_files.c's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "counters.h"
#include "diff.h"
#include "fields_json.h"

static void print_counter(struct comparing *comparing, const struct counter *a,
			  const struct counter *b)
{
	struct fields fields;

	if (a->value == b->value || a->untold || b->untold)
		return;
	comparing->nr_counters++;
	if (!comparing->query->json) {
		printf("%-28s %12" PRId64 " -> %-12" PRId64 " %+" PRId64 "%s\n", b->text, a->value,
		       b->value, b->value - a->value, a->unsure || b->unsure ? " ?" : "");
		return;
	}
	fields_reset(&fields);
	fields_text(&fields, "section", "counter");
	fields_text(&fields, "name", b->name);
	fields_number(&fields, "first", a->value);
	fields_number(&fields, "second", b->value);
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
			if (strcmp(a[j].name, b[i].name) == 0)
				print_counter(comparing, &a[j], &b[i]);
}
