/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter_names.h - the names that the things a filter meets have, so that a wrong one is told.
 *
 * A field that something lacks makes a comparison unknown, silently: that is right for an event of
 * another kind, and a trap for a name that nothing at all has.  Whoever knows the names collects
 * them here, and event_filter_check() finds the wrong one.
 */
#ifndef KSMTOP_FILTER_NAMES_H
#define KSMTOP_FILTER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct diag;
struct event_filter;
struct event_index;

struct filter_names {
	struct { const char *name; bool may_be_text; } *list;	/* borrowed; one may come again */
	uint32_t nr, room;
	int error;			/* -ENOMEM: some are missing */
};

void filter_names_add(struct filter_names *names, const char *name, bool may_be_text);
bool filter_names_have(const struct filter_names *names, const char *name);
void filter_names_fini(struct filter_names *names);
/*
 * The fields of the events that the filter is about, among those that the recording describes, and the
 * derived ones.  0, or -EINVAL and diag: it is about events that are not described.
 */
int filter_names_of_events(struct filter_names *names, const struct event_filter *filter,
			   struct event_index *index, struct diag *diag);

#endif /* KSMTOP_FILTER_NAMES_H */
