// SPDX-License-Identifier: GPL-2.0-only
/*
 * without_item.c - mappings of KSM pages that ksmd has no rmap_item of.
 *
 * A forked child maps its parent's KSM pages before ksmd has met it, and mremap() takes a mapping away
 * from where its item says that it is.  Such a page is shared all the same: that ksmd has not come by says
 * something of the item, not of the page.
 *
 * Both lists, of mappings and of items, stand by address: they are gone through side by side.
 */
#include "explain/without_item.h"

#include <errno.h>
#include <stdlib.h>

#include "trace/array.h"

static int add(struct page_without_item **list, uint32_t *nr, uint32_t *room, const struct mapping_row *mapping)
{
	if (ARRAY_ROOM(*list, *nr, *room) != 0)
		return -ENOMEM;
	(*list)[(*nr)++] = (struct page_without_item){ mapping->address, mapping->fact.first, mapping->fact.evidence,
						       mapping->fact.doubt != DOUBT_NONE };
	return 0;
}

int pages_without_item(const struct history *h, struct ref mm, uint64_t first, uint64_t last, struct moment when,
		       struct page_without_item **ret, uint32_t *ret_nr)
{
	struct page_without_item *list = NULL;
	struct history_cursor mappings, items;
	uint32_t nr = 0, room = 0;
	union row mapping, item;
	int more_items, err = 0;

	*ret = NULL;
	*ret_nr = 0;
	if (history_list(h, MAPPINGS_OF_MM, mm, when, &mappings) != 0 ||
	    history_seek_key(&mappings, first) != 0 ||
	    history_list(h, ITEMS_OF_MM, mm, when, &items) != 0 || history_seek_key(&items, first) != 0)
		return 0;
	more_items = history_next(&items, &item);
	while (err == 0 && history_next(&mappings, &mapping) > 0 && mapping.mapping.address <= last) {
		while (more_items > 0 && item.item.address < mapping.mapping.address)
			more_items = history_next(&items, &item);
		if (mapping.mapping.address < first || ref_is_none(mapping.mapping.node) ||
		    (more_items > 0 && item.item.address == mapping.mapping.address))
			continue;
		err = add(&list, &nr, &room, &mapping.mapping);
	}
	if (err) {
		free(list);
		return err;
	}
	*ret = list;
	*ret_nr = nr;
	return 0;
}
