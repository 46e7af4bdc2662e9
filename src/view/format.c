// SPDX-License-Identifier: GPL-2.0-only
/*
 * format.c - numbers as people read them.
 *
 * Integer arithmetic throughout: a count above 2^53 keeps its last digit, and a time is cut, never
 * rounded up past an event that has not happened yet.  The same picture in every locale, so no
 * printf grouping and no decimal comma.
 *
 * Not here: times with absolute clocks and addresses, which need no more than a printf.
 */
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Writes digits with a blank after every third from the right; returns the length. */
static int group(char *buffer, uint64_t count)
{
	char digits[24];
	int nr = snprintf(digits, sizeof(digits), "%" PRIu64, count), len = 0;

	for (int i = 0; i < nr; i++) {
		if (i && (nr - i) % 3 == 0)
			buffer[len++] = ' ';
		buffer[len++] = digits[i];
	}
	buffer[len] = '\0';
	return len;
}

const char *format_count(char *buffer, uint64_t count)
{
	group(buffer, count);
	return buffer;
}

static const char *seen(char *buffer, bool none, bool lacks)
{
	size_t len = lacks && none ? 0 : strlen(buffer);

	if (lacks)
		memcpy(buffer + len, "?", 2);
	return buffer;
}

const char *format_seen(char *buffer, uint64_t count, bool lacks)
{
	format_count(buffer, count);
	return seen(buffer, !count, lacks);
}

const char *format_seen_duration(char *buffer, uint64_t ns, bool lacks)
{
	format_duration(buffer, ns);
	return seen(buffer, !ns, lacks);
}

const char *format_delta(char *buffer, int64_t delta)
{
	uint64_t size = delta < 0 ? -(uint64_t)delta : (uint64_t)delta;

	if (!delta)
		return strcpy(buffer, "0");
	buffer[0] = delta < 0 ? '-' : '+';
	group(buffer + 1, size);
	return buffer;
}

const char *format_bytes(char *buffer, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t unit = 1024;
	int i = 0;

	if (bytes < 1024) {
		snprintf(buffer, FORMAT_MAX, "%" PRIu64 " B", bytes);
		return buffer;
	}
	while (i < 5 && bytes / unit >= 1024) {
		unit *= 1024;
		i++;
	}
	snprintf(buffer, FORMAT_MAX, "%" PRIu64 ".%u %s", bytes / unit,
		 (unsigned)((unsigned __int128)(bytes % unit) * 10 / unit), units[i]);
	return buffer;
}

const char *format_duration(char *buffer, uint64_t ns)
{
	static const struct { uint64_t ns; const char *name; } units[] = {
		{ 1000000000, "s" }, { 1000000, "ms" }, { 1000, "us" },
	};

	if (ns >= 600 * UINT64_C(1000000000)) {
		snprintf(buffer, FORMAT_MAX, "%" PRIu64 " min", ns / (60 * UINT64_C(1000000000)));
		return buffer;
	}
	/* rounded, as all texts round; what becomes 1000.0 is 1.0 of the next unit */
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t tenths = (ns + units[i].ns / 20) / (units[i].ns / 10);

		if (ns + units[i].ns / 20000 < units[i].ns)
			continue;
		snprintf(buffer, FORMAT_MAX, "%" PRIu64 ".%u %s", tenths / 10, (unsigned)(tenths % 10),
			 units[i].name);
		return buffer;
	}
	snprintf(buffer, FORMAT_MAX, "%" PRIu64 " ns", ns);
	return buffer;
}

const char *format_moment(char *buffer, uint64_t ns)
{
	snprintf(buffer, FORMAT_MAX, "+%" PRIu64 ".%06u", ns / 1000000000,
		 (unsigned)(ns % 1000000000 / 1000));
	return buffer;
}
