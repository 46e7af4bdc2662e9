// SPDX-License-Identifier: GPL-2.0-only
/*
 * proc_file.c - whole small files of /proc, /sys and tracefs.
 *
 * The kernel makes these texts while they are read.  A seq_file gives at most what fits its own
 * buffer per read(), so one short read is no end; only 0 is.  Files that are read once a second
 * stay open, and are read again with pread() from 0, which makes the kernel produce them afresh.
 *
 * Nothing is interpreted here except the one field of /proc/PID/stat that tells two processes
 * of the same number apart.
 */
#include "capture/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int text_reserve(struct proc_text *text, size_t more)
{
	if (text->capacity - text->size >= more)
		return 0;
	size_t capacity = text->capacity * 2;
	if (capacity < text->size + more)
		capacity = text->size + more;
	char *data = realloc(text->data, capacity);
	if (!data)
		return -ENOMEM;
	text->data = data;
	text->capacity = capacity;
	return 0;
}

static int text_fail(struct proc_text *text, int err)
{
	text->size = 0;
	if (text->data)
		text->data[0] = '\0';
	return err;
}

static int proc_text_read_fd(struct proc_text *text, int fd)
{
	text->size = 0;
	for (;;) {
		if (text_reserve(text, 4096 + 1))
			return text_fail(text, -ENOMEM);
		ssize_t n = pread(fd, text->data + text->size, text->capacity - text->size - 1,
				  (off_t)text->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return text_fail(text, -errno);
		text->size += (size_t)n;
		if (n == 0)
			break;
	}
	text->data[text->size] = '\0';
	return 0;
}

int proc_text_read(struct proc_text *text, int dirfd, const char *path)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return text_fail(text, -errno);
	int err = proc_text_read_fd(text, fd);
	close(fd);
	return err;
}

int proc_text_append(struct proc_text *text, const char *data, size_t size)
{
	if (text_reserve(text, size + 1))
		return -ENOMEM;
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
	return 0;
}

void proc_text_chomp(struct proc_text *text)
{
	if (text->size && text->data[text->size - 1] == '\n')
		text->data[--text->size] = '\0';
}

void proc_text_fini(struct proc_text *text)
{
	free(text->data);
	*text = (struct proc_text){0};
}

uint64_t proc_start_time(int pid)
{
	struct proc_text text = {0};
	char path[32];
	uint64_t start = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!proc_text_read(&text, AT_FDCWD, path)) {
		/* comm is in parentheses and may hold blanks and parentheses itself */
		const char *p = strrchr(text.data, ')');
		for (int field = 2; p && field < 22; field++)
			p = strchr(p + 1, ' ');
		if (p)
			start = strtoull(p + 1, NULL, 10);
	}
	proc_text_fini(&text);
	return start;
}

int proc_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t size = strlen(value);
	ssize_t n = write(fd, value, size);
	int err = n < 0 ? -errno : (size_t)n == size ? 0 : -EIO;
	close(fd);
	return err;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;
	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t clock_mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t clock_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}
