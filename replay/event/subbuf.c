// SPDX-License-Identifier: GPL-2.0-only
/*
 * subbuf.c - the walk that decides what of a sub-buffer may be read.
 *
 * The hard idea: the rule has to be at least as strict as kbuffer's own arithmetic (libtraceevent
 * 1.7, translate_data()), or kbuffer reads past the page or never ends.  kbuffer steps to
 *	type_len 0	8 bytes + (array[0] - 4) rounded up to 4, in signed arithmetic
 *	1 .. 28		4 + 4 * type_len
 *	29 padding	4 + array[0]
 *	30, 31 time	8
 * so here array[0] is bounded as an unsigned number before anything is added to it, each step must
 * end inside the commit, and every step is at least 4 bytes.  Padding without a time
 * delta means "nothing more on this page" to the kernel and carries no length.
 *
 * It does not look at what is inside a record, nor at times.
 */
#include "event/subbuf.h"

#include <byteswap.h>
#include <string.h>
#include <traceevent/kbuffer.h>

#define COMMIT_MASK	((UINT32_C(1) << 27) - 1)
#define MISSED_EVENTS	(UINT32_C(1) << 31)
#define MISSED_STORED	(UINT32_C(1) << 30)

static uint32_t read_4(const struct subbuf_layout *layout, const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return layout->swap ? bswap_32(value) : value;
}

static uint64_t read_long(const struct subbuf_layout *layout, const uint8_t *p)
{
	uint64_t value;

	if (layout->long_size == 4)
		return read_4(layout, p);
	memcpy(&value, p, sizeof(value));
	return layout->swap ? bswap_64(value) : value;
}

static void write_long(const struct subbuf_layout *layout, uint8_t *p, uint64_t value)
{
	uint32_t half = (uint32_t)value;

	if (layout->swap) {
		value = bswap_64(value);
		half = bswap_32(half);
	}
	if (layout->long_size == 4)
		memcpy(p, &half, sizeof(half));
	else
		memcpy(p, &value, sizeof(value));
}

/* The bytes that the record at `p` takes, 0 if that cannot be (then *fault says why). */
static inline __attribute__((always_inline)) uint32_t record_size(const struct subbuf_layout *layout, const uint8_t *p, uint32_t left,
			    bool *ret_is_event, enum subbuf_fault *fault)
{
	uint32_t head = read_4(layout, p), length;
	uint32_t type_len = layout->big_endian ? head >> 27 : head & 31;
	uint32_t delta = layout->big_endian ? head & COMMIT_MASK : head >> 5;

	*ret_is_event = false;
	*fault = SUBBUF_RECORD_OUTSIDE;
	if (type_len >= 1 && type_len <= 28) {
		*ret_is_event = true;
		return 4 + 4 * type_len;
	}
	if (type_len == 29 && delta == 0) {
		*fault = SUBBUF_PADDED;
		return 0;
	}
	if (left < 8)
		return 0;
	if (type_len >= 30)
		return 8;
	length = read_4(layout, p + 4);
	if (length > left)
		return 0;
	*fault = SUBBUF_RECORD_TOO_SHORT;
	if (type_len == 29)
		return length >= 4 && length % 4 == 0 ? 4 + length : 0;
	*ret_is_event = true;
	return length >= 4 + (uint32_t)layout->type_size ? 8 + ((length - 4 + 3) & ~3u) : 0;
}

/* `layout` with its byte order as the caller's constant. */
static inline __attribute__((always_inline)) void check(const struct subbuf_layout *layout, const void *page,
							struct subbuf *ret_subbuf)
{
	uint32_t head_size = subbuf_head_size(layout), room = layout->page_size - head_size;
	const uint8_t *data = (const uint8_t *)page + head_size;
	uint64_t word = read_long(layout, (const uint8_t *)page + 8);
	struct subbuf s = { .commit = word & COMMIT_MASK };
	uint32_t pos = 0;

	if (s.commit > room) {
		s.fault = SUBBUF_COMMIT_TOO_LARGE;
		*ret_subbuf = s;
		return;
	}
	while (pos < s.commit) {
		bool is_event;
		enum subbuf_fault fault = SUBBUF_RECORD_OUTSIDE;
		uint32_t left = s.commit - pos;
		uint32_t size = left < 4 ? 0 : record_size(layout, data + pos, left, &is_event, &fault);

		if (size == 0 || size > left) {
			s.fault = size > left ? SUBBUF_RECORD_OUTSIDE : fault;
			break;
		}
		s.nr_events += is_event;
		pos += size;
	}
	s.readable = pos;
	if (word & MISSED_EVENTS) {
		s.nr_lost = -1;
		if (word & MISSED_STORED && s.commit <= room - layout->long_size)
			s.nr_lost = (int64_t)read_long(layout, data + s.commit);
		else if (word & MISSED_STORED && s.fault == SUBBUF_WHOLE)
			s.fault = SUBBUF_COUNT_OUTSIDE;
		if (s.nr_lost < -1)
			s.nr_lost = -1;
	}
	*ret_subbuf = s;
}

void subbuf_check(const struct subbuf_layout *layout, const void *page, struct subbuf *ret_subbuf)
{
	struct subbuf_layout usual = *layout;

	if (layout->swap || layout->big_endian) {
		check(layout, page, ret_subbuf);
		return;
	}
	usual.swap = usual.big_endian = false;
	check(&usual, page, ret_subbuf);
}

void subbuf_mend(const struct subbuf_layout *layout, const void *page, const struct subbuf *subbuf,
		 void *dst)
{
	uint8_t *p = dst;

	memcpy(p, page, layout->page_size);
	write_long(layout, p + 8, subbuf->readable);
}

const char *subbuf_fault_text(enum subbuf_fault fault)
{
	switch (fault) {
	case SUBBUF_WHOLE: return "nothing wrong";
	case SUBBUF_COMMIT_TOO_LARGE: return "it claims more bytes than a page has";
	case SUBBUF_COUNT_OUTSIDE: return "the count of lost events lies outside of the page";
	case SUBBUF_RECORD_OUTSIDE: return "a record ends behind the last byte written";
	case SUBBUF_RECORD_TOO_SHORT: return "a record has an impossible length";
	case SUBBUF_PADDED: return "it ends in padding";
	}
	return "";
}

struct kbuffer *subbuf_kbuffer(const struct subbuf_layout *layout)
{
	return kbuffer_alloc(layout->long_size == 4 ? KBUFFER_LSIZE_4 : KBUFFER_LSIZE_8,
			     layout->big_endian ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
}
