// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison-kill, -recover, -fork, -no-dup, -copy-fails, -alloc-fails: memory failure of a KSM page that
 * eight processes share with its dup, told apart by the name that the program is started under.
 *
 * Provokes: the kill list and the kill, early (every other process) and late; recovery by a fresh copy
 * of the dup; a child that no rmap_item knows moved as well; no chain to recover from; the copy failing,
 * so that the dup fails too; no memory for a fresh page, so that the dup itself is mapped; and, in
 * poison-recover, a soft offline, which hurts nobody.
 *
 * Judged by: SIGBUS received, contents read back, which pfn each process maps before and after.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define NR	8
#define SEED	4711

static char *const page = (char *)0x200000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':
		lab_map(page, PAGE);
		lab_fill(page, SEED);
		return 'y';
	case 'e':
		lab_early_kill();
		return 'y';
	case 'c':
		return lab_same(page, SEED) ? 'y' : 'n';
	case 's':	/* EBUSY: somebody looked at the page just then */
		for (int i = 0; i < 100; i++) {
			if (!madvise(page, PAGE, MADV_SOFT_OFFLINE))
				return 'y';
			if (errno != EBUSY)
				return 'n';
			usleep(1000);
		}
		return 'n';
	}
	return '?';
}

static void map_all(struct worker *w, const char *when)
{
	for (int i = 0; i < NR; i++)
		truth_mapping(w[i].pid, page, when);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	bool kill = !strcmp(name, "poison-kill"), with_fork = !strcmp(name, "poison-fork");
	bool no_dup = !strcmp(name, "poison-no-dup"), copy_fails = !strcmp(name, "poison-copy-fails");
	bool alloc_fails = !strcmp(name, "poison-alloc-fails");
	bool dies = kill || no_dup || copy_fails;
	struct worker w[NR + 1];
	uint64_t victim, dup = 0, pfn[NR + 1];
	int nr = NR, nr_victims = 0, nr_bus = 0, nr_hurt = 0, nr_moved = 0;
	char text[32];

	(void)argc;
	lab_init(name);
	ksm_set("run", 2);
	ksm_set("max_page_sharing", no_dup ? 256 : 4);
	ksm_set("run", 0);
	for (int i = 0; i < NR; i++) {
		snprintf(text, sizeof(text), "%s %d", i % 2 ? "early" : "late", i);
		worker_start(&w[i], text, obey);
		if ((i % 2 && worker_tell(&w[i], 'e') != 'y') || worker_tell(&w[i], 'm') != 'y')
			lab_die("worker %d did not map its page", i);
	}
	ksm_scan(4);
	if (with_fork) {
		worker_fork(&w[0], &w[NR], "child that no item knows");
		nr++;
	}
	victim = lab_pfn(w[0].pid, page);
	for (int i = 0; i < nr; i++) {
		pfn[i] = lab_pfn(w[i].pid, page);
		nr_victims += pfn[i] == victim;
		if (pfn[i] != victim)
			dup = pfn[i];
	}
	if (!(lab_page_flags(victim) & KPF_KSM) || nr_victims < 3 || (!no_dup && !dup))
		truth_end(w, nr, false, "pages were not merged as wanted: %d on the first", nr_victims);
	if (lab_has("recover"))
		lab_switch("recover", kill ? "0" : "1");
	if (copy_fails)
		lab_switch("lab/fail_copy", "1");
	if (alloc_fails)
		lab_switch("lab/fail_alloc", "1");
	map_all(w, "before");

	lab_record_start();
	lab_write("/sys/kernel/debug/hwpoison/corrupt-pfn", "%llu", (unsigned long long)victim);
	usleep(500000); /* a failing copy queues the dup for its own memory failure */
	for (int i = 0; i < nr; i++)
		worker_check(&w[i]);
	if (!strcmp(name, "poison-recover") && worker_tell(&w[1], 's') != 'y')
		truth_note("soft offline was refused");
	for (int i = 0; i < nr; i++)
		worker_check(&w[i]);
	ksm_scan(2);
	lab_record_stop();

	map_all(w, "after");
	for (int i = 0; i < nr; i++) {
		uint64_t now = lab_pfn(w[i].pid, page);

		nr_bus += w[i].nr_sigbus > 0;
		nr_hurt += !w[i].contents_ok;
		nr_moved += pfn[i] == victim && now && now != victim && (!alloc_fails || now == dup);
	}
	truth_note("victim 0x%llx, mapped by %d; %d got SIGBUS, %d lost their contents, %d were moved",
		   (unsigned long long)victim, nr_victims, nr_bus, nr_hurt, nr_moved);
	if (!(lab_page_flags(victim) & KPF_HWPOISON))
		truth_end(w, nr, false, "the page was not poisoned");
	if (copy_fails)
		truth_end(w, nr, nr_bus == nr, "%d of %d got SIGBUS", nr_bus, nr);
	truth_end(w, nr, dies ? nr_bus == nr_victims && nr_hurt == nr_victims : !nr_bus && !nr_hurt && nr_moved == nr_victims,
		  "%d got SIGBUS, %d lost contents, %d of %d moved", nr_bus, nr_hurt, nr_moved, nr_victims);
}
