/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_store.c - all samples of a recording, indexed in time order.
 *
 * Blocks stay compressed in the mapped file; opening inflates each once to read the heads of its
 * samples, and reading a sample inflates its block again unless it is the one in hand.  So memory
 * is the index and one block, however many samples there are.
 *
 * Blocks stand alone.  One that is cut or damaged is passed over: the next whole one is found by
 * its magic and its checksum.  A sample that ends before it begins, or of a kind that this program
 * does not know, is left out and counted.
 *
 * Not here: what the samples mean, and merging them with events (replay/history).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <xxhash.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/container.h"
#include "trace/sample_block.h"
#include "trace/sections.h"

enum { MAX_DAMAGES = 64, NO_BLOCK = -1 };

struct block {
	const uint8_t *frame;
	uint32_t csize, usize;
};

struct entry {
	uint64_t begin_ns, end_ns;
	uint32_t block, offset, size;
	int32_t tgid;
	uint16_t kind;
};

struct sample_store {
	const struct trace_file *file;
	struct block *blocks;
	uint32_t nr_blocks, cap_blocks;
	struct entry *entries;
	uint32_t nr_entries, cap_entries;
	uint32_t nr_unknown;
	struct diag damages[MAX_DAMAGES];
	uint32_t nr_damages;
	uint8_t *inflated; /* the block in hand */
	int64_t in_hand;
	uint64_t hash_left; /* bytes that searching may still hash */
};

static struct diag *damaged(struct sample_store *store, const uint8_t *where, const char *what)
{
	struct diag *diag;
	const struct trace_part *part = &store->file->parts[store->file->samples_part];

	if (store->nr_damages == MAX_DAMAGES)
		return NULL;
	diag = &store->damages[store->nr_damages++];
	diag_set(diag, -EBADMSG, "%s", what);
	diag_offset(diag, store->file->path, (uint64_t)(where - part->data));
	return diag;
}

static bool block_read(struct bytes b, struct block *ret_block)
{
	uint32_t magic = bytes_u32(&b);
	uint64_t hash;

	ret_block->csize = bytes_u32(&b);
	ret_block->usize = bytes_u32(&b);
	bytes_u32(&b);
	hash = bytes_u64(&b);
	ret_block->frame = bytes_take(&b, ret_block->csize);
	return !b.failed && magic == SAMPLE_BLOCK_MAGIC && ret_block->usize <= SAMPLE_BLOCK_MAX &&
	       ret_block->usize &&
	       ZSTD_getFrameContentSize(ret_block->frame, ret_block->csize) == ret_block->usize &&
	       XXH64(ret_block->frame, ret_block->csize, ret_block->usize) == hash;
}

/*
 * Moves b to the next whole block; false: there is none.  A hostile file can look like a block at
 * every few bytes, each to be hashed to the end: so there is an allowance.
 */
static bool block_search(struct sample_store *store, struct bytes *b, struct block *ret_block)
{
	uint32_t value = htole32(SAMPLE_BLOCK_MAGIC);

	while (bytes_left(b) >= SAMPLE_BLOCK_HEADER && store->hash_left) {
		const uint8_t *magic = memmem(b->p, bytes_left(b), &value, sizeof(value));
		uint64_t cost;

		if (!magic)
			break;
		b->p = magic;
		if (block_read(*b, ret_block))
			return true;
		cost = ret_block->csize < bytes_left(b) ? ret_block->csize : 0;
		store->hash_left -= cost < store->hash_left ? cost : store->hash_left;
		b->p++;
	}
	b->p = b->end;
	return false;
}

static int blocks_list(struct sample_store *store, struct bytes *b)
{
	while (bytes_left(b)) {
		const uint8_t *at = b->p;
		struct block block;

		if (!block_read(*b, &block)) {
			bool found = block_search(store, b, &block);

			damaged(store, at,
				found ? "samples are damaged"
				      : "the last samples are cut or damaged");
			if (!found)
				break;
		}
		if (ARRAY_ROOM(store->blocks, store->nr_blocks, store->cap_blocks))
			return -ENOMEM;
		store->blocks[store->nr_blocks++] = block;
		bytes_take(b, SAMPLE_BLOCK_HEADER + (uint64_t)block.csize);
	}
	return 0;
}

static int block_inflate(struct sample_store *store, uint32_t i)
{
	const struct block *block = &store->blocks[i];
	uint8_t *inflated;
	size_t got;

	if (store->in_hand == i)
		return 0;
	inflated = malloc(block->usize);
	if (!inflated)
		return -ENOMEM;
	got = ZSTD_decompress(inflated, block->usize, block->frame, block->csize);
	if (ZSTD_isError(got) || got != block->usize) {
		free(inflated);
		return -EBADMSG;
	}
	free(store->inflated);
	store->inflated = inflated;
	store->in_hand = i;
	return 0;
}

static bool kind_is_known(uint16_t kind)
{
	return kind >= SAMPLE_HOST && kind <= SAMPLE_KIND_LAST;
}

static int block_index(struct sample_store *store, uint32_t i)
{
	struct bytes b;
	int error = block_inflate(store, i);

	if (error == -ENOMEM)
		return error;
	if (error) {
		damaged(store, store->blocks[i].frame, "samples cannot be inflated");
		return 0;
	}
	b = bytes_make(store->inflated, store->blocks[i].usize, 0, false);
	while (bytes_left(&b)) {
		struct entry entry = {.block = i};

		entry.kind = bytes_u16(&b);
		bytes_u16(&b);
		entry.tgid = (int32_t)bytes_u32(&b);
		entry.begin_ns = bytes_u64(&b);
		entry.end_ns = bytes_u64(&b);
		entry.size = bytes_u32(&b);
		entry.offset = (uint32_t)(b.p - b.start);
		bytes_take(&b, entry.size);
		if (b.failed || entry.end_ns < entry.begin_ns) {
			damaged(store, store->blocks[i].frame, "a sample makes no sense");
			break;
		}
		if (!kind_is_known(entry.kind)) {
			store->nr_unknown++;
			continue;
		}
		if (ARRAY_ROOM(store->entries, store->nr_entries, store->cap_entries))
			return -ENOMEM;
		store->entries[store->nr_entries++] = entry;
	}
	return 0;
}

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->begin_ns != y->begin_ns)
		return x->begin_ns < y->begin_ns ? -1 : 1;
	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int store_fill(struct sample_store *store, const void *blocks, size_t size)
{
	struct bytes b = bytes_make(blocks, size, 0, false);
	int error;

	store->hash_left = 4 * (uint64_t)size + SAMPLE_BLOCK_AIM;
	error = blocks_list(store, &b);
	for (uint32_t i = 0; i < store->nr_blocks && !error; i++)
		error = block_index(store, i);
	if (error)
		return error;
	if (store->nr_entries)
		qsort(store->entries, store->nr_entries, sizeof(*store->entries), entry_order);
	if (store->nr_unknown && store->nr_damages < MAX_DAMAGES) {
		struct diag *diag = &store->damages[store->nr_damages++];

		diag_set(diag, -EOPNOTSUPP,
			 "%" PRIu32 " samples are of a kind that this ksmtop does not know",
			 store->nr_unknown);
		diag_file(diag, store->file->path);
		diag_advice(diag, "open the recording with a newer ksmtop");
	}
	return 0;
}

int sample_store_new(const struct trace_file *file, struct sample_store **ret_store)
{
	struct sample_store *store = calloc(1, sizeof(*store));
	enum trace_sections_state state;
	const void *blocks;
	size_t size;
	int error;

	if (!store)
		return -ENOMEM;
	store->file = file;
	store->in_hand = NO_BLOCK;
	state = trace_sections_samples(file, &blocks, &size, &store->damages[0]);
	if (state == TRACE_SECTIONS_UNSURE || state == TRACE_SECTIONS_REMOVED)
		store->nr_damages = 1;
	error = size ? store_fill(store, blocks, size) : 0;
	if (error) {
		sample_store_free(store);
		return error;
	}
	*ret_store = store;
	return 0;
}

void sample_store_free(struct sample_store *store)
{
	if (!store)
		return;
	free(store->blocks);
	free(store->entries);
	free(store->inflated);
	free(store);
}

uint32_t sample_store_nr(const struct sample_store *store)
{
	return store->nr_entries;
}

void sample_store_head(const struct sample_store *store, uint32_t i, struct sample *ret_sample)
{
	const struct entry *entry = &store->entries[i];

	*ret_sample = (struct sample){
		.kind = (enum sample_kind)entry->kind,
		.tgid = entry->tgid,
		.size = entry->size,
		.begin_ns = entry->begin_ns,
		.end_ns = entry->end_ns,
	};
}

int sample_store_read(struct sample_store *store, uint32_t i, struct sample *ret_sample)
{
	const struct entry *entry = &store->entries[i];
	int error = block_inflate(store, entry->block);

	if (error)
		return error;
	sample_store_head(store, i, ret_sample);
	ret_sample->payload = store->inflated + entry->offset;
	return 0;
}

uint32_t sample_store_nr_damages(const struct sample_store *store)
{
	return store->nr_damages;
}

const struct diag *sample_store_damage(const struct sample_store *store, uint32_t i)
{
	return i < store->nr_damages ? &store->damages[i] : NULL;
}
