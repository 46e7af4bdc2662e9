// SPDX-License-Identifier: GPL-2.0-only
/*
 * history.c - making a history, its extent, and how a moment and a ref become places in a segment.
 *
 * Everything below the public functions works with a struct place: a segment and two event
 * numbers within it, "at" and "known by".  Offline there is one segment and this is a subtraction.
 *
 * The queries take a const history and yet may sort an order that was not sorted since the last
 * batch (order.c): that changes no answer, only what the next one costs.  One thread at a time.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "history/build.h"

int history_new(const struct history_options *options, struct history **ret_history)
{
	struct history *h = calloc(1, sizeof(*h));
	static const uint32_t sizes[] = {
		sizeof(struct stored_loss), sizeof(struct history_sample),
		sizeof(struct sample_values), sizeof(struct sample_value), 32,
		sizeof(struct sample_change),
		sizeof(struct notable), sizeof(struct episode),
		sizeof(struct stored_finding), sizeof(uint64_t), sizeof(struct page_move),	/* ids of episodes are all the rest */
	};
	struct pool *pools[MAX_HISTORY_POOLS];
	int ret = -ENOMEM;

	if (!h)
		return -ENOMEM;
	h->options = *options;
	h->patched = !options->stock;
	h->options.table_dir = NULL;
	for (uint32_t i = 0, nr = history_pools(h, pools); i < nr; i++)
		pool_init(pools[i], i < sizeof(sizes) / sizeof(*sizes) ? sizes[i] : sizeof(uint32_t),
			  NULL);
	if (options->table_dir)
		h->table_dir = strdup(options->table_dir);
	h->segments = calloc(1, sizeof(*h->segments));
	if (h->segments && (!options->table_dir || h->table_dir))
		ret = segment_new(h, 0, 0, &h->now);
	if (ret == 0) {
		h->segments[h->nr_segments++] = h->now;
		ret = builder_new(h, &h->builder);
	}
	if (ret != 0) {
		history_free(h);
		return ret;
	}
	*ret_history = h;
	return 0;
}

void history_free(struct history *h)
{
	struct pool *pools[MAX_HISTORY_POOLS];

	if (!h)
		return;
	builder_free(h->builder);
	for (uint32_t i = 0; i < h->nr_segments; i++)
		segment_free(h->segments[i]);
	for (uint32_t i = 0, nr = history_pools(h, pools); i < nr; i++)
		pool_fini(pools[i]);
	if (h->map)
		munmap(h->map, h->map_size);
	free(h->segments);
	free(h->table_dir);
	free(h);
}

uint64_t history_first(const struct history *h)
{
	return h->segments[0]->base + 1;
}

uint64_t history_last(const struct history *h)
{
	return h->now->base + h->now->last;
}

bool history_is_patched(const struct history *h)
{
	return h->patched;
}

bool history_has(const struct history *h, enum table table)
{
	switch (table) {
	case TABLE_ANON_VMA:
	case TABLE_VMA:
		return h->patched;
	case TABLE_MAPPING:
		return h->patched || nr_spans(h->now, TABLE_MAPPING);
	default:
		return table != TABLE_NONE;
	}
}

/* ---- places ---- */
static uint32_t local_event(const struct segment *seg, uint64_t event)
{
	if (event <= seg->base)
		return 0;
	return event - seg->base > seg->last ? (uint32_t)seg->last : (uint32_t)(event - seg->base);
}

int history_place(const struct history *h, struct moment when, struct place *ret)
{
	const struct segment *seg = NULL;

	for (uint32_t i = h->nr_segments; i > 0 && !seg; i--)
		if (when.t > h->segments[i - 1]->base || i == 1)
			seg = h->segments[i - 1];
	if (when.t < seg->base)
		return -ESTALE;
	ret->seg = seg;
	ret->t = local_event(seg, when.t);
	ret->known = local_event(seg, when.known_by);
	ret->known_by = when.known_by < when.t ? when.t : when.known_by;
	if (ret->known < ret->t)
		ret->known = ret->t;
	return 0;
}

struct ref make_ref(const struct segment *seg, enum table table, uint32_t object)
{
	const struct spans *spans = &seg->tables[table];
	struct ref ref = { .id = object, .segment = (uint16_t)seg->id, .table = (uint16_t)table };

	if (object == NO_ID)
		return (struct ref){ 0 };
	if (object < spans->carried.nr) {
		uint64_t origin = ((struct carried *)pool_at(&spans->carried, object))->origin;

		ref.id = (uint32_t)origin;
		ref.segment = (uint16_t)(origin >> 32);
	}
	return ref;
}

/* Carried objects lie in the order of their origins: a binary search. */
static int find_carried(const struct segment *seg, struct ref ref, uint32_t *ret)
{
	const struct pool *carried = &seg->tables[ref.table].carried;
	uint64_t origin = (uint64_t)ref.segment << 32 | ref.id;
	uint64_t at = BISECT(0, carried->nr, i, ((struct carried *)pool_at(carried, i))->origin < origin);

	if (at == carried->nr || ((struct carried *)pool_at(carried, at))->origin != origin)
		return -ENOENT;
	*ret = (uint32_t)at;
	return 0;
}

int ref_object(const struct history *h, const struct segment *seg, struct ref ref, uint32_t *ret)
{
	if (ref.table == TABLE_NONE || ref.table >= NR_TABLES)
		return -EINVAL;
	if (ref.segment == (uint16_t)seg->id) {
		if (ref.id >= nr_spans(seg, ref.table) ||
		    !span_is(span_at(seg, ref.table, ref.id), SPAN_FIRST))
			return -ENOENT;
		*ret = ref.id;
		return 0;
	}
	if (find_carried(seg, ref, ret) == 0)
		return 0;
	return ref.segment < (uint16_t)h->segments[0]->id ? -ESTALE : -ENOENT;
}

bool next_place(const struct history *h, const struct place *place, enum table table, uint32_t id,
		       struct place *ret_place, uint32_t *ret_id)
{
	struct ref ref = make_ref(place->seg, table, span_object(place->seg, table, id));

	if (place->seg == h->now || place->known_by <= place->seg->base + place->seg->last)
		return false;
	for (uint32_t i = 0; i + 1 < h->nr_segments; i++) {
		const struct segment *next = h->segments[i + 1];

		if (h->segments[i] != place->seg)
			continue;
		ret_place->seg = next;
		ret_place->t = 0;
		ret_place->known_by = place->known_by;
		ret_place->known = place->known_by - next->base > next->last ?
			(uint32_t)next->last : (uint32_t)(place->known_by - next->base);
		return ref_object(h, next, ref, ret_id) == 0;
	}
	return false;
}

uint32_t object_number(const struct segment *seg, enum table table, uint32_t object)
{
	const struct spans *spans = &seg->tables[table];

	if (table == TABLE_MM)
		return span_owner(span_at(seg, table, object));
	if (object < spans->carried.nr)
		return ((struct carried *)pool_at(&spans->carried, object))->number;
	return spans->first_number + (object - (uint32_t)spans->carried.nr) + 1;
}

/* ---- rings ---- */
uint32_t object_last(const struct segment *seg, enum table table, uint32_t object)
{
	uint32_t i = object;

	while (!span_is(span_at(seg, table, i), SPAN_LAST))
		i = span_at(seg, table, i)->link;
	return i;
}

uint32_t span_died(const struct segment *seg, enum table table, const struct span *span)
{
	uint32_t mm;

	if (table != TABLE_ITEM)
		return span->died;
	mm = seg->tables[TABLE_MM].spans.nr ? span_owner(span) : NO_ID;
	if (mm < nr_spans(seg, TABLE_MM)) {
		uint32_t died = span_at(seg, TABLE_MM, object_last(seg, TABLE_MM, mm))->died;

		if (died < span->died)
			return died;
	}
	return span->died;
}

uint32_t object_span(const struct segment *seg, enum table table, uint32_t object, uint32_t t,
		     uint32_t known)
{
	uint32_t i = object;

	for (;;) {
		const struct span *span = span_at(seg, table, i);

		if (span_holds(seg, table, span, t, known))
			return i;
		if (span_is(span, SPAN_LAST) || span->born > known)
			return NO_ID;
		i = span->link;
	}
}

/* ---- events in order ---- */
uint64_t pool_events_upto(const struct pool *pool, uint32_t t)
{
	return BISECT(0, pool->nr, i, *(uint32_t *)pool_at(pool, i) <= t);
}

uint64_t spans_known_upto(const struct segment *seg, enum table table, uint32_t t)
{
	return BISECT(0, nr_spans(seg, table), i, span_at(seg, table, (uint32_t)i)->born <= t);
}

uint64_t deaths_upto(const struct segment *seg, enum table table, uint32_t t)
{
	const struct pool *deaths = &seg->tables[table].deaths;

	return BISECT(0, deaths->nr, i, span_at(seg, table, *(uint32_t *)pool_at(deaths, i))->died <= t);
}

void history_memory(const struct history *h, uint64_t *ret_bytes, uint64_t *ret_anon_bytes)
{
	uint64_t all = 0, anon = 0;

	for (uint32_t s = 0; s <= h->nr_segments; s++) {
		struct pool *pools[MAX_SEGMENT_POOLS];
		uint32_t nr = s < h->nr_segments ? segment_pools(h->segments[s], pools)
						 : history_pools((struct history *)h, pools);

		for (uint32_t i = 0; i < nr; i++) {
			uint64_t bytes = 0, in_anon = 0;

			pool_memory(pools[i], &bytes, &in_anon);
			all += pools[i]->nr * pools[i]->element_size;
			anon += in_anon ? pools[i]->nr * pools[i]->element_size : 0;
		}
	}
	*ret_bytes = all;
	*ret_anon_bytes = anon;
}
