// SPDX-License-Identifier: GPL-2.0-only
/*
 * fit.c - text in fewer columns than it needs.
 *
 * Half a number is a wrong number: "0x1c0" is another page than 0x1c0077, and "took 4.0" says
 * nothing.  So whatever is too long is shortened here, by one rule for all views: whole words stay,
 * the rest becomes an ellipsis.  A lone word (a task's name, an identifier) may be cut anywhere but
 * within a run of letters and digits that holds a digit.  A count has shorter forms of its own; they
 * are cut, not rounded, because a rounded count may say more than there is.
 *
 * It does not choose what to say in little room: a view that has a shorter sentence draws that.
 */
#include "grid.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_MAX 64

static bool is_digit(char c)
{
	return isdigit((unsigned char)c) != 0;
}

static bool is_run(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* A letter, a digit, or the point in 4.0. */
static bool in_run(const char *text, size_t at)
{
	return is_run(text[at]) ||
	       (text[at] == '.' && at && is_digit(text[at - 1]) && is_digit(text[at + 1]));
}

/* Does the run of letters and digits around text[at - 1] and text[at] hold a digit?  Its bounds. */
static bool splits_number(const char *text, size_t at, size_t *ret_start, size_t *ret_end)
{
	size_t start = at, end = at;
	bool digit = false;

	if (!at || !in_run(text, at) || !in_run(text, at - 1))
		return false;
	while (start && in_run(text, start - 1))
		start--;
	while (in_run(text, end))
		end++;
	for (size_t i = start; i < end; i++)
		digit |= is_digit(text[i]);
	*ret_start = start;
	*ret_end = end;
	return digit;
}

/* Does a unit of format.h stand here? */
static bool is_unit(const char *text)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
					    "ns", "us", "ms", "s", "min"};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		size_t length = strlen(units[i]);

		if (!strncmp(text, units[i], length) && !is_run(text[length]))
			return true;
	}
	return false;
}

/* Do thousands go on behind the blank at @at: "7 999", and not "node#5 0x7f" or "pid 2201 12"? */
static bool is_grouped(const char *text, size_t at)
{
	size_t start = at;

	while (start && is_digit(text[start - 1]))
		start--;
	return at - start <= 3 && (!start || strchr(" (+-", text[start - 1])) && is_digit(text[at + 1]) &&
	       is_digit(text[at + 2]) && is_digit(text[at + 3]) && !is_run(text[at + 4]);
}

/* Is the blank at @at a part of a number: of its thousands, or in front of its unit? */
static bool is_bound(const char *text, size_t at)
{
	return at && is_digit(text[at - 1]) && (is_unit(text + at + 1) || is_grouped(text, at));
}

/* Does a word end in front of text[at]? */
static bool is_end(const char *text, size_t at)
{
	if (text[at] == ' ')
		return !is_bound(text, at);
	return at && text[at] && strchr(",;:)", text[at]) && (text[at + 1] == ' ' || !text[at + 1]);
}

/* Bytes at the beginning that may stand in front of an ellipsis in @columns. */
static size_t keep_head(const char *text, int columns)
{
	size_t room = text_head(text, columns), length = room, start, end;

	while (length && !is_end(text, length))
		length--;
	if (!length && !memchr(text, ' ', room) && text[room] != ' ')	/* one word */
		length = splits_number(text, room, &start, &end) ? start : room;
	while (length && strchr(" (,:", text[length - 1]))
		length--;
	return length;
}

/* Bytes to leave out at the beginning, so that the rest takes at most @columns. */
static size_t skip_head(const char *text, int columns)
{
	size_t length = strlen(text), at = 0, start, end;

	while (at < length && text_width(text + at) > columns)
		at += text_head(text + at, 1) ? text_head(text + at, 1) : text_head(text + at, 2);
	if (strchr(text, ' ')) {
		while (at < length && !(at && text[at - 1] == ' ' && !is_bound(text, at - 1)))
			at++;
	} else if (splits_number(text, at, &start, &end)) {
		at = end;
	}
	return at;
}

/* The value of what format_count() wrote; false for any other text, and for a name such as a pid. */
static bool is_count(const char *text, uint64_t *ret)
{
	char digits[24];
	size_t nr = 0;

	if (!is_digit(*text) || !strchr(text, ' '))
		return false;
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		if (!is_digit(*text) || nr == sizeof(digits) - 1)
			return false;
		digits[nr++] = *text;
	}
	digits[nr] = '\0';
	*ret = strtoull(digits, NULL, 10);
	return true;
}

/* The longest form of a count that fits; false when none does. */
static bool shorten_count(char *buf, size_t size, uint64_t count, int width)
{
	uint64_t unit = 1000;

	if (snprintf(buf, size, "%" PRIu64, count) <= width)
		return true;
	for (const char *name = "kMGTPE"; *name; name++, unit *= 1000) {
		if (count / unit < 10 && count >= unit &&
		    snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", count / unit,
			     count % unit / (unit / 10), *name) <= width)
			return true;
		if (count >= unit && snprintf(buf, size, "%" PRIu64 "%c", count / unit, *name) <= width)
			return true;
		if (unit > UINT64_MAX / 1000)
			break;
	}
	return false;
}

/* Nothing but a number, with or without its unit. */
static bool is_number(const char *text)
{
	text += strspn(text, "+-?.,/0123456789 ");
	return !*text || is_unit(text);
}

static void draw_head(struct pane pane, int x, int y, int width, enum role role, const char *text)
{
	size_t length = keep_head(text, width - 1);
	char head[1024];
	int used;

	if (length >= sizeof(head))
		length = sizeof(head) - 1;
	memcpy(head, text, length);
	head[length] = '\0';
	used = pane_text(pane, x, y, role, head);
	pane_glyph(pane, x + used, y, role, GLYPH_ELLIPSIS);
}

static void draw_tail(struct pane pane, int x, int y, int width, enum role role, const char *text)
{
	const char *tail = is_number(text) ? "" : text + skip_head(text, width - 1);
	int used = text_width(tail);

	pane_glyph(pane, x + width - used - 1, y, role, GLYPH_ELLIPSIS);
	pane_text(pane, x + width - used, y, role, tail);
}

void pane_fit(struct pane pane, int x, int y, int width, enum align align, enum role role,
	      const char *text)
{
	int total = text_width(text);
	char shorter[SHORT_MAX];
	uint64_t count;

	if (width <= 0)
		return;
	if (total > width && is_count(text, &count) &&
	    shorten_count(shorter, sizeof(shorter), count, width)) {
		text = shorter;
		total = text_width(shorter);
	}
	pane_fill(pane, x, y, width, 1, role);
	if (total <= width)
		pane_text(pane, align == ALIGN_RIGHT ? x + width - total : x, y, role, text);
	else if (align == ALIGN_LEFT)
		draw_head(pane, x, y, width, role, text);
	else
		draw_tail(pane, x, y, width, role, text);
}

/* Bytes of @text on one row of @width columns: up to a blank where there is one. */
static size_t row_length(const char *text, int width)
{
	size_t line = strcspn(text, "\n"), length = text_head(text, width), blank;

	if (length >= line)
		return line;
	for (blank = length; blank && (text[blank] != ' ' || is_bound(text, blank)); blank--)
		;
	if (blank)
		return blank;
	/* a word longer than the row, or a character wider than it */
	return length ? length : strlen(text);
}

int pane_wrap(struct pane pane, int x, int y, int width, enum role role, const char *text)
{
	int rows = 0;

	if (width <= 0)
		return 0;
	while (*text) {
		size_t length = row_length(text, width);
		bool last = y + rows == pane.height - 1;
		char row[1024];

		/* there is no row for the rest: what stands here says that there is more */
		snprintf(row, sizeof(row), "%.*s", last ? (int)strcspn(text, "\n") : (int)length, text);
		if (text_width(row) > width)
			pane_fit(pane, x, y + rows, width, ALIGN_LEFT, role, row);
		else
			pane_text(pane, x, y + rows, role, row);
		rows++;
		text += length;
		while (*text == ' ')
			text++;
		if (*text == '\n')
			text++;
	}
	return rows;
}
