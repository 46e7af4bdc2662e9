// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.c - an explorer over a recording, for the screen tests: keys in, grids out.
 *
 * What several tests do alike: open a recording without a cache, type keys by their names as a key
 * script does, draw after each as a terminal would, and hold pictures against each other.  The
 * asserts are cmocka's, so a test that calls these fails with what differs.
 */
#include "explore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

bool open_file(struct opened *file, const char *path)
{
	struct recording_options options = {.no_cache = true};
	const char *slash = strrchr(path, '/');
	char text[DIAG_TEXT_SIZE];
	struct diag diag = {0};

	file->path = path;
	if (recording_open(path, &options, &file->recording, &diag) ||
	    recording_load(file->recording, 0, &diag) < 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return false;
	}
	source_init(&file->source, file->recording);
	file->source.file = slash ? slash + 1 : path; /* the same title wherever the tree is */
	return true;
}

static const char *traces;

bool traces_given(int argc, char **argv)
{
	traces = argc > 1 ? argv[1] : NULL;
	return traces != NULL;
}

const char *traces_folder(void)
{
	return traces;
}

void open_trace(struct opened *file, const char *name)
{
	char path[512];

	*file = (struct opened){.name = name};
	snprintf(path, sizeof(path), "%s/%s.dat", traces, name);
	if (!open_file(file, path))
		fail_msg("%s cannot be opened", name);
	file->path = NULL;
	file->source.file = name;
}

void close_trace(struct opened *file)
{
	recording_close(file->recording);
}

struct session *open_session(const struct opened *file, enum charset charset)
{
	struct session *session;
	struct keymap keymap;

	keymap_init(&keymap);
	assert_int_equal(session_new(views_all, &keymap, &session), 0);
	session_set_charset(session, charset);
	session_set_source(session, &file->source);
	return session;
}

/* Keys by their names and commands by their colon, drawn after each as a terminal would. */
void type(struct session *session, struct grid *grid, const char *words)
{
	char text[256], *save = NULL;

	snprintf(text, sizeof(text), "%s", words);
	session_draw(session, grid);
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		for (char *c = word; *c; c++)
			*c = *c == '_' ? ' ' : *c; /* a blank within a command */
		if (word[0] == ':' && word[1])
			session_command(session, word + 1);
		else
			session_key(session, key_parse(word));
		session_draw(session, grid);
	}
}

struct cell *keep(const struct grid *grid)
{
	size_t size = sizeof(*grid->cells) * (size_t)(grid->width * grid->height);
	struct cell *cells = malloc(size);

	assert_non_null(cells);
	memcpy(cells, grid->cells, size);
	return cells;
}

void expect_same(const struct grid *grid, const struct cell *cells, const char *what,
			uint64_t t)
{
	for (int y = 0; y < grid->height; y++)
		for (int x = 0; x < grid->width; x++) {
			const struct cell *a = &grid->cells[y * grid->width + x],
					  *b = &cells[y * grid->width + x];

			if (a->cp != b->cp || a->role != b->role)
				fail_msg("%s: at event %" PRIu64 " cell %d,%d is '%c' and was '%c'",
					 what, t, x, y, (int)a->cp, (int)b->cp);
		}
}

#define STEPS 25

/* n steps on and n back: every picture on the way back is the one of the way there. */
void there_and_back(const struct opened *file, const char *view, const char *on,
			   const char *back)
{
	struct session *session = open_session(file, GRID_ASCII);
	struct grid *grid = grid_new(120, 40, GRID_ASCII);
	struct cell *pictures[STEPS + 1];
	uint64_t times[STEPS + 1];
	char what[64];
	int nr = 0;

	type(session, grid, ":time_20%");
	type(session, grid, view);
	type(session, grid, on);    /* onto a step of this kind */
	type(session, grid, "Esc"); /* which clears the message line */
	snprintf(what, sizeof(what), "%s, view %s, %s", file->name, view, on);
	for (; nr <= STEPS; nr++) {
		uint64_t t = session_t(session);

		pictures[nr] = keep(grid);
		times[nr] = t;
		if (nr < STEPS)
			type(session, grid, on);
		type(session, grid, "Esc");
		if (session_t(session) == t) { /* as far as it goes */
			nr++;
			break;
		}
	}
	for (int i = nr - 1; i >= 0; i--) {
		assert_int_equal(session_t(session), times[i]);
		expect_same(grid, pictures[i], what, times[i]);
		free(pictures[i]);
		type(session, grid, back);
		type(session, grid, "Esc");
	}
	grid_free(grid);
	session_free(session);
}

#define GUARD 3

/* Draws the view's body alone, in a grid with a margin that nothing may touch. */
void draw_guarded(struct session *session, const struct view *view, int width, int height)
{
	struct grid *grid = grid_new(width + 2 * GUARD, height + 2 * GUARD, GRID_UTF8);
	struct pane body = pane_sub(grid_pane(grid), GUARD, GUARD, width, height);

	pane_fill(grid_pane(grid), 0, 0, grid->width, grid->height, ROLE_FAULT);
	for (int i = 0; i < grid->width * grid->height; i++)
		grid->cells[i].cp = '@';
	view->draw(session, session_view_state(session)->own, body);
	for (int y = 0; y < grid->height; y++)
		for (int x = 0; x < grid->width; x++) {
			const struct cell *cell = grid_at(grid, x, y);
			bool inside =
				x >= GUARD && x < GUARD + width && y >= GUARD && y < GUARD + height;

			if (!inside && (cell->cp != '@' || cell->role != ROLE_FAULT))
				fail_msg("%s at %dx%d wrote outside, at %d,%d", view->title, width,
					 height, x, y);
		}
	grid_free(grid);
}

void row_text(const struct grid *grid, int y, char *buf, size_t size)
{
	size_t at = 0;

	for (int x = 0; x < grid->width && at + 1 < size; x++)
		buf[at++] = (char)grid_at(grid, x, y)->cp;
	buf[at] = 0;
}

bool grid_holds(const struct grid *grid, const char *text)
{
	char row[1024];

	for (int y = 0; y < grid->height; y++) {
		row_text(grid, y, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

