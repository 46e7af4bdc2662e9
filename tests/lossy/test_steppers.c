// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_steppers.c - what the steppers show of a recording with gaps is what they show of the one without.
 *
 *	test_steppers [-v] DIRECTORY SEEDS [SECONDS [NAME]]
 *
 * Recordings are made as in test_shipped.c.  Every episode of the lossy one is stepped through, at both sizes, beside the
 * same episode of the whole one: each number on the screen is the whole one's, or has a `?`, or is not there
 * (screens.h).  Of long episodes some steps are looked at, the first and the last ones among them, and where
 * no gap is near them they must not be doubtful: at least some numbers have to be certain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "episode/episode.h"
#include "explained.h"
#include "pair.h"
#include "screens.h"
#include "view/source.h"
#include "view/stepper.h"
#include "view/views.h"

#define STEPS_MAX	14u
#define EPISODES_MAX	24u
#define SHOWN_MAX	40u

static const struct { int width, height; } sizes[] = { { 80, 24 }, { 120, 40 } };
#define NR_SIZES (sizeof(sizes) / sizeof(*sizes))

struct kind_count { uint64_t certain, doubtful, wrong; };
static struct kind_count counts[NR_EPISODE_KINDS];
static uint64_t nr_shown;
static bool verbose;

struct screen { struct session *session; struct source source; struct grid *grids[NR_SIZES]; };

static void screen_open(struct screen *screen, struct recording *recording)
{
	struct keymap keymap;

	keymap_init(&keymap);
	source_init(&screen->source, recording);
	screen->source.file = "recording";
	if (session_new(views_all, &keymap, &screen->session) != 0)
		exit(2);
	session_set_charset(screen->session, GRID_ASCII);
	session_set_source(screen->session, &screen->source);
	for (size_t i = 0; i < NR_SIZES; i++)
		screen->grids[i] = grid_new(sizes[i].width, sizes[i].height, GRID_ASCII);
}

static void screen_close(struct screen *screen)
{
	session_free(screen->session);
	for (size_t i = 0; i < NR_SIZES; i++)
		grid_free(screen->grids[i]);
}

static bool show(struct screen *screen, uint32_t number, uint64_t t)
{
	struct episode_row row;

	if (stepper_choose(screen->session, number, &row) != 0)
		return false;
	session_show(screen->session, stepper_view(row.kind));
	session_step_to(screen->session, t);
	for (size_t i = 0; i < NR_SIZES; i++)
		session_draw(screen->session, screen->grids[i]);
	return true;
}

/* Where rows are parted that have no border of their own. */
static int column_of(uint8_t kind, int width)
{
	switch (stepper_view(kind)) {
	case VIEW_WALK: return width >= 110 ? 62 : 47;
	case VIEW_RECOVERY: return width >= 110 ? 48 : 40;
	case VIEW_COLLAPSE: return width >= 110 ? 72 : 0;
	default: return 0;
	}
}

static void print_wrong(const struct pair *pair, const struct episode_row *row, uint64_t t, int width,
			const struct piece *piece)
{
	if (nr_shown++ >= SHOWN_MAX && !verbose)
		return;
	fprintf(stderr, "%s seed %llu cuts %u episode %u at %llu (%llu), %d columns:", pair->name,
		(unsigned long long)pair->seed, pair->nr_cuts, row->number, (unsigned long long)t,
		(unsigned long long)pair->real[t], width);
	for (int i = 0; i < piece->nr; i++)
		fprintf(stderr, " %s", piece->words[i]);
	fprintf(stderr, "\n");
}

/* What the whole recording says at a moment; a screen that has more than one of them may be either. */
static bool read_whole(struct screen *whole, uint32_t number, uint8_t kind, uint64_t t, struct pieces real[NR_SIZES])
{
	if (!show(whole, number, t))
		return false;
	for (size_t i = 0; i < NR_SIZES; i++)
		screen_pieces(whole->grids[i], column_of(kind, sizes[i].width), &real[i]);
	return true;
}

static void compare(const struct pair *pair, const struct episode_row *row, uint64_t t, const struct screen *lossy,
		    const struct pieces real[NR_SIZES])
{
	struct kind_count *count = &counts[row->kind];
	static struct pieces said;

	for (size_t i = 0; i < NR_SIZES; i++) {
		said.nr = 0;
		screen_pieces(lossy->grids[i], column_of(row->kind, sizes[i].width), &said);
		for (int p = 0; p < said.nr; p++) {
			bool wrong = !screen_says(&real[i], &said.list[p]);

			count->certain += piece_is_certain(&said.list[p]);
			count->doubtful += !piece_is_certain(&said.list[p]);
			count->wrong += wrong;
			if (wrong)
				print_wrong(pair, row, t, sizes[i].width, &said.list[p]);
		}
	}
}

static void step_through(struct pair *pair, const struct episode_row *row, uint32_t number, struct screen *lossy,
			 struct screen *whole)
{
	struct episode_source source = { recording_history(pair->lossy), recording_events(pair->lossy) };
	static struct pieces real[NR_SIZES];
	struct opened_episode *episode;
	struct diag diag = { 0 };
	uint64_t before = 0;
	uint32_t nr;

	if (episode_open(&source, row->ref, moment_hindsight(pair->last), &episode, &diag) != 0)
		return;
	nr = episode_nr_steps(episode);
	for (uint32_t i = 0; i <= STEPS_MAX && i <= nr; i++) {
		uint32_t at = nr <= STEPS_MAX ? i : i <= STEPS_MAX / 3 ? i : nr - STEPS_MAX + i;
		uint64_t t = at < nr ? episode_step(episode, at)->last_event : pair->last;

		for (size_t s = 0; s < NR_SIZES; s++)
			real[s].nr = 0;
		if (t == before || !show(lossy, row->number, t) ||
		    !read_whole(whole, number, row->kind, pair->real[t], real) ||
		    /* of one whose end is lost it stands at its last step for ever */
		    (at == nr && !row->ended && !read_whole(whole, number, row->kind, pair->real[before], real)))
			continue;
		before = t;
		compare(pair, row, t, lossy, real);
	}
	episode_close(episode);
}

static void look(struct pair *pair, void *arg)
{
	const struct history *h = recording_history(pair->lossy);
	struct side side = { .source = { h, recording_events(pair->lossy) }, .whole = recording_history(pair->whole),
			     .real = pair->real, .last = pair->last };
	struct screen lossy, whole;
	struct history_cursor cursor;
	uint64_t nr = 0, at = 0;
	union row row;
	(void)arg;

	screen_open(&lossy, pair->lossy);
	screen_open(&whole, pair->whole);
	history_count(h, ALL_EPISODES, (struct ref){ 0 }, moment_hindsight(pair->last), &nr, NULL);
	if (history_list(h, ALL_EPISODES, (struct ref){ 0 }, moment_hindsight(pair->last), &cursor) != 0)
		exit(2);
	while (history_next(&cursor, &row) == 1) {
		uint32_t number;

		/* of many those in which something may be missing, and some others */
		if (at++ % (nr / EPISODES_MAX + 1) && row.episode.fact.doubt == DOUBT_NONE)
			continue;
		number = explained_episode(&side, &row.episode);
		if (number)
			step_through(pair, &row.episode, number, &lossy, &whole);
	}
	screen_close(&lossy);
	screen_close(&whole);
}

int main(int argc, char **argv)
{
	struct pairs pairs;
	uint64_t nr_wrong = 0;
	bool silent = false;
	unsigned nr;

	for (; argc > 1 && argv[1][0] == '-'; argc--, argv++)
		verbose |= strcmp(argv[1], "-v") == 0;
	if (!pairs_asked(&pairs, argc, argv)) {
		fprintf(stderr, "usage: test_steppers [-v] DIRECTORY SEEDS [SECONDS [NAME]]\n");
		return 2;
	}
	nr = pairs_each(&pairs, look, NULL);
	printf("%u recordings with gaps\n", nr);
	for (uint8_t kind = 0; kind < NR_EPISODE_KINDS; kind++) {
		const struct kind_count *c = &counts[kind];

		printf("%-10s %8llu rows with a certain number, %8llu without: %llu wrong\n", episode_word(kind),
		       (unsigned long long)c->certain, (unsigned long long)c->doubtful, (unsigned long long)c->wrong);
		nr_wrong += c->wrong;
		silent |= !c->certain && !pairs.only;
	}
	return nr_wrong || !nr || silent;
}
