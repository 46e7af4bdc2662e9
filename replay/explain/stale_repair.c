// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale_repair.c - a model of where ksmd's scan is, and so when it will come by an address.
 *
 * A scan goes through the mms in the order of their list and writes a sum as it leaves each; an mm
 * that entered after the scan began stands behind the cursor (__ksm_enter()).  So: the scan that runs, if
 * it began after the mm entered and has neither left it nor gone past the address; else the next one.  How
 * far it has come in an mm is told by the last item that it made or merged there.
 *
 * With hindsight the event at which an item for the address came to hang on the node is looked up too:
 * that is no model.
 */
#include "explain/stale_repair.h"

#define VM_MERGEABLE	0x80000000ull	/* include/linux/mm.h */
#define TOUCHES_LOOK	64
#define SCANS_LOOK	1000u
#define SPANS_LOOK	64u

static bool row_of(const struct repairs *r, struct ref ref, union row *ret_row)
{
	return !ref_is_none(ref) && history_row(r->source->history, ref, r->when, ret_row) == 0;
}

static uint64_t running_scan(const struct history *h, uint64_t t)
{
	struct history_cursor cursor;
	union row row;

	if (history_list(h, EPISODES_OF_KIND, ref_of_kind(EPISODE_SCAN), moment_at(t), &cursor) != 0)
		return 0;
	history_seek_end(&cursor);
	return history_prev(&cursor, &row) > 0 && row.fact.died == NEVER ? row.fact.born : 0;
}

void repairs_init(struct repairs *r, const struct episode_source *source, struct ref node, struct moment when)
{
	*r = (struct repairs){ .source = source, .node = node, .when = when,
			       .scan_begin = running_scan(source->history, when.t) };
}

static uint32_t count_scans(const struct repairs *r, uint64_t since)
{
	const struct episode_source *source = r->source;
	uint32_t nr = 0;

	for (uint64_t n = r->when.t + 1;
	     nr < SCANS_LOOK && (n = history_scan_step(source->history, n, -1)) > since;)
		nr += event_index_kind(source->events, n) == EVENT_KSM_STOP_SCAN;
	return nr;
}

/* ---- how far ksmd has come in an mm ---- */
/* Where the mm came to ksmd's list.  Its row of now may only tell more of it than the one before. */
static uint64_t entered_at(const struct repairs *r, struct ref mm)
{
	union row row;

	for (uint32_t i = 0; i < SPANS_LOOK &&
	     history_life(r->source->history, mm, i, r->when.known_by, &row) == 0; i++)
		if (row.mm.in_ksm)
			return row.fact.born;
	return 0;
}

/* What that event says of it: true if it says anything. */
static bool hear(struct repairs *r, uint64_t n)
{
	struct event ev;

	switch (event_index_kind(r->source->events, n)) {
	case EVENT_P_SCAN_SUM:
		r->past_all = true;
		return true;
	case EVENT_P_ITEM_NEW:
		if (event_index_event(r->source->events, n, &ev) != 0)
			return false;
		r->past = (uint64_t)EVENT_ARGS(&ev, P_ITEM_NEW)->address;
		break;
	case EVENT_P_ITEM_APPEND:
		if (event_index_event(r->source->events, n, &ev) != 0)
			return false;
		r->past = (uint64_t)EVENT_ARGS(&ev, P_ITEM_APPEND)->address;
		r->past_itself = true;
		break;
	default:
		return false;
	}
	r->past_some = true;
	return true;
}

static void ask_mm(struct repairs *r, struct ref mm)
{
	uint64_t n = r->when.t + 1;

	if (ref_equal(r->mm, mm) && !ref_is_none(mm))
		return;
	r->mm = mm;
	r->mm_known = row_of(r, mm, &r->mm_row);
	r->mm_behind = r->past_all = r->past_some = r->past_itself = false;
	if (!r->mm_known || !r->scan_begin)
		return;
	r->mm_behind = entered_at(r, mm) > r->scan_begin;
	for (int i = 0; i < TOUCHES_LOOK && !r->mm_behind; i++) {
		n = history_touch(r->source->history, mm, n, -1);
		if (!n || n < r->scan_begin || hear(r, n))
			break;
	}
}

static enum stale_repair when_repaired(struct repairs *r, const struct stale_entry *entry)
{
	uint64_t address = entry->item_address ? entry->item_address : entry->address;
	union row vma;

	if (!r->mm_known)
		return REPAIR_UNKNOWN;
	if (!r->mm_row.mm.in_ksm)
		return REPAIR_NEVER;
	if (entry->kind == STALE_UNREACHED || entry->kind == STALE_MOVED) {
		if (!row_of(r, entry->vma, &vma))
			return REPAIR_UNKNOWN;
		if (!(vma.vma.flags & VM_MERGEABLE))
			return REPAIR_NEVER;
	}
	if (!r->scan_begin || r->mm_behind || r->past_all)
		return REPAIR_NEXT_SCAN;
	return r->past_some && (r->past > address || (r->past_itself && r->past == address)) ?
		REPAIR_NEXT_SCAN : REPAIR_THIS_SCAN;
}

/* ---- what ksmd did later ---- */
static void read_later(struct repairs *r)
{
	uint64_t n = r->when.t;
	struct event ev;

	r->later_read = true;
	for (int i = 0; i < LATER_MAX && r->when.known_by > r->when.t; i++) {
		n = history_touch(r->source->history, r->node, n, 1);
		if (!n || n > r->when.known_by)
			return;
		if (event_index_kind(r->source->events, n) == EVENT_P_ITEM_APPEND &&
		    event_index_event(r->source->events, n, &ev) == 0)
			r->later[r->nr_later++] = (struct appended){
				n, (uint64_t)EVENT_ARGS(&ev, P_ITEM_APPEND)->mm,
				(uint64_t)EVENT_ARGS(&ev, P_ITEM_APPEND)->address };
	}
}

/* Where an item for that address came to hang on the node. */
static uint64_t found_later(struct repairs *r, const struct stale_entry *entry)
{
	if (!r->later_read)
		read_later(r);
	for (uint32_t i = 0; i < r->nr_later && r->mm_known; i++)
		if (r->later[i].mm == r->mm_row.mm.name.addr && r->later[i].address == entry->address)
			return r->later[i].event;
	return 0;
}

void repairs_find(struct repairs *r, struct stale_entry *entry)
{
	if (entry->kind == STALE_REACHED || entry->kind == STALE_UNTOLD) {
		entry->repair = entry->kind == STALE_UNTOLD ? REPAIR_UNKNOWN : REPAIR_NONE;
		return;
	}
	ask_mm(r, entry->mm);
	entry->nr_scans = entry->since ? count_scans(r, entry->since) : 0;
	entry->repair = (uint8_t)when_repaired(r, entry);
	if (entry->kind == STALE_UNREACHED || entry->kind == STALE_MOVED)
		entry->repaired = found_later(r, entry);
}
