/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_spool.c - recording survives what can happen to it.
 *
 * Protects: a spool opens as it is and gives what was appended; finishing makes an equal version 7
 * file and removes the spool, failing leaves it; kill -9 while several threads append loses at most
 * a block a cpu; a full disk (a tmpfs of 1 MB, in a mount namespace of its own) leaves a spool that
 * is consistent and can be recovered elsewhere.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "make_trace.h"

static const struct trace_write_options form = {
	.version = 7, .zstd = true, .long_size = 8, .page_size = 4096};
static const uint32_t cpu_ids[MADE_NR_CPUS] = {0, 1, 5};
static const struct trace_spool_options spool_options = {
	.page_size = 4096,
	.nr_cpus = MADE_NR_CPUS,
	.cpu_ids = cpu_ids,
	.clock = "mono",
};

enum { BLOCK_PAGES = 4, NR_BLOCKS = 6, NR_PAGES = BLOCK_PAGES * NR_BLOCKS };

static void path_join(char *buf, const char *path, const char *name)
{
	snprintf(buf, PATH_MAX, "%s/%s", path, name);
}

static struct trace_spool *spool_make(const char *path, const struct made *made)
{
	struct trace_spool *spool;
	struct diag diag;

	assert_int_equal(trace_spool_create(path, &spool_options, &made->meta, &spool, &diag), 0);
	return spool;
}

static void spool_fill(struct trace_spool *spool, const struct made *made)
{
	for (uint32_t block = 0; block < NR_BLOCKS; block++)
		for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
			if (made->cpus[0][c].size)
				assert_int_equal(
					trace_spool_append(spool, c,
							   (const uint8_t *)made->cpus[0][c].data +
								   block * BLOCK_PAGES * 4096,
							   BLOCK_PAGES * 4096, NULL),
					0);
}

static void samples_fill(struct trace_spool *spool)
{
	struct sample_builder samples;

	sample_builder_init(&samples);
	for (uint64_t i = 0; i < 3; i++) {
		sample_begin(&samples, SAMPLE_NOTE, 0, i);
		sample_add_text(&samples, "note");
		sample_end(&samples, i);
		assert_int_equal(trace_spool_append_samples(spool, &samples, NULL), 0);
		assert_int_equal(samples.size, 0);
	}
	sample_builder_fini(&samples);
}

/* Does the chunk's first page say that events were lost in front of it? */
static bool is_marked_lost(const struct trace_file *file, const struct trace_chunk *chunk)
{
	uint8_t *pages = malloc(chunk->usize);
	bool marked;

	assert_non_null(pages);
	assert_int_equal(trace_chunk_read(file, chunk, NULL, pages, NULL), 0);
	marked = pages[8 + 3] & 0x80;
	free(pages);
	return marked;
}

/* Is it the page without events that says that what came after the last one is lost? */
static bool is_cut(const struct trace_file *file, const struct trace_cpu *cpu)
{
	const struct trace_chunk *last = cpu->nr_chunks ? &cpu->chunks[cpu->nr_chunks - 1] : NULL;

	return last && last->usize == 4096 && is_marked_lost(file, last);
}

/* The file has a whole number of blocks of each cpu, in order, from the first on; returns how many.
 */
static uint32_t prefix_check(const struct trace_file *file, const struct made *made)
{
	const struct trace_buffer *buffer = trace_file_buffer(file, 0);
	uint32_t nr = 0;

	assert_int_equal(buffer->nr_cpus, MADE_NR_CPUS);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++) {
		const struct trace_cpu *cpu = &buffer->cpus[c];

		uint32_t nr_blocks = cpu->nr_chunks - is_cut(file, cpu);

		assert_int_equal(cpu->cpu_id, cpu_ids[c]);
		nr += nr_blocks;
		for (uint32_t i = 0; i < nr_blocks; i++) {
			uint8_t *data = malloc(cpu->chunks[i].usize);
			uint64_t at = cpu->chunks[i].data_offset % made->cpus[0][c].size;

			assert_int_equal(trace_chunk_read(file, &cpu->chunks[i], NULL, data, NULL),
					 0);
			assert_memory_equal(data, (const uint8_t *)made->cpus[0][c].data + at,
					    cpu->chunks[i].usize);
			free(data);
		}
	}
	return nr;
}

/* A spool's list of damages has one that says what it is and what to do. */
static uint32_t nr_damages_of(const struct trace_file *file)
{
	uint32_t nr = trace_file_nr_damages(file), notes = 0;

	for (uint32_t i = 0; i < nr; i++)
		notes += strstr(trace_file_damage(file, i)->advice, "run `ksmtop recover ") != NULL;
	assert_int_equal(notes, trace_file_is_spool(file));
	return nr - notes;
}

static uint32_t nr_samples(const struct trace_file *file)
{
	struct sample_store *store;
	uint32_t nr;

	assert_int_equal(sample_store_new(file, &store), 0);
	nr = sample_store_nr(store);
	sample_store_free(store);
	return nr;
}

static void spool_delete(const char *path)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	assert_int_equal(system(command), 0);
}

static void test_open_and_finish(void **state)
{
	char *path = made_path(".spool"), *final = made_path(".dat");
	uint64_t compressed, uncompressed;
	struct trace_spool *spool, *second;
	struct trace_file *file;
	struct made made;
	struct stat st;
	struct diag diag;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	spool = spool_make(path, &made);
	assert_int_equal(trace_spool_create(path, &spool_options, &made.meta, &second, &diag),
			 -EEXIST);
	assert_non_null(strstr(diag.advice, "ksmtop recover"));
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_true(trace_file_is_spool(file));
	assert_int_equal(prefix_check(file, &made), 0);
	assert_int_equal(trace_file_nr_formats(file), 2);
	trace_file_close(file);

	spool_fill(spool, &made);
	samples_fill(spool);
	assert_int_equal(trace_spool_append(spool, 0, "x", 1, &diag), -EINVAL);
	assert_int_equal(trace_spool_sync(spool, &diag), 0);
	trace_spool_sizes(spool, &compressed, &uncompressed);
	assert_int_equal(uncompressed, 2 * NR_PAGES * 4096);
	assert_true(compressed > 100 && compressed < uncompressed);
	made.meta.cmdlines = (struct trace_text){"7 seven\n", 8};
	assert_int_equal(trace_spool_set_meta(spool, &made.meta, &diag), 0);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &made), 2 * NR_BLOCKS);
	assert_int_equal(nr_samples(file), 3);
	trace_file_close(file);

	assert_int_equal(trace_spool_finish(spool, "/nonexistent/x.dat", &diag), -ENOENT);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(trace_spool_finish(spool, final, &diag), 0);
	trace_spool_close(spool);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(trace_file_open(final, &file, NULL), 0);
	assert_false(trace_file_is_spool(file));
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &made), 2 * NR_BLOCKS);
	assert_int_equal(nr_samples(file), 3);
	assert_string_equal(trace_file_comm(file, 7), "seven");
	assert_string_equal(trace_file_uname(file).text, "Linux made 6.12.0 made");
	assert_true(trace_file_buffer(file, 0)->cpus[0].stat.known);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_false(is_cut(file, &trace_file_buffer(file, 0)->cpus[c]));
	trace_file_close(file);
	assert_int_equal(trace_spool_recover(final, "/tmp/x", false, NULL, &diag), -EINVAL);
	unlink(final);
	made_fini(&made);
	free(path);
	free(final);
}

/*
 * Each cpu's file of a recording that was cut ends at another moment: what came then is lost, in the
 * spool and in what is made of it.
 */
static void test_cut(void **state)
{
	char *path = made_path(".spool"), *final = made_path(".dat");
	struct trace_spool *spool;
	struct trace_file *file;
	struct made made;
	uint32_t nr_damages;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	made.meta.nr_cpu_stats = 0;		/* they come at the end */
	spool = spool_make(path, &made);
	spool_fill(spool, &made);
	trace_spool_close(spool);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_true(trace_file_buffer(file, 0)->cpus[c].truncated);
	trace_file_close(file);
	assert_int_equal(trace_spool_recover(path, final, false, &nr_damages, NULL), 0);
	assert_int_equal(nr_damages, 0);
	assert_int_equal(trace_file_open(final, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &made), 2 * NR_BLOCKS);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_true(is_cut(file, &trace_file_buffer(file, 0)->cpus[c]));
	trace_file_close(file);
	spool_delete(path);
	unlink(final);
	made_fini(&made);
	free(path);
	free(final);
}

static void damage(const char *path, const char *name, long offset, int whence, size_t cut)
{
	char full[PATH_MAX];
	uint8_t *data;
	size_t size, at;

	path_join(full, path, name);
	data = made_slurp(full, &size);
	at = whence == SEEK_SET ? (size_t)offset : size - (size_t)offset;
	data[at] ^= 0x55;
	made_spit(full, data, cut ? size - cut : size);
	free(data);
}

/* A half written last block, a damaged block in the middle, zeros at the end. */
static void test_damaged_spool(void **state)
{
	char *path = made_path(".spool"), *final = made_path(".dat"), full[PATH_MAX];
	struct trace_spool *spool;
	struct trace_file *file;
	const struct trace_cpu *cpu;
	struct made made;
	uint32_t nr_damages;
	FILE *f;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	spool = spool_make(path, &made);
	spool_fill(spool, &made);
	trace_spool_close(spool);

	damage(path, "cpu0", 3, SEEK_END, 11);
	path_join(full, path, "cpu5");
	f = fopen(full, "ab");
	for (int i = 0; i < 5000; i++)
		fputc(0, f);
	fclose(f);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 2);
	cpu = trace_file_buffer(file, 0)->cpus;
	assert_int_equal(cpu[0].nr_chunks, NR_BLOCKS - 1);
	assert_true(cpu[0].truncated);
	assert_int_equal(cpu[2].nr_chunks, NR_BLOCKS);
	assert_int_equal(prefix_check(file, &made), 2 * NR_BLOCKS - 1);
	trace_file_close(file);

	/* The second block's header: the gap is marked on the third. */
	damage(path, "cpu5", 0, SEEK_SET, 0);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	cpu = trace_file_buffer(file, 0)->cpus;
	assert_int_equal(cpu[2].nr_chunks, NR_BLOCKS - 1);
	assert_true(cpu[2].chunks[0].flags & TRACE_CHUNK_GAP);
	trace_file_close(file);

	/* A frame that is wrong inside shows when it is copied. */
	damage(path, "cpu0", 60, SEEK_SET, 0);
	assert_int_equal(trace_spool_recover(path, final, false, &nr_damages, NULL), 0);
	assert_true(nr_damages >= 3);
	assert_int_equal(trace_file_open(final, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	/* And behind the last one: a page without events, that is marked. */
	assert_int_equal(trace_file_buffer(file, 0)->cpus[0].nr_chunks, NR_BLOCKS - 2 + 1);
	/* What was missing in front of them is marked as lost, in the kernel's way. */
	for (uint32_t c = 0; c < 3; c += 2) {
		cpu = &trace_file_buffer(file, 0)->cpus[c];
		assert_true(is_marked_lost(file, &cpu->chunks[0]));
		assert_false(is_marked_lost(file, &cpu->chunks[1]));
		assert_true(is_cut(file, cpu));
	}
	trace_file_close(file);
	spool_delete(path);
	unlink(final);
	made_fini(&made);
	free(path);
	free(final);
}

static void names_append(struct trace_spool *spool, uint64_t ns, const char *const (*pairs)[2], size_t nr)
{
	struct sample_builder samples;

	sample_builder_init(&samples);
	sample_begin(&samples, SAMPLE_NAMES, 0, ns);
	for (size_t i = 0; i < nr; i++)
		sample_add_pair(&samples, pairs[i][0], pairs[i][1]);
	assert_int_equal(sample_end(&samples, ns), 0);
	assert_int_equal(trace_spool_append_samples(spool, &samples, NULL), 0);
	sample_builder_fini(&samples);
}

static void names_check(const char *path)
{
	struct trace_file *file;

	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_string_equal(trace_file_comm(file, 7), "of the start");
	assert_string_equal(trace_file_comm(file, 8), "with blanks");
	assert_string_equal(trace_file_comm(file, 9), "last");
	assert_string_equal(trace_file_comm(file, 10), "renamed");
	assert_null(trace_file_comm(file, 11));
	assert_int_equal(trace_file_nr_cmdlines(file), 4);
	trace_file_close(file);
}

/*
 * Names of tasks that were heard after the start are in a spool whose recorder never came to its end, and in
 * what is made of it; the last one heard wins, and what is no name is none.
 */
static void test_names_of_a_cut_recording(void **state)
{
	static const char *const first[][2] = {
		{"10", "renamed"}, {"8", "with blanks"}, {"9", "first"}, {"11", "two\nlines"}};
	static const char *const later[][2] = {
		{"9", "last"}, {"", "no tid"}, {"-3", "negative"}, {"99999999999", "large"}, {"7x", "no number"}};
	char *path = made_path(".spool"), *final = made_path(".dat");
	struct trace_spool *spool;
	struct made made;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	made.meta.nr_cpu_stats = 0;
	made.meta.cmdlines = (struct trace_text){"7 of the start\n10 ten\n", 23};
	spool = spool_make(path, &made);
	/* later ones first: the order is that of the times */
	names_append(spool, 2000, later, sizeof(later) / sizeof(*later));
	names_append(spool, 1000, first, sizeof(first) / sizeof(*first));
	trace_spool_close(spool);
	names_check(path);
	assert_int_equal(trace_spool_recover(path, final, true, NULL, NULL), 0);
	names_check(final);
	unlink(final);
	made_fini(&made);
	free(path);
	free(final);
}

/* Any bit of any file of a spool: it opens or is refused, and recovering it ends. */
static void test_flipped_spool(void **state)
{
	static const char *const names[] = {"meta.dat", "cpu0", "cpu5", "samples"};
	char *path = made_path(".spool"), *final = made_path(".dat");
	struct trace_spool *spool;
	struct made made;
	uint32_t seed = 7, nr_opened = 0;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	spool = spool_make(path, &made);
	spool_fill(spool, &made);
	samples_fill(spool);
	trace_spool_close(spool);
	for (int round = 0; round < 300; round++) {
		char full[PATH_MAX];
		struct trace_file *file;
		uint8_t *data;
		size_t size, at;
		uint32_t nr;

		path_join(full, path, names[round % 4]);
		data = made_slurp(full, &size);
		seed = seed * 1664525u + 1013904223u;
		at = (seed >> 8) % size;
		data[at] ^= (uint8_t)(1 << (seed >> 5) % 8);
		made_spit(full, data, size);
		if (!trace_file_open(path, &file, NULL)) {
			(void)nr_samples(file);
			trace_file_close(file);
			nr_opened++;
			if (!trace_spool_recover(path, final, false, &nr, NULL)) {
				assert_int_equal(trace_file_open(final, &file, NULL), 0);
				(void)nr_samples(file);
				trace_file_close(file);
			}
		}
		data[at] ^= (uint8_t)(1 << (seed >> 5) % 8);
		made_spit(full, data, size);
		free(data);
	}
	assert_true(nr_opened > 250);
	spool_delete(path);
	unlink(final);
	made_fini(&made);
	free(path);
	free(final);
}

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
	char *final = made_path(".dat");
	struct made made;

	(void)state;
	made_init(&made, &form, 1, NR_PAGES);
	for (int round = 0; round < 5; round++) {
		char *path = made_path(".spool"), byte;
		struct trace_file *file;
		int pipe_fds[2], status;
		uint32_t nr, nr_damages;
		pid_t pid;

		assert_int_equal(pipe(pipe_fds), 0);
		pid = fork();
		if (!pid)
			append_until_killed(path, &made, pipe_fds[1]);
		assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(trace_file_open(path, &file, NULL), 0);
		nr = prefix_check(file, &made);
		assert_true(nr >= (4u << 20) / (BLOCK_PAGES * 4096));
		assert_true(nr_damages_of(file) <= 2);
		trace_file_close(file);
		assert_int_equal(trace_spool_recover(path, final, true, &nr_damages, NULL), 0);
		assert_int_equal(trace_file_open(final, &file, NULL), 0);
		assert_int_equal(prefix_check(file, &made), nr);
		assert_int_equal(nr_damages_of(file), 0);
		trace_file_close(file);
		unlink(final);
		close(pipe_fds[0]);
		close(pipe_fds[1]);
		free(path);
	}
	made_fini(&made);
	free(final);
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
	char *disk = made_path(".disk"), *elsewhere = made_path(".dat");
	struct trace_file *file;
	struct made made;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: mounting a small tmpfs needs root\n");
		skip();
	}
	made_init(&made, &form, 1, NR_PAGES);
	assert_int_equal(mkdir(disk, 0700), 0);
	pid = fork();
	if (!pid) {
		int line = disk_fill(disk, elsewhere, &made);

		if (line && line != 77)
			fprintf(stderr, "test_spool.c:%d: not as it should be on a full disk\n",
				line);
		_exit(line == 77 ? 77 : line ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	rmdir(disk);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("skipped: no mount namespaces here\n");
		skip();
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(trace_file_open(elsewhere, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_true(trace_file_buffer(file, 0)->cpus[0].nr_chunks >= 20);
	trace_file_close(file);
	unlink(elsewhere);
	made_fini(&made);
	free(disk);
	free(elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_and_finish), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damaged_spool), cmocka_unit_test(test_names_of_a_cut_recording),
		cmocka_unit_test(test_flipped_spool),   cmocka_unit_test(test_kill),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
