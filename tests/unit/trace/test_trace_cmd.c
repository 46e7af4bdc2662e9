/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_trace_cmd.c - what we write, trace-cmd reads; what its tools make of it, we read.
 *
 * Protects: that `trace-cmd report` shows every event of every form we write, at the times that we
 * convert to, without a word of warning; that files which went through `convert` and `split` open
 * and say that the samples are gone; and that `convert` mends what we refuse.
 *
 * Skipped, saying so, where there is no trace-cmd.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "make_trace.h"
#include "trace/sections.h"

static const struct trace_write_options forms[] = {
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 4096},
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 4096, .chunk_pages = 128},
	{.version = 7, .long_size = 8, .page_size = 4096},
	{.version = 6, .long_size = 8, .page_size = 4096},
	{.version = 7, .zstd = true, .big_endian = true, .long_size = 8, .page_size = 4096},
	{.version = 6, .big_endian = true, .long_size = 4, .page_size = 8192},
	{.version = 7, .zstd = true, .long_size = 4, .page_size = 65536},
};

enum { NR_FORMS = sizeof(forms) / sizeof(forms[0]), NR_PAGES = 12 };

/* A number, two spaces: "n time" of each event, sorted, as bytes to compare. */
struct lines {
	char **lines;
	size_t nr, cap;
};

static void lines_add(struct lines *lines, const char *text)
{
	if (lines->nr == lines->cap) {
		lines->cap = lines->cap ? 2 * lines->cap : 1024;
		lines->lines = realloc(lines->lines, lines->cap * sizeof(*lines->lines));
		assert_non_null(lines->lines);
	}
	lines->lines[lines->nr++] = strdup(text);
}

static int line_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->nr; i++)
		free(lines->lines[i]);
	free(lines->lines);
}

static FILE *run(const char *format, const char *a, const char *b)
{
	char command[1024];
	FILE *pipe;

	snprintf(command, sizeof(command), format, a, b);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

static void run_quietly(const char *format, const char *a, const char *b)
{
	FILE *pipe = run(format, a, b);
	char line[512], last[512] = "";
	int status;

	while (fgets(line, sizeof(line), pipe))
		memcpy(last, line, sizeof(last));
	status = pclose(pipe);
	if (status)
		fail_msg("%s %s %s: status %d: %s", format, a, b, status, last);
}

/* "  alpha-100  [000]  1.000000000: tick:   number=0 twice=0"; anything else but "cpus=" is a
 * complaint. */
static void report_read(const char *path, struct lines *lines)
{
	FILE *pipe = run("trace-cmd report -R -t %s%s 2>&1", path, "");
	char line[512];

	while (fgets(line, sizeof(line), pipe)) {
		char entry[128];
		unsigned int cpu, pid, number, twice;
		char *at = strchr(line, '[');
		uint64_t seconds, ns;

		if (!strncmp(line, "cpus=", 5))
			continue;
		if (!at || sscanf(at, "[%u] %" SCNu64 ".%" SCNu64 ": tick: number=%u twice=%u",
				  &cpu, &seconds, &ns, &number, &twice) != 5)
			fail_msg("trace-cmd report says: %s", line);
		while (at[-1] == ' ')
			at--;
		while (at[-1] >= '0' && at[-1] <= '9')
			at--;
		pid = (unsigned int)strtoul(at, NULL, 10);
		snprintf(entry, sizeof(entry), "%u %u %" PRIu64 " %u %u", cpu, pid,
			 seconds * 1000000000 + ns, number, twice);
		lines_add(lines, entry);
	}
	assert_int_equal(pclose(pipe), 0);
	qsort(lines->lines, lines->nr, sizeof(*lines->lines), line_order);
}

/* The same lines from our side: the times through the reader's conversion. */
static void expected_make(const char *path, const struct made *made, struct lines *lines)
{
	struct trace_file *file;

	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	for (uint32_t b = 0; b < made->nr_buffers; b++)
		for (uint32_t c = 0; c < MADE_NR_CPUS; c++) {
			uint32_t head = 8 + (uint32_t)made->options.long_size;
			uint32_t per_page = (made->options.page_size - head) / 20;
			uint64_t nr = made->cpus[b][c].size / made->options.page_size * per_page;

			for (uint32_t n = 0; n < nr; n++) {
				char entry[128];

				snprintf(entry, sizeof(entry), "%u %u %" PRIu64 " %u %u", c,
					 100 + c, trace_file_time_ns(file, b, c, made_time(c, n)),
					 n, 2 * n);
				lines_add(lines, entry);
			}
		}
	trace_file_close(file);
	qsort(lines->lines, lines->nr, sizeof(*lines->lines), line_order);
}

static void report_check(const struct made *made, const char *path)
{
	struct lines theirs = {0}, ours = {0};

	report_read(path, &theirs);
	expected_make(path, made, &ours);
	assert_int_equal(theirs.nr, ours.nr);
	for (size_t i = 0; i < ours.nr; i++)
		assert_string_equal(theirs.lines[i], ours.lines[i]);
	lines_free(&theirs);
	lines_free(&ours);
}

static void samples_make(struct sample_builder *samples)
{
	sample_builder_init(samples);
	sample_begin(samples, SAMPLE_NOTE, 0, 1);
	sample_add_text(samples, "a sample");
	assert_int_equal(sample_end(samples, 2), 0);
}

static void test_report(void **state)
{
	struct sample_builder samples;

	(void)state;
	samples_make(&samples);
	for (int i = 0; i < NR_FORMS; i++)
		for (uint32_t nr_buffers = 1; nr_buffers < 4; nr_buffers += 2) {
			struct made made;
			char *path;

			made_init(&made, &forms[i], nr_buffers, NR_PAGES);
			path = made_write(&made, forms[i].version == 7 ? &samples : NULL);
			report_check(&made, path);
			unlink(path);
			free(path);
			made_fini(&made);
		}
	sample_builder_fini(&samples);
}

static void test_report_times(void **state)
{
	static const uint32_t tsc[4] = {5, 2, 123456, 0};
	struct trace_option options[] = {
		{.id = TRACE_OPTION_OFFSET, .size = 6, .data = "-1234"},
		{.id = TRACE_OPTION_DATE, .size = 5, .data = "0x10"},
		{.id = TRACE_OPTION_TSC2NSEC, .size = 16, .data = tsc},
	};
	uint8_t shift[12 + 4 + 3 * 76 + 3 * 24], *p = shift;
	uint64_t id = 7;
	uint32_t nr_cpus = 3;

	(void)state;
	for (uint32_t flags = 0; flags < 2; flags++) {
		struct trace_option shifted = {.id = TRACE_OPTION_TIME_SHIFT, .data = shift};
		struct made made;
		char *path;

		p = shift;
		memcpy(p, &id, 8);
		memcpy(p + 8, &flags, 4);
		memcpy(p + 12, &nr_cpus, 4);
		p += 16;
		for (uint64_t c = 0; c < 3; c++) {
			uint64_t values[9] = {
				1000000100, 1000300000, 1002000000, 50 + c, (uint64_t)-70,
				90,         2,          2,          2};
			uint32_t nr = 3;

			memcpy(p, &nr, 4);
			memcpy(p + 4, values, sizeof(values));
			p += 4 + sizeof(values);
		}
		for (int i = 0; i < 9; i++, p += 8)
			memcpy(p, &(uint64_t){1}, 8);
		shifted.size = (uint32_t)(p - shift);

		made_init(&made, &forms[0], 2, NR_PAGES);
		made.meta.options = &shifted;
		made.meta.nr_options = 1;
		path = made_write(&made, NULL);
		report_check(&made, path);
		unlink(path);
		free(path);
		for (uint32_t i = 0; i < 3; i++) {
			made.meta.options = options;
			made.meta.nr_options = i + 1;
			path = made_write(&made, NULL);
			report_check(&made, path);
			unlink(path);
			free(path);
		}
		made_fini(&made);
	}
}

/* After one of trace-cmd's tools: all data is there, the samples are not, and that is said. */
static void gone_check(const char *path, uint64_t nr_bytes, bool is_split)
{
	struct trace_file *file;
	char text[DIAG_TEXT_SIZE];
	struct sample_store *store;
	uint64_t found = 0;

	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_int_equal(trace_file_nr_damages(file), 0);
	for (uint32_t c = 0; c < trace_file_buffer(file, 0)->nr_cpus; c++)
		found += trace_file_buffer(file, 0)->cpus[c].nr_bytes;
	/* split packs the events into pages anew, a few more than there were */
	assert_true(found == nr_bytes || (is_split && found > nr_bytes && found < nr_bytes * 2));
	assert_int_equal(sample_store_new(file, &store), 0);
	assert_int_equal(sample_store_nr(store), 0);
	assert_int_equal(sample_store_nr_damages(store), 1);
	assert_non_null(strstr(diag_text(sample_store_damage(store, 0), text, sizeof(text)),
			       "the samples were removed by trace-cmd convert or split"));
	sample_store_free(store);
	trace_file_close(file);
}

static void test_convert_and_split(void **state)
{
	struct sample_builder samples;
	struct made made;
	char *path, *other = made_path(".dat"), part[256];

	(void)state;
	samples_make(&samples);
	made_init(&made, &forms[0], 1, NR_PAGES);
	path = made_write(&made, &samples);
	run_quietly("trace-cmd convert -i %s -o %s 2>&1", path, other);
	gone_check(other, 2 * NR_PAGES * 4096, false);
	run_quietly("trace-cmd convert --compression none -i %s -o %s 2>&1", path, other);
	gone_check(other, 2 * NR_PAGES * 4096, false);
	run_quietly("trace-cmd convert --file-version 6 -i %s -o %s 2>&1", path, other);
	gone_check(other, 2 * NR_PAGES * 4096, false);
	report_check(&made, other);
	run_quietly("trace-cmd split -i %s -o %s 0.5 9.5 2>&1", path, other);
	snprintf(part, sizeof(part), "%s.1", other);
	/* Its events are not compared: 3.1.6 repeats the first event of each cpu. */
	gone_check(part, 2 * NR_PAGES * 4096, true);
	unlink(part);
	unlink(other);
	unlink(path);
	free(path);
	free(other);
	made_fini(&made);
	sample_builder_fini(&samples);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_times),
		cmocka_unit_test(test_convert_and_split),
	};

	if (system("trace-cmd list -c > /dev/null 2>&1") != 0) {
		printf("skipped: trace-cmd is not installed\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
