/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pair.h - a recording and the same one with gaps, side by side.
 *
 * pairs_each() goes through the recordings of a directory: each loses one random sub-buffer, and several, for each
 * seed, is written, opened again and handed over with the numbers of its events in the whole one.  What
 * cannot be read ends the program: a test without its recordings has nothing to say.
 */
#ifndef KSMTOP_TEST_PAIR_H
#define KSMTOP_TEST_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "drop.h"
#include "recording.h"

#define MAX_CUTS	8u

struct pair {
	const char *name;
	uint64_t seed;
	struct recording *whole, *lossy;
	struct drop_cut cuts[MAX_CUTS];
	uint32_t nr_cuts;
	uint64_t *real;			/* number in the whole recording of each event that is left, from [1] */
	uint64_t last;
	uint64_t *gone;			/* numbers of those that went */
	uint64_t nr_gone;
};

struct pairs {
	const char *dir, *only;		/* only those whose name begins so, NULL: all */
	uint64_t nr_seeds;
	time_t end;			/* then no further seeds are tried */
	bool single;			/* one sub-buffer only */
};

/* DIRECTORY SEEDS [SECONDS [NAME]], from argv[1] on; false: not all that is needed is there. */
bool pairs_asked(struct pairs *pairs, int argc, char **argv);

typedef void (*pair_fn)(struct pair *pair, void *arg);
/* How many there were. */
unsigned pairs_each(const struct pairs *pairs, pair_fn fn, void *arg);

#endif /* KSMTOP_TEST_PAIR_H */
