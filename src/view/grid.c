// SPDX-License-Identifier: GPL-2.0-only
/*
 * grid.c - cells and text.
 *
 * The one hard idea is that everything that reaches a cell goes through cell_store(): there
 * strings from a recording lose their control characters, wide characters get their tail, half
 * overwritten ones are blanked and ASCII grids stay ASCII.  All other drawing is built on it, so
 * that no view can put anything on the screen that moves the terminal's cursor.
 *
 * Widths come from libutf8proc and not from wcwidth(), which depends on the locale: a program
 * started with LANG=C must draw the same picture.
 *
 * Not here: colours (theme.c), terminals (src/screen), lines and bars (draw.c).
 */
#include "grid.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define SIZE_MAX_CELLS 1000

static const struct {
	const char *name;
	char letter;
} roles[NR_ROLES] = {
#define R(id, name, letter) { name, letter },
	GRID_ROLES(R)
#undef R
};

static const struct {
	uint32_t utf8, ascii;
} glyphs[NR_GLYPHS] = {
#define G(id, utf8, ascii) { utf8, ascii },
	GRID_GLYPHS(G)
#undef G
};

const char *role_name(enum role role)
{
	return roles[role].name;
}

char role_letter(enum role role)
{
	return roles[role].letter;
}

int role_find(const char *name)
{
	for (int i = 0; i < NR_ROLES; i++)
		if (!strcmp(roles[i].name, name))
			return i;
	return -1;
}

uint32_t glyph_cp(enum charset charset, enum glyph glyph)
{
	return charset == GRID_ASCII ? glyphs[glyph].ascii : glyphs[glyph].utf8;
}

static int size_clamp(int size)
{
	return size < 1 ? 1 : size > SIZE_MAX_CELLS ? SIZE_MAX_CELLS : size;
}

struct grid *grid_new(int width, int height, enum charset charset)
{
	struct grid *grid = calloc(1, sizeof(*grid));

	if (!grid)
		return NULL;
	grid->charset = charset;
	if (grid_resize(grid, width, height)) {
		free(grid);
		return NULL;
	}
	return grid;
}

void grid_free(struct grid *grid)
{
	if (!grid)
		return;
	free(grid->cells);
	free(grid);
}

int grid_resize(struct grid *grid, int width, int height)
{
	struct cell *cells;

	width = size_clamp(width);
	height = size_clamp(height);
	cells = calloc((size_t)width * (size_t)height, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	free(grid->cells);
	grid->cells = cells;
	grid->width = width;
	grid->height = height;
	grid_clear(grid);
	return 0;
}

void grid_clear(struct grid *grid)
{
	size_t nr = (size_t)grid->width * (size_t)grid->height;

	for (size_t i = 0; i < nr; i++)
		grid->cells[i] = (struct cell){ ' ', ROLE_TEXT };
	grid->cursor_x = grid->cursor_y = -1;
}

const struct cell *grid_at(const struct grid *grid, int x, int y)
{
	if (x < 0 || y < 0 || x >= grid->width || y >= grid->height)
		return NULL;
	return &grid->cells[(size_t)y * (size_t)grid->width + (size_t)x];
}

static struct cell *cell_at(struct grid *grid, int x, int y)
{
	return (struct cell *)grid_at(grid, x, y);
}

/* What may stand in a cell instead of @cp, and how wide it is: 0 for "leave it out". */
static int cp_clean(uint32_t *cp)
{
	utf8proc_category_t category;
	int width;

	if (*cp >= ' ' && *cp < 0x7f)
		return 1;
	category = utf8proc_category((utf8proc_int32_t)*cp);
	width = utf8proc_charwidth((utf8proc_int32_t)*cp);
	if (category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
	    category == UTF8PROC_CATEGORY_CF)
		return 0;
	if (category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CS ||
	    category == UTF8PROC_CATEGORY_CN || category == UTF8PROC_CATEGORY_ZL ||
	    category == UTF8PROC_CATEGORY_ZP) {
		*cp = '?';
		return 1;
	}
	return width < 0 ? 0 : width > 2 ? 2 : width;
}

/* Next clean code point of a string; 0 at its end.  Broken bytes read as '?', one by one. */
static uint32_t text_next(const char **text, int *width)
{
	while (**text) {
		utf8proc_int32_t cp;
		utf8proc_ssize_t len;
		uint32_t clean;

		if (**text >= ' ' && **text < 0x7f) {	/* nearly always */
			*width = 1;
			return (unsigned char)*(*text)++;
		}
		len = utf8proc_iterate((const utf8proc_uint8_t *)*text, -1, &cp);
		clean = len > 0 ? (uint32_t)cp : '?';
		*text += len > 0 ? len : 1;
		*width = cp_clean(&clean);
		if (*width)
			return clean;
	}
	return 0;
}

/* Blanks what is left of a wide character when one half of it is overwritten. */
static void cell_split(struct grid *grid, int x, int y)
{
	struct cell *cell = cell_at(grid, x, y);

	if (cell->cp == GRID_TAIL && x > 0)
		cell[-1].cp = ' ';
	else if (x + 1 < grid->width && cell[1].cp == GRID_TAIL)
		cell[1].cp = ' ';
}

/* x, y in grid cells, already inside the pane's clip; @room: columns up to the clip's edge. */
static void cell_store(struct grid *grid, int x, int y, enum role role, uint32_t cp, int width,
		       int room)
{
	struct cell *cell = cell_at(grid, x, y);

	if (grid->charset == GRID_ASCII && cp >= 0x7f)
		cp = '?';
	cell_split(grid, x, y);
	if (width == 2) {
		if (room < 2) {
			*cell = (struct cell){ ' ', role };
			return;
		}
		cell_split(grid, x + 1, y);
		cell[1] = (struct cell){ cp == '?' ? '?' : GRID_TAIL, role };
	}
	*cell = (struct cell){ cp, role };
}

/* The part of the grid that a pane may touch: [x0, x1) x [y0, y1). */
struct clip {
	int x0, y0, x1, y1;
};

static struct clip pane_clip(struct pane pane)
{
	struct clip clip = {
		pane.x < 0 ? 0 : pane.x,
		pane.y < 0 ? 0 : pane.y,
		pane.x + pane.width > pane.grid->width ? pane.grid->width : pane.x + pane.width,
		pane.y + pane.height > pane.grid->height ? pane.grid->height : pane.y + pane.height,
	};
	return clip;
}

struct pane grid_pane(struct grid *grid)
{
	return (struct pane){ grid, 0, 0, grid->width, grid->height };
}

struct pane pane_sub(struct pane pane, int x, int y, int width, int height)
{
	if (x < 0) {
		width += x;
		x = 0;
	}
	if (y < 0) {
		height += y;
		y = 0;
	}
	/* behind the edge everything is clipped, wherever it is; adding the origin must not overflow */
	if (x > pane.width)
		x = pane.width;
	if (y > pane.height)
		y = pane.height;
	if (width > pane.width - x)
		width = pane.width - x;
	if (height > pane.height - y)
		height = pane.height - y;
	return (struct pane){ pane.grid, pane.x + x, pane.y + y, width < 0 ? 0 : width,
			      height < 0 ? 0 : height };
}

static int put_clean(struct pane pane, int x, int y, enum role role, uint32_t cp, int width)
{
	struct clip clip = pane_clip(pane);
	int gx, gy;

	/* far outside: adding the origin could overflow */
	if (x >= pane.width || y >= pane.height || x < -1 || y < 0)
		return width;
	gx = pane.x + x;
	gy = pane.y + y;
	if (gx >= clip.x0 && gx < clip.x1 && gy >= clip.y0 && gy < clip.y1)
		cell_store(pane.grid, gx, gy, role, cp, width, clip.x1 - gx);
	else if (width == 2 && gx == clip.x0 - 1 && gx + 1 < clip.x1 && gy >= clip.y0 && gy < clip.y1)
		cell_store(pane.grid, gx + 1, gy, role, ' ', 1, 1);
	return width;
}

int pane_put(struct pane pane, int x, int y, enum role role, uint32_t cp)
{
	int width = cp_clean(&cp);

	return width ? put_clean(pane, x, y, role, cp, width) : 0;
}

int pane_glyph(struct pane pane, int x, int y, enum role role, enum glyph glyph)
{
	return put_clean(pane, x, y, role, glyph_cp(pane.grid->charset, glyph), 1);
}

int pane_text(struct pane pane, int x, int y, enum role role, const char *text)
{
	int width, start = x, whole;
	uint32_t cp;

	/* over the edge: it ends with a whole word, and with a sign that there is more */
	if (x >= 0 && x < pane.width && (whole = text_width(text)) > pane.width - x) {
		pane_fit(pane, x, y, pane.width - x, ALIGN_LEFT, role, text);
		return whole;
	}
	while ((cp = text_next(&text, &width)))
		x += put_clean(pane, x, y, role, cp, width);
	return x - start;
}

int pane_printf(struct pane pane, int x, int y, enum role role, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pane_text(pane, x, y, role, text);
}

int text_width(const char *text)
{
	int width, total = 0;

	while (text_next(&text, &width))
		total += width;
	return total;
}

void pane_fill(struct pane pane, int x, int y, int width, int height, enum role role)
{
	struct clip clip = pane_clip(pane_sub(pane, x, y, width, height));

	for (int gy = clip.y0; gy < clip.y1 && clip.x0 < clip.x1; gy++) {
		cell_split(pane.grid, clip.x0, gy);
		cell_split(pane.grid, clip.x1 - 1, gy);
		for (int gx = clip.x0; gx < clip.x1; gx++)
			*cell_at(pane.grid, gx, gy) = (struct cell){ ' ', role };
	}
}

void pane_paint(struct pane pane, int x, int y, int width, int height, enum role role)
{
	struct clip clip = pane_clip(pane_sub(pane, x, y, width, height));

	for (int gy = clip.y0; gy < clip.y1; gy++)
		for (int gx = clip.x0; gx < clip.x1; gx++)
			cell_at(pane.grid, gx, gy)->role = role;
}

size_t text_head(const char *text, int columns)
{
	const char *at = text, *end = text;
	int width, used = 0;

	while (text_next(&at, &width) && used + width <= columns) {
		used += width;
		end = at;
	}
	return (size_t)(end - text);
}
