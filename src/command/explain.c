// SPDX-License-Identifier: GPL-2.0-only
/*
 * explain.c - `ksmtop explain`: the story of an episode.
 *
 * The engine hands a story over line by line (explain/narrate.h); here a line becomes text of a
 * readable width, a sentence (--plain), a JSON item or Markdown.  Nothing is worded here but
 * headings, so the forms cannot tell different stories.
 *
 * Names of processes come from the recording: every text is made printable before it goes out, and
 * in Markdown what would be markup is escaped.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "episode_row.h"
#include "explain/narrate.h"
#include "fields_json.h"

#define WIDTH	96
#define MARGIN	11	/* of a line's text: an event number and a blank or two */

static const char *const part_names[] = {
	[STORY_TITLE] = "title", [STORY_FACT] = "fact", [STORY_STEP] = "step",
	[STORY_TOTAL] = "total", [STORY_NOTE] = "note",
};

struct explaining {
	struct query *query;
	bool markdown;
	int part;		/* of the line before, -1: none */
};

/* Words of `text`, broken before WIDTH and continued at MARGIN. */
static void print_filled(const char *text, int at)
{
	bool fresh = true;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (!fresh && at + 1 + length > WIDTH) {
			printf("\n%*s", MARGIN, "");
			at = MARGIN;
			fresh = true;
		}
		at += printf("%s%.*s", fresh ? "" : " ", length, text);
		fresh = false;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* "event 12", "inferred", "doubtful": what stands behind a sentence in brackets. */
static void remark(const struct story_line *line, bool with_event, const char *function, char *buf,
		   size_t size)
{
	const struct narration *n = &line->narration;
	size_t at = 0;

	buf[0] = 0;
#define REMARK(...) (at += (size_t)snprintf(buf + at, size - at, __VA_ARGS__))
	if (with_event && line->event)
		REMARK("event %" PRIu64 ", ", line->event);
	if (function)
		REMARK("%s, ", function);
	if (n->evidence && n->evidence != EVIDENCE_TRACED)
		REMARK("%s, ", n->evidence == EVIDENCE_MODELLED ? "modelled" :
		       n->evidence == EVIDENCE_DUMPED ? "sampled" : "inferred");
	if (n->doubtful)
		REMARK("doubtful, ");
#undef REMARK
	if (at)
		buf[at - 2] = 0;
}

static void print_text(struct explaining *explaining, const struct story_line *line,
		       const char *text)
{
	char function[64], behind[128], whole[NARRATE_MAX * 4 + 160], margin[24] = "";

	snprintf(function, sizeof(function), "%s()",
		 line->narration.function ? line->narration.function : "");
	remark(line, explaining->query->plain, line->narration.function ? function : NULL, behind,
	       sizeof(behind));
	if (line->part == STORY_TITLE)
		behind[0] = 0;
	snprintf(whole, sizeof(whole), "%s%s%s%s", text, behind[0] ? " [" : "", behind,
		 behind[0] ? "]" : "");
	if (explaining->query->plain) {
		puts(whole);
		return;
	}
	if (line->part == STORY_TITLE) {
		puts(text);
		return;
	}
	if ((int)line->part != explaining->part)
		putchar('\n');
	if (line->event && line->part != STORY_TITLE)
		snprintf(margin, sizeof(margin), "%" PRIu64, line->event);
	printf("%*s  ", MARGIN - 2, margin);
	print_filled(whole, MARGIN);
}

/*
 * Process names may hold anything: nothing of a text is markup.  An underscore inside a word is
 * none (CommonMark), and what is not escaped without need stays readable in a plain mail.
 */
static void print_escaped(const char *text)
{
	for (const char *c = text; *c; c++) {
		bool inside =
			c > text && isalnum((unsigned char)c[-1]) && isalnum((unsigned char)c[1]);

		if (strchr("\\`*[]<", *c) || (*c == '_' && !inside))
			putchar('\\');
		putchar(*c);
	}
}

static void print_markdown(struct explaining *explaining, const struct story_line *line,
			   const char *text)
{
	static const char *const headings[] = {[STORY_FACT] = "Facts",
					       [STORY_STEP] = "What happened",
					       [STORY_TOTAL] = "What it came to",
					       [STORY_NOTE] = "To be kept in mind"};
	char function[64], behind[128];

	if (line->part == STORY_TITLE) {
		fputs("## ", stdout);
		print_escaped(text);
		putchar('\n');
		return;
	}
	if ((int)line->part != explaining->part)
		printf("\n### %s\n\n", headings[line->part]);
	snprintf(function, sizeof(function), "`%s()`",
		 line->narration.function ? line->narration.function : "");
	remark(line, true, line->narration.function ? function : NULL, behind, sizeof(behind));
	fputs(line->part == STORY_STEP ? "1. " : "- ", stdout);
	print_escaped(text);
	if (behind[0])
		printf(" (%s)", behind);
	putchar('\n');
}

static void add_number(struct json_object *item, const char *name, uint64_t number, bool known)
{
	json_object_object_add(item, name, known ? json_object_new_int64((int64_t)number) : NULL);
}

static void print_json(struct explaining *explaining, const struct story_line *line)
{
	struct json_object *item = json_object_new_object();
	const struct narration *n = &line->narration;
	char letter[2] = { n->evidence ? n->evidence : EVIDENCE_INFERRED, 0 };

	json_object_object_add(item, "part", json_object_new_string(part_names[line->part]));
	add_number(item, "event", line->event, line->event != 0);
	add_number(item, "step", line->step + UINT64_C(1),
		   line->part == STORY_STEP && line->step != NO_STEP);
	json_object_object_add(item, "text", json_text(n->text));
	json_object_object_add(item, "function",
			       n->function ? json_object_new_string(n->function) : NULL);
	json_object_object_add(item, "source", n->file ? json_object_new_string(n->file) : NULL);
	json_object_object_add(item, "evidence", json_object_new_string(letter));
	json_object_object_add(item, "doubtful", json_object_new_boolean(n->doubtful));
	answer_item(explaining->query, item);
}

static int print_line(const struct story_line *line, void *arg)
{
	struct explaining *explaining = arg;
	char clean[NARRATE_MAX * 4];

	text_clean(clean, sizeof(clean), line->narration.text);
	if (explaining->query->json)
		print_json(explaining, line);
	else if (explaining->markdown)
		print_markdown(explaining, line, clean);
	else
		print_text(explaining, line, clean);
	explaining->part = (int)line->part;
	return 0;
}

static int explain(struct query *query)
{
	struct episode_source source = query_source(query);
	struct explaining explaining = { .query = query, .part = -1,
		.markdown = invocation_has(query->invocation, OPTION_MARKDOWN) };
	struct fields fields;
	union row row;
	int err = query_episode(query, query->invocation->args[1], &row.episode);

	if (err)
		return err;
	if (query->json && explaining.markdown)
		return diag_set(&query->diag, -EINVAL, "--json and --markdown at once: give one of them");
	if (query->json)
		answer_begin(query, "explain", recording_path(query->recording));
	err = (invocation_has(query->invocation, OPTION_ALL) ? story_tell_all : story_tell)(
		&source, row.episode.ref, query->when, print_line, &explaining, &query->diag);
	if (err == 0 && query->json) {
		episode_row_fields(query, &row, &fields);
		answer_end(query, "episode", fields_json(&fields));
	}
	return err;
}

int explain_command(const struct invocation *invocation, struct diag *diag)
{
	struct query query;
	int err = query_open(&query, invocation, invocation->args[0]);

	if (err == 0)
		err = explain(&query);
	*diag = query.diag;
	query_close(&query);
	return err ? STATUS_FAILED : STATUS_FINE;
}
