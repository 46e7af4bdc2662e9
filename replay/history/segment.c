// SPDX-License-Identifier: GPL-2.0-only
/*
 * segment.c - the pools of a segment, made and dropped together.
 *
 * A segment is every table, order and count of a stretch of events, in flat pools without a
 * pointer in them: the same bytes work in anonymous memory, in a file while they are built, and
 * mapped from a cache.  The list of pools below is the only place that knows them all; memory
 * accounting, saving and mapping walk it.
 *
 * Sealing a segment and carrying what is alive into the next one is in carry.c.
 */
#include <stdlib.h>

#include "history/tables.h"

static uint32_t more_size(enum table table, bool patched)
{
	if (!patched)
		return 0;
	return table == TABLE_NODE ? sizeof(struct node_more) :
	       table == TABLE_ITEM ? sizeof(struct item_more) : 0;
}

static void init(struct pool *pool, uint32_t size, const char *dir)
{
	if (size)
		pool_init(pool, size, dir);
	else
		*pool = (struct pool){ .fd = -1 };
}

int segment_new(const struct history *h, uint32_t id, uint64_t base, struct segment **ret)
{
	struct segment *seg = calloc(1, sizeof(*seg));
	const char *dir = h->table_dir;

	if (!seg)
		return -ENOMEM;
	seg->id = id;
	seg->base = base;
	for (enum table table = 0; table < NR_TABLES; table++) {
		struct spans *spans = &seg->tables[table];
		const char *large = table == TABLE_ITEM || table == TABLE_NODE ||
				    table == TABLE_MAPPING || table == TABLE_VMA ? dir : NULL;

		init(&spans->spans, row_sizes[table], large);
		pool_looked_up(&spans->spans);
		init(&spans->more, more_size(table, h->patched), large);
		init(&spans->deaths, sizeof(uint32_t), large);
		init(&spans->found, sizeof(uint32_t), large);
		init(&spans->unordered, sizeof(uint32_t), NULL);
		init(&spans->carried, sizeof(struct carried), NULL);
		init(&spans->numbers, sizeof(uint32_t), NULL);
	}
	for (unsigned i = 0; i < NR_ORDERS; i++) {
		init(&seg->orders[i].rows, sizeof(uint32_t), dir);
		init(&seg->orders[i].blocks, sizeof(struct block), NULL);
		init(&seg->orders[i].ends, sizeof(uint64_t), NULL);
		init(&seg->orders[i].tallies, sizeof(uint32_t), NULL);
	}
	init(&seg->counts, sizeof(struct counts), NULL);
	init(&seg->mm_counts, sizeof(struct mm_count), NULL);
	init(&seg->map_counts, sizeof(struct map_count), NULL);
	init(&seg->empty_nodes, sizeof(struct empty_count), NULL);
	init(&seg->busy_nodes, sizeof(uint32_t), NULL);
	init(&seg->node_counts, sizeof(struct node_count), dir);
	init(&seg->tree, sizeof(struct tree_place), NULL);
	init(&seg->tree_heads, sizeof(struct tree_head), NULL);
	init(&seg->resets, sizeof(uint32_t), NULL);
	init(&seg->touches, sizeof(struct touch), dir);
	init(&seg->confirm_items, sizeof(struct confirmation), NULL);
	init(&seg->confirm_nodes, sizeof(struct confirmation), NULL);
	init(&seg->confirm_maps, sizeof(struct confirmation), NULL);
	init(&seg->whole_vmas, sizeof(struct whole), NULL);
	init(&seg->confirm_rows, sizeof(struct row_confirmation), NULL);
	init(&seg->confirm_order, sizeof(uint32_t), NULL);
	init(&seg->activity, 1, dir);
	init(&seg->activity_sums, NR_ACTIVITIES * sizeof(uint32_t), NULL);
	init(&seg->mm_hint, sizeof(uint64_t), NULL);
	*ret = seg;
	return 0;
}

uint32_t segment_pools(struct segment *seg, struct pool *ret[MAX_SEGMENT_POOLS])
{
	uint32_t n = 0;

	for (enum table table = 0; table < NR_TABLES; table++) {
		struct spans *spans = &seg->tables[table];

		ret[n++] = &spans->spans;
		ret[n++] = &spans->more;
		ret[n++] = &spans->deaths;
		ret[n++] = &spans->found;
		ret[n++] = &spans->unordered;
		ret[n++] = &spans->carried;
		ret[n++] = &spans->numbers;
	}
	for (unsigned i = 0; i < NR_ORDERS; i++) {
		ret[n++] = &seg->orders[i].rows;
		ret[n++] = &seg->orders[i].blocks;
		ret[n++] = &seg->orders[i].ends;
		ret[n++] = &seg->orders[i].tallies;
	}
	ret[n++] = &seg->counts;
	ret[n++] = &seg->mm_counts;
	ret[n++] = &seg->map_counts;
	ret[n++] = &seg->empty_nodes;
	ret[n++] = &seg->busy_nodes;
	ret[n++] = &seg->node_counts;
	ret[n++] = &seg->tree;
	ret[n++] = &seg->tree_heads;
	ret[n++] = &seg->resets;
	ret[n++] = &seg->touches;
	ret[n++] = &seg->confirm_items;
	ret[n++] = &seg->confirm_nodes;
	ret[n++] = &seg->confirm_maps;
	ret[n++] = &seg->whole_vmas;
	ret[n++] = &seg->confirm_rows;
	ret[n++] = &seg->confirm_order;
	ret[n++] = &seg->activity;
	ret[n++] = &seg->activity_sums;
	ret[n++] = &seg->mm_hint;
	return n;
}

void segment_free(struct segment *seg)
{
	struct pool *pools[MAX_SEGMENT_POOLS];
	uint32_t nr;

	if (!seg)
		return;
	nr = segment_pools(seg, pools);
	for (uint32_t i = 0; i < nr; i++)
		pool_fini(pools[i]);
	free(seg);
}

uint32_t history_pools(struct history *h, struct pool *ret[MAX_HISTORY_POOLS])
{
	uint32_t n = 0;

	ret[n++] = &h->losses;
	ret[n++] = &h->samples;
	ret[n++] = &h->sample_values;
	ret[n++] = &h->values;
	ret[n++] = &h->names;
	ret[n++] = &h->sample_changes;
	ret[n++] = &h->notables;
	ret[n++] = &h->episodes;
	ret[n++] = &h->findings;
	ret[n++] = &h->wholes;
	ret[n++] = &h->moves;
	for (unsigned kind = 0; kind < NR_EPISODE_KINDS; kind++)
		ret[n++] = &h->kinds[kind];
	ret[n++] = &h->late_episodes;
	ret[n++] = &h->episodes_about;
	return n;
}
