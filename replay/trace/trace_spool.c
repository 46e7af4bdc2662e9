/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_spool.c - recording into a spool: blocks that are complete or not there.
 *
 * Each cpu has its own file and its own compressor, so the readers of the cpus never meet.  A block
 * goes out in one write; if that fails in the middle the file is cut back to the block's start, so
 * that a full disk leaves nothing half written, and kill -9 at most one half block at the end,
 * which its checksum gives away.
 *
 * Metadata is a version 7 file of its own without events, replaced as a whole by rename(2).  When
 * the disk is full by then, the space reserved at the start is given back first.
 *
 * Making the final file is trace_recover.c's.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>
#include <zstd.h>

#include "trace/layout.h"
#include "trace/sample_block.h"
#include "trace/sections.h"
#include "trace/spool_format.h"

enum { LEVEL = 1, SAMPLES_LEVEL = 3, APPEND_MAX = 8 << 20, RESERVE_MIN = 256 << 10 };

/* A file that grows by whole blocks, and what it needs for that. */
struct spool_file {
	int fd;
	uint64_t size;
	uint32_t seq;
	ZSTD_CCtx *cctx;
	uint8_t *block; /* header and frame, in one piece for one write */
	size_t capacity;
	atomic_bool dirty;
	atomic_uint_fast64_t compressed, uncompressed;
};

struct trace_spool {
	char *path, *name, *clock;
	uint32_t page_size, nr_cpus;
	uint32_t *cpu_ids;
	struct spool_file *cpus;
	struct spool_file samples;
};

static void path_of(const struct trace_spool *spool, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", spool->path, name);
}

static int spool_error(const struct trace_spool *spool, const char *name, int error,
		       const char *what, struct diag *diag)
{
	char path[PATH_MAX];

	path_of(spool, name, path, sizeof(path));
	diag_set(diag, error, "cannot be %s: %s", what, strerror(-error));
	diag_file(diag, path);
	if (error == -ENOSPC)
		diag_advice(diag, "name a file on a disk with more room");
	return error;
}

/* ---- metadata ---- */

static int meta_write(struct trace_spool *spool, const struct trace_meta *meta, struct diag *diag)
{
	struct layout_buffer buffer = {
		.name = spool->name,
		.clock = spool->clock,
		.page_size = spool->page_size,
		.nr_cpus = spool->nr_cpus,
		.cpu_ids = spool->cpu_ids,
	};
	struct layout_source source = {.buffers = &buffer, .nr_buffers = 1};
	struct trace_write_options options = {
		.version = 7,
		.zstd = true,
		.page_size = spool->page_size,
		.long_size = sizeof(long),
		.big_endian = __BYTE_ORDER == __BIG_ENDIAN,
	};
	char path[PATH_MAX];
	struct sink sink;
	int error;

	path_of(spool, SPOOL_META, path, sizeof(path));
	error = sink_open(&sink, path, diag);
	if (error)
		return error;
	layout_v7(&sink, &options, meta, &source);
	return sink_close(&sink);
}

int trace_spool_set_meta(struct trace_spool *spool, const struct trace_meta *meta,
			 struct diag *diag)
{
	char path[PATH_MAX];
	int error = meta_write(spool, meta, diag);

	if (error != -ENOSPC)
		return error;
	path_of(spool, SPOOL_RESERVE, path, sizeof(path));
	if (unlink(path) < 0)
		return error;
	return meta_write(spool, meta, diag);
}

static int reserve_make(const struct trace_spool *spool, uint64_t size, struct diag *diag)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, error;

	path_of(spool, SPOOL_META, path, sizeof(path));
	if (!size)
		size = stat(path, &st) == 0 ? 2 * (uint64_t)st.st_size : 0;
	if (size < RESERVE_MIN)
		size = RESERVE_MIN;
	path_of(spool, SPOOL_RESERVE, path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return spool_error(spool, SPOOL_RESERVE, -errno, "created", diag);
	error = -posix_fallocate(fd, 0, (off_t)size);
	close(fd);
	return error ? spool_error(spool, SPOOL_RESERVE, error, "given its space", diag) : 0;
}

/* ---- creating ---- */

static int file_create(struct trace_spool *spool, struct spool_file *file, const char *name,
		       int level, struct diag *diag)
{
	char path[PATH_MAX];

	path_of(spool, name, path, sizeof(path));
	file->cctx = ZSTD_createCCtx();
	if (!file->cctx)
		return diag_set(diag, -ENOMEM, "out of memory");
	ZSTD_CCtx_setParameter(file->cctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(file->cctx, ZSTD_c_checksumFlag, 1);
	file->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return spool_error(spool, name, -errno, "created", diag);
	return 0;
}

static int block_append(struct trace_spool *spool, struct spool_file *file, const char *name,
			const void *block, size_t size, struct diag *diag);

static int files_create(struct trace_spool *spool, const struct trace_spool_options *options,
			struct diag *diag)
{
	int error = 0;

	for (uint32_t i = 0; i < spool->nr_cpus && !error; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%" PRIu32, spool->cpu_ids[i]);
		error = file_create(spool, &spool->cpus[i], name,
				    options->level ? options->level : LEVEL, diag);
	}
	if (!error)
		error = file_create(spool, &spool->samples, SPOOL_SAMPLES, SAMPLES_LEVEL, diag);
	if (!error)
		error = block_append(spool, &spool->samples, SPOOL_SAMPLES, TRACE_SECTION_MAGIC,
				     strlen(TRACE_SECTION_MAGIC), diag);
	return error;
}

static struct trace_spool *spool_new(const char *path, const struct trace_spool_options *options)
{
	struct trace_spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return NULL;
	spool->page_size = options->page_size;
	spool->nr_cpus = options->nr_cpus;
	spool->path = strdup(path);
	spool->name = strdup(options->buffer_name ? options->buffer_name : "");
	spool->clock = strdup(options->clock ? options->clock : "");
	spool->cpu_ids = calloc(options->nr_cpus, sizeof(*spool->cpu_ids));
	spool->cpus = calloc(options->nr_cpus, sizeof(*spool->cpus));
	spool->samples.fd = -1;
	for (uint32_t i = 0; spool->cpus && i < options->nr_cpus; i++)
		spool->cpus[i].fd = -1;
	for (uint32_t i = 0; spool->cpu_ids && i < options->nr_cpus; i++)
		spool->cpu_ids[i] = options->cpu_ids ? options->cpu_ids[i] : i;
	if (!spool->path || !spool->name || !spool->clock || !spool->cpu_ids || !spool->cpus) {
		trace_spool_close(spool);
		return NULL;
	}
	return spool;
}

static int directory_make(const char *path, struct diag *diag)
{
	int error = mkdir(path, 0700) < 0 ? -errno : 0;

	if (!error)
		return 0;
	if (error == -EEXIST) {
		diag_set(diag, error, "is already there");
		diag_advice(diag,
			    "run `ksmtop recover %s -o FILE` if an interrupted recording left it, "
			    "or remove it",
			    path);
	} else {
		diag_set(diag, error, "cannot be created: %s", strerror(-error));
		if (error == -EACCES || error == -EPERM || error == -EROFS || error == -ENOENT)
			diag_advice(diag,
				    "name a file in a directory that can be written, with -o");
	}
	diag_file(diag, path);
	return error;
}

/* Takes back what an unsuccessful creation has made. */
static void spool_remove(struct trace_spool *spool)
{
	static const char *const names[] = {SPOOL_META, SPOOL_META ".part", SPOOL_SAMPLES,
					    SPOOL_RESERVE};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(spool, names[i], path, sizeof(path));
		unlink(path);
	}
	for (uint32_t i = 0; i < spool->nr_cpus; i++) {
		snprintf(path, sizeof(path), "%s/cpu%" PRIu32, spool->path, spool->cpu_ids[i]);
		unlink(path);
	}
	rmdir(spool->path);
}

/* fdatasync() writes what a file holds, not that it is there: without this a power cut takes all. */
static void spool_sync_names(const struct trace_spool *spool)
{
	char path[PATH_MAX];

	path_of(spool, SPOOL_SAMPLES, path, sizeof(path));
	sink_sync_name(path);
	sink_sync_name(spool->path);
}

int trace_spool_create(const char *path, const struct trace_spool_options *options,
		       const struct trace_meta *meta, struct trace_spool **ret_spool,
		       struct diag *diag)
{
	struct trace_spool *spool;
	int error;

	if (!options->nr_cpus || options->page_size < 512 || options->page_size > TRACE_PAGE_MAX)
		return diag_set(diag, -EINVAL, "a spool for no cpu, or for impossible pages"),
		       -EINVAL;
	error = directory_make(path, diag);
	if (error)
		return error;
	spool = spool_new(path, options);
	if (!spool) {
		rmdir(path);
		return diag_set(diag, -ENOMEM, "out of memory"), -ENOMEM;
	}
	error = meta_write(spool, meta, diag);
	if (!error)
		error = reserve_make(spool, options->reserve, diag);
	if (!error)
		error = files_create(spool, options, diag);
	if (error) {
		spool_remove(spool);
		trace_spool_close(spool);
		return error;
	}
	spool_sync_names(spool);
	*ret_spool = spool;
	return 0;
}

/* ---- appending ---- */

static int block_append(struct trace_spool *spool, struct spool_file *file, const char *name,
			const void *block, size_t size, struct diag *diag)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(file->fd, (const uint8_t *)block + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int error = n < 0 ? -errno : -EIO;

			if (ftruncate(file->fd, (off_t)file->size) == 0)
				lseek(file->fd, (off_t)file->size, SEEK_SET);
			return spool_error(spool, name, error, "written", diag);
		}
		done += (size_t)n;
	}
	file->size += size;
	atomic_store_explicit(&file->dirty, true, memory_order_release);
	atomic_fetch_add_explicit(&file->compressed, size, memory_order_relaxed);
	return 0;
}

static bool block_room(struct spool_file *file, size_t size)
{
	size_t wanted = SPOOL_BLOCK_HEADER + SPOOL_CHUNK_HEADER + ZSTD_compressBound(size);
	uint8_t *grown;

	if (wanted <= file->capacity)
		return true;
	grown = realloc(file->block, wanted);
	if (!grown)
		return false;
	file->block = grown;
	file->capacity = wanted;
	return true;
}

/* Header of the block in hand; see spool_format.h. */
static void block_head(struct spool_file *file, uint32_t csize, uint32_t usize)
{
	uint32_t head[2] = {SPOOL_BLOCK_MAGIC, file->seq}, sizes[2] = {csize, usize};
	uint8_t *p = file->block;
	uint64_t hash;

	memcpy(p + SPOOL_BLOCK_HEADER, sizes, sizeof(sizes));
	hash = XXH64(p + SPOOL_BLOCK_HEADER, SPOOL_CHUNK_HEADER + (size_t)csize, file->seq);
	memcpy(p, head, sizeof(head));
	memcpy(p + sizeof(head), &hash, sizeof(hash));
}

int trace_spool_append(struct trace_spool *spool, uint32_t cpu, const void *pages, size_t size,
		       struct diag *diag)
{
	struct spool_file *file = &spool->cpus[cpu];
	const size_t front = SPOOL_BLOCK_HEADER + SPOOL_CHUNK_HEADER;
	char name[32];
	size_t csize;
	int error;

	if (!size)
		return 0;
	if (size % spool->page_size || size > APPEND_MAX)
		return diag_set(diag, -EINVAL, "%zu bytes are no whole pages, or too many", size),
		       -EINVAL;
	if (!block_room(file, size))
		return diag_set(diag, -ENOMEM, "out of memory"), -ENOMEM;
	csize = ZSTD_compress2(file->cctx, file->block + front, file->capacity - front, pages,
			       size);
	if (ZSTD_isError(csize))
		return diag_set(diag, -ENOMEM, "zstd: %s", ZSTD_getErrorName(csize)), -ENOMEM;
	block_head(file, (uint32_t)csize, (uint32_t)size);
	snprintf(name, sizeof(name), "cpu%" PRIu32, spool->cpu_ids[cpu]);
	error = block_append(spool, file, name, file->block, front + csize, diag);
	if (error)
		return error;
	file->seq++;
	atomic_fetch_add_explicit(&file->uncompressed, size, memory_order_relaxed);
	return 0;
}

int trace_spool_append_samples(struct trace_spool *spool, struct sample_builder *samples,
			       struct diag *diag)
{
	size_t pos = 0, size;
	uint8_t *block;
	int more, error = 0;

	while (!error && (more = sample_block_make(samples, &pos, SAMPLES_LEVEL, &block, &size))) {
		if (more < 0)
			return diag_set(diag, -ENOMEM, "out of memory"), -ENOMEM;
		error = block_append(spool, &spool->samples, SPOOL_SAMPLES, block, size, diag);
		free(block);
	}
	if (!error)
		sample_builder_reset(samples);
	return error;
}

static int file_sync(struct trace_spool *spool, struct spool_file *file, const char *name,
		     struct diag *diag)
{
	if (!atomic_exchange_explicit(&file->dirty, false, memory_order_acquire))
		return 0;
	if (fdatasync(file->fd) < 0)
		return spool_error(spool, name, -errno, "synced", diag);
	return 0;
}

int trace_spool_sync(struct trace_spool *spool, struct diag *diag)
{
	int error = file_sync(spool, &spool->samples, SPOOL_SAMPLES, diag);

	for (uint32_t i = 0; i < spool->nr_cpus && !error; i++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%" PRIu32, spool->cpu_ids[i]);
		error = file_sync(spool, &spool->cpus[i], name, diag);
	}
	return error;
}

void trace_spool_sizes(const struct trace_spool *spool, uint64_t *ret_compressed,
		       uint64_t *ret_uncompressed)
{
	uint64_t compressed =
		atomic_load_explicit(&spool->samples.compressed, memory_order_relaxed);
	uint64_t uncompressed = 0;

	for (uint32_t i = 0; i < spool->nr_cpus; i++) {
		compressed +=
			atomic_load_explicit(&spool->cpus[i].compressed, memory_order_relaxed);
		uncompressed +=
			atomic_load_explicit(&spool->cpus[i].uncompressed, memory_order_relaxed);
	}
	*ret_compressed = compressed;
	*ret_uncompressed = uncompressed;
}

/* ---- ending ---- */

int trace_spool_finish(struct trace_spool *spool, const char *path, struct diag *diag)
{
	int error = trace_spool_sync(spool, diag);

	if (!error)
		error = trace_spool_recover(spool->path, path, true, NULL, diag);
	return error;
}

static void file_close(struct spool_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	ZSTD_freeCCtx(file->cctx);
	free(file->block);
}

void trace_spool_close(struct trace_spool *spool)
{
	if (!spool)
		return;
	for (uint32_t i = 0; spool->cpus && i < spool->nr_cpus; i++)
		file_close(&spool->cpus[i]);
	file_close(&spool->samples);
	free(spool->cpus);
	free(spool->cpu_ids);
	free(spool->path);
	free(spool->name);
	free(spool->clock);
	free(spool);
}
