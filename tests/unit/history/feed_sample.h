/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feed_sample.h - feeding a history samples by hand, as feed.h feeds it events.
 *
 * A sample is taken behind the last event; what was collected has to be flushed before.
 */
#ifndef KSMTOP_TEST_FEED_SAMPLE_H
#define KSMTOP_TEST_FEED_SAMPLE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"
#include "trace/sample_block.h"

/* Ends what was begun with `builder` and feeds it, without its last `cut` bytes. */
static inline void feed_sample(struct feed *f, struct sample_builder *builder, struct sample *sample, uint32_t cut)
{
	assert_int_equal(sample_end(builder, sample->end_ns), 0);
	sample->payload = builder->data + SAMPLE_HEAD;
	sample->size = (uint32_t)(builder->size - SAMPLE_HEAD) - cut;
	assert_int_equal(history_feed_sample(f->h, sample, 0), 0);
	sample_builder_fini(builder);
}

/* A sample of these pairs (name, value ... NULL), taken just now. */
static inline void feed_pairs(struct feed *f, enum sample_kind kind, int32_t tgid, const char *const pairs[][2])
{
	struct sample sample = { .kind = kind, .tgid = tgid, .begin_ns = f->now_ns + 1,
				 .end_ns = f->now_ns + 2 };
	struct sample_builder sb;

	sample_builder_init(&sb);
	sample_begin(&sb, kind, tgid, sample.begin_ns);
	for (unsigned i = 0; pairs[i][0]; i++)
		sample_add_pair(&sb, pairs[i][0], pairs[i][1]);
	feed_sample(f, &sb, &sample, 0);
}

static inline void feed_ksm_counters(struct feed *f, const char *shared, const char *sharing)
{
	feed_pairs(f, SAMPLE_KSM, 0, (const char *const[][2]){
		{ "pages_shared", shared }, { "pages_sharing", sharing }, { NULL } });
}

static inline void feed_merging_pages(struct feed *f, const char *merging)
{
	feed_pairs(f, SAMPLE_PROCESS, 42, (const char *const[][2]){
		{ "comm", "proc" }, { "start_time", "7" }, { "ksm_merging_pages", merging }, { NULL } });
}

#endif /* KSMTOP_TEST_FEED_SAMPLE_H */
