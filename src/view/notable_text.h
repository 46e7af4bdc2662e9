/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * notable_text.h - a notable moment in words, for the overview and the timeline.
 *
 * notable_mark() gives the mark that goes with it: `!` a fault, `~` worth a look, `+`
 * made, `x` gone, '|' merely seen.  The text names its object and number, without the time.
 */
#ifndef KSMTOP_NOTABLE_TEXT_H
#define KSMTOP_NOTABLE_TEXT_H

#include "scene.h"

char notable_mark(const struct notable *notable);
const char *notable_text(const struct scene *scene, const struct notable *notable, char *buf,
			 size_t size);
/* The nearest notable after (dir > 0) or before t, of that severity or above; false for none. */
bool notable_near(const struct scene *scene, uint64_t t, int dir, uint8_t severity,
		  struct notable *ret);
/*
 * The severity from which on moments are listed and walked through: worth a look or a fault; in a
 * recording that has none of those, all that were seen.
 */
uint8_t notable_least(const struct scene *scene);
/* Jumps there, or says that there is none. */
void notable_jump(const struct scene *scene, int dir);

#endif /* KSMTOP_NOTABLE_TEXT_H */
