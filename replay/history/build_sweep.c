// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_sweep.c - what a sweep through /proc/PID/pagemap says about mappings.
 *
 * A page that a sweep saw is mapped from now on.  One that it looked for and did not see has gone,
 * at an unknown time before.  A sweep took time: only if nothing of the process changed meanwhile does
 * it confirm, else what it saw is tentative.
 *
 * Which page is a KSM page a sweep knows from kpageflags, and on some kernels every anonymous page is
 * marked there (trace/sample.h).  Then, and where the recording does not say, a page is one only if a
 * stable node has its pfn, which only lasts until ksmd looks at the node again: a KSM page whose last
 * mapping went is given away as any other, mostly to the process that just wrote to it, but then it is
 * mapped once.  So such a page has to be mapped more than once, and its node certain, to count;
 * where every node is known a page without one is left out, and of all others the row says "maybe",
 * until a complete dump tells whether a node had the page.
 *
 * smaps counts a process's KSM pages rightly on those kernels, too.  It is read behind the sweep, when pages of
 * KSM's can only have become fewer: if as many of the swept pages have a node, and every node is known, these are
 * they, once mapped or more often.  If more have one, nobody knows which of them are not.
 *
 * Pages come in ascending order; the rows that are left over are sorted before they are held against
 * the ranges that the sweep went through.
 */
#include <stdlib.h>

#include "history/build.h"
#include "history/build_patched.h"
#include "trace/sample.h"

struct sweep {
	struct builder *b;
	struct process *process;
	struct sample_iter ranges;
	struct sample_range range;
	bool range_is_there, complete, quiet;
	bool nodes_known, nodes_certain;	/* all of them; those that are known */
	bool as_many, too_many;		/* pages with a node, as smaps counts */
};

/* ---- which of the pages are KSM pages ---- */
static int by_pfn(const void *a, const void *b)
{
	const struct ksm_page *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* The pages of the stable nodes that there are now, by pfn. */
static void ksm_pages_collect(struct builder *b)
{
	const struct segment *seg = b->seg;
	bool has_kind = seg->tables[TABLE_NODE].more.nr;
	uint64_t changes = 1 + nr_spans(seg, TABLE_NODE) + seg->tables[TABLE_NODE].deaths.nr;

	if (b->ksm_pages_changes == changes && b->ksm_pages_segment == seg->id)
		return;
	b->ksm_pages_changes = changes;
	b->ksm_pages_segment = seg->id;
	b->ksm_pages.nr = 0;
	for (uint32_t id = 0; id < nr_spans(seg, TABLE_NODE); id++) {
		const struct span *span = span_at(seg, TABLE_NODE, id);
		const struct node_more *more = has_kind ? more_at(seg, TABLE_NODE, id) : NULL;
		struct ksm_page *page;

		if (span->died != ALIVE || (more && (more->kind == NODE_CHAIN || !more->kpfn)))
			continue;
		page = pool_grow(&b->ksm_pages, 1);
		if (!page) {
			build_fail(b, -ENOMEM);
			return;
		}
		*page = (struct ksm_page){ more ? more->kpfn : span_pfn(span), id };
	}
	if (b->ksm_pages.nr)
		qsort(b->ksm_pages.data, b->ksm_pages.nr, sizeof(struct ksm_page), by_pfn);
}

static const struct ksm_page *find_page(const struct builder *b, uint64_t pfn)
{
	const struct ksm_page key = { .pfn = pfn };

	return b->ksm_pages.nr ? bsearch(&key, b->ksm_pages.data, b->ksm_pages.nr, sizeof(key), by_pfn) : NULL;
}

enum verdict { NO_KSM_PAGE, MAYBE_KSM_PAGE, KSM_PAGE };

static enum verdict verdict_of(const struct sweep *sweep, const struct sample_page *page)
{
	struct builder *b = sweep->b;
	const struct ksm_page *found;

	if (b->page_flag_is_exact)
		return KSM_PAGE;
	found = find_page(b, page->pfn);
	if (!found)
		return sweep->nodes_known ? NO_KSM_PAGE : MAYBE_KSM_PAGE;
	if (sweep->as_many)
		return KSM_PAGE;
	return sweep->nodes_certain && !sweep->too_many && page->mapcount > 1 &&
	       !build_is_doubtful(b, TABLE_NODE, found->node) ? KSM_PAGE : MAYBE_KSM_PAGE;
}

/* How many of the pages have a node, held against smaps. */
static void count_pages(struct sweep *sweep, const struct sample *sample)
{
	struct builder *b = sweep->b;
	uint64_t now = b->seg->base + b->now;
	bool all_known = b->h->patched ? sweep->nodes_known && !b->loss_now :
			 sweep->nodes_certain && moves_from(b->h, 0, now) >= now;
	struct sample_iter iter = SAMPLE_ITER(sample);
	struct sample_page page;
	int64_t nr = 0;
	int more;

	if (b->page_flag_is_exact || sweep->process->ksm_pages_ns != sample->end_ns)
		return;
	while ((more = sample_next_page(&iter, &page)) == 1)
		nr += find_page(b, page.pfn) != NULL;
	sweep->too_many = nr > sweep->process->ksm_pages;
	sweep->as_many = more == 0 && all_known && sweep->quiet && nr == sweep->process->ksm_pages;
}

/* On a stock kernel a node's end is untraced: only at this very event the kernel may have counted them. */
static void judge_nodes(struct sweep *sweep)
{
	struct builder *b = sweep->b;
	const struct pool *counted = &b->seg->confirm_nodes;

	if (b->page_flag_is_exact)
		return;
	ksm_pages_collect(b);
	sweep->nodes_known = b->h->patched && b->dump_complete;
	sweep->nodes_certain = b->h->patched || (counted->nr &&
		((struct confirmation *)pool_at(counted, counted->nr - 1))->event == b->now);
}

static uint64_t event_of_birth(const struct segment *seg, enum table table, uint32_t id)
{
	const struct pool *carried = &seg->tables[table].carried;
	const struct span *span = span_at(seg, table, id);

	if (id < carried->nr)
		return ((struct carried *)pool_at(carried, id))->born;
	return span_is(span, SPAN_FOUND) ? 0 : seg->base + span->born;
}

/*
 * Had the node that page when the row began?  Where anything about the node has changed since, what it was
 * before may lie behind a seam: then nothing is claimed.
 */
static bool had_page(const struct builder *b, uint32_t node, uint32_t row)
{
	return event_of_birth(b->seg, TABLE_NODE, node) <= event_of_birth(b->seg, TABLE_MAPPING, row);
}

void build_sweeps_judge(struct builder *b)
{
	struct exclusion less = { .known_by = b->seg->base + b->now, .kinds = kinds_of_list(ALL_NODES) };
	uint32_t nr = nr_spans(b->seg, TABLE_MAPPING);
	bool all_told;

	if (!b->counts.vague_mappings)
		return;
	/* Then a node that the dump finds was there all the time. */
	all_told = !b->loss_now || !lost_between(b->h, 0, less.known_by, less);
	ksm_pages_collect(b);
	for (uint32_t id = 0; id < nr && !b->error; id++) {
		const struct mapping_data *data = data_at(b->seg, TABLE_MAPPING, id);
		const struct span *span = span_at(b->seg, TABLE_MAPPING, id);
		const struct ksm_page *page;

		if (span->died != ALIVE || !data->maybe)
			continue;
		page = find_page(b, data->pfn);
		if (!page)
			mapping_end(b, id, 0);
		else if (all_told && data->mapcount > 1 && had_page(b, page->node, id))
			mapping_is_ksm(b, id);
	}
}

/* ---- the pages ---- */

/* Was that address looked at?  Asked in ascending order. */
static bool looked_at(struct sweep *sweep, uint64_t addr)
{
	if (sweep->complete)
		return true;
	while (sweep->range_is_there && addr >= sweep->range.end)
		sweep->range_is_there = sample_next_range(&sweep->ranges, &sweep->range) == 1;
	return sweep->range_is_there && addr >= sweep->range.start;
}

static void see(struct builder *b, uint32_t span)
{
	if (span < b->mappings.nr)
		((struct mapping_live *)pool_at(&b->mappings, span))->sweep = b->nr_sweeps;
}

static void page_seen(struct sweep *sweep, const struct sample_page *page)
{
	uint32_t owner = (uint32_t)sweep->process->tgid, span, end, flags = sweep->quiet ? 0 : SPAN_TENTATIVE;
	struct mapping_data data = { .pfn = page->pfn, .mapcount = page->mapcount, .mm = sweep->process->mm,
				     .evidence = EVIDENCE_DUMPED };
	const struct mapping_data *old;
	struct builder *b = sweep->b;
	enum verdict verdict = verdict_of(sweep, page);

	if (verdict == NO_KSM_PAGE)
		return;
	data.maybe = verdict == MAYBE_KSM_PAGE;
	span = mapping_alive(b, owner, page->addr);
	if (span != NO_ID) {
		old = data_at(b->seg, TABLE_MAPPING, span);
		if (old->pfn == data.pfn && old->mapcount == data.mapcount &&
		    old->maybe == data.maybe && old->evidence == EVIDENCE_DUMPED) {
			see(b, span);
			return;
		}
		/* What was inferred held until now. */
		end = old->pfn == data.pfn && old->evidence != EVIDENCE_DUMPED && !data.maybe ? SPAN_NAMED_END : 0;
		if (old->pfn == data.pfn && old->maybe == data.maybe) {
			see(b, mapping_goes_on(b, span, &data, end, flags));
			return;
		}
		mapping_end(b, span, end);
	}
	span = mapping_make(b, owner, page->addr, &data, flags);
	see(b, span);
}

struct left { uint64_t addr; uint32_t span; };

static int by_address(const void *a, const void *b)
{
	const struct left *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The rows that the sweep did not see; the dead ones leave the process's chain. */
static struct left *not_seen(struct sweep *sweep, uint32_t *ret_nr)
{
	struct builder *b = sweep->b;
	uint32_t at = sweep->process->mappings.newest, last = NO_ID, nr = 0, room = 0, id;
	struct left *left = NULL;

	*ret_nr = 0;
	while ((id = mapping_next(b, &at)) != NO_ID) {
		if (last == NO_ID)
			sweep->process->mappings.newest = id;
		else
			((struct mapping_live *)pool_at(&b->mappings, last))->older = id;
		last = id;
		if (((struct mapping_live *)pool_at(&b->mappings, id))->sweep == b->nr_sweeps)
			continue;
		if (ARRAY_ROOM(left, nr, room) != 0) {
			build_fail(b, -ENOMEM);
			break;
		}
		left[nr++] = (struct left){ span_addr(span_at(b->seg, TABLE_MAPPING, id)), id };
	}
	if (last == NO_ID)
		sweep->process->mappings.newest = NO_ID;
	else
		((struct mapping_live *)pool_at(&b->mappings, last))->older = at;
	if (nr)
		qsort(left, nr, sizeof(*left), by_address);
	*ret_nr = nr;
	return left;
}

static void end_not_seen(struct sweep *sweep)
{
	uint32_t nr;
	struct left *left = not_seen(sweep, &nr);

	for (uint32_t i = 0; i < nr; i++)
		if (looked_at(sweep, left[i].addr))
			mapping_end(sweep->b, left[i].span, 0);
	free(left);
}

void build_sweep(struct builder *b, const struct sample *sample)
{
	struct process *process;
	struct sweep sweep = { .b = b, .ranges = SAMPLE_ITER(sample),
			       .complete = sample_is_complete(sample), .quiet = true };
	struct sample_iter iter = SAMPLE_ITER(sample);
	struct sample_page page;
	uint64_t last = 0;
	bool any = false;
	int more;

	if (sample->tgid <= 0 || (uint32_t)sample->tgid >= MAPPING_OF_MM)
		return;
	process = sweep.process = build_process(b, sample->tgid);
	if (!process)
		return;
	if (process->mm != NO_ID)
		sweep.quiet = b->mms[process->mm].changed_ns < sample->begin_ns;
	else
		sweep.quiet = b->changed_ns < sample->begin_ns;
	sweep.range_is_there = sample_next_range(&sweep.ranges, &sweep.range) == 1;
	b->nr_sweeps++;
	judge_nodes(&sweep);
	count_pages(&sweep, sample);
	build_changes(b);
	while ((more = sample_next_page(&iter, &page)) == 1) {
		if (any && page.addr <= last)
			continue;
		any = true;
		last = page.addr;
		page_seen(&sweep, &page);
	}
	/* Damaged: nothing has gone for that reason. */
	if (more < 0)
		return;
	end_not_seen(&sweep);
	if (sweep.complete && sweep.quiet)
		build_confirm(b, &b->seg->confirm_maps, (uint32_t)sample->tgid);
}
