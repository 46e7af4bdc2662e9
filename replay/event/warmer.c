// SPDX-License-Identifier: GPL-2.0-only
/*
 * warmer.c - see warmer.h.
 *
 * A ring of ranges between two threads, under one mutex.  It is short: what does not fit in it is
 * left to be touched by whoever needs it.  Each pool is kept warm for WARM_BYTES beyond its end (or as
 * much again as there is in it), in whole huge pages, so a request is made once for some ten thousand rows.
 *
 * Pools that are small, or that do not grow, are never asked for: they are cheaper than a request.
 */
#include "event/warmer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#define WARM_STEP	(UINT64_C(2) << 20)	/* a huge page */
#define WARM_BYTES	(2 * WARM_STEP)
#define NR_RANGES	64u

struct range { void *p; size_t bytes; };

struct warmer {
	struct range ranges[NR_RANGES];
	uint32_t first, nr;
	bool stop;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
};

static void *warmer_run(void *arg)
{
	struct warmer *warmer = arg;

	pthread_mutex_lock(&warmer->lock);
	while (!warmer->stop) {
		struct range range = warmer->ranges[warmer->first];

		if (!warmer->nr) {
			pthread_cond_wait(&warmer->wanted, &warmer->lock);
			continue;
		}
		warmer->first = (warmer->first + 1) % NR_RANGES;
		warmer->nr--;
		pthread_mutex_unlock(&warmer->lock);
#ifdef MADV_POPULATE_WRITE
		madvise(range.p, range.bytes, MADV_POPULATE_WRITE);
#else
		(void)range;
#endif
		pthread_mutex_lock(&warmer->lock);
	}
	pthread_mutex_unlock(&warmer->lock);
	return NULL;
}

int warmer_new(struct warmer **ret_warmer)
{
	struct warmer *warmer = calloc(1, sizeof(*warmer));
	int ret;

	if (!warmer)
		return -ENOMEM;
	pthread_mutex_init(&warmer->lock, NULL);
	pthread_cond_init(&warmer->wanted, NULL);
	ret = -pthread_create(&warmer->thread, NULL, warmer_run, warmer);
	if (ret != 0) {
		free(warmer);
		return ret;
	}
	*ret_warmer = warmer;
	return 0;
}

void warmer_free(struct warmer *warmer)
{
	if (!warmer)
		return;
	pthread_mutex_lock(&warmer->lock);
	warmer->stop = true;
	pthread_cond_signal(&warmer->wanted);
	pthread_mutex_unlock(&warmer->lock);
	pthread_join(warmer->thread, NULL);
	pthread_cond_destroy(&warmer->wanted);
	pthread_mutex_destroy(&warmer->lock);
	free(warmer);
}

void warmer_warm(struct warmer *warmer, struct pool *pool)
{
	uint64_t used = pool->nr * pool->element_size, from, to;
	uint64_t ahead = used < WARM_BYTES ? used : WARM_BYTES;

	if (!warmer || used < WARM_STEP / 2 || used + ahead <= pool->warm)
		return;
	/* To whole huge pages.  Growing it now leaves time for what is added; if it fails, its user will see. */
	to = (used + ahead + WARM_STEP) / WARM_STEP * WARM_STEP;
	if (to > pool->bytes)
		pool_reserve(pool, to / pool->element_size);
	to = to < pool->bytes ? to : pool->bytes;
	from = pool->warm > used ? pool->warm : (used + WARM_STEP - 1) / WARM_STEP * WARM_STEP;
	pool->warm = to;
	if (from >= to)
		return;
	pthread_mutex_lock(&warmer->lock);
	if (warmer->nr < NR_RANGES) {
		warmer->ranges[(warmer->first + warmer->nr++) % NR_RANGES] =
			(struct range){ (char *)pool->data + from, to - from };
		pthread_cond_signal(&warmer->wanted);
	}
	pthread_mutex_unlock(&warmer->lock);
}
