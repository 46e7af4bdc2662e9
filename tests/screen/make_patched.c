// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_patched.c - writes a small recording as a patched kernel would make it, for the views' goldens.
 *
 * No machine of the test suite runs the patch, yet chains, dups, the unstable tree and anon_vmas
 * must be seen on a screen.  The story: three processes enter KSM; one content reaches
 * max_page_sharing (4), so its node becomes a chain and a second dup joins; another stays plain; a
 * page is rewritten, an mm is forked, a rmap walk runs, a memory failure hits a dup, one process
 * leaves and its dup goes.
 *
 * Formats and pages are the tests' own (ring_table.h).  Everything is fixed, no number depends on the
 * machine.
 *
 * Usage: make_patched FILE
 */
#include <stdio.h>
#include <string.h>

#include "ring_table.h"

#define PAGE		4096u
#define NR_CPUS		2u
#define START_NS	5000000000ull

#define MM(n)		(int64_t)(0xffff888101000000ull + (n) * 0x400)
#define NODE(n)		(int64_t)(0xffff888112c00000ull + (n) * 0x40)
#define ITEM(n)		(int64_t)(0xffff888200000000ull + (n) * 0x40)
#define AV(n)		(int64_t)(0xffff88810b300000ull + (n) * 0x68)
#define VMA(n)		(int64_t)(0xffff88810c000000ull + (n) * 0x98)
#define ADDR(mm, n)	(int64_t)(0x7f0000000000ull + (mm) * 0x10000000ull + (n) * 0x1000)
#define PFN(n)		(0x1a2f40 + (n))
#define KSMD		91

#define APPEND(us, i, mm, n, len) \
	WR(us, 0, KSMD, P_ITEM_APPEND, ITEM(i), MM(mm), ADDR(mm, i), NODE(n), AV(mm), (i), len)

static const struct written story[] = {
	WR(100, 1, 2201, P_MM_ENTER, MM(0), 2201, 1000, "vm-a"),
	WR(110, 1, 2202, P_MM_ENTER, MM(1), 2202, 1001, "vm-b"),
	WR(120, 1, 2417, P_MM_ENTER, MM(2), 2417, 1002, "redis"),
	WR(130, 1, 2201, P_ANON_VMA_NEW, AV(0), AV(0), 0),
	WR(131, 1, 2201, P_VMA_INSERT, AV(0), VMA(0), MM(0), ADDR(0, 0), ADDR(0, 32), 0, 0x80100073),
	WR(140, 1, 2202, P_ANON_VMA_NEW, AV(1), AV(1), 0),
	WR(141, 1, 2202, P_VMA_INSERT, AV(1), VMA(1), MM(1), ADDR(1, 0), ADDR(1, 32), 0, 0x80100073),
	WR(150, 1, 2417, P_ANON_VMA_NEW, AV(2), AV(2), 0),
	WR(151, 1, 2417, P_VMA_INSERT, AV(2), VMA(2), MM(2), ADDR(2, 0), ADDR(2, 32), 0, 0x80100073),
	WR(1000, 0, KSMD, KSM_START_SCAN, 1, 0),
	WR(1001, 0, KSMD, P_UNSTABLE_RESET, 1, 0),
	WR(1010, 0, KSMD, P_ITEM_NEW, ITEM(1), MM(0), ADDR(0, 1)),
	WR(1011, 0, KSMD, P_ITEM_NEW, ITEM(2), MM(0), ADDR(0, 2)),
	WR(1012, 0, KSMD, P_ITEM_NEW, ITEM(3), MM(1), ADDR(1, 3)),
	WR(1013, 0, KSMD, P_ITEM_NEW, ITEM(4), MM(1), ADDR(1, 4)),
	WR(1014, 0, KSMD, P_ITEM_NEW, ITEM(5), MM(2), ADDR(2, 5)),
	WR(1015, 0, KSMD, P_ITEM_NEW, ITEM(6), MM(2), ADDR(2, 6)),
	WR(1016, 0, KSMD, P_ITEM_NEW, ITEM(7), MM(2), ADDR(2, 7)),
	WR(1020, 0, KSMD, P_ITEM_UNSTABLE, ITEM(1), MM(0), ADDR(0, 1), 0, 1),
	WR(1030, 0, KSMD, P_ITEM_UNSTABLE, ITEM(7), MM(2), ADDR(2, 7), 0, 1),
	/* The second equal page is found: the first becomes a KSM page, both hang on its node. */
	WR(1100, 0, KSMD, P_NODE_INSERT, NODE(0), PFN(0), 0, 0),
	APPEND(1101, 1, 0, 0, 1),
	APPEND(1102, 2, 0, 0, 2),
	APPEND(1110, 3, 1, 0, 3),
	APPEND(1120, 4, 1, 0, 4),
	WR(1130, 0, KSMD, P_ITEM_SCAN, ITEM(7), MM(2), ADDR(2, 7), 1, 9),
	WR(1900, 0, KSMD, KSM_STOP_SCAN, 1, 7),
	WR(2000, 1, 2417, P_MM_FORK, MM(2), MM(3), 0, "redis"),
	WR(2001, 1, 2418, P_MM_OWNER, MM(3), 2418, 2000, "redis-save"),
	WR(3000, 0, KSMD, KSM_START_SCAN, 2, 7),
	WR(3001, 0, KSMD, P_UNSTABLE_RESET, 2, 0),
	/* The node is full: it becomes the first dup of a chain, and a second copy joins. */
	WR(3100, 0, KSMD, P_CHAIN_MAKE, NODE(8), NODE(0), 0),
	WR(3101, 0, KSMD, P_DUP_ADD, NODE(8), NODE(1), PFN(1), 0),
	APPEND(3102, 5, 2, 1, 1),
	APPEND(3103, 6, 2, 1, 2),
	WR(3150, 0, KSMD, P_NODE_INSERT, NODE(2), 0x1c0077, 0, NODE(8)),
	APPEND(3151, 7, 2, 2, 1),
	WR(3152, 0, KSMD, P_ITEM_NEW, ITEM(8), MM(3), ADDR(3, 7)),
	APPEND(3153, 8, 3, 2, 2),
	WR(3160, 0, KSMD, P_DUP_HEAD, NODE(8), NODE(1), PFN(1), 0),
	WR(3170, 0, KSMD, P_ITEM_DETACH, ITEM(4), MM(1), ADDR(1, 4), NODE(0), 0),
	WR(3900, 0, KSMD, KSM_STOP_SCAN, 2, 8),
	WR(5000, 1, 88, P_WALK_BEGIN, 1, 0x1c0077, NODE(2), 2, 0, 0, 2, 4),
	WR(5001, 1, 88, P_WALK_ITEM, 1, 1, ITEM(7), AV(2), MM(2), ADDR(2, 7), 0, -1, 1500),
	WR(5002, 1, 88, P_WALK_VMA, 1, 1, ITEM(7), VMA(2), MM(2), 0x80100073, 0, 1, 2, 1),
	WR(5010, 1, 88, P_WALK_UNLOCK, 1, 1, ITEM(7), 0, 0, 9000),
	WR(5020, 1, 88, P_WALK_END, 1, 0, 2, 2, 0, 0, 0, 0, 20000),
	WR(6000, 1, 300, MEMORY_FAILURE_EVENT, PFN(0), 4, 2),
	WR(7000, 1, 2417, P_ITEM_DETACH, ITEM(5), MM(2), ADDR(2, 5), NODE(1), 6),
	WR(7001, 1, 2417, P_ITEM_DETACH, ITEM(6), MM(2), ADDR(2, 6), NODE(1), 6),
	WR(7002, 1, 2417, P_DUP_DEL, NODE(1), PFN(1), 0),
	WR(7003, 1, 2417, P_NODE_FREE, NODE(1), PFN(1), 0),
	WR(7004, 1, 2417, P_ITEM_DETACH, ITEM(7), MM(2), ADDR(2, 7), NODE(2), 6),
	WR(7010, 1, 2417, P_ITEM_FREE, ITEM(5), MM(2), ADDR(2, 5)),
	WR(7011, 1, 2417, P_ITEM_FREE, ITEM(6), MM(2), ADDR(2, 6)),
	WR(7012, 1, 2417, P_ITEM_FREE, ITEM(7), MM(2), ADDR(2, 7)),
	WR(7020, 1, 2417, P_MM_LEAVE, MM(2)),
	WR(7030, 0, KSMD, P_CHAIN_COLLAPSE, NODE(8), NODE(0), PFN(0), 0),
};

static void sample_ksm(struct sample_builder *builder, uint64_t us, const char *shared, const char *sharing,
		       const char *scans)
{
	static const char *const fixed[][2] = {
		{ "run", "1" }, { "pages_to_scan", "100" }, { "sleep_millisecs", "20" },
		{ "max_page_sharing", "4" }, { "merge_across_nodes", "1" }, { "smart_scan", "1" },
		{ "pages_unshared", "0" }, { "pages_volatile", "0" }, { "ksm_zero_pages", "0" },
		{ "pages_skipped", "0" }, { "stable_node_chains", "0" }, { "stable_node_dups", "0" },
	};

	sample_begin(builder, SAMPLE_KSM, 0, START_NS + us * 1000);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		sample_add_pair(builder, fixed[i][0], fixed[i][1]);
	sample_add_pair(builder, "pages_shared", shared);
	sample_add_pair(builder, "pages_sharing", sharing);
	sample_add_pair(builder, "full_scans", scans);
	sample_add_pair(builder, "general_profit", "11776");
	sample_end(builder, START_NS + us * 1000 + 20000);
}

int main(int argc, char **argv)
{
	struct ring rings[NR_CPUS];
	struct sample_builder samples;
	struct ring_table table;
	char text[DIAG_TEXT_SIZE];
	struct diag diag = { 0 };

	if (argc != 2) {
		fprintf(stderr, "usage: make_patched FILE\n");
		return 2;
	}
	ring_table_init(&table, PAGE);
	table.meta.cmdlines = trace_text_of("91 ksmd\n2201 vm-a\n2202 vm-b\n2417 redis\n88 kcompactd0\n");
	table.meta.uname = trace_text_of("Linux lab 6.18.0-ksmtop x86_64");
	table.meta.recorder = trace_text_of("make_patched");
	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_init(&rings[i], false, 8, PAGE);
	ring_table_story(rings, START_NS, story, sizeof(story) / sizeof(*story));
	sample_builder_init(&samples);
	sample_ksm(&samples, 50, "0", "0", "0");
	sample_ksm(&samples, 1950, "1", "3", "1");
	sample_ksm(&samples, 4000, "3", "4", "2");
	if (ring_table_write(&table, rings, NR_CPUS, 0, &samples, argv[1], &diag)) {
		fprintf(stderr, "make_patched: %s\n", diag_text(&diag, text, sizeof(text)));
		return 1;
	}
	sample_builder_fini(&samples);
	for (uint32_t i = 0; i < NR_CPUS; i++)
		ring_fini(&rings[i]);
	ring_table_fini(&table);
	return 0;
}
