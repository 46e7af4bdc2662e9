// SPDX-License-Identifier: GPL-2.0-only
/*
 * explorer.c - a session with a recording behind it.
 *
 * The order matters: what can be wrong without the recording (a misspelt view, a theme or keys
 * file with an error) is found first, so that nobody waits for a long load to be told of it.
 *
 * The session starts at the end of the recording, where there is something to see; if the user has
 * moved while it was loading, they stay where they are.
 *
 * It draws nothing and knows no terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "explorer.h"
#include "screen/effect.h"
#include "trace/diag.h"
#include "view/stepper.h"
#include "view/views.h"

#define TEXT_FILE_MAX (1u << 20)

static int file_error(struct diag *diag, const char *path, int err)
{
	diag_set(diag, err, "%s", strerror(-err));
	diag_file(diag, path);
	return err;
}

static int read_descriptor(int fd, char **ret_text, size_t *ret_size)
{
	char *text = malloc(TEXT_FILE_MAX + 1);
	size_t size = 0;
	ssize_t got;

	if (!text)
		return -ENOMEM;
	while (size < TEXT_FILE_MAX && (got = read(fd, text + size, TEXT_FILE_MAX - size)) != 0) {
		if (got < 0) {
			int err = -errno;

			free(text);
			return err;
		}
		size += (size_t)got;
	}
	if (size == TEXT_FILE_MAX) {
		free(text);
		return -EFBIG;
	}
	text[size] = 0;
	*ret_text = text;
	*ret_size = size;
	return 0;
}

int read_text_file(const char *path, char **ret_text, size_t *ret_size, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return file_error(diag, path, -errno);
	err = read_descriptor(fd, ret_text, ret_size);
	close(fd);
	return err ? file_error(diag, path, err) : 0;
}

/* The user's keys; no file is no error. */
static int load_keys(struct keymap *keymap, struct diag *diag)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char path[4096], *text;
	size_t size;
	int err;

	keymap_init(keymap);
	if (config && config[0] == '/')
		snprintf(path, sizeof(path), "%s/ksmtop/keys.yaml", config);
	else if (home && home[0] == '/')
		snprintf(path, sizeof(path), "%s/.config/ksmtop/keys.yaml", home);
	else
		return 0;
	if (access(path, F_OK) != 0)
		return 0;
	err = read_text_file(path, &text, &size, diag);
	if (err)
		return err;
	err = keymap_load(keymap, path, text, size, diag);
	free(text);
	return err;
}

static int find_view(const char *name, enum view_id *ret_view, struct diag *diag)
{
	char names[256] = "";

	for (int i = 0; views_all[i]; i++) {
		if (strcmp(view_names[views_all[i]->id], name) == 0) {
			*ret_view = views_all[i]->id;
			return 0;
		}
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s",
			 i ? ", " : "", view_names[views_all[i]->id]);
	}
	diag_set(diag, -EINVAL, "%s is no view", name);
	diag_expected(diag, "%s", names);
	return -EINVAL;
}

int explorer_open(struct explorer *explorer, const struct invocation *invocation,
		  struct diag *diag)
{
	const char *theme = invocation_value(invocation, OPTION_THEME);
	const char *view = invocation_value(invocation, OPTION_VIEW);
	struct recording_options options = {
		.no_cache = invocation_has(invocation, OPTION_NO_CACHE),
	};
	enum view_id view_id = views_all[0]->id;
	int err;

	*explorer = (struct explorer){ .invocation = invocation };
	err = theme_open(&explorer->theme, theme ? theme : theme_names[0], diag);
	if (err == 0)
		err = load_keys(&explorer->keymap, diag);
	if (err == 0 && view)
		err = find_view(view, &view_id, diag);
	if (err == 0)
		err = recording_open(invocation->args[0], &options, &explorer->recording, diag);
	/* Behind `ksmtop`, a word that is no path may have been meant as a command. */
	if (err && invocation->command->id == COMMAND_EXPLORE && !strpbrk(invocation->args[0], "/.") &&
	    access(invocation->args[0], F_OK) != 0)
		return no_command(invocation->args[0], ", and no such file is here", diag);
	if (err)
		return err;
	err = session_new(views_all, &explorer->keymap, &explorer->session);
	if (err)
		return diag_set(diag, err, "no memory for the explorer");
	source_init(&explorer->source, explorer->recording);
	session_set_source(explorer->session, &explorer->source);
	if (invocation_has(invocation, OPTION_HINDSIGHT))
		session_act(explorer->session, ACTION_HINDSIGHT, "");
	session_show(explorer->session, view_id);
	return 0;
}

void explorer_close(struct explorer *explorer)
{
	if (explorer->session)
		session_free(explorer->session);
	if (explorer->recording)
		recording_close(explorer->recording);
}

/* --episode: at its beginning, unless --at says where; in its own stepper, unless --view says which. */
static int go_to_episode(struct explorer *explorer, struct diag *diag)
{
	const char *text = invocation_value(explorer->invocation, OPTION_EPISODE);
	enum view_id view = session_view(explorer->session)->id;
	struct episode_row row;
	unsigned long number;
	char *end;

	if (!text)
		return 0;
	number = strtoul(text, &end, 10);
	if (end == text || *end || number > UINT32_MAX ||
	    stepper_choose(explorer->session, (uint32_t)number, &row)) {
		diag_set(diag, -ENOENT, "there is no episode %s", text);
		diag_expected(diag, "a number that ksmtop episodes %s lists", explorer->source.file);
		return -ENOENT;
	}
	if (!invocation_value(explorer->invocation, OPTION_VIEW)) {
		session_show(explorer->session, stepper_view(row.kind));
	} else if (stepper_is_view(view) && view != stepper_view(row.kind)) {
		diag_set(diag, -EINVAL, "episode %s is a %s", text, episode_word(row.kind));
		diag_expected(diag, "--view %s for it", view_names[stepper_view(row.kind)]);
		return -EINVAL;
	}
	if (!invocation_value(explorer->invocation, OPTION_AT))
		session_step_to(explorer->session, row.fact.born);
	return 0;
}

static int go_to_start(struct explorer *explorer, struct diag *diag)
{
	const char *at = invocation_value(explorer->invocation, OPTION_AT);
	bool absolute = invocation_has(explorer->invocation, OPTION_ABSOLUTE);
	uint64_t t;
	int err = recording_parse_moment(explorer->recording, at ? at : "end", absolute, &t, diag);

	if (err == 0 && (at || session_t(explorer->session) == 0))
		session_step_to(explorer->session, t);
	return err ? err : go_to_episode(explorer, diag);
}

int explorer_load(struct explorer *explorer, uint64_t budget_ns, struct diag *diag)
{
	int more = recording_load(explorer->recording, budget_ns, diag);
	double done = recording_progress(explorer->recording);

	source_init(&explorer->source, explorer->recording);
	session_set_source(explorer->session, &explorer->source);
	session_set_progress(explorer->session, more > 0 ? "reading" : NULL, (uint64_t)(done * 1000),
			     1000);
	return more == 0 ? go_to_start(explorer, diag) : more;
}
