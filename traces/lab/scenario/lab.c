// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - the ground that the scenarios stand on: files of /proc and /sys, KSM's knobs, memory; lab.h says
 * what each function promises.
 *
 * The one hard idea is that what a page is must come from more than one place: kpageflags of Linux 6.12
 * says KSM of every anonymous page.  What tells is how many map a page (kpagecount) among processes that
 * each wrote their own, and smaps, which asks the page itself.
 *
 * It deliberately knows nothing of ksmtop's own code, nor of its recordings.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define KSM	"/sys/kernel/mm/ksm/"
#define DEBUG	"/sys/kernel/debug/ksmtop/"

void lab_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "lab: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

int lab_try_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

void lab_write(const char *path, const char *format, ...)
{
	char text[128];
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err = lab_try_write(path, text);
	if (err)
		lab_die("cannot write \"%s\" to %s: %s", text, path, strerror(-err));
}

long lab_read(const char *path)
{
	FILE *f = fopen(path, "r");
	long value;

	if (!f || fscanf(f, "%ld", &value) != 1)
		lab_die("no number in %s", path);
	fclose(f);
	return value;
}

bool lab_has(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s", file);
	return access(path, F_OK) == 0;
}

void lab_switch(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s", file);
	lab_write(path, "%s", text);
}

void ksm_set(const char *file, long value)
{
	char path[128];

	snprintf(path, sizeof(path), KSM "%s", file);
	lab_write(path, "%ld", value);
}

long ksm_get(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), KSM "%s", file);
	return lab_read(path);
}

uint64_t lab_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void ksm_scan(int nr)
{
	long before = ksm_get("full_scans"), scanned = -1;
	uint64_t limit = 0;

	ksm_set("run", 1);
	while (ksm_get("full_scans") < before + nr) {
		if (ksm_get("pages_scanned") != scanned) {
			scanned = ksm_get("pages_scanned");
			limit = lab_now_ns() + 300000000000u;
		} else if (lab_now_ns() > limit) {
			lab_die("ksmd stood still for 300 s");
		}
		usleep(2000);
	}
	ksm_set("run", 0);
}

void *lab_map(void *at, size_t length)
{
	char *p = mmap(at, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED)
		lab_die("mmap: %s", strerror(errno));
	if (madvise(p, length, MADV_NOHUGEPAGE) && errno != EINVAL)
		lab_die("MADV_NOHUGEPAGE: %s", strerror(errno));
	if (madvise(p, length, MADV_MERGEABLE))
		lab_die("MADV_MERGEABLE: %s", strerror(errno));
	return p;
}

/* A small generator: every page's words differ, so that a torn copy is seen too. */
static uint32_t next_word(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state;
}

void lab_fill(void *page, unsigned int seed)
{
	uint32_t state = seed * 2654435761u + 1, *word = page;

	for (size_t i = 0; i < PAGE / sizeof(*word); i++)
		word[i] = next_word(&state);
}

bool lab_same(const void *page, unsigned int seed)
{
	uint32_t state = seed * 2654435761u + 1;
	const volatile uint32_t *word = page;

	for (size_t i = 0; i < PAGE / sizeof(*word); i++)
		if (word[i] != next_word(&state))
			return false;
	return true;
}

static uint64_t read_u64(const char *path, uint64_t index)
{
	int fd = open(path, O_RDONLY);
	uint64_t value;

	if (fd < 0 || pread(fd, &value, sizeof(value), (off_t)(index * sizeof(value))) != sizeof(value))
		lab_die("cannot read entry %llu of %s", (unsigned long long)index, path);
	close(fd);
	return value;
}

uint64_t lab_pfn(pid_t pid, const void *addr)
{
	char path[64] = "/proc/self/pagemap";
	uint64_t entry;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	if (access(path, R_OK))
		return 0; /* gone */
	entry = read_u64(path, (uintptr_t)addr / PAGE);
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

uint64_t lab_page_flags(uint64_t pfn)
{
	return read_u64("/proc/kpageflags", pfn);
}

uint64_t lab_page_count(uint64_t pfn)
{
	return read_u64("/proc/kpagecount", pfn);
}

long lab_smaps_kb(pid_t pid, const void *addr, const char *what)
{
	char path[64] = "/proc/self/smaps", line[256], field[32];
	unsigned long start, end, kb;
	bool here = false;
	long found = -1;
	FILE *f;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "r");
	while (f && found < 0 && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			here = (uintptr_t)addr >= start && (uintptr_t)addr < end;
		else if (here && sscanf(line, "%31[^:]: %lu kB", field, &kb) == 2 && !strcmp(field, what))
			found = (long)kb;
	}
	if (f)
		fclose(f);
	return found;
}

int lab_move(void *addr, int nid)
{
	int status = -ENOENT;

	/* MPOL_MF_MOVE_ALL: pages of several processes too */
	if (syscall(SYS_move_pages, 0, 1UL, &addr, &nid, &status, 4))
		return -errno;
	return status;
}

void lab_bind(int nid)
{
	unsigned long nodes = 1UL << (nid < 0 ? 0 : nid);

	/* MPOL_BIND 2, MPOL_DEFAULT 0 */
	if (syscall(SYS_set_mempolicy, nid < 0 ? 0 : 2, nid < 0 ? NULL : &nodes, nid < 0 ? 0UL : 64UL))
		lab_die("set_mempolicy: %s", strerror(errno));
}

void lab_early_kill(void)
{
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0))
		lab_die("PR_MCE_KILL: %s", strerror(errno));
}
