/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * world.h - the KSM state behind make_structures' recording, and its events.
 *
 * A world is what the kernel has: mms, VMAs, stable nodes, items.  Whoever changes it says so with
 * emit(), so that the events and the state never differ; the dump's counters are counted from it.
 */
#ifndef KSMTOP_BENCH_WORLD_H
#define KSMTOP_BENCH_WORLD_H

#include "ring_table.h"

#define NR_GUESTS	8u
#define NR_CHILDREN	64u
#define NR_SPLIT_VMAS	20000u
#define SPLIT_PAGES	4u		/* in each VMA of the split anon_vma */
#define NR_FORKED_PAGES	4096u
#define CHAIN_DUPS	4u
#define MAX_SHARING	256u
#define NR_SHARERS	200u		/* of the wide page */
#define NONE		UINT32_MAX

/* The guests are mms 0 .. 7, then the process with the split anon_vma, the one that forks, its children. */
enum { SPLIT_MM = NR_GUESTS, FORKING_MM, FIRST_CHILD_MM, NR_MMS = FIRST_CHILD_MM + NR_CHILDREN };

struct world_node {
	uint32_t newest;	/* item; lists grow at the head */
	uint32_t nr_items;
	uint32_t chain;		/* node, NONE: plain */
	uint32_t pfn;		/* 0: a chain */
	bool alive;
};
struct world_item { uint32_t node, older; };

struct world {
	struct ring rings[2];		/* ksmd's CPU, and everybody else's */
	uint64_t nr_events, max_events, ts_ns, noise;
	uint32_t nr_wanted;		/* nodes */
	struct world_node *nodes;
	uint32_t nr_nodes, nr_chains, nr_nodes_room;
	struct world_item *items;
	uint32_t nr_items, nr_stable, guest_pages;
	uint32_t next_vma, next_pfn;
	uint64_t walk;
	int64_t seqnr;
	uint32_t lone_page, wide_page;	/* nodes: in the split anon_vma, with 2 and with 200 sharers */
};

#define ADDRESS_OF_GUEST 0x7f0000000000ll
static inline int64_t mm_addr(uint32_t mm) { return (int64_t)(0xffff888101000000ull + mm * 0x500ull); }
static inline int64_t node_addr(uint32_t n) { return (int64_t)(0xffff888200000000ull + n * 64ull); }
static inline int64_t item_addr(uint32_t i) { return (int64_t)(0xffff888400000000ull + i * 64ull); }
static inline int64_t anon_vma_addr(uint32_t mm) { return (int64_t)(0xffff88810b300000ull + mm * 104ull); }
static inline int64_t vma_addr(uint32_t v) { return (int64_t)(0xffff888700000000ull + v * 152ull); }

uint64_t world_noise(struct world *w);
uint32_t item_mm(const struct world *w, uint32_t item);
int64_t item_address(const struct world *w, uint32_t item);
int64_t item_anon_vma(const struct world *w, uint32_t item);

/* cpu 0: ksmd, at the usual pace. */
void emit(struct world *w, unsigned int cpu, int pid, enum event_kind kind, const void *args);
#define EMIT(w, cpu, pid, kind, ...) \
	emit(w, cpu, pid, EVENT_##kind, &(const struct args_##kind){ __VA_ARGS__ })
#define KSMD 91

/* Makes the state as it is before the recording; dumps it. */
void world_init(struct world *w, uint32_t nr_nodes, uint64_t max_events);
void world_fini(struct world *w);
void world_dump(struct world *w);

/* Changes of the state, with no events. */
uint32_t world_new_node(struct world *w, uint32_t chain);
void world_put(struct world *w, uint32_t item, uint32_t node);
void world_take(struct world *w, uint32_t item);

#endif /* KSMTOP_BENCH_WORLD_H */
