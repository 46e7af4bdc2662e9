// SPDX-License-Identifier: GPL-2.0-only
/*
 * ksm_load.c - processes whose memory KSM can merge, steered line by line through stdin.
 *
 *	ksm_load [-n PAGES] [-c CONTENTS] [-u PERCENT] NAME...
 *
 * Makes one process per NAME (that is its comm), each with PAGES mergeable pages: PERCENT of them
 * with contents of their own, the others with one of CONTENTS contents that all processes share.
 * Prints "ready PID..." and then does what it is told; each command is answered with "ok" when it is
 * done, so that a test never has to guess or to sleep:
 *
 *	cow I N		process I writes to N of its pages, giving them contents of their own
 *	same I N	process I writes the shared contents back
 *	drop I N	process I gives N pages back (MADV_DONTNEED)
 *	move I		process I moves its memory (mremap)
 *	unmerge I	process I makes its memory unmergeable; `merge I` the opposite
 *	fork I		process I forks a child that does nothing; it dies with process I
 *	quit I		process I exits
 *
 * At the end of stdin all exit.  I counts from 0 in the order of the names.  It does not touch
 * KSM's settings: with_ksm.py does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_UNMERGEABLE
#define MADV_UNMERGEABLE 13
#endif
#define MAX_WORKERS 64

struct load {
	size_t nr_pages, nr_contents;
	unsigned int percent_unique;
};

struct worker {
	pid_t pid;
	FILE *to, *from;
};

static size_t page_size;

static void die(const char *what)
{
	fprintf(stderr, "ksm_load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void page_fill(uint64_t *page, uint64_t seed)
{
	for (size_t i = 0; i < page_size / sizeof(*page); i++)
		page[i] = seed * 0x9e3779b97f4a7c15u + i + 1;
}

static void page_fill_own(uint8_t *memory, size_t i, uint64_t salt)
{
	page_fill((uint64_t *)(memory + i * page_size), (uint64_t)getpid() << 40 | salt << 32 | i);
}

static void page_fill_shared(const struct load *load, uint8_t *memory, size_t i)
{
	page_fill((uint64_t *)(memory + i * page_size), 1000 + i % load->nr_contents);
}

/* ---- one process ---- */

static uint8_t *memory_make(const struct load *load)
{
	uint8_t *memory = mmap(NULL, load->nr_pages * page_size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	madvise(memory, load->nr_pages * page_size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < load->nr_pages; i++) {
		if (i * 37 % 100 < load->percent_unique)
			page_fill_own(memory, i, 0);
		else
			page_fill_shared(load, memory, i);
	}
	if (madvise(memory, load->nr_pages * page_size, MADV_MERGEABLE))
		die("MADV_MERGEABLE");
	return memory;
}

static void worker_fork(void)
{
	pid_t pid = fork();

	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static uint8_t *worker_do(const struct load *load, uint8_t *memory, const char *verb, size_t nr)
{
	static uint64_t salt;
	size_t bytes = load->nr_pages * page_size;

	nr = nr < load->nr_pages ? nr : load->nr_pages;
	salt++;
	if (!strcmp(verb, "cow")) {
		for (size_t i = 0; i < nr; i++)
			page_fill_own(memory, i, salt);
	} else if (!strcmp(verb, "same")) {
		for (size_t i = 0; i < nr; i++)
			page_fill_shared(load, memory, i);
	} else if (!strcmp(verb, "drop")) {
		madvise(memory, nr * page_size, MADV_DONTNEED);
	} else if (!strcmp(verb, "move")) {
		void *place = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		void *moved = mremap(memory, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place);
		if (moved == MAP_FAILED)
			die("mremap");
		memory = moved;
	} else if (!strcmp(verb, "unmerge")) {
		madvise(memory, bytes, MADV_UNMERGEABLE);
	} else if (!strcmp(verb, "merge")) {
		madvise(memory, bytes, MADV_MERGEABLE);
	} else if (!strcmp(verb, "fork")) {
		worker_fork();
	} else if (!strcmp(verb, "quit")) {
		exit(0);
	} else {
		fprintf(stderr, "ksm_load: unknown command \"%s\"\n", verb);
		exit(1);
	}
	return memory;
}

static void __attribute__((noreturn))
worker_run(const struct load *load, const char *name, FILE *in, FILE *out)
{
	char line[128], verb[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, name);
	uint8_t *memory = memory_make(load);
	fputs("ok\n", out);
	fflush(out);
	while (fgets(line, sizeof(line), in)) {
		size_t nr = 0;
		if (sscanf(line, "%15s %zu", verb, &nr) < 1)
			continue;
		memory = worker_do(load, memory, verb, nr);
		fputs("ok\n", out);
		fflush(out);
	}
	exit(0);
}

/* ---- all of them ---- */

static void worker_start(struct worker *worker, const struct load *load, const char *name)
{
	int down[2], up[2];

	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		die("pipe");
	fflush(stdout);
	worker->pid = fork();
	if (worker->pid < 0)
		die("fork");
	if (worker->pid == 0) {
		close(down[1]);
		close(up[0]);
		worker_run(load, name, fdopen(down[0], "r"), fdopen(up[1], "w"));
	}
	close(down[0]);
	close(up[1]);
	worker->to = fdopen(down[1], "w");
	worker->from = fdopen(up[0], "r");
}

/* Waits for a worker's "ok"; one that quits closes its pipe instead. */
static void worker_answer(struct worker *worker)
{
	char line[16];

	if (!fgets(line, sizeof(line), worker->from))
		waitpid(worker->pid, NULL, 0);
}

static void command_run(struct worker *workers, size_t nr_workers, const char *line)
{
	char verb[16];
	size_t i = 0, nr = 0;

	if (sscanf(line, "%15s %zu %zu", verb, &i, &nr) < 2 || i >= nr_workers) {
		fprintf(stderr, "ksm_load: cannot do \"%s\"\n", line);
		exit(1);
	}
	fprintf(workers[i].to, "%s %zu\n", verb, nr);
	fflush(workers[i].to);
	worker_answer(&workers[i]);
	puts("ok");
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct load load = {.nr_pages = 1000, .nr_contents = 10};
	struct worker workers[MAX_WORKERS];
	size_t nr_workers;
	char line[128];
	int option;

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	while ((option = getopt(argc, argv, "n:c:u:")) != -1) {
		if (option == 'n')
			load.nr_pages = strtoul(optarg, NULL, 10);
		else if (option == 'c')
			load.nr_contents = strtoul(optarg, NULL, 10);
		else if (option == 'u')
			load.percent_unique = (unsigned int)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	nr_workers = (size_t)(argc - optind);
	if (!nr_workers || nr_workers > MAX_WORKERS || !load.nr_pages || !load.nr_contents)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < nr_workers; i++)
		worker_start(&workers[i], &load, argv[optind + (int)i]);
	fputs("ready", stdout);
	for (size_t i = 0; i < nr_workers; i++) {
		worker_answer(&workers[i]);
		printf(" %d", (int)workers[i].pid);
	}
	puts("");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		command_run(workers, nr_workers, line);
	for (size_t i = 0; i < nr_workers; i++)
		fclose(workers[i].to);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}
