// SPDX-License-Identifier: GPL-2.0-only
/*
 * mm_pages.c - does a page still hang where its item hangs on a stable node?
 *
 * "Shared" is as sure as the mapping is.  Where nobody saw the pte at that moment the page may have been written to, or
 * unmapped: copy on write is not traced, so it stays doubtful, until ksmd comes by and finds another page.  With
 * hindsight that is told as "changed", doubtful as to when.
 *
 * Three things are known otherwise: there is no VMA any more; a walk took the pte away, for a migration or to swap the
 * page out; and it did so since the page's memory failed, so that a hwpoison entry stays, which only the process
 * itself can drop.  The last is told without an item, too: ksmd finds no page there and frees it.
 */
#include "explain/mm_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/mapped.h"
#include "explain/traced_ptes.h"
#include "explain/vma_split.h"
#include "trace/array.h"

#define PAGE_BITS	UINT64_C(0xfff)
#define EVENTS_LOOK	256u
#define SETTLE_NS	10000000u	/* as in history/build_unmap.c: a VMA that is split comes back by then */

/* ---- memory that failed ---- */
static int compare_failed(const void *a, const void *b)
{
	const struct failed_pte *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

static int add_failed(struct mm_pages *p, struct ref node, uint64_t first, uint64_t last)
{
	struct traced_ptes ptes = { 0 };
	int ret = traced_ptes_read(p->source, node, moment_at(p->when.t), &ptes);

	for (uint32_t i = 0; ret == 0 && i < ptes.nr; i++) {
		const struct traced_pte *pte = &ptes.list[i];

		if (!pte->failed || pte->mapped || !ref_equal(pte->mm, p->mm) || pte->address < first ||
		    pte->address > last)
			continue;
		ret = ARRAY_ROOM(p->failed, p->nr_failed, p->room_failed);
		if (ret == 0)
			p->failed[p->nr_failed++] = (struct failed_pte){ pte->address, pte->event };
	}
	traced_ptes_fini(&ptes);
	return ret;
}

static int read_failed(struct mm_pages *p, enum episode_kind kind, uint64_t first, uint64_t last)
{
	struct history_cursor cursor;
	struct ref node = { 0 };
	int ret = 0;
	union row row;

	if (history_list(p->source->history, EPISODES_OF_KIND, ref_of_kind(kind), p->when, &cursor) != 0)
		return 0;
	while (ret == 0 && history_next(&cursor, &row) > 0) {
		if (row.episode.object.table != TABLE_NODE || ref_equal(row.episode.object, node) ||
		    row.episode.fact.born > p->when.t)
			continue;
		node = row.episode.object;
		ret = add_failed(p, node, first, last);
	}
	return ret;
}

/* By address, the last of each. */
static void sort_failed(struct mm_pages *p)
{
	uint32_t nr = 0;

	if (p->nr_failed)
		qsort(p->failed, p->nr_failed, sizeof(*p->failed), compare_failed);
	for (uint32_t i = 0; i < p->nr_failed; i++) {
		nr -= nr && p->failed[nr - 1].address == p->failed[i].address;
		p->failed[nr++] = p->failed[i];
	}
	p->nr_failed = nr;
}

static const struct failed_pte *failed_at(const struct mm_pages *p, uint64_t address)
{
	uint64_t at = BISECT(0, p->nr_failed, i, p->failed[i].address < address);

	return at < p->nr_failed && p->failed[at].address == address ? &p->failed[at] : NULL;
}

/* ---- */
int mm_pages_open(const struct episode_source *source, struct ref mm, uint64_t first, uint64_t last,
		  struct moment when, struct mm_pages *ret_pages)
{
	struct mm_pages p = { .source = source, .mm = mm, .when = when };
	int ret = read_failed(&p, EPISODE_RECOVERY, first, last);

	if (ret == 0)
		ret = read_failed(&p, EPISODE_KILL_LIST, first, last);
	if (ret) {
		mm_pages_close(&p);
		return ret;
	}
	sort_failed(&p);
	if (history_list(source->history, MAPPINGS_OF_MM, mm, when, &p.mappings) == 0 &&
	    history_seek_key(&p.mappings, first) == 0)
		p.more = history_next(&p.mappings, &p.mapping) > 0;
	*ret_pages = p;
	return 0;
}

void mm_pages_close(struct mm_pages *p)
{
	free(p->failed);
	memset(p, 0, sizeof(*p));
}

/* What the mapping table says of that address; NULL: nothing. */
static const struct mapping_row *mapping_at(struct mm_pages *p, uint64_t address)
{
	while (p->more && p->mapping.mapping.address < address)
		p->more = history_next(&p->mappings, &p->mapping) > 0;
	return p->more && p->mapping.mapping.address == address ? &p->mapping.mapping : NULL;
}

/* The last event by the moment that took a VMA with that address out of a tree, unless it is long ago; 0: none. */
static uint64_t just_removed(const struct mm_pages *p, uint64_t address, bool *ret_unknown)
{
	uint64_t now = event_index_time(p->source->events, p->when.t), n = p->when.t;
	struct event ev;

	for (*ret_unknown = false; n && now - event_index_time(p->source->events, n) <= SETTLE_NS; n--) {
		if (p->when.t - n > EVENTS_LOOK) {
			*ret_unknown = true;
			return 0;
		}
		if (event_index_kind(p->source->events, n) == EVENT_P_VMA_REMOVE &&
		    event_index_event(p->source->events, n, &ev) == 0 &&
		    address >= (uint64_t)EVENT_ARGS(&ev, P_VMA_REMOVE)->start &&
		    address < (uint64_t)EVENT_ARGS(&ev, P_VMA_REMOVE)->end)
			return n;
	}
	return 0;
}

/* Has its VMA gone?  One that is taken out to be split is put back at once. */
static bool has_vma_gone(const struct mm_pages *p, const struct item_row *item, bool *ret_doubtful)
{
	const struct history *h = p->source->history;
	uint64_t removed, known_by = p->when.known_by > p->when.t ? p->when.known_by : p->when.t;
	bool open = false;
	union row vma;

	*ret_doubtful = false;
	if (!item->has_index || ref_is_none(item->anon_vma) ||
	    !history_is_whole(h, VMAS_OF_ANON_VMA, item->anon_vma, p->when) || mapped_item_vma(h, item, p->when, &vma))
		return false;
	removed = just_removed(p, item->address, ret_doubtful);
	if (!removed)
		return true;
	if (vma_comes_back(p->source, removed, known_by, &open) > p->when.t)
		return false;
	*ret_doubtful = open;
	return true;
}

/* What a walk did to that place last, if it took the pte away: true, and by when a fault may have brought it back. */
static int find_unmapped(const struct mm_pages *p, const struct item_row *item, uint64_t address,
			 struct traced_pte *ret_pte)
{
	struct traced_ptes ptes = { 0 };
	int ret = traced_ptes_read(p->source, item->node, moment_at(p->when.t), &ptes);

	*ret_pte = (struct traced_pte){ .mapped = true };
	for (uint32_t i = 0; ret == 0 && i < ptes.nr; i++)
		if (ptes.list[i].address == address && ref_equal(ptes.list[i].mm, p->mm) &&
		    ptes.list[i].event > item->fact.born)
			*ret_pte = ptes.list[i];
	traced_ptes_fini(&ptes);
	return ret;
}

static bool may_be_back(const struct mm_pages *p, const struct traced_pte *pte)
{
	const struct history *h = p->source->history;

	return p->when.t >= pte->until ||
	       history_may_lack(h, EVENT_P_WALK_VMA, pte->event, p->when.t, p->when.known_by) ||
	       history_may_lack(h, EVENT_P_ITEM_APPEND, pte->event, p->when.t, p->when.known_by);
}

/* No row tells of the place: did a walk take the pte away? */
static int judge_untold(const struct mm_pages *p, const struct item_row *item, uint64_t address,
			struct why_not *why)
{
	struct traced_pte pte;
	int ret = find_unmapped(p, item, address, &pte);

	if (ret || pte.mapped)
		return ret;
	why->reason = NOT_MERGED_UNMAPPED;
	why->event = pte.event;
	why->evidence = EVIDENCE_TRACED;
	why->doubtful = item->fact.doubt != DOUBT_NONE || may_be_back(p, &pte);
	return 0;
}

int mm_pages_judge(struct mm_pages *p, const struct item_row *item, struct why_not *why)
{
	uint64_t address = item->address & ~PAGE_BITS;
	const struct mapping_row *mapping = mapping_at(p, address);
	const struct failed_pte *failed = failed_at(p, address);
	bool doubtful;
	int ret;

	why->reason = NOT_MERGED_SHARED;
	why->evidence = mapping ? mapping->fact.evidence : EVIDENCE_INFERRED;
	why->doubtful = !mapping || mapping->fact.doubt != DOUBT_NONE || item->fact.doubt != DOUBT_NONE;
	if (!why->doubtful)
		return 0;
	if (has_vma_gone(p, item, &doubtful)) {
		why->reason = NOT_MERGED_VMA_GONE;
		why->evidence = EVIDENCE_INFERRED;
		why->doubtful = doubtful || item->fact.doubt != DOUBT_NONE;
		return 0;
	}
	if (failed && failed->event > item->fact.born && (!mapping || failed->event > mapping->fact.first)) {
		why->reason = NOT_MERGED_POISONED;
		why->event = failed->event;
		why->evidence = EVIDENCE_TRACED;
		return 0;
	}
	if (!mapping) {
		ret = judge_untold(p, item, address, why);
		if (ret || why->reason != NOT_MERGED_SHARED)
			return ret;
	}
	if (item->fact.died != NEVER && item->fact.died <= p->when.known_by &&
	    mapped_found_changed(p->source, item->fact.died, 0, address)) {
		why->reason = NOT_MERGED_CHANGED;
		why->event = item->fact.died;
		why->evidence = EVIDENCE_INFERRED;
	}
	return 0;
}
