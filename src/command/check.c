// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - `ksmtop check`: the rebuilt state against the kernel's own numbers and against itself.
 *
 * history_check() makes every comparison with samples and dumps that the recording allows;
 * invariants_check() finds what must not be in KSM's structures.  Both are told in event order.
 * Three outcomes, and the command never blurs them: it agrees (shown with --all), it cannot be decided (a stock kernel
 * does not trace departures; shown, marked doubtful, no finding), it contradicts (a finding, exit
 * status 1).
 *
 * Damage and losses are no contradictions: `ksmtop report` tells them, and the comparisons which
 * they spoil are the undecided ones here.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "episode_row.h"
#include "explain/invariants.h"
#include "fields_json.h"
#include "query.h"
#include "trace/array.h"
#include "view/row_field.h"

enum { AGREES, UNDECIDED, CONTRADICTS, NR_OUTCOMES };

struct found { struct finding finding; bool invariant; uint32_t number; };

struct checking {
	struct query *query;
	struct found *list;		/* what is to be shown */
	uint32_t nr_list, room;
	uint64_t nr[2][NR_OUTCOMES];	/* of comparisons, of invariants */
	bool all;
};

static const char *const outcomes[NR_OUTCOMES] = {
	[AGREES] = "agrees", [UNDECIDED] = "undecided", [CONTRADICTS] = "contradicts",
};

static int outcome_of(const struct finding *finding)
{
	return finding->severity > CONTRADICTS ? CONTRADICTS : finding->severity;
}

static void finding_fields(const struct query *query, const struct found *found, int outcome,
			   struct fields *fields)
{
	const struct finding *finding = &found->finding;
	char name[96];

	query_name(query, finding->object, name, sizeof(name));
	fields_reset(fields);
	fields_text(fields, "finding", finding->id);
	fields_text(fields, "outcome", outcomes[outcome]);
	fields_number(fields, "event", (int64_t)finding->event);
	fields_text(fields, "object", name[0] ? name : NULL);
	fields_number(fields, "expected", finding->expected);
	fields_number(fields, "found", finding->found);
	fields_text(fields, "why", finding->why && finding->why[0] ? finding->why : NULL);
	fields_text(fields, "evidence", found->invariant ? "I" : "D");
	fields_bool(fields, "doubtful", outcome == UNDECIDED);
}

/* An invariant has no kernel's number beside it that it could contradict: the summary counts it apart. */
static const char *const of_invariants[NR_OUTCOMES] = {
	[AGREES] = "invariant holds", [UNDECIDED] = "invariant undecided", [CONTRADICTS] = "invariant violated",
};

static void print_text(const struct found *found, int outcome, const struct fields *fields)
{
	const struct finding *finding = &found->finding;
	char buf[64];

	printf("%s: %s at event %" PRIu64, found->invariant ? of_invariants[outcome] : outcomes[outcome],
	       finding->id, finding->event);
	if (fields_find(fields, "object")->kind == VALUE_TEXT)
		printf(", %s", field_show(fields_find(fields, "object"), buf, sizeof(buf)));
	printf(found->invariant ? ": expected %" PRId64 ", found %" PRId64 :
	       ": kernel %" PRId64 ", rebuilt %" PRId64, finding->expected, finding->found);
	if (outcome != AGREES && finding->why && finding->why[0])
		printf(" (%s)", finding->why);
	putchar('\n');
}

static int add(struct checking *checking, const struct finding *finding, bool invariant)
{
	int outcome = outcome_of(finding);

	checking->nr[invariant][outcome]++;
	if (outcome == AGREES && !checking->all)
		return 0;
	if (ARRAY_ROOM(checking->list, checking->nr_list, checking->room) != 0)
		return -ENOMEM;
	checking->list[checking->nr_list] = (struct found){ *finding, invariant, checking->nr_list };
	checking->nr_list++;
	return 0;
}

static int add_comparison(const struct finding *finding, void *arg)
{
	return add(arg, finding, false);
}

static int add_invariant(const struct finding *finding, void *arg)
{
	return add(arg, finding, true);
}

static int by_event(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->finding.event != y->finding.event)
		return x->finding.event < y->finding.event ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void print_all(struct checking *checking)
{
	struct fields fields;

	if (checking->nr_list)
		qsort(checking->list, checking->nr_list, sizeof(*checking->list), by_event);
	for (uint32_t i = 0; i < checking->nr_list; i++) {
		const struct found *found = &checking->list[i];
		int outcome = outcome_of(&found->finding);

		finding_fields(checking->query, found, outcome, &fields);
		if (checking->query->json)
			answer_item(checking->query, fields_json(&fields));
		else
			print_text(found, outcome, &fields);
	}
}

/* Was anything held to anything? */
static bool was_checked(const struct checking *checking)
{
	uint64_t nr = 0;

	for (int i = 0; i < NR_OUTCOMES; i++)
		nr += checking->nr[false][i] + checking->nr[true][i];
	return nr;
}

static void print_summary(const struct checking *checking)
{
	const uint64_t *nr = checking->nr[false], *invariants = checking->nr[true];
	uint64_t total = nr[AGREES] + nr[UNDECIDED] + nr[CONTRADICTS];

	if (!total && was_checked(checking))
		puts("nothing to compare with: the recording has no samples of the kernel's counters and no dump");
	else if (total)
		printf("%" PRIu64 " comparisons: %" PRIu64 " agree, %" PRIu64 " cannot be decided, %"
		       PRIu64 " contradict\n", total, nr[AGREES], nr[UNDECIDED], nr[CONTRADICTS]);
	if (invariants[UNDECIDED] + invariants[CONTRADICTS])
		printf("invariants: %" PRIu64 " violated, %" PRIu64 " cannot be decided\n",
		       invariants[CONTRADICTS], invariants[UNDECIDED]);
}

static struct json_object *summary_json(const struct checking *checking)
{
	struct json_object *summary = json_object_new_object();

	for (int i = 0; i < NR_OUTCOMES; i++)
		json_object_object_add(summary, outcomes[i],
				       json_object_new_int64((int64_t)(checking->nr[false][i] +
								       checking->nr[true][i])));
	return summary;
}

static int nothing_to_compare(struct query *query)
{
	diag_set(&query->diag, -ENODATA,
		 "nothing to compare: the recording has no samples of the kernel's counters and no dump");
	diag_file(&query->diag, recording_path(query->recording));
	diag_advice(&query->diag, "record with ksmtop record, without --no-samples");
	return -ENODATA;
}

int check_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	struct checking checking = { .query = &query };
	struct episode_source source;
	int err = query_open(&query, invocation, invocation->args[0]);

	checking.all = invocation_has(invocation, OPTION_ALL);
	if (err == 0 && query.json)
		answer_begin(&query, "check", recording_path(query.recording));
	if (err == 0)
		err = history_check(query.history, add_comparison, &checking);
	if (err == 0) {
		source = query_source(&query);
		err = invariants_check(&source, moment_hindsight(history_last(query.history)),
				       add_invariant, &checking);
	}
	if (err == 0)
		print_all(&checking);
	if (err == 0 && query.json)
		answer_end(&query, "summary", summary_json(&checking));
	else if (err == 0)
		print_summary(&checking);
	if (err == 0 && !was_checked(&checking))
		err = nothing_to_compare(&query);
	*diag = query.diag;
	if (err && !diag->error)
		diag_set(diag, err, "the comparison could not be made");
	query_close(&query);
	free(checking.list);
	return err ? STATUS_FAILED :
	       checking.nr[false][CONTRADICTS] + checking.nr[true][CONTRADICTS] ? STATUS_FINDINGS : STATUS_FINE;
}
