// SPDX-License-Identifier: GPL-2.0-only
/*
 * command_table.c - the lists of command_table.h as arrays.
 *
 * Data only: no command is reachable from here, so that the generator of the man page and of the
 * shell completion can be built and run before the rest of the program is.  main.c has the other
 * half, an array of functions indexed by enum command_id; a command that is named here and has no
 * function there is a compile-time error.
 *
 * The words of operands (tables, formats) are here too, because the completion offers them and
 * the commands match against them.
 */
#include <string.h>

#include "command_table.h"

const struct option_info option_table[NR_OPTIONS] = {
#define O(id, name_, letter_, argument_, complete_, help_)					\
	[OPTION_##id] = { .name = name_, .argument = argument_, .help = help_,			\
			  .letter = letter_, .complete = complete_ },
	OPTION_TABLE(O)
#undef O
};

const struct command command_table[NR_COMMANDS] = {
#define C(id_, name_, arguments_, least_, most_, options_, findings_, summary_, description_)	\
	[COMMAND_##id_] = { .id = COMMAND_##id_, .name = name_, .arguments = arguments_,	\
			    .least = least_, .most = most_, .options = options_,		\
			    .findings = findings_, .summary = summary_,				\
			    .description = description_ },
	COMMAND_TABLE(C)
#undef C
};

const char *const list_tables[] = {
	"mms", "nodes", "items", "vmas", "anon_vmas", "mappings", "pages", NULL
};

const char *const episode_kinds[] = {
	"scan", "walk", "kill-list", "recovery", "collapse", "migration", NULL
};

const char *const walk_rules[] = { "whole", "address", "linear", NULL };

const char *const snap_formats[] = { "text", "ansi", "svg", NULL };

const struct command *command_find(const char *name)
{
	for (int i = 0; i < NR_COMMANDS; i++)
		if (command_table[i].name[0] && strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	return NULL;
}
