/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pipeline.h - decoded blocks of every stream, in order, made ahead by threads.
 *
 * The caller takes the next block of a stream when it needs it, in whatever order over the streams,
 * and gives it back when it is done with it.  Threads make the blocks that will be taken next, at most
 * `ahead` of each stream, so memory is bounded by the number of streams.  A block that nobody has begun when it
 * is needed is made by the caller, so zero threads work too, and results never depend on
 * how many there are.
 *
 * One thread takes.  pipeline_free() may be called at any time; it waits for at most one block a
 * thread.  Private to replay/event.
 */
#ifndef KSMTOP_PIPELINE_H
#define KSMTOP_PIPELINE_H

#include "event/block.h"

struct pipeline;

/* 0, -ENOMEM, or the error of making threads.  nr_threads of them, besides the caller. */
int pipeline_new(const struct decoder *decoder, unsigned int nr_threads,
		 struct pipeline **ret_pipeline);
void pipeline_free(struct pipeline *pipeline);

/* The stream's next block: 1 and it, 0 at the stream's end, -ENOMEM. */
int pipeline_take(struct pipeline *pipeline, uint32_t stream, struct block **ret_block);
/* The caller is done with it (and everything that points into it). */
void pipeline_give_back(struct pipeline *pipeline, struct block *block);

#endif /* KSMTOP_PIPELINE_H */
