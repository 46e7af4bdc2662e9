// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_processes.c - who takes part in KSM: mms from events, processes from samples.
 *
 * Events of a stock kernel name an mm by its address only, samples name a process by its pid only.
 * Where an event links the two (the mm entered KSM while it was recorded) there is one line with
 * both kinds of numbers.  An mm that was in KSM before has no pid, and a process whose mm is not
 * known has no items: both are listed, and the missing half is a dash, never a guess.
 *
 * The kernel's own numbers per process (ksm_merging_pages, ksm_process_profit) are as of the last
 * sample before the moment.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "report.h"
#include "fields_json.h"
#include "list.h"
#include "view/row_field.h"

#define TOP_PROCESSES 20

/* The pids that had a line; they grow with the number of processes, not with the recording. */
struct seen {
	int32_t *pids;
	size_t nr, room;
};

static bool seen_before(struct seen *seen, int32_t pid)
{
	for (size_t i = 0; i < seen->nr; i++)
		if (seen->pids[i] == pid)
			return true;
	if (seen->nr == seen->room) {
		size_t room = seen->room ? 2 * seen->room : 64;
		int32_t *pids = realloc(seen->pids, room * sizeof(*pids));

		if (!pids)
			return true;
		seen->pids = pids;
		seen->room = room;
	}
	seen->pids[seen->nr++] = pid;
	return false;
}

static void kernel_numbers(struct query *query, int32_t pid, struct ref mm, bool exited,
			   struct fields *fields)
{
	static const struct { const char *file, *name; } numbers[] = {
		{ "ksm_merging_pages", "kernel_merging_pages" },
		{ "ksm_process_profit", "kernel_profit" },
	};
	struct history_sample place;
	struct sample sample;
	bool sampled = pid > 0 && report_last_sample(query, SAMPLE_PROCESS, pid, &place, &sample) == 0;
	int index;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int64_t number;

		if (sampled && sample_number(&sample, numbers[i].file, &number) == 0)
			fields_number(fields, numbers[i].name, number);
		else
			fields_nothing(fields, numbers[i].name);
	}
	index = pid > 0 ? history_sample_before(query->history, SAMPLE_PROCESS, pid, query->when.t) : -1;
	fields_bool(fields, "kernel_doubtful", sampled && index >= 0 &&
		    (exited || history_sample_outdated(query->history, (uint32_t)index, mm, query->when.t)));
}

static const char *show(const struct fields *fields, const char *name, char *buf, size_t size)
{
	const struct named_value *field = fields_find(fields, name);

	return field ? field_show(field, buf, size) : "-";
}

static void process_line(const struct fields *fields, char evidence, bool doubtful)
{
	char name[64], pid[32], comm[64], items[32], mappings[32], merging[32], profit[32], letters[3];

	const struct named_value *outdated = fields_find(fields, "kernel_doubtful");
	const char *mark = outdated && outdated->number ? "?" : " ";

	printf("  %-5s %7s %-15s %8s%s%8s%s%9s%s%12s%s%s\n", show(fields, "name", name, sizeof(name)),
	       show(fields, "pid", pid, sizeof(pid)), show(fields, "comm", comm, sizeof(comm)),
	       show(fields, "items", items, sizeof(items)), list_doubt(fields, "items"),
	       show(fields, "mappings", mappings, sizeof(mappings)), list_doubt(fields, "mappings"),
	       show(fields, "kernel_merging_pages", merging, sizeof(merging)), mark,
	       show(fields, "kernel_profit", profit, sizeof(profit)), mark,
	       evidence_text(evidence, doubtful, letters));
}

static void report_mm(struct query *query, const union row *row, uint64_t nr)
{
	struct fields fields;

	row_fields(query->recording, row, query->when, &fields);
	kernel_numbers(query, row->mm.tgid, row->mm.ref, row->mm.exited, &fields);
	if (query->json)
		report_item(query, "process", &fields);
	else if (nr >= TOP_PROCESSES)
		return;
	else if (query->plain)
		fields_sentence(&fields, 1);
	else
		process_line(&fields, row->mm.tgid_evidence ? row->mm.tgid_evidence :
			     (char)row->fact.evidence, row->mm.tgid_doubtful || row->fact.doubt);
}

/* A process that only samples know. */
static bool report_sampled(struct query *query, int32_t pid, uint64_t nr)
{
	struct history_sample place;
	struct sample sample;
	struct fields fields;

	if (report_last_sample(query, SAMPLE_PROCESS, pid, &place, &sample))
		return false;
	fields_reset(&fields);
	fields_number(&fields, "pid", pid);
	fields_text(&fields, "comm", sample_value(&sample, "comm"));
	kernel_numbers(query, pid, (struct ref){ 0 }, false, &fields);
	fields_number(&fields, "event", (int64_t)place.end);
	evidence_fields(EVIDENCE_DUMPED, DOUBT_NONE, &fields);
	if (query->json)
		report_item(query, "sampled-process", &fields);
	else if (nr < TOP_PROCESSES && query->plain)
		fields_sentence(&fields, 0);
	else if (nr < TOP_PROCESSES)
		process_line(&fields, EVIDENCE_DUMPED, false);
	return true;
}

bool report_is_known_gone(const struct query *query, const struct history_sample *sample)
{
	struct ref mm;
	union row row;

	return history_find_pid(query->history, sample->tgid,
				(struct moment){ sample->begin, query->when.known_by }, &mm) == 0 &&
	       history_row(query->history, mm, query->when, &row) != 0;
}

static uint64_t report_sampled_processes(struct query *query, struct seen *seen, uint64_t nr)
{
	uint32_t nr_samples = history_nr_samples(query->history);

	for (uint32_t i = 0; i < nr_samples; i++) {
		struct history_sample sample;

		if (history_sample(query->history, i, &sample) || sample.kind != SAMPLE_PROCESS ||
		    sample.end > query->when.t || seen_before(seen, sample.tgid))
			continue;
		if (!report_is_known_gone(query, &sample))
			nr += report_sampled(query, sample.tgid, nr);
	}
	return nr;
}

int report_processes(struct query *query)
{
	struct history_cursor cursor;
	struct seen seen = { 0 };
	union row row;
	uint64_t nr = 0;
	int more;
	int err = history_list(query->history, ALL_MMS, (struct ref){ 0 }, query->when, &cursor);

	if (err)
		return err;
	if (!query->json)
		printf("\nPROCESSES\n");
	if (!query->json && !query->plain)
		printf("  %-5s %7s %-15s %8s %8s %9s %12s EV\n", "MM", "PID", "COMM", "ITEMS",
		       "MAPPINGS", "MERGING D", "PROFIT B D");
	while ((more = history_next(&cursor, &row)) > 0) {
		if (row.mm.tgid > 0)
			seen_before(&seen, row.mm.tgid);
		report_mm(query, &row, nr++);
	}
	nr = report_sampled_processes(query, &seen, nr);
	free(seen.pids);
	if (!query->json && nr > TOP_PROCESSES)
		printf("  and %" PRIu64 " more, see --json\n", nr - TOP_PROCESSES);
	if (!query->json && nr == 0)
		puts("  none is known at this moment");
	return more;
}
