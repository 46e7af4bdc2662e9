// SPDX-License-Identifier: GPL-2.0-only
/*
 * blast.c - who would die of a memory failure of a KSM page, and who would not.
 *
 * Without recovery everybody who maps the page.  With it (ksm_recover_folio(), patch 0004): the dups
 * of its chain are looked at from the head, the failing one is passed over, and so is one whose page
 * is poisoned or gone; the first that is left is copied.  Then the items of the failing node are
 * walked as rmap_walk_ksm() does, by linear_page_index, in two passes; a mapping that no item finds at
 * the address that the item remembers stays behind.
 *
 * What no history can know at the moment: whether the dup's memory can be read when it is copied, whether whoever holds
 * ksm_thread_mutex gives way in time, and whether recovery is switched on.  So that somebody moves is
 * always doubtful; that somebody dies is as sure as that the page is mapped.  If the failure did come and the
 * observer has seen it, blast_outcome.c answers instead.
 */
#include "explain/blast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/blast_outcome.h"
#include "explain/mapped.h"
#include "trace/diag.h"

const char *blast_why_text(enum blast_why why)
{
	switch (why) {
	case BLAST_MOVED: return "every mapping moves, if the dup can be read and ksm_thread_mutex is had";
	case BLAST_NO_CHAIN: return "the page is in no chain, so its content exists nowhere else";
	case BLAST_NO_HEALTHY_DUP: return "no other dup of its chain is healthy";
	case BLAST_PARTIAL: return "some mappings cannot be reached through an rmap_item and stay";
	case BLAST_UNTOLD: return "not all that rmap_items lead to was told by then: who stays is not known";
	case BLAST_DID_MOVE: return "every mapping moved";
	case BLAST_BUSY: return "ksm_thread_mutex was not had in time";
	case BLAST_GAVE_UP: return "recovery gave up: the page changed meanwhile, or there was no memory";
	default: return "nobody is known to map it";
	}
}

/* ---- the healthy dup ---- */
static bool page_is_bad(const struct history *h, uint64_t pfn, struct moment when)
{
	struct ref page;
	union row row;

	return history_find(h, TABLE_PAGE, pfn, 0, when, &page) == 0 &&
	       history_row(h, page, when, &row) == 0 &&
	       (row.page.state & (PAGE_POISONED | PAGE_GONE));
}

/*
 * PG_hwpoison is set before recovery begins (TestSetPageHWPoison(), memory_failure()); the verdict that makes the page
 * poisoned in the tables comes when all is over.
 */
static bool has_failed(const struct history *h, const struct node_row *node, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	if (history_list(h, EPISODES_ABOUT, node->ref, when, &cursor) != 0)
		return false;
	while (history_next(&cursor, &row) == 1)
		if (row.episode.kind == EPISODE_RECOVERY && row.episode.totals.recovery.pfn == node->kpfn)
			return true;
	return false;
}

/* `chosen`: the one that was, 0: the first that is healthy as far as is known. */
static int find_dup(const struct history *h, struct moment when, uint64_t chosen, struct blast *blast)
{
	struct history_cursor cursor;
	union row row;
	int more, ret;

	if (blast->node.kind != NODE_DUP || ref_is_none(blast->node.chain))
		return 0;
	blast->chain = blast->node.chain;
	ret = history_list(h, DUPS_OF_CHAIN, blast->chain, when, &cursor);
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		if (ref_equal(row.node.ref, blast->node.ref) || !row.node.kpfn ||
		    (chosen && row.node.kpfn != chosen))
			continue;
		/* Without items nobody is known to keep the page: ksm_get_folio() finds it gone. */
		if (!chosen && (!row.node.nr_items || page_is_bad(h, row.node.kpfn, when) ||
				has_failed(h, &row.node, when)))
			continue;
		blast->healthy_dup = row.node.ref;
		blast->healthy_pfn = row.node.kpfn;
		blast->doubtful |= row.fact.doubt != DOUBT_NONE;
		return 0;
	}
	blast->doubtful |= !history_is_whole(h, DUPS_OF_CHAIN, blast->chain, when);
	return more;
}

/* ---- the victims ---- */
static int compare_victims(const void *a, const void *b)
{
	const struct victim *x = a, *y = b;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	return x->mm.id < y->mm.id ? -1 : x->mm.id > y->mm.id;
}

static bool same_process(const struct victim *x, const struct victim *y)
{
	return x->tgid ? x->tgid == y->tgid : !y->tgid && ref_equal(x->mm, y->mm);
}

static void merge_victims(struct blast *blast)
{
	uint32_t nr = 0;

	qsort(blast->victims, blast->nr_victims, sizeof(*blast->victims), compare_victims);
	for (uint32_t i = 0; i < blast->nr_victims; i++) {
		struct victim *victim = &blast->victims[i], *last = nr ? &blast->victims[nr - 1] : NULL;

		if (!last || !same_process(last, victim)) {
			blast->victims[nr++] = *victim;
			continue;
		}
		last->nr_mappings += victim->nr_mappings;
		last->known |= victim->known;
		last->dies |= victim->dies;
	}
	blast->nr_victims = nr;
}

static void count_victims(struct blast *blast)
{
	blast->nr_killed_without = blast->nr_victims;
	for (uint32_t i = 0; i < blast->nr_victims; i++) {
		blast->nr_killed_with += blast->victims[i].dies;
		blast->nr_moved += !blast->victims[i].dies;
		blast->nr_maybe += !blast->victims[i].known;
	}
}

static void foretell(struct blast *blast)
{
	/* Whom no item reaches now one may reach when recovery has the mutex. */
	blast->doubtful |= blast->nr_maybe || blast->nr_moved || !ref_is_none(blast->healthy_dup);
	if (ref_is_none(blast->chain))
		blast->why = BLAST_NO_CHAIN;
	else if (ref_is_none(blast->healthy_dup))
		blast->why = BLAST_NO_HEALTHY_DUP;
	else
		blast->why = blast->nr_killed_with ? BLAST_PARTIAL : BLAST_MOVED;
}

/* It failed before, and then a walk left no mapping: nobody can come to map it again. */
static bool is_unmapped(const struct history *h, struct moment when, const struct node_row *node,
			const struct mapped_count *count)
{
	return count->mapcount == 0 && count->evidence == EVIDENCE_TRACED && node->kpfn &&
	       page_is_bad(h, node->kpfn, when);
}

/* Where items say that their pages are: sorted, free() it. */
struct item_place { uint64_t address; uint32_t mm; };

static int compare_places(const void *a, const void *b)
{
	const struct item_place *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

static int item_places(const struct history *h, const struct node_row *node, struct moment when,
		       struct item_place **ret_places, uint32_t *ret_nr)
{
	struct item_place *places = malloc(((size_t)node->nr_items + 1) * sizeof(*places));
	struct history_cursor cursor;
	uint32_t nr = 0;
	union row row;

	if (!places)
		return -ENOMEM;
	if (history_list(h, ITEMS_OF_NODE, node->ref, when, &cursor) == 0)
		while (nr < node->nr_items && history_next(&cursor, &row) > 0)
			if (!ref_is_none(row.item.mm))
				places[nr++] = (struct item_place){ row.item.address, row.item.mm.id };
	if (nr)
		qsort(places, nr, sizeof(*places), compare_places);
	*ret_places = places;
	*ret_nr = nr;
	return 0;
}

/* By then not all VMAs that items lead to were told: an item of that very place reaches it all the same. */
static void reach_untold(struct mapped_list *list, const struct item_place *places, uint32_t nr)
{
	for (uint32_t i = 0; i < list->nr; i++) {
		struct item_place key = { list->list[i].address, list->list[i].mm.id };

		if (ref_is_none(list->list[i].mm) || list->list[i].mm.table != TABLE_MM || !nr)
			continue;
		if (bsearch(&key, places, nr, sizeof(*places), compare_places))
			list->list[i].item_address = list->list[i].address;
	}
}

static int add_victims(struct blast *blast, const struct mapped_list *list, const struct blast_outcome *outcome)
{
	bool recovers = !ref_is_none(blast->healthy_dup);

	blast->victims = calloc(list->nr + 1, sizeof(*blast->victims));
	if (!blast->victims)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->nr; i++) {
		const struct mapped *place = &list->list[i];
		bool reached = place->item_address && place->item_address == place->address;
		bool moves = blast->recovery ? blast_outcome_moved(outcome, place->mm, place->address) :
					       recovers && reached;

		blast->victims[blast->nr_victims++] = (struct victim){
			.mm = place->mm, .tgid = place->tgid, .nr_mappings = 1, .known = place->known,
			.dies = !moves };
		blast->doubtful |= place->doubtful;
	}
	merge_victims(blast);
	count_victims(blast);
	return 0;
}

static int find_victims(const struct episode_source *source, struct moment when, struct blast_outcome *outcome,
			struct blast *blast)
{
	const struct history *h = source->history;
	struct mapped_list list = { 0 };
	struct item_place *places;
	struct mapped_count count;
	bool untold;
	uint32_t nr;
	int ret;

	mapped_count(source, blast->node.ref, when, &count);
	ret = is_unmapped(h, when, &blast->node, &count) ? 0 :
	      mapped_find(source, blast->node.ref, when, count.mapcount, MAPPED_PTES, &list);
	if (ret)
		return ret;
	if (outcome->came)
		ret = blast_outcome_see(outcome, &list, &blast->nr_absent);
	else
		mapped_judge_then(&list, &count, when);
	if (ret == 0 && list.untold) {
		ret = item_places(h, &blast->node, when, &places, &nr);
		if (ret == 0) {
			reach_untold(&list, places, nr);
			free(places);
		}
	}
	if (ret == 0)
		ret = add_victims(blast, &list, outcome);
	untold = list.untold;
	blast->doubtful |= untold && !outcome->complete;
	mapped_fini(&list);
	if (blast->recovery)
		blast->doubtful = !outcome->complete;
	else
		foretell(blast);
	if (!blast->nr_victims)
		blast->why = BLAST_NOT_MAPPED;
	else if (blast->why == BLAST_PARTIAL && untold && !blast->recovery)
		blast->why = BLAST_UNTOLD;
	return ret;
}

int blast_of_row(const struct episode_source *source, const struct node_row *node, struct moment when,
		 struct blast *ret_blast)
{
	struct blast blast = { .node = *node, .doubtful = node->fact.doubt != DOUBT_NONE,
			       .evidence = EVIDENCE_MODELLED };
	struct blast_outcome outcome;
	int ret = blast_outcome_find(source, node->ref, when, &outcome);

	if (ret)
		return ret;
	if (blast_outcome_decides(&outcome)) {
		blast.recovery = outcome.number;
		blast.evidence = EVIDENCE_TRACED;
		blast.why = blast_outcome_why(&outcome);
		blast.itself = outcome.totals.moved && !outcome.totals.fresh_kpfn;
	}
	/* A dup that was chosen in vain is none; without a choice the model's stands. */
	ret = find_dup(source->history, when, blast.recovery ? outcome.totals.chosen_kpfn : 0, &blast);
	if (blast.recovery && blast.why == BLAST_NO_HEALTHY_DUP) {
		blast.healthy_dup = (struct ref){ 0 };
		blast.healthy_pfn = 0;
	}
	if (ret == 0)
		ret = find_victims(source, when, &outcome, &blast);
	blast_outcome_fini(&outcome);
	if (ret) {
		blast_fini(&blast);
		return ret;
	}
	*ret_blast = blast;
	return 0;
}

int blast_page(const struct episode_source *source, struct ref node, struct moment when,
	       struct blast *ret_blast, struct diag *diag)
{
	union row row;
	int ret = node.table == TABLE_NODE ? history_row(source->history, node, when, &row) : -ENOENT;

	if (ret == 0 && row.node.kind == NODE_CHAIN)
		ret = -ENOENT;
	if (ret == 0)
		ret = blast_of_row(source, &row.node, when, ret_blast);
	return ret ? diag_set(diag, ret, ret == -ENOENT ? "there is no such KSM page at that moment"
							: "its mappings cannot be read") : 0;
}

void blast_fini(struct blast *blast)
{
	free(blast->victims);
	memset(blast, 0, sizeof(*blast));
}
