/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - the file that a recording becomes: where it really is, and that nothing is harmed by it.
 *
 * A recording takes its name by rename(2), which replaces whatever stands there.  So only a regular
 * file may stand there, or nothing; a symbolic link is followed first, and what it names is
 * replaced.  The spool stands beside the file itself, not beside the link.
 */
#ifndef KSMTOP_OUTPUT_H
#define KSMTOP_OUTPUT_H

#include "trace/diag.h"

/*
 * The name behind all links that a recording called `name` is to be written to; to be freed.  0, or
 * -E and diag: -EISDIR, -EINVAL (a device, a pipe, a socket, no name), -EACCES and others (its
 * directory cannot be written), -ELOOP.
 */
int output_resolve(const char *name, char **ret_path, struct diag *diag);

/*
 * Opens and locks the directory `path` of a spool, until *ret_fd is closed.  0; -EBUSY and diag
 * if a living recorder writes it; -ENOENT, -ENOTDIR ... without a diag.
 */
int output_lock_spool(const char *path, int *ret_fd, struct diag *diag);

#endif /* KSMTOP_OUTPUT_H */
