// SPDX-License-Identifier: GPL-2.0-only
/*
 * collapse-poison: khugepaged copies 512 pages into a huge one, and one copy fails.
 *
 * Provokes: a page that was not flagged before turns out to be bad while it is copied; khugepaged rolls
 * back, and nobody dies then; the failing copy has queued the page for memory failure, and whoever
 * touches it later gets SIGBUS, with all other pages intact.  Variants: anon, shmem.
 *
 * Judged by: page flags, SIGBUS at a touch and not before, contents, and khugepaged's own counters.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR	512
#define THP	"/sys/kernel/mm/transparent_hugepage/"
#define BAD	100	/* the copy that fails */

static char *const place = (char *)0x200000000000;
static int fd = -1;

static char obey(struct worker *self, char command)
{
	static int next;

	(void)self;
	switch (command) {
	case 'm':
		if (!strcmp(lab_variant(), "shmem")) {
			fd = memfd_create("shmem", 0);
			if (fd < 0 || ftruncate(fd, NR * PAGE))
				return 'n';
		}
		if (mmap(place, NR * PAGE, PROT_READ | PROT_WRITE,
			 (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_FIXED, fd, 0) != place)
			return 'n';
		madvise(place, NR * PAGE, MADV_NOHUGEPAGE);
		for (unsigned int i = 0; i < NR; i++)
			lab_fill(place + i * PAGE, i);
		return 'y';
	case 'h':
		return madvise(place, NR * PAGE, MADV_HUGEPAGE) ? 'n' : 'y';
	case 'r':	/* back to the first page, for 'n' */
		next = 0;
		return 'y';
	case 'n': {	/* the next page: SIGBUS is answered for us */
		unsigned int i = (unsigned int)next++;

		return lab_same(place + i * PAGE, i) ? 'y' : 'n';
	}
	}
	return '?';
}

int main(void)
{
	struct worker w;
	int nr_ok = 0, nr_bus = 0, bad = -1;
	uint64_t limit, pfn[NR];
	const char *variant = lab_variant();

	lab_init("collapse-poison");
	lab_write(THP "enabled", "madvise");
	if (!strcmp(variant, "shmem"))
		lab_write(THP "shmem_enabled", "advise");
	lab_write(THP "khugepaged/scan_sleep_millisecs", "100000");
	lab_write(THP "khugepaged/pages_to_scan", "4096");
	worker_start(&w, "mapper", obey);
	if (worker_tell(&w, 'm') != 'y')
		lab_die("no memory");
	for (int i = 0; i < NR; i++)
		pfn[i] = lab_pfn(w.pid, place + i * PAGE);
	lab_record_start();
	lab_switch("lab/fail_collapse_copy", "100");
	if (worker_tell(&w, 'h') != 'y')
		lab_die("MADV_HUGEPAGE failed");
	lab_write(THP "khugepaged/scan_sleep_millisecs", "10");
	limit = lab_now_ns() + 20000000000u;
	while (bad < 0 && lab_now_ns() < limit) {
		for (int i = 0; i < NR && bad < 0; i++)
			if (pfn[i] && (lab_page_flags(pfn[i]) & KPF_HWPOISON))
				bad = i;
		usleep(1000);
	}
	lab_write(THP "khugepaged/scan_sleep_millisecs", "100000");
	worker_tell(&w, 'r');
	truth_note("bad page is number %d; SIGBUS before any touch: %u", bad, w.nr_sigbus);
	if (bad < 0 || w.nr_sigbus)
		truth_end(&w, 1, false, bad < 0 ? "no copy failed" : "SIGBUS without a touch");
	for (int i = 0; i < NR; i++) {
		char said = worker_tell(&w, 'n');

		nr_ok += said == 'y';
		nr_bus += said == 'B';
	}
	lab_record_stop();
	truth_note("%d pages intact, %d gave SIGBUS", nr_ok, nr_bus);
	truth_end(&w, 1, bad == BAD - 1 && nr_ok == NR - 1 && nr_bus == 1, "bad %d, %d intact, %d SIGBUS", bad, nr_ok, nr_bus);
}
