/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * query.h - a recording opened for one question, and the way its answer goes out.
 *
 * query_open() does what every printing command begins with: opens the recording, loads it to the
 * end (with a progress line on a terminal), reads --at, --hindsight, --absolute, --filter.  A
 * command then looks into query->history and prints through one of the two ways below.
 *
 * JSON is written as it is made, so that ten million events need no memory: answer_begin(),
 * answer_item() for each item, answer_end().  In the other forms a command prints to stdout itself.
 *
 * Every function that fails returns -E and fills query->diag, which main() prints.
 */
#ifndef KSMTOP_QUERY_H
#define KSMTOP_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "history/history.h"
#include "recording.h"
#include "trace/diag.h"

#include "view/fields.h"
#include "view/row_field.h"
#include "invocation.h"

struct json_object;

struct query {
	const struct invocation *invocation;
	struct recording *recording;
	const struct history *history;	/* recording's */
	struct moment when;		/* --at (default: end), with --hindsight */
	struct event_filter *filter;	/* NULL without --filter */
	bool json, plain, hindsight, absolute;
	uint64_t nr_items;		/* answered so far */
	bool at_least;			/* there may be more of them than was told: answer_end() says so */
	struct diag diag;
};

/* `path` is borrowed.  query_close() is needed in either case. */
int query_open(struct query *query, const struct invocation *invocation, const char *path);
void query_close(struct query *query);
/* Opens and loads one more recording under the query's options; the caller closes it. */
int query_load(struct query *query, const char *path, struct recording **ret_recording);
int query_moment(struct query *query, const char *text, struct moment *ret_moment);
/* The stable node of the KSM page that --pfn names at query->when: 0 or -E and the diag. */
int query_page(struct query *query, const char *pfn, struct ref *ret_node);
/*
 * An empty list is an answer; that no list can be given is none: -ENODATA and the diag, "cannot tell of `what`", if
 * nothing in this recording, at any moment, tells of that table's rows.
 */
int query_check_told(struct query *query, enum table table, const char *what);
/*
 * May there be rows of that table that nothing told of by then, and is that worth a word: they will be known,
 * or none is known?
 */
bool query_may_be_more(const struct query *query, enum relation relation);
/* May an event of that kind have been lost by then?  The end of a recording includes what went behind its last event. */
bool may_lack_by(const struct history *h, struct moment when, enum event_kind kind);
/* May episodes of that kind (-1: any) be in the recording?  A stock kernel tells of scans only. */
bool tells_of_episodes(const struct history *h, int kind);
/* The name of `ref`, "" for none. */
const char *query_name(const struct query *query, struct ref ref, char *buf, size_t size);

/*
 * 0, or -EINVAL and the query's diag if --filter asks for a name that rows do not have; `whose` as
 * in event_filter_check().  Takes over `names`.
 */
int query_check_filter(struct query *query, const char *whose, struct filter_names *names);

/* "0x..." of an address or a page number; NULL, which is null, for 0. */
struct json_object *json_hex(uint64_t number);
/* A text from a recording, made printable. */
struct json_object *json_text(const char *text);

/* Does --filter let this row through?  Asks only for the values that the expression names. */
struct query_lookup {
	const struct query *query;
	const union row *row;
	char text[ROW_TEXT];	/* where a string lives until the next lookup */
};
/* A filter_lookup_fn over the values of a row; the first argument is a struct query_lookup. */
bool query_lookup_row(void *lookup, const char *name, struct filter_value *ret);
bool query_wants_row(struct query *query, const union row *row);

/* `schema` without "ksmtop/"; `path` NULL when the answer is about no file. */
void answer_begin(struct query *query, const char *schema, const char *path);
/* Takes over `item`. */
void answer_item(struct query *query, struct json_object *item);
/* `name` and `extra` (taken over) stand behind the items; both may be NULL. */
void answer_end(struct query *query, const char *name, struct json_object *extra);

/* Evidence letter, and '?' behind it when doubtful. */
const char *evidence_text(char evidence, bool doubtful, char buf[3]);

#endif /* KSMTOP_QUERY_H */
