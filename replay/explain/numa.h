/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numa.h - KSM pages that leave the memory node whose stable tree they are sorted into.
 *
 * With merge_across_nodes 0 each memory node has a stable tree of its own.  A page that migrates to
 * another node takes its stable node along (folio_migrate_ksm()), which then stands in the *wrong tree*
 * until ksmd searches past it: stable_tree_search() sees that the nid differs, takes it out and puts it
 * on the *migrate list*; from there it is inserted into the right tree, or meets an equal page there
 * (a *collision*) and joins or makes a chain.  With merge_across_nodes 1 there is one tree, and
 * the pages' nodes do not matter.
 *
 * Where a page is.  Only node_kpfn tells the memory nodes of two pages (T).  Otherwise the tree into
 * which a node was put is the page's node at that moment (I), since ksmd sorts it by get_kpfn_nid();
 * of a node that was only seen in a dump this is doubtful.
 *
 * A log holds the moves of the whole recording up to an event; what became of a move by a moment is
 * asked of the history.  Costs: reading O(events), once; following O(spans of the node).
 */
#ifndef KSMTOP_NUMA_H
#define KSMTOP_NUMA_H

#include "episode/episode.h"

/* A page that went to another memory node: node_kpfn with two nids. */
struct numa_move {
	uint64_t event;
	struct ref node;		/* none where the history does not know it */
	uint64_t old_kpfn, kpfn;
	int32_t old_nid, nid;		/* of the two pages */
};

/* All zero is an empty one. */
struct numa_log {
	struct numa_move *moves;	/* by event */
	uint32_t nr, room;
	uint64_t upto;			/* events read */
};

enum numa_fate {
	NUMA_ONE_TREE,		/* merge_across_nodes: it stays where it is */
	NUMA_WRONG_TREE,	/* still in the tree of the old node */
	NUMA_ON_LIST,		/* on the migrate list */
	NUMA_TAKEN,		/* off the list, not inserted yet */
	NUMA_IN_TREE,		/* in the tree of its page's node */
	NUMA_MET_EQUAL,		/* there was an equal page: a dup of its chain */
	NUMA_MOVED_ON,		/* the page has moved again */
	NUMA_FREED,		/* the stable node is gone */
	NR_NUMA_FATES
};

/* What became of a move, as known at a moment; events are 0 where it has not come to that. */
struct numa_story {
	uint64_t listed;	/* taken out of its tree, onto the migrate list */
	uint64_t taken;		/* from the list */
	uint64_t settled;	/* in a tree or chain, moved again, or freed */
	struct ref chain;	/* NUMA_MET_EQUAL */
	int32_t tree_nid;	/* of the tree that it stands in, -1: in none */
	uint8_t fate;		/* enum numa_fate */
	bool doubtful;
};

/* Reads on to event `upto`.  0 or -ENOMEM. */
int numa_log_read(struct numa_log *log, const struct episode_source *source, uint64_t upto);
void numa_log_fini(struct numa_log *log);
/* How many moves happened by event t: they are the first ones. */
uint32_t numa_log_nr(const struct numa_log *log, uint64_t t);

void numa_follow(const struct episode_source *source, const struct numa_move *move, struct moment when,
		 struct numa_story *ret);
/* What a fate means, as a clause: "in the wrong tree"; static. */
const char *numa_fate_text(enum numa_fate fate);

struct numa_page {
	int32_t nid;		/* -1: not known */
	uint64_t event;		/* that tells it, 0: none */
	char evidence;		/* 0: not known */
	bool doubtful;
};
/* The memory node of a stable node's page. */
void numa_page(const struct episode_source *source, const struct node_row *node, struct moment when,
	       struct numa_page *ret);
/* Is that another one than its tree's?  Never so with one tree for all, or when not known. */
bool numa_is_wrong(const struct episode_source *source, const struct node_row *node,
		   const struct numa_page *page, struct moment when);
/* merge_across_nodes in the last sample at or before t: 1, 0, -1 where nobody looked. */
int numa_merges_across(const struct history *h, uint64_t t);

#endif /* KSMTOP_NUMA_H */
