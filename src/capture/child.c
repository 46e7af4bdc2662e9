// SPDX-License-Identifier: GPL-2.0-only
/*
 * child.c - the command that is recorded.
 *
 * Whether exec worked is told by a pipe that exec closes: an empty read means it did, four bytes are the
 * errno.  Without this, a command that is not there would look like one that exited with 127.
 *
 * Ends are found by polling waitpid(): SIGCHLD wakes whoever waits on a signalfd.
 */
#include "capture/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void __attribute__((noreturn)) child_exec(char *const *argv, const sigset_t *mask, int fd)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	int err = errno;
	if (write(fd, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

int child_start(struct child *child, char *const *argv, const sigset_t *mask, struct diag *diag)
{
	int fds[2], err = 0;

	*child = (struct child){.status = 126};
	if (pipe2(fds, O_CLOEXEC))
		return diag_set(diag, -errno, "no pipe for the command: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		child_exec(argv, mask, fds[1]);
	int fork_error = errno;
	close(fds[1]);
	ssize_t n = pid < 0 ? 0 : read(fds[0], &err, sizeof(err));
	close(fds[0]);
	if (pid < 0)
		return diag_set(diag, -fork_error, "the command cannot be started: %s",
				strerror(fork_error));
	if (n == sizeof(err)) {
		waitpid(pid, NULL, 0);
		child->status = err == ENOENT ? 127 : 126;
		return diag_set(diag, -err, "%s cannot be run: %s", argv[0], strerror(err));
	}
	child->pid = pid;
	return 0;
}

bool child_has_ended(struct child *child)
{
	int status;

	if (!child->pid || child->ended)
		return child->ended;
	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return false;
	child->ended = true;
	child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

void child_signal(struct child *child, int signal)
{
	if (child->pid && !child->ended)
		kill(child->pid, signal);
}

bool child_wait(struct child *child, int ms)
{
	for (; child->pid && !child_has_ended(child) && ms > 0; ms -= 10)
		nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
	return !child->pid || child->ended;
}
