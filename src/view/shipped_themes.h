/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shipped_themes.h - the YAML texts of themes/, compiled in by themes/embed.py.
 * Only theme.c reads them; everybody else asks theme_shipped().
 */
#ifndef KSMTOP_SHIPPED_THEMES_H
#define KSMTOP_SHIPPED_THEMES_H

#include <stddef.h>

#include "theme.h"

struct shipped_theme {
	const char *name;
	const char *text;	/* not ended with 0 */
	size_t size;
};

extern const struct shipped_theme shipped_themes[];	/* a NULL name behind the last */

#endif
