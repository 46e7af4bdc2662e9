// SPDX-License-Identifier: GPL-2.0-only
/*
 * metadata.c - what a trace.dat needs besides events: formats, symbols, names, clock, statistics.
 *
 * All of it is copied as the kernel gives it, since the reader decodes by it.  The one thing that is
 * chosen is symbols: kallsyms has five megabytes, of which a recording of KSM needs the
 * callbacks that name a walk's purpose (rwc->rmap_one) and KSM's own functions.
 *
 * Formats come from the top instance: they are the same in all.
 */
#include "capture/metadata.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <tracefs.h>

#ifndef KSMTOP_VERSION
#error "meson passes KSMTOP_VERSION"
#endif

/* rwc->rmap_one of Linux 6.4 to 6.18, by which a walk's purpose is told. */
static const char *const wanted_symbols[] = {
	"try_to_unmap_one", "try_to_migrate_one", "remove_migration_pte", "folio_referenced_one",
	"page_mkclean_one", "page_idle_clear_pte_refs_one", "page_make_device_exclusive_one",
	"damon_folio_mkold_one", "damon_folio_young_one", "page_mlock_one", "mlock_vma_folio",
	"page_vma_mkclean_one",
};

static bool symbol_is_wanted(const char *name)
{
	if (strstr(name, "ksm") || strstr(name, "rmap_walk") || strstr(name, "memory_failure"))
		return true;
	for (size_t i = 0; i < sizeof(wanted_symbols) / sizeof(wanted_symbols[0]); i++) {
		size_t length = strlen(wanted_symbols[i]);
		/* the compiler may append ".constprop.0" and the like */
		if (!strncmp(name, wanted_symbols[i], length) &&
		    (!name[length] || name[length] == '.'))
			return true;
	}
	return false;
}

static bool format_prints_symbols(const char *format)
{
	const char *print = strstr(format, "print fmt:");
	for (const char *p = print ? strstr(print, "%p") : NULL; p; p = strstr(p + 2, "%p")) {
		if (p[2] && strchr("sSfFB", p[2]))
			return true;
	}
	return false;
}

/* "ADDRESS TYPE NAME" or "ADDRESS TYPE NAME\t[MODULE]" */
static int kallsyms_select(struct metadata *metadata, char *text, bool all)
{
	char *save;
	int err = 0;

	for (char *line = strtok_r(text, "\n", &save); line && !err; line = strtok_r(NULL, "\n", &save)) {
		char *type = strchr(line, ' ');
		if (!type || strlen(type) < 4)
			continue;
		size_t length = strcspn(type + 3, "\t ");
		char name[128];
		snprintf(name, sizeof(name), "%.*s", (int)length, type + 3);
		if (!all && !symbol_is_wanted(name))
			continue;
		metadata->symbols_hidden |= !strtoull(line, NULL, 16) && strchr("tT", type[1]);
		err = proc_text_append(&metadata->kallsyms, line, strlen(line));
		err = err ? err : proc_text_append(&metadata->kallsyms, "\n", 1);
	}
	if (metadata->symbols_hidden)
		metadata->kallsyms.size = 0;
	return err;
}

static int kallsyms_read(struct metadata *metadata)
{
	struct proc_text text = {0};
	bool all = false;
	int err = proc_text_read(&text, AT_FDCWD, "/proc/kallsyms");

	for (uint32_t i = 0; i < metadata->nr_formats; i++)
		all |= strcmp(metadata->formats[i].system, "ftrace") &&
		       format_prints_symbols(metadata->formats[i].text.text);
	/* a kernel without kallsyms only lacks names */
	err = err == -ENOENT ? 0 : err ? err : kallsyms_select(metadata, text.data, all);
	proc_text_fini(&text);
	return err;
}

/* ---- formats ---- */

static int format_add(struct metadata *metadata, const char *system, const char *name)
{
	int size = 0;
	char *text = tracefs_event_file_read(NULL, system, name, "format", &size);
	char *copy = strdup(system);
	struct trace_format *grown = reallocarray(metadata->formats, metadata->nr_formats + 1,
						  sizeof(*grown));
	if (grown)
		metadata->formats = grown;
	if (!text || !copy || !grown) {
		int err = text ? -ENOMEM : -ENOENT;
		free(text);
		free(copy);
		return err;
	}
	grown[metadata->nr_formats++] = (struct trace_format){
		.system = copy, .text = {.text = text, .size = (size_t)size},
	};
	return 0;
}

static int formats_read(struct metadata *metadata, const struct event_list *list, struct diag *diag)
{
	char **ftrace = tracefs_system_events(NULL, "ftrace");
	int err = 0;

	for (size_t i = 0; ftrace && ftrace[i] && err != -ENOMEM; i++)
		err = format_add(metadata, "ftrace", ftrace[i]);
	tracefs_list_free(ftrace);
	if (err == -ENOMEM)
		return diag_set(diag, err, "out of memory");
	for (size_t i = 0; i < list->nr_events; i++) {
		err = format_add(metadata, list->events[i].system, list->events[i].name);
		if (err)
			return diag_set(diag, err, "the format of %s:%s cannot be read: %s",
					list->events[i].system, list->events[i].name, strerror(-err));
	}
	return 0;
}

/* ---- the rest ---- */

static int tracefs_read(struct proc_text *text, const char *name, bool must, struct diag *diag)
{
	char *path = tracefs_get_tracing_file(name);
	int err = path ? proc_text_read(text, AT_FDCWD, path) : -ENOMEM;

	if (err && must)
		diag_set(diag, err, "%s cannot be read: %s", path ? path : name, strerror(-err));
	tracefs_put_tracing_file(path);
	return must ? err : 0;
}

static struct trace_text as_text(const struct proc_text *text)
{
	return (struct trace_text){.text = text->data ? text->data : "", .size = text->size};
}

static int texts_read(struct metadata *metadata, const struct session *session, struct diag *diag)
{
	char path[320], line[512];
	struct utsname name;
	int err = tracefs_read(&metadata->header_page, "events/header_page", true, diag);

	if (!err)
		err = tracefs_read(&metadata->header_event, "events/header_event", true, diag);
	if (err)
		return err;
	tracefs_read(&metadata->printk, "printk_formats", false, diag);
	snprintf(path, sizeof(path), "%s/trace_clock", session->dir);
	proc_text_read(&metadata->clock, AT_FDCWD, path);
	uname(&name);
	int n = snprintf(line, sizeof(line), "%s %s %s %s", name.sysname, name.nodename, name.release,
			 name.machine);
	err = proc_text_append(&metadata->uname, line, (size_t)n);
	return err ? err : proc_text_append(&metadata->recorder, "ksmtop " KSMTOP_VERSION,
					    strlen("ksmtop " KSMTOP_VERSION));
}

int metadata_init(struct metadata *metadata, const struct session *session,
		  const struct event_list *list, struct diag *diag)
{
	*metadata = (struct metadata){.nr_cpus = session->nr_cpus};
	metadata->cpu_stats = calloc(session->nr_cpus, sizeof(*metadata->cpu_stats));
	metadata->cpu_stat_texts = calloc(session->nr_cpus, sizeof(*metadata->cpu_stat_texts));
	if (!metadata->cpu_stats || !metadata->cpu_stat_texts)
		return diag_set(diag, -ENOMEM, "out of memory");
	int err = texts_read(metadata, session, diag);
	if (!err)
		err = formats_read(metadata, list, diag);
	if (!err && kallsyms_read(metadata))
		err = diag_set(diag, -ENOMEM, "out of memory");
	return err;
}

int metadata_update(struct metadata *metadata, const struct session *session,
		    const struct cmdlines *cmdlines)
{
	struct cpu_stats ignored;
	int err = cmdlines_text(cmdlines, &metadata->cmdlines);

	for (uint32_t i = 0; i < metadata->nr_cpus; i++) {
		char head[24];
		struct proc_text text = {0};
		int n = snprintf(head, sizeof(head), "CPU: %u\n", session->cpu_ids[i]);
		metadata->cpu_stats[i].size = 0;
		if (!session_cpu_stats(session, session->cpu_ids[i], &text, &ignored)) {
			err = err ? err : proc_text_append(&metadata->cpu_stats[i], head, (size_t)n);
			err = err ? err : proc_text_append(&metadata->cpu_stats[i], text.data, text.size);
		}
		proc_text_fini(&text);
		metadata->cpu_stat_texts[i] = as_text(&metadata->cpu_stats[i]);
	}
	metadata->meta = (struct trace_meta){
		.header_page = as_text(&metadata->header_page),
		.header_event = as_text(&metadata->header_event),
		.formats = metadata->formats, .nr_formats = metadata->nr_formats,
		.kallsyms = as_text(&metadata->kallsyms), .printk = as_text(&metadata->printk),
		.cmdlines = as_text(&metadata->cmdlines), .uname = as_text(&metadata->uname),
		.trace_clock = as_text(&metadata->clock), .recorder = as_text(&metadata->recorder),
		.cpu_stats = metadata->cpu_stat_texts, .nr_cpu_stats = metadata->nr_cpus,
	};
	return err;
}

void metadata_fini(struct metadata *metadata)
{
	struct proc_text *texts[] = {
		&metadata->header_page, &metadata->header_event, &metadata->kallsyms, &metadata->printk,
		&metadata->cmdlines, &metadata->uname, &metadata->clock, &metadata->recorder,
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		proc_text_fini(texts[i]);
	for (uint32_t i = 0; i < metadata->nr_formats; i++) {
		free((char *)metadata->formats[i].system);
		free((char *)metadata->formats[i].text.text);
	}
	for (uint32_t i = 0; metadata->cpu_stats && i < metadata->nr_cpus; i++)
		proc_text_fini(&metadata->cpu_stats[i]);
	free(metadata->formats);
	free(metadata->cpu_stats);
	free(metadata->cpu_stat_texts);
	*metadata = (struct metadata){0};
}
