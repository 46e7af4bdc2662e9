// SPDX-License-Identifier: GPL-2.0-only
/*
 * cost: times what the series' hooks are in, with all events off; runs on any kernel.
 *
 * VMA splits and merges (anon_vma trees), forks, ksmd merging 20,000 pages, and migrations of a page
 * with 100 sharers among 2,000 VMAs.  Prints one line for each on the console; cost.sh compares kernels.
 * ksmd's time is what it has run, from its schedstat: by the clock it also waits for other CPUs.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *what, uint64_t ns)
{
	printf("cost: %s %llu\n", what, (unsigned long long)ns);
}

/* /proc/PID/FILE of ksmd, opened */
static FILE *ksmd_file(const char *file)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[64], comm[32];

	while (proc && (entry = readdir(proc))) {
		FILE *f;

		if (!atoi(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (!fgets(comm, sizeof(comm), f))
			*comm = 0;
		fclose(f);
		if (strcmp(comm, "ksmd\n"))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/%.20s", entry->d_name, file);
		closedir(proc);
		return fopen(path, "r");
	}
	lab_die("there is no ksmd");
}

static uint64_t ksmd_ran_ns(void)
{
	FILE *f = ksmd_file("schedstat");
	unsigned long long ns;

	if (!f || fscanf(f, "%llu", &ns) != 1)
		lab_die("ksmd has no schedstat: the kernel wants CONFIG_SCHEDSTATS");
	fclose(f);
	return ns;
}

/*
 * 20,000 pages merge, six times.  How far ksmd is when it is stopped differs by up to a scan, hence for
 * each thousand pages that it looked at.
 */
static void time_ksmd(void)
{
	const unsigned int nr = 20000;
	uint64_t ran = 0, scanned = 0;

	ksm_set("pages_to_scan", 100000);
	ksm_set("sleep_millisecs", 0);
	for (int round = 0; round < 6; round++) {
		char *p = lab_map(NULL, nr * PAGE);

		for (unsigned int i = 0; i < nr; i++)
			*(unsigned int *)(p + i * PAGE) = i % 500 + 1;
		ran -= ksmd_ran_ns();
		scanned -= (uint64_t)ksm_get("pages_scanned");
		ksm_scan(4);
		ran += ksmd_ran_ns();
		scanned += (uint64_t)ksm_get("pages_scanned");
		munmap(p, nr * PAGE);
	}
	say("ksmd-1000-pages", ran * 1000 / scanned);
}

int main(void)
{
	const int nr = 2000;
	uint64_t began;
	char *p;

	lab_init("cost");
	if (lab_has("walk_rule"))
		lab_switch("walk_rule", "whole"); /* what the stock kernel does */
	p = lab_map(NULL, 2 * nr * PAGE);
	for (int i = 0; i < 100; i++)
		lab_fill(p + i * 40 * PAGE, 1);
	began = lab_now_ns();
	for (int round = 0; round < 10; round++) {
		for (int i = 1; i < 2 * nr; i += 2)
			mprotect(p + i * PAGE, PAGE, PROT_READ);
		mprotect(p, 2 * nr * PAGE, PROT_READ | PROT_WRITE);
	}
	say("vma-splits", lab_now_ns() - began);
	for (int i = 1; i < 2 * nr; i += 2)
		mprotect(p + i * PAGE, PAGE, PROT_READ);
	ksm_scan(3);
	if (lab_page_count(lab_pfn(0, p)) != 100)
		lab_die("not merged");
	lab_move(p, 1);
	began = lab_now_ns();
	for (int round = 0; round < 6; round++)
		if (lab_move(p, round % 2) != round % 2)
			lab_die("not moved");
	say("migrations", lab_now_ns() - began);
	munmap(p, 2 * nr * PAGE);
	began = lab_now_ns();
	for (int i = 0; i < 1000; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	say("forks", lab_now_ns() - began);
	time_ksmd();
	return 0;
}
