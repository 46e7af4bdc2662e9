/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * episode_field.h - what an episode came to, as named values behind those of row_field.h.
 *
 * Each kind has its own names; a walk's totals have the kernel mails' names.  What is known only at
 * the end is nothing until then.
 *
 *	walk		walk_id, pfn, purpose, rule, nr_iteration_total, skip_addr_out_of_range,
 *			skip_mm_mismatch, skip_invalid, skipped, visited, holds, longest_hold_ns,
 *			held_ns, waited_ns, longest_wait_ns, mapcount_before, mapcount_after,
 *			ended_because, complete
 *	kill-list	pfn, tasks, covering, mapping
 *	recovery	pfn, outcome, mapcount_before, mapcount_after, dups, copies, moved, failed,
 *			chosen_pfn, fresh_pfn, chain_nodes, search_ns, stretch_ns, waited_ns
 *	collapse	address, shmem, collapsed, isolated, copied, copy_failed, rolled_back, none
 *	migration	succeeded, failed, walks, moved_nodes, walk_ns, longest_hold_ns
 *
 * Sorting by cost: duration_ns, longest_hold_ns, others_waited_ns (episode/), nr_iteration_total,
 * skipped, moved, tasks.  `skipped` is the sum of a walk's three.
 */
#ifndef KSMTOP_EPISODE_FIELD_H
#define KSMTOP_EPISODE_FIELD_H

#include "history/history.h"

#include "fields.h"

/* Adds the totals; the list is not reset. */
void episode_total_fields(const struct episode_row *episode, struct fields *fields);

#endif /* KSMTOP_EPISODE_FIELD_H */
