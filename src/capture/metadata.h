/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metadata.h - what a trace.dat needs besides events: formats, symbols, names, clock, statistics.
 *
 * Of formats, those of the enabled events and those of the ftrace system (which libtracecmd wants).
 * Of kallsyms, the functions by which the events speak of KSM and of reverse-map walks; all of them
 * only if an enabled event prints some address as a symbol.
 */
#ifndef KSMTOP_METADATA_H
#define KSMTOP_METADATA_H

#include "capture/cmdlines.h"
#include "capture/event_list.h"
#include "capture/session.h"
#include "trace/trace_writer.h"

struct metadata {
	struct trace_meta meta;		/* borrows from what follows */
	struct trace_format *formats;
	uint32_t nr_formats;
	struct proc_text header_page, header_event, kallsyms, printk, cmdlines, uname, clock, recorder;
	struct proc_text *cpu_stats;
	struct trace_text *cpu_stat_texts;
	uint32_t nr_cpus;
	bool symbols_hidden;		/* kptr_restrict: kallsyms shows no addresses */
};

/* Collects all but names and statistics.  0, or -E and diag. */
int metadata_init(struct metadata *metadata, const struct session *session,
		  const struct event_list *list, struct diag *diag);
/* Renews names and statistics; at the start and at the end.  0 or -ENOMEM. */
int metadata_update(struct metadata *metadata, const struct session *session,
		    const struct cmdlines *cmdlines);
void metadata_fini(struct metadata *metadata);

#endif /* KSMTOP_METADATA_H */
