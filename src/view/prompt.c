// SPDX-License-Identifier: GPL-2.0-only
/*
 * prompt.c - one line being typed.
 *
 * A plain array with a cursor; insertion moves at most PROMPT_MAX bytes, so there is nothing to
 * be clever about.  The one rule to keep is that a UTF-8 character is never cut: not by Backspace,
 * not by a full line, not by a line taken from the past.
 *
 * Not here: what is done with the line (session_input.c) and how it is drawn (frame.c).
 */
#include "prompt.h"

#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#include "key.h"

void prompt_set(struct prompt *prompt, const char *text)
{
	size_t length = strnlen(text, PROMPT_MAX - 1);

	while (length && (text[length] & 0xc0) == 0x80)
		length--;
	memmove(prompt->text, text, length);
	prompt->text[length] = '\0';
	prompt->length = prompt->cursor = (int)length;
}

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
	prompt->kind = kind;
	prompt->past = 0;
	prompt_set(prompt, text);
}

void prompt_close(struct prompt *prompt, bool accepted)
{
	struct prompt_past *past = &prompt->pasts[prompt->kind];

	prompt->kind = PROMPT_NONE;
	if (!accepted || !prompt->length || (past->nr && !strcmp(past->lines[0], prompt->text)))
		return;
	memmove(past->lines[1], past->lines[0], sizeof(past->lines) - sizeof(past->lines[0]));
	memcpy(past->lines[0], prompt->text, sizeof(past->lines[0]));
	if (past->nr < PROMPT_PAST)
		past->nr++;
}

static int before(const struct prompt *prompt, int at)
{
	if (at > 0)
		at--;
	while (at > 0 && (prompt->text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

static int after(const struct prompt *prompt, int at)
{
	if (at < prompt->length)
		at++;
	while (at < prompt->length && (prompt->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* Takes out the bytes from .. to; the cursor goes to where they were. */
static void cut(struct prompt *prompt, int from, int to)
{
	memmove(prompt->text + from, prompt->text + to, (size_t)(prompt->length - to + 1));
	prompt->length -= to - from;
	prompt->cursor = from;
}

static void insert(struct prompt *prompt, uint32_t key)
{
	utf8proc_uint8_t bytes[4];
	int nr = (int)utf8proc_encode_char((utf8proc_int32_t)key, bytes);

	if (nr <= 0 || prompt->length + nr >= PROMPT_MAX)
		return;
	memmove(prompt->text + prompt->cursor + nr, prompt->text + prompt->cursor,
		(size_t)(prompt->length - prompt->cursor + 1));
	memcpy(prompt->text + prompt->cursor, bytes, (size_t)nr);
	prompt->cursor += nr;
	prompt->length += nr;
}

static void cut_word(struct prompt *prompt)
{
	int at = prompt->cursor;

	while (at > 0 && prompt->text[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text[at - 1] != ' ')
		at--;
	cut(prompt, at, prompt->cursor);
}

static void go_past(struct prompt *prompt, int step)
{
	const struct prompt_past *past = &prompt->pasts[prompt->kind];
	int at = prompt->past + step;

	if (at < 0 || at > past->nr)
		return;
	prompt->past = at;
	prompt_set(prompt, at ? past->lines[at - 1] : "");
}

enum prompt_result prompt_key(struct prompt *prompt, uint32_t key)
{
	switch (key) {
	case K_ENTER: return PROMPT_ACCEPTED;
	case K_ESC: return PROMPT_CANCELLED;
	case K_TAB: return PROMPT_TAB;
	case K_BACKSPACE:
	case KEY_CTRL('H'):
		if (!prompt->length)
			return PROMPT_CANCELLED;
		cut(prompt, before(prompt, prompt->cursor), prompt->cursor);
		break;
	case K_DELETE: cut(prompt, prompt->cursor, after(prompt, prompt->cursor)); break;
	case K_LEFT: prompt->cursor = before(prompt, prompt->cursor); break;
	case K_RIGHT: prompt->cursor = after(prompt, prompt->cursor); break;
	case K_HOME:
	case KEY_CTRL('A'): prompt->cursor = 0; break;
	case K_END:
	case KEY_CTRL('E'): prompt->cursor = prompt->length; break;
	case KEY_CTRL('U'): cut(prompt, 0, prompt->cursor); break;
	case KEY_CTRL('W'): cut_word(prompt); break;
	case K_UP: go_past(prompt, 1); break;
	case K_DOWN: go_past(prompt, -1); break;
	default:
		if (key < ' ' || key == 0x7f || key >= KEY_FIRST)
			return PROMPT_IGNORED;
		insert(prompt, key);
	}
	return PROMPT_EDITED;
}
