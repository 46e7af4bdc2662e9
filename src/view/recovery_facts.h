/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recovery_facts.h - a recovery as it stands under the cursor: phases, dups, processes.
 *
 * Worked out from the steps up to the cursor and from the history at two moments, before the
 * recovery and now.  All arrays are of fixed size; what is beyond them is counted (`nr_more`), never
 * dropped silently.
 */
#ifndef KSMTOP_RECOVERY_FACTS_H
#define KSMTOP_RECOVERY_FACTS_H

#include "stepper.h"

#define RECOVERY_DUPS_MAX 64
#define RECOVERY_PROCESSES_MAX 256

struct recovery_phase_state {
	uint32_t nr, done;	/* steps, and those by the cursor */
	bool now;		/* the cursor's step is one of it */
};

struct recovery_dup {
	struct ref node;
	uint64_t kpfn;
	int64_t before, now;	/* rmap_items, -1: not there */
	bool before_lacks, now_lacks;	/* that number is doubtful */
	int verdict;		/* KSMTOP_DUP_VERDICTS, -1: not looked at by the cursor */
	bool failing, chosen, fresh, copy_failed, touched;
};

struct recovery_process {
	struct ref mm;
	int32_t tgid;			/* 0: not known */
	uint32_t nr_items;		/* that led to the page before */
	uint32_t moved_fresh, moved_dup, failed;
	uint32_t nr_listed, nr_mapped;	/* on the kill list; whose pte maps the page */
	uint32_t nr_told;		/* SIGBUS during the recovery */
	uint32_t nr_touched;		/* SIGBUS later: it touched poison */
	bool now;			/* this step is about it */
};

struct recovery_facts {
	struct recovery_phase_state phases[NR_PHASES];
	struct ref chain;
	struct recovery_dup dups[RECOVERY_DUPS_MAX];
	struct recovery_process processes[RECOVERY_PROCESSES_MAX];
	uint32_t nr_dups, nr_processes, nr_more_dups, nr_more_processes;
	uint32_t moved, failed;			/* by the cursor, as all that follows */
	uint32_t nr_items;			/* of the failing node, in front of the failure ... */
	bool items_lack;			/* ... of which some may have left it, or not be known */
	uint32_t nr_expected;			/* mappings to be moved: what the kernel counted, else items */
	uint32_t nr_listed, nr_told;
	bool lacks, lacks_later;		/* events by the cursor may be missing; signals up to the moment */
	uint64_t nr_nodes, search_ns, stretch_ns;	/* the chain's search */
	bool searched, has_chain;
	bool unlinked;				/* a stable node was taken out */
	uint64_t chosen_kpfn, fresh_kpfn;	/* 0: none */
	uint32_t nr_judged;			/* dups looked at, but for the failing one */
	bool verdict_given;		/* memory_failure_event came by the cursor */
};

/* The moment in front of the recovery, as known when it ended (or the recording does). */
struct moment recovery_front(const struct stepping *stepping);
void recovery_facts(struct stepping *stepping, struct recovery_facts *ret);

#endif /* KSMTOP_RECOVERY_FACTS_H */
