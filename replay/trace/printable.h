/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * printable.h - which bytes of a text from a file may go to a terminal, or into JSON.
 *
 * UTF-8 is checked strictly (no overlong forms, no surrogates), since a JSON reader may be strict as
 * well.  Control characters are not printable, those from U+0080 to U+009F included: they reach some terminals
 * as escape sequences.
 */
#ifndef KSMTOP_PRINTABLE_H
#define KSMTOP_PRINTABLE_H

#include <stddef.h>

/* Bytes of the printable character at `s`; 0: there is none, or the text ends. */
size_t printable_length(const char *s);

#endif /* KSMTOP_PRINTABLE_H */
