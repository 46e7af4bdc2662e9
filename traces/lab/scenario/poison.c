// SPDX-License-Identifier: GPL-2.0-only
/*
 * poison-kill, -recover, -fork, -no-dup, -copy-fails, -alloc-fails, -busy, -dump: memory failure of a KSM
 * page that eight processes share with its dup, told apart by the name that the program is started under.
 *
 * Provokes: the kill list and the kill, early (every other process) and late; recovery by a fresh copy
 * of the dup; a child that no rmap_item knows moved as well; no chain to recover from; the copy failing,
 * so that the dup fails too; no memory for a fresh page, so that the dup itself is mapped; in
 * poison-recover a soft offline, which hurts nobody; somebody holding ksm_thread_mutex for longer than
 * recovery waits (busy); a state dump that takes too long, and one that gives way to recovery (dump).
 *
 * Judged by: SIGBUS received, contents read back, which pfn each process maps before and after, what the
 * dump's write returned, how long the failure took.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define NR	8
#define SEED	4711
#define DUMP	"/sys/kernel/debug/ksmtop/dump"
#define SLOW	"1 100000"	/* 0.1 s a record: takes longer than the 20 s that a dump has */

static char *const page = (char *)0x200000000000;
static unsigned int nr_own;	/* pages that nobody shares: records for the dump that takes too long */

struct poisoning {
	const char *name;
	struct worker w[NR + 1];
	int nr;
	uint64_t victim, dup;
	uint64_t pfn[NR + 1];	/* before */
	int nr_victims, nr_bus, nr_hurt, nr_moved;
	uint64_t took_ns;
	int dump_errors[2];	/* of the dump that takes too long, of the one that gives way */
};

static bool is(const struct poisoning *p, const char *what)
{
	return !strcmp(p->name + strlen("poison-"), what);
}

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':
		lab_map(page, (1 + nr_own) * PAGE);
		lab_fill(page, SEED);
		for (unsigned int i = 1; i <= nr_own; i++)
			lab_fill(page + i * PAGE, (unsigned int)getpid() * 100 + i);
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

static void map_all(struct poisoning *p, const char *when)
{
	for (int i = 0; i < NR; i++)
		truth_mapping(p->w[i].pid, page, when);
}

static void set_up(struct poisoning *p)
{
	char text[32];

	ksm_set("run", 2);
	ksm_set("max_page_sharing", is(p, "no-dup") ? 256 : 4);
	ksm_set("run", 0);
	p->nr = NR;
	for (int i = 0; i < NR; i++) {
		snprintf(text, sizeof(text), "%s %d", i % 2 ? "early" : "late", i);
		worker_start(&p->w[i], text, obey);
		if ((i % 2 && worker_tell(&p->w[i], 'e') != 'y') || worker_tell(&p->w[i], 'm') != 'y')
			lab_die("worker %d did not map its page", i);
	}
	ksm_scan(4);
	if (is(p, "fork"))
		worker_fork(&p->w[0], &p->w[p->nr++], "child that no item knows");
	p->victim = lab_pfn(p->w[0].pid, page);
	for (int i = 0; i < p->nr; i++) {
		p->pfn[i] = lab_pfn(p->w[i].pid, page);
		p->nr_victims += p->pfn[i] == p->victim;
		if (p->pfn[i] != p->victim)
			p->dup = p->pfn[i];
	}
	if (p->nr_victims < 3 || (!is(p, "no-dup") && !p->dup))
		truth_end(p->w, p->nr, false, "pages were not merged as wanted: %d on the first", p->nr_victims);
	if (lab_has("recover"))
		lab_switch("recover", is(p, "kill") ? "0" : "1");
	if (is(p, "copy-fails"))
		lab_switch("lab/fail_copy", "1");
	if (is(p, "alloc-fails"))
		lab_switch("lab/fail_alloc", "1");
	map_all(p, "before");
}

/* Writes to a file from a process of its own, which leaves with the errno */
static pid_t write_beside(const char *path, const char *text)
{
	pid_t pid = fork();

	if (pid < 0)
		lab_die("fork: %s", strerror(errno));
	if (!pid)
		_exit(-lab_try_write(path, text));
	usleep(500000);		/* it holds ksm_thread_mutex by then */
	return pid;
}

static int written(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		lab_die("the process beside did not end");
	return WEXITSTATUS(status);
}

static void inject(struct poisoning *p)
{
	pid_t beside = 0;
	uint64_t began;

	if (is(p, "dump")) {
		p->dump_errors[0] = -lab_try_write(DUMP, SLOW);
		beside = write_beside(DUMP, SLOW);
	} else if (is(p, "busy")) {
		beside = write_beside("/sys/kernel/debug/ksmtop/lab/hold_mutex_ms", "4000");
	}
	began = lab_now_ns();
	lab_write("/sys/kernel/debug/hwpoison/corrupt-pfn", "%llu", (unsigned long long)p->victim);
	p->took_ns = lab_now_ns() - began;
	if (beside)
		p->dump_errors[1] = written(beside);
	usleep(500000); /* a failing copy queues the dup for its own memory failure */
}

static void count(struct poisoning *p)
{
	for (int i = 0; i < p->nr; i++) {
		uint64_t now = lab_pfn(p->w[i].pid, page);

		p->nr_bus += p->w[i].nr_sigbus > 0;
		p->nr_hurt += !p->w[i].contents_ok;
		p->nr_moved += p->pfn[i] == p->victim && now && now != p->victim &&
			       (!is(p, "alloc-fails") || now == p->dup);
	}
	truth_note("victim 0x%llx, mapped by %d; %d got SIGBUS, %d lost their contents, %d were moved",
		   (unsigned long long)p->victim, p->nr_victims, p->nr_bus, p->nr_hurt, p->nr_moved);
}

static __attribute__((noreturn)) void judge(struct poisoning *p)
{
	bool dies = is(p, "kill") || is(p, "no-dup") || is(p, "busy");

	if (!(lab_page_flags(p->victim) & KPF_HWPOISON))
		truth_end(p->w, p->nr, false, "the page was not poisoned");
	if (is(p, "busy") && p->took_ns < 1000000000u)
		truth_end(p->w, p->nr, false, "recovery waited for less than a second");
	if (is(p, "dump")) {
		truth_note("the slow dump said %s, the other %s", strerror(p->dump_errors[0]), strerror(p->dump_errors[1]));
		if (p->dump_errors[0] != ETIME || p->dump_errors[1] != EAGAIN)
			truth_end(p->w, p->nr, false, "the dumps ended with errors %d and %d", p->dump_errors[0],
				  p->dump_errors[1]);
	}
	if (is(p, "copy-fails"))
		truth_end(p->w, p->nr, p->nr_bus == p->nr, "%d of %d got SIGBUS", p->nr_bus, p->nr);
	truth_end(p->w, p->nr,
		  dies ? p->nr_bus == p->nr_victims && p->nr_hurt == p->nr_victims
		       : !p->nr_bus && !p->nr_hurt && p->nr_moved == p->nr_victims,
		  "%d got SIGBUS, %d lost contents, %d of %d moved", p->nr_bus, p->nr_hurt, p->nr_moved, p->nr_victims);
}

int main(int argc, char **argv)
{
	static struct poisoning p;

	(void)argc;
	p.name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	lab_init(p.name);
	nr_own = is(&p, "dump") ? 32 : 0;
	set_up(&p);
	lab_record_start();
	inject(&p);
	for (int i = 0; i < p.nr; i++)
		worker_check(&p.w[i]);
	if (is(&p, "recover") && worker_tell(&p.w[1], 's') != 'y')
		truth_note("soft offline was refused");
	for (int i = 0; i < p.nr; i++)
		worker_check(&p.w[i]);
	ksm_scan(2);
	lab_record_stop();
	map_all(&p, "after");
	count(&p);
	judge(&p);
}
