// SPDX-License-Identifier: GPL-2.0-only
/*
 * explorer.c - the fixture's session on a real terminal, for test_pty.py.
 *
 *	explorer [--no-color] [--ascii] [--load SLICES] [--crash] [--overflow]
 *
 * --load builds the "recording" in so many slices of 20 ms, as a decoder would; --crash and
 * --overflow then do what they say, inside a slice, so that the crash handlers are tested with the
 * real thing: a bad pointer, and a stack that ran out.  Exits like a command: the sentence of the
 * diag on standard error and 2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fixture.h"
#include "screen/effect.h"
#include "screen/screen.h"
#include "trace/diag.h"

struct job {
	int slices, done;
	bool crash, overflow;
	struct source source;
};

static int overflow(int depth)
{
	volatile char frame[4096];

	frame[0] = (char)depth;
	return depth < 0 ? 0 : overflow(depth + 1) + frame[0];
}

static int load(void *data, struct session *session, struct diag *diag)
{
	struct job *job = data;
	struct timespec slice = { 0, 20000000 };

	(void)diag;
	if (job->crash && job->done > 2)
		abort();
	if (job->overflow && job->done > 2)
		return overflow(0);
	nanosleep(&slice, NULL);
	job->done++;
	job->source.nr_events = FIXTURE_EVENTS * (uint64_t)job->done / (uint64_t)job->slices;
	session_set_source(session, &job->source);
	session_set_progress(session, "loading", (uint64_t)job->done, (uint64_t)job->slices);
	return job->done < job->slices;
}

int main(int argc, char **argv)
{
	struct screen_options options = { 0 };
	struct job job = { .source = fixture_source };
	struct session *session;
	struct diag diag = { 0 };
	char text[DIAG_TEXT_SIZE];
	int err;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--no-color"))
			options.no_color = true;
		else if (!strcmp(argv[i], "--ascii"))
			options.ascii = true;
		else if (!strcmp(argv[i], "--crash"))
			job.crash = true;
		else if (!strcmp(argv[i], "--overflow"))
			job.overflow = true;
		else if (!strcmp(argv[i], "--load") && i + 1 < argc)
			job.slices = atoi(argv[++i]);
	}
	session = fixture_session(!job.slices);
	if (job.slices) {
		options.load = load;
		options.load_data = &job;
	}
	err = screen_run(session, &options, &diag);
	session_free(session);
	if (err)
		fprintf(stderr, "explorer: %s\n", diag_text(&diag, text, sizeof(text)));
	return err ? 2 : 0;
}
