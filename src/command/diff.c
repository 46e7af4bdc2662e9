// SPDX-License-Identifier: GPL-2.0-only
/*
 * diff.c - `ksmtop diff`: what differs between two moments.
 *
 * Between two moments a difference is an object that is there at one of them only, or that is
 * there at both with other attributes.  Where only more is known of an object that did not change, that is
 * told, and no difference.  The history tells every row born or died in between;
 * each difference is reported at exactly one of those changes (the birth of the row that holds at
 * the later moment, or the death of the row that held at the earlier), so nothing has to be
 * remembered and ten million changes need no memory.  What came and went in between is no
 * difference, and is only counted.
 *
 * Two recordings are diff_files.c's.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "diff.h"
#include "query.h"
#include "view/row_field.h"

static const char *const change_words[NR_CHANGES] = { "came", "went", "changed", "learned", "passed" };
static const char change_marks[NR_CHANGES] = { '+', 'x', '~', ' ', ' ' };

static void print_object(struct comparing *comparing, int kind, uint64_t event, const union row *row)
{
	struct query *query = comparing->query;
	char name[96], clean[128], evidence[3];
	struct fields fields;

	query_name(query, row->any.ref, name, sizeof(name));
	text_clean(clean, sizeof(clean), name);
	if (!query->json) {
		printf("%c %-7s %-8s %-24s event %" PRIu64 " %s\n", change_marks[kind],
		       change_words[kind], table_word(row->any.ref.table), clean, event,
		       evidence_text((char)row->fact.evidence, row->fact.doubt, evidence));
		return;
	}
	fields_reset(&fields);
	fields_text(&fields, "section", "object");
	fields_text(&fields, "change", change_words[kind]);
	fields_text(&fields, "table", table_word(row->any.ref.table));
	fields_text(&fields, "name", clean);
	fields_number(&fields, "event", (int64_t)event);
	evidence_fields((char)row->fact.evidence, row->fact.doubt, &fields);
	answer_item(query, fields_json(&fields));
}

static int print_change(const struct history_change *change, void *arg)
{
	struct comparing *comparing = arg;
	const struct history *history = comparing->query->history;
	union row before, after;
	bool was = history_row(history, change->ref, comparing->from, &before) == 0;
	bool is = history_row(history, change->ref, comparing->to, &after) == 0;
	int kind, shown;

	if (is && change->born && after.fact.born == change->event)
		kind = !was ? CAME : history_learned(history, change->ref, change->event) ? LEARNED : CHANGED;
	else if (was && !is && change->died && before.fact.last == change->event)
		kind = WENT;
	else if (!was && !is && change->died)
		kind = PASSED;
	else
		return 0;
	shown = !comparing->backwards ? kind : kind == CAME ? WENT : kind == WENT ? CAME : kind;
	comparing->nr[shown]++;
	if (kind != PASSED)
		print_object(comparing, shown, change->event, kind == WENT ? &before : &after);
	return 0;
}

static struct json_object *counts_json(const struct comparing *comparing)
{
	struct json_object *counts = json_object_new_object();

	for (int i = 0; i < NR_CHANGES; i++)
		json_object_object_add(counts, change_words[i],
				       json_object_new_int64((int64_t)comparing->nr[i]));
	return counts;
}

static bool differs(const struct comparing *comparing)
{
	return comparing->nr_counters || comparing->nr_totals || comparing->nr_episodes || comparing->nr[CAME] || comparing->nr[WENT] ||
	       comparing->nr[CHANGED];
}

static void print_totals(const struct comparing *comparing)
{
	printf("%s%" PRIu64 " came, %" PRIu64 " went, %" PRIu64 " changed, %" PRIu64 " came and went between",
	       differs(comparing) ? "" : comparing->query->at_least ? "no difference in what is known: " : "no difference: ", comparing->nr[CAME], comparing->nr[WENT],
	       comparing->nr[CHANGED], comparing->nr[PASSED]);
	if (comparing->nr[LEARNED])
		printf("; more is known of %" PRIu64, comparing->nr[LEARNED]);
	putchar('\n');
}

static int diff_moments(struct comparing *comparing)
{
	struct query *query = comparing->query;
	char *const *args = query->invocation->args;
	struct moment first, second;
	uint64_t known;
	int err;

	if (query_moment(query, args[1], &first) || query_moment(query, args[2], &second))
		return -EINVAL;
	comparing->backwards = first.t > second.t;
	known = comparing->backwards ? first.known_by : second.known_by;
	first.known_by = second.known_by = known;
	comparing->from = comparing->backwards ? second : first;
	comparing->to = comparing->backwards ? first : second;
	query->when = second;
	if (query->json)
		answer_begin(query, "diff", recording_path(query->recording));
	diff_counters(comparing, query->recording, first, query->recording, second);
	err = history_changes(query->history, comparing->from.t, comparing->to.t, print_change,
			      comparing);
	if (err)
		return diag_set(&query->diag, err, "the changes cannot be read");
	/* What a gap between them hid came, went or changed without a word, or is told as another change. */
	query->at_least = history_may_lack(query->history, EVENT_UNKNOWN, comparing->from.t, comparing->to.t, known);
	if (query->json)
		answer_end(query, "counts", counts_json(comparing));
	else
		print_totals(comparing);
	if (!query->json && query->at_least)
		fprintf(stderr, "ksmtop: events were lost between them: there may be more differences\n");
	return 0;
}

int diff_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	struct comparing comparing = { .query = &query };
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = invocation->nr_args == 3 ? diff_moments(&comparing) : diff_files(&comparing);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : differs(&comparing) ? STATUS_FINDINGS : STATUS_FINE;
}
