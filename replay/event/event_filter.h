/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_filter.h - one expression language for views, reports and events.
 *
 * libtraceevent's filter syntax over a record's fields, C's operators and precedence:
 *	pfn == 0x1c0077 && err != 0
 *	ksm/ksm_enter,ksm_exit: mm == 0xffff888162798000
 *	comm =~ "^qemu" && !(nr < 1000)
 * Numbers, "strings" (the quotes may be left out for a word on the right), == != < <= > >=, =~ and !~
 * (a POSIX basic regular expression, case ignored), && || !, & | ^ ~ << >> + - * / %, parentheses.
 *
 * Every event also has the derived fields nr, ts, cpu, buffer, pid (common_pid), comm (of that
 * task), system and event.  In front of a ':' stand the events that an expression is about
 * (SYSTEM/EVENT or EVENT, shell patterns allowed, with commas); then an event's own field of the same name
 * goes before a derived one, without it the derived one goes first.  "field.NAME" is always the own.
 *
 * An event that lacks a field of a comparison makes that comparison unknown, neither true nor
 * false, as is its negation; only an expression that comes out true matches.  Comparisons are
 * signed, unless a number in them is above 2^63.
 *
 * Rows of tables are filtered with the same language over the row's JSON names.  Own evaluator: one
 * small one serves events and rows alike, where tep_filter knows neither derived fields nor rows.
 */
#ifndef KSMTOP_EVENT_FILTER_H
#define KSMTOP_EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event_index.h"

struct diag;
struct event_filter;
struct filter_names;

/* What a row offers to an expression: a value by name.  is_hex: people read that number as an address. */
struct filter_value { bool is_string, is_hex; int64_t number; const char *string; };
typedef bool (*filter_lookup_fn)(void *row, const char *name, struct filter_value *ret);

/* 0, or -EINVAL and diag (place in the expression, what was expected). */
int event_filter_new(const char *expression, struct event_filter **ret_filter, struct diag *diag);
/*
 * 0, or -EINVAL and diag if it asks for a name that is not among them.  `whose` begins the
 * sentence: "no event of this recording".
 */
int event_filter_check(const struct event_filter *filter, const struct filter_names *names,
		       const char *whose, struct diag *diag);
/* The events in front of the ':', or NULL. */
const char *event_filter_events(const struct event_filter *filter);
/* Are they, or all where there are none, that one? */
bool event_filter_is_about(const struct event_filter *filter, const char *system, const char *name);
void event_filter_free(struct event_filter *filter);
bool event_filter_match(struct event_filter *filter, struct event_index *index,
			const struct event_record *record);
bool event_filter_match_row(struct event_filter *filter, filter_lookup_fn lookup, void *row);

#endif /* KSMTOP_EVENT_FILTER_H */
