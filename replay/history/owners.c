// SPDX-License-Identifier: GPL-2.0-only
/*
 * owners.c - how many mappings a process has at a moment, without going through them.
 *
 * Every picture with a table of processes asks that of each of them, and a process can have millions.
 * A log for each would cost as much as the rows.  Instead all owners are counted together, in rounds:
 * when enough mappings have changed, how many each owner has is written down, none for those that have
 * none.  The number at t is that of the last round, plus the owner's births and less its deaths
 * between: a few thousand rows, which lie side by side.
 *
 * A round says how it was before the event at whose first change it is written, so it is whole.  The
 * more owners, the rarer a round: some bytes a change.
 *
 * Only what was known at t is in a round; what an observer found later is looked at one by one.
 */
#include "history/build_patched.h"

#define ROUND_CHANGES 2048u

/* ---- writing ---- */
static void write_one(struct builder *b, uint32_t owner, uint32_t nr)
{
	struct map_count *count = pool_grow(&b->seg->map_counts, 1);

	if (count)
		*count = (struct map_count){ .event = b->now - 1, .owner = owner, .nr = nr };
	else
		build_fail(b, -ENOMEM);
}

static void write_round(struct builder *b)
{
	write_one(b, NO_ID, 0);
	for (uint32_t i = 0; i < b->nr_processes; i++)
		if (b->processes[i].mappings.nr)
			write_one(b, (uint32_t)b->processes[i].tgid, b->processes[i].mappings.nr);
	for (uint32_t mm = 0; mm < nr_spans(b->seg, TABLE_MM); mm++)
		if (b->mms[mm].mappings.nr)
			write_one(b, MAPPING_OF_MM + mm, b->mms[mm].mappings.nr);
	b->mapping_changes = 0;
}

void owners_change(struct builder *b)
{
	uint32_t owners = b->nr_processes + nr_spans(b->seg, TABLE_MM);

	if (b->mapping_event != b->now) {
		/* Event 0 stands for no round. */
		if (b->now > 1 && b->mapping_changes / 4 >= ROUND_CHANGES / 4 + owners)
			write_round(b);
		b->mapping_event = b->now;
	}
	b->mapping_changes++;
}

/* ---- asking ---- */
/* As the last round by t has it. */
static struct map_count count_before(const struct place *place, uint32_t owner)
{
	const struct pool *counts = &place->seg->map_counts;
	const struct map_count *count;

	for (uint64_t i = pool_events_upto(counts, place->t); i > 0; i--) {
		count = pool_at(counts, i - 1);
		if (count->owner == owner || count->owner == NO_ID)
			return *count;
	}
	return (struct map_count){ .event = 0 };
}

/* What an observer knows of that was found only after t. */
static uint32_t found_later(const struct place *place, uint32_t owner)
{
	const struct pool *found = &place->seg->tables[TABLE_MAPPING].found;
	uint32_t nr = 0;

	for (uint64_t i = found->nr; i > 0; i--) {
		const struct span *span = span_at(place->seg, TABLE_MAPPING,
						  *(uint32_t *)pool_at(found, i - 1));

		if (span->born <= place->t)
			break;
		nr += span_owner(span) == owner &&
		      span_holds(place->seg, TABLE_MAPPING, span, place->t, place->known);
	}
	return nr;
}

uint64_t mappings_of(const struct place *place, uint32_t owner)
{
	const struct segment *seg = place->seg;
	const struct pool *deaths = &seg->tables[TABLE_MAPPING].deaths;
	struct map_count count = count_before(place, owner);
	uint64_t to = spans_known_upto(seg, TABLE_MAPPING, place->t);

	for (uint64_t i = count.event ? spans_known_upto(seg, TABLE_MAPPING, count.event) : 0; i < to; i++)
		count.nr += span_owner(span_at(seg, TABLE_MAPPING, (uint32_t)i)) == owner;
	to = deaths_upto(seg, TABLE_MAPPING, place->t);
	for (uint64_t i = count.event ? deaths_upto(seg, TABLE_MAPPING, count.event) : 0; i < to; i++)
		count.nr -= span_owner(span_at(seg, TABLE_MAPPING,
					       *(uint32_t *)pool_at(deaths, i))) == owner;
	return place->known > place->t ? count.nr + found_later(place, owner) : count.nr;
}
