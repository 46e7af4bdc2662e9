/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_file.h - a trace.dat file, opened for reading: the container without its events.
 *
 * Reads version 6 and version 7 (uncompressed or zstd), either byte order, 4- or 8-byte longs,
 * pages of up to 64 KB, several buffer instances, and also the spool directory that an interrupted
 * `ksmtop record` left behind.  The layouts are those of trace-cmd.dat.v6(5) and .v7(5) and of
 * libtracecmd 3.1.
 *
 * What comes out has one shape whatever went in.  A file has *buffers* (number 0 is the top
 * instance, if it was recorded); a buffer has *cpus*; a cpu has *chunks*, in time order, each a
 * whole number of ring-buffer pages.  A chunk lies in the file as it is (csize == 0) or as one zstd
 * frame; uncompressed data is handed out in pieces of at most TRACE_RAW_CHUNK so that nobody needs
 * a second case.  Texts (formats, kallsyms, ...) are NUL-terminated in memory whatever the file
 * had, and may contain any other bytes.
 *
 * The input is hostile.  Every length is checked against the file before use, chunks of all cpus
 * together cannot be larger than the file, a chunk inflates to at most TRACE_CHUNK_MAX bytes, and
 * metadata to an amount in proportion to the file's size.  A file that is cut or damaged opens if
 * anything of it can be read: the rest is in the list of damages, each with its byte offset.  A
 * place where a cpu's data is missing is marked on the next chunk (TRACE_CHUNK_GAP) or, at the
 * end, on the cpu (truncated), because missing data is lost events to everyone above.
 *
 * Ownership: everything that is returned is borrowed from the file until trace_file_close().
 * Threads: an open file never changes; any number of threads may read it.
 * Do not shrink the file while it is open (it is mapped).
 */
#ifndef KSMTOP_TRACE_FILE_H
#define KSMTOP_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "trace/diag.h"

#define TRACE_CHUNK_MAX	(16u << 20)	/* no chunk inflates to more */
#define TRACE_RAW_CHUNK	(1u << 20)	/* size of the pieces of uncompressed data */
#define TRACE_PAGE_MAX	(64u << 10)

struct trace_file;

/* A text of the file; text[size] is always NUL.  Absent: {"", 0}. */
struct trace_text {
	const char *text;
	size_t size;
};

static inline struct trace_text trace_text_of(const char *text)
{
	return (struct trace_text){ text, strlen(text) };
}

/* One event format description as the kernel gave it ("name: ...\nID: ...\nformat: ..."). */
struct trace_format {
	const char *system;	/* "ftrace", "ksm", ... */
	struct trace_text text;
};

enum trace_chunk_flags {
	TRACE_CHUNK_GAP = 1 << 0,	/* data of this cpu is missing before this chunk */
};

struct trace_chunk {
	uint64_t file_offset;	/* of the zstd frame or of the bytes, in its file (see .part) */
	uint64_t data_offset;	/* of the first byte in the cpu's uncompressed data */
	uint32_t csize;		/* compressed size; 0: the data lies there as it is */
	uint32_t usize;		/* bytes after reading: a multiple of the page size, not 0 */
	uint16_t part;		/* 0, or the number of the spool's file */
	uint16_t flags;
};

/* The numbers of the CPUSTAT text ("per_cpu/cpuN/stats" at the end of recording). */
struct trace_cpu_stat {
	bool known;
	uint64_t entries, overrun, commit_overrun, nr_bytes, dropped, read;
	struct trace_text text;
};

struct trace_cpu {
	uint32_t cpu_id;	/* the machine's number for it */
	bool truncated;		/* data is missing after the last chunk */
	uint32_t nr_chunks;
	const struct trace_chunk *chunks;
	uint64_t nr_bytes;	/* of ring-buffer pages, all readable chunks together */
	struct trace_cpu_stat stat;
};

struct trace_buffer {
	const char *name;	/* "" for the top instance */
	const char *clock;	/* "mono", "local", ...; "" if the file does not say */
	uint32_t page_size;	/* of the ring buffer: may differ from the machine's page */
	uint32_t nr_cpus;
	const struct trace_cpu *cpus;	/* in order of cpu_id; cpus without data may be absent */
	bool is_text;		/* a latency tracer's text instead of pages: text, no cpus */
	struct trace_text text;
};

/* An option of the file, unparsed, in the file's byte order. */
struct trace_option {
	uint16_t id;		/* enum trace_option_id */
	uint32_t size;
	uint64_t file_offset;	/* of the option's header */
	const void *data;	/* followed by a NUL */
};

enum trace_option_id {
	TRACE_OPTION_DONE, TRACE_OPTION_DATE, TRACE_OPTION_CPUSTAT, TRACE_OPTION_BUFFER,
	TRACE_OPTION_TRACECLOCK, TRACE_OPTION_UNAME, TRACE_OPTION_HOOK, TRACE_OPTION_OFFSET,
	TRACE_OPTION_CPUCOUNT, TRACE_OPTION_VERSION, TRACE_OPTION_PROCMAPS, TRACE_OPTION_TRACEID,
	TRACE_OPTION_TIME_SHIFT, TRACE_OPTION_GUEST, TRACE_OPTION_TSC2NSEC, TRACE_OPTION_STRINGS,
	TRACE_OPTION_HEADER_INFO, TRACE_OPTION_FTRACE_EVENTS, TRACE_OPTION_EVENT_FORMATS,
	TRACE_OPTION_KALLSYMS, TRACE_OPTION_PRINTK, TRACE_OPTION_CMDLINES, TRACE_OPTION_BUFFER_TEXT,
};

struct trace_cmdline {
	int32_t pid;
	const char *comm;
};

/*
 * Maps `path` (a file, or a spool directory).  0, or -E and diag: -ENOENT..., -EINVAL (not a
 * trace.dat, or nothing in it can be read), -EOPNOTSUPP (a compression or version that is not read
 * here; the diag names the command that mends it), -ENOMEM.  O(size of the metadata and number of
 * chunks); no event data is inflated.
 */
int trace_file_open(const char *path, struct trace_file **ret_file, struct diag *diag);
void trace_file_close(struct trace_file *file);
/* All of it was read once: its pages need not stay in this process's memory.  Answers stay the same. */
void trace_file_release(const struct trace_file *file);

/* What the file is; texts are the file's and live as long as it does. */
const char *trace_file_path(const struct trace_file *file);
uint64_t trace_file_size(const struct trace_file *file);	/* bytes, all parts of a spool */
int trace_file_version(const struct trace_file *file);		/* 6 or 7 */
const char *trace_file_compression(const struct trace_file *file);	/* "none" or "zstd" */
bool trace_file_is_spool(const struct trace_file *file);
bool trace_file_is_big_endian(const struct trace_file *file);
int trace_file_long_size(const struct trace_file *file);	/* user space's, 4 or 8 */
uint32_t trace_file_page_size(const struct trace_file *file);	/* the traced machine's */
/* A hash of the size and of the bytes that a rewrite would change; for naming a cache. */
uint64_t trace_file_hash(const struct trace_file *file);

/* The top instance (name "") and the others, in the file's order; NULL behind the last. */
uint32_t trace_file_nr_buffers(const struct trace_file *file);
const struct trace_buffer *trace_file_buffer(const struct trace_file *file, uint32_t i);

/* Metadata as the kernel gave it, by which events are decoded; {"", 0} or NULL for what it lacks. */
struct trace_text trace_file_header_page(const struct trace_file *file);
struct trace_text trace_file_header_event(const struct trace_file *file);
uint32_t trace_file_nr_formats(const struct trace_file *file);
const struct trace_format *trace_file_format(const struct trace_file *file, uint32_t i);
struct trace_text trace_file_kallsyms(const struct trace_file *file);
struct trace_text trace_file_printk(const struct trace_file *file);
struct trace_text trace_file_uname(const struct trace_file *file);
/* The VERSION option: which program recorded; ksmtop's own also says where its sections are. */
struct trace_text trace_file_recorder(const struct trace_file *file);

/* Saved command lines in order of pid.  The second answers NULL for an unknown pid; O(log n). */
uint32_t trace_file_nr_cmdlines(const struct trace_file *file);
const struct trace_cmdline *trace_file_cmdline(const struct trace_file *file, uint32_t i);
const char *trace_file_comm(const struct trace_file *file, int32_t pid);

/* Every option in the order of the file. */
uint32_t trace_file_nr_options(const struct trace_file *file);
const struct trace_option *trace_file_option(const struct trace_file *file, uint32_t i);

/*
 * Time.  Ring-buffer timestamps are turned into what `trace-cmd report -t` shows, in its order: the
 * host's clock for a guest's recording (TIME_SHIFT: the top instance only), cycles to nanoseconds
 * (TSC2NSEC), then DATE and OFFSET.  Without such options, which is the usual case, the first says
 * true and the second returns `raw`.  Monotonic in `raw` for one cpu unless TIME_SHIFT is odd.
 */
bool trace_file_is_raw_time(const struct trace_file *file);
uint64_t trace_file_time_ns(const struct trace_file *file, uint32_t buffer, uint32_t cpu_id,
			    uint64_t raw);

/*
 * Damages: what is missing or unusable, in the order in which it was found.  In a spool there is
 * always one, which says that it is a spool and how to make a recording of it.
 */
uint32_t trace_file_nr_damages(const struct trace_file *file);
const struct diag *trace_file_damage(const struct trace_file *file, uint32_t i);

/*
 * Reading a chunk.  trace_chunk_data() gives an uncompressed chunk in place, NULL for a compressed
 * one.  trace_chunk_read() copies or inflates chunk->usize bytes to dst; `dctx` is a ZSTD_DCtx of
 * the calling thread (NULL: one is made for the call).  0, or -EBADMSG and diag if the frame is
 * damaged, in which case dst's contents are undefined and the data is to be treated as lost.
 */
struct ZSTD_DCtx_s;
const void *trace_chunk_data(const struct trace_file *file, const struct trace_chunk *chunk);
int trace_chunk_read(const struct trace_file *file, const struct trace_chunk *chunk,
		     struct ZSTD_DCtx_s *dctx, void *dst, struct diag *diag);

#endif /* KSMTOP_TRACE_FILE_H */
