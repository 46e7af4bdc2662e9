/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * published.h - what the posted patch was measured to take, to hold a recovery's own figures against.
 *
 * The mail of the proposal gives the search for the chain, a walk over the stable tree without a
 * scheduling point, at two sizes: 0.9 ms at 17,161 tree nodes and 28.8 ms at 1,310,721.  Between
 * them and beyond, what these lead to expect: a straight line through both, below the first one
 * through nothing.  Another machine has other caches; it is a scale, no bound.
 */
#ifndef KSMTOP_PUBLISHED_H
#define KSMTOP_PUBLISHED_H

#include "history/history.h"

/* Nanoseconds that the posted search would be expected to take over so many nodes. */
uint64_t published_search_ns(uint64_t nr_nodes);

/*
 * How many stable nodes the posted search would have gone through: those that the recovery visited, or, where
 * the dup pointed to its chain (one visited), up to all there were at @front, right before it.  0: so few that
 * a search is over at once, or not known.
 */
uint64_t published_search_nodes(const struct history *h, uint64_t visited, struct moment front);

#endif /* KSMTOP_PUBLISHED_H */
