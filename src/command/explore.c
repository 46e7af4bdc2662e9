// SPDX-License-Identifier: GPL-2.0-only
/*
 * explore.c - `ksmtop [FILE]`: the explorer on the terminal.
 *
 * The terminal is looked at before the file is read, but a file that cannot be opened is told
 * first: it is the likelier mistake, and it is one wherever the output goes.  Loading is the
 * screen's business; it calls back for slices of it between two keys.
 *
 * Without FILE there is nothing to explore, so the recordings at hand are listed, one a line, with
 * the command that opens each.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "explorer.h"
#include "view/fields.h"
#include "screen/screen.h"

#define SLICE_NS 50000000ull

static int load_slice(void *data, struct session *session, struct diag *diag)
{
	(void)session;
	return explorer_load(data, SLICE_NS, diag);
}

static int explore(const struct invocation *invocation, struct diag *diag)
{
	struct explorer explorer;
	struct screen_options options = {
		.theme = &explorer.theme,
		.no_color = invocation_has(invocation, OPTION_NO_COLOR),
		.ascii = invocation_has(invocation, OPTION_ASCII),
		.load = load_slice,
		.load_data = &explorer,
	};
	int err = explorer_open(&explorer, invocation, diag);

	if (err == 0)
		err = screen_check(diag);
	if (err == 0)
		err = screen_run(explorer.session, &options, diag);
	explorer_close(&explorer);
	return err ? STATUS_FAILED : STATUS_FINE;
}

static int is_recording(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".dat") == 0;
}

static int list_recordings(struct diag *diag)
{
	struct dirent **entries;
	int nr = scandir(".", &entries, is_recording, alphasort);
	char name[1200];

	if (nr <= 0) {
		if (nr == 0)
			free(entries);
		diag_set(diag, -ENOENT, "no FILE is given and there is no recording (*.dat) here");
		diag_advice(diag, "ksmtop record -o FILE, or ksmtop --help");
		return STATUS_FAILED;
	}
	printf("Recordings here:\n");
	for (int i = 0; i < nr; i++) {
		text_clean(name, sizeof(name), entries[i]->d_name);
		printf("  ksmtop %s\n", name);
		free(entries[i]);
	}
	free(entries);
	return STATUS_FINE;
}

int explore_command(const struct invocation *invocation, struct diag *diag)
{
	return invocation->nr_args ? explore(invocation, diag) : list_recordings(diag);
}
