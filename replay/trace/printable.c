// SPDX-License-Identifier: GPL-2.0-only
/*
 * printable.c - see printable.h.
 *
 * A character's first byte says how many follow; the least number that so many bytes are for tells overlong
 * forms.  Nothing behind the terminating NUL is looked at: it is no continuation byte.  What a character looks
 * like, and how wide it is, is the screen's question.
 */
#include "trace/printable.h"

#include <stdint.h>

static size_t utf8_length(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 :
			s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : 0;
	uint32_t cp;

	if (!length)
		return 0;
	cp = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (s[i] & 0x3f);
	}
	if (cp < least[length] || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	return cp >= 0x80 && cp < 0xa0 ? 0 : length;
}

size_t printable_length(const char *s)
{
	unsigned char first = (unsigned char)*s;

	return first >= 0x20 && first < 0x7f ? 1 : utf8_length((const unsigned char *)s);
}
