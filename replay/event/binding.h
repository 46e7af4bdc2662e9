/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * binding.h - from a kernel's event format to the loads that fill an args struct.
 *
 * Private to replay/event.
 */
#ifndef KSMTOP_BINDING_H
#define KSMTOP_BINDING_H

#include "event/formats.h"

/* The kind that goes by this name in event_table.h, else EVENT_UNKNOWN. */
enum event_kind binding_find_kind(const char *system, const char *name);
/* Members that the event lacks, or has in a shape that cannot be loaded, get no load. */
void binding_make(struct binding *binding, enum event_kind kind, struct tep_event *event, bool swap);

/*
 * Fills `args` (binding->args_size bytes, 8-byte aligned) from a record of `size` bytes and returns
 * which members were there.  Members that are not become 0.
 */
uint32_t binding_load(const struct binding *binding, const uint8_t *record, uint32_t size,
		      bool swap, void *args);

#endif /* KSMTOP_BINDING_H */
