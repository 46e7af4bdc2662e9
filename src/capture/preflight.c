// SPDX-License-Identifier: GPL-2.0-only
/*
 * preflight.c - capture_preflight(): can this machine be recorded, and what would be lacking?
 *
 * A list of small independent checks, each a function that fills one line.  Only looking: no
 * instance is made, nothing mounted, nothing written.  The sentences are those of the errors that
 * capture_run() would give, said beforehand, and in the order in which a person would mend them.
 *
 * What a recording made here could *show* is not decided here but from its events, by doctor FILE.
 */
#include "capture/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <tracefs.h>

#include "capture/event_list.h"
#include "capture/proc_file.h"
#include "capture/session.h"
#include "capture/sweep.h"

struct check_context {
	const char *output;
	bool tracing;		/* root and tracefs are there */
};

static void __attribute__((format(printf, 4, 5)))
check_set(struct capture_check *check, bool ok, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->sentence, sizeof(check->sentence), format, args);
	va_end(args);
	check->ok = ok;
	snprintf(check->remedy, sizeof(check->remedy), "%s", ok ? "" : remedy);
}

static void check_root(struct check_context *context, struct capture_check *check)
{
	context->tracing = !geteuid();
	check_set(check, context->tracing, "run it with sudo", "%s",
		  context->tracing ? "running as root" : "recording needs root");
	check->fatal = true;
}

static void check_tracefs(struct check_context *context, struct capture_check *check)
{
	const char *dir = session_mounted_dir();
	bool ok = dir;
	char instances[300] = "";

	check->fatal = true;
	if (ok)
		snprintf(instances, sizeof(instances), "%s/instances", dir);
	if (!ok)
		check_set(check, false, "mount -t tracefs nodev /sys/kernel/tracing",
			  "tracefs is not mounted, or cannot be seen without root");
	else if (context->tracing && access(instances, W_OK))
		check_set(check, false, "mount -o remount,rw /sys/kernel/tracing",
			  "%s cannot be written: %s", instances, strerror(errno));
	else
		check_set(check, true, "", "tracefs is at %s", dir);
	context->tracing &= check->ok;
}

static void check_ksm_events(struct check_context *context, struct capture_check *check)
{
	char **names = context->tracing ? tracefs_system_events(NULL, "ksm") : NULL;
	int nr = tracefs_list_size(names);

	check->fatal = true;
	if (!context->tracing)
		check_set(check, false, "see the lines above", "the kernel's ksm events cannot be seen");
	else
		check_set(check, nr > 0, "a kernel of Linux 6.4 or later with CONFIG_KSM and CONFIG_FTRACE",
			  nr > 0 ? "the kernel has %d ksm events" : "the kernel has no ksm events (%d)", nr);
	tracefs_list_free(names);
}

static void check_other_events(struct check_context *context, struct capture_check *check)
{
	struct event_list list;
	struct capture_options options = {0};

	if (!context->tracing || event_list_make(&options, &list, NULL)) {
		check_set(check, false, "see the lines above", "other events cannot be seen");
		return;
	}
	check_set(check, !list.absent[0],
		  "ksmtop:* comes with the kernel patch (traces/kernel), memory_failure with CONFIG_MEMORY_FAILURE",
		  list.absent[0] ? "of the events that explain KSM this kernel lacks %s" :
		  "the kernel has all events that ksmtop knows%s", list.absent);
	event_list_fini(&list);
}

static void check_ksm(struct check_context *context, struct capture_check *check)
{
	struct proc_text text = {0};
	int err = proc_text_read(&text, AT_FDCWD, "/sys/kernel/mm/ksm/run");

	(void)context;
	if (err)
		check_set(check, false, "a kernel with CONFIG_KSM", "/sys/kernel/mm/ksm cannot be read: %s",
			  strerror(-err));
	else
		check_set(check, text.data[0] == '1',
			  "echo 1 > /sys/kernel/mm/ksm/run (ksmtop never changes KSM's settings)",
			  text.data[0] == '1' ? "KSM is running" : "KSM is not running (run is %c)",
			  text.data[0]);
	proc_text_fini(&text);
}

static void check_pages(struct check_context *context, struct capture_check *check)
{
	struct sweep *sweep = NULL;
	int err = sweep_new(&sweep);

	(void)context;
	if (!err && sweep_page_flag(sweep) == SAMPLE_PAGE_FLAG_ANONYMOUS) {
		check_set(check, false, "Linux 6.18, or the patch of traces/kernel, which tells the stable nodes",
			  "this kernel's kpageflags marks every anonymous page as a KSM page: samples only tell "
			  "which pages might be");
		sweep_free(sweep);
		return;
	}
	sweep_free(sweep);
	check_set(check, !err, err == -ENOENT ? "a kernel with CONFIG_PROC_PAGE_MONITOR" : "run it with sudo",
		  err ? "which pages are KSM pages cannot be sampled: kpageflags, kpagecount: %s" :
		  "which pages are KSM pages can be sampled%s", err ? strerror(-err) : "");
}

static void check_processes(struct check_context *context, struct capture_check *check)
{
	bool ok = !access("/proc/self/ksm_stat", R_OK);

	(void)context;
	check_set(check, ok, "Linux 6.1 or later with CONFIG_KSM",
		  ok ? "processes in KSM can be found (ksm_stat)" : "processes in KSM cannot be found: "
		  "/proc/PID/ksm_stat is not there");
}

static void check_symbols(struct check_context *context, struct capture_check *check)
{
	struct proc_text text = {0};
	bool ok = !proc_text_read(&text, AT_FDCWD, "/proc/sys/kernel/kptr_restrict") &&
		  text.data[0] < '2' && !geteuid();

	(void)context;
	check_set(check, ok, "sysctl kernel.kptr_restrict=1, as root",
		  ok ? "kernel symbols are readable" : "kernel symbols are hidden: the purposes of walks "
		  "would stay addresses");
	proc_text_fini(&text);
}

static void check_stale(struct check_context *context, struct capture_check *check)
{
	char name[128] = "";
	int nr = context->tracing ? session_remove_stale(true, name, sizeof(name)) : 0;

	check_set(check, !nr, "the next recording removes it",
		  nr ? "%d tracing instance(s) of recorders that were killed are left: %s" :
		  "no tracing instance of a killed recorder is left", nr, name);
}

static void check_output(struct check_context *context, struct capture_check *check)
{
	char path[4096];
	struct statvfs fs;

	snprintf(path, sizeof(path), "%s", context->output);
	const char *dir = dirname(path);
	check->fatal = true;
	if (access(dir, W_OK | X_OK) || statvfs(dir, &fs))
		check_set(check, false, "name another place with -o FILE", "%s cannot be written: %s", dir,
			  strerror(errno));
	else
		check_set(check, true, "", "%s can be written, %llu MiB are free", dir,
			  (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
}

static const struct {
	const char *what;
	void (*check)(struct check_context *context, struct capture_check *check);
} checks[] = {
	{"root", check_root}, {"tracefs", check_tracefs}, {"ksm events", check_ksm_events},
	{"other events", check_other_events}, {"ksm", check_ksm}, {"pages", check_pages},
	{"processes", check_processes}, {"symbols", check_symbols}, {"stale instances", check_stale},
	{"output", check_output},
};

int capture_preflight(const char *output, struct capture_check **ret_checks, size_t *ret_nr)
{
	size_t nr = sizeof(checks) / sizeof(checks[0]);
	struct capture_check *list = calloc(nr, sizeof(*list));
	struct check_context context = {.output = output};

	if (!list)
		return -ENOMEM;
	nr -= !output;
	for (size_t i = 0; i < nr; i++) {
		snprintf(list[i].what, sizeof(list[i].what), "%s", checks[i].what);
		checks[i].check(&context, &list[i]);
	}
	*ret_checks = list;
	*ret_nr = nr;
	return 0;
}
