/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * damage_list.h - what was found damaged, in the order in which it was found, and not without end.
 *
 * A hostile recording can be damaged a million times: the first DAMAGE_LIST_MAX are kept, the rest
 * is counted.  Private to replay/event and recording.c; one thread at a time.
 */
#ifndef KSMTOP_DAMAGE_LIST_H
#define KSMTOP_DAMAGE_LIST_H

#include <stdint.h>

#include "trace/diag.h"

#define DAMAGE_LIST_MAX 100

struct damage_list {
	struct diag *diags;
	uint32_t nr, nr_room;
	uint64_t nr_more;	/* not kept */
};

/* A place for one more, {0}; NULL when the list is full or memory is short. */
struct diag *damage_list_add(struct damage_list *list);
void damage_list_fini(struct damage_list *list);

#endif /* KSMTOP_DAMAGE_LIST_H */
