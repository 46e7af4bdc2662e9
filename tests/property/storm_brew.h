/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storm_brew.h - inside a storm: the kernel of which it keeps a little, and how its events are written.
 *
 * A seed gives the same storm with every compiler, so no two draws stand in one expression, whose operands are
 * evaluated in any order: PUT() draws what it is given before storm_add() draws.
 */
#ifndef KSMTOP_TEST_STORM_BREW_H
#define KSMTOP_TEST_STORM_BREW_H

#include <string.h>

#include "storm.h"
#include "trace/sample_block.h"

#define NR_MMS		5
#define NR_ITEMS	48
#define NR_PFNS		14

#define MM_ADDR(i)	(0xffff888100000000ull + 0x800ull * (i))
#define ITEM_ADDR(i)	(0xffff888200000000ull + 0x40ull * (i))
#define PFN(i)		(0x1000ull + (i))
#define TGID(i)		(100 + (int32_t)(i))

struct brew {
	struct storm *storm;
	uint64_t rng, now_ns;
	int on[NR_ITEMS];	/* pfn index, -1: none */
	int mm_of[NR_ITEMS];
	bool live[NR_PFNS];
	bool losses;
	int64_t scan;
	uint32_t counts[2][KSMTOP_NR_COUNTS];
	struct sample_builder sb;
};

uint32_t storm_pick(struct brew *brew, uint32_t below);
/* The next event's arguments, zeroed. */
union storm_args *storm_add(struct brew *brew, enum event_kind kind, int32_t pid);
#define ADD(brew, kind, pid) (&storm_add(brew, EVENT_##kind, pid)->a_##kind)
/* At most one of these may be a draw. */
#define PUT(brew, kind, pid, ...) do {						\
	const struct args_##kind put_args = { __VA_ARGS__ };			\
	int32_t put_pid = (pid);						\
										\
	*ADD(brew, kind, put_pid) = put_args;					\
} while (0)

/* Something that happens on either kernel (below 90 of a hundred), and on the patched one only. */
void storm_stock(struct brew *brew, uint32_t dice);
void storm_patched(struct brew *brew);

#endif /* KSMTOP_TEST_STORM_BREW_H */
