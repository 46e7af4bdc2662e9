/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page_whatif.h - a KSM page, walked at this moment under three rules: a pane of the stable pages view.
 *
 * Of a recorded walk the walk stepper asks the same (walk_whatif.c).  The answer is kept until another
 * page or moment is asked for.
 */
#ifndef KSMTOP_PAGE_WHATIF_H
#define KSMTOP_PAGE_WHATIF_H

#include "explain/whatif.h"

#include "scene.h"

struct page_whatif {
	struct ref node;
	struct moment when;
	const struct history *of;
	uint64_t last; /* events loaded when it was asked */
	bool asked;
	struct whatif *whatif; /* NULL: it cannot be asked of this node */
};

void page_whatif_fini(struct page_whatif *answer);
/* The mappings are lists[1] of the view. */
void page_whatif_draw(struct pane pane, struct page_whatif *answer, const struct scene *scene,
		      struct ref node);
/* All of it as lines of text; "" where there is nothing. */
void page_whatif_copy(struct page_whatif *answer, const struct scene *scene, struct ref node, char *buffer,
		      size_t size);

#endif /* KSMTOP_PAGE_WHATIF_H */
