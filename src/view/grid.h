/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grid.h - a screen as plain memory: cells, and helpers that draw into them and clip.
 *
 * A grid is width x height cells.  A cell holds one code point and one *role*: what the cell
 * means (the cursor, a fault, a heading), never a colour.  Colours are a theme's business
 * (theme.h), escape sequences are src/screen's.  Nothing here knows a terminal or a locale, so a
 * test, `ksmtop snap` and the TUI see the same picture.
 *
 * Invariants
 *  - A wide character (CJK, most emoji) fills two cells; the second holds GRID_TAIL.  Drawing
 *    over one half blanks the other: a half character can never reach the terminal.
 *  - No cell holds a control, combining or format character (text from a recording is hostile:
 *    a comm may hold escape sequences).  Controls and broken UTF-8 become '?', zero-width code
 *    points are dropped.
 *  - With GRID_ASCII every cell is printable ASCII; other characters become '?'.
 *
 * Views draw through a *pane*: a rectangle of a grid with its own origin.  All x, y are columns
 * and rows relative to the pane, and everything outside the pane is clipped, silently: negative
 * positions and sizes are fine.  A pane is a value, copied freely; it borrows the grid.
 *
 * Every helper costs O(cells it touches); nothing but grid_new() and grid_resize() allocates.
 */
#ifndef KSMTOP_GRID_H
#define KSMTOP_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * R(ID, name, letter): `name` is what themes/ *.yaml call the role, `letter` stands for it in the
 * role plane of a golden screen.  The first seven carry the marks, the others dress the frame.
 */
#define GRID_ROLES(R)							\
	R(TEXT,		"text",		'.')	/* plain */		\
	R(SKIPPED,	"skipped",	's')	/* `.` dim, passed by */ \
	R(VISITED,	"visited",	'v')	/* `*` visited, chosen */ \
	R(CURSOR,	"cursor",	'c')	/* `>` now, cursor */	\
	R(CHANGED,	"changed",	'~')	/* `~` by this event */	\
	R(NEW,		"new",		'+')	/* `+` new */		\
	R(FAULT,	"fault",	'!')	/* `!` fault */		\
	R(TITLE,	"title",	'T')	/* first row */		\
	R(TAB,		"tab",		't')	/* a view one can go to */ \
	R(TAB_ACTIVE,	"tab_active",	'A')	/* the current view */	\
	R(HINT,		"hint",		'h')	/* hint bar, notes */	\
	R(KEY,		"key",		'k')	/* a key's name */	\
	R(BORDER,	"border",	'-')	/* box lines */		\
	R(HEADING,	"heading",	'H')	/* column and box titles */ \
	R(EVIDENCE,	"evidence",	'e')	/* T, D, I, M */	\
	R(DOUBT,	"doubt",	'?')	/* `?` doubtful */	\
	R(GOOD,		"good",		'g')	/* fine, agrees */	\
	R(BAR,		"bar",		'b')	/* bars, sparklines */	\
	R(PROMPT,	"prompt",	'p')	/* what is being typed */ \
	R(MESSAGE,	"message",	'm')	/* answer to the last key */ \
	R(MATCH,	"match",	'/')	/* found by search */

enum role {
#define R(id, name, letter) ROLE_##id,
	GRID_ROLES(R)
#undef R
	NR_ROLES
};

/* For the role's name and its letter in the role plane; names are static. */
const char *role_name(enum role role);
char role_letter(enum role role);
/* The role called @name, or -1. */
int role_find(const char *name);

/*
 * Pictures that exist in both charsets.  Box lines carry their usual names.
 * G(ID, code point in UTF-8, ASCII stand-in)
 */
#define GRID_GLYPHS(G)			\
	G(HLINE,	0x2500, '-')	\
	G(VLINE,	0x2502, '|')	\
	G(TOP_LEFT,	0x250c, '+')	\
	G(TOP_RIGHT,	0x2510, '+')	\
	G(BOTTOM_LEFT,	0x2514, '`')	\
	G(BOTTOM_RIGHT,	0x2518, '+')	\
	G(TEE_RIGHT,	0x251c, '|')	/* |-  a branch of a tree */	\
	G(TEE_LEFT,	0x2524, '|')	\
	G(TEE_DOWN,	0x252c, '-')	\
	G(TEE_UP,	0x2534, '-')	\
	G(CROSS,	0x253c, '+')	\
	G(BAR_FULL,	0x2588, '#')	\
	G(BAR_EMPTY,	0x00b7, '.')	\
	G(ELLIPSIS,	0x2026, '~')	\
	G(ARROW,	0x2192, '>')	\
	G(UP,		0x2191, '^')	\
	G(DOWN,		0x2193, 'v')	\
	G(FOLDED,	0x25b8, '+')	\
	G(UNFOLDED,	0x25be, '-')

enum glyph {
#define G(id, utf8, ascii) GLYPH_##id,
	GRID_GLYPHS(G)
#undef G
	NR_GLYPHS
};

enum charset { GRID_UTF8, GRID_ASCII };

/* Second half of a wide character. */
#define GRID_TAIL 0u

struct cell {
	uint32_t cp;		/* code point, ' ' when empty, GRID_TAIL after a wide one */
	uint32_t role;		/* enum role */
};

struct grid {
	int width, height;	/* in cells, both >= 1 */
	enum charset charset;	/* which glyphs the helpers choose */
	struct cell *cells;	/* row after row, owned */
	int cursor_x, cursor_y;	/* where the terminal's cursor belongs, -1 for hidden */
};

struct pane {
	struct grid *grid;	/* borrowed */
	int x, y;		/* origin, in grid cells; may lie outside */
	int width, height;	/* <= 0: everything is clipped */
};

/* Sizes are clamped to 1 .. 1000 columns and rows.  NULL when memory is out. */
struct grid *grid_new(int width, int height, enum charset charset);
void grid_free(struct grid *grid);
/* New size, blank contents.  -ENOMEM leaves the grid as it was. */
int grid_resize(struct grid *grid, int width, int height);
/* Blanks every cell (ROLE_TEXT) and hides the cursor. */
void grid_clear(struct grid *grid);
/* The cell at (x, y), or NULL outside. */
const struct cell *grid_at(const struct grid *grid, int x, int y);
/* The code point that shows @glyph in this charset. */
uint32_t glyph_cp(enum charset charset, enum glyph glyph);

/* The whole grid, and a part of a pane (clipped to it). */
struct pane grid_pane(struct grid *grid);
struct pane pane_sub(struct pane pane, int x, int y, int width, int height);
static inline enum charset pane_charset(struct pane pane)
{
	return pane.grid->charset;
}

/* One code point.  Returns its columns: 0, 1 or 2. */
int pane_put(struct pane pane, int x, int y, enum role role, uint32_t cp);
int pane_glyph(struct pane pane, int x, int y, enum role role, enum glyph glyph);

/*
 * Text, UTF-8, on one row.  Returns the columns that the whole text takes (clipped or not), so
 * that pieces of different roles follow one another: x += pane_text(...).  What reaches over the
 * pane's right edge is shortened as pane_fit() does.  pane_printf() cuts at 1023 bytes.
 */
int pane_text(struct pane pane, int x, int y, enum role role, const char *text);
int pane_printf(struct pane pane, int x, int y, enum role role, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * Text in exactly @width columns, padded with blanks.  When it does not fit an ellipsis tells so, at
 * its end (ALIGN_LEFT) or its beginning (ALIGN_RIGHT), and what stays are whole words and whole
 * numbers: half a number is a wrong one.  A lone word may be cut, but in front of its digits.  A
 * count (format_count()) loses its blanks first, then becomes thousands or more: "7 999 835",
 * "7999835", "7999k", "7.9M", cut and not rounded.
 */
enum align { ALIGN_LEFT, ALIGN_RIGHT };
void pane_fit(struct pane pane, int x, int y, int width, enum align align, enum role role,
	      const char *text);
/* Columns of @text as pane_text() would draw it; bytes of it that fit into so many columns. */
int text_width(const char *text);
size_t text_head(const char *text, int columns);

/* Words of @text over several rows; returns the rows needed, drawn or not. */
int pane_wrap(struct pane pane, int x, int y, int width, enum role role, const char *text);

/* Blanks of @role over a rectangle; a new role for what is already there. */
void pane_fill(struct pane pane, int x, int y, int width, int height, enum role role);
void pane_paint(struct pane pane, int x, int y, int width, int height, enum role role);

/* Lines. A box is its border; the title stands in its top edge. */
void pane_hline(struct pane pane, int x, int y, int width, enum role role);
void pane_vline(struct pane pane, int x, int y, int height, enum role role);
void pane_box(struct pane pane, enum role border, const char *title);

/*
 * A bar of @width columns for value of max, the rest dotted.  In UTF-8 it has eighths of a
 * column; a value above 0 always shows.  max == 0 draws an empty bar.
 */
void pane_bar(struct pane pane, int x, int y, int width, enum role role, uint64_t value,
	      uint64_t max);

/*
 * A sparkline: one column for each of @nr values, 0 .. max in eight heights (ASCII _.:-=+*#).
 * GRID_NO_VALUE leaves a gap ('?' in ROLE_DOUBT): unknown is not zero.
 */
#define GRID_NO_VALUE UINT64_MAX
void pane_spark(struct pane pane, int x, int y, enum role role, const uint64_t *values, int nr,
		uint64_t max);

/*
 * Columns of a table.  columns_fit() spreads @width over the visible ones: each gets its least
 * width; when that is too much, columns of the highest `shed` number go first (shed 0 stays);
 * what is left over goes to columns that may grow, in proportion to `grow`.  The one that the rows are
 * sorted by stays, since the order could not be read without it.  Two mark columns
 * and a blank stand before the first (COLUMN_MARKS), one blank between columns.
 */
#define COLUMN_MARKS	3
#define COLUMNS_MAX	24

struct column {
	const char *id;		/* for keys, :columns and saved settings: "profit" */
	const char *heading;	/* as shown: "PROFIT" */
	short width;		/* least columns */
	short grow;		/* share of what is left over */
	short shed;		/* 0 never leaves; else leaves in order, highest first */
	enum align align;
};

struct column_place {
	int x, width;		/* width 0: not shown */
};

/* @shown: bit i set when column i is wanted; @sort: the column sorted by, or -1.  Fills places[0 .. nr). */
void columns_fit(const struct column *columns, int nr, uint32_t shown, int sort, int width,
		 struct column_place *places);
/* Headings in ROLE_HEADING; the one at index @sort (or -1) carries an up or down glyph. */
void columns_heading(struct pane pane, int y, const struct column *columns, int nr,
		     const struct column_place *places, int sort, bool descending);
/* One field of a row; nothing when the column is not shown. */
void column_text(struct pane pane, int y, const struct column *column,
		 const struct column_place *place, enum role role, const char *text);
/* The two marks at the left of a row, for instance "> " or "*~"; each in its own role. */
void row_marks(struct pane pane, int y, const char *marks);

#endif
