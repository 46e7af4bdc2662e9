/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mapped_traced.h - what walks and recoveries say of the places where a page may be mapped; for mapped.c.
 */
#ifndef KSMTOP_MAPPED_TRACED_H
#define KSMTOP_MAPPED_TRACED_H

#include "explain/traced_ptes.h"

/* Leaves the ptes of that kind in the list: those that map the page, or the entries that did.  O(ptes + places). */
void mapped_keep(const struct episode_source *source, struct ref node, const struct traced_ptes *ptes,
		 struct moment when, enum mapped_kind kind, struct mapped_list *list);

/* Whose a mapping is.  A sample knows the process; they come by process: `tgid` and `mm` remember the last. */
struct ref mapped_owner(const struct history *h, const struct mapping_row *mapping, struct moment when,
			int32_t *tgid, struct ref *mm);

#endif /* KSMTOP_MAPPED_TRACED_H */
