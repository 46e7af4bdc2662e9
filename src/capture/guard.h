/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard.h - a child process that puts the machine's tracing back, even after kill -9.
 *
 * A tracing instance outlives the process that made it, and its events go on costing time.  So the
 * recorder forks a guard before it changes anything: a process that holds one end of a pipe and
 * does nothing until the other end closes.  It closes when the recorder says so, and just as well
 * when it dies, however it dies.  Then the guard restores what was registered and removes the
 * instance.  That is also how a recording that ends well is cleaned up: one way, always used.
 *
 * The guard keeps no file of the caller open (a shell waiting for our stdout is not kept waiting)
 * and ignores the signals of the terminal.
 */
#ifndef KSMTOP_GUARD_H
#define KSMTOP_GUARD_H

#include <sys/types.h>

struct guard {
	pid_t pid;
	int fd;			/* our end of the pipe */
};

/* A file to be written with `value` when the recording ends. */
struct guard_restore {
	const char *path;
	char value[32];
};

/*
 * Forks it; call while the process has one thread.  `instance` is the instance's directory,
 * which need not exist yet; the array ends with path NULL.  0 or -E.
 */
int guard_start(struct guard *guard, const char *instance, const struct guard_restore *restore);
/* Closes the pipe, waits until the machine is as it was, and makes sure. */
void guard_finish(struct guard *guard, const char *instance, const struct guard_restore *restore);

/*
 * Stops an instance's events and removes it, waiting up to some seconds while files in it are
 * open.  0 also if it is not there, else -E (-EBUSY: somebody uses it).
 */
int instance_remove(const char *instance);

#endif /* KSMTOP_GUARD_H */
