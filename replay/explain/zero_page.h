/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * zero_page.h - inside explain/: pages that became the zero page and whose rmap_items are gone.
 *
 * A page that holds nothing but zeroes is mapped to the zero page (use_zero_pages).  That one is no
 * anonymous page, so the next scan finds nothing at the address and frees the item: what is left of the
 * reason is ksmd's last word about the address.
 */
#ifndef KSMTOP_ZERO_PAGE_H
#define KSMTOP_ZERO_PAGE_H

#include "episode/episode.h"

struct zero_page {
	uint64_t address, event;	/* event: the item_scan that told of it */
	int64_t seqnr;
};

/*
 * Those of an mm from `first` to `last` at that moment, in the order of addresses; to be freed.  What the
 * process did to the mapping since then is not traced, so each is there only as far as is known.
 * 0 or -ENOMEM.
 */
int zero_pages_without_item(const struct episode_source *source, const struct mm_row *mm, uint64_t first,
			    uint64_t last, struct moment when, struct zero_page **ret, uint32_t *ret_nr);

#endif /* KSMTOP_ZERO_PAGE_H */
