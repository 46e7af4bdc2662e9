// SPDX-License-Identifier: GPL-2.0-only
/*
 * assert.c - `ksmtop assert`: does an expression hold of every episode, row or event?
 *
 * For CI and for bisecting kernels.  In front of a ':' stands what the expression is about: a kind
 * of episode, "episode" for all (also without a ':'), a table of `list` (its rows at T), or events
 * as in --filter.  Behind it stands what must be true of each of them.
 *
 * The hard idea is that not true is not false.  A walk whose end was lost has no longest hold, a doubtful
 * row may not be what it seems, what ran in a gap was not seen: all are *undecided*.  One that certainly
 * contradicts makes the answer no (1); else one that is undecided means that there is no answer (2, with
 * the reason); only when all hold is it yes (0).  So false is found by asking for the expression's
 * negation, which is unknown where the expression is.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "episode_row.h"
#include "event/filter_names.h"
#include "fields_json.h"
#include "list.h"
#include "row_list.h"
#include "view/row_field.h"

#define ASKED_MAX 8

enum outcome { HOLDS, UNDECIDED, CONTRADICTS, NR_OUTCOMES };
static const char *const outcomes[NR_OUTCOMES] = { "holds", "undecided", "contradicts" };

enum about { ABOUT_EPISODES, ABOUT_ROWS, ABOUT_EVENTS };

struct asserting {
	struct query *query;
	enum about about;
	char subject[96];		/* for people: "walk", "items", "ksm/ksm_enter" */
	int kind;			/* of episodes, -1: all */
	enum table table;
	enum relation relation;
	struct event_filter *yes, *no;
	struct filter_names names;
	uint64_t nr[NR_OUTCOMES];
	bool all, lost;			/* lost: one of them may not have been seen */
	/* The names that the expression asked the last thing for, and what they were. */
	struct fields asked;
	filter_lookup_fn lookup;
	void *row;
};

/* ---- what it is about ---- */
static void find_subject(struct asserting *a, const char *events)
{
	snprintf(a->subject, sizeof(a->subject), "%s", events ? events : "episode");
	a->kind = episode_kind_find(a->subject);
	if (a->kind >= 0 || strcmp(a->subject, "episode") == 0)
		return;
	a->about = list_relation(a->subject, &a->relation, &a->table) ? ABOUT_ROWS : ABOUT_EVENTS;
}

/* A filter of "PREFIX: EXPRESSION", or of its negation. */
static int make_filter(struct asserting *a, const char *prefix, const char *format,
		       const char *expression, struct event_filter **ret_filter)
{
	char text[4096];
	int length = snprintf(text, sizeof(text), "%s%s", prefix, prefix[0] ? ": " : "");

	if (strlen(expression) + (size_t)length + 8 > sizeof(text))
		return diag_set(&a->query->diag, -EINVAL, "the expression is too long");
	snprintf(text + length, sizeof(text) - (size_t)length, format, expression);
	return event_filter_new(text, ret_filter, &a->query->diag);
}

static int check_names(struct asserting *a)
{
	struct query *query = a->query;
	char whose[128];
	int err = 0;

	if (a->about == ABOUT_EPISODES)
		episode_names(query, a->kind, &a->names);
	else if (a->about == ABOUT_ROWS)
		row_names(query->recording, a->table, -1, &a->names);
	else
		err = filter_names_of_events(&a->names, a->yes, recording_events(query->recording),
					     &query->diag);
	snprintf(whose, sizeof(whose), a->about == ABOUT_EVENTS ? "none of these events" :
		 a->about == ABOUT_ROWS ? "none of the %s" : "no %s", a->subject);
	if (err == 0)
		err = event_filter_check(a->yes, &a->names, whose, &query->diag);
	else if (query->diag.error == -EINVAL)
		diag_advice(&query->diag,
			    "in front of the ':' stands a kind of episode, a table or an event");
	return err;
}

static int read_expression(struct asserting *a)
{
	const char *text = a->query->invocation->args[1], *expression = text;
	struct event_filter *whole = NULL;
	int err = event_filter_new(text, &whole, &a->query->diag);

	if (err == 0 && event_filter_events(whole))
		expression = strchr(text, ':') + 1;
	if (err == 0 && expression[strspn(expression, " \t")] == 0) {
		err = diag_set(&a->query->diag, -EINVAL, "nothing is asserted");
		diag_expected(&a->query->diag,
			      "an expression, such as 'walk: longest_hold_ns <= 5ms'");
	}
	if (err == 0)
		find_subject(a, event_filter_events(whole));
	if (err == 0)
		err = make_filter(a, a->about == ABOUT_EVENTS ? a->subject : "", "%s", expression,
				  &a->yes);
	if (err == 0)
		err = make_filter(a, a->about == ABOUT_EVENTS ? a->subject : "", "!(%s)",
				  expression, &a->no);
	if (err == 0) {
		err = check_names(a);
		/* What it was given is not the text: in front of the ':' there was make_filter()'s prefix. */
		uint32_t prefix = a->about == ABOUT_EVENTS ? (uint32_t)strlen(a->subject) + 2 : 0;

		if (err && a->query->diag.column > prefix)
			a->query->diag.column += (uint32_t)(expression - text) - prefix;
	}
	event_filter_free(whole);
	return err;
}

/* ---- judging ---- */
/* A filter_lookup_fn that keeps what it was asked for: an answer says why. */
static bool lookup_asked(void *argument, const char *name, struct filter_value *ret)
{
	struct asserting *a = argument;
	bool known = a->lookup(a->row, name, ret);

	/* a bare word is no name: the filter takes it as text */
	if (!filter_names_have(&a->names, name))
		return known;
	if (fields_find(&a->asked, name) || a->asked.nr >= ASKED_MAX)
		return known;
	if (!known)
		fields_nothing(&a->asked, name);
	else if (ret->is_string)
		fields_text(&a->asked, name, ret->string);
	else if (ret->is_hex)
		fields_hex(&a->asked, name, (uint64_t)ret->number);
	else
		fields_number(&a->asked, name, ret->number);
	return known;
}

/* Of what was asked for: is any of it less sure than its row (a count of doubtful items, a guessed pid)? */
static bool asked_doubtful(struct asserting *a)
{
	struct filter_value value;
	char beside[64];

	for (int i = 0; i < a->asked.nr; i++) {
		snprintf(beside, sizeof(beside), "%s_doubtful", a->asked.list[i].name);
		if (filter_names_have(&a->names, beside) && a->lookup(a->row, beside, &value) &&
		    !value.is_string && value.number)
			return true;
	}
	return false;
}

static enum outcome judge_row(struct asserting *a, filter_lookup_fn lookup, void *row,
			      bool doubtful)
{
	enum outcome outcome = UNDECIDED;

	a->lookup = lookup;
	a->row = row;
	fields_reset(&a->asked);
	if (event_filter_match_row(a->yes, lookup_asked, a))
		outcome = HOLDS;
	else if (event_filter_match_row(a->no, lookup_asked, a))
		outcome = CONTRADICTS;
	return doubtful || asked_doubtful(a) ? UNDECIDED : outcome;
}

static void tell_json(struct asserting *a, enum outcome outcome, const char *object, uint64_t first,
		      uint64_t last, const struct fact *fact)
{
	struct json_object *item = json_object_new_object();
	char letter[2] = { fact ? fact->evidence : EVIDENCE_TRACED, 0 };

	json_object_object_add(item, "outcome", json_object_new_string(outcomes[outcome]));
	json_object_object_add(item, "object", json_object_new_string(object));
	json_object_object_add(item, "event", first ? json_object_new_int64((int64_t)first) : NULL);
	json_object_object_add(item, "last_event",
			       last ? json_object_new_int64((int64_t)last) : NULL);
	json_object_object_add(item, "values", fields_json(&a->asked));
	json_object_object_add(item, "evidence", json_object_new_string(letter));
	json_object_object_add(item, "doubtful", json_object_new_boolean(outcome == UNDECIDED));
	answer_item(a->query, item);
}

static void tell(struct asserting *a, enum outcome outcome, const char *object, uint64_t first,
		 uint64_t last, const struct fact *fact)
{
	char buf[64];

	a->nr[outcome]++;
	if (outcome == HOLDS && !a->all)
		return;
	if (a->query->json) {
		tell_json(a, outcome, object, first, last, fact);
		return;
	}
	printf("%s: %s", outcomes[outcome], object);
	if (first && last && first != last)
		printf(", events %" PRIu64 " to %" PRIu64, first, last);
	else if (first)
		printf(", event %" PRIu64, first);
	for (int i = 0; i < a->asked.nr; i++)
		printf("%s %s %s", i ? "," : ":", a->asked.list[i].name,
		       a->asked.list[i].kind == VALUE_NOTHING ? "is not known" :
		       field_show(&a->asked.list[i], buf, sizeof(buf)));
	puts(fact && fact->doubt != DOUBT_NONE ? " (doubtful)" : "");
}

/* May one of those that begin with such an event, or such an event itself, have gone with the lost ones? */
static bool may_lack(const struct asserting *a, enum event_kind kind)
{
	return may_lack_by(a->query->history, a->query->when, kind);
}

static bool may_lack_events(struct asserting *a)
{
	struct event_index *events = recording_events(a->query->recording);
	struct event_type_count type;

	for (uint32_t i = 0; event_index_type(events, i, &type) == 0; i++)
		if (event_filter_is_about(a->yes, type.system, type.name) && may_lack(a, type.kind))
			return true;
	return false;
}

/* What was not seen may be one that contradicts: it is no yes, and no answer. */
static void tell_lost(struct asserting *a)
{
	fields_reset(&a->asked);
	a->lost = true;
	tell(a, UNDECIDED, "those that may have been lost", 0, 0, NULL);
}

static int judge_rows(struct asserting *a)
{
	bool episodes = a->about == ABOUT_EPISODES;
	struct query *query = a->query;
	struct row_list list;
	union row row;
	int more = 0, err = row_list_begin(query->history, episodes ? ALL_EPISODES : a->relation,
					   query->when, &list);

	while (err == 0 && (more = row_list_next(&list, &row)) > 0) {
		struct query_lookup lookup = { .query = query, .row = &row };
		char name[96], clean[160];
		bool has_end = row.fact.died != NEVER && episodes;

		if (episodes && a->kind >= 0 && row.episode.kind != a->kind)
			continue;
		enum outcome outcome = judge_row(a, episodes ? episode_lookup : query_lookup_row,
						 &lookup, row.fact.doubt != DOUBT_NONE);

		if (row.any.ref.table == TABLE_PAGE)
			snprintf(name, sizeof(name), "pfn 0x%" PRIx64, row.page.name.addr);
		else
			query_name(query, row.any.ref, name, sizeof(name));
		if (episodes)
			snprintf(clean, sizeof(clean), "%s %" PRIu32,
				 episode_kind_name(row.episode.kind), row.episode.number);
		else
			text_clean(clean, sizeof(clean), name);
		tell(a, outcome, clean, row.fact.born, has_end ? row.fact.died : 0, &row.fact);
	}
	if (err == 0 && more == 0 && !episodes && query_may_be_more(query, a->relation)) {
		fields_reset(&a->asked);
		tell(a, UNDECIDED, "those that were not told of by then", 0, 0, NULL);
	}
	if (err == 0 && more == 0 && episodes && may_lack(a, episode_begin_event(a->kind)))
		tell_lost(a);
	return err ? err : more;
}

static int judge_events(struct asserting *a)
{
	struct event_index *events = recording_events(a->query->recording);

	fields_reset(&a->asked);
	for (uint64_t n = 1; n <= a->query->when.t; n++) {
		struct event_record record;
		const char *system, *name;
		char object[200], clean[400];
		enum outcome outcome = UNDECIDED;
		int err = event_index_read(events, n, &record);

		if (err)
			return err;
		event_record_name(&record, &system, &name);
		if (!event_filter_is_about(a->yes, system, name))
			continue;
		if (event_filter_match(a->yes, events, &record))
			outcome = HOLDS;
		else if (event_filter_match(a->no, events, &record))
			outcome = CONTRADICTS;
		snprintf(object, sizeof(object), "%s:%s", system, name);
		text_clean(clean, sizeof(clean), object);
		tell(a, outcome, clean, n, n, NULL);
	}
	if (may_lack_events(a))
		tell_lost(a);
	return 0;
}

/* ---- the answer ---- */
static struct json_object *summary_json(const struct asserting *a)
{
	struct json_object *summary = json_object_new_object();

	json_object_object_add(summary, "expression", json_text(a->query->invocation->args[1]));
	json_object_object_add(summary, "about", json_text(a->subject));
	for (int i = 0; i < NR_OUTCOMES; i++)
		json_object_object_add(summary, outcomes[i],
				       json_object_new_int64((int64_t)a->nr[i]));
	json_object_object_add(summary, "answer",
			       a->nr[CONTRADICTS] ? json_object_new_boolean(false)
			       : a->nr[UNDECIDED] ? NULL
						  : json_object_new_boolean(true));
	return summary;
}

static int give_answer(struct asserting *a)
{
	struct query *query = a->query;

	if (query->json)
		answer_end(query, "summary", summary_json(a));
	else
		printf("%s (%s: %" PRIu64 " hold, %" PRIu64 " contradict, %" PRIu64 " undecided)\n",
		       a->nr[CONTRADICTS] ? "no"
		       : a->nr[UNDECIDED] ? "no answer"
					  : "yes",
		       a->subject, a->nr[HOLDS], a->nr[CONTRADICTS], a->nr[UNDECIDED]);
	if (a->nr[CONTRADICTS] || !a->nr[UNDECIDED])
		return 0;
	diag_set(&query->diag, -ENODATA,
		 "whether it holds cannot be decided for %" PRIu64 " of them", a->nr[UNDECIDED]);
	diag_file(&query->diag, recording_path(query->recording));
	diag_advice(&query->diag, a->lost ? "ksmtop report says where events were lost, --at T asks up to there" :
		    a->about == ABOUT_EPISODES ? "what did not end can be left out with '!ended || (...)'" :
		    "ask for another moment with --at T, or with --hindsight");
	return -ENODATA;
}

/* Nothing to judge is fine where such things could have been, and no answer where they could not.
 */
static int check_possible(struct asserting *a)
{
	struct query *query = a->query;
	bool possible = a->about == ABOUT_EPISODES
				? tells_of_episodes(query->history, a->kind)
			: a->about == ABOUT_ROWS ? history_has(query->history, a->table)
						 : true;

	if (possible)
		return 0;
	diag_set(&query->diag, -ENODATA, "this recording cannot tell of %s", a->subject);
	diag_file(&query->diag, recording_path(query->recording));
	diag_advice(&query->diag, "ksmtop doctor %s says what would",
		    recording_path(query->recording));
	return -ENODATA;
}

static int run(struct asserting *a)
{
	int err = read_expression(a);

	if (err == 0)
		err = check_possible(a);
	if (err)
		return err;
	if (a->query->json)
		answer_begin(a->query, "assert", recording_path(a->query->recording));
	err = a->about == ABOUT_EVENTS ? judge_events(a) : judge_rows(a);
	if (err)
		return diag_set(&a->query->diag, err, "the recording cannot be read to its end");
	return give_answer(a);
}

int assert_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	struct asserting asserting = {.query = &query,
				      .all = invocation_has(invocation, OPTION_ALL)};
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = run(&asserting);
	*diag = query.diag;
	event_filter_free(asserting.yes);
	event_filter_free(asserting.no);
	filter_names_fini(&asserting.names);
	query_close(&query);
	return err ? STATUS_FAILED : asserting.nr[CONTRADICTS] ? STATUS_FINDINGS : STATUS_FINE;
}
