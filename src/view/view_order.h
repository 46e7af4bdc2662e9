/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view_order.h - the order of a list's rows by a column, for one moment.
 *
 * Private to the lists (view_list.c, feed.c).  It holds object names only; rows are asked for
 * again when they are shown, so a stale order can show nothing wrong.  `stamp` says what it was
 * made for; the same stamp is not sorted twice.
 */
#ifndef KSMTOP_VIEW_ORDER_H
#define KSMTOP_VIEW_ORDER_H

#include "view_list.h"

struct order_stamp {
	struct moment when;
	uint64_t last; /* events loaded */
	enum relation relation;
	struct ref parent;
	int column;
	bool descending;
};

struct sort_order {
	struct order_stamp stamp;
	char *filter; /* its text, "" for none */
	uint64_t nr;
	struct ref *refs;
};

/* Index of the object, or 0 when it is not there. */
uint64_t order_find(const struct sort_order *order, struct ref ref);
void order_free(struct sort_order *order);

#endif /* KSMTOP_VIEW_ORDER_H */
