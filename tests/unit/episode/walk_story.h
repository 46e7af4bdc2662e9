/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk_story.h - a walk small enough to be checked by hand.
 *
 * mm A has a VMA of other pages (V1) and one that was moved by mremap (V0: its page offset is not
 * its address); A was forked to B (V2).  One page of V0 is a KSM page, B inherited it.  A migration
 * walks [0, ULONG_MAX]: in pass 1 V1 is outside, V0 is visited, V2 is another mm; in pass 2 V1
 * is outside, V0 is the same mm, V2 is visited, and nothing maps the page any more.
 */
#ifndef KSMTOP_TEST_WALK_STORY_H
#define KSMTOP_TEST_WALK_STORY_H

#include "written.h"

#define MM_A	(int64_t)0xffff888101000000ull
#define MM_B	(int64_t)0xffff888101000400ull
#define AV	(int64_t)0xffff88810b300000ull
#define V0	(int64_t)0xffff88810c000000ull
#define V1	(int64_t)0xffff88810c000098ull
#define V2	(int64_t)0xffff88810c000130ull
#define NODE	(int64_t)0xffff888112c00000ull
#define ITEM	(int64_t)0xffff888200000000ull
#define ADDRESS	(int64_t)0x7f0000002000ull
#define INDEX	(int64_t)0x502
#define PFN	0x1c0077

#define WALK_STORY								\
	WR(10, 0, 2201, P_MM_ENTER, MM_A, 2201, 1000, "vm-a"),			\
	WR(11, 0, 2201, P_ANON_VMA_NEW, AV, AV, AV),				\
	WR(12, 0, 2201, P_VMA_INSERT, AV, V1, MM_A, 0x400000, 0x404000, 0x400, 0x80100073), \
	WR(13, 0, 2201, P_VMA_INSERT, AV, V0, MM_A, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073), \
	WR(14, 0, 91, P_ITEM_NEW, ITEM, MM_A, ADDRESS),				\
	WR(15, 0, 91, P_NODE_INSERT, NODE, PFN, 0, 0),				\
	WR(16, 0, 91, P_ITEM_APPEND, ITEM, MM_A, ADDRESS, NODE, AV, INDEX, 1),	\
	WR(17, 0, 2201, P_MM_FORK, MM_A, MM_B, 0, "vm-a"),			\
	WR(18, 0, 2201, P_VMA_INSERT, AV, V2, MM_B, ADDRESS - 0x2000, ADDRESS + 0x2000, 0x500, 0x80100073), \
	WR(19, 0, 2202, P_MM_OWNER, MM_B, 2202, 2000, "vm-b"),			\
	/* event 11: the walk */						\
	WR(20, 1, 88, P_WALK_BEGIN, 7, PFN, NODE, 2, 0, 0, 2, 3),		\
	WR(21, 1, 88, P_WALK_ITEM, 7, 1, ITEM, AV, MM_A, ADDRESS, 0, -1, 1500),	\
	WR(22, 0, 2202, CONTENTION_BEGIN, AV + 8, 4),				\
	WR(23, 1, 88, P_WALK_VMA, 7, 1, ITEM, V0, MM_A, 0x80100073, 0, 1, 2, 1),	\
	WR(24, 1, 88, P_WALK_UNLOCK, 7, 1, ITEM, 1, 1, 9000),			\
	WR(25, 0, 2202, CONTENTION_END, AV + 8, 0),				\
	WR(26, 1, 88, P_WALK_ITEM, 7, 2, ITEM, AV, MM_A, ADDRESS, 0, -1, 0),	\
	WR(27, 1, 88, P_WALK_VMA, 7, 2, ITEM, V2, MM_B, 0x80100073, 0, 1, 1, 0),	\
	WR(28, 1, 88, P_WALK_UNLOCK, 7, 2, ITEM, 1, 1, 4000)
#define WALK_STORY_END WR(29, 1, 88, P_WALK_END, 7, 2, 6, 2, 2, 2, 0, 0, 20000)

#endif /* KSMTOP_TEST_WALK_STORY_H */
