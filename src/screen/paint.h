/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * paint.h - cells to ncurses.  Keeps a copy of what is on the screen: only rows that differ are
 * given to ncurses, and of those ncurses sends only the cells that differ.
 */
#ifndef KSMTOP_PAINT_H
#define KSMTOP_PAINT_H

#include "view/grid.h"
#include "view/theme.h"

struct paint {
	enum theme_depth depth;
	struct theme theme;
	struct grid *shown;	/* owned; NULL: everything is to be painted */
};

/* What this terminal can show; call after terminal_take(). */
void paint_init(struct paint *paint, const struct theme *theme, bool no_color);
void paint_fini(struct paint *paint);
/* Another theme at the same depth; everything is painted afresh. */
void paint_theme(struct paint *paint, const struct theme *theme);
/* The next paint_grid() sends everything, for a screen that something else has written on. */
void paint_afresh(struct paint *paint);
void paint_grid(struct paint *paint, const struct grid *grid);

#endif
