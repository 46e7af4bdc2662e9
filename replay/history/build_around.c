// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_around.c - poison, and what else happens around KSM.
 *
 * Everything else of the stock kernel (migration, huge pages, contention) is counted as activity.
 */
#include "history/build.h"

#define SIGBUS_NR 7
#define MASS_REMOVAL 1000u

/* ---- pages ---- */
static void poisoned(struct builder *b, uint64_t pfn)
{
	uint32_t old = build_find(b, TABLE_PAGE, pfn), node, id;
	struct page_data *data;

	build_changes(b);
	if (old != NO_ID && span_at(b->seg, TABLE_PAGE, old)->died == ALIVE)
		build_end(b, TABLE_PAGE, old, 0);
	id = build_span(b, TABLE_PAGE, old, pfn_key(pfn, 1), OWNER_NONE, 0);
	if (id == NO_ID)
		return;
	node = b->h->patched ? NO_ID : build_find(b, TABLE_NODE, pfn);
	data = data_at(b->seg, TABLE_PAGE, id);
	data->node = node;
	data->state = PAGE_POISONED;
	if (node != NO_ID) {
		data->node = span_object(b->seg, TABLE_NODE, node);
		if (span_at(b->seg, TABLE_NODE, node)->died == ALIVE)
			data->state |= PAGE_KSM;
	}
	build_set(b, TABLE_PAGE, pfn, id);
	build_notable(b, NOTABLE_POISON, 2, pfn,
		      make_ref(b->seg, TABLE_PAGE, span_object(b->seg, TABLE_PAGE, id)));
}

/* ---- mass removal: told once a run ---- */
void build_note_removals(struct builder *b, const struct event *ev)
{
	struct ref none = { 0 };

	if (ev->kind != EVENT_KSM_REMOVE_RMAP_ITEM && ev->kind != EVENT_KSM_REMOVE_KSM_PAGE)
		b->removals_in_a_row = 0;
	else if (++b->removals_in_a_row == MASS_REMOVAL)
		build_notable(b, NOTABLE_MASS_REMOVAL, 1, MASS_REMOVAL, none);
}

static enum activity activity_of(const struct event *ev)
{
	switch (ev->kind) {
	/* The patch's own events tell of what succeeded (item_append), and only these of what failed. */
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		return EVENT_ARGS(ev, KSM_MERGE_WITH_KSM_PAGE)->err ? ACTIVITY_MERGE_FAILURES :
								      ACTIVITY_OTHER;
	case EVENT_KSM_MERGE_ONE_PAGE:	/* tried with the zero page only: cmp_and_merge_page() */
		return EVENT_ARGS(ev, KSM_MERGE_ONE_PAGE)->err ? ACTIVITY_MERGE_FAILURES :
								 ACTIVITY_ZERO_PAGES;
	case EVENT_MM_MIGRATE_PAGES_START:
	case EVENT_MM_MIGRATE_PAGES:
	case EVENT_SET_MIGRATION_PTE:
	case EVENT_REMOVE_MIGRATION_PTE:
		return ACTIVITY_MIGRATIONS;
	case EVENT_MM_COLLAPSE_HUGE_PAGE:
	case EVENT_MM_COLLAPSE_HUGE_PAGE_ISOLATE:
	case EVENT_MM_COLLAPSE_HUGE_PAGE_SWAPIN:
	case EVENT_MM_KHUGEPAGED_COLLAPSE_FILE:
	case EVENT_MM_KHUGEPAGED_SCAN_FILE:
	case EVENT_MM_KHUGEPAGED_SCAN_PMD:
		return ACTIVITY_COLLAPSES;
	case EVENT_MEMORY_FAILURE_EVENT:
		return ACTIVITY_POISON;
	case EVENT_CONTENTION_BEGIN:
	case EVENT_CONTENTION_END:
		return ACTIVITY_CONTENTION;
	case EVENT_P_WALK_BEGIN:
	case EVENT_P_WALK_ITEM:
	case EVENT_P_WALK_VMA:
	case EVENT_P_WALK_UNLOCK:
	case EVENT_P_WALK_END:
		return ACTIVITY_WALKS;
	case EVENT_P_KILL_BEGIN:
	case EVENT_P_KILL_TASK:
	case EVENT_P_KILL_END:
	case EVENT_P_RECOVERY_BEGIN:
	case EVENT_P_RECOVERY_SEARCH:
	case EVENT_P_RECOVERY_DUP:
	case EVENT_P_RECOVERY_COPY:
	case EVENT_P_RECOVERY_MOVE:
	case EVENT_P_RECOVERY_END:
		return ACTIVITY_POISON;
	case EVENT_P_COLLAPSE_BEGIN:
	case EVENT_P_COLLAPSE_PAGE:
	case EVENT_P_COLLAPSE_END:
		return ACTIVITY_COLLAPSES;
	default:
		return ACTIVITY_OTHER;
	}
}

void build_around_event(struct builder *b, const struct event *ev)
{
	struct ref none = { 0 };

	build_episode_event(b, ev);
	switch (ev->kind) {
	case EVENT_MEMORY_FAILURE_EVENT:
		poisoned(b, (uint64_t)EVENT_ARGS(ev, MEMORY_FAILURE_EVENT)->pfn);
		break;
	case EVENT_SIGNAL_GENERATE:
		if (EVENT_ARGS(ev, SIGNAL_GENERATE)->sig == SIGBUS_NR)
			build_notable(b, NOTABLE_SIGBUS, 2,
				      (uint64_t)EVENT_ARGS(ev, SIGNAL_GENERATE)->pid, none);
		break;
	default:
		break;
	}
	build_activity(b, activity_of(ev));
}
