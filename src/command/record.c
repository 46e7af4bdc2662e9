// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c - `ksmtop record` and `ksmtop recover`.
 *
 * The capture layer does the work and never prints; here are the options on the way in, and the
 * sentences and the progress line on the way out.  All of that goes to stderr, since stdout
 * belongs to COMMAND.  The progress line is drawn only on a terminal and is wiped before any
 * sentence, so that the two never share a line.
 *
 * The status is COMMAND's, or 125 when the recording itself failed, as env and timeout do it.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "commands.h"

/* A hundred days: anything longer is a slip of the finger. */
#define SECONDS_MAX 8640000.0

struct talk {
	bool terminal;
	bool shown;		/* a progress line stands there */
};

static void wipe(struct talk *talk)
{
	if (talk->shown)
		fputs("\r\033[K", stderr);
	talk->shown = false;
}

static void say(void *context, const char *sentence)
{
	wipe(context);
	fprintf(stderr, "%s\n", sentence);
}

static void show_progress(void *context, const struct capture_progress *progress)
{
	struct talk *talk = context;

	if (!talk->terminal)
		return;
	fprintf(stderr, "\r\033[K%.1f s  %" PRIu64 " events (%" PRIu64 "/s)  %.1f MB  lost %" PRIu64
		"  %" PRIu32 " processes", (double)progress->elapsed_ns / 1e9, progress->nr_events,
		progress->events_per_s, (double)progress->nr_bytes / 1e6, progress->nr_lost,
		progress->nr_processes);
	fflush(stderr);
	talk->shown = true;
}

static int read_duration(const char *text, uint64_t *ret_ns, struct diag *diag)
{
	char *end;
	double seconds = strtod(text, &end);

	if (!*text || *end || !isfinite(seconds) || seconds <= 0 || seconds > SECONDS_MAX) {
		diag_set(diag, -EINVAL, "%s is no duration", text);
		diag_expected(diag, "seconds, such as 10 or 0.5");
		return -EINVAL;
	}
	*ret_ns = (uint64_t)(seconds * 1e9);
	return 0;
}

/* The line as it was typed, words parted by blanks; to be freed. */
static char *join_line(const struct invocation *invocation)
{
	size_t size = 16;
	char *line, *end;

	for (int i = 1; i < invocation->argc && invocation->argv[i]; i++)
		size += strlen(invocation->argv[i]) + 1;
	line = malloc(size);
	if (!line)
		return NULL;
	end = stpcpy(line, "ksmtop record");
	for (int i = 1; i < invocation->argc && invocation->argv[i]; i++) {
		*end++ = ' ';
		end = stpcpy(end, invocation->argv[i]);
	}
	return line;
}

static int sum_up(const struct capture_options *options, const struct capture_result *result,
		  int err, struct talk *talk)
{
	const struct capture_progress *total = &result->total;

	wipe(talk);
	if (result->complete)
		fprintf(stderr, "%s: %" PRIu64 " events in %.1f s, %.1f MB, %" PRIu64 " lost\n",
			options->output, total->nr_events, (double)total->elapsed_ns / 1e9,
			(double)total->nr_bytes / 1e6, total->nr_lost);
	if (err)
		return STATUS_RECORD_FAILED;
	return options->command ? result->command_status : STATUS_FINE;
}

static int record(const struct invocation *invocation, struct capture_options *options,
		  struct talk *talk, struct diag *diag)
{
	const char *output = invocation_value(invocation, OPTION_OUTPUT);
	const char *duration = invocation_value(invocation, OPTION_DURATION);
	struct capture_result result = { 0 };

	options->output = output ? output : OUTPUT_DEFAULT;
	options->only = invocation_has(invocation, OPTION_ONLY);
	options->no_samples = invocation_has(invocation, OPTION_NO_SAMPLES);
	options->command = invocation->nr_args ? invocation->args : NULL;
	options->say = say;
	options->progress = show_progress;
	options->context = talk;
	if (duration && read_duration(duration, &options->duration_ns, diag))
		return STATUS_RECORD_FAILED;
	if (options->only && !options->nr_events) {
		diag_set(diag, -EINVAL, "--only without an event would record nothing");
		diag_advice(diag, "add -e SYSTEM:EVENT");
		return STATUS_RECORD_FAILED;
	}
	return sum_up(options, &result, capture_run(options, &result, diag), talk);
}

int record_command(const struct invocation *invocation, struct diag *diag)
{
	struct capture_options options = { 0 };
	struct talk talk = { .terminal = isatty(STDERR_FILENO) };
	const char **events = invocation_values(invocation, OPTION_EVENT, &options.nr_events);
	const char **details = invocation_values(invocation, OPTION_DETAIL, &options.nr_details);
	char *line = join_line(invocation);
	int status = STATUS_RECORD_FAILED;

	options.events = events;
	options.details = details;
	options.command_line = line;
	if (events && details && line)
		status = record(invocation, &options, &talk, diag);
	else
		diag_set(diag, -ENOMEM, "no memory for the command line");
	free(line);
	free(details);
	free(events);
	return status;
}

int recover_command(const struct invocation *invocation, struct diag *diag)
{
	uint32_t nr_damages = 0;
	char *output;

	if (capture_recover(invocation->args[0], invocation_value(invocation, OPTION_OUTPUT), &output,
			    &nr_damages, diag))
		return STATUS_FAILED;
	if (nr_damages)
		fprintf(stderr, "ksmtop: %" PRIu32 " chunk%s of the spool could not be read and %s missing in %s\n",
			nr_damages, nr_damages == 1 ? "" : "s", nr_damages == 1 ? "is" : "are", output);
	printf("%s\n", output);
	free(output);
	return STATUS_FINE;
}
