// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped_traced.c - what walks and recoveries say of the places where a page may be mapped.
 *
 * A place follows from an item and an interval tree, which a walk that unmaps does not change.  So what events did
 * to the ptes (traced_ptes.h) is laid over the places: one that was taken away is gone until something shows it
 * again: a row of the history that began later, or, where a gap may hide that, nothing at all: then it is
 * possible.  With hindsight the first event behind the moment tells what was before it, if nothing in between can
 * have mapped the page.
 *
 * A migration entry is a pte that was taken away to be put back: the same places, seen from the other side.
 */
#include "explain/mapped_traced.h"

/* Told again since then by a row of its own: an item came, a walk put it back, a sample saw it. */
static void see_again(const struct history *h, struct ref node, struct moment when, struct mapped_list *list)
{
	struct history_cursor cursor;
	struct ref mm = { 0 };
	int32_t tgid = 0;
	union row row;

	if (history_list(h, MAPPINGS_OF_NODE, node, when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) > 0) {
		struct mapped *place = (struct mapped *)mapped_at(
			list, mapped_owner(h, &row.mapping, when, &tgid, &mm), (struct ref){ 0 }, row.mapping.address);

		if (place && place->gone && (!row.fact.doubt || row.fact.first > place->gone))
			place->gone = 0;
	}
}

/* A gap may hide that the pte came back. */
static bool may_be_back(const struct history *h, const struct mapped *place, struct moment when)
{
	return history_may_lack(h, EVENT_P_WALK_VMA, place->gone, when.t, when.known_by) ||
	       history_may_lack(h, EVENT_P_RECOVERY_MOVE, place->gone, when.t, when.known_by) ||
	       history_may_lack(h, EVENT_P_ITEM_APPEND, place->gone, when.t, when.known_by);
}

/* What the event says of the moment, before it or behind it. */
static void apply(const struct episode_source *source, const struct traced_pte *pte, struct moment when,
		  struct mapped *place)
{
	if (pte->event <= when.t) {
		place->gone = !pte->mapped && when.t < pte->until ? pte->event : 0;
		return;
	}
	if (traced_may_map(source, when.t, pte->event, when.known_by))
		return;
	if (pte->mapped) {
		place->gone = when.t;
		return;
	}
	place->gone = 0;
	place->known = true;
	place->doubtful = false;
	place->evidence = EVIDENCE_TRACED;
}

/* Only the first event behind the moment says what was before it. */
static bool is_first_later(const struct traced_ptes *ptes, uint32_t i, struct moment when)
{
	for (uint32_t at = i; at-- > 0 && ptes->list[at].event > when.t;)
		if (ptes->list[at].address == ptes->list[i].address && ref_equal(ptes->list[at].mm, ptes->list[i].mm) &&
		    ref_equal(ptes->list[at].vma, ptes->list[i].vma))
			return false;
	return true;
}

/* What is to be put back: known where a walk told that it made the entry. */
static bool is_entry(const struct episode_source *source, const struct traced_ptes *ptes, struct moment when,
		     struct mapped *place)
{
	bool back = place->gone && may_be_back(source->history, place, when);

	place->known = place->gone && !back;
	place->doubtful |= !place->known;
	place->evidence = place->known ? EVIDENCE_TRACED : EVIDENCE_INFERRED;
	return place->gone || !ptes->all_entries;
}

void mapped_keep(const struct episode_source *source, struct ref node, const struct traced_ptes *ptes,
		 struct moment when, enum mapped_kind kind, struct mapped_list *list)
{
	bool any = false;
	uint32_t nr = 0;

	for (uint32_t i = 0; i < ptes->nr; i++) {
		const struct traced_pte *pte = &ptes->list[i];
		struct mapped *place = (struct mapped *)mapped_at(list, pte->mm, pte->vma, pte->address);

		if (place && (pte->event <= when.t || is_first_later(ptes, i, when)))
			apply(source, pte, when, place);
		any |= place && place->gone;
	}
	if (!any && kind == MAPPED_PTES)
		return;
	see_again(source->history, node, when, list);
	for (uint32_t i = 0; i < list->nr; i++) {
		struct mapped *place = &list->list[i];

		if (kind == MAPPED_ENTRIES ? !is_entry(source, ptes, when, place) :
		    place->gone && !may_be_back(source->history, place, when))
			continue;
		place->doubtful |= place->gone && kind == MAPPED_PTES;
		list->list[nr++] = *place;
	}
	list->nr = nr;
}
