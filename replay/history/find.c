// SPDX-License-Identifier: GPL-2.0-only
/*
 * find.c - from what a person types (an address, a pfn, a number, a pid) to an object.
 *
 * Every table has an order that starts with the address; only the items of a stock kernel, which
 * are many and which nobody names, are sorted by mm first, so each mm is asked in turn.  The newest
 * generation that holds at the moment is preferred, else the last one before it, else the first.
 */
#include "history/tables.h"

struct search { const struct place *place; uint32_t best; int rank; uint32_t generation; };

/* Keeps the better of what was found: alive, else the latest that began by t, else the earliest. */
static void consider(struct search *search, enum table table, uint32_t id)
{
	const struct place *place = search->place;
	const struct span *span = span_at(place->seg, table, id);
	int rank = 1;

	if (span->born > place->known || (search->generation && span_gen(span) != search->generation))
		return;
	if (span_holds(place->seg, table, span, place->t, place->known))
		rank = 3;
	else if (span_born(span) <= place->t)
		rank = 2;
	if (rank < search->rank || (rank == search->rank && rank == 1))
		return;
	search->rank = rank;
	search->best = id;
}

static void find_in_order(const struct history *h, struct search *search, enum order_id id, uint32_t k1,
			  uint64_t k2)
{
	const struct segment *seg = search->place->seg;

	if (order_ready(h, seg, id) != 0)
		return;
	for (uint64_t at = order_lower(seg, id, k1, k2); at < seg->orders[id].nr_sorted; at++) {
		uint32_t row = ((uint32_t *)seg->orders[id].rows.data)[at];
		struct order_key key = order_key_of(seg, id, row);

		if (key.k1 != k1 || key.k2 != k2)
			break;
		consider(search, order_table(id), row);
	}
}

int history_find(const struct history *h, enum table table, uint64_t addr, uint32_t generation,
		 struct moment when, struct ref *ret_ref)
{
	struct search search = { .best = NO_ID, .generation = generation };
	struct place place;
	int ret = history_place(h, when, &place);
	uint64_t key = addr >> 3 << 10 >> 10;

	if (ret != 0)
		return ret;
	search.place = &place;
	switch (table) {
	case TABLE_NODE:
		find_in_order(h, &search, h->patched ? ORDER_NODE_ADDR : ORDER_NODE, 0,
			      h->patched ? key : addr);
		break;
	case TABLE_PAGE:
		find_in_order(h, &search, ORDER_PAGE, 0, addr);
		break;
	case TABLE_ITEM:
		if (h->patched) {
			find_in_order(h, &search, ORDER_ITEM_ADDR, 0, key);
			break;
		}
		for (uint32_t i = 0; i < nr_spans(place.seg, TABLE_MM); i++)
			if (span_is(span_at(place.seg, TABLE_MM, i), SPAN_FIRST))
				find_in_order(h, &search, ORDER_ITEM_MM, i, addr & ~7ull);
		break;
	case TABLE_MM:
		find_in_order(h, &search, ORDER_MM_ADDR, 0, key);
		break;
	case TABLE_ANON_VMA:
		find_in_order(h, &search, ORDER_ANON_VMA, 0, addr & ~7ull);
		break;
	case TABLE_VMA:
		find_in_order(h, &search, ORDER_VMA_ADDR, 0, key);
		break;
	default:
		return -EINVAL;
	}
	if (search.best == NO_ID)
		return -ENOENT;
	*ret_ref = make_ref(place.seg, table, span_object(place.seg, table, search.best));
	return 0;
}

int history_find_number(const struct history *h, enum table table, uint32_t number, struct ref *ret_ref)
{
	if (table == TABLE_EPISODE) {
		if (number == 0 || number > h->episodes.nr)
			return -ENOENT;
		*ret_ref = (struct ref){ .id = number - 1, .table = TABLE_EPISODE };
		return 0;
	}
	if (table == TABLE_NONE || table >= NR_TABLES)
		return -EINVAL;
	for (uint32_t s = h->nr_segments; s > 0; s--) {
		const struct segment *seg = h->segments[s - 1];
		const struct spans *spans = &seg->tables[table];
		uint64_t at = (uint64_t)number - spans->first_number - (table != TABLE_MM);
		uint32_t object = NO_ID;

		if (number < spans->first_number + (table != TABLE_MM)) {
			for (uint64_t i = 0; i < spans->carried.nr; i++)
				if (((struct carried *)pool_at(&spans->carried, i))->number == number)
					object = (uint32_t)i;
		} else if (table == TABLE_MM) {
			object = at < spans->numbers.nr ? *(uint32_t *)pool_at(&spans->numbers, at)
							: NO_ID;
		} else if (at + spans->carried.nr < spans->spans.nr) {
			object = (uint32_t)(at + spans->carried.nr);
		}
		if (object != NO_ID && span_is(span_at(seg, table, object), SPAN_FIRST)) {
			*ret_ref = make_ref(seg, table, object);
			return 0;
		}
	}
	return -ENOENT;
}

int history_find_pid(const struct history *h, int32_t pid, struct moment when, struct ref *ret_mm)
{
	struct search search = { .best = NO_ID };
	struct place place;
	int ret = history_place(h, when, &place);

	if (ret != 0)
		return ret;
	search.place = &place;
	/* Of two, the one that exec left behind is the other. */
	for (unsigned exited = 0; exited <= 1 && search.rank < 3; exited++)
		for (uint32_t i = 0; i < nr_spans(place.seg, TABLE_MM); i++) {
			const struct mm_data *data = data_at(place.seg, TABLE_MM, i);

			if (data->tgid == pid && data->exited == exited)
				consider(&search, TABLE_MM, i);
		}
	if (pid <= 0 || search.best == NO_ID)
		return -ENOENT;
	*ret_mm = make_ref(place.seg, TABLE_MM, span_object(place.seg, TABLE_MM, search.best));
	return 0;
}

struct ref node_ref_of_pfn(const struct history *h, const struct place *place, uint64_t pfn)
{
	enum order_id id = h->patched ? ORDER_NODE_KPFN : ORDER_NODE;
	const struct order *order = &place->seg->orders[id];
	uint32_t found = NO_ID;

	if (!pfn || order_ready(h, place->seg, id) != 0)
		return (struct ref){ 0 };
	for (uint64_t at = order_lower(place->seg, id, 0, pfn); at < order->nr_sorted; at++) {
		uint32_t row = ((uint32_t *)order->rows.data)[at];

		if (order_key_of(place->seg, id, row).k2 != pfn)
			break;
		if (!span_holds(place->seg, TABLE_NODE, span_at(place->seg, TABLE_NODE, row), place->t,
				place->known))
			continue;
		if (found != NO_ID)
			return (struct ref){ 0 };
		found = row;
	}
	return found == NO_ID ? (struct ref){ 0 } :
	       make_ref(place->seg, TABLE_NODE, span_object(place->seg, TABLE_NODE, found));
}
