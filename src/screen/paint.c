// SPDX-License-Identifier: GPL-2.0-only
/*
 * paint.c - cells to ncurses.
 *
 * Each role is one colour pair (role + 1), set up once a theme; backgrounds are always the
 * terminal's own, so any background stays what its owner chose.  On terminals of 8 colours the
 * bright ones are the plain ones in bold, which is how those terminals show them.
 *
 * Whole rows are repainted when any of their cells differ: ncurses compares cells again and sends
 * the least, and half a wide character can never be left behind.
 */
#include "paint.h"

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>

static enum theme_depth terminal_depth(bool no_color)
{
	const char *wish = getenv("NO_COLOR");

	if (no_color || (wish && *wish) || !has_colors() || start_color() == ERR)
		return DEPTH_MONO;
	if (COLORS > 0xffffff && tigetflag("RGB") > 0)
		return DEPTH_TRUE;
	if (COLORS >= 256)
		return DEPTH_256;
	return COLORS >= 8 ? DEPTH_16 : DEPTH_MONO;
}

static int curses_color(uint32_t color)
{
	if (color == COLOR_DEFAULT)
		return -1;
	if (color & COLOR_RGB)
		return (int)(color & 0xffffff);
	return COLORS < 16 && color > 7 ? (int)color - 8 : (int)color;
}

static void pairs_init(struct paint *paint)
{
	bool own = use_default_colors() == OK;

	for (int role = 0; role < NR_ROLES; role++) {
		struct look look = theme_look(&paint->theme, (enum role)role, paint->depth);
		int color = curses_color(look.color);

		init_extended_pair(role + 1, color < 0 && !own ? COLOR_WHITE : color,
				   own ? -1 : COLOR_BLACK);
	}
}

static attr_t curses_style(const struct paint *paint, enum role role)
{
	struct look look = theme_look(&paint->theme, role, paint->depth);
	attr_t style = A_NORMAL;

	if (look.style & STYLE_BOLD)
		style |= A_BOLD;
	if (look.style & STYLE_DIM)
		style |= A_DIM;
	if (look.style & STYLE_UNDERLINE)
		style |= A_UNDERLINE;
	if (look.style & STYLE_REVERSE)
		style |= A_REVERSE;
	if (paint->depth == DEPTH_16 && COLORS < 16 && look.color > 7 && look.color < 16)
		style |= A_BOLD;
	return style;
}

void paint_init(struct paint *paint, const struct theme *theme, bool no_color)
{
	*paint = (struct paint){ .depth = terminal_depth(no_color) };
	paint_theme(paint, theme);
}

void paint_fini(struct paint *paint)
{
	grid_free(paint->shown);
	paint->shown = NULL;
}

void paint_theme(struct paint *paint, const struct theme *theme)
{
	paint->theme = *theme;
	if (paint->depth != DEPTH_MONO)
		pairs_init(paint);
	paint_fini(paint);
}

void paint_afresh(struct paint *paint)
{
	paint_fini(paint);
	clearok(curscr, TRUE);
}

static void paint_row(const struct paint *paint, const struct grid *grid, int y)
{
	for (int x = 0; x < grid->width; x++) {
		const struct cell *cell = grid_at(grid, x, y);
		wchar_t text[2] = { (wchar_t)cell->cp, 0 };
		int pair = paint->depth == DEPTH_MONO ? 0 : (int)cell->role + 1;
		cchar_t out;

		if (cell->cp == GRID_TAIL)
			continue;
		setcchar(&out, text, curses_style(paint, (enum role)cell->role), 0, &pair);
		mvadd_wch(y, x, &out);
	}
}

/* Remembers what is shown; without memory everything is painted again next time. */
static void paint_keep(struct paint *paint, const struct grid *grid)
{
	if (!paint->shown)
		paint->shown = grid_new(grid->width, grid->height, grid->charset);
	if (paint->shown)
		memcpy(paint->shown->cells, grid->cells,
		       sizeof(*grid->cells) * (size_t)grid->width * (size_t)grid->height);
}

void paint_grid(struct paint *paint, const struct grid *grid)
{
	size_t row = sizeof(*grid->cells) * (size_t)grid->width;

	if (paint->shown && (paint->shown->width != grid->width ||
			     paint->shown->height != grid->height))
		paint_fini(paint);
	if (!paint->shown)
		erase();
	for (int y = 0; y < grid->height; y++)
		if (!paint->shown || memcmp(grid_at(grid, 0, y), grid_at(paint->shown, 0, y), row))
			paint_row(paint, grid, y);
	paint_keep(paint, grid);
	if (grid->cursor_x >= 0 && grid->cursor_y >= 0) {
		curs_set(1);
		move(grid->cursor_y, grid->cursor_x);
	} else {
		curs_set(0);
	}
	refresh();
}
