// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk-reclaim: a KSM page is swapped out, which needs an unmap walk.
 *
 * Provokes: memory.reclaim on the cgroup of four processes that share some KSM pages, with swap on a
 * virtio disk: reclaim asks for references, then unmaps every sharer and writes the page out; afterwards
 * the processes read their pages back.
 *
 * Judged by: pagemap (no pfn: swapped out), swap in use, contents read back.
 */
#include "lab.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>
#include <fcntl.h>

#define NR_PAGES	8
#define CGROUP		"/tmp/cgroup"

static char *const place = (char *)0x200000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':
		lab_map(place, NR_PAGES * PAGE);
		for (unsigned int i = 0; i < NR_PAGES; i++)
			lab_fill(place + i * PAGE, i);
		return 'y';
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

int main(void)
{
	struct worker w[4];
	int out;
	uint64_t limit;

	lab_init("walk-reclaim");
	make_swap("/dev/vda", 512 * 1024 / 4);
	mkdir(CGROUP, 0755);
	if (mount("cgroup", CGROUP, "cgroup2", 0, NULL))
		lab_die("no cgroup2");
	lab_write(CGROUP "/cgroup.subtree_control", "+memory");
	mkdir(CGROUP "/lab", 0755);
	for (int i = 0; i < 4; i++) {
		worker_start(&w[i], "sharer", obey);
		lab_write(CGROUP "/lab/cgroup.procs", "%d", w[i].pid);
		if (worker_tell(&w[i], 'm') != 'y')
			lab_die("no memory");
	}
	ksm_scan(3);
	if (lab_page_count(lab_pfn(w[0].pid, place)) != 4)
		truth_end(w, 4, false, "not merged");
	truth_mapping(w[0].pid, place, "merged");
	lab_record_start();
	limit = lab_now_ns() + 10000000000u;
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
