/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prompt.h - one line being typed: text, cursor, and what was typed before.
 *
 * Text is UTF-8 and always whole characters; the cursor is a byte offset at a character.  Editing
 * keys: arrows, Home/Ctrl-A, End/Ctrl-E, Backspace, Delete, Ctrl-U (all before the cursor),
 * Ctrl-W (a word), Up and Down through the lines of the same kind.  Control characters cannot be
 * typed.  A prompt is a plain value without heap.
 */
#ifndef KSMTOP_PROMPT_H
#define KSMTOP_PROMPT_H

#include <stdbool.h>
#include <stdint.h>

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND,
	PROMPT_FIND,
	PROMPT_FILTER,
	PROMPT_TIME,
	PROMPT_HELP,	/* searching in the help */
	PROMPT_MARK,	/* one key: the letter */
	PROMPT_GO_MARK,
	NR_PROMPTS
};

#define PROMPT_MAX	256
#define PROMPT_PAST	16

struct prompt {
	enum prompt_kind kind;
	char text[PROMPT_MAX];
	int length, cursor;	/* bytes */
	int past;		/* 0: the line being typed, n: n lines back */
	struct prompt_past {
		char lines[PROMPT_PAST][PROMPT_MAX];	/* newest first */
		int nr;
	} pasts[NR_PROMPTS];
};

enum prompt_result { PROMPT_EDITED, PROMPT_ACCEPTED, PROMPT_CANCELLED, PROMPT_TAB, PROMPT_IGNORED };

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text);
/* Accepted and cancelled: the kind stays until prompt_close(). */
enum prompt_result prompt_key(struct prompt *prompt, uint32_t key);
/* Closes it; an accepted line is remembered unless it is empty or the last one again. */
void prompt_close(struct prompt *prompt, bool accepted);
void prompt_set(struct prompt *prompt, const char *text);

#endif
