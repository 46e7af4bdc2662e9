// SPDX-License-Identifier: GPL-2.0-only
/*
 * open_recording.c - opens a recording once, as the program would, and says what that took.
 *
 *	open_recording FILE [cache|nocache [THREADS]]
 *
 * Prints one line of KEY=VALUE: events, milliseconds until the metadata are read (open), until the
 * first slice of a tenth of a second is built and can be shown (first), until everything is built
 * (load), whether it came from the cache, bytes of the history's tables and of the index, and
 * anonymous and peak memory in kB as the kernel counts them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history/history.h"
#include "recording.h"
#include "status.h"

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct recording_options options = {
		.no_cache = argc < 3 || strcmp(argv[2], "cache") != 0,
		.nr_threads = argc > 3 ? atoi(argv[3]) : 0,
	};
	uint64_t history_bytes, history_anon, index_bytes, index_anon;
	double begin = now_ms(), opened, first;
	char text[DIAG_TEXT_SIZE];
	struct recording *recording;
	struct diag diag = { 0 };
	int ret;

	if (argc < 2 || recording_open(argv[1], &options, &recording, &diag) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return 2;
	}
	opened = now_ms();
	ret = recording_load(recording, 50000000, &diag);
	first = now_ms();
	while (ret > 0)
		ret = recording_load(recording, 0, &diag);
	if (ret < 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return 2;
	}
	history_memory(recording_history(recording), &history_bytes, &history_anon);
	event_index_memory(recording_events(recording), &index_bytes, &index_anon);
	printf("events=%llu open=%.1f first=%.1f load=%.1f cached=%d history=%llu index=%llu anon=%ld peak=%ld\n",
	       (unsigned long long)event_index_last(recording_events(recording)), opened - begin,
	       first - begin, now_ms() - begin, recording_from_cache(recording),
	       (unsigned long long)history_bytes, (unsigned long long)index_bytes,
	       status_kb("RssAnon:"), status_kb("VmHWM:"));
	recording_close(recording);
	return 0;
}
