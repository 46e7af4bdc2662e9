/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * whatif.h - a walk over the rebuilt interval trees, under three rules.
 *
 * rmap_walk_ksm() asks, for each item of a stable node, the item's anon_vma for VMAs:
 *
 *	whole		[0, ULONG_MAX]			as mainline did
 *	address		[address >> PAGE_SHIFT]		naive: wrong after mremap
 *	linear		[linear_page_index]		vm_pgoff based, taken when the page was merged
 *
 * and then skips what does not cover the address, and what is not of the item's mm (pass 1) or is
 * of it (pass 2).  Here that is done offline: which VMAs would have been offered, visited, skipped,
 * and which mappings of the page the rule would not have come by (*missed*: known to exist and not
 * visited; *maybe*: might exist); of a walk that removes migration ptes which entries, since what was not made one
 * is not to be put back.  Answers are modelled (M).
 *
 * What rmap_one answers cannot be computed; for a recorded walk its answers are taken from the record,
 * for VMAs that the record did not visit a known mapping is unmapped and "go on" is answered.  Under
 * the rule of the record, model and record must agree exactly: `agrees`.
 *
 * Cost: an item is O(log^2 n + VMAs that cover its address or page) under every rule; in recordings
 * with losses the whole tree is listed once for its doubt.
 */
#ifndef KSMTOP_WHATIF_H
#define KSMTOP_WHATIF_H

#include "episode/episode.h"
#include "explain/mapped.h"

enum walk_rule { RULE_WHOLE, RULE_ADDRESS, RULE_LINEAR, NR_RULES };

struct whatif_result {
	uint64_t nr_iteration_total, visited, skip_addr_out_of_range, skip_mm_mismatch, skip_invalid;
	uint32_t nr_holds;
	uint8_t why;			/* KSMTOP_WALK_ENDS */
	bool is_modelled;		/* it was asked for */
	bool is_recorded;		/* the walk was recorded under this rule */
	bool agrees;			/* then: every count of the model equals the kernel's */
	bool doubtful;			/* VMAs or items that it rests on are doubtful */
	uint32_t nr_missed, nr_maybe;
	const struct mapped **missed, **maybe;	/* into the whatif's `mappings` */
};

struct whatif {
	struct episode_row walk;	/* of whatif_walk(), else number 0 */
	struct node_row node;
	struct moment when;
	struct mapped_list mappings;
	struct whatif_result rules[NR_RULES];
};

#define ALL_RULES ((1u << NR_RULES) - 1)

/* `rules`: a bit 1 << RULE_... for each that is asked for.  The recorded walk again: 0; -ENOENT: no such walk or its node is not known; -ENOMEM. */
int whatif_walk(const struct episode_source *source, struct ref episode, struct moment when,
		unsigned int rules, struct whatif **ret_whatif, struct diag *diag);
/* A walk of the node's page that nothing stops, at that moment. */
int whatif_page(const struct episode_source *source, struct ref node, struct moment when,
		unsigned int rules, struct whatif **ret_whatif, struct diag *diag);
void whatif_free(struct whatif *whatif);

const char *walk_rule_name(enum walk_rule rule);	/* "whole", "address", "linear" */

#endif /* KSMTOP_WHATIF_H */
