// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_structures.c - a patched kernel's recording at full size, for P6, P7, P11 and P12.
 *
 *	make_structures OUT [NODES [EVENTS]]
 *
 * Begins with a dump of NODES (1,300,000) stable nodes and twice as many items: see world.c.  Then up
 * to EVENTS (NODES * 100 / 13) of what goes on: pages are written to, found equal again, moved; nodes die
 * and others are inserted; VMAs change; rmap walks, over a few VMAs or over 20,000; memory failures.
 * All of it stays about as large as it was, so that a picture of any moment behind the dump is one of
 * NODES nodes.
 *
 * Walks keep the kernel's counts exactly: a model of them must come to the same.  They ask for
 * references, which unmap nothing, so that no walk ends early.  Same arguments, same file.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

enum { WHOLE, ADDRESS, LINEAR };	/* KSMTOP_WALK_RULES */
#define REFERENCED 4			/* KSMTOP_PURPOSES */
#define SCAN_EVENTS 250000u

/* ---- walks ---- */
struct walk {
	int64_t id, rule, iterations, visited, outside, other_mm, mapcount;
	int pid;
};

/* VMAs in the item's anon_vma that cover its address, and how many do not. */
static void trees_of(const struct world *w, uint32_t item, uint32_t *ret_covering, uint32_t *ret_outside)
{
	uint32_t mm = item_mm(w, item);

	*ret_covering = mm == FORKING_MM ? 1 + NR_CHILDREN : 1;
	*ret_outside = mm == SPLIT_MM ? NR_SPLIT_VMAS - 1 : 0;
}

static uint32_t vma_of(const struct world *w, uint32_t item, uint32_t fork)
{
	uint32_t mm = item_mm(w, item);
	int64_t page = (item_address(w, item) - ADDRESS_OF_GUEST) >> 12;

	return mm < NR_GUESTS ? mm : mm == SPLIT_MM ? NR_GUESTS + (uint32_t)page / SPLIT_PAGES :
	       NR_GUESTS + NR_SPLIT_VMAS + fork;
}

static void walk_item(struct world *w, struct walk *walk, uint32_t item, int64_t pass)
{
	int64_t index = item_address(w, item) >> 12, addr = item_addr(item);
	uint32_t covering, outside, first = pass == 1 ? 0 : 1, end;

	trees_of(w, item, &covering, &outside);
	outside = walk->rule == WHOLE ? outside : 0;
	end = pass == 1 ? 1 : covering;
	EMIT(w, 1, walk->pid, P_WALK_ITEM, .walk = walk->id, .pass = pass, .item = addr,
	     .anon_vma = item_anon_vma(w, item), .mm = mm_addr(item_mm(w, item)),
	     .address = item_address(w, item), .first = walk->rule == WHOLE ? 0 : index,
	     .last = walk->rule == WHOLE ? -1 : index, .waited_ns = (int64_t)(world_noise(w) % 900));
	for (uint32_t i = first; i < end; i++)
		EMIT(w, 1, walk->pid, P_WALK_VMA, .walk = walk->id, .pass = pass, .item = addr,
		     .vma = vma_addr(vma_of(w, item, i)), .mm = mm_addr(item_mm(w, item) + i),
		     .vm_flags = 0x80100073, .answer = 1, .mapcount_before = walk->mapcount,
		     .mapcount = walk->mapcount);
	EMIT(w, 1, walk->pid, P_WALK_UNLOCK, .walk = walk->id, .pass = pass, .item = addr,
	     .outside = outside, .other_mm = covering - (end - first),
	     .held_ns = 300 + 30 * (int64_t)(covering + outside));
	walk->iterations += covering + outside;
	walk->visited += end - first;
	walk->outside += outside;
	walk->other_mm += covering - (end - first);
}

static void walk(struct world *w, uint32_t n, int64_t rule)
{
	const struct world_node *node = &w->nodes[n];
	struct walk walk = { .id = (int64_t)++w->walk, .rule = rule, .pid = 88 };
	uint64_t begin = w->ts_ns;
	uint32_t covering, outside;

	for (uint32_t i = node->newest; i != NONE; i = w->items[i].older) {
		trees_of(w, i, &covering, &outside);
		walk.mapcount += covering;
	}
	EMIT(w, 1, walk.pid, P_WALK_BEGIN, .walk = walk.id, .pfn = node->pfn, .node = node_addr(n),
	     .purpose = REFERENCED, .rule = rule, .mapcount = walk.mapcount,
	     .refcount = walk.mapcount + 1);
	for (int64_t pass = 1; pass <= 2; pass++)
		for (uint32_t i = node->newest; i != NONE; i = w->items[i].older)
			walk_item(w, &walk, i, pass);
	EMIT(w, 1, walk.pid, P_WALK_END, .walk = walk.id, .iterations = walk.iterations,
	     .visited = walk.visited, .outside = walk.outside, .other_mm = walk.other_mm,
	     .mapcount = walk.mapcount, .duration_ns = (int64_t)(w->ts_ns - begin));
}

/* ---- ksmd ---- */
static uint32_t any_node(struct world *w)
{
	uint32_t n;

	do
		n = (uint32_t)(world_noise(w) % w->nr_nodes);
	while (!w->nodes[n].alive || !w->nodes[n].pfn || n == w->lone_page || n == w->wide_page);
	return n;
}

static void detach(struct world *w, uint32_t item, int64_t site)
{
	EMIT(w, 0, KSMD, P_ITEM_DETACH, .item = item_addr(item), .mm = mm_addr(item_mm(w, item)),
	     .address = item_address(w, item), .node = node_addr(w->items[item].node), .site = site);
	world_take(w, item);
}

static void append(struct world *w, uint32_t item, uint32_t n)
{
	world_put(w, item, n);
	EMIT(w, 0, KSMD, P_ITEM_APPEND, .item = item_addr(item), .mm = mm_addr(item_mm(w, item)),
	     .address = item_address(w, item), .node = node_addr(n), .anon_vma = item_anon_vma(w, item),
	     .index = item_address(w, item) >> 12, .hlist_len = w->nodes[n].nr_items);
}

static void free_node(struct world *w, uint32_t n)
{
	if (w->nodes[n].chain == NONE)
		EMIT(w, 0, KSMD, P_NODE_ERASE, node_addr(n), w->nodes[n].pfn, 0);
	else
		EMIT(w, 0, KSMD, P_DUP_DEL, node_addr(n), w->nodes[n].pfn, 0);
	EMIT(w, 0, KSMD, P_NODE_FREE, node_addr(n), w->nodes[n].pfn, 0);
	w->nodes[n].alive = false;
}

/* A page was written to; ksmd finds it equal to another one later. */
static void rewrite(struct world *w)
{
	uint32_t from = any_node(w), to = any_node(w), item = w->nodes[from].newest;

	if (w->nodes[from].nr_items < 2 || w->nodes[to].nr_items >= MAX_SHARING || to == from)
		return;
	detach(w, item, 0);
	EMIT(w, 0, KSMD, P_ITEM_UNSTABLE, .item = item_addr(item), .mm = mm_addr(item_mm(w, item)),
	     .address = item_address(w, item), .seqnr = w->seqnr);
	append(w, item, to);
}

/* The last page of a content goes; with another one it makes a new stable node. */
static void replace_node(struct world *w)
{
	uint32_t n = any_node(w), with = any_node(w), pred = any_node(w), item = w->nodes[n].newest, fresh;

	if (w->nodes[n].nr_items != 1 || w->nodes[with].nr_items < 2 || with == n || pred == n)
		return;
	detach(w, item, 0);
	free_node(w, n);
	fresh = world_new_node(w, NONE);
	if (w->nodes[pred].chain != NONE)
		pred = w->nodes[pred].chain;
	EMIT(w, 0, KSMD, P_NODE_INSERT, .node = node_addr(fresh), .kpfn = w->nodes[fresh].pfn,
	     .pred = node_addr(pred));
	append(w, item, fresh);
	item = w->nodes[with].newest;
	detach(w, item, 3);
	append(w, item, fresh);
}

static void migrate(struct world *w)
{
	uint32_t n = any_node(w);

	walk(w, n, WHOLE);
	EMIT(w, 1, 88, P_NODE_KPFN, .node = node_addr(n), .old_kpfn = w->nodes[n].pfn,
	     .kpfn = 0x100000 + w->next_pfn);
	w->nodes[n].pfn = 0x100000 + w->next_pfn++;
}

static void scan(struct world *w, bool starts)
{
	if (starts) {
		w->seqnr++;
		EMIT(w, 0, KSMD, KSM_START_SCAN, w->seqnr, w->nr_items);
		EMIT(w, 0, KSMD, P_UNSTABLE_RESET, w->seqnr, 0);
		return;
	}
	for (uint32_t mm = 0; mm < NR_MMS; mm++)
		EMIT(w, 0, KSMD, P_SCAN_SUM, mm_addr(mm), w->seqnr, 1, 1000);
	EMIT(w, 0, KSMD, KSM_STOP_SCAN, w->seqnr, w->nr_items);
}

/* ---- everybody else ---- */
/* mprotect() there and back: the VMA leaves the interval tree and comes again. */
static void change_vma(struct world *w)
{
	uint32_t i = (uint32_t)(world_noise(w) % NR_SPLIT_VMAS);
	int64_t start = ADDRESS_OF_GUEST + ((int64_t)i * SPLIT_PAGES << 12);
	struct args_P_VMA_INSERT args = {
		.anon_vma = anon_vma_addr(SPLIT_MM), .vma = vma_addr(NR_GUESTS + i),
		.mm = mm_addr(SPLIT_MM), .start = start, .end = start + (SPLIT_PAGES << 12),
		.pgoff = start >> 12, .flags = 0x80100073 };

	emit(w, 1, 3008, EVENT_P_VMA_REMOVE, &args);
	emit(w, 1, 3008, EVENT_P_VMA_INSERT, &args);
}

static void fail_memory(struct world *w)
{
	uint32_t n = any_node(w);
	int64_t pfn = w->nodes[n].pfn, nr = 0;

	EMIT(w, 1, 300, P_RECOVERY_BEGIN, pfn, node_addr(n), w->nodes[n].nr_items, 1200);
	EMIT(w, 1, 300, P_RECOVERY_SEARCH, pfn, node_addr(n), 0, 0, 400, 400);
	EMIT(w, 1, 300, P_RECOVERY_END, pfn, 2, 0, 0, w->nodes[n].nr_items, 9000);
	EMIT(w, 1, 300, P_KILL_BEGIN, pfn, node_addr(n), 0);
	for (uint32_t i = w->nodes[n].newest; i != NONE; i = w->items[i].older, nr++)
		EMIT(w, 1, 300, P_KILL_TASK, pfn, 3000 + item_mm(w, i), mm_addr(item_mm(w, i)),
		     vma_addr(vma_of(w, i, 0)), item_address(w, i), 1, 1);
	EMIT(w, 1, 300, P_KILL_END, pfn, nr, 30000);
}

static void go_on(struct world *w)
{
	for (uint64_t i = 0, next_scan = w->nr_events; w->nr_events < w->max_events; i++) {
		if (w->nr_events >= next_scan) {
			scan(w, next_scan / SCAN_EVENTS % 2);
			next_scan += SCAN_EVENTS / 2;
		}
		rewrite(w);
		if (i % 2 == 0)
			replace_node(w);
		if (i % 16 == 0)
			migrate(w);
		if (i % 8 == 0)
			change_vma(w);
		if (i % 1000 == 0)
			walk(w, w->lone_page, i / 1000 % 2 ? LINEAR : WHOLE);
		if (i % 50000 == 0)
			walk(w, w->wide_page, i / 50000 % 2 ? LINEAR : WHOLE);
		if (i % 5000 == 0)
			fail_memory(w);
	}
}

static int write_file(struct world *w, const char *path)
{
	char text[DIAG_TEXT_SIZE];
	struct ring_table table;
	struct diag diag = { 0 };
	int ret;

	ring_table_init(&table, 4096);
	table.meta.cmdlines = trace_text_of("91 ksmd\n88 kcompactd0\n");
	table.meta.uname = trace_text_of("Linux made 6.12.0-ksmtop x86_64");
	table.meta.recorder = trace_text_of("made");
	ret = ring_table_write(&table, w->rings, 2, 1, NULL, path, &diag);
	if (ret != 0)
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
	ring_table_fini(&table);
	return ret;
}

int main(int argc, char **argv)
{
	unsigned long nodes = argc > 2 ? strtoul(argv[2], NULL, 10) : 1300000;
	uint64_t events = argc > 3 ? strtoull(argv[3], NULL, 10) : nodes * 100 / 13;
	struct world w;
	int ret;

	if (argc < 2 || argc > 4 || nodes < 20000 || nodes > 100000000) {
		fprintf(stderr, "usage: make_structures OUT [NODES [EVENTS]], at least 20000 nodes\n");
		return 2;
	}
	world_init(&w, (uint32_t)nodes, events);
	world_dump(&w);
	go_on(&w);
	ret = write_file(&w, argv[1]);
	world_fini(&w);
	return ret ? 2 : 0;
}
