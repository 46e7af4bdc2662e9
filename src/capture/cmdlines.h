/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmdlines.h - the names of the tasks that a recording may mention.
 *
 * The kernel keeps the names of the last 128 traced tasks (tracefs saved_cmdlines), for all
 * instances together.  That is too few for a long recording, and enlarging it would change a setting of
 * the whole machine.  So it is read once a second and collected here, on top of the kernel's own
 * threads, which a recording that is killed must not lack.  The rest of /proc is nobody's business.
 * The last name heard of a pid wins, as it does in the kernel's own list.
 *
 * All names together go into the recording at its end.  A recorder may be killed before, so each second's
 * new ones are a sample, too, which goes to disk like any other.
 */
#ifndef KSMTOP_CMDLINES_H
#define KSMTOP_CMDLINES_H

#include "capture/proc_file.h"
#include "trace/sample.h"

struct cmdline {
	int pid;		/* 0: a free slot */
	char comm[16];
	bool fresh;		/* not in a sample yet, nor in the metadata of the start */
};

/* Starts as {0}. */
struct cmdlines {
	struct cmdline *slots;	/* open addressing by pid */
	size_t nr_slots, nr;
	struct proc_text scratch;
};

/* Adds the kernel's threads (ksmd, khugepaged ...).  0 or -E. */
int cmdlines_add_kernel_threads(struct cmdlines *cmdlines);
/* Adds what tracefs saved_cmdlines holds now.  0 or -E. */
int cmdlines_add_saved(struct cmdlines *cmdlines);
/* Adds a NAMES sample of what is new or changed since the last one, if anything is.  0 or -E. */
int cmdlines_sample(struct cmdlines *cmdlines, struct sample_builder *builder);
/* "PID COMM\n" lines in order of pid, as saved_cmdlines has them. */
int cmdlines_text(const struct cmdlines *cmdlines, struct proc_text *ret_text);
void cmdlines_fini(struct cmdlines *cmdlines);

#endif /* KSMTOP_CMDLINES_H */
