/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * words.h - inside explain/: the words of the patch's enumerated values, and names of objects.
 *
 * A number that the table does not know is shown as a number, in the caller's buffer.
 */
#ifndef KSMTOP_WORDS_H
#define KSMTOP_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "history/history.h"

enum word_list { WORDS_PURPOSE, WORDS_RULE, WORDS_WALK_END, WORDS_VERDICT, WORDS_DUP, WORDS_TARGET,
		 WORDS_OUTCOME, WORDS_COLLAPSE, WORDS_SCAN, WORDS_DETACH, NR_WORD_LISTS };

const char *explain_word(enum word_list list, int64_t value, char number[24]);
/* What stands behind a noun of which there are so many: "%u page%s". */
static inline const char *plural(uint64_t nr) { return nr == 1 ? "" : "s"; }

/*
 * What khugepaged's enum scan_result, a migration's mode and reason, and a memory failure's kind of page are called
 * in the kernel that was recorded: "copy_poisoned_page (30)"; the bare number where the recording describes no such
 * event.
 */
#define SYMBOL_MAX 64
struct event_index;
const char *explain_scan_result(struct event_index *events, int64_t result, char buf[SYMBOL_MAX]);
const char *explain_migrate_mode(struct event_index *events, int64_t mode, char buf[SYMBOL_MAX]);
const char *explain_migrate_reason(struct event_index *events, int64_t reason, char buf[SYMBOL_MAX]);
const char *explain_failed_page(struct event_index *events, int64_t type, char buf[SYMBOL_MAX]);
/* enum mf_result, include/linux/mm.h: "recovered"; the number in `buf` for another. */
const char *explain_failure_result(int64_t result, char buf[SYMBOL_MAX]);
/* What SIGBUS's si_code says, " (BUS_MCEERR_AO)", or "" for one that is not of memory failures. */
const char *explain_sigbus_code(int64_t code);

/* "1.2 us", "4.5 ms", "3.20 s". */
const char *explain_time(uint64_t ns, char *buf, size_t size);
#define TIME_MAX 24

#endif /* KSMTOP_WORDS_H */
