// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_not_merged.c - for each page of a process: is it shared, and if not, what stands in the way.
 *
 * Three sources, from the particular to the general.  An rmap_item says where ksmd has its page: on a
 * stable node, in the unstable tree, or nowhere yet.  Of an item that is nowhere, ksmd's last word
 * (item_scan) gives the reason where it was recorded one by one; else the mm's sums of the last
 * scan do, if they leave only one reason.  A page without an item lies in a VMA that is not mergeable,
 * or that ksmd has not come by, or that has no anonymous page there: the zero page where ksmd put it.
 *
 * What is left is said to be unknown.  The mm's own sums follow in any case: counts without addresses.
 */
#include "explain/why_not_merged.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/ksmd_said.h"
#include "explain/mapped.h"
#include "explain/mm_pages.h"
#include "explain/without_item.h"
#include "explain/zero_page.h"
#include "trace/array.h"
#include "trace/diag.h"
#include "trace/sample.h"

/*
 * include/linux/mm.h, x86-64 of Linux 6.12; and what vma_ksm_compatible() refuses: VM_SHARED, VM_MAYSHARE,
 * VM_PFNMAP, VM_IO, VM_DONTEXPAND, VM_HUGETLB, VM_MIXEDMAP, VM_DROPPABLE.
 */
#define VM_MERGEABLE	0x80000000ull
#define VM_NOT_FOR_KSM	(0x8ull | 0x80ull | 0x400ull | 0x4000ull | 0x40000ull | 0x400000ull | 0x10000000ull | \
			 UINT64_C(1) << 40)
#define OUTCOME_CHECKSUM 2		/* KSMTOP_SCAN_OUTCOMES: checksum changed */
#define DETACH_REMERGE	3		/* KSMTOP_DETACH_SITES: re-merge */
#define PAGE_BYTES	4096u
#define USER_END	(UINT64_C(1) << 56)	/* x86-64 with five levels of page tables */

/* A VMA, or what lies between two of them. */
struct area { uint64_t start, end, flags, born, confirmed; bool doubtful, is_gap; char evidence; };

struct asking {
	const struct episode_source *source;
	struct mm_row mm;
	uint64_t first, last;
	struct moment when;
	why_not_fn fn;
	void *arg;
	int ret;
	struct ksmd_said said;
	struct area *areas;		/* by start */
	struct zero_page *zeroes;	/* by address; their items are gone */
	struct page_without_item *shared;	/* by address */
	uint32_t nr_shared;
	uint32_t nr_areas, room_areas, nr_zeroes;
	struct why_not run;		/* the one that grows */
	struct mm_pages pages;
	bool more_items;		/* not all of its items were told */
};

/* In the order of KSMTOP_SCAN_OUTCOMES. */
static enum not_merged reason_of(unsigned int outcome)
{
	static const uint8_t of[NR_OUTCOMES] = {
		NOT_MERGED_SHARED, NOT_MERGED_SHARED, NOT_MERGED_CHANGING, NOT_MERGED_SMART_SKIP,
		NOT_MERGED_ZERO_PAGE, NOT_MERGED_OTHER_NID, NOT_MERGED_WP_FAILED, NOT_MERGED_LOCK_FAILED,
		NOT_MERGED_CHANGING, NOT_MERGED_UNIQUE, NOT_MERGED_OTHER, NOT_MERGED_NO_PAGE,
		NOT_MERGED_OTHER, NOT_MERGED_OTHER };

	return outcome < NR_OUTCOMES ? of[outcome] : NOT_MERGED_UNKNOWN;
}

/* ---- handing over, neighbours with one reason together ---- */
static void flush(struct asking *a)
{
	if (a->run.nr_pages && a->ret == 0) {
		a->run.text = not_merged_text(a->run.reason);
		a->run.doubtful |= a->mm.fact.doubt != DOUBT_NONE;	/* is there such a process? */
		a->ret = a->fn(&a->run, a->arg);
	}
	a->run.nr_pages = 0;
}

static void tell(struct asking *a, const struct why_not *why)
{
	struct why_not *run = &a->run;

	if (run->nr_pages && run->first && run->reason == why->reason && run->last + PAGE_BYTES == why->first &&
	    run->evidence == why->evidence && run->doubtful == why->doubtful) {
		run->last = why->last;
		run->nr_pages += why->nr_pages;
		return;
	}
	flush(a);
	*run = *why;
}

/* The one reason that the sums leave for an item that is in no tree; NR_NOT_MERGED: none or several. */
static enum not_merged only_reason(const struct asking *a, uint64_t *ret_event)
{
	enum not_merged only = NR_NOT_MERGED;

	for (unsigned int i = 0; i < NR_OUTCOMES; i++) {
		enum not_merged reason = reason_of(i);

		if (!a->said.sums[i] || reason == NOT_MERGED_SHARED || reason == NOT_MERGED_UNIQUE ||
		    reason == NOT_MERGED_NO_PAGE)
			continue;
		if (only != NR_NOT_MERGED && only != reason)
			return NR_NOT_MERGED;
		only = reason;
		*ret_event = a->said.sum_events[i];
	}
	return only;
}

/* ---- items ---- */
/* Was the item made in the scan of that event?  Its first row says when, not the one that holds. */
static bool is_first_scan(const struct asking *a, const struct item_row *item, uint64_t event)
{
	uint64_t begin = event >= a->said.scan_begin ? a->said.scan_begin : a->said.words_from;
	union row first;

	return history_life(a->source->history, item->ref, 0, a->when.known_by, &first) == 0 &&
	       first.fact.evidence == EVIDENCE_TRACED && first.fact.born >= begin && first.fact.born <= event;
}

/*
 * Taken from the unstable tree to be merged, and still on no stable node (cmp_and_merge_page(): there was no
 * memory for one).  Whether it came to nothing is said with the page that it was to be merged with.
 */
static enum not_merged taken_to_merge(const struct asking *a, const struct item_row *item)
{
	uint64_t n = item->fact.born;
	struct event ev;

	if (event_index_kind(a->source->events, n) != EVENT_P_ITEM_DETACH ||
	    event_index_event(a->source->events, n, &ev) != 0 ||
	    EVENT_ARGS(&ev, P_ITEM_DETACH)->site != DETACH_REMERGE)
		return NOT_MERGED_UNIQUE;
	while (++n <= a->when.t)
		if (event_index_kind(a->source->events, n) == EVENT_P_ITEM_SCAN)
			return NOT_MERGED_OTHER;
	return NOT_MERGED_UNKNOWN;
}

static void judge_new(const struct asking *a, const struct item_row *item, struct why_not *why)
{
	const struct last_word *word = ksmd_last_word(&a->said, item->name.addr);
	enum not_merged only;
	uint64_t event = 0;

	why->doubtful |= a->said.lost;
	if (word) {
		why->reason = reason_of(word->outcome);
		why->event = word->event;
		why->seqnr = word->seqnr;
		why->evidence = EVIDENCE_TRACED;
		/* A new item has no checksum yet, so that ksmd finds it changed (cmp_and_merge_page()). */
		if (word->outcome == OUTCOME_CHECKSUM && is_first_scan(a, item, word->event))
			why->reason = NOT_MERGED_NOT_TWICE;
		/* It was merged when last looked at, and is no longer. */
		if (why->reason == NOT_MERGED_SHARED)
			why->reason = NOT_MERGED_CHANGING;
		if (why->reason == NOT_MERGED_UNIQUE)
			why->reason = taken_to_merge(a, item);
		return;
	}
	only = only_reason(a, &event);
	why->evidence = EVIDENCE_INFERRED;
	if (is_first_scan(a, item, a->when.t)) {
		why->reason = NOT_MERGED_NOT_TWICE;
		why->event = item->fact.born;
	} else if (only != NR_NOT_MERGED) {
		why->reason = only;
		why->event = event;
		why->seqnr = a->said.seqnr;
	} else if (mapped_found_changed(a->source, item->fact.born, 0, 0)) {
		why->reason = NOT_MERGED_CHANGED;
		why->event = item->fact.born;
		why->evidence = EVIDENCE_TRACED;
	} else {
		why->reason = NOT_MERGED_UNKNOWN;
	}
}

static int tell_item(struct asking *a, const struct item_row *item)
{
	struct why_not why = { .first = item->address, .last = item->address, .nr_pages = 1, .seqnr = -1,
			       .event = item->fact.born, .evidence = item->fact.evidence,
			       .doubtful = item->fact.doubt != DOUBT_NONE };
	int ret = 0;

	if (item->state == ITEM_STABLE) {
		ret = mm_pages_judge(&a->pages, item, &why);
	} else if (item->state == ITEM_UNSTABLE) {
		why.reason = NOT_MERGED_UNIQUE;
		why.seqnr = item->seqnr;
	} else {
		judge_new(a, item, &why);
	}
	tell(a, &why);
	return ret;
}

/* ---- VMAs ---- */
static int compare_areas(const void *p, const void *q)
{
	const struct area *x = p, *y = q;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool is_range(const struct asking *a)
{
	return a->first || a->last != UINT64_MAX;
}

/* What no area of the range covers.  Nobody maps page 0, nor what lies behind the widest user space. */
static int find_gaps(struct asking *a)
{
	uint64_t at = a->first < PAGE_BYTES ? PAGE_BYTES : a->first, end = a->last < USER_END ? a->last : USER_END - 1;
	uint32_t nr = a->nr_areas;

	end = (end | (PAGE_BYTES - 1)) + 1;
	for (uint32_t i = 0; i <= nr && at < end; i++) {
		uint64_t start = i < nr && a->areas[i].start < end ? a->areas[i].start : end;

		if (start > at) {
			if (ARRAY_ROOM(a->areas, a->nr_areas, a->room_areas) != 0)
				return -ENOMEM;
			a->areas[a->nr_areas++] = (struct area){ .start = at, .end = start, .is_gap = true,
				.doubtful = true, .evidence = EVIDENCE_INFERRED };
		}
		if (i < nr && a->areas[i].end > at)
			at = a->areas[i].end;
	}
	if (a->nr_areas > nr)
		qsort(a->areas, a->nr_areas, sizeof(*a->areas), compare_areas);
	return 0;
}

/* A VMA hangs in several interval trees: one area each. */
static int find_areas(struct asking *a)
{
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;
	int more, ret = history_list(a->source->history, VMAS_OF_MM, a->mm.ref, a->when, &cursor);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		if (row.vma.end <= a->first || row.vma.start > a->last)
			continue;
		if (ARRAY_ROOM(a->areas, a->nr_areas, a->room_areas) != 0)
			return -ENOMEM;
		a->areas[a->nr_areas++] = (struct area){ .start = row.vma.start, .end = row.vma.end,
			.flags = row.vma.flags, .born = row.fact.born, .confirmed = row.fact.confirmed,
			.doubtful = row.fact.doubt != DOUBT_NONE, .evidence = row.fact.evidence };
	}
	if (a->nr_areas)
		qsort(a->areas, a->nr_areas, sizeof(*a->areas), compare_areas);
	for (uint32_t i = 0; i < a->nr_areas; i++)
		if (!nr || a->areas[nr - 1].start != a->areas[i].start)
			a->areas[nr++] = a->areas[i];
	a->nr_areas = nr;
	return more;
}

/* Of an mm that was there before somebody named it only a dump says that it is not in KSM. */
static bool is_in_ksm_doubtful(const struct asking *a)
{
	return a->mm.fact.doubt != DOUBT_NONE ||
	       (a->mm.origin == MM_FOUND && history_is_patched(a->source->history) &&
		!history_is_whole(a->source->history, ALL_MMS, (struct ref){ 0 }, a->when));
}

/* May a gap hide that memory of such a page failed? */
static bool may_have_failed(const struct asking *a, const struct area *area)
{
	const struct history *h = a->source->history;

	return history_may_lack(h, EVENT_P_WALK_VMA, area->born, a->when.t, a->when.known_by) ||
	       history_may_lack(h, EVENT_P_RECOVERY_BEGIN, area->born, a->when.t, a->when.known_by) ||
	       history_may_lack(h, EVENT_P_KILL_BEGIN, area->born, a->when.t, a->when.known_by);
}

/* Why pages of that area have no item. */
static void judge_area(const struct asking *a, const struct area *area, struct why_not *why)
{
	why->event = area->born;
	why->evidence = area->evidence;
	why->doubtful = area->doubtful;
	if (area->is_gap) {
		why->reason = NOT_MERGED_NO_VMA;
	} else if (area->flags & VM_NOT_FOR_KSM) {
		why->reason = NOT_MERGED_WRONG_KIND;
	} else if (!a->mm.in_ksm) {
		why->reason = NOT_MERGED_NOT_IN_KSM;
		why->event = a->mm.fact.born;
		why->evidence = a->mm.fact.evidence;
		why->doubtful = area->doubtful || is_in_ksm_doubtful(a);
	} else if (!(area->flags & VM_MERGEABLE)) {
		/* The flags are of when the VMA entered the tree; madvise() changes them untraced. */
		why->reason = NOT_MERGED_NOT_ASKED;
		why->doubtful |= area->confirmed <= a->mm.fact.born;
	} else if (!a->said.scan_begin || area->born >= a->said.scan_begin) {
		why->reason = NOT_MERGED_NOT_SCANNED;
		why->doubtful |= a->said.lost || may_have_failed(a, area);
	} else {
		why->reason = NOT_MERGED_NO_PAGE;
		why->evidence = EVIDENCE_INFERRED;
		why->doubtful |= a->said.lost || may_have_failed(a, area);
	}
	/* One that was not told of may be the page's. */
	why->doubtful |= a->more_items;
}

/* ---- the range, page by page: items, pages without one, and what lies between ---- */
struct passing {
	struct history_cursor items;
	union row item;
	bool more;			/* `item` is the next one */
	uint32_t area, shared, failed, zero;
	uint64_t at;			/* all in front of it is told */
};

static uint64_t page_of(uint64_t address)
{
	return address & ~(uint64_t)(PAGE_BYTES - 1);
}

static void next_item(struct passing *p)
{
	do
		p->more = history_next(&p->items, &p->item) > 0;
	while (p->more && !p->item.item.has_address);
}

/* What lies in front of that address and is not told yet. */
static void tell_upto(struct asking *a, struct passing *p, uint64_t upto)
{
	for (; p->area < a->nr_areas && a->areas[p->area].start < upto; p->area++) {
		const struct area *area = &a->areas[p->area];
		uint64_t first = area->start > a->first ? area->start : a->first;
		uint64_t end = area->end < upto ? area->end : upto;
		struct why_not why = { .seqnr = -1 };

		if (first < p->at)
			first = p->at;
		if (first < end) {
			judge_area(a, area, &why);
			why.first = first;
			why.last = end - PAGE_BYTES;
			why.nr_pages = (end - first) / PAGE_BYTES;
			tell(a, &why);
		}
		if (area->end > upto)
			break;
		flush(a);
	}
	if (p->at < upto)
		p->at = upto;
}

/* The area that covers an address which is not in front of those that are told; NULL: none. */
static const struct area *area_of(const struct asking *a, const struct passing *p, uint64_t address)
{
	for (uint32_t i = p->area; i < a->nr_areas && a->areas[i].start <= address; i++)
		if (address < a->areas[i].end)
			return &a->areas[i];
	return NULL;
}

/* What is told of a page without an item beside why its area has none; false: nothing. */
static bool judge_page(const struct asking *a, const struct passing *p, uint64_t address, struct why_not *why)
{
	const struct page_without_item *shared = p->shared < a->nr_shared ? &a->shared[p->shared] : NULL;
	const struct failed_pte *failed = p->failed < a->pages.nr_failed ? &a->pages.failed[p->failed] : NULL;
	const struct zero_page *zero = p->zero < a->nr_zeroes ? &a->zeroes[p->zero] : NULL;
	const struct area *area = area_of(a, p, address);
	struct why_not of_area = { .seqnr = -1 };

	if (!area)
		return false;
	if (shared && shared->address == address) {
		*why = (struct why_not){ NOT_MERGED_NO_ITEM, address, address, 1, shared->event, -1, shared->evidence,
					 shared->doubtful || a->more_items, NULL };
		return true;
	}
	judge_area(a, area, &of_area);
	/* What the process did to the place since it was told of is not known. */
	if (failed && failed->address == address && failed->event >= area->born &&
	    (of_area.reason == NOT_MERGED_NO_PAGE || of_area.reason == NOT_MERGED_NOT_SCANNED)) {
		*why = (struct why_not){ NOT_MERGED_POISONED, address, address, 1, failed->event, -1, EVIDENCE_TRACED,
					 true, NULL };
		return true;
	}
	if (!zero || zero->address != address || zero->event < area->born || of_area.reason != NOT_MERGED_NO_PAGE)
		return false;
	*why = (struct why_not){ NOT_MERGED_ZERO_PAGE, address, address, 1, zero->event, zero->seqnr,
				 EVIDENCE_INFERRED, true, NULL };
	return true;
}

/* The next address of which something is told; false: there is none. */
static bool next_address(const struct asking *a, const struct passing *p, uint64_t *ret_address)
{
	uint64_t address = p->more ? page_of(p->item.item.address) : UINT64_MAX;

	if (p->shared < a->nr_shared && a->shared[p->shared].address < address)
		address = a->shared[p->shared].address;
	if (p->failed < a->pages.nr_failed && a->pages.failed[p->failed].address < address)
		address = a->pages.failed[p->failed].address;
	if (p->zero < a->nr_zeroes && a->zeroes[p->zero].address < address)
		address = a->zeroes[p->zero].address;
	*ret_address = address;
	return address != UINT64_MAX && address <= a->last;
}

/* Of one address: its items, or what is told of it without one. */
static int tell_address(struct asking *a, struct passing *p, uint64_t address)
{
	struct why_not why;
	int ret = 0;

	if (p->more && page_of(p->item.item.address) == address) {
		p->at = address + PAGE_BYTES;
		while (ret == 0 && p->more && page_of(p->item.item.address) == address) {
			ret = tell_item(a, &p->item.item);
			next_item(p);
		}
	} else if (judge_page(a, p, address, &why)) {
		p->at = address + PAGE_BYTES;
		tell(a, &why);
	}
	p->shared += p->shared < a->nr_shared && a->shared[p->shared].address == address;
	p->failed += p->failed < a->pages.nr_failed && a->pages.failed[p->failed].address == address;
	p->zero += p->zero < a->nr_zeroes && a->zeroes[p->zero].address == address;
	return ret;
}

/* In the order of addresses. */
static int tell_range(struct asking *a)
{
	uint64_t address, end = a->last < UINT64_MAX - PAGE_BYTES ? (a->last | (PAGE_BYTES - 1)) + 1 : UINT64_MAX;
	struct passing p = { .at = 0 };
	int ret = history_list(a->source->history, ITEMS_OF_MM, a->mm.ref, a->when, &p.items);

	if (ret == 0)
		ret = history_seek_key(&p.items, a->first);
	if (ret == 0)
		next_item(&p);
	while (ret == 0 && a->ret == 0 && next_address(a, &p, &address)) {
		tell_upto(a, &p, address);
		ret = tell_address(a, &p, address);
	}
	if (ret == 0)
		tell_upto(a, &p, end);
	flush(a);
	return ret;
}

/* ---- the mm as a whole ---- */
static void tell_whole(struct asking *a, enum not_merged reason, uint64_t nr, uint64_t event, char evidence,
		       bool doubtful)
{
	struct why_not why = { .reason = reason, .nr_pages = nr, .event = event, .seqnr = -1,
			       .evidence = evidence, .text = not_merged_text(reason),
			       .doubtful = doubtful || a->mm.fact.doubt != DOUBT_NONE };

	if (event && evidence == EVIDENCE_TRACED && a->said.seqnr >= 0)
		why.seqnr = a->said.seqnr;
	if (a->ret == 0)
		a->ret = a->fn(&why, a->arg);
}

/* How many of the mm's items in no tree were made in the last scan. */
static uint64_t count_first(const struct asking *a)
{
	struct history_cursor cursor;
	uint64_t nr = 0;
	union row row;

	if (history_list(a->source->history, ITEMS_OF_MM, a->mm.ref, a->when, &cursor) != 0)
		return 0;
	while (history_next(&cursor, &row) > 0)
		nr += row.item.state == ITEM_NEW && a->said.scan_begin &&
		      is_first_scan(a, &row.item, a->said.sum_events[OUTCOME_CHECKSUM]);
	return nr;
}

/* What the last scan came to for the process; those met for the first time count as changed there. */
static void tell_sums(struct asking *a)
{
	for (unsigned int i = 0; i < NR_OUTCOMES; i++) {
		uint64_t nr = a->said.sums[i], first = 0;

		if (i == OUTCOME_CHECKSUM && nr)
			first = count_first(a);
		if (first > nr)
			first = nr;
		if (first)
			tell_whole(a, NOT_MERGED_NOT_TWICE, first, a->said.sum_events[i], EVIDENCE_TRACED,
				   a->said.lost);
		if (nr > first)
			tell_whole(a, reason_of(i), nr - first, a->said.sum_events[i], EVIDENCE_TRACED, a->said.lost);
	}
}

/* A number of /proc/PID's as of its last sample: for a reason that pages have. */
static void tell_sampled(struct asking *a, enum not_merged reason, const char *file)
{
	const struct history *h = a->source->history;
	int sample = a->mm.tgid > 0 ? history_sample_before(h, SAMPLE_PROCESS, a->mm.tgid, a->when.t) : -ENOENT;
	struct history_sample at;
	int64_t nr;

	if (sample >= 0 && history_sample_counter(h, (uint32_t)sample, file, &nr) == 0 && nr > 0 &&
	    history_sample(h, (uint32_t)sample, &at) == 0)
		tell_whole(a, reason, (uint64_t)nr, at.end, EVIDENCE_DUMPED, at.end < a->when.t);
}

static void tell_if_stopped(struct asking *a)
{
	const struct history *h = a->source->history;
	int sample = history_sample_before(h, SAMPLE_KSM, 0, a->when.t);
	struct history_sample at;
	int64_t run;

	if (sample >= 0 && history_sample_counter(h, (uint32_t)sample, "run", &run) == 0 && run != 1 &&
	    history_sample(h, (uint32_t)sample, &at) == 0 &&
	    history_scan_step(h, a->when.t + 1, -1) <= at.end)	/* a scan since then: it was switched on */
		tell_whole(a, NOT_MERGED_STOPPED, 0, at.end, EVIDENCE_DUMPED,
			   history_may_lack(h, EVENT_KSM_START_SCAN, at.end, a->when.t, a->when.known_by));
}

static void tell_mm(struct asking *a)
{
	const struct history *h = a->source->history;
	struct history_mm_counters counters = { 0 };

	if (!a->mm.in_ksm)
		tell_whole(a, NOT_MERGED_NOT_IN_KSM, 0, a->mm.fact.born, a->mm.fact.evidence,
			   is_in_ksm_doubtful(a));
	tell_if_stopped(a);
	tell_sums(a);
	/* Pages that became the zero page have no item any more. */
	tell_sampled(a, NOT_MERGED_ZERO_PAGE, "ksm_zero_pages");
	if (history_is_patched(h)) {
		if (!is_range(a))
			tell_whole(a, NOT_MERGED_NO_VMA, 0, 0, EVIDENCE_INFERRED, true);
		return;
	}
	/* A stock kernel names no address: what can be said is how many are shared. */
	history_mm_counters(h, a->mm.ref, a->when, &counters);
	if (counters.nr_stable_items)
		tell_whole(a, NOT_MERGED_SHARED, counters.nr_stable_items, 0, EVIDENCE_INFERRED, true);
	tell_whole(a, NOT_MERGED_UNKNOWN, 0, 0, EVIDENCE_INFERRED, true);
}

int why_not_merged(const struct episode_source *source, struct ref mm, uint64_t first, uint64_t last,
		   struct moment when, why_not_fn fn, void *arg, struct diag *diag)
{
	struct asking a = { .source = source, .first = first & ~(uint64_t)(PAGE_BYTES - 1), .last = last,
			    .when = when, .fn = fn, .arg = arg };
	union row row;
	int ret = mm.table == TABLE_MM ? history_row(source->history, mm, when, &row) : -ENOENT;

	if (ret)
		return diag_set(diag, ret, "there is no such process at that moment");
	a.mm = row.mm;
	a.more_items = !history_is_whole(source->history, ITEMS_OF_MM, mm, when);
	ret = ksmd_said_read(source, a.mm.name.addr, when, &a.said);
	if (ret == 0)
		ret = find_areas(&a);
	if (ret == 0 && history_is_patched(source->history) && is_range(&a))
		ret = find_gaps(&a);
	if (ret == 0 && history_is_patched(source->history))
		ret = zero_pages_without_item(source, &a.mm, a.first, a.last, when, &a.zeroes, &a.nr_zeroes);
	if (ret == 0 && history_is_patched(source->history))
		ret = pages_without_item(source->history, mm, a.first, a.last, when, &a.shared, &a.nr_shared);
	if (ret == 0 && history_is_patched(source->history))
		ret = mm_pages_open(source, mm, a.first, a.last, when, &a.pages);
	if (ret == 0 && history_is_patched(source->history))
		ret = tell_range(&a);
	if (ret == 0)
		tell_mm(&a);
	ksmd_said_fini(&a.said);
	mm_pages_close(&a.pages);
	free(a.areas);
	free(a.zeroes);
	free(a.shared);
	return ret ? diag_set(diag, ret, "the pages of the process cannot be looked at") : a.ret;
}

int why_not_merged_sampled(const struct episode_source *source, int32_t tgid, struct moment when, why_not_fn fn,
			   void *arg)
{
	struct asking a = { .source = source, .when = when, .fn = fn, .arg = arg, .said.seqnr = -1,
			    .mm = { .tgid = tgid } };

	tell_if_stopped(&a);
	tell_sampled(&a, NOT_MERGED_SHARED, "ksm_merging_pages");
	tell_sampled(&a, NOT_MERGED_ZERO_PAGE, "ksm_zero_pages");
	tell_whole(&a, NOT_MERGED_UNKNOWN, 0, 0, EVIDENCE_INFERRED, true);
	return a.ret;
}
