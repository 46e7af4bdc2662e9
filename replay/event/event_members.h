/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_members.h - the table of events as data, for whoever binds it to a recording.
 *
 * Private to replay/event.
 */
#ifndef KSMTOP_EVENT_MEMBERS_H
#define KSMTOP_EVENT_MEMBERS_H

#include "event/event.h"

#define EVENT_MAX_MEMBERS 12

struct event_member {
	const char *names;	/* of the kernel's field: "a" or "a|b" */
	bool is_string;		/* char[16]; else int64_t, or ... */
	uint16_t nr;		/* ... uint32_t[nr], if not 0 */
};

struct event_kind_info {
	const char *names;	/* "system:event system:event" */
	uint16_t args_size;
	uint16_t nr_members;
	const struct event_member *members;
};

const struct event_kind_info *event_kind_info(enum event_kind kind);

#endif /* KSMTOP_EVENT_MEMBERS_H */
