// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - from the command line to a command, and from its result to an exit status.
 *
 * The one place that prints an error: a command fills a struct diag and returns, here it becomes
 * one line on stderr.  The one place that looks whether the output arrived: a full disk must not
 * end in status 0, while a reader that went away (`| head`) is no error and not worth a word.
 *
 * SIGPIPE keeps its default action even if the parent ignored it, so a command that prints ten
 * million lines stops when nobody reads them; `record` blocks it for itself.
 *
 * This file knows no command beyond its function's name.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"

#ifndef KSMTOP_VERSION
#define KSMTOP_VERSION "0"
#endif

static int (*const functions[NR_COMMANDS])(const struct invocation *, struct diag *) = {
	[COMMAND_EXPLORE] = explore_command,
	[COMMAND_RECORD] = record_command,
	[COMMAND_RECOVER] = recover_command,
	[COMMAND_DOCTOR] = doctor_command,
	[COMMAND_REPORT] = report_command,
	[COMMAND_EVENTS] = events_command,
	[COMMAND_LIST] = list_command,
	[COMMAND_SHOW] = show_command,
	[COMMAND_DIFF] = diff_command,
	[COMMAND_EPISODES] = episodes_command,
	[COMMAND_EXPLAIN] = explain_command,
	[COMMAND_WHATIF] = whatif_command,
	[COMMAND_BLAST] = blast_command,
	[COMMAND_WHY_NOT_MERGED] = why_not_merged_command,
	[COMMAND_CHECK] = check_command,
	[COMMAND_ASSERT] = assert_command,
	[COMMAND_SNAP] = snap_command,
};

static void print_diag(const struct diag *diag)
{
	char text[DIAG_TEXT_SIZE];

	if (diag->error || diag->what[0])
		fprintf(stderr, "ksmtop: %s\n", diag_text(diag, text, sizeof(text)));
}

/* The status when standard output could not be written: quiet when its reader went away. */
static int finish_output(int status)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno != EPIPE)
		fprintf(stderr, "ksmtop: standard output cannot be written: %s\n",
			errno ? strerror(errno) : "an earlier write failed");
	return STATUS_FAILED;
}

static int run(const struct invocation *invocation, struct diag *diag)
{
	if (invocation_has(invocation, OPTION_HELP)) {
		if (invocation->command->id == COMMAND_EXPLORE)
			help_program();
		else
			help_command(invocation->command);
		return STATUS_FINE;
	}
	if (invocation_has(invocation, OPTION_VERSION)) {
		puts("ksmtop " KSMTOP_VERSION);
		return STATUS_FINE;
	}
	return functions[invocation->command->id](invocation, diag);
}

int main(int argc, char **argv)
{
	struct invocation invocation;
	struct diag diag = { 0 };
	int status;

	signal(SIGPIPE, SIG_DFL);
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, 1 << 18);
	if (invocation_parse(argc, argv, &invocation, &diag)) {
		print_diag(&diag);
		return invocation.command->id == COMMAND_RECORD ? STATUS_RECORD_FAILED : STATUS_FAILED;
	}
	status = run(&invocation, &diag);
	status = finish_output(status);
	print_diag(&diag);
	invocation_fini(&invocation);
	return status;
}
