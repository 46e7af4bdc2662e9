/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * diag.c - filling a diag and turning it into one sentence.
 *
 * The hard part is that every text in here may come from a hostile file: texts are cut to their
 * field at a whole UTF-8 character, and what is not printable becomes '?', because the sentence ends up
 * on somebody's terminal, or in JSON.
 *
 * A diag owns nothing, so that lists of damages can copy it about.  This file does not print, does
 * not translate, and does not decide how bad something is: the caller's error code says that.
 */
#include "trace/diag.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trace/printable.h"

/* Cuts a text that snprintf() has shortened: back to a character's start, and "..." as its end. */
static void text_cut(char *text, size_t size)
{
	size_t end = size - 4;

	while (end > 0 && ((unsigned char)text[end] & 0xc0) == 0x80)
		end--;
	memcpy(text + end, "...", 4);
}

static void text_clean(char *text)
{
	while (*text) {
		size_t length = printable_length(text);

		if (!length)
			*text++ = '?';
		text += length;
	}
}

static void text_format(char *text, size_t size, const char *format, va_list args)
{
	int len = vsnprintf(text, size, format, args);

	if (len < 0)
		text[0] = '\0';
	else if ((size_t)len >= size)
		text_cut(text, size);
	text_clean(text);
}

static void text_copy(char *text, size_t size, const char *from)
{
	size_t len = strnlen(from, size);

	memcpy(text, from, len < size ? len + 1 : size);
	if (len >= size)
		text_cut(text, size);
	text_clean(text);
}

int diag_set(struct diag *diag, int error, const char *format, ...)
{
	va_list args;

	if (!diag)
		return error;
	memset(diag, 0, sizeof(*diag));
	diag->error = error;
	va_start(args, format);
	text_format(diag->what, sizeof(diag->what), format, args);
	va_end(args);
	return error;
}

static void place_set(struct diag *diag, enum diag_place place, const char *file, uint64_t at,
		      uint32_t column)
{
	if (!diag)
		return;
	diag->place = place;
	diag->at = at;
	diag->column = column;
	text_copy(diag->file, sizeof(diag->file), file ? file : "");
}

void diag_file(struct diag *diag, const char *file)
{
	place_set(diag, DIAG_FILE, file, 0, 0);
}

void diag_offset(struct diag *diag, const char *file, uint64_t offset)
{
	place_set(diag, DIAG_OFFSET, file, offset, 0);
}

void diag_event(struct diag *diag, const char *file, uint64_t number)
{
	place_set(diag, DIAG_EVENT, file, number, 0);
}

void diag_line(struct diag *diag, const char *file, uint32_t line, uint32_t column)
{
	place_set(diag, DIAG_LINE, file, line, column);
}

void diag_expected(struct diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	text_format(diag->expected, sizeof(diag->expected), format, args);
	va_end(args);
}

void diag_advice(struct diag *diag, const char *format, ...)
{
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	text_format(diag->advice, sizeof(diag->advice), format, args);
	va_end(args);
}

/* "byte 12: what (expected ...)": a diag without its file, advice and causes. */
static void statement(const struct diag *diag, char *buf, size_t size)
{
	char place[64] = "";

	if (diag->place == DIAG_OFFSET)
		snprintf(place, sizeof(place), "byte %" PRIu64 ": ", diag->at);
	else if (diag->place == DIAG_EVENT)
		snprintf(place, sizeof(place), "event %" PRIu64 ": ", diag->at);
	else if (diag->place == DIAG_LINE && diag->column)
		snprintf(place, sizeof(place), "line %" PRIu64 ", column %" PRIu32 ": ", diag->at,
			 diag->column);
	else if (diag->place == DIAG_LINE)
		snprintf(place, sizeof(place), "line %" PRIu64 ": ", diag->at);
	snprintf(buf, size, "%s%s%s%s%s", place, diag->what, diag->expected[0] ? " (expected " : "",
		 diag->expected, diag->expected[0] ? ")" : "");
}

int diag_wrap(struct diag *diag, const char *format, ...)
{
	char below[sizeof(diag->cause) + 512];
	va_list args;

	if (!diag)
		return 0;
	statement(diag, below, sizeof(below));
	if (diag->cause[0]) {
		size_t len = strlen(below);

		snprintf(below + len, sizeof(below) - len, ": %s", diag->cause);
	}
	text_copy(diag->cause, sizeof(diag->cause), below);
	diag->place = diag->file[0] ? DIAG_FILE : DIAG_NOWHERE;
	diag->expected[0] = '\0';
	va_start(args, format);
	text_format(diag->what, sizeof(diag->what), format, args);
	va_end(args);
	return diag->error;
}

const char *diag_text(const struct diag *diag, char *buf, size_t size)
{
	char own[512];
	int len;

	if (!size)
		return buf;
	statement(diag, own, sizeof(own));
	len = snprintf(buf, size, "%s%s%s%s%s%s%s", diag->file, diag->file[0] ? ": " : "", own,
		       diag->cause[0] ? ": " : "", diag->cause, diag->advice[0] ? "; " : "",
		       diag->advice);
	if (len >= 0 && (size_t)len >= size && size > 4)
		text_cut(buf, size);
	return buf;
}
