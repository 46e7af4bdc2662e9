/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blast_outcome.h - the recovery that did come, for blast.c.
 *
 * Asked right before a memory failure (or at its first event) by somebody who has seen how it ended, the blast
 * radius is no forecast: the recording has it.
 */
#ifndef KSMTOP_BLAST_OUTCOME_H
#define KSMTOP_BLAST_OUTCOME_H

#include "explain/blast.h"
#include "explain/mapped.h"

/* KSMTOP_RECOVERY_OUTCOMES */
enum { OUTCOME_RECOVERED, OUTCOME_NO_CHAIN, OUTCOME_NO_HEALTHY_DUP, OUTCOME_BUSY, OUTCOME_PARTIAL, OUTCOME_OFF };

struct moved_mapping { uint64_t address; struct ref mm; };

struct blast_outcome {
	bool came;		/* false: it did not, or the observer has not seen its end */
	struct recovery_totals totals;
	uint32_t number;	/* of the episode */
	struct moved_mapping *moved;	/* by mm, then address */
	uint32_t nr_moved;
	bool complete;		/* every mapping that the kernel counted is known: nobody else maps the page */
};

/* Reads the recovery of that page that begins with the next event, or with this one.  0 or -E. */
int blast_outcome_find(const struct episode_source *source, struct ref node, struct moment when,
		       struct blast_outcome *ret);
void blast_outcome_fini(struct blast_outcome *outcome);
/*
 * Tells the list what the recovery saw, and judges it by the kernel's count.  Where that is reached, places that
 * are not known go: `*ret_absent` of them.  0 or -ENOMEM.
 */
int blast_outcome_see(struct blast_outcome *outcome, struct mapped_list *list, uint32_t *ret_absent);
/* Did it show what recovery makes of the mappings?  Not where it was switched off. */
bool blast_outcome_decides(const struct blast_outcome *outcome);
enum blast_why blast_outcome_why(const struct blast_outcome *outcome);
/* Was the mapping moved? */
bool blast_outcome_moved(const struct blast_outcome *outcome, struct ref mm, uint64_t address);

/* blast.c, for blast_rank.c: a page's row at that moment.  0 or -E. */
int blast_of_row(const struct episode_source *source, const struct node_row *node, struct moment when,
		 struct blast *ret_blast);

#endif /* KSMTOP_BLAST_OUTCOME_H */
