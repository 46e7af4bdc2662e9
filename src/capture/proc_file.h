/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * proc_file.h - whole small files of /proc, /sys and tracefs, read into memory that is used again.
 *
 * Their size is not known beforehand (stat says 0 or 4096), so they are read until their end.  A
 * struct proc_text starts as {0}, keeps its memory from one read to the next, and is always
 * NUL-terminated after a read that worked.  Contents are text of the kernel, but comm and path
 * names inside are chosen by users.
 */
#ifndef KSMTOP_PROC_FILE_H
#define KSMTOP_PROC_FILE_H

#include <stdint.h>
#include <stddef.h>

struct proc_text {
	char *data;
	size_t size, capacity;
};

/* Reads `path` relative to `dirfd` (AT_FDCWD allowed).  0 or -E; on an error the text is "". */
int proc_text_read(struct proc_text *text, int dirfd, const char *path);
/* Appends; 0 or -ENOMEM. */
int proc_text_append(struct proc_text *text, const char *data, size_t size);
/* Cuts the newline at the end, if there is one. */
void proc_text_chomp(struct proc_text *text);
void proc_text_fini(struct proc_text *text);

/* Field 22 of /proc/PID/stat, ticks since boot; 0 if there is no such process. */
uint64_t proc_start_time(int pid);
/* Writes a short text to an existing file.  0 or -E. */
int proc_write(const char *path, const char *value);

/* CLOCK_MONOTONIC, which is the trace clock "mono"; and the CPU time of the calling thread. */
uint64_t clock_mono_ns(void);
uint64_t clock_thread_ns(void);

#endif /* KSMTOP_PROC_FILE_H */
