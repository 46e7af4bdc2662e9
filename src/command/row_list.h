/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * row_list.h - the rows of a table as `list` shows and `assert` judges them.
 *
 * A history's pages are those that something happened to of which no other row tells: poison.  To a
 * person a KSM page is a page, too: so the table pages has those of the stable nodes between them, by
 * pfn.  Such a row has no object of its own; its facts are its node's.
 */
#ifndef KSMTOP_ROW_LIST_H
#define KSMTOP_ROW_LIST_H

#include "history/history.h"

struct row_list {
	struct history_cursor rows, nodes;
	union row page, node;
	int more_pages, more_nodes;
	bool of_pages;
};

/* All rows of that list of the recording at the moment: 0 or -E. */
int row_list_begin(const struct history *h, enum relation relation, struct moment when, struct row_list *ret);
/* 1 and *ret_row, 0 at the end, or -E. */
int row_list_next(struct row_list *list, union row *ret_row);

#endif /* KSMTOP_ROW_LIST_H */
