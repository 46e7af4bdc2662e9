// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording_names.c - moments and objects as people write and read them.
 *
 * The words are those of the manual page and the same in every command and view.  Numbers are read by hand
 * and strictly, times as decimal fractions of ns, so that 0.1 s is not a float's idea of it, and what cannot
 * be understood gets a diag that says what can.
 *
 * Short stable names ("node#12", "mm A") are made of an object's number, which the history gives
 * and never changes.
 */
#include "recording_private.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- moments ---- */

/* Digits with an optional fraction, in units of 1/scale: "1.5" at 10^9 is 1500000000. */
static bool parse_decimal(const char **text, uint64_t scale, uint64_t *ret_value)
{
	const char *p = *text;
	uint64_t value = 0;

	if (!isdigit((unsigned char)*p))
		return false;
	for (; isdigit((unsigned char)*p); p++) {
		if (value > (UINT64_MAX / scale - 10) / 10)
			return false;
		value = value * 10 + (uint64_t)(*p - '0');
	}
	value *= scale;
	if (*p == '.') {
		if (!isdigit((unsigned char)p[1]))
			return false;
		for (p++; isdigit((unsigned char)*p); p++) {
			scale /= 10;
			value += scale * (uint64_t)(*p - '0');
		}
	}
	*text = p;
	*ret_value = value;
	return true;
}

static int parse_after_start(struct recording *recording, const char *text, uint64_t *ret_t)
{
	static const struct { const char *unit; uint64_t ns; } units[] = {
		{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 }, { "", 1000000000 },
	};
	size_t digits = strspn(text, "0123456789.");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t ns, start = recording_start_ns(recording);

		if (strcmp(text + digits, units[i].unit) != 0)
			continue;
		if (!parse_decimal(&text, units[i].ns, &ns) || strcmp(text, units[i].unit) != 0)
			return -EINVAL;
		*ret_t = event_index_at_time(recording->index,
					     ns > UINT64_MAX - start ? UINT64_MAX : start + ns);
		return 0;
	}
	return -EINVAL;
}

static int parse_moment(struct recording *recording, const char *text, bool absolute, uint64_t *ret_t)
{
	uint64_t last = event_index_last(recording->index), value;
	const char *p = text;

	if (strcmp(text, "start") == 0 || strcmp(text, "end") == 0)
		return *ret_t = text[0] == 's' ? 0 : last, 0;
	if (*p == '+')
		return parse_after_start(recording, p + 1, ret_t);
	if (absolute && strchr(text, '.')) {
		if (!parse_decimal(&p, 1000000000, &value) || *p)
			return -EINVAL;
		return *ret_t = event_index_at_time(recording->index, value), 0;
	}
	if (strchr(text, '%')) {
		if (!parse_decimal(&p, 1000000, &value) || strcmp(p, "%") != 0 || value > 100000000)
			return -EINVAL;
		return *ret_t = (uint64_t)((__uint128_t)last * value / 100000000), 0;
	}
	if (*p == '@')
		p++;
	if (!parse_decimal(&p, 1, &value) || *p || strchr(text, '.'))
		return -EINVAL;
	if (value > last)
		return -ERANGE;
	return *ret_t = value, 0;
}

int recording_parse_moment(struct recording *recording, const char *text, bool absolute,
			   uint64_t *ret_t, struct diag *diag)
{
	int ret = parse_moment(recording, text, absolute, ret_t);

	if (ret == -ERANGE) {
		diag_set(diag, ret, "there is no event %s", text);
		diag_expected(diag, "at most %" PRIu64, event_index_last(recording->index));
	} else if (ret != 0) {
		diag_set(diag, ret, "\"%s\" is not a moment", text);
		diag_expected(diag, "%s", absolute ?
			      "1234, @1234, +1.5s, 50%, start, end or 123.456789" :
			      "1234, @1234, +1.5s, 50%, start or end");
	}
	return ret;
}

/* ---- objects ---- */

static const struct { const char *name; enum table table; } table_names[] = {
	{ "pfn", TABLE_PAGE }, { "node", TABLE_NODE }, { "item", TABLE_ITEM }, { "mm", TABLE_MM },
	{ "vma", TABLE_VMA }, { "anon_vma", TABLE_ANON_VMA }, { "mapping", TABLE_MAPPING },
	{ "episode", TABLE_EPISODE },
};

static bool parse_number(const char *text, uint64_t *ret_value, const char **ret_end)
{
	char *end;

	if (!isxdigit((unsigned char)*text))
		return false;
	errno = 0;
	*ret_value = strtoull(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
	*ret_end = end;
	return errno == 0 && end != text;
}

/* "A", "Z", "AA": 0, 25, 26. */
static bool parse_letters(const char *text, uint32_t *ret_number)
{
	uint64_t value = 0;

	for (const char *p = text; *p; p++) {
		if (*p < 'A' || *p > 'Z' || p - text > 5)
			return false;
		value = value * 26 + (uint64_t)(*p - 'A') + 1;
	}
	*ret_number = (uint32_t)(value - 1);
	return *text != 0;
}

/*
 * The stable node of a page: a patched kernel's are known by their address.  Else the last one before.  `generation`:
 * the so-many-th node that had the page, 0: the one of the moment.
 */
static int find_by_kpfn(const struct history *h, uint64_t pfn, uint32_t generation, struct moment when,
			struct ref *ret_ref)
{
	union row row, now;
	bool found = false;

	if (generation) {
		int ret = history_pfn_life(h, pfn, generation - 1, when.known_by, &row);

		if (ret == 0)
			*ret_ref = row.any.ref;
		return ret;
	}
	for (uint32_t i = 0; history_pfn_life(h, pfn, i, when.known_by, &row) == 0; i++) {
		if (row.fact.born > when.t)
			continue;
		*ret_ref = row.any.ref;
		found = true;
		if (history_row(h, row.any.ref, when, &now) == 0 && now.node.kpfn == pfn)
			return 0;
	}
	return found ? 0 : -ENOENT;
}

static int find_by_address(const struct history *h, enum table table, const char *text,
			   struct moment when, struct ref *ret_ref)
{
	uint64_t addr, generation = 0;
	const char *end;
	struct ref node;
	union row row;
	int ret;

	if (!parse_number(text, &addr, &end))
		return -EINVAL;
	if (*end == '%' && (!parse_number(end + 1, &generation, &end) || generation == 0 ||
			    generation > UINT32_MAX))
		return -EINVAL;
	if (*end)
		return -EINVAL;
	ret = history_find(h, table, addr, (uint32_t)generation, when, ret_ref);
	if (table != TABLE_PAGE || (ret && ret != -ENOENT) ||
	    (ret == 0 && (generation || history_row(h, *ret_ref, when, &row) == 0)))
		return ret;
	/* A page that is no row of its own at that moment may be known as a node's. */
	if ((history_is_patched(h) ? find_by_kpfn(h, addr, (uint32_t)generation, when, &node) :
	     history_find(h, TABLE_NODE, addr, (uint32_t)generation, when, &node)) == 0 &&
	    (ret || generation || history_row(h, node, when, &row) == 0)) {
		*ret_ref = node;
		return 0;
	}
	return ret;
}

static int parse_object(const struct history *h, const char *text, struct moment when,
			struct ref *ret_ref)
{
	size_t size = strcspn(text, ":# ");
	const char *rest = text + size;
	enum table table = TABLE_NONE;
	uint32_t number;
	uint64_t value;
	const char *end;

	for (size_t i = 0; i < sizeof(table_names) / sizeof(table_names[0]); i++)
		if (strlen(table_names[i].name) == size &&
		    strncmp(text, table_names[i].name, size) == 0)
			table = table_names[i].table;
	if (*rest == ':' && size == 3 && strncmp(text, "pid", 3) == 0) {
		if (!parse_number(rest + 1, &value, &end) || *end || value > INT32_MAX)
			return -EINVAL;
		return history_find_pid(h, (int32_t)value, when, ret_ref);
	}
	if (table == TABLE_NONE || !*rest)
		return -EINVAL;
	if (*rest == ' ' && table == TABLE_MM && parse_letters(rest + 1, &number))
		return history_find_number(h, TABLE_MM, number, ret_ref);
	if (*rest == '#') {
		if (!parse_number(rest + 1, &value, &end) || *end || value > UINT32_MAX)
			return -EINVAL;
		return history_find_number(h, table, (uint32_t)value, ret_ref);
	}
	return find_by_address(h, table, rest + 1, when, ret_ref);
}

int recording_parse_object(struct recording *recording, const char *text, struct moment when,
			   struct ref *ret_ref, struct diag *diag)
{
	int ret = parse_object(recording->history, text, when, ret_ref);

	if (ret == -EINVAL) {
		diag_set(diag, ret, "\"%s\" is not an object", text);
		diag_expected(diag, "pfn:0x1a2f40, node:0xffff..., item:, mm:, vma:, anon_vma:, pid:3141, "
			      "node#12 or mm A; %%2 behind an address for its second generation");
	} else if (ret != 0) {
		diag_set(diag, ret, "there is no %s in the recording", text);
	}
	return ret;
}

void recording_object_name(const struct recording *recording, struct ref ref, char *buf, size_t size)
{
	union row row;

	if (ref_is_none(ref) || history_life(recording->history, ref, 0, KNOWN_HINDSIGHT, &row) != 0) {
		snprintf(buf, size, "%s", ref_is_none(ref) ? "-" : "gone");
		return;
	}
	history_short_name(&row, buf, size);
}
