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
 * Ranking must not look at the mappings of a million pages.  A page cannot kill more processes than
 * there are mms with a VMA in its items' anon_vmas.  That bound of every page comes from going once
 * past all VMAs and all items; pages are then looked at from the largest bound down, until none that
 * is left can get onto the list.
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
		if (!chosen && (!row.node.nr_items || page_is_bad(h, row.node.kpfn, when)))
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

static int add_victims(struct blast *blast, const struct mapped_list *list, const struct blast_outcome *outcome)
{
	bool recovers = !ref_is_none(blast->healthy_dup);

	blast->victims = calloc(list->nr + 1, sizeof(*blast->victims));
	if (!blast->victims)
		return -ENOMEM;
	for (uint32_t i = 0; i < list->nr; i++) {
		const struct mapped *place = &list->list[i];
		bool reached = !ref_is_none(place->item) && place->item_address == place->address;
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

static int find_victims(const struct history *h, struct moment when, struct blast_outcome *outcome,
			struct blast *blast)
{
	struct mapped_list list = { 0 };
	struct mapped_count count;
	int ret;

	mapped_count(h, blast->node.ref, when, &count);
	ret = is_unmapped(h, when, &blast->node, &count) ? 0 :
	      mapped_find(h, blast->node.ref, when, count.mapcount, &list);
	if (ret)
		return ret;
	if (outcome->came)
		ret = blast_outcome_see(outcome, &list, &blast->nr_absent);
	else
		mapped_judge(&list, mapped_count_then(&count, when));
	if (ret == 0)
		ret = add_victims(blast, &list, outcome);
	blast->doubtful |= list.untold && !outcome->complete;
	mapped_fini(&list);
	if (blast->recovery)
		blast->doubtful = !outcome->complete;
	else
		foretell(blast);
	if (!blast->nr_victims)
		blast->why = BLAST_NOT_MAPPED;
	return ret;
}

static int blast_of_row(const struct episode_source *source, const struct node_row *node, struct moment when,
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
		ret = find_victims(source->history, when, &outcome, &blast);
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

/* ---- ranking ---- */
/* No page can kill more than `most`: nodes are looked at by that, then by pfn. */
struct candidate { uint64_t kpfn; uint32_t most, node; };

struct ranking {
	const struct episode_source *source;
	const struct history *h;
	struct moment when;
	struct blast *list;		/* best first */
	uint32_t nr, top;
	uint32_t *most;			/* of each node */
	uint32_t nr_nodes, nr_mms, nr_anon_vmas;
	uint32_t *shares;		/* of each anon_vma: mms with a VMA in it */
	uint64_t *pairs;		/* first (anon_vma, mm) of VMAs, then (node, what its item leads to) */
	uint64_t nr_pairs, room_pairs;
	struct candidate *heap;		/* the best first */
	uint32_t nr_heap;
};

static int compare_blasts(const struct blast *x, const struct blast *y)
{
	if (x->nr_killed_without != y->nr_killed_without)
		return x->nr_killed_without > y->nr_killed_without ? -1 : 1;
	if (x->nr_killed_with != y->nr_killed_with)
		return x->nr_killed_with > y->nr_killed_with ? -1 : 1;
	return x->node.kpfn < y->node.kpfn ? -1 : x->node.kpfn > y->node.kpfn;
}

static int add_pair(struct ranking *r, uint32_t a, uint32_t b)
{
	if (r->nr_pairs == r->room_pairs) {
		uint64_t room = r->room_pairs ? r->room_pairs * 2 : 4096;
		uint64_t *pairs = realloc(r->pairs, room * sizeof(*pairs));

		if (!pairs)
			return -ENOMEM;
		r->pairs = pairs;
		r->room_pairs = room;
	}
	r->pairs[r->nr_pairs++] = (uint64_t)a << 32 | b;
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int see_vma(const struct swept_vma *vma, void *arg)
{
	return vma->anon_vma == NOT_SWEPT ? 0 : add_pair(arg, vma->anon_vma, vma->mm);
}

/* How many mms can be found through one item of each anon_vma.  An unknown mm may be any. */
static int count_shares(struct ranking *r)
{
	int ret = history_sweep_vmas(r->h, r->when, see_vma, r);

	r->shares = calloc((size_t)r->nr_anon_vmas + 1, sizeof(*r->shares));
	if (ret || !r->shares)
		return ret ? ret : -ENOMEM;
	if (r->nr_pairs)
		qsort(r->pairs, r->nr_pairs, sizeof(*r->pairs), compare_pairs);
	for (uint64_t i = 0; i < r->nr_pairs; i++)
		if (!i || r->pairs[i] != r->pairs[i - 1] || (uint32_t)r->pairs[i] == NOT_SWEPT)
			r->shares[r->pairs[i] >> 32]++;
	r->nr_pairs = 0;
	return 0;
}

/* What an item leads to: the mms of its anon_vma, or its own alone (numbers behind the anon_vmas'). */
static int see_item(const struct swept_item *item, void *arg)
{
	struct ranking *r = arg;

	r->most[item->node]++;
	return add_pair(r, item->node, item->anon_vma != NOT_SWEPT ? item->anon_vma
								   : r->nr_anon_vmas + item->mm);
}

/* Counts what the items of each node lead to, each once: the pairs in the order of their nodes. */
static int bound_by_items(struct ranking *r)
{
	uint32_t *leads = NULL, *last_node = NULL;
	int ret = history_sweep_items(r->h, r->when, see_item, r);
	uint32_t at = 0;

	if (ret)
		return ret;
	leads = malloc((r->nr_pairs + 1) * sizeof(*leads));
	last_node = calloc((size_t)r->nr_anon_vmas + r->nr_mms + 1, sizeof(*last_node));
	for (uint32_t n = 0; leads && last_node && n < r->nr_nodes; n++) {
		uint32_t nr = r->most[n];

		r->most[n] = at;
		at += nr;
	}
	for (uint64_t i = 0; leads && last_node && i < r->nr_pairs; i++)
		leads[r->most[r->pairs[i] >> 32]++] = (uint32_t)r->pairs[i];
	at = 0;
	for (uint32_t n = 0; leads && last_node && n < r->nr_nodes; n++) {
		uint32_t end = r->most[n];

		r->most[n] = 0;
		for (; at < end; at++) {
			if (last_node[leads[at]] == n + 1)
				continue;
			last_node[leads[at]] = n + 1;
			r->most[n] += leads[at] < r->nr_anon_vmas && r->shares[leads[at]] ?
				r->shares[leads[at]] : 1;
		}
	}
	if (!leads || !last_node)
		ret = -ENOMEM;
	free(leads);
	free(last_node);
	return ret;
}

/* Mappings that no item leads to: sampled, inherited by fork; and a mapcount sends for items that left. */
static int see_mapping(const struct swept_mapping *mapping, void *arg)
{
	struct ranking *r = arg;

	if (mapping->node < r->nr_nodes)
		r->most[mapping->node] += 1 + mapping->mapcount;
	return 0;
}

static bool goes_before(const struct candidate *x, const struct candidate *y)
{
	return x->most != y->most ? x->most > y->most : x->kpfn < y->kpfn;
}

static void sift_down(struct ranking *r, uint32_t i)
{
	struct candidate candidate = r->heap[i];

	for (uint32_t child; (child = 2 * i + 1) < r->nr_heap; i = child) {
		if (child + 1 < r->nr_heap && goes_before(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!goes_before(&r->heap[child], &candidate))
			break;
		r->heap[i] = r->heap[child];
	}
	r->heap[i] = candidate;
}

static int see_node(const struct swept_node *node, void *arg)
{
	struct ranking *r = arg;

	if (node->kind != NODE_CHAIN && r->most[node->node])
		r->heap[r->nr_heap++] = (struct candidate){ node->kpfn, r->most[node->node], node->node };
	return 0;
}

static int find_candidates(struct ranking *r)
{
	int ret = 0;

	r->nr_nodes = history_sweep_room(r->h, TABLE_NODE, r->when);
	r->nr_mms = history_sweep_room(r->h, TABLE_MM, r->when);
	r->nr_anon_vmas = history_sweep_room(r->h, TABLE_ANON_VMA, r->when);
	r->most = calloc((size_t)r->nr_nodes + 1, sizeof(*r->most));
	r->heap = malloc(((size_t)r->nr_nodes + 1) * sizeof(*r->heap));
	if (!r->most || !r->heap)
		return -ENOMEM;
	ret = count_shares(r);
	if (ret == 0)
		ret = bound_by_items(r);
	if (ret == 0)
		ret = history_sweep_mappings(r->h, r->when, see_mapping, r);
	if (ret == 0)
		ret = history_sweep_nodes(r->h, r->when, see_node, r);
	for (uint32_t i = r->nr_heap / 2; ret == 0 && i-- > 0;)
		sift_down(r, i);
	return ret;
}

/* Neither it nor what comes behind it gets onto the list. */
static bool is_beaten(const struct ranking *r, const struct candidate *candidate)
{
	const struct blast *last = r->nr ? &r->list[r->nr - 1] : NULL;

	if (r->nr < r->top || candidate->most > last->nr_killed_without)
		return false;
	return candidate->most < last->nr_killed_without ||
	       (last->nr_killed_with == last->nr_killed_without && candidate->kpfn > last->node.kpfn);
}

static void insert(struct ranking *r, struct blast *blast)
{
	uint32_t at = r->nr;

	while (at > 0 && compare_blasts(blast, &r->list[at - 1]) < 0)
		at--;
	if (at == r->top) {
		blast_fini(blast);
		return;
	}
	if (r->nr == r->top)
		blast_fini(&r->list[--r->nr]);
	memmove(r->list + at + 1, r->list + at, (r->nr - at) * sizeof(*r->list));
	r->list[at] = *blast;
	r->nr++;
}

static int rank(struct ranking *r)
{
	int ret = find_candidates(r);

	while (ret == 0 && r->nr_heap && !is_beaten(r, &r->heap[0])) {
		struct ref node = history_swept(r->h, TABLE_NODE, r->heap[0].node, r->when);
		struct blast blast;
		union row row;

		r->heap[0] = r->heap[--r->nr_heap];
		if (r->nr_heap)
			sift_down(r, 0);
		ret = history_row(r->h, node, r->when, &row);
		if (ret == 0)
			ret = blast_of_row(r->source, &row.node, r->when, &blast);
		if (ret == 0 && blast.why == BLAST_NOT_MAPPED)
			blast_fini(&blast);
		else if (ret == 0)
			insert(r, &blast);
	}
	free(r->most);
	free(r->shares);
	free(r->pairs);
	free(r->heap);
	return ret;
}

int blast_rank(const struct episode_source *source, struct moment when, uint32_t top,
	       struct blast **ret_list, uint32_t *ret_nr, struct diag *diag)
{
	struct ranking r = { .source = source, .h = source->history, .when = when, .top = top ? top : 1 };
	int ret;

	r.list = calloc((size_t)r.top + 1, sizeof(*r.list));
	if (!r.list)
		return diag_set(diag, -ENOMEM, "no memory to rank %u pages", top);
	ret = rank(&r);
	if (ret) {
		blast_list_free(r.list, r.nr);
		return diag_set(diag, ret, "the pages cannot be ranked");
	}
	*ret_list = r.list;
	*ret_nr = r.nr;
	return 0;
}

void blast_list_free(struct blast *list, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		blast_fini(&list[i]);
	free(list);
}
