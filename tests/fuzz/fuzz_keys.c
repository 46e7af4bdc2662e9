// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_keys.c - any script of keys, clicks, sizes and commands, in the explorer over a recording.
 *
 * The language is that of `ksmtop snap --keys`: lines of key names, `:command` lines, # for comments; and
 * for what only a terminal can send, @WxH changes the size and !X,Y clicks (!!X,Y twice, !+ and !- turn
 * the wheel).  A word that is no key is typed letter by letter.  Every script starts a session of
 * its own over the one recording.
 *
 * Beside the sanitizers it asserts that time stays within the recording, that drawing twice gives the same picture,
 * and that every line of the screen can be drawn at any size.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_recording.h"
#include "view/key.h"
#include "view/session.h"
#include "view/source.h"
#include "view/views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INPUTS 220	/* keys, clicks and commands of one script */

struct script {
	struct session *session;
	struct grid *grid;
	int nr_inputs;
	uint64_t ns;
};

/* What the screen would do between two inputs. */
static void turn(struct script *script)
{
	script->nr_inputs++;
	while (session_take_effect(script->session).kind != EFFECT_NONE)
		;
	if (session_playing(script->session))
		session_tick(script->session, script->ns += 400000000);
	assert(session_t(script->session) <=
	       event_index_last(recording_events(fuzz_recording())));
	if (script->nr_inputs % 4 == 0)
		session_draw(script->session, script->grid);
}

static void resize(struct script *script, const char *text)
{
	int width = 0, height = 0;

	if (sscanf(text, "%4dx%4d", &width, &height) == 2 && width > 0 && height > 0 && width <= 300 &&
	    height <= 100 && grid_resize(script->grid, width, height) == 0)
		session_draw(script->session, script->grid);
}

static void click(struct script *script, const char *text)
{
	enum mouse what = MOUSE_PRESS;
	int x = 1, y = 1;

	switch (*text) {
	case '!': what = MOUSE_DOUBLE; text++; break;
	case '+': what = MOUSE_WHEEL_UP; text++; break;
	case '-': what = MOUSE_WHEEL_DOWN; text++; break;
	default: break;
	}
	sscanf(text, "%5d,%5d", &x, &y);
	session_mouse(script->session, what, x, y);
	turn(script);
}

static void word_play(struct script *script, const char *word)
{
	uint32_t key = key_parse(word);

	if (word[0] == '@' && word[1]) {
		resize(script, word + 1);
	} else if (word[0] == '!' && word[1]) {
		click(script, word + 1);
	} else if (key != K_NONE) {
		session_key(script->session, key);
		turn(script);
	} else {
		for (; *word && script->nr_inputs < MAX_INPUTS; word++) {
			session_key(script->session, (uint8_t)*word < 0x80 ? (uint32_t)*word :
				    0x80u + (uint8_t)*word * 37u);
			turn(script);
		}
	}
}

static void line_play(struct script *script, char *line)
{
	char *save = NULL;

	if (line[0] == '#')
		return;
	if (line[0] == ':') {
		session_command(script->session, line + 1);
		turn(script);
		return;
	}
	for (char *word = strtok_r(line, " \t\r", &save); word && script->nr_inputs < MAX_INPUTS;
	     word = strtok_r(NULL, " \t\r", &save))
		word_play(script, word);
}

/* Drawing changes nothing that is drawn. */
static void draw_twice(struct script *script)
{
	struct grid *again = grid_new(script->grid->width, script->grid->height, GRID_UTF8);

	assert(again);
	session_draw(script->session, script->grid);
	session_draw(script->session, again);
	for (int y = 0; y < again->height; y++)
		for (int x = 0; x < again->width; x++)
			assert(!memcmp(grid_at(again, x, y), grid_at(script->grid, x, y),
				       sizeof(struct cell)));
	grid_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script script = { .ns = 1000000000 };
	struct source source;
	struct keymap keymap;
	char *text = malloc(size + 1), *rest = text, *line;

	keymap_init(&keymap);
	if (!text || session_new(views_all, &keymap, &script.session) != 0)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	script.grid = grid_new(80, 24, GRID_UTF8);
	assert(script.grid);
	source_init(&source, fuzz_recording());
	session_draw(script.session, script.grid);	/* before there is a recording */
	session_set_source(script.session, &source);
	session_step_to(script.session, source.nr_events / 2);
	session_draw(script.session, script.grid);
	while ((line = strsep(&rest, "\n")) && script.nr_inputs < MAX_INPUTS)
		line_play(&script, line);
	draw_twice(&script);
	grid_free(script.grid);
	session_free(script.session);
	free(text);
	return 0;
}
