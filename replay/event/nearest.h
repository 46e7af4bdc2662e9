/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nearest.h - which known names are most like a wrong one: for error messages.
 *
 * Offer the known names one by one, then ask for the text.  Alike means: few letters added, dropped,
 * changed or swapped, or one contains the other.  Names are borrowed.
 */
#ifndef KSMTOP_NEAREST_H
#define KSMTOP_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#define NEAREST_MAX 3

struct nearest {
	const char *wrong;
	const char *names[NEAREST_MAX];
	unsigned int distances[NEAREST_MAX];
	uint32_t nr;
};

/* How many letters to add, drop, change or swap; names above 63 bytes are compared up to there. */
unsigned int name_distance(const char *a, const char *b);
void nearest_offer(struct nearest *nearest, const char *name);
/* "pfn, kpfn or mm", or "" if nothing is like it.  Returns buf. */
const char *nearest_text(const struct nearest *nearest, char *buf, size_t size);

#endif /* KSMTOP_NEAREST_H */
