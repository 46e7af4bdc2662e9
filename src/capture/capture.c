// SPDX-License-Identifier: GPL-2.0-only
/*
 * capture.c - capture_run(): one recording from the first check to the finished file.
 *
 * Three kinds of threads: a reader for each CPU, one sampler, and this one, which only waits for
 * signals, for the command's end, for an error of the others, and once a second has the spool
 * written to the disk.  The order is what matters: the instance exists before the spool (its
 * format files go in), the readers run before tracing is switched on, the samples of the start come
 * before the command, those of the end while events are still recorded, and the statistics
 * after the last page was read but before the instance is gone.
 *
 * Every step has its undoing in recorder_release(), which does not ask how far things went.
 * A full disk is not the end of what was recorded, nor of the command.  The recording stops there and
 * is finished if there is room: its metadata has space set aside, but the file itself is a second copy
 * of what was spooled.  Else the spool is kept, and opens as it is.
 */
#include "capture/capture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "capture/child.h"
#include "capture/metadata.h"
#include "capture/output.h"
#include "capture/reader.h"
#include "capture/sampler.h"

#define SECOND_NS	1000000000ull
#define PROGRESS_MS	200
#define GRACE_NS	(5 * SECOND_NS)	/* for a command to end after it was told to */

struct recorder {
	const struct capture_options *options;
	char *output;			/* options->output behind its links */
	char *spool_path;
	int spool_fd;			/* locked while the recorder lives */
	int signal_fd, wake;
	sigset_t old_mask;
	bool masked;
	struct event_list list;
	struct session session;
	struct metadata metadata;
	struct cmdlines cmdlines;
	struct trace_spool *spool;
	struct reader *readers;
	struct sampler sampler;
	struct child child;
	uint64_t started_ns, synced_ns, end_by_ns;
	uint64_t rate_ns, rate_events, events_per_s;
	int signal;			/* the first that asked to end */
	bool ending;			/* the command was told to end, if there is one */
	bool abandon;			/* asked twice: end at once */
};

static void __attribute__((format(printf, 2, 3)))
say(const struct recorder *recorder, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (!recorder->options->say)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	recorder->options->say(recorder->options->context, text);
}

/* ---- before anything is changed ---- */

static void stale_remove(const struct recorder *recorder)
{
	char name[128];
	int nr = session_remove_stale(false, name, sizeof(name));

	if (nr)
		say(recorder, "removed the tracing instance %s%s, left by a recorder that was killed", name,
		    nr > 1 ? " and others" : "");
}

static void events_say(const struct recorder *recorder)
{
	char text[900];

	event_list_text(&recorder->list, text, sizeof(text));
	say(recorder, "events: %s", text);
	if (recorder->list.absent[0])
		say(recorder, "not on this kernel: %s", recorder->list.absent);
	if (strstr(text, "lock:contention_end"))
		say(recorder, "of waits for locks, those that sleep are recorded: the kernel cannot filter "
			      "by the time waited");
}

static int signals_block(struct recorder *recorder, struct diag *diag)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGPIPE};
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&mask, signals[i]);
	pthread_sigmask(SIG_BLOCK, &mask, &recorder->old_mask);
	recorder->masked = true;
	sigdelset(&mask, SIGPIPE);
	recorder->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	recorder->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (recorder->signal_fd < 0 || recorder->wake < 0)
		return diag_set(diag, -errno, "no descriptor for signals: %s", strerror(errno));
	return 0;
}

/* ---- starting ---- */

static int spool_start(struct recorder *recorder, struct diag *diag)
{
	struct trace_spool_options options = {
		.page_size = recorder->session.page_size, .nr_cpus = recorder->session.nr_cpus,
		.cpu_ids = recorder->session.cpu_ids, .clock = "mono", .level = 1,
	};
	int err = trace_spool_create(recorder->spool_path, &options, &recorder->metadata.meta,
				     &recorder->spool, diag);
	/* a spool that cannot be locked only is not protected from being recovered meanwhile */
	if (!err)
		output_lock_spool(recorder->spool_path, &recorder->spool_fd, NULL);
	return err;
}

static int recorder_prepare(struct recorder *recorder, struct diag *diag)
{
	int err = signals_block(recorder, diag);

	if (!err)
		err = session_open(&recorder->session, &recorder->list, recorder->options, diag);
	if (err)
		return err;
	if (recorder->session.note[0])
		say(recorder, "%s", recorder->session.note);
	err = metadata_init(&recorder->metadata, &recorder->session, &recorder->list, diag);
	if (err)
		return err;
	if (recorder->metadata.symbols_hidden)
		say(recorder, "kernel.kptr_restrict hides symbols: the purposes of walks stay addresses");
	if (cmdlines_add_kernel_threads(&recorder->cmdlines) ||
	    metadata_update(&recorder->metadata, &recorder->session, &recorder->cmdlines))
		return diag_set(diag, -ENOMEM, "out of memory");
	/* The CPUs' statistics come at the end, and show that it was reached: trace_spool_read(). */
	recorder->metadata.meta.nr_cpu_stats = 0;
	return spool_start(recorder, diag);
}

static int recorder_start(struct recorder *recorder, struct diag *diag)
{
	int err = readers_start(&recorder->session, recorder->spool, recorder->wake, &recorder->readers,
				diag);
	if (!err)
		err = session_start(&recorder->session, diag);
	recorder->started_ns = recorder->synced_ns = clock_mono_ns();
	if (!err)
		err = sampler_start(&recorder->sampler, &recorder->session, recorder->spool,
				    &recorder->cmdlines, recorder->options, recorder->wake, diag);
	if (err)
		return err;
	say(recorder, "recording to %s, %u CPUs with buffers of %llu MiB%s", recorder->options->output,
	    recorder->session.nr_cpus, (unsigned long long)recorder->session.buffer_bytes >> 20,
	    recorder->options->command || recorder->options->duration_ns ? "" : "; Ctrl-C ends it");
	if (sampler_page_flag(&recorder->sampler) == SAMPLE_PAGE_FLAG_ANONYMOUS)
		say(recorder, "this kernel's kpageflags marks every anonymous page as a KSM page: a sampled mapping "
		    "counts only where a stable node is known");
	return 0;
}

/* ---- while it runs ---- */

static void progress_fill(struct recorder *recorder, struct capture_progress *progress)
{
	uint64_t now = clock_mono_ns(), raw;

	*progress = (struct capture_progress){
		.elapsed_ns = now - recorder->started_ns,
		.nr_events = atomic_load(&recorder->sampler.nr_events),
		.nr_lost = atomic_load(&recorder->sampler.nr_lost),
		.nr_processes = atomic_load(&recorder->sampler.nr_processes),
		.nr_ksm_pages = (uint32_t)atomic_load(&recorder->sampler.nr_ksm_pages),
	};
	trace_spool_sizes(recorder->spool, &progress->nr_bytes, &raw);
	/* the counts are renewed once a second */
	if (progress->nr_events != recorder->rate_events && now > recorder->rate_ns) {
		recorder->events_per_s = (progress->nr_events - recorder->rate_events) * SECOND_NS /
					 (now - recorder->rate_ns);
		recorder->rate_events = progress->nr_events;
		recorder->rate_ns = now;
	} else if (now - recorder->rate_ns > 2 * SECOND_NS) {
		recorder->events_per_s = 0;
	}
	progress->events_per_s = recorder->events_per_s;
}

static void ask_to_end(struct recorder *recorder, int signal)
{
	recorder->abandon = recorder->ending;
	recorder->ending = true;
	recorder->end_by_ns = clock_mono_ns() + GRACE_NS;
	if (signal)
		child_signal(&recorder->child, signal);
}

static void signals_read(struct recorder *recorder)
{
	struct signalfd_siginfo info;

	while (read(recorder->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (!recorder->signal)
			recorder->signal = (int)info.ssi_signo;
		/* what the terminal sent went to the command as well */
		ask_to_end(recorder, info.ssi_code == SI_KERNEL ? 0 : (int)info.ssi_signo);
	}
}

/* How long to wait for something to happen: to the end of the duration, if that is near. */
static int turn_ms(const struct recorder *recorder)
{
	uint64_t duration = recorder->options->duration_ns;
	uint64_t elapsed = clock_mono_ns() - recorder->started_ns;

	if (!duration || elapsed >= duration || duration - elapsed >= PROGRESS_MS * 1000000ull)
		return PROGRESS_MS;
	return (int)((duration - elapsed) / 1000000) + 1;
}

/* What was read before goes to disk, and the samples tell how far that is for each CPU. */
static int recorder_sync(struct recorder *recorder, struct diag *diag)
{
	uint32_t nr = recorder->readers ? recorder->session.nr_cpus : 0;
	int err;

	for (uint32_t i = 0; i < nr; i++)
		recorder->readers[i].syncing_ns = atomic_load(&recorder->readers[i].whole_ns);
	err = trace_spool_sync(recorder->spool, diag);
	for (uint32_t i = 0; i < nr && !err; i++)
		sampler_set_on_disk(&recorder->sampler, i, recorder->readers[i].syncing_ns);
	return err;
}

/* Waits a fifth of a second at most; signals, the disk, the progress line.  0 or -E. */
static int recorder_turn(struct recorder *recorder, struct diag *diag)
{
	struct pollfd fds[] = {
		{.fd = recorder->signal_fd, .events = POLLIN}, {.fd = recorder->wake, .events = POLLIN},
	};
	uint64_t value, now;
	int err = 0;

	poll(fds, 2, turn_ms(recorder));
	signals_read(recorder);
	if (fds[1].revents && read(recorder->wake, &value, sizeof(value)) < 0 && errno != EAGAIN)
		return diag_set(diag, -errno, "reading an eventfd: %s", strerror(errno));
	now = clock_mono_ns();
	if (now - recorder->synced_ns >= SECOND_NS) {
		recorder->synced_ns = now;
		err = recorder_sync(recorder, diag);
	}
	if (recorder->options->progress) {
		struct capture_progress progress;
		progress_fill(recorder, &progress);
		recorder->options->progress(recorder->options->context, &progress);
	}
	return err;
}

/* The first error of a reader or of the sampler, without waiting for them. */
static int threads_error(const struct recorder *recorder)
{
	int err = atomic_load(&recorder->sampler.error);
	for (uint32_t i = 0; !err && i < recorder->session.nr_cpus; i++)
		err = atomic_load(&recorder->readers[i].error);
	return err;
}

static bool recorder_is_over(struct recorder *recorder)
{
	uint64_t now = clock_mono_ns();
	uint64_t duration = recorder->options->duration_ns;

	if (duration && !recorder->ending && now - recorder->started_ns >= duration)
		ask_to_end(recorder, SIGTERM);
	if (recorder->child.pid)
		return child_has_ended(&recorder->child) || recorder->abandon ||
		       (recorder->ending && now >= recorder->end_by_ns);
	return recorder->ending;
}

static int recorder_loop(struct recorder *recorder, struct diag *diag)
{
	int err = 0;

	while (!err && !threads_error(recorder) && !recorder_is_over(recorder))
		err = recorder_turn(recorder, diag);
	/* the end's samples, while events go on; a second Ctrl-C does without them */
	sampler_stop(&recorder->sampler);
	while (!atomic_load(&recorder->sampler.over)) {
		if (err || recorder->abandon || threads_error(recorder))
			atomic_store(&recorder->sampler.abandon, true);
		int turn = recorder_turn(recorder, diag);
		err = err ? err : turn;
	}
	return err;
}

/* ---- ending ---- */

/* Stops everything that writes; the first error of any of it. */
static int recorder_stop(struct recorder *recorder, int err, struct diag *diag)
{
	struct diag other;
	int more = sampler_finish(&recorder->sampler, err ? &other : diag);

	err = err ? err : more;
	session_stop(&recorder->session);
	more = readers_finish(recorder->readers, recorder->session.nr_cpus, err ? &other : diag);
	recorder->readers = NULL;
	err = err ? err : more;
	more = sampler_add_losses(&recorder->sampler, err ? &other : diag);
	err = err ? err : more;
	cmdlines_add_saved(&recorder->cmdlines);
	metadata_update(&recorder->metadata, &recorder->session, &recorder->cmdlines);
	if (err)	/* the buffers were not read to their ends */
		recorder->metadata.meta.nr_cpu_stats = 0;
	return err;
}

static void advise_recover(const struct recorder *recorder, struct diag *diag)
{
	diag_advice(diag, "run `ksmtop recover %s -o FILE` with FILE on a disk with more room",
		    recorder->spool_path);
}

/* Makes the recording of the spool. */
static int recorder_finish(struct recorder *recorder, struct diag *diag)
{
	int err = trace_spool_set_meta(recorder->spool, &recorder->metadata.meta, diag);

	if (!err)
		err = trace_spool_finish(recorder->spool, recorder->output, diag);
	if (err) {
		diag_wrap(diag, "the recording could not be finished, what was recorded is in %s",
			  recorder->spool_path);
		advise_recover(recorder, diag);
	}
	return err;
}

/* One sentence: when it stopped and why.  What became of the rest is the advice, which is to follow. */
static void diag_stopped(const struct capture_result *result, int err, struct diag *diag)
{
	char why[DIAG_TEXT_SIZE];

	diag_advice(diag, "%s", "");
	diag_text(diag, why, sizeof(why));
	diag_set(diag, err, "%s", why);
	diag_wrap(diag, "recording stopped after %.1f s", (double)result->total.elapsed_ns / 1e9);
}

static int recorder_end(struct recorder *recorder, int err, struct capture_result *result,
			struct diag *diag)
{
	struct diag finish_diag = {0};
	int finish_err;

	err = recorder_stop(recorder, err, diag);
	progress_fill(recorder, &result->total);
	finish_err = recorder_finish(recorder, &finish_diag);
	result->complete = !finish_err;
	if (finish_err && !err) {
		*diag = finish_diag;
		err = finish_err;
	} else if (err) {
		diag_stopped(result, err, diag);
		if (finish_err)
			advise_recover(recorder, diag);
		else
			diag_advice(diag, "what was recorded until then is in %s",
				    recorder->options->output);
	}
	return err;
}

/* Removes a spool that holds nothing anybody wants. */
static void spool_discard(const struct recorder *recorder)
{
	DIR *dir = opendir(recorder->spool_path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(recorder->spool_path);
}

/* After this a signal does again what it does to any process. */
static void signals_restore(struct recorder *recorder)
{
	sigset_t pipe;

	if (recorder->signal_fd >= 0)
		close(recorder->signal_fd);
	if (!recorder->masked)
		return;
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	while (sigtimedwait(&pipe, NULL, &(struct timespec){0}) == SIGPIPE)
		;
	pthread_sigmask(SIG_SETMASK, &recorder->old_mask, NULL);
}

/* Releases everything of the recording, but not what a command needs that runs on; `keep` the spool. */
static void recorder_release(struct recorder *recorder, bool keep)
{
	atomic_store(&recorder->sampler.abandon, true);
	sampler_finish(&recorder->sampler, &(struct diag){0});
	if (recorder->session.instance)
		session_stop(&recorder->session);
	readers_finish(recorder->readers, recorder->session.nr_cpus, NULL);
	sampler_fini(&recorder->sampler);
	session_close(&recorder->session);
	if (recorder->spool)
		trace_spool_close(recorder->spool);
	if (recorder->spool && !keep)
		spool_discard(recorder);
	if (recorder->spool_fd >= 0)
		close(recorder->spool_fd);
	metadata_fini(&recorder->metadata);
	cmdlines_fini(&recorder->cmdlines);
	event_list_fini(&recorder->list);
	if (recorder->wake >= 0)
		close(recorder->wake);
	free(recorder->spool_path);
	free(recorder->output);
}

/* Somebody's who is recording to the same file?  What an interrupted recorder left is told later. */
static int spool_check(const struct recorder *recorder, struct diag *diag)
{
	int fd = -1;

	if (output_lock_spool(recorder->spool_path, &fd, diag) == -EBUSY) {
		diag_advice(diag, "name another file with -o FILE, or end that recording");
		return -EBUSY;
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

static int recorder_check(struct recorder *recorder, struct diag *diag)
{
	int err = output_resolve(recorder->options->output, &recorder->output, diag);

	if (!err && !session_tracing_dir(diag))
		err = geteuid() ? -EPERM : -ENODEV;
	if (!err)
		err = event_list_make(recorder->options, &recorder->list, diag);
	if (!err && asprintf(&recorder->spool_path, "%s.spool", recorder->output) < 0) {
		recorder->spool_path = NULL;
		err = diag_set(diag, -ENOMEM, "out of memory");
	}
	return err ? err : spool_check(recorder, diag);
}

/*
 * When the recording is over: a command that was told to end has its grace and is killed then.  One that
 * was not told, because the recorder itself failed, is somebody's work: it goes on to its end.
 */
static void command_end(struct recorder *recorder, int err)
{
	struct pollfd fd = {.fd = recorder->signal_fd, .events = POLLIN};
	struct child *child = &recorder->child;

	if (!child->pid || child_has_ended(child))
		return;
	if (!recorder->ending)
		say(recorder, "recording has stopped: %s; %s runs on, and its end is waited for",
		    strerror(-err), recorder->options->command[0]);
	while (!child_has_ended(child) && !recorder->abandon &&
	       !(recorder->ending && clock_mono_ns() >= recorder->end_by_ns)) {
		poll(&fd, 1, PROGRESS_MS);
		signals_read(recorder);
	}
	if (child_has_ended(child))
		return;
	child_signal(child, SIGTERM);
	if (child_wait(child, 100))
		return;
	child_signal(child, SIGKILL);
	child_wait(child, 2000);
}

/* *ret_keep: there is something in the spool that is worth keeping. */
static int recorder_run(struct recorder *recorder, struct capture_result *result, bool *ret_keep,
			struct diag *diag)
{
	int err = recorder_check(recorder, diag);

	if (err)
		return err;
	stale_remove(recorder);
	err = recorder_prepare(recorder, diag);
	if (err)
		return err;
	events_say(recorder);
	err = recorder_start(recorder, diag);
	if (err)
		return err;
	if (recorder->options->command &&
	    child_start(&recorder->child, recorder->options->command, &recorder->old_mask, diag))
		return 0;
	*ret_keep = true;
	err = recorder_loop(recorder, diag);
	return recorder_end(recorder, err, result, diag);
}

int capture_run(const struct capture_options *options, struct capture_result *ret_result,
		struct diag *diag)
{
	struct recorder recorder = {.options = options, .spool_fd = -1, .signal_fd = -1, .wake = -1};
	struct capture_result result = {0};
	bool keep = false;

	recorder.sampler.stop_fd = -1;
	int err = recorder_run(&recorder, &result, &keep, diag);
	recorder_release(&recorder, keep);
	command_end(&recorder, err);
	signals_restore(&recorder);
	result.command_status = recorder.child.status;
	result.signal = recorder.signal;
	*ret_result = result;
	return err;
}
