// SPDX-License-Identifier: GPL-2.0-only
/*
 * effect.c - clipboard, export, editor, themes.
 *
 * The clipboard goes through OSC 52, which asks the terminal itself and so works over ssh and
 * without a display; terminals that do not know it ignore it.  An export never overwrites: viewing
 * must not be able to destroy a file.  The editor gets the file and line as arguments, through the
 * shell only for $EDITOR's own words ("emacs -nw").  The program carries no kernel text: the tree is
 * the user's.
 */
#include "effect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grid_write.h"
#include "terminal.h"
#include "trace/diag.h"

#define COPY_MAX (64 * 1024)

static size_t base64(char *out, const unsigned char *in, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *start = out;

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t bits = (uint32_t)in[i] << 16;

		if (left > 1)
			bits |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			bits |= in[i + 2];
		*out++ = digits[bits >> 18 & 63];
		*out++ = digits[bits >> 12 & 63];
		*out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[bits & 63] : '=';
	}
	return (size_t)(out - start);
}

void effect_copy(const char *text)
{
	size_t length = strnlen(text, COPY_MAX), at;
	char *out = malloc(length / 3 * 4 + 16);

	if (!out)
		return;
	at = (size_t)sprintf(out, "\033]52;c;");
	at += base64(out + at, (const unsigned char *)text, length);
	out[at++] = '\a';
	terminal_write(out, at);
	free(out);
}

static int has_ending(const char *file, const char *ending)
{
	size_t length = strlen(file), tail = strlen(ending);

	return length > tail && !strcmp(file + length - tail, ending);
}

static int write_new(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), err = 0;
	size_t left = strlen(text);

	if (fd < 0)
		return -errno;
	while (left && !err) {
		ssize_t nr = write(fd, text, left);

		if (nr < 0)
			err = -errno;
		else
			text += nr, left -= (size_t)nr;
	}
	if (close(fd) && !err)
		err = -errno;
	return err;
}

void effect_export(struct session *session, const struct grid *grid, const struct theme *theme,
		   const char *file)
{
	char *text = NULL;
	int err;

	if (has_ending(file, ".svg"))
		err = grid_write_svg(grid, theme, &text);
	else if (has_ending(file, ".ansi"))
		err = grid_write_ansi(grid, theme, DEPTH_256, &text);
	else
		err = grid_write_text(grid, &text);
	if (!err)
		err = write_new(file, text);
	free(text);
	if (err)
		session_say(session, "%s was not written: %s", file, strerror(-err));
	else
		session_say(session, "written: %s", file);
}

/* A line that could begin the definition: the name at its start or after its type. */
static bool may_define(const char *line, const char *function)
{
	const char *at = strstr(line, function);

	return at && at[strlen(function)] == '(' && !strchr("\t /#", line[0]) &&
	       (at == line || at[-1] == ' ' || at[-1] == '*');
}

/*
 * Line on which a C function is defined: of the lines that could begin it the first after which a brace
 * comes before a semicolon (a prototype may go over several lines).  0: not there; -errno.
 */
static int function_line(const char *file, const char *function)
{
	FILE *stream = fopen(file, "re");
	int number = 0, candidate = 0, found = 0;
	char line[512];

	if (!stream)
		return -errno;
	while (!found && fgets(line, sizeof(line), stream)) {
		number++;
		if (!candidate && may_define(line, function))
			candidate = number;
		if (candidate && strchr(line, '{'))
			found = candidate;
		else if (strchr(line, ';'))
			candidate = 0;
	}
	fclose(stream);
	return found;
}

static int run_editor(const char *file, int line)
{
	char plus[16];
	int status = 0;
	pid_t pid;

	snprintf(plus, sizeof(plus), "+%d", line);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		execl("/bin/sh", "sh", "-c", "exec ${EDITOR:-vi} \"$@\"", "sh", plus, file, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EINTR;
}

bool effect_source(struct session *session, const char *where)
{
	const char *tree = getenv("KSMTOP_LINUX"), *colon = strchr(where, ':');
	char file[1024];
	int line, status;

	if (!tree || !*tree || !colon) {
		session_say(session, "%s: set KSMTOP_LINUX to your kernel tree to open it here", where);
		return false;
	}
	snprintf(file, sizeof(file), "%s/%.*s", tree, (int)(colon - where), where);
	line = function_line(file, colon + 1);
	if (line < 0) {
		session_say(session, "%s: %s (KSMTOP_LINUX is %s)", where, strerror(-line), tree);
		return false;
	}
	terminal_leave();
	status = run_editor(file, line ? line : 1);
	terminal_return();
	if (status)
		session_say(session, "the editor ended with status %d", status);
	else if (!line)
		session_say(session, "%s does not define %s: is it another kernel's tree?", file, colon + 1);
	return true;
}

static int theme_open_file(struct theme *theme, const char *file, struct diag *diag)
{
	FILE *stream = fopen(file, "re");
	char *text;
	size_t size;
	int err;

	if (!stream) {
		err = -errno;
		diag_set(diag, err, "no shipped theme and no file \"%s\": %s", file, strerror(errno));
		diag_advice(diag, "dark, light, sixteen, mono, high-contrast, or a YAML file");
		return err;
	}
	text = malloc(COPY_MAX + 2);
	size = text ? fread(text, 1, COPY_MAX + 2, stream) : 0;
	err = text ? theme_load(theme, file, text, size, diag) : -ENOMEM;
	free(text);
	fclose(stream);
	return err;
}

int theme_open(struct theme *theme, const char *name, struct diag *diag)
{
	return theme_shipped(theme, name) ? theme_open_file(theme, name, diag) : 0;
}

bool effect_theme(struct session *session, const char *name, struct theme *theme)
{
	struct diag diag = { 0 };
	char text[DIAG_TEXT_SIZE];

	if (!theme_open(theme, name, &diag))
		return true;
	session_say(session, "%s", diag_text(&diag, text, sizeof(text)));
	return false;
}
