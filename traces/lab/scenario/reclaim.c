// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk-reclaim, poison-swap: KSM pages are swapped out, which needs unmap walks.
 *
 * walk-reclaim provokes: memory.reclaim on the cgroup of four processes that share some KSM pages, with
 * swap on a virtio disk: reclaim asks for references, then unmaps every sharer and writes the page out;
 * afterwards the processes read their pages back.
 * poison-swap provokes: memory failure of a KSM page that is in the swap cache: the disk is slow, and
 * while the page is being written one of its four sharers maps it again; the others have swap entries,
 * which recovery cannot move.
 *
 * Judged by: pagemap (no pfn: swapped out), contents read back; kpageflags of the failing page (in the
 * swap cache at the time), and that nobody who mapped the page lost it.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#define NR_PAGES	8
#define CGROUP		"/tmp/cgroup"

static char *const place = (char *)0x200000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'a':
		munmap(place, NR_PAGES * PAGE);
		/* fall through */
	case 'm':
		lab_map(place, NR_PAGES * PAGE);
		for (unsigned int i = 0; i < NR_PAGES; i++)
			lab_fill(place + i * PAGE, i);
		return 'y';
	case '1':	/* looks at the first only */
		return lab_same(place, 0) ? 'y' : 'n';
	case 'c':
		for (unsigned int i = 0; i < NR_PAGES; i++)
			if (!lab_same(place + i * PAGE, i))
				return 'n';
		return 'y';
	}
	return '?';
}

/* mkswap: version, last page, and the magic at the end of the first page */
static void make_swap(const char *disk, unsigned int nr_pages)
{
	static char header[PAGE];
	unsigned int words[2] = { 1, nr_pages - 1 };
	int fd = open(disk, O_WRONLY);

	memcpy(header + 1024, words, sizeof(words));
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	if (fd < 0 || write(fd, header, PAGE) != (ssize_t)PAGE || fsync(fd))
		lab_die("cannot make swap space on %s", disk);
	close(fd);
	if (swapon(disk, 0))
		lab_die("swapon failed");
}

static int nr_out(struct worker *w, int nr)
{
	int out = 0;

	for (int i = 0; i < nr; i++)
		for (int j = 0; j < NR_PAGES; j++)
			out += !lab_pfn(w[i].pid, place + j * PAGE);
	return out;
}

static void make_cgroup(void)
{
	make_swap("/dev/vda", 512 * 1024 / 4);
	mkdir(CGROUP, 0755);
	if (mount("cgroup", CGROUP, "cgroup2", 0, NULL))
		lab_die("no cgroup2");
	lab_write(CGROUP "/cgroup.subtree_control", "+memory");
	mkdir(CGROUP "/lab", 0755);
}

static void start(struct worker *w, int nr, int nr_inside)
{
	for (int i = 0; i < nr; i++) {
		worker_start(&w[i], i < nr_inside ? "sharer in the cgroup" : "sharer", obey);
		if (i < nr_inside)
			lab_write(CGROUP "/lab/cgroup.procs", "%d", w[i].pid);
		if (worker_tell(&w[i], 'm') != 'y')
			lab_die("no memory");
	}
}

static void walk_reclaim(void)
{
	struct worker w[4];
	int out;
	uint64_t limit;

	start(w, 4, 4);
	ksm_scan(3);
	if (lab_page_count(lab_pfn(w[0].pid, place)) != 4)
		truth_end(w, 4, false, "not merged");
	truth_mapping(w[0].pid, place, "merged");
	lab_record_start();
	limit = lab_now_ns() + 60000000000u;
	do {
		lab_try_write(CGROUP "/lab/memory.reclaim", "4M");
		out = nr_out(w, 4);
	} while (out < 4 * NR_PAGES / 2 && lab_now_ns() < limit);
	truth_mapping(w[0].pid, place, "swapped out");
	for (int i = 0; i < 4; i++)
		worker_check(&w[i]);
	ksm_scan(3);
	lab_record_stop();
	truth_note("%d of %d mappings were swapped out", out, 4 * NR_PAGES);
	for (int i = 0; i < 4; i++)
		if (!w[i].contents_ok)
			truth_end(w, 4, false, "contents lost");
	truth_end(w, 4, out >= 4 * NR_PAGES / 2, "only %d mappings swapped out", out);
}

/* The first page is unmapped and on its way to the disk; then worker 0 maps it again. */
static bool caught_in_swap_cache(struct worker *w, uint64_t victim)
{
	uint64_t limit = lab_now_ns() + 30000000000u;
	pid_t reclaim = fork();

	if (!reclaim) {
		for (;;)
			lab_try_write(CGROUP "/lab/memory.reclaim", "64K");
	}
	while (lab_pfn(w[0].pid, place) && lab_now_ns() < limit)
		;
	kill(reclaim, SIGKILL);
	worker_tell(&w[0], '1');
	waitpid(reclaim, NULL, 0);
	/* No page of another kind at that pfn: all that it maps are KSM pages */
	return lab_pfn(w[0].pid, place) == victim && (lab_page_flags(victim) & KPF_SWAPCACHE) &&
	       lab_smaps_kb(w[0].pid, place, "KSM") == (NR_PAGES - nr_out(w, 1)) * (long)PAGE / 1024;
}

/* Sharers 0 to 3 get the page that is to fail, 4 to 7 its dup; returns the pfn of the first */
static uint64_t merge(struct worker *w)
{
	uint64_t pfn;

	ksm_scan(4);
	pfn = lab_pfn(w[0].pid, place);
	if (!pfn || lab_page_count(pfn) != 4 || !lab_pfn(w[7].pid, place) || lab_pfn(w[7].pid, place) == pfn)
		truth_end(w, 8, false, "not merged into two pages");
	return pfn;
}

/* A KSM page is charged where the page came from, so reclaim of the cgroup takes only that of 0 to 3. */
static void poison_swap(void)
{
	struct worker w[8];
	uint64_t victim;
	int nr_bus = 0, nr_intact = 0, tries = 1;
	bool caught;

	ksm_set("run", 2);
	ksm_set("max_page_sharing", 4);
	ksm_set("run", 0);
	start(w, 8, 4);
	victim = merge(w);
	lab_record_start();
	/* Where the disk was faster, all map the page anew */
	while (!(caught = caught_in_swap_cache(w, victim)) && tries++ < 10) {
		for (int i = 0; i < 8; i++)
			if (worker_tell(&w[i], 'a') != 'y')
				lab_die("no memory");
		victim = merge(w);
	}
	for (int i = 0; i < 4; i++)
		truth_mapping(w[i].pid, place, "in the swap cache");
	if (caught)
		lab_write("/sys/kernel/debug/hwpoison/corrupt-pfn", "%llu", (unsigned long long)victim);
	for (int i = 0; i < 8; i++)
		worker_check(&w[i]);
	ksm_scan(2);
	lab_record_stop();
	for (int i = 0; i < 8; i++) {
		truth_mapping(w[i].pid, place, "after");
		nr_bus += w[i].nr_sigbus > 0;
		nr_intact += w[i].contents_ok;
	}
	truth_note("caught at try %d; %d of 8 got SIGBUS, %d have their contents", tries, nr_bus, nr_intact);
	if (!caught)
		truth_end(w, 8, false, "the page was not caught in the swap cache");
	truth_end(w, 8, w[0].contents_ok && nr_bus + nr_intact == 8 && (lab_page_flags(victim) & KPF_HWPOISON),
		  "the sharer that mapped the page lost it, or nothing was poisoned");
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	(void)argc;
	lab_init(name);
	make_cgroup();
	if (!strcmp(name, "poison-swap"))
		poison_swap();
	walk_reclaim();
}
