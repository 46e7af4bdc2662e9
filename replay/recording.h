/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recording.h - an opened recording: container, events, history and samples in one handle.
 *
 * Opening is two steps, so that a program can show its first picture at once: recording_open()
 * reads the metadata, recording_load() builds for a while and can be called until it says 0.  All
 * queries on the parts are allowed in between: they answer about what is loaded.  Threads may run
 * behind recording_load() (inflating, decoding), but every structure that the caller can see only
 * changes inside it.
 *
 * The second opening of the same file maps the tables from the cache, if there is one.
 */
#ifndef KSMTOP_RECORDING_H
#define KSMTOP_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event_index.h"
#include "history/history.h"
#include "trace/diag.h"
#include "trace/sample.h"
#include "trace/trace_file.h"

struct recording;

struct recording_options {
	bool no_cache;		/* neither read nor write $XDG_CACHE_HOME/ksmtop */
	int nr_threads;		/* inflating/decoding threads; 0: as many as there are CPUs */
};

/* 0 or -E and diag.  A damaged or truncated file opens if anything can be read; see damage below. */
int recording_open(const char *path, const struct recording_options *options,
		   struct recording **ret_recording, struct diag *diag);
void recording_close(struct recording *recording);

/* Builds for about budget_ns (0: to the end).  1: more to do, 0: complete, -E and diag. */
int recording_load(struct recording *recording, uint64_t budget_ns, struct diag *diag);
/* 0.0 .. 1.0, by bytes. */
double recording_progress(const struct recording *recording);

/* Its parts, borrowed; the history grows until recording_load() says that it is complete. */
const char *recording_path(const struct recording *recording);
const struct history *recording_history(const struct recording *recording);
struct event_index *recording_events(struct recording *recording);
const struct trace_file *recording_trace(const struct recording *recording);

/* Samples in time order; `ret` borrows from the recording. */
uint32_t recording_nr_samples(const struct recording *recording);
int recording_sample(const struct recording *recording, uint32_t i, struct sample *ret);

/* What is damaged, missing or was passed over, worst first: sentences with their places. */
uint32_t recording_nr_damages(const struct recording *recording);
const struct diag *recording_damage(const struct recording *recording, uint32_t i);

/* Time of the first event, ns of the trace clock; and the clock's name ("mono"). */
uint64_t recording_start_ns(const struct recording *recording);
const char *recording_clock(const struct recording *recording);
/*
 * The release of the kernel that was recorded, "6.18.44": of the HOST sample or, where a recording has none,
 * of what `uname` said to trace-cmd.  "" when neither tells.  Returns `buf`.
 */
const char *recording_release(struct recording *recording, char *buf, size_t size);
/* Was it mapped from the cache, and how long did the load take. */
bool recording_from_cache(const struct recording *recording);

/*
 * A moment as people write it: "1234", "@1234", "+1.5s", "50%", "start",
 * "end", and with `absolute` "123.456789" of the trace clock.  Result: an event number 0..last.
 */
int recording_parse_moment(struct recording *recording, const char *text, bool absolute,
			   uint64_t *ret_t, struct diag *diag);
/* "pfn:0x1a", "node:0xffff...%2", "pid:3141", "node#12", "mm A": 0, -ENOENT or -EINVAL and diag. */
int recording_parse_object(struct recording *recording, const char *text, struct moment when,
			   struct ref *ret_ref, struct diag *diag);
/* The short stable name ("node#12", "mm A", "item#7", "pfn 0x1a2f40") of an object. */
void recording_object_name(const struct recording *recording, struct ref ref, char *buf, size_t size);

#endif /* KSMTOP_RECORDING_H */
