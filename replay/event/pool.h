/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pool.h - a growable flat array that can live in a file.
 *
 * The tables of a recording (event index, span tables) are arrays of fixed-size elements linked by
 * 32-bit indices.  A pool is one such array.  It grows at its end, never shrinks but to a shorter
 * length, and holds no pointers, so its bytes can be written to a file and mapped again elsewhere.
 *
 * Where the bytes are.  Without a directory they are anonymous memory.  With one they are an
 * unlinked file in that directory, mapped shared: the kernel can write them out when memory is
 * short, so that a recording larger than memory still opens, and they do not count as anonymous
 * memory.  Every byte of the file is allocated before it is mapped: a full disk shows as an error
 * of the allocation, never as SIGBUS, and the pool then moves to anonymous memory by itself.
 * A pool that was mapped from a saved file is read-only: writing to it is a programming error.
 *
 * Pointers into a pool hold until the next call that can grow it (the array may move).  Elements
 * that pool_grow() adds are zero.  One thread at a time, or readers only.
 *
 * Errors: 0 or -ENOMEM (also when the array would exceed its limit); after a failure the pool is as it
 * was.  Cost: amortised O(1) an element; growing moves page tables, not bytes.
 */
#ifndef KSMTOP_POOL_H
#define KSMTOP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pool {
	void *data;		/* element 0; NULL while nothing is allocated */
	uint64_t nr;		/* elements in use */
	uint64_t nr_room;	/* elements for which there is room */
	uint32_t element_size;
	int fd;			/* the file behind it, or -1 */
	uint64_t bytes;		/* mapped, whole pages */
	uint64_t warm;		/* of them the first, asked for beforehand: warmer.c */
	bool read_only;		/* mapped by pool_map() */
	bool huge;		/* looked up all over: pool_looked_up() */
};

/*
 * Initializes an empty pool; allocates nothing but, with `dir` (may be NULL), the unlinked file.
 * If the file cannot be made the pool is anonymous: that is no error.
 */
void pool_init(struct pool *pool, uint32_t element_size, const char *dir);
/*
 * Elements will be looked up all over the pool, so that with small pages nearly each is a TLB miss: it gets huge
 * ones.  Not for what is written and read in order: huge pages that were not used lately can be dear to a
 * virtual machine (300 MB: 0.65 s, small ones 0.10 s; used just before, 0.03 s).
 */
static inline void pool_looked_up(struct pool *pool) { pool->huge = true; }
/* Frees it; a pool of all zeroes is fine. */
void pool_fini(struct pool *pool);

/* Room for `nr` elements in all. */
int pool_reserve(struct pool *pool, uint64_t nr);
/* Makes it `nr` elements long; new ones are zero. */
int pool_resize(struct pool *pool, uint64_t nr);
/* Adds `nr` zeroed elements: the first one's address, NULL without memory. */
void *pool_grow(struct pool *pool, uint64_t nr);

/*
 * The i-th element.  In a hot loop: pool_reserve() first, write the elements at nr, nr + 1 ... and
 * then raise `nr`; nothing may be left behind beyond `nr`.
 */
static inline void *pool_at(const struct pool *pool, uint64_t i)
{
	/* As a number: an empty pool has no data, and NULL + 0 is undefined. */
	return (void *)((uintptr_t)pool->data + i * pool->element_size);
}

/*
 * Saves the elements at `offset` of fd, which must be a multiple of POOL_ALIGN; *ret_end is the
 * next such offset behind them.  0 or -E of write().
 */
#define POOL_ALIGN 65536u
int pool_save(const struct pool *pool, int fd, uint64_t offset, uint64_t *ret_end);
/*
 * The reverse, mapping `nr` elements read-only without reading them: the caller has checked that
 * the range lies within the file.  -EINVAL where the numbers overflow or are not aligned.
 */
int pool_map(struct pool *pool, uint32_t element_size, int fd, uint64_t offset, uint64_t nr);

/* Bytes mapped, and how many of them are anonymous memory. */
void pool_memory(const struct pool *pool, uint64_t *ret_bytes, uint64_t *ret_anon_bytes);

#endif /* KSMTOP_POOL_H */
