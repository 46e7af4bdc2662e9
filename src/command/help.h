/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * help.h - `--help`, from the command table.
 *
 * help_program() is the overview of all commands, help_command() one command's own page: usage,
 * what it does, its options, when it exits with something else than 0.  Both print at most 80
 * columns to stdout and cannot fail.
 */
#ifndef KSMTOP_HELP_H
#define KSMTOP_HELP_H

#include "command_table.h"

void help_program(void);
void help_command(const struct command *command);

#endif /* KSMTOP_HELP_H */
