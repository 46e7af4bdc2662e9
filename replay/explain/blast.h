/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blast.h - what a memory failure of a KSM page would do, without and with recovery.
 *
 * Without: memory_failure() unmaps the page and every process that maps it gets SIGBUS, at once or
 * with its next touch.  With recovery (patch 0004) the chain's first dup, head first, that is not the
 * failing one and whose page is not poisoned is copied, and each mapping found through an item moves
 * to the copy (to that dup itself if there is no memory); a mapping that no item finds at the
 * item's address stays, and its process dies as before.  A page that is no dup has no chain: then all die.
 *
 * Who maps the page is mapped.h's question: `nr_maybe` of a list are processes that might only.
 * A swap entry that leads to the page is no mapping: who only has one is not told, though he dies too if the kernel
 * keeps the page in the swap cache as poisoned (me_swapcache_dirty()).
 * Processes are counted once, however many of their pages map it; an unknown pid is told as its mm.
 *
 * Whoever knows more (hindsight) and asks right before a failure that did come, or at its first event, is told how
 * it went (blast_outcome.h): evidence T, certain where all mappings that the kernel counted are known.
 *
 * Cost: a page is O(items x (log n + VMAs there)); the ranking looks at every node once and at the
 * mappings only of those that can get onto the list (1.3 M nodes: about a second).
 */
#ifndef KSMTOP_BLAST_H
#define KSMTOP_BLAST_H

#include "episode/episode.h"

struct victim {
	struct ref mm;
	int32_t tgid;			/* 0: not known */
	uint32_t nr_mappings;
	bool known;			/* that it maps the page */
	bool dies;			/* with recovery, too */
};

enum blast_why {
	BLAST_MOVED, BLAST_NO_CHAIN, BLAST_NO_HEALTHY_DUP, BLAST_PARTIAL, BLAST_NOT_MAPPED,
	BLAST_UNTOLD,		/* as BLAST_PARTIAL, for all that was told by then */
	BLAST_DID_MOVE, BLAST_BUSY, BLAST_GAVE_UP	/* only of what did come */
};

struct blast {
	struct node_row node;
	struct ref chain, healthy_dup;	/* none without */
	uint64_t healthy_pfn;
	struct victim *victims;		/* by tgid; free with blast_fini() */
	uint32_t nr_victims;
	uint32_t nr_killed_without, nr_moved, nr_killed_with;	/* processes, maybe ones included */
	uint32_t nr_maybe;
	uint32_t nr_absent;		/* places of items that did not map it: swapped out, or written to since */
	uint32_t recovery;		/* number of the episode that showed it, 0: foretold */
	bool itself;			/* it did: to the dup itself, there was no memory for a copy */
	uint8_t why;			/* enum blast_why: of what recovery would come to */
	char evidence;			/* M; T: with recovery it did go so */
	bool doubtful;			/* what it rests on is, or somebody moves: that cannot be foretold for sure */
};

/* One page.  0, -ENOENT (no such node, or a chain), -ENOMEM. */
int blast_page(const struct episode_source *source, struct ref node, struct moment when,
	       struct blast *ret, struct diag *diag);
void blast_fini(struct blast *blast);
/* The `top` pages that would kill most without recovery, then with it, then by pfn. */
int blast_rank(const struct episode_source *source, struct moment when, uint32_t top,
	       struct blast **ret_list, uint32_t *ret_nr, struct diag *diag);
void blast_list_free(struct blast *list, uint32_t nr);
const char *blast_why_text(enum blast_why why);

#endif /* KSMTOP_BLAST_H */
