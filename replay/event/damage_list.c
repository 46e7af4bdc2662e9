// SPDX-License-Identifier: GPL-2.0-only
/*
 * damage_list.c - see damage_list.h.
 *
 * A bounded, growing array of diags.  When it is full, further damages are only counted: whoever
 * shows the list adds one line that says how many more there are.  It does not sort and does not
 * look for duplicates.
 */
#include "event/damage_list.h"

#include <stdlib.h>

struct diag *damage_list_add(struct damage_list *list)
{
	if (list->nr == list->nr_room && list->nr_room < DAMAGE_LIST_MAX) {
		uint32_t room = list->nr_room ? list->nr_room * 2 : 8;
		struct diag *diags;

		if (room > DAMAGE_LIST_MAX)
			room = DAMAGE_LIST_MAX;
		diags = realloc(list->diags, room * sizeof(*diags));
		if (diags) {
			list->diags = diags;
			list->nr_room = room;
		}
	}
	if (list->nr == list->nr_room) {
		list->nr_more++;
		return NULL;
	}
	list->diags[list->nr] = (struct diag){ 0 };
	return &list->diags[list->nr++];
}

void damage_list_fini(struct damage_list *list)
{
	free(list->diags);
	*list = (struct damage_list){ 0 };
}
