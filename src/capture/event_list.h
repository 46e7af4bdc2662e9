/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_list.h - which of this kernel's events a recording enables, and with which filters.
 *
 * The default list is that of the recording's purpose: KSM's own events, the patch's, and those
 * which explain them (migration, khugepaged, memory failure, SIGBUS, births and deaths of tasks,
 * waits for locks).  What of it the kernel does not have is left out and listed in `absent`: that is
 * no error.  What the user asks for with -e must exist.
 *
 * The kernel can filter an event by its fields only.  contention_begin says what kind of lock it
 * is, not how long the wait will be, so "slow" can only mean "a lock that sleeps": plain spinning
 * is left out.  contention_end has no such field; of it only what certainly was spinning is left
 * out, so there are ends without a begin.
 */
#ifndef KSMTOP_EVENT_LIST_H
#define KSMTOP_EVENT_LIST_H

#include <stddef.h>

#include "capture/capture.h"

struct capture_event {
	char *system, *name;
	char filter[64];	/* "" for none */
};

struct event_list {
	struct capture_event *events;	/* in order of system, name; no event twice */
	size_t nr_events;
	char absent[160];		/* "ksmtop:*, ras:memory_failure_event", or "" */
	bool has_ksm;			/* the kernel has ksm:* events, enabled or not */
};

/*
 * Reads the names that tracefs offers.  0; -EINVAL and diag if an -e name does not exist, -ENODEV if
 * there are no ksm events and the default list was asked for, -ENOMEM.
 */
int event_list_make(const struct capture_options *options, struct event_list *ret_list,
		    struct diag *diag);
void event_list_fini(struct event_list *list);
/* "ksm (9), migrate (4), signal:signal_generate if sig == 7, ..." : what is enabled, for people. */
void event_list_text(const struct event_list *list, char *buf, size_t size);

#endif /* KSMTOP_EVENT_LIST_H */
