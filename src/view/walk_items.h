/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk_items.h - the rmap_items of a walk, each with its hold in either pass.
 *
 * rmap_walk_ksm() goes over the stable node's hlist once a pass and locks one item's anon_vma at a
 * time.  Here the two holds of an item are brought together, in the order of the first pass; behind
 * them stand the node's items that the walk never came to.  Made once an open episode, O(items).
 */
#ifndef KSMTOP_WALK_ITEMS_H
#define KSMTOP_WALK_ITEMS_H

#include "stepper.h"

struct walk_item {
	struct ref item, mm;
	uint64_t item_addr, address;	/* of the item itself; that it leads to, 0: not known */
	bool doubtful;			/* it may have left the list before the walk */
	uint32_t hold[2];	/* of pass 1 and 2, NO_STEP: none */
};

/* The items; none when memory is out. */
const struct walk_item *walk_items(struct stepping *stepping, uint32_t *ret_nr);
/* Index of the item whose hold this is, NO_STEP: none. */
uint32_t walk_item_of(struct stepping *stepping, uint32_t hold);

#endif /* KSMTOP_WALK_ITEMS_H */
