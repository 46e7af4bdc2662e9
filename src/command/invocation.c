// SPDX-License-Identifier: GPL-2.0-only
/*
 * invocation.c - from argv to a checked struct invocation.
 *
 * getopt_long is given arrays made from the command table for just the command at hand, so an
 * option that a command does not take is unknown to it, with the same sentence as one that does
 * not exist.  Its own messages are off: they name argv[0] and speak of "unrecognized" things,
 * and a diag says what to try instead.
 *
 * The command is looked for before getopt runs: the first word that does not begin with a minus.
 * It is taken out of the line, so that options may stand on either side of it.
 *
 * For `record` the first operand ends the options: what follows is somebody else's command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/nearest.h"
#include "invocation.h"
#include "trace/diag.h"

/* What getopt_long returns for an option without a letter. */
#define LONG_BASE 256

struct parser {
	struct option longs[NR_OPTIONS + 1];
	char shorts[2 + 2 * NR_OPTIONS + 1];
};

static void parser_init(struct parser *parser, const struct command *command)
{
	char *shorts = parser->shorts;
	int nr = 0;

	if (command->id == COMMAND_RECORD)
		*shorts++ = '+';
	*shorts++ = ':';
	for (int i = 0; i < NR_OPTIONS; i++) {
		const struct option_info *info = &option_table[i];

		if (!(command->options & (UINT64_C(1) << i)))
			continue;
		parser->longs[nr++] = (struct option){
			.name = info->name,
			.has_arg = info->argument ? required_argument : no_argument,
			.val = LONG_BASE + i,
		};
		if (info->letter) {
			*shorts++ = info->letter;
			if (info->argument)
				*shorts++ = ':';
		}
	}
	parser->longs[nr] = (struct option){ 0 };
	*shorts = 0;
}

static int option_of_letter(int letter)
{
	for (int i = 0; i < NR_OPTIONS; i++)
		if (option_table[i].letter == letter)
			return i;
	return -1;
}

static void advise_help(const struct command *command, struct diag *diag)
{
	diag_advice(diag, "try ksmtop%s%s --help", command->name[0] ? " " : "", command->name);
}

/* Says which options are like it. */
static void expect_option(const struct command *command, const char *word, struct diag *diag)
{
	struct nearest nearest = { .wrong = word };
	char names[NR_OPTIONS][32], text[120];

	for (int i = 0; i < NR_OPTIONS && strncmp(word, "--", 2) == 0; i++) {
		snprintf(names[i], sizeof(names[i]), "--%s", option_table[i].name);
		if (command->options & (UINT64_C(1) << i))
			nearest_offer(&nearest, names[i]);
	}
	if (nearest.nr)
		diag_expected(diag, "%s", nearest_text(&nearest, text, sizeof(text)));
}

int no_command(const char *word, const char *more, struct diag *diag)
{
	struct nearest nearest = { .wrong = word };
	char text[120];

	for (int i = 0; i < NR_COMMANDS; i++)
		if (command_table[i].name[0])
			nearest_offer(&nearest, command_table[i].name);
	diag_set(diag, -EINVAL, "%s is no command of ksmtop%s", word, more);
	if (nearest.nr)
		diag_expected(diag, "%s", nearest_text(&nearest, text, sizeof(text)));
	advise_help(&command_table[COMMAND_EXPLORE], diag);
	return -EINVAL;
}

static int bad_option(const struct command *command, int answer, const char *word,
		      struct diag *diag)
{
	const char *name = command->name[0] ? command->name : NULL;

	if (answer == ':')
		diag_set(diag, -EINVAL, "%s wants a value", word);
	else
		diag_set(diag, -EINVAL, "%s is no option of ksmtop%s%s", word, name ? " " : "",
			 name ? name : "");
	if (answer != ':')
		expect_option(command, word, diag);
	advise_help(command, diag);
	return -EINVAL;
}

/* Takes the command's name out of the line.  Without one it is the explorer. */
static const struct command *take_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++) {
		const struct command *command;

		if (argv[i][0] == '-' && argv[i][1] && strcmp(argv[i], "--") != 0)
			continue;
		command = command_find(argv[i]);
		if (!command)
			break;
		memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(*argv));
		(*argc)--;
		return command;
	}
	return &command_table[COMMAND_EXPLORE];
}

static int check_operands(const struct invocation *invocation, struct diag *diag)
{
	const struct command *command = invocation->command;
	int nr = invocation->nr_args;

	if (nr >= command->least && (command->most < 0 || nr <= command->most))
		return 0;
	if (command->id == COMMAND_EXPLORE)
		return no_command(invocation->args[0], "", diag);
	if (nr < command->least)
		diag_set(diag, -EINVAL, "ksmtop %s wants %s", command->name, command->arguments);
	else
		diag_set(diag, -EINVAL, "%s is one operand too many for ksmtop %s",
			 invocation->args[command->most], command->name);
	advise_help(command, diag);
	return -EINVAL;
}

static int parse_options(int argc, char **argv, struct invocation *invocation, struct diag *diag)
{
	struct parser parser;
	int answer;

	parser_init(&parser, invocation->command);
	opterr = 0;
	optind = 0;
	for (;;) {
		int word = optind ? optind : 1;

		answer = getopt_long(argc, argv, parser.shorts, parser.longs, NULL);
		if (answer < 0)
			break;
		if (answer == '?' || answer == ':')
			return bad_option(invocation->command, answer,
					  argv[optind > word ? optind - 1 : word], diag);
		answer = answer >= LONG_BASE ? answer - LONG_BASE : option_of_letter(answer);
		invocation->given[invocation->nr_given++] = (struct given){
			.option = (enum option_id)answer, .value = optarg ? optarg : "",
		};
	}
	invocation->args = argv + optind;
	invocation->nr_args = argc - optind;
	return 0;
}

int invocation_parse(int argc, char **argv, struct invocation *ret_invocation, struct diag *diag)
{
	struct invocation invocation = { .argc = argc, .argv = argv };
	int err;

	invocation.command = take_command(&argc, argv);
	*ret_invocation = (struct invocation){ .command = invocation.command };
	/* One word can hold several letters: never more options than characters. */
	size_t room = 1;

	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]) + 1;
	invocation.given = calloc(room, sizeof(*invocation.given));
	if (!invocation.given)
		return diag_set(diag, -ENOMEM, "no memory for the command line");
	err = parse_options(argc, argv, &invocation, diag);
	if (err == 0 && !invocation_has(&invocation, OPTION_HELP) &&
	    !invocation_has(&invocation, OPTION_VERSION))
		err = check_operands(&invocation, diag);
	if (err) {
		free(invocation.given);
		return err;
	}
	*ret_invocation = invocation;
	return 0;
}

void invocation_fini(struct invocation *invocation)
{
	free(invocation->given);
	invocation->given = NULL;
}

const char *invocation_value(const struct invocation *invocation, enum option_id option)
{
	for (int i = invocation->nr_given; i-- > 0;)
		if (invocation->given[i].option == option)
			return invocation->given[i].value;
	return NULL;
}

const char *invocation_next(const struct invocation *invocation, enum option_id option, int *pos)
{
	while (*pos < invocation->nr_given) {
		const struct given *given = &invocation->given[(*pos)++];

		if (given->option == option)
			return given->value;
	}
	return NULL;
}

const char **invocation_values(const struct invocation *invocation, enum option_id option, size_t *ret_nr)
{
	const char **values = calloc((size_t)invocation->nr_given + 1, sizeof(*values));
	const char *value;
	int pos = 0;

	*ret_nr = 0;
	while (values && (value = invocation_next(invocation, option, &pos)))
		values[(*ret_nr)++] = value;
	return values;
}
