// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c - see storm.h.
 *
 * The hard idea: pure noise would hardly ever hang two items on one node, and a faithful simulation
 * would never break a rule.  So the storm keeps a toy kernel (which node each item is on) that it
 * mostly follows, with few addresses so that everything is reused soon.
 *
 * It does not know what the history should answer: the properties compare the history with itself.
 *
 * A seed gives the same storm with every compiler, so no two draws stand in one expression, whose operands are
 * evaluated in any order: PUT() draws what it is given before add() draws.
 */
#include <stdio.h>
#include <stdlib.h>
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

struct toy {
	struct storm *storm;
	uint64_t rng, now_ns;
	int on[NR_ITEMS];	/* pfn index, -1: none */
	int mm_of[NR_ITEMS];
	bool live[NR_PFNS], entered[NR_MMS];
	bool losses;
	int64_t scan;
	uint32_t counts[2][KSMTOP_NR_COUNTS];
	struct sample_builder sb;
};

uint64_t storm_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t pick(struct toy *toy, uint32_t below)
{
	return (uint32_t)(storm_random(&toy->rng) % below);
}

/* Of a stream's events those that it lost, too. */
static void count_lost(struct toy *toy, uint16_t stream, uint64_t nr_lost)
{
	for (uint64_t i = 0; i < nr_lost; i++)
		toy->counts[stream][pick(toy, KSMTOP_NR_COUNTS)]++;
}

static union storm_args *record(struct toy *toy, enum event_kind kind, int32_t pid)
{
	struct storm *storm = toy->storm;
	uint32_t i = storm->nr_events++;
	struct event *ev = &storm->events[i];

	toy->now_ns += 100 + pick(toy, 2000);
	*ev = (struct event){ .ts_ns = toy->now_ns, .args = &storm->args[i], .present = UINT32_MAX,
			      .pid = pid, .kind = (uint16_t)kind, .stream = (uint16_t)pick(toy, 2) };
	if (toy->losses && pick(toy, 60) == 0) {
		uint64_t after = i;

		while (after > 0 && storm->events[after - 1].stream != ev->stream)
			after--;
		storm->losses[storm->nr_losses++] = (struct event_loss){
			.after_nr = after, .before_nr = i + 1, .nr_lost = pick(toy, 9),
			.stream = ev->stream };
		ev->loss = storm->nr_losses;
		count_lost(toy, ev->stream, storm->losses[storm->nr_losses - 1].nr_lost);
	}
	return &storm->args[i];
}

static union storm_args *add(struct toy *toy, enum event_kind kind, int32_t pid)
{
	union storm_args *args;
	uint16_t stream;

	if (toy->storm->patched && pick(toy, 15) == 0) {
		args = record(toy, EVENT_P_COUNTS, 0);
		stream = toy->storm->events[toy->storm->nr_events - 1].stream;
		toy->counts[stream][COUNT_COUNTS]++;
		memcpy(args->a_P_COUNTS.nr, toy->counts[stream], sizeof(toy->counts[stream]));
	}
	args = record(toy, kind, pid);
	stream = toy->storm->events[toy->storm->nr_events - 1].stream;
#define V(event, name) toy->counts[stream][COUNT_##event] += kind == EVENT_P_##event;
	KSMTOP_COUNTED(V)
#undef V
	return args;
}
#define ADD(toy, kind, pid) (&add(toy, EVENT_##kind, pid)->a_##kind)
/* At most one of these may be a draw. */
#define PUT(toy, kind, pid, ...) do {						\
	const struct args_##kind put_args = { __VA_ARGS__ };			\
	int32_t put_pid = (pid);						\
										\
	*ADD(toy, kind, put_pid) = put_args;					\
} while (0)

/* ---- a stock kernel ---- */
static void merge(struct toy *toy, bool ksm_page, uint32_t pfn, uint32_t item, uint32_t mm, int err)
{
	struct args_KSM_MERGE_WITH_KSM_PAGE *args = ADD(toy, KSM_MERGE_WITH_KSM_PAGE, 30);

	*args = (struct args_KSM_MERGE_WITH_KSM_PAGE){
		.ksm_page = ksm_page ? 0x7000 + pfn : 0, .pfn = (int64_t)PFN(pfn),
		.rmap_item = (int64_t)ITEM_ADDR(item), .mm = (int64_t)MM_ADDR(mm), .err = err };
	if (err == 0) {
		toy->on[item] = (int)pfn;
		toy->mm_of[item] = (int)mm;
		toy->live[pfn] = true;
	}
}

static void merges(struct toy *toy)
{
	uint32_t pfn = pick(toy, NR_PFNS), item = pick(toy, NR_ITEMS), mm = pick(toy, NR_MMS), partner, other;

	if (toy->live[pfn] && pick(toy, 10)) {
		merge(toy, true, pfn, item, mm, pick(toy, 8) ? 0 : -14);
		return;
	}
	merge(toy, false, pfn, item, mm, pick(toy, 9) ? 0 : -16);
	partner = pick(toy, NR_ITEMS);
	other = pick(toy, NR_MMS);
	if (pick(toy, 12))
		merge(toy, true, pfn, partner, other, pick(toy, 5) ? 0 : -14);
}

static void node_dies(struct toy *toy)
{
	uint32_t pfn = pick(toy, NR_PFNS);
	int last = -1;

	if (!toy->live[pfn] && pick(toy, 4))
		return;
	for (uint32_t i = 0; i < NR_ITEMS; i++) {
		if (toy->on[i] != (int)pfn)
			continue;
		if (last >= 0 && pick(toy, 8)) {
			struct args_KSM_REMOVE_RMAP_ITEM *args = ADD(toy, KSM_REMOVE_RMAP_ITEM, 30);

			*args = (struct args_KSM_REMOVE_RMAP_ITEM){
				.pfn = (int64_t)PFN(pfn), .rmap_item = (int64_t)ITEM_ADDR(last),
				.mm = (int64_t)MM_ADDR(toy->mm_of[last]) };
		}
		toy->on[i] = -1;
		last = (int)i;
	}
	ADD(toy, KSM_REMOVE_KSM_PAGE, 30)->pfn = (int64_t)PFN(pfn);
	toy->live[pfn] = false;
}

static void tasks(struct toy *toy)
{
	uint32_t mm = pick(toy, NR_MMS);
	struct args_TASK_NEWTASK *task;

	switch (pick(toy, 6)) {
	case 0:
	case 1:
		ADD(toy, KSM_ENTER, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	case 2:
		ADD(toy, KSM_ENTER, TGID(mm))->mm = (int64_t)MM_ADDR((mm + 1) % NR_MMS);
		task = ADD(toy, TASK_NEWTASK, TGID(mm));
		*task = (struct args_TASK_NEWTASK){ .pid = TGID((mm + 1) % NR_MMS), .comm = "child" };
		break;
	case 3:
		ADD(toy, KSM_EXIT, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		for (uint32_t i = 0; i < NR_ITEMS; i++)
			if (toy->mm_of[i] == (int)mm)
				toy->on[i] = -1;
		break;
	case 4:
		PUT(toy, TASK_RENAME, TGID(mm), .pid = TGID(mm), .newcomm = { (char)('a' + pick(toy, 26)) });
		break;
	default:
		PUT(toy, SCHED_PROCESS_EXIT, TGID(mm), .pid = TGID(mm), .group_dead = pick(toy, 2));
		break;
	}
}

/* Something goes on meanwhile, another thread's perhaps, which may last longer. */
static void migrations(struct toy *toy)
{
	int32_t pid = 50 + (int32_t)pick(toy, 3), other = pid + 3;
	bool both = pick(toy, 2), longer = pick(toy, 2);

	PUT(toy, MM_MIGRATE_PAGES_START, pid, .reason = 1);
	if (both)
		PUT(toy, MM_MIGRATE_PAGES_START, other, .reason = 1);
	for (uint32_t nr = pick(toy, 4); nr > 0; nr--)
		merges(toy);
	if (both && !longer)
		PUT(toy, MM_MIGRATE_PAGES, other, .reason = 1, .succeeded = pick(toy, 2));
	PUT(toy, MM_MIGRATE_PAGES, pid, .reason = 1, .succeeded = pick(toy, 2));
	if (both && longer)
		PUT(toy, MM_MIGRATE_PAGES, other, .reason = 1, .succeeded = pick(toy, 2));
}

static void others(struct toy *toy)
{
	uint32_t item = pick(toy, NR_ITEMS), mm = pick(toy, NR_MMS), pfn = pick(toy, NR_PFNS);

	switch (pick(toy, 8)) {
	case 0:
		ADD(toy, KSM_START_SCAN, 30)->seq = toy->scan++;
		break;
	case 1:
		ADD(toy, KSM_STOP_SCAN, 30)->seq = toy->scan;
		break;
	case 2:
		PUT(toy, KSM_MERGE_ONE_PAGE, 30, .pfn = 7, .rmap_item = (int64_t)ITEM_ADDR(item),
		    .mm = (int64_t)MM_ADDR(mm), .err = pick(toy, 2) ? 0 : -14);
		break;
	case 3:
		if (pick(toy, 8) == 0)
			ADD(toy, MEMORY_FAILURE_EVENT, 1)->pfn = (int64_t)PFN(pfn);
		break;
	case 4:
		migrations(toy);
		break;
	default:
		add(toy, EVENT_UNKNOWN, 5);
		break;
	}
}

/* ---- the patched kernel ---- */
#define NR_NODES	12
#define NR_AVS		4
#define NODE_ADDR(i)	(0xffff888300000000ull + 0x40ull * (i))
#define AV_ADDR(i)	(0xffff888400000000ull + 0x80ull * (i))
#define VMA_ADDR(i)	(0xffff888500000000ull + 0xc0ull * (i))

static void patched_mm(struct toy *toy)
{
	uint32_t mm = pick(toy, NR_MMS);

	switch (pick(toy, 6)) {
	case 5:		/* a fork's child, or an mm that was found, gets its process */
		*ADD(toy, P_MM_OWNER, TGID(mm)) = (struct args_P_MM_OWNER){
			.mm = (int64_t)MM_ADDR(mm), .tgid = TGID(mm), .comm = "proc" };
		break;
	case 0:
	case 1:
		PUT(toy, P_MM_ENTER, TGID(mm), .mm = (int64_t)MM_ADDR(mm), .tgid = pick(toy, 2) ? TGID(mm) : 0,
		    .comm = "proc");
		break;
	case 2:
		*ADD(toy, P_MM_FORK, TGID(mm)) = (struct args_P_MM_FORK){
			.parent_mm = (int64_t)MM_ADDR(mm), .mm = (int64_t)MM_ADDR((mm + 1) % NR_MMS) };
		break;
	case 3:
		ADD(toy, P_MM_LEAVE, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	default:
		ADD(toy, P_MM_FREE, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	}
}

static void patched_tree(struct toy *toy)
{
	int64_t node = (int64_t)NODE_ADDR(pick(toy, NR_NODES)), other = (int64_t)NODE_ADDR(pick(toy, NR_NODES));
	int64_t kpfn = (int64_t)PFN(pick(toy, NR_PFNS)), nid = pick(toy, 2);

	if (node == other && pick(toy, 4))
		other = 0;
	switch (pick(toy, 13)) {
	case 0:
	case 1:
	case 2:
		*ADD(toy, P_NODE_INSERT, 30) = (struct args_P_NODE_INSERT){
			.node = node, .kpfn = kpfn, .nid = nid, .pred = other };
		break;
	case 3:
		*ADD(toy, P_NODE_FREE, 30) = (struct args_P_NODE_FREE){ .node = node };
		break;
	case 4:
		if (other)
			*ADD(toy, P_CHAIN_MAKE, 30) = (struct args_P_CHAIN_MAKE){
				.chain = other, .node = node, .nid = nid };
		break;
	case 5:
	case 6:
		if (other)
			*ADD(toy, P_DUP_ADD, 30) = (struct args_P_DUP_ADD){
				.chain = other, .node = node, .kpfn = kpfn, .nid = nid };
		break;
	case 7:
		*ADD(toy, P_DUP_DEL, 30) = (struct args_P_DUP_DEL){ .node = node };
		break;
	case 8:
		if (other)
			*ADD(toy, P_CHAIN_COLLAPSE, 30) = (struct args_P_CHAIN_COLLAPSE){
				.chain = other, .node = node, .kpfn = kpfn };
		break;
	case 9:
		*ADD(toy, P_MIGRATE_ADD, 30) = (struct args_P_MIGRATE_ADD){ .node = node };
		break;
	case 10:
		*ADD(toy, P_NODE_KPFN, 30) = (struct args_P_NODE_KPFN){ .node = node, .kpfn = kpfn };
		break;
	case 11:
		if (other)
			*ADD(toy, P_NODE_REPLACE, 30) = (struct args_P_NODE_REPLACE){
				.old_node = other, .node = node, .kpfn = kpfn, .nid = nid };
		break;
	default:
		*ADD(toy, P_CHAIN_FREE, 30) = (struct args_P_CHAIN_FREE){ .node = node };
		break;
	}
}

static void patched_items(struct toy *toy)
{
	uint32_t i = pick(toy, NR_ITEMS), other = pick(toy, NR_MMS), m = pick(toy, 9) ? i % NR_MMS : other;
	uint32_t node = pick(toy, NR_NODES), av = pick(toy, NR_AVS);
	int64_t item = (int64_t)ITEM_ADDR(i), mm = (int64_t)MM_ADDR(m);
	int64_t address = 0x10000 + 0x1000 * (int64_t)(i + pick(toy, 20) / 19);

	switch (pick(toy, 9)) {
	case 0:
	case 1:
		*ADD(toy, P_ITEM_NEW, 30) = (struct args_P_ITEM_NEW){ item, mm, address };
		break;
	case 2:
		*ADD(toy, P_ITEM_FREE, 30) = (struct args_P_ITEM_FREE){ item, mm, address };
		break;
	case 3:
	case 4:
		*ADD(toy, P_ITEM_UNSTABLE, 30) = (struct args_P_ITEM_UNSTABLE){
			.item = item, .mm = mm, .address = address, .seqnr = toy->scan };
		break;
	case 5:
	case 6:
		*ADD(toy, P_ITEM_APPEND, 30) = (struct args_P_ITEM_APPEND){
			.item = item, .mm = mm, .address = address, .index = 16 + i,
			.node = (int64_t)NODE_ADDR(node), .anon_vma = (int64_t)AV_ADDR(av) };
		break;
	case 7:
		*ADD(toy, P_ITEM_DETACH, 30) = (struct args_P_ITEM_DETACH){
			.item = item, .mm = mm, .address = address };
		break;
	default:
		if (pick(toy, 3) == 0)
			ADD(toy, P_UNSTABLE_RESET, 30)->seqnr = toy->scan++;
		else
			*ADD(toy, P_ITEM_SCAN, 30) = (struct args_P_ITEM_SCAN){
				.item = item, .mm = mm, .address = address };
		break;
	}
}

static void patched_vmas(struct toy *toy)
{
	uint32_t i = pick(toy, 24);
	int64_t av = (int64_t)AV_ADDR(pick(toy, NR_AVS)), start = 0x10000 + 0x1000 * (int64_t)pick(toy, 40);
	struct args_P_VMA_INSERT vma = {
		.anon_vma = av, .vma = (int64_t)VMA_ADDR(i), .mm = (int64_t)MM_ADDR(i % NR_MMS),
		.start = start, .pgoff = 16 + pick(toy, 40) };

	vma.end = vma.start + 0x1000 * (1 + (int64_t)pick(toy, 20));
	switch (pick(toy, 6)) {
	case 0:
		*ADD(toy, P_ANON_VMA_NEW, 30) = (struct args_P_ANON_VMA_NEW){
			.anon_vma = av, .root = (int64_t)AV_ADDR(0), .parent = av };
		break;
	case 1:
		ADD(toy, P_ANON_VMA_FREE, 30)->anon_vma = av;
		break;
	case 2:
		memcpy(ADD(toy, P_VMA_REMOVE, 30), &vma, sizeof(vma));
		break;
	default:
		*ADD(toy, P_VMA_INSERT, 30) = vma;
		break;
	}
}

/* A walk over some VMAs, a page that recovery moves, one that a kill list finds. */
static void patched_walks(struct toy *toy)
{
	uint32_t i = pick(toy, NR_ITEMS);
	int64_t walk = pick(toy, 1000), pfn = (int64_t)PFN(pick(toy, NR_PFNS)), mm = (int64_t)MM_ADDR(i % NR_MMS);
	int64_t address = 0x10000 + 0x1000 * (int64_t)i, to = (int64_t)PFN(pick(toy, NR_PFNS));
	uint32_t av = pick(toy, NR_AVS);

	switch (pick(toy, 4)) {
	case 0:
		PUT(toy, P_RECOVERY_MOVE, 40, .pfn = pfn, .mm = mm, .address = address, .to_kpfn = to,
		    .target = pick(toy, 3));
		return;
	case 1:
		PUT(toy, P_KILL_TASK, 40, .pfn = pfn, .mm = mm, .address = address, .mapped = pick(toy, 2));
		return;
	default:
		break;
	}
	PUT(toy, P_WALK_BEGIN, 40, .walk = walk, .pfn = pfn, .purpose = 1 + pick(toy, 3), .mapcount = 4);
	*ADD(toy, P_WALK_ITEM, 40) = (struct args_P_WALK_ITEM){ .walk = walk, .pass = 1,
		.item = (int64_t)ITEM_ADDR(i), .mm = mm, .address = address,
		.anon_vma = (int64_t)AV_ADDR(av) };
	for (uint32_t k = pick(toy, 4); k > 0; k--) {
		uint32_t vma = pick(toy, 24), of = pick(toy, NR_MMS);

		PUT(toy, P_WALK_VMA, 40, .walk = walk, .pass = 1, .vma = (int64_t)VMA_ADDR(vma),
		    .mm = (int64_t)MM_ADDR(of), .mapcount_before = 3, .mapcount = 2 + 2 * pick(toy, 2));
	}
	*ADD(toy, P_WALK_END, 40) = (struct args_P_WALK_END){ .walk = walk };
}

/* A dump of a few things, true or not, complete or not. */
static void patched_dump(struct toy *toy)
{
	uint32_t nr_nodes = pick(toy, NR_NODES), nr_items = pick(toy, 20), nr_vmas = pick(toy, 6);
	int64_t id = pick(toy, 1000), av = (int64_t)AV_ADDR(pick(toy, NR_AVS));

	ADD(toy, P_DUMP_BEGIN, 9)->dump = id;
	for (uint32_t i = 0; i < nr_nodes; i++)
		PUT(toy, P_DUMP_NODE, 9, .dump = id, .node = (int64_t)NODE_ADDR(i), .kpfn = (int64_t)PFN(i),
		    .kind = i % 5 == 1 ? 1 : i % 5 == 2 ? 2 : 0,
		    .chain = i % 5 == 2 ? (int64_t)NODE_ADDR(i - 1) : 0, .place = pick(toy, 9) == 0);
	for (uint32_t i = 0; i < nr_items; i++)
		PUT(toy, P_DUMP_ITEM, 9, .dump = id, .item = (int64_t)ITEM_ADDR(i),
		    .mm = (int64_t)MM_ADDR(i % NR_MMS), .address = 0x10000 + 0x1000 * (int64_t)i,
		    .state = pick(toy, 3), .node = (int64_t)NODE_ADDR(i % NR_NODES), .anon_vma = av);
	*ADD(toy, P_DUMP_ANON_VMA, 9) = (struct args_P_DUMP_ANON_VMA){ .dump = id, .anon_vma = av,
		.root = av, .parent = av, .nr_vmas = nr_vmas };
	for (uint32_t i = 0; i < nr_vmas; i++)
		*ADD(toy, P_DUMP_VMA, 9) = (struct args_P_DUMP_VMA){ .dump = id, .anon_vma = av,
			.vma = (int64_t)VMA_ADDR(i), .mm = (int64_t)MM_ADDR(i % NR_MMS),
			.start = 0x10000, .end = 0x14000, .pgoff = 16 };
	PUT(toy, P_DUMP_END, 9, .dump = id, .nr_nodes = nr_nodes, .nr_items = nr_items, .nr_anon_vmas = 1,
	    .nr_vmas = nr_vmas + pick(toy, 3) / 2);
}

static void patched(struct toy *toy)
{
	uint32_t dice = pick(toy, 100);

	if (dice < 10)
		patched_mm(toy);
	else if (dice < 40)
		patched_tree(toy);
	else if (dice < 78)
		patched_items(toy);
	else if (dice < 94)
		patched_vmas(toy);
	else if (dice < 98)
		patched_walks(toy);
	else
		patched_dump(toy);
}

/* ---- samples ---- */
static void number(struct toy *toy, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	sample_add_pair(&toy->sb, name, text);
}

static void sample_body(struct toy *toy, enum sample_kind kind, uint32_t process)
{
	uint32_t items = 0, nodes = 0, mine = 0, truth = pick(toy, 3);
	uint64_t addr = 0x10000;

	for (uint32_t i = 0; i < NR_ITEMS; i++) {
		items += toy->on[i] >= 0;
		mine += toy->on[i] >= 0 && toy->mm_of[i] == (int)process;
	}
	for (uint32_t i = 0; i < NR_PFNS; i++)
		nodes += toy->live[i];
	if (truth == 0)
		items = nodes = mine = 0;
	switch (kind) {
	case SAMPLE_HOST:
		sample_add_pair(&toy->sb, SAMPLE_PAGE_FLAG_NAME, truth ? "exact" : "anonymous");
		break;
	case SAMPLE_KSM:
		number(toy, "pages_shared", nodes);
		number(toy, "pages_sharing", items > nodes ? items - nodes : 0);
		number(toy, "full_scans", (uint32_t)toy->scan);
		break;
	case SAMPLE_PROCESS:
		sample_add_pair(&toy->sb, "comm", "proc");
		number(toy, "start_time", 5 + pick(toy, 8) / 7);
		number(toy, "ksm_merging_pages", mine);
		break;
	default:
		sample_add_pages_head(&toy->sb, 4096, pick(toy, 4));
		sample_add_range(&toy->sb, 0x10000, 0x10000 + 0x1000ull * (1 + pick(toy, 30)));
		for (uint32_t i = 0; i < 20; i++, addr += 0x1000)
			if (pick(toy, 2)) {
				uint32_t other = pick(toy, NR_PFNS), pfn = pick(toy, 5) ? i % NR_PFNS : other;

				sample_add_page(&toy->sb, addr, PFN(pfn), 1 + pick(toy, 2));
			}
		break;
	}
}

static void sample(struct toy *toy)
{
	static const enum sample_kind kinds[] = { SAMPLE_KSM, SAMPLE_PROCESS, SAMPLE_PAGES,
							SAMPLE_PAGES, SAMPLE_HOST };
	struct storm_sample *s = &toy->storm->samples[toy->storm->nr_samples];
	enum sample_kind kind = kinds[pick(toy, 5)];
	uint32_t process = pick(toy, NR_MMS);
	int32_t tgid = kind == SAMPLE_KSM || kind == SAMPLE_HOST ? 0 : TGID(process);
	uint64_t begin = pick(toy, 3) ? toy->now_ns + 1 : toy->now_ns - toy->now_ns / 8;

	sample_builder_reset(&toy->sb);
	sample_begin(&toy->sb, kind, tgid, begin);
	sample_body(toy, kind, process);
	if (sample_end(&toy->sb, toy->now_ns + 2) != 0 ||
	    toy->sb.size - SAMPLE_HEAD > sizeof(s->payload))
		return;
	s->sample = (struct sample){ .kind = kind, .tgid = tgid, .begin_ns = begin,
				     .end_ns = toy->now_ns + 2, .payload = s->payload,
				     .size = (uint32_t)(toy->sb.size - SAMPLE_HEAD) };
	memcpy(s->payload, toy->sb.data + SAMPLE_HEAD, s->sample.size);
	s->after = toy->storm->nr_events;
	toy->storm->nr_samples++;
}

/* ---- feeding ---- */
static int feed(const struct storm *storm, struct history *h, uint64_t first, uint64_t last)
{
	struct event_batch batch = { .first_nr = first + 1, .nr_events = (uint32_t)(last - first),
				     .events = storm->events + first, .losses = storm->losses,
				     .nr_losses = storm->nr_losses };

	return first < last ? history_feed(h, &batch) : 0;
}

/* Gaps that are open at `last`: a recording that ends there says so of its streams. */
static int feed_open_gaps(const struct storm *storm, struct history *h, uint64_t last)
{
	struct event_loss open[64];
	struct event_batch batch = { .first_nr = last + 1, .losses = open };

	for (uint32_t i = 0; i < storm->nr_losses && batch.nr_losses < 64; i++) {
		if (storm->losses[i].after_nr >= last || storm->losses[i].before_nr <= last)
			continue;
		open[batch.nr_losses] = storm->losses[i];
		open[batch.nr_losses].before_nr = 0;
		open[batch.nr_losses++].nr_lost = 0;
	}
	return batch.nr_losses ? history_feed(h, &batch) : 0;
}

int storm_feed(const struct storm *storm, struct history *h, uint64_t first, uint64_t last,
	       uint64_t batch_seed)
{
	uint64_t at = first, rng = batch_seed;
	uint32_t s = 0;
	int ret = 0;

	while (s < storm->nr_samples && storm->samples[s].after < first)
		s++;
	/* Samples right after `first` belong to the part before, unless it is the start. */
	while (first > 0 && s < storm->nr_samples && storm->samples[s].after == first)
		s++;
	while (ret == 0) {
		uint64_t to = s < storm->nr_samples && storm->samples[s].after < last ?
			storm->samples[s].after : last;

		while (ret == 0 && at < to) {
			uint64_t n = batch_seed ? 1 + storm_random(&rng) % 90 : to - at;

			n = n < to - at ? n : to - at;
			ret = feed(storm, h, at, at + n);
			at += n;
		}
		if (ret || s >= storm->nr_samples || storm->samples[s].after > last)
			break;
		ret = history_feed_sample(h, &storm->samples[s].sample, s);
		s++;
	}
	return ret ? ret : feed_open_gaps(storm, h, last);
}

struct storm *storm_new(uint64_t seed, uint32_t nr_events, bool patched_kernel, bool losses)
{
	struct storm *storm = calloc(1, sizeof(*storm));
	struct toy toy = { .storm = storm, .rng = seed, .now_ns = 1000000, .losses = losses };
	uint32_t room = nr_events + 256;

	storm->events = calloc(room, sizeof(*storm->events));
	storm->args = calloc(room, sizeof(*storm->args));
	storm->losses = calloc(room, sizeof(*storm->losses));
	storm->samples = calloc(nr_events / 10 + 2, sizeof(*storm->samples));
	storm->patched = patched_kernel;
	sample_builder_init(&toy.sb);
	for (uint32_t i = 0; i < NR_ITEMS; i++)
		toy.on[i] = toy.mm_of[i] = -1;
	while (storm->nr_events < nr_events) {
		uint32_t dice = pick(&toy, 100);

		if (patched_kernel && dice < 84)
			patched(&toy);
		else if (dice < 45)
			merges(&toy);
		else if (dice < 60)
			node_dies(&toy);
		else if (dice < 72)
			tasks(&toy);
		else if (dice < 90)
			others(&toy);
		else if (storm->nr_samples < nr_events / 10)
			sample(&toy);
	}
	sample_builder_fini(&toy.sb);
	return storm;
}

void storm_free(struct storm *storm)
{
	free(storm->events);
	free(storm->args);
	free(storm->losses);
	free(storm->samples);
	free(storm);
}
