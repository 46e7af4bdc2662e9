// SPDX-License-Identifier: GPL-2.0-only
/*
 * aftermath_collapse.c - what a story tells of a collapse beyond the collapse's own events.
 *
 * Which of its pages KSM had, through the items of its mm.  Which page was bad, where this collapse or an
 * earlier one of the same range met it, and what that means for later ones.  And whose the range was: an mm
 * that is not in KSM has no name in the events, so all there is to go by is who touched the bad page.
 *
 * All of it is inferred, and says so; what an observer at the moment asked could not have seen is left out.
 */
#include <inttypes.h>
#include <stdio.h>

#include "explain/collapse.h"
#include "explain/teller.h"

#define TOLD_OWNED	8u
#define HUGE_BYTES	((uint64_t)COLLAPSE_PAGES << 12)

static const struct history *history_of(const struct teller *t)
{
	return episode_source(t->e)->history;
}

/* Right before the episode, with what the observer knows. */
static struct moment before(const struct teller *t)
{
	uint64_t at = t->row->fact.born ? t->row->fact.born - 1 : 0;

	return (struct moment){ at, t->when.known_by < at ? at : t->when.known_by };
}

static void tell_ksm_pages(struct teller *t)
{
	const struct collapse_totals *c = &t->row->totals.collapse;
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;
	char node[NAME_MAX_LENGTH];

	if (ref_is_none(t->row->object) && !t->row->begin_lost && collapse_not_in_ksm(history_of(t), before(t)))
		teller_say(t, STORY_NOTE, 0, EVIDENCE_DUMPED,
			   "None of them was a KSM page: every mm in KSM was told before, and that mm is none of them.");
	if (t->row->object.table != TABLE_MM ||
	    history_list(history_of(t), ITEMS_OF_MM, t->row->object, before(t), &cursor) != 0 ||
	    history_seek_key(&cursor, c->address) != 0)
		return;
	while (history_next(&cursor, &row) > 0 && row.item.address < c->address + HUGE_BYTES) {
		if (row.item.address < c->address || row.item.state != ITEM_STABLE ||
		    (nr++ >= TOLD_OWNED && !t->all))
			continue;
		narrate_name(history_of(t), row.item.node, before(t), node, sizeof(node));
		t->doubtful = row.fact.doubt != DOUBT_NONE;
		teller_say(t, STORY_NOTE, 0, (char)row.fact.evidence, "Page %" PRIu64
			   " was a KSM page: its item hung on %s.", (row.item.address - c->address) >> 12, node);
	}
	t->doubtful = false;
	if (nr > TOLD_OWNED && !t->all)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED, "So were %" PRIu32 " more of them.",
			   nr - TOLD_OWNED);
	else if (nr == 0)
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED,
			   "No rmap_item is known that makes one of the pages a KSM page.");
}

static void tell_bad_page(struct teller *t, const struct bad_page *page, const struct collapse_way *way)
{
	bool own = page->number == t->row->number;

	if (own && page->handled)
		teller_say(t, STORY_NOTE, page->handled, EVIDENCE_INFERRED, "Page %" PRIu64 " (pfn 0x%" PRIx64
			   ") is handled as bad memory then, by memory_failure(), not by the collapse.", page->index, page->pfn);
	else if (!own && page->handled && page->handled < t->row->fact.born && way->swapin_failed)
		teller_say(t, STORY_NOTE, page->handled, EVIDENCE_INFERRED, "Page %" PRIu64 " (pfn 0x%" PRIx64
			   ") of the range is taken to be the one: collapse %" PRIu32 " could not copy it (event %"
			   PRIu64 "), and then it was handled as bad memory, which leaves a hwpoison entry in the pte. "
			   "For that do_swap_page() has no page.", page->index, page->pfn, page->number, page->event);
}

static void tell_whose(struct teller *t)
{
	struct story_line line = { .part = STORY_NOTE, .step = NO_STEP,
				   .narration = { .evidence = EVIDENCE_INFERRED, .doubtful = true } };
	char *text = line.narration.text;
	size_t size = sizeof(line.narration.text);
	struct collapse_owner owner;

	if (!ref_is_none(t->row->object))	/* the mm has a name */
		return;
	if (!collapse_owner(t->e, t->when.known_by, &owner)) {
		teller_say(t, STORY_NOTE, 0, EVIDENCE_INFERRED,
			   "Whose pages they are is not known: nothing in the recording names the owner of that mm.");
		return;
	}
	line.event = owner.event;
	switch (owner.by) {
	case OWNER_CHANGED_VMAS:
		snprintf(text, size, "The pages are taken to be those of the process of %s (tid %" PRId32 "), which changed "
			 "a VMA of the same mm (event %" PRIu64 "). That no other process had an mm at that address in "
			 "between is not certain.", owner.comm, owner.pid, owner.event);
		break;
	case OWNER_FORKED:
		snprintf(text, size, "The pages are taken to be %s's (pid %" PRId32 "): it was forked with that mm (event %"
			 PRIu64 "). That no other process had an mm at that address in between is not certain.",
			 owner.comm, owner.pid, owner.event);
		break;
	default:
		snprintf(text, size, "The pages are taken to be %s's (pid %" PRId32 "): it alone got SIGBUS for touching "
			 "poison behind event %" PRIu64 ", where page %" PRIu64 " (pfn 0x%" PRIx64 ") was handled as bad "
			 "memory. Nothing names the owner of that mm, and a signal carries no page.", owner.comm,
			 owner.pid, owner.page.handled, owner.page.index, owner.page.pfn);
	}
	teller_hand_over(t, &line);
}

void tell_owners(struct teller *t)
{
	struct bad_page page = { 0 };
	struct collapse_way way;

	tell_ksm_pages(t);
	collapse_way(t->e, &way);
	if (collapse_bad_page(t->e, t->when.known_by, &page))
		tell_bad_page(t, &page, &way);
	tell_whose(t);
}
