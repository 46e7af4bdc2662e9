// SPDX-License-Identifier: GPL-2.0-only
/*
 * build.c - the builder's common steps: making and ending rows, and the counts beside them.
 *
 * A row is written once and then only gets its `died`.  What costs is finding the row that an event
 * is about, in tables of hundreds of megabytes; the parts prefetch for a group of events before
 * they apply it (see build_ahead.c), so nothing here may be slow or dependent.
 *
 * Counts.  At every COUNT_CHANGES changes of the tables the live counts are written down, always
 * as they are after all of an event's changes; the counts at any moment are the ones before it
 * plus the few births and deaths between.  Where an event ends rows in bulk (an mm's items), the
 * counts after it are written down at once, because such ends are in no row.
 *
 * What an event means is not decided here.
 */
#include <stdlib.h>

#include "event/warmer.h"
#include "history/build_hot.h"
#include "history/build_patched.h"

#define MM_COUNTS_EVERY 4u

void build_fail(struct builder *b, int error)
{
	if (!b->error)
		b->error = error;
}

/* ---- counts ---- */
void build_write_mm_counts(struct builder *b, uint32_t mm)
{
	struct mm_count *count = build_grow(b, &b->seg->mm_counts);
	struct mm_live *live = &b->mms[mm];

	if (count)
		*count = (struct mm_count){ .event = b->now - 1, .mm = mm, .items = live->items,
					    .stable = live->stable, .merges = live->merges,
					    .vague = live->vague };
	live->changes = 0;
}

/*
 * Those of every living mm, changed or not: then the count before any moment is a few thousand
 * changes away, and few of them.  The more mms, the rarer: a byte or two a change.
 */
static void write_all_mm_counts(struct builder *b)
{
	uint64_t every = MM_COUNTS_EVERY;

	while (every * 64 < b->counts.mms)
		every *= 2;
	if (b->seg->counts.nr % every)
		return;
	for (uint32_t mm = 0; mm < nr_spans(b->seg, TABLE_MM); mm++)
		if (span_is(span_at(b->seg, TABLE_MM, mm), SPAN_FIRST) && !b->mms[mm].dead)
			build_write_mm_counts(b, mm);
}

void build_write_counts(struct builder *b)
{
	struct counts *counts = b->counts_event ? build_grow(b, &b->seg->counts) : NULL;

	if (counts) {
		*counts = b->counts;
		counts->event = b->counts_event;
	}
	b->counts_changes = 0;
	write_all_mm_counts(b);
}

void build_changes(struct builder *b)
{
	hot_changes(b);
}

void build_counts_due(struct builder *b)
{
	b->counts_changes = COUNT_CHANGES;
}

void build_mm_changes(struct builder *b, uint32_t mm)
{
	hot_mm_changes(b, mm);
}

/* ---- generations that no row tells of any more ---- */
static bool past_has_key(const void *arg, uint32_t id, uint64_t key)
{
	return ((const uint64_t *)arg)[id] >> 10 == key;
}

void build_remember(struct builder *b, enum table table, uint64_t addr_gen)
{
	struct idmap *map = &b->past_maps[table];
	uint64_t key = addr_gen >> 10, *slot, *past;

	if (idmap_reserve(map, 1) != 0) {
		build_fail(b, -ENOMEM);
		return;
	}
	slot = idmap_slot(map, idmap_hash(key), key, past_has_key, b->past[table].data);
	if (*slot) {
		*(uint64_t *)pool_at(&b->past[table], idmap_slot_id(slot)) = addr_gen;
		return;
	}
	past = build_grow(b, &b->past[table]);
	if (!past)
		return;
	*past = addr_gen;
	idmap_set(map, slot, idmap_hash(key), (uint32_t)b->past[table].nr - 1);
}

/* The newest generation that is remembered, 0: none. */
uint32_t build_past_generation(const struct builder *b, enum table table, uint64_t key)
{
	const struct idmap *map = &b->past_maps[table];
	uint64_t *slot;

	key = key << 10 >> 10;
	if (!map->order)
		return 0;
	slot = idmap_slot(map, idmap_hash(key), key, past_has_key, b->past[table].data);
	return *slot ? *(uint64_t *)pool_at(&b->past[table], idmap_slot_id(slot)) & MAX_GENERATION : 0;
}

bool build_was_there(const struct builder *b, enum table table, uint64_t key)
{
	return build_past_generation(b, table, key) != 0;
}

bool build_was_whole(const struct builder *b, enum table parent, uint32_t object)
{
	if (object != NO_ID && made_at(b->seg, parent, object))
		return true;
	if (parent != TABLE_ANON_VMA)
		return b->h->wholes.nr;
	return object != NO_ID && ((struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, object))->whole;
}

uint32_t build_generation(struct builder *b, enum table table, uint64_t key, uint32_t old,
			  uint32_t *flags)
{
	return hot_generation(b, table, key, old, flags);
}

/* ---- rows ---- */
uint32_t build_span(struct builder *b, enum table table, uint32_t before, uint64_t addr_gen,
		    uint32_t owner, uint32_t flags)
{
	return hot_span(b, table, before, addr_gen, owner, flags);
}

void build_end(struct builder *b, enum table table, uint32_t id, uint32_t flags)
{
	hot_end(b, table, id, flags);
}

void build_touch(struct builder *b, enum table table, uint32_t object)
{
	struct touch *touch = object == NO_ID ? NULL : build_grow(b, &b->seg->touches);

	if (touch)
		*touch = (struct touch){ .event = b->now, .object = object, .table = table };
}

void build_hint(struct builder *b, uint32_t id, uint32_t mm)
{
	hot_hint(b, id, mm);
}

void build_activity(struct builder *b, enum activity activity)
{
	hot_activity(b, activity);
}

void build_activity_told(struct builder *b)
{
	uint8_t *pair = pool_at(&b->seg->activity, (b->now - 1) / 2);

	hot_activity(b, ACTIVITY_OTHER);
	*pair |= (uint8_t)(ACTIVITY_TOLD << ((b->now - 1) % 2 * 4));
}

void build_notable(struct builder *b, enum notable_kind kind, unsigned severity, uint64_t value,
		   struct ref ref)
{
	struct notable *notable = build_grow(b, &b->h->notables);

	if (notable)
		*notable = (struct notable){ .event = b->seg->base + b->now, .ts_ns = b->now_ns,
					     .value = value, .kind = kind, .severity = severity,
					     .ref = ref };
}

/* ---- feeding ---- */
static int make_room(struct builder *b, uint32_t nr)
{
	return pool_resize(&b->seg->activity, (b->seg->last + nr + 1) / 2);
}

static void note_time(struct builder *b)
{
	b->late_times[b->now % LATE_EVENTS] = b->now_ns;
	if ((b->now - 1) % TIME_EVENTS == 0) {
		uint64_t *time = build_grow(b, &b->times);

		if (time)
			*time = b->now_ns;
	} else {
		return;
	}
	if ((b->now - 1) % ACTIVITY_BLOCK == 0) {
		void *sums = build_grow(b, &b->seg->activity_sums);

		if (sums)
			memcpy(sums, b->activity_sums, sizeof(b->activity_sums));
	}
}

/* What the patch tells: see the four parts. */
static void build_patched_event(struct builder *b, const struct event *ev)
{
	if (b->h->patched && (ev->kind <= EVENT_P_VMA_REMOVE || (ev->kind >= EVENT_P_DUMP_BEGIN && ev->kind <= EVENT_P_DUMP_END)))
		build_changes(b);
	if (b->h->patched &&
	    (build_item_event(b, ev) || build_tree_event(b, ev) || build_vma_event(b, ev) ||
	     build_dump_event(b, ev)))
		return;
	build_around_event(b, ev);
}

static void apply(struct builder *b, const struct event *ev)
{
	empty_settle(b);
	b->now++;
	b->now_ns = ev->ts_ns;
	note_time(b);
	if (b->h->patched || b->h->options.clock_skew_ns)
		build_note_event(b, ev);
	build_note_removals(b, ev);
	if (b->nr_vmas_gone)
		build_unmap_settle(b, ev);
	if (build_stock_event(b, ev) || build_task_event(b, ev))
		return;
	if (ev->kind >= EVENT_P_MM_ENTER)
		build_patched_event(b, ev);
	else
		build_around_event(b, ev);
}

#define GROUP AHEAD_GROUP

/* Not between the two of a merge pair, nor inside a dump or a migration, unless they never end. */
static bool seal_is_due(const struct builder *b)
{
	uint32_t events = b->h->options.segment_events ? b->h->options.segment_events : UINT32_MAX / 2;

	if (b->now < events || b->error)
		return false;
	return b->now / 4 >= events || (!b->pair.active && !build_dump_runs(b) && !build_move_runs(b));
}

static int feed_events(struct builder *b, const struct event_batch *batch)
{
	for (uint32_t i = 0; i < batch->nr_events && !b->error; i += GROUP) {
		uint32_t nr = batch->nr_events - i < GROUP ? batch->nr_events - i : GROUP;
		bool seal = seal_is_due(b);
		int ret;

		/* Not before there is a next event: a sample still belongs to the last one. */
		if (seal)
			build_fail(b, segment_seal(b));
		ret = b->error ? b->error : make_room(b, nr);
		if (ret)
			return ret;
		build_ahead(b, batch->events, batch->nr_events, i, i == 0 || seal);
		for (uint32_t j = i; j < i + nr; j++) {
			const struct event *ev = &batch->events[j];

			if (ev->loss && ev->loss <= batch->nr_losses)
				build_loss(b, &batch->losses[ev->loss - 1], ev);
			build_turn_to(b, j);
			apply(b, ev);
			b->seg->last = b->now;
		}
	}
	return b->error;
}

int history_feed(struct history *h, const struct event_batch *batch)
{
	struct builder *b = h->builder;
	int ret;

	if (!b)
		return -EROFS;
	if (b->error)
		return b->error;
	if (batch->nr_events && batch->first_nr != history_last(h) + 1)
		return -EINVAL;
	ret = feed_events(b, batch);
	empty_settle(b);
	for (uint32_t i = 0; ret == 0 && i < batch->nr_losses; i++)
		if (batch->losses[i].before_nr == 0)
			build_loss(b, &batch->losses[i], NULL);
	return ret ? ret : b->error;
}

int history_feed_sample(struct history *h, const struct sample *sample, uint32_t index)
{
	if (!h->builder)
		return -EROFS;
	if (!h->builder->error)
		build_fail(h->builder, build_sample(h->builder, sample, index));
	empty_settle(h->builder);
	return h->builder->error;
}

void history_warm(struct history *h, struct warmer *warmer)
{
	struct pool *pools[MAX_SEGMENT_POOLS];
	struct builder *b = h->builder;
	uint32_t nr = b ? segment_pools(b->seg, pools) : 0;

	for (uint32_t i = 0; i < nr; i++)
		warmer_warm(warmer, pools[i]);
	if (!b)
		return;
	warmer_warm(warmer, &b->node_items);
	warmer_warm(warmer, &b->mm_items);
	warmer_warm(warmer, &b->mappings);
	for (enum table table = 0; table < NR_TABLES; table++)
		warmer_warm(warmer, &b->addrs[table].lines);
}

void build_settle_counts(struct builder *b)
{
	b->now++;	/* build_write_mm_counts() says: as it was before the event now */
	if (b->counts_changes)
		build_write_counts(b);
	for (uint32_t mm = 0; mm < b->nr_mms_room; mm++)
		if (b->mms[mm].changes)
			build_write_mm_counts(b, mm);
	b->now--;
}

int builder_new(struct history *h, struct builder **ret)
{
	struct builder *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->h = h;
	b->seg = h->now;
	b->scan = NO_ID;
	b->tree_seqnr = -1;
	b->cursor = NO_ID;
	b->removal.node = NO_ID;
	pool_init(&b->leavers, sizeof(uint32_t), NULL);
	pool_init(&b->ksm_pages, sizeof(struct ksm_page), NULL);
	build_counts_init(b);
	pool_init(&b->times, sizeof(uint64_t), h->table_dir);
	pool_init(&b->anon_vmas_dumped, sizeof(uint8_t), NULL);
	pool_init(&b->node_items, sizeof(struct node_live), h->table_dir);
	pool_looked_up(&b->node_items);
	pool_init(&b->mappings, sizeof(struct mapping_live), h->table_dir);
	pool_init(&b->mm_items, sizeof(uint32_t), h->table_dir);
	for (unsigned i = 0; i < NR_TABLES; i++) {
		pool_init(&b->past[i], sizeof(uint64_t), NULL);
		if (i == TABLE_PAGE || (i == TABLE_NODE && !h->patched))
			addrmap_init(&b->addrs[i], PFN_SPREAD, PFN_BITS);
		else
			addrmap_init(&b->addrs[i], ITEM_SPREAD, i == TABLE_ITEM ? ITEM_BITS : OTHER_BITS);
	}
	*ret = b;
	return 0;
}

void builder_free(struct builder *b)
{
	if (!b)
		return;
	for (unsigned i = 0; i < NR_TABLES; i++) {
		addrmap_fini(&b->addrs[i]);
		idmap_fini(&b->past_maps[i]);
		pool_fini(&b->past[i]);
	}
	idmap_fini(&b->vma_map);
	idmap_fini(&b->mapping_map);
	idmap_fini(&b->task_map);
	idmap_fini(&b->process_map);
	free(b->processes);
	free(b->tasks);
	free(b->mms);
	free(b->running);
	build_dump_fini(b);
	pool_fini(&b->times);
	pool_fini(&b->leavers);
	pool_fini(&b->ksm_pages);
	pool_fini(&b->stream_counts);
	pool_fini(&b->anon_vmas_dumped);
	pool_fini(&b->node_items);
	pool_fini(&b->mappings);
	pool_fini(&b->mm_items);
	free(b);
}
