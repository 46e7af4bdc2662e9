// SPDX-License-Identifier: GPL-2.0-only
/*
 * recording_cache.c - the second opening of a recording.
 *
 * A cache file is: one head, the damages that were found while reading, the event index, the
 * history.  It is named after trace_file_hash() (which covers the file's size, its metadata and
 * samples of its data: fast, whatever the size) and CACHE_VERSION, and the head repeats
 * both.  Index and history are mapped, not read.
 *
 * The hard idea is that nothing here may ever be needed or trusted: a cache that is absent, of
 * another version, cut, or nonsense only means that the recording is read again; it is written
 * under a temporary name and renamed, so that no half one is ever seen; and any file in the
 * directory may be deleted at any time.  Old files are deleted here when the directory grows
 * beyond CACHE_MAX_BYTES.  What the parts hold is their own affair to check.
 */
#include "recording_private.h"

#include <dirent.h>
#include <limits.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "event/index.h"
#include "event/pool.h"

#define CACHE_MAGIC	"ksmtopC1"
#define CACHE_VERSION	6u
#define CACHE_MIN_EVENTS 200000u	/* less is read again faster than one can look */
#define CACHE_MAX_BYTES	(UINT64_C(8) << 30)
#define CACHE_DAMAGES	POOL_ALIGN	/* where in the file the damages are */

struct cache_head {
	char magic[8];
	uint32_t version, diag_size;
	uint64_t file_hash, file_size;
	uint32_t nr_damages, reserved;
	uint64_t nr_more_damages;
	uint64_t index, index_end, history, history_size;
	uint64_t damages_hash, hash;	/* the last: of everything in front of it */
};

static int make_dir(const char *path)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -errno;
}

char *recording_cache_dir(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;

	if (base && base[0] == '/') {
		if (make_dir(base) != 0 || asprintf(&dir, "%s/ksmtop", base) < 0)
			return NULL;
	} else {
		if (!home || home[0] != '/' || asprintf(&dir, "%s/.cache", home) < 0)
			return NULL;
		make_dir(dir);
		free(dir);
		if (asprintf(&dir, "%s/.cache/ksmtop", home) < 0)
			return NULL;
	}
	if (make_dir(dir) == 0 && access(dir, W_OK | X_OK) == 0)
		return dir;
	free(dir);
	return NULL;
}

static char *cache_path(const struct recording *recording, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%016" PRIx64 "-%u%s", recording->cache_dir,
			trace_file_hash(recording->file), CACHE_VERSION, suffix) < 0 ? NULL : path;
}

static bool head_fits(const struct cache_head *head, const struct recording *recording, uint64_t size)
{
	return memcmp(head->magic, CACHE_MAGIC, 8) == 0 && head->version == CACHE_VERSION &&
	       head->hash == XXH3_64bits(head, offsetof(struct cache_head, hash)) &&
	       head->diag_size == sizeof(struct diag) && head->nr_damages <= DAMAGE_LIST_MAX &&
	       head->file_hash == trace_file_hash(recording->file) &&
	       head->file_size == trace_file_size(recording->file) &&
	       head->index <= head->index_end && head->index_end <= head->history &&
	       head->history <= size && head->history_size <= size - head->history &&
	       head->index % POOL_ALIGN == 0 && head->history % POOL_ALIGN == 0;
}

static int map_damages(const struct cache_head *head, int fd, struct damage_list *list)
{
	size_t bytes = head->nr_damages * sizeof(struct diag);
	struct diag *diags = malloc(bytes + 1);
	int ret = 0;

	if (!diags)
		return -ENOMEM;
	if (pread(fd, diags, bytes, CACHE_DAMAGES) != (ssize_t)bytes ||
	    XXH3_64bits(diags, bytes) != head->damages_hash)
		ret = -EBADMSG;
	/* Formats were looked at again, and found the same faults: this list replaces that one. */
	damage_list_fini(list);
	for (uint32_t i = 0; i < head->nr_damages && ret == 0; i++) {
		struct diag *diag = damage_list_add(list);

		if (diag)
			*diag = diags[i];
	}
	list->nr_more = head->nr_more_damages;
	free(diags);
	return ret;
}

static int map_parts(struct recording *recording, int fd)
{
	struct cache_head head;
	struct stat st;
	int ret;

	if (fstat(fd, &st) != 0 || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    !head_fits(&head, recording, (uint64_t)st.st_size))
		return -EBADMSG;
	ret = event_index_map(recording->file, fd, head.index, head.index_end, &recording->index, NULL);
	if (ret == 0)
		ret = map_damages(&head, fd, &recording->index->damages);
	if (ret == 0)
		ret = history_map(fd, head.history, head.history_size, &recording->history, NULL);
	if (ret == 0 && history_last(recording->history) != event_index_last(recording->index))
		ret = -EBADMSG;
	return ret;
}

int recording_cache_map(struct recording *recording)
{
	char *path = cache_path(recording, "");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1, ret;

	if (fd < 0) {
		free(path);
		return -ENOENT;
	}
	ret = map_parts(recording, fd);
	close(fd);
	if (ret == 0) {
		utimensat(AT_FDCWD, path, NULL, 0);	/* used just now: not the first to be deleted */
		recording->complete = recording->from_cache = true;
	} else {
		history_free(recording->history);
		event_index_free(recording->index);
		recording->history = NULL;
		recording->index = NULL;
		unlink(path);
	}
	free(path);
	return ret;
}

/* ---- saving ---- */

static int save_parts(struct recording *recording, int fd)
{
	const struct damage_list *list = &recording->index->damages;
	size_t damages_size = list->nr * sizeof(struct diag);
	struct cache_head head = {
		.magic = CACHE_MAGIC, .version = CACHE_VERSION, .diag_size = sizeof(struct diag),
		.file_hash = trace_file_hash(recording->file),
		.file_size = trace_file_size(recording->file),
		.nr_damages = list->nr, .nr_more_damages = list->nr_more,
		.damages_hash = XXH3_64bits(list->diags, damages_size),
	};
	int ret = 0;

	if (damages_size &&
	    pwrite(fd, list->diags, damages_size, CACHE_DAMAGES) != (ssize_t)damages_size)
		return -EIO;
	head.index = CACHE_DAMAGES + (damages_size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	ret = event_index_save(recording->index, fd, head.index, &head.index_end);
	if (ret != 0)
		return ret;
	head.history = (head.index_end + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
	ret = history_save(recording->history, fd, head.history, &head.history_size);
	if (ret != 0)
		return ret;
	/* The parts end at round offsets, the file should too: what is mapped is in it. */
	if (ftruncate(fd, (off_t)(head.history + head.history_size)) != 0)
		return -errno;
	head.hash = XXH3_64bits(&head, offsetof(struct cache_head, hash));
	return pwrite(fd, &head, sizeof(head), 0) == (ssize_t)sizeof(head) ? 0 : -EIO;
}

/* Deletes the least recently used files until the rest is small enough. */
static void trim_cache(const char *dir_path)
{
	for (int round = 0; round < 64; round++) {
		char oldest[NAME_MAX + 1] = "";
		struct timespec oldest_time = { 0 };
		uint64_t bytes = 0;
		DIR *dir = opendir(dir_path);
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			struct stat st;

			if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			    !S_ISREG(st.st_mode))
				continue;
			bytes += (uint64_t)st.st_size;
			if (!oldest[0] || st.st_mtim.tv_sec < oldest_time.tv_sec) {
				snprintf(oldest, sizeof(oldest), "%s", entry->d_name);
				oldest_time = st.st_mtim;
			}
		}
		if (dir && bytes > CACHE_MAX_BYTES && oldest[0])
			unlinkat(dirfd(dir), oldest, 0);
		else
			round = 64;
		if (dir)
			closedir(dir);
	}
}

void recording_cache_save(struct recording *recording)
{
	char suffix[32], *temporary, *path;
	int fd = -1, ret = -EIO;

	if (event_index_last(recording->index) < CACHE_MIN_EVENTS)
		return;
	snprintf(suffix, sizeof(suffix), ".%ld.new", (long)getpid());
	temporary = cache_path(recording, suffix);
	path = cache_path(recording, "");
	if (temporary && path)
		fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		ret = save_parts(recording, fd);
		close(fd);
		if (ret != 0 || rename(temporary, path) != 0)
			unlink(temporary);
		trim_cache(recording->cache_dir);
	}
	free(temporary);
	free(path);
}
