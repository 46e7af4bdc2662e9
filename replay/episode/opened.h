/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * opened.h - inside episode/: an opened episode.
 *
 * Items are looked up by address among those of the episode's stable node at its beginning, a short
 * sorted array: the history has no index from an item's address to its row.
 */
#ifndef KSMTOP_OPENED_H
#define KSMTOP_OPENED_H

#include "episode/episode.h"
#include "trace/array.h"

struct known_item { uint64_t addr, address; struct ref item, mm, anon_vma; };

struct opened_episode {
	struct episode_source source;
	struct episode_row row;
	struct moment when;
	struct step *steps;
	struct hold *holds;
	struct known_item *items;	/* by addr */
	struct hold_vma *vmas;		/* of hold vmas_hold */
	struct waiter *waiters;
	uint32_t nr_steps, room_steps, nr_holds, room_holds, nr_items, nr_vmas, room_vmas;
	uint32_t nr_waiters, room_waiters;
	uint32_t vmas_hold;		/* NO_STEP: none */
	bool vmas_agree, waiters_known, unfolded;
};


/* step.c: reads the events from the first to the last into steps and holds. */
int steps_read(struct opened_episode *episode);
const struct known_item *opened_item(const struct opened_episode *episode, uint64_t addr);

#endif /* KSMTOP_OPENED_H */
