/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * claims.h - what explain/ says of a recording, as a set of claims that two recordings can be compared by.
 *
 * A claim is a key (what it is about), a value (what is said of it) and whether it is doubtful.  Objects stand in
 * keys and values by what they are: kernel addresses, the whole recording's event numbers and episodes, never the
 * names and numbers that each recording gives.  A claim may belong to a *group*, a list: then its key is
 * an entry of that list, and claim_whole() says that the list lacks none.
 *
 * A recording with gaps may say less than the one without, never anything else: see claims_compare().
 */
#ifndef KSMTOP_TEST_CLAIMS_H
#define KSMTOP_TEST_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

struct claim { uint64_t key, value, group; char *text; bool doubtful, whole, other; };
struct claims { struct claim *list; uint64_t nr, room; };
/* other: of another moment at which it may be so as well; no list lacks it then. */

void claims_init(struct claims *claims);
void claims_fini(struct claims *claims);
void claim(struct claims *claims, bool doubtful, const char *value, const char *key, ...)
	__attribute__((format(printf, 4, 5)));
void claim_number(struct claims *claims, bool doubtful, int64_t value, const char *key, ...)
	__attribute__((format(printf, 4, 5)));
/* An entry of the list `group`. */
void claim_entry(struct claims *claims, bool doubtful, const char *group, const char *entry, ...)
	__attribute__((format(printf, 4, 5)));
/* The list is said to lack none (or, if doubtful, may). */
void claim_whole(struct claims *claims, bool doubtful, const char *group);

/*
 * Every claim of `lossy` that is not doubtful must be one of `whole`; where that is certain of any values of
 * the key, one of these.  A list said to lack none must have all entries that are certain in `whole`.  Those that
 * are not so go to fn.  Sorts both.
 */
struct compared { uint64_t nr_certain, nr_doubtful, nr_wrong, nr_whole; };
typedef void (*wrong_fn)(const char *text, const char *what, void *arg);
struct compared claims_compare(struct claims *whole, struct claims *lossy, wrong_fn fn, void *arg);

#endif /* KSMTOP_TEST_CLAIMS_H */
