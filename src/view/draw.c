// SPDX-License-Identifier: GPL-2.0-only
/*
 * draw.c - lines, bars, sparklines and columns, on top of grid.c.
 *
 * The one hard idea is that both charsets use the same cells: a UTF-8 screen and its ASCII twin
 * have every word and every bar at the same place, so that golden screens can be compared and a
 * user may switch in the middle.  Only the picture inside a cell differs, and its fineness: a bar
 * has eighths of a column in UTF-8 and whole columns in ASCII.
 *
 * Values are 64-bit counts from a recording.  Scaling goes through 128 bits, so that a bar of
 * 2^63 bytes is as right as a bar of three pages.
 *
 * Not here: what a bar means, or which role it should have.
 */
#include "grid.h"

#include <assert.h>

void pane_hline(struct pane pane, int x, int y, int width, enum role role)
{
	for (int i = 0; i < width && x + i < pane.width; i++)
		pane_glyph(pane, x + i, y, role, GLYPH_HLINE);
}

void pane_vline(struct pane pane, int x, int y, int height, enum role role)
{
	for (int i = 0; i < height && y + i < pane.height; i++)
		pane_glyph(pane, x, y + i, role, GLYPH_VLINE);
}

void pane_box(struct pane pane, enum role border, const char *title)
{
	int right = pane.width - 1, bottom = pane.height - 1;

	if (pane.width < 2 || pane.height < 2)
		return;
	pane_hline(pane, 1, 0, right - 1, border);
	pane_hline(pane, 1, bottom, right - 1, border);
	pane_vline(pane, 0, 1, bottom - 1, border);
	pane_vline(pane, right, 1, bottom - 1, border);
	pane_glyph(pane, 0, 0, border, GLYPH_TOP_LEFT);
	pane_glyph(pane, right, 0, border, GLYPH_TOP_RIGHT);
	pane_glyph(pane, 0, bottom, border, GLYPH_BOTTOM_LEFT);
	pane_glyph(pane, right, bottom, border, GLYPH_BOTTOM_RIGHT);
	if (title && *title && pane.width > 6) {
		struct pane top = pane_sub(pane, 2, 0, pane.width - 4, 1);
		int width = text_width(title);

		if (width > top.width - 2)
			width = top.width - 2;
		pane_put(top, 0, 0, border, ' ');
		pane_fit(top, 1, 0, width, ALIGN_LEFT, ROLE_HEADING, title);
		pane_put(top, 1 + width, 0, border, ' ');
	}
}

/* value * steps / max, rounded down, but at least 1 for a value above 0 and at most steps. */
static int scale(uint64_t value, uint64_t max, int steps)
{
	uint64_t scaled;

	if (!max || !value)
		return 0;
	if (value >= max)
		return steps;
	scaled = (uint64_t)((unsigned __int128)value * (unsigned)steps / max);
	return scaled ? (int)scaled : 1;
}

void pane_bar(struct pane pane, int x, int y, int width, enum role role, uint64_t value,
	      uint64_t max)
{
	bool fine = pane.grid->charset == GRID_UTF8;
	int parts = fine ? 8 : 1;
	int filled;

	if (width <= 0 || width > 1000)
		return;
	filled = scale(value, max, width * parts);
	for (int i = 0; i < width; i++) {
		int left = filled - i * parts;

		if (left >= parts)
			pane_glyph(pane, x + i, y, role, GLYPH_BAR_FULL);
		else if (left > 0)	/* U+2589 is seven eighths, U+258F one */
			pane_put(pane, x + i, y, role, 0x2590u - (uint32_t)left);
		else
			pane_glyph(pane, x + i, y, ROLE_BORDER, GLYPH_BAR_EMPTY);
	}
}

void pane_spark(struct pane pane, int x, int y, enum role role, const uint64_t *values, int nr,
		uint64_t max)
{
	static const char ascii[] = "_.:-=+*#@";
	bool fine = pane.grid->charset == GRID_UTF8;

	for (int i = 0; i < nr; i++) {
		int height;

		if (values[i] == GRID_NO_VALUE) {
			pane_put(pane, x + i, y, ROLE_DOUBT, '?');
			continue;
		}
		height = scale(values[i], max, 8);
		if (fine && height)	/* U+2581 is one eighth, U+2588 the whole cell */
			pane_put(pane, x + i, y, role, 0x2580u + (uint32_t)height);
		else if (fine)
			pane_put(pane, x + i, y, ROLE_BORDER, '_');
		else
			pane_put(pane, x + i, y, height ? role : ROLE_BORDER,
				 (unsigned char)ascii[height]);
	}
}

/* Columns the places need: marks, widths and a blank between two. */
static int columns_need(const struct column *columns, int nr, uint32_t shown)
{
	int need = COLUMN_MARKS, visible = 0;

	for (int i = 0; i < nr; i++)
		if (shown & (1u << i)) {
			need += columns[i].width;
			visible++;
		}
	return need + (visible > 1 ? visible - 1 : 0);
}

static uint32_t columns_shed(const struct column *columns, int nr, uint32_t shown, int sort, int width)
{
	while (columns_need(columns, nr, shown) > width) {
		int worst = -1;

		for (int i = 0; i < nr; i++)
			if (shown & (1u << i) && columns[i].shed && i != sort &&
			    (worst < 0 || columns[i].shed >= columns[worst].shed))
				worst = i;
		if (worst < 0)
			break;
		shown &= ~(1u << worst);
	}
	return shown;
}

void columns_fit(const struct column *columns, int nr, uint32_t shown, int sort, int width,
		 struct column_place *places)
{
	int spare, grow = 0, x = COLUMN_MARKS;

	assert(nr <= COLUMNS_MAX);
	shown = columns_shed(columns, nr, shown, sort, width);
	spare = width - columns_need(columns, nr, shown);
	if (spare < 0)
		spare = 0;
	for (int i = 0; i < nr; i++)
		if (shown & (1u << i))
			grow += columns[i].grow;
	for (int i = 0; i < nr; i++) {
		places[i] = (struct column_place){ x, 0 };
		if (!(shown & (1u << i)))
			continue;
		places[i].width = columns[i].width;
		if (columns[i].grow && grow) {
			int share = spare * columns[i].grow / grow;

			places[i].width += share;
			spare -= share;
			grow -= columns[i].grow;
		}
		x += places[i].width + 1;
	}
}

void columns_heading(struct pane pane, int y, const struct column *columns, int nr,
		     const struct column_place *places, int sort, bool descending)
{
	for (int i = 0; i < nr; i++) {
		enum glyph glyph = descending ? GLYPH_DOWN : GLYPH_UP;
		int x = places[i].x, width = places[i].width, text = text_width(columns[i].heading);

		if (text > width)
			text = width;
		if (!width)
			continue;
		pane_fit(pane, x, y, width, columns[i].align, ROLE_HEADING, columns[i].heading);
		if (i != sort)
			continue;
		/* beside the word, on its free side: a blank stands between columns */
		pane_glyph(pane, columns[i].align == ALIGN_RIGHT ? x + width - text - 1 : x + text, y, ROLE_KEY, glyph);
	}
}

void column_text(struct pane pane, int y, const struct column *column,
		 const struct column_place *place, enum role role, const char *text)
{
	pane_fit(pane, place->x, y, place->width, column->align, role, text);
}

static enum role mark_role(char mark)
{
	switch (mark) {
	case '>': return ROLE_CURSOR;
	case '*': return ROLE_VISITED;
	case '.': return ROLE_SKIPPED;
	case '~': return ROLE_CHANGED;
	case '+': return ROLE_NEW;
	case '!': return ROLE_FAULT;
	case '?': return ROLE_DOUBT;
	default: return ROLE_TEXT;	/* ':' waits, 'x' is gone: words enough */
	}
}

void row_marks(struct pane pane, int y, const char *marks)
{
	for (int i = 0; i < 2 && marks[i]; i++)
		pane_put(pane, i, y, mark_role(marks[i]), (unsigned char)marks[i]);
}
