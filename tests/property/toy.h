/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * toy.h - a toy kernel that keeps the rules of mm/ksm.c and emits the patch's events.
 *
 * Two trees of stable nodes (nids), chains and dups, the migrate list, unstable trees that each scan throws
 * away, items of two mms of which one comes and goes, VMAs in the interval trees of two anon_vmas, dumps.
 * Addresses are few, so that they are reused, a chain's for a stable node as well (one slab cache).  ksmd
 * is in streams 0 and 1, moving slowly between them, everybody else in stream 2.  In two storms of three each
 * stream counts its events, sometimes more than are recorded.
 */
#ifndef KSMTOP_TEST_TOY_H
#define KSMTOP_TEST_TOY_H

#include "storm.h"

#define TOY_EVENTS	900u
#define TOY_ROOM	(TOY_EVENTS + 256)
#define TOY_ITEMS	12
#define TOY_NODES	9
#define TOY_VMAS	6
#define TOY_NIDS	2
#define TOY_STREAMS	3

enum toy_kind { TOY_PLAIN, TOY_CHAIN, TOY_DUP };		/* as dump_node has them */
enum toy_place { TOY_IN_TREE, TOY_ON_LIST, TOY_NOWHERE };

struct toy_node {
	bool made;
	enum toy_kind kind;
	enum toy_place place;
	int chain;			/* a dup's */
	int nid;
	int64_t kpfn;
};
struct toy_item { int made, state, node, index; int64_t seqnr; };
struct toy_order { int nodes[TOY_NODES], nr; };

struct toy {
	struct event events[TOY_ROOM];
	union storm_args args[TOY_ROOM];
	uint32_t nr;
	uint64_t rng, now_ns, dumps;
	struct toy_item items[TOY_ITEMS];
	struct toy_node nodes[TOY_NODES];
	struct toy_order trees[TOY_NIDS], dups[TOY_NODES];	/* in order; a chain's: head first */
	int64_t pgoff[TOY_VMAS], seqnr;
	bool second_mm;
	char comm;			/* of the first mm's process: one letter */
	uint16_t cpu;
	bool counting, filtering;	/* there is the event counts; not all that is counted is recorded */
	uint32_t counts[TOY_STREAMS][KSMTOP_NR_COUNTS];
};

/* A number below `below`. */
uint32_t toy_pick(struct toy *t, uint32_t below);
/* The beginning: a first dump of what is there. */
void toy_start(struct toy *t, uint64_t seed);
/* Something happens: some events. */
void toy_step(struct toy *t);

#endif /* KSMTOP_TEST_TOY_H */
