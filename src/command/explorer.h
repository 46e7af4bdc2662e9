/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explorer.h - a session with a recording behind it, as the TUI and `snap` both need it.
 *
 * explorer_open() reads the theme and the user's keys, opens the file and makes a session that
 * shows an empty frame; explorer_load() builds the recording in slices and, when it is complete,
 * puts the session where the command line says (--at, --view, --hindsight).  The two commands
 * differ only in what they do with the session then.
 *
 * The explorer owns everything in it and must not move between open and close.
 */
#ifndef KSMTOP_EXPLORER_H
#define KSMTOP_EXPLORER_H

#include "invocation.h"
#include "recording.h"
#include "view/session.h"
#include "view/source.h"
#include "view/theme.h"

struct explorer {
	const struct invocation *invocation;
	struct recording *recording;
	struct source source;
	struct session *session;
	struct keymap keymap;
	struct theme theme;
};

/* 0, or -E and diag.  explorer_close() is needed in either case. */
int explorer_open(struct explorer *explorer, const struct invocation *invocation,
		  struct diag *diag);
void explorer_close(struct explorer *explorer);
/* Loads for about budget_ns, 0: to the end.  1: more to do; 0: complete; -E and diag. */
int explorer_load(struct explorer *explorer, uint64_t budget_ns, struct diag *diag);
/* A whole small text file (at most 1 MB), NUL-terminated, to be freed: 0, or -E and diag. */
int read_text_file(const char *path, char **ret_text, size_t *ret_size, struct diag *diag);

#endif /* KSMTOP_EXPLORER_H */
