// SPDX-License-Identifier: GPL-2.0-only
/*
 * nearest.c - names that are like a wrong one.
 *
 * The distance is Damerau's (adjacent letters swapped count once), over three rows of a table of
 * at most 64 x 64.  A name that contains the wrong one, or is contained in it, is near as well:
 * "page" means "pages_shared" more likely than "mage".
 *
 * What is close enough to be worth saying grows with the length: two letters of six, four of
 * twelve.
 */
#include "event/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LENGTH 64u

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int name_distance(const char *a, const char *b)
{
	unsigned int rows[3][LENGTH + 1], na = (unsigned int)strnlen(a, LENGTH - 1),
		     nb = (unsigned int)strnlen(b, LENGTH - 1);
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2], *spare;

	memset(rows, 0, sizeof(rows));
	for (unsigned int j = 0; j <= nb; j++)
		last[j] = j;
	for (unsigned int i = 1; i <= na; i++) {
		now[0] = i;
		for (unsigned int j = 1; j <= nb; j++) {
			now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
				       least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[nb];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	unsigned int distance = name_distance(nearest->wrong, name);
	size_t length = strlen(nearest->wrong);
	bool within = (length >= 3 && strstr(name, nearest->wrong)) ||
		      (strlen(name) >= 3 && strstr(nearest->wrong, name));
	uint32_t at;

	if (within)
		distance = least(distance, 2);
	else if (distance > 1 + length / 4 || distance >= length)
		return;
	for (at = 0; at < nearest->nr; at++)
		if (strcmp(nearest->names[at], name) == 0)
			return;
	for (at = nearest->nr; at > 0 && nearest->distances[at - 1] > distance; at--) {
		if (at == NEAREST_MAX)
			continue;
		nearest->names[at] = nearest->names[at - 1];
		nearest->distances[at] = nearest->distances[at - 1];
	}
	if (at == NEAREST_MAX)
		return;
	nearest->names[at] = name;
	nearest->distances[at] = distance;
	nearest->nr += nearest->nr < NEAREST_MAX;
}

const char *nearest_text(const struct nearest *nearest, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		buf[0] = 0;
	for (uint32_t i = 0; i < nearest->nr && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
					 i == 0 ? "" : i + 1 < nearest->nr ? ", " : " or ",
					 nearest->names[i]);
	return buf;
}
