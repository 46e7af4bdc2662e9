/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * array.h - arrays that grow at their end, and looking something up in sorted ones.
 *
 * An array is a pointer, the number of its elements and the number that there is room for, all three the
 * caller's: where it lives for long, in a struct.  Large tables that may lie in a file are struct pool
 * (event/pool.h).
 */
#ifndef KSMTOP_ARRAY_H
#define KSMTOP_ARRAY_H

#include <stddef.h>
#include <stdint.h>

/* Room for one more behind the first `nr` elements: 0, or -ENOMEM, and the array is as it was. */
#define ARRAY_ROOM(array, nr, room) array_room(&(array), (nr), &(room), sizeof(*(array)))
int array_room(void *array, uint32_t nr, uint32_t *room, size_t size);

/*
 * The first `i` of lo ... hi - 1 for which the expression `before` is false; hi if there is none.  It is
 * true of none behind that one.  O(log n).
 */
#define BISECT(lo, hi, i, before) __extension__ ({					\
	uint64_t lo_ = (lo), hi_ = (hi);						\
											\
	while (lo_ < hi_) {								\
		const uint64_t i = lo_ + (hi_ - lo_) / 2;				\
											\
		if (before)								\
			lo_ = i + 1;							\
		else									\
			hi_ = i;							\
	}										\
	lo_;										\
})

#endif /* KSMTOP_ARRAY_H */
