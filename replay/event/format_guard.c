// SPDX-License-Identifier: GPL-2.0-only
/*
 * format_guard.c - what of a format text reaches libtraceevent's parser.
 *
 * The hard idea: that parser may be given nothing that it cannot stand, and fuzzing finds much
 * that it cannot (1.7.1).  It is recursive: 40,000 nested parentheses overflow its stack, and a chain of casts or
 * unary operators nests without a parenthesis.  It dereferences what a field line without
 * a type does not have.  It evaluates constants while parsing, and divides by zero.
 *
 * So the text is written anew: lines are taken over only if they read like what the kernel prints
 * (kernel/trace/trace_events.c, f_show()), checked against all 2,323 formats of a 6.18 kernel; and a
 * print format that is too long, too deep, or divides by anything but a number is left out (seven
 * of those, all of dma).  Everything about an event but its pretty text works without one.
 */
#include "event/format_guard.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TEXT	(256u << 10)
#define MAX_FIELDS	512
#define MAX_NUMBER	65536
#define PRINT_MAX_DEPTH	100
#define PRINT_MAX_CODE	8192	/* bytes outside of string literals */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The line "KEY VALUE\n" at `text`: behind it, and VALUE and its length; NULL if it is not that. */
static const char *read_line(const char *text, const char *key, const char **ret_value, size_t *ret_size)
{
	size_t n = strlen(key);

	if (strncmp(text, key, n) != 0)
		return NULL;
	text += n + strspn(text + n, " ");
	*ret_value = text;
	while (is_word(*text))
		text++;
	*ret_size = (size_t)(text - *ret_value);
	return *text == '\n' ? text + 1 : NULL;
}

static const char *read_head(const char *text, const char **ret_name, size_t *ret_size, uint16_t *ret_type)
{
	const char *id;
	unsigned long n;
	size_t id_size;
	char *end;

	text = read_line(text, "name:", ret_name, ret_size);
	if (!text || *ret_size == 0 || *ret_size > 128)
		return NULL;
	text = read_line(text, "ID:", &id, &id_size);
	if (!text || id_size == 0 || id_size > 5)
		return NULL;
	n = strtoul(id, &end, 10);
	if (end != id + id_size || n > UINT16_MAX)
		return NULL;
	*ret_type = (uint16_t)n;
	return text;
}

int format_guard_head(const char *text, struct format_guard *ret_guard)
{
	const char *name;
	size_t size;

	*ret_guard = (struct format_guard){ 0 };
	if (!read_head(text, &name, &size, &ret_guard->type))
		return -EBADMSG;
	ret_guard->name = strndup(name, size);
	return ret_guard->name ? 0 : -ENOMEM;
}

/* "TYPE NAME" or "TYPE NAME[N]": words, stars and brackets, two words at least, the name last. */
static bool is_declaration(const char *p, const char *end, const char **ret_name)
{
	int nr_words = 0, nr_tokens = 0;
	bool named = false;

	while (p < end) {
		if (++nr_tokens > 24)
			return false;
		if (*p == ' ') {
			p++;
		} else if (is_word(*p)) {
			*ret_name = p;
			while (p < end && is_word(*p))
				p++;
			nr_words++;
			named = true;
		} else if (*p == '*' && nr_words > 0) {
			p++;
			named = false;
		} else if (*p == '[' && nr_words > 0) {
			for (p++; p < end && is_word(*p); p++)
				;
			if (p == end || *p++ != ']')
				return false;
		} else {
			return false;
		}
	}
	return nr_words >= 2 && named && !isdigit((unsigned char)**ret_name);
}

/* ";\tKEY:N" : behind it. */
static const char *read_number(const char *p, const char *key)
{
	size_t n = strlen(key);
	char *end;

	if (*p++ != ';')
		return NULL;
	p += strspn(p, "\t ");
	if (strncmp(p, key, n) != 0 || !isdigit((unsigned char)p[n]))
		return NULL;
	return strtoul(p + n, &end, 10) <= MAX_NUMBER ? end : NULL;
}

/* A field line at `line`, which ends at `end`; its name. */
static bool is_field(const char *line, const char *end, const char **ret_name)
{
	const char *p = line + strspn(line, "\t "), *semicolon;

	if (strncmp(p, "field:", 6) != 0)
		return false;
	p += 6;
	semicolon = memchr(p, ';', (size_t)(end - p));
	if (!semicolon || !is_declaration(p, semicolon, ret_name))
		return false;
	p = read_number(semicolon, "offset:");
	p = p ? read_number(p, "size:") : NULL;
	if (p && p[0] == ';' && p + 1 < end)
		p = read_number(p, "signed:");
	return p && p[0] == ';' && p + 1 == end;
}

static bool print_is_tame(const char *print)
{
	size_t nr_code = 0;
	int depth = 0;

	/* Lengths out of the record, which libtraceevent does not hold against it. */
	if (strstr(print, "%*p") || strstr(print, "%ph"))
		return false;
	for (const char *p = print; *p; p++) {
		if (*p == '"') {
			for (p++; *p && *p != '"'; p++)
				if (*p == '\\' && p[1])
					p++;
			if (!*p)
				return false;
			continue;
		}
		if (strchr("([{?", *p) && ++depth > PRINT_MAX_DEPTH)
			return false;
		if (strchr(")]}:", *p))
			depth--;
		if ((*p == '/' || *p == '%') && !strchr("123456789", p[1 + strspn(p + 1, " ")]))
			return false;
		if (++nr_code > PRINT_MAX_CODE)
			return false;
	}
	return true;
}

/* Appends the common fields, or the others, of [text, end). */
static char *copy_fields(char *dst, const char *text, const char *end, bool common, uint32_t *nr,
			 struct format_guard *guard)
{
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text)), *name = "";

		line_end = line_end ? line_end : end;
		if (is_field(text, line_end, &name)) {
			if ((strncmp(name, "common_", 7) == 0) == common && ++*nr <= MAX_FIELDS) {
				memcpy(dst, text, (size_t)(line_end - text));
				dst += line_end - text;
				*dst++ = '\n';
			}
		} else if (common && line_end > text) {
			guard->nr_dropped++;
		}
		text = line_end + 1;
	}
	*dst++ = '\n';
	return dst;
}

/* Is there a field of that name: "NAME;" or "NAME[" behind a blank or a star? */
static bool has_field(const char *fields, const char *name, size_t size)
{
	for (const char *p = strchr(fields, *name); p; p = strchr(p + 1, *name))
		if (p > fields && strchr(" *", p[-1]) && strncmp(p, name, size) == 0 &&
		    (p[size] == ';' || p[size] == '['))
			return true;
	return false;
}

/*
 * __print_flags() and __print_symbolic() of a field that is not there: tep_parse_event() of 1.7.1 marks
 * the field without looking whether it was found (process_entry()).
 */
static bool print_has_its_fields(const char *print, const char *fields)
{
	if (!strstr(print, "__print_flags") && !strstr(print, "__print_symbolic"))
		return true;
	for (const char *p = strstr(print, "REC"); p; p = strstr(p, "REC")) {
		size_t size;

		p += 3 + strspn(p + 3, " \t\n");
		if (strncmp(p, "->", 2) != 0)
			return false;
		p += 2 + strspn(p + 2, " \t\n");
		size = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (size == 0 || !has_field(fields, p, size))
			return false;
	}
	return true;
}

char *format_guard_text(const char *text, struct format_guard *guard)
{
	static const char no_print[] = "print fmt: \"\"\n";
	size_t size = strnlen(text, MAX_TEXT + 1), name_size;
	const char *print, *name, *fields;
	char *copy = size <= MAX_TEXT ? malloc(size + 64) : NULL, *p = copy;
	uint32_t nr = 0;
	uint16_t type;

	if (!copy)
		return NULL;
	fields = read_head(text, &name, &name_size, &type);
	if (!fields || strncmp(fields, "format:\n", 8) != 0) {
		free(copy);
		return NULL;
	}
	fields += 8;
	print = strstr(fields, "\nprint fmt:");
	print = print ? print + 1 : text + size;
	memcpy(p, text, (size_t)(fields - text));
	p += fields - text;
	p = copy_fields(p, fields, print, true, &nr, guard);
	p = copy_fields(p, fields, print, false, &nr, guard);
	*p = 0;
	if (!*print || !print_is_tame(print) || !print_has_its_fields(print, copy)) {
		guard->print_dropped = *print != 0;
		strcpy(p, no_print);
	} else {
		strcpy(p, print);
	}
	return copy;
}
