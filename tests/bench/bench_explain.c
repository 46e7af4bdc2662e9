// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_explain.c - what a what-if walk and the blast radius of all pages cost (P11, P12).
 *
 *	bench_explain FILE [RUNS]
 *
 * FILE is one of make_structures.  P11: the recorded walks over the page whose anon_vma has the most
 * VMAs, modelled by linear_page_index and under all three rules, against listing that anon_vma's VMAs
 * once with a cursor and comparing each with the address; in turn, ROUNDS times a walk, so that all have
 * the cache as warm.  P12: the 20 worst of all pages at random moments.  Thread CPU time, medians,
 * microseconds.
 *
 * Fails if a model differs from the recorded walk: then it was fast at something else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "episode/episode.h"
#include "explain/blast.h"
#include "explain/whatif.h"
#include "recording.h"

#define MANY_VMAS 10000u
#define ROUNDS 5

static double cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, int nr)
{
	qsort(values, (size_t)nr, sizeof(*values), compare);
	return values[nr / 2];
}

/* A walk of few holds over a large anon_vma, and that anon_vma. */
static bool is_lone(const struct episode_source *source, const struct episode_row *walk, struct ref *ret_anon_vma)
{
	struct moment when = { walk->fact.born, walk->fact.died };
	struct history_cursor cursor;
	union row row;
	uint64_t nr;

	if (walk->kind != EPISODE_WALK || !walk->ended || walk->totals.walk.holds > 8 ||
	    history_list(source->history, ITEMS_OF_NODE, walk->object, when, &cursor) != 0)
		return false;
	while (history_next(&cursor, &row) > 0)
		if (history_count(source->history, VMAS_OF_ANON_VMA, row.item.anon_vma, when, &nr, NULL) == 0 &&
		    nr >= MANY_VMAS) {
			*ret_anon_vma = row.item.anon_vma;
			return true;
		}
	return false;
}

static double model(const struct episode_source *source, const struct episode_row *walk, unsigned int rules)
{
	struct moment when = { walk->fact.died, walk->fact.died };
	double begin = cpu_us(), end;
	struct diag diag = { 0 };
	struct whatif *whatif;

	if (whatif_walk(source, walk->ref, when, rules, &whatif, &diag) != 0)
		exit(1);
	end = cpu_us();
	for (int rule = 0; rule < NR_RULES; rule++)
		if (whatif->rules[rule].is_recorded && !whatif->rules[rule].agrees) {
			fprintf(stderr, "episode %u: the model differs from the record\n", walk->number);
			exit(1);
		}
	whatif_free(whatif);
	return end - begin;
}

static double scan(const struct episode_source *source, const struct episode_row *walk, struct ref anon_vma,
		   uint64_t *ret_nr)
{
	struct moment when = { walk->fact.born, walk->fact.died };
	double begin = cpu_us();
	struct history_cursor cursor;
	uint64_t nr_covering = 0;
	union row row;

	if (history_list(source->history, VMAS_OF_ANON_VMA, anon_vma, when, &cursor) != 0)
		exit(1);
	for (*ret_nr = 0; history_next(&cursor, &row) > 0; (*ret_nr)++)
		nr_covering += row.vma.start <= 0x7f0000000000 && row.vma.end > 0x7f0000000000;
	if (nr_covering > *ret_nr)
		exit(1);
	return cpu_us() - begin;
}

static void what_ifs(const struct episode_source *source, int runs)
{
	size_t room = (size_t)runs * ROUNDS;
	double *linear = calloc(room, sizeof(*linear)), *all = calloc(room, sizeof(*all));
	double *scans = calloc(room, sizeof(*scans));
	struct moment end = moment_at(history_last(source->history));
	struct history_cursor cursor;
	uint64_t nr_vmas = 0;
	struct ref anon_vma;
	union row row;
	int nr = 0;

	if (!linear || !all || !scans ||
	    history_list(source->history, ALL_EPISODES, (struct ref){ 0 }, end, &cursor) != 0)
		exit(2);
	while (nr < runs * ROUNDS && history_next(&cursor, &row) > 0) {
		if (!is_lone(source, &row.episode, &anon_vma))
			continue;
		for (int i = 0; i < ROUNDS; i++, nr++) {
			scans[nr] = scan(source, &row.episode, anon_vma, &nr_vmas);
			linear[nr] = model(source, &row.episode, 1u << RULE_LINEAR);
			all[nr] = model(source, &row.episode, ALL_RULES);
		}
	}
	if (nr)
		printf("whatif walks=%d vmas=%llu scan=%.1f linear=%.1f all=%.1f\n", nr / ROUNDS,
		       (unsigned long long)nr_vmas, median(scans, nr), median(linear, nr), median(all, nr));
	free(linear);
	free(all);
	free(scans);
}

static void blasts(const struct episode_source *source, int runs)
{
	uint64_t last = history_last(source->history), seed = 1;
	double *times = calloc((size_t)runs, sizeof(*times));
	struct history_counters counters;

	if (!times)
		exit(2);
	for (int i = 0; i < runs; i++) {
		struct diag diag = { 0 };
		struct blast *list;
		double begin;
		uint32_t nr;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		begin = cpu_us();
		if (blast_rank(source, moment_at(last / 2 + (seed >> 16) % (last / 2)), 20, &list, &nr,
			       &diag) != 0)
			exit(1);
		times[i] = cpu_us() - begin;
		blast_list_free(list, nr);
	}
	history_counters(source->history, moment_at(last), &counters);
	printf("blast pages=%llu ranked=%.0f\n", (unsigned long long)counters.nr_nodes, median(times, runs));
	free(times);
}

int main(int argc, char **argv)
{
	struct recording_options options = { .no_cache = true };
	int runs = argc > 2 ? atoi(argv[2]) : 9;
	struct recording *recording;
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };
	struct episode_source source;

	if (argc < 2 || runs < 1)
		return 2;
	if (recording_open(argv[1], &options, &recording, &diag) != 0 ||
	    recording_load(recording, 0, &diag) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return 2;
	}
	source = (struct episode_source){ recording_history(recording), recording_events(recording) };
	what_ifs(&source, runs);
	blasts(&source, runs);
	recording_close(recording);
	return 0;
}
