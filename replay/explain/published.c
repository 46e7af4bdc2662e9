// SPDX-License-Identifier: GPL-2.0-only
/*
 * published.c - what the posted patch was measured to take.
 *
 * Two points and a straight line.  Below the smaller size the line would end above zero, so there
 * the time is in proportion; 128 bits, because the number of nodes comes from a recording.
 *
 * A dup that points to its chain needs no search; then the posted one is asked what it would have gone through.
 */
#include "explain/published.h"

#define SMALL_NODES 17161u
#define SMALL_NS    900000u
#define LARGE_NODES 1310721u
#define LARGE_NS    28800000u
#define WORTH_A_WORD 1000u

uint64_t published_search_ns(uint64_t nr_nodes)
{
	unsigned __int128 ns;

	if (nr_nodes <= SMALL_NODES)
		return nr_nodes * SMALL_NS / SMALL_NODES;
	ns = (unsigned __int128)(nr_nodes - SMALL_NODES) * (LARGE_NS - SMALL_NS) /
	     (LARGE_NODES - SMALL_NODES) + SMALL_NS;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

uint64_t published_search_nodes(const struct history *h, uint64_t visited, struct moment front)
{
	uint64_t nr = visited;

	if (visited == 1 && history_count(h, ALL_NODES, (struct ref){ 0 }, front, &nr, NULL) != 0)
		return 0;
	return nr >= WORTH_A_WORD ? nr : 0;
}
