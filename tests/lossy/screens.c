// SPDX-License-Identifier: GPL-2.0-only
/*
 * screens.c - see screens.h.
 *
 * The frame (title, tabs, why, hints) is left out, and everything from a list of steps on: rows of such a list begin
 * with its heading and end with the rule above the step that is told in full.
 *
 * How sure one is (T, D, I, M) may differ: what the whole recording saw the other may have to infer.  Object names
 * count what was seen of them, so their numbers are left out.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "screens.h"

#define MARKS 2
#define FRAME_ROWS 2	/* title and tabs; the rule below the tabs has no words */

/* Words of not knowing. */
static const char *const unknown[] = { "not known", "not seen", "may have begun", "missing", "is lost", "in the gap",
	"not in the recording", "do not add up",
	"none is known", "nothing by now says" };

static bool says_unknown(const char *text)
{
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		if (strstr(text, unknown[i]))
			return true;
	return false;
}

static bool is_unit(const char *word)
{
	static const char *const units[] = { "ns", "us", "ms", "s", "min" };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strncmp(word, units[i], strlen(units[i])) == 0 && !isalpha((unsigned char)word[strlen(units[i])]))
			return true;
	return false;
}

static bool is_doubtful(const char *word)
{
	return strchr(word, '?') != NULL;
}

static bool is_evidence(const char *word)
{
	return strchr("TDIM", word[0]) && !word[1];
}

/* "node#12," is "node#,"; a comma is no part of a value. */
static void clean(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		if (*from == ',' || *from == ';')
			continue;
		*to++ = *from;
		for (bool number = *from == '#'; number && isdigit((unsigned char)from[1]);)
			from++;
	}
	*to = 0;
}

static void add_piece(struct pieces *to, const char *text)
{
	static const char lost[] = "? lost in a gap";
	char *at;
	struct piece *piece = &to->list[to->nr];
	char *save = NULL;

	if (to->nr == PIECES_MAX)
		return;
	*piece = (struct piece){ 0 };
	snprintf(piece->text, sizeof(piece->text), "%s", text);
	at = strstr(piece->text, lost);
	if (at)		/* so many cells are not known */
		memset(at + 1, ' ', sizeof(lost) - 2 + strspn(at + sizeof(lost) - 1, " 0123456789"));
	at = strstr(piece->text, "the rebuilt");
	if (at)		/* tree lacks some */
		*at = 0;
	if (says_unknown(piece->text) || memchr(piece->text, '?', MARKS))	/* a doubtful row */
		return;
	for (char *word = strtok_r(piece->text, " ", &save); word && piece->nr < WORDS_MAX;
	     word = strtok_r(NULL, " ", &save)) {
		clean(word);
		if (*word == '>' && !piece->nr)	/* the cursor */
			word++;
		if (!*word)
			continue;
		/* a process by its letter or address: the other may know its name */
		if (piece->nr && strcmp(piece->words[piece->nr - 1], "mm") == 0) {
			piece->words[piece->nr - 1] = "?";
			continue;
		}
		/* the value that this is the unit of */
		if (piece->nr && is_unit(word) && is_doubtful(word) && isdigit((unsigned char)piece->words[piece->nr - 1][0]))
			piece->nr--;
		/* "19 896?" is one number */
		while (piece->nr && isdigit((unsigned char)word[0]) && is_doubtful(word) &&
		       strspn(piece->words[piece->nr - 1], "0123456789") == strlen(piece->words[piece->nr - 1]) &&
		       strspn(word, "0123456789") == 3)
			piece->nr--;
		piece->words[piece->nr++] = word;
	}
	if (piece->nr > 1 && strcmp(piece->words[0], "walk") == 0) {	/* each recording has its own number of it */
		piece->words[1] = "#";
		if (strcmp(piece->words[piece->nr - 3], "by") == 0)	/* and whose it is stands there if there is room */
			piece->nr -= 3;
	}
	to->nr += piece->nr > 0;
}

static void row_of(const struct grid *grid, int y, char *text)
{
	for (int x = 0; x < grid->width; x++)
		text[x] = (char)grid_at(grid, x, y)->cp;
	text[grid->width] = 0;
	if (text[0] == '-')	/* a rule carries headings */
		for (char *at = text; *at; at++)
			*at = *at == '-' ? ' ' : *at;
}

void screen_pieces(const struct grid *grid, int column, struct pieces *ret)
{
	static const char *const parted_by[] = { "THE WALK", "PROCESSES", "KSM PAGES", "WHOSE PAGES" };
	bool listed = false, parted = false;
	char text[1001];

	for (int y = FRAME_ROWS; y < grid->height; y++) {
		char *border;

		row_of(grid, y, text);
		if (strstr(text, " step ") && strstr(text, "  #"))	/* and all below it */
			break;
		listed |= strstr(text, "SINCE  STEPS") != NULL;
		if (listed || strstr(text, "episode "))
			continue;
		for (size_t i = 0; i < sizeof(parted_by) / sizeof(*parted_by); i++)
			parted |= strstr(text, parted_by[i]) != NULL;
		parted &= !strstr(text, " isolated ");	/* the legend below a grid is as wide as the screen */
		border = strchr(text, '|');
		if (border)
			*border = ' ';
		else if (parted && column && column < grid->width)
			border = text + column;
		if (border) {
			add_piece(ret, border);
			*border = 0;
		}
		add_piece(ret, text);
	}
}

#define GRID_COLUMNS 64	/* of sub-pages, a letter each */

/* One that was put back is shown as such if it is not known that it was the bad one. */
static bool cells_alike(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && *a != '?' && !(*a == 'r' && *b == '!'))
			return false;
	return *a == *b;
}

static bool alike(const char *a, const char *b)
{
	if (strlen(a) == GRID_COLUMNS)
		return cells_alike(a, b);
	return strcmp(a, b) == 0 || (is_evidence(a) && is_evidence(b));
}

static bool reads(const char *const *said, int nr_said, const char *const *whole, int nr_whole)
{
	if (!nr_said)
		return !nr_whole;
	if (nr_said > 1 && strcmp(said[1], "?") == 0 && reads(said + 1, nr_said - 1, whole, nr_whole))
		return true;
	if (nr_whole && said[0][strlen(said[0]) - 1] == '~' &&	/* cut there */
	    strncmp(said[0], whole[0], strlen(said[0]) - 1) == 0)
		for (int i = 1; i <= nr_whole; i++)
			if (reads(said + 1, nr_said - 1, whole + i, nr_whole - i))
				return true;
	if (is_doubtful(said[0]) && strlen(said[0]) != GRID_COLUMNS)	/* none, one or several */
		return reads(said + 1, nr_said - 1, whole, nr_whole) ||
		       (nr_whole && reads(said, nr_said, whole + 1, nr_whole - 1));
	return nr_whole && alike(said[0], whole[0]) && reads(said + 1, nr_said - 1, whole + 1, nr_whole - 1);
}

bool piece_is_certain(const struct piece *piece)
{
	for (int i = 0; i < piece->nr; i++)
		if (!is_doubtful(piece->words[i]) && strpbrk(piece->words[i], "0123456789"))
			return true;
	return false;
}

bool screen_says(const struct pieces *whole, const struct piece *piece)
{
	int less = piece_is_certain(piece) ? 0 : WORDS_MAX;	/* words alone may be the beginning of more */

	for (int i = 0; i < whole->nr; i++)
		for (int nr = whole->list[i].nr; nr >= 0 && nr >= whole->list[i].nr - less; nr--)
			if (reads(piece->words, piece->nr, whole->list[i].words, nr))
				return true;
	return false;
}
