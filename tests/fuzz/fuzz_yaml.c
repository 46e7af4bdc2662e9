// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_yaml.c - any bytes as a theme and as a file of keys.
 *
 * The same text goes to both readers, so a corpus file is simply a theme or a keys.yaml.  Beside
 * the sanitizers it asserts what the headers promise: a file that is refused changes nothing and says why;
 * one that is taken leaves no two actions on one key, and every role has a look.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"
#include "view/action.h"
#include "view/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void said(const struct diag *diag)
{
	char text[DIAG_TEXT_SIZE];

	assert(diag_text(diag, text, sizeof(text))[0]);
}

static void theme_try(const char *text, size_t size)
{
	struct theme theme, before;
	struct diag diag = { 0 };

	memset(&before, 0, sizeof(before));
	assert(theme_shipped(&before, "dark") == 0);
	memcpy(&theme, &before, sizeof(theme));
	if (theme_load(&theme, "fuzz.yaml", text, size, &diag) != 0) {
		assert(memcmp(&theme, &before, sizeof(theme)) == 0);
		said(&diag);
		return;
	}
	assert(memchr(theme.name, 0, sizeof(theme.name)));
	for (enum role role = 0; role < NR_ROLES; role++) {
		for (enum theme_depth depth = DEPTH_MONO; depth <= DEPTH_TRUE; depth++) {
			struct look look = theme_look(&theme, role, depth);

			assert(look.color == COLOR_DEFAULT || look.color < 256 ||
			       (look.color & ~0xffffffu) == COLOR_RGB);
			assert(look.style < 16);
			assert(depth != DEPTH_16 || look.color == COLOR_DEFAULT || look.color < 16);
			assert(depth != DEPTH_256 || look.color == COLOR_DEFAULT || look.color < 256);
		}
	}
}

static void keys_try(const char *text, size_t size)
{
	struct keymap map, before;
	struct diag diag = { 0 };
	enum action a, b;
	uint32_t key;

	memset(&before, 0, sizeof(before));
	keymap_init(&before);
	memcpy(&map, &before, sizeof(map));
	if (keymap_load(&map, "fuzz.yaml", text, size, &diag) != 0) {
		assert(memcmp(&map, &before, sizeof(map)) == 0);
		said(&diag);
		return;
	}
	assert(!keymap_clash(&map, &a, &b, &key));
	for (enum action action = 0; action < NR_ACTIONS; action++) {
		char buffer[16];

		keymap_text(&map, action, -1, buffer, sizeof(buffer));
		assert(memchr(buffer, 0, sizeof(buffer)));
	}
	for (key = 0; key < 256; key++)
		for (enum view_id view = 0; view < NR_VIEWS; view++)
			assert(keymap_find(&map, view, key) <= ACTION_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	theme_try((const char *)data, size);
	keys_try((const char *)data, size);
	return 0;
}
