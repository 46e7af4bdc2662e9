// SPDX-License-Identifier: GPL-2.0-only
/*
 * complete.c - Tab on the command line.
 *
 * The first word completes to commands and views that mean something here; what follows, to what
 * that command takes.  As in a shell: Tab adds what all candidates have in common, and when that
 * is nothing it lists them.  Candidates are offered one by one to a small collector, so no list is
 * built and nothing can overflow.
 */
#include "session_private.h"

#include <stdio.h>
#include <string.h>

#include "theme.h"

struct collector {
	const char *prefix;
	int nr;
	char common[PROMPT_MAX];	/* what all candidates begin with */
	char *list;			/* their names, blank-separated */
	size_t size;
};

static void offer(struct collector *c, const char *word)
{
	size_t same = 0, length = strlen(c->list);

	if (strncmp(word, c->prefix, strlen(c->prefix)))
		return;
	snprintf(c->list + length, c->size - length, "%s%s", length ? "  " : "", word);
	if (!c->nr++) {
		snprintf(c->common, sizeof(c->common), "%s", word);
		return;
	}
	while (c->common[same] && c->common[same] == word[same])
		same++;
	c->common[same] = '\0';
}

static void offer_commands(const struct session *session, struct collector *c)
{
	for (int i = 0; i < NR_ACTIONS; i++)
		if (i != ACTION_COMMAND && action_table[i].views & (1u << session_current(session)->id))
			offer(c, action_table[i].name);
	for (int i = 0; i < session->nr_views; i++)
		if (action_find(view_names[session->views[i]->id]) == ACTION_NONE)
			offer(c, view_names[session->views[i]->id]);
}

static void offer_marks(const struct session *session, struct collector *c, const char *quote)
{
	for (int i = 0; i < NR_MARKS; i++) {
		char word[4];

		snprintf(word, sizeof(word), "%s%c", quote, i < 26 ? 'a' + i : 'A' + i - 26);
		if (session->marks[i].set)
			offer(c, word);
	}
}

static void offer_arguments(const struct session *session, struct collector *c,
			    enum argument_kind kind)
{
	static const char *const objects[] = { "pfn:", "node:", "item:", "mm:", "vma:", "anon_vma:",
					       "pid:", "node#", NULL };
	const struct view *view = session_current(session);

	switch (kind) {
	case ARG_VIEW:
		for (int i = 0; i < session->nr_views; i++)
			offer(c, view_names[session->views[i]->id]);
		break;
	case ARG_COLUMN:
		for (int i = 0; i < view->nr_columns; i++)
			offer(c, view->columns[i].id);
		break;
	case ARG_THEME:
		for (int i = 0; theme_names[i]; i++)
			offer(c, theme_names[i]);
		break;
	case ARG_MOMENT:
		offer(c, "start");
		offer(c, "end");
		offer_marks(session, c, "'");
		break;
	case ARG_MARK: offer_marks(session, c, ""); break;
	case ARG_OBJECT:
		for (int i = 0; objects[i]; i++)
			offer(c, objects[i]);
		break;
	case ARG_NONE:
	case ARG_TEXT: break;
	}
}

void session_complete(struct session *session)
{
	struct prompt *prompt = &session->prompt;
	char line[PROMPT_MAX], *word, *name = NULL;
	struct collector c = { .list = session->candidates, .size = sizeof(session->candidates) };

	if (prompt->cursor != prompt->length)
		return;
	snprintf(line, sizeof(line), "%s", prompt->text);
	word = strrchr(line, ' ');
	word = word ? word + 1 : line;
	c.prefix = word;
	if (word == line) {
		offer_commands(session, &c);
	} else {
		enum action action;

		line[strcspn(line, " ")] = '\0';
		name = line;
		action = action_find(name);
		if (action != ACTION_NONE)
			offer_arguments(session, &c, action_table[action].argument);
	}
	if (!c.nr) {
		snprintf(session->candidates, sizeof(session->candidates), "nothing begins like that");
		return;
	}
	if (c.nr == 1)
		session->candidates[0] = '\0';
	if (strlen(c.common) > strlen(word) || c.nr == 1) {
		char whole[2 * PROMPT_MAX];
		bool takes = !name && action_find(c.common) != ACTION_NONE &&
			     action_table[action_find(c.common)].argument != ARG_NONE;

		snprintf(whole, sizeof(whole), "%.*s%s%s", prompt->length - (int)strlen(word),
			 prompt->text, c.common, c.nr == 1 && takes ? " " : "");
		prompt_set(prompt, whole);
		session->candidates[0] = '\0';
	}
}
