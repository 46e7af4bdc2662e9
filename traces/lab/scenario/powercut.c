// SPDX-License-Identifier: GPL-2.0-only
/*
 * power-cut: the machine loses its power in the middle of a recording.
 *
 * Provokes: ksmtop records to a file system without a journal on a virtio disk, whose writes the host
 * does not hold back; three processes merge, write and fork meanwhile.  After some seconds the truth is
 * written to that disk, and two seconds later the console says so: there the virtual machine is killed.
 * What ksmtop had spooled by the time of the truth must be on the disk, and must make a recording.
 *
 * Judged by: the pids and the time (of the trace's clock) in the truth file, which the spool must reach;
 * that nothing but a spool is there: the recording was not finished.
 */
#include "lab.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK		"/disk"
#define NR		3
#define NR_PAGES	32

static char *const pages = (char *)0x200000000000;

static char obey(struct worker *self, char command)
{
	(void)self;
	switch (command) {
	case 'm':
		lab_map(pages, NR_PAGES * PAGE);
		/* fall through */
	case 'e':	/* equal to everybody's */
		for (unsigned int i = 0; i < NR_PAGES; i++)
			lab_fill(pages + i * PAGE, 1 + i / 4);
		return 'y';
	case 'w':	/* COW of half of them */
		for (unsigned int i = 0; i < NR_PAGES; i += 2)
			lab_fill(pages + i * PAGE, 100 + i);
		return 'y';
	}
	return '?';
}

static void live(struct worker *w, uint64_t seconds)
{
	uint64_t until = lab_now_ns() + seconds * 1000000000u;

	for (int i = 0; lab_now_ns() < until; i++) {
		if (worker_tell(&w[i % NR], i / NR % 2 ? 'e' : 'w') != 'y')
			lab_die("a worker left");
		ksm_scan(1);
		usleep(20000);
	}
}

static void sync_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fsync(fd))
		lab_die("cannot sync %s", path);
	close(fd);
}

static void write_truth(struct worker *w)
{
	pid_t pid;

	for (int i = 0; i < NR; i++)
		truth_mapping(w[i].pid, pages, "alive");
	truth_note("spooled by %llu", (unsigned long long)lab_now_ns());
	pid = fork();
	if (!pid)
		truth_end(NULL, 0, true, "-");
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		lab_die("cannot write the truth");
	/* Not sync(): what else is on the disk is the recorder's business */
	sync_file(DISK "/power-cut.truth.json");
	sync_file(DISK);
}

int main(void)
{
	struct worker w[NR];

	lab_init("power-cut");
	mkdir(DISK, 0755);
	if (mount("/dev/vda", DISK, "ext2", 0, NULL))
		lab_die("cannot mount the disk");
	lab_out(DISK);
	for (int i = 0; i < NR; i++) {
		worker_start(&w[i], "lives on", obey);
		if (worker_tell(&w[i], 'm') != 'y')
			lab_die("no memory");
	}
	lab_record_start();
	live(w, 4);
	lab_dump();
	write_truth(w);
	live(w, 4);
	printf("lab: cut the power now\n");
	live(w, 600);
	lab_die("the power was not cut");
}
