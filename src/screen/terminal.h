/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * terminal.h - taking the terminal and, above all, giving it back.
 *
 * Process-wide by nature: there is one controlling terminal and one table of signal handlers, so
 * the state behind these functions is static.  Between terminal_take() and terminal_give() the
 * terminal is in ncurses' hands; whatever ends the process in between restores it.
 */
#ifndef KSMTOP_TERMINAL_H
#define KSMTOP_TERMINAL_H

#include <stdbool.h>

struct diag;

/* What signals asked for since the last terminal_events(). */
struct terminal_events {
	bool resized, interrupted, suspend, continued;
	int die;		/* TERM, HUP or QUIT; 0 for none */
};

int terminal_take(struct diag *diag);
void terminal_give(void);
struct terminal_events terminal_events(void);

/*
 * Sleeps until input, a signal or the timeout (ms, -1: none).  1: input is there, 0: not,
 * -EIO: the terminal is gone.
 */
int terminal_wait(int timeout_ms);

/* Gives the terminal to the shell, stops, and takes it back. */
void terminal_suspend(void);
/* Brings ncurses' size up to date with the terminal's. */
void terminal_resize(void);
void terminal_mouse(bool on);
/* For an editor: the terminal as it was, and back. */
void terminal_leave(void);
void terminal_return(void);
/* Puts bytes on the wire past ncurses (OSC 52). */
void terminal_write(const char *bytes, unsigned long length);

#endif
