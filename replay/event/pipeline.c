// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipeline.c - who decodes which block, and when.
 *
 * One mutex guards the state of every stream: `taken`, `begun`, and a ring of AHEAD slots that hold
 * what is being made or is ready.  Blocks are large (tens of thousands of events), so the
 * lock is touched rarely; decoding runs outside of it.
 *
 * The hard idea is choosing what to make next.  The merge needs the next block of whichever stream
 * runs out first, which nobody knows before; the stream with the fewest blocks ready is the best
 * guess, and in a recording where ksmd's CPU has nearly all events it is that one.  A caller that
 * would have to wait for a block begun by a thread makes another one meanwhile.
 *
 * It does not know about time, order between streams, or numbers of events.
 */
#include "event/pipeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "trace/array.h"

#define AHEAD_MAX	16u
#define AHEAD_BYTES	(1u << 20)	/* about so much of each stream, before decoding */

struct slot {
	struct block *block;	/* NULL: empty, or being made */
	int error;
	bool ready;
};

struct lane {			/* of one stream */
	uint32_t taken, begun;	/* blocks: [0, taken) taken, [taken, begun) in the slots */
	uint32_t ahead;
	struct slot slots[AHEAD_MAX];
};

struct worker {
	struct pipeline *pipeline;
	struct block_reader reader;
	pthread_t thread;
};

struct pipeline {
	const struct decoder *decoder;
	struct lane *lanes;
	struct block **spare;		/* given back */
	uint32_t nr_spare, nr_spare_room;
	struct block_reader reader;	/* the caller's */
	struct worker *workers;
	unsigned int nr_workers;
	pthread_mutex_t lock;
	pthread_cond_t room, ready;
	bool stop;
};

/* The lane to go on with: fewest blocks ahead.  NULL: nothing may be begun.  Locked. */
static struct lane *choose_lane(struct pipeline *pipeline, uint32_t *ret_stream)
{
	struct lane *best = NULL;
	uint32_t best_ahead = UINT32_MAX;

	for (uint32_t s = 0; s < pipeline->decoder->nr_streams && best_ahead > 0; s++) {
		struct lane *lane = &pipeline->lanes[s];
		uint32_t ahead = lane->begun - lane->taken;

		if (lane->begun == pipeline->decoder->streams[s].nr_blocks || ahead >= lane->ahead ||
		    ahead >= best_ahead)
			continue;
		best = lane;
		best_ahead = ahead;
		*ret_stream = s;
	}
	return best;
}

static struct block *get_spare(struct pipeline *pipeline)
{
	if (pipeline->nr_spare > 0)
		return pipeline->spare[--pipeline->nr_spare];
	return calloc(1, sizeof(struct block));
}

/* Makes the lane's next block.  Called and returns locked, decodes unlocked. */
static void make_block(struct pipeline *pipeline, struct lane *lane, uint32_t stream,
		       struct block_reader *reader)
{
	uint32_t i = lane->begun++;
	struct slot *slot = &lane->slots[i % AHEAD_MAX];
	struct block *block = get_spare(pipeline);
	int error = -ENOMEM;

	*slot = (struct slot){ 0 };
	pthread_mutex_unlock(&pipeline->lock);
	if (block)
		error = block_decode(reader, &pipeline->decoder->streams[stream], i, block);
	pthread_mutex_lock(&pipeline->lock);
	*slot = (struct slot){ block, error, true };
	pthread_cond_signal(&pipeline->ready);
}

static void *worker_run(void *arg)
{
	struct worker *worker = arg;
	struct pipeline *pipeline = worker->pipeline;

	pthread_mutex_lock(&pipeline->lock);
	while (!pipeline->stop) {
		uint32_t stream = 0;
		struct lane *lane = choose_lane(pipeline, &stream);

		if (lane)
			make_block(pipeline, lane, stream, &worker->reader);
		else
			pthread_cond_wait(&pipeline->room, &pipeline->lock);
	}
	pthread_mutex_unlock(&pipeline->lock);
	return NULL;
}

/* So many blocks that about AHEAD_BYTES of the stream are in flight. */
static uint32_t lane_ahead(const struct stream *stream)
{
	uint64_t bytes = (uint64_t)stream->nr_subbufs * stream->layout.page_size;
	uint64_t ahead = bytes ? (uint64_t)AHEAD_BYTES * stream->nr_blocks / bytes : 1;

	return ahead < 2 ? 2 : ahead > AHEAD_MAX ? AHEAD_MAX : (uint32_t)ahead;
}

static int start_workers(struct pipeline *pipeline, unsigned int nr_threads)
{
	int ret = 0;

	pipeline->workers = calloc(nr_threads ? nr_threads : 1, sizeof(*pipeline->workers));
	if (!pipeline->workers)
		return -ENOMEM;
	while (pipeline->nr_workers < nr_threads && ret == 0) {
		struct worker *worker = &pipeline->workers[pipeline->nr_workers];

		worker->pipeline = pipeline;
		ret = block_reader_init(&worker->reader, pipeline->decoder);
		if (ret == 0) {
			ret = -pthread_create(&worker->thread, NULL, worker_run, worker);
			if (ret != 0)
				block_reader_fini(&worker->reader);
		}
		if (ret == 0)
			pipeline->nr_workers++;
	}
	return ret;
}

int pipeline_new(const struct decoder *decoder, unsigned int nr_threads,
		 struct pipeline **ret_pipeline)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	int ret = -ENOMEM;

	if (!pipeline)
		return -ENOMEM;
	pipeline->decoder = decoder;
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->room, NULL);
	pthread_cond_init(&pipeline->ready, NULL);
	pipeline->lanes = calloc(decoder->nr_streams + 1u, sizeof(*pipeline->lanes));
	if (pipeline->lanes) {
		for (uint32_t s = 0; s < decoder->nr_streams; s++)
			pipeline->lanes[s].ahead = lane_ahead(&decoder->streams[s]);
		ret = block_reader_init(&pipeline->reader, decoder);
	}
	if (ret == 0)
		ret = start_workers(pipeline, nr_threads);
	if (ret != 0) {
		pipeline_free(pipeline);
		return ret;
	}
	*ret_pipeline = pipeline;
	return 0;
}

static void free_block(struct block *block)
{
	if (block)
		block_fini(block);
	free(block);
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	pthread_mutex_lock(&pipeline->lock);
	pipeline->stop = true;
	pthread_cond_broadcast(&pipeline->room);
	pthread_mutex_unlock(&pipeline->lock);
	for (unsigned int i = 0; i < pipeline->nr_workers; i++) {
		pthread_join(pipeline->workers[i].thread, NULL);
		block_reader_fini(&pipeline->workers[i].reader);
	}
	for (uint32_t s = 0; pipeline->lanes && s < pipeline->decoder->nr_streams; s++)
		for (uint32_t i = pipeline->lanes[s].taken; i < pipeline->lanes[s].begun; i++)
			free_block(pipeline->lanes[s].slots[i % AHEAD_MAX].block);
	for (uint32_t i = 0; i < pipeline->nr_spare; i++)
		free_block(pipeline->spare[i]);
	free(pipeline->spare);
	free(pipeline->workers);
	free(pipeline->lanes);
	block_reader_fini(&pipeline->reader);
	pthread_cond_destroy(&pipeline->ready);
	pthread_cond_destroy(&pipeline->room);
	pthread_mutex_destroy(&pipeline->lock);
	free(pipeline);
}

int pipeline_take(struct pipeline *pipeline, uint32_t stream, struct block **ret_block)
{
	struct lane *lane = &pipeline->lanes[stream];
	struct slot *slot = &lane->slots[lane->taken % AHEAD_MAX];
	int ret;

	if (lane->taken == pipeline->decoder->streams[stream].nr_blocks)
		return 0;
	pthread_mutex_lock(&pipeline->lock);
	if (lane->begun == lane->taken)
		make_block(pipeline, lane, stream, &pipeline->reader);
	while (!slot->ready) {
		uint32_t other = 0;
		struct lane *more = choose_lane(pipeline, &other);

		if (more)
			make_block(pipeline, more, other, &pipeline->reader);
		else
			pthread_cond_wait(&pipeline->ready, &pipeline->lock);
	}
	ret = slot->error;
	if (ret == 0) {
		*ret_block = slot->block;
		slot->block = NULL;
		slot->ready = false;
		lane->taken++;
		ret = 1;
		/* Waking a thread for one block costs more than the block: half of them at once. */
		if (lane->begun - lane->taken <= lane->ahead / 2)
			pthread_cond_signal(&pipeline->room);
	}
	pthread_mutex_unlock(&pipeline->lock);
	return ret;
}

void pipeline_give_back(struct pipeline *pipeline, struct block *block)
{
	pthread_mutex_lock(&pipeline->lock);
	if (ARRAY_ROOM(pipeline->spare, pipeline->nr_spare, pipeline->nr_spare_room) == 0)
		pipeline->spare[pipeline->nr_spare++] = block;
	else
		free_block(block);
	pthread_mutex_unlock(&pipeline->lock);
}
