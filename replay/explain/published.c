// SPDX-License-Identifier: GPL-2.0-only
/*
 * published.c - what the posted patch was measured to take.
 *
 * Two points and a straight line.  Below the smaller size the line would end above zero, so there
 * the time is in proportion; 128 bits, because the number of nodes comes from a recording.
 *
 * Whether a recovery searched at all, and over how many nodes, is not known here.
 */
#include "explain/published.h"

#define SMALL_NODES 17161u
#define SMALL_NS    900000u
#define LARGE_NODES 1310721u
#define LARGE_NS    28800000u

uint64_t published_search_ns(uint64_t nr_nodes)
{
	unsigned __int128 ns;

	if (nr_nodes <= SMALL_NODES)
		return nr_nodes * SMALL_NS / SMALL_NODES;
	ns = (unsigned __int128)(nr_nodes - SMALL_NODES) * (LARGE_NS - SMALL_NS) /
	     (LARGE_NODES - SMALL_NODES) + SMALL_NS;
	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}
