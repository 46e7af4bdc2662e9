// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c - ncurses' keys and mouse to the session's.
 *
 * ncurses knows the terminal's sequences; what is left is a table.  Esc acts at once: ncurses waits
 * 25 ms (set in terminal.c) whether more of a sequence comes, which no hand notices and no slow
 * line needs longer for.  Both bytes that terminals send for Backspace mean Backspace.
 *
 * Double clicks are told apart here, by place and time, because ncurses would hold back every
 * single click until it knew.
 */
#include "input.h"

#include <curses.h>
#include <wchar.h>

#define DOUBLE_NS (400 * UINT64_C(1000000))

static uint32_t special_key(wint_t code)
{
	switch (code) {
	case KEY_UP: return K_UP;
	case KEY_DOWN: return K_DOWN;
	case KEY_LEFT: return K_LEFT;
	case KEY_RIGHT: return K_RIGHT;
	case KEY_SLEFT: return K_SHIFT_LEFT;
	case KEY_SRIGHT: return K_SHIFT_RIGHT;
	case KEY_PPAGE: return K_PAGE_UP;
	case KEY_NPAGE: return K_PAGE_DOWN;
	case KEY_HOME: return K_HOME;
	case KEY_END: return K_END;
	case KEY_DC: return K_DELETE;
	case KEY_BACKSPACE: return K_BACKSPACE;
	case KEY_BTAB: return K_BACKTAB;
	case KEY_ENTER: return K_ENTER;
	default: return K_UNKNOWN;
	}
}

static uint32_t plain_key(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n': return K_ENTER;
	case '\t': return K_TAB;
	case 27: return K_ESC;
	case 8:
	case 127: return K_BACKSPACE;
	case 0: return K_UNKNOWN;
	default: return c < 0x110000 ? (uint32_t)c : K_UNKNOWN;
	}
}

static void mouse_read(struct session *session, uint64_t now_ns)
{
	static struct {
		int x, y;
		uint64_t ns;
	} last = { -1, -1, 0 };
	enum mouse what = MOUSE_PRESS;
	MEVENT event;

	if (getmouse(&event) != OK)
		return;
	if (event.bstate & BUTTON4_PRESSED) {
		what = MOUSE_WHEEL_UP;
	} else if (event.bstate & BUTTON5_PRESSED) {
		what = MOUSE_WHEEL_DOWN;
	} else if (!(event.bstate & BUTTON1_PRESSED)) {
		return;
	} else if (last.x == event.x && last.y == event.y && now_ns - last.ns < DOUBLE_NS) {
		what = MOUSE_DOUBLE;
		last.x = -1;
	} else {
		last.x = event.x;
		last.y = event.y;
		last.ns = now_ns;
	}
	session_mouse(session, what, event.x, event.y);
}

int input_read(struct session *session, uint64_t now_ns)
{
	int nr = 0, kind;
	wint_t code;

	while ((kind = get_wch(&code)) != ERR) {
		nr++;
		if (kind == KEY_CODE_YES && code == KEY_MOUSE)
			mouse_read(session, now_ns);
		else if (kind == KEY_CODE_YES && code == KEY_RESIZE)
			continue;
		else
			session_key(session, kind == KEY_CODE_YES ? special_key(code) : plain_key(code));
	}
	return nr;
}
