// SPDX-License-Identifier: GPL-2.0-only
/*
 * guard.c - a child process that puts the machine's tracing back, even after kill -9.
 *
 * The hard idea is who notices a kill -9: only somebody else.  The kernel closes a dead process's
 * pipes, so a reader of the pipe sees the end of file; its files in the instance close in the same
 * exit, perhaps a moment later, which is why removing the instance is tried again while it is busy.
 *
 * If both are killed, the instance stays; its name holds the recorder's pid and start time, and
 * the next recorder removes it (session.c).
 */
#include "capture/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "capture/proc_file.h"

#define REMOVE_TRIES	250	/* of 20 ms */

int instance_remove(const char *instance)
{
	char path[512];

	if (access(instance, F_OK))
		return errno == ENOENT ? 0 : -errno;
	snprintf(path, sizeof(path), "%s/tracing_on", instance);
	proc_write(path, "0");
	snprintf(path, sizeof(path), "%s/events/enable", instance);
	proc_write(path, "0");
	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (!rmdir(instance) || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		nanosleep(&(struct timespec){.tv_nsec = 20 * 1000 * 1000}, NULL);
	}
	return -EBUSY;
}

static void put_back(const char *instance, const struct guard_restore *restore)
{
	for (; restore->path; restore++)
		proc_write(restore->path, restore->value);
	instance_remove(instance);
}

static void __attribute__((noreturn)) guard_run(int fd, const char *instance,
						const struct guard_restore *restore)
{
	char byte;

	prctl(PR_SET_NAME, "ksmtop-guard");
	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* The pipe becomes descriptor 3, and nothing else of the recorder's stays open. */
	if (fd != 3)
		dup2(fd, 3);
	close_range(4, ~0u, 0);
	int null = open("/dev/null", O_RDWR);
	for (int i = 0; null >= 0 && i < 3; i++)
		dup2(null, i);
	if (chdir("/"))
		_exit(1);
	while (read(3, &byte, 1) < 0 && errno == EINTR)
		;
	put_back(instance, restore);
	_exit(0);
}

int guard_start(struct guard *guard, const char *instance, const struct guard_restore *restore)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid_t pid = fork();
	if (pid < 0) {
		int err = -errno;
		close(fds[0]);
		close(fds[1]);
		return err;
	}
	if (pid == 0) {
		close(fds[1]);
		guard_run(fds[0], instance, restore);
	}
	close(fds[0]);
	*guard = (struct guard){.pid = pid, .fd = fds[1]};
	return 0;
}

void guard_finish(struct guard *guard, const char *instance, const struct guard_restore *restore)
{
	int status = -1;

	if (guard->pid <= 0)
		return;
	close(guard->fd);
	while (waitpid(guard->pid, &status, 0) < 0 && errno == EINTR)
		;
	/* Somebody killed the guard: then it is done here. */
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		put_back(instance, restore);
	*guard = (struct guard){0};
}
