// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_filter.c - any text as a filter expression, over events and over rows.
 *
 * Beside the sanitizers it asserts: an expression that is refused says why; one that is taken gives
 * the same answer when it is asked twice and when it is made again of its own text; and no event
 * matches both an expression and its negation (three-valued logic: it may match neither).
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_filter.h"
#include "fuzz_recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lookup(void *row, const char *name, struct filter_value *ret)
{
	uint64_t seed = (uintptr_t)row;

	for (const char *p = name; *p; p++)
		seed = seed * 31 + (uint8_t)*p;
	if (seed % 5 == 0)
		return false;
	*ret = (struct filter_value){ .is_string = seed % 2, .string = seed % 3 ? "qemu-web" : "",
				      .number = seed % 7 ? (int64_t)(seed % 5000) : INT64_MIN };
	return true;
}

static void filters_ask(struct event_filter *filter, struct event_filter *same,
			struct event_filter *opposite)
{
	struct event_index *index = event_index_last(recording_events(fuzz_recording())) ?
		recording_events(fuzz_recording()) : NULL;

	for (uint64_t nr = 1; index && nr <= event_index_last(index);
	     nr += 1 + event_index_last(index) / 24) {
		struct event_record record;
		bool matched;

		assert(event_index_read(index, nr, &record) == 0);
		matched = event_filter_match(filter, index, &record);
		assert(event_filter_match(same, index, &record) == matched);
		assert(!opposite || !matched || !event_filter_match(opposite, index, &record));
	}
	for (uintptr_t row = 1; row < 8; row++) {
		bool matched = event_filter_match_row(filter, lookup, (void *)row);

		assert(event_filter_match_row(same, lookup, (void *)row) == matched);
		assert(!opposite || !matched || !event_filter_match_row(opposite, lookup, (void *)row));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *negated = malloc(size + 8), diag_buffer[DIAG_TEXT_SIZE];
	struct event_filter *filter, *same = NULL, *opposite = NULL;
	struct diag diag = { 0 };

	assert(text && negated);
	memcpy(text, data, size);
	text[size] = 0;
	if (event_filter_new(text, &filter, &diag) != 0) {
		assert(diag_text(&diag, diag_buffer, sizeof(diag_buffer))[0]);
	} else {
		assert(event_filter_new(text, &same, NULL) == 0);
		snprintf(negated, size + 8, "!(%s)", text);
		/* With events in front of a ':' the brackets are wrong; then there is no opposite. */
		if (strchr(text, ':') || event_filter_new(negated, &opposite, NULL) != 0)
			opposite = NULL;
		filters_ask(filter, same, opposite);
		event_filter_free(opposite);
		event_filter_free(same);
		event_filter_free(filter);
	}
	free(negated);
	free(text);
	return 0;
}
