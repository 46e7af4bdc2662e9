/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explore.h - an explorer over a recording, for the screen tests: keys in, grids out.
 *
 * Keys go by their names, commands by their colon with _ for blanks: "2 Down :time_60%".  Whatever
 * is opened here is freed by its owner's own call (recording_close, session_free, grid_free, free).
 */
#ifndef KSMTOP_TEST_EXPLORE_H
#define KSMTOP_TEST_EXPLORE_H

#include "view/source.h"
#include "view/views.h"

struct opened {
	const char *name, *path;
	struct recording *recording;
	struct source source;
};

/* False, with a word on stderr, where it cannot be opened. */
bool open_file(struct opened *file, const char *path);
/* A shipped recording by its name, in the folder that the test was given; a failed test where it cannot be opened. */
bool traces_given(int argc, char **argv);
const char *traces_folder(void);
void open_trace(struct opened *file, const char *name);
void close_trace(struct opened *file);
struct session *open_session(const struct opened *file, enum charset charset);
/* Plays the words, drawing after each. */
void type(struct session *session, struct grid *grid, const char *words);

/* A copy of the cells, to be freed. */
struct cell *keep(const struct grid *grid);
void expect_same(const struct grid *grid, const struct cell *cells, const char *what, uint64_t t);
/* n steps on and n back show the same pictures; keys to get to the view, then on and back. */
void there_and_back(const struct opened *file, const char *view, const char *on, const char *back);
/* The view's body alone, in a grid with a margin that nothing may touch. */
void draw_guarded(struct session *session, const struct view *view, int width, int height);

void row_text(const struct grid *grid, int y, char *buf, size_t size);
bool grid_holds(const struct grid *grid, const char *text);

#endif /* KSMTOP_TEST_EXPLORE_H */
