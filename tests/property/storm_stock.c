// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm_stock.c - what a storm does with the events of every kernel: merges, tasks, migrations.
 *
 * Merges come in pairs whose second fails now and then, nodes die in bursts that leave out an item, an mm
 * exits with its items left.  Most of it follows what the storm knows of its kernel, some of it does not.
 */
#include "storm_brew.h"

/* ---- a stock kernel ---- */
static void merge(struct brew *brew, bool ksm_page, uint32_t pfn, uint32_t item, uint32_t mm, int err)
{
	struct args_KSM_MERGE_WITH_KSM_PAGE *args = ADD(brew, KSM_MERGE_WITH_KSM_PAGE, 30);

	*args = (struct args_KSM_MERGE_WITH_KSM_PAGE){
		.ksm_page = ksm_page ? 0x7000 + pfn : 0, .pfn = (int64_t)PFN(pfn),
		.rmap_item = (int64_t)ITEM_ADDR(item), .mm = (int64_t)MM_ADDR(mm), .err = err };
	if (err == 0) {
		brew->on[item] = (int)pfn;
		brew->mm_of[item] = (int)mm;
		brew->live[pfn] = true;
	}
}

static void merges(struct brew *brew)
{
	uint32_t pfn = storm_pick(brew, NR_PFNS), item = storm_pick(brew, NR_ITEMS), mm = storm_pick(brew, NR_MMS), partner, other;

	if (brew->live[pfn] && storm_pick(brew, 10)) {
		merge(brew, true, pfn, item, mm, storm_pick(brew, 8) ? 0 : -14);
		return;
	}
	merge(brew, false, pfn, item, mm, storm_pick(brew, 9) ? 0 : -16);
	partner = storm_pick(brew, NR_ITEMS);
	other = storm_pick(brew, NR_MMS);
	if (storm_pick(brew, 12))
		merge(brew, true, pfn, partner, other, storm_pick(brew, 5) ? 0 : -14);
}

static void node_dies(struct brew *brew)
{
	uint32_t pfn = storm_pick(brew, NR_PFNS);
	int last = -1;

	if (!brew->live[pfn] && storm_pick(brew, 4))
		return;
	for (uint32_t i = 0; i < NR_ITEMS; i++) {
		if (brew->on[i] != (int)pfn)
			continue;
		if (last >= 0 && storm_pick(brew, 8)) {
			struct args_KSM_REMOVE_RMAP_ITEM *args = ADD(brew, KSM_REMOVE_RMAP_ITEM, 30);

			*args = (struct args_KSM_REMOVE_RMAP_ITEM){
				.pfn = (int64_t)PFN(pfn), .rmap_item = (int64_t)ITEM_ADDR(last),
				.mm = (int64_t)MM_ADDR(brew->mm_of[last]) };
		}
		brew->on[i] = -1;
		last = (int)i;
	}
	ADD(brew, KSM_REMOVE_KSM_PAGE, 30)->pfn = (int64_t)PFN(pfn);
	brew->live[pfn] = false;
}

static void tasks(struct brew *brew)
{
	uint32_t mm = storm_pick(brew, NR_MMS);
	struct args_TASK_NEWTASK *task;

	switch (storm_pick(brew, 6)) {
	case 0:
	case 1:
		ADD(brew, KSM_ENTER, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		break;
	case 2:
		ADD(brew, KSM_ENTER, TGID(mm))->mm = (int64_t)MM_ADDR((mm + 1) % NR_MMS);
		task = ADD(brew, TASK_NEWTASK, TGID(mm));
		*task = (struct args_TASK_NEWTASK){ .pid = TGID((mm + 1) % NR_MMS), .comm = "child" };
		break;
	case 3:
		ADD(brew, KSM_EXIT, TGID(mm))->mm = (int64_t)MM_ADDR(mm);
		for (uint32_t i = 0; i < NR_ITEMS; i++)
			if (brew->mm_of[i] == (int)mm)
				brew->on[i] = -1;
		break;
	case 4:
		PUT(brew, TASK_RENAME, TGID(mm), .pid = TGID(mm), .newcomm = { (char)('a' + storm_pick(brew, 26)) });
		break;
	default:
		PUT(brew, SCHED_PROCESS_EXIT, TGID(mm), .pid = TGID(mm), .group_dead = storm_pick(brew, 2));
		break;
	}
}

/* Something goes on meanwhile, another thread's perhaps, which may last longer. */
static void migrations(struct brew *brew)
{
	int32_t pid = 50 + (int32_t)storm_pick(brew, 3), other = pid + 3;
	bool both = storm_pick(brew, 2), longer = storm_pick(brew, 2);

	PUT(brew, MM_MIGRATE_PAGES_START, pid, .reason = 1);
	if (both)
		PUT(brew, MM_MIGRATE_PAGES_START, other, .reason = 1);
	for (uint32_t nr = storm_pick(brew, 4); nr > 0; nr--)
		merges(brew);
	if (both && !longer)
		PUT(brew, MM_MIGRATE_PAGES, other, .reason = 1, .succeeded = storm_pick(brew, 2));
	PUT(brew, MM_MIGRATE_PAGES, pid, .reason = 1, .succeeded = storm_pick(brew, 2));
	if (both && longer)
		PUT(brew, MM_MIGRATE_PAGES, other, .reason = 1, .succeeded = storm_pick(brew, 2));
}

static void others(struct brew *brew)
{
	uint32_t item = storm_pick(brew, NR_ITEMS), mm = storm_pick(brew, NR_MMS), pfn = storm_pick(brew, NR_PFNS);

	switch (storm_pick(brew, 8)) {
	case 0:
		ADD(brew, KSM_START_SCAN, 30)->seq = brew->scan++;
		break;
	case 1:
		ADD(brew, KSM_STOP_SCAN, 30)->seq = brew->scan;
		break;
	case 2:
		PUT(brew, KSM_MERGE_ONE_PAGE, 30, .pfn = 7, .rmap_item = (int64_t)ITEM_ADDR(item),
		    .mm = (int64_t)MM_ADDR(mm), .err = storm_pick(brew, 2) ? 0 : -14);
		break;
	case 3:
		if (storm_pick(brew, 8) == 0)
			ADD(brew, MEMORY_FAILURE_EVENT, 1)->pfn = (int64_t)PFN(pfn);
		break;
	case 4:
		migrations(brew);
		break;
	default:
		storm_add(brew, EVENT_UNKNOWN, 5);
		break;
	}
}

void storm_stock(struct brew *brew, uint32_t dice)
{
	if (dice < 45)
		merges(brew);
	else if (dice < 60)
		node_dies(brew);
	else if (dice < 72)
		tasks(brew);
	else
		others(brew);
}
