// SPDX-License-Identifier: GPL-2.0-only
/*
 * zero_page.c - which addresses of a process ksmd has mapped to the zero page.
 *
 * Two passes over the scan's events, whose kinds stand in the index.  The first collects where an
 * item_scan with the outcome "zero page" was the process's; there are few, or none, and then that is
 * all.  The second drops those of which a later event says something else: another outcome, or a new
 * item, which ksmd makes only where it finds an anonymous page again.
 *
 * An item that is still there speaks for itself (why_not_merged.c) and is left out.
 */
#include "explain/zero_page.h"

#include <errno.h>
#include <stdlib.h>

#include "trace/array.h"

#define OUTCOME_ZERO_PAGE 4		/* KSMTOP_SCAN_OUTCOMES */
#define PAGE_BITS ((uint64_t)4095)

struct search {
	const struct episode_source *source;
	const struct mm_row *mm;
	struct zero_page *list;
	uint32_t nr, room;
};

/* An event about an address of the process: is it one, where, and does it tell of the zero page? */
static bool about_address(const struct search *f, uint64_t n, struct zero_page *ret, bool *ret_zero)
{
	enum event_kind kind = event_index_kind(f->source->events, n);
	struct event ev;

	if ((kind != EVENT_P_ITEM_SCAN && kind != EVENT_P_ITEM_NEW) ||
	    event_index_event(f->source->events, n, &ev) != 0)
		return false;
	*ret = (struct zero_page){ .event = n, .seqnr = -1 };
	if (kind == EVENT_P_ITEM_NEW) {
		ret->address = (uint64_t)EVENT_ARGS(&ev, P_ITEM_NEW)->address & ~PAGE_BITS;
		*ret_zero = false;
		return (uint64_t)EVENT_ARGS(&ev, P_ITEM_NEW)->mm == f->mm->name.addr;
	}
	ret->address = (uint64_t)EVENT_ARGS(&ev, P_ITEM_SCAN)->address & ~PAGE_BITS;
	ret->seqnr = EVENT_ARGS(&ev, P_ITEM_SCAN)->seqnr;
	*ret_zero = EVENT_ARGS(&ev, P_ITEM_SCAN)->outcome == OUTCOME_ZERO_PAGE;
	return (uint64_t)EVENT_ARGS(&ev, P_ITEM_SCAN)->mm == f->mm->name.addr;
}

static int add(struct search *f, const struct zero_page *page)
{
	if (ARRAY_ROOM(f->list, f->nr, f->room) != 0)
		return -ENOMEM;
	f->list[f->nr++] = *page;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct zero_page *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->event < y->event ? -1 : x->event > y->event;
}

/* In order, the last of each address. */
static void keep_last(struct search *f)
{
	uint32_t nr = 0;

	qsort(f->list, f->nr, sizeof(*f->list), compare);
	for (uint32_t i = 0; i < f->nr; i++) {
		nr -= nr && f->list[nr - 1].address == f->list[i].address;
		f->list[nr++] = f->list[i];
	}
	f->nr = nr;
}

static struct zero_page *find(const struct search *f, uint64_t address)
{
	uint64_t at = BISECT(0, f->nr, i, f->list[i].address < address);

	return at < f->nr && f->list[at].address == address ? &f->list[at] : NULL;
}

/* What has an item, or is not what was told last, is marked with event 0. */
static int drop_others(struct search *f, struct moment when)
{
	struct zero_page page, *found;
	struct history_cursor cursor;
	uint64_t from = NEVER;
	uint32_t nr = 0;
	union row row;
	bool zero;
	int ret = history_list(f->source->history, ITEMS_OF_MM, f->mm->ref, when, &cursor);

	if (ret == 0)
		ret = history_seek_key(&cursor, f->list[0].address);
	while (ret == 0 && history_next(&cursor, &row) > 0 && row.item.address <= f->list[f->nr - 1].address) {
		found = row.item.has_address ? find(f, row.item.address & ~PAGE_BITS) : NULL;
		if (found)
			found->event = 0;
	}
	for (uint32_t i = 0; i < f->nr; i++)
		if (f->list[i].event && f->list[i].event < from)
			from = f->list[i].event;
	for (uint64_t n = from; n <= when.t; n++) {
		if (!about_address(f, n, &page, &zero) || zero)
			continue;
		found = find(f, page.address);
		if (found && n > found->event)
			found->event = 0;
	}
	for (uint32_t i = 0; i < f->nr; i++)
		if (f->list[i].event)
			f->list[nr++] = f->list[i];
	f->nr = nr;
	return ret;
}

int zero_pages_without_item(const struct episode_source *source, const struct mm_row *mm, uint64_t first,
			    uint64_t last, struct moment when, struct zero_page **ret, uint32_t *ret_nr)
{
	struct search f = { .source = source, .mm = mm };
	struct zero_page page;
	bool zero;
	int err = 0;

	for (uint64_t n = mm->fact.first ? mm->fact.first : 1; err == 0 && n <= when.t; n++)
		if (about_address(&f, n, &page, &zero) && zero && page.address >= first && page.address <= last)
			err = add(&f, &page);
	if (err == 0 && f.nr) {
		keep_last(&f);
		err = drop_others(&f, when);
	}
	if (err) {
		free(f.list);
		return err;
	}
	*ret = f.list;
	*ret_nr = f.nr;
	return 0;
}
