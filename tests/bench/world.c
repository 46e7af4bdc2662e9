// SPDX-License-Identifier: GPL-2.0-only
/*
 * world.c - the state that make_structures starts from, and its dump.
 *
 * Eight guests share their pages: a fifth of them on contents so common that their stable nodes
 * are chains of four full dups, the rest one or two to a node; a few are not shared.  One process has
 * its memory split by mprotect into 20,000 VMAs of one anon_vma, with a KSM page that two
 * map and one that 200 of its pages map.  One has forked 64 children, whose VMAs all lie in its anon_vma.
 *
 * Items are numbered mm by mm and page by page, so an item's mm and address need no memory.  Which
 * items meet on a node is a walk over all of them with a stride: neighbours in time are far apart in
 * memory, as ksmd finds them.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define STRIDE		1000003u	/* a prime */
#define PAGE_BITS	12

uint64_t world_noise(struct world *w)
{
	w->noise = w->noise * 6364136223846793005u + 1442695040888963407u;
	return w->noise >> 33;
}

void emit(struct world *w, unsigned int cpu, int pid, enum event_kind kind, const void *args)
{
	if (w->nr_events++ >= w->max_events)
		return;
	w->ts_ns += 300 + world_noise(w) % 1500;
	ring_table_event(&w->rings[cpu], w->ts_ns, pid, kind, args);
}

/* ---- items ---- */
static uint32_t split_item(const struct world *w, uint32_t page)
{
	return NR_GUESTS * w->guest_pages + page;
}

uint32_t item_mm(const struct world *w, uint32_t item)
{
	uint32_t mm = item / w->guest_pages;

	if (mm < NR_GUESTS)
		return mm;
	return item - NR_GUESTS * w->guest_pages < NR_SPLIT_VMAS ? SPLIT_MM : FORKING_MM;
}

int64_t item_address(const struct world *w, uint32_t item)
{
	uint32_t page = item % w->guest_pages;

	if (item >= NR_GUESTS * w->guest_pages) {
		page = item - NR_GUESTS * w->guest_pages;
		page = page < NR_SPLIT_VMAS ? page * SPLIT_PAGES : page - NR_SPLIT_VMAS;
	}
	return ADDRESS_OF_GUEST + ((int64_t)page << PAGE_BITS);
}

int64_t item_anon_vma(const struct world *w, uint32_t item)
{
	return anon_vma_addr(item_mm(w, item));
}

/* ---- changes ---- */
uint32_t world_new_node(struct world *w, uint32_t chain)
{
	if (w->nr_nodes == w->nr_nodes_room) {
		w->nr_nodes_room = w->nr_nodes_room ? w->nr_nodes_room * 2 : 4096;
		w->nodes = realloc(w->nodes, w->nr_nodes_room * sizeof(*w->nodes));
		if (!w->nodes)
			abort();
	}
	w->nodes[w->nr_nodes] = (struct world_node){ .newest = NONE, .chain = chain,
						     .pfn = 0x100000 + w->next_pfn++, .alive = true };
	return w->nr_nodes++;
}

void world_put(struct world *w, uint32_t item, uint32_t node)
{
	w->items[item] = (struct world_item){ node, w->nodes[node].newest };
	w->nodes[node].newest = item;
	w->nodes[node].nr_items++;
	w->nr_stable++;
}

void world_take(struct world *w, uint32_t item)
{
	struct world_node *node = &w->nodes[w->items[item].node];
	uint32_t *at = &node->newest;

	while (*at != item)
		at = &w->items[*at].older;
	*at = w->items[item].older;
	node->nr_items--;
	w->nr_stable--;
	w->items[item] = (struct world_item){ NONE, NONE };
}

/* ---- the beginning ---- */
static uint32_t next_item(struct world *w, uint32_t *at)
{
	do {
		*at = (uint32_t)(((uint64_t)*at + STRIDE) % w->nr_items);
	} while (w->items[*at].node != NONE);
	return *at;
}

static void share(struct world *w, uint32_t chain, uint32_t nr_sharers, uint32_t *at)
{
	uint32_t node = world_new_node(w, chain);

	for (uint32_t i = 0; i < nr_sharers; i++)
		world_put(w, next_item(w, at), node);
}

static void share_split_pages(struct world *w)
{
	w->lone_page = world_new_node(w, NONE);
	world_put(w, split_item(w, NR_SPLIT_VMAS / 2), w->lone_page);
	world_put(w, 0, w->lone_page);
	w->wide_page = world_new_node(w, NONE);
	for (uint32_t i = 0; i < NR_SHARERS; i++)
		world_put(w, split_item(w, i * (NR_SPLIT_VMAS / NR_SHARERS)), w->wide_page);
}

void world_init(struct world *w, uint32_t nr_nodes, uint64_t max_events)
{
	uint32_t nr_chains = nr_nodes / 2600, at = 0;

	*w = (struct world){ .ts_ns = UINT64_C(1366886751224), .noise = 1, .nr_wanted = nr_nodes,
			     .max_events = max_events, .nr_items = nr_nodes * 2, .seqnr = 7 };
	for (int i = 0; i < 2; i++)
		ring_init(&w->rings[i], false, 8, 4096);
	w->guest_pages = (w->nr_items - NR_SPLIT_VMAS - NR_FORKED_PAGES) / NR_GUESTS;
	w->nr_items = w->guest_pages * NR_GUESTS + NR_SPLIT_VMAS + NR_FORKED_PAGES;
	w->items = malloc(w->nr_items * sizeof(*w->items));
	if (!w->items)
		abort();
	memset(w->items, 0xff, w->nr_items * sizeof(*w->items));
	share_split_pages(w);
	for (uint32_t c = 0; c < nr_chains; c++) {
		uint32_t chain = world_new_node(w, NONE);

		w->nodes[chain].pfn = 0;
		w->nr_chains++;
		for (uint32_t d = 0; d < CHAIN_DUPS; d++)
			share(w, chain, MAX_SHARING, &at);
	}
	while (w->nr_nodes < nr_nodes + w->nr_chains)
		share(w, NONE, 1 + w->nr_nodes % 2, &at);
}

void world_fini(struct world *w)
{
	for (int i = 0; i < 2; i++)
		ring_fini(&w->rings[i]);
	free(w->nodes);
	free(w->items);
}

/* ---- the dump ---- */
static void dump_mms(struct world *w)
{
	for (uint32_t mm = 0; mm < NR_MMS; mm++) {
		struct args_P_DUMP_MM args = { .dump = 1, .mm = mm_addr(mm), .tgid = 3000 + mm,
					       .start_time = 1000 + mm };

		strcpy(args.comm, mm < NR_GUESTS ? "qemu" : mm == SPLIT_MM ? "splitter" : "forker");
		args.nr_items = mm < NR_GUESTS ? w->guest_pages : mm == SPLIT_MM ? NR_SPLIT_VMAS :
				mm == FORKING_MM ? NR_FORKED_PAGES : 0;
		emit(w, 0, KSMD, EVENT_P_DUMP_MM, &args);
	}
}

static void dump_nodes(struct world *w)
{
	for (uint32_t n = 0; n < w->nr_nodes; n++) {
		const struct world_node *node = &w->nodes[n];
		int64_t kind = node->chain != NONE ? 2 : node->pfn ? 0 : 1;

		EMIT(w, 0, KSMD, P_DUMP_NODE, .dump = 1, .node = node_addr(n), .kind = kind,
		     .chain = node->chain == NONE ? 0 : node_addr(node->chain), .kpfn = node->pfn,
		     .hlist_len = node->nr_items);
	}
}

static void dump_item(struct world *w, uint32_t item, uint32_t node)
{
	EMIT(w, 0, KSMD, P_DUMP_ITEM, .dump = 1, .item = item_addr(item), .mm = mm_addr(item_mm(w, item)),
	     .address = item_address(w, item), .state = node == NONE ? 1 : 2,
	     .seqnr = node == NONE ? w->seqnr : 0, .node = node == NONE ? 0 : node_addr(node),
	     .anon_vma = node == NONE ? 0 : item_anon_vma(w, item),
	     .index = node == NONE ? 0 : item_address(w, item) >> PAGE_BITS);
}

static void dump_vma(struct world *w, uint32_t tree, uint32_t mm, int64_t start, int64_t pages)
{
	EMIT(w, 0, KSMD, P_DUMP_VMA, .dump = 1, .anon_vma = anon_vma_addr(tree),
	     .vma = vma_addr(w->next_vma++), .mm = mm_addr(mm), .start = start,
	     .end = start + (pages << PAGE_BITS), .pgoff = start >> PAGE_BITS, .flags = 0x80100073);
}

static void dump_anon_vmas(struct world *w)
{
	for (uint32_t mm = 0; mm <= FORKING_MM; mm++) {
		uint32_t nr = mm < NR_GUESTS ? 1 : mm == SPLIT_MM ? NR_SPLIT_VMAS : 1 + NR_CHILDREN;

		EMIT(w, 0, KSMD, P_DUMP_ANON_VMA, .dump = 1, .anon_vma = anon_vma_addr(mm),
		     .root = anon_vma_addr(mm), .parent = anon_vma_addr(mm), .nr_vmas = nr);
		for (uint32_t i = 0; i < nr; i++) {
			if (mm < NR_GUESTS)
				dump_vma(w, mm, mm, ADDRESS_OF_GUEST, w->guest_pages);
			else if (mm == SPLIT_MM)
				dump_vma(w, mm, mm, ADDRESS_OF_GUEST +
					 ((int64_t)i * SPLIT_PAGES << PAGE_BITS), SPLIT_PAGES);
			else
				dump_vma(w, mm, mm + i, ADDRESS_OF_GUEST, NR_FORKED_PAGES);
		}
	}
}

void world_dump(struct world *w)
{
	uint32_t nr_pages = w->nr_nodes - w->nr_chains;
	struct args_P_DUMP_BEGIN begin = {
		.dump = 1, .pages_shared = nr_pages, .pages_sharing = w->nr_stable - nr_pages,
		.pages_unshared = w->nr_items - w->nr_stable, .nr_chains = w->nr_chains,
		.nr_dups = w->nr_chains * CHAIN_DUPS, .nr_items = w->nr_items, .seqnr = w->seqnr,
		.max_page_sharing = MAX_SHARING };

	emit(w, 0, KSMD, EVENT_P_DUMP_BEGIN, &begin);
	dump_mms(w);
	dump_nodes(w);
	for (uint32_t n = 0; n < w->nr_nodes; n++)
		for (uint32_t i = w->nodes[n].newest; i != NONE; i = w->items[i].older)
			dump_item(w, i, n);
	for (uint32_t i = 0; i < w->nr_items; i++)
		if (w->items[i].node == NONE)
			dump_item(w, i, NONE);
	dump_anon_vmas(w);
	EMIT(w, 0, KSMD, P_DUMP_END, .dump = 1, .pages_shared = begin.pages_shared,
	     .pages_sharing = begin.pages_sharing, .pages_unshared = begin.pages_unshared,
	     .nr_chains = begin.nr_chains, .nr_dups = begin.nr_dups, .nr_mms = NR_MMS,
	     .nr_nodes = w->nr_nodes, .nr_items = w->nr_items, .nr_anon_vmas = FORKING_MM + 1,
	     .nr_vmas = w->next_vma);
}
