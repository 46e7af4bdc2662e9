/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_write.c - building samples, and packing them into blocks.
 *
 * A builder is a growing array of bytes with one sample open at its end.  The one idea worth
 * knowing: addresses come in ascending order and neighbours are near each other, so that what is
 * stored is the distance to the one before, as a varint; zstd then sees small repeating bytes.
 *
 * Running out of memory in the middle of a sample must not leave half of one behind.  So `failed`
 * makes all further calls do nothing until sample_end() or sample_cancel() cuts the array back to
 * where the sample began.
 *
 * Nothing here looks at /proc: src/capture does that.
 */
#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>
#include <zstd.h>

#include "trace/sample_block.h"

enum pages_phase { PHASE_NONE, PHASE_RANGES, PHASE_PAGES };

void sample_builder_init(struct sample_builder *builder)
{
	*builder = (struct sample_builder){0};
}

void sample_builder_fini(struct sample_builder *builder)
{
	free(builder->data);
	*builder = (struct sample_builder){0};
}

void sample_builder_reset(struct sample_builder *builder)
{
	builder->size = builder->start = 0;
	builder->failed = builder->is_open = false;
}

static bool room_for(struct sample_builder *builder, size_t more)
{
	size_t wanted = builder->capacity ? builder->capacity : 4096;
	uint8_t *grown;

	if (builder->failed)
		return false;
	if (builder->capacity - builder->size >= more)
		return true;
	while (wanted - builder->size < more)
		wanted *= 2;
	grown = realloc(builder->data, wanted);
	if (!grown) {
		builder->failed = true;
		return false;
	}
	builder->data = grown;
	builder->capacity = wanted;
	return true;
}

static void put(struct sample_builder *builder, const void *data, size_t size)
{
	if (!room_for(builder, size))
		return;
	memcpy(builder->data + builder->size, data, size);
	builder->size += size;
}

static void put_number(struct sample_builder *builder, uint64_t v)
{
	uint8_t *p;

	if (!room_for(builder, 10))
		return;
	p = builder->data + builder->size;
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	builder->size = (size_t)(p - builder->data);
}

static void put_signed(struct sample_builder *builder, int64_t v)
{
	put_number(builder, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static void put_le(uint8_t *p, uint64_t v, int size)
{
	for (int i = 0; i < size; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

void sample_begin(struct sample_builder *builder, enum sample_kind kind, int32_t tgid,
		  uint64_t begin_ns)
{
	uint8_t head[SAMPLE_HEAD] = {0};

	assert(!builder->is_open);
	builder->is_open = true;
	builder->start = builder->size;
	builder->last_addr = builder->last_pfn = 0;
	builder->phase = PHASE_NONE;
	put_le(head, kind, 2);
	put_le(head + 4, (uint32_t)tgid, 4);
	put_le(head + 8, begin_ns, 8);
	put(builder, head, sizeof(head));
}

void sample_cancel(struct sample_builder *builder)
{
	if (builder->is_open)
		builder->size = builder->start;
	builder->is_open = false;
	builder->failed = false;
}

int sample_end(struct sample_builder *builder, uint64_t end_ns)
{
	size_t size;

	assert(builder->is_open);
	if (builder->phase == PHASE_RANGES)
		put_number(builder, 0);
	if (builder->failed) {
		sample_cancel(builder);
		return -ENOMEM;
	}
	size = builder->size - builder->start - SAMPLE_HEAD;
	if (size > SAMPLE_SIZE_MAX) {
		sample_cancel(builder);
		return -EFBIG;
	}
	put_le(builder->data + builder->start + 16, end_ns, 8);
	put_le(builder->data + builder->start + 24, size, 4);
	builder->is_open = false;
	return 0;
}

void sample_add_text(struct sample_builder *builder, const char *text)
{
	put(builder, text, strlen(text) + 1);
}

void sample_add_pair(struct sample_builder *builder, const char *name, const char *value)
{
	sample_add_text(builder, name);
	sample_add_text(builder, value);
}

void sample_add_map(struct sample_builder *builder, const struct sample_map *map)
{
	assert(map->start >= builder->last_addr && map->end >= map->start);
	put_number(builder, (map->start - builder->last_addr) >> SAMPLE_MAP_SHIFT);
	put_number(builder, (map->end - map->start) >> SAMPLE_MAP_SHIFT);
	put_number(builder, map->pgoff);
	put_number(builder, map->flags);
	sample_add_text(builder, map->name ? map->name : "");
	builder->last_addr = map->end;
}

void sample_add_pages_head(struct sample_builder *builder, uint32_t page_size, bool complete)
{
	assert(page_size && !(page_size & (page_size - 1)));
	assert(builder->phase == PHASE_NONE);
	builder->page_shift = (uint32_t)__builtin_ctz(page_size);
	builder->phase = PHASE_RANGES;
	builder->last_addr = 0;
	put_number(builder, builder->page_shift);
	put_number(builder, complete);
}

void sample_set_complete(struct sample_builder *builder, bool complete)
{
	size_t at = builder->start + SAMPLE_HEAD + 1;

	assert(builder->is_open && builder->phase != PHASE_NONE);
	if (!builder->failed)
		builder->data[at] = complete;
}

void sample_add_range(struct sample_builder *builder, uint64_t start, uint64_t end)
{
	assert(builder->phase == PHASE_RANGES && start >= builder->last_addr && end >= start);
	put_number(builder, 1 + ((start - builder->last_addr) >> builder->page_shift));
	put_number(builder, (end - start) >> builder->page_shift);
	builder->last_addr = end;
}

void sample_add_page(struct sample_builder *builder, uint64_t addr, uint64_t pfn, uint32_t mapcount)
{
	assert(builder->phase != PHASE_NONE);
	if (builder->phase == PHASE_RANGES) {
		put_number(builder, 0);
		builder->last_addr = builder->last_pfn = 0;
		builder->phase = PHASE_PAGES;
	}
	assert(addr >= builder->last_addr);
	put_number(builder, (addr - builder->last_addr) >> builder->page_shift);
	put_signed(builder, (int64_t)(pfn - builder->last_pfn));
	put_number(builder, mapcount);
	builder->last_addr = addr;
	builder->last_pfn = pfn;
}

void sample_add_loss(struct sample_builder *builder, const struct sample_loss *loss)
{
	put_number(builder, loss->cpu_id);
	put_number(builder, loss->overrun);
	put_number(builder, loss->dropped);
	put_number(builder, loss->commit_overrun);
	put_number(builder, loss->entries);
	put_number(builder, loss->read);
}

/* The end of the samples that go into one block together. */
static size_t block_end(const struct sample_builder *builder, size_t pos)
{
	size_t start = pos, end = builder->is_open ? builder->start : builder->size;

	while (pos < end && pos - start < SAMPLE_BLOCK_AIM) {
		uint32_t size;

		memcpy(&size, builder->data + pos + 24, sizeof(size));
		pos += SAMPLE_HEAD + (size_t)le32toh(size);
	}
	assert(pos <= end);
	return pos;
}

int sample_block_make(const struct sample_builder *builder, size_t *pos, int level,
		      uint8_t **ret_block, size_t *ret_size)
{
	size_t end = block_end(builder, *pos), usize = end - *pos;
	size_t bound = ZSTD_compressBound(usize), csize;
	uint8_t *block;

	if (!usize)
		return 0;
	block = malloc(SAMPLE_BLOCK_HEADER + bound);
	if (!block)
		return -ENOMEM;
	csize = ZSTD_compress(block + SAMPLE_BLOCK_HEADER, bound, builder->data + *pos, usize,
			      level);
	if (ZSTD_isError(csize)) {
		free(block);
		return -ENOMEM;
	}
	put_le(block, SAMPLE_BLOCK_MAGIC, 4);
	put_le(block + 4, csize, 4);
	put_le(block + 8, usize, 4);
	put_le(block + 12, 0, 4);
	put_le(block + 16, XXH64(block + SAMPLE_BLOCK_HEADER, csize, usize), 8);
	*pos = end;
	*ret_block = block;
	*ret_size = SAMPLE_BLOCK_HEADER + csize;
	return 1;
}
