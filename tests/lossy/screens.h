/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screens.h - does a screen of a recording with gaps say anything that the same screen of the whole one does not?
 *
 * A screen is parted into pieces of rows, a piece into words.  A word with a `?` stands for any words, and so do
 * the words that follow it in the same value ("22.0 us?" is one value, and doubtful); a label of a lone `?` says
 * nothing.  Every piece of the lossy screen
 * must be read in one of the whole screen's; one that says that something is not known says nothing.
 *
 * What is each recording's own is passed over: numbers of events, of episodes and of objects, lists of steps and
 * sentences, which other tests hold against each other.
 */
#ifndef KSMTOP_TEST_SCREENS_H
#define KSMTOP_TEST_SCREENS_H

#include <stdbool.h>

#include "view/grid.h"

#define PIECES_MAX 400
#define WORDS_MAX 40

struct piece { char text[256]; const char *words[WORDS_MAX]; int nr; };
struct pieces { struct piece list[PIECES_MAX]; int nr; };

/* Rows without a border of their own are parted at this column, from the one on that has one of these headings. */
/* Adds them. */
void screen_pieces(const struct grid *grid, int column, struct pieces *ret);
/* Whether the piece is certain of nothing that `whole` does not say. */
bool screen_says(const struct pieces *whole, const struct piece *piece);
/* It holds a number without a `?`. */
bool piece_is_certain(const struct piece *piece);

#endif /* KSMTOP_TEST_SCREENS_H */
