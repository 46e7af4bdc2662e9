// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped.c - the places where a KSM page may be mapped, from items, interval trees and samples.
 *
 * The one idea: linear_page_index does not change while a page stays where its VMA takes it.  So for
 * an item the VMAs that hold its index say where the pte is now, in its own mm and in every fork
 * of it, whether or not that is still the address that the item remembers.  Counting does the rest: as
 * many places as the page's mapcount leaves no place in doubt.
 *
 * A place is (mm, address).  The mm of a VMA may be unknown (a process that never entered KSM);
 * then the VMA itself stands for it.
 */
#include "explain/mapped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "explain/mapped_traced.h"
#include "trace/array.h"

#define PAGE_BITS 12
#define FORMER_MAX 1024u	/* items that left the node, of which the places are looked at */
/* KSMTOP_DETACH_SITES */
enum { SITE_PAGE_CHANGED, SITE_ADDRESS_GONE, SITE_TRAILING, SITE_UNMERGE = 4, SITE_NODE_REMOVED, SITE_MM_GONE };

static uint64_t space_key(struct ref mm, struct ref vma, int32_t tgid)
{
	if (!ref_is_none(mm))
		return mm.id;
	if (!ref_is_none(vma))
		return 1ull << 32 | vma.id;
	return 2ull << 32 | (uint32_t)tgid;
}

static int compare(const void *a, const void *b)
{
	const struct mapped *x = a, *y = b;
	uint64_t p = space_key(x->mm, x->vma, x->tgid), q = space_key(y->mm, y->vma, y->tgid);

	if (p == q) {
		p = x->address;
		q = y->address;
	}
	if (p != q)
		return p < q ? -1 : 1;
	/* The better one first: a sample's, then one whose item has that very address. */
	if (x->known != y->known)
		return x->known ? -1 : 1;
	return (y->own && y->item_address == y->address) - (x->own && x->item_address == x->address);
}

static int add(struct mapped_list *list, const struct mapped *place)
{
	if (list->nr == MAPPED_MAX) {
		list->truncated = true;
		return 0;
	}
	if (ARRAY_ROOM(list->list, list->nr, list->room) != 0)
		return -ENOMEM;
	list->list[list->nr++] = *place;
	return 0;
}

static bool same_place(const struct mapped *x, const struct mapped *y)
{
	return x->address == y->address &&
	       space_key(x->mm, x->vma, x->tgid) == space_key(y->mm, y->vma, y->tgid);
}

static bool is_before(const struct mapped *x, const struct mapped *y)
{
	uint64_t p = space_key(x->mm, x->vma, x->tgid), q = space_key(y->mm, y->vma, y->tgid);

	return p < q || (p == q && x->address < y->address);
}

/* Sorts, and keeps one entry a place: what the others know goes into it. */
static void settle(struct mapped_list *list)
{
	uint32_t nr = 0;

	if (list->nr)
		qsort(list->list, list->nr, sizeof(*list->list), compare);
	for (uint32_t i = 0; i < list->nr; i++) {
		struct mapped *place = &list->list[i], *last = nr ? &list->list[nr - 1] : NULL;

		if (!last || !same_place(last, place)) {
			list->list[nr++] = *place;
			continue;
		}
		if (ref_is_none(last->item)) {
			last->item = place->item;
			last->item_address = place->item_address;
			last->own = place->own;
		}
		if (ref_is_none(last->vma))
			last->vma = place->vma;
		if (last->left < place->left)
			last->left = place->left;
		if (last->gone < place->gone)
			last->gone = place->gone;
		if (place->own && place->item_address == place->address) {
			last->own = true;
			last->item = place->item;
			last->item_address = place->item_address;
		}
	}
	list->nr = nr;
}

static int32_t tgid_of(const struct history *h, struct ref mm, struct moment when)
{
	union row row;

	return !ref_is_none(mm) && history_row(h, mm, when, &row) == 0 ? row.mm.tgid : 0;
}

bool mapped_may_be_own(const struct history *h, const struct vma_row *vma, struct ref mm, struct moment when)
{
	if (!ref_is_none(vma->mm))
		return ref_equal(vma->mm, mm);
	return history_nr_losses(h) || !history_is_whole(h, ALL_MMS, vma->mm, when);
}

/* Where the item's index lies in the VMAs of its anon_vma.  `former`: it has left the node. */
static int add_item(const struct history *h, const struct item_row *item, struct moment when, bool former,
		    struct mapped_list *list)
{
	struct history_cursor cursor;
	union row row;
	int ret, more;

	if (!item->has_index || ref_is_none(item->anon_vma)) {
		struct mapped place = { .mm = item->mm, .item = item->ref, .address = item->address,
					.item_address = item->address, .own = true,
					.tgid = tgid_of(h, item->mm, when), .doubtful = true,
					.evidence = EVIDENCE_INFERRED };

		return item->has_address && !former ? add(list, &place) : 0;
	}
	ret = history_vmas_stab(h, item->anon_vma, item->index, item->index, when, &cursor);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		const struct vma_row *vma = &row.vma;
		struct mapped place = {
			.mm = vma->mm, .vma = vma->ref, .item = item->ref,
			.address = vma->start + ((item->index - vma->pgoff) << PAGE_BITS),
			.item_address = item->address, .own = ref_equal(vma->mm, item->mm),
			.tgid = tgid_of(h, vma->mm, when), .evidence = EVIDENCE_INFERRED,
			.doubtful = vma->fact.doubt || item->fact.doubt };

		if (former)
			place = (struct mapped){ .mm = place.mm, .vma = place.vma, .tgid = place.tgid,
						 .address = place.address, .doubtful = place.doubtful,
						 .evidence = place.evidence };
		ret = add(list, &place);
		if (ret)
			return ret;
	}
	return more;
}

bool mapped_item_vma(const struct history *h, const struct item_row *item, struct moment when, union row *ret_row)
{
	struct history_cursor cursor;

	if (!item->has_index || ref_is_none(item->anon_vma) ||
	    history_vmas_stab(h, item->anon_vma, item->index, item->index, when, &cursor) != 0)
		return false;
	while (history_next(&cursor, ret_row) > 0)
		if (mapped_may_be_own(h, &ret_row->vma, item->mm, when) && item->address >= ret_row->vma.start &&
		    item->address < ret_row->vma.end)
			return true;
	return false;
}

/* Does a VMA of the mm cover the address at that moment, and which?  -1: VMAs are not known. */
static int is_covered(const struct history *h, struct ref mm, uint64_t address, struct moment when,
		      struct ref *ret_vma)
{
	struct history_cursor cursor;
	union row row;

	*ret_vma = (struct ref){ 0 };
	if (ref_is_none(mm) || history_list(h, VMAS_OF_MM, mm, when, &cursor) != 0)
		return -1;
	/* They do not overlap (one in several anon_vmas has one range): the last that begins by then. */
	if (history_seek_key(&cursor, address + 1) != 0 || history_prev(&cursor, &row) <= 0)
		return 0;
	*ret_vma = row.vma.ref;
	return address >= row.vma.start && address < row.vma.end;
}

/* Did the VMA that a mapping lay in go since it was seen?  Not where VMAs are not known. */
static bool unmapped_since(const struct history *h, const struct mapping_row *mapping, struct moment when,
			   struct mapped *place)
{
	struct moment then = { mapping->fact.born, when.known_by };
	int covered = is_covered(h, place->mm, mapping->address, when, &place->vma);
	struct ref was;

	if (covered != 1)
		place->vma = (struct ref){ 0 };
	return covered == 0 && is_covered(h, place->mm, mapping->address, then, &was) == 1;
}

/* What an item says of its own mm: where its page was when it was merged. */
struct told { uint64_t address; uint32_t mm; };

static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* Those of the items that are on the list: sorted, free() them. */
static int told_by_items(const struct mapped_list *list, struct told **ret_told, uint32_t *ret_nr)
{
	struct told *told = malloc(((size_t)list->nr + 1) * sizeof(*told));
	uint32_t nr = 0;

	if (!told)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->nr; i++)
		if (list->list[i].own && !ref_is_none(list->list[i].mm))
			told[nr++] = (struct told){ list->list[i].item_address, list->list[i].mm.id };
	if (nr)
		qsort(told, nr, sizeof(*told), compare_told);
	*ret_told = told;
	*ret_nr = nr;
	return 0;
}

/* Inferred from an item that is there: what its index leads to now is known better. */
static bool is_told(const struct mapping_row *mapping, const struct told *told, uint32_t nr)
{
	struct told key = { mapping->address, mapping->mm.id };

	return ref_is_none(mapping->mm) || (nr && bsearch(&key, told, nr, sizeof(*told), compare_told));
}

struct ref mapped_owner(const struct history *h, const struct mapping_row *mapping, struct moment when,
			int32_t *tgid, struct ref *mm)
{
	if (*tgid != mapping->tgid && history_find_pid(h, mapping->tgid, when, mm) != 0)
		*mm = (struct ref){ 0 };
	*tgid = mapping->tgid;
	return ref_is_none(mapping->mm) ? *mm : mapping->mm;
}

/* The history's own rows: what a sample or an event saw, and what was inferred where no item tells it. */
static int add_rows(const struct history *h, struct ref node, struct moment when, const struct told *told,
		    uint32_t nr_told, struct mapped_list *list)
{
	struct history_cursor cursor;
	struct ref mm = { 0 };
	int32_t tgid = 0;
	union row row;
	int more, ret = history_list(h, MAPPINGS_OF_NODE, node, when, &cursor);

	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		struct mapped place = {
			.tgid = row.mapping.tgid, .address = row.mapping.address,
			.known = !row.fact.doubt, .doubtful = row.fact.doubt,
			.evidence = row.fact.evidence };

		if (row.fact.evidence == EVIDENCE_INFERRED && row.fact.doubt &&
		    is_told(&row.mapping, told, nr_told))
			continue;
		place.mm = mapped_owner(h, &row.mapping, when, &tgid, &mm);
		if (unmapped_since(h, &row.mapping, when, &place))
			continue;
		/* Inherited, it is as possible as what an item leads to: only a loss makes more doubt. */
		if (row.fact.evidence == EVIDENCE_INFERRED)
			place.doubtful = row.fact.doubt == DOUBT_LOSS;
		else
			place.vma = (struct ref){ 0 };
		ret = add(list, &place);
		if (ret)
			return ret;
	}
	return more;
}

static int add_samples(const struct history *h, struct ref node, struct moment when,
		       struct mapped_list *list)
{
	struct told *told;
	uint32_t nr_told;
	int ret = told_by_items(list, &told, &nr_told);

	if (ret == 0) {
		ret = add_rows(h, node, when, told, nr_told, list);
		free(told);
	}
	return ret;
}

/* The site at which event n took an item from its node; of any other event -1.  The mm and address: 0 for any. */
static int64_t detach_site(const struct episode_source *source, uint64_t n, uint64_t mm, uint64_t address)
{
	const struct args_P_ITEM_DETACH *args;
	struct event ev;

	if (!n || n > event_index_last(source->events) ||
	    event_index_kind(source->events, n) != EVENT_P_ITEM_DETACH ||
	    event_index_event(source->events, n, &ev) != 0)
		return -1;
	args = EVENT_ARGS(&ev, P_ITEM_DETACH);
	return (mm && (uint64_t)args->mm != mm) || (address && (uint64_t)args->address != address) ? -1 : args->site;
}

bool mapped_found_changed(const struct episode_source *source, uint64_t n, uint64_t mm, uint64_t address)
{
	return detach_site(source, n, mm, address) == SITE_PAGE_CHANGED;
}

/* ksmd took the item from the node since it did not find the page at the item's own place any more, or saw to that. */
static bool left_no_page(const struct episode_source *source, uint64_t n)
{
	switch (detach_site(source, n, 0, 0)) {
	case SITE_PAGE_CHANGED:
	case SITE_ADDRESS_GONE:
	case SITE_TRAILING:
	case SITE_UNMERGE:
	case SITE_NODE_REMOVED:
	case SITE_MM_GONE:
		return true;
	default:
		return false;
	}
}

/* Where the items that left the node led to, if they still do. */
static int find_former(const struct episode_source *source, struct ref node, struct moment when,
		       struct mapped_list *ret)
{
	const struct history *h = source->history;
	struct history_cursor cursor;
	union row row;
	uint32_t nr = 0;
	int ret_list = history_list(h, ITEMS_GONE_FROM_NODE, node, when, &cursor), more = 0;

	while (ret_list == 0 && !ret->truncated && (more = history_next(&cursor, &row)) > 0) {
		bool no_page = left_no_page(source, row.fact.died);
		uint32_t first = ret->nr, nr_places = first;

		ret_list = add_item(h, &row.item, when, true, ret);
		for (uint32_t i = first; i < ret->nr; i++) {
			ret->list[i].left = row.fact.died;
			if (!no_page || ret->list[i].address != row.item.address ||
			    !ref_equal(ret->list[i].mm, row.item.mm))
				ret->list[nr_places++] = ret->list[i];
		}
		ret->nr = nr_places;
		ret->truncated |= ++nr == FORMER_MAX;
	}
	settle(ret);
	return ret_list ? ret_list : more;
}

int mapped_former(const struct episode_source *source, struct ref node, struct moment when, bool with_new,
		  struct mapped_list *list)
{
	struct mapped_list former = { 0 };
	int ret = find_former(source, node, when, &former);
	uint32_t nr_new = 0;

	for (uint32_t i = 0; ret == 0 && i < former.nr; i++) {
		struct mapped *place = &former.list[i], *here;

		here = (struct mapped *)mapped_at(list, place->mm, place->vma, place->address);
		if (here)
			here->left = place->left;
		else
			former.list[nr_new++] = *place;
	}
	for (uint32_t i = 0; ret == 0 && with_new && i < nr_new; i++)
		ret = add(list, &former.list[i]);
	if (with_new && nr_new)
		settle(list);
	list->truncated |= with_new && former.truncated;
	mapped_fini(&former);
	return ret;
}

/*
 * May events have been lost that would have told of mappings no item leads to now?  Of those that left before the
 * recording began nobody knows: a list of known mappings does not say that it has these.
 */
static bool lost_mappings(const struct history *h, struct ref node, struct moment when)
{
	static const uint16_t tellers[] = { EVENT_P_ITEM_APPEND, EVENT_P_ITEM_DETACH, EVENT_P_WALK_VMA,
					    EVENT_P_RECOVERY_MOVE, EVENT_P_KILL_TASK, EVENT_P_MM_FORK,
					    EVENT_P_VMA_INSERT };
	bool lost = false;
	union row row;

	if (!history_is_patched(h) || history_row(h, node, when, &row) != 0)
		return false;
	for (size_t i = 0; i < sizeof(tellers) / sizeof(*tellers) && !lost; i++)
		lost = history_may_lack(h, tellers[i], row.fact.first, when.t, when.known_by);
	return lost;
}

static int find_places(const struct history *h, struct ref node, struct moment when, struct mapped_list *list)
{
	struct history_cursor cursor;
	union row row;
	int more = 0, ret = history_list(h, ITEMS_OF_NODE, node, when, &cursor);

	list->untold = !history_is_whole(h, ITEMS_OF_NODE, node, when) || lost_mappings(h, node, when);
	while (ret == 0 && (more = history_next(&cursor, &row)) > 0) {
		list->untold = list->untold || (!ref_is_none(row.item.anon_vma) &&
			!history_is_whole(h, VMAS_OF_ANON_VMA, row.item.anon_vma, when));
		ret = add_item(h, &row.item, when, false, list);
	}
	if (ret == 0)
		ret = more;
	if (ret == 0)
		ret = add_samples(h, node, when, list);
	settle(list);
	return ret;
}

int mapped_find(const struct episode_source *source, struct ref node, struct moment when, int64_t mapcount,
		enum mapped_kind kind, struct mapped_list *ret_list)
{
	const struct history *h = source->history;
	struct mapped_list list = { 0 };
	struct traced_ptes ptes = { 0 };
	int ret = find_places(h, node, when, &list);

	if (ret == 0)
		ret = traced_ptes_read(source, node, when, &ptes);
	if (ret == 0)
		mapped_keep(source, node, &ptes, when, kind, &list);
	for (uint32_t i = 0; i < list.nr; i++)
		list.nr_reached += !ref_is_none(list.list[i].item);
	if (ret == 0 && (mapcount < 0 || mapcount > list.nr)) {
		ret = mapped_former(source, node, when, true, &list);
		if (ret == 0)
			mapped_keep(source, node, &ptes, when, kind, &list);
	}
	traced_ptes_fini(&ptes);
	if (ret) {
		mapped_fini(&list);
		return ret;
	}
	*ret_list = list;
	return 0;
}

void mapped_fini(struct mapped_list *list)
{
	free(list->list);
	memset(list, 0, sizeof(*list));
}

const struct mapped *mapped_at(const struct mapped_list *list, struct ref mm, struct ref vma,
			       uint64_t address)
{
	struct mapped key = { .mm = mm, .vma = vma, .address = address };
	uint64_t at = BISECT(0, list->nr, i, is_before(&list->list[i], &key));

	return at < list->nr && same_place(&list->list[at], &key) ? &list->list[at] : NULL;
}

int mapped_seen(struct mapped_list *list, struct ref mm, struct ref vma, uint64_t address)
{
	struct mapped *place = (struct mapped *)mapped_at(list, mm, vma, address);
	int ret;

	if (!place) {
		struct mapped seen = { .mm = mm, .vma = vma, .address = address };

		ret = add(list, &seen);
		if (ret || list->truncated)
			return ret;
		settle(list);
		place = (struct mapped *)mapped_at(list, mm, vma, address);
	}
	place->known = true;
	place->doubtful = false;
	place->evidence = EVIDENCE_TRACED;
	return 0;
}

void mapped_judge(struct mapped_list *list, int64_t mapcount)
{
	bool all = mapcount >= 0 && list->nr == mapcount && !list->truncated && !list->untold;

	list->mapcount = mapcount;
	list->nr_known = 0;
	list->nr_beyond = mapcount > list->nr_reached ? (uint32_t)mapcount - list->nr_reached : 0;
	for (uint32_t i = 0; i < list->nr; i++)
		if (ref_is_none(list->list[i].vma) && !list->list[i].known && list->list[i].doubtful)
			all = false;
	for (uint32_t i = 0; i < list->nr; i++) {
		if (all && !list->list[i].known) {
			list->list[i].known = true;
			list->list[i].evidence = EVIDENCE_INFERRED;
		}
		list->nr_known += list->list[i].known;
	}
}

uint32_t mapped_drop_unknown(struct mapped_list *list)
{
	uint32_t nr = 0, before = list->nr;

	for (uint32_t i = 0; i < list->nr; i++)
		if (list->list[i].known)
			list->list[nr++] = list->list[i];
	list->nr = nr;
	return before - nr;
}

void mapped_judge_then(struct mapped_list *list, const struct mapped_count *count, struct moment when)
{
	int64_t mapcount = mapped_count_then(count, when);

	mapped_judge(list, mapcount);
	if (mapcount >= 0 && list->nr_known == mapcount)
		(void)mapped_drop_unknown(list);
}
