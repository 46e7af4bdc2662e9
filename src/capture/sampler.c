// SPDX-License-Identifier: GPL-2.0-only
/*
 * sampler.c - the thread that looks at the machine while the readers read its events.
 *
 * One thread for all that is slow and none of it urgent: a round over a large machine may take a
 * second, and no reader waits for it.  Its price is measured, not guessed: the thread's own CPU clock
 * before and after a round says when the next one may start.
 *
 * Samples go to the spool after each process and each second, so what a kill -9 loses is bounded
 * here as it is for events.  An error of the spool (disk full) ends the thread and wakes the main one.
 */
#include "capture/sampler.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_NS		1000000000ull
#define BUDGET		50		/* rounds take at most 1/50 of a core */
#define FLUSH_BYTES	(1u << 20)

static int sampler_flush(struct sampler *sampler)
{
	if (!sampler->builder.size)
		return 0;
	return trace_spool_append_samples(sampler->spool, &sampler->builder, &sampler->diag);
}

static int flush_if_large(void *context, struct sample_builder *builder)
{
	return builder->size < FLUSH_BYTES ? 0 : sampler_flush(context);
}

/* Events so far, for the progress line; a LOSS sample when losses have grown, or `always`. */
static int losses_sample(struct sampler *sampler, bool always)
{
	const struct session *session = sampler->session;
	uint64_t begin = clock_mono_ns(), nr_events = 0, nr_lost = 0;

	for (uint32_t i = 0; i < session->nr_cpus; i++) {
		struct cpu_stats stats;
		if (session_cpu_stats(session, session->cpu_ids[i], &sampler->text, &stats))
			continue;
		nr_events += stats.entries + stats.read;
		nr_lost += stats.overrun + stats.dropped + stats.commit_overrun;
		sampler->losses[i] = (struct sample_loss){
			.cpu_id = session->cpu_ids[i], .overrun = stats.overrun,
			.dropped = stats.dropped, .commit_overrun = stats.commit_overrun,
			.entries = stats.entries, .read = stats.read,
		};
	}
	bool more = nr_lost != atomic_load(&sampler->nr_lost);
	atomic_store(&sampler->nr_events, nr_events);
	atomic_store(&sampler->nr_lost, nr_lost);
	if (!more && !always)
		return 0;
	sample_begin(&sampler->builder, SAMPLE_LOSS, 0, begin);
	for (uint32_t i = 0; i < session->nr_cpus; i++)
		sample_add_loss(&sampler->builder, &sampler->losses[i]);
	return sample_end(&sampler->builder, clock_mono_ns());
}

/*
 * How far each CPU's events are on disk.  Of a recording that is cut this tells an idle CPU, whose last event
 * may be old, from one whose events are missing.
 */
static int on_disk_sample(struct sampler *sampler)
{
	const struct session *session = sampler->session;
	uint64_t now = clock_mono_ns();

	sample_begin(&sampler->builder, SAMPLE_READ, 0, now);
	for (uint32_t i = 0; i < session->nr_cpus; i++) {
		uint64_t ns = atomic_load(&sampler->on_disk_ns[i]);
		char cpu[16], text[24];

		if (!ns)
			continue;
		snprintf(cpu, sizeof(cpu), "%u", session->cpu_ids[i]);
		snprintf(text, sizeof(text), "%" PRIu64, ns);
		sample_add_pair(&sampler->builder, cpu, text);
	}
	return sample_end(&sampler->builder, now);
}

void sampler_set_on_disk(struct sampler *sampler, uint32_t i, uint64_t ns)
{
	atomic_store(&sampler->on_disk_ns[i], ns);
}

static int round_sample(struct sampler *sampler, enum round_kind kind)
{
	uint64_t begin = clock_mono_ns(), cpu = clock_thread_ns();
	int err = process_table_round(&sampler->table, kind, &sampler->builder, &sampler->abandon,
				      flush_if_large, sampler);

	err = err == -EINTR ? 0 : err ? err : sampler_flush(sampler);
	cpu = clock_thread_ns() - cpu;
	sampler->next_round_ns = begin + (cpu * BUDGET > TICK_NS ? cpu * BUDGET : TICK_NS);
	atomic_store(&sampler->nr_processes, sampler->table.nr_in_ksm);
	atomic_store(&sampler->nr_ksm_pages, sampler->table.nr_ksm_pages);
	return err;
}

static int tick(struct sampler *sampler, bool full)
{
	int err = losses_sample(sampler, full);

	if (!err && !full)
		err = on_disk_sample(sampler);
	cmdlines_add_saved(sampler->cmdlines);		/* names that are missing only lack */
	if (!err)
		err = cmdlines_sample(sampler->cmdlines, &sampler->builder);
	if (!err && sampler->with_samples)
		err = ksm_files_sample(&sampler->ksm, &sampler->builder);
	/* a tenth of a tick early counts as on time: the timer is not exact */
	if (!err && sampler->with_samples &&
	    (full || clock_mono_ns() + TICK_NS / 10 >= sampler->next_round_ns))
		err = round_sample(sampler, full ? ROUND_FULL : ROUND_USUAL);
	if (err == -ENOMEM)
		diag_set(&sampler->diag, err, "out of memory");
	return err ? err : sampler_flush(sampler);
}

/*
 * The end: all samples while events are still recorded, then, with recording switched off, the
 * pages once more.  A stock kernel does not trace how a page leaves KSM, so the first of these is doubtful again
 * after the next event of anybody; the second has no event behind it.
 */
static int last_tick(struct sampler *sampler)
{
	int err = tick(sampler, true);

	session_stop(sampler->session);
	if (!err && sampler->with_samples)
		err = round_sample(sampler, ROUND_PAGES);
	if (err == -ENOMEM)
		diag_set(&sampler->diag, err, "out of memory");
	return err;
}

static void *sampler_main(void *arg)
{
	struct sampler *sampler = arg;
	struct pollfd fd = {.fd = sampler->stop_fd, .events = POLLIN};
	uint64_t next = clock_mono_ns() + TICK_NS;
	const uint64_t one = 1;
	int err = 0;

	while (!err) {
		uint64_t now = clock_mono_ns();
		if (poll(&fd, 1, now < next ? (int)((next - now) / 1000000 + 1) : 0) > 0)
			break;
		err = tick(sampler, false);
		now = clock_mono_ns();
		next = next + TICK_NS > now ? next + TICK_NS : now + TICK_NS;
	}
	if (!err && !atomic_load(&sampler->abandon))
		err = last_tick(sampler);
	atomic_store(&sampler->error, err);
	atomic_store(&sampler->over, true);
	if (write(sampler->wake, &one, sizeof(one)) < 0)
		return NULL;	/* cannot be: an eventfd that is not full */
	return NULL;
}

/* Everything that the first tick needs. */
static int sampler_prepare(struct sampler *sampler)
{
	sampler->losses = calloc(sampler->session->nr_cpus, sizeof(*sampler->losses));
	sampler->stop_fd = eventfd(0, EFD_CLOEXEC);
	sampler->on_disk_ns = calloc(sampler->session->nr_cpus, sizeof(*sampler->on_disk_ns));
	if (!sampler->losses || !sampler->on_disk_ns || sampler->stop_fd < 0)
		return -ENOMEM;
	if (!sampler->with_samples)
		return 0;
	ksm_files_open(&sampler->ksm);	/* none: then there are no counters to sample */
	return process_table_init(&sampler->table);
}

enum sample_page_flag sampler_page_flag(const struct sampler *sampler)
{
	return sampler->table.sweep ? sweep_page_flag(sampler->table.sweep) : SAMPLE_PAGE_FLAG_UNKNOWN;
}

int sampler_start(struct sampler *sampler, const struct session *session, struct trace_spool *spool,
		  struct cmdlines *cmdlines, const struct capture_options *options, int wake,
		  struct diag *diag)
{
	*sampler = (struct sampler){.session = session, .spool = spool, .cmdlines = cmdlines,
				    .with_samples = !options->no_samples, .stop_fd = -1, .wake = wake};
	sample_builder_init(&sampler->builder);
	int err = sampler_prepare(sampler);
	if (!err)
		err = host_sample(&sampler->builder, options->command_line, sampler_page_flag(sampler));
	if (err)
		return diag_set(diag, err, "sampling cannot start: %s", strerror(-err));
	err = tick(sampler, true);
	if (err) {
		*diag = sampler->diag;
		return err;
	}
	err = pthread_create(&sampler->thread, NULL, sampler_main, sampler);
	if (err)
		return diag_set(diag, -err, "the sampler cannot be started: %s", strerror(err));
	sampler->running = true;
	return 0;
}

void sampler_stop(struct sampler *sampler)
{
	const uint64_t one = 1;
	if (sampler->running && write(sampler->stop_fd, &one, sizeof(one)) < 0)
		atomic_store(&sampler->abandon, true);	/* cannot be: an eventfd that is not full */
}

int sampler_finish(struct sampler *sampler, struct diag *diag)
{
	if (!sampler->running)
		return 0;
	sampler_stop(sampler);
	pthread_join(sampler->thread, NULL);
	sampler->running = false;
	int err = atomic_load(&sampler->error);
	if (err)
		*diag = sampler->diag;
	return err;
}

int sampler_add_losses(struct sampler *sampler, struct diag *diag)
{
	int err = losses_sample(sampler, true);
	if (!err)
		err = sampler_flush(sampler);
	if (err)
		*diag = sampler->diag;
	return err;
}

void sampler_fini(struct sampler *sampler)
{
	if (sampler->stop_fd >= 0)
		close(sampler->stop_fd);
	sample_builder_fini(&sampler->builder);
	ksm_files_close(&sampler->ksm);
	process_table_fini(&sampler->table);
	proc_text_fini(&sampler->text);
	free(sampler->losses);
	free(sampler->on_disk_ns);
	*sampler = (struct sampler){.stop_fd = -1};
}
