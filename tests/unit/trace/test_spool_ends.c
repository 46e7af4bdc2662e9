// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_spool_ends.c - recording survives what can happen to it.
 *
 * Protects: kill -9 while several threads append loses at most a block a cpu; a full disk (a tmpfs of
 * 1 MB, in a mount namespace of its own) leaves a spool that is consistent and can be recovered
 * elsewhere.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "spooled.h"

struct appender {
	struct trace_spool *spool;
	const struct made *made;
	uint32_t cpu;
};

static void *append_forever(void *arg)
{
	const struct appender *appender = arg;
	const struct trace_write_cpu *cpu = &appender->made->cpus[0][appender->cpu];

	for (uint64_t at = 0;; at = (at + BLOCK_PAGES * 4096) % cpu->size)
		if (trace_spool_append(appender->spool, appender->cpu,
				       (const uint8_t *)cpu->data + at, BLOCK_PAGES * 4096, NULL))
			_exit(9);
	return NULL;
}

static void append_until_killed(const char *path, const struct made *made, int tell)
{
	struct trace_spool *spool = spool_make(path, made);
	struct appender appenders[2] = {{spool, made, 0}, {spool, made, 2}};
	pthread_t threads[2];
	uint64_t compressed, uncompressed = 0;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, append_forever, &appenders[i]);
	while (uncompressed < 4u << 20) {
		trace_spool_sync(spool, NULL);
		trace_spool_sizes(spool, &compressed, &uncompressed);
	}
	if (write(tell, "x", 1) != 1)
		_exit(8);
	for (;;)
		pause();
}

static void test_kill(void **state)
{
	struct spooled *s = *state;

	for (int round = 0; round < 5; round++) {
		struct trace_file *file;
		int pipe_fds[2], status;
		uint32_t nr, nr_damages;
		pid_t pid;
		char byte;

		assert_int_equal(pipe(pipe_fds), 0);
		pid = fork();
		if (!pid)
			append_until_killed(s->path, &s->made, pipe_fds[1]);
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
		nr = prefix_check(file, &s->made);
		assert_true(nr >= (4u << 20) / (BLOCK_PAGES * 4096));
		assert_true(nr_damages_of(file) <= 2);
		trace_file_close(file);
		assert_int_equal(trace_spool_recover(s->path, s->final, true, &nr_damages, NULL), 0);
		assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
		assert_int_equal(prefix_check(file, &s->made), nr);
		assert_int_equal(nr_damages_of(file), 0);
		trace_file_close(file);
		unlink(s->final);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
	}
}

/* In the child, on a tmpfs of 1 MB: 0 if all went as it should, else the line that did not. */
static int disk_fill(const char *disk, const char *elsewhere, const struct made *made)
{
	char path[PATH_MAX], final[PATH_MAX];
	struct sample_builder samples;
	struct trace_spool *spool;
	struct trace_file *file;
	struct diag diag = {0};
	uint32_t nr_blocks = 0, nr_damages;
	int error;

	path_join(path, disk, "spool");
	path_join(final, disk, "final.dat");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", disk, "tmpfs", 0, "size=1m"))
		return 77;
	if (trace_spool_create(path, &spool_options, &made->meta, &spool, &diag))
		return __LINE__;
	while (!(error = trace_spool_append(spool, 0, made->cpus[0][0].data, BLOCK_PAGES * 4096,
					    &diag)))
		nr_blocks++;
	/* What becomes of the spool is not known yet, so no word on recovering it. */
	if (error != -ENOSPC || nr_blocks < 20 || strstr(diag.advice, "recover"))
		return __LINE__;
	/* It stays an error and stays consistent; other cpus and samples fail as cleanly. */
	if (trace_spool_append(spool, 0, made->cpus[0][0].data, BLOCK_PAGES * 4096, &diag) !=
	    -ENOSPC)
		return __LINE__;
	sample_builder_init(&samples);
	for (uint32_t i = 0; i < 4000; i++) {
		char text[32];

		snprintf(text, sizeof(text), "%u", i * 2654435761u);
		sample_begin(&samples, SAMPLE_NOTE, 0, i);
		sample_add_text(&samples, text);
		sample_end(&samples, i);
	}
	if (trace_spool_append_samples(spool, &samples, &diag) != -ENOSPC || !samples.size)
		return __LINE__;
	sample_builder_fini(&samples);
	/* The metadata still goes in: its space was reserved. */
	if (trace_spool_set_meta(spool, &made->meta, &diag))
		return __LINE__;
	if (trace_spool_finish(spool, final, &diag) != -ENOSPC || access(final, F_OK) == 0 ||
	    !strstr(diag.advice, "ksmtop recover"))
		return __LINE__;
	trace_spool_close(spool);
	if (trace_file_open(path, &file, &diag) || trace_file_nr_damages(file) != 1 ||
	    trace_file_buffer(file, 0)->cpus[0].nr_chunks != nr_blocks)
		return __LINE__;
	trace_file_close(file);
	if (trace_spool_recover(path, elsewhere, false, &nr_damages, &diag) || nr_damages)
		return __LINE__;
	return 0;
}

static void test_full_disk(void **state)
{
	struct spooled *s = *state;
	struct trace_file *file;
	int status;
	pid_t pid;

	if (geteuid() != 0) {
		print_message("skipped: mounting a small tmpfs needs root\n");
		skip();
	}
	assert_int_equal(mkdir(s->path, 0700), 0);
	pid = fork();
	if (!pid) {
		int line = disk_fill(s->path, s->final, &s->made);

		if (line && line != 77)
			fprintf(stderr, "test_spool_ends.c:%d: not as it should be on a full disk\n",
				line);
		_exit(line == 77 ? 77 : line ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	rmdir(s->path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no mount namespaces here\n");
		skip();
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_true(trace_file_buffer(file, 0)->cpus[0].nr_chunks >= 20);
	trace_file_close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(test_kill),
		SPOOL_TEST(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
