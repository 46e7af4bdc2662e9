// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_sweep.c - what a sweep through /proc/PID/pagemap says about mappings.
 *
 * A page that a sweep saw is mapped from now on.  One that it looked for and did not see has gone,
 * at an unknown time before.  A sweep took time: only if nothing of the process changed meanwhile does
 * it confirm, else what it saw is tentative.
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
};

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
	uint32_t owner = (uint32_t)sweep->process->tgid, span;
	struct mapping_data data = { .pfn = page->pfn, .mapcount = page->mapcount, .mm = sweep->process->mm,
				     .evidence = EVIDENCE_DUMPED };
	const struct mapping_data *old;
	struct builder *b = sweep->b;

	span = mapping_alive(b, owner, page->addr);
	if (span != NO_ID) {
		old = data_at(b->seg, TABLE_MAPPING, span);
		if (old->pfn == data.pfn && old->mapcount == data.mapcount &&
		    old->evidence == EVIDENCE_DUMPED) {
			see(b, span);
			return;
		}
		/* What was inferred held until now. */
		mapping_end(b, span, old->pfn == data.pfn && old->evidence != EVIDENCE_DUMPED ?
			    SPAN_NAMED_END : 0);
	}
	span = mapping_make(b, owner, page->addr, &data, sweep->quiet ? 0 : SPAN_TENTATIVE);
	if (span != NO_ID)
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
		if (nr == room) {
			struct left *more = realloc(left, (room ? room * 2 : 64) * sizeof(*left));

			if (!more) {
				build_fail(b, -ENOMEM);
				break;
			}
			left = more;
			room = room ? room * 2 : 64;
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
