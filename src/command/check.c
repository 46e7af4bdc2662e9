// SPDX-License-Identifier: GPL-2.0-only
/*
 * check.c - `ksmtop check`: the rebuilt state against the kernel's own numbers.
 *
 * history_check() makes every comparison that the recording allows.  Three outcomes, and the
 * command never blurs them: it agrees (shown with --all), it cannot be decided (a stock kernel
 * does not trace departures; shown, marked doubtful, no finding), it contradicts (a finding, exit
 * status 1).
 *
 * Damage and losses are no contradictions: `ksmtop report` tells them, and the comparisons which
 * they spoil are the undecided ones here.
 */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "commands.h"
#include "fields_json.h"
#include "query.h"
#include "view/row_field.h"

enum { AGREES, UNDECIDED, CONTRADICTS, NR_OUTCOMES };

struct checking {
	struct query *query;
	uint64_t nr[NR_OUTCOMES];
	bool all;
};

static const char *const outcomes[NR_OUTCOMES] = {
	[AGREES] = "agrees", [UNDECIDED] = "undecided", [CONTRADICTS] = "contradicts",
};

static void finding_fields(const struct query *query, const struct finding *finding, int outcome,
			   struct fields *fields)
{
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
	fields_text(fields, "evidence", "D");
	fields_bool(fields, "doubtful", outcome == UNDECIDED);
}

static void print_text(const struct finding *finding, int outcome, const struct fields *fields)
{
	char buf[64];

	printf("%s: %s at event %" PRIu64, outcomes[outcome], finding->id, finding->event);
	if (fields_find(fields, "object")->kind == VALUE_TEXT)
		printf(", %s", field_show(fields_find(fields, "object"), buf, sizeof(buf)));
	printf(": kernel %" PRId64 ", rebuilt %" PRId64, finding->expected, finding->found);
	if (outcome != AGREES && finding->why && finding->why[0])
		printf(" (%s)", finding->why);
	putchar('\n');
}

static int print_finding(const struct finding *finding, void *arg)
{
	struct checking *checking = arg;
	struct fields fields;
	int outcome = finding->severity > CONTRADICTS ? CONTRADICTS : finding->severity;

	checking->nr[outcome]++;
	if (outcome == AGREES && !checking->all)
		return 0;
	finding_fields(checking->query, finding, outcome, &fields);
	if (checking->query->json)
		answer_item(checking->query, fields_json(&fields));
	else
		print_text(finding, outcome, &fields);
	return 0;
}

static void print_summary(const struct checking *checking)
{
	uint64_t total = checking->nr[AGREES] + checking->nr[UNDECIDED] + checking->nr[CONTRADICTS];

	if (total == 0)
		puts("nothing to compare: the recording has no samples of the kernel's counters");
	else
		printf("%" PRIu64 " comparisons: %" PRIu64 " agree, %" PRIu64 " cannot be decided, %"
		       PRIu64 " contradict\n", total, checking->nr[AGREES], checking->nr[UNDECIDED],
		       checking->nr[CONTRADICTS]);
}

static struct json_object *summary_json(const struct checking *checking)
{
	struct json_object *summary = json_object_new_object();

	for (int i = 0; i < NR_OUTCOMES; i++)
		json_object_object_add(summary, outcomes[i],
				       json_object_new_int64((int64_t)checking->nr[i]));
	return summary;
}

int check_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	struct checking checking = { .query = &query };
	int err = query_open(&query, invocation, invocation->args[0]);

	checking.all = invocation_has(invocation, OPTION_ALL);
	if (err == 0 && query.json)
		answer_begin(&query, "check", recording_path(query.recording));
	if (err == 0)
		err = history_check(query.history, print_finding, &checking);
	if (err == 0 && query.json)
		answer_end(&query, "summary", summary_json(&checking));
	else if (err == 0)
		print_summary(&checking);
	*diag = query.diag;
	if (err && !diag->error)
		diag_set(diag, err, "the comparison could not be made");
	query_close(&query);
	return err ? STATUS_FAILED : checking.nr[CONTRADICTS] ? STATUS_FINDINGS : STATUS_FINE;
}
