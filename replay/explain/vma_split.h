/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vma_split.h - a VMA that leaves its interval tree and comes back at once is not away.
 *
 * vma_prepare() and vma_complete() (mm/vma.c, Linux 6.12) take a VMA that is split, merged or grows out of
 * the interval tree and put it back, trimmed, under one write lock of its anon_vma: what looks into the tree, a walk,
 * never sees it without.  In the events there is such a moment.
 */
#ifndef KSMTOP_VMA_SPLIT_H
#define KSMTOP_VMA_SPLIT_H

#include "episode/episode.h"

/*
 * The VMA that left its tree at event n comes back: the event at which it does.  0: it does not, or nothing known by
 * then says whether it does; then *ret_open (may be NULL) is true.
 */
uint64_t vma_comes_back(const struct episode_source *source, uint64_t n, uint64_t known_by, bool *ret_open);

/*
 * The moment to look at instead of `when`: the one before the VMAs that are known to come back left, else `when` itself.
 * *ret_unsure: one has just left, and whether it comes back is not known by then; or others did something meanwhile.
 */
struct moment vma_split_before(const struct episode_source *source, struct moment when, bool *ret_unsure);

#endif /* KSMTOP_VMA_SPLIT_H */
