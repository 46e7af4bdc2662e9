/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * picture.h - everything that a history shows at one moment, and properties over random storms.
 *
 * A picture holds every row of every list, the lists of every object, and the counters.  Two
 * histories that should agree have equal pictures; the first difference is printed.
 *
 * for_storms() calls a property for a number of storms, every other one of a patched kernel, half
 * of them with losses.  KSMTOP_SEED repeats one storm (the seed is printed when a property fails),
 * KSMTOP_STORMS sets how many there are.
 */
#ifndef KSMTOP_TEST_PICTURE_H
#define KSMTOP_TEST_PICTURE_H

#include "storm.h"

struct picture {
	union row *rows;
	uint32_t *relations;
	uint32_t nr, room;
	struct history_counters counters;
};

/* Adds the rows of one list. */
void picture_list(struct picture *picture, const struct history *h, enum relation relation,
		  struct ref parent, struct moment when);
struct picture picture_take(const struct history *h, struct moment when);
void picture_free(struct picture *picture);
void print_row(const char *what, const union row *row);
/* Fails the test, and says where, if they differ. */
void pictures_equal(const struct picture *a, const struct picture *b, const char *what);
/* Prints what only one of them has; both are sorted by relation and bytes. */
void print_differences(const struct picture *a, const struct picture *b);

/* A history of the storm's events 1 .. last (batch_seed: see storm_feed()). */
struct history *storm_build(const struct storm *storm, uint64_t last, uint64_t batch_seed);
uint64_t some_moment(const struct history *h, uint64_t *rng);

typedef void (*property_fn)(const struct storm *storm, const struct history *h, uint64_t *rng);
void for_storms(property_fn property);

#define PROPERTY(name) static void test_##name(void **state) { (void)state; for_storms(name); }

/* Reads the environment: call first. */
void properties_setup(void);

#endif /* KSMTOP_TEST_PICTURE_H */
