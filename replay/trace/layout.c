/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout.c - the records of a trace.dat, in memory, and the file that they are written to.
 *
 * The hard part of writing is failing well: a full disk may show at any write, at the sync or only
 * at the rename.  So the sink remembers the first error and turns everything after it into nothing,
 * and the name that the user gave appears only when the whole file is on disk.
 *
 * The byte order is the target's, not this machine's: tests and generators make recordings of
 * machines that are not at hand.
 */
#include "trace/layout.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/container.h"

void out_free(struct outbuf *out)
{
	free(out->data);
	*out = (struct outbuf){.big = out->big};
}

void out_bytes(struct outbuf *out, const void *data, size_t size)
{
	size_t wanted = out->capacity ? out->capacity : 4096;
	uint8_t *grown;

	if (out->failed || !size)
		return;
	while (wanted - out->size < size)
		wanted *= 2;
	if (wanted != out->capacity) {
		grown = realloc(out->data, wanted);
		if (!grown) {
			out->failed = true;
			return;
		}
		out->data = grown;
		out->capacity = wanted;
	}
	memcpy(out->data + out->size, data, size);
	out->size += size;
}

void out_u16(struct outbuf *out, uint16_t v)
{
	v = out->big ? htobe16(v) : htole16(v);
	out_bytes(out, &v, sizeof(v));
}

void out_u32(struct outbuf *out, uint32_t v)
{
	v = out->big ? htobe32(v) : htole32(v);
	out_bytes(out, &v, sizeof(v));
}

void out_u64(struct outbuf *out, uint64_t v)
{
	v = out->big ? htobe64(v) : htole64(v);
	out_bytes(out, &v, sizeof(v));
}

void out_string(struct outbuf *out, const char *text)
{
	out_bytes(out, text, strlen(text) + 1);
}

void layout_header(struct outbuf *out, const struct trace_write_options *options)
{
	uint8_t two[2] = {options->big_endian, (uint8_t)options->long_size};

	out_bytes(out, TRACE_MAGIC, 10);
	out_string(out, options->version == 6 ? "6" : "7");
	out_bytes(out, two, sizeof(two));
	out_u32(out, options->page_size);
}

void layout_text(struct outbuf *out, int length_size, struct trace_text text)
{
	if (length_size == 4)
		out_u32(out, (uint32_t)text.size);
	else
		out_u64(out, text.size);
	out_bytes(out, text.text, text.size);
}

void layout_header_info(struct outbuf *out, const struct trace_meta *meta)
{
	out_string(out, "header_page");
	layout_text(out, 8, meta->header_page);
	out_string(out, "header_event");
	layout_text(out, 8, meta->header_event);
}

static void formats_of(struct outbuf *out, const struct trace_meta *meta, const char *system)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < meta->nr_formats; i++)
		nr += !strcmp(meta->formats[i].system, system);
	out_u32(out, nr);
	for (uint32_t i = 0; i < meta->nr_formats; i++)
		if (!strcmp(meta->formats[i].system, system))
			layout_text(out, 8, meta->formats[i].text);
}

void layout_ftrace_formats(struct outbuf *out, const struct trace_meta *meta)
{
	formats_of(out, meta, "ftrace");
}

/* Is this the first format of its system, and a system of events? */
static bool is_first(const struct trace_meta *meta, uint32_t i)
{
	const char *system = meta->formats[i].system;

	if (!strcmp(system, "ftrace"))
		return false;
	for (uint32_t j = 0; j < i; j++)
		if (!strcmp(meta->formats[j].system, system))
			return false;
	return true;
}

void layout_event_formats(struct outbuf *out, const struct trace_meta *meta)
{
	uint32_t nr = 0;

	for (uint32_t i = 0; i < meta->nr_formats; i++)
		nr += is_first(meta, i);
	out_u32(out, nr);
	for (uint32_t i = 0; i < meta->nr_formats; i++) {
		if (!is_first(meta, i))
			continue;
		out_string(out, meta->formats[i].system);
		formats_of(out, meta, meta->formats[i].system);
	}
}

void layout_option(struct outbuf *out, uint16_t id, const void *data, uint32_t size)
{
	out_u16(out, id);
	out_u32(out, size);
	out_bytes(out, data, size);
}

static void option_text(struct outbuf *out, uint16_t id, struct trace_text text)
{
	out_u16(out, id);
	out_u32(out, (uint32_t)text.size + 1);
	out_bytes(out, text.text, text.size);
	out_bytes(out, "", 1);
}

static void option_version(struct outbuf *out, const struct trace_meta *meta, const char *sections)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "%.200s%s%s",
			   meta->recorder.text ? meta->recorder.text : "ksmtop",
			   sections[0] ? " " : "", sections);

	layout_option(out, TRACE_OPTION_VERSION, text, (uint32_t)len + 1);
}

void layout_options(struct outbuf *out, const struct trace_meta *meta, int version,
		    uint32_t nr_cpus, const char *sections)
{
	/*
	 * Version 6 has the clock's text behind the table of cpus; the option only says so.  trace-cmd 3.1
	 * writes it without a byte, and looks for words behind what it then has not read: a 0 ends that.
	 */
	if (version == 6)
		layout_option(out, TRACE_OPTION_TRACECLOCK, "", 1);
	else if (meta->trace_clock.size)
		option_text(out, TRACE_OPTION_TRACECLOCK, meta->trace_clock);
	if (meta->uname.size)
		option_text(out, TRACE_OPTION_UNAME, meta->uname);
	option_version(out, meta, sections);
	for (uint32_t i = 0; i < meta->nr_cpu_stats; i++)
		option_text(out, TRACE_OPTION_CPUSTAT, meta->cpu_stats[i]);
	for (uint32_t i = 0; i < meta->nr_options; i++)
		layout_option(out, meta->options[i].id, meta->options[i].data,
			      meta->options[i].size);
	out_u16(out, TRACE_OPTION_CPUCOUNT);
	out_u32(out, 4);
	out_u32(out, nr_cpus);
}

static void sink_fail(struct sink *sink, int error, const char *what)
{
	if (sink->error)
		return;
	sink->error = error;
	diag_set(sink->diag, error, "cannot be %s: %s", what, strerror(-error));
	diag_file(sink->diag, sink->path);
	if (error == -ENOSPC)
		diag_advice(sink->diag, "name a file on a disk with more room");
}

int sink_open(struct sink *sink, const char *path, struct diag *diag)
{
	*sink = (struct sink){.fd = -1, .diag = diag};
	sink->path = strdup(path);
	if (!sink->path || asprintf(&sink->temporary, "%s.part", path) < 0) {
		sink->temporary = NULL;
		free(sink->path);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	sink->fd = open(sink->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (sink->fd < 0)
		sink_fail(sink, -errno, "created");
	return sink->error ? sink_close(sink) : 0;
}

void sink_write(struct sink *sink, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size && !sink->error) {
		ssize_t n = write(sink->fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			sink_fail(sink, n < 0 ? -errno : -EIO, "written");
			return;
		}
		p += n;
		size -= (size_t)n;
		sink->pos += (uint64_t)n;
	}
}

void sink_out(struct sink *sink, const struct outbuf *out)
{
	if (out->failed)
		sink_fail(sink, -ENOMEM, "made");
	sink_write(sink, out->data, out->size);
}

void sink_align(struct sink *sink, uint32_t page_size)
{
	static const uint8_t zeros[4096];
	uint64_t left = (page_size - sink->pos % page_size) % page_size;

	while (left && !sink->error) {
		size_t n = left < sizeof(zeros) ? left : sizeof(zeros);

		sink_write(sink, zeros, n);
		left -= n;
	}
}

void sink_patch(struct sink *sink, uint64_t at, const void *data, size_t size)
{
	if (!sink->error && pwrite(sink->fd, data, size, (off_t)at) != (ssize_t)size)
		sink_fail(sink, -EIO, "written");
}

void sink_sync_name(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
}

int sink_close(struct sink *sink)
{
	if (sink->fd >= 0) {
		if (!sink->error && fsync(sink->fd) < 0)
			sink_fail(sink, -errno, "synced");
		if (close(sink->fd) < 0)
			sink_fail(sink, -errno, "closed");
		if (!sink->error && rename(sink->temporary, sink->path) < 0)
			sink_fail(sink, -errno, "renamed");
		if (sink->error)
			unlink(sink->temporary);
		else
			sink_sync_name(sink->path);	/* it must survive a power cut too */
	}
	free(sink->path);
	free(sink->temporary);
	sink->path = sink->temporary = NULL;
	return sink->error;
}
