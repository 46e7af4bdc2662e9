// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_not_merged.c - `ksmtop why-not-merged`: why a process's pages are not shared.
 *
 * The reasons and their order are explain/why_not_merged.h's: runs of addresses first, then what is
 * known of the process as a whole, which has no addresses.  A reason is given with the event that
 * says so and with its evidence; a reason of its own says what cannot be told from this recording.
 *
 * A process is asked for by pid or by its mm; --range cuts out addresses, its end not included.  One that was in
 * KSM before the recording began may be known to samples alone: then those are told.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "episode_row.h"
#include "explain/narrate.h"
#include "explain/why_not_merged.h"
#include "report.h"
#include "view/why_maps.h"

/* Whole pages. */
#define PAGE_BITS 0xfffull
struct range { uint64_t first, last; };

/* A process that only samples know: its last one, and what that calls it. */
static bool find_sampled(struct query *query, const char *pid, struct mm_row *ret)
{
	struct history_sample place;
	struct sample sample;
	const char *comm;
	char *end;
	long number = strtol(pid, &end, 10);

	if (*end || number <= 0 || number > INT32_MAX ||
	    report_last_sample(query, SAMPLE_PROCESS, (int32_t)number, &place, &sample) != 0 ||
	    report_is_known_gone(query, &place))
		return false;
	comm = sample_value(&sample, "comm");
	*ret = (struct mm_row){ .tgid = (int32_t)number };
	snprintf(ret->comm, sizeof(ret->comm), "%s", comm ? comm : "");
	return true;
}

/* The mm, none for a process that only samples know, and its row as far as it is known. */
static int find_mm(struct query *query, struct ref *ret_mm, struct mm_row *ret_row)
{
	const char *pid = invocation_value(query->invocation, OPTION_PID);
	const char *mm = invocation_value(query->invocation, OPTION_MM);
	char text[96];
	union row row;
	int err;

	if (!pid == !mm) {
		diag_set(&query->diag, -EINVAL, pid ? "--pid and --mm exclude each other" :
			 "ksmtop why-not-merged wants a process");
		diag_expected(&query->diag, "either --pid P or --mm M");
		diag_advice(&query->diag, "ksmtop list %s mms has them",
			    recording_path(query->recording));
		return -EINVAL;
	}
	if (pid)
		snprintf(text, sizeof(text), "pid:%.60s", pid);
	else if (strncmp(mm, "mm", 2) == 0)
		snprintf(text, sizeof(text), "%.60s", mm);
	else
		snprintf(text, sizeof(text), mm[0] >= '0' && mm[0] <= '9' ? "mm:%.60s" : "mm %.60s",
			 mm);
	err = recording_parse_object(query->recording, text, query->when, ret_mm, &query->diag);
	if (err == 0 && ret_mm->table == TABLE_MM &&
	    history_row(query->history, *ret_mm, query->when, &row) == 0) {
		*ret_row = row.mm;
		return 0;
	}
	if (pid && err != -EINVAL && find_sampled(query, pid, ret_row)) {
		*ret_mm = (struct ref){ 0 };
		query->diag = (struct diag){ 0 };
		return 0;
	}
	diag_set(&query->diag, -ENOENT, "there is no process %s at that moment", pid ? pid : mm);
	diag_file(&query->diag, recording_path(query->recording));
	diag_expected(&query->diag,
		      pid ? "the number of a process" : "an address, or the A of \"mm A\"");
	diag_advice(&query->diag, "ksmtop list %s mms has them", recording_path(query->recording));
	return -ENOENT;
}

static int read_range(struct query *query, struct range *ret_range)
{
	const char *text = invocation_value(query->invocation, OPTION_RANGE);
	char *end;
	uint64_t first, after;

	*ret_range = (struct range){ 0, UINT64_MAX };
	if (!text)
		return 0;
	errno = 0;
	first = strtoull(text, &end, 16);
	if (text[0] != '-' && *end == '-' && end[1] && end[1] != '-') {
		after = strtoull(end + 1, &end, 16);
		if (*end == 0 && errno == 0 && after > first) {
			*ret_range = (struct range){ first & ~PAGE_BITS, (after - 1) | PAGE_BITS };
			return 0;
		}
	}
	diag_set(&query->diag, -EINVAL, "%s is no range of addresses", text);
	diag_expected(&query->diag,
		      "A-B in hexadecimal with A below B, such as 7f0000000000-7f0000200000");
	return -EINVAL;
}

static struct json_object *number(int64_t value, bool known)
{
	return known ? json_object_new_int64(value) : NULL;
}

static void answer_why(struct query *query, const struct why_not *why)
{
	struct json_object *item = json_object_new_object();
	bool of_addresses = why->first != 0 || why->last != 0;
	char letter[2] = { why->evidence ? why->evidence : EVIDENCE_INFERRED, 0 };

	json_object_object_add(item, "reason",
			       json_object_new_string(not_merged_word(why->reason)));
	json_object_object_add(item, "scope",
			       json_object_new_string(of_addresses ? "range" : "process"));
	json_object_object_add(item, "start", of_addresses ? json_hex(why->first) : NULL);
	json_object_object_add(item, "end", of_addresses ? json_hex((why->last | 4095) + 1) : NULL);
	json_object_object_add(item, "pages",
			       number((int64_t)why->nr_pages, why->nr_pages || of_addresses));
	json_object_object_add(item, "event", number((int64_t)why->event, why->event != 0));
	json_object_object_add(item, "seqnr", number(why->seqnr, why->seqnr >= 0));
	json_object_object_add(item, "text", json_object_new_string(why->text));
	json_object_object_add(item, "evidence", json_object_new_string(letter));
	json_object_object_add(item, "doubtful", json_object_new_boolean(why->doubtful));
	answer_item(query, item);
}

static void print_sentence(const struct why_not *why)
{
	if (why->first || why->last)
		printf("0x%" PRIx64 " to 0x%" PRIx64 ", pages: %" PRIu64 ". ", why->first,
		       (why->last | 4095) + 1, why->nr_pages);
	else if (why->seqnr >= 0)
		printf("Of the whole process in scan %" PRId64 ", the last that ended, pages: %" PRIu64 ". ", why->seqnr,
		       why->nr_pages);
	else if (why->nr_pages)
		printf("Of the whole process, pages: %" PRIu64 ". ", why->nr_pages);
	else
		printf("Of the whole process. ");
	printf("%s (%s", why->text, why->evidence == EVIDENCE_TRACED ? "traced" :
	       why->evidence == EVIDENCE_DUMPED ? "sampled" : "inferred");
	if (why->event)
		printf(", event %" PRIu64, why->event);
	printf("%s)\n", why->doubtful ? ", doubtful" : "");
}

static void print_line(const struct why_not *why)
{
	char range[48] = "the whole process", pages[24] = "-", event[24] = "-", evidence[3];

	if (why->first || why->last)
		snprintf(range, sizeof(range), "%" PRIx64 "-%" PRIx64, why->first,
			 (why->last | 4095) + 1);
	else if (why->seqnr >= 0)
		snprintf(range, sizeof(range), "the process, in scan %" PRId64, why->seqnr);
	if (why->nr_pages)
		snprintf(pages, sizeof(pages), "%" PRIu64, why->nr_pages);
	if (why->event)
		snprintf(event, sizeof(event), "%" PRIu64, why->event);
	printf("%-27s %8s %-13s %8s %-2s %s\n", range, pages, not_merged_word(why->reason), event,
	       evidence_text(why->evidence, why->doubtful, evidence), why->text);
}

static int print_why(const struct why_not *why, void *arg)
{
	struct query *query = arg;

	if (query->json)
		answer_why(query, why);
	else if (query->plain)
		print_sentence(why);
	else
		print_line(why);
	return 0;
}

static struct json_object *process_json(const struct query *query, struct ref mm, const struct mm_row *row)
{
	struct json_object *process = json_object_new_object();
	bool told = !ref_is_none(mm);
	char name[96];

	json_object_object_add(process, "pid", number(row->tgid, row->tgid > 0));
	json_object_object_add(process, "mm", json_hex(row->name.addr));
	json_object_object_add(process, "mm_name",
			       told ? json_text(query_name(query, mm, name, sizeof(name))) : NULL);
	json_object_object_add(process, "comm", row->comm[0] ? json_text(row->comm) : NULL);
	json_object_object_add(process, "in_ksm", told ? json_object_new_boolean(row->in_ksm) : NULL);
	return process;
}

static void print_headings(const struct query *query, struct ref mm, const struct mm_row *row)
{
	char name[96], clean[96 * 4];

	if (ref_is_none(mm))
		snprintf(name, sizeof(name), "process %" PRId32 " %s, of which no event told the mm,",
			 row->tgid, row->comm);
	else
		narrate_name(query->history, mm, query->when, name, sizeof(name));
	text_clean(clean, sizeof(clean), name);
	printf("%s after event %" PRIu64 "%s\n", clean, query->when.t, query->plain ? "." : "");
	if (!query->plain)
		printf("%-27s %8s %-13s %8s EV WHY\n", "ADDRESSES", "PAGES", "REASON", "EVENT");
}

static int ask(struct query *query)
{
	struct episode_source source = query_source(query);
	struct mm_row row;
	struct range range;
	struct ref mm;
	int err = read_range(query, &range);

	if (err == 0)
		err = find_mm(query, &mm, &row);
	if (err)
		return err;
	if (query->json)
		answer_begin(query, "why-not-merged", recording_path(query->recording));
	else
		print_headings(query, mm, &row);
	err = why_maps(query->recording, row.tgid, range.first, range.last, query->when, print_why, query);
	if (err == 0)
		err = ref_is_none(mm) ?
			why_not_merged_sampled(&source, row.tgid, query->when, print_why, query) :
			why_not_merged(&source, mm, range.first, range.last, query->when, print_why, query,
				       &query->diag);
	if (err == 0 && query->json)
		answer_end(query, "process", process_json(query, mm, &row));
	return err;
}

int why_not_merged_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = ask(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
