// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - the file that a recording becomes: where it really is, and that nothing is harmed by it.
 *
 * The links are followed by hand, one after another, because realpath(3) gives up where the last
 * one names a file that is not there yet, which is the usual case here.  What is behind them is asked
 * of the kernel with stat(2) before: a link of /proc/self/fd need not lead where its text says.
 *
 * All of this is looked at before anything is started, so a device or a pipe is refused while
 * nothing has been recorded.  Somebody who puts one there later loses it; root has other ways.
 */
#include "capture/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40	/* as many as the kernel follows */

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR: return "a directory";
	case S_IFCHR: return "a character device";
	case S_IFBLK: return "a block device";
	case S_IFIFO: return "a pipe";
	case S_IFSOCK: return "a socket";
	}
	return "no regular file";
}

/* Replaces `path` by what the link there says; `path` has PATH_MAX bytes. */
static int link_follow(char *path)
{
	char text[PATH_MAX], copy[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	strcpy(copy, path);
	if (text[0] == '/')
		strcpy(joined, text);
	else
		snprintf(joined, sizeof(joined), "%s/%s", dirname(copy), text);
	if (strlen(joined) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(path, joined);
	return 0;
}

static int links_follow(char *path)
{
	struct stat st;
	int err = 0;

	for (int i = 0; !lstat(path, &st) && S_ISLNK(st.st_mode); i++) {
		err = i < LINKS_MAX ? link_follow(path) : -ELOOP;
		if (err)
			return err;
	}
	return 0;
}

static int directory_check(const char *path, struct diag *diag)
{
	char copy[PATH_MAX];

	strcpy(copy, path);
	const char *dir = dirname(copy);
	if (!access(dir, W_OK | X_OK))
		return 0;
	int err = -errno;
	diag_set(diag, err, "the directory %s cannot be written: %s", dir, strerror(-err));
	diag_advice(diag, "name another place with -o FILE");
	return err;
}

int output_resolve(const char *name, char **ret_path, struct diag *diag)
{
	char path[PATH_MAX];
	struct stat st;
	int err;

	/* ".spool" and a cpu's file are still to fit behind it */
	if (!name || !*name || strlen(name) >= sizeof(path) - 32)
		return diag_set(diag, -EINVAL, "the recording needs a name");
	if (!stat(name, &st) && !S_ISREG(st.st_mode)) {
		err = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		diag_set(diag, err, "%s is %s", name, kind_of(st.st_mode));
		diag_advice(diag, "name a file, or one that does not exist yet, with -o FILE");
		return err;
	}
	strcpy(path, name);
	err = links_follow(path);
	if (err) {
		diag_set(diag, err, "the link %s cannot be followed: %s", name, strerror(-err));
		diag_advice(diag, "name another file with -o FILE");
		return err;
	}
	err = directory_check(path, diag);
	if (err)
		return err;
	*ret_path = strdup(path);
	return *ret_path ? 0 : diag_set(diag, -ENOMEM, "out of memory");
}

int output_lock_spool(const char *path, int *ret_fd, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		diag_set(diag, -EBUSY, "%s is being recorded right now", path);
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}
