/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * grid_write.h - a grid as text, as a plane of roles, as ANSI and as SVG.
 *
 * For `ksmtop snap`, export, documentation and golden screens.  Each returns 0 or -ENOMEM and
 * *ret_text, which the caller frees; output is UTF-8 (or ASCII, with an ASCII grid), one line a
 * row, each ended by a newline.  Trailing blanks are kept in the role plane (they have roles) and
 * cut in text.
 */
#ifndef KSMTOP_GRID_WRITE_H
#define KSMTOP_GRID_WRITE_H

#include "view/grid.h"
#include "view/theme.h"

int grid_write_text(const struct grid *grid, char **ret_text);
/* The letter of each cell's role; '.' is plain text. */
int grid_write_roles(const struct grid *grid, char **ret_text);
/* Text with SGR sequences; every line begins and ends in the default look. */
int grid_write_ansi(const struct grid *grid, const struct theme *theme, enum theme_depth depth,
		    char **ret_text);
/* A picture: one <text> a run of equal look, on a background of theme->on. */
int grid_write_svg(const struct grid *grid, const struct theme *theme, char **ret_text);

#endif
