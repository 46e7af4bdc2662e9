// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale: a KSM page that no rmap_item leads to, and rmap_items that lead to no page.
 *
 * Provokes: a process with a merged page forks; the parent writes to one such page and unmaps another;
 * ksmd scans the parent only and takes its items away; the child still maps the pages, and no walk
 * can find that: a migration fails.  After a full scan the child has items of its own, and it succeeds.
 *
 * Judged by: what move_pages says before and after the scan, and pagemap.
 */
#include "lab.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static char *const place = (char *)0x200000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':
		lab_bind(0);
		lab_map(place, 4 * PAGE);
		for (int i = 0; i < 4; i++)
			lab_fill(place + i * PAGE, 1 + (unsigned int)i / 2);
		return 'y';
	case 'w':	/* write to both of the first kind, unmap both of the second */
		place[0]++;
		place[PAGE]++;
		munmap(place + 2 * PAGE, 2 * PAGE);
		return 'y';
	case '1':
		return lab_move(place + 2 * PAGE, 1) == 1 ? 'y' : 'n';
	case 'c':
		return lab_same(place, 1) && lab_same(place + 2 * PAGE, 2) ? 'y' : 'n';
	}
	return '?';
}

static long merging(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ksm_merging_pages", pid);
	return lab_read(path);
}

int main(void)
{
	struct worker w[2];
	uint64_t limit;
	bool before, after;
	long items;

	lab_init("stale");
	worker_start(&w[0], "parent", obey);
	if (worker_tell(&w[0], 'm') != 'y')
		lab_die("no pages");
	ksm_scan(3);
	lab_record_start();
	worker_fork(&w[0], &w[1], "child");
	truth_mapping(w[1].pid, place + 2 * PAGE, "forked");
	worker_tell(&w[0], 'w');

	/*
	 * One page at a time, so that ksmd can be stopped between the parent and the child.  The step that
	 * leaves the parent also takes the child's first page, so it is the third that has no item.
	 */
	ksm_set("pages_to_scan", 1);
	ksm_set("sleep_millisecs", 100);
	ksm_set("run", 1);
	limit = lab_now_ns() + 20000000000u;
	while ((items = merging(w[0].pid)) > 0 && lab_now_ns() < limit)
		usleep(1000);
	ksm_set("run", 0);
	truth_note("parent has %ld items left, child %ld", items, merging(w[1].pid));
	lab_dump();
	if (items || merging(w[1].pid) > 2)
		truth_end(w, 2, false, "ksmd was not stopped between parent and child");

	before = worker_tell(&w[1], '1') == 'y';
	truth_mapping(w[1].pid, place + 2 * PAGE, "after the first migration");
	ksm_set("pages_to_scan", 5000);
	ksm_scan(2);
	after = worker_tell(&w[1], '1') == 'y';
	truth_mapping(w[1].pid, place + 2 * PAGE, "after the second migration");
	lab_record_stop();
	worker_check(&w[1]);
	truth_end(w, 2, !before && after && w[1].contents_ok, "migration before the scan %d, after it %d", before, after);
}
