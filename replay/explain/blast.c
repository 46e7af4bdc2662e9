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
 * it has items times the mms that share an anon_vma, so most pages are passed over by that bound
 * once the list is full.  Not modelled: recovery that is off, or gets no mutex or memory.
 */
#include "explain/blast.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain/mapped.h"
#include "trace/diag.h"

const char *blast_why_text(enum blast_why why)
{
	switch (why) {
	case BLAST_MOVED: return "every mapping moves to a copy of the healthy dup";
	case BLAST_NO_CHAIN: return "the page is in no chain, so its content exists nowhere else";
	case BLAST_NO_HEALTHY_DUP: return "no other dup of its chain is healthy";
	case BLAST_PARTIAL: return "some mappings cannot be reached through an rmap_item and stay";
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

static int find_dup(const struct history *h, struct moment when, struct blast *blast)
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
		if (ref_equal(row.node.ref, blast->node.ref) || !row.node.kpfn)
			continue;
		/* Without items nobody is known to keep the page: ksm_get_folio() finds it gone. */
		if (!row.node.nr_items || page_is_bad(h, row.node.kpfn, when))
			continue;
		blast->healthy_dup = row.node.ref;
		blast->healthy_pfn = row.node.kpfn;
		blast->doubtful |= row.fact.doubt != DOUBT_NONE;
		return 0;
	}
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
	if (!blast->nr_victims)
		blast->why = BLAST_NOT_MAPPED;
	else if (ref_is_none(blast->chain))
		blast->why = BLAST_NO_CHAIN;
	else if (ref_is_none(blast->healthy_dup))
		blast->why = BLAST_NO_HEALTHY_DUP;
	else
		blast->why = blast->nr_killed_with ? BLAST_PARTIAL : BLAST_MOVED;
}

static int find_victims(const struct history *h, struct moment when, struct blast *blast)
{
	bool recovers = !ref_is_none(blast->healthy_dup);
	struct mapped_list list;
	int ret = mapped_find(h, blast->node.ref, when,
			      mapped_count_sampled(h, blast->node.ref, when), &list);

	if (ret)
		return ret;
	blast->victims = calloc(list.nr + 1, sizeof(*blast->victims));
	if (!blast->victims) {
		mapped_fini(&list);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < list.nr; i++) {
		const struct mapped *place = &list.list[i];
		bool reached = !ref_is_none(place->item) && place->item_address == place->address;

		blast->victims[blast->nr_victims++] = (struct victim){
			.mm = place->mm, .tgid = place->tgid, .nr_mappings = 1, .known = place->known,
			.dies = !recovers || !reached };
		blast->doubtful |= place->doubtful;
	}
	mapped_fini(&list);
	merge_victims(blast);
	count_victims(blast);
	return 0;
}

static int blast_of_row(const struct history *h, const struct node_row *node, struct moment when,
			struct blast *ret_blast)
{
	struct blast blast = { .node = *node, .doubtful = node->fact.doubt != DOUBT_NONE };
	int ret = find_dup(h, when, &blast);

	if (ret == 0)
		ret = find_victims(h, when, &blast);
	if (ret)
		return ret;
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
		ret = blast_of_row(source->history, &row.node, when, ret_blast);
	return ret ? diag_set(diag, ret, ret == -ENOENT ? "there is no such KSM page at that moment"
							: "its mappings cannot be read") : 0;
}

void blast_fini(struct blast *blast)
{
	free(blast->victims);
	memset(blast, 0, sizeof(*blast));
}

/* ---- ranking ---- */
struct ranking {
	const struct history *h;
	struct moment when;
	struct blast *list;		/* best first */
	uint32_t nr, top;
	uint64_t max_mms;		/* that share one anon_vma, at most */
	bool sampled;			/* mappings are sampled, so there may be more than items lead to */
};

static int compare_blasts(const struct blast *x, const struct blast *y)
{
	if (x->nr_killed_without != y->nr_killed_without)
		return x->nr_killed_without > y->nr_killed_without ? -1 : 1;
	if (x->nr_killed_with != y->nr_killed_with)
		return x->nr_killed_with > y->nr_killed_with ? -1 : 1;
	return x->node.kpfn < y->node.kpfn ? -1 : x->node.kpfn > y->node.kpfn;
}

/*
 * The most mms that can be found through one item: VMAs with the same anon_vma come in a row, so a
 * change of the mm within one anon_vma is counted.
 */
static int find_max_mms(struct ranking *r)
{
	struct ref anon_vma = { 0 }, mm = { 0 };
	struct history_cursor cursor;
	uint64_t nr = 0;
	union row row;
	int more, ret = history_list(r->h, ALL_VMAS, (struct ref){ 0 }, r->when, &cursor);

	r->max_mms = 1;
	if (ret)
		return ret == -ENOENT ? 0 : ret;
	while ((more = history_next(&cursor, &row)) > 0) {
		if (!ref_equal(row.vma.anon_vma, anon_vma))
			nr = 0;
		if (!nr || !ref_equal(row.vma.mm, mm))
			nr++;
		anon_vma = row.vma.anon_vma;
		mm = row.vma.mm;
		if (nr > r->max_mms)
			r->max_mms = nr;
	}
	return more;
}

static bool can_rank(const struct ranking *r, const struct node_row *node)
{
	uint64_t most = node->nr_items * r->max_mms, nr_sampled = 0;

	if (r->nr < r->top)
		return true;
	if (r->sampled)
		history_count(r->h, MAPPINGS_OF_NODE, node->ref, r->when, &nr_sampled, NULL);
	return most + nr_sampled >= r->list[r->nr - 1].nr_killed_without &&
	       (most + nr_sampled > r->list[r->nr - 1].nr_killed_without ||
		r->list[r->nr - 1].nr_killed_with < r->list[r->nr - 1].nr_killed_without ||
		node->kpfn < r->list[r->nr - 1].node.kpfn);
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
	struct history_cursor cursor;
	struct blast blast;
	union row row;
	int more, ret = history_list(r->h, ALL_NODES, (struct ref){ 0 }, r->when, &cursor);

	while (ret == 0 && (more = history_next(&cursor, &row)) != 0) {
		if (more < 0)
			return more;
		if (row.node.kind == NODE_CHAIN || !can_rank(r, &row.node))
			continue;
		ret = blast_of_row(r->h, &row.node, r->when, &blast);
		if (ret == 0 && blast.why == BLAST_NOT_MAPPED)
			blast_fini(&blast);
		else if (ret == 0)
			insert(r, &blast);
	}
	return ret;
}

int blast_rank(const struct episode_source *source, struct moment when, uint32_t top,
	       struct blast **ret_list, uint32_t *ret_nr, struct diag *diag)
{
	struct ranking r = { .h = source->history, .when = when, .top = top ? top : 1 };
	uint64_t nr_mappings = 0;
	int ret;

	r.list = calloc((size_t)r.top + 1, sizeof(*r.list));
	if (!r.list)
		return diag_set(diag, -ENOMEM, "no memory to rank %u pages", top);
	history_count(r.h, ALL_MAPPINGS, (struct ref){ 0 }, when, &nr_mappings, NULL);
	r.sampled = nr_mappings != 0;
	ret = find_max_mms(&r);
	if (ret == 0)
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
