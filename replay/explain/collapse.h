/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * collapse.h - what the events around a collapse tell of it.
 *
 * The collapse's own events say which mm, which range and what became of each page.  Who gave it up on the way
 * the stock kernel's huge_memory:* events of the same thread say; which page was bad, and whose the range is,
 * may follow from an earlier collapse of the same range, memory_failure_event and SIGBUS.
 */
#ifndef KSMTOP_COLLAPSE_H
#define KSMTOP_COLLAPSE_H

#include "episode/episode.h"

/* What gave it up (traced).  Neither: the events do not say, or are not in the recording. */
struct collapse_way {
	bool swapin_failed;		/* __collapse_huge_page_swapin() */
	bool isolate_failed;		/* __collapse_huge_page_isolate() */
	int64_t result;			/* enum scan_result of that part */
	bool is_file;			/* collapse_file() ran, as far as its closing event is there */
};
void collapse_way(struct opened_episode *episode, struct collapse_way *ret);

/* The page that this collapse, or the last one of the same range before it, could not copy. */
struct bad_page {
	uint32_t number;		/* of that episode */
	uint64_t index, pfn, event;	/* event: of the failed copy */
	uint64_t handled;		/* memory_failure_event of that pfn behind it, by `known_by`; 0: none */
};
bool collapse_bad_page(struct opened_episode *episode, uint64_t known_by, struct bad_page *ret);

/* Who alone got SIGBUS for a touch (BUS_MCEERR_AR) once the page had been handled, by `known_by`. */
struct touched { int32_t pid; char comm[17]; uint64_t event; };
bool collapse_touched(const struct episode_source *source, const struct bad_page *page, uint64_t known_by,
		      struct touched *ret);

/* The mm that a collapse names, 0 if its beginning is not there. */
int64_t collapse_mm(const struct episode_source *source, const struct episode_row *row);

/*
 * Was every mm in KSM told by then?  Then one that the history does not know is in none: ksmd has no item of its pages,
 * which are no KSM pages.  A dump told it.
 */
bool collapse_not_in_ksm(const struct history *h, struct moment when);

/*
 * Whose pages they are taken to be, of an mm that has no name in the history: inferred and doubtful, always.
 * False: nothing by `known_by` says.  collapse_owner.c has what each rests on.
 */
enum collapse_owner_by {
	OWNER_CHANGED_VMAS,		/* a thread (pid: its tid) changed a VMA of that mm */
	OWNER_FORKED,			/* pid was forked with that mm */
	OWNER_TOUCHED,			/* pid touched poison once `page` had been handled */
};
struct collapse_owner {
	int32_t pid;
	char comm[17];
	uint64_t event;			/* that tells it */
	uint8_t by;			/* enum collapse_owner_by */
	struct bad_page page;		/* OWNER_TOUCHED */
};
bool collapse_owner(struct opened_episode *episode, uint64_t known_by, struct collapse_owner *ret);

#endif /* KSMTOP_COLLAPSE_H */
