// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader.c - one CPU's ring buffer, read, compressed and appended to the spool by one thread.
 *
 * read() on trace_pipe_raw gives one sub-buffer a call, a full one or, when the reader has caught
 * up with the writer, a copy of the one that is still being filled.  Reading at every event would
 * make a page of each, so a reader sleeps until a tenth of the buffer is full (buffer_percent) or
 * FLUSH_NS have passed, then reads until nothing is left.  At 0.5 million events a second, two system
 * calls in a thousand give a page that is not full; at a few events a second it is one page a second, mostly
 * zeros, which zstd makes nothing of.
 *
 * Chunks of CHUNK_BYTES are large enough for zstd's ratio and small enough to be inflated in
 * parallel later; what is collected goes out at least every FLUSH_NS, which bounds the loss after kill -9.
 * splice() would save one copy of a page and cost it again, since the bytes have to pass through zstd.
 */
#include "capture/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#define CHUNK_BYTES	(512u << 10)
#define FLUSH_NS	700000000ull
#define COMMIT_NS	10000000ull	/* an event gets its time this long before it can be read, at most */
#define READER_NICE	-10	/* ksmd and the workload must not keep a reader from its buffer */

static int reader_flush(struct reader *reader)
{
	size_t size = reader->fill;

	reader->flushed_ns = clock_mono_ns();
	reader->fill = 0;
	return size ? trace_spool_append(reader->spool, reader->index, reader->buffer, size,
					 &reader->diag) : 0;
}

/* Reads until the ring buffer is empty.  0 or -E. */
static int reader_drain(struct reader *reader)
{
	for (;;) {
		if (reader->fill + reader->page_size > CHUNK_BYTES) {
			int err = reader_flush(reader);
			if (err)
				return err;
		}
		uint8_t *page = reader->buffer + reader->fill;
		ssize_t n = read(reader->fd, page, reader->page_size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == EAGAIN))
			return 0;
		if (n < 0)
			return diag_set(&reader->diag, -errno, "reading a trace buffer failed: %s",
					strerror(errno));
		memset(page + n, 0, reader->page_size - (size_t)n);
		reader->fill += reader->page_size;
	}
}

static int reader_loop(struct reader *reader)
{
	struct pollfd fds[] = {
		{.fd = reader->fd, .events = POLLIN},
		{.fd = reader->stop_fd, .events = POLLIN},
	};
	int err = 0;

	while (!err) {
		uint64_t passed = clock_mono_ns() - reader->flushed_ns, begin;
		int ms = passed >= FLUSH_NS ? 0 : (int)((FLUSH_NS - passed) / 1000000 + 1);

		if (poll(fds, 2, ms) < 0 && errno != EINTR)
			return diag_set(&reader->diag, -errno, "waiting for events failed: %s",
					strerror(errno));
		begin = clock_mono_ns();
		err = reader_drain(reader);
		if (!err && (fds[1].revents || clock_mono_ns() - reader->flushed_ns >= FLUSH_NS))
			err = reader_flush(reader);
		if (!err && !reader->fill)
			atomic_store(&reader->whole_ns, begin - COMMIT_NS);
		if (fds[1].revents)
			break;
	}
	return err;
}

static void *reader_main(void *arg)
{
	struct reader *reader = arg;
	const uint64_t one = 1;

	setpriority(PRIO_PROCESS, 0, READER_NICE);	/* of this thread only; refused is fine */
	reader->flushed_ns = clock_mono_ns();
	int err = reader_loop(reader);
	if (err) {
		atomic_store(&reader->error, err);
		if (write(reader->wake, &one, sizeof(one)) < 0)
			return NULL;	/* cannot be: an eventfd that is not full */
	}
	return NULL;
}

static int reader_start(struct reader *reader, const struct session *session, struct diag *diag)
{
	uint32_t cpu = session->cpu_ids[reader->index];

	reader->buffer = malloc(CHUNK_BYTES);
	reader->fd = session_open_cpu(session, cpu);
	reader->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (!reader->buffer || reader->stop_fd < 0)
		return diag_set(diag, -ENOMEM, "no memory for the reader of CPU %u", cpu);
	if (reader->fd < 0)
		return diag_set(diag, reader->fd, "the trace buffer of CPU %u cannot be opened: %s", cpu,
				strerror(-reader->fd));
	int err = pthread_create(&reader->thread, NULL, reader_main, reader);
	if (err)
		return diag_set(diag, -err, "the reader of CPU %u cannot be started: %s", cpu,
				strerror(err));
	reader->running = true;
	return 0;
}

int readers_start(const struct session *session, struct trace_spool *spool, int wake,
		  struct reader **ret_readers, struct diag *diag)
{
	struct reader *readers = calloc(session->nr_cpus, sizeof(*readers));
	int err = 0;

	if (!readers)
		return diag_set(diag, -ENOMEM, "no memory for %u readers", session->nr_cpus);
	if (session->page_size > CHUNK_BYTES) {
		free(readers);
		return diag_set(diag, -EINVAL, "sub-buffers of %u bytes are too large",
				session->page_size);
	}
	for (uint32_t i = 0; i < session->nr_cpus; i++)
		readers[i] = (struct reader){.spool = spool, .index = i, .fd = -1, .stop_fd = -1,
					     .wake = wake, .page_size = session->page_size};
	for (uint32_t i = 0; !err && i < session->nr_cpus; i++)
		err = reader_start(&readers[i], session, diag);
	if (err) {
		readers_finish(readers, session->nr_cpus, NULL);
		return err;
	}
	*ret_readers = readers;
	return 0;
}

int readers_finish(struct reader *readers, uint32_t nr_readers, struct diag *diag)
{
	const uint64_t one = 1;
	int err = 0;

	for (uint32_t i = 0; readers && i < nr_readers; i++) {
		struct reader *reader = &readers[i];
		if (reader->running && write(reader->stop_fd, &one, sizeof(one)) == sizeof(one))
			pthread_join(reader->thread, NULL);
		if (reader->fd >= 0)
			close(reader->fd);
		if (reader->stop_fd >= 0)
			close(reader->stop_fd);
		free(reader->buffer);
		if (reader->error && !err) {
			err = reader->error;
			if (diag)
				*diag = reader->diag;
		}
	}
	free(readers);
	return err;
}
