// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_filter.c - the expression language, on rows and on events.
 *
 * Protects its two promises: what lacks a field never matches, however the expression is turned
 * round, and a wrong expression is told with its place.  Rows are a table of names and values here;
 * events come from a written recording.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/event_filter.h"
#include "event/event_source.h"
#include "event/filter_names.h"
#include "event/nearest.h"
#include "ring_writer.h"
#include "trace/trace_file.h"

static bool row_lookup(void *row, const char *name, struct filter_value *ret)
{
	static const struct { const char *name; struct filter_value value; } values[] = {
		{ "pfn", { .number = 0x1c0077 } }, { "err", { .number = -12 } },
		{ "mm", { .number = (int64_t)0xffff888162798000 } },
		{ "comm", { .is_string = true, .string = "qemu-kvm" } },
		{ "addr", { .is_string = true, .string = "0x7f00" } }, { "zero", { .number = 0 } },
	};

	(void)row;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(values[i].name, name) == 0) {
			*ret = values[i].value;
			return true;
		}
	}
	return false;
}

static const struct { const char *expression; bool matches; } rows[] = {
	{ "pfn == 0x1c0077", true }, { "pfn == 1835127", true }, { "pfn != 0x1c0077", false },
	{ "err < 0", true }, { "err == -12", true }, { "err > 0", false }, { "err != 0 && pfn > 5", true },
	{ "mm == 0xffff888162798000", true }, { "mm > 0xffff000000000000", true },
	{ "mm < 0xffff000000000000", false }, { "comm == qemu-kvm", false }, { "comm == \"qemu-kvm\"", true },
	{ "comm == 'qemu-kvm'", true }, { "comm != \"init\"", true }, { "comm =~ \"^qemu\"", true },
	{ "comm =~ QEMU", true }, { "comm !~ \"^qemu\"", false }, { "comm !~ other", true },
	{ "comm == other", false }, { "addr == 0x7f00", true }, { "addr > 1", true },
	/* what is missing is neither */
	{ "nothing == 0", false }, { "nothing != 0", false }, { "!(nothing == 0)", false },
	{ "!nothing", false }, { "nothing == 0 || pfn", true }, { "pfn || nothing", true },
	{ "nothing && zero", false }, { "!(nothing && zero)", true }, { "nothing =~ x", false },
	{ "!(nothing =~ x)", false }, { "pfn == nothing", false },
	/* C's precedence */
	{ "1 + 2 * 3 == 7", true }, { "(1 + 2) * 3 == 9", true }, { "1 << 4 | 1 == 1", true },
	{ "pfn & 0xff", true }, { "pfn & 0x88 == 0", false }, { "(pfn & 0x88) == 0", true }, { "~0 == -1", true },
	{ "zero || zero || pfn", true }, { "pfn && pfn && zero", false }, { "!zero", true },
	{ "7 / zero == 0", false }, { "7 % zero == 0", false }, { "pfn >> 200 == 0", true },
	{ "pfn%2==1", true }, { "10 - 2 - 3 == 5", true }, { "0x10==16", true },
	/* times are ns */
	{ "5ms == 5000000", true }, { "100us==100000", true }, { "1.5s == 1500000000", true }, { "7ns == 7", true },
	{ "0.25us == 250", true }, { "010ms == 10000000", true }, { "err < 1s", true }, { "-1ms == -1000000", true },
	{ "1.000000001s == 1000000001", true },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct event_filter *filter;
		struct diag diag = { 0 };

		if (event_filter_new(rows[i].expression, &filter, &diag) != 0)
			fail_msg("%s: %s", rows[i].expression, diag.what);
		if (event_filter_match_row(filter, row_lookup, NULL) != rows[i].matches)
			fail_msg("%s", rows[i].expression);
		event_filter_free(filter);
	}
}

static void test_wrong(void **state)
{
	static const struct { const char *expression; unsigned int column; } wrongs[] = {
		{ "", 1 }, { "pfn ==", 7 }, { "pfn = 5", 5 }, { "(pfn", 5 }, { "pfn)", 4 }, { "comm == \"x", 11 },
		{ "12x", 1 }, { "0x", 1 }, { "99999999999999999999", 1 }, { "pfn 5", 5 }, { "comm =~ 5", 10 },
		{ "comm =~ \"\\\\(\"", 14 }, { "&& pfn", 1 }, { "pfn @ 3", 5 },
	};
	char *deep = malloc(20001);

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct event_filter *filter;
		struct diag diag = { 0 };

		assert_int_equal(event_filter_new(wrongs[i].expression, &filter, &diag), -EINVAL);
		if (diag.column != wrongs[i].column)
			fail_msg("%s: column %u", wrongs[i].expression, diag.column);
		assert_true(diag.expected[0]);
	}
	assert_non_null(deep);
	for (int kind = 0; kind < 4; kind++) {
		struct event_filter *filter;

		memset(deep, "(!-1"[kind], 20000);
		for (int i = 0; kind == 3 && i < 20000; i += 2)
			deep[i + 1] = '+';
		deep[20000] = 0;
		assert_int_equal(event_filter_new(deep, &filter, NULL), -EINVAL);
	}
	free(deep);
}

/* A name that nothing has is told, with what is like it; a bare word beside a text is no name. */
static void test_names(void **state)
{
	static const struct { const char *expression, *expected; unsigned int column; } cases[] = {
		{ "pfn == 1 && comm == qemu", NULL, 0 }, { "qemu == comm", "pfn", 1 }, { "comm =~ qemu", NULL, 0 },
		{ "pfn == qemu", "pfn", 8 }, { "pnf == 1", "pfn", 1 }, { "pfn == 1 || !(nr_item > 2)", "nr_items", 15 },
		{ "nodes", "node_name", 1 }, { "field.pfn == 1", NULL, 0 }, { "field.pf == 1", "pfn", 1 },
		{ "\"text\" == word", NULL, 0 }, { "1", NULL, 0 }, { "x/y: pf", "pfn", 6 },
		{ "comm == a + b", "pfn", 9 },
	};
	struct filter_names names = { 0 };

	(void)state;
	filter_names_add(&names, "pfn", false);
	filter_names_add(&names, "comm", false);
	filter_names_add(&names, "nr_items", false);
	filter_names_add(&names, "node_name", true);
	filter_names_add(&names, "comm", true);
	assert_true(filter_names_have(&names, "comm"));
	assert_false(filter_names_have(&names, "com"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct event_filter *filter;
		struct diag diag = { 0 };
		int err;

		assert_int_equal(event_filter_new(cases[i].expression, &filter, NULL), 0);
		err = event_filter_check(filter, &names, "no row", &diag);
		if (err != (cases[i].expected ? -EINVAL : 0) || diag.column != cases[i].column ||
		    (err && !strstr(diag.expected, cases[i].expected)))
			fail_msg("%s: %d column %u, expected %s", cases[i].expression, err, diag.column,
				 diag.expected);
		event_filter_free(filter);
	}
	filter_names_fini(&names);
}

static void test_nearest(void **state)
{
	static const struct { const char *a, *b; unsigned int distance; } pairs[] = {
		{ "", "", 0 }, { "abc", "abc", 0 }, { "abc", "", 3 }, { "", "abc", 3 }, { "abc", "acb", 1 },
		{ "abc", "ab", 1 }, { "ab", "abc", 1 }, { "abc", "axc", 1 }, { "kitten", "sitting", 3 },
	};
	static const char *const known[] = { "events", "episodes", "report", "record", "recover", "check" };
	static const struct { const char *wrong, *text; } cases[] = {
		{ "reprot", "report" }, { "recrod", "record" }, { "event", "events" }, { "frob", "" },
		{ "ck", "" }, { "rec", "record or recover" },
	};
	char text[100], small[8], longest[300];

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_int_equal(name_distance(pairs[i].a, pairs[i].b), pairs[i].distance);
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = 0;
	assert_int_equal(name_distance(longest, "x"), 62);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nearest nearest = { .wrong = cases[i].wrong };

		for (size_t k = 0; k < 2 * sizeof(known) / sizeof(known[0]); k++)
			nearest_offer(&nearest, known[k % (sizeof(known) / sizeof(known[0]))]);
		assert_string_equal(nearest_text(&nearest, text, sizeof(text)), cases[i].text);
		nearest_text(&nearest, small, sizeof(small));
	}
}

static void add(struct ring *ring, int type, int32_t pid, uint64_t first, const char *comm)
{
	uint64_t values[5] = { first, 77, 3, 4, (uint64_t)-1 };
	const char *comms[2] = { comm, "child" };
	uint8_t record[256];

	ring_event(ring, ring->last_ns + 1000, record, ring_record(ring, type, pid, values, comms, record));
}

static const struct { const char *expression; const char *events; } events[] = {
	{ "nr <= 2", "12" }, { "cpu == 0", "12345" }, { "pid == 37", "1235" }, { "comm == ksmd", "1235" },
	{ "comm == \"<...>\"", "4" }, { "system == ksm && event =~ \"^ksm_e\"", "1" }, { "buffer == \"\"", "12345" },
	{ "pfn == 77", "23" }, { "pfn != 77", "" }, { "err < 0", "23" }, { "err == -1", "23" },
	{ "mm == 0xffff888100000001", "1" }, { "ksm/ksm_enter: mm", "1" }, { "ksm/*:", "123" },
	{ "ksm_enter,sched_process_fork: 1", "15" }, { "sched/ksm_enter: 1", "" },
	{ "parent_comm == a_parent", "5" }, { "child_comm =~ ch", "5" }, { "parent_comm != child_comm", "5" },
	{ "signal_generate: comm == killed", "4" }, { "signal_generate: pid == 3", "4" },
	{ "field.comm == killed", "4" }, { "signal_generate: pid == 999", "" }, { "common_pid == 999", "4" },
	{ "ts >= 5000003000 && ts < 5000005000", "34" },
};

static void check_filter(struct event_index *index, const char *expression, const char *wanted)
{
	struct event_filter *filter;
	struct diag diag = { 0 };
	char found[10] = "";

	if (event_filter_new(expression, &filter, &diag) != 0)
		fail_msg("%s: %s", expression, diag.what);
	for (uint64_t nr = 1; nr <= event_index_last(index); nr++) {
		struct event_record record;

		assert_int_equal(event_index_read(index, nr, &record), 0);
		if (event_filter_match(filter, index, &record))
			snprintf(found + strlen(found), 3, "%d", (int)nr);
	}
	if (strcmp(found, wanted) != 0)
		fail_msg("%s: %s, not %s", expression, found, wanted);
	event_filter_free(filter);
}

/* pfn is in the format of another event than ksm_enter: that is enough, unless only that one is meant. */
static const struct { const char *expression; unsigned int column; } asked[] = {
	{ "nr <= 2 && cpu == 0 && pfn == 3", 0 }, { "comm == ksmd", 0 }, { "err == ksmd", 8 },
	{ "parent_comm != child", 0 }, { "ksm/ksm_enter: pfn", 16 }, { "ksm/ksm_enter: mm", 0 },
	{ "ksm/*: pfn && mm", 0 }, { "ksm/ksm_entry: mm", 1 }, { "nothing", 1 }, { "field.nr", 0 },
	{ "ksm/ksm_enter:", 0 }, { "common_pid", 0 },
};

static void check_names(struct event_index *index, const char *expression, unsigned int column)
{
	struct filter_names names = { 0 };
	struct event_filter *filter;
	struct diag diag = { 0 };
	int err;

	assert_int_equal(event_filter_new(expression, &filter, &diag), 0);
	err = filter_names_of_events(&names, filter, index, &diag);
	if (err == 0)
		err = event_filter_check(filter, &names, "no event", &diag);
	if (err != (column ? -EINVAL : 0) || diag.column != column)
		fail_msg("%s: %d column %u: %s", expression, err, diag.column, diag.what);
	filter_names_fini(&names);
	event_filter_free(filter);
}

static void test_events(void **state)
{
	struct trace_write_options options = { .version = 7, .zstd = true, .long_size = 8, .page_size = 4096 };
	struct trace_write_cpu cpu;
	struct trace_write_buffer buffer = { "", "mono", &cpu, 1 };
	char path[] = "/tmp/test-filter-XXXXXX";
	struct event_source *source;
	struct event_index *index;
	struct event_batch batch;
	struct trace_file *file;
	struct ring_meta meta;
	struct ring ring;

	(void)state;
	close(mkstemp(path));
	ring_init(&ring, false, 8, 4096);
	ring_page(&ring, 5000000000, 0);
	add(&ring, RING_KSM_ENTER, 37, 0xffff888100000001, NULL);
	add(&ring, RING_MERGE, 37, 0, NULL);
	add(&ring, RING_MERGE, 37, 5, NULL);
	add(&ring, RING_SIGNAL, 999, 7, "killed");
	add(&ring, RING_FORK, 37, 12, "a_parent");
	ring_close(&ring);
	ring_meta_init(&meta, &ring);
	cpu = (struct trace_write_cpu){ 0, ring.pages, ring.nr_pages * ring.page_size };
	assert_int_equal(trace_write(path, &options, &meta.meta, &buffer, 1, NULL, NULL), 0);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_int_equal(event_index_new(file, NULL, &index), 0);
	assert_int_equal(event_source_new(index, 0, &source), 0);
	while (event_source_next(source, UINT64_MAX, &batch) > 0)
		;
	assert_int_equal(event_index_last(index), 5);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		check_filter(index, events[i].expression, events[i].events);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		check_names(index, asked[i].expression, asked[i].column);
	event_source_free(source);
	event_index_free(index);
	trace_file_close(file);
	ring_meta_fini(&meta);
	ring_fini(&ring);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests_name("event filter", tests, NULL, NULL);
}
