// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_smaps.c - the texts of /proc/PID/maps and smaps, and the pages of this process.
 *
 * The parser decides which parts of an address space are swept: a VMA that it loses is KSM pages that
 * no recording knows.  Names are chosen by users, so odd ones are among the cases.  The sweep is
 * tried on this very process: without KSM it must find nothing, in dense and in sparse ranges.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "capture/proc_file.h"
#include "capture/smaps.h"
#include "capture/sweep.h"

struct expected {
	uint64_t start, end, pgoff;
	uint32_t flags;
	const char *name;
};

static void check_text(const char *text, const struct expected *expected, size_t nr)
{
	char *copy = strdup(text), *cursor = copy;
	struct smaps_vma vma;
	size_t i = 0;

	for (; smaps_next(&cursor, 4096, &vma); i++) {
		assert_in_range(i, 0, nr - 1);
		assert_int_equal(vma.map.start, expected[i].start);
		assert_int_equal(vma.map.end, expected[i].end);
		assert_int_equal(vma.map.pgoff, expected[i].pgoff);
		assert_int_equal(vma.map.flags, expected[i].flags);
		assert_string_equal(vma.map.name, expected[i].name);
	}
	assert_int_equal(i, nr);
	free(copy);
}

static void test_maps(void **state)
{
	static const struct expected expected[] = {
		{0x1000, 0x3000, 0x10, SAMPLE_MAP_READ | SAMPLE_MAP_EXEC | SAMPLE_MAP_NOFLAGS,
		 "/tmp/a file (deleted)"},
		{0x7f0000000000, 0x7f0000001000, 0,
		 SAMPLE_MAP_READ | SAMPLE_MAP_WRITE | SAMPLE_MAP_ANON | SAMPLE_MAP_NOFLAGS, ""},
		{0xffffffffff600000, 0xffffffffff601000, 0,
		 SAMPLE_MAP_EXEC | SAMPLE_MAP_ANON | SAMPLE_MAP_NOFLAGS, "[vsyscall]"},
	};
	(void)state;
	check_text("1000-3000 r-xp 00010000 fe:00 247134                     /tmp/a file (deleted)\n"
		   "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
		   "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n",
		   expected, 3);
}

static void test_smaps_flags(void **state)
{
	static const struct expected expected[] = {
		{0x1000, 0x2000, 0, SAMPLE_MAP_READ | SAMPLE_MAP_WRITE | SAMPLE_MAP_ANON | SAMPLE_MAP_MERGEABLE |
		 SAMPLE_MAP_NOHUGEPAGE, "[heap]"},
		{0x2000, 0x4000, 1, SAMPLE_MAP_READ | SAMPLE_MAP_SHARED, "/memfd:VmFlags: mg"},
	};
	(void)state;
	check_text("1000-2000 rw-p 00000000 00:00 0    [heap]\n"
		   "Rss:                   4 kB\nAnonHugePages:         0 kB\n"
		   "VmFlags: rd wr mr mw me ac nh sd mg \n"
		   "2000-4000 r--s 00001000 00:05 77   /memfd:VmFlags: mg\n"
		   "VmFlags: rd mr mw me", expected, 2);
}

static void test_smaps_sizes(void **state)
{
	char text[] = "1000-801000 rw-p 00000000 00:00 0\nRss:  4096 kB\nAnonHugePages: 2048 kB\nKSM:   12 kB\nVmFlags: mg \n"
		      "901000-902000 rw-p 00000000 00:00 0\nRss:  4 kB\n";
	char *cursor = text;
	struct smaps_vma vma;

	(void)state;
	assert_true(smaps_next(&cursor, 4096, &vma));
	assert_int_equal(vma.bytes_rss, 4 << 20);
	assert_int_equal(vma.bytes_huge, 2 << 20);
	assert_int_equal(vma.bytes_ksm, 12 << 10);
	assert_true(smaps_next(&cursor, 4096, &vma));
	assert_true(vma.bytes_ksm == UINT64_MAX);
	assert_false(smaps_next(&cursor, 4096, &vma));
}

/* Lines that make no sense are passed over, and the next good one is found. */
static void test_odd_lines(void **state)
{
	static const struct expected expected[] = {
		{0x5000, 0x6000, 0, SAMPLE_MAP_READ | SAMPLE_MAP_ANON | SAMPLE_MAP_NOFLAGS, ""},
	};
	(void)state;
	check_text("", NULL, 0);
	check_text("\n\nzzz\n1000\n1000-\n1000-2000\n1000-2000 rw\n2000-1000 rw-p 0 0:0 0\n"
		   "5000-6000 r--p 00000000 00:00 0", expected, 1);
}

static void test_sweep_of_this_process(void **state)
{
	size_t bytes = 64 << 20, nr;
	struct sweep *sweep;

	(void)state;
	if (geteuid() || sweep_new(&sweep)) {
		print_message("skipped: pagemap needs root and CONFIG_PROC_PAGE_MONITOR\n");
		skip();
	}
	uint8_t *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	madvise(memory, bytes, MADV_NOHUGEPAGE);
	madvise(memory, bytes, MADV_UNMERGEABLE);
	for (size_t i = 0; i < bytes; i += 1 << 20)
		memory[i] = 1;
	/* None is a KSM page; a kernel that marks every anonymous page marks them all. */
	assert_int_not_equal(sweep_page_flag(sweep), SAMPLE_PAGE_FLAG_UNKNOWN);
	size_t expected = sweep_page_flag(sweep) == SAMPLE_PAGE_FLAG_EXACT ? 0 : bytes >> 20;
	for (int sparse = 0; sparse < 2; sparse++) {
		struct sweep_range range = {(uintptr_t)memory, (uintptr_t)memory + bytes, sparse, false};
		assert_int_equal(sweep_process(sweep, getpid(), &range, 1, NULL), 0);
		sweep_pages(sweep, &nr);
		assert_int_equal(nr, expected);
	}
	struct sweep_range without = {(uintptr_t)memory, (uintptr_t)memory + bytes, false, true};
	assert_int_equal(sweep_process(sweep, getpid(), &without, 1, NULL), 0);
	sweep_pages(sweep, &nr);
	assert_int_equal(nr, 0);
	atomic_bool stop = true;
	struct sweep_range range = {(uintptr_t)memory, (uintptr_t)memory + bytes, false, false};
	assert_int_equal(sweep_process(sweep, getpid(), &range, 1, &stop), -EINTR);
	assert_int_equal(sweep_process(sweep, 0x7fffffff, &range, 1, NULL), -ESRCH);
	munmap(memory, bytes);
	sweep_free(sweep);
}

static void test_start_time(void **state)
{
	(void)state;
	assert_int_not_equal(proc_start_time(getpid()), 0);
	assert_int_equal(proc_start_time(0x7fffffff), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps), cmocka_unit_test(test_smaps_flags),
		cmocka_unit_test(test_smaps_sizes), cmocka_unit_test(test_odd_lines),
		cmocka_unit_test(test_sweep_of_this_process), cmocka_unit_test(test_start_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
