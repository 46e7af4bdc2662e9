/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * without_item.h - KSM pages that a process maps where it has no rmap_item, for why_not_merged.c.
 */
#ifndef KSMTOP_WITHOUT_ITEM_H
#define KSMTOP_WITHOUT_ITEM_H

#include "history/history.h"

struct page_without_item {
	uint64_t address, event;	/* event: since when */
	char evidence;
	bool doubtful;
};

/*
 * Those of an mm from `first` to `last` at that moment, in the order of addresses; to be freed.  O(items and
 * mappings of the mm in the range).  0 or -E.
 */
int pages_without_item(const struct history *h, struct ref mm, uint64_t first, uint64_t last, struct moment when,
		       struct page_without_item **ret, uint32_t *ret_nr);

#endif /* KSMTOP_WITHOUT_ITEM_H */
