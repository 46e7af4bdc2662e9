/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden.h - a screen beside the one that was approved.
 *
 * A golden file is readable: a first line that says why it exists, the screen as text between bars
 * (so that trailing blanks are seen), and below it the same rows as letters of roles (grid.h).
 * A difference fails the test and shows the rows that differ, old and new.
 *
 *	UPDATE_GOLDEN=1 meson test -C build --suite screen
 *
 * writes the files instead; read the difference before committing it.
 */
#ifndef KSMTOP_TEST_GOLDEN_H
#define KSMTOP_TEST_GOLDEN_H

#include "view/grid.h"

/*
 * Compares @grid with $GOLDEN_DIR/NAME.screen.  True when equal (or updated).  @why is one
 * sentence: what breaks if this screen changes unnoticed.
 */
bool golden_check(const struct grid *grid, const char *name, const char *why);

#endif
