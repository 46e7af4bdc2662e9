// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_exit.c - an mm that exits on a stock kernel, whose items ksmd still has.
 *
 * __ksm_exit() frees an mm_slot only if it has no rmap_items and is not under ksmd's cursor.
 * Otherwise it moves the slot right behind the cursor and leaves all to ksmd, whose
 * scan_get_next_rmap_item() takes the items off their nodes when it comes by: a moment later, or
 * never when ksmd was stopped.  Until then pages_sharing counts them.  No event tells when.
 *
 * The hard idea: the cursor only goes forward, and what exited lies next before it.  So once the
 * cursor was seen in two places after the exit, it has passed.  It is seen at the mm of each page
 * that ksmd tries to merge (but not of the partner in a pair, whose item comes from the unstable tree)
 * and, at the head of the list, when a scan begins and when it ends.  Between the end of one scan and the begin of
 * the next it does not move.
 *
 * So the mm's row stays, `exited` and doubtful, and its items with it, which are doubtful like all
 * items of a stock kernel; only the end that is certain ends them.  The pages are unmapped at once.
 *
 * mm/ksm.c, 6.4 to 6.18.  Not here: the patched kernel, which traces when the mm leaves and is freed.
 */
#include "history/build.h"

/* Places at the head of the list; else the cursor's place is an mm's object id. */
#define AT_BEGIN (NO_ID - 1)
#define AT_END	 (NO_ID - 2)

static uint32_t *leaver(struct builder *b, uint64_t i)
{
	return pool_at(&b->leavers, i);
}

void build_mm_exits(struct builder *b, uint64_t addr)
{
	uint32_t mm = build_mm(b, addr), *slot;
	struct mm_data data;

	if (mm == NO_ID || b->mms[mm].exited)
		return;
	if (!b->mms[mm].stable) {	/* no item of it is known that could stay behind */
		build_mm_end(b, addr);
		return;
	}
	build_process_left(b, mm);
	data = *build_mm_data(b, mm);
	data.exited = 1;
	build_mm_update(b, mm, &data, false);
	b->mms[mm].exited = true;
	b->counts.mms_exited++;
	slot = pool_grow(&b->leavers, 1);
	if (slot)
		*slot = mm;
	else
		build_fail(b, -ENOMEM);
}

/* The first `nr` are gone now. */
static void gone(struct builder *b, uint64_t nr)
{
	for (uint64_t i = 0; i < nr; i++)
		if (!b->mms[*leaver(b, i)].dead)
			build_mm_end(b, span_addr(span_at(b->seg, TABLE_MM, *leaver(b, i))));
	for (uint64_t i = nr; i < b->leavers.nr; i++)
		*leaver(b, i - nr) = *leaver(b, i);
	pool_resize(&b->leavers, b->leavers.nr - nr);
}

static void cursor_at(struct builder *b, uint32_t place)
{
	if (place != b->cursor && !(b->cursor == AT_END && place == AT_BEGIN) && b->nr_behind)
		gone(b, b->nr_behind);
	b->cursor = place;
	b->nr_behind = b->leavers.nr;
}

void build_cursor_at_mm(struct builder *b, uint32_t mm)
{
	if (mm != NO_ID)
		cursor_at(b, mm);
}

void build_cursor_at_head(struct builder *b, bool begin)
{
	if (!b->h->patched)
		cursor_at(b, begin ? AT_BEGIN : AT_END);
}

void build_leavers_gone(struct builder *b)
{
	gone(b, b->leavers.nr);
	b->nr_behind = 0;
}

void build_leavers_carry(struct builder *b, const uint32_t *ids, uint32_t nr)
{
	uint64_t kept = 0, behind = 0;

	for (uint64_t i = 0; i < b->leavers.nr; i++) {
		uint32_t mm = *leaver(b, i) < nr ? ids[*leaver(b, i)] : NO_ID;

		if (mm == NO_ID)
			continue;
		behind += i < b->nr_behind;
		*leaver(b, kept++) = mm;
	}
	pool_resize(&b->leavers, kept);
	b->nr_behind = behind;
	if (b->cursor >= AT_END)
		return;
	b->cursor = b->cursor < nr ? ids[b->cursor] : NO_ID;
	if (b->cursor == NO_ID)		/* the next place may be where it is now */
		b->nr_behind = 0;
}
