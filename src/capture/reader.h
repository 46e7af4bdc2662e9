/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reader.h - one CPU's ring buffer, read, compressed and appended to the spool by one thread.
 *
 * A reader never waits for another: it has its own buffer, its own file in the spool, and no lock.
 * It keeps the pages exactly as the kernel gives them, missed-events flags included.  The
 * first error (a full disk) ends it and is told through `wake`; what it spooled before stays good.
 */
#ifndef KSMTOP_READER_H
#define KSMTOP_READER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "capture/session.h"
#include "trace/trace_writer.h"

struct reader {
	pthread_t thread;
	struct trace_spool *spool;
	uint32_t index;			/* of the CPU in the spool */
	int fd;				/* trace_pipe_raw */
	int stop_fd;			/* eventfd: drain what is left and end */
	int wake;			/* eventfd of the main thread, for an error */
	uint32_t page_size;
	uint8_t *buffer;
	size_t fill;
	uint64_t flushed_ns;
	atomic_uint_fast64_t whole_ns;	/* all events before that time are in the spool */
	uint64_t syncing_ns;		/* the main thread's: whole_ns when it began to sync */
	atomic_int error;		/* 0 or -E */
	struct diag diag;		/* valid when error is not 0 */
	bool running;
};

/* Starts one reader a CPU; returns the array.  0, or -E and diag with none running. */
int readers_start(const struct session *session, struct trace_spool *spool, int wake,
		  struct reader **ret_readers, struct diag *diag);
/*
 * Tells all to drain and end, waits for them, closes the instance's files.  The first error of
 * any, with diag.  NULL is fine.
 */
int readers_finish(struct reader *readers, uint32_t nr_readers, struct diag *diag);

#endif /* KSMTOP_READER_H */
