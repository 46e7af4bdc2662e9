/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sweep.h - which pages of a process are KSM pages: pagemap, kpageflags, kpagecount.
 *
 * Three files of the kernel are joined: /proc/PID/pagemap says which pfn an address maps,
 * /proc/kpageflags bit 21 (KPF_KSM) whether that pfn is a KSM page, /proc/kpagecount how often it is
 * mapped (fs/proc/page.c, fs/proc/task_mmu.c).  The three are read one after another, so a result
 * is true of the interval from the first to the last read, for what did not change in it.
 *
 * Where the flag does not tell (trace/sample.h) the pages are those that might be KSM pages.
 *
 * A struct sweep is the open files and the memory for this; one serves any number of processes,
 * one after another.  Cost: about 40 ns a page looked at, plus one read for each group of
 * neighbouring pfns that are new in this process.
 */
#ifndef KSMTOP_SWEEP_H
#define KSMTOP_SWEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/sample.h"

struct sweep;

/* 0 or -E: -EPERM, -ENOENT (no CONFIG_PROC_PAGE_MONITOR). */
int sweep_new(struct sweep **ret_sweep);
void sweep_free(struct sweep *sweep);

/* What KPF_KSM is worth on this kernel, found out once with a page of our own; UNKNOWN: it moved away. */
enum sample_page_flag sweep_page_flag(const struct sweep *sweep);

/* A part of the address space to look at; `sparse` asks the kernel first where pages are. */
struct sweep_range {
	uint64_t start, end;	/* bytes */
	bool sparse;
	bool without_ksm;	/* smaps said so: not looked at any closer */
};

/*
 * Looks at the ranges (ascending) of a process.  The pages stay valid until the next call;
 * ascending by address.  `stop` (may be NULL) ends a long sweep early with -EINTR.
 * 0 or -E; -ESRCH when the process is gone.
 */
int sweep_process(struct sweep *sweep, int tgid, const struct sweep_range *ranges, size_t nr_ranges,
		  const atomic_bool *stop);
const struct sample_page *sweep_pages(const struct sweep *sweep, size_t *ret_nr);

#endif /* KSMTOP_SWEEP_H */
