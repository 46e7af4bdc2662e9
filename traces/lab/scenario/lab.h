/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab.h - what every scenario of the lab shares: KSM's knobs, the truth, workers, the recorder.
 *
 * A scenario is one program, run as root in a fresh guest.  It sets up its processes, starts the
 * recorder, provokes what it is about, stops the recorder, and writes down what it knows from sources
 * that share nothing with ksmtop: pagemap, kpageflags, kpagecount, sysfs, contents read back, signals.
 * Everything here ends the program with a message when the machine does not do as told: a scenario
 * that half ran must not look like one that did.
 */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE		4096UL
#define KPF_SWAPCACHE	(1ULL << 13)
#define KPF_HWPOISON	(1ULL << 19)

/* Prints and exits with status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void lab_die(const char *format, ...);

/* ---- files ---- */
/* Writes text to a file of /sys or /proc; returns 0 or -errno. */
int lab_try_write(const char *path, const char *text);
__attribute__((format(printf, 2, 3))) void lab_write(const char *path, const char *format, ...);
/* The first number in a file; lab_die() if there is none. */
long lab_read(const char *path);
/* /sys/kernel/debug/ksmtop/NAME; false if this kernel has no such file. */
bool lab_has(const char *name);
void lab_switch(const char *name, const char *text);

/* ---- KSM ---- */
void ksm_set(const char *name, long value);
long ksm_get(const char *name);
/* Lets ksmd run until it has finished `nr` more full scans (and scans something every 300 s), then
 * stops it.
 */
void ksm_scan(int nr);

/* ---- memory ---- */
/* Anonymous, private, mergeable memory; `at` may be NULL. */
void *lab_map(void *at, size_t length);
/* Fills a page with contents that only `seed` decides; lab_same() checks them. */
void lab_fill(void *page, unsigned int seed);
bool lab_same(const void *page, unsigned int seed);
/* The pfn that pid maps at addr, 0 if none is present; pid 0 is this process. */
uint64_t lab_pfn(pid_t pid, const void *addr);
/* kpageflags; its KSM bit is set for every anonymous page of Linux 6.12, so it has no name here. */
uint64_t lab_page_flags(uint64_t pfn);
uint64_t lab_page_count(uint64_t pfn);
/* Kilobytes that smaps gives as `what` for the VMA around addr: "KSM", say.  -1 if it gives none. */
long lab_smaps_kb(pid_t pid, const void *addr, const char *what);
/* move_pages(MPOL_MF_MOVE_ALL) of one page of this process; returns its status, a nid or -errno. */
int lab_move(void *addr, int nid);
/* Binds this process's new pages to a node; -1 undoes it. */
void lab_bind(int nid);
/* Late or early kill for this process: see PR_MCE_KILL. */
void lab_early_kill(void);
uint64_t lab_now_ns(void);

/* ---- workers ----
 * A worker is a forked process that obeys one letter at a time and answers when it is done.  SIGBUS is
 * counted, and makes the command answer 'B'; a worker that is gone answers 0.
 */
struct worker {
	pid_t pid;
	int fd, spare_fd;
	char role[24];
	unsigned int nr_sigbus;
	bool contents_ok, asked;
};

typedef char (*worker_fn)(struct worker *self, char command);
void worker_start(struct worker *w, const char *role, worker_fn obey);
char worker_tell(struct worker *w, char command);
/* The worker forks: the child obeys like its parent, with the same memory. */
void worker_fork(struct worker *parent, struct worker *child, const char *role);
/* Asks with 'c' whether its contents are intact, and keeps the answer for the truth file. */
void worker_check(struct worker *w);
void worker_stop(struct worker *w);
/* Arms SIGBUS handling in a process that worker_start() did not make. */
void worker_arm(void);

/* ---- the recorder ---- */
/* Both dump the state, at the start and at the end; the second pair does not. */
void lab_record_start(void);
void lab_record_stop(void);
void lab_record_start_without_dump(void);
void lab_record_stop_without_dump(void);
void lab_dump(void);
/* The records that the last dump wrote. */
long lab_dump_records(void);

/* ---- the truth ---- */
void lab_init(const char *scenario);
const char *lab_variant(void);
/* Where the recording and the truth go, if not to /out; before the recorder starts. */
void lab_out(const char *dir);
void truth_mapping(pid_t pid, const void *addr, const char *when);
__attribute__((format(printf, 1, 2))) void truth_note(const char *format, ...);
/* "walks": one line; `counts` is a list of JSON members. */
void truth_walk(const char *rule, const char *counts);
/* Writes the file and exits: 0 if provoked, 1 if not, saying why. */
__attribute__((noreturn, format(printf, 4, 5))) void truth_end(struct worker *workers, int nr, bool provoked,
							       const char *reason, ...);

#endif /* LAB_H */
