// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c - makes the session's source of an opened recording.
 *
 * The session knows moments, objects and steps, but no file; this file answers its few questions
 * from the recording's parts.  The only rule worth a word: event 0 has no time of its own, so it
 * borrows the first event's, and a recording that lost its first segments begins with the first
 * event that is still held.
 *
 * Nothing is kept here: `data` is the recording itself.
 */
#include "row_field.h"
#include "source.h"

#include <errno.h>

#include "event/event_filter.h"

static uint64_t time_ns(void *data, uint64_t event)
{
	uint64_t first = history_first(recording_history(data));

	if (event < first)
		event = first ? first : 1;
	return event > event_index_last(recording_events(data))
		       ? recording_start_ns(data)
		       : event_index_time(recording_events(data), event);
}

static uint64_t event_at(void *data, uint64_t ns)
{
	return event_index_at_time(recording_events(data), ns);
}

static uint64_t step_event(const struct history *h, uint64_t t, int dir)
{
	if (dir > 0)
		return t < history_last(h) ? t + 1 : 0;
	return t > 1 ? t - 1 : 0;
}

static uint64_t step(void *data, enum step_unit unit, struct ref object, uint64_t t, int dir)
{
	const struct history *h = recording_history(data);
	struct notable notable;
	int i;

	switch (unit) {
	case STEP_EVENT:
		return step_event(h, t, dir);
	case STEP_OBJECT:
		return ref_is_none(object) ? 0 : history_touch(h, object, t, dir);
	case STEP_SCAN:
		return history_scan_step(h, t, dir);
	case STEP_NOTABLE:
		/* Worth a look or a fault: what is merely seen is not a moment to stop at. */
		i = history_notable_near(h, t, dir, 1);
		return i < 0 || history_notable(h, (uint32_t)i, &notable) ? 0 : notable.event;
	}
	return 0;
}

static void object_name(void *data, struct ref object, char *buffer, size_t size)
{
	recording_object_name(data, object, buffer, size);
}

/* Digits with a point and nothing else: a time of the trace clock, as the command line takes with --absolute. */
static bool is_absolute(const char *text)
{
	size_t seconds = strspn(text, "0123456789");

	return seconds && text[seconds] == '.' && !text[seconds + 1 + strspn(text + seconds + 1, "0123456789")];
}

static int parse_moment(void *data, const char *text, uint64_t *ret_t, struct diag *diag)
{
	return recording_parse_moment(data, text, is_absolute(text), ret_t, diag);
}

static int parse_object(void *data, const char *text, struct moment when, struct ref *ret_object,
			struct diag *diag)
{
	return recording_parse_object(data, text, when, ret_object, diag);
}

static int check_filter(void *data, const char *text, struct diag *diag)
{
	struct recording *recording = data;
	struct filter_names names = { 0 };
	struct event_filter *filter;
	int err = event_filter_new(text, &filter, diag);

	if (err)
		return err;
	/* It stands for all views, so any of them may have the name. */
	err = filter_names_of_events(&names, filter, recording_events(recording), diag);
	for (enum table table = TABLE_MM; !err && !event_filter_events(filter) && table < NR_TABLES; table++)
		row_names(recording, table, -1, &names);
	if (!err)
		err = event_filter_check(filter, &names, "no event or row of this recording", diag);
	filter_names_fini(&names);
	event_filter_free(filter);
	return err;
}

static void count_lost(struct source *source)
{
	struct history_loss loss;

	for (uint32_t i = 0; !history_loss(source->history, i, &loss); i++) {
		source->nr_lost += loss.nr_lost;
		source->lost_uncounted |= !loss.nr_lost;
	}
}

void source_init(struct source *source, struct recording *recording)
{
	const struct history *h = recording_history(recording);

	*source = (struct source){
		.data = recording,
		.recording = recording,
		.history = h,
		.file = recording_path(recording),
		.nr_events = history_last(h),
		.damaged = recording_nr_damages(recording) > 0,
		.time_ns = time_ns,
		.event_at = event_at,
		.step = step,
		.object_name = object_name,
		.parse_moment = parse_moment,
		.parse_object = parse_object,
		.check_filter = check_filter,
	};
	count_lost(source);
}
