/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk_panes.h - the parts of the walk stepper; view_walk.c puts them together.
 *
 * Each draws into a pane of its own and reads the position from the stepping.  The VMAs of the hold
 * under the cursor stand in the interval tree's order; runs that were skipped for one reason are
 * folded into a line with their number, except next to the cursor, unless `unfolded`.
 */
#ifndef KSMTOP_WALK_PANES_H
#define KSMTOP_WALK_PANES_H

#include "stepper.h"

/* What the walk came to by the cursor. */
struct walk_sums {
	uint64_t offered, visited, outside, other_mm, invalid;
	uint64_t held_ns, longest_ns, waited_ns;
	uint32_t holds;
	bool lacks;		/* events may be missing: at least these */
};
void walk_so_far(struct stepping *stepping, struct walk_sums *ret);
/* The hold is over at the cursor: what it came to is known. */
bool walk_hold_over(const struct stepping *stepping, const struct hold *hold);
/* The hold that is looked at: the cursor's, the first before all, the last behind all. */
uint32_t walk_hold(const struct stepping *stepping);

void walk_draw_header(struct pane pane, struct stepping *stepping);	/* two rows */
void walk_draw_items(struct pane pane, struct stepping *stepping);
void walk_draw_vmas(struct pane pane, struct stepping *stepping, bool unfolded);
void walk_draw_totals(struct pane pane, struct stepping *stepping);
void walk_draw_waiters(struct pane pane, struct stepping *stepping);

/* A click on a row of the items (list 0 of the view) or of the VMAs (list 1, as drawn). */
void walk_go_to_item(struct stepping *stepping, uint64_t row);
void walk_go_to_vma(struct stepping *stepping, bool unfolded, const struct list *list);

/* walk_whatif.c: the three rules; asked for once an open walk. */
void walk_draw_whatif(struct pane pane, struct stepping *stepping);
void walk_copy_whatif(struct stepping *stepping, char *buffer, size_t size);

#endif /* KSMTOP_WALK_PANES_H */
