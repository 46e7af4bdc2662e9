// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapped_count.c - the best that is known of a KSM page's mapcount.
 *
 * Two speak of it: events of walks and recoveries (traced_ptes.c), and samples of /proc/kpagecount, which stand in
 * the mapping rows.  The newer one is taken.
 *
 * Either is a fact of its own event only, for copy on write and munmap() lower a mapcount untraced.  It is one of a later
 * moment as well where something shows that nothing happened in between; what that takes differs for the two.
 */
#include "explain/mapped.h"
#include "explain/traced_ptes.h"

#define TOUCHES_LOOK 64u

/* Did anything happen to the node from a to b?  That a dump told of it is nothing. */
static bool was_touched(const struct history *h, struct ref node, uint64_t a, uint64_t b)
{
	for (uint32_t i = 0; i < TOUCHES_LOOK; i++) {
		a = history_touch(h, node, a, 1);
		if (!a || a > b)
			return false;
		if (!history_tells(h, a))
			return true;
	}
	return true;
}

/* A sample's count is of its own event. */
static void count_sampled(const struct history *h, struct ref node, struct moment when,
			  struct mapped_count *count)
{
	struct history_cursor cursor;
	union row row, then;

	if (history_list(h, MAPPINGS_OF_NODE, node, when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) > 0) {
		if (!row.mapping.mapcount || row.fact.doubt || (int64_t)row.mapping.mapcount <= count->mapcount)
			continue;
		*count = (struct mapped_count){ row.mapping.mapcount, row.fact.confirmed, EVIDENCE_DUMPED };
		if (history_row(h, row.mapping.ref, moment_at(when.t), &then) == 0)
			count->event = then.fact.confirmed;
	}
}

void mapped_count(const struct episode_source *source, struct ref node, struct moment when,
		  struct mapped_count *ret)
{
	struct mapped_count sampled = { .mapcount = -1 }, traced;

	count_sampled(source->history, node, when, &sampled);
	traced_count(source, node, when, &traced);
	*ret = traced.evidence && traced.event >= sampled.event ? traced : sampled;
	/* Its row is certain still; where nothing happened to the page since either, it is so now. */
	if (ret->evidence == EVIDENCE_DUMPED && !was_touched(source->history, node, ret->event, when.t))
		ret->event = when.t;
}

int64_t mapped_count_then(const struct mapped_count *count, struct moment when)
{
	return count->evidence && count->event == when.t ? count->mapcount : -1;
}
