/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_writer.h - writing trace.dat files: at once, or through a spool that survives anything.
 *
 * trace_write() makes a file from what is in memory, in any form that exists (version 6, 7
 * uncompressed, 7 zstd, either byte order, any long and page size): for tests and generators.
 *
 * A *spool* is how a recording is made.  It is a directory:
 *
 *	meta.dat	a complete version 7 file with all metadata and no buffer
 *	cpuN		for each cpu a sequence of blocks, each header + one final zstd chunk
 *	samples		blocks of samples (sample.h)
 *	reserve		space set aside at the start: the metadata of the end goes in on a full disk, too
 *
 * Blocks carry length and checksum, so whatever was written before a kill -9, a power cut or a
 * full disk is readable: trace_file_open() opens the directory as it is.  Finishing copies the
 * compressed chunks as they are into the final file, which needs as much room again.  A spool is
 * removed only after the final file is complete, synced and renamed to its name.
 *
 * Threads: trace_spool_append() may run at the same time for different cpus, and at the same time
 * as one thread in trace_spool_append_samples() and one in trace_spool_sync().  No locks inside.
 * Create, set_meta, finish and close: one thread, with no other call running.
 */
#ifndef KSMTOP_TRACE_WRITER_H
#define KSMTOP_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/diag.h"
#include "trace/sample.h"
#include "trace/trace_file.h"

/* Everything of a recording but its events.  All borrowed; {0} texts are allowed. */
struct trace_meta {
	struct trace_text header_page, header_event;
	const struct trace_format *formats;	/* any order; system "ftrace" goes to its own place */
	uint32_t nr_formats;
	struct trace_text kallsyms, printk;
	struct trace_text cmdlines;		/* as saved_cmdlines gives them: "PID COMM\n"... */
	struct trace_text uname;		/* "Linux host 6.12 ... x86_64" */
	struct trace_text trace_clock;		/* the file's text: "local global [mono] ..."; */
	struct trace_text recorder;		/* "ksmtop 0.1"; the sections' place is added to it */
	const struct trace_text *cpu_stats;	/* of per_cpu/cpuN/stats, in the order of the cpus */
	uint32_t nr_cpu_stats;
	const struct trace_option *options;	/* more options, data in the target's byte order */
	uint32_t nr_options;
};

/* ---- at once ---- */

struct trace_write_options {
	int version;			/* 6 or 7 */
	bool zstd;			/* version 7 only */
	bool big_endian;
	int long_size;			/* 4 or 8 */
	uint32_t page_size;		/* of machine and buffers */
	int level;			/* zstd, 0: 3 */
	uint32_t chunk_pages;		/* pages per chunk, 0: 10 as trace-cmd does */
};

struct trace_write_cpu {
	uint32_t cpu_id;
	const void *data;		/* ring-buffer pages, in the target's byte order */
	uint64_t size;			/* a multiple of the page size */
};

struct trace_write_buffer {
	const char *name, *clock;
	const struct trace_write_cpu *cpus;
	uint32_t nr_cpus;
};

/*
 * Writes `path` (by a temporary name beside it, renamed at the end).  buffers[0] is the top
 * instance, name "".  `samples` may be NULL, must be for version 6.  0, or -E and diag.
 */
int trace_write(const char *path, const struct trace_write_options *options,
		const struct trace_meta *meta, const struct trace_write_buffer *buffers,
		uint32_t nr_buffers, const struct sample_builder *samples, struct diag *diag);

/* ---- through a spool ---- */

struct trace_spool;

struct trace_spool_options {
	uint32_t page_size;		/* of the ring buffer's sub-buffers and of the machine */
	uint32_t nr_cpus;
	const uint32_t *cpu_ids;	/* NULL: 0 .. nr_cpus - 1 */
	const char *buffer_name;	/* "" or NULL: shown as the top instance */
	const char *clock;		/* "mono" */
	int level;			/* zstd, 0: 1 */
	uint64_t reserve;		/* bytes; 0: enough for twice the metadata */
};

/*
 * Makes the directory `path` (which must not exist) and writes the metadata that is known at the
 * start, so that a recording killed a second later can be read.  0, or -E and diag (-EEXIST: an
 * older spool, the advice says how to recover it; -ENOSPC; -EACCES ...).
 */
int trace_spool_create(const char *path, const struct trace_spool_options *options,
		       const struct trace_meta *meta, struct trace_spool **ret_spool,
		       struct diag *diag);

/*
 * Compresses `size` bytes of ring-buffer pages (a multiple of the page size, at most 8 MB; some
 * 128 KB to 1 MB are best) and appends them as one chunk.  `cpu` is an index into cpu_ids.  On an
 * error nothing of this call remains in the spool, which stays consistent: -ENOSPC, -EIO.
 */
int trace_spool_append(struct trace_spool *spool, uint32_t cpu, const void *pages, size_t size,
		       struct diag *diag);
/* Appends what the builder holds as one block; resets the builder when that worked. */
int trace_spool_append_samples(struct trace_spool *spool, struct sample_builder *samples,
			       struct diag *diag);
/* fdatasync of every file that grew; call once a second. */
int trace_spool_sync(struct trace_spool *spool, struct diag *diag);

/* For the progress line: compressed and uncompressed bytes so far.  Any thread. */
void trace_spool_sizes(const struct trace_spool *spool, uint64_t *ret_compressed,
		       uint64_t *ret_uncompressed);

/* Replaces the metadata (cmdlines, statistics, symbols at the end).  Uses the reserve if it must. */
int trace_spool_set_meta(struct trace_spool *spool, const struct trace_meta *meta,
			 struct diag *diag);
/*
 * Makes the final file `path` of the spool and, when that is safe on disk, removes the spool.  On an
 * error the spool remains and nothing is left at `path`.  The spool is still to be closed.
 */
int trace_spool_finish(struct trace_spool *spool, const char *path, struct diag *diag);
/* Releases the handle; the directory stays unless it was finished. */
void trace_spool_close(struct trace_spool *spool);

/*
 * Recovers: makes `path` of the spool directory `spool_path` that an interrupted recording left.
 * The spool is removed only if `remove`.  `nr_damages` (may be NULL): chunks that were given up.
 */
int trace_spool_recover(const char *spool_path, const char *path, bool remove,
			uint32_t *ret_nr_damages, struct diag *diag);

#endif /* KSMTOP_TRACE_WRITER_H */
