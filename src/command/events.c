// SPDX-License-Identifier: GPL-2.0-only
/*
 * events.c - `ksmtop events`: one line an event.
 *
 *	NUMBER TIME CPU COMM-TID SYSTEM:NAME KEY=VALUE...
 *
 * A recording has millions of events and this command prints them all, so a line is put together
 * in one buffer with hand-made digits (printf's would cost more than decoding) and goes out in one
 * fwrite.  The values are libtraceevent's, through event_record_fields().
 *
 * For JSON the same printer gives the fields one by one: what JSON says is what the line says.  --plain says
 * what happened in a sentence instead.
 *
 * Events are traced facts; what they mean for the state is `ksmtop list` and `show`.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "fields_json.h"
#include "query.h"
#include "event/filter_names.h"
#include "view/format.h"
#include "view/row_field.h"
#include "view/source.h"
#include "view/why.h"

#define LINE_MAX_BYTES	16384

struct line {
	size_t at;
	char buf[LINE_MAX_BYTES];
};

static void line_char(struct line *line, char c)
{
	if (line->at < sizeof(line->buf))
		line->buf[line->at++] = c;
}

static void line_number(struct line *line, uint64_t number, int least)
{
	char digits[24];
	int nr = 0;

	do {
		digits[nr++] = (char)('0' + number % 10);
		number /= 10;
	} while (number || nr < least);
	while (nr)
		line_char(line, digits[--nr]);
}

/* Nearly all text is plain ASCII: only the rest takes the slow way. */
static void line_text(struct line *line, const char *text)
{
	size_t length = 0;

	while (text[length] >= 0x20 && text[length] < 0x7f)
		length++;
	if (length > sizeof(line->buf) - line->at)
		length = sizeof(line->buf) - line->at;
	memcpy(line->buf + line->at, text, length);
	line->at += length;
	if (text[length] && line->at < sizeof(line->buf))
		line->at += text_clean(line->buf + line->at, sizeof(line->buf) - line->at,
				       text + length);
}

static void print_line(struct line *line, const struct event_record *record, const char *system,
		       const char *name, const char *fields)
{
	line->at = 0;
	line_number(line, record->nr, 1);
	line_char(line, ' ');
	line_number(line, record->ts_ns / 1000000000, 1);
	line_char(line, '.');
	line_number(line, record->ts_ns % 1000000000, 9);
	line_char(line, ' ');
	line_number(line, record->cpu, 1);
	line_char(line, ' ');
	line_text(line, record->comm);
	line_char(line, '-');
	line_number(line, (uint64_t)(record->pid < 0 ? 0 : record->pid), 1);
	line_char(line, ' ');
	line_text(line, system);
	line_char(line, ':');
	line_text(line, name);
	if (fields[0]) {
		line_char(line, ' ');
		line_text(line, fields);
	}
	if (line->at == sizeof(line->buf))
		line->at--;
	line_char(line, '\n');
	fwrite_unlocked(line->buf, 1, line->at, stdout);
}

/* ---- JSON ---- */

static int add_value(const char *name, const char *text, enum field_kind kind, void *values)
{
	char clean[FIELDS_TEXT];
	struct json_object *value;
	char *end;

	errno = 0;
	if (kind == FIELD_NUMBER && text[0] == '-')
		value = json_object_new_int64(strtoll(text, &end, 10));
	else if (kind == FIELD_NUMBER)
		value = json_object_new_uint64(strtoull(text, &end, 10));
	else
		value = NULL;
	/* A number that does not fit stays what was printed. */
	if (!value || errno) {
		json_object_put(value);
		text_clean(clean, sizeof(clean), text);
		value = json_object_new_string(clean);
	}
	text_clean(clean, sizeof(clean), name);
	json_object_object_add(values, clean, value);
	return 0;
}

static void print_item(struct query *query, const struct event_record *record, const char *system,
		       const char *name)
{
	struct event_index *events = recording_events(query->recording);
	const char *buffer = "";
	struct fields fields;
	struct json_object *item, *values = json_object_new_object();
	uint16_t cpu;

	event_index_stream(events, record->stream, &buffer, &cpu);
	fields_reset(&fields);
	fields_number(&fields, "event", (int64_t)record->nr);
	fields_number(&fields, "time_ns", (int64_t)record->ts_ns);
	fields_number(&fields, "cpu", record->cpu);
	fields_text(&fields, "buffer", buffer);
	fields_text(&fields, "comm", record->comm);
	fields_number(&fields, "tid", record->pid);
	fields_text(&fields, "system", system);
	fields_text(&fields, "name", name);
	evidence_fields(EVIDENCE_TRACED, DOUBT_NONE, &fields);
	item = fields_json(&fields);
	event_record_each_field(events, record, add_value, values);
	json_object_object_add(item, "fields", values);
	answer_item(query, item);
}

/* What happened as the views' why line has it: --plain walks a recording in sentences. */
static void print_sentence(const struct query *query, const struct event_record *record)
{
	struct source source;
	struct scene scene = {
		.source = &source, .recording = query->recording, .history = query->history,
		.when = moment_at(record->nr), .start_ns = recording_start_ns(query->recording),
	};
	char text[WHY_MAX], clean[WHY_MAX * 4], comm[64], time[FORMAT_MAX];
	uint64_t nr = record->nr, ts_ns = record->ts_ns;
	unsigned int cpu = record->cpu;
	int32_t tid = record->pid;

	text_clean(comm, sizeof(comm), record->comm ? record->comm : "?");
	source_init(&source, query->recording);
	why_event(&scene, nr, text, sizeof(text));	/* the record is gone with the next read */
	text_clean(clean, sizeof(clean), text);
	printf("Event %" PRIu64 " at %s, CPU %u, %s %" PRId32 ": %s.\n", nr, format_moment(time, ts_ns - scene.start_ns),
	       cpu, comm, tid, clean);
}

/* ---- the walk ---- */

struct range {
	uint64_t from, to;
};

static int read_range(struct query *query, struct range *range)
{
	const char *from = invocation_value(query->invocation, OPTION_FROM);
	const char *to = invocation_value(query->invocation, OPTION_TO);
	struct moment moment;

	range->from = 1;
	range->to = event_index_last(recording_events(query->recording));
	if (from) {
		if (query_moment(query, from, &moment))
			return -EINVAL;
		range->from = moment.t ? moment.t : 1;
	}
	if (to) {
		if (query_moment(query, to, &moment))
			return -EINVAL;
		range->to = moment.t;
		query->when = moment;	/* the answer is about nothing later */
	}
	if (!from || !to || range->from <= range->to)
		return 0;
	diag_set(&query->diag, -EINVAL, "--from %s lies behind --to %s", from, to);
	diag_expected(&query->diag, "the earlier moment first");
	return -EINVAL;
}

static int print_event(struct query *query, struct line *line, uint64_t nr)
{
	struct event_index *events = recording_events(query->recording);
	struct event_record record;
	const char *system, *name;
	char text[LINE_MAX_BYTES / 2];
	int err = event_index_read(events, nr, &record);

	if (err) {
		diag_set(&query->diag, err, "an event cannot be read");
		diag_event(&query->diag, recording_path(query->recording), nr);
		return err;
	}
	if (query->filter && !event_filter_match(query->filter, events, &record))
		return 0;
	event_record_name(&record, &system, &name);
	if (query->json) {
		print_item(query, &record, system, name);
		return 0;
	}
	if (query->plain) {
		print_sentence(query, &record);
		return 0;
	}
	text[0] = 0;
	event_record_fields(events, &record, text, sizeof(text));
	print_line(line, &record, system, name, text);
	return 0;
}

/* A field that no event here has would quietly print nothing. */
static int check_names(struct query *query)
{
	struct filter_names names = { 0 };
	int err;

	if (!query->filter)
		return 0;
	err = filter_names_of_events(&names, query->filter, recording_events(query->recording),
				     &query->diag);
	if (err == 0)
		err = event_filter_check(query->filter, &names, event_filter_events(query->filter) ?
					 "none of these events" : "no event of this recording", &query->diag);
	filter_names_fini(&names);
	return err;
}

static int print_events(struct query *query)
{
	struct line line;
	struct range range;
	int err = read_range(query, &range);

	if (err == 0)
		err = check_names(query);
	if (err)
		return err;
	if (query->json)
		answer_begin(query, "events", recording_path(query->recording));
	for (uint64_t nr = range.from; nr <= range.to && err == 0; nr++)
		err = print_event(query, &line, nr);
	if (query->json && err == 0)
		answer_end(query, NULL, NULL);
	return err;
}

int events_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = print_events(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
