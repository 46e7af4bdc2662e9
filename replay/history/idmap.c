// SPDX-License-Identifier: GPL-2.0-only
/*
 * idmap.c - growing the map from addresses to ids.
 *
 * A slot's place is the top of its hash, so all slots of the smaller map that lie in one stretch
 * go to one stretch of the larger one: growing reads and writes memory in order.  The load stays
 * below one half: with 32 bits of hash in the slot a probe stays within a cache line then.
 *
 * It does not delete, and it does not know keys; see idmap.h.
 */
#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "history/idmap.h"

static uint64_t bytes_of(const struct idmap *map)
{
	return map->order ? sizeof(*map->slots) << map->order : 0;
}

void idmap_fini(struct idmap *map)
{
	if (map->order)
		munmap(map->slots, bytes_of(map));
	*map = (struct idmap){ 0 };
}

static void move_slots(const struct idmap *from, struct idmap *to)
{
	uint64_t mask = (1ull << to->order) - 1;

	for (uint64_t i = 0; from->order && i < 1ull << from->order; i++) {
		uint64_t j;

		if (!from->slots[i])
			continue;
		for (j = idmap_home(to, (uint32_t)(from->slots[i] >> 32)); to->slots[j];)
			j = (j + 1) & mask;
		to->slots[j] = from->slots[i];
	}
}

int idmap_reserve(struct idmap *map, uint32_t nr)
{
	struct idmap bigger = *map;
	uint64_t need = ((uint64_t)map->nr + nr) * 2;

	if (map->order && 1ull << map->order >= need)
		return 0;
	if (!bigger.order)
		bigger.order = 6;
	while (1ull << bigger.order < need)
		bigger.order++;
	if (bigger.order > 31)
		return -ENOMEM;
	bigger.slots = mmap(NULL, bytes_of(&bigger), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bigger.slots == MAP_FAILED)
		return -ENOMEM;
	/* Every look-up is a TLB miss otherwise, which no prefetch hides. */
	madvise(bigger.slots, bytes_of(&bigger), MADV_HUGEPAGE);
	move_slots(map, &bigger);
	if (map->order)
		munmap(map->slots, bytes_of(map));
	*map = bigger;
	return 0;
}
