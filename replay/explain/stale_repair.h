/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stale_repair.h - inside stale.c's part: when ksmd repairs what is wrong with a mapping or an item.
 *
 * What is the same for all entries of a page is found once: the scan that runs, what came to hang on the
 * node later, and how far ksmd has come in an mm (entries come by mm).
 */
#ifndef KSMTOP_STALE_REPAIR_H
#define KSMTOP_STALE_REPAIR_H

#include "explain/stale.h"

#define LATER_MAX 64

struct appended { uint64_t event, mm, address; };	/* mm: its kernel address */

struct repairs {
	const struct episode_source *source;
	struct ref node;
	struct moment when;
	uint64_t scan_begin;			/* event, 0: no scan runs */
	struct appended later[LATER_MAX];	/* with hindsight: items that came to the node behind it */
	uint32_t nr_later;
	bool later_read;
	/* Of the mm asked for last: */
	struct ref mm;
	union row mm_row;
	bool mm_known, mm_behind;		/* behind: the running scan will not come to it any more */
	bool past_all, past_some;		/* the scan has left it; has gone up to `past` in it */
	uint64_t past;
	bool past_itself;			/* ... that address too */
};

void repairs_init(struct repairs *r, const struct episode_source *source, struct ref node, struct moment when);
/* Sets the entry's nr_scans, repair, and `repaired` of a mapping, unless nothing is wrong with it. */
void repairs_find(struct repairs *r, struct stale_entry *entry);

#endif /* KSMTOP_STALE_REPAIR_H */
