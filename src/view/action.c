// SPDX-License-Identifier: GPL-2.0-only
/*
 * action.c - the table of actions as data, and names to numbers.
 *
 * Nothing is decided here: the table in action.h is expanded into arrays that the keymap, the help
 * overlay, the hint bar, completion and the man page read.  Look-ups are linear; they happen once a
 * key press over some sixty entries.
 *
 * Not here: which key does what (keymap.c) and what an action does (session_act.c, the views).
 */
#include "action.h"

#include <string.h>

const struct action_info action_table[NR_ACTIONS] = {
#define A(id, name_, keys_, argument_, views_, hint_, help_)					\
	[ACTION_##id] = { .name = name_, .keys = keys_, .hint = hint_, .help = help_,		\
			  .argument = argument_, .views = views_ },
	ACTION_TABLE(A)
#undef A
};

const char *const view_names[NR_VIEWS] = {
#define V(id, name) name,
	VIEW_TABLE(V)
#undef V
};

enum action action_find(const char *name)
{
	for (int i = 0; i < NR_ACTIONS; i++)
		if (!strcmp(action_table[i].name, name))
			return (enum action)i;
	return ACTION_NONE;
}

int view_find(const char *name)
{
	for (int i = 0; i < NR_VIEWS; i++)
		if (!strcmp(view_names[i], name))
			return i;
	return -1;
}
