// SPDX-License-Identifier: GPL-2.0-only
/*
 * help.c - the command table as `--help` text.
 *
 * Everything fits 80 columns: an option's help begins in a fixed column and is wrapped at words.
 * The descriptions in the table are broken for the man page's source at 100 columns; here they
 * are filled again, except for lines that begin with a blank, which are examples.
 *
 * There is no second list of anything here: a new option shows up by being in the table.
 */
#include <stdio.h>
#include <string.h>

#include "help.h"

#define WIDTH	79
#define INDENT	30

/* Words of `text` from column `at` on, continued in column `indent`.  Ends the line. */
static void fill(const char *text, int at, int indent)
{
	bool fresh = true;

	while (*text) {
		int length = (int)strcspn(text, " \n");

		if (!fresh && at + 1 + length > WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
			fresh = true;
		}
		at += printf("%s%.*s", fresh ? "" : " ", length, text);
		fresh = false;
		text += length;
		text += strspn(text, " \n");
	}
	putchar('\n');
}

static void paragraphs(const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);
		char part[2048];

		snprintf(part, sizeof(part), "%.*s", (int)length, text);
		putchar('\n');
		if (part[0] == ' ')
			puts(part);
		else
			fill(part, 0, 0);
		text += length + (end ? 2 : 0);
	}
}

static void option_line(const struct option_info *option)
{
	char letter[8] = "    ";
	int at;

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	at = printf("  %s--%s%s%s", letter, option->name, option->argument ? "=" : "",
		    option->argument ? option->argument : "");
	if (at + 2 > INDENT) {
		putchar('\n');
		at = 0;
	}
	printf("%*s", INDENT - at, "");
	fill(option->help, INDENT, INDENT);
}

static void options_of(uint64_t options)
{
	printf("\nOptions:\n");
	for (int i = 0; i < NR_OPTIONS; i++)
		if (options & (UINT64_C(1) << i))
			option_line(&option_table[i]);
}

void help_command(const struct command *command)
{
	char status[256] = "Exits with 2 when it cannot be done.";

	printf("usage: ksmtop%s%s [OPTIONS] %s\n", command->name[0] ? " " : "", command->name,
	       command->arguments);
	paragraphs(command->description);
	options_of(command->options);
	if (command->id == COMMAND_RECORD)
		return;
	if (command->findings[0])
		snprintf(status, sizeof(status), "Exits with 1 when %s, with 2 when it cannot be done.",
			 command->findings);
	putchar('\n');
	fill(status, 0, 0);
}

void help_program(void)
{
	const struct command *explore = &command_table[COMMAND_EXPLORE];

	printf("usage: ksmtop [OPTIONS] [FILE]\n       ksmtop COMMAND [OPTIONS] ...\n\n"
	       "See and replay what kernel samepage merging does.\n");
	paragraphs(explore->description);
	printf("\nCommands:\n");
	for (int i = 0; i < NR_COMMANDS; i++) {
		const struct command *command = &command_table[i];
		int at;

		if (!command->name[0])
			continue;
		at = printf("  %s %s", command->name, command->arguments);
		if (at + 2 > INDENT + 6) {
			putchar('\n');
			at = 0;
		}
		printf("%*s", INDENT + 6 - at, "");
		fill(command->summary, INDENT + 6, INDENT + 6);
	}
	options_of(explore->options);
	printf("\nT is 1234 (an event), +1.5s, 50%%, start or end.\n"
	       "ksmtop COMMAND --help says more about one command, man ksmtop all.\n");
}
