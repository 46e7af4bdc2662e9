// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab.c - the ground that the scenarios stand on; lab.h says what each function promises.
 *
 * The one hard idea is the recorder's edges: a scenario must not begin before every event is on, nor end
 * before the last one is in the file.  So starting waits until tracefs itself says that the patch's
 * events (or, on a stock kernel, ksm's) are enabled, and stopping interrupts the recorder and waits for it.
 *
 * It deliberately knows nothing of ksmtop's own code: what it writes into the truth file comes from /proc
 * and /sys alone.
 */
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KSM	"/sys/kernel/mm/ksm/"
#define DEBUG	"/sys/kernel/debug/ksmtop/"
#define TRACING	"/sys/kernel/tracing"

static char scenario[32], name[80];
static const char *out = "/out";
static char *mappings, *notes, *walks;
static size_t mappings_len, notes_len, walks_len;
static FILE *mappings_file, *notes_file, *walks_file;
static pid_t recorder;

void lab_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "lab: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(2);
}

int lab_try_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n;
	int err = 0;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

void lab_write(const char *path, const char *format, ...)
{
	char text[128];
	va_list args;
	int err;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err = lab_try_write(path, text);
	if (err)
		lab_die("cannot write \"%s\" to %s: %s", text, path, strerror(-err));
}

long lab_read(const char *path)
{
	FILE *f = fopen(path, "r");
	long value;

	if (!f || fscanf(f, "%ld", &value) != 1)
		lab_die("no number in %s", path);
	fclose(f);
	return value;
}

long lab_dump_records(void)
{
	FILE *f = fopen(DEBUG "dump", "r");
	long value;

	if (!f || fscanf(f, "dump %*d records %ld", &value) != 1)
		lab_die("no records in " DEBUG "dump");
	fclose(f);
	return value;
}

bool lab_has(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s", file);
	return access(path, F_OK) == 0;
}

void lab_switch(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUG "%s", file);
	lab_write(path, "%s", text);
}

void ksm_set(const char *file, long value)
{
	char path[128];

	snprintf(path, sizeof(path), KSM "%s", file);
	lab_write(path, "%ld", value);
}

long ksm_get(const char *file)
{
	char path[128];

	snprintf(path, sizeof(path), KSM "%s", file);
	return lab_read(path);
}

uint64_t lab_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void ksm_scan(int nr)
{
	long before = ksm_get("full_scans"), scanned = -1;
	uint64_t limit = 0;

	ksm_set("run", 1);
	while (ksm_get("full_scans") < before + nr) {
		if (ksm_get("pages_scanned") != scanned) {
			scanned = ksm_get("pages_scanned");
			limit = lab_now_ns() + 300000000000u;
		} else if (lab_now_ns() > limit) {
			lab_die("ksmd stood still for 300 s");
		}
		usleep(2000);
	}
	ksm_set("run", 0);
}

void *lab_map(void *at, size_t length)
{
	char *p = mmap(at, length, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	if (p == MAP_FAILED)
		lab_die("mmap: %s", strerror(errno));
	if (madvise(p, length, MADV_NOHUGEPAGE) && errno != EINVAL)
		lab_die("MADV_NOHUGEPAGE: %s", strerror(errno));
	if (madvise(p, length, MADV_MERGEABLE))
		lab_die("MADV_MERGEABLE: %s", strerror(errno));
	return p;
}

/* A small generator: every page's words differ, so that a torn copy is seen too. */
static uint32_t next_word(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state;
}

void lab_fill(void *page, unsigned int seed)
{
	uint32_t state = seed * 2654435761u + 1, *word = page;

	for (size_t i = 0; i < PAGE / sizeof(*word); i++)
		word[i] = next_word(&state);
}

bool lab_same(const void *page, unsigned int seed)
{
	uint32_t state = seed * 2654435761u + 1;
	const volatile uint32_t *word = page;

	for (size_t i = 0; i < PAGE / sizeof(*word); i++)
		if (word[i] != next_word(&state))
			return false;
	return true;
}

static uint64_t read_u64(const char *path, uint64_t index)
{
	int fd = open(path, O_RDONLY);
	uint64_t value;

	if (fd < 0 || pread(fd, &value, sizeof(value), (off_t)(index * sizeof(value))) != sizeof(value))
		lab_die("cannot read entry %llu of %s", (unsigned long long)index, path);
	close(fd);
	return value;
}

uint64_t lab_pfn(pid_t pid, const void *addr)
{
	char path[64] = "/proc/self/pagemap";
	uint64_t entry;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	if (access(path, R_OK))
		return 0; /* gone */
	entry = read_u64(path, (uintptr_t)addr / PAGE);
	return entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
}

uint64_t lab_page_flags(uint64_t pfn)
{
	return read_u64("/proc/kpageflags", pfn);
}

uint64_t lab_page_count(uint64_t pfn)
{
	return read_u64("/proc/kpagecount", pfn);
}

int lab_move(void *addr, int nid)
{
	int status = -ENOENT;

	/* MPOL_MF_MOVE_ALL: pages of several processes too */
	if (syscall(SYS_move_pages, 0, 1UL, &addr, &nid, &status, 4))
		return -errno;
	return status;
}

void lab_bind(int nid)
{
	unsigned long nodes = 1UL << (nid < 0 ? 0 : nid);

	/* MPOL_BIND 2, MPOL_DEFAULT 0 */
	if (syscall(SYS_set_mempolicy, nid < 0 ? 0 : 2, nid < 0 ? NULL : &nodes, nid < 0 ? 0UL : 64UL))
		lab_die("set_mempolicy: %s", strerror(errno));
}

void lab_early_kill(void)
{
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0))
		lab_die("PR_MCE_KILL: %s", strerror(errno));
}

/* ---- workers ---- */

static sigjmp_buf bus_jump;
static volatile sig_atomic_t nr_bus, bus_armed;

static void on_bus(int signal)
{
	(void)signal;
	nr_bus++;
	if (bus_armed)
		siglongjmp(bus_jump, 1);
}

void worker_arm(void)
{
	/* An early kill comes while the worker waits for a command */
	struct sigaction action = { .sa_handler = on_bus, .sa_flags = SA_RESTART };

	sigaction(SIGBUS, &action, NULL);
}

/* 'F': the child goes on over the spare channel, and says its pid there first */
static char fork_worker(struct worker *self)
{
	pid_t pid = fork();

	if (pid < 0)
		lab_die("fork: %s", strerror(errno));
	if (!pid) {
		pid = getpid();
		nr_bus = 0;
		close(self->fd);
		self->fd = self->spare_fd;
		if (write(self->fd, &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		return 'f'; /* its first command: nothing, answered like any */
	}
	return 'f';
}

static void work(struct worker *self, worker_fn obey)
{
	char command, answer[2];

	worker_arm();
	while (read(self->fd, &command, 1) == 1 && command != 'q') {
		volatile char said = 'B';

		if (command == 'F')
			command = fork_worker(self);

		if (!sigsetjmp(bus_jump, 1)) {
			bus_armed = 1;
			said = command == 'f' ? 'y' : obey(self, command);
		}
		bus_armed = 0;
		answer[0] = said;
		answer[1] = (char)nr_bus;
		if (write(self->fd, answer, 2) != 2)
			break;
	}
	_exit(0);
}

void worker_start(struct worker *w, const char *role, worker_fn obey)
{
	int pair[2], spare[2];

	memset(w, 0, sizeof(*w));
	snprintf(w->role, sizeof(w->role), "%s", role);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, spare))
		lab_die("socketpair: %s", strerror(errno));
	w->pid = fork();
	if (w->pid < 0)
		lab_die("fork: %s", strerror(errno));
	if (!w->pid) {
		close(pair[0]);
		close(spare[0]);
		w->fd = pair[1];
		w->spare_fd = spare[1];
		work(w, obey);
	}
	close(pair[1]);
	close(spare[1]);
	w->fd = pair[0];
	w->spare_fd = spare[0];
}

void worker_fork(struct worker *parent, struct worker *child, const char *role)
{
	char answer[2];

	memset(child, 0, sizeof(*child));
	snprintf(child->role, sizeof(child->role), "%s", role);
	if (worker_tell(parent, 'F') != 'y')
		lab_die("%s did not fork", parent->role);
	child->fd = parent->spare_fd;
	if (recv(child->fd, &child->pid, sizeof(child->pid), MSG_WAITALL) != sizeof(child->pid) ||
	    recv(child->fd, answer, 2, MSG_WAITALL) != 2)
		lab_die("%s did not come up", role);
}

char worker_tell(struct worker *w, char command)
{
	char answer[2];

	if (send(w->fd, &command, 1, MSG_NOSIGNAL) != 1 || recv(w->fd, answer, 2, MSG_WAITALL) != 2)
		return 0;
	w->nr_sigbus = (unsigned char)answer[1];
	return answer[0];
}

void worker_check(struct worker *w)
{
	w->contents_ok = worker_tell(w, 'c') == 'y';
	w->asked = true;
}

void worker_stop(struct worker *w)
{
	worker_tell(w, 'q');
	close(w->fd);
	waitpid(w->pid, NULL, 0);
}

/* ---- the recorder ---- */

static bool says_1(const char *dir, const char *file)
{
	char path[256];
	FILE *f;
	bool yes;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	yes = f && fgetc(f) == '1';
	if (f)
		fclose(f);
	return yes;
}

/* The recorder may use an instance of its own or, as trace-cmd does, the buffer of all */
static bool recording(void)
{
	const char *events = access(TRACING "/events/ksmtop", F_OK) ? "events/ksm/enable" : "events/ksmtop/enable";
	bool on = says_1(TRACING, events) && says_1(TRACING, "tracing_on");
	glob_t found;

	if (glob(TRACING "/instances/*", 0, NULL, &found))
		return on;
	for (size_t i = 0; i < found.gl_pathc && !on; i++)
		on = says_1(found.gl_pathv[i], events) && says_1(found.gl_pathv[i], "tracing_on");
	globfree(&found);
	return on;
}

static void exec_recorder(void)
{
	const char *which = getenv("LAB_RECORDER");
	bool patched = access(TRACING "/events/ksmtop", F_OK) == 0;
	char path[128], log[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.dat", out, name);
	snprintf(log, sizeof(log), "%s/%s.log", out, name);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	if (!(which && !strcmp(which, "trace-cmd")) && access("/bin/ksmtop", X_OK) == 0)
		execl("/bin/ksmtop", "ksmtop", "record", "-o", path, (char *)NULL);
	execl("/bin/trace-cmd", "trace-cmd", "record", "-q", "-C", "mono", "-b", "16384", "-o", path,
	      "-e", patched ? "ksmtop" : "ksm", "-e", "ksm", "-e", "migrate", "-e", "huge_memory",
	      "-e", "memory_failure_event", "-e", "signal_generate", "-f", "sig == 7",
	      "-e", "sched_process_fork", "-e", "sched_process_exec", "-e", "sched_process_exit",
	      "-e", "task", "-e", "lock:contention_begin", "-e", "lock:contention_end", (char *)NULL);
	_exit(127);
}

void lab_record_start(void)
{
	lab_record_start_without_dump();
	lab_dump();
}

void lab_record_start_without_dump(void)
{
	uint64_t limit = lab_now_ns() + 600000000000u;

	recorder = fork();
	if (recorder < 0)
		lab_die("fork: %s", strerror(errno));
	if (!recorder)
		exec_recorder();
	while (!recording()) {
		if (lab_now_ns() > limit || waitpid(recorder, NULL, WNOHANG) == recorder)
			lab_die("the recorder did not start: see %s.log", name);
		usleep(5000);
	}
	usleep(300000); /* it enables system after system, the patch's not last */
}

void lab_dump(void)
{
	int err = -ENOENT;

	if (!lab_has("dump"))
		return;
	/* A machine that is busy with other things may not write a million records in the time there is */
	for (int i = 0; i < 10 && (err = lab_try_write(DEBUG "dump", "16000 1000")) == -ETIME; i++)
		sleep(1);
	if (err)
		lab_die("the dump failed: %s", strerror(-err));
}

void lab_record_stop(void)
{
	lab_dump();
	lab_record_stop_without_dump();
}

void lab_record_stop_without_dump(void)
{
	int status;

	kill(recorder, SIGINT);
	if (waitpid(recorder, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status))
		lab_die("the recorder failed: see %s.log", name);
}

/* ---- the truth ---- */

const char *lab_variant(void)
{
	const char *variant = getenv("LAB_VARIANT");

	return variant ? variant : "";
}

void lab_init(const char *scenario_name)
{
	const char *variant = lab_variant();

	snprintf(scenario, sizeof(scenario), "%s", scenario_name);
	snprintf(name, sizeof(name), "%s%s%s", scenario, *variant ? "-" : "", variant);
	mappings_file = open_memstream(&mappings, &mappings_len);
	notes_file = open_memstream(&notes, &notes_len);
	walks_file = open_memstream(&walks, &walks_len);
	if (!mappings_file || !notes_file || !walks_file)
		lab_die("no memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	ksm_set("run", 0);
	ksm_set("sleep_millisecs", 10);
	ksm_set("pages_to_scan", 5000);
	ksm_set("smart_scan", 0);
	ksm_set("merge_across_nodes", 1);
}

void lab_out(const char *dir)
{
	out = dir;
}

void truth_mapping(pid_t pid, const void *addr, const char *when)
{
	fprintf(mappings_file, "%s\n    {\"pid\": %d, \"address\": \"%p\", \"pfn\": \"0x%llx\", \"when\": \"%s\"}",
		ftell(mappings_file) > 0 ? "," : "", pid ? pid : getpid(), addr,
		(unsigned long long)lab_pfn(pid, addr), when);
}

void truth_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (ftell(notes_file) > 0)
		fputs("; ", notes_file);
	vfprintf(notes_file, format, args);
	va_end(args);
}

void truth_walk(const char *rule, const char *counts)
{
	fprintf(walks_file, "%s\n    {\"rule\": \"%s\", %s}", ftell(walks_file) > 0 ? "," : "", rule, counts);
}

static void write_counters(FILE *f)
{
	static const char *const files[] = { "pages_shared", "pages_sharing", "pages_unshared",
		"pages_volatile", "pages_scanned", "pages_skipped", "ksm_zero_pages", "full_scans",
		"stable_node_chains", "stable_node_dups", "max_page_sharing", "merge_across_nodes" };

	fprintf(f, "  \"counters\": {");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		fprintf(f, "%s\"%s\": %ld", i ? ", " : "", files[i], ksm_get(files[i]));
	fprintf(f, "},\n");
}

static void write_processes(FILE *f, struct worker *workers, int nr)
{
	fprintf(f, "  \"processes\": [");
	for (int i = 0; i < nr; i++)
		fprintf(f, "%s\n    {\"pid\": %d, \"role\": \"%s\", \"survived\": %s, \"sigbus\": %u%s%s}",
			i ? "," : "", workers[i].pid, workers[i].role,
			waitpid(workers[i].pid, NULL, WNOHANG) ? "false" : "true", workers[i].nr_sigbus,
			workers[i].asked ? ", \"contents_ok\": " : "",
			workers[i].asked ? workers[i].contents_ok ? "true" : "false" : "");
	fprintf(f, "],\n");
}

void truth_end(struct worker *workers, int nr, bool provoked, const char *reason, ...)
{
	struct utsname kernel;
	char path[128], why[256];
	va_list args;
	FILE *f;

	va_start(args, reason);
	vsnprintf(why, sizeof(why), reason, args);
	va_end(args);
	fclose(mappings_file);
	fclose(notes_file);
	fclose(walks_file);
	uname(&kernel);
	snprintf(path, sizeof(path), "%s/%s.truth.json", out, name);
	f = fopen(path, "w");
	if (!f)
		lab_die("cannot write %s", path);
	fprintf(f, "{\n  \"scenario\": \"%s\",\n  \"variant\": \"%s\",\n  \"kernel\": \"%s\",\n", scenario,
		lab_variant(), kernel.release);
	fprintf(f, "  \"provoked\": %s,\n  \"reason\": \"%s\",\n", provoked ? "true" : "false",
		provoked ? "" : why);
	write_counters(f);
	write_processes(f, workers, nr);
	fprintf(f, "  \"mappings\": [%s],\n  \"walks\": [%s],\n  \"notes\": \"%s\"\n}\n", mappings, walks,
		notes);
	fclose(f);
	for (int i = 0; i < nr; i++)
		kill(workers[i].pid, SIGKILL);
	exit(provoked ? 0 : 1);
}
