// SPDX-License-Identifier: GPL-2.0-only
/*
 * blast_rank.c - the pages whose failure would kill most.
 *
 * Ranking must not look at the mappings of a million pages.  A page cannot kill more processes than
 * there are mms with a VMA in its items' anon_vmas.  That bound of every page comes from going once
 * past all VMAs and all items; pages are then looked at from the largest bound down, until none that
 * is left can get onto the list.
 *
 * What a failure of one page would do is blast.c's question.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/blast_outcome.h"
#include "trace/diag.h"

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
