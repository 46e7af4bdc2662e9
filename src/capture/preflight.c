// SPDX-License-Identifier: GPL-2.0-only
/*
 * preflight.c - capture_preflight(): can this machine be recorded, and what would be lacking?
 *
 * A list of small independent checks, each a function that fills one line.  Only looking: no
 * instance is made, nothing mounted, nothing written.  The sentences are those of the errors that
 * capture_run() would give, said beforehand, and in the order in which a person would mend them.
 *
 * What a recording made here could *show* is not decided here: the caller gets what there is to record.
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
#include "capture/output.h"
#include "capture/proc_file.h"
#include "capture/session.h"
#include "capture/sweep.h"

struct check_context {
	const struct capture_options *options;
	struct capture_preflight *preflight;
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

/* "system:event" of all that would be recorded; those that no memory is found for are left out. */
static void events_keep(struct capture_preflight *preflight, const struct event_list *list)
{
	preflight->events = calloc(list->nr_events + 1, sizeof(*preflight->events));
	for (size_t i = 0; preflight->events && i < list->nr_events; i++) {
		char **event = &preflight->events[preflight->nr_events];

		if (asprintf(event, "%s:%s", list->events[i].system, list->events[i].name) >= 0)
			preflight->nr_events++;
	}
}

/* Those of -e and --only, in the recorder's own words. */
static void check_events_asked(struct check_context *context, struct capture_check *check)
{
	struct event_list list;
	struct diag diag = {0};
	char text[DIAG_TEXT_SIZE], advice[sizeof(diag.advice)];

	check->fatal = true;
	if (!context->tracing) {
		check_set(check, false, "see the lines above", "which events can be recorded cannot be seen");
		return;
	}
	if (event_list_make(context->options, &list, &diag)) {
		memcpy(advice, diag.advice, sizeof(advice));
		diag_advice(&diag, "%s", "");
		check_set(check, false, advice, "%s", diag_text(&diag, text, sizeof(text)));
		return;
	}
	event_list_text(&list, text, sizeof(text));
	check_set(check, true, "", "a recording would have %s", text);
	events_keep(context->preflight, &list);
	event_list_fini(&list);
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

	context->preflight->counters = !err;
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

	context->preflight->pages = !err;
	context->preflight->page_flag = !err && sweep_page_flag(sweep) == SAMPLE_PAGE_FLAG_EXACT;
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

	context->preflight->processes = ok;
	check_set(check, ok, "Linux 6.1 or later with CONFIG_KSM",
		  ok ? "processes in KSM can be found (ksm_stat)" : "processes in KSM cannot be found: "
		  "/proc/PID/ksm_stat is not there");
}

static void check_symbols(struct check_context *context, struct capture_check *check)
{
	struct proc_text text = {0};
	bool hidden = !proc_text_read(&text, AT_FDCWD, "/proc/sys/kernel/kptr_restrict") &&
		      text.data[0] >= '2';
	bool root = !geteuid();

	(void)context;
	check_set(check, root && !hidden, hidden ? "sysctl kernel.kptr_restrict=1" : "run it with sudo",
		  root && !hidden ? "kernel symbols are readable" : "kernel symbols are hidden%s: the purposes "
		  "of walks would stay addresses", hidden ? "" : " without root");
	proc_text_fini(&text);
}

static void check_stale(struct check_context *context, struct capture_check *check)
{
	char name[128] = "";
	int nr = context->tracing ? session_remove_stale(true, name, sizeof(name)) : 0;

	if (!context->tracing)
		check_set(check, false, "see the lines above",
			  "whether a killed recorder left a tracing instance cannot be seen");
	else
		check_set(check, !nr, "the next recording removes it",
			  nr ? "%d tracing instance(s) of recorders that were killed are left: %s" :
			  "no tracing instance of a killed recorder is left", nr, name);
}

/* A recorder of the same file, dead or alive, has a spool there. */
static bool spool_is_there(const char *output, struct capture_check *check)
{
	char spool[4096], remedy[sizeof(check->remedy)] = "wait for its end, or name another file with -o FILE";
	int fd = -1;
	int err;

	snprintf(spool, sizeof(spool), "%s.spool", output);
	err = output_lock_spool(spool, &fd, NULL);
	if (fd >= 0)
		close(fd);
	if (err == -ENOENT)
		return false;
	if (err != -EBUSY)
		snprintf(remedy, sizeof(remedy), "ksmtop recover %.200s", spool);
	check_set(check, false, remedy, err == -EBUSY ? "%.300s is being recorded right now" :
		  "%.300s is there, left by a recording that was interrupted", spool);
	return true;
}

static void check_output(struct check_context *context, struct capture_check *check)
{
	struct diag diag = {0};
	char *path = NULL, text[DIAG_TEXT_SIZE];
	struct statvfs fs = {0};

	check->fatal = true;
	if (output_resolve(context->options->output, &path, &diag)) {
		diag_advice(&diag, "%s", "");
		check_set(check, false, "name another place with -o FILE", "%s",
			  diag_text(&diag, text, sizeof(text)));
		return;
	}
	if (!spool_is_there(path, check)) {
		char copy[4096];

		snprintf(copy, sizeof(copy), "%s", path);
		statvfs(dirname(copy), &fs);
		check_set(check, true, "", "%.200s can be written, %llu MiB are free", context->options->output,
			  (unsigned long long)fs.f_bavail * fs.f_frsize >> 20);
	}
	free(path);
}

static const struct {
	const char *what;
	void (*check)(struct check_context *context, struct capture_check *check);
} checks[] = {
	{"root", check_root}, {"tracefs", check_tracefs}, {"ksm events", check_ksm_events},
	{"other events", check_other_events}, {"events", check_events_asked}, {"ksm", check_ksm}, {"pages", check_pages},
	{"processes", check_processes}, {"symbols", check_symbols}, {"stale instances", check_stale},
	{"output", check_output},
};

int capture_preflight(const struct capture_options *options, struct capture_preflight *ret_preflight)
{
	size_t nr = sizeof(checks) / sizeof(checks[0]);
	struct check_context context = {.options = options, .preflight = ret_preflight};

	*ret_preflight = (struct capture_preflight){.checks = calloc(nr, sizeof(struct capture_check))};
	if (!ret_preflight->checks)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct capture_check *check = &ret_preflight->checks[i];

		snprintf(check->what, sizeof(check->what), "%s", checks[i].what);
		checks[i].check(&context, check);
	}
	ret_preflight->nr_checks = nr;
	ret_preflight->counters &= !options->no_samples;
	ret_preflight->processes &= !options->no_samples;
	ret_preflight->pages &= !options->no_samples;
	return 0;
}

void capture_preflight_fini(struct capture_preflight *preflight)
{
	for (size_t i = 0; i < preflight->nr_events; i++)
		free(preflight->events[i]);
	free(preflight->events);
	free(preflight->checks);
	*preflight = (struct capture_preflight){0};
}
