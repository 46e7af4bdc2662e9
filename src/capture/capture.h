/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - record this machine: a tracefs session, samples of /proc and sysfs, one file.
 *
 * capture_run() makes a tracing instance of its own (instances/ksmtop-PID-STARTTIME, clock mono),
 * enables the events of replay/event/event_table.h that this kernel has, reads each CPU's buffer in
 * a thread of its own, compresses at once, and appends to a spool beside the output file.  A further
 * thread samples sysfs and /proc (replay/trace/sample.h).  At the end the spool becomes the
 * recording, under its final name with one rename: FILE is either whole or not there.
 *
 * Nothing of the machine is left changed, however it ends: the instance (and with it every event,
 * filter and buffer) is removed, detail switches of the patched kernel go back to what they were.
 * KSM's own settings are never written.  After kill -9 a guard process removes the instance at once; if
 * that was killed too, the next capture_run() does, with its detail switches, and says so.
 * The spool stays: `ksmtop FILE.spool` opens it, capture_recover() makes a recording of it.
 *
 * This library never prints.  What a person should read arrives as whole sentences through
 * options.say, errors in a struct diag.  It blocks SIGINT, SIGTERM, SIGHUP, SIGCHLD and SIGPIPE
 * while it runs and gives the mask back; it is meant for a process that does nothing else.
 *
 * Units: times are nanoseconds of CLOCK_MONOTONIC, which is the trace clock "mono".
 */
#ifndef KSMTOP_CAPTURE_H
#define KSMTOP_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/diag.h"

/* What the progress line shows: about five times a second while recording, once at the end. */
struct capture_progress {
	uint64_t elapsed_ns;
	uint64_t nr_events;	/* written to the buffers so far and not lost */
	uint64_t nr_lost;	/* overwritten before they were read, all CPUs */
	uint64_t events_per_s;	/* over the last second */
	uint64_t nr_bytes;	/* spooled so far, compressed, samples included */
	uint32_t nr_processes;	/* taking part in KSM, as of the last look */
	uint32_t nr_ksm_pages;	/* mappings of KSM pages found by the last complete sweep */
};

struct capture_options {
	/*
	 * The recording to make; an existing file is replaced when the recording is complete.  A symbolic
	 * link is followed, what is neither a file nor a link to one is refused.
	 */
	const char *output;
	/* 0: until a signal or the command's end. */
	uint64_t duration_ns;
	/* -e: "SYSTEM", "SYSTEM:EVENT", or "SYSTEM:*"; they add to the default list. */
	const char *const *events;
	size_t nr_events;
	/* --only: no default list. */
	bool only;
	/* --detail: switches of the patched kernel's debugfs ksmtop/detail: "walk_vma", "item_scan". */
	const char *const *details;
	size_t nr_details;
	bool no_samples;
	/*
	 * NULL, or a NULL-terminated argv; started when recording runs, recording ends with it.  Signals that end
	 * the recording are passed on to it, the end of the duration is told to it with SIGTERM; five seconds later
	 * it is killed.  When the recorder fails it runs on, and capture_run() waits for its end.
	 */
	char *const *command;
	/* The program's own command line, kept in the recording; may be NULL. */
	const char *command_line;

	/* Either may be NULL.  Called from the thread that called capture_run(). */
	void (*say)(void *context, const char *sentence);
	void (*progress)(void *context, const struct capture_progress *progress);
	void *context;
};

struct capture_result {
	struct capture_progress total;
	/* The command's exit status as a shell tells it (128 + signal), 126/127 if it did not start. */
	int command_status;
	/* Signal that ended the recording, 0 if it was the duration or the command. */
	int signal;
	/* A recording was made (possibly a short one: see the return value). */
	bool complete;
};

/*
 * Records.  0: the recording is at options->output.  -E and diag otherwise; ret_result is filled in
 * both cases.  -ENOSPC: the disk filled up; recording stopped there, and diag says where what was
 * written is (the recording if there was room to finish it, else the spool).  -EPERM no root,
 * -ENODEV no tracefs or no KSM events, -EINVAL an event or detail that does not exist or an output
 * that is no file, -EACCES the output directory cannot be written, -EBUSY somebody records to the
 * same file, -EEXIST its spool is there: before anything was changed.
 *
 * A command that could not be started is no failure of the recording: result.command_status says
 * 126 or 127, diag is filled, the return value is 0 and nothing is recorded.
 */
int capture_run(const struct capture_options *options, struct capture_result *ret_result,
		struct diag *diag);

/*
 * Makes the recording `output` (NULL: the name the recording would have had) of the spool of an
 * interrupted capture_run(), then deletes the spool.  `ret_output` (may be NULL) is to be freed.
 * `ret_nr_damages` (may be NULL): chunks that could not be read and are missing in the recording.
 * -EBUSY: the recorder that writes it is alive.
 */
int capture_recover(const char *spool, const char *output, char **ret_output, uint32_t *ret_nr_damages,
		    struct diag *diag);

/* One line of `ksmtop doctor`. */
struct capture_check {
	char what[24];		/* "root", "tracefs", "ksm events" ... a stable identifier */
	bool ok;
	bool fatal;		/* !ok: no recording is possible; else it would lack something */
	char sentence[400];	/* how it is */
	char remedy[256];	/* what to do about it; "" if ok or if nothing can be done */
};

/* What is there to be recorded. */
struct capture_preflight {
	struct capture_check *checks;
	size_t nr_checks;
	char **events;			/* "system:event", as capture_run() would enable them */
	size_t nr_events;
	bool counters, processes, pages;	/* what could be sampled */
	bool page_flag;			/* and /proc/kpageflags tells KSM pages from other anonymous ones */
};

/*
 * Could capture_run() record this machine with these options (output, events, nr_events, only,
 * no_samples), and what would the recording lack?  Changes nothing: an instance is neither made nor removed.
 * 0 or -ENOMEM; capture_preflight_fini() in either case.
 */
int capture_preflight(const struct capture_options *options, struct capture_preflight *ret_preflight);
void capture_preflight_fini(struct capture_preflight *preflight);

#endif /* KSMTOP_CAPTURE_H */
