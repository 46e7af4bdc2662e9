// SPDX-License-Identifier: GPL-2.0-only
/*
 * reasons: the rarer reasons for which a page is not merged, each with one process to show it; lifecycle
 * has the everyday ones.
 *
 * Provokes: equal pages on another memory node (moved there while ksmd stands between them and theirs);
 * the lock of the equal KSM page held by a migration that an item's walk holds up; contents that change
 * between ksmd's comparison and the merge (a thread writes all the time); no memory for a stable node; two
 * equal pages within one huge page, which is split first; a forked child whose page is its parent's
 * page; pages never written; a VMA that nobody offered, and one of a kind that KSM refuses.
 *
 * Judged by: what ksm_merging_pages, kpageflags (locked), pagemap, smaps and the stock tracepoint of failed
 * merges say right when ksmd was stopped.  The notes say "ROLE: N pages REASON in FIRST-LAST at TIME", for ksmtop to be asked then.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KPF_LOCKED	(1ULL << 0)
#define MAP_DROPPABLE_	0x08	/* Linux 6.11 */
#define TRIES		5
#define HUGE_PAGES	512
#define TRACE		"/sys/kernel/tracing/instances/truth/"

enum { L = 1, C = 2, N = 500, HUGE_SEED = 2000 };	/* contents */

static char *const place = (char *)0x200000000000;	/* at the beginning of a huge page */
static char *const beside = (char *)0x210000000000;
static unsigned int round_of;				/* new contents for each try */
static volatile bool writing;
static bool moved;
static pthread_t thread;

/* Contents C but for the last word, which is that of C half of the time: for a few microseconds each */
static void *write_always(void *arg)
{
	volatile uint32_t *last = (uint32_t *)(place + 2 * PAGE) - 1;
	uint32_t state = 1, right = *last;

	(void)arg;
	while (writing) {
		*last = *last == right ? right + 1 : right;
		state = state * 1664525u + 1013904223u;
		for (volatile unsigned int i = 0; i < state >> 19; i++)
			;
	}
	return NULL;
}

static void *move_away(void *arg)
{
	(void)arg;
	moved = lab_move(place, 1) == 1;
	return NULL;
}

static char start_thread(void *(*run)(void *))
{
	writing = true;
	return pthread_create(&thread, NULL, run, NULL) ? 'n' : 'y';
}

static char join_thread(bool *result)
{
	writing = false;
	return pthread_join(thread, NULL) || !*result ? 'n' : 'y';
}

/* nr pages on node 0, with contents from `seed` on, again after `period` pages */
static char map(char *at, unsigned int nr, unsigned int seed, unsigned int period)
{
	munmap(at, nr * PAGE);
	lab_bind(0);
	lab_map(at, nr * PAGE);
	for (unsigned int i = 0; i < nr; i++)
		lab_fill(at + i * PAGE, seed + i % period);
	lab_bind(-1);
	return 'y';
}

/* Not offered to KSM, or refused by it; one page that is merges as a reason to be scanned */
static char map_beside(int flags)
{
	map(place, 1, (unsigned int)getpid() * 1000, 1);
	if (mmap(beside, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | flags, -1, 0) != beside)
		return 'n';
	for (unsigned int i = 0; i < 4; i++)
		lab_fill(beside + i * PAGE, L);
	return 'y';
}

static char map_huge(void)
{
	munmap(place, HUGE_PAGES * PAGE);
	lab_map(place, HUGE_PAGES * PAGE);
	if (madvise(place, HUGE_PAGES * PAGE, MADV_HUGEPAGE))
		return 'n';
	for (unsigned int i = 0; i < HUGE_PAGES; i++)
		lab_fill(place + i * PAGE, HUGE_SEED + round_of * HUGE_PAGES + (i > 1 ? i : 0));
	return 'y';
}

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'r':
		round_of++;
		return 'y';
	case 's':	/* two KSM pages: L and C */
		map(place, 2, L, 1);
		return map(place + 2 * PAGE, 2, C, 1);
	case 'a':	/* four contents, twice */
		return map(place, 8, 300 + 4 * round_of, 4);
	case 'A':
		for (unsigned int i = 0; i < 4; i++)
			if (lab_move(place + i * PAGE, 1) != 1)
				return 'n';
		return 'y';
	case 'm':
		return start_thread(move_away);
	case 'M':
		return join_thread(&moved);
	case 'l':
		return map(place, 2, L, 1);
	case 'c':
		map(place, 2, C, 1);
		return start_thread(write_always);
	case 'C':
		moved = true;
		return join_thread(&moved);
	case 'n':
		return map(place, 2, N + round_of, 1);
	case 'h':
		return map_huge();
	case 'u':
		return map(place, 2, 700, 2);
	case 'w':	/* eight pages, half of them never written */
		lab_map(place, 8 * PAGE);
		for (unsigned int i = 0; i < 4; i++)
			lab_fill(place + i * PAGE, 800 + i);
		return 'y';
	case 'k':
		return map_beside(MAP_PRIVATE);
	case 'd':
		return map_beside(MAP_DROPPABLE_);
	}
	return '?';
}

static void tell(struct worker *w, char command)
{
	if (worker_tell(w, command) != 'y')
		lab_die("%s did not do '%c'", w->role, command);
}

/* ksmd is stopped: now a question has one answer */
static void say(struct worker *w, unsigned int nr, const char *reason, const char *first, unsigned int nr_asked)
{
	truth_note("%s: %u pages %s in %p-%p at %llu", w->role, nr, reason, first, first + nr_asked * PAGE - 1,
		   (unsigned long long)lab_now_ns());
}

/* Its pages on KSM pages.  kpageflags of 6.12 says KSM of every anonymous page. */
static long merging(const struct worker *w)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ksm_merging_pages", w->pid);
	return lab_read(path);
}

/* With merge_across_nodes 0.  ksmd goes page by page, and is stopped behind the first four. */
static bool other_nid(struct worker *w)
{
	for (int i = 0; i < TRIES; i++) {
		uint64_t limit = lab_now_ns() + 60000000000u;
		long unshared;

		tell(w, 'r');
		tell(w, 'a');
		ksm_scan(1);
		ksm_set("pages_to_scan", 1);
		ksm_set("sleep_millisecs", 100);
		ksm_set("run", 1);
		while (ksm_get("pages_unshared") < 4 && lab_now_ns() < limit)
			usleep(1000);
		ksm_set("run", 0);
		unshared = ksm_get("pages_unshared");
		ksm_set("pages_to_scan", 5000);
		ksm_set("sleep_millisecs", 1000);
		if (unshared != 4 || worker_tell(w, 'A') != 'y')
			continue;
		truth_mapping(w->pid, place, "in the unstable tree, then moved to node 1");
		truth_mapping(w->pid, place + 4 * PAGE, "its equal on node 0");
		ksm_scan(1);
		if (merging(w))
			continue;
		say(w, 4, "other-nid", place + 4 * PAGE, 4);
		return true;
	}
	return false;
}

/* The page that the sharers have stays locked for as long as the first hold of the walk is made to last. */
static bool lock_held(struct worker *w, struct worker *sharers)
{
	uint64_t pfn = lab_pfn(sharers->pid, place), limit = lab_now_ns() + 60000000000u;
	bool before, after;

	tell(w, 'l');
	lab_switch("lab/slow_walk_us", "20000000");
	tell(sharers, 'm');
	while (!(before = lab_page_flags(pfn) & KPF_LOCKED) && lab_now_ns() < limit)
		usleep(1000);
	ksm_scan(2);
	after = (lab_page_flags(pfn) & KPF_LOCKED) && lab_pfn(sharers->pid, place) == pfn;
	if (before && after && !merging(w))
		say(w, 2, "lock", place, 2);
	else
		before = false;
	lab_switch("lab/slow_walk_us", "0");
	tell(sharers, 'M');
	ksm_scan(2);
	truth_note("merged when it was unlocked: %ld", merging(w));
	return before && merging(w) == 2;
}

/* ksm_merge_with_ksm_page with an error, as the stock kernel traces it */
static int nr_failed_merges(void)
{
	FILE *f = fopen(TRACE "trace", "r");
	char line[512];
	int nr = 0;

	while (f && fgets(line, sizeof(line), f))
		nr += strstr(line, "ksm_merge_with_ksm_page:") != NULL;
	if (f)
		fclose(f);
	return nr;
}

static bool changing(struct worker *w)
{
	int nr = 0;

	mkdir(TRACE, 0755);
	lab_write(TRACE "events/ksm/ksm_merge_with_ksm_page/filter", "err != 0");
	lab_write(TRACE "events/ksm/ksm_merge_with_ksm_page/enable", "1");
	tell(w, 'c');
	for (int i = 0; i < 1000 && !nr; i++) {
		ksm_scan(1);
		nr = nr_failed_merges();
	}
	tell(w, 'C');
	lab_write(TRACE "events/ksm/ksm_merge_with_ksm_page/enable", "0");
	truth_note("%s: merges failed %d times", w->role, nr);
	return nr > 0;
}

static bool no_memory(struct worker *w)
{
	for (int i = 0; i < TRIES; i++) {
		tell(w, 'r');
		tell(w, 'n');
		lab_switch("lab/fail_node", "1");
		for (int j = 0; j < 20 && lab_read("/sys/kernel/debug/ksmtop/lab/fail_node") > 0; j++)
			ksm_scan(1);
		if (lab_read("/sys/kernel/debug/ksmtop/lab/fail_node") == 0 && !merging(w)) {
			say(w, 2, "failure", place, 2);
			return true;
		}
	}
	return false;
}

/* Kilobytes of huge pages at `place` */
static long huge_kb(struct worker *w)
{
	return lab_smaps_kb(w->pid, place, "AnonHugePages");
}

static bool huge(struct worker *w)
{
	for (int i = 0; i < TRIES; i++) {
		tell(w, 'r');
		tell(w, 'h');
		if (huge_kb(w) != 2048)
			continue;
		for (int j = 0; j < 20 && huge_kb(w) == 2048; j++)
			ksm_scan(1);
		if (huge_kb(w) == 0 && !merging(w)) {
			say(w, 1, "failure", place, 2);
			return true;
		}
	}
	return false;
}

/* Whoever is met second is refused: the page in the unstable tree is its own. */
static bool forked(struct worker *parent, struct worker *child)
{
	tell(parent, 'u');
	worker_fork(parent, child, "forked child");
	ksm_scan(3);
	truth_mapping(parent->pid, place, "parent");
	truth_mapping(child->pid, place, "child");
	if (lab_pfn(parent->pid, place) != lab_pfn(child->pid, place) || merging(parent) || merging(child))
		return false;
	say(parent, 2, "unique or failure", place, 2);
	say(child, 2, "unique or failure", place, 2);
	return true;
}

static bool not_offered(struct worker *empty, struct worker *not_asked, struct worker *refused)
{
	unsigned int nr = 0;

	tell(empty, 'w');
	tell(not_asked, 'k');
	tell(refused, 'd');
	ksm_scan(3);
	for (unsigned int i = 0; i < 4; i++) {
		nr += lab_pfn(empty->pid, place + (4 + i) * PAGE) == 0;
		nr += lab_pfn(not_asked->pid, beside + i * PAGE) && lab_pfn(refused->pid, beside + i * PAGE);
	}
	say(empty, 4, "no-page", place, 8);
	say(empty, 4, "unique", place, 8);
	say(not_asked, 4, "not-asked", beside, 4);
	say(refused, 4, "wrong-kind", beside, 4);
	return nr == 8;
}

int main(void)
{
	static const char *const roles[] = { "equal elsewhere", "sharers", "locked out", "always written", "no memory",
					     "huge page", "empty pages", "not offered", "droppable", "parent" };
	enum { NID, SHARERS, LOCK, WRITTEN, MEMORY, HUGE, EMPTY, NOT_ASKED, REFUSED, PARENT, CHILD, NR_WORKERS };
	bool ok[7] = { false };
	struct worker w[NR_WORKERS];

	lab_init("reasons");
	ksm_set("run", 2);
	ksm_set("merge_across_nodes", 0);
	ksm_set("run", 0);
	lab_write("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	lab_switch("detail", "item_scan 1");
	lab_switch("walk_rule", "linear");
	for (int i = 0; i < CHILD; i++)
		worker_start(&w[i], roles[i], obey);
	lab_record_start();
	ok[0] = other_nid(&w[NID]);
	ksm_set("run", 2);
	ksm_set("merge_across_nodes", 1);
	ksm_set("run", 0);
	ksm_set("sleep_millisecs", 10);
	tell(&w[SHARERS], 's');
	ksm_scan(3);
	if (merging(&w[SHARERS]) != 4)
		lab_die("the sharers' pages were not merged");
	ok[1] = lock_held(&w[LOCK], &w[SHARERS]);
	ok[2] = changing(&w[WRITTEN]);
	ksm_set("sleep_millisecs", 1000);	/* one scan at a time, then ksmd stands */
	ok[3] = no_memory(&w[MEMORY]);
	ok[4] = huge(&w[HUGE]);
	ksm_set("sleep_millisecs", 10);
	ok[5] = not_offered(&w[EMPTY], &w[NOT_ASKED], &w[REFUSED]);
	lab_dump();
	ok[6] = forked(&w[PARENT], &w[CHILD]);
	truth_mapping(w[NID].pid, place, "in the end");
	truth_mapping(w[NID].pid, place + 4 * PAGE, "in the end");
	lab_record_stop();
	truth_end(w, NR_WORKERS, ok[0] && ok[1] && ok[2] && ok[3] && ok[4] && ok[5] && ok[6],
		  "other nid %d, lock %d, changing %d, no memory %d, huge page %d, not offered %d, forked %d", ok[0], ok[1],
		  ok[2], ok[3], ok[4], ok[5], ok[6]);
}
