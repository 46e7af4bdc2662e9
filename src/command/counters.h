/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.h - the rebuilt counters by name, and the kernel's own beside them.
 *
 * `report` and `diff` tell the same numbers: one list says what they are called, where they stand
 * in struct history_counters, how many of the counted rows are doubtful, and which file of
 * /sys/kernel/mm/ksm counts the same thing.
 *
 * A count of rows is inferred (it follows from rows), a count of events is traced; both may be unsure.  The kernel's
 * number is a sample, D, as of an earlier moment.
 */
#ifndef KSMTOP_COUNTERS_H
#define KSMTOP_COUNTERS_H

#include "query.h"

struct counter {
	const char *name;	/* JSON name */
	const char *text;	/* for people */
	const char *kernel;	/* the kernel's file(s), "a+b" is a sum; NULL: none */
	const char *note;	/* a word about it, or NULL */
	char evidence;
	int64_t value, doubtful;	/* rebuilt, and how many of it are doubtful */
	bool untold;			/* no event of this recording could tell: the value means nothing */
	bool unknown;			/* nor does it here, though there is one */
	bool unsure;			/* it rests on rows some of which are doubtful, or on events some of which may be lost */
	bool kernel_doubtful;		/* something changed since the sample */
	int64_t kernel_value;
	uint64_t kernel_event;	/* the sample was complete after this event */
	bool has_kernel;
};

#define COUNTERS_MAX 20

/* Fills list[0 .. n), returns n.  O(log n) in the events. */
int counters_at(struct recording *recording, struct moment when, struct counter *list);

#endif /* KSMTOP_COUNTERS_H */
