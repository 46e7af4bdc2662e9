/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process.h - the processes that take part in KSM: finding them, and sampling each.
 *
 * A process takes part when its ksm_stat (Linux 6.1) says so: it has rmap_items, merged or zero
 * pages, mergeable areas (6.16) or PR_SET_MEMORY_MERGE.  Known ones and newcomers are looked at in every
 * round, all others in every tenth, so that a machine with thousands of processes pays a readdir of /proc a
 * round and little more.
 *
 * A round gives for each such process the samples PROCESS, PAGES, and MAPS when the maps have
 * changed since the last MAPS (always in a round that is `full`: the first and the last).  VmFlags
 * come from smaps, which makes the kernel walk all page tables; maps is cheap and is what is compared.
 */
#ifndef KSMTOP_PROCESS_H
#define KSMTOP_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "capture/proc_file.h"
#include "capture/sweep.h"
#include "trace/sample.h"

struct process {
	int tgid;
	uint64_t start_time;		/* of the process that was seen under this number */
	bool in_ksm;
	uint32_t checked;		/* round in which ksm_stat was last read */
	uint64_t maps_hash;		/* 0: no MAPS yet */
	struct sweep_range *ranges;	/* mergeable VMAs */
	uint32_t nr_ranges;
	bool has_flags;			/* smaps could be read */
};

struct process_table {
	struct process *processes;	/* by tgid */
	size_t nr_processes;
	uint32_t round;
	uint32_t page_size;
	struct sweep *sweep;		/* NULL: no pagemap here, see sweep_error */
	int sweep_error;
	uint32_t nr_in_ksm;		/* as of the last round */
	uint64_t nr_ksm_pages;
	struct proc_text text, maps;	/* scratch */
};

/* 0 or -ENOMEM; that there is no pagemap or kpageflags is no error, then `sweep` is NULL. */
int process_table_init(struct process_table *table);
void process_table_fini(struct process_table *table);

enum round_kind {
	ROUND_USUAL,
	ROUND_FULL,		/* looks at every process, MAPS of all that are in KSM */
	ROUND_PAGES,		/* PAGES of those that were in KSM in the last round, nothing else */
};

/*
 * One round: every process of the machine, samples into the builder.  `flush` is called after each
 * process with the builder, so that it need not hold the whole machine; its error ends the round,
 * as does *stop (-EINTR).  0 or -E.
 */
int process_table_round(struct process_table *table, enum round_kind kind,
			struct sample_builder *builder, const atomic_bool *stop,
			int (*flush)(void *context, struct sample_builder *builder), void *context);

#endif /* KSMTOP_PROCESS_H */
