/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * container.h - the inside of an opened trace.dat, shared by the files that read one.
 *
 * Private to replay/trace.  trace_file.c owns the object; trace_v6.c and trace_v7.c walk the two
 * layouts; trace_meta.c parses what both have (formats, options, cmdlines); trace_chunk.c lists and
 * inflates event data; trace_time.c converts timestamps; trace_spool_read.c opens a spool.
 *
 * Rule for all of them: a function that meets damage adds it to the list and goes on with what
 * is left.  Only -ENOMEM and "this is no trace.dat that we can read" end an opening.
 */
#ifndef KSMTOP_TRACE_CONTAINER_H
#define KSMTOP_TRACE_CONTAINER_H

#include "trace/array.h"
#include "trace/bytes.h"
#include "trace/trace_file.h"

enum {
	TRACE_MAX_DAMAGES = 256,	/* the last one says how many more there were */
	TRACE_MAX_SECTIONS = 1 << 16,	/* sections that one file may have */
	TRACE_MAX_BUFFERS = 256,
	TRACE_SECTION_HEADER = 16,
	TRACE_SECTION_COMPRESSED = 1,	/* section flag */
};

#define TRACE_MAGIC "\x17\x08\x44tracing"

/* One mapped file: the trace.dat, or a file of a spool. */
struct trace_part {
	const uint8_t *data;
	uint64_t size;
};

/* Memory that lives as long as the file: texts, options, inflated sections. */
struct trace_memory {
	struct trace_memory *next;
	_Alignas(16) uint8_t bytes[];
};

struct trace_shift_sample {
	uint64_t time;
	int64_t offset;
	uint64_t scaling, fraction;
};

struct trace_shift_cpu {
	uint32_t nr;
	struct trace_shift_sample *samples;
};

struct trace_time {
	bool converts;
	int64_t offset;			/* DATE and OFFSET */
	uint32_t tsc_mult, tsc_shift;	/* TSC2NSEC; mult 0: none */
	uint32_t shift_flags;
	uint32_t nr_shift_cpus;		/* TIME_SHIFT */
	struct trace_shift_cpu *shift;
};

struct trace_file {
	char *path;
	int version, long_size;
	bool big, zstd, is_spool;
	uint32_t page_size;
	uint64_t mtime_ns;

	struct trace_part *parts;
	uint32_t nr_parts;

	struct trace_text header_page, header_event, kallsyms, printk, uname, recorder;
	struct trace_format *formats;
	uint32_t nr_formats, cap_formats;
	struct trace_cmdline *cmdlines;
	uint32_t nr_cmdlines;
	struct trace_option *options;
	uint32_t nr_options, cap_options;
	struct trace_buffer *buffers;
	uint32_t nr_buffers, cap_buffers;

	struct diag *damages;
	uint32_t nr_damages, cap_damages;
	uint32_t nr_damages_left_out;

	struct trace_memory *memory;
	uint64_t inflate_left;		/* bytes that metadata may still inflate to */
	uint64_t data_left;		/* bytes of event data that cpus may still claim */
	uint32_t cpus_left;		/* cpus that all tables together may still claim */
	struct trace_time time;
	uint64_t sections_start, options_start;	/* v7 */
	uint32_t nr_file_cpus;		/* v6: in the header, or CPUCOUNT */
	uint32_t samples_part;		/* of a spool: its file of samples; 0: none */
};

/* ---- trace_file.c ---- */
/* Memory freed with the file; zeroed.  NULL: out of memory. */
void *trace_file_alloc(struct trace_file *file, size_t size);
/* Copies a text so that it ends in a NUL.  0 or -ENOMEM. */
int trace_file_keep_text(struct trace_file *file, const void *text, size_t size,
			 struct trace_text *ret_text);
/* Adds a damage at a byte offset of part 0 and returns it for more words (NULL: list is full). */
struct diag *trace_file_damaged(struct trace_file *file, uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* NULL: out of memory, or too many of them (a damage). */
struct trace_buffer *trace_file_add_buffer(struct trace_file *file, const char *name,
					   const char *clock, uint32_t page_size);
int trace_part_map(struct trace_file *file, const char *path, struct diag *diag);

/* ---- trace_meta.c: from a cursor into the file; 0, -EBADMSG (damage noted) or -ENOMEM ---- */
int trace_meta_header_info(struct trace_file *file, struct bytes *b);
int trace_meta_ftrace_formats(struct trace_file *file, struct bytes *b);
int trace_meta_event_formats(struct trace_file *file, struct bytes *b);
/* A text with its length in front, of `length_size` 4 or 8. */
int trace_meta_text(struct trace_file *file, struct bytes *b, int length_size, const char *what,
		    struct trace_text *ret_text);
int trace_meta_cmdlines(struct trace_file *file, struct trace_text text);
/* Options up to the end mark.  *ret_next: DONE's offset (v7), 0 otherwise. */
int trace_meta_options(struct trace_file *file, struct bytes *b, uint64_t *ret_next);
/* After all buffers are known: CPUSTAT, UNAME, VERSION, clocks. */
int trace_meta_finish(struct trace_file *file);
/* The name in brackets of "local [mono] global"; "" if there is none. */
const char *trace_meta_clock(struct trace_file *file, const char *text);

/* ---- the two layouts: cursor stands behind the common header ---- */
int trace_v6_read(struct trace_file *file, struct bytes *b);
int trace_v7_read(struct trace_file *file, struct bytes *b, struct diag *diag);

/* ---- trace_v7_lost.c: event data whose BUFFER option is gone ---- */
struct trace_section {
	uint16_t id, flags;
	bool cut;
	uint64_t offset, size;	/* of the header; of what follows it, cut at the file's end */
};
/* A version 7 section header at `offset` of part 0; false if there is none. */
bool trace_section_read(const struct trace_file *file, uint64_t offset,
			struct trace_section *ret_section);
int trace_v7_read_lost(struct trace_file *file, const struct trace_section *section);

/* Room for `nr` cpus of one table, within the file's allowance; *nr may become smaller. */
int trace_cpus_new(struct trace_file *file, uint64_t offset, uint32_t *nr,
		   struct trace_cpu **ret_cpus);

/* ---- trace_chunk.c ---- */
/* Lists the chunks of one cpu; [offset, offset + size) of part 0 as the file claims it. */
int trace_chunks_raw(struct trace_file *file, struct trace_cpu *cpu, uint32_t page_size,
		     uint64_t offset, uint64_t size);
int trace_chunks_zstd(struct trace_file *file, struct trace_cpu *cpu, uint32_t page_size,
		      uint64_t offset, uint64_t size);
/* Does a chunk with a zstd frame start at this size pair?  Used to find the way again. */
bool trace_chunk_plausible(const struct trace_file *file, uint32_t page_size, const uint8_t *p,
			   uint64_t left, uint32_t *ret_csize, uint32_t *ret_usize);
/* The end of a buffer: its cpus (chunks included) go over to the file, sorted by cpu_id. */
void trace_buffer_take_cpus(struct trace_file *file, struct trace_buffer *buffer,
			    struct trace_cpu *cpus, uint32_t nr_cpus);
/* Collecting: chunks are appended to an array that trace_chunks_end() hands to the cpu. */
struct trace_chunk_list {
	struct trace_chunk *chunks;
	uint32_t nr, cap;
	uint64_t nr_bytes;
	bool gap;		/* the next one is marked */
};
int trace_chunks_add(struct trace_chunk_list *list, struct trace_chunk chunk);
void trace_chunks_end(struct trace_chunk_list *list, struct trace_cpu *cpu);
/* Inflates metadata at most to `usize` (checked against the file's allowance). */
int trace_inflate(struct trace_file *file, uint64_t offset, const void *data, size_t csize,
		  size_t usize, const uint8_t **ret_data);

/* ---- trace_time.c ---- */
int trace_time_option(struct trace_file *file, const struct trace_option *option);
void trace_time_free(struct trace_time *time);

/* ---- trace_spool_read.c ---- */
int trace_spool_read(struct trace_file *file, struct diag *diag);

#endif /* KSMTOP_TRACE_CONTAINER_H */
