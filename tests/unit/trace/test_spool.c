/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_spool.c - what a spool holds, whole, cut or damaged, and the file that is made of it.
 *
 * Protects: a spool opens as it is and gives what was appended; finishing makes an equal version 7
 * file and removes the spool, failing leaves it; of a damaged one what can be read is read, and what is
 * missing is marked as lost; any bit may be wrong.
 *
 * How a recorder comes to its end is test_spool_ends.c's.
 */
#include <errno.h>
#include <sys/stat.h>

#include "spooled.h"

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

static uint32_t nr_samples(const struct trace_file *file)
{
	struct sample_store *store;
	uint32_t nr;

	assert_int_equal(sample_store_new(file, &store), 0);
	nr = sample_store_nr(store);
	sample_store_free(store);
	return nr;
}

static void test_open_and_finish(void **state)
{
	struct spooled *s = *state;
	uint64_t compressed, uncompressed;
	struct trace_spool *spool, *second;
	struct trace_file *file;
	struct stat st;
	struct diag diag;

	spool = spool_make(s->path, &s->made);
	assert_int_equal(trace_spool_create(s->path, &spool_options, &s->made.meta, &second, &diag),
			 -EEXIST);
	assert_non_null(strstr(diag.advice, "ksmtop recover"));
	assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
	assert_true(trace_file_is_spool(file));
	assert_int_equal(prefix_check(file, &s->made), 0);
	assert_int_equal(trace_file_nr_formats(file), 2);
	trace_file_close(file);

	spool_fill(spool, &s->made);
	samples_fill(spool);
	assert_int_equal(trace_spool_append(spool, 0, "x", 1, &diag), -EINVAL);
	assert_int_equal(trace_spool_sync(spool, &diag), 0);
	trace_spool_sizes(spool, &compressed, &uncompressed);
	assert_int_equal(uncompressed, 2 * NR_PAGES * 4096);
	assert_true(compressed > 100 && compressed < uncompressed);
	s->made.meta.cmdlines = trace_text_of("7 seven\n");
	assert_int_equal(trace_spool_set_meta(spool, &s->made.meta, &diag), 0);
	assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &s->made), 2 * NR_BLOCKS);
	assert_int_equal(nr_samples(file), 3);
	trace_file_close(file);

	assert_int_equal(trace_spool_finish(spool, "/nonexistent/x.dat", &diag), -ENOENT);
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(trace_spool_finish(spool, s->final, &diag), 0);
	trace_spool_close(spool);
	assert_int_equal(stat(s->path, &st), -1);
	assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
	assert_false(trace_file_is_spool(file));
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &s->made), 2 * NR_BLOCKS);
	assert_int_equal(nr_samples(file), 3);
	assert_string_equal(trace_file_comm(file, 7), "seven");
	assert_string_equal(trace_file_uname(file).text, "Linux made 6.12.0 made");
	assert_true(trace_file_buffer(file, 0)->cpus[0].stat.known);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_false(is_cut(file, &trace_file_buffer(file, 0)->cpus[c]));
	trace_file_close(file);
	assert_int_equal(trace_spool_recover(s->final, "/tmp/x", false, NULL, &diag), -EINVAL);
}

/*
 * Each cpu's file of a recording that was cut ends at another moment: what came then is lost, in the
 * spool and in what is made of it.
 */
static void test_cut(void **state)
{
	struct spooled *s = *state;
	struct trace_spool *spool;
	struct trace_file *file;
	uint32_t nr_damages;

	s->made.meta.nr_cpu_stats = 0;		/* they come at the end */
	spool = spool_make(s->path, &s->made);
	spool_fill(spool, &s->made);
	trace_spool_close(spool);
	assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_true(trace_file_buffer(file, 0)->cpus[c].truncated);
	trace_file_close(file);
	assert_int_equal(trace_spool_recover(s->path, s->final, false, &nr_damages, NULL), 0);
	assert_int_equal(nr_damages, 0);
	assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 0);
	assert_int_equal(prefix_check(file, &s->made), 2 * NR_BLOCKS);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
		assert_true(is_cut(file, &trace_file_buffer(file, 0)->cpus[c]));
	trace_file_close(file);
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
	struct spooled *s = *state;
	char full[PATH_MAX];
	struct trace_spool *spool;
	struct trace_file *file;
	const struct trace_cpu *cpu;
	uint32_t nr_damages;
	FILE *f;

	spool = spool_make(s->path, &s->made);
	spool_fill(spool, &s->made);
	trace_spool_close(spool);

	damage(s->path, "cpu0", 3, SEEK_END, 11);
	path_join(full, s->path, "cpu5");
	f = fopen(full, "ab");
	for (int i = 0; i < 5000; i++)
		fputc(0, f);
	fclose(f);
	assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
	assert_int_equal(nr_damages_of(file), 2);
	cpu = trace_file_buffer(file, 0)->cpus;
	assert_int_equal(cpu[0].nr_chunks, NR_BLOCKS - 1);
	assert_true(cpu[0].truncated);
	assert_int_equal(cpu[2].nr_chunks, NR_BLOCKS);
	assert_int_equal(prefix_check(file, &s->made), 2 * NR_BLOCKS - 1);
	trace_file_close(file);

	/* The second block's header: the gap is marked on the third. */
	damage(s->path, "cpu5", 0, SEEK_SET, 0);
	assert_int_equal(trace_file_open(s->path, &file, NULL), 0);
	cpu = trace_file_buffer(file, 0)->cpus;
	assert_int_equal(cpu[2].nr_chunks, NR_BLOCKS - 1);
	assert_true(cpu[2].chunks[0].flags & TRACE_CHUNK_GAP);
	trace_file_close(file);

	/* A frame that is wrong inside shows when it is copied. */
	damage(s->path, "cpu0", 60, SEEK_SET, 0);
	assert_int_equal(trace_spool_recover(s->path, s->final, false, &nr_damages, NULL), 0);
	assert_true(nr_damages >= 3);
	assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
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
	struct spooled *s = *state;
	struct trace_spool *spool;

	s->made.meta.nr_cpu_stats = 0;
	s->made.meta.cmdlines = trace_text_of("7 of the start\n10 ten\n");
	spool = spool_make(s->path, &s->made);
	/* later ones first: the order is that of the times */
	names_append(spool, 2000, later, sizeof(later) / sizeof(*later));
	names_append(spool, 1000, first, sizeof(first) / sizeof(*first));
	trace_spool_close(spool);
	names_check(s->path);
	assert_int_equal(trace_spool_recover(s->path, s->final, true, NULL, NULL), 0);
	names_check(s->final);
}

/* Any bit of any file of a spool: it opens or is refused, and recovering it ends. */
static void test_flipped_spool(void **state)
{
	static const char *const names[] = {"meta.dat", "cpu0", "cpu5", "samples"};
	struct spooled *s = *state;
	struct trace_spool *spool;
	uint32_t seed = 7, nr_opened = 0;

	spool = spool_make(s->path, &s->made);
	spool_fill(spool, &s->made);
	samples_fill(spool);
	trace_spool_close(spool);
	for (int round = 0; round < 300; round++) {
		char full[PATH_MAX];
		struct trace_file *file;
		uint8_t *data;
		size_t size, at;
		uint32_t nr;

		path_join(full, s->path, names[round % 4]);
		data = made_slurp(full, &size);
		seed = seed * 1664525u + 1013904223u;
		at = (seed >> 8) % size;
		data[at] ^= (uint8_t)(1 << (seed >> 5) % 8);
		made_spit(full, data, size);
		if (!trace_file_open(s->path, &file, NULL)) {
			(void)nr_samples(file);
			trace_file_close(file);
			nr_opened++;
			if (!trace_spool_recover(s->path, s->final, false, &nr, NULL)) {
				assert_int_equal(trace_file_open(s->final, &file, NULL), 0);
				(void)nr_samples(file);
				trace_file_close(file);
			}
		}
		data[at] ^= (uint8_t)(1 << (seed >> 5) % 8);
		made_spit(full, data, size);
		free(data);
	}
	assert_true(nr_opened > 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SPOOL_TEST(test_open_and_finish),
		SPOOL_TEST(test_cut),
		SPOOL_TEST(test_damaged_spool),
		SPOOL_TEST(test_names_of_a_cut_recording),
		SPOOL_TEST(test_flipped_spool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
