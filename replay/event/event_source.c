// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_source.c - merging decoded streams by time.
 *
 * A binary heap holds the streams that have events left, keyed by the time of the next one and
 * then by the stream's number.  The hard idea is to not touch it for every event: KSM's events come
 * in long runs from ksmd's CPU, so the top stream is copied from until its next event is
 * later than the second-best stream's, which is one of the heap's two children of the root.  Such a
 * run is not even copied: it is a batch as it lies in its block.
 *
 * A gap in a stream (the kernel lost events, or the file is damaged there) is remembered with the stream
 * until its next event comes or the stream ends; only then both ends of the loss are known.
 *
 * It does not inflate or decode (pipeline.c) and keeps no events (event_index.c).
 */
#include "event/event_source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event/index.h"
#include "event/pipeline.h"
#include "trace/array.h"
#include "trace/trace_file.h"

#define BATCH_EVENTS	4096u
#define LONG_RUN	512u

struct source_stream {
	uint64_t head_ns;		/* time of the event at `pos` */
	struct block *block;
	uint32_t next_i;		/* of the block after `block` */
	uint32_t pos, next_loss;	/* in the block: event, and index into its losses */
	uint64_t last_nr, last_ns;	/* of the event merged last */
	bool gap, gap_damage, went_back;
	uint64_t gap_lost;		/* 0: unknown */
};

struct event_source {
	struct event_index *index;
	struct pipeline *pipeline;
	struct source_stream *streams;
	uint32_t *heap;			/* streams that have an event, the earliest on top */
	uint32_t nr_heap, nr_streams;
	uint64_t next_nr, nr_bytes_done;
	bool started, ended;
	struct block **done;		/* blocks that the current batch points into */
	uint32_t nr_done, nr_done_room;
	struct event *events;		/* short runs are gathered here */
	struct event_loss *losses;
	uint32_t nr_losses, nr_losses_room;
};

/* ---- gaps ---- */

static void note_gap(struct source_stream *stream, uint16_t cause, uint64_t nr_lost)
{
	/* Two gaps without an event between them are one, of known size only if both were known. */
	stream->gap_lost = !stream->gap ? nr_lost :
			   stream->gap_lost && nr_lost ? stream->gap_lost + nr_lost : 0;
	stream->gap = true;
	stream->gap_damage |= cause == LOSS_DAMAGE;
}

static struct event_loss *add_loss(struct event_source *source, struct source_stream *stream)
{
	struct event_loss *loss;

	if (ARRAY_ROOM(source->losses, source->nr_losses, source->nr_losses_room) != 0)
		return NULL;
	loss = &source->losses[source->nr_losses++];
	*loss = (struct event_loss){
		.after_nr = stream->last_nr, .after_ns = stream->last_nr ? stream->last_ns : 0,
		.before_ns = UINT64_MAX, .nr_lost = stream->gap_lost,
		.stream = (uint16_t)(stream - source->streams),
		.cause = stream->gap_damage ? LOSS_DAMAGE : LOSS_OVERRUN,
	};
	stream->gap = stream->gap_damage = false;
	return loss;
}

/* ---- damages ---- */

static void report_faults(struct event_source *source, const struct stream *stream, uint32_t i,
			  const struct block *block)
{
	const struct stream_block *place = &stream->blocks[i];
	const char *path = trace_file_path(source->index->file);

	for (uint32_t f = 0; f < block->nr_faults; f++) {
		const struct block_fault *fault = &block->faults[f];
		uint32_t page = fault->subbuf - place->first_subbuf;
		struct diag *diag = damage_list_add(&source->index->damages);

		if (fault->fault == SUBBUF_WHOLE) {
			diag_set(diag, -EBADMSG, "a chunk of CPU %u cannot be inflated, its events are lost",
				 stream->cpu);
			diag_offset(diag, path, place->chunk->file_offset);
			continue;
		}
		diag_set(diag, -EBADMSG, "sub-buffer %u of CPU %u: %s, the rest of it is lost",
			 fault->subbuf - stream->first_subbuf, stream->cpu,
			 subbuf_fault_text(fault->fault));
		diag_offset(diag, path, place->chunk->csize ? place->chunk->file_offset :
			    place->chunk->file_offset + place->offset +
			    (uint64_t)page * stream->layout.page_size + fault->place);
	}
}

static void report_backwards(struct event_source *source, struct source_stream *stream,
			     uint64_t nr, uint64_t ts)
{
	uint32_t s = (uint32_t)(stream - source->streams);
	struct diag *diag;

	if (stream->went_back)
		return;
	stream->went_back = true;
	diag = damage_list_add(&source->index->damages);
	diag_set(diag, -EBADMSG, "time on CPU %u goes back by %" PRIu64 " ns",
		 source->index->decoder->streams[s].cpu, stream->last_ns - ts);
	diag_event(diag, trace_file_path(source->index->file), nr);
}

/* ---- blocks ---- */

/* Moves a stream whose block is used up to its next event: 1, 0 at its end, -ENOMEM. */
static int next_block(struct event_source *source, uint32_t s)
{
	struct source_stream *stream = &source->streams[s];
	const struct stream *from = &source->index->decoder->streams[s];

	for (;;) {
		struct block *block;
		uint32_t i;
		int ret;

		if (stream->block) {
			for (; stream->next_loss < stream->block->nr_losses; stream->next_loss++)
				note_gap(stream, stream->block->losses[stream->next_loss].cause,
					 stream->block->losses[stream->next_loss].nr_lost);
			source->done[source->nr_done++] = stream->block;
			stream->block = NULL;
		}
		if (ARRAY_ROOM(source->done, source->nr_done, source->nr_done_room) != 0)
			return -ENOMEM;
		ret = pipeline_take(source->pipeline, s, &block);
		if (ret <= 0)
			return ret;
		stream->pos = stream->next_loss = 0;
		stream->block = block;
		i = stream->next_i++;
		source->nr_bytes_done += from->blocks[i].size;
		report_faults(source, from, i, block);
		if (block->nr_events > 0) {
			stream->head_ns = block->events[0].ts_ns;
			return 1;
		}
	}
}

/* ---- the heap ---- */

static bool is_earlier(const struct event_source *source, uint32_t a, uint32_t b)
{
	uint64_t x = source->streams[a].head_ns, y = source->streams[b].head_ns;

	return x != y ? x < y : a < b;
}

static void sift_down(struct event_source *source, uint32_t i)
{
	uint32_t *heap = source->heap, stream = heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < source->nr_heap && is_earlier(source, heap[child + 1], heap[child]))
			child++;
		if (child >= source->nr_heap || !is_earlier(source, heap[child], stream))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = stream;
}

static int start(struct event_source *source)
{
	for (uint32_t s = 0; s < source->nr_streams; s++) {
		int ret = next_block(source, s);

		if (ret < 0)
			return ret;
		if (ret > 0)
			source->heap[source->nr_heap++] = s;
	}
	for (uint32_t i = source->nr_heap / 2; i-- > 0;)
		sift_down(source, i);
	source->started = true;
	return 0;
}

/* ---- merging ---- */

/* The events of `stream` may be taken up to (and at a tie including) this time. */
static uint64_t run_limit(const struct event_source *source, uint32_t s, uint64_t until_ns)
{
	uint64_t limit;
	uint32_t second;

	if (source->nr_heap < 2)
		return until_ns;
	second = source->heap[1];
	if (source->nr_heap > 2 && is_earlier(source, source->heap[2], second))
		second = source->heap[2];
	limit = source->streams[second].head_ns;
	if (s > second && limit > 0)
		limit--;
	return limit < until_ns ? limit : until_ns;
}

static int take_losses(struct event_source *source, struct source_stream *stream, struct event *event,
		       uint64_t nr)
{
	struct event_loss *loss;

	while (stream->next_loss < stream->block->nr_losses &&
	       stream->block->losses[stream->next_loss].before == stream->pos) {
		note_gap(stream, stream->block->losses[stream->next_loss].cause,
			 stream->block->losses[stream->next_loss].nr_lost);
		stream->next_loss++;
	}
	if (!stream->gap)
		return 0;
	loss = add_loss(source, stream);
	if (!loss)
		return -ENOMEM;
	loss->before_nr = nr;
	loss->before_ns = event->ts_ns;
	event->loss = source->nr_losses;
	return 0;
}

/* The end of the run from `pos`: where the block, the batch, the limit or a loss ends it. */
static uint32_t run_end(const struct source_stream *stream, uint32_t room, uint64_t limit)
{
	const struct block *block = stream->block;
	uint32_t end = block->nr_events, i = stream->pos + 1;

	if (end - stream->pos > room)
		end = stream->pos + room;
	if (stream->next_loss < block->nr_losses && block->losses[stream->next_loss].before < end)
		end = block->losses[stream->next_loss].before;
	while (i < end && block->events[i].ts_ns <= limit)
		i++;
	return i;
}

static void check_times(struct event_source *source, struct source_stream *stream,
			const struct event *events, uint32_t nr, uint64_t first_nr)
{
	uint64_t last_ns = stream->last_nr ? stream->last_ns : events[0].ts_ns;

	for (uint32_t i = 0; i < nr && !stream->went_back; i++) {
		stream->last_ns = last_ns;
		if (events[i].ts_ns < last_ns)
			report_backwards(source, stream, first_nr + i, events[i].ts_ns);
		last_ns = events[i].ts_ns;
	}
	stream->last_nr = first_nr + nr - 1;
	stream->last_ns = events[nr - 1].ts_ns;
}

/* The top stream's events up to `end` are taken: 0 or -ENOMEM. */
static int end_run(struct event_source *source, struct source_stream *stream, uint32_t end)
{
	int ret = 1;

	stream->pos = end;
	if (end < stream->block->nr_events)
		stream->head_ns = stream->block->events[end].ts_ns;
	else
		ret = next_block(source, source->heap[0]);
	if (ret == 0)
		source->heap[0] = source->heap[--source->nr_heap];
	if (source->nr_heap > 0)
		sift_down(source, 0);
	return ret < 0 ? ret : 0;
}

/*
 * Takes one run from the top stream as the next ones of a batch of *nr: 0, or -ENOMEM.  A long run that
 * begins a batch is all of it.
 */
static int merge_run(struct event_source *source, uint64_t until_ns, const struct event **ret_events,
		     uint32_t *nr)
{
	uint32_t s = source->heap[0], n;
	struct source_stream *stream = &source->streams[s];
	const struct block *block = stream->block;
	struct event *events = block->events + stream->pos;
	uint64_t first_nr = source->next_nr + *nr;
	int ret = take_losses(source, stream, events, first_nr);

	if (ret != 0)
		return ret;
	n = run_end(stream, BATCH_EVENTS - *nr, run_limit(source, s, until_ns)) - stream->pos;
	check_times(source, stream, events, n, first_nr);
	ret = event_index_append(source->index, block->locators + stream->pos, events, n);
	if (ret != 0)
		return ret;
	if (*nr == 0 && n >= LONG_RUN)
		*ret_events = events;
	else
		memcpy(source->events + *nr, events, n * sizeof(*events));
	*nr += n;
	return end_run(source, stream, stream->pos + n);
}

/* The streams that end in a gap. */
static int add_last_losses(struct event_source *source)
{
	for (uint32_t s = 0; s < source->nr_streams; s++) {
		struct source_stream *stream = &source->streams[s];

		struct event_loss *loss;
		bool damage = stream->gap_damage;

		if (source->index->decoder->streams[s].gap_at_end)
			note_gap(stream, LOSS_CUT, 0);
		if (!stream->gap)
			continue;
		loss = add_loss(source, stream);
		if (!loss)
			return -ENOMEM;
		loss->cause = damage ? LOSS_DAMAGE : LOSS_CUT;
	}
	return 0;
}

/* Is there an event, and is it time for it? */
static bool has_event(const struct event_source *source, uint64_t until_ns)
{
	return source->nr_heap > 0 && source->streams[source->heap[0]].head_ns <= until_ns;
}

static void give_back(struct event_source *source)
{
	for (uint32_t i = 0; i < source->nr_done; i++)
		pipeline_give_back(source->pipeline, source->done[i]);
	source->nr_done = 0;
}

int event_source_next(struct event_source *source, uint64_t until_ns,
		      struct event_batch *ret_batch)
{
	const struct event *events = source->events;
	uint32_t nr = 0;
	int ret = 0;

	give_back(source);
	source->nr_losses = 0;
	if (!source->started)
		ret = start(source);
	while (ret >= 0 && nr < BATCH_EVENTS && events == source->events && has_event(source, until_ns))
		ret = merge_run(source, until_ns, &events, &nr);
	if (ret >= 0 && source->nr_heap == 0 && !source->ended) {
		source->ended = true;
		ret = add_last_losses(source);
	}
	if (ret < 0)
		return ret;
	*ret_batch = (struct event_batch){
		.first_nr = source->next_nr, .nr_events = nr, .nr_losses = source->nr_losses,
		.events = events, .losses = source->losses,
	};
	source->next_nr += nr;
	return nr > 0 || source->nr_losses > 0 || source->nr_heap > 0;
}

int event_source_new(struct event_index *index, unsigned int nr_threads,
		     struct event_source **ret_source)
{
	struct event_source *source = calloc(1, sizeof(*source));
	int ret = -ENOMEM;

	if (!source)
		return -ENOMEM;
	source->index = index;
	source->next_nr = 1;
	source->nr_streams = index->decoder->nr_streams;
	source->nr_done_room = 16;
	source->streams = calloc(source->nr_streams + 1u, sizeof(*source->streams));
	source->heap = calloc(source->nr_streams + 1u, sizeof(*source->heap));
	source->done = calloc(source->nr_done_room, sizeof(struct block *));
	source->events = calloc(BATCH_EVENTS, sizeof(*source->events));
	if (source->streams && source->heap && source->done && source->events)
		ret = pipeline_new(index->decoder, nr_threads, &source->pipeline);
	if (ret != 0) {
		event_source_free(source);
		return ret;
	}
	*ret_source = source;
	return 0;
}

void event_source_free(struct event_source *source)
{
	if (!source)
		return;
	if (source->pipeline) {
		give_back(source);
		for (uint32_t s = 0; s < source->nr_streams; s++)
			if (source->streams[s].block)
				pipeline_give_back(source->pipeline, source->streams[s].block);
		pipeline_free(source->pipeline);
	}
	free(source->streams);
	free(source->heap);
	free(source->done);
	free(source->events);
	free(source->losses);
	free(source);
}

void event_source_progress(const struct event_source *source, uint64_t *ret_done, uint64_t *ret_all)
{
	*ret_done = source->nr_bytes_done;
	*ret_all = source->index->decoder->nr_bytes;
}
