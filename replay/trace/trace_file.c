/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_file.c - the opened trace.dat: mapping, common header, ownership, accessors.
 *
 * The one hard idea: an opening nearly always succeeds.  What cannot be used becomes a damage with
 * its byte offset, and only a file that is no trace.dat at all, or one whose compression is not
 * read here, is refused.  For that to be safe against hostile files two allowances are set up at
 * the start and handed down: how much metadata may inflate to, and how many bytes all cpus together
 * may claim as event data (no more than the file has: cpus cannot share bytes).
 *
 * The file is mapped, never read into memory as a whole; texts are copied so that they end in a
 * NUL.  This file knows nothing of events, and does not guard against somebody else truncating the
 * file while it is mapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "trace/container.h"

#define INFLATE_FLOOR (16u << 20)
#define INFLATE_RATIO 64

void *trace_file_alloc(struct trace_file *file, size_t size)
{
	struct trace_memory *memory = calloc(1, sizeof(*memory) + size);

	if (!memory)
		return NULL;
	memory->next = file->memory;
	file->memory = memory;
	return memory->bytes;
}

int trace_file_keep_text(struct trace_file *file, const void *text, size_t size,
			 struct trace_text *ret_text)
{
	char *copy = trace_file_alloc(file, size + 1);

	if (!copy)
		return -ENOMEM;
	if (size)
		memcpy(copy, text, size);
	*ret_text = (struct trace_text){copy, size};
	return 0;
}

struct diag *trace_file_damaged(struct trace_file *file, uint64_t offset, const char *format, ...)
{
	struct diag *diag;
	char what[sizeof(diag->what)];
	va_list args;

	if (file->nr_damages >= TRACE_MAX_DAMAGES ||
	    ARRAY_ROOM(file->damages, file->nr_damages, file->cap_damages)) {
		file->nr_damages_left_out++;
		return NULL;
	}
	diag = &file->damages[file->nr_damages++];
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	diag_set(diag, -EBADMSG, "%s", what);
	diag_offset(diag, file->path, offset);
	return diag;
}

struct trace_buffer *trace_file_add_buffer(struct trace_file *file, const char *name,
					   const char *clock, uint32_t page_size)
{
	struct trace_buffer *buffer;

	if (file->nr_buffers >= TRACE_MAX_BUFFERS) {
		trace_file_damaged(file, 0, "more than %d buffers", TRACE_MAX_BUFFERS);
		return NULL;
	}
	if (ARRAY_ROOM(file->buffers, file->nr_buffers, file->cap_buffers))
		return NULL;
	buffer = &file->buffers[file->nr_buffers++];
	*buffer = (struct trace_buffer){
		.name = name,
		.clock = clock,
		.page_size = page_size,
		.text = {"", 0},
	};
	return buffer;
}

int trace_part_map(struct trace_file *file, const char *path, struct diag *diag)
{
	struct trace_part *parts;
	struct stat st;
	void *data = NULL;
	int fd, error;

	parts = reallocarray(file->parts, file->nr_parts + 1, sizeof(*parts));
	if (!parts)
		return diag_set(diag, -ENOMEM, "out of memory");
	file->parts = parts;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		error = -errno;
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		error = -EINVAL;
		goto fail;
	}
	if (st.st_size > 0)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED) {
		error = -errno;
		goto fail;
	}
	close(fd);
	file->parts[file->nr_parts++] = (struct trace_part){data, (uint64_t)st.st_size};
	if (file->nr_parts == 1)
		file->mtime_ns =
			(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	return 0;
fail:
	diag_set(diag, error, "cannot be opened: %s",
		 error == -EINVAL ? "it is not a regular file" : strerror(-error));
	diag_file(diag, path);
	if (fd >= 0)
		close(fd);
	return error;
}

static int not_a_trace(struct trace_file *file, struct diag *diag, const char *what)
{
	diag_set(diag, -EINVAL, "%s", what);
	diag_file(diag, file->path);
	diag_expected(diag, "a trace.dat of version 6 or 7");
	diag_advice(diag,
		    "record one with `ksmtop record -o FILE` or `trace-cmd record -e ksm -o FILE`");
	return -EINVAL;
}

/* Magic, version, byte order, long size, page size: common to both versions. */
static int header_read(struct trace_file *file, struct bytes *b, struct diag *diag)
{
	const uint8_t *magic = bytes_take(b, 10);
	const char *version;
	const uint8_t *two;

	if (!magic || memcmp(magic, TRACE_MAGIC, 10) != 0)
		return not_a_trace(file, diag,
				   file->parts[0].size ? "does not start like a trace.dat"
						       : "is empty");
	version = bytes_string(b);
	two = version ? bytes_take(b, 2) : NULL;
	if (!two)
		return not_a_trace(file, diag, "ends within its header");
	if (strcmp(version, "6") != 0 && strcmp(version, "7") != 0) {
		diag_set(diag, -EOPNOTSUPP, "is a trace.dat of version %.16s", version);
		diag_file(diag, file->path);
		diag_expected(diag, "version 6 or 7");
		diag_advice(diag,
			    "run `trace-cmd convert --file-version 7 --compression zstd -i %s -o "
			    "NEW.dat`",
			    file->path);
		return -EOPNOTSUPP;
	}
	file->version = version[0] - '0';
	file->big = b->big = two[0] != 0;
	file->long_size = two[1];
	file->page_size = bytes_u32(b);
	if (two[0] > 1)
		trace_file_damaged(file, 12, "byte order mark is %u", two[0]);
	if (file->long_size != 4 && file->long_size != 8) {
		trace_file_damaged(file, 13, "a long of %d bytes, taken as 8", file->long_size);
		file->long_size = 8;
	}
	if (file->page_size < 512 || file->page_size > TRACE_PAGE_MAX ||
	    (file->page_size & (file->page_size - 1))) {
		trace_file_damaged(file, 14, "a page size of %" PRIu32 ", taken as 4096",
				   file->page_size);
		file->page_size = 4096;
	}
	return 0;
}

static bool is_empty(const struct trace_file *file)
{
	return !file->nr_formats && !file->nr_buffers && !file->nr_cmdlines && !file->nr_options;
}

static int file_read(struct trace_file *file, struct diag *diag)
{
	struct bytes b = bytes_make(file->parts[0].data, file->parts[0].size, 0, false);
	int error;

	file->data_left = file->parts[0].size;
	file->cpus_left = 8192 + (uint32_t)(file->parts[0].size / 64 < UINT32_MAX / 2
						    ? file->parts[0].size / 64
						    : UINT32_MAX / 2);
	file->inflate_left = INFLATE_FLOOR + INFLATE_RATIO * file->parts[0].size;
	error = header_read(file, &b, diag);
	if (error)
		return error;
	error = file->version == 6 ? trace_v6_read(file, &b) : trace_v7_read(file, &b, diag);
	if (error == -ENOMEM)
		return diag_set(diag, -ENOMEM, "out of memory"), -ENOMEM;
	if (error == -EOPNOTSUPP)
		return error;
	if (is_empty(file))
		return not_a_trace(file, diag,
				   "has a trace.dat's header, but nothing behind it can be read");
	if (file->is_spool)
		error = trace_spool_read(file, diag);
	else
		error = 0;
	return error ? error : trace_meta_finish(file);
}

static void damages_close(struct trace_file *file)
{
	struct diag *last;

	if (!file->nr_damages_left_out || !file->nr_damages)
		return;
	last = &file->damages[file->nr_damages - 1];
	diag_set(last, -EBADMSG, "%" PRIu32 " more places are damaged",
		 file->nr_damages_left_out + 1);
	diag_file(last, file->path);
}

int trace_file_open(const char *path, struct trace_file **ret_file, struct diag *diag)
{
	struct trace_file *file = calloc(1, sizeof(*file));
	char meta[PATH_MAX];
	struct stat st;
	int error;

	if (!file || !(file->path = strdup(path))) {
		free(file);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	file->is_spool = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	snprintf(meta, sizeof(meta), "%s/meta.dat", path);
	error = trace_part_map(file, file->is_spool ? meta : path, diag);
	if (error == -ENOENT && file->is_spool) {
		diag_set(diag, error, "is a directory, and not one in which ksmtop has spooled");
		diag_file(diag, path);
		diag_expected(diag, "a recording, or the FILE.spool of one that was interrupted");
	}
	if (!error)
		error = file_read(file, diag);
	if (error) {
		trace_file_close(file);
		return error;
	}
	damages_close(file);
	*ret_file = file;
	return 0;
}

void trace_file_release(const struct trace_file *file)
{
	/* Private, read only, never written: what is touched again comes from the page cache. */
	for (uint32_t i = 0; i < file->nr_parts; i++)
		if (file->parts[i].data)
			madvise((void *)file->parts[i].data, file->parts[i].size, MADV_DONTNEED);
}

void trace_file_close(struct trace_file *file)
{
	if (!file)
		return;
	for (uint32_t i = 0; i < file->nr_parts; i++)
		if (file->parts[i].data)
			munmap((void *)file->parts[i].data, file->parts[i].size);
	for (uint32_t i = 0; i < file->nr_buffers; i++) {
		struct trace_buffer *buffer = &file->buffers[i];

		for (uint32_t c = 0; c < buffer->nr_cpus; c++)
			free((void *)buffer->cpus[c].chunks);
		free((void *)buffer->cpus);
	}
	while (file->memory) {
		struct trace_memory *next = file->memory->next;

		free(file->memory);
		file->memory = next;
	}
	trace_time_free(&file->time);
	free(file->parts);
	free(file->formats);
	free(file->cmdlines);
	free(file->options);
	free(file->buffers);
	free(file->damages);
	free(file->path);
	free(file);
}

const char *trace_file_path(const struct trace_file *file)
{
	return file->path;
}

uint64_t trace_file_size(const struct trace_file *file)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < file->nr_parts; i++)
		size += file->parts[i].size;
	return size;
}

int trace_file_version(const struct trace_file *file)
{
	return file->version;
}

const char *trace_file_compression(const struct trace_file *file)
{
	return file->zstd ? "zstd" : "none";
}

bool trace_file_is_spool(const struct trace_file *file)
{
	return file->is_spool;
}

bool trace_file_is_big_endian(const struct trace_file *file)
{
	return file->big;
}

int trace_file_long_size(const struct trace_file *file)
{
	return file->long_size;
}

uint32_t trace_file_page_size(const struct trace_file *file)
{
	return file->page_size;
}

/*
 * Both ends and a line of every 64 KB: what any rewriting changes.  A few bytes changed in place
 * would slip through, so the time of the last change is part of it.
 */
uint64_t trace_file_hash(const struct trace_file *file)
{
	enum { END = 1 << 20, STEP = 1 << 16, LINE = 64 };
	XXH64_hash_t hash = file->mtime_ns;

	for (uint32_t i = 0; i < file->nr_parts; i++) {
		const uint8_t *data = file->parts[i].data;
		uint64_t size = file->parts[i].size;
		uint64_t end = size < END ? size : END;

		hash = XXH64(&size, sizeof(size), hash);
		if (!size)
			continue;
		hash = XXH64(data, end, hash);
		hash = XXH64(data + size - end, end, hash);
		for (uint64_t at = END; at + END < size; at += STEP)
			hash = XXH64(data + at, LINE, hash);
	}
	return hash;
}

uint32_t trace_file_nr_buffers(const struct trace_file *file)
{
	return file->nr_buffers;
}

const struct trace_buffer *trace_file_buffer(const struct trace_file *file, uint32_t i)
{
	return i < file->nr_buffers ? &file->buffers[i] : NULL;
}

static struct trace_text text_or_empty(struct trace_text text)
{
	return text.text ? text : (struct trace_text){"", 0};
}

struct trace_text trace_file_header_page(const struct trace_file *file)
{
	return text_or_empty(file->header_page);
}

struct trace_text trace_file_header_event(const struct trace_file *file)
{
	return text_or_empty(file->header_event);
}

uint32_t trace_file_nr_formats(const struct trace_file *file)
{
	return file->nr_formats;
}

const struct trace_format *trace_file_format(const struct trace_file *file, uint32_t i)
{
	return i < file->nr_formats ? &file->formats[i] : NULL;
}

struct trace_text trace_file_kallsyms(const struct trace_file *file)
{
	return text_or_empty(file->kallsyms);
}

struct trace_text trace_file_printk(const struct trace_file *file)
{
	return text_or_empty(file->printk);
}

struct trace_text trace_file_uname(const struct trace_file *file)
{
	return text_or_empty(file->uname);
}

struct trace_text trace_file_recorder(const struct trace_file *file)
{
	return text_or_empty(file->recorder);
}

uint32_t trace_file_nr_cmdlines(const struct trace_file *file)
{
	return file->nr_cmdlines;
}

const struct trace_cmdline *trace_file_cmdline(const struct trace_file *file, uint32_t i)
{
	return i < file->nr_cmdlines ? &file->cmdlines[i] : NULL;
}

static int cmdline_compare(const void *key, const void *item)
{
	int32_t pid = *(const int32_t *)key, other = ((const struct trace_cmdline *)item)->pid;

	return pid < other ? -1 : pid > other;
}

const char *trace_file_comm(const struct trace_file *file, int32_t pid)
{
	const struct trace_cmdline *found;

	if (!file->nr_cmdlines)
		return NULL;
	found = bsearch(&pid, file->cmdlines, file->nr_cmdlines, sizeof(*file->cmdlines),
			cmdline_compare);
	return found ? found->comm : NULL;
}

uint32_t trace_file_nr_options(const struct trace_file *file)
{
	return file->nr_options;
}

const struct trace_option *trace_file_option(const struct trace_file *file, uint32_t i)
{
	return i < file->nr_options ? &file->options[i] : NULL;
}

uint32_t trace_file_nr_damages(const struct trace_file *file)
{
	return file->nr_damages;
}

const struct diag *trace_file_damage(const struct trace_file *file, uint32_t i)
{
	return i < file->nr_damages ? &file->damages[i] : NULL;
}
