// SPDX-License-Identifier: GPL-2.0-only
/*
 * lab_record.c - what leaves the guest: the recording and the truth; lab.h says what each function promises.
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
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define DUMP	"/sys/kernel/debug/ksmtop/dump"
#define TRACING	"/sys/kernel/tracing"

static char scenario[32], name[80];
static const char *out = "/out";
static char *mappings, *notes, *walks;
static size_t mappings_len, notes_len, walks_len;
static FILE *mappings_file, *notes_file, *walks_file;
static pid_t recorder;

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
	for (int i = 0; i < 10 && (err = lab_try_write(DUMP, "16000 1000")) == -ETIME; i++)
		sleep(1);
	if (err)
		lab_die("the dump failed: %s", strerror(-err));
}

long lab_dump_records(void)
{
	FILE *f = fopen(DUMP, "r");
	long value;

	if (!f || fscanf(f, "dump %*d records %ld", &value) != 1)
		lab_die("no records in " DUMP);
	fclose(f);
	return value;
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

/* A worker's own child is not ours to wait for */
static bool lives(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		fclose(f);
	}
	return state != 'Z' && state != 'X';
}

static void write_processes(FILE *f, struct worker *workers, int nr)
{
	fprintf(f, "  \"processes\": [");
	for (int i = 0; i < nr; i++)
		fprintf(f, "%s\n    {\"pid\": %d, \"role\": \"%s\", \"survived\": %s, \"sigbus\": %u%s%s}",
			i ? "," : "", workers[i].pid, workers[i].role,
			lives(workers[i].pid) ? "true" : "false", workers[i].nr_sigbus,
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
