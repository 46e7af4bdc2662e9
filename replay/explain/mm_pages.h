/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm_pages.h - what is mapped where the items of an mm say that its KSM pages are, for why_not_merged.c.
 *
 * An item on a stable node is ksmd's belief; whether its page is still there is the mapping table's to say, and what
 * walks, failures of memory and ksmd itself told of that place.
 */
#ifndef KSMTOP_MM_PAGES_H
#define KSMTOP_MM_PAGES_H

#include "explain/why_not_merged.h"

/* Where a walk left a hwpoison entry. */
struct failed_pte { uint64_t address, event; };

struct mm_pages {
	const struct episode_source *source;
	struct ref mm;
	struct moment when;
	struct failed_pte *failed;	/* by address, one each: the last */
	uint32_t nr_failed, room_failed;
	struct history_cursor mappings;	/* by address */
	union row mapping;
	bool more;			/* `mapping` is the next that was not passed yet */
};

/* Of addresses from `first` to `last`.  0 or -E.  O(failures of memory + mappings of the mm that are passed later). */
int mm_pages_open(const struct episode_source *source, struct ref mm, uint64_t first, uint64_t last,
		  struct moment when, struct mm_pages *ret);
void mm_pages_close(struct mm_pages *pages);
/*
 * Sets reason, event, evidence and doubt of an item that hangs on a stable node.  Asked by ascending address:
 * O(log n), of a place that no mapping row tells also O(steps of the last walks of the node).
 */
int mm_pages_judge(struct mm_pages *pages, const struct item_row *item, struct why_not *why);

#endif /* KSMTOP_MM_PAGES_H */
