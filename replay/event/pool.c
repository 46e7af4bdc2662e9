// SPDX-License-Identifier: GPL-2.0-only
/*
 * pool.c - see pool.h.
 *
 * The hard idea: growth must be cheap for arrays of hundreds of megabytes, and a full disk must
 * never become a SIGBUS.  So the array is always a mapping of its own, grown by mremap() (which
 * moves page tables, not bytes), and a file is fallocate'd before the mapping is allowed to cover
 * it.  If the disk refuses, the bytes so far are copied to anonymous memory once and the file is
 * given up.
 *
 * Deliberately not here: freeing single elements, typed access, locking.
 */
#include "event/pool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define POOL_MIN_BYTES	65536u
#define POOL_HUGE_BYTES	(UINT64_C(2) << 20)	/* from here on in whole huge pages */
#define POOL_MAX_BYTES	(UINT64_C(1) << 46)
#define POOL_STEP_BYTES	(UINT64_C(256) << 20)	/* beyond this, grow by a quarter only */

void pool_init(struct pool *pool, uint32_t element_size, const char *dir)
{
	*pool = (struct pool){ .element_size = element_size, .fd = -1 };
	assert(element_size);
	if (dir)
		pool->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (pool->fd < 0)
		pool->fd = -1;
}

void pool_fini(struct pool *pool)
{
	if (pool->data)
		munmap(pool->data, pool->bytes);
	if (pool->element_size && pool->fd >= 0)
		close(pool->fd);
	*pool = (struct pool){ .fd = -1 };
}

static void *map_anonymous(uint64_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Gives the file up: the elements move to anonymous memory. */
static int pool_leave_file(struct pool *pool, uint64_t bytes)
{
	void *p = map_anonymous(bytes);

	if (!p)
		return -ENOMEM;
	if (pool->data) {
		memcpy(p, pool->data, pool->nr * pool->element_size);
		munmap(pool->data, pool->bytes);
	}
	close(pool->fd);
	pool->fd = -1;
	pool->data = p;
	pool->bytes = bytes;
	return 0;
}

static int pool_set_bytes(struct pool *pool, uint64_t bytes)
{
	void *p;

	if (pool->fd >= 0 &&
	    posix_fallocate(pool->fd, (off_t)pool->bytes, (off_t)(bytes - pool->bytes)) != 0)
		return pool_leave_file(pool, bytes);
	if (pool->data)
		p = mremap(pool->data, pool->bytes, bytes, MREMAP_MAYMOVE);
	else if (pool->fd >= 0)
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pool->fd, 0);
	else
		p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	if (pool->huge && bytes >= POOL_HUGE_BYTES)
		madvise(p, bytes, MADV_HUGEPAGE);
	pool->data = p;
	pool->bytes = bytes;
	return 0;
}

int pool_reserve(struct pool *pool, uint64_t nr)
{
	uint64_t need, bytes, step;
	int ret;

	if (nr <= pool->nr_room)
		return 0;
	assert(!pool->read_only);
	if (nr > POOL_MAX_BYTES / pool->element_size)
		return -ENOMEM;
	need = nr * pool->element_size;
	bytes = pool->bytes + (pool->bytes < POOL_STEP_BYTES ? pool->bytes : pool->bytes / 4);
	if (bytes < need)
		bytes = need;
	step = bytes < POOL_HUGE_BYTES ? POOL_MIN_BYTES : POOL_HUGE_BYTES;
	bytes = (bytes + step - 1) / step * step;
	ret = pool_set_bytes(pool, bytes);
	if (ret == 0)
		pool->nr_room = pool->bytes / pool->element_size;
	return ret;
}

int pool_resize(struct pool *pool, uint64_t nr)
{
	int ret;

	/* Room never used is zero as it comes from the kernel; what was used is cleared here. */
	if (nr < pool->nr)
		memset(pool_at(pool, nr), 0, (pool->nr - nr) * pool->element_size);
	ret = pool_reserve(pool, nr);
	if (ret == 0)
		pool->nr = nr;
	return ret;
}

void *pool_grow(struct pool *pool, uint64_t nr)
{
	uint64_t old = pool->nr;

	if (nr > UINT64_MAX - old || pool_resize(pool, old + nr) != 0)
		return NULL;
	return pool_at(pool, old);
}

int pool_save(const struct pool *pool, int fd, uint64_t offset, uint64_t *ret_end)
{
	const char *p = pool->data;
	uint64_t left = pool->nr * pool->element_size;

	assert(offset % POOL_ALIGN == 0);
	while (left > 0) {
		ssize_t n = pwrite(fd, p, left < (1u << 30) ? left : 1u << 30, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		offset += (uint64_t)n;
		left -= (uint64_t)n;
	}
	*ret_end = (offset + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	return 0;
}

int pool_map(struct pool *pool, uint32_t element_size, int fd, uint64_t offset, uint64_t nr)
{
	void *p;

	*pool = (struct pool){ .element_size = element_size, .fd = -1, .read_only = true };
	if (!element_size || offset % POOL_ALIGN || nr > POOL_MAX_BYTES / element_size)
		return -EINVAL;
	if (nr == 0)
		return 0;
	p = mmap(NULL, nr * element_size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	if (p == MAP_FAILED)
		return -errno;
	pool->data = p;
	pool->bytes = nr * element_size;
	pool->nr = pool->nr_room = nr;
	return 0;
}

void pool_memory(const struct pool *pool, uint64_t *ret_bytes, uint64_t *ret_anon_bytes)
{
	*ret_bytes = pool->bytes;
	*ret_anon_bytes = pool->fd < 0 && !pool->read_only ? pool->bytes : 0;
}
