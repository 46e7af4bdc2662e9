/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bytes.h - a cursor over bytes of either byte order that cannot run over the end.
 *
 * Private to replay/trace.  Every getter checks the length first.  One that does not have enough
 * left returns 0 (or NULL), moves to the end and sets `failed`, which stays set: a parser may read a
 * whole record and ask once.  `at` is the file offset of `p`'s first byte, for diags; in inflated
 * metadata it counts on from where the section starts in the file.
 */
#ifndef KSMTOP_TRACE_BYTES_H
#define KSMTOP_TRACE_BYTES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *start, *p, *end;
	uint64_t base;		/* file offset of start */
	bool big;		/* the bytes are big-endian */
	bool owned;		/* they live as long as the file, and a NUL stands behind them */
	bool failed;
};

static inline struct bytes bytes_make(const void *data, size_t size, uint64_t base, bool big)
{
	const uint8_t *p = data;

	return (struct bytes){ .start = p, .p = p, .end = p ? p + size : p, .base = base, .big = big };
}

static inline size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->p);
}

static inline uint64_t bytes_at(const struct bytes *b)
{
	return b->base + (uint64_t)(b->p - b->start);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *bytes_take(struct bytes *b, uint64_t n)
{
	const uint8_t *p = b->p;

	if (n > bytes_left(b)) {
		b->failed = true;
		b->p = b->end;
		return NULL;
	}
	b->p += n;
	return p;
}

static inline uint16_t bytes_u16(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 2);
	uint16_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 2);
	return b->big ? be16toh(v) : le16toh(v);
}

static inline uint32_t bytes_u32(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 4);
	uint32_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 4);
	return b->big ? be32toh(v) : le32toh(v);
}

static inline uint64_t bytes_u64(struct bytes *b)
{
	const uint8_t *p = bytes_take(b, 8);
	uint64_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 8);
	return b->big ? be64toh(v) : le64toh(v);
}

/* A NUL-terminated string inside the bytes, or NULL if there is no NUL before the end. */
static inline const char *bytes_string(struct bytes *b)
{
	const uint8_t *nul = bytes_left(b) ? memchr(b->p, 0, bytes_left(b)) : NULL;

	if (!nul) {
		b->failed = true;
		b->p = b->end;
		return NULL;
	}
	return (const char *)bytes_take(b, (uint64_t)(nul - b->p) + 1);
}

#endif /* KSMTOP_TRACE_BYTES_H */
