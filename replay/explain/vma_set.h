/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vma_set.h - inside explain/: the interval tree of one anon_vma at one moment, as a flat array.
 *
 * Asking for the whole tree costs what the tree is large.  A walk of 200 items asks the same tree 400
 * times; the set is made once and kept while no event between two moments can have changed it.  A
 * second order, by address, finds the few VMAs that cover an address without looking at the rest.
 */
#ifndef KSMTOP_VMA_SET_H
#define KSMTOP_VMA_SET_H

#include "episode/episode.h"

struct set_vma {
	uint64_t start, end, pgoff;
	struct ref vma, mm;
	uint64_t addr;			/* of the VMA itself */
};

struct vma_set {
	struct ref anon_vma;
	struct moment when;
	struct set_vma *vmas;		/* in the interval tree's order */
	uint32_t *by_start;		/* indexes into vmas, by start */
	uint64_t *reach;		/* largest end of by_start[0 .. i] */
	uint32_t nr, room;
	bool doubtful;
};

/* Makes `set` that of the anon_vma at `when`, unless it is already.  0 or -E. */
int vma_set_ready(struct vma_set *set, const struct episode_source *source, struct ref anon_vma,
		  struct moment when);
/*
 * The VMAs that cover the address, as positions in `vmas`, ascending: at most `max`; returns how many
 * there are.
 */
uint32_t vma_set_covering(const struct vma_set *set, uint64_t address, uint32_t *ret_at, uint32_t max);
void vma_set_fini(struct vma_set *set);

#endif /* KSMTOP_VMA_SET_H */
