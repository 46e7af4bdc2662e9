// SPDX-License-Identifier: GPL-2.0-only
/*
 * written.c - recordings of made-up events for the tests of episodes and explanations.
 *
 * The pages are ring_writer.h's, the formats ring_table.h's: what is written here is what every other
 * test and the benchmarks read.  A recording is a file only while it is opened.
 *
 * Besides, the recordings that others made: those of the lab, where there are any.
 */
#include "written.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NR_CPUS		2u
#define START_NS	5000000000ull

static void write_file(const char *path, const struct written *events, size_t nr)
{
	struct ring rings[NR_CPUS];
	struct ring_table table;
	struct diag diag = { 0 };

	ring_table_init(&table, 4096);
	table.meta.cmdlines = trace_text_of("91 ksmd\n");
	table.meta.uname = trace_text_of("Linux lab 6.12 x86_64");
	table.meta.recorder = trace_text_of("written");
	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_init(&rings[i], false, 8, 4096);
	ring_table_story(rings, START_NS, events, nr);
	if (ring_table_write(&table, rings, NR_CPUS, 0, NULL, path, &diag)) {
		fprintf(stderr, "%s: %s\n", path, diag.what);
		abort();
	}
	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_fini(&rings[i]);
	ring_table_fini(&table);
}

struct recording *recording_open_whole(const char *path)
{
	struct recording_options options = { .no_cache = true, .nr_threads = 1 };
	struct recording *recording;
	struct diag diag = { 0 };

	if (recording_open(path, &options, &recording, &diag) != 0)
		return NULL;
	if (recording_load(recording, 0, &diag) < 0) {
		recording_close(recording);
		return NULL;
	}
	return recording;
}

struct recording *written_open(const struct written *events, size_t nr)
{
	const char *dir = getenv("TMPDIR");
	struct recording *recording;
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/ksmtop-written-XXXXXX", dir ? dir : "/tmp");
	fd = mkstemp(path);
	if (fd < 0)
		abort();
	close(fd);
	write_file(path, events, nr);
	recording = recording_open_whole(path);
	unlink(path);
	if (!recording || event_index_last(recording_events(recording)) != nr)
		abort();
	return recording;
}

char **lab_recordings(void)
{
	const char *lab = getenv("KSMTOP_LAB");
	static glob_t found;
	char pattern[4096];
	char *dirs = strdup(lab ? lab : ""), *dir, *rest = dirs;

	globfree(&found);
	glob(TRACES_DIR "/*.dat", 0, NULL, &found);
	while (dirs && (dir = strsep(&rest, ":")) != NULL) {
		if (!*dir)
			continue;
		snprintf(pattern, sizeof(pattern), "%s/*.dat", dir);
		glob(pattern, GLOB_APPEND, NULL, &found);
		snprintf(pattern, sizeof(pattern), "%s/*/*.dat", dir);
		glob(pattern, GLOB_APPEND, NULL, &found);
	}
	free(dirs);
	return found.gl_pathv;
}
