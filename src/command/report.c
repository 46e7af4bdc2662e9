// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c - `ksmtop report`: the state at a moment in short.
 *
 * A list of sections, each a function that tells its things twice: as items for --json, or as
 * lines that fit 80 columns.  The order is the order in which one asks: what is this recording,
 * what are the numbers and does the kernel agree, which pages matter most, which processes, and
 * what is missing (losses, damage, unknown events).
 *
 * Beside a rebuilt number stands the kernel's own as of the last sample before the moment, with
 * the event behind which it was complete: the two are not of one instant, and a difference is
 * judged by `ksmtop check`, not here.
 *
 * Costs one pass over the nodes and processes alive at the moment.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "list.h"
#include "counters.h"
#include "query.h"
#include "report.h"
#include "view/row_field.h"
#include "trace/sample.h"

#define TOP_NODES	10

/* ---- what this recording is ---- */

/* Where nothing of the patch was recorded, only the recorder can have known that the kernel has none. */
static const char *patch_words(const struct query *query)
{
	struct sample sample;
	const char *patch = NULL;
	uint32_t nr = recording_nr_samples(query->recording);

	if (history_is_patched(query->history))
		return "patched KSM";
	for (uint32_t i = 0; i < nr && !patch; i++)
		if (recording_sample(query->recording, i, &sample) == 0 && sample.kind == SAMPLE_HOST)
			patch = sample_value(&sample, "patch");
	return patch && strcmp(patch, "no") == 0 ? "stock KSM" : "none of the patch's events";
}

static void report_recording(struct query *query)
{
	struct event_index *events = recording_events(query->recording);
	const struct trace_file *file = recording_trace(query->recording);
	uint64_t last = history_last(query->history);
	uint64_t begin = recording_start_ns(query->recording);
	uint64_t end = last ? event_index_time(events, last) : begin;
	uint64_t now = query->when.t ? event_index_time(events, query->when.t) : begin;
	const char *clock = recording_clock(query->recording);
	struct fields fields;
	char text[128];
	const char *release = recording_release(query->recording, text, sizeof(text));

	fields_reset(&fields);
	fields_number(&fields, "events", (int64_t)last);
	fields_number(&fields, "begin_ns", (int64_t)begin);
	fields_number(&fields, "end_ns", (int64_t)end);
	fields_number(&fields, "at_ns", (int64_t)now);
	fields_text(&fields, "clock", clock);
	fields_text(&fields, "release", release[0] ? release : NULL);
	fields_bool(&fields, "patched", history_is_patched(query->history));
	fields_number(&fields, "version", trace_file_version(file));
	fields_text(&fields, "compression", trace_file_compression(file));
	fields_bool(&fields, "spool", trace_file_is_spool(file));
	evidence_fields(EVIDENCE_TRACED, DOUBT_NONE, &fields);
	if (query->json) {
		report_item(query, "recording", &fields);
		return;
	}
	printf("%s\n", recording_path(query->recording));
	printf("  %" PRIu64 " events in %.6f s, clock %s; kernel %s, %s\n", last,
	       (double)(end - begin) / 1e9, clock[0] ? clock : "unknown",
	       release[0] ? fields_find(&fields, "release")->text : "unknown", patch_words(query));
	printf("  trace.dat version %d, compression %s%s\n", trace_file_version(file),
	       trace_file_compression(file), trace_file_is_spool(file) ?
	       "; an interrupted recording's spool: ksmtop recover makes a file of it" : "");
	printf("  state after event %" PRIu64 " of %" PRIu64 ", %+.6f s%s\n", query->when.t, last,
	       (double)(now - begin) / 1e9, query->hindsight ? ", with hindsight" : "");
}

/* ---- numbers ---- */

static void counter_item(struct query *query, const struct counter *counter)
{
	struct fields fields;

	fields_reset(&fields);
	fields_text(&fields, "name", counter->name);
	if (counter->untold || counter->unknown)
		fields_nothing(&fields, "value");
	else
		fields_number(&fields, "value", counter->value);
	fields_number(&fields, "doubtful_rows", counter->doubtful);
	fields_text(&fields, "kernel_name", counter->kernel);
	if (counter->has_kernel) {
		fields_number(&fields, "kernel_value", counter->kernel_value);
		fields_number(&fields, "kernel_event", (int64_t)counter->kernel_event);
	} else {
		fields_nothing(&fields, "kernel_value");
		fields_nothing(&fields, "kernel_event");
	}
	fields_bool(&fields, "kernel_doubtful", counter->has_kernel && counter->kernel_doubtful);
	fields_text(&fields, "evidence", (char[]){ counter->evidence, 0 });
	fields_bool(&fields, "doubtful", counter->unsure);
	report_item(query, "counter", &fields);
}

static void counter_line(const struct query *query, const struct counter *counter)
{
	char evidence[3], value[24] = "unknown";

	evidence_text(counter->evidence, counter->unsure, evidence);
	if (!counter->unknown)
		snprintf(value, sizeof(value), "%" PRId64, counter->value);
	if (counter->untold) {
		printf(query->plain ? "%s: not in this recording, no event that would tell is.\n" :
		       "  %-28s %10s    (not in this recording)\n", counter->text, "-");
		return;
	}
	if (query->plain) {
		printf("%s: %s (%s%s)", counter->text, value,
		       counter->evidence == 'T' ? "traced" : "inferred",
		       counter->unsure ? ", partly doubtful" : "");
		if (counter->has_kernel)
			printf("; the kernel said %" PRId64 " (%s) after event %" PRIu64 "%s",
			       counter->kernel_value, counter->kernel, counter->kernel_event,
			       counter->kernel_doubtful ? ", and pages changed since" : "");
		if (counter->note)
			printf(": %s", counter->note);
		puts(".");
		return;
	}
	printf("  %-28s %10s %-2s", counter->text, value, evidence);
	if (counter->note)
		printf("           (%s)", counter->note);
	if (counter->has_kernel)
		printf("%10" PRId64 " D%s %s", counter->kernel_value,
		       counter->kernel_doubtful ? "?" : " ", counter->kernel);
	putchar('\n');
}

static void report_counters(struct query *query)
{
	struct counter list[COUNTERS_MAX];
	int nr = counters_at(query->recording, query->when, list);
	uint64_t sampled = 0;
	bool known = false;

	for (int i = 0; i < nr; i++)
		if (list[i].has_kernel) {
			sampled = list[i].kernel_event;
			known = true;
		}
	if (!query->json && !query->plain) {
		printf("\nCOUNTERS %31s   ", "rebuilt");
		if (known)
			printf("%10s    (sampled after event %" PRIu64 ")", "kernel", sampled);
		else
			printf("(the kernel's were not sampled)");
		putchar('\n');
	}
	for (int i = 0; i < nr; i++)
		if (query->json)
			counter_item(query, &list[i]);
		else
			counter_line(query, &list[i]);
}

/* Does the file count pages, rather than say how ksmd is to work? */
static bool is_counter(const char *file)
{
	static const char *const counters[] = {
		"pages_shared", "pages_sharing", "pages_unshared", "pages_volatile", "pages_scanned",
		"pages_skipped", "ksm_zero_pages", "general_profit", "stable_node_chains",
		"stable_node_dups", "full_scans",
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
		if (strcmp(file, counters[i]) == 0)
			return true;
	return false;
}

/* Every file of /sys/kernel/mm/ksm as it was last sampled. */
static void report_sysfs(struct query *query)
{
	struct history_sample place;
	struct sample sample;
	struct sample_iter iter;
	const char *name, *value;
	struct fields fields;
	bool outdated;
	int at = 0;

	if (report_last_sample(query, SAMPLE_KSM, 0, &place, &sample))
		return;
	outdated = history_sample_outdated(query->history, (uint32_t)history_sample_before(
		query->history, SAMPLE_KSM, 0, query->when.t), (struct ref){ 0 }, query->when.t);
	iter = SAMPLE_ITER(&sample);
	if (!query->json)
		printf("\nTHE KERNEL'S OWN FILES (sampled after event %" PRIu64 ")\n", place.end);
	while (sample_next_pair(&iter, &name, &value) > 0) {
		char clean[128], text[256];

		if (query->json) {
			fields_reset(&fields);
			fields_text(&fields, "name", name);
			fields_text(&fields, "value", value);
			fields_number(&fields, "event", (int64_t)place.end);
			fields_text(&fields, "evidence", "D");
			fields_bool(&fields, "doubtful", outdated && is_counter(name));
			fields_text(&fields, "doubt", outdated && is_counter(name) ?
				    "pages were merged or removed since" : NULL);
			report_item(query, "sysfs", &fields);
			continue;
		}
		text_clean(text, sizeof(text), value);
		text_clean(clean, sizeof(clean), name);
		if (strlen(text) > 12 || strlen(clean) > 24)
			continue;
		printf("  %-24s %12s%s", clean, text,
		       outdated && is_counter(name) ? at % 2 ? "?\n" : "?" : at % 2 ? "\n" : " ");
		at++;
	}
	if (at % 2)
		putchar('\n');
}

/* ---- the nodes with most items ---- */

struct top {
	union row rows[TOP_NODES];
	int nr;
};

static uint64_t node_weight(const union row *row)
{
	return row->node.kind == NODE_CHAIN ? 0 : row->node.nr_items;
}

static void top_add(struct top *top, const union row *row)
{
	int i = top->nr;

	if (top->nr == TOP_NODES && node_weight(row) <= node_weight(&top->rows[TOP_NODES - 1]))
		return;
	if (top->nr < TOP_NODES)
		top->nr++;
	else
		i = TOP_NODES - 1;
	for (; i > 0 && node_weight(&top->rows[i - 1]) < node_weight(row); i--)
		top->rows[i] = top->rows[i - 1];
	top->rows[i] = *row;
}

static int top_nodes(struct query *query, struct top *top)
{
	struct history_cursor cursor;
	union row row;
	int more;
	int err = history_list(query->history, ALL_NODES, (struct ref){ 0 }, query->when, &cursor);

	top->nr = 0;
	if (err)
		return err;
	while ((more = history_next(&cursor, &row)) > 0)
		if (node_weight(&row))
			top_add(top, &row);
	return more;
}

static void report_node(struct query *query, const union row *row)
{
	struct fields fields;
	char name[128], pfn[32], evidence[3];

	row_fields(query->recording, row, query->when, &fields);
	if (query->json) {
		report_item(query, "node", &fields);
		return;
	}
	if (query->plain) {
		fields_sentence(&fields, 1);
		return;
	}
	printf("  %-14s %-14s %8" PRIu32 "%s items  %s\n",
	       field_show(fields_find(&fields, "name"), name, sizeof(name)),
	       field_show(fields_find(&fields, "pfn"), pfn, sizeof(pfn)), row->node.nr_items,
	       list_doubt(&fields, "items"), evidence_text((char)row->fact.evidence, row->fact.doubt, evidence));
}

static int report_nodes(struct query *query)
{
	struct top top;
	int err = top_nodes(query, &top);

	if (err)
		return err;
	if (!query->json && top.nr)
		printf("\nSTABLE PAGES with most items\n");
	for (int i = 0; i < top.nr; i++)
		report_node(query, &top.rows[i]);
	if (!query->json && !history_is_patched(query->history))
		puts("  Chains and dups: a stock kernel does not tell; the patch in traces/kernel would.");
	return 0;
}

static int print_report(struct query *query)
{
	int err;

	if (query->json)
		answer_begin(query, "report", recording_path(query->recording));
	report_recording(query);
	report_counters(query);
	err = report_nodes(query);
	if (err == 0)
		err = report_processes(query);
	if (err)
		return diag_set(&query->diag, err, "the tables cannot be read");
	report_sysfs(query);
	report_samples(query);
	report_losses(query);
	report_damage(query);
	report_unknown(query);
	if (query->json)
		answer_end(query, NULL, NULL);
	return 0;
}

int report_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = print_report(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
