/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why_maps.h - the last sample of a process' VMAs, asked why pages are not merged.
 *
 * For stock kernels: a patched one traces VMAs, and its sampled ones are told by nobody.  The command and the pane
 * ask it in front of explain/why_not_merged.h's answers.
 */
#ifndef KSMTOP_WHY_MAPS_H
#define KSMTOP_WHY_MAPS_H

#include "explain/why_not_merged.h"
#include "recording.h"

/* Runs in the order of addresses, none without such a sample.  What fn returned, or 0. */
int why_maps(struct recording *recording, int32_t tgid, uint64_t first, uint64_t last, struct moment when,
	     why_not_fn fn, void *arg);

#endif /* KSMTOP_WHY_MAPS_H */
