// SPDX-License-Identifier: GPL-2.0-only
/*
 * row_list.c - the rows of a table; of pages, two lists as one.
 *
 * Both are sorted by pfn, so they are merged as they are read.  A poisoned page that is a KSM page is
 * one row, the page's own: it names its stable node.  On a stock kernel a pfn can have two nodes, the one
 * that ksmd has not yet noticed to be dead and the new one: both are listed, each with its doubt.
 */
#include "row_list.h"

int row_list_begin(const struct history *h, enum relation relation, struct moment when, struct row_list *ret)
{
	struct row_list list = { .of_pages = relation == ALL_PAGES };
	int err = history_list(h, relation, (struct ref){ 0 }, when, &list.rows);

	if (err == 0 && list.of_pages)
		err = history_list(h, NODES_BY_PFN, (struct ref){ 0 }, when, &list.nodes);
	if (err)
		return err;
	if (list.of_pages) {
		list.more_pages = history_next(&list.rows, &list.page);
		list.more_nodes = history_next(&list.nodes, &list.node);
	}
	*ret = list;
	return 0;
}

static void page_of_node(const struct node_row *node, union row *ret)
{
	*ret = (union row){ .page = { .fact = node->fact, .ref = { .table = TABLE_PAGE },
				      .name = { .addr = node->kpfn }, .node = node->ref,
				      .state = PAGE_KSM } };
	ret->page.ref.id = PAGE_OF_NODE;
}

int row_list_next(struct row_list *list, union row *ret_row)
{
	if (!list->of_pages)
		return history_next(&list->rows, ret_row);
	if (list->more_pages < 0 || list->more_nodes < 0)
		return list->more_pages < 0 ? list->more_pages : list->more_nodes;
	if (!list->more_pages && !list->more_nodes)
		return 0;
	if (!list->more_pages || (list->more_nodes && list->node.node.kpfn < list->page.page.name.addr)) {
		page_of_node(&list->node.node, ret_row);
		list->more_nodes = history_next(&list->nodes, &list->node);
		return 1;
	}
	*ret_row = list->page;
	while (list->more_nodes > 0 && list->node.node.kpfn == list->page.page.name.addr &&
	       ref_equal(list->node.any.ref, list->page.page.node))
		list->more_nodes = history_next(&list->nodes, &list->node);
	list->more_pages = history_next(&list->rows, &list->page);
	return 1;
}
