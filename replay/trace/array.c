// SPDX-License-Identifier: GPL-2.0-only
/*
 * array.c - see array.h.
 *
 * The address of a pointer of any type comes as void *, and the pointer is copied as bytes: pointers to
 * different types have the same size here, but must not be read as one another.
 *
 * Room doubles, so that adding costs O(1) amortised; 2^31 elements are the most.
 */
#include "trace/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_room(void *array, uint32_t nr, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 32;
	void *data;

	if (nr < *room)
		return 0;
	if (*room > UINT32_MAX / 2 || more > SIZE_MAX / size)
		return -ENOMEM;
	memcpy(&data, array, sizeof(data));
	data = realloc(data, more * size);
	if (!data)
		return -ENOMEM;
	memcpy(array, &data, sizeof(data));
	*room = more;
	return 0;
}
