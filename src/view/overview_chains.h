/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * overview_chains.h - the chains and the fill of their dups: a pane of the overview.
 */
#ifndef KSMTOP_OVERVIEW_CHAINS_H
#define KSMTOP_OVERVIEW_CHAINS_H

#include "scene.h"

/* Chains are known in this recording: there is something to draw. */
bool overview_has_chains(const struct scene *scene);
/* Heading, columns, and as many chains as the pane has rows. */
void overview_draw_chains(struct pane pane, const struct scene *scene);

#endif /* KSMTOP_OVERVIEW_CHAINS_H */
