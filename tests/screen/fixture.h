/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixture.h - a recording made of arithmetic, and two views over it, to test the frame with.
 *
 * The frame (prompts, help, stepping, marks, terminals) must be testable without any KSM event, and
 * with answers that one can work out by hand: event n of 200 happens n milliseconds after 10 s, odd
 * events touch object 1 and even ones object 2, every 50th is a scan's boundary, every 70th notable.
 */
#ifndef KSMTOP_TEST_FIXTURE_H
#define KSMTOP_TEST_FIXTURE_H

#include "view/session.h"

#define FIXTURE_EVENTS 200

extern const struct source fixture_source;
extern const struct view *const fixture_views[];	/* events (key 6) and timeline (key 5) */

/* A session in the events view with the default keys and, if @loaded, the recording. */
struct session *fixture_session(bool loaded);
/* Keys by their names, blank-separated: "Right Right ? Esc". */
void fixture_keys(struct session *session, const char *names);
/* Types a text, character by character. */
void fixture_type(struct session *session, const char *text);

#endif
