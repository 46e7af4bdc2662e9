// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_unmap.c - what becomes of mappings when their VMA leaves its interval tree.
 *
 * munmap and exit take a VMA out for good.  Split, merge and mprotect take it out and put it back with
 * other bounds under one hold of the lock, and mremap first puts in a VMA at the new address, moves
 * the ptes, and takes the old one out.  The events look the same.
 *
 * The hard idea: do not judge a removal when it comes.  It waits until its thread does something else,
 * or SETTLE_NS have passed; then the VMAs that were put in lately say which it was.  One that holds
 * the address with the same page index: the pte is still there.  One of the same anon_vma that holds
 * the page index elsewhere: mremap, and the pte went along (inferred, tentative).  Neither: gone.
 *
 * Only the last NR_CAME insertions are remembered.  More in one operation would take a thread that
 * moves as many VMAs at once; its mappings are then ended too early, and the next sample or walk finds
 * them again.
 */
#include "history/build_patched.h"

#define SETTLE_NS 10000000u

void build_vma_came(struct builder *b, const struct args_P_VMA_INSERT *args, uint32_t mm)
{
	struct vma_range *came = &b->vmas_came[b->nr_vmas_came++ % NR_VMAS_CAME];

	*came = (struct vma_range){ .vma = (uint64_t)args->vma, .anon_vma = (uint64_t)args->anon_vma,
				    .start = (uint64_t)args->start, .end = (uint64_t)args->end,
				    .pgoff = (uint64_t)args->pgoff, .mm = mm };
}

static bool holds(const struct vma_range *range, uint64_t addr)
{
	return addr >= range->start && addr < range->end;
}

static uint64_t index_at(const struct vma_range *range, uint64_t addr)
{
	return range->pgoff + ((addr - range->start) >> 12);
}

/* Where the page that lay at `addr` of `gone` is mapped now; UINT64_MAX: nowhere. */
static uint64_t address_now(const struct builder *b, const struct vma_range *gone, uint64_t addr)
{
	uint64_t index = index_at(gone, addr), moved = UINT64_MAX;

	for (uint32_t i = 0; i < NR_VMAS_CAME; i++) {
		const struct vma_range *came = &b->vmas_came[i];

		if (!came->vma || came->mm != gone->mm || came->anon_vma != gone->anon_vma)
			continue;
		if (holds(came, addr) && index_at(came, addr) == index)
			return addr;
		if (came->end > came->start && index >= came->pgoff &&
		    index - came->pgoff < (came->end - came->start) >> 12)
			moved = came->start + ((index - came->pgoff) << 12);
	}
	return moved;
}

static uint64_t born_at(const struct builder *b, uint32_t id)
{
	const struct pool *carried = &b->seg->tables[TABLE_MAPPING].carried;

	return id < carried->nr ? ((struct carried *)pool_at(carried, id))->born
				: b->seg->base + span_at(b->seg, TABLE_MAPPING, id)->born;
}

static void mapping_follows(struct builder *b, const struct vma_range *gone, uint32_t owner, uint32_t id)
{
	struct mapping_data data = *(struct mapping_data *)data_at(b->seg, TABLE_MAPPING, id);
	uint64_t addr = span_addr(span_at(b->seg, TABLE_MAPPING, id)), now;
	uint32_t there;

	if (!holds(gone, addr) || born_at(b, id) > gone->event)
		return;
	now = address_now(b, gone, addr);
	if (now == addr)
		return;
	mapping_end(b, id, 0);
	if (now == UINT64_MAX)
		return;
	/* Seen there since; a row from before is of what lay there, and had to go first. */
	there = mapping_alive(b, owner, now);
	if (there != NO_ID && born_at(b, there) > gone->event)
		return;
	data.evidence = EVIDENCE_INFERRED;
	data.mapcount = 0;
	mapping_make(b, owner, now, &data, SPAN_TENTATIVE);
}

/* By address where the VMA has fewer pages than there are mappings, else all that the owner has. */
static void settle(struct builder *b, const struct vma_range *gone)
{
	uint64_t nr_pages = (gone->end - gone->start) >> 12;
	uint32_t owner, at, id;

	if (b->mms[gone->mm].dead)
		return;
	owner = mapping_owner(b, gone->mm);
	at = mapping_newest(b, owner);
	if (at == NO_ID)
		return;
	if (nr_pages <= b->counts.mappings) {
		for (uint64_t i = 0; i < nr_pages; i++) {
			id = mapping_alive(b, owner, gone->start + (i << 12));
			if (id != NO_ID)
				mapping_follows(b, gone, owner, id);
		}
		return;
	}
	while ((id = mapping_next(b, &at)) != NO_ID)
		mapping_follows(b, gone, owner, id);
}

static void settle_first(struct builder *b, uint32_t i)
{
	struct vma_range gone = b->vmas_gone[i];

	b->nr_vmas_gone--;
	memmove(&b->vmas_gone[i], &b->vmas_gone[i + 1], (b->nr_vmas_gone - i) * sizeof(gone));
	settle(b, &gone);
}

void build_vma_gone(struct builder *b, const struct event *ev, const struct args_P_VMA_INSERT *args, uint32_t mm)
{
	for (uint32_t i = 0; i < NR_VMAS_CAME; i++)
		if (b->vmas_came[i].vma == (uint64_t)args->vma &&
		    b->vmas_came[i].anon_vma == (uint64_t)args->anon_vma)
			b->vmas_came[i].vma = 0;
	if (mm == NO_ID || b->mms[mm].dead || (uint64_t)args->end <= (uint64_t)args->start ||
	    mapping_newest(b, mapping_owner(b, mm)) == NO_ID)
		return;
	if (b->nr_vmas_gone == NR_VMAS_GONE)
		settle_first(b, 0);
	b->vmas_gone[b->nr_vmas_gone++] = (struct vma_range){
		.vma = (uint64_t)args->vma, .anon_vma = (uint64_t)args->anon_vma,
		.start = (uint64_t)args->start, .end = (uint64_t)args->end,
		.pgoff = (uint64_t)args->pgoff, .mm = mm, .pid = ev->pid, .ts_ns = ev->ts_ns,
		.event = b->seg->base + b->now };
}

/* Events in the middle of what a thread does to its VMAs. */
static bool is_within(uint16_t kind)
{
	return (kind >= EVENT_P_ANON_VMA_NEW && kind <= EVENT_P_VMA_REMOVE) ||
	       kind == EVENT_CONTENTION_BEGIN || kind == EVENT_CONTENTION_END || kind == EVENT_P_COUNTS;
}

void build_unmap_settle(struct builder *b, const struct event *ev)
{
	for (uint32_t i = b->nr_vmas_gone; i > 0; i--) {
		const struct vma_range *gone = &b->vmas_gone[i - 1];

		if ((ev->pid == gone->pid && !is_within(ev->kind)) || ev->ts_ns - gone->ts_ns > SETTLE_NS)
			settle_first(b, i - 1);
	}
}

static uint32_t carry(struct vma_range *ranges, uint32_t nr, const uint32_t *mms, uint32_t nr_mms)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < nr; i++) {
		ranges[i].mm = ranges[i].mm < nr_mms ? mms[ranges[i].mm] : NO_ID;
		if (ranges[i].mm != NO_ID)
			ranges[kept++] = ranges[i];
	}
	return kept;
}

void build_unmap_carry(struct builder *b, const uint32_t *mms, uint32_t nr_mms)
{
	uint32_t kept;

	b->nr_vmas_gone = carry(b->vmas_gone, b->nr_vmas_gone, mms, nr_mms);
	for (uint32_t i = 0; i < NR_VMAS_CAME; i++) {
		kept = carry(&b->vmas_came[i], 1, mms, nr_mms);
		if (!kept)
			b->vmas_came[i].vma = 0;
	}
}
