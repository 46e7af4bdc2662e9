/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * theme.h - what each role looks like.
 *
 * A theme maps every role of grid.h to a look, at four depths: true colour, 256, 16 and none.  It
 * is read from YAML; the shipped ones (themes/) are compiled in as well, so an uninstalled program
 * has them.  A theme is a plain value: nothing to free, copied by assignment.
 *
 *	name: dark
 *	on: "#1c1c1c"			# the background that contrast is measured against
 *	roles:
 *	  visited: {color: "#b0d0fb", ansi: cyan, mono: bold}
 *	  title:   {like: text, style: reverse}
 *
 * color	default, a name of the 16 (red, bright-blue), 0-255, or "#rrggbb"
 * style	any of bold dim underline reverse, blank-separated, at every depth that says
 *		nothing else
 * ansi		colour and style for terminals of 16 (or 8) colours; else the nearest of the 16
 * mono		style without colours; else `style`
 * like		copies another role first
 *
 * A role that a theme does not mention looks like `text`.  A misspelt one is an error.
 *
 * Meaning never hangs on colour alone (marks and words carry it), so at depth 16 and in mono two
 * roles may look alike; a test holds the shipped themes to contrast >= 4.5:1 and a distance of 15
 * (CIE76) between any two different colours, also for protan, deutan and tritan vision.
 */
#ifndef KSMTOP_THEME_H
#define KSMTOP_THEME_H

#include <stddef.h>
#include <stdint.h>

#include "grid.h"

struct diag;

enum theme_depth { DEPTH_MONO, DEPTH_16, DEPTH_256, DEPTH_TRUE };

#define STYLE_BOLD	1u
#define STYLE_DIM	2u
#define STYLE_UNDERLINE	4u
#define STYLE_REVERSE	8u

#define COLOR_DEFAULT	UINT32_MAX		/* the terminal's own */
#define COLOR_RGB	0x1000000u		/* | 0xrrggbb; below 256 an index of the palette */

struct look {
	uint32_t color;
	uint32_t style;
};

struct theme {
	char name[32];
	uint32_t on;			/* 0xrrggbb */
	struct look looks[NR_ROLES][4];	/* by depth; DEPTH_256 and _16 hold indexes or default */
};

/* 0, or -EINVAL / -E2BIG and diag with line and column.  @theme is untouched on failure. */
int theme_load(struct theme *theme, const char *file, const char *text, size_t size,
	       struct diag *diag);
/* A shipped theme by name: 0 or -ENOENT. */
int theme_shipped(struct theme *theme, const char *name);
/* Names of the shipped themes, "dark" first, NULL behind the last. */
extern const char *const theme_names[];

static inline struct look theme_look(const struct theme *theme, enum role role,
				     enum theme_depth depth)
{
	return theme->looks[role][depth];
}

/* 0xrrggbb of an index of the xterm palette. */
uint32_t palette_rgb(uint32_t index);

/* Colour arithmetic, as the theme test uses it: contrast ratio of WCAG, distance of CIE76. */
enum vision { VISION_NORMAL, VISION_PROTAN, VISION_DEUTAN, VISION_TRITAN, NR_VISIONS };
double color_contrast(uint32_t rgb_a, uint32_t rgb_b);
double color_distance(uint32_t rgb_a, uint32_t rgb_b, enum vision vision);

#endif
