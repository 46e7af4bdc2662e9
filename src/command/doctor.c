// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor.c - `ksmtop doctor`: can this machine record, or what can this recording show.
 *
 * Without FILE it prints the capture layer's preflight list.  Then it answers per view, of FILE or of
 * what a recording made here would be: one table says which facts a recording may have and what would
 * give each, another which facts a view lives on and which it can do without.  A view is complete,
 * partial (shown, with gaps that it names itself) or missing.  Here, "complete" means that the
 * kernel tells of it, not that a memory failure will happen.
 *
 * The remedy stands with the fact, not with the view, so it is the same sentence everywhere.  The
 * exit status is 1 only where recording is impossible: a view that lacks something is no fault.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/capture.h"
#include "commands.h"
#include "query.h"
#include "report.h"
#include "view/row_field.h"
#include "trace/sample.h"

enum need {
	NEED_KSM_EVENTS, NEED_MIGRATIONS, NEED_COUNTERS, NEED_PROCESS, NEED_PAGES, NEED_PAGE_FLAG, NEED_TREE, NEED_ANON_VMAS,
	NEED_WALKS, NEED_FAILURES, NEED_RECOVERY, NEED_COLLAPSE, NEED_COUNTS, NR_NEEDS
};

#define PATCH "record on a kernel with the patch series of traces/kernel"

#define ORIGINAL "open the original: trace-cmd convert or split removed the samples from this copy"

static const struct {
	const char *id, *text, *remedy;
	const char *kernel;	/* the remedy where a kernel has no such event; NULL: the same */
} needs[NR_NEEDS] = {
	[NEED_KSM_EVENTS] = { "ksm-events", "KSM events",
		"record with ksmtop record, or trace-cmd record -e ksm, on Linux 6.4 or later",
		"a kernel of Linux 6.4 or later with CONFIG_KSM and CONFIG_FTRACE" },
	[NEED_MIGRATIONS] = { "migrations", "page migrations, so any pfn may have changed",
		"record with ksmtop record, or trace-cmd record -e ksm -e migrate",
		"a kernel with CONFIG_MIGRATION" },
	[NEED_COUNTERS] = { "kernel-counters", "kernel counters",
		"record with ksmtop record, without --no-samples; trace-cmd takes no samples", NULL },
	[NEED_PROCESS] = { "process-samples", "process samples",
		"record with ksmtop record, without --no-samples; trace-cmd takes no samples", NULL },
	[NEED_PAGES] = { "page-samples", "page samples",
		"record with ksmtop record, without --no-samples; trace-cmd takes no samples", NULL },
	[NEED_PAGE_FLAG] = { "page-flag", "a kpageflags that tells KSM pages from other anonymous ones",
		"record with this ksmtop, on a kernel where ksmtop doctor finds that (Linux 6.18, not 6.12)", NULL },
	[NEED_TREE] = { "stable-tree", "the stable tree with chains and dups", PATCH, NULL },
	[NEED_ANON_VMAS] = { "anon-vmas", "anon_vmas", PATCH, NULL },
	[NEED_WALKS] = { "walk-events", "walk events", PATCH, NULL },
	[NEED_FAILURES] = { "memory-failures", "a memory failure",
		"record memory_failure:memory_failure_event while one happens",
		"a kernel with CONFIG_MEMORY_FAILURE" },
	[NEED_RECOVERY] = { "recovery-events", "recovery events", PATCH, NULL },
	[NEED_COLLAPSE] = { "collapse-events", "collapse events",
		"record huge_memory:* while khugepaged runs",
		"a kernel with CONFIG_TRANSPARENT_HUGEPAGE" },
	[NEED_COUNTS] = { "event-counts", "event counts, which tell what a gap hid",
		"record ksmtop:counts, on a kernel with the patch series of traces/kernel as it is now", NULL },
};

#define NEED(x) (1u << NEED_##x)
/* Half a fact each, until facts_join(). */
#define MOVED (1u << NR_NEEDS)
#define MOVE_BEGAN (2u << NR_NEEDS)
static const struct {
	const char *view;
	uint32_t vital, useful;
} views[] = {
	{ "overview", NEED(KSM_EVENTS), NEED(COUNTERS) | NEED(PROCESS) | NEED(COUNTS) },
	{ "tree", NEED(KSM_EVENTS), NEED(COUNTS) | NEED(MIGRATIONS) | NEED(TREE) | NEED(PAGES) | NEED(PAGE_FLAG) },
	{ "processes", NEED(KSM_EVENTS), NEED(COUNTS) | NEED(MIGRATIONS) | NEED(PROCESS) | NEED(PAGES) | NEED(PAGE_FLAG) },
	{ "timeline", NEED(KSM_EVENTS), 0 },
	{ "events", 0, 0 },
	{ "object", NEED(KSM_EVENTS), NEED(COUNTS) | NEED(MIGRATIONS) | NEED(PAGES) | NEED(PAGE_FLAG) | NEED(TREE) | NEED(ANON_VMAS) },
	{ "walk", NEED(WALKS), NEED(ANON_VMAS) | NEED(PAGES) | NEED(PAGE_FLAG) },
	{ "recovery", NEED(FAILURES), NEED(RECOVERY) | NEED(TREE) },
	{ "collapse", NEED(COLLAPSE), NEED(PAGES) | NEED(PAGE_FLAG) },
	{ "numa", NEED(TREE), 0 },
	{ "stale", NEED(TREE), NEED(PAGES) | NEED(PAGE_FLAG) | NEED(ANON_VMAS) },
};

/* What an event gives; @nr: how often it is there, since some tell something only by having happened. */
static uint32_t facts_of_name(const char *name, uint64_t nr)
{
	static const struct {
		const char *prefix;
		uint32_t facts;
	} facts[] = {
		{ "ksm:", NEED(KSM_EVENTS) }, { "ksmtop:", NEED(KSM_EVENTS) },
		{ "ksmtop:walk_", NEED(WALKS) }, { "ksmtop:recovery_", NEED(RECOVERY) },
		{ "ksmtop:collapse_", NEED(COLLAPSE) }, { "huge_memory:", NEED(COLLAPSE) },
		{ "memory_failure:", NEED(FAILURES) }, { "ras:", NEED(FAILURES) },
	};
	uint32_t has = strcmp(name, "migrate:mm_migrate_pages") == 0 ? MOVED :
		       strcmp(name, "migrate:mm_migrate_pages_start") == 0 ? MOVE_BEGAN :
		       strcmp(name, "ksmtop:counts") == 0 ? NEED(COUNTS) : 0;

	for (size_t i = 0; nr && i < sizeof(facts) / sizeof(*facts); i++)
		if (strncmp(name, facts[i].prefix, strlen(facts[i].prefix)) == 0)
			has |= facts[i].facts;
	return has;
}

/*
 * Both ends of a migration must be told; the patch tells of each stable node that gets another page.
 * Only what the patch traces is counted.
 */
static uint32_t facts_join(uint32_t has, bool patched)
{
	bool moves = (has & (MOVED | MOVE_BEGAN)) == (MOVED | MOVE_BEGAN);

	has &= ~(uint32_t)(MOVED | MOVE_BEGAN);
	return has | (moves || patched ? NEED(MIGRATIONS) : 0) | (patched ? 0 : NEED(COUNTS));
}

/* ---- views ---- */

static void view_item(struct query *query, const char *view, const char *state, uint32_t lacks,
		      const char *const *remedies)
{
	struct json_object *item = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < NR_NEEDS; i++) {
		struct json_object *lack;

		if (!(lacks & (1u << i)))
			continue;
		lack = json_object_new_object();
		json_object_object_add(lack, "fact", json_object_new_string(needs[i].id));
		json_object_object_add(lack, "remedy", json_object_new_string(remedies[i]));
		json_object_array_add(list, lack);
	}
	json_object_object_add(item, "section", json_object_new_string("view"));
	json_object_object_add(item, "view", json_object_new_string(view));
	json_object_object_add(item, "state", json_object_new_string(state));
	json_object_object_add(item, "lacks", list);
	json_object_object_add(item, "evidence", json_object_new_string("T"));
	json_object_object_add(item, "doubtful", json_object_new_boolean(0));
	answer_item(query, item);
}

/* A missing view needs what is vital to it; a partial one goes without the rest. */
static void view_line(const char *view, const char *state, uint32_t vital, uint32_t lacks)
{
	const char *separator = lacks & vital ? ", needs " : ", without ";

	if (lacks & vital)
		lacks &= vital;
	printf("  %-10s %s", view, state);
	for (int i = 0; i < NR_NEEDS; i++) {
		if (!(lacks & (1u << i)))
			continue;
		printf("%s%s", separator, needs[i].text);
		separator = ", ";
	}
	putchar('\n');
}

/* Every view, then what would give the rest. */
static void answer_views(struct query *query, uint32_t has, const char *const *remedies)
{
	uint32_t lacked = 0;

	for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
		uint32_t lacks = (views[i].vital | views[i].useful) & ~has;
		const char *state = views[i].vital & ~has ? "missing" : lacks ? "partial" : "complete";

		lacked |= lacks;
		if (query->json)
			view_item(query, views[i].view, state, lacks, remedies);
		else
			view_line(views[i].view, state, views[i].vital, lacks);
	}
	if (!query->json && lacked)
		puts("\nWHAT WOULD GIVE THE REST");
	for (int i = 0; i < NR_NEEDS && !query->json; i++)
		if (lacked & (1u << i))
			printf("  %s:\n      %s\n", needs[i].text, remedies[i]);
}

/* ---- this machine ---- */

static void check_line(const struct capture_check *check, bool plain)
{
	if (plain)
		printf("%s: %s. %s%s%s", check->what, check->ok ? "fine" : check->fatal ? "missing" : "lacking",
		       check->sentence, check->remedy[0] ? ". To do: " : "", check->remedy);
	else
		printf("%-7s %-18s %s", check->ok ? "ok" : check->fatal ? "MISSING" : "lacks",
		       check->what, check->sentence);
	if (!plain && check->remedy[0])
		printf("\n%26s -> %s", "", check->remedy);
	putchar('\n');
}

static void check_item(struct query *query, const struct capture_check *check)
{
	struct fields fields;

	fields_reset(&fields);
	fields_text(&fields, "check", check->what);
	fields_bool(&fields, "ok", check->ok);
	fields_bool(&fields, "fatal", check->fatal && !check->ok);
	fields_text(&fields, "sentence", check->sentence);
	fields_text(&fields, "remedy", check->remedy[0] ? check->remedy : NULL);
	evidence_fields(EVIDENCE_DUMPED, DOUBT_NONE, &fields);
	report_item(query, "machine", &fields);
}

static uint32_t facts_of_machine(const struct capture_preflight *preflight)
{
	bool patched = false;
	uint32_t has = 0;

	for (size_t i = 0; i < preflight->nr_events; i++) {
		has |= facts_of_name(preflight->events[i], 1);
		patched |= strncmp(preflight->events[i], "ksmtop:", 7) == 0;
	}
	has |= preflight->counters ? NEED(COUNTERS) : 0;
	has |= preflight->processes ? NEED(PROCESS) : 0;
	has |= preflight->pages ? NEED(PAGES) : 0;
	has |= preflight->page_flag || !preflight->pages ? NEED(PAGE_FLAG) : 0;
	return facts_join(has | (patched ? NEED(TREE) | NEED(ANON_VMAS) : 0), patched);
}

static void machine_views(struct query *query, const struct capture_preflight *preflight)
{
	const char *remedies[NR_NEEDS];

	for (int i = 0; i < NR_NEEDS; i++)
		remedies[i] = needs[i].kernel && !invocation_has(query->invocation, OPTION_ONLY) ?
			      needs[i].kernel : needs[i].remedy;
	/* Events that cannot be seen are not events that are lacking. */
	if (!preflight->nr_events) {
		if (!query->json)
			puts("\nWhich views a recording made here would fill cannot be told before that is mended.");
		return;
	}
	if (!query->json)
		puts("\nVIEWS of a recording made here");
	answer_views(query, facts_of_machine(preflight), remedies);
}

static int doctor_machine(struct query *query, const struct capture_options *options)
{
	struct capture_preflight preflight;
	bool fatal = false;

	if (capture_preflight(options, &preflight)) {
		diag_set(&query->diag, -ENOMEM, "no memory to look at this machine");
		return STATUS_FAILED;
	}
	if (query->json)
		answer_begin(query, "doctor", NULL);
	for (size_t i = 0; i < preflight.nr_checks; i++) {
		fatal |= preflight.checks[i].fatal && !preflight.checks[i].ok;
		if (query->json)
			check_item(query, &preflight.checks[i]);
		else
			check_line(&preflight.checks[i], query->plain);
	}
	machine_views(query, &preflight);
	if (query->json)
		answer_end(query, NULL, NULL);
	else
		puts(fatal ? "\nThis machine cannot be recorded as it is." :
		     "\nThis machine can be recorded: ksmtop record -o FILE");
	capture_preflight_fini(&preflight);
	return fatal ? STATUS_FINDINGS : STATUS_FINE;
}

static int doctor_here(struct query *query)
{
	const struct invocation *invocation = query->invocation;
	const char *output = invocation_value(invocation, OPTION_OUTPUT);
	struct capture_options options = {
		.output = output ? output : OUTPUT_DEFAULT,
		.only = invocation_has(invocation, OPTION_ONLY),
		.no_samples = invocation_has(invocation, OPTION_NO_SAMPLES),
	};
	const char **events = invocation_values(invocation, OPTION_EVENT, &options.nr_events);
	int status;

	if (!events) {
		diag_set(&query->diag, -ENOMEM, "no memory for the command line");
		return STATUS_FAILED;
	}
	options.events = events;
	status = doctor_machine(query, &options);
	free(events);
	return status;
}

/* ---- a recording ---- */

static uint32_t facts_of_events(const struct query *query)
{
	struct event_index *events = recording_events(query->recording);
	uint32_t has = 0;

	for (uint32_t i = 0; i < event_index_nr_types(events); i++) {
		struct event_type_count type;

		if (event_index_type(events, i, &type) == 0 && type.kind != EVENT_UNKNOWN)
			has |= facts_of_name(event_kind_name(type.kind), type.nr);
	}
	/* Only gaps need the counts. */
	has |= !history_nr_losses(query->history) ? NEED(COUNTS) : 0;
	return facts_join(has, history_is_patched(query->history));
}

/* Does the recording say that its kernel's flag is right, if it has page samples at all? */
static bool page_flag_is_exact(const struct query *query)
{
	struct history_sample found;
	struct sample sample;

	for (uint32_t i = 0; i < history_nr_samples(query->history); i++)
		if (history_sample(query->history, i, &found) == 0 && found.kind == SAMPLE_HOST &&
		    recording_sample(query->recording, found.index, &sample) == 0)
			return sample_page_flag(&sample) == SAMPLE_PAGE_FLAG_EXACT;
	return false;
}

static uint32_t facts_of(const struct query *query)
{
	uint32_t has = facts_of_events(query);

	for (uint32_t i = 0; i < history_nr_samples(query->history); i++) {
		struct history_sample sample;

		if (history_sample(query->history, i, &sample))
			continue;
		has |= sample.kind == SAMPLE_KSM ? NEED(COUNTERS) : 0;
		has |= sample.kind == SAMPLE_PROCESS ? NEED(PROCESS) : 0;
		has |= sample.kind == SAMPLE_PAGES ? NEED(PAGES) : 0;
	}
	/* Without page samples their lack is said, and that is enough. */
	has |= !(has & NEED(PAGES)) || page_flag_is_exact(query) ? NEED(PAGE_FLAG) : 0;
	has |= history_is_patched(query->history) ? NEED(TREE) : 0;
	has |= history_has(query->history, TABLE_ANON_VMA) ? NEED(ANON_VMAS) : 0;
	return has;
}

static bool samples_were_removed(const struct query *query)
{
	for (uint32_t i = 0; i < recording_nr_damages(query->recording); i++)
		if (recording_damage(query->recording, i)->error == -ENODATA)
			return true;
	return false;
}

static void doctor_recording(struct query *query)
{
	const uint32_t sampled = NEED(COUNTERS) | NEED(PROCESS) | NEED(PAGES);
	bool removed = samples_were_removed(query);
	const char *remedies[NR_NEEDS];

	for (int i = 0; i < NR_NEEDS; i++)
		remedies[i] = removed && sampled & (1u << i) ? ORIGINAL : needs[i].remedy;
	if (query->json)
		answer_begin(query, "doctor", recording_path(query->recording));
	else
		printf("%s\n\nVIEWS\n", recording_path(query->recording));
	answer_views(query, facts_of(query), remedies);
	report_samples(query);
	report_losses(query);
	report_damage(query);
	report_unknown(query);
	if (query->json)
		answer_end(query, NULL, NULL);
}

/* What is about a recording that is still to be made has no meaning for one that is there. */
static int check_options(const struct invocation *invocation, struct diag *diag)
{
	static const enum option_id options[] = { OPTION_OUTPUT, OPTION_EVENT, OPTION_ONLY, OPTION_NO_SAMPLES };

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (invocation->nr_args && invocation_has(invocation, options[i]))
			return diag_set(diag, -EINVAL, "--%s is about a recording to be made: leave it or %s out",
					option_table[options[i]].name, invocation->args[0]);
	return 0;
}

int doctor_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query = {
		.invocation = invocation,
		.json = invocation_has(invocation, OPTION_JSON),
		.plain = invocation_has(invocation, OPTION_PLAIN),
	};
	int status = STATUS_FINE;

	if (check_options(invocation, diag))
		return STATUS_FAILED;
	if (invocation->nr_args == 0)
		status = doctor_here(&query);
	else if (query_open(&query, invocation, invocation->args[0]))
		status = STATUS_FAILED;
	else
		doctor_recording(&query);
	*diag = query.diag;
	query_close(&query);
	return status;
}
