// SPDX-License-Identifier: GPL-2.0-only
/*
 * addrmap.c - growing the map from addresses to ids.
 *
 * Lines are only ever added, at the end of a pool, so a place stays what it is.  What grows and is
 * laid out anew is the directory, a fraction of what is in the map.  A group's place in it comes
 * from the top of its hash, so that growing reads and writes memory in order.
 *
 * Places are 32 bits, which is more than any table has rows; groups that lie scattered use them up
 * sooner, but take gigabytes then, and beyond it there is "no memory".  It does not delete; see
 * addrmap.h.
 */
#include "history/addrmap.h"

#include <sys/mman.h>


static uint64_t bytes_of(uint32_t order)
{
	return order ? sizeof(struct addr_group) << order : 0;
}

void addrmap_init(struct addrmap *map, uint8_t spread, uint8_t bits)
{
	*map = (struct addrmap){ .spread = spread, .bits = bits };
	pool_init(&map->lines, sizeof(uint32_t), NULL);
	pool_looked_up(&map->lines);
}

void addrmap_fini(struct addrmap *map)
{
	if (map->order)
		munmap(map->groups, bytes_of(map->order));
	pool_fini(&map->lines);
	addrmap_init(map, map->spread, map->bits);
}

/* Where the group is, or the free slot where it belongs. */
static struct addr_group *slot_of(const struct addrmap *map, uint64_t group, uint32_t hash)
{
	uint32_t mask = (1u << map->order) - 1, i = addrmap_home(map, hash);

	while (map->groups[i].line && map->groups[i].key != group)
		i = (i + 1) & mask;
	return &map->groups[i];
}

static int grow(struct addrmap *map)
{
	struct addrmap bigger = *map;
	uint32_t nr = map->order ? 1u << map->order : 0;

	bigger.order = map->order ? map->order + 1 : 6;
	if (bigger.order > 32u - map->bits)	/* with five eighths used, all places have a number */
		return -ENOMEM;
	bigger.groups = mmap(NULL, bytes_of(bigger.order), PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bigger.groups == MAP_FAILED)
		return -ENOMEM;
	/* Every look-up is a TLB miss otherwise, which no prefetch hides. */
	madvise(bigger.groups, bytes_of(bigger.order), MADV_HUGEPAGE);
	for (uint32_t i = 0; i < nr; i++)
		if (map->groups[i].line)
			*slot_of(&bigger, map->groups[i].key, addrmap_hash(map->groups[i].key)) = map->groups[i];
	if (nr)
		munmap(map->groups, bytes_of(map->order));
	*map = bigger;
	return 0;
}

uint32_t addrmap_make_line(struct addrmap *map, uint64_t group, uint32_t hash)
{
	struct addr_group *slot = map->order ? slot_of(map, group, hash) : NULL;
	uint64_t nr;

	if (!slot || !slot->line) {
		if (!map->order || map->nr >= 5u << (map->order - 3)) {
			if (grow(map) != 0)
				return 0;
			slot = slot_of(map, group, hash);
		}
		nr = (map->lines.nr ? UINT64_C(1) : 2) << map->bits;
		if (map->lines.nr + nr <= map->lines.nr_room)
			map->lines.nr += nr;
		else if (!pool_grow(&map->lines, nr))
			return 0;
		map->nr++;
		*slot = (struct addr_group){ group, (uint32_t)(map->lines.nr >> map->bits) - 1, 0 };
	}
	map->last_key = group;
	map->last_line = slot->line;
	return slot->line;
}
