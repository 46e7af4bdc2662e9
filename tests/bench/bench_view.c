// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench_view.c - what a picture costs at a random moment, and a step back against a step forward.
 *
 *	bench_view FILE [PICTURES [FROM [VIEW|all [hindsight]]]]
 *
 * Loads the recording as the explorer does and drives a session of 120x40 without a terminal. P6: in
 * every view, go to a random event and draw; each picture is measured apart.  P7: from random
 * places 20 steps forward and the same 20 back, each with its picture, forward and back timed apart.
 * Random events lie behind FROM percent of the recording (0).  VIEW is one tab's word.
 *
 * Pictures are drawn in a hurry, as on a terminal; what one left out and shows when no key comes is
 * measured apart: `whole`, the most that it took.
 *
 * The clock is the thread's CPU time (a machine that does other work would be measured else); the
 * wall clock's 99th percentile is given too.  Prints lines of KEY=VALUE, microseconds; fails only
 * when steps back do not lead to where the steps forward began.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "recording.h"
#include "view/session.h"
#include "view/source.h"
#include "view/views.h"

#define STEPS 20

struct times { double *cpu, *wall; int nr; bool left_out; };

static double clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static uint64_t random_event(uint64_t *seed, uint64_t from, uint64_t last)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return from + 1 + (*seed >> 16) % (last - from);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double percentile(double *values, int nr, int percent)
{
	qsort(values, (size_t)nr, sizeof(*values), compare);
	return values[(long)(nr - 1) * percent / 100];
}

static struct times times_new(int nr)
{
	struct times times = { calloc((size_t)nr, sizeof(double)), calloc((size_t)nr, sizeof(double)), 0,
				false };

	if (!times.cpu || !times.wall)
		exit(2);
	return times;
}

static void measure(struct times *times, struct session *session, struct grid *grid, uint64_t t,
		    enum action action)
{
	double cpu = clock_us(CLOCK_THREAD_CPUTIME_ID), wall = clock_us(CLOCK_MONOTONIC);

	if (action == ACTION_NONE)
		session_jump_to(session, t);
	else
		session_act(session, action, "");
	session_draw(session, grid);
	times->left_out |= session_unfinished(session);
	times->cpu[times->nr] = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	times->wall[times->nr++] = clock_us(CLOCK_MONOTONIC) - wall;
}

static void pictures(struct session *session, struct grid *grid, uint64_t from, uint64_t last, int nr,
		     const char *only)
{
	uint64_t seed = 1;

	for (int v = 0; views_all[v]; v++) {
		struct times times;
		double p50, p99, begin, whole = 0;

		if (strcmp(only, "all") && strcmp(only, views_all[v]->tab))
			continue;
		times = times_new(nr);
		session_show(session, views_all[v]->id);
		for (int i = 0; i < nr; i++) {
			measure(&times, session, grid, random_event(&seed, from, last), ACTION_NONE);
			if (!session_unfinished(session))
				continue;
			/* What was left out comes while no key does. */
			begin = clock_us(CLOCK_THREAD_CPUTIME_ID);
			session_finish(session);
			session_draw(session, grid);
			begin = clock_us(CLOCK_THREAD_CPUTIME_ID) - begin;
			whole = begin > whole ? begin : whole;
		}
		p50 = percentile(times.cpu, nr, 50);
		p99 = percentile(times.cpu, nr, 99);
		printf("view=%s p50=%.0f p99=%.0f max=%.0f wall99=%.0f", views_all[v]->tab, p50, p99,
		       times.cpu[nr - 1], percentile(times.wall, nr, 99));
		printf(times.left_out ? " whole=%.0f\n" : "\n", whole);
		free(times.cpu);
		free(times.wall);
	}
}

static int steps(struct session *session, struct grid *grid, uint64_t from, uint64_t last, int nr)
{
	struct times on = times_new(nr * STEPS), back = times_new(nr * STEPS);
	uint64_t seed = 2;

	session_show(session, views_all[1]->id);
	for (int i = 0; i < nr; i++) {
		uint64_t t = random_event(&seed, from, last);

		t = t > STEPS ? t - STEPS : 0;
		session_jump_to(session, t);
		session_draw(session, grid);
		for (int s = 0; s < STEPS; s++)
			measure(&on, session, grid, 0, ACTION_STEP_ON);
		for (int s = 0; s < STEPS; s++)
			measure(&back, session, grid, 0, ACTION_STEP_BACK);
		if (session_t(session) != t) {
			fprintf(stderr, "%d steps on and back from %llu end at %llu\n", STEPS,
				(unsigned long long)t, (unsigned long long)session_t(session));
			return 1;
		}
	}
	printf("step forward=%.1f back=%.1f forward99=%.1f back99=%.1f\n",
	       percentile(on.cpu, on.nr, 50), percentile(back.cpu, back.nr, 50),
	       percentile(on.cpu, on.nr, 99), percentile(back.cpu, back.nr, 99));
	free(on.cpu);
	free(on.wall);
	free(back.cpu);
	free(back.wall);
	return 0;
}

int main(int argc, char **argv)
{
	struct recording_options options = { .no_cache = true };
	int nr = argc > 2 ? atoi(argv[2]) : 500, status;
	struct recording *recording;
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };
	struct session *session;
	struct keymap keymap;
	struct source source;
	struct grid *grid = grid_new(120, 40, GRID_UTF8);
	uint64_t from = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

	keymap_init(&keymap);
	if (argc < 2 || nr < 1 || from > 99 || !grid || session_new(views_all, &keymap, &session) != 0)
		return 2;
	if (recording_open(argv[1], &options, &recording, &diag) != 0 ||
	    recording_load(recording, 0, &diag) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return 2;
	}
	source_init(&source, recording);
	session_set_source(session, &source);
	session_hurry(session, true);
	session_draw(session, grid);
	printf("events=%llu\n", (unsigned long long)source.nr_events);
	from = source.nr_events * from / 100;
	if (argc > 5 && !strcmp(argv[5], "hindsight"))
		session_act(session, ACTION_HINDSIGHT, "");
	pictures(session, grid, from, source.nr_events, nr, argc > 4 ? argv[4] : "all");
	status = argc > 4 && strcmp(argv[4], "all") ? 0 : steps(session, grid, from, source.nr_events, nr);
	session_free(session);
	recording_close(recording);
	grid_free(grid);
	return status;
}
