// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_recording.c - a recording as a whole: loading in slices, the cache, moments.
 *
 * Protects the promises of recording.h that no part alone can keep: loading in small slices ends
 * where loading at once ends; a second opening comes from the cache and says the same; a cache
 * that was damaged anywhere is passed over and never crashes; moments read as the manual page has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/history.h"
#include "recording.h"
#include "ring_writer.h"

#define NR_EVENTS 250000u	/* more than the least that is cached */

static char dir[] = "/tmp/test-recording-XXXXXX";
static char path[64];

static int make_file(void **state)
{
	struct trace_write_options options = { .version = 7, .zstd = true, .long_size = 8, .page_size = 4096 };
	struct trace_write_cpu cpu;
	struct trace_write_buffer buffer = { "", "mono", &cpu, 1 };
	struct ring_meta meta;
	struct ring ring;
	int ret;

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/file.dat", dir);
	setenv("XDG_CACHE_HOME", dir, 1);
	ring_init(&ring, false, 8, 4096);
	ring_page(&ring, 1000000000, 0);
	for (uint32_t i = 0; i < NR_EVENTS; i++) {
		uint64_t values[5] = { i % 4 ? 64 : 0, i / 4, 0xffff888000000000 + i * 64, 0xffff888100000000, 0 };
		uint8_t record[64];

		ring_event(&ring, 1000000000 + i * UINT64_C(1000), record,
			   ring_record(&ring, RING_MERGE, 37, values, NULL, record));
	}
	ring_close(&ring);
	cpu = (struct trace_write_cpu){ 0, ring.pages, ring.nr_pages * ring.page_size };
	ring_meta_init(&meta, &ring);
	ret = trace_write(path, &options, &meta.meta, &buffer, 1, NULL, NULL);
	ring_meta_fini(&meta);
	ring_fini(&ring);
	return ret;
}

static int remove_dir(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct recording *load(bool no_cache, uint64_t slice_ns)
{
	struct recording_options options = { .no_cache = no_cache, .nr_threads = 2 };
	struct recording *recording;
	int ret;

	assert_int_equal(recording_open(path, &options, &recording, NULL), 0);
	while ((ret = recording_load(recording, slice_ns, NULL)) > 0)
		assert_in_range((int)(recording_progress(recording) * 1000), 0, 1000);
	assert_int_equal(ret, 0);
	assert_int_equal(event_index_last(recording_events(recording)), NR_EVENTS);
	return recording;
}

static void assert_same(struct recording *a, struct recording *b)
{
	for (uint64_t t = 0; t <= NR_EVENTS; t += NR_EVENTS / 7) {
		struct history_counters x, y;

		history_counters(recording_history(a), moment_at(t), &x);
		history_counters(recording_history(b), moment_at(t), &y);
		assert_int_equal(x.nr_nodes, y.nr_nodes);
		assert_int_equal(x.nr_stable_items, y.nr_stable_items);
		assert_int_equal(x.nr_merges, y.nr_merges);
		assert_int_equal(event_index_time(recording_events(a), t + 1),
				 event_index_time(recording_events(b), t + 1));
	}
	assert_int_equal(recording_nr_damages(a), recording_nr_damages(b));
}

static void test_slices(void **state)
{
	struct recording *whole = load(true, 0), *sliced = load(true, 1);

	(void)state;
	assert_same(whole, sliced);
	assert_false(recording_from_cache(whole));
	recording_close(whole);
	recording_close(sliced);
	recording_close(NULL);
}

static int open_cache_file(void)
{
	char name[PATH_MAX];
	struct dirent *entry;
	int fd = -1;
	DIR *d;

	snprintf(name, sizeof(name), "%s/ksmtop", dir);
	d = opendir(name);
	while (d && (entry = readdir(d)))
		if (entry->d_name[0] != '.' && fd < 0)
			fd = openat(dirfd(d), entry->d_name, O_RDWR);
	if (d)
		closedir(d);
	return fd;
}

static void test_cache(void **state)
{
	struct recording *first, *second;

	(void)state;
	first = load(false, 0);
	assert_false(recording_from_cache(first));
	recording_close(first);
	first = load(true, 0);
	second = load(false, 0);
	assert_true(recording_from_cache(second));
	assert_same(first, second);
	recording_close(second);
	/* Anything wrong in it: the file is read again, or answers as before. */
	for (int i = 0; i < 40; i++) {
		int fd = open_cache_file();
		struct stat st;
		uint64_t noise = (uint64_t)random() << 20 ^ (uint64_t)random();
		off_t at;

		assert_true(fd >= 0);
		assert_int_equal(fstat(fd, &st), 0);
		/* the index's locators are not checked when mapping: test_source.c damages those */
		at = i % 2 ? (off_t)(random() % 400) : st.st_size - 65536 - (off_t)(random() % 2000000);
		if (i == 39)
			assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
		else
			assert_int_equal(pwrite(fd, &noise, 8, at), 8);
		close(fd);
		second = load(false, 0);
		assert_same(first, second);
		recording_close(second);
	}
	recording_close(first);
}

static void test_moments(void **state)
{
	static const struct { const char *text; bool absolute; int ret; uint64_t t; } moments[] = {
		{ "start", false, 0, 0 }, { "end", false, 0, NR_EVENTS }, { "1234", false, 0, 1234 },
		{ "@1234", false, 0, 1234 }, { "0", false, 0, 0 }, { "50%", false, 0, NR_EVENTS / 2 },
		{ "0.4%", false, 0, 1000 }, { "100%", false, 0, NR_EVENTS }, { "+0s", false, 0, 1 },
		{ "+1ms", false, 0, 1001 }, { "+0.1s", false, 0, 100001 }, { "+1.5us", false, 0, 2 },
		{ "+1000ns", false, 0, 2 }, { "+0.0015", false, 0, 1501 }, { "+9999999s", false, 0, NR_EVENTS },
		{ "1.000002", true, 0, 3 }, { "0.5", true, 0, 0 }, { "250001", false, -ERANGE, 0 },
		{ "101%", false, -EINVAL, 0 }, { "1.5", false, -EINVAL, 0 }, { "", false, -EINVAL, 0 },
		{ "+", false, -EINVAL, 0 }, { "+1h", false, -EINVAL, 0 }, { "-1", false, -EINVAL, 0 },
		{ "12x", false, -EINVAL, 0 }, { "99999999999999999999999", false, -EINVAL, 0 },
		{ "+1.s", false, -EINVAL, 0 }, { "ende", false, -EINVAL, 0 },
	};
	struct recording *recording = load(true, 0);
	struct ref ref;

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct diag diag = { 0 };
		uint64_t t = 0;
		int ret = recording_parse_moment(recording, moments[i].text, moments[i].absolute, &t, &diag);

		if (ret != moments[i].ret || t != moments[i].t)
			fail_msg("%s: %d, %llu", moments[i].text, ret, (unsigned long long)t);
		assert_int_equal(diag.error, ret);
	}
	assert_int_equal(recording_parse_object(recording, "nonsense", moment_at(5), &ref, NULL), -EINVAL);
	assert_int_equal(recording_parse_object(recording, "node#", moment_at(5), &ref, NULL), -EINVAL);
	assert_int_equal(recording_parse_object(recording, "mm:0x1", moment_at(5), &ref, NULL), -ENOENT);
	assert_int_equal(recording_parse_object(recording, "mm A", moment_at(NR_EVENTS), &ref, NULL), 0);
	recording_close(recording);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_moments),
	};

	return cmocka_run_group_tests_name("recording", tests, make_file, remove_dir);
}
