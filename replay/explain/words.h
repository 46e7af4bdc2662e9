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
/* "1.2 us", "4.5 ms", "3.20 s". */
const char *explain_time(uint64_t ns, char *buf, size_t size);
#define TIME_MAX 24

#endif /* KSMTOP_WORDS_H */
