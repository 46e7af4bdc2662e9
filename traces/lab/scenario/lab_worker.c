// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_worker.c - processes that obey one letter at a time; lab.h says what each function promises.
 *
 * The one hard idea is SIGBUS: memory failure sends it at a touch, or at once to who asked for an early
 * kill, while nothing is touched.  Both are counted; a touch also leaves the command that made it, by a
 * jump back to where the command was read, and the answer is 'B'.
 *
 * It deliberately knows nothing of KSM: what a letter means is the scenario's business.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf bus_jump;
static volatile sig_atomic_t nr_bus, bus_armed;

static void on_bus(int signal)
{
	(void)signal;
	nr_bus++;
	if (bus_armed)
		siglongjmp(bus_jump, 1);
}

void worker_arm(void)
{
	/* An early kill comes while the worker waits for a command */
	struct sigaction action = { .sa_handler = on_bus, .sa_flags = SA_RESTART };

	sigaction(SIGBUS, &action, NULL);
}

/* 'F': the child goes on over the spare channel, and says its pid there first */
static char fork_worker(struct worker *self)
{
	pid_t pid = fork();

	if (pid < 0)
		lab_die("fork: %s", strerror(errno));
	if (!pid) {
		pid = getpid();
		nr_bus = 0;
		close(self->fd);
		self->fd = self->spare_fd;
		if (write(self->fd, &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		return 'f'; /* its first command: nothing, answered like any */
	}
	return 'f';
}

static void work(struct worker *self, worker_fn obey)
{
	char command, answer[2];

	worker_arm();
	while (read(self->fd, &command, 1) == 1 && command != 'q') {
		volatile char said = 'B';

		if (command == 'F')
			command = fork_worker(self);

		if (!sigsetjmp(bus_jump, 1)) {
			bus_armed = 1;
			said = command == 'f' ? 'y' : obey(self, command);
		}
		bus_armed = 0;
		answer[0] = said;
		answer[1] = (char)nr_bus;
		if (write(self->fd, answer, 2) != 2)
			break;
	}
	_exit(0);
}

void worker_start(struct worker *w, const char *role, worker_fn obey)
{
	int pair[2], spare[2];

	memset(w, 0, sizeof(*w));
	snprintf(w->role, sizeof(w->role), "%s", role);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, spare))
		lab_die("socketpair: %s", strerror(errno));
	w->pid = fork();
	if (w->pid < 0)
		lab_die("fork: %s", strerror(errno));
	if (!w->pid) {
		close(pair[0]);
		close(spare[0]);
		w->fd = pair[1];
		w->spare_fd = spare[1];
		work(w, obey);
	}
	close(pair[1]);
	close(spare[1]);
	w->fd = pair[0];
	w->spare_fd = spare[0];
}

void worker_fork(struct worker *parent, struct worker *child, const char *role)
{
	char answer[2];

	memset(child, 0, sizeof(*child));
	snprintf(child->role, sizeof(child->role), "%s", role);
	if (worker_tell(parent, 'F') != 'y')
		lab_die("%s did not fork", parent->role);
	child->fd = parent->spare_fd;
	if (recv(child->fd, &child->pid, sizeof(child->pid), MSG_WAITALL) != sizeof(child->pid) ||
	    recv(child->fd, answer, 2, MSG_WAITALL) != 2)
		lab_die("%s did not come up", role);
}

char worker_tell(struct worker *w, char command)
{
	char answer[2];

	if (send(w->fd, &command, 1, MSG_NOSIGNAL) != 1 || recv(w->fd, answer, 2, MSG_WAITALL) != 2)
		return 0;
	w->nr_sigbus = (unsigned char)answer[1];
	return answer[0];
}

void worker_check(struct worker *w)
{
	w->contents_ok = worker_tell(w, 'c') == 'y';
	w->asked = true;
}

void worker_stop(struct worker *w)
{
	worker_tell(w, 'q');
	close(w->fd);
	waitpid(w->pid, NULL, 0);
}
