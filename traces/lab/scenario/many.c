// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison-search, big: what recovery and a state dump cost when KSM has merged a great deal.
 *
 * poison-search provokes: 17,161 or 200,000 stable nodes and ksmd at full speed, one chain among them
 * whose first page fails; recovery finds the chain through the dup's pointer, or by a search of the
 * trees with scheduling points (search) or without (posted).  Variants: 17161, 17161-search,
 * 17161-posted, each in a recording of its own, the last one by trace-cmd; 200000 does all three in turn.
 * big provokes: a merge storm at full speed up to 1,000,000 rmap_items (or as many as its variant says), dumped before,
 * within and after.
 *
 * Judged by: KSM's counters, SIGBUS, contents; for big the dump file's own count of records.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR	8
#define SEED	4713

static char *const pages = (char *)0x200000000000;
static unsigned int nr_pages = 1;

/* Sorts behind all others, so that a search of the tree in order finds it last */
static void fill_last(unsigned char *to, unsigned int i)
{
	lab_fill(to, SEED);
	memset(to, 0xff, 16);
	to[15] = (unsigned char)(0xff - i);
}

static char obey(struct worker *self, char command)
{
	static unsigned char same[PAGE];

	(void)self;
	switch (command) {
	case 'm':
		lab_map(pages, nr_pages * PAGE);
		for (unsigned int i = 0; i < nr_pages; i++)
			fill_last((unsigned char *)pages + i * PAGE, i);
		return 'y';
	case 'c':
		for (unsigned int i = 0; i < nr_pages; i++) {
			fill_last(same, i);
			if (memcmp(pages + i * PAGE, same, PAGE))
				return 'n';
		}
		return 'y';
	}
	return '?';
}

/* nr contents, twice each; the number in front decides the order, the rest is zero */
static void merge_pairs(unsigned long nr)
{
	const unsigned long batch = nr > 20000 ? 50000 : 20000;

	for (unsigned long done = 0; done < nr; done += batch) {
		unsigned long n = nr - done < batch ? nr - done : batch;
		unsigned long *p = lab_map(NULL, 2 * n * PAGE);

		for (unsigned long i = 0; i < 2 * n; i++)
			p[i * PAGE / sizeof(*p)] = (done + i / 2 + 1) * 0x9e3779b97f4a7c15;
		ksm_scan(2);
	}
	ksm_scan(1);
}

/* Makes a page fail that eight processes map, four of them with its dup */
static uint64_t inject(struct worker *w, unsigned int i, const char *how)
{
	char *page = pages + i * PAGE;
	uint64_t victim = lab_pfn(w[0].pid, page), began;

	if (lab_page_count(victim) < 2) /* each wrote its own */
		truth_end(w, NR, false, "page %u was not merged", i);
	lab_switch("lab/search_tree", strstr(how, "search") ? "1" : strstr(how, "posted") ? "2" : "0");
	truth_mapping(w[0].pid, page, "before");
	began = lab_now_ns();
	lab_write("/sys/kernel/debug/hwpoison/corrupt-pfn", "%llu", (unsigned long long)victim);
	truth_note("%s: the failure took %.3f ms", how, (double)(lab_now_ns() - began) / 1e6);
	truth_mapping(w[0].pid, page, "after");
	return victim;
}

static void poison_search(const char *variant)
{
	unsigned long nr = strtoul(variant, NULL, 10);
	bool all = !strchr(variant, '-') && nr > 100000;
	static const char *const ways[] = { "pointer", "search", "posted" };
	struct worker w[NR];
	uint64_t victims[3] = { 0 };
	int nr_bus = 0, nr_hurt = 0, nr_poisoned = 0;

	nr_pages = all ? 3 : 1;
	ksm_set("run", 2);
	ksm_set("max_page_sharing", 4);
	ksm_set("run", 0);
	ksm_set("pages_to_scan", 100000);
	for (int i = 0; i < NR; i++) {
		worker_start(&w[i], "sharer", obey);
		if (worker_tell(&w[i], 'm') != 'y')
			lab_die("no memory");
	}
	merge_pairs(nr);
	if ((unsigned long)ksm_get("pages_shared") < nr || ksm_get("stable_node_chains") < (long)nr_pages)
		truth_end(w, NR, false, "%ld pages shared, %ld chains", ksm_get("pages_shared"), ksm_get("stable_node_chains"));
	truth_note("%ld stable nodes", ksm_get("pages_shared"));
	lab_switch("recover", "1");
	if (strstr(variant, "posted"))
		setenv("LAB_RECORDER", "trace-cmd", 1);
	lab_record_start();
	ksm_set("run", 1);	/* ksmd has the mutex most of the time */
	ksm_set("sleep_millisecs", 0);
	for (unsigned int i = 0; i < nr_pages; i++)
		victims[i] = inject(w, i, all ? ways[i] : strchr(variant, '-') ? variant : "pointer");
	for (int i = 0; i < NR; i++) {
		worker_check(&w[i]);
		nr_bus += w[i].nr_sigbus;
		nr_hurt += !w[i].contents_ok;
	}
	ksm_set("run", 0);
	if (strchr(variant, '-'))
		lab_record_stop_without_dump();	/* one dump is enough to make it large */
	else
		lab_record_stop();
	for (unsigned int i = 0; i < nr_pages; i++)
		nr_poisoned += !!(lab_page_flags(victims[i]) & KPF_HWPOISON);
	truth_end(w, NR, !nr_bus && !nr_hurt && nr_poisoned == (int)nr_pages, "%d SIGBUS, %d hurt, %d poisoned", nr_bus,
		  nr_hurt, nr_poisoned);
}

static void big(unsigned long nr)
{
	unsigned long *p;
	long records;

	ksm_set("pages_to_scan", 100000);
	ksm_set("sleep_millisecs", 0);
	lab_record_start();
	p = lab_map(NULL, nr * PAGE);
	for (unsigned long part = 0; part < 10; part++) {
		for (unsigned long i = part * nr / 10; i < (part + 1) * nr / 10; i++)
			p[i * PAGE / sizeof(*p)] = i % 1000 + 1;
		ksm_scan(2);
		if (part == 4)
			lab_dump();
	}
	ksm_scan(2);
	lab_record_stop();
	records = lab_dump_records();
	truth_note("%ld records in the last dump", records);
	/* 1,000 contents, and of each a stable node for every 256 pages */
	truth_end(NULL, 0, records > (long)nr && ksm_get("pages_sharing") > (long)(nr - nr / 100 - 1000),
		  "%ld records, %ld sharing", records, ksm_get("pages_sharing"));
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

	(void)argc;
	lab_init(name);
	if (!strcmp(name, "big"))
		big(*lab_variant() ? strtoul(lab_variant(), NULL, 10) : 1000000);
	poison_search(*lab_variant() ? lab_variant() : "17161");
}
