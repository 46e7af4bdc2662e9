// SPDX-License-Identifier: GPL-2.0-only
/*
 * golden.c - writes a screen as text and roles, and compares it with a file.
 *
 * The comparison is of the whole file, line by line, so that nothing can hide; an added or lost
 * line is a difference too.  Files are only written when UPDATE_GOLDEN is set.
 */
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen/grid_write.h"

/* A row's text, padded to the grid's width in columns, with a bar behind it. */
static void put_row(FILE *out, const struct grid *grid, int y, const char *line, size_t length)
{
	int width;
	char *copy = strndup(line, length);

	width = text_width(copy);
	fprintf(out, "%s%*s|\n", copy, grid->width - width, "");
	free(copy);
	(void)y;
}

static char *render(const struct grid *grid, const char *why)
{
	char *text = NULL, *roles = NULL, *all = NULL, *at;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	if (!out || grid_write_text(grid, &text) || grid_write_roles(grid, &roles))
		abort();
	fprintf(out, "# %s\n", why);
	at = text;
	for (int y = 0; y < grid->height; y++) {
		size_t length = strcspn(at, "\n");

		put_row(out, grid, y, at, length);
		at += length + 1;
	}
	fprintf(out, "# roles\n%s", roles);
	if (grid->cursor_y >= 0)
		fprintf(out, "# cursor %d,%d\n", grid->cursor_x, grid->cursor_y);
	fclose(out);
	free(text);
	free(roles);
	return all;
}

static char *read_all(const char *file)
{
	FILE *stream = fopen(file, "re");
	char *text;
	size_t length;

	if (!stream)
		return NULL;
	text = calloc(1, 1 << 20);
	length = text ? fread(text, 1, (1 << 20) - 1, stream) : 0;
	fclose(stream);
	if (text)
		text[length] = '\0';
	return text;
}

static void show_difference(const char *name, const char *old, const char *fresh)
{
	fprintf(stderr, "%s differs (- approved, + now):\n", name);
	for (int line = 1; *old || *fresh; line++) {
		int a = (int)strcspn(old, "\n"), b = (int)strcspn(fresh, "\n");

		if (a != b || strncmp(old, fresh, (size_t)a))
			fprintf(stderr, "%3d -%.*s\n    +%.*s\n", line, a, old, b, fresh);
		old += a + (old[a] == '\n');
		fresh += b + (fresh[b] == '\n');
	}
}

bool golden_check(const struct grid *grid, const char *name, const char *why)
{
	const char *folder = getenv("GOLDEN_DIR"), *update = getenv("UPDATE_GOLDEN");
	char file[1024], *old, *fresh = render(grid, why);
	bool equal;

	snprintf(file, sizeof(file), "%s/%s.screen", folder ? folder : ".", name);
	if (update && *update) {
		FILE *out = fopen(file, "we");

		equal = out && fputs(fresh, out) >= 0;
		if (out)
			fclose(out);
		free(fresh);
		return equal;
	}
	old = read_all(file);
	equal = old && !strcmp(old, fresh);
	if (!old)
		fprintf(stderr, "%s does not exist; UPDATE_GOLDEN=1 makes it\n", file);
	else if (!equal)
		show_difference(name, old, fresh);
	free(old);
	free(fresh);
	return equal;
}
