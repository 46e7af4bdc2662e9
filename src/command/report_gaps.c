// SPDX-License-Identifier: GPL-2.0-only
/*
 * report_gaps.c - what a recording has besides events, and what it lacks.
 *
 * Samples by kind; losses, each with its CPU and the two events around it; damage, each a sentence
 * with its place; events that ksmtop has no meaning for, by name and number.  Nothing that is
 * missing is left unsaid: a report without such lines is a statement that nothing is missing.
 *
 * Losses and damages can be many in a bad file: text shows the first ones, --json all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "report.h"
#include "view/row_field.h"
#include "trace/sample.h"

#define TEXT_LINES 12

static const char *sample_word(uint16_t kind)
{
	static const char *const words[] = {
		[SAMPLE_HOST] = "host", [SAMPLE_KSM] = "ksm", [SAMPLE_PROCESS] = "process",
		[SAMPLE_MAPS] = "maps", [SAMPLE_PAGES] = "pages", [SAMPLE_LOSS] = "loss",
		[SAMPLE_NOTE] = "note", [SAMPLE_READ] = "read", [SAMPLE_NAMES] = "names",
		[SAMPLE_KSM_PAGES] = "ksm-pages",
	};

	return kind && kind < sizeof(words) / sizeof(*words) ? words[kind] : "other";
}

void report_samples(struct query *query)
{
	uint64_t counts[SAMPLE_KIND_LAST + 1] = { 0 };
	uint32_t nr = recording_nr_samples(query->recording);
	struct fields fields;
	const char *separator = "";

	for (uint32_t i = 0; i < history_nr_samples(query->history); i++) {
		struct history_sample sample;

		if (history_sample(query->history, i, &sample) == 0 && sample.kind <= SAMPLE_KIND_LAST)
			counts[sample.kind]++;
	}
	if (!query->json)
		printf("\nSAMPLES %" PRIu32 "%s", nr, nr ? ": " : "");
	for (uint16_t kind = 1; kind <= SAMPLE_KIND_LAST; kind++) {
		if (query->json) {
			fields_reset(&fields);
			fields_text(&fields, "kind", sample_word(kind));
			fields_number(&fields, "samples", (int64_t)counts[kind]);
			evidence_fields(EVIDENCE_DUMPED, DOUBT_NONE, &fields);
			report_item(query, "samples", &fields);
		} else if (counts[kind]) {
			printf("%s%" PRIu64 " %s", separator, counts[kind], sample_word(kind));
			separator = ", ";
		}
	}
	if (!query->json)
		putchar('\n');
}

/* For programs, and for people. */
static const char *loss_cause(uint16_t cause, bool people)
{
	switch (cause) {
	case LOSS_DAMAGE:
		return people ? "damaged file" : "damage";
	case LOSS_CUT:
		return people ? "the recording was cut" : "cut";
	default:
		return people ? "ring buffer overrun" : "overrun";
	}
}

static void loss_item(struct query *query, const struct history_loss *loss, uint16_t cpu,
		      const char *buffer)
{
	struct fields fields;

	fields_reset(&fields);
	fields_number(&fields, "cpu", cpu);
	fields_text(&fields, "buffer", buffer);
	if (loss->nr_lost)
		fields_number(&fields, "events", (int64_t)loss->nr_lost);
	else
		fields_nothing(&fields, "events");
	fields_number(&fields, "after", (int64_t)loss->after);
	if (loss->before)
		fields_number(&fields, "before", (int64_t)loss->before);
	else
		fields_nothing(&fields, "before");
	fields_text(&fields, "cause", loss_cause(loss->cause, false));
	evidence_fields(EVIDENCE_TRACED, DOUBT_NONE, &fields);
	report_item(query, "loss", &fields);
}

static void loss_line(const struct history_loss *loss, uint16_t cpu)
{
	char nr[32] = "an unknown number of", before[32] = "the end";

	if (loss->nr_lost)
		snprintf(nr, sizeof(nr), "%" PRIu64, loss->nr_lost);
	if (loss->before)
		snprintf(before, sizeof(before), "event %" PRIu64, loss->before);
	printf("  CPU %u: %s events between event %" PRIu64 " and %s (%s)\n", cpu, nr, loss->after,
	       before, loss_cause(loss->cause, true));
}

void report_losses(struct query *query)
{
	struct event_index *events = recording_events(query->recording);
	uint32_t nr = history_nr_losses(query->history);

	if (!query->json)
		printf("\nLOSSES %s\n", nr ? "" : "none");
	for (uint32_t i = 0; i < nr; i++) {
		struct history_loss loss;
		const char *buffer = "";
		uint16_t cpu = 0;

		if (history_loss(query->history, i, &loss))
			continue;
		event_index_stream(events, loss.stream, &buffer, &cpu);
		if (query->json)
			loss_item(query, &loss, cpu, buffer);
		else if (i < TEXT_LINES)
			loss_line(&loss, cpu);
	}
	if (!query->json && nr > TEXT_LINES)
		printf("  and %" PRIu32 " more, see --json\n", nr - TEXT_LINES);
}

void report_damage(struct query *query)
{
	uint32_t nr = recording_nr_damages(query->recording);
	struct fields fields;

	if (!query->json)
		printf("\nDAMAGE %s\n", nr ? "" : "none");
	for (uint32_t i = 0; i < nr; i++) {
		const struct diag *damage = recording_damage(query->recording, i);
		char text[DIAG_TEXT_SIZE];

		if (query->json) {
			fields_reset(&fields);
			fields_text(&fields, "text", diag_text(damage, text, sizeof(text)));
			evidence_fields(EVIDENCE_DUMPED, DOUBT_NONE, &fields);
			report_item(query, "damage", &fields);
		} else if (i < TEXT_LINES) {
			printf("  %s\n", diag_text(damage, text, sizeof(text)));
		}
	}
	if (!query->json && nr > TEXT_LINES)
		printf("  and %" PRIu32 " more, see --json\n", nr - TEXT_LINES);
}

void report_unknown(struct query *query)
{
	struct event_index *events = recording_events(query->recording);
	struct fields fields;
	bool any = false;

	for (uint32_t i = 0; i < event_index_nr_types(events); i++) {
		struct event_type_count type;
		char system[128], name[128];

		if (event_index_type(events, i, &type) || type.kind != EVENT_UNKNOWN || type.nr == 0)
			continue;
		if (query->json) {
			fields_reset(&fields);
			fields_text(&fields, "system", type.system);
			fields_text(&fields, "name", type.name);
			fields_number(&fields, "type", type.type);
			fields_number(&fields, "events", (int64_t)type.nr);
			evidence_fields(EVIDENCE_TRACED, DOUBT_NONE, &fields);
			report_item(query, "unknown", &fields);
			continue;
		}
		text_clean(system, sizeof(system), type.system);
		text_clean(name, sizeof(name), type.name);
		printf("%s  %s:%s %" PRIu64 "\n", any ? "" : "\nEVENTS THAT KSMTOP DOES NOT INTERPRET\n",
		       system, name, type.nr);
		any = true;
	}
}
