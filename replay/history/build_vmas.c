// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_vmas.c - anon_vmas and the VMAs in their interval trees, as the patched kernel tells them.
 *
 * A VMA hangs in the interval tree of every anon_vma that it is chained to (anon_vma_chain), so a row
 * is about the pair (vma, anon_vma).  Split, merge, mremap and fork take the VMA out and put it in
 * again with other bounds: a new span of the same pair.  Removing one whose insertion was not seen
 * finds it.  A pinned anon_vma may be empty: it is a row of its own, not implied by its VMAs.
 *
 * Not here: asking an interval tree (stab.c).
 */
#include "history/build.h"
#include "history/build_patched.h"

static uint32_t anon_vma_make(struct builder *b, uint64_t addr, uint32_t flags)
{
	uint32_t old = build_find(b, TABLE_ANON_VMA, addr >> 3), id;
	uint32_t gen = build_generation(b, TABLE_ANON_VMA, addr >> 3, old, &flags);

	if (old != NO_ID && span_at(b->seg, TABLE_ANON_VMA, old)->died == ALIVE) {
		build_end(b, TABLE_ANON_VMA, old, 0);
		b->counts.anon_vmas--;
	}
	id = build_span(b, TABLE_ANON_VMA, NO_ID, addr_key(addr, gen), OWNER_NONE, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, id) =
		(struct anon_vma_data){ NO_ID, NO_ID, NO_ID, 0 };
	build_set(b, TABLE_ANON_VMA, addr >> 3, id);
	b->counts.anon_vmas++;
	return id;
}

uint32_t anon_vma_get(struct builder *b, uint64_t addr)
{
	uint32_t id = addr ? build_find(b, TABLE_ANON_VMA, addr >> 3) : NO_ID;

	if (!addr)
		return NO_ID;
	if (id != NO_ID && span_at(b->seg, TABLE_ANON_VMA, id)->died == ALIVE)
		return span_object(b->seg, TABLE_ANON_VMA, id);
	return anon_vma_make(b, addr, SPAN_FOUND);
}

void anon_vma_change(struct builder *b, uint32_t object, uint32_t root, uint32_t parent)
{
	uint32_t last = object_last(b->seg, TABLE_ANON_VMA, object), id;
	struct anon_vma_data *data = data_at(b->seg, TABLE_ANON_VMA, last);
	uint64_t key = span_at(b->seg, TABLE_ANON_VMA, last)->addr_gen;

	if (data->root == root && data->parent == parent)
		return;
	if (span_at(b->seg, TABLE_ANON_VMA, last)->born == b->now) {
		data->root = root;
		data->parent = parent;
		return;
	}
	build_end(b, TABLE_ANON_VMA, last, 0);
	id = build_span(b, TABLE_ANON_VMA, last, key, OWNER_NONE, 0);
	if (id == NO_ID)
		return;
	*(struct anon_vma_data *)data_at(b->seg, TABLE_ANON_VMA, id) =
		(struct anon_vma_data){ root, parent, NO_ID, 0 };
	build_set(b, TABLE_ANON_VMA, key >> 10, id);
}

static void anon_vma_new(struct builder *b, const struct args_P_ANON_VMA_NEW *args)
{
	uint32_t id = anon_vma_make(b, (uint64_t)args->anon_vma, 0), root, parent;

	if (id == NO_ID)
		return;
	root = args->root == args->anon_vma ? id : anon_vma_get(b, (uint64_t)args->root);
	parent = args->parent == args->anon_vma ? id : anon_vma_get(b, (uint64_t)args->parent);
	anon_vma_change(b, id, root, parent);
}

void anon_vma_gone(struct builder *b, uint32_t object, uint32_t flags)
{
	build_end(b, TABLE_ANON_VMA, object_last(b->seg, TABLE_ANON_VMA, object), flags);
	b->counts.anon_vmas--;
}

static bool is_at(const struct builder *b, uint32_t object, uint64_t addr)
{
	return object == NO_ID || span_addr(span_at(b->seg, TABLE_ANON_VMA, object)) == (addr & ~7ull);
}

static void anon_vma_free(struct builder *b, const struct args_P_ANON_VMA_FREE *args)
{
	uint32_t id = anon_vma_get(b, (uint64_t)args->anon_vma), last;
	const struct anon_vma_data *data;

	if (id == NO_ID)
		return;
	last = object_last(b->seg, TABLE_ANON_VMA, id);
	data = data_at(b->seg, TABLE_ANON_VMA, last);
	anon_vma_gone(b, id, is_at(b, data->root, (uint64_t)args->root) &&
		      is_at(b, data->parent, (uint64_t)args->parent) ? SPAN_NAMED_END : 0);
}

/* ---- VMAs: keyed by both addresses ---- */
static uint64_t pair_key(uint64_t vma, uint32_t anon_vma)
{
	return vma ^ (uint64_t)anon_vma << 48 ^ (uint64_t)anon_vma >> 16;
}

struct pair { const struct segment *seg; uint64_t vma; uint32_t anon_vma; };

static bool is_pair(const void *arg, uint32_t id, uint64_t key)
{
	const struct pair *pair = arg;

	(void)key;	/* two pairs may have one */
	return span_addr(span_at(pair->seg, TABLE_VMA, id)) == pair->vma &&
	       ((struct vma_data *)data_at(pair->seg, TABLE_VMA, id))->anon_vma == pair->anon_vma;
}

/* The pair's slot; the map has one. */
static uint64_t *pair_slot(struct builder *b, uint64_t vma, uint32_t anon_vma, uint32_t *ret_hash)
{
	struct pair pair = { b->seg, vma & ~7ull, anon_vma };
	uint64_t key = pair_key(pair.vma, anon_vma);

	*ret_hash = idmap_hash(key);
	return idmap_slot(&b->vma_map, *ret_hash, key, is_pair, &pair);
}

uint64_t build_vma_past(const struct builder *b, uint64_t vma, uint32_t anon_vma)
{
	uint64_t in = anon_vma == NO_ID ? 0 : span_at(b->seg, TABLE_ANON_VMA, anon_vma)->addr_gen;

	return (vma >> 3) ^ in * 0x9e3779b97f4a7c15ull >> 10;
}

static uint32_t vma_last(struct builder *b, uint64_t vma, uint32_t anon_vma)
{
	uint32_t hash;

	return b->vma_map.order ? idmap_slot_id(pair_slot(b, vma, anon_vma, &hash)) : NO_ID;
}

uint32_t vma_alive(struct builder *b, uint64_t vma, uint32_t anon_vma)
{
	uint32_t id = vma_last(b, vma, anon_vma);

	return id != NO_ID && span_at(b->seg, TABLE_VMA, id)->died == ALIVE ? id : NO_ID;
}

void vma_gone(struct builder *b, uint32_t span, uint32_t flags)
{
	build_end(b, TABLE_VMA, span, flags);
	b->counts.vmas--;
}

uint32_t vma_make(struct builder *b, uint64_t vma, const struct vma_data *data, uint32_t flags)
{
	uint32_t old = vma_last(b, vma, data->anon_vma), id;

	if (build_was_whole(b, TABLE_ANON_VMA, data->anon_vma))
		flags &= ~(uint32_t)SPAN_FOUND;
	build_generation(b, TABLE_VMA, build_vma_past(b, vma, data->anon_vma), NO_ID, &flags);
	if (old != NO_ID) {
		flags &= ~(uint32_t)SPAN_FOUND;
		if (span_at(b->seg, TABLE_VMA, old)->died == ALIVE) {
			vma_gone(b, old, 0);	/* unseen: it may have gone long ago */
		}
	}
	id = build_span(b, TABLE_VMA, old, addr_key(vma, 1), OWNER_NONE, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct vma_data *)data_at(b->seg, TABLE_VMA, id) = *data;
	if (data->anon_vma != NO_ID) {
		struct anon_vma_data *in = data_at(b->seg, TABLE_ANON_VMA, data->anon_vma);

		((struct vma_data *)data_at(b->seg, TABLE_VMA, id))->older = in->newest;
		in->newest = id;
	}
	build_vma_set(b, id);
	b->counts.vmas++;
	return id;
}

void build_vma_set(struct builder *b, uint32_t id)
{
	uint32_t in = ((struct vma_data *)data_at(b->seg, TABLE_VMA, id))->anon_vma, hash;
	uint64_t *slot;

	if (idmap_reserve(&b->vma_map, 1) != 0) {
		build_fail(b, -ENOMEM);
		return;
	}
	slot = pair_slot(b, span_addr(span_at(b->seg, TABLE_VMA, id)), in, &hash);
	idmap_set(&b->vma_map, slot, hash, id);
}

static struct vma_data data_of(struct builder *b, const struct args_P_VMA_INSERT *args)
{
	uint32_t mm = args->mm ? build_find(b, TABLE_MM, (uint64_t)args->mm >> 3) : NO_ID;

	return (struct vma_data){ .start = (uint64_t)args->start, .end = (uint64_t)args->end,
				  .pgoff = (uint64_t)args->pgoff, .flags = (uint64_t)args->flags,
				  .anon_vma = anon_vma_get(b, (uint64_t)args->anon_vma),
				  .mm = mm == NO_ID ? NO_ID : span_object(b->seg, TABLE_MM, mm) };
}

static void vma_remove(struct builder *b, const struct event *ev)
{
	const struct args_P_VMA_INSERT *args = EVENT_ARGS(ev, P_VMA_INSERT);	/* the same fields */
	struct vma_data data = data_of(b, args);
	uint32_t span = vma_alive(b, (uint64_t)args->vma, data.anon_vma);
	const struct vma_data *was;

	if (span == NO_ID)
		span = vma_make(b, (uint64_t)args->vma, &data, SPAN_FOUND);
	if (span == NO_ID)
		return;
	was = data_at(b->seg, TABLE_VMA, span);
	vma_gone(b, span, was->start == data.start && was->end == data.end && was->pgoff == data.pgoff ?
		 SPAN_NAMED_END : 0);
	build_vma_gone(b, ev, args, data.mm);
}

bool build_vma_event(struct builder *b, const struct event *ev)
{
	struct vma_data data;

	switch (ev->kind) {
	case EVENT_P_ANON_VMA_NEW:
		anon_vma_new(b, EVENT_ARGS(ev, P_ANON_VMA_NEW));
		break;
	case EVENT_P_ANON_VMA_FREE:
		anon_vma_free(b, EVENT_ARGS(ev, P_ANON_VMA_FREE));
		break;
	case EVENT_P_VMA_INSERT:
		data = data_of(b, EVENT_ARGS(ev, P_VMA_INSERT));
		vma_make(b, (uint64_t)EVENT_ARGS(ev, P_VMA_INSERT)->vma, &data, 0);
		build_vma_came(b, EVENT_ARGS(ev, P_VMA_INSERT), data.mm);
		break;
	case EVENT_P_VMA_REMOVE:
		vma_remove(b, ev);
		break;
	default:
		return false;
	}
	build_activity(b, ACTIVITY_OTHER);
	return true;
}
