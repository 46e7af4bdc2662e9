/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * idmap.h - from an address or pfn to a 32-bit id, as fast as memory allows.
 *
 * Open addressing, eight bytes a slot: the upper 32 bits of the key's hash and the id + 1.  The slot's
 * place comes from the top of the same 32 bits, so growing is one sequential pass that needs no
 * keys.  A hash is not a key: the caller compares the id's own key, which it is about to touch
 * anyway; a miss almost never touches another line.  idmap_prefetch() some events ahead hides the
 * one miss that is left.
 *
 * Nothing is ever removed: an id that is set again replaces the old one.  The builder forgets
 * dead objects by starting a new map when it starts a segment.
 */
#ifndef KSMTOP_IDMAP_H
#define KSMTOP_IDMAP_H

#include <stdbool.h>
#include <stdint.h>

/* Asked for every event or row: worth its size, whatever the compiler thinks. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

struct idmap {
	uint64_t *slots;	/* hash << 32 | id + 1, 0: empty */
	uint32_t order;		/* log2 of the slots, 0: none yet */
	uint32_t nr;
};

typedef bool (*idmap_equal_fn)(const void *arg, uint32_t id, uint64_t key);

void idmap_fini(struct idmap *map);
/* Makes room for `nr` more: 0 or -ENOMEM. */
int idmap_reserve(struct idmap *map, uint32_t nr);

static inline uint32_t idmap_hash(uint64_t key)
{
	key ^= key >> 29;
	key *= 0x9e3779b97f4a7c15u;
	key ^= key >> 32;
	key *= 0xd6e8feb86659fd93u;
	return (uint32_t)(key >> 32);
}

static inline uint64_t idmap_home(const struct idmap *map, uint32_t hash)
{
	return hash >> (32 - map->order);
}

/* The slot of the key, or the empty one where it belongs.  There must be a free slot (reserve). */
ALWAYS_INLINE uint64_t *idmap_slot(const struct idmap *map, uint32_t hash, uint64_t key,
				   idmap_equal_fn equal, const void *arg)
{
	uint64_t mask = (1ull << map->order) - 1;

	for (uint64_t i = idmap_home(map, hash);; i = (i + 1) & mask) {
		uint64_t *slot = &map->slots[i];

		if (!*slot || ((uint32_t)(*slot >> 32) == hash &&
			       equal(arg, (uint32_t)*slot - 1, key)))
			return slot;
	}
}

static inline uint32_t idmap_slot_id(const uint64_t *slot)
{
	return (uint32_t)*slot - 1;	/* empty: UINT32_MAX */
}

static inline void idmap_set(struct idmap *map, uint64_t *slot, uint32_t hash, uint32_t id)
{
	map->nr += !*slot;
	*slot = (uint64_t)hash << 32 | (id + 1);
}

#endif /* KSMTOP_IDMAP_H */
