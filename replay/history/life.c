// SPDX-License-Identifier: GPL-2.0-only
/*
 * life.c - one object through time, one event through the objects, and what changed in between.
 *
 * What touched an object is where its spans begin and end, the few events that named it without
 * changing it (the touch log), and for a node or an mm what happened to its items.  A node's items
 * hang on it; an mm's are found by passing over the item table, 256 spans at a time with one bit
 * per mm (modulo 64) that says whether any of them could be its.
 *
 * Changes come in event order by merging the births and the deaths of all tables, which lie in
 * that order already.  An attribute that changed is one change with both flags.
 */
#include "history/tables.h"

/* ---- touches of an object ---- */
struct nearest { uint32_t t, best; int dir; };

static void offer(struct nearest *nearest, uint32_t event)
{
	if (event == 0 || event == ALIVE)
		return;
	if (nearest->dir > 0 ? event <= nearest->t : event >= nearest->t)
		return;
	if (nearest->best == NO_ID || (nearest->dir > 0 ? event < nearest->best : event > nearest->best))
		nearest->best = event;
}

static void offer_spans(const struct segment *seg, enum table table, uint32_t object,
			struct nearest *nearest)
{
	for (uint32_t i = object;;) {
		const struct span *span = span_at(seg, table, i);

		if (i >= seg->tables[table].carried.nr)
			offer(nearest, span->born);
		offer(nearest, span_died(seg, table, span));
		if (span_is(span, SPAN_LAST))
			return;
		i = span->link;
	}
}

static void offer_log(const struct segment *seg, enum table table, uint32_t object,
		      struct nearest *nearest)
{
	const struct pool *log = &seg->touches;
	uint64_t at = pool_events_upto(log, nearest->dir > 0 ? nearest->t : nearest->t - 1);

	if (nearest->dir > 0) {
		for (; at < log->nr; at++) {
			const struct touch *touch = pool_at(log, at);

			if (touch->object == object && touch->table == table) {
				offer(nearest, touch->event);
				return;
			}
		}
		return;
	}
	for (; at > 0; at--) {
		const struct touch *touch = pool_at(log, at - 1);

		if (touch->object == object && touch->table == table) {
			offer(nearest, touch->event);
			return;
		}
	}
}

static void offer_items_of_node(const struct segment *seg, uint32_t node, struct nearest *nearest)
{
	uint32_t i = ((struct node_data *)data_at(seg, TABLE_NODE, node))->newest;

	for (; i != NO_ID; i = ((struct item_data *)data_at(seg, TABLE_ITEM, i))->older) {
		const struct span *span = span_at(seg, TABLE_ITEM, i);

		offer(nearest, span->born);
		offer(nearest, span_died(seg, TABLE_ITEM, span));
	}
}

static bool hint_says_no(const struct segment *seg, uint64_t span, uint32_t mm)
{
	uint64_t block = span / HINT_SPANS;

	return block < seg->mm_hint.nr &&
	       !(*(uint64_t *)pool_at(&seg->mm_hint, block) >> (mm & 63) & 1);
}

/*
 * An mm with few items may be one to which nothing happened for millions of events: then its items are
 * looked at instead, if they are sorted.
 */
#define FEW_ITEMS 4096u
static bool offer_few_items_of_mm(const struct segment *seg, uint32_t mm, struct nearest *nearest)
{
	const struct order *order = &seg->orders[ORDER_ITEM_MM];
	uint64_t at, hi;

	if (order->nr_sorted != nr_spans(seg, TABLE_ITEM))
		return false;
	at = order_lower(seg, ORDER_ITEM_MM, mm, 0);
	hi = order_lower(seg, ORDER_ITEM_MM, mm + 1, 0);
	if (hi - at > FEW_ITEMS)
		return false;
	for (; at < hi; at++) {
		const struct span *span = span_at(seg, TABLE_ITEM, ((uint32_t *)order->rows.data)[at]);

		offer(nearest, span->born);
		offer(nearest, span->died);
	}
	return true;
}

static void offer_births_of_mm(const struct segment *seg, uint32_t mm, struct nearest *nearest)
{
	uint64_t nr = nr_spans(seg, TABLE_ITEM);
	uint64_t at = spans_known_upto(seg, TABLE_ITEM, nearest->dir > 0 ? nearest->t : nearest->t - 1);

	if (nearest->dir > 0) {
		while (at < nr) {
			if (at % HINT_SPANS == 0 && hint_says_no(seg, at, mm)) {
				at += HINT_SPANS;
				continue;
			}
			if (span_owner(span_at(seg, TABLE_ITEM, (uint32_t)at)) == mm)
				break;
			at++;
		}
		if (at < nr)
			offer(nearest, span_at(seg, TABLE_ITEM, (uint32_t)at)->born);
		return;
	}
	while (at > 0) {
		if (at % HINT_SPANS == 0 && hint_says_no(seg, at - 1, mm)) {
			at -= HINT_SPANS;
			continue;
		}
		if (span_owner(span_at(seg, TABLE_ITEM, (uint32_t)at - 1)) == mm) {
			offer(nearest, span_at(seg, TABLE_ITEM, (uint32_t)at - 1)->born);
			return;
		}
		at--;
	}
}

static void offer_deaths_of_mm(const struct segment *seg, uint32_t mm, struct nearest *nearest)
{
	const struct pool *deaths = &seg->tables[TABLE_ITEM].deaths;
	uint64_t at = deaths_upto(seg, TABLE_ITEM, nearest->dir > 0 ? nearest->t : nearest->t - 1);

	for (; nearest->dir > 0 ? at < deaths->nr : at > 0; at += nearest->dir > 0 ? 1 : -1) {
		uint32_t id = *(uint32_t *)pool_at(deaths, nearest->dir > 0 ? at : at - 1);
		const struct span *span = span_at(seg, TABLE_ITEM, id);

		if (nearest->best != NO_ID &&
		    (nearest->dir > 0 ? span->died >= nearest->best : span->died <= nearest->best))
			return;
		if (span_owner(span) == mm) {
			offer(nearest, span->died);
			return;
		}
	}
}

static uint64_t touch_in_segment(const struct history *h, const struct segment *seg, struct ref ref,
				 uint64_t t, int dir)
{
	struct nearest nearest = { .best = NO_ID, .dir = dir };
	uint32_t object;

	if (ref_object(h, seg, ref, &object) != 0)
		return 0;
	if (dir > 0)
		nearest.t = t <= seg->base ? 0 : t - seg->base > seg->last ? (uint32_t)seg->last
									     : (uint32_t)(t - seg->base);
	else
		nearest.t = t - seg->base > seg->last ? (uint32_t)seg->last + 1
						      : (uint32_t)(t - seg->base);
	if (dir < 0 && nearest.t == 0)
		return 0;
	offer_spans(seg, ref.table, object, &nearest);
	offer_log(seg, ref.table, object, &nearest);
	if (ref.table == TABLE_NODE)
		offer_items_of_node(seg, object, &nearest);
	if (ref.table == TABLE_MM && !offer_few_items_of_mm(seg, object, &nearest)) {
		offer_births_of_mm(seg, object, &nearest);
		offer_deaths_of_mm(seg, object, &nearest);
	}
	return nearest.best == NO_ID ? 0 : seg->base + nearest.best;
}

uint64_t history_touch(const struct history *h, struct ref ref, uint64_t t, int dir)
{
	if (ref.table == TABLE_EPISODE && ref.id < h->episodes.nr) {
		const struct episode *episode = pool_at(&h->episodes, ref.id);

		if (dir > 0)
			return episode->first > t ? episode->first :
			       episode->last > t ? episode->last : 0;
		return episode->last && episode->last < t ? episode->last :
		       episode->first < t ? episode->first : 0;
	}
	if (ref.table == TABLE_NONE || ref.table >= NR_TABLES)
		return 0;
	for (uint32_t s = 0; s < h->nr_segments; s++) {
		const struct segment *seg = h->segments[dir > 0 ? s : h->nr_segments - 1 - s];
		uint64_t event;

		if (dir > 0 ? t >= seg->base + seg->last : t <= seg->base + 1)
			continue;
		event = touch_in_segment(h, seg, ref, t, dir);
		if (event)
			return event;
	}
	return 0;
}

/* Did an item that began or ended at t belong to the node or mm?  An mm's end ends its items too. */
static bool item_touches(const struct segment *seg, enum table table, uint32_t object, uint32_t t)
{
	const struct pool *deaths = &seg->tables[TABLE_ITEM].deaths;
	uint64_t births = spans_known_upto(seg, TABLE_ITEM, t - 1), to = spans_known_upto(seg, TABLE_ITEM, t);
	uint64_t first = deaths_upto(seg, TABLE_ITEM, t - 1), last = deaths_upto(seg, TABLE_ITEM, t);
	struct nearest nearest = { .t = t - 1, .best = NO_ID, .dir = 1 };

	for (uint64_t i = 0; i < to - births + (last - first); i++) {
		uint32_t id = i < to - births ? (uint32_t)(births + i) :
			*(uint32_t *)pool_at(deaths, first + i - (to - births));

		if (object == (table == TABLE_NODE ? ((struct item_data *)data_at(seg, TABLE_ITEM, id))->node
						   : span_owner(span_at(seg, TABLE_ITEM, id))))
			return true;
	}
	if (table == TABLE_NODE && deaths_upto(seg, TABLE_MM, t - 1) != deaths_upto(seg, TABLE_MM, t))
		offer_items_of_node(seg, object, &nearest);
	return nearest.best == t;
}

bool history_touches(const struct history *h, struct ref ref, uint64_t n)
{
	struct nearest nearest = { .best = NO_ID, .dir = 1 };
	struct place place;
	uint32_t object;

	if (!n || ref.table == TABLE_NONE || ref.table >= NR_TABLES)
		return false;
	if (ref.table == TABLE_EPISODE || history_place(h, moment_at(n), &place) != 0 || !place.t)
		return history_touch(h, ref, n - 1, 1) == n;
	if (n > history_last(h) || ref_object(h, place.seg, ref, &object) != 0)
		return false;
	nearest.t = place.t - 1;
	offer_spans(place.seg, ref.table, object, &nearest);
	for (uint64_t i = pool_events_upto(&place.seg->touches, place.t - 1);
	     i < pool_events_upto(&place.seg->touches, place.t); i++) {
		const struct touch *touch = pool_at(&place.seg->touches, i);

		if (touch->object == object && touch->table == ref.table)
			return true;
	}
	return nearest.best == place.t || ((ref.table == TABLE_NODE || ref.table == TABLE_MM) &&
					   item_touches(place.seg, ref.table, object, place.t));
}

static void fill_known_by(const struct segment *seg, uint64_t known_by, struct place *place)
{
	*place = (struct place){ .seg = seg, .known_by = known_by };
	place->known = known_by < seg->base ? 0 : known_by - seg->base > seg->last ?
		(uint32_t)seg->last : (uint32_t)(known_by - seg->base);
}

/* May it be told, and is it not the one that the segment before had last (carried)? */
static bool is_of_life(const struct history *h, const struct place *place, enum table table, uint32_t id)
{
	return span_at(place->seg, table, id)->born <= place->known &&
	       !(place->seg != h->segments[0] && id < place->seg->tables[table].carried.nr);
}

/* A row as of its last event, or of now. */
static void fill_life(const struct history *h, struct place *place, enum table table, uint32_t id,
		      union row *ret_row)
{
	const struct span *span = span_at(place->seg, table, id);

	place->t = span_died(place->seg, table, span);
	place->t = place->t > place->known ? place->known : place->t ? place->t - 1 : 0;
	if (place->t < span_born(span))
		place->t = span_born(span);
	row_fill(h, place, table, id, ret_row);
	ret_row->fact.first = ret_row->fact.born;
	ret_row->fact.last = ret_row->fact.died;
}

int history_life(const struct history *h, struct ref ref, uint32_t i, uint64_t known_by,
		 union row *ret_row)
{
	if (ref.table == TABLE_EPISODE)
		return i ? -ENOENT : episode_fill(h, ref.id, (struct moment){ known_by, known_by },
						  ret_row);
	for (uint32_t s = 0; s < h->nr_segments; s++) {
		const struct segment *seg = h->segments[s];
		struct place place;
		uint32_t object, id;
		int ret = ref_object(h, seg, ref, &object);

		if (ret == -ESTALE || ret == -EINVAL)
			return ret;
		if (ret != 0)
			continue;
		fill_known_by(seg, known_by, &place);
		for (id = object;; id = span_at(seg, ref.table, id)->link) {
			if (is_of_life(h, &place, ref.table, id) && i-- == 0) {
				fill_life(h, &place, ref.table, id, ret_row);
				return 0;
			}
			if (span_is(span_at(seg, ref.table, id), SPAN_LAST))
				break;
		}
	}
	return -ENOENT;
}

int history_pfn_life(const struct history *h, uint64_t pfn, uint32_t i, uint64_t known_by, union row *ret_row)
{
	enum order_id id = h->patched ? ORDER_NODE_KPFN : ORDER_NODE;

	for (uint32_t s = 0; pfn && s < h->nr_segments; s++) {
		const struct segment *seg = h->segments[s];
		struct place place;
		int ret = order_ready(h, seg, id);

		if (ret != 0)
			return ret;
		fill_known_by(seg, known_by, &place);
		for (uint64_t at = order_lower(seg, id, 0, pfn); at < seg->orders[id].nr_sorted; at++) {
			uint32_t row = ((uint32_t *)seg->orders[id].rows.data)[at];

			if (order_key_of(seg, id, row).k2 != pfn)
				break;
			if (is_of_life(h, &place, TABLE_NODE, row) && i-- == 0) {
				fill_life(h, &place, TABLE_NODE, row, ret_row);
				return 0;
			}
		}
	}
	return -ENOENT;
}

/* ---- what an event touched ---- */
struct touched { struct ref *refs; uint32_t nr, max; };

static void add(struct touched *touched, const struct segment *seg, enum table table, uint32_t object)
{
	struct ref ref = make_ref(seg, table, object);

	if (ref_is_none(ref))
		return;
	for (uint32_t i = 0; i < touched->nr && i < touched->max; i++)
		if (ref_equal(touched->refs[i], ref))
			return;
	if (touched->nr < touched->max)
		touched->refs[touched->nr] = ref;
	touched->nr++;
}

static void add_span(struct touched *touched, const struct segment *seg, enum table table, uint32_t id)
{
	add(touched, seg, table, span_object(seg, table, id));
	if (table == TABLE_ITEM) {
		add(touched, seg, TABLE_NODE, ((struct item_data *)data_at(seg, table, id))->node);
		add(touched, seg, TABLE_MM, span_owner(span_at(seg, table, id)));
	} else if (table == TABLE_VMA) {
		add(touched, seg, TABLE_ANON_VMA, ((struct vma_data *)data_at(seg, table, id))->anon_vma);
	}
}

/* The items that an mm takes along when it dies, and the nodes that they leave. */
static void add_items_of_mm(struct touched *touched, const struct history *h, const struct segment *seg,
			    uint32_t mm, uint32_t event)
{
	struct place before = { seg, event - 1, event - 1, seg->base + event - 1 };
	uint64_t at, hi;

	if (span_at(seg, TABLE_MM, object_last(seg, TABLE_MM, mm))->died != event ||
	    order_ready(h, seg, ORDER_ITEM_MM) != 0)
		return;
	at = order_lower(seg, ORDER_ITEM_MM, mm, 0);
	hi = order_lower(seg, ORDER_ITEM_MM, mm + 1, 0);
	for (; (at = order_next(&before, ORDER_ITEM_MM, at, hi)) < hi; at++)
		add_span(touched, seg, TABLE_ITEM, ((uint32_t *)seg->orders[ORDER_ITEM_MM].rows.data)[at]);
}

uint32_t history_touched(const struct history *h, uint64_t n, struct ref *ret_refs, uint32_t max)
{
	static const enum table tables[] = { TABLE_ITEM, TABLE_NODE, TABLE_MM, TABLE_VMA, TABLE_ANON_VMA,
					     TABLE_PAGE };
	struct touched touched = { .refs = ret_refs, .max = max };
	struct place place;
	uint32_t t;

	if (!n || history_place(h, moment_at(n), &place) != 0 || n > history_last(h))
		return 0;
	t = place.t;
	for (unsigned i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		const struct pool *deaths = &place.seg->tables[tables[i]].deaths;
		uint64_t to = spans_known_upto(place.seg, tables[i], t);

		for (uint64_t j = spans_known_upto(place.seg, tables[i], t - 1); j < to; j++)
			add_span(&touched, place.seg, tables[i], (uint32_t)j);
		to = deaths_upto(place.seg, tables[i], t);
		for (uint64_t j = deaths_upto(place.seg, tables[i], t - 1); j < to; j++)
			add_span(&touched, place.seg, tables[i], *(uint32_t *)pool_at(deaths, j));
	}
	for (uint64_t i = pool_events_upto(&place.seg->touches, t - 1),
	     to = pool_events_upto(&place.seg->touches, t); i < to; i++) {
		const struct touch *touch = pool_at(&place.seg->touches, i);

		add(&touched, place.seg, touch->table, touch->object);
	}
	for (uint64_t j = deaths_upto(place.seg, TABLE_MM, t - 1), to = deaths_upto(place.seg, TABLE_MM, t);
	     j < to; j++)
		add_items_of_mm(&touched, h, place.seg, span_object(place.seg, TABLE_MM,
				*(uint32_t *)pool_at(&place.seg->tables[TABLE_MM].deaths, j)), t);
	return touched.nr;
}

/* ---- changes ---- */
struct stream { uint64_t at, end; };

struct changing {
	const struct history *h;
	const struct segment *seg;
	struct stream births[NR_TABLES], deaths[NR_TABLES];
	history_change_fn fn;
	void *arg;
};

static int tell(const struct changing *c, enum table table, uint32_t id, uint32_t event, bool born,
		bool died)
{
	struct history_change change = { make_ref(c->seg, table, span_object(c->seg, table, id)),
					 c->seg->base + event, born, died };

	return c->fn(&change, c->arg);
}

/* The items that an mm took with it. */
static int tell_items_of_mm(const struct changing *c, uint32_t mm, uint32_t event)
{
	struct place place = { c->seg, event - 1, event - 1, c->seg->base + event - 1 };
	uint64_t at, hi;
	int ret = order_ready(c->h, c->seg, ORDER_ITEM_MM);

	if (ret != 0)
		return ret;
	at = order_lower(c->seg, ORDER_ITEM_MM, mm, 0);
	hi = order_lower(c->seg, ORDER_ITEM_MM, mm + 1, 0);
	for (; (at = order_next(&place, ORDER_ITEM_MM, at, hi)) < hi && ret == 0; at++) {
		uint32_t id = ((uint32_t *)c->seg->orders[ORDER_ITEM_MM].rows.data)[at];

		if (span_at(c->seg, TABLE_ITEM, id)->died > event)
			ret = tell(c, TABLE_ITEM, id, event, false, true);
	}
	return ret;
}

/* Does the object of this dead span go on at the same event? */
static bool goes_on(const struct segment *seg, enum table table, uint32_t id, uint32_t event)
{
	const struct span *span = span_at(seg, table, id);

	return !span_is(span, SPAN_LAST) && span_at(seg, table, span->link)->born == event;
}

static bool came_from(const struct segment *seg, enum table table, uint32_t id, uint32_t event)
{
	uint32_t i = id;

	if (span_is(span_at(seg, table, id), SPAN_FIRST))
		return false;
	while (span_at(seg, table, i)->link != id)
		i = span_at(seg, table, i)->link;
	return span_at(seg, table, i)->died == event;
}

static int changes_in_segment(struct changing *c)
{
	for (;;) {
		uint32_t event = NO_ID, id;
		enum table table = TABLE_NONE;
		bool birth = false;
		int ret = 0;

		for (enum table i = TABLE_MM; i < NR_TABLES; i++) {
			const struct pool *deaths = &c->seg->tables[i].deaths;
			uint32_t e;

			if (c->births[i].at < c->births[i].end) {
				e = span_at(c->seg, i, (uint32_t)c->births[i].at)->born;
				if (e < event)
					event = e, table = i, birth = true;
			}
			if (c->deaths[i].at < c->deaths[i].end) {
				e = span_at(c->seg, i, *(uint32_t *)pool_at(deaths, c->deaths[i].at))->died;
				if (e < event)
					event = e, table = i, birth = false;
			}
		}
		if (table == TABLE_NONE)
			return 0;
		if (birth) {
			id = (uint32_t)c->births[table].at++;
			if (!came_from(c->seg, table, id, event))
				ret = tell(c, table, id, event, true, false);
		} else {
			id = *(uint32_t *)pool_at(&c->seg->tables[table].deaths, c->deaths[table].at++);
			if (goes_on(c->seg, table, id, event))
				ret = tell(c, table, id, event, true, true);
			else
				ret = tell(c, table, id, event, false, true);
			if (ret == 0 && table == TABLE_MM && !goes_on(c->seg, table, id, event))
				ret = tell_items_of_mm(c, span_object(c->seg, table, id), event);
		}
		if (ret != 0)
			return ret;
	}
}

int history_changes(const struct history *h, uint64_t a, uint64_t b, history_change_fn fn, void *arg)
{
	for (uint32_t s = 0; s < h->nr_segments; s++) {
		const struct segment *seg = h->segments[s];
		struct changing c = { .h = h, .seg = seg, .fn = fn, .arg = arg };
		uint64_t lo = a > seg->base ? a - seg->base : 0, hi = b > seg->base ? b - seg->base : 0;
		int ret;

		hi = hi < seg->last ? hi : seg->last;
		if (lo >= hi)
			continue;
		for (enum table i = TABLE_MM; i < NR_TABLES; i++) {
			c.births[i].at = spans_known_upto(seg, i, (uint32_t)lo);
			c.births[i].end = spans_known_upto(seg, i, (uint32_t)hi);
			c.deaths[i].at = deaths_upto(seg, i, (uint32_t)lo);
			c.deaths[i].end = deaths_upto(seg, i, (uint32_t)hi);
		}
		ret = changes_in_segment(&c);
		if (ret != 0)
			return ret;
	}
	return 0;
}
