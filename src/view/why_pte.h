/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why_pte.h - whose pte an event of migrate: is about, from the walk that it was traced in.
 */
#ifndef KSMTOP_WHY_PTE_H
#define KSMTOP_WHY_PTE_H

#include "why.h"

struct why_pte {
	uint64_t addr;
	struct ref mm;		/* the item's */
	bool is_fork;		/* the pte is not of that mm but of a fork of it */
	struct ref node;	/* of the page that is walked; none where it is not known ... */
	uint64_t pfn;		/* ... 0 then; of a walk behind a migration the new one */
};

/* False: event nr is no such event, or nothing says whose pte it was. */
bool why_pte(const struct scene *scene, uint64_t nr, struct why_pte *ret);

#endif /* KSMTOP_WHY_PTE_H */
