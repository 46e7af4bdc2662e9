// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_patched.c - what a storm does with the patch's events: trees, chains, items, VMAs, walks, dumps.
 *
 * Addresses are few and nobody keeps to mm/ksm.c's rules: a dup of no chain, a node inserted twice, an item
 * appended to what is gone, a dump that is not true.  A history has to bear all of it, and to agree with itself.
 */
#include "storm_brew.h"

#define NR_NODES	12
#define NR_AVS		4
#define NODE_ADDR(i)	(0xffff888300000000ull + 0x40ull * (i))
#define AV_ADDR(i)	(0xffff888400000000ull + 0x80ull * (i))
#define VMA_ADDR(i)	(0xffff888500000000ull + 0xc0ull * (i))

static void patched_mm(struct brew *brew)
{
	uint32_t mm = storm_pick(brew, NR_MMS);

	switch (storm_pick(brew, 6)) {
	case 5:		/* a fork's child, or an mm that was found, gets its process */
		*ADD(brew, P_MM_OWNER, TGID(mm)) = (struct args_P_MM_OWNER){
			.mm = (int64_t)MM_ADDR(mm), .tgid = TGID(mm), .comm = "proc" };
		break;
	case 0:
	case 1:
		PUT(brew, P_MM_ENTER, TGID(mm), .mm = (int64_t)MM_ADDR(mm), .tgid = storm_pick(brew, 2) ? TGID(mm) : 0,
		    .comm = "proc");
		break;
	case 2:
		*ADD(brew, P_MM_FORK, TGID(mm)) = (struct args_P_MM_FORK){
			.parent_mm = (int64_t)MM_ADDR(mm), .mm = (int64_t)MM_ADDR((mm + 1) % NR_MMS) };
		break;
	case 3:
		ADD(brew, P_MM_LEAVE, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	default:
		ADD(brew, P_MM_FREE, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	}
}

static void patched_tree(struct brew *brew)
{
	int64_t node = (int64_t)NODE_ADDR(storm_pick(brew, NR_NODES)), other = (int64_t)NODE_ADDR(storm_pick(brew, NR_NODES));
	int64_t kpfn = (int64_t)PFN(storm_pick(brew, NR_PFNS)), nid = storm_pick(brew, 2);

	if (node == other && storm_pick(brew, 4))
		other = 0;
	switch (storm_pick(brew, 13)) {
	case 0:
	case 1:
	case 2:
		*ADD(brew, P_NODE_INSERT, 30) = (struct args_P_NODE_INSERT){
			.node = node, .kpfn = kpfn, .nid = nid, .pred = other };
		break;
	case 3:
		*ADD(brew, P_NODE_FREE, 30) = (struct args_P_NODE_FREE){ .node = node };
		break;
	case 4:
		if (other)
			*ADD(brew, P_CHAIN_MAKE, 30) = (struct args_P_CHAIN_MAKE){
				.chain = other, .node = node, .nid = nid };
		break;
	case 5:
	case 6:
		if (other)
			*ADD(brew, P_DUP_ADD, 30) = (struct args_P_DUP_ADD){
				.chain = other, .node = node, .kpfn = kpfn, .nid = nid };
		break;
	case 7:
		*ADD(brew, P_DUP_DEL, 30) = (struct args_P_DUP_DEL){ .node = node };
		break;
	case 8:
		if (other)
			*ADD(brew, P_CHAIN_COLLAPSE, 30) = (struct args_P_CHAIN_COLLAPSE){
				.chain = other, .node = node, .kpfn = kpfn };
		break;
	case 9:
		*ADD(brew, P_MIGRATE_ADD, 30) = (struct args_P_MIGRATE_ADD){ .node = node };
		break;
	case 10:
		*ADD(brew, P_NODE_KPFN, 30) = (struct args_P_NODE_KPFN){ .node = node, .kpfn = kpfn };
		break;
	case 11:
		if (other)
			*ADD(brew, P_NODE_REPLACE, 30) = (struct args_P_NODE_REPLACE){
				.old_node = other, .node = node, .kpfn = kpfn, .nid = nid };
		break;
	default:
		*ADD(brew, P_CHAIN_FREE, 30) = (struct args_P_CHAIN_FREE){ .node = node };
		break;
	}
}

static void patched_items(struct brew *brew)
{
	uint32_t i = storm_pick(brew, NR_ITEMS), other = storm_pick(brew, NR_MMS), m = storm_pick(brew, 9) ? i % NR_MMS : other;
	uint32_t node = storm_pick(brew, NR_NODES), av = storm_pick(brew, NR_AVS);
	int64_t item = (int64_t)ITEM_ADDR(i), mm = (int64_t)MM_ADDR(m);
	int64_t address = 0x10000 + 0x1000 * (int64_t)(i + storm_pick(brew, 20) / 19);

	switch (storm_pick(brew, 9)) {
	case 0:
	case 1:
		*ADD(brew, P_ITEM_NEW, 30) = (struct args_P_ITEM_NEW){ item, mm, address };
		break;
	case 2:
		*ADD(brew, P_ITEM_FREE, 30) = (struct args_P_ITEM_FREE){ item, mm, address };
		break;
	case 3:
	case 4:
		*ADD(brew, P_ITEM_UNSTABLE, 30) = (struct args_P_ITEM_UNSTABLE){
			.item = item, .mm = mm, .address = address, .seqnr = brew->scan };
		break;
	case 5:
	case 6:
		*ADD(brew, P_ITEM_APPEND, 30) = (struct args_P_ITEM_APPEND){
			.item = item, .mm = mm, .address = address, .index = 16 + i,
			.node = (int64_t)NODE_ADDR(node), .anon_vma = (int64_t)AV_ADDR(av) };
		break;
	case 7:
		*ADD(brew, P_ITEM_DETACH, 30) = (struct args_P_ITEM_DETACH){
			.item = item, .mm = mm, .address = address };
		break;
	default:
		if (storm_pick(brew, 3) == 0)
			ADD(brew, P_UNSTABLE_RESET, 30)->seqnr = brew->scan++;
		else
			*ADD(brew, P_ITEM_SCAN, 30) = (struct args_P_ITEM_SCAN){
				.item = item, .mm = mm, .address = address };
		break;
	}
}

static void patched_vmas(struct brew *brew)
{
	uint32_t i = storm_pick(brew, 24);
	int64_t av = (int64_t)AV_ADDR(storm_pick(brew, NR_AVS)), start = 0x10000 + 0x1000 * (int64_t)storm_pick(brew, 40);
	struct args_P_VMA_INSERT vma = {
		.anon_vma = av, .vma = (int64_t)VMA_ADDR(i), .mm = (int64_t)MM_ADDR(i % NR_MMS),
		.start = start, .pgoff = 16 + storm_pick(brew, 40) };

	vma.end = vma.start + 0x1000 * (1 + (int64_t)storm_pick(brew, 20));
	switch (storm_pick(brew, 6)) {
	case 0:
		*ADD(brew, P_ANON_VMA_NEW, 30) = (struct args_P_ANON_VMA_NEW){
			.anon_vma = av, .root = (int64_t)AV_ADDR(0), .parent = av };
		break;
	case 1:
		ADD(brew, P_ANON_VMA_FREE, 30)->anon_vma = av;
		break;
	case 2:
		memcpy(ADD(brew, P_VMA_REMOVE, 30), &vma, sizeof(vma));
		break;
	default:
		*ADD(brew, P_VMA_INSERT, 30) = vma;
		break;
	}
}

/* A walk over some VMAs, a page that recovery moves, one that a kill list finds. */
static void patched_walks(struct brew *brew)
{
	uint32_t i = storm_pick(brew, NR_ITEMS);
	int64_t walk = storm_pick(brew, 1000), pfn = (int64_t)PFN(storm_pick(brew, NR_PFNS)), mm = (int64_t)MM_ADDR(i % NR_MMS);
	int64_t address = 0x10000 + 0x1000 * (int64_t)i, to = (int64_t)PFN(storm_pick(brew, NR_PFNS));
	uint32_t av = storm_pick(brew, NR_AVS);

	switch (storm_pick(brew, 4)) {
	case 0:
		PUT(brew, P_RECOVERY_MOVE, 40, .pfn = pfn, .mm = mm, .address = address, .to_kpfn = to,
		    .target = storm_pick(brew, 3));
		return;
	case 1:
		PUT(brew, P_KILL_TASK, 40, .pfn = pfn, .mm = mm, .address = address, .mapped = storm_pick(brew, 2));
		return;
	default:
		break;
	}
	PUT(brew, P_WALK_BEGIN, 40, .walk = walk, .pfn = pfn, .purpose = 1 + storm_pick(brew, 3), .mapcount = 4);
	*ADD(brew, P_WALK_ITEM, 40) = (struct args_P_WALK_ITEM){ .walk = walk, .pass = 1,
		.item = (int64_t)ITEM_ADDR(i), .mm = mm, .address = address,
		.anon_vma = (int64_t)AV_ADDR(av) };
	for (uint32_t k = storm_pick(brew, 4); k > 0; k--) {
		uint32_t vma = storm_pick(brew, 24), of = storm_pick(brew, NR_MMS);

		PUT(brew, P_WALK_VMA, 40, .walk = walk, .pass = 1, .vma = (int64_t)VMA_ADDR(vma),
		    .mm = (int64_t)MM_ADDR(of), .mapcount_before = 3, .mapcount = 2 + 2 * storm_pick(brew, 2));
	}
	*ADD(brew, P_WALK_END, 40) = (struct args_P_WALK_END){ .walk = walk };
}

/* A dump of a few things, true or not, complete or not. */
static void patched_dump(struct brew *brew)
{
	uint32_t nr_nodes = storm_pick(brew, NR_NODES), nr_items = storm_pick(brew, 20), nr_vmas = storm_pick(brew, 6);
	int64_t id = storm_pick(brew, 1000), av = (int64_t)AV_ADDR(storm_pick(brew, NR_AVS));

	ADD(brew, P_DUMP_BEGIN, 9)->dump = id;
	for (uint32_t i = 0; i < nr_nodes; i++)
		PUT(brew, P_DUMP_NODE, 9, .dump = id, .node = (int64_t)NODE_ADDR(i), .kpfn = (int64_t)PFN(i),
		    .kind = i % 5 == 1 ? 1 : i % 5 == 2 ? 2 : 0,
		    .chain = i % 5 == 2 ? (int64_t)NODE_ADDR(i - 1) : 0, .place = storm_pick(brew, 9) == 0);
	for (uint32_t i = 0; i < nr_items; i++)
		PUT(brew, P_DUMP_ITEM, 9, .dump = id, .item = (int64_t)ITEM_ADDR(i),
		    .mm = (int64_t)MM_ADDR(i % NR_MMS), .address = 0x10000 + 0x1000 * (int64_t)i,
		    .state = storm_pick(brew, 3), .node = (int64_t)NODE_ADDR(i % NR_NODES), .anon_vma = av);
	*ADD(brew, P_DUMP_ANON_VMA, 9) = (struct args_P_DUMP_ANON_VMA){ .dump = id, .anon_vma = av,
		.root = av, .parent = av, .nr_vmas = nr_vmas };
	for (uint32_t i = 0; i < nr_vmas; i++)
		*ADD(brew, P_DUMP_VMA, 9) = (struct args_P_DUMP_VMA){ .dump = id, .anon_vma = av,
			.vma = (int64_t)VMA_ADDR(i), .mm = (int64_t)MM_ADDR(i % NR_MMS),
			.start = 0x10000, .end = 0x14000, .pgoff = 16 };
	PUT(brew, P_DUMP_END, 9, .dump = id, .nr_nodes = nr_nodes, .nr_items = nr_items, .nr_anon_vmas = 1,
	    .nr_vmas = nr_vmas + storm_pick(brew, 3) / 2);
}

void storm_patched(struct brew *brew)
{
	uint32_t dice = storm_pick(brew, 100);

	if (dice < 10)
		patched_mm(brew);
	else if (dice < 40)
		patched_tree(brew);
	else if (dice < 78)
		patched_items(brew);
	else if (dice < 94)
		patched_vmas(brew);
	else if (dice < 98)
		patched_walks(brew);
	else
		patched_dump(brew);
}
