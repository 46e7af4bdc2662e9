/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_filter.h - one expression language for views, reports and events.
 *
 * libtraceevent's filter syntax over a record's fields ("pfn == 0x1c0077 && err != 0", optionally
 * "ksm/ksm_enter: mm == 0x..."), plus derived fields that every event has: nr, ts, cpu, buffer,
 * pid (common_pid), comm, system, event.  Without an event name in front, an expression applies to
 * all events, and an event that lacks one of its fields does not match.
 * Rows of tables are filtered with the same language over the row's JSON names.
 */
#ifndef KSMTOP_EVENT_FILTER_H
#define KSMTOP_EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event_index.h"

struct diag;
struct event_filter;

/* What a row offers to an expression: a value by name. */
struct filter_value { bool is_string; int64_t number; const char *string; };
typedef bool (*filter_lookup_fn)(void *row, const char *name, struct filter_value *ret);

/* 0, or -EINVAL and diag (place in the expression, what was expected). */
int event_filter_new(const char *expression, struct event_filter **ret_filter, struct diag *diag);
void event_filter_free(struct event_filter *filter);
bool event_filter_match(struct event_filter *filter, struct event_index *index,
			const struct event_record *record);
bool event_filter_match_row(struct event_filter *filter, filter_lookup_fn lookup, void *row);
const char *event_filter_text(const struct event_filter *filter);

#endif /* KSMTOP_EVENT_FILTER_H */
