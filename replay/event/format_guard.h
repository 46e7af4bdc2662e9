/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * format_guard.h - a format text that libtraceevent can be given.  Private to replay/event.
 */
#ifndef KSMTOP_FORMAT_GUARD_H
#define KSMTOP_FORMAT_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct format_guard {
	char *name;		/* the event's, owned */
	uint16_t type;
	uint32_t nr_dropped;	/* field lines that are not understood */
	bool print_dropped;
};

/* The head only: 0, -EBADMSG (no name and ID), -ENOMEM.  O(1). */
int format_guard_head(const char *text, struct format_guard *ret_guard);
/*
 * The whole: a new text that has the name, the id, every field line that reads like one, and the print
 * format if it is tame.  NULL without memory, or if the text is too long.
 */
char *format_guard_text(const char *text, struct format_guard *guard);

#endif /* KSMTOP_FORMAT_GUARD_H */
