// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmdlines.c - the names of the tasks that a recording may mention.
 *
 * A small table by pid.  The kernel writes a name as the task gave it to prctl(): it may hold
 * blanks, but a newline in it would make two lines of one, so a line that does not start with a
 * pid is passed over.  "<...>" is the kernel's word for "I do not know".
 *
 * Threads that are born and gone between two looks keep their number only; the events
 * task_newtask and task_rename carry their names, and the history knows that.
 */
#include "capture/cmdlines.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tracefs.h>

static struct cmdline *cmdline_slot(struct cmdline *slots, size_t nr_slots, int pid)
{
	size_t i = (size_t)pid * 2654435761u & (nr_slots - 1);
	while (slots[i].pid && slots[i].pid != pid)
		i = (i + 1) & (nr_slots - 1);
	return &slots[i];
}

static int cmdlines_grow(struct cmdlines *cmdlines)
{
	size_t nr_slots = cmdlines->nr_slots ? cmdlines->nr_slots * 2 : 1024;
	struct cmdline *slots = calloc(nr_slots, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < cmdlines->nr_slots; i++) {
		if (cmdlines->slots[i].pid)
			*cmdline_slot(slots, nr_slots, cmdlines->slots[i].pid) = cmdlines->slots[i];
	}
	free(cmdlines->slots);
	cmdlines->slots = slots;
	cmdlines->nr_slots = nr_slots;
	return 0;
}

static int cmdlines_add(struct cmdlines *cmdlines, int pid, const char *comm, bool fresh)
{
	if (pid <= 0 || !comm[0] || !strcmp(comm, "<...>"))
		return 0;
	if (cmdlines->nr * 2 >= cmdlines->nr_slots && cmdlines_grow(cmdlines))
		return -ENOMEM;
	struct cmdline *slot = cmdline_slot(cmdlines->slots, cmdlines->nr_slots, pid);
	cmdlines->nr += !slot->pid;
	if (slot->pid == pid && !strncmp(slot->comm, comm, sizeof(slot->comm) - 1))
		return 0;
	slot->pid = pid;
	slot->fresh = fresh;
	snprintf(slot->comm, sizeof(slot->comm), "%s", comm);
	return 0;
}

#define KERNEL_THREAD 0x00200000	/* PF_KTHREAD in include/linux/sched.h */

/* Adds the task if it is a kernel thread. */
static int add_if_kernel_thread(struct cmdlines *cmdlines, const char *pid)
{
	char path[48];
	unsigned int flags;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	if (proc_text_read(&cmdlines->scratch, AT_FDCWD, path))
		return 0;
	char *open = strchr(cmdlines->scratch.data, '('), *close = strrchr(cmdlines->scratch.data, ')');
	if (!open || !close || close < open ||
	    sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1 || !(flags & KERNEL_THREAD))
		return 0;
	*close = '\0';
	return cmdlines_add(cmdlines, atoi(pid), open + 1, false);
}

int cmdlines_add_kernel_threads(struct cmdlines *cmdlines)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_if_kernel_thread(cmdlines, entry->d_name);
	}
	closedir(dir);
	return err;
}

int cmdlines_add_saved(struct cmdlines *cmdlines)
{
	char *path = tracefs_get_tracing_file("saved_cmdlines");
	int err = path ? proc_text_read(&cmdlines->scratch, AT_FDCWD, path) : -ENOMEM;
	char *save;

	tracefs_put_tracing_file(path);
	if (err)
		return err;
	for (char *line = strtok_r(cmdlines->scratch.data, "\n", &save); line && !err;
	     line = strtok_r(NULL, "\n", &save)) {
		char *comm;
		long pid = strtol(line, &comm, 10);
		if (comm != line && *comm == ' ')
			err = cmdlines_add(cmdlines, (int)pid, comm + 1, true);
	}
	return err;
}

int cmdlines_sample(struct cmdlines *cmdlines, struct sample_builder *builder)
{
	uint64_t now = clock_mono_ns();
	bool any = false;

	for (size_t i = 0; i < cmdlines->nr_slots; i++) {
		struct cmdline *slot = &cmdlines->slots[i];
		char tid[16];

		if (!slot->pid || !slot->fresh)
			continue;
		if (!any)
			sample_begin(builder, SAMPLE_NAMES, 0, now);
		any = true;
		slot->fresh = false;
		snprintf(tid, sizeof(tid), "%d", slot->pid);
		sample_add_pair(builder, tid, slot->comm);
	}
	return any ? sample_end(builder, now) : 0;
}

static int cmdline_compare(const void *a, const void *b)
{
	const struct cmdline *x = a, *y = b;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int cmdlines_text(const struct cmdlines *cmdlines, struct proc_text *ret_text)
{
	struct cmdline *sorted = calloc(cmdlines->nr + 1, sizeof(*sorted));
	size_t nr = 0;
	int err = 0;

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < cmdlines->nr_slots; i++) {
		if (cmdlines->slots[i].pid)
			sorted[nr++] = cmdlines->slots[i];
	}
	qsort(sorted, nr, sizeof(*sorted), cmdline_compare);
	ret_text->size = 0;
	for (size_t i = 0; !err && i < nr; i++) {
		char line[40];
		int n = snprintf(line, sizeof(line), "%d %s\n", sorted[i].pid, sorted[i].comm);
		err = proc_text_append(ret_text, line, (size_t)n);
	}
	free(sorted);
	return err;
}

void cmdlines_fini(struct cmdlines *cmdlines)
{
	free(cmdlines->slots);
	proc_text_fini(&cmdlines->scratch);
	*cmdlines = (struct cmdlines){0};
}
