/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_read.c - iterating over the payload of a sample.
 *
 * A payload may be hostile: every number and every text is checked against the payload's end, and
 * an iterator that meets something impossible says -EBADMSG and from then on nothing more.  What is
 * not checked is whether the facts make sense: an address above the address space or a pfn that no
 * machine has is passed on, and whoever compares it with events finds nothing equal to it.
 *
 * Iterators hold no memory.  Numbers that would overflow an address wrap, as unsigned numbers do,
 * except that an address going down is damage: order is what the readers rely on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/sample_block.h"

enum phase { PHASE_START, PHASE_RANGES, PHASE_PAGES, PHASE_BAD };

static int bad(struct sample_iter *iter)
{
	iter->phase = PHASE_BAD;
	iter->pos = iter->sample->size;
	return -EBADMSG;
}

static bool at_end(const struct sample_iter *iter)
{
	return iter->pos >= iter->sample->size;
}

static bool get_number(struct sample_iter *iter, uint64_t *ret_v)
{
	uint64_t v = 0;

	for (unsigned int shift = 0; shift < 64 && !at_end(iter); shift += 7) {
		uint8_t byte = iter->sample->payload[iter->pos++];

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret_v = v;
			return true;
		}
	}
	return false;
}

static bool get_text(struct sample_iter *iter, const char **ret_text)
{
	const uint8_t *p = iter->sample->payload + iter->pos;
	const uint8_t *nul = at_end(iter) ? NULL : memchr(p, 0, iter->sample->size - iter->pos);

	if (!nul)
		return false;
	iter->pos += (uint32_t)(nul - p) + 1;
	*ret_text = (const char *)p;
	return true;
}

/* a + (b << shift), or false if that is no address. */
static bool address_add(uint64_t a, uint64_t b, uint32_t shift, uint64_t *ret_sum)
{
	return b <= UINT64_MAX >> shift && !__builtin_add_overflow(a, b << shift, ret_sum);
}

int sample_next_pair(struct sample_iter *iter, const char **ret_name, const char **ret_value)
{
	if (iter->phase == PHASE_BAD)
		return -EBADMSG;
	if (at_end(iter))
		return 0;
	if (!get_text(iter, ret_name) || !get_text(iter, ret_value))
		return bad(iter);
	return 1;
}

int sample_next_map(struct sample_iter *iter, struct sample_map *ret_map)
{
	uint64_t gap, length, flags;

	if (iter->phase == PHASE_BAD)
		return -EBADMSG;
	if (at_end(iter))
		return 0;
	if (!get_number(iter, &gap) || !get_number(iter, &length) ||
	    !get_number(iter, &ret_map->pgoff) || !get_number(iter, &flags) ||
	    !get_text(iter, &ret_map->name) ||
	    !address_add(iter->addr, gap, SAMPLE_MAP_SHIFT, &ret_map->start) ||
	    !address_add(ret_map->start, length, SAMPLE_MAP_SHIFT, &ret_map->end))
		return bad(iter);
	ret_map->flags = (uint32_t)flags;
	iter->addr = ret_map->end;
	return 1;
}

/* The page shift and `complete` at the start of a PAGES sample. */
static bool pages_head(struct sample_iter *iter, bool *ret_complete)
{
	uint64_t shift, complete;

	if (!get_number(iter, &shift) || !get_number(iter, &complete) || shift < 9 || shift > 30)
		return false;
	iter->page_size = 1u << shift;
	iter->phase = PHASE_RANGES;
	*ret_complete = complete == 1;
	return true;
}

static uint32_t shift_of(const struct sample_iter *iter)
{
	return (uint32_t)__builtin_ctz(iter->page_size);
}

int sample_next_range(struct sample_iter *iter, struct sample_range *ret_range)
{
	uint64_t gap, length;
	bool complete;

	if (iter->phase == PHASE_BAD)
		return -EBADMSG;
	if (iter->phase == PHASE_START && !pages_head(iter, &complete))
		return bad(iter);
	if (iter->phase != PHASE_RANGES)
		return 0;
	if (!get_number(iter, &gap))
		return bad(iter);
	if (!gap) {
		iter->phase = PHASE_PAGES;
		iter->addr = 0;
		return 0;
	}
	if (!get_number(iter, &length) ||
	    !address_add(iter->addr, gap - 1, shift_of(iter), &ret_range->start) ||
	    !address_add(ret_range->start, length, shift_of(iter), &ret_range->end))
		return bad(iter);
	iter->addr = ret_range->end;
	return 1;
}

int sample_next_page(struct sample_iter *iter, struct sample_page *ret_page)
{
	struct sample_range range;
	uint64_t gap, pfn, mapcount;
	int more = 1;

	while (iter->phase < PHASE_PAGES && more > 0)
		more = sample_next_range(iter, &range);
	if (iter->phase == PHASE_BAD)
		return -EBADMSG;
	if (at_end(iter))
		return 0;
	if (!get_number(iter, &gap) || !get_number(iter, &pfn) || !get_number(iter, &mapcount) ||
	    !address_add(iter->addr, gap, shift_of(iter), &ret_page->addr))
		return bad(iter);
	iter->addr = ret_page->addr;
	iter->pfn += (pfn >> 1) ^ (0 - (pfn & 1));
	ret_page->pfn = iter->pfn;
	ret_page->mapcount = (uint32_t)mapcount;
	return 1;
}

int sample_next_loss(struct sample_iter *iter, struct sample_loss *ret_loss)
{
	uint64_t cpu_id;

	if (iter->phase == PHASE_BAD)
		return -EBADMSG;
	if (at_end(iter))
		return 0;
	if (!get_number(iter, &cpu_id) || !get_number(iter, &ret_loss->overrun) ||
	    !get_number(iter, &ret_loss->dropped) || !get_number(iter, &ret_loss->commit_overrun) ||
	    !get_number(iter, &ret_loss->entries) || !get_number(iter, &ret_loss->read))
		return bad(iter);
	ret_loss->cpu_id = (uint32_t)cpu_id;
	return 1;
}

const char *sample_text(const struct sample *sample)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	const char *text;

	return get_text(&iter, &text) ? text : "";
}

enum sample_page_flag sample_page_flag(const struct sample *sample)
{
	const char *value = sample->kind == SAMPLE_HOST ? sample_value(sample, SAMPLE_PAGE_FLAG_NAME) : NULL;

	if (!value)
		return SAMPLE_PAGE_FLAG_UNKNOWN;
	return !strcmp(value, "exact") ? SAMPLE_PAGE_FLAG_EXACT :
	       !strcmp(value, "anonymous") ? SAMPLE_PAGE_FLAG_ANONYMOUS : SAMPLE_PAGE_FLAG_UNKNOWN;
}

bool sample_is_complete(const struct sample *sample)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	bool complete;

	return sample->kind == SAMPLE_PAGES && pages_head(&iter, &complete) && complete;
}

const char *sample_value(const struct sample *sample, const char *name)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	const char *found, *value;

	while (sample_next_pair(&iter, &found, &value) > 0)
		if (!strcmp(found, name))
			return value;
	return NULL;
}

int sample_number(const struct sample *sample, const char *name, int64_t *ret_value)
{
	const char *text = sample_value(sample, name);
	long long value;
	char *end;

	if (!text)
		return -ENOENT;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || (*end && *end != '\n') || errno)
		return -EINVAL;
	*ret_value = value;
	return 0;
}
