/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * key.h - key codes and their names.
 *
 * A key is a 32-bit number: a Unicode code point for what types a character (Space is ' '), a
 * K_ number above Unicode for the rest.  Ctrl-A .. Ctrl-Z are the control characters 1 .. 26, but
 * Ctrl-I, Ctrl-M and Ctrl-[ arrive as K_TAB, K_ENTER and K_ESC: a terminal cannot tell them apart.
 * Names are those that the help shows and keys.yaml reads: "a", "Space", "Ctrl-L", "Shift-Left".
 */
#ifndef KSMTOP_KEY_H
#define KSMTOP_KEY_H

#include <stddef.h>
#include <stdint.h>

#define KEY_NAMES(K)			\
	K(ENTER,	"Enter")	\
	K(TAB,		"Tab")		\
	K(BACKTAB,	"Shift-Tab")	\
	K(ESC,		"Esc")		\
	K(BACKSPACE,	"Backspace")	\
	K(DELETE,	"Delete")	\
	K(UP,		"Up")		\
	K(DOWN,		"Down")		\
	K(LEFT,		"Left")		\
	K(RIGHT,	"Right")	\
	K(SHIFT_LEFT,	"Shift-Left")	\
	K(SHIFT_RIGHT,	"Shift-Right")	\
	K(PAGE_UP,	"PgUp")		\
	K(PAGE_DOWN,	"PgDn")		\
	K(HOME,		"Home")		\
	K(END,		"End")		\
	K(UNKNOWN,	"unknown key")

#define KEY_FIRST 0x200000u	/* above Unicode */

enum key {
	K_NONE = KEY_FIRST,
#define K(id, name) K_##id,
	KEY_NAMES(K)
#undef K
	K_LAST
};

#define KEY_CTRL(letter) ((uint32_t)((letter) & 0x1f))
#define KEY_NAME_MAX 16

/* Writes the name of @key, at most @size bytes with the 0; returns @buffer. */
const char *key_label(uint32_t key, char *buffer, size_t size);
/* The key called @name (any case for names longer than one character), or K_NONE. */
uint32_t key_parse(const char *name);

#endif
