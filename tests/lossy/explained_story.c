// SPDX-License-Identifier: GPL-2.0-only
/*
 * explained_story.c - the stories of explained.h: lines of text, held against lines of text.
 *
 * The stable names and the numbers of a sentence are each recording's own, so they are replaced: "node#12" by the
 * node's address, "mm A (qemu 3141)" by the mm's, event numbers and episodes by those of the whole recording.  A
 * thing that the recording with gaps has no name for goes by its address there, and by nothing else.
 *
 * A sentence that says that something is not known says nothing that could be wrong, and is left out.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain/narrate.h"
#include "explained.h"
#include "trace/diag.h"

#define TEXT_MAX (NARRATE_MAX * 3)

struct telling_to { const struct side *side; struct claims *claims; uint32_t episode; };

struct out { char *to; size_t at; };

static void put(struct out *out, const char *text, size_t length)
{
	if (length > TEXT_MAX - 1 - out->at)
		length = TEXT_MAX - 1 - out->at;
	memcpy(out->to + out->at, text, length);
	out->at += length;
	out->to[out->at] = 0;
}

static void put_hex(struct out *out, uint64_t addr)
{
	char text[24];

	put(out, text, (size_t)snprintf(text, sizeof(text), "0x%" PRIx64, addr));
}

static uint64_t addr_of_number(const struct side *side, enum table table, uint32_t number)
{
	struct ref ref;
	union row row;

	if (history_find_number(side->source.history, table, number, &ref) != 0 ||
	    history_life(side->source.history, ref, 0, KNOWN_HINDSIGHT, &row) != 0)
		return 0;
	return table == TABLE_MM ? row.mm.name.addr : table == TABLE_NODE ? row.node.name.addr :
	       table == TABLE_ITEM ? row.item.name.addr : table == TABLE_VMA ? row.vma.name.addr :
	       row.anon_vma.name.addr;
}

static uint32_t episode_of_number(const struct side *side, uint32_t number)
{
	struct ref ref;
	union row row;

	if (history_find_number(side->source.history, TABLE_EPISODE, number, &ref) != 0 ||
	    history_row(side->source.history, ref, moment_hindsight(history_last(side->source.history)), &row) != 0)
		return 0;
	return explained_episode(side, &row.episode);
}

/* A name or number that begins here: how long it is, 0: none; what it is goes out. */
static size_t put_name(const struct side *side, const char *text, bool fresh, struct out *out)
{
	static const struct { const char *word; enum table table; } words[] = {
		{ "anon_vma#", TABLE_ANON_VMA }, { "node#", TABLE_NODE }, { "item#", TABLE_ITEM }, { "vma#", TABLE_VMA },
	};
	char *end;

	for (size_t i = 0; fresh && i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i].word);

		if (strncmp(text, words[i].word, length) != 0)
			continue;
		put_hex(out, addr_of_number(side, words[i].table, (uint32_t)strtoul(text + length, &end, 10)));
		return (size_t)(end - text);
	}
	if (fresh && (strncmp(text, "episode#", 8) == 0 || strncmp(text, "Episode ", 8) == 0)) {
		put(out, "episode ", 8);
		put_hex(out, episode_of_number(side, (uint32_t)strtoul(text + 8, &end, 10)));
		return (size_t)(end - text);
	}
	if (fresh && strncmp(text, "event ", 6) == 0 && isdigit((unsigned char)text[6])) {
		uint64_t n = strtoull(text + 6, &end, 10);

		put(out, "event ", 6);
		put_hex(out, !side->real ? n : n <= side->last ? side->real[n] : 0);
		return (size_t)(end - text);
	}
	return 0;
}

/* "mm AB (comm 12)": what it is called is a fact of the mm's row, which is compared elsewhere. */
static size_t put_mm(const struct side *side, const char *text, bool fresh, struct out *out)
{
	uint32_t number = 0;
	const char *p = text + 3;

	if (!fresh || strncmp(text, "mm ", 3) != 0 || !isupper((unsigned char)*p))
		return 0;
	for (; isupper((unsigned char)*p); p++)
		number = number * 26 + (uint32_t)(*p - 'A' + 1);
	put_hex(out, addr_of_number(side, TABLE_MM, number - 1));
	while (strncmp(p, " (", 2) == 0 && strchr(p, ')'))
		p = strchr(p, ')') + 1;
	return (size_t)(p - text);
}

/* What goes by its address is called what it is. */
static size_t skip_word(const char *text)
{
	static const char *const words[] = { "stable node 0x", "item 0x", "mm 0x", "chain 0x" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			return strlen(words[i]) - 2;
	return 0;
}

static void plain_names(const struct side *side, const char *text, char *to)
{
	struct out out = { to, 0 };
	bool fresh = true;

	to[0] = 0;
	while (*text) {
		size_t length = put_name(side, text, fresh, &out);

		length = length ? length : put_mm(side, text, fresh, &out);
		length = length ? length : fresh ? skip_word(text) : 0;
		if (!length && strncmp(text, " (pid ", 6) == 0 && strchr(text, ')'))
			length = (size_t)(strchr(text, ')') - text) + 1;
		if (!length) {
			put(&out, text, 1);
			length = 1;
		}
		text += length;
		fresh = !isalnum((unsigned char)text[-1]) && text[-1] != '_';
	}
}

/* Nor does one without the name of whom it is about. */
static bool says_nothing(const char *text)
{
	return strncmp(text, "The pte at", 10) == 0 || strncmp(text, "The migration entry at", 22) == 0 ||
	       strstr(text, "covers the item's address") ||
	       (strstr(text, "are found by a walk: ") && !strstr(text, "mapcount")) ||
	       strstr(text, "unknown") || strstr(text, "not known") || strstr(text, "?") ||
	       strstr(text, "not in the recording") || strstr(text, "were lost") || strstr(text, "do not add up");
}

/* Of whom, if it says so, and how long it took. */
static int title_claim(char *text, bool doubtful, const char *group, struct claims *claims)
{
	char *by = strstr(text, " by "), *took = by ? strstr(by, "), ") : NULL;

	if (took && !strstr(took, "without") && !strstr(took, "goes on"))
		claim_entry(claims, doubtful, group, "took %s", took + 3);
	if (by)
		*by = 0;
	if (strstr(text, " of "))
		claim_entry(claims, false, group, "%s", text);
	return 0;
}

/* What the whole recording says may be said more carefully without it being wrong. */
static void says_less(char *text, const char *group, struct claims *claims)
{
	static const struct { const char *sure, *careful; } said[] = {
		{ "It mapped this page", "It may have mapped this page" },
		{ " (as recorded; the model agrees exactly)", "" },
	};

	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		char *at = strstr(text, said[i].sure);

		if (at)
			claim_entry(claims, true, group, "%.*s%s%s", (int)(at - text), text, said[i].careful,
				    at + strlen(said[i].sure));
	}
}

static int line_claim(const struct story_line *line, void *arg)
{
	const struct telling_to *to = arg;
	char text[TEXT_MAX], group[32];

	if (says_nothing(line->narration.text))
		return 0;
	plain_names(to->side, line->narration.text, text);
	snprintf(group, sizeof(group), "story %u", to->episode);
	if (line->part == STORY_TITLE)
		return title_claim(text, line->narration.doubtful, group, to->claims);
	claim_entry(to->claims, line->narration.doubtful, group, "%s", text);
	if (!to->side->real)
		says_less(text, group, to->claims);
	return 0;
}

void explained_stories(const struct side *side, uint64_t known_by, struct claims *claims)
{
	struct moment when = known_by == KNOWN_HINDSIGHT ? moment_hindsight(history_last(side->source.history)) :
			     moment_at(known_by);
	struct telling_to to = { .side = side, .claims = claims };
	struct history_cursor cursor;
	struct diag diag = { 0 };
	union row row;

	if (history_list(side->source.history, ALL_EPISODES, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) == 1) {
		to.episode = episode_of_number(side, row.episode.number);
		story_tell_all(&side->source, row.episode.ref, when, line_claim, &to, &diag);
	}
}
