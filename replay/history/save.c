// SPDX-License-Identifier: GPL-2.0-only
/*
 * save.c - a history as bytes in a file, and mapped again.
 *
 * All tables are pools without pointers, so saving is writing them one behind the other, each at a
 * multiple of POOL_ALIGN, with a head that lists where; mapping is mmap() of each.
 *
 * A cache file can be damaged, and every index in the tables is trusted afterwards.  So the head
 * carries a hash of itself and one of each pool (XXH3, memory speed), and a file that does not match
 * is refused.  That guards against accidents and torn writes; somebody who can write into the
 * user's own cache directory can do worse than crash ksmtop.
 *
 * What it does not keep: the builder.  A mapped history answers queries and takes no events.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "history/build.h"
#include "trace/diag.h"

#define SAVE_MAGIC	0x31747369686d736bull	/* "ksmhist1" */
#define SAVE_VERSION	20u
#define MAX_POOLS	(MAX_SEGMENT_POOLS + MAX_HISTORY_POOLS)

struct saved_pool { uint64_t offset, nr, hash; uint32_t element_size, pad; };
struct saved_order { uint64_t nr_sorted; uint32_t bucket_shift, pad; };

struct saved_head {
	uint64_t magic, hash;		/* of the head from `version` on */
	uint32_t version, nr_pools;
	uint64_t base, last, clock_skew_ns;
	uint32_t segment_id, patched, moves_untraced, pad;
	uint32_t first_number[NR_TABLES];
	struct saved_order orders[NR_ORDERS];
	struct saved_pool pools[MAX_POOLS];
};

static uint64_t head_hash(const struct saved_head *head)
{
	return XXH3_64bits((const char *)head + 16, sizeof(*head) - 16);
}

static uint32_t all_pools(struct history *h, struct segment *seg, struct pool *ret[MAX_POOLS])
{
	uint32_t nr = history_pools(h, ret);

	return nr + segment_pools(seg, ret + nr);
}

static uint64_t pool_hash(const struct pool *pool)
{
	return XXH3_64bits(pool->data ? pool->data : "", pool->nr * pool->element_size);
}

int history_save(struct history *h, int fd, uint64_t offset, uint64_t *ret_size)
{
	struct saved_head *head;
	struct pool *pools[MAX_POOLS];
	uint64_t at = offset + (sizeof(*head) + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	int ret = offset % POOL_ALIGN ? -EINVAL : history_settle(h);
	struct stat st;

	if (ret == 0 && h->nr_segments != 1)
		ret = -EINVAL;		/* live recordings are not cached */
	head = ret == 0 ? calloc(1, sizeof(*head)) : NULL;
	if (!head)
		return ret ? ret : -ENOMEM;
	*head = (struct saved_head){ .magic = SAVE_MAGIC, .version = SAVE_VERSION,
				     .base = h->now->base, .last = h->now->last,
				     .segment_id = h->now->id, .patched = h->patched,
				     .clock_skew_ns = h->options.clock_skew_ns,
				     .moves_untraced = h->options.moves_untraced };
	head->nr_pools = all_pools(h, h->now, pools);
	for (unsigned i = 0; i < NR_TABLES; i++)
		head->first_number[i] = h->now->tables[i].first_number;
	for (unsigned i = 0; i < NR_ORDERS; i++)
		head->orders[i] = (struct saved_order){ h->now->orders[i].nr_sorted,
							h->now->orders[i].bucket_shift, 0 };
	for (uint32_t i = 0; ret == 0 && i < head->nr_pools; i++) {
		head->pools[i] = (struct saved_pool){ .offset = at - offset, .nr = pools[i]->nr,
						      .hash = pool_hash(pools[i]),
						      .element_size = pools[i]->element_size };
		if (pools[i]->nr)
			ret = pool_save(pools[i], fd, at, &at);
	}
	head->hash = head_hash(head);
	/* The last pool's padding is part of what history_map() is given. */
	if (ret == 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size < at &&
	    ftruncate(fd, (off_t)at) != 0)
		ret = -errno;
	/* The head last: a file that was cut short has none. */
	if (ret == 0 && pwrite(fd, head, sizeof(*head), (off_t)offset) != (ssize_t)sizeof(*head))
		ret = -EIO;
	free(head);
	if (ret == 0)
		*ret_size = at - offset;
	return ret;
}

static bool head_is_sound(const struct saved_head *head, uint64_t size)
{
	if (head->magic != SAVE_MAGIC || head->version != SAVE_VERSION ||
	    head->hash != head_hash(head) || head->nr_pools > MAX_POOLS)
		return false;
	for (uint32_t i = 0; i < head->nr_pools; i++) {
		const struct saved_pool *pool = &head->pools[i];

		if (pool->offset > size || pool->offset % POOL_ALIGN ||
		    (pool->nr && (!pool->element_size ||
				  pool->nr > (size - pool->offset) / pool->element_size)))
			return false;
	}
	return true;
}

static int map_pools(struct history *h, const struct saved_head *head, int fd, uint64_t offset)
{
	struct pool *pools[MAX_POOLS];

	if (all_pools(h, h->now, pools) != head->nr_pools)
		return -EBADMSG;
	for (uint32_t i = 0; i < head->nr_pools; i++) {
		const struct saved_pool *saved = &head->pools[i];
		int ret;

		if (saved->element_size != pools[i]->element_size)
			return -EBADMSG;
		if (!saved->nr)
			continue;
		pool_fini(pools[i]);
		ret = pool_map(pools[i], saved->element_size, fd, offset + saved->offset, saved->nr);
		if (ret != 0)
			return ret;
		if (pool_hash(pools[i]) != saved->hash)
			return -EBADMSG;
	}
	return 0;
}

static int refuse(struct diag *diag, int error)
{
	diag_set(diag, error, "the cached tables do not match their checksums");
	diag_advice(diag, "delete the cache; it is made again");
	return error;
}

int history_map(int fd, uint64_t offset, uint64_t size, struct history **ret_history, struct diag *diag)
{
	struct saved_head *head = malloc(sizeof(*head));
	struct history_options options = { 0 };
	struct history *h = NULL;
	struct stat st;
	int ret = head ? -EBADMSG : -ENOMEM;

	if (head && fstat(fd, &st) == 0 && offset <= (uint64_t)st.st_size &&
	    size <= (uint64_t)st.st_size - offset && size >= sizeof(*head) &&
	    pread(fd, head, sizeof(*head), (off_t)offset) == (ssize_t)sizeof(*head) &&
	    head_is_sound(head, size)) {
		options.stock = !head->patched;
		options.clock_skew_ns = head->clock_skew_ns;
		options.moves_untraced = head->moves_untraced;
		ret = history_new(&options, &h);
		if (ret == 0)
			ret = map_pools(h, head, fd, offset);
	}
	if (ret != 0) {
		history_free(h);
		free(head);
		return refuse(diag, ret);
	}
	builder_free(h->builder);
	h->builder = NULL;
	h->now->base = head->base;
	h->now->last = head->last;
	h->now->id = head->segment_id;
	for (unsigned i = 0; i < NR_TABLES; i++)
		h->now->tables[i].first_number = head->first_number[i];
	for (unsigned i = 0; i < NR_ORDERS; i++) {
		h->now->orders[i].nr_sorted = head->orders[i].nr_sorted;
		h->now->orders[i].bucket_shift = head->orders[i].bucket_shift;
		h->now->orders[i].tallied_deaths =
			h->now->tables[order_table((enum order_id)i)].deaths.nr;
	}
	free(head);
	*ret_history = h;
	return 0;
}
