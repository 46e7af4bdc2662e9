// SPDX-License-Identifier: GPL-2.0-only
/*
 * activity.c - how much of what happened between two events, and the few things worth jumping to.
 *
 * Every event has one activity in four bits; before each thousand events there are the sums of all
 * before.  A stretch of the time line is then two look-ups and at most two thousand nibbles.
 *
 * Notables, losses and scans are few and sorted by event; they are kept whole, with absolute
 * event numbers, for all segments together.
 */
#include "history/tables.h"

/* Sums over the first t events of a segment. */
static void sums_upto(const struct segment *seg, uint32_t t, uint64_t sums[NR_ACTIVITIES])
{
	const uint8_t *nibbles = seg->activity.data;
	uint32_t from = 0;

	memset(sums, 0, NR_ACTIVITIES * sizeof(*sums));
	if (!t)
		return;
	if (seg->activity_sums.nr) {
		uint64_t block = (t - 1) / ACTIVITY_BLOCK;
		const uint32_t *before;

		block = block < seg->activity_sums.nr ? block : seg->activity_sums.nr - 1;
		before = pool_at(&seg->activity_sums, block);
		for (unsigned i = 0; i < NR_ACTIVITIES; i++)
			sums[i] = before[i];
		from = (uint32_t)block * ACTIVITY_BLOCK;
	}
	for (uint32_t i = from; i < t; i++) {
		unsigned activity = nibbles[i / 2] >> (i % 2 * 4) & 15;

		sums[activity && activity != ACTIVITY_TOLD ? activity - 1 : ACTIVITY_OTHER]++;
	}
}

bool event_tells(const struct segment *seg, uint32_t t)
{
	const uint8_t *nibbles = seg->activity.data;

	return t && t <= seg->last && (nibbles[(t - 1) / 2] >> ((t - 1) % 2 * 4) & 15) == ACTIVITY_TOLD;
}

void history_activity(const struct history *h, uint64_t a, uint64_t b, uint64_t ret_nr[NR_ACTIVITIES])
{
	memset(ret_nr, 0, NR_ACTIVITIES * sizeof(*ret_nr));
	for (uint32_t s = 0; s < h->nr_segments; s++) {
		const struct segment *seg = h->segments[s];
		uint64_t lo = a > seg->base ? a - seg->base : 0, hi = b > seg->base ? b - seg->base : 0;
		uint64_t before[NR_ACTIVITIES], upto[NR_ACTIVITIES];

		hi = hi < seg->last ? hi : seg->last;
		if (lo >= hi)
			continue;
		sums_upto(seg, (uint32_t)lo, before);
		sums_upto(seg, (uint32_t)hi, upto);
		for (unsigned i = 0; i < NR_ACTIVITIES; i++)
			ret_nr[i] += upto[i] - before[i];
	}
}

/* ---- notables ---- */
uint32_t history_nr_notables(const struct history *h)
{
	return (uint32_t)h->notables.nr;
}

int history_notable(const struct history *h, uint32_t i, struct notable *ret)
{
	if (i >= h->notables.nr)
		return -ENOENT;
	*ret = *(struct notable *)pool_at(&h->notables, i);
	/* The dump did not know yet of a gap that still lasted: see check.c. */
	if (ret->kind == NOTABLE_FINDING && in_gap(h, ret->event))
		ret->severity = 1;
	return 0;
}

/* How many notables are at or before t. */
static uint64_t notables_upto(const struct history *h, uint64_t t)
{
	return BISECT(0, h->notables.nr, i, ((struct notable *)pool_at(&h->notables, i))->event <= t);
}

int history_notable_near(const struct history *h, uint64_t t, int dir, uint8_t severity)
{
	uint64_t i = notables_upto(h, dir > 0 ? t : t ? t - 1 : 0);

	if (dir < 0 && !t)
		return -ENOENT;
	if (dir > 0) {
		for (; i < h->notables.nr; i++)
			if (((struct notable *)pool_at(&h->notables, i))->severity >= severity)
				return (int)i;
	} else {
		for (; i > 0; i--)
			if (((struct notable *)pool_at(&h->notables, i - 1))->severity >= severity)
				return (int)(i - 1);
	}
	return -ENOENT;
}

/* ---- scans ---- */
/*
 * Scans follow each other, so their ends grow.  Of one whose begin was not seen the begin lies before it was
 * known: the ones beside are looked at, too.
 */
uint64_t history_scan_step(const struct history *h, uint64_t t, int dir)
{
	const struct episode *last;
	uint64_t nr = episodes_known(h, EPISODE_SCAN, t, &last), best = 0;

	for (uint64_t i = nr > 2 ? nr - 2 : 0; i < h->kinds[EPISODE_SCAN].nr && i < nr + 2; i++) {
		const struct episode *episode = pool_at(&h->episodes, *(uint32_t *)
							pool_at(&h->kinds[EPISODE_SCAN], i));
		uint64_t ends[2] = { episode->first, episode->last };

		for (unsigned e = 0; e < 2; e++) {
			if (!ends[e])
				continue;
			if (dir > 0 && ends[e] > t && (!best || ends[e] < best))
				best = ends[e];
			if (dir < 0 && ends[e] < t && ends[e] > best)
				best = ends[e];
		}
	}
	return best;
}
