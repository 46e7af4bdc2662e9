/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * screen.h - a session on a terminal.
 *
 * screen_run() takes the terminal over, shows the session until it asks to quit, and gives the
 * terminal back as it was: on q and Ctrl-C, when TERM, HUP or QUIT arrives (the process then dies
 * of that signal, as a shell expects), when a crash signal arrives (restored by async-signal-safe
 * writes, then the default action, so that a core is still made), and when starting fails.
 *
 * While the session is paused there is no timer: the process sleeps in poll() until a key, a
 * resize or a signal.  While it plays, at most ten frames a second are drawn.  While a recording is
 * loading, screen_options.load is called in slices and keys are looked at in between.
 *
 * One screen a process: signals and the terminal are process-wide.
 */
#ifndef KSMTOP_SCREEN_H
#define KSMTOP_SCREEN_H

#include <stdbool.h>

#include "view/session.h"
#include "view/theme.h"

struct diag;

struct screen_options {
	const struct theme *theme;	/* NULL: dark */
	bool no_color;			/* also taken from NO_COLOR (when not empty) */
	bool no_mouse;
	bool ascii;			/* else the locale decides: ASCII unless it is UTF-8 */
	/*
	 * Loads for about 50 ms: 1 when there is more, 0 when done, -E with *diag.  Calls
	 * session_set_source() and session_set_progress() itself.  NULL: nothing to load.
	 * After Esc it is not called again; `load_stopped` says so to its owner.
	 */
	int (*load)(void *data, struct session *session, struct diag *diag);
	void *load_data;
	bool load_stopped;		/* out */
};

/*
 * Whether standard input and output are a terminal that can be drawn on.  0, -ENOTTY, or -ENOSYS
 * for TERM=dumb, unset or unknown, with a sentence in *diag that says what to do instead.
 */
int screen_check(struct diag *diag);

/*
 * Runs until the session quits.  0, or -E and diag: the terminal could not be taken
 * (screen_check() first), memory is out, or loading failed with nothing to show.  A failed load
 * with something to show is said on the message line.
 */
int screen_run(struct session *session, struct screen_options *options, struct diag *diag);

#endif
