/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process_table.h - the table of processes that take part in KSM: of two views, so written once.
 *
 * One line an mm, with the numbers of three sources side by side: rmap_items that the history
 * knows, mappings that were seen, and the kernel's own counters from the last sample.  A number
 * that no source gave is a dash.
 */
#ifndef KSMTOP_PROCESS_TABLE_H
#define KSMTOP_PROCESS_TABLE_H

#include "view_list.h"

#define NR_PROCESS_COLUMNS 10
extern const struct column process_columns[NR_PROCESS_COLUMNS];

struct process_numbers {
	struct history_mm_counters counters;
	int64_t mapped, merging, profit, rmap_items; /* -1 (profit: INT64_MIN): nobody looked */
};
void process_numbers(const struct scene *scene, const struct mm_row *mm,
		     struct process_numbers *ret);
/* Which of them are doubtful; `sampled` stands for all of the kernel's own. */
struct process_doubts {
	bool items, mapped, sampled;
};
void process_doubts(const struct scene *scene, const struct mm_row *mm, struct process_doubts *ret);

/* All mms of the moment, filtered and sorted as the current view's state says. */
void process_feed(struct view_list *list, const struct scene *scene, struct feed *feed);
/* Draws headings and rows over the whole pane; the mm under the cursor, {0} for none. */
struct ref process_draw(struct pane pane, struct view_list *list, const struct scene *scene);
void process_describe(const struct scene *scene, const struct list_row *row, char *buf,
		      size_t size);
/* "-84.6 MiB", "-" for INT64_MIN. */
void process_profit(char *buf, size_t size, int64_t profit);

#endif /* KSMTOP_PROCESS_TABLE_H */
