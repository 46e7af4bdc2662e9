/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * commands.h - the functions behind the command table, one a file.
 *
 * Each returns the exit status: 0 fine, 1 findings, 2 it could not be done (then *diag says why),
 * `record` also a command's own.  A -E result is never returned from here.  They print to stdout;
 * main() prints the diag, flushes, and notices when stdout could not be written.
 */
#ifndef KSMTOP_COMMANDS_H
#define KSMTOP_COMMANDS_H

#include "invocation.h"
#include "trace/diag.h"

/* What `record` writes to without -o, and `doctor` looks at. */
#define OUTPUT_DEFAULT "trace.dat"

enum { STATUS_FINE = 0, STATUS_FINDINGS = 1, STATUS_FAILED = 2, STATUS_RECORD_FAILED = 125 };

int explore_command(const struct invocation *invocation, struct diag *diag);
int record_command(const struct invocation *invocation, struct diag *diag);
int recover_command(const struct invocation *invocation, struct diag *diag);
int doctor_command(const struct invocation *invocation, struct diag *diag);
int report_command(const struct invocation *invocation, struct diag *diag);
int events_command(const struct invocation *invocation, struct diag *diag);
int list_command(const struct invocation *invocation, struct diag *diag);
int show_command(const struct invocation *invocation, struct diag *diag);
int diff_command(const struct invocation *invocation, struct diag *diag);
int episodes_command(const struct invocation *invocation, struct diag *diag);
int explain_command(const struct invocation *invocation, struct diag *diag);
int whatif_command(const struct invocation *invocation, struct diag *diag);
int blast_command(const struct invocation *invocation, struct diag *diag);
int why_not_merged_command(const struct invocation *invocation, struct diag *diag);
int check_command(const struct invocation *invocation, struct diag *diag);
int assert_command(const struct invocation *invocation, struct diag *diag);
int snap_command(const struct invocation *invocation, struct diag *diag);

#endif /* KSMTOP_COMMANDS_H */
