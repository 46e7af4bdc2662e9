// SPDX-License-Identifier: GPL-2.0-only
/*
 * host.c - the samples about the machine itself: HOST once, KSM's counters every second.
 *
 * The kernel's configuration is looked for where kernels put it: /proc/config.gz, then the
 * distribution's file in /boot or /lib/modules.  Only lines from the list below are kept: they
 * tell a reader, on another machine, why an event or a view is missing.
 *
 * Sysfs files are kept open and read again from the start, which makes the kernel call their show
 * function anew (kernfs).  The counters are read one after another; the sample's interval says so.
 */
#include "capture/host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#define KSM_DIR "/sys/kernel/mm/ksm"

static const char *const config_names[] = {
	"CONFIG_KSM", "CONFIG_KSMTOP", "CONFIG_KSMTOP_LAB", "CONFIG_NUMA", "CONFIG_NUMA_BALANCING",
	"CONFIG_MEMORY_FAILURE", "CONFIG_HWPOISON_INJECT", "CONFIG_MIGRATION", "CONFIG_COMPACTION",
	"CONFIG_TRANSPARENT_HUGEPAGE", "CONFIG_TRANSPARENT_HUGEPAGE_ALWAYS",
	"CONFIG_TRANSPARENT_HUGEPAGE_MADVISE", "CONFIG_READ_ONLY_THP_FOR_FS", "CONFIG_SWAP",
	"CONFIG_USERFAULTFD", "CONFIG_PROC_PAGE_MONITOR", "CONFIG_PAGE_MAPCOUNT", "CONFIG_MEMCG",
	"CONFIG_KALLSYMS", "CONFIG_KALLSYMS_ALL", "CONFIG_DEBUG_FS", "CONFIG_FTRACE",
	"CONFIG_KPROBE_EVENTS", "CONFIG_FPROBE_EVENTS", "CONFIG_HIST_TRIGGERS",
	"CONFIG_DEBUG_INFO_BTF", "CONFIG_PREEMPT_DYNAMIC", "CONFIG_PREEMPT_RT", "CONFIG_HZ",
};

static bool config_is_wanted(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(config_names) / sizeof(config_names[0]); i++) {
		if (strlen(config_names[i]) == length && !strncmp(config_names[i], name, length))
			return true;
	}
	return false;
}

/* "CONFIG_X=value" or "# CONFIG_X is not set" */
static void config_add_line(struct sample_builder *builder, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	bool unset = !strncmp(line, "# CONFIG_", 9);
	char *name = unset ? line + 2 : line;
	size_t length = strcspn(name, "= ");

	if (!config_is_wanted(name, length))
		return;
	char *value = name[length] == '=' ? name + length + 1 : unset ? (char *)"n" : NULL;
	name[length] = '\0';
	if (value)
		sample_add_pair(builder, name, value);
}

static void config_add(struct sample_builder *builder, const char *release)
{
	char paths[3][160], line[256];
	gzFile file = NULL;

	snprintf(paths[0], sizeof(paths[0]), "/proc/config.gz");
	snprintf(paths[1], sizeof(paths[1]), "/boot/config-%.100s", release);
	snprintf(paths[2], sizeof(paths[2]), "/lib/modules/%.100s/config", release);
	for (int i = 0; i < 3 && !file; i++)
		file = gzopen(paths[i], "re");	/* plain files come through as they are */
	if (!file)
		return;
	while (gzgets(file, line, sizeof(line)))
		config_add_line(builder, line);
	gzclose(file);
}

/* The first line of a file as a value; nothing if it cannot be read. */
static void file_add(struct sample_builder *builder, struct proc_text *text, const char *name,
		     const char *path)
{
	if (proc_text_read(text, AT_FDCWD, path))
		return;
	text->data[strcspn(text->data, "\n")] = '\0';
	sample_add_pair(builder, name, text->data);
}

int host_sample(struct sample_builder *builder, const char *command_line, enum sample_page_flag page_flag)
{
	struct proc_text text = {0};
	struct utsname name;
	char number[24];

	uname(&name);
	sample_begin(builder, SAMPLE_HOST, 0, clock_mono_ns());
	sample_add_pair(builder, "release", name.release);
	sample_add_pair(builder, "version", name.version);
	sample_add_pair(builder, "machine", name.machine);
	snprintf(number, sizeof(number), "%ld", sysconf(_SC_PAGESIZE));
	sample_add_pair(builder, "page_size", number);
	snprintf(number, sizeof(number), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	sample_add_pair(builder, "nr_cpus", number);
	file_add(builder, &text, "nids", "/sys/devices/system/node/online");
	sample_add_pair(builder, "ksmtop", KSMTOP_VERSION);
	sample_add_pair(builder, "patch", access("/sys/kernel/tracing/events/ksmtop", F_OK) ? "no" : "yes");
	file_add(builder, &text, "walk_rule", "/sys/kernel/debug/ksmtop/walk_rule");
	file_add(builder, &text, "recover", "/sys/kernel/debug/ksmtop/recover");
	file_add(builder, &text, "thp_enabled", "/sys/kernel/mm/transparent_hugepage/enabled");
	file_add(builder, &text, "memory_failure_early_kill", "/proc/sys/vm/memory_failure_early_kill");
	if (page_flag != SAMPLE_PAGE_FLAG_UNKNOWN)
		sample_add_pair(builder, SAMPLE_PAGE_FLAG_NAME,
				page_flag == SAMPLE_PAGE_FLAG_EXACT ? "exact" : "anonymous");
	if (command_line)
		sample_add_pair(builder, "command", command_line);
	config_add(builder, name.release);
	proc_text_fini(&text);
	return sample_end(builder, clock_mono_ns());
}

/* ---- KSM ---- */

int ksm_files_open(struct ksm_files *ksm)
{
	struct dirent *entry;

	*ksm = (struct ksm_files){0};
	DIR *dir = opendir(KSM_DIR);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) && ksm->nr_files < sizeof(ksm->files) / sizeof(ksm->files[0])) {
		struct ksm_file *file = &ksm->files[ksm->nr_files];
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= sizeof(file->name))
			continue;
		file->fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (file->fd < 0)
			continue;
		strcpy(file->name, entry->d_name);
		ksm->nr_files++;
	}
	closedir(dir);
	return ksm->nr_files ? 0 : -ENOENT;
}

int ksm_files_sample(struct ksm_files *ksm, struct sample_builder *builder)
{
	char value[256];

	if (!ksm->nr_files)
		return 0;
	sample_begin(builder, SAMPLE_KSM, 0, clock_mono_ns());
	for (size_t i = 0; i < ksm->nr_files; i++) {
		ssize_t n = pread(ksm->files[i].fd, value, sizeof(value) - 1, 0);
		if (n <= 0)
			continue;
		value[n] = '\0';
		value[strcspn(value, "\n")] = '\0';
		sample_add_pair(builder, ksm->files[i].name, value);
	}
	return sample_end(builder, clock_mono_ns());
}

void ksm_files_close(struct ksm_files *ksm)
{
	for (size_t i = 0; i < ksm->nr_files; i++)
		close(ksm->files[i].fd);
	*ksm = (struct ksm_files){0};
}
