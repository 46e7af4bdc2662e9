/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the tracing instance of one recording, from mkdir to rmdir.
 *
 * session_open() makes tracefs instances/ksmtop-PID-STARTTIME with clock mono, buffers of the
 * size that the machine can spare, and the events of an event_list enabled, but tracing off.
 * session_close() leaves nothing behind; a guard (guard.h) does the same if the process dies.
 * The top instance and other people's instances are never touched.
 */
#ifndef KSMTOP_SESSION_H
#define KSMTOP_SESSION_H

#include <stdint.h>

#include "capture/event_list.h"
#include "capture/guard.h"
#include "capture/proc_file.h"
#include "trace/diag.h"

struct tracefs_instance;

#define SESSION_MAX_DETAILS 2

struct session {
	struct tracefs_instance *instance;
	char dir[256];			/* of the instance */
	uint32_t nr_cpus;
	uint32_t *cpu_ids;		/* ascending, as per_cpu/ has them */
	uint32_t page_size;		/* bytes of a sub-buffer as it is read */
	uint64_t buffer_bytes;		/* per CPU */
	struct guard guard;
	struct guard_restore restore[SESSION_MAX_DETAILS + 1];
	char note[256];			/* something odd to tell the user, or "" */
};

/* What per_cpu/cpuN/stats counts. */
struct cpu_stats {
	uint64_t entries, overrun, commit_overrun, dropped, read;
};

/*
 * Where tracefs is; NULL and diag (-EPERM, -ENODEV) if it is not to be had.  Mounts nothing.
 */
const char *session_tracing_dir(struct diag *diag);
/* Only where it is, for anybody; NULL if it is not mounted. */
const char *session_mounted_dir(void);

/* 0, or -E and diag with everything undone. */
int session_open(struct session *session, const struct event_list *list,
		 const struct capture_options *options, struct diag *diag);
int session_start(struct session *session, struct diag *diag);
/* Switches recording off.  Any thread. */
void session_stop(const struct session *session);
/* All files of the instance must have been closed. */
void session_close(struct session *session);

/* Opens per_cpu/cpuN/trace_pipe_raw for reading without waiting.  The descriptor or -E. */
int session_open_cpu(const struct session *session, uint32_t cpu_id);
/* Reads and parses per_cpu/cpuN/stats; `text` keeps the file's text.  Any thread. */
int session_cpu_stats(const struct session *session, uint32_t cpu_id, struct proc_text *text,
		      struct cpu_stats *ret_stats);

/*
 * Removes the instances of recorders that are dead.  With `list_only` nothing is removed.  How
 * many there were; the first one's name is put into `name`.
 */
int session_remove_stale(bool list_only, char *name, size_t size);

#endif /* KSMTOP_SESSION_H */
