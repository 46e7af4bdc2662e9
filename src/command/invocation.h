/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * invocation.h - a command line, parsed and checked against the command table.
 *
 * invocation_parse() decides which command is meant (the first operand that names one; a line
 * without a command opens the explorer), runs getopt_long over exactly the options which that
 * command takes, and counts the operands.  Options and operands may be mixed; "--" ends options,
 * and what follows it belongs to `record` unread.
 *
 * Strings are borrowed from argv.  Nothing is printed here: a wrong line fills a diag that ends
 * with the words that help ("try ksmtop list --help").
 */
#ifndef KSMTOP_INVOCATION_H
#define KSMTOP_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "command_table.h"

struct diag;

struct invocation {
	const struct command *command;
	int argc;		/* the whole line */
	char **argv;
	char **args;		/* operands */
	int nr_args;
	struct given {
		enum option_id option;
		const char *value;	/* "" for an option without argument */
	} *given;		/* in the order of the line; owned */
	int nr_given;
};

/*
 * 0, or -EINVAL / -ENOMEM and diag; then only ->command is set.  `argv` is permuted as getopt
 * does.
 */
int invocation_parse(int argc, char **argv, struct invocation *ret_invocation, struct diag *diag);
/* -EINVAL, and the diag says that `word` is no command, `more`, and what it may mean. */
int no_command(const char *word, const char *more, struct diag *diag);
void invocation_fini(struct invocation *invocation);

/* The last value given for @option, NULL when it was not given. */
const char *invocation_value(const struct invocation *invocation, enum option_id option);
static inline bool invocation_has(const struct invocation *invocation, enum option_id option)
{
	return invocation_value(invocation, option) != NULL;
}
/* All values of an option that may be repeated: *pos begins at 0; NULL behind the last. */
const char *invocation_next(const struct invocation *invocation, enum option_id option, int *pos);
/* The same as an array to be freed, its texts borrowed; NULL: out of memory. */
const char **invocation_values(const struct invocation *invocation, enum option_id option, size_t *ret_nr);

#endif /* KSMTOP_INVOCATION_H */
