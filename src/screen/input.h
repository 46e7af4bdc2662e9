/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * input.h - what came from the keyboard and the mouse, in the session's words.
 */
#ifndef KSMTOP_INPUT_H
#define KSMTOP_INPUT_H

#include "view/session.h"

/*
 * Reads everything that has arrived and hands it to the session.  Returns the number of keys and
 * clicks; @now_ns (monotonic) tells a double click from two.
 */
int input_read(struct session *session, uint64_t now_ns);

#endif
