// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk-20k, walk-mremap, walk-fork: a KSM page is migrated, and every mapping of it must be found.
 *
 * walk-20k provokes: some 20,000 VMAs on one anon_vma, made by mprotect without a fork, 2 or 200 of
 * them mapping the same KSM page, which then moves to the other node and back; meanwhile a thread
 * faults and mprotects in the same anon_vma, and waits for its lock.  Variants: 2-whole, 2-linear,
 * 200-whole, 200-linear, long (2 sharers, each hold of the lock made 20 ms longer).
 * walk-mremap: the page's VMA was moved before merging, so that its page offset is not its address.
 * walk-fork: the same with two children that ksmd has not met.  Variants of both: whole, address,
 * linear; by address a mapping is missed, and the page cannot move.
 *
 * Judged by: which pfn pagemap says that each process maps, and kpagecount of the old one.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR_VMAS	20000
#define SEED	4712

static char *region;		/* NR_VMAS + 1 VMAs of one page */
static volatile bool stop;
static unsigned long nr_changes;

/* Pages far from those that are shared: what they do takes the same anon_vma's lock, for writing */
static void *disturb(void *unused)
{
	char *page = region + (NR_VMAS - 11) * PAGE;

	(void)unused;
	for (unsigned long i = 0; !stop; i++) {
		if (mprotect(page, 2 * PAGE, i % 2 ? PROT_READ | PROT_WRITE : PROT_NONE))
			lab_die("mprotect failed");
		if (i % 2)
			((volatile char *)page)[i % PAGE]++;
		nr_changes++;
		usleep(100);
	}
	return NULL;
}

static void map_region(int nr_sharers)
{
	int step = NR_VMAS / 2 / nr_sharers * 2;

	region = mmap(NULL, (NR_VMAS + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (region == MAP_FAILED)
		lab_die("mmap failed");
	madvise(region, (NR_VMAS + 1) * PAGE, MADV_NOHUGEPAGE);
	for (int i = 0; i < nr_sharers; i++)
		lab_fill(region + i * step * PAGE, SEED);
	for (int i = 1; i < NR_VMAS; i += 2)
		if (mprotect(region + i * PAGE, PAGE, PROT_READ))
			lab_die("mprotect failed at VMA %d", i);
	for (int i = 0; i < nr_sharers; i++)
		if (madvise(region + i * step * PAGE, PAGE, MADV_MERGEABLE))
			lab_die("MADV_MERGEABLE failed");
}

static long nr_vmas(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	long nr = 0;

	for (int c; f && (c = fgetc(f)) != EOF;)
		nr += c == '\n';
	if (f)
		fclose(f);
	return nr;
}

static void walk_20k(const char *variant)
{
	int nr_sharers = atoi(variant) ? atoi(variant) : 2, moved = 0;
	const char *rule = strchr(variant, '-') ? strchr(variant, '-') + 1 : "whole";
	pthread_t thread;
	char text[160];
	uint64_t before, began;

	map_region(nr_sharers);
	ksm_scan(3);
	before = lab_pfn(0, region);
	if (lab_page_count(before) != (uint64_t)nr_sharers)
		truth_end(NULL, 0, false, "%llu of %d mappings merged", (unsigned long long)lab_page_count(before), nr_sharers);
	lab_switch("walk_rule", rule);
	if (!strcmp(variant, "long"))
		lab_switch("lab/slow_walk_us", "20000");
	truth_note("%ld VMAs, %d sharers", nr_vmas(), nr_sharers);
	truth_mapping(0, region, "before");
	lab_record_start();
	pthread_create(&thread, NULL, disturb, NULL);
	usleep(20000);
	for (int i = 1; i <= 2; i++) {
		began = lab_now_ns();
		moved += lab_move(region, i % 2) == i % 2;
		snprintf(text, sizeof(text), "\"move\": %d, \"move_pages_ns\": %llu, \"mappings\": %llu", i,
			 (unsigned long long)(lab_now_ns() - began),
			 (unsigned long long)lab_page_count(lab_pfn(0, region)));
		truth_walk(rule, text);
	}
	stop = true;
	pthread_join(thread, NULL);
	lab_record_stop();
	truth_mapping(0, region, "after");
	truth_note("the other thread changed its VMAs %lu times", nr_changes);
	truth_end(NULL, 0, moved == 2 && nr_changes > 2 && lab_page_count(lab_pfn(0, region)) == (uint64_t)nr_sharers,
		  "%d of 2 moves, %lu changes", moved, nr_changes);
}

/* ---- mremap and fork ---- */

static char *const old_place = (char *)0x300000000000, *const new_place = (char *)0x310000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':	/* a page in it, so that the VMA keeps its page offset when it moves */
		lab_map(old_place, 4 * PAGE);
		lab_fill(old_place, SEED);
		if (mremap(old_place, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, new_place) != new_place)
			return 'n';
		return 'y';
	case 'c':
		return lab_same(new_place, SEED) ? 'y' : 'n';
	}
	return '?';
}

static void walk_moved(const char *rule, bool with_fork)
{
	struct worker w[4];
	int nr = 2, left = 0, moved = 0, status;
	uint64_t before;
	char text[80];
	bool naive = !strcmp(rule, "address");

	worker_start(&w[0], "moved its VMA", obey);
	worker_start(&w[1], "moved its VMA", obey);
	if (worker_tell(&w[0], 'm') != 'y' || worker_tell(&w[1], 'm') != 'y')
		lab_die("mremap failed");
	/* This process has it too, where address and page offset agree, and can ask for the migration */
	lab_map(old_place, PAGE);
	lab_fill(old_place, SEED);
	ksm_scan(3);
	if (with_fork) {
		worker_fork(&w[0], &w[2], "child that ksmd has not met");
		worker_fork(&w[1], &w[3], "child that ksmd has not met");
		nr = 4;
	}
	before = lab_pfn(0, old_place);
	if (lab_page_count(before) != (uint64_t)nr + 1)
		truth_end(w, nr, false, "%llu mappings merged", (unsigned long long)lab_page_count(before));
	truth_mapping(0, old_place, "before");
	for (int i = 0; i < nr; i++)
		truth_mapping(w[i].pid, new_place, "before");
	lab_switch("walk_rule", rule);
	lab_switch("detail", "walk_vma 1");
	lab_record_start();
	status = lab_move(old_place, 1);
	lab_record_stop();
	lab_switch("walk_rule", "linear");
	for (int i = 0; i < nr; i++) {
		truth_mapping(w[i].pid, new_place, "after");
		left += lab_pfn(w[i].pid, new_place) == before;
		moved += lab_pfn(w[i].pid, new_place) != before;
		worker_check(&w[i]);
	}
	truth_mapping(0, old_place, "after");
	snprintf(text, sizeof(text), "\"status\": %d, \"left_on_old_pfn\": %d, \"moved\": %d", status, left, moved);
	truth_walk(rule, text);
	truth_end(w, nr, naive ? left == nr && status != 1 : moved == nr && status == 1,
		  "%d left, %d moved, status %d", left, moved, status);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *variant = lab_variant();

	(void)argc;
	lab_init(name);
	lab_bind(0);
	if (!strcmp(name, "walk-20k"))
		walk_20k(*variant ? variant : "200-linear");
	walk_moved(*variant ? variant : "linear", !strcmp(name, "walk-fork"));
}
