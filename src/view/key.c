// SPDX-License-Identifier: GPL-2.0-only
/*
 * key.c - names of keys, both ways.
 *
 * One table for the special keys; what types a character is its own name, except Space; control
 * characters are "Ctrl-A" to "Ctrl-Z".  The two functions are each other's inverse, which a test
 * holds for every key.  The hard idea: a terminal cannot tell Ctrl-I from Tab, Ctrl-M from Enter,
 * or Ctrl-H from a Backspace of some terminals, so those spellings are refused instead of being
 * bound to a key that will never come.
 */
#include "key.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

static const struct {
	uint32_t key;
	const char *name;
} names[] = {
#define K(id, name) { K_##id, name },
	KEY_NAMES(K)
#undef K
	{ ' ', "Space" },
};

#define NR_NAMES (sizeof(names) / sizeof(names[0]))

const char *key_label(uint32_t key, char *buffer, size_t size)
{
	utf8proc_uint8_t bytes[5] = { 0 };

	for (size_t i = 0; i < NR_NAMES; i++)
		if (names[i].key == key) {
			snprintf(buffer, size, "%s", names[i].name);
			return buffer;
		}
	if (key >= 1 && key <= 26)
		snprintf(buffer, size, "Ctrl-%c", (char)('A' + key - 1));
	else if (key < 0x110000 && utf8proc_encode_char((utf8proc_int32_t)key, bytes) > 0)
		snprintf(buffer, size, "%s", (char *)bytes);
	else
		snprintf(buffer, size, "%s", "unknown key");
	return buffer;
}

uint32_t key_parse(const char *name)
{
	utf8proc_int32_t cp;
	utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)name, -1, &cp);

	if (len > 0 && cp > ' ' && cp != 0x7f && !name[len])
		return (uint32_t)cp;
	if (!strncasecmp(name, "Ctrl-", 5) && name[5] && !name[6]) {
		uint32_t key = KEY_CTRL(name[5]);
		int letter = name[5] | 0x20;

		if (letter < 'a' || letter > 'z' || strchr("him", letter))
			return K_NONE;
		return key;
	}
	for (size_t i = 0; i < NR_NAMES; i++)
		if (!strcasecmp(names[i].name, name) && names[i].key != K_UNKNOWN)
			return names[i].key;
	return K_NONE;
}
