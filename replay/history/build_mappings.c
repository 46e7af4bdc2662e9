// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_mappings.c - which pte maps which KSM page, as far as anything says.
 *
 * An item is ksmd's belief, a mapping is the fact, so no row here follows from an item that is there:
 * - a sample of pagemap saw it (D, build_sweep.c);
 * - a walk that unmaps took it away, one that removes migration ptes put it there, a recovery moved
 *   it, a kill list found it (T);
 * - it was just made to point at the page, because ksmd then appended the item, or was copied by fork
 *   (both I, tentative: it may have been written to, or unmapped, at once).
 * COW is not traced.  So a mapping leaves when something shows that it has gone: ksmd found another
 * page or none there (the site of the detach), its VMA or its process is gone, a sample.  Until
 * then it is doubtful, like everything whose departure nobody tells (fact.c).
 *
 * A pte is named by process and address.  A process is its tgid; an mm of which no tgid is known
 * stands for itself (MAPPING_OF_MM), until an event or a dump says whose it is.
 *
 * Not here: where else a page might be mapped (explain/mapped.c works that out from interval trees).
 */
#include <stdlib.h>

#include "history/build_patched.h"

/* ---- rows ---- */
struct pte { const struct segment *seg; uint64_t addr; uint32_t owner; };

static bool is_pte(const void *arg, uint32_t id, uint64_t key)
{
	const struct pte *pte = arg;
	const struct span *span = span_at(pte->seg, TABLE_MAPPING, id);

	(void)key;
	return span_addr(span) == pte->addr && span_owner(span) == pte->owner;
}

static uint64_t *pte_slot(struct builder *b, uint32_t owner, uint64_t addr, uint32_t *ret_hash)
{
	struct pte pte = { b->seg, addr & ~7ull, owner };
	uint64_t key = pte.addr >> 3 ^ (uint64_t)owner << 38;

	*ret_hash = idmap_hash(key);
	return idmap_slot(&b->mapping_map, *ret_hash, key, is_pte, &pte);
}

uint32_t mapping_alive(struct builder *b, uint32_t owner, uint64_t addr)
{
	uint32_t hash, id;

	if (!b->mapping_map.order)
		return NO_ID;
	id = idmap_slot_id(pte_slot(b, owner, addr, &hash));
	return id != NO_ID && span_at(b->seg, TABLE_MAPPING, id)->died == ALIVE ? id : NO_ID;
}

static struct owned *owned_by(struct builder *b, uint32_t owner)
{
	struct process *process;

	if (owner >= MAPPING_OF_MM)
		return &b->mms[owner - MAPPING_OF_MM].mappings;
	process = build_process(b, (int32_t)owner);
	return process ? &process->mappings : NULL;
}

uint32_t mapping_newest(struct builder *b, uint32_t owner)
{
	const struct owned *owned = owned_by(b, owner);

	return owned ? owned->newest : NO_ID;
}

void mapping_set(struct builder *b, uint32_t id)
{
	const struct span *span = span_at(b->seg, TABLE_MAPPING, id);
	struct owned *owned = owned_by(b, span_owner(span));
	struct mapping_live *live;
	uint64_t *slot;
	uint32_t hash;

	if (!owned || idmap_reserve(&b->mapping_map, 1) != 0 ||
	    pool_resize(&b->mappings, nr_spans(b->seg, TABLE_MAPPING)) != 0) {
		build_fail(b, -ENOMEM);
		return;
	}
	live = pool_at(&b->mappings, id);
	*live = (struct mapping_live){ .older = owned->newest };
	owned->newest = id;
	owned->nr++;
	slot = pte_slot(b, span_owner(span), span_addr(span), &hash);
	idmap_set(&b->mapping_map, slot, hash, id);
}

/* `before`: the row of the same pte that ends here, NO_ID for another one. */
static uint32_t make(struct builder *b, uint32_t before, uint32_t owner, uint64_t addr,
		     const struct mapping_data *data, uint32_t flags)
{
	uint32_t id;

	build_changes(b);
	owners_change(b);
	id = build_span(b, TABLE_MAPPING, before, addr_key(addr, 1), owner, flags);
	if (id == NO_ID)
		return NO_ID;
	*(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id) = *data;
	mapping_set(b, id);
	b->counts.mappings++;
	b->counts.vague_mappings += data->maybe;
	return id;
}

uint32_t mapping_make(struct builder *b, uint32_t owner, uint64_t addr, const struct mapping_data *data,
		      uint32_t flags)
{
	uint32_t old = mapping_alive(b, owner, addr);

	if (old != NO_ID)
		mapping_end(b, old, 0);
	return make(b, NO_ID, owner, addr, data, flags);
}

void mapping_end(struct builder *b, uint32_t span, uint32_t flags)
{
	struct owned *owned = owned_by(b, span_owner(span_at(b->seg, TABLE_MAPPING, span)));

	build_changes(b);
	owners_change(b);
	b->counts.vague_mappings -= is_vague(b->seg, TABLE_MAPPING, span);
	build_end(b, TABLE_MAPPING, span, flags);
	if (owned)
		owned->nr--;
	b->counts.mappings--;
}

uint32_t mapping_next(struct builder *b, uint32_t *at)
{
	while (*at != NO_ID) {
		uint32_t id = *at;

		*at = ((struct mapping_live *)pool_at(&b->mappings, id))->older;
		if (span_at(b->seg, TABLE_MAPPING, id)->died == ALIVE)
			return id;
	}
	return NO_ID;
}

static void end_all(struct builder *b, uint32_t *newest)
{
	uint32_t at = *newest, id;

	*newest = NO_ID;
	while ((id = mapping_next(b, &at)) != NO_ID)
		mapping_end(b, id, 0);
}

void build_mappings_end(struct builder *b, struct process *process)
{
	end_all(b, &process->mappings.newest);
}

void build_mappings_of_mm_end(struct builder *b, uint32_t mm)
{
	end_all(b, &b->mms[mm].mappings.newest);
}

/* ---- whose they are ---- */
uint32_t mapping_owner(struct builder *b, uint32_t mm)
{
	int32_t tgid = build_mm_data(b, mm)->tgid;

	return tgid > 0 && (uint32_t)tgid < MAPPING_OF_MM ? (uint32_t)tgid :
	       MAPPING_OF_MM + mm;
}

/* The event that the pte was first known by, whichever segment that is in. */
static uint64_t first_known(const struct builder *b, uint32_t id)
{
	uint32_t object = span_object(b->seg, TABLE_MAPPING, id);
	const struct pool *carried = &b->seg->tables[TABLE_MAPPING].carried;

	return object < carried->nr ? ((struct carried *)pool_at(carried, object))->first :
	       b->seg->base + span_at(b->seg, TABLE_MAPPING, object)->born;
}

/*
 * The same pte, known better from now on: that its process is known does not show that it is still there.
 * A sample of the process may have that pte already; then what is known later is kept.
 */
static void own(struct builder *b, uint32_t id, uint32_t owner, uint32_t mm)
{
	struct mapping_data data = *(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id);
	const struct span *span = span_at(b->seg, TABLE_MAPPING, id);
	uint32_t other;
	uint64_t addr = span_addr(span);

	data.mm = mm;
	mapping_end(b, id, 0);
	other = mapping_alive(b, owner, addr);
	if (other != NO_ID && first_known(b, other) >= first_known(b, id))
		return;
	if (other != NO_ID)
		mapping_end(b, other, 0);
	make(b, id, owner, addr, &data, SPAN_TENTATIVE);
}

uint32_t mapping_goes_on(struct builder *b, uint32_t id, const struct mapping_data *data, uint32_t end, uint32_t flags)
{
	const struct span *span = span_at(b->seg, TABLE_MAPPING, id);
	uint32_t owner = span_owner(span);
	uint64_t addr = span_addr(span);

	mapping_end(b, id, end);
	return make(b, id, owner, addr, data, flags);
}

void mapping_is_ksm(struct builder *b, uint32_t id)
{
	struct mapping_data data = *(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id);

	data.maybe = 0;
	mapping_goes_on(b, id, &data, 0, SPAN_TENTATIVE);
}

void build_mm_is_of(struct builder *b, uint32_t mm, struct process *process)
{
	uint32_t owner = (uint32_t)process->tgid, at, id;

	process->mm = mm;
	if (process->tgid <= 0 || owner >= MAPPING_OF_MM)
		return;		/* no kernel's */
	at = process->mappings.newest;	/* sampled before the mm was known */
	while ((id = mapping_next(b, &at)) != NO_ID)
		if (((struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id))->mm == NO_ID)
			own(b, id, owner, mm);
	at = b->mms[mm].mappings.newest;
	b->mms[mm].mappings.newest = NO_ID;
	while ((id = mapping_next(b, &at)) != NO_ID)
		own(b, id, owner, mm);
}

/* ---- what events say ---- */
/*
 * It came to map that page.  If there is a row that says so already, the page had left unseen, or the row is right
 * (a fork's page has its item appended): nobody knows, so one row ends and another begins, and what shows the
 * second does not show the first.
 */
static void maps(struct builder *b, uint32_t mm, uint64_t addr, uint64_t pfn, enum evidence evidence,
		 uint32_t flags)
{
	struct mapping_data data = { .pfn = pfn, .evidence = (uint8_t)evidence, .mm = mm };

	build_mm_changes(b, mm);
	mapping_make(b, mapping_owner(b, mm), addr, &data, flags);
}

/* It was seen to map that page: if there is a row that says so, nothing came and nothing went. */
static void seen(struct builder *b, uint32_t mm, uint64_t addr, uint64_t pfn)
{
	uint32_t old = mapping_alive(b, mapping_owner(b, mm), addr);
	struct mapping_data data;

	if (old != NO_ID)
		data = *(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, old);
	if (old == NO_ID || data.pfn != pfn || data.maybe) {
		maps(b, mm, addr, pfn, EVIDENCE_TRACED, 0);
		return;
	}
	data.evidence = EVIDENCE_TRACED;
	build_mm_changes(b, mm);
	mapping_goes_on(b, old, &data, SPAN_NAMED_END, 0);
}

/* It does not map that page: T, an event took it away; I, somebody noticed later. */
static void unmaps(struct builder *b, uint32_t mm, uint64_t addr, uint64_t pfn, enum evidence evidence)
{
	uint32_t id = mapping_alive(b, mapping_owner(b, mm), addr);

	if (id == NO_ID || ((struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id))->pfn != pfn)
		return;
	build_mm_changes(b, mm);
	mapping_end(b, id, evidence == EVIDENCE_TRACED ? SPAN_NAMED_END : 0);
}

/* One of its mappings of that page went, and nobody can say which: none of them is known to be there any more. */
static void unmaps_one(struct builder *b, uint32_t mm, uint64_t pfn)
{
	uint32_t at = mapping_newest(b, mapping_owner(b, mm)), id;

	build_mm_changes(b, mm);
	while ((id = mapping_next(b, &at)) != NO_ID)
		if (((struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id))->pfn == pfn)
			mapping_end(b, id, 0);
}

/* Where it is known which, and no event that would tell better was lost. */
static bool is_known_there(struct builder *b, uint32_t mm, uint64_t addr, uint64_t pfn)
{
	uint32_t id = addr ? mapping_alive(b, mapping_owner(b, mm), addr) : NO_ID;

	return addr && (!b->loss_now ||
			(id != NO_ID && ((struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id))->pfn == pfn));
}

static uint32_t mm_alive(struct builder *b, int64_t addr)
{
	uint32_t span = addr ? build_find(b, TABLE_MM, (uint64_t)addr >> 3) : NO_ID;

	return span != NO_ID && span_at(b->seg, TABLE_MM, span)->died == ALIVE ?
	       span_object(b->seg, TABLE_MM, span) : NO_ID;
}

void mapping_appended(struct builder *b, uint32_t mm, uint64_t addr, uint32_t node)
{
	uint64_t pfn = ((struct node_more *)more_at(b->seg, TABLE_NODE, node))->kpfn;
	uint32_t old = mapping_alive(b, mapping_owner(b, mm), addr);

	/*
	 * replace_page() set the pte under the page table's lock; before stable_tree_append() tells of it, mmap_lock
	 * and the lock of the page were dropped and that of the KSM page waited for (cmp_and_merge_page(),
	 * try_to_merge_two_pages()).  Meanwhile it may have been written to: like a fork's, until something shows it.
	 */
	if (pfn)
		maps(b, mm, addr, pfn, EVIDENCE_INFERRED, SPAN_TENTATIVE);
	else if (old != NO_ID)	/* the node's page is not known */
		mapping_end(b, old, 0);
}

/* KSMTOP_DETACH_*: those at which ksmd did not find the page there any more. */
void mapping_detached(struct builder *b, uint32_t mm, uint64_t addr, uint32_t node, int64_t site)
{
	enum { PAGE_CHANGED = 0, ADDRESS_GONE = 1, TRAILING = 2, UNMERGE = 4, NODE_REMOVED = 5, MM_GONE = 6 };
	bool gone = site == PAGE_CHANGED || site == ADDRESS_GONE || site == TRAILING || site == UNMERGE ||
		    site == NODE_REMOVED || site == MM_GONE;

	if (gone && node != NO_ID)
		unmaps(b, mm, addr, ((struct node_more *)more_at(b->seg, TABLE_NODE,
			object_last(b->seg, TABLE_NODE, node)))->kpfn, EVIDENCE_INFERRED);
}

/* A forked process may map what its parent maps. */
void build_mappings_forked(struct builder *b, uint32_t parent, uint32_t child)
{
	uint32_t owner = mapping_owner(b, parent), to = mapping_owner(b, child), at, id;
	const struct owned *owned = owned_by(b, owner);

	if (!owned || owner == to)
		return;
	at = owned->newest;
	while ((id = mapping_next(b, &at)) != NO_ID) {
		struct mapping_data data = *(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id);
		uint64_t addr = span_addr(span_at(b->seg, TABLE_MAPPING, id));

		if (data.mm != parent && data.mm != NO_ID)
			continue;
		data.mm = child;
		data.mapcount = 0;
		data.evidence = EVIDENCE_INFERRED;
		mapping_make(b, to, addr, &data, SPAN_TENTATIVE);
	}
}

/* ---- walks: the count of mappings before and after rmap_one() says what it did ---- */

/* Where the walk's item lies in that VMA; 0: nobody can say. */
static uint64_t pte_address(struct builder *b, const struct walk_place *place, const struct args_P_WALK_VMA *args)
{
	uint32_t in = build_find(b, TABLE_ANON_VMA, place->anon_vma >> 3), vma = NO_ID;
	const struct vma_data *data;
	uint64_t page;

	if (in != NO_ID)
		vma = vma_alive(b, (uint64_t)args->vma, span_object(b->seg, TABLE_ANON_VMA, in));
	if (vma == NO_ID || !place->has_index)
		return place->mm == (uint64_t)args->mm ? place->addr : 0;
	data = data_at(b->seg, TABLE_VMA, vma);
	page = place->index - data->pgoff;
	return place->index >= data->pgoff && page < (data->end - data->start) >> 12 ?
	       data->start + (page << 12) : 0;
}

void mapping_walk_item(struct builder *b, struct walk_place *place, const struct args_P_WALK_ITEM *args)
{
	uint32_t span = build_find(b, TABLE_ITEM, (uint64_t)args->item >> 3);

	*place = (struct walk_place){ .addr = (uint64_t)args->address & ~0xfffull, .mm = (uint64_t)args->mm,
				      .anon_vma = (uint64_t)args->anon_vma };
	if (span == NO_ID || span_at(b->seg, TABLE_ITEM, span)->died != ALIVE ||
	    ((struct item_more *)more_at(b->seg, TABLE_ITEM, span))->state != ITEM_STABLE)
		return;
	place->has_index = true;
	place->index = ((struct item_more *)more_at(b->seg, TABLE_ITEM, span))->index_seqnr;
}

void mapping_walk_vma(struct builder *b, const struct walk_place *place, const struct walk_totals *walk,
		      const struct args_P_WALK_VMA *args)
{
	uint32_t mm = mm_alive(b, args->mm);
	uint64_t addr;

	if (args->verdict || mm == NO_ID || args->mapcount == args->mapcount_before)
		return;
	if (!walk->pfn)
		return;
	addr = pte_address(b, place, args);
	if ((walk->purpose == PURPOSE_UNMAP || walk->purpose == PURPOSE_MIGRATE) &&
	    args->mapcount < args->mapcount_before) {
		if (is_known_there(b, mm, addr, walk->pfn))
			unmaps(b, mm, addr, walk->pfn, EVIDENCE_TRACED);
		else
			unmaps_one(b, mm, walk->pfn);
	} else if (addr && walk->purpose == PURPOSE_MIGRATED && args->mapcount > args->mapcount_before) {
		maps(b, mm, addr, walk->pfn, EVIDENCE_TRACED, 0);
	}
}

/* ---- memory failure ---- */
void mapping_moved(struct builder *b, const struct args_P_RECOVERY_MOVE *args)
{
	enum { NOT_MOVED = 2 };		/* KSMTOP_TARGET_* */
	uint32_t mm = mm_alive(b, args->mm);

	uint64_t addr = (uint64_t)args->address & ~0xfffull;

	if (mm == NO_ID || args->err || args->target == NOT_MOVED || !args->to_kpfn)
		return;
	unmaps(b, mm, addr, (uint64_t)args->pfn, EVIDENCE_TRACED);
	maps(b, mm, addr, (uint64_t)args->to_kpfn, EVIDENCE_TRACED, 0);
}

void mapping_listed(struct builder *b, const struct args_P_KILL_TASK *args)
{
	uint32_t mm = mm_alive(b, args->mm);

	if (mm != NO_ID && args->mapped && args->pfn)
		seen(b, mm, (uint64_t)args->address & ~0xfffull, (uint64_t)args->pfn);
}
