/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.h - the command that is recorded.
 *
 * It is an ordinary child in our own process group, so the terminal's Ctrl-C and job control reach it as if
 * ksmtop were not there.  Exit statuses are told as a shell tells them.
 */
#ifndef KSMTOP_CHILD_H
#define KSMTOP_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "trace/diag.h"

struct child {
	pid_t pid;		/* 0: none */
	bool ended;
	int status;		/* when ended: 0..255, 128 + signal */
};

/*
 * Starts argv with the signal mask given.  0; or -E and diag when it cannot be executed, with
 * child->status 127 (not found) or 126, as env does.
 */
int child_start(struct child *child, char *const *argv, const sigset_t *mask, struct diag *diag);
/* Has it ended meanwhile?  Never waits. */
bool child_has_ended(struct child *child);
/* Sends a signal to it, if it lives. */
void child_signal(struct child *child, int signal);
/* Waits for the end, at most `ms`; false if it is still alive then. */
bool child_wait(struct child *child, int ms);

#endif /* KSMTOP_CHILD_H */
