// SPDX-License-Identifier: GPL-2.0-only
/*
 * index_cache.c - saving an index and mapping it again.
 *
 * The arrays are written as they are, each at a POOL_ALIGN-ed offset behind one head, and mapped
 * read-only: the cost of a second opening does not depend on the number of events.  The head says
 * how many elements there are, over how many sub-buffers, and carries a hash of itself; that the
 * recording is the same one is the caller's affair (the cache's key).
 *
 * Locators are not checked here, which would read all of them: event_index.c checks
 * each when it follows it.  Byte order and struct layout are this machine's.
 */
#include "event/index.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "trace/diag.h"

#define INDEX_MAGIC "ksmtopI1"

struct index_head {
	char magic[8];
	uint32_t locator_size, step;
	uint64_t nr_events, nr_times, nr_subbufs, last_ns;
	uint64_t locators, times, counts, end;	/* offsets from the head */
	uint64_t hash;				/* of everything in front of it */
};

static uint64_t nr_subbufs(const struct event_index *index)
{
	uint64_t nr = 0;

	for (uint32_t i = 0; i < index->decoder->nr_streams; i++)
		nr += index->decoder->streams[i].nr_subbufs;
	return nr;
}

int event_index_save(struct event_index *index, int fd, uint64_t offset, uint64_t *ret_end)
{
	struct index_head head = {
		.magic = INDEX_MAGIC, .locator_size = sizeof(struct event_locator), .step = INDEX_STEP,
		.nr_events = index->locators.nr, .nr_times = index->times.nr,
		.nr_subbufs = nr_subbufs(index), .last_ns = index->last_ns,
	};
	uint64_t at = offset + POOL_ALIGN;
	int ret;

	head.locators = at - offset;
	ret = pool_save(&index->locators, fd, at, &at);
	head.times = at - offset;
	if (ret == 0)
		ret = pool_save(&index->times, fd, at, &at);
	head.counts = at - offset;
	if (ret == 0)
		ret = pool_save(&index->counts, fd, at, &at);
	if (ret != 0)
		return ret;
	head.end = at - offset;
	head.hash = XXH3_64bits(&head, offsetof(struct index_head, hash));
	if (pwrite(fd, &head, sizeof(head), (off_t)offset) != (ssize_t)sizeof(head))
		return -EIO;
	*ret_end = at;
	return 0;
}

static bool head_fits(const struct index_head *head, const struct event_index *index, uint64_t size)
{
	return memcmp(head->magic, INDEX_MAGIC, 8) == 0 &&
	       head->hash == XXH3_64bits(head, offsetof(struct index_head, hash)) &&
	       head->locator_size == sizeof(struct event_locator) && head->step == INDEX_STEP &&
	       head->nr_subbufs == nr_subbufs(index) && head->end <= size &&
	       head->nr_times == (head->nr_events + INDEX_STEP - 1) / INDEX_STEP &&
	       head->locators <= head->times && head->times <= head->counts &&
	       head->counts <= head->end &&
	       head->nr_events <= (head->times - head->locators) / sizeof(struct event_locator) &&
	       head->nr_times <= (head->counts - head->times) / sizeof(uint64_t) &&
	       NR_TYPES <= (head->end - head->counts) / sizeof(uint64_t);
}

int event_index_map(const struct trace_file *file, int fd, uint64_t offset, uint64_t end,
		    struct event_index **ret_index, struct diag *diag)
{
	struct event_index *index;
	struct index_head head;
	int ret = event_index_new(file, NULL, &index);

	if (ret != 0)
		return ret;
	if (end < offset || pread(fd, &head, sizeof(head), (off_t)offset) != (ssize_t)sizeof(head) ||
	    !head_fits(&head, index, end - offset)) {
		event_index_free(index);
		return diag_set(diag, -EBADMSG, "the cached index is not of this recording"), -EBADMSG;
	}
	pool_fini(&index->locators);
	pool_fini(&index->times);
	pool_fini(&index->counts);
	ret = pool_map(&index->locators, sizeof(struct event_locator), fd, offset + head.locators,
		       head.nr_events);
	if (ret == 0)
		ret = pool_map(&index->times, sizeof(uint64_t), fd, offset + head.times, head.nr_times);
	if (ret == 0)
		ret = pool_map(&index->counts, sizeof(uint64_t), fd, offset + head.counts, NR_TYPES);
	if (ret != 0) {
		event_index_free(index);
		return ret;
	}
	index->last_ns = head.last_ns;
	*ret_index = index;
	return 0;
}
