/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * effect.h - the effects of a session that reach outside of the program: the clipboard, a file,
 * an editor, a theme.  Each says on the session's message line how it went.
 */
#ifndef KSMTOP_EFFECT_H
#define KSMTOP_EFFECT_H

#include "view/session.h"
#include "view/theme.h"

/* OSC 52: the terminal's clipboard, also through ssh. */
void effect_copy(const char *text);
/* Writes the grid as .svg, .ansi or text; an existing file stays as it is. */
void effect_export(struct session *session, const struct grid *grid, const struct theme *theme,
		   const char *file);
/* "mm/ksm.c:function" in $KSMTOP_LINUX with $EDITOR; true when the screen was left meanwhile. */
bool effect_source(struct session *session, const char *where);
/* A shipped theme's name or a file.  False, and said, when it cannot be had. */
bool effect_theme(struct session *session, const char *name, struct theme *theme);

/* The same without a session, for --theme: 0 or -E and diag. */
struct diag;
int theme_open(struct theme *theme, const char *name, struct diag *diag);

#endif
