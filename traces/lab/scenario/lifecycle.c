// SPDX-License-Identifier: GPL-2.0-only
/*
 * lifecycle, debian: everything that happens to KSM pages in a day, each once, with one process to show
 * it; debian is the same on the distribution's own kernel, which has only the stock events.
 *
 * Provokes: merge in the unstable and the stable tree; max_page_sharing reached, a chain with dups, its
 * pruning and collapse; COW by a write; fork, and the child met by ksmd; exec; munmap; unmerge; exit; the
 * zero page; smart scan skips; a page written all the time (checksum changed); a page held by a pipe
 * (write-protect failed); contents that nobody shares (kept unstable).
 */
#define _GNU_SOURCE
#include "lab.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define NR	64

static char *pages;
static volatile unsigned int *counter;

/* seeds: 1 shared by all, 2.. pairs, the pid's own */
static char obey(struct worker *self, char command)
{
	switch (command) {
	case 'm':	/* map: half equal to everybody's, a quarter in pairs, a quarter its own */
		pages = lab_map(NULL, NR * PAGE);
		for (unsigned int i = 0; i < NR; i++)
			lab_fill(pages + i * PAGE, i < NR / 2 ? 1 : i < NR * 3 / 4 ? 100 + i : (unsigned int)getpid() * 1000 + i);
		return 'y';
	case 'z':	/* zero pages */
		pages = lab_map(NULL, NR * PAGE);
		memset(pages, 0, NR * PAGE);
		return 'y';
	case 'k': {	/* how many of those that 'w' writes to are merged now; 1 more, since 0 is nobody there */
		char nr = 1;

		for (unsigned int i = 0; i < NR; i += 2)
			nr = (char)(nr + (lab_page_count(lab_pfn(0, pages + i * PAGE)) > 1));
		return nr;
	}
	case 'w':	/* write: COW of every other page */
		for (unsigned int i = 0; i < NR; i += 2)
			lab_fill(pages + i * PAGE, 7000 + i);
		return 'y';
	case 't':	/* touch: one word, so that the checksum changes before the next scan */
		if (!counter)
			counter = lab_map(NULL, PAGE);
		++*counter;
		return 'y';
	case 'p': {	/* pin: a pipe holds a reference to the pages, so write-protecting must fail */
		static int pipe_fds[2];
		struct iovec part;

		pages = lab_map(NULL, 4 * PAGE);
		for (unsigned int i = 0; i < 4; i++)
			lab_fill(pages + i * PAGE, 1);
		part = (struct iovec){ pages, 4 * PAGE };
		if (pipe2(pipe_fds, O_NONBLOCK) || vmsplice(pipe_fds[1], &part, 1, 0) <= 0)
			return 'n';
		return 'y';
	}
	case 'u':
		munmap(pages, NR / 2 * PAGE);
		return 'y';
	case 'n':
		return madvise(pages, NR * PAGE, MADV_UNMERGEABLE) ? 'n' : 'y';
	case 'e':	/* exec: does not come back, so answer by hand */
		if (write(self->fd, "y", 2) == 2)
			execl("/bin/busybox", "sleep", "30", (char *)NULL);
		_exit(1);
	case 'f': {	/* a child that only reads */
		pid_t child = fork();

		if (!child) {
			pause();
			_exit(0);
		}
		return child > 0 ? 'y' : 'n';
	}
	}
	return '?';
}

static void tell(struct worker *w, char command)
{
	if (worker_tell(w, command) != 'y')
		lab_die("%s did not do '%c'", w->role, command);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	static const char *const roles[] = { "writer", "forker", "execer", "unmapper", "unmerger", "exiter",
					     "zero", "volatile", "pinned" };
	enum { WRITER, FORKER, EXECER, UNMAPPER, UNMERGER, EXITER, ZERO, VOLATILE, PINNED, NR_WORKERS };
	struct worker w[NR_WORKERS];
	long chains, dups, zero;

	(void)argc;
	lab_init(name);
	ksm_set("run", 2);
	ksm_set("max_page_sharing", 8);
	ksm_set("use_zero_pages", 1);
	ksm_set("smart_scan", 1);
	ksm_set("stable_node_chains_prune_millisecs", 100);
	ksm_set("run", 0);
	if (lab_has("detail"))
		lab_switch("detail", "item_scan 1");
	for (int i = 0; i < NR_WORKERS; i++)
		worker_start(&w[i], roles[i], obey);
	for (int i = 0; i <= EXITER; i++)
		tell(&w[i], 'm');
	lab_record_start();

	tell(&w[ZERO], 'z');
	tell(&w[PINNED], 'p');
	for (int i = 0; i < 12; i++) {
		tell(&w[VOLATILE], 't');
		ksm_scan(1);
	}
	chains = ksm_get("stable_node_chains");
	dups = ksm_get("stable_node_dups");
	zero = ksm_get("ksm_zero_pages");
	lab_dump();
	tell(&w[FORKER], 'f');
	truth_note("the writer writes to %d merged pages", worker_tell(&w[WRITER], 'k') - 1);
	tell(&w[WRITER], 'w');
	ksm_scan(2);
	tell(&w[UNMAPPER], 'u');
	tell(&w[UNMERGER], 'n');
	tell(&w[EXECER], 'e');
	ksm_scan(2);
	lab_dump();
	worker_stop(&w[EXITER]);
	ksm_scan(3);
	usleep(200000);
	ksm_scan(2);
	lab_record_stop();
	truth_note("chains %ld, dups %ld, zero pages %ld after merging; at the end %ld chains", chains, dups,
		   zero, ksm_get("stable_node_chains"));
	truth_end(w, NR_WORKERS, chains > 0 && dups > 1 && zero > 0 && ksm_get("pages_skipped") > 0,
		  "chains %ld, dups %ld, zero pages %ld, skipped %ld", chains, dups, zero,
		  ksm_get("pages_skipped"));
}
