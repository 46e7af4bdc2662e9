// SPDX-License-Identifier: GPL-2.0-only
/*
 * grid_write.c - a grid without a terminal: text, roles, ANSI, SVG.
 *
 * The one thing to get right is where a look begins and ends: cells are taken in runs of one look,
 * a run never crosses a line, and a line leaves the default look behind, so that lines can be cut
 * out of the middle (grep, a pager) and stay right.  In SVG a run carries its width in columns, so
 * that a font with other widths cannot shift what follows.
 *
 * Everything is written to memory first: a picture is small, and the caller decides where it goes.
 */
#include "grid_write.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct out {
	FILE *stream;
	char *text;
	size_t size;
};

static int out_open(struct out *out)
{
	*out = (struct out){ 0 };
	out->stream = open_memstream(&out->text, &out->size);
	return out->stream ? 0 : -ENOMEM;
}

static int out_close(struct out *out, char **ret_text)
{
	int bad = ferror(out->stream);

	if (fclose(out->stream) || bad) {
		free(out->text);
		return -ENOMEM;
	}
	*ret_text = out->text;
	return 0;
}

static void put_cp(struct out *out, uint32_t cp)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t nr;

	if (cp == GRID_TAIL)
		return;
	nr = utf8proc_encode_char((utf8proc_int32_t)cp, bytes);
	if (nr > 0)
		fwrite(bytes, 1, (size_t)nr, out->stream);
}

static int row_end(const struct grid *grid, int y)
{
	int end = grid->width;

	while (end > 0 && grid_at(grid, end - 1, y)->cp == ' ')
		end--;
	return end;
}

int grid_write_text(const struct grid *grid, char **ret_text)
{
	struct out out;

	if (out_open(&out))
		return -ENOMEM;
	for (int y = 0; y < grid->height; y++) {
		int end = row_end(grid, y);

		for (int x = 0; x < end; x++)
			put_cp(&out, grid_at(grid, x, y)->cp);
		fputc('\n', out.stream);
	}
	return out_close(&out, ret_text);
}

int grid_write_roles(const struct grid *grid, char **ret_text)
{
	struct out out;

	if (out_open(&out))
		return -ENOMEM;
	for (int y = 0; y < grid->height; y++) {
		for (int x = 0; x < grid->width; x++)
			fputc(role_letter((enum role)grid_at(grid, x, y)->role), out.stream);
		fputc('\n', out.stream);
	}
	return out_close(&out, ret_text);
}

static void put_sgr(struct out *out, struct look look, enum theme_depth depth)
{
	static const struct { uint32_t bit; int code; } codes[] = {
		{ STYLE_BOLD, 1 }, { STYLE_DIM, 2 }, { STYLE_UNDERLINE, 4 }, { STYLE_REVERSE, 7 },
	};
	uint32_t color = look.color;

	fputs("\033[0", out->stream);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (look.style & codes[i].bit)
			fprintf(out->stream, ";%d", codes[i].code);
	if (color == COLOR_DEFAULT || depth == DEPTH_MONO)
		;
	else if (color & COLOR_RGB)
		fprintf(out->stream, ";38;2;%u;%u;%u", color >> 16 & 255, color >> 8 & 255, color & 255);
	else if (color < 8)
		fprintf(out->stream, ";3%u", color);
	else if (color < 16)
		fprintf(out->stream, ";9%u", color - 8);
	else
		fprintf(out->stream, ";38;5;%u", color);
	fputc('m', out->stream);
}

static bool look_equal(struct look a, struct look b)
{
	return a.color == b.color && a.style == b.style;
}

int grid_write_ansi(const struct grid *grid, const struct theme *theme, enum theme_depth depth,
		    char **ret_text)
{
	struct look plain = { COLOR_DEFAULT, 0 };
	struct out out;

	if (out_open(&out))
		return -ENOMEM;
	for (int y = 0; y < grid->height; y++) {
		struct look now = plain;

		for (int x = 0; x < grid->width; x++) {
			const struct cell *cell = grid_at(grid, x, y);
			struct look look = theme_look(theme, (enum role)cell->role, depth);

			if (cell->cp != GRID_TAIL && !look_equal(look, now)) {
				put_sgr(&out, look, depth);
				now = look;
			}
			put_cp(&out, cell->cp);
		}
		fputs(look_equal(now, plain) ? "\n" : "\033[0m\n", out.stream);
	}
	return out_close(&out, ret_text);
}

/* ---- SVG ---- */

#define CELL_WIDTH	9
#define CELL_HEIGHT	18
#define BASELINE	13

static void put_escaped(struct out *out, uint32_t cp)
{
	switch (cp) {
	case '&': fputs("&amp;", out->stream); break;
	case '<': fputs("&lt;", out->stream); break;
	case '>': fputs("&gt;", out->stream); break;
	default: put_cp(out, cp);
	}
}

/* The colour that stands out from the theme's background: its "default". */
static uint32_t default_rgb(const struct theme *theme)
{
	return color_contrast(theme->on, 0xffffff) > color_contrast(theme->on, 0) ? 0xe6e6e6 : 0x1a1a1a;
}

static uint32_t look_rgb(const struct theme *theme, struct look look)
{
	if (look.color == COLOR_DEFAULT)
		return default_rgb(theme);
	return look.color & COLOR_RGB ? look.color & 0xffffff : palette_rgb(look.color);
}

static void put_run(struct out *out, const struct grid *grid, const struct theme *theme, int y,
		    int from, int to, struct look look)
{
	uint32_t color = look_rgb(theme, look);
	bool reverse = look.style & STYLE_REVERSE;

	if (reverse)
		fprintf(out->stream, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\"/>\n",
			from * CELL_WIDTH, y * CELL_HEIGHT, (to - from) * CELL_WIDTH, CELL_HEIGHT, color);
	while (to > from && grid_at(grid, to - 1, y)->cp == ' ' && !(look.style & STYLE_UNDERLINE))
		to--;
	if (to == from)
		return;
	fprintf(out->stream, "<text x=\"%d\" y=\"%d\" textLength=\"%d\" fill=\"#%06x\"%s%s%s>",
		from * CELL_WIDTH, y * CELL_HEIGHT + BASELINE, (to - from) * CELL_WIDTH,
		reverse ? theme->on : color, look.style & STYLE_BOLD ? " font-weight=\"bold\"" : "",
		look.style & STYLE_DIM ? " opacity=\"0.7\"" : "",
		look.style & STYLE_UNDERLINE ? " text-decoration=\"underline\"" : "");
	for (int x = from; x < to; x++)
		put_escaped(out, grid_at(grid, x, y)->cp);
	fputs("</text>\n", out->stream);
}

int grid_write_svg(const struct grid *grid, const struct theme *theme, char **ret_text)
{
	struct out out;

	if (out_open(&out))
		return -ENOMEM;
	fprintf(out.stream, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"15\" "
		"xml:space=\"preserve\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#%06x\"/>\n",
		grid->width * CELL_WIDTH, grid->height * CELL_HEIGHT, theme->on);
	for (int y = 0; y < grid->height; y++) {
		int from = 0;

		for (int x = 1; x <= grid->width; x++) {
			struct look look = theme_look(theme, (enum role)grid_at(grid, from, y)->role,
						      DEPTH_TRUE);

			if (x < grid->width &&
			    look_equal(look, theme_look(theme, (enum role)grid_at(grid, x, y)->role,
							DEPTH_TRUE)))
				continue;
			put_run(&out, grid, theme, y, from, x, look);
			from = x;
		}
	}
	fputs("</svg>\n", out.stream);
	return out_close(&out, ret_text);
}
