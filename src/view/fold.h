/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fold.h - a list of numbered rows in which runs of rows that are alike take one line each.
 *
 * The rows around the cursor are never folded, and a run of less than FOLD_LEAST rows is shown.  Who
 * has the rows says which may be folded and which two neighbours are alike (fold.alike); what a line
 * looks like is its business, too.
 *
 * A window is filled from the row in question outwards, so its cost is that of the runs that it shows,
 * not of all rows.  It depends on the position alone: going back finds the picture that going on showed.
 */
#ifndef KSMTOP_FOLD_H
#define KSMTOP_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#define FOLD_LEAST	4
#define FOLD_LINES_MAX	256	/* of a window; more are not drawn */
#define FOLD_NO_CURSOR	UINT32_MAX

struct fold {
	uint32_t nr;		/* rows */
	uint32_t cursor;	/* FOLD_NO_CURSOR: on none */
	bool unfolded;		/* every row is a line */
	/* May a (== b) be folded?  May b, the row behind a, stand on a's line? */
	bool (*alike)(const void *rows, uint32_t a, uint32_t b);
	const void *rows;
};

struct fold_line {
	uint32_t first, nr;
};

struct fold_window {
	struct fold_line lines[FOLD_LINES_MAX];
	int nr;
	int here;		/* the line of the row that was asked for, -1: there are no rows */
};

/* As many lines as fit into @height, with that of row @here (the last row, if it lies behind) in the middle. */
void fold_window(const struct fold *fold, uint32_t here, int height, struct fold_window *ret);

#endif /* KSMTOP_FOLD_H */
