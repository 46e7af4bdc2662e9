/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sampler.h - the thread that looks at the machine while the readers read its events.
 *
 * Once a second: KSM's counters, how many events were lost, the kernel's saved task names.  And
 * rounds over the processes in KSM (process.h), a full one at the start and at the end, others as often as
 * their price allows: after a round that took c of CPU time, the next one starts no sooner than 50 c
 * later (2 % of a core) and never sooner than a second.
 *
 * The start's samples are complete before sampler_start() returns, the end's when sampler_finish()
 * does; both while events are still recorded, so what changes during them is in the events.  Only
 * the very last sweep of pages comes after recording was switched off, by this thread.
 */
#ifndef KSMTOP_SAMPLER_H
#define KSMTOP_SAMPLER_H

#include <pthread.h>
#include <stdatomic.h>

#include "capture/cmdlines.h"
#include "capture/host.h"
#include "capture/process.h"
#include "capture/session.h"
#include "trace/trace_writer.h"

struct sampler {
	pthread_t thread;
	const struct session *session;
	struct trace_spool *spool;
	bool with_samples;
	int stop_fd;			/* eventfd: end now */
	int wake;			/* eventfd of the main thread, for an error */
	atomic_bool abandon;		/* end without the end's samples, even in the middle */
	struct sample_builder builder;
	struct ksm_files ksm;
	struct process_table table;
	struct cmdlines *cmdlines;	/* the caller's; the thread's while it runs */
	struct proc_text text;
	struct sample_loss *losses;
	atomic_uint_fast64_t *on_disk_ns;	/* of each CPU; 0: not known yet */
	uint64_t next_round_ns;
	/* For the progress line. */
	atomic_uint_fast64_t nr_events, nr_lost, nr_ksm_pages;
	atomic_uint nr_processes;
	atomic_bool over;
	atomic_int error;
	struct diag diag;		/* valid when error is not 0 */
	bool running;
};

/* Of the kernel's kpageflags, as the samples were told: after sampler_start(). */
enum sample_page_flag sampler_page_flag(const struct sampler *sampler);

/* Takes the samples of the start and starts the thread.  0, or -E and diag. */
int sampler_start(struct sampler *sampler, const struct session *session, struct trace_spool *spool,
		  struct cmdlines *cmdlines, const struct capture_options *options, int wake,
		  struct diag *diag);
/*
 * Tells the thread to take the end's samples and to end; `wake` tells when it has.  `abandon` may
 * be set meanwhile.
 */
void sampler_stop(struct sampler *sampler);
/* Waits for the thread.  The error it met, with diag. */
int sampler_finish(struct sampler *sampler, struct diag *diag);
/* All events of the session's i-th CPU before that time are on disk. */
void sampler_set_on_disk(struct sampler *sampler, uint32_t i, uint64_t ns);
/* When the readers are done: a last look at the losses.  0, or -E and diag. */
int sampler_add_losses(struct sampler *sampler, struct diag *diag);
void sampler_fini(struct sampler *sampler);

#endif /* KSMTOP_SAMPLER_H */
