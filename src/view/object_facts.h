/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object_facts.h - what one object is: private to the object view.
 *
 * Draws below the pane's first row, which is the heading.  `alive` false: the row is one of another
 * moment, and its end is marked.  `spans` is how many rows it has, at most OBJECT_SPANS_LOOK.
 */
#ifndef KSMTOP_OBJECT_FACTS_H
#define KSMTOP_OBJECT_FACTS_H

#include "scene.h"

#define OBJECT_SPANS_LOOK 1000

void object_draw_facts(struct pane pane, const struct scene *scene, const union row *row,
		       bool alive, uint32_t spans);

#endif /* KSMTOP_OBJECT_FACTS_H */
