// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording.c - the container, the events, the samples and the history of one recording, together.
 *
 * The hard idea is the order in which the history is fed.  A sample was taken over an interval of
 * time and may confirm only what did not change in it, so it is fed when every event up to its end
 * was fed and none beyond: the samples are sorted by their ends, and the event source is asked for
 * events up to the end of the next one.
 *
 * A complete recording is saved in the cache when it is closed, not when it is loaded: the person
 * in front of it does not wait for that.  The cache itself is recording_cache.c, names and
 * moments are recording_names.c.
 */
#include "recording_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare_order(const void *a, const void *b)
{
	const struct sample_order *x = a, *y = b;

	if (x->end_ns != y->end_ns)
		return x->end_ns < y->end_ns ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

static int order_samples(struct recording *recording)
{
	recording->nr_samples = sample_store_nr(recording->samples);
	recording->order = calloc(recording->nr_samples + 1u, sizeof(*recording->order));
	if (!recording->order)
		return -ENOMEM;
	for (uint32_t i = 0; i < recording->nr_samples; i++) {
		struct sample sample;

		sample_store_head(recording->samples, i, &sample);
		recording->order[i] = (struct sample_order){ sample.end_ns, i };
	}
	qsort(recording->order, recording->nr_samples, sizeof(*recording->order), compare_order);
	return 0;
}

/* Are the patch's own events in it?  Then the stock kernel's are not all there is to know. */
static bool is_stock(const struct trace_file *file)
{
	for (uint32_t i = 0; i < trace_file_nr_formats(file); i++)
		if (strcmp(trace_file_format(file, i)->system, "ksmtop") == 0)
			return false;
	return true;
}

/* Per-CPU clocks that nobody synchronizes may be apart by this much. */
static uint64_t clock_skew_ns(const struct recording *recording)
{
	const char *clock = recording_clock(recording);

	return strcmp(clock, "local") == 0 || strcmp(clock, "perf") == 0 ? 1000 : 0;
}

/* Does it hold no event of that kind because none could be recorded? */
static bool is_untraced(const struct recording *recording, enum event_kind kind)
{
	struct event_type_count type;

	for (uint32_t i = 0; event_index_type(recording->index, i, &type) == 0; i++)
		if (type.kind == kind)
			return false;
	return true;
}

#define WARM_FROM_BYTES	(UINT64_C(16) << 20)	/* below that there is no time for it */

static int start_reading(struct recording *recording, int nr_threads)
{
	struct history_options options = {
		.table_dir = recording->cache_dir,
		.clock_skew_ns = clock_skew_ns(recording),
		.stock = is_stock(recording->file),
	};
	int ret = event_index_new(recording->file, recording->cache_dir, &recording->index);

	if (nr_threads <= 0) {
		nr_threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
		nr_threads = nr_threads < 1 ? 1 : nr_threads > 16 ? 16 : nr_threads;
	}
	/* The caller of recording_load() is one of them. */
	if (ret == 0)
		ret = event_source_new(recording->index, (unsigned int)nr_threads - 1, &recording->source);
	if (ret == 0) {
		options.moves_untraced = options.stock && (is_untraced(recording, EVENT_MM_MIGRATE_PAGES) ||
							   is_untraced(recording, EVENT_MM_MIGRATE_PAGES_START));
		ret = history_new(&options, &recording->history);
	}
	if (ret == 0)
		event_source_progress(recording->source, &recording->nr_bytes_done,
				      &recording->nr_bytes);
	if (ret == 0 && nr_threads > 1 && recording->nr_bytes >= WARM_FROM_BYTES)
		warmer_new(&recording->warmer);	/* goes without */
	return ret;
}

int recording_open(const char *path, const struct recording_options *options,
		   struct recording **ret_recording, struct diag *diag)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int ret;

	if (!recording)
		return diag_set(diag, -ENOMEM, "out of memory");
	recording->path = strdup(path);
	ret = recording->path ? trace_file_open(path, &recording->file, diag) : -ENOMEM;
	if (ret != 0) {
		recording_close(recording);
		return ret;
	}
	ret = sample_store_new(recording->file, &recording->samples);
	if (ret == 0)
		ret = order_samples(recording);
	if (ret == 0 && !(options && options->no_cache))
		recording->cache_dir = recording_cache_dir();
	if (ret == 0 && (!recording->cache_dir || recording_cache_map(recording) != 0))
		ret = start_reading(recording, options ? options->nr_threads : 0);
	if (ret != 0) {
		recording_close(recording);
		diag_set(diag, ret, "cannot open it: %s", strerror(-ret));
		diag_file(diag, path);
		return ret;
	}
	*ret_recording = recording;
	return 0;
}

void recording_close(struct recording *recording)
{
	if (!recording)
		return;
	event_source_free(recording->source);
	warmer_free(recording->warmer);
	if (recording->complete && !recording->from_cache && recording->cache_dir)
		recording_cache_save(recording);
	history_free(recording->history);
	event_index_free(recording->index);
	sample_store_free(recording->samples);
	trace_file_close(recording->file);
	free(recording->order);
	free(recording->cache_dir);
	free(recording->path);
	free(recording);
}

/* ---- loading ---- */

static int feed_next_sample(struct recording *recording)
{
	uint32_t i = recording->order[recording->nr_fed++].index;
	struct sample sample;
	int ret = sample_store_read(recording->samples, i, &sample);

	if (ret == -EBADMSG)
		return 0;	/* among the store's damages */
	return ret == 0 ? history_feed_sample(recording->history, &sample, i) : ret;
}

static int finish_loading(struct recording *recording)
{
	int ret = 0;

	while (ret == 0 && recording->nr_fed < recording->nr_samples)
		ret = feed_next_sample(recording);
	if (ret != 0)
		return ret;
	/* Sorting needs memory; what only reading needed goes first. */
	event_source_free(recording->source);
	recording->source = NULL;
	warmer_free(recording->warmer);
	recording->warmer = NULL;
	trace_file_release(recording->file);
	ret = history_finish(recording->history);
	if (ret != 0)
		return ret;
	recording->nr_bytes_done = recording->nr_bytes;
	recording->complete = true;
	return 0;
}

/* Until when the CPU's events are all there, by the last sample that says so; 0: none does. */
static uint64_t on_disk_ns(struct recording *recording, uint16_t cpu)
{
	char name[8];

	snprintf(name, sizeof(name), "%u", cpu);
	for (uint32_t i = recording->nr_samples; i-- > 0;) {
		struct sample sample;
		int64_t ns;

		sample_store_head(recording->samples, recording->order[i].index, &sample);
		if (sample.kind == SAMPLE_READ &&
		    sample_store_read(recording->samples, recording->order[i].index, &sample) == 0)
			return sample_number(&sample, name, &ns) == 0 && ns > 0 ? (uint64_t)ns : 0;
	}
	return 0;
}

/*
 * Streams of a cut recording end in a gap.  It begins behind the last event, or later: an idle CPU has none
 * for long, and the recorder knew that it had read them all.
 */
static int feed_last_losses(struct recording *recording, struct event_batch batch)
{
	struct event_loss *losses = malloc((batch.nr_losses + 1) * sizeof(*losses));
	int ret;

	if (!losses)
		return -ENOMEM;
	for (uint32_t i = 0; i < batch.nr_losses; i++) {
		struct event_loss *loss = &losses[i];
		const char *buffer;
		uint64_t whole_ns;
		uint16_t cpu;

		*loss = batch.losses[i];
		if (loss->before_nr || event_index_stream(recording->index, loss->stream, &buffer, &cpu) != 0)
			continue;
		whole_ns = on_disk_ns(recording, cpu);
		if (whole_ns <= loss->after_ns)
			continue;
		loss->after_ns = whole_ns;
		loss->after_nr = event_index_at_time(recording->index, whole_ns);
	}
	batch.losses = losses;
	ret = history_feed(recording->history, &batch);
	free(losses);
	return ret;
}

#define RELEASE_EVENTS 1000000u
#define WARM_EVENTS 4096u

/* Will the batch go past a multiple of that? */
static bool goes_past(const struct event_batch *batch, uint64_t events)
{
	return batch->first_nr / events != (batch->first_nr + batch->nr_events) / events;
}

/* One batch or one sample: 1, 0 when everything is fed, or -E. */
static int load_step(struct recording *recording)
{
	uint64_t until_ns = recording->nr_fed < recording->nr_samples ?
			    recording->order[recording->nr_fed].end_ns : UINT64_MAX;
	struct event_batch batch;
	int ret = event_source_next(recording->source, until_ns, &batch);

	if (ret <= 0)
		return ret;
	/* What was read of the file is not read again: it need not stay beside the growing tables. */
	if (goes_past(&batch, RELEASE_EVENTS))
		trace_file_release(recording->file);
	if (recording->warmer && goes_past(&batch, WARM_EVENTS)) {
		event_index_warm(recording->index, recording->warmer);
		history_warm(recording->history, recording->warmer);
	}
	if (batch.nr_events == 0 && batch.nr_losses == 0)
		ret = feed_next_sample(recording);
	else if (batch.nr_losses)
		ret = feed_last_losses(recording, batch);
	else
		ret = history_feed(recording->history, &batch);
	return ret < 0 ? ret : 1;
}

int recording_load(struct recording *recording, uint64_t budget_ns, struct diag *diag)
{
	uint64_t end_ns = budget_ns ? now_ns() + budget_ns : UINT64_MAX;
	int ret = 1;

	if (recording->complete)
		return 0;
	if (!recording->source)
		return -EINVAL;
	do {
		ret = load_step(recording);
	} while (ret > 0 && (end_ns == UINT64_MAX || now_ns() < end_ns));
	if (ret == 0)
		ret = finish_loading(recording);
	if (recording->source)
		event_source_progress(recording->source, &recording->nr_bytes_done,
				      &recording->nr_bytes);
	if (ret < 0) {
		diag_set(diag, ret, "cannot read on: %s", strerror(-ret));
		diag_event(diag, recording->path, event_index_last(recording->index) + 1);
	}
	return ret;
}

double recording_progress(const struct recording *recording)
{
	if (recording->complete || recording->nr_bytes == 0)
		return recording->complete ? 1.0 : 0.0;
	return (double)recording->nr_bytes_done / (double)recording->nr_bytes;
}

/* ---- parts ---- */

const char *recording_path(const struct recording *recording)
{
	return recording->path;
}

const struct history *recording_history(const struct recording *recording)
{
	return recording->history;
}

struct event_index *recording_events(struct recording *recording)
{
	return recording->index;
}

const struct trace_file *recording_trace(const struct recording *recording)
{
	return recording->file;
}

uint32_t recording_nr_samples(const struct recording *recording)
{
	return recording->nr_samples;
}

int recording_sample(const struct recording *recording, uint32_t i, struct sample *ret)
{
	if (i >= recording->nr_samples)
		return -ENOENT;
	return sample_store_read(recording->samples, i, ret);
}

uint64_t recording_start_ns(const struct recording *recording)
{
	return event_index_last(recording->index) ? event_index_time(recording->index, 1) : 0;
}

const char *recording_clock(const struct recording *recording)
{
	for (uint32_t i = 0; i < trace_file_nr_buffers(recording->file); i++) {
		const char *clock = trace_file_buffer(recording->file, i)->clock;

		if (clock[0])
			return clock;
	}
	return "";
}

/* The third word of "Linux HOST RELEASE MACHINE"; a host's name has no blank. */
static void release_of_uname(const char *uname, char *buf, size_t size)
{
	const char *word = uname;

	for (int i = 0; i < 2; i++) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	snprintf(buf, size, "%.*s", (int)strcspn(word, " "), word);
}

const char *recording_release(struct recording *recording, char *buf, size_t size)
{
	struct trace_text uname = trace_file_uname(recording->file);
	const char *release = NULL;
	struct sample sample;

	for (uint32_t i = 0; i < recording->nr_samples && !release; i++)
		if (recording_sample(recording, i, &sample) == 0 && sample.kind == SAMPLE_HOST)
			release = sample_value(&sample, "release");
	if (release)
		snprintf(buf, size, "%s", release);
	else
		release_of_uname(uname.text ? uname.text : "", buf, size);
	return buf;
}

bool recording_from_cache(const struct recording *recording)
{
	return recording->from_cache;
}

/* ---- damages ---- */

uint32_t recording_nr_damages(const struct recording *recording)
{
	return trace_file_nr_damages(recording->file) + event_index_nr_damages(recording->index) +
	       (event_index_nr_more_damages(recording->index) > 0) +
	       sample_store_nr_damages(recording->samples);
}

/* Missing data first (the container's), then unreadable events, then samples. */
const struct diag *recording_damage(const struct recording *recording, uint32_t i)
{
	static const struct diag more = {
		.error = -EBADMSG, .what = "there are more damages than are listed here",
	};
	uint32_t nr = trace_file_nr_damages(recording->file);

	if (i < nr)
		return trace_file_damage(recording->file, i);
	i -= nr;
	nr = event_index_nr_damages(recording->index);
	if (i < nr)
		return event_index_damage(recording->index, i);
	i -= nr;
	if (event_index_nr_more_damages(recording->index) > 0) {
		if (i == 0)
			return &more;
		i--;
	}
	return i < sample_store_nr_damages(recording->samples) ?
	       sample_store_damage(recording->samples, i) : NULL;
}
