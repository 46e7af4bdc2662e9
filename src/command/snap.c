// SPDX-License-Identifier: GPL-2.0-only
/*
 * snap.c - `ksmtop snap`: a screen of the explorer, printed.
 *
 * The same session as on the terminal, drawn once into a grid that becomes text, ANSI or SVG.
 * Before that the keys of --keys are played, so every screen that can be reached by hand can be
 * printed, tested and put into documentation.
 *
 * A script is lines of key names as the help shows them, parted by blanks; a line that begins with
 * a colon is a command of the command line; # begins a comment.  A key that does not exist is an
 * error with its line, since a picture made of half a script would mislead.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "explorer.h"
#include "screen/grid_write.h"

#define SIZE_MAX_CELLS 1000

static int read_size(const char *text, int *ret_width, int *ret_height, struct diag *diag)
{
	char *end, *end_height;
	long width = strtol(text, &end, 10), height = 0;

	if (*end == 'x')
		height = strtol(end + 1, &end_height, 10);
	if (end == text || *end != 'x' || *end_height || end_height == end + 1 || width < 1 ||
	    height < 1 || width > SIZE_MAX_CELLS || height > SIZE_MAX_CELLS) {
		diag_set(diag, -EINVAL, "%s is no size", text);
		diag_expected(diag, "columns and rows such as 120x40, at most %dx%d", SIZE_MAX_CELLS,
			      SIZE_MAX_CELLS);
		return -EINVAL;
	}
	*ret_width = (int)width;
	*ret_height = (int)height;
	return 0;
}

static int play_line(struct session *session, char *line, const char *path, uint32_t number,
		     struct diag *diag)
{
	char *save = NULL;

	if (line[0] == '#')
		return 0;
	if (line[0] == ':') {
		session_command(session, line + 1);
		return 0;
	}
	for (char *word = strtok_r(line, " \t\r", &save); word; word = strtok_r(NULL, " \t\r", &save)) {
		uint32_t key = key_parse(word);

		if (key == K_NONE) {
			diag_set(diag, -EINVAL, "%s is no key", word);
			diag_line(diag, path, number, (uint32_t)(word - line) + 1);
			diag_expected(diag, "a name as the help shows it, such as Right or Ctrl-O");
			return -EINVAL;
		}
		session_key(session, key);
	}
	return 0;
}

static int play_keys(struct session *session, const char *path, struct diag *diag)
{
	uint32_t number = 0;
	char *text, *rest, *line;
	size_t size;
	int err = read_text_file(path, &text, &size, diag);

	if (err)
		return err;
	rest = text;
	while (err == 0 && (line = strsep(&rest, "\n")))
		err = play_line(session, line, path, ++number, diag);
	free(text);
	return err;
}

static int print_grid(const struct explorer *explorer, const struct grid *grid, const char *format,
		      bool color, struct diag *diag)
{
	char *text;
	int err;

	if (strcmp(format, "svg") == 0)
		err = grid_write_svg(grid, &explorer->theme, &text);
	else if (strcmp(format, "ansi") == 0)
		err = grid_write_ansi(grid, &explorer->theme, color ? DEPTH_TRUE : DEPTH_MONO, &text);
	else
		err = grid_write_text(grid, &text);
	if (err)
		return diag_set(diag, err, "no memory for the picture");
	fputs(text, stdout);
	free(text);
	return 0;
}

static int snap(struct explorer *explorer, struct grid *grid, const char *format, struct diag *diag)
{
	const struct invocation *invocation = explorer->invocation;
	const char *keys = invocation_value(invocation, OPTION_KEYS);
	int err;

	while ((err = explorer_load(explorer, 0, diag)) > 0)
		;
	session_set_charset(explorer->session, grid->charset);
	/* Twice: what keys do to lists depends on where they were drawn. */
	session_draw(explorer->session, grid);
	if (err == 0 && keys)
		err = play_keys(explorer->session, keys, diag);
	if (err)
		return err;
	session_draw(explorer->session, grid);
	return print_grid(explorer, grid, format, !invocation_has(invocation, OPTION_NO_COLOR), diag);
}

static int check_format(const char *format, struct diag *diag)
{
	for (int i = 0; snap_formats[i]; i++)
		if (strcmp(format, snap_formats[i]) == 0)
			return 0;
	diag_set(diag, -EINVAL, "%s is no format", format);
	diag_expected(diag, "text, ansi or svg");
	return -EINVAL;
}

int snap_command(const struct invocation *invocation, struct diag *diag)
{
	const char *size = invocation_value(invocation, OPTION_SIZE);
	const char *format = invocation_value(invocation, OPTION_FORMAT);
	bool ascii = invocation_has(invocation, OPTION_ASCII);
	struct explorer explorer = { 0 };
	struct grid *grid = NULL;
	int width, height;
	int err = read_size(size ? size : "80x24", &width, &height, diag);

	format = format ? format : snap_formats[0];
	if (err == 0)
		err = check_format(format, diag);
	if (err == 0)
		err = explorer_open(&explorer, invocation, diag);
	if (err == 0) {
		grid = grid_new(width, height, ascii ? GRID_ASCII : GRID_UTF8);
		err = grid ? snap(&explorer, grid, format, diag) :
		      diag_set(diag, -ENOMEM, "no memory for the picture");
	}
	grid_free(grid);
	explorer_close(&explorer);
	return err ? STATUS_FAILED : STATUS_FINE;
}
