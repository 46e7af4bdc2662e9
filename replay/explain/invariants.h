/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * invariants.h - what must hold in KSM, and where in the recording it does not.
 *
 * Beside the reconciliation with the kernel's own numbers (history_check()) these hold the rebuilt
 * structures against themselves:
 *
 *	walk-missed-mapping	an unmap or migrate walk offered all it had and left a mapcount
 *	mapping-unreachable	a page has more mappings than its items can lead to
 *	item-on-freed-node	an item hangs on a stable node that is gone
 *	mapping-on-freed-node	a mapping's page was a stable node's that is gone
 *	node-in-wrong-tree	a stable node's page is on another memory node than its tree
 *	chain-with-one-dup	a chain that is left with a single dup after a whole scan
 *	item-stale		an item whose address no VMA of its mm covers, for a whole scan
 *	walk-model-differs	a walk's counts are not those of the rebuilt interval trees
 *
 * A finding names the event at which it shows, the object, and says whether it can be decided
 * (severity 1) or contradicts (2).  Structures are looked at where scans end, and at the end.
 */
#ifndef KSMTOP_INVARIANTS_H
#define KSMTOP_INVARIANTS_H

#include "episode/episode.h"

/* Every violation, in the order in which they are found.  fn's non-zero ends it and is returned. */
int invariants_check(const struct episode_source *source, struct moment when, finding_fn fn, void *arg);

#endif /* KSMTOP_INVARIANTS_H */
