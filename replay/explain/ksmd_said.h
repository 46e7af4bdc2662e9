/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ksmd_said.h - what ksmd said of the pages of one mm in its last two scans, for why_not_merged.c.
 *
 * One by one where the recording has item_scan; else summed per mm and scan.  O(events of the two scans).
 */
#ifndef KSMTOP_KSMD_SAID_H
#define KSMTOP_KSMD_SAID_H

#include "episode/episode.h"

#define NR_OUTCOMES	14		/* KSMTOP_SCAN_OUTCOMES */

struct last_word { uint64_t item, event; int64_t seqnr; uint8_t outcome; };

struct ksmd_said {
	const struct episode_source *source;
	uint64_t mm;			/* its kernel address */
	struct moment when;
	struct last_word *words;	/* by item, then event */
	uint32_t nr_words, room_words;
	uint64_t sums[NR_OUTCOMES], sum_events[NR_OUTCOMES];	/* of the last scan that ended */
	int64_t seqnr;			/* that scan, -1: none */
	uint64_t scan_begin;		/* its first event, 0: none */
	uint64_t words_from;		/* where reading begins: two scans back */
	bool lost;			/* ksmd may have said more than is here, or begun another scan */
};

/* Reads it by that moment; ksmd_said_fini() in either case.  0 or -E. */
int ksmd_said_read(const struct episode_source *source, uint64_t mm, struct moment when, struct ksmd_said *ret);
void ksmd_said_fini(struct ksmd_said *said);
/* Its last word on the item with that kernel address; NULL: none. */
const struct last_word *ksmd_last_word(const struct ksmd_said *said, uint64_t item);

#endif /* KSMTOP_KSMD_SAID_H */
