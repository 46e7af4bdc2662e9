// SPDX-License-Identifier: GPL-2.0-only
/*
 * pair.c - see pair.h.
 *
 * Which events went is told by the cuts: each is a run of one stream's events, so both recordings' streams are
 * numbered side by side.  That the lossy one has just what is left over is checked, for all else rests on it.
 *
 * A recording that cannot lose a sub-buffer (each of its streams has one) is passed over.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

static struct recording *open_one(const char *path)
{
	struct recording_options options = { .no_cache = true, .nr_threads = 1 };
	struct recording *recording;
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };
	int ret = recording_open(path, &options, &recording, &diag);

	while (ret == 0 && (ret = recording_load(recording, 0, &diag)) == 1)
		ret = 0;
	if (ret == 0)
		return recording;
	fprintf(stderr, "%s: %s\n", path, diag_text(&diag, text, sizeof(text)));
	exit(1);
}

/* Which events went, and how the others are numbered now. */
static void number(struct pair *pair)
{
	struct event_index *whole = recording_events(pair->whole), *lossy = recording_events(pair->lossy);
	const struct trace_file *file = recording_trace(pair->whole);
	uint64_t nr = event_index_last(whole), seen[64][16] = { 0 };

	pair->real = calloc(nr + 2, sizeof(*pair->real));
	pair->gone = calloc(nr + 1, sizeof(*pair->gone));
	for (uint64_t e = 1; e <= nr; e++) {
		struct event_record record;
		uint64_t place;
		bool gone = false;

		if (event_index_read(whole, e, &record) != 0)
			exit(1);
		place = seen[record.cpu % 64][record.buffer % 16]++;
		for (uint32_t i = 0; i < pair->nr_cuts; i++) {
			const struct drop_cut *cut = &pair->cuts[i];

			gone |= cut->buffer == record.buffer && place >= cut->first &&
				place - cut->first < cut->nr_events &&
				trace_file_buffer(file, cut->buffer)->cpus[cut->cpu].cpu_id == record.cpu;
		}
		if (gone)
			pair->gone[pair->nr_gone++] = e;
		else
			pair->real[++pair->last] = e;
	}
	if (pair->last != event_index_last(lossy)) {
		fprintf(stderr, "%s: %llu events left, not %llu\n", pair->name,
			(unsigned long long)event_index_last(lossy), (unsigned long long)pair->last);
		exit(1);
	}
}

static unsigned one(struct recording *whole, struct drop *drop, const char *name, uint64_t seed, uint32_t nr,
		    pair_fn fn, void *arg)
{
	struct pair pair = { .name = name, .seed = seed, .whole = whole };
	const char *dir = getenv("TMPDIR");
	char path[300], text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };

	pair.nr_cuts = drop_choose(drop, seed, nr, pair.cuts);
	if (!pair.nr_cuts)
		return 0;
	snprintf(path, sizeof(path), "%s/ksmtop-lossy-%d.dat", dir ? dir : "/tmp", (int)getpid());
	if (drop_write(drop, pair.cuts, pair.nr_cuts, path, &diag) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		exit(1);
	}
	pair.lossy = open_one(path);
	unlink(path);
	number(&pair);
	fn(&pair, arg);
	recording_close(pair.lossy);
	free(pair.real);
	free(pair.gone);
	return 1;
}

static unsigned each_seed(const struct pairs *pairs, const char *name, pair_fn fn, void *arg)
{
	struct recording *whole;
	struct diag diag = { 0 };
	struct drop *drop;
	char path[600];
	unsigned nr = 0;

	snprintf(path, sizeof(path), "%s/%s", pairs->dir, name);
	whole = open_one(path);
	if (drop_open(recording_trace(whole), &drop, &diag) != 0)
		exit(1);
	for (uint64_t seed = 1; seed <= pairs->nr_seeds && (seed == 1 || time(NULL) < pairs->end); seed++) {
		nr += one(whole, drop, name, seed, 1, fn, arg);
		if (!pairs->single)
			nr += one(whole, drop, name, seed, 2 + (uint32_t)(seed % (MAX_CUTS - 2)), fn, arg);
	}
	drop_close(drop);
	recording_close(whole);
	return nr;
}

static int is_recording(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".dat") == 0;
}

bool pairs_asked(struct pairs *pairs, int argc, char **argv)
{
	if (argc < 3)
		return false;
	*pairs = (struct pairs){ .dir = argv[1], .nr_seeds = strtoull(argv[2], NULL, 10),
				 .end = time(NULL) + (argc > 3 ? atoi(argv[3]) : 100000),
				 .only = argc > 4 ? argv[4] : NULL };
	return true;
}

unsigned pairs_each(const struct pairs *pairs, pair_fn fn, void *arg)
{
	struct dirent **names;
	unsigned nr_pairs = 0;
	int nr = scandir(pairs->dir, &names, is_recording, alphasort);

	for (int i = 0; i < nr; i++) {
		if (!pairs->only || strncmp(names[i]->d_name, pairs->only, strlen(pairs->only)) == 0)
			nr_pairs += each_seed(pairs, names[i]->d_name, fn, arg);
		free(names[i]);
	}
	if (nr > 0)
		free(names);
	return nr_pairs;
}
