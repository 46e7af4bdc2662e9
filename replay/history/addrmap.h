/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * addrmap.h - from an address or pfn to a 32-bit id, where neighbours are asked for together.
 *
 * Objects of one kind come from slabs and lie at equal distances, pages of a process at consecutive
 * pfns, and ksmd goes through them in that order.  So keys are taken in groups that are usual
 * neighbours, and the ids of a group lie in one line: sixteen to a cache line, the next look-ups find
 * them there.  The directory says where a group's line is: open addressing, 16 bytes a group and a load
 * of at most five eighths: most pages are asked for and not there, which at three quarters is nine probes.
 *
 * `bits` is the log2 of a group's keys.  The larger, the fewer groups, so that the directory stays in
 * the CPU's cache; but a key that has no neighbours costs a whole line.  With 6, a slab page of
 * rmap_items, that is 5 bytes a key in a dense map and 300 at worst; with 4, for whatever lies
 * scattered, 6 and 107; with 2, for pages, 12 and 57.
 *
 * `spread` is the log2 of the distance of neighbours' keys: 3 for objects of 64 bytes whose keys are
 * address >> 3 (rmap_items and stable nodes), 0 for pfns.  Both decide about locality only: any keys
 * may be in the map, other distances share lines among fewer.
 *
 * Exact: the id found is that key's, nothing is left to compare.  Nothing is ever removed; see idmap.h,
 * which is for what has no single number as its key.
 */
#ifndef KSMTOP_ADDRMAP_H
#define KSMTOP_ADDRMAP_H

#include <errno.h>

#include "event/pool.h"
#include "history/idmap.h"

struct addr_group { uint64_t key; uint32_t line, pad; };	/* line 0: empty */

struct addrmap {
	struct addr_group *groups;
	struct pool lines;		/* uint32_t[1 << bits]: id + 1, 0: none; the first line is not used */
	uint64_t last_key;		/* the group that was asked for last, and where it is */
	uint32_t last_line;		/* 0: nothing asked yet */
	uint32_t turn_place;		/* of turn_key, whose turn it is; 0: nobody's */
	uint64_t turn_key;
	uint32_t order;			/* log2 of the groups there is room for, 0: none yet */
	uint32_t nr;
	uint8_t spread, bits;
};

/* A key that will be asked for, and the place that was found for it (0: not yet, or none). */
struct addr_spot { uint64_t key, group; uint32_t hash, place, within, pad; };

void addrmap_init(struct addrmap *map, uint8_t spread, uint8_t bits);
void addrmap_fini(struct addrmap *map);
/* The group's line, made if it has none; 0 without memory.  Holds as long as the map. */
uint32_t addrmap_make_line(struct addrmap *map, uint64_t group, uint32_t hash);

static inline uint64_t addr_group(uint64_t key, unsigned spread, unsigned bits)
{
	return key >> (spread + bits) << spread | (key & ((1u << spread) - 1));
}

static inline uint32_t addr_within(uint64_t key, unsigned spread, unsigned bits)
{
	return (uint32_t)(key >> spread) & ((1u << bits) - 1);
}

static inline uint64_t addrmap_group(const struct addrmap *map, uint64_t key)
{
	return addr_group(key, map->spread, map->bits);
}

static inline uint32_t addrmap_within(const struct addrmap *map, uint64_t key)
{
	return addr_within(key, map->spread, map->bits);
}

/* Of a group: one multiplication spreads neighbours well, and there is nobody to hide from. */
static inline uint32_t addrmap_hash(uint64_t group)
{
	return (uint32_t)((group * 0x9e3779b97f4a7c15u) >> 32);
}

/* Where in the directory the search for a group with that hash begins; the map has an order. */
static inline uint32_t addrmap_home(const struct addrmap *map, uint32_t hash)
{
	return hash >> (32 - map->order);
}

/* The group's line, 0: there is none. */
static inline uint32_t addrmap_line(const struct addrmap *map, uint64_t group, uint32_t hash)
{
	uint32_t mask = (1u << map->order) - 1;

	if (!map->order)
		return 0;
	for (uint32_t i = addrmap_home(map, hash);; i = (i + 1) & mask)
		if (!map->groups[i].line || map->groups[i].key == group)
			return map->groups[i].line;
}

static inline uint32_t *addrmap_at(const struct addrmap *map, uint32_t place)
{
	return (uint32_t *)map->lines.data + place;
}

/* Makes the group the one that was asked for last; false: nothing is known of it. */
static inline bool addrmap_search(struct addrmap *map, uint64_t group)
{
	uint32_t line;

	if (map->last_line && map->last_key == group)
		return true;
	line = addrmap_line(map, group, addrmap_hash(group));
	if (!line)
		return false;
	map->last_key = group;
	map->last_line = line;
	return true;
}

/* The key's id, UINT32_MAX: none. */
static inline uint32_t addrmap_find(struct addrmap *map, uint64_t key)
{
	if (map->turn_place && map->turn_key == key)
		return *addrmap_at(map, map->turn_place) - 1;
	if (!addrmap_search(map, addrmap_group(map, key)))
		return UINT32_MAX;
	return *addrmap_at(map, (map->last_line << map->bits) + addrmap_within(map, key)) - 1;
}

/* 0 or -ENOMEM. */
static inline int addrmap_set(struct addrmap *map, uint64_t key, uint32_t id)
{
	uint64_t group;

	if (map->turn_place && map->turn_key == key) {
		*addrmap_at(map, map->turn_place) = id + 1;
		return 0;
	}
	group = addrmap_group(map, key);
	if ((!map->last_line || map->last_key != group) &&
	    !addrmap_make_line(map, group, addrmap_hash(group)))
		return -ENOMEM;
	*addrmap_at(map, (map->last_line << map->bits) + addrmap_within(map, key)) = id + 1;
	return 0;
}

/*
 * ---- asking ahead, in three steps with time between them ----
 * The directory's line is fetched; the ids' line is found (or made) and fetched; and when the key's turn has
 * come, the map is told, so that finding and setting it search for nothing.  `spread` and `bits` are the
 * map's, as constants where the caller has them.
 */
static inline void addrmap_ask(const struct addrmap *map, struct addr_spot *spot, uint64_t key,
			       unsigned spread, unsigned bits)
{
	uint64_t group = addr_group(key, spread, bits);

	*spot = (struct addr_spot){ .key = key, .group = group, .hash = addrmap_hash(group),
				    .within = addr_within(key, spread, bits) };
	if (map->order)
		__builtin_prefetch(&map->groups[addrmap_home(map, spot->hash)]);
}

static inline void addrmap_locate(struct addrmap *map, struct addr_spot *spot, bool make)
{
	uint32_t line = addrmap_line(map, spot->group, spot->hash);

	if (!line && make)
		line = addrmap_make_line(map, spot->group, spot->hash);
	spot->place = line ? (line << map->bits) + spot->within : 0;
	if (line)
		__builtin_prefetch(addrmap_at(map, spot->place), 1);
}

/* The id that is there now, UINT32_MAX: none. */
static inline uint32_t addrmap_id_there(const struct addrmap *map, const struct addr_spot *spot)
{
	return spot->place ? *addrmap_at(map, spot->place) - 1 : UINT32_MAX;
}

static inline void addrmap_turn_to_spot(struct addrmap *map, const struct addr_spot *spot)
{
	map->turn_key = spot->key;
	map->turn_place = spot->place;
}

#endif /* KSMTOP_ADDRMAP_H */
