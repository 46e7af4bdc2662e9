/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build_dump.h - inside a history: a dump that runs, shared by its frame and its records.
 *
 * build_dump.c begins and ends dumps and says what was not in them; build_record.c compares each
 * record with the row that the events led to.
 */
#ifndef KSMTOP_BUILD_DUMP_H
#define KSMTOP_BUILD_DUMP_H

#include "history/build_patched.h"

struct dump {
	int64_t id, seqnr;		/* the scan's that ran or was to come */
	uint32_t begin, group_begin;
	bool running, lost;
	uint32_t group;			/* the anon_vma whose VMAs come now, or NO_ID */
	int64_t group_left;
	int64_t nr_nodes, nr_items, nr_anon_vmas, nr_vmas, nr_mms;
	uint64_t last_position;		/* of the tree node dumped last, and its nid */
	int64_t last_nid;
	uint32_t last_rank;		/* of the last node whose place was known before the dump */
	uint32_t last_item;		/* the stable item dumped last, or NO_ID */
	uint32_t next_item;		/* the one that should come next on the node, or NO_ID */
	uint32_t chain;			/* the chain whose dup came last, and that one's key */
	uint64_t dup_key;
	uint64_t nr_differing;		/* findings so far */
	uint64_t *seen[NR_TABLES];	/* a bit per object id */
	uint32_t room[NR_TABLES];
};

/*
 * Writes a finding down: the kernel's value and the rebuilt one.  Not before there was a complete
 * dump to compare with.
 */
void dump_finding(struct builder *b, enum finding_id id, struct ref object, int64_t expected,
		  int64_t found);
void dump_see(struct builder *b, enum table table, uint32_t object);
/* Are all VMAs of the anon_vma known: made since the recording began, or dumped before? */
bool dump_knows_anon_vma(struct builder *b, uint32_t anon_vma);
/* The VMAs of the anon_vma that were dumped last are all in: what was not among them ends. */
void dump_group_ends(struct builder *b);

/* ---- the records: build_record.c ---- */
void record_mm(struct builder *b, const struct args_P_DUMP_MM *args);
void record_node(struct builder *b, const struct args_P_DUMP_NODE *args);
void record_item(struct builder *b, const struct args_P_DUMP_ITEM *args);
void record_anon_vma(struct builder *b, const struct args_P_DUMP_ANON_VMA *args);
void record_vma(struct builder *b, const struct args_P_DUMP_VMA *args);

#endif /* KSMTOP_BUILD_DUMP_H */
