// SPDX-License-Identifier: GPL-2.0-only
/*
 * recover.c - capture_recover(): a recording of what an interrupted one spooled.
 *
 * A recorder locks its spool's directory for as long as it lives, so a spool that can be locked
 * is nobody's.  How the file is put together is trace_writer.h's business; here is only who may,
 * and what the file is called: FILE for FILE.spool, never over a file that is there.
 */
#include "capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/output.h"
#include "trace/trace_writer.h"

/* "run.dat" for "run.dat.spool" and "run.dat.spool/"; to be freed, whatever is returned. */
static int output_name(const char *spool, char **ret_name, struct diag *diag)
{
	size_t length = strlen(spool);

	while (length > 1 && spool[length - 1] == '/')
		length--;
	if (length <= 6 || strncmp(spool + length - 6, ".spool", 6)) {
		diag_set(diag, -EINVAL, "%s does not end in .spool, so the recording has no name", spool);
		diag_advice(diag, "give it one with -o FILE");
		return -EINVAL;
	}
	*ret_name = strndup(spool, length - 6);
	if (!*ret_name)
		return diag_set(diag, -ENOMEM, "out of memory");
	if (!access(*ret_name, F_OK)) {
		diag_set(diag, -EEXIST, "%s exists", *ret_name);
		diag_advice(diag, "name another file with -o FILE");
		return -EEXIST;
	}
	return 0;
}

static int spool_lock(const char *spool, int *ret_fd, struct diag *diag)
{
	int err = output_lock_spool(spool, ret_fd, diag);

	if (err == -EBUSY)
		diag_advice(diag, "end that recording with Ctrl-C or SIGTERM");
	else if (err)
		diag_set(diag, err, "%s is no spool: %s", spool, strerror(-err));
	if (err == -ENOTDIR)
		diag_advice(diag, "a recording needs no recovery; a spool is the directory FILE.spool");
	return err;
}

int capture_recover(const char *spool, const char *output, char **ret_output, uint32_t *ret_nr_damages,
		    struct diag *diag)
{
	char *name = NULL, *path = NULL;
	int fd = -1;
	int err = spool_lock(spool, &fd, diag);

	if (!err && output && !(name = strdup(output)))
		err = diag_set(diag, -ENOMEM, "out of memory");
	else if (!err && !output)
		err = output_name(spool, &name, diag);
	if (!err)
		err = output_resolve(name, &path, diag);
	if (!err)
		err = trace_spool_recover(spool, path, true, ret_nr_damages, diag);
	if (fd >= 0)
		close(fd);
	if (!err && ret_output)
		*ret_output = name;
	else
		free(name);
	free(path);
	return err;
}
