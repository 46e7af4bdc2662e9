// SPDX-License-Identifier: GPL-2.0-only
/*
 * session.c - the tracing instance of one recording, from mkdir to rmdir.
 *
 * Everything that a recording sets lives inside its own instance, so removing the instance puts
 * everything back at once; only the patched kernel's detail switches are global, and their old
 * values go to the guard before they are changed.  The name holds pid and start time: an instance
 * whose recorder is gone is recognised for certain, and one that is in use elsewhere (another pid
 * namespace) is protected by the kernel, which refuses rmdir while its files are open.  Behind them stand
 * the details that are to be off again, in case that the guard is killed as well.
 *
 * Buffers: KSM at full rate writes about 25 MB a second, nearly all on ksmd's CPU.  BUFFER_BYTES a
 * CPU is more than a second of that, enough for a reader that waits for a slow disk; less on
 * machines where all CPUs together would take too much of the free memory.  The
 * buffer overwrites its oldest pages when full: only then the kernel marks *where* events are lost.
 */
#include "capture/session.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <tracefs.h>

#define BUFFER_BYTES		(32ull << 20)
#define BUFFER_MIN		(1ull << 20)
#define BUFFER_SHARE		16	/* all buffers take at most 1/16 of the free memory */
#define INSTANCE_PREFIX		"ksmtop-"
#define DETAIL_FILE		"/sys/kernel/debug/ksmtop/detail"
#define DETAIL_MARK		'+'
#define DETAIL_MARKS		"+"

/* tracefs_tracing_dir_is_mounted() of libtracefs 1.6 loses memory, tracefs_tracing_dir() mounts. */
const char *session_mounted_dir(void)
{
	struct proc_text text = {0};
	bool mounted = !proc_text_read(&text, AT_FDCWD, "/proc/self/mounts") &&
		       strstr(text.data, " tracefs ");

	proc_text_fini(&text);
	return mounted ? tracefs_tracing_dir() : NULL;
}

const char *session_tracing_dir(struct diag *diag)
{
	const char *dir;

	if (geteuid()) {
		diag_set(diag, -EPERM, "recording needs root");
		diag_advice(diag, "run it with sudo");
		return NULL;
	}
	dir = session_mounted_dir();
	if (!dir) {
		diag_set(diag, -ENODEV, "tracefs is not mounted");
		diag_advice(diag, "mount -t tracefs nodev /sys/kernel/tracing");
		return NULL;
	}
	return dir;
}

/* ---- names ---- */

/* *ret_details: "+walk_vma+item_scan", what the dead recorder had switched on, or "". */
static bool instance_is_stale(const char *name, const char **ret_details)
{
	int pid, used = 0;
	unsigned long long start;

	if (sscanf(name, INSTANCE_PREFIX "%d-%llu%n", &pid, &start, &used) != 2 ||
	    (name[used] && name[used] != DETAIL_MARK))
		return false;
	*ret_details = name + used;
	return proc_start_time(pid) != start;
}

/* What the guard would have done, had it lived. */
static void details_switch_off(const char *details)
{
	while (*details == DETAIL_MARK) {
		size_t length = strcspn(++details, DETAIL_MARKS);
		char value[64];

		snprintf(value, sizeof(value), "%.*s 0", (int)length, details);
		if (length && length < sizeof(value) - 2)
			proc_write(DETAIL_FILE, value);
		details += length;
	}
}

int session_remove_stale(bool list_only, char *name, size_t size)
{
	char **names = tracefs_instances(NULL);
	char path[512];
	int nr = 0;

	for (size_t i = 0; names && names[i]; i++) {
		const char *details;

		if (!instance_is_stale(names[i], &details))
			continue;
		snprintf(path, sizeof(path), "%s/instances/%s", tracefs_tracing_dir(), names[i]);
		if (!list_only && instance_remove(path))
			continue;
		if (!list_only)
			details_switch_off(details);
		if (!nr++)
			snprintf(name, size, "%s", names[i]);
	}
	tracefs_list_free(names);
	return nr;
}

/* ---- the patched kernel's detail switches ---- */

/* "NAME 0|1" somewhere in the detail file: 0, 1, or -1. */
static int detail_value(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *p = text; (p = strstr(p, name)); p += length) {
		if ((p == text || isspace((unsigned char)p[-1])) && p[length] == ' ')
			return p[length + 1] == '1';
	}
	return -1;
}

static int details_prepare(struct session *session, const struct capture_options *options,
			   struct diag *diag)
{
	struct proc_text text = {0};
	int err = 0;

	if (!options->nr_details)
		return 0;
	if (proc_text_read(&text, AT_FDCWD, DETAIL_FILE)) {
		diag_set(diag, -EINVAL, "this kernel has no detail \"%s\"", options->details[0]);
		diag_advice(diag, "--detail needs the kernel patch and debugfs on /sys/kernel/debug");
		err = -EINVAL;
	}
	for (size_t i = 0; !err && i < options->nr_details; i++) {
		const char *name = options->details[i];
		int value = detail_value(text.data, name);
		if (value < 0 || i >= SESSION_MAX_DETAILS) {
			err = diag_set(diag, -EINVAL, "this kernel has no detail \"%s\"", name);
			diag_advice(diag, "see " DETAIL_FILE);
			break;
		}
		session->restore[i].path = DETAIL_FILE;
		snprintf(session->restore[i].value, sizeof(session->restore[i].value), "%.20s %d", name,
			 value);
	}
	proc_text_fini(&text);
	return err;
}

static int details_enable(const struct capture_options *options, struct diag *diag)
{
	for (size_t i = 0; i < options->nr_details; i++) {
		char value[64];
		snprintf(value, sizeof(value), "%.20s 1", options->details[i]);
		int err = proc_write(DETAIL_FILE, value);
		if (err)
			return diag_set(diag, err, "the detail \"%s\" cannot be switched on: %s",
					options->details[i], strerror(-err));
	}
	return 0;
}

/* ---- making the instance ---- */

static int cpu_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static int cpus_find(struct session *session)
{
	char *path = tracefs_instance_get_file(session->instance, "per_cpu");
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	unsigned int cpu;

	tracefs_put_tracing_file(path);
	if (!dir)
		return -ENODEV;
	while ((entry = readdir(dir))) {
		if (sscanf(entry->d_name, "cpu%u", &cpu) != 1)
			continue;
		uint32_t *ids = reallocarray(session->cpu_ids, session->nr_cpus + 1, sizeof(*ids));
		if (!ids)
			break;
		ids[session->nr_cpus++] = cpu;
		session->cpu_ids = ids;
	}
	closedir(dir);
	if (!session->nr_cpus)
		return -ENODEV;
	qsort(session->cpu_ids, session->nr_cpus, sizeof(uint32_t), cpu_compare);
	return 0;
}

static uint64_t memory_available(void)
{
	struct proc_text text = {0};
	unsigned long long kib = 0;

	if (!proc_text_read(&text, AT_FDCWD, "/proc/meminfo")) {
		const char *line = strstr(text.data, "MemAvailable:");
		if (line)
			sscanf(line, "MemAvailable: %llu", &kib);
	}
	proc_text_fini(&text);
	return kib << 10;
}

static int buffers_size(struct session *session, struct diag *diag)
{
	uint64_t bytes = memory_available() / BUFFER_SHARE / session->nr_cpus;
	char kib[24];

	if (bytes > BUFFER_BYTES)
		bytes = BUFFER_BYTES;
	for (; bytes >= BUFFER_MIN; bytes /= 2) {
		snprintf(kib, sizeof(kib), "%llu", (unsigned long long)bytes >> 10);
		if (tracefs_instance_file_write(session->instance, "buffer_size_kb", kib) > 0) {
			session->buffer_bytes = bytes;
			return 0;
		}
	}
	diag_set(diag, -ENOMEM, "there is no memory for trace buffers of %llu KiB for each of %u CPUs",
		 BUFFER_MIN >> 10, session->nr_cpus);
	return -ENOMEM;
}

static uint32_t subbuf_size(struct session *session)
{
	long long kib = 0;
	/* buffer_subbuf_size_kb came with Linux 6.8; before it a sub-buffer was a page */
	if (tracefs_file_exists(session->instance, "buffer_subbuf_size_kb") &&
	    !tracefs_instance_file_read_number(session->instance, "buffer_subbuf_size_kb", &kib) &&
	    kib > 0)
		return (uint32_t)kib << 10;
	return (uint32_t)sysconf(_SC_PAGESIZE);
}

static int setting(struct session *session, const char *file, const char *value, struct diag *diag)
{
	if (tracefs_instance_file_write(session->instance, file, value) > 0)
		return 0;
	int err = errno ? -errno : -EIO;
	return diag_set(diag, err, "the tracing instance refuses \"%s\" for %s: %s", value, file,
			strerror(-err));
}

static int events_enable(struct session *session, const struct event_list *list, struct diag *diag)
{
	for (size_t i = 0; i < list->nr_events; i++) {
		const struct capture_event *event = &list->events[i];
		if (event->filter[0] &&
		    tracefs_event_file_write(session->instance, event->system, event->name, "filter",
					     event->filter) <= 0)
			snprintf(session->note, sizeof(session->note),
				 "%s:%s cannot be filtered (%s) on this kernel, all of them are recorded",
				 event->system, event->name, event->filter);
		if (!tracefs_event_enable(session->instance, event->system, event->name))
			continue;
		int err = errno ? -errno : -EIO;
		return diag_set(diag, err, "the event %s:%s cannot be enabled: %s", event->system,
				event->name, strerror(-err));
	}
	return 0;
}

static int instance_create(struct session *session, struct diag *diag)
{
	const char *name = strrchr(session->dir, '/') + 1;
	int err = guard_start(&session->guard, session->dir, session->restore);

	if (err)
		return diag_set(diag, err, "a process to clean up after the recording cannot be "
					   "started: %s", strerror(-err));
	session->instance = tracefs_instance_create(name);
	if (session->instance)
		return 0;
	err = errno ? -errno : -EIO;
	diag_set(diag, err, "the tracing instance %s cannot be made: %s", session->dir, strerror(-err));
	diag_advice(diag, err == -EPERM || err == -EACCES ? "is the kernel locked down?" :
		    "is tracefs mounted read-only?");
	return err;
}

static int session_configure(struct session *session, const struct event_list *list,
			     const struct capture_options *options, struct diag *diag)
{
	int err = instance_create(session, diag);

	if (!err)
		err = setting(session, "tracing_on", "0", diag);
	if (!err)
		err = setting(session, "trace_clock", "mono", diag);
	if (!err && cpus_find(session))
		err = diag_set(diag, -ENODEV, "the tracing instance has no CPUs");
	if (!err)
		err = buffers_size(session, diag);
	if (err)
		return err;
	/* wakes a reader that waits; a kernel without it wakes readers more often */
	tracefs_instance_file_write(session->instance, "buffer_percent", "10");
	session->page_size = subbuf_size(session);
	err = events_enable(session, list, diag);
	return err ? err : details_enable(options, diag);
}

static void instance_name(struct session *session, const char *tracing)
{
	size_t size = sizeof(session->dir);
	int used = snprintf(session->dir, size, "%s/instances/" INSTANCE_PREFIX "%d-%llu", tracing, getpid(),
			    (unsigned long long)proc_start_time(getpid()));

	/* "walk_vma 0": the name of one that was off */
	for (const struct guard_restore *restore = session->restore; restore->path; restore++) {
		size_t length = strcspn(restore->value, " ");

		if (strcmp(restore->value + length, " 0") == 0 && used > 0 && (size_t)used < size)
			used += snprintf(session->dir + used, size - (size_t)used, "%c%.*s", DETAIL_MARK,
					 (int)length, restore->value);
	}
}

int session_open(struct session *session, const struct event_list *list,
		 const struct capture_options *options, struct diag *diag)
{
	*session = (struct session){0};
	const char *dir = session_tracing_dir(diag);
	if (!dir)
		return -ENODEV;
	int err = details_prepare(session, options, diag);
	instance_name(session, dir);
	if (!err)
		err = session_configure(session, list, options, diag);
	if (err)
		session_close(session);
	return err;
}

int session_start(struct session *session, struct diag *diag)
{
	return setting(session, "tracing_on", "1", diag);
}

void session_stop(const struct session *session)
{
	tracefs_instance_file_write(session->instance, "tracing_on", "0");
}

void session_close(struct session *session)
{
	if (session->instance)
		tracefs_instance_free(session->instance);
	guard_finish(&session->guard, session->dir, session->restore);
	free(session->cpu_ids);
	*session = (struct session){0};
}

/* ---- while it runs ---- */

int session_open_cpu(const struct session *session, uint32_t cpu_id)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/per_cpu/cpu%u/trace_pipe_raw", session->dir, cpu_id);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static uint64_t stat_number(const char *text, const char *name)
{
	size_t length = strlen(name);
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += !!line) {
		if (!strncmp(line, name, length) && line[length] == ':')
			return strtoull(line + length + 1, NULL, 10);
	}
	return 0;
}

int session_cpu_stats(const struct session *session, uint32_t cpu_id, struct proc_text *text,
		      struct cpu_stats *ret_stats)
{
	char path[320];
	snprintf(path, sizeof(path), "%s/per_cpu/cpu%u/stats", session->dir, cpu_id);
	int err = proc_text_read(text, AT_FDCWD, path);
	if (err)
		return err;
	*ret_stats = (struct cpu_stats){
		.entries = stat_number(text->data, "entries"),
		.overrun = stat_number(text->data, "overrun"),
		.commit_overrun = stat_number(text->data, "commit overrun"),
		.dropped = stat_number(text->data, "dropped events"),
		.read = stat_number(text->data, "read events"),
	};
	return 0;
}
