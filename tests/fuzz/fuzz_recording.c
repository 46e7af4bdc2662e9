// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_recording.c - see fuzz_recording.h.
 *
 * Built without cache and with one thread: a fuzzer must do the same thing every time.
 */
#include "fuzz_recording.h"

#include <stdio.h>
#include <stdlib.h>

/* libtraceevent 1.7.1 loses some bytes on formats that it cannot parse. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent\n";
}

static struct recording *recording;

static void recording_end(void)
{
	recording_close(recording);
}

struct recording *fuzz_recording(void)
{
	struct recording_options options = { .no_cache = true, .nr_threads = 1 };
	const char *path = getenv("KSMTOP_RECORDING");
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };

	if (recording)
		return recording;
	if (!path) {
		fprintf(stderr, "KSMTOP_RECORDING must name a recording, such as traces/stock-merge.dat\n");
		exit(2);
	}
	if (recording_open(path, &options, &recording, &diag) != 0 ||
	    recording_load(recording, 0, &diag) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		exit(2);
	}
	atexit(recording_end);
	return recording;
}
