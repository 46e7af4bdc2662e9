// SPDX-License-Identifier: GPL-2.0-only
/*
 * carry.c - sealing a segment: what is alive goes on in a new one, the oldest are dropped.
 *
 * A segment answers for its own events alone, so what holds at the seam is copied: one span for each
 * live object, born at local event 0, with its true birth, its last confirmation and its first name
 * (`origin`: segment and id) beside it.  Refs are made of origins, so an object keeps its ref over
 * any number of seams; carried objects lie in the order of their origins, because they are copied
 * in order, and are found by binary search.
 *
 * Everything in the builder that names a row is translated with it: live counts, processes' pages,
 * the chains of nodes and anon_vmas, the places of the trees.  What is dead at the seam is not
 * carried, only the generation that its address has reached is remembered; unless a row alive names
 * it (the mm that it was forked from): that goes over as dead.
 *
 * A segment is not sealed between the two of a merge pair or inside a dump; a dump that does not
 * end is given up, like one that lost an event.
 */
#include <stdlib.h>

#include "history/build_patched.h"

struct carrying {
	struct builder *b;
	struct segment *from, *to;
	uint32_t *ids[NR_TABLES];	/* old object id -> new one, NO_ID: not carried */
	uint64_t *linked[NR_TABLES];	/* a bit per object that a row alive leads to */
};

static uint32_t new_id(const struct carrying *c, enum table table, uint32_t old)
{
	return old < nr_spans(c->from, table) ? c->ids[table][old] : NO_ID;
}

/*
 * A dead node of a stock kernel that hides an older generation, which ksmd has still to notice: who
 * asks for the pfn must find that its newest page is gone.
 */
static bool hides_another(const struct carrying *c, uint32_t node)
{
	const struct span *span = span_at(c->from, TABLE_NODE, node);
	uint32_t at = build_find(c->b, TABLE_NODE, span_pfn(span)) == node ? node : NO_ID;

	while (at != NO_ID && span_at(c->from, TABLE_NODE, at)->died != ALIVE)
		at = ((struct node_data *)data_at(c->from, TABLE_NODE, at))->previous;
	return !c->b->h->patched && at != NO_ID;
}

static bool is_alive(const struct carrying *c, enum table table, const struct span *span)
{
	return span->died == ALIVE && (table != TABLE_ITEM || !c->b->mms[span_owner(span)].dead);
}

static bool goes_over(const struct carrying *c, enum table table, uint32_t object, uint32_t last)
{
	return is_alive(c, table, span_at(c->from, table, last)) ||
	       c->linked[table][object / 64] >> (object & 63) & 1 ||
	       (table == TABLE_NODE && hides_another(c, last));
}

/* ---- what is dead and still named: a child's parent, a poisoned page's node ---- */
static void mark(struct carrying *c, enum table table, uint32_t object)
{
	if (object < nr_spans(c->from, table))
		c->linked[table][object / 64] |= 1ull << (object & 63);
}

static void mark_links(struct carrying *c, enum table table, uint32_t id)
{
	const void *data = data_at(c->from, table, id);

	switch (table) {
	case TABLE_MM:
		mark(c, TABLE_MM, ((const struct mm_data *)data)->parent);
		break;
	case TABLE_ANON_VMA:
		mark(c, TABLE_ANON_VMA, ((const struct anon_vma_data *)data)->root);
		mark(c, TABLE_ANON_VMA, ((const struct anon_vma_data *)data)->parent);
		break;
	case TABLE_VMA:
		mark(c, TABLE_ANON_VMA, ((const struct vma_data *)data)->anon_vma);
		mark(c, TABLE_MM, ((const struct vma_data *)data)->mm);
		break;
	case TABLE_NODE:
		if (c->b->h->patched)
			mark(c, TABLE_NODE, ((struct node_more *)more_at(c->from, table, id))->chain);
		break;
	case TABLE_ITEM:
		mark(c, TABLE_NODE, ((const struct item_data *)data)->node);
		if (c->b->h->patched)
			mark(c, TABLE_ANON_VMA,
			     ((struct item_more *)more_at(c->from, table, id))->anon_vma);
		break;
	case TABLE_MAPPING:
		mark(c, TABLE_MM, ((const struct mapping_data *)data)->mm);
		break;
	case TABLE_PAGE:
		mark(c, TABLE_NODE, ((const struct page_data *)data)->node);
		break;
	default:
		break;
	}
}

static int mark_linked(struct carrying *c)
{
	for (enum table table = 0; table < NR_TABLES; table++) {
		c->linked[table] = calloc(nr_spans(c->from, table) / 64 + 1, sizeof(uint64_t));
		if (!c->linked[table])
			return -ENOMEM;
	}
	for (enum table table = TABLE_MM; table < TABLE_EPISODE; table++)
		for (uint32_t i = 0; i < nr_spans(c->from, table); i++)
			if (is_alive(c, table, span_at(c->from, table, i)))
				mark_links(c, table, i);
	return 0;
}

static uint32_t owner_after(const struct carrying *c, enum table table, uint32_t owner)
{
	if (table == TABLE_ITEM)
		return new_id(c, TABLE_MM, owner);
	if (table == TABLE_MAPPING && owner >= MAPPING_OF_MM)
		return MAPPING_OF_MM + new_id(c, TABLE_MM, owner - MAPPING_OF_MM);
	return table == TABLE_NODE ? OWNER_NONE : owner;	/* a node's log is the segment's */
}

static int carry_span(struct carrying *c, enum table table, uint32_t object, uint32_t id)
{
	struct place place = { .seg = c->from, .t = (uint32_t)c->from->last,
			       .known = (uint32_t)c->from->last,
			       .known_by = c->from->base + c->from->last };
	const struct span *old = span_at(c->from, table, id);
	struct spans *to = &c->to->tables[table];
	uint32_t owner = owner_after(c, table, span_owner(old));
	struct span *span = pool_grow(&to->spans, 1);
	struct carried *carried = pool_grow(&to->carried, 1);
	struct ref ref = make_ref(c->from, table, object);
	uint32_t kept = SPAN_FOUND | (table == TABLE_MAPPING ? SPAN_TENTATIVE : 0);
	struct around around;
	struct fact fact;

	if (!span || !carried || (to->more.element_size && !pool_grow(&to->more, 1)))
		return -ENOMEM;
	fact_fill(c->b->h, &place, table, id, &fact);
	fact_extent(c->b->h, &place, table, object, id, &fact);
	confirmed_around(c->b->h, &place, table, id, &around);
	*carried = (struct carried){ .origin = (uint64_t)ref.segment << 32 | ref.id,
				     .born = fact.born, .first = fact.first, .known = fact.known,
				     .confirmed = around.before,
				     .number = object_number(c->from, table, object),
				     .doubt = (uint16_t)around.doubt,
				     .evidence = (uint8_t)evidence_of(c->b->h, c->from, table, id) };
	*span = (struct span){ .addr_gen = old->addr_gen, .died = old->died == ALIVE ? ALIVE : 0,
			       .owner_flags = (owner & ~SPAN_FLAGS) | SPAN_FIRST | SPAN_LAST |
					      (old->owner_flags & kept),
			       .link = (uint32_t)to->spans.nr - 1 };
	c->ids[table][object] = (uint32_t)to->spans.nr - 1;
	if (old->died != ALIVE) {	/* counts see it come and go */
		uint32_t *death = pool_grow(&to->deaths, 1);

		if (!death)
			return -ENOMEM;
		*death = (uint32_t)to->spans.nr - 1;
	}
	memcpy(span + 1, data_at(c->from, table, id), row_sizes[table] - sizeof(*span));
	if (to->more.element_size)
		memcpy(pool_at(&to->more, to->more.nr - 1), more_at(c->from, table, id),
		       to->more.element_size);
	if (table == TABLE_ITEM && to->more.element_size) {
		struct item_more *more = pool_at(&to->more, to->more.nr - 1);

		if (more->state == ITEM_UNSTABLE && item_state(c->from, id, place.t) == ITEM_NEW)
			more->state = ITEM_THROWN;	/* resets do not go over */
	}
	return 0;
}

static void forget(const struct carrying *c, enum table table, uint32_t object)
{
	const struct span *span = span_at(c->from, table, object);
	uint32_t in;

	if (table != TABLE_VMA) {
		build_remember(c->b, table, span->addr_gen);
		return;
	}
	in = ((struct vma_data *)data_at(c->from, TABLE_VMA, object))->anon_vma;
	if (in == NO_ID || c->ids[TABLE_ANON_VMA][in] != NO_ID)
		build_remember(c->b, table, build_vma_past(c->b, span_addr(span), in) << 10 | 1);
}

static int carry_table(struct carrying *c, enum table table)
{
	uint32_t nr = nr_spans(c->from, table);
	const struct spans *from = &c->from->tables[table];

	c->ids[table] = malloc((nr + 1) * sizeof(uint32_t));
	if (!c->ids[table])
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t last;

		c->ids[table][i] = NO_ID;
		if (!span_is(span_at(c->from, table, i), SPAN_FIRST))
			continue;
		last = object_last(c->from, table, i);
		if (!goes_over(c, table, i, last))
			forget(c, table, i);
		else if (carry_span(c, table, i, last) != 0)
			return -ENOMEM;
	}
	c->to->tables[table].first_number = from->first_number +
		(uint32_t)(table == TABLE_MM ? from->numbers.nr : nr - from->carried.nr);
	return 0;
}

/* ---- links between rows ---- */
static void link_items(struct carrying *c)
{
	for (uint32_t node = 0; node < nr_spans(c->from, TABLE_NODE); node++) {
		uint32_t to = c->ids[TABLE_NODE][node], item, *at;

		if (to == NO_ID)
			continue;
		at = &((struct node_data *)data_at(c->to, TABLE_NODE, to))->newest;
		item = ((struct node_data *)data_at(c->from, TABLE_NODE, node))->newest;
		for (; item != NO_ID;
		     item = ((struct item_data *)data_at(c->from, TABLE_ITEM, item))->older) {
			uint32_t id;

			if (!is_alive(c, TABLE_ITEM, span_at(c->from, TABLE_ITEM, item)))
				continue;
			id = c->ids[TABLE_ITEM][span_object(c->from, TABLE_ITEM, item)];
			*at = id;
			at = &((struct item_data *)data_at(c->to, TABLE_ITEM, id))->older;
		}
		*at = NO_ID;
	}
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_ITEM); i++) {
		struct item_data *data = data_at(c->to, TABLE_ITEM, i);

		data->node = new_id(c, TABLE_NODE, data->node);
		if (data->node == NO_ID)
			data->older = NO_ID;
		if (c->to->tables[TABLE_ITEM].more.nr) {
			struct item_more *more = more_at(c->to, TABLE_ITEM, i);

			more->anon_vma = new_id(c, TABLE_ANON_VMA, more->anon_vma);
		}
	}
}

static void link_vmas(struct carrying *c)
{
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_ANON_VMA); i++) {
		struct anon_vma_data *data = data_at(c->to, TABLE_ANON_VMA, i);

		data->root = new_id(c, TABLE_ANON_VMA, data->root);
		data->parent = new_id(c, TABLE_ANON_VMA, data->parent);
		data->newest = NO_ID;
		data->whole = 0;
	}
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_VMA); i++) {
		struct vma_data *data = data_at(c->to, TABLE_VMA, i);

		data->mm = new_id(c, TABLE_MM, data->mm);
		data->anon_vma = new_id(c, TABLE_ANON_VMA, data->anon_vma);
		data->older = NO_ID;
		if (data->anon_vma != NO_ID) {
			struct anon_vma_data *in = data_at(c->to, TABLE_ANON_VMA, data->anon_vma);

			data->older = in->newest;
			in->newest = i;
		}
	}
}

static void link_others(struct carrying *c)
{
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_MM); i++) {
		struct mm_data *data = data_at(c->to, TABLE_MM, i);

		data->parent = new_id(c, TABLE_MM, data->parent);
	}
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_MAPPING); i++) {
		struct mapping_data *data = data_at(c->to, TABLE_MAPPING, i);

		data->mm = new_id(c, TABLE_MM, data->mm);
	}
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_PAGE); i++) {
		struct page_data *data = data_at(c->to, TABLE_PAGE, i);

		data->node = new_id(c, TABLE_NODE, data->node);
	}
	for (uint32_t i = 0; i < nr_spans(c->to, TABLE_NODE); i++) {
		struct node_data *data = data_at(c->to, TABLE_NODE, i);

		/* An earlier generation that is still there. */
		while (data->previous != NO_ID &&
		       span_at(c->from, TABLE_NODE, data->previous)->died != ALIVE)
			data->previous = ((struct node_data *)
				data_at(c->from, TABLE_NODE, data->previous))->previous;
		data->previous = new_id(c, TABLE_NODE, data->previous);
		if (c->to->tables[TABLE_NODE].more.nr) {
			struct node_more *more = more_at(c->to, TABLE_NODE, i);

			more->chain = new_id(c, TABLE_NODE, more->chain);
		}
	}
}

/* What was told of all VMAs of an anon_vma holds at the seam, if nothing was lost since. */
static int carry_wholes(struct carrying *c)
{
	struct place place = { .seg = c->from, .t = (uint32_t)c->from->last, .known = (uint32_t)c->from->last,
			       .known_by = c->from->base + c->from->last };

	for (uint32_t i = 0; i < nr_spans(c->from, TABLE_ANON_VMA); i++) {
		uint32_t to = new_id(c, TABLE_ANON_VMA, i);
		struct whole *whole;

		if (to == NO_ID || !vmas_are_whole(c->b->h, &place, i))
			continue;
		whole = pool_grow(&c->to->whole_vmas, 1);
		if (!whole)
			return -ENOMEM;
		*whole = (struct whole){ 0 };
		((struct anon_vma_data *)data_at(c->to, TABLE_ANON_VMA, to))->whole = (uint32_t)c->to->whole_vmas.nr;
	}
	return 0;
}

/* ---- the trees' order: only places in use go over ---- */
static int carry_places(struct carrying *c)
{
	uint32_t *ids;
	int ret;

	if (!c->from->tree.nr)		/* a stock kernel's */
		return 0;
	ids = calloc(c->from->tree.nr + 1, sizeof(*ids));
	ret = ids ? 0 : -ENOMEM;

	for (uint32_t i = 0; ids && i < nr_spans(c->to, TABLE_NODE); i++) {
		uint64_t position = c->to->tables[TABLE_NODE].more.nr ?
			((struct node_more *)more_at(c->to, TABLE_NODE, i))->position : NO_ID;

		if (position < c->from->tree.nr)
			ids[position] = 1;
	}
	for (uint64_t i = 0; ret == 0 && i < c->from->tree_heads.nr; i++) {
		const struct tree_head *head = pool_at(&c->from->tree_heads, i);
		struct tree_head *to = pool_grow(&c->to->tree_heads, 1);
		uint32_t last = NO_ID;

		if (!to) {
			ret = -ENOMEM;
			break;
		}
		for (uint32_t at = head->place; at != NO_ID && ret == 0;
		     at = ((struct tree_place *)pool_at(&c->from->tree, at))->next) {
			struct tree_place *place;

			if (at != head->place && !ids[at])
				continue;
			place = pool_grow(&c->to->tree, 1);
			if (!place) {
				ret = -ENOMEM;
				break;
			}
			place->next = NO_ID;
			ids[at] = (uint32_t)c->to->tree.nr;	/* + 1 */
			if (last != NO_ID)
				((struct tree_place *)pool_at(&c->to->tree, last))->next = ids[at] - 1;
			else
				*to = (struct tree_head){ head->nid, ids[at] - 1 };
			last = ids[at] - 1;
		}
	}
	for (uint32_t i = 0; ret == 0 && i < nr_spans(c->to, TABLE_NODE); i++) {
		struct node_more *more = more_at(c->to, TABLE_NODE, i);

		if (c->to->tables[TABLE_NODE].more.nr && more->position < c->from->tree.nr)
			more->position = ids[more->position] - 1;
	}
	free(ids);
	return ret;
}

/* ---- the builder ---- */
static int carry_mms(struct carrying *c)
{
	struct builder *b = c->b;
	uint32_t nr = nr_spans(c->to, TABLE_MM), room = nr + 64;
	struct mm_live *mms = calloc(room, sizeof(*mms));

	if (!mms)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr_spans(c->from, TABLE_MM); i++) {
		uint32_t to = c->ids[TABLE_MM][i];
		struct mm_count *count;

		if (to == NO_ID)
			continue;
		mms[to] = b->mms[i];
		mms[to].changes = mms[to].counted = 0;
		mms[to].mappings = (struct owned){ .newest = NO_ID };
		/* Merges are counted since the mm came, items since the seam: they are rows here. */
		count = pool_grow(&c->to->mm_counts, 1);
		if (!count) {
			free(mms);
			return -ENOMEM;
		}
		*count = (struct mm_count){ .mm = to, .merges = mms[to].merges };
	}
	free(b->mms);
	b->mms = mms;
	b->nr_mms_room = room;
	build_unmap_carry(b, c->ids[TABLE_MM], nr_spans(c->from, TABLE_MM));
	build_leavers_carry(b, c->ids[TABLE_MM], nr_spans(c->from, TABLE_MM));
	for (uint32_t i = 0; i < b->nr_tasks; i++)
		b->tasks[i].entered = b->tasks[i].entered == NO_ID ? NO_ID :
				      new_id(c, TABLE_MM, b->tasks[i].entered);
	for (uint32_t i = 0; i < b->nr_processes; i++) {
		struct process *process = &b->processes[i];

		process->mm = process->mm == NO_ID ? NO_ID : new_id(c, TABLE_MM, process->mm);
		process->mappings = (struct owned){ .newest = NO_ID };
	}
	return 0;
}

static int carry_builder(struct carrying *c)
{
	static const enum table mapped[] = { TABLE_MM, TABLE_NODE, TABLE_ITEM, TABLE_ANON_VMA, TABLE_PAGE };
	struct builder *b = c->b;
	int ret = carry_mms(c);

	if (ret != 0)
		return ret;
	if (b->pair.active) {
		b->pair.node = new_id(c, TABLE_NODE, b->pair.node);
		b->pair.span = NO_ID - 1;
		b->pair.active = b->pair.node != NO_ID;
	}
	b->removal.node = new_id(c, TABLE_NODE, b->removal.node);
	b->seg = c->to;
	b->now = b->counts_event = b->counts_changes = b->mapping_event = 0;
	memset(b->near_mms, 0, sizeof(b->near_mms));
	memset(b->near, 0, sizeof(b->near));
	memset(b->activity_sums, 0, sizeof(b->activity_sums));
	pool_resize(&b->times, 0);
	build_dump_give_up(b);
	for (unsigned i = 0; i < NR_TABLES; i++)
		addrmap_fini(&b->addrs[i]);
	idmap_fini(&b->vma_map);
	idmap_fini(&b->mapping_map);
	for (unsigned i = 0; i < sizeof(mapped) / sizeof(*mapped); i++)
		for (uint32_t id = 0; id < nr_spans(c->to, mapped[i]); id++)
			build_set(b, mapped[i], span_at(c->to, mapped[i], id)->addr_gen >> 10, id);
	for (uint32_t id = 0; id < nr_spans(c->to, TABLE_ITEM); id++)
		build_hint(b, id, span_owner(span_at(c->to, TABLE_ITEM, id)));
	for (uint32_t id = 0; id < nr_spans(c->to, TABLE_VMA); id++)
		build_vma_set(b, id);
	pool_resize(&b->mappings, 0);
	for (uint32_t id = 0; id < nr_spans(c->to, TABLE_MAPPING); id++)
		mapping_set(b, id);
	b->mapping_changes = nr_spans(c->to, TABLE_MAPPING);
	empty_carry(b);
	return b->error;
}

static void drop_oldest(struct history *h)
{
	while (h->options.keep_segments && h->nr_segments > h->options.keep_segments) {
		segment_free(h->segments[0]);
		h->nr_segments--;
		memmove(h->segments, h->segments + 1, h->nr_segments * sizeof(*h->segments));
	}
}

int segment_seal(struct builder *b)
{
	static const enum table tables[] = { TABLE_MM, TABLE_ANON_VMA, TABLE_NODE, TABLE_ITEM,
					     TABLE_MAPPING, TABLE_VMA, TABLE_PAGE };
	struct history *h = b->h;
	struct carrying c = { .b = b, .from = b->seg };
	struct segment **segments;
	int ret = segment_new(h, c.from->id + 1, c.from->base + c.from->last, &c.to);

	build_settle_counts(b);
	if (ret == 0)
		ret = mark_linked(&c);
	for (unsigned i = 0; ret == 0 && i < sizeof(tables) / sizeof(*tables); i++)
		ret = carry_table(&c, tables[i]);
	if (ret == 0) {
		link_items(&c);
		link_vmas(&c);
		link_others(&c);
		ret = carry_places(&c);
		if (ret == 0)
			ret = carry_wholes(&c);
	}
	segments = ret == 0 ? realloc(h->segments, (h->nr_segments + 1) * sizeof(*segments)) : NULL;
	if (segments) {
		h->segments = segments;
		h->segments[h->nr_segments++] = c.to;
		h->now = c.to;
		ret = carry_builder(&c);
		drop_oldest(h);
	} else {
		segment_free(c.to);
		ret = ret ? ret : -ENOMEM;
	}
	for (unsigned i = 0; i < NR_TABLES; i++) {
		free(c.ids[i]);
		free(c.linked[i]);
	}
	return ret;
}
