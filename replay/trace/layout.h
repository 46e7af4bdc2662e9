/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.h - building the pieces of a trace.dat in memory, and a file that they go to.
 *
 * Private to replay/trace.  An outbuf grows as numbers and texts are put into it, in the byte order
 * of the target.  Memory errors are sticky and asked for once, at the end.  A sink is the file that
 * is being made, under a temporary name until it is whole.
 */
#ifndef KSMTOP_TRACE_LAYOUT_H
#define KSMTOP_TRACE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace_writer.h"

struct outbuf {
	uint8_t *data;
	size_t size, capacity;
	bool big, failed;
};

/* {0} is an empty one. */
void out_free(struct outbuf *out);
void out_bytes(struct outbuf *out, const void *data, size_t size);
void out_u16(struct outbuf *out, uint16_t v);
void out_u32(struct outbuf *out, uint32_t v);
void out_u64(struct outbuf *out, uint64_t v);
void out_string(struct outbuf *out, const char *text);	/* with its NUL */

/* The records that both versions have; see trace_meta.c for their reading. */
void layout_header(struct outbuf *out, const struct trace_write_options *options);
void layout_header_info(struct outbuf *out, const struct trace_meta *meta);
void layout_ftrace_formats(struct outbuf *out, const struct trace_meta *meta);
void layout_event_formats(struct outbuf *out, const struct trace_meta *meta);
void layout_text(struct outbuf *out, int length_size, struct trace_text text);
void layout_option(struct outbuf *out, uint16_t id, const void *data, uint32_t size);
/* UNAME, TRACECLOCK, VERSION (with `sections` appended), CPUSTAT, CPUCOUNT, meta->options. */
void layout_options(struct outbuf *out, const struct trace_meta *meta, int version, uint32_t nr_cpus,
		    const char *sections);

/* ---- the file ---- */
struct sink {
	int fd;
	uint64_t pos;
	char *path, *temporary;
	struct diag *diag;
	int error;		/* sticky; the diag was filled when it happened */
};

/* Makes `path`.part, which sink_close() renames; 0, or -E and diag with nothing to close. */
int sink_open(struct sink *sink, const char *path, struct diag *diag);
void sink_write(struct sink *sink, const void *data, size_t size);
void sink_out(struct sink *sink, const struct outbuf *out);	/* fails if the outbuf did */
/* Zeros up to a multiple of the page size; and, without moving, other bytes at `at`. */
void sink_align(struct sink *sink, uint32_t page_size);
void sink_patch(struct sink *sink, uint64_t at, const void *data, size_t size);
/* Syncs and renames, or on an error removes.  Returns the error. */
int sink_close(struct sink *sink);
/* Makes the name `path` last through a power cut: syncs the directory that it stands in. */
void sink_sync_name(const char *path);

/* ---- version 7 ---- */
/*
 * Where the event data and samples come from.  `cpu_write` puts one cpu's data at the sink's place;
 * *ret_offset and *ret_size are what BUFFER is to say.
 */
struct layout_buffer {
	const char *name, *clock;
	uint32_t page_size, nr_cpus;
	const uint32_t *cpu_ids;
};

struct layout_source {
	const struct layout_buffer *buffers;
	uint32_t nr_buffers;
	const uint8_t *samples;		/* with the section's magic; NULL: none */
	uint64_t samples_size;
	void (*cpu_write)(struct sink *sink, void *arg, uint32_t buffer, uint32_t cpu,
			  uint64_t *ret_offset, uint64_t *ret_size);
	void *arg;
};

/* The whole file but its renaming; errors are the sink's. */
void layout_v7(struct sink *sink, const struct trace_write_options *options,
	       const struct trace_meta *meta, const struct layout_source *source);
void layout_v6(struct sink *sink, const struct trace_write_options *options,
	       const struct trace_meta *meta, const struct layout_source *source);

#endif /* KSMTOP_TRACE_LAYOUT_H */
