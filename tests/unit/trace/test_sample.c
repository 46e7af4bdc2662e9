/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_sample.c - samples: built, packed, found again, read; and found out when they are damaged.
 *
 * Protects: every kind's round trip with extreme values; the time order of the store; that a
 * damaged block costs itself alone; that a hostile payload ends an iterator; and the sentences
 * about samples that trace-cmd's tools removed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "make_trace.h"
#include "trace/sections.h"

static const struct trace_write_options form = {
	.version = 7, .zstd = true, .long_size = 8, .page_size = 4096};

static char *write_with(const struct sample_builder *samples, const char *recorder)
{
	struct made made;
	char *path;

	made_init(&made, &form, 1, 2);
	if (recorder)
		made.meta.recorder = trace_text_of(recorder);
	path = made_write(&made, samples);
	made_fini(&made);
	return path;
}

struct opened {
	char *path;
	struct trace_file *file;
	struct sample_store *store;
};

static void open_path(struct opened *opened, char *path)
{
	opened->path = path;
	assert_int_equal(trace_file_open(path, &opened->file, NULL), 0);
	assert_int_equal(sample_store_new(opened->file, &opened->store), 0);
}

static void close_all(struct opened *opened)
{
	sample_store_free(opened->store);
	trace_file_close(opened->file);
	unlink(opened->path);
	free(opened->path);
}

static const struct sample_map maps[] = {
	{0x1000, 0x3000, 5, SAMPLE_MAP_READ | SAMPLE_MAP_MERGEABLE, "/bin/a b"},
	{0x3000, 0x3000, 0, 0, ""},
	{0x7f0000000000, 0x7fffffffe000, 1ull << 40, SAMPLE_MAP_ANON | SAMPLE_MAP_NOFLAGS,
	 "[heap]"},
	{0xfffffffffff00000, 0xfffffffffffff000, UINT64_MAX, UINT32_MAX, "x"},
};
static const struct sample_range ranges[] = {
	{0, 0x2000}, {0x2000, 0x5000}, {1ull << 46, (1ull << 46) + 4096}};
static const struct sample_page pages[] = {
	{0x0, 5, 1},
	{0x1000, 4, 256},
	{0x1000, 1ull << 52, 0},
	{1ull << 46, 0, UINT32_MAX},
};

static void all_kinds_build(struct sample_builder *b)
{
	sample_builder_init(b);
	sample_begin(b, SAMPLE_PAGES, 42, 900);
	sample_add_pages_head(b, 4096, false);
	for (size_t i = 0; i < 3; i++)
		sample_add_range(b, ranges[i].start, ranges[i].end);
	for (size_t i = 0; i < 4; i++)
		sample_add_page(b, pages[i].addr, pages[i].pfn, pages[i].mapcount);
	sample_set_complete(b, true);
	assert_int_equal(sample_end(b, 950), 0);
	sample_begin(b, SAMPLE_MAPS, 42, 800);
	for (size_t i = 0; i < 4; i++)
		sample_add_map(b, &maps[i]);
	assert_int_equal(sample_end(b, 801), 0);
	sample_begin(b, SAMPLE_KSM, 0, 1);
	sample_add_pair(b, "cancelled", "1");
	sample_cancel(b);
	sample_begin(b, SAMPLE_KSM, 0, 700);
	sample_add_pair(b, "pages_sharing", "123");
	sample_add_pair(b, "advisor_mode", "[none] scan-time");
	sample_add_pair(b, "ksm_process_profit", "-77");
	sample_add_pair(b, "", "");
	assert_int_equal(sample_end(b, 700), 0);
	sample_begin(b, SAMPLE_LOSS, 0, 600);
	sample_add_loss(b, &(struct sample_loss){3, 1, UINT64_MAX, 0, 5, 6});
	assert_int_equal(sample_end(b, 601), 0);
	sample_begin(b, SAMPLE_NOTE, -1, 500);
	sample_add_text(b, "no permission");
	assert_int_equal(sample_end(b, UINT64_MAX), 0);
	sample_begin(b, SAMPLE_PAGES, 43, 1000);
	sample_add_pages_head(b, 65536, false);
	assert_int_equal(sample_end(b, 1001), 0);
}

static void pages_check(const struct sample *sample)
{
	struct sample_iter iter = SAMPLE_ITER(sample), skip = SAMPLE_ITER(sample);
	struct sample_range range;
	struct sample_page page;

	assert_true(sample_is_complete(sample));
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(sample_next_range(&iter, &range), 1);
		assert_true(range.start == ranges[i].start && range.end == ranges[i].end);
	}
	assert_int_equal(sample_next_range(&iter, &range), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(sample_next_page(&iter, &page), 1);
		assert_true(page.addr == pages[i].addr && page.pfn == pages[i].pfn &&
			    page.mapcount == pages[i].mapcount);
	}
	assert_int_equal(sample_next_page(&iter, &page), 0);
	assert_int_equal(sample_next_page(&skip, &page), 1);
	assert_int_equal(page.pfn, 5);
}

static void maps_check(const struct sample *sample)
{
	struct sample_iter iter = SAMPLE_ITER(sample);
	struct sample_map map;

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(sample_next_map(&iter, &map), 1);
		assert_true(map.start == maps[i].start && map.end == maps[i].end);
		assert_true(map.pgoff == maps[i].pgoff && map.flags == maps[i].flags);
		assert_string_equal(map.name, maps[i].name);
	}
	assert_int_equal(sample_next_map(&iter, &map), 0);
}

static void pairs_check(const struct sample *sample)
{
	int64_t number;

	assert_string_equal(sample_value(sample, "advisor_mode"), "[none] scan-time");
	assert_null(sample_value(sample, "cancelled"));
	assert_int_equal(sample_number(sample, "pages_sharing", &number), 0);
	assert_int_equal(number, 123);
	assert_int_equal(sample_number(sample, "ksm_process_profit", &number), 0);
	assert_int_equal(number, -77);
	assert_int_equal(sample_number(sample, "advisor_mode", &number), -EINVAL);
	assert_int_equal(sample_number(sample, "none", &number), -ENOENT);
}

static void test_all_kinds(void **state)
{
	static const enum sample_kind order[] = {SAMPLE_NOTE, SAMPLE_LOSS,  SAMPLE_KSM,
						 SAMPLE_MAPS, SAMPLE_PAGES, SAMPLE_PAGES};
	struct sample_builder b;
	struct opened opened;
	struct sample sample, head;
	struct sample_loss loss;
	struct sample_page page;

	(void)state;
	all_kinds_build(&b);
	open_path(&opened, write_with(&b, NULL));
	assert_int_equal(sample_store_nr_damages(opened.store), 0);
	assert_int_equal(sample_store_nr(opened.store), 6);
	for (uint32_t i = 0; i < 6; i++) {
		sample_store_head(opened.store, i, &head);
		assert_int_equal(sample_store_read(opened.store, i, &sample), 0);
		assert_int_equal(sample.kind, order[i]);
		assert_true(head.kind == sample.kind && head.tgid == sample.tgid && !head.payload);
		struct sample_iter iter = SAMPLE_ITER(&sample);

		if (sample.kind == SAMPLE_PAGES && sample.tgid == 42)
			pages_check(&sample);
		else if (sample.kind == SAMPLE_PAGES)
			assert_int_equal(sample_next_page(&iter, &page), 0);
		else if (sample.kind == SAMPLE_MAPS)
			maps_check(&sample);
		else if (sample.kind == SAMPLE_KSM)
			pairs_check(&sample);
		else if (sample.kind == SAMPLE_NOTE)
			assert_string_equal(sample_text(&sample), "no permission");
	}
	sample_store_read(opened.store, 0, &sample);
	assert_true(sample.tgid == -1 && sample.begin_ns == 500 && sample.end_ns == UINT64_MAX);
	sample_store_read(opened.store, 1, &sample);
	struct sample_iter iter = SAMPLE_ITER(&sample);

	assert_int_equal(sample_next_loss(&iter, &loss), 1);
	assert_true(loss.cpu_id == 3 && loss.dropped == UINT64_MAX && loss.read == 6);
	assert_int_equal(sample_next_loss(&iter, &loss), 0);
	close_all(&opened);
	sample_builder_fini(&b);
}

/* Three megabytes of samples: several blocks. */
static void many_build(struct sample_builder *b, uint32_t nr)
{
	sample_builder_init(b);
	for (uint32_t i = 0; i < nr; i++) {
		sample_begin(b, SAMPLE_PAGES, (int32_t)i, i * 10);
		sample_add_pages_head(b, 4096, true);
		sample_add_range(b, 0, 0x10000000);
		for (uint32_t k = 0; k < 1000; k++)
			sample_add_page(b, (uint64_t)k << 12, (k * 2654435761u + i) % 5000000,
					k % 256);
		assert_int_equal(sample_end(b, i * 10 + 5), 0);
	}
}

static void test_damaged_block(void **state)
{
	enum { NR = 600 };
	struct sample_builder b;
	struct opened opened;
	struct sample sample;
	const void *blocks;
	uint8_t *data;
	size_t size, at, first;
	uint32_t nr, csize;
	char *path;

	(void)state;
	many_build(&b, NR);
	/* About four bytes a page before compression; three and a flag here. */
	assert_true(b.size < NR * 1000 * 7);
	open_path(&opened, write_with(&b, NULL));
	assert_int_equal(sample_store_nr(opened.store), NR);
	assert_int_equal(sample_store_read(opened.store, NR - 1, &sample), 0);
	assert_int_equal(sample.tgid, NR - 1);
	assert_int_equal(sample_store_read(opened.store, 0, &sample), 0);
	assert_int_equal(sample.tgid, 0);
	assert_int_equal(trace_sections_samples(opened.file, &blocks, &size, NULL),
			 TRACE_SECTIONS_FOUND);
	path = strdup(opened.path);
	data = made_slurp(path, &at);
	first = (size_t)((uint8_t *)memmem(data, at, "ksmtopS1KSSB", 12) - data) + 8;
	memcpy(&csize, data + first + 4, 4);
	assert_true(csize + 24 < size);
	data[first + 24 + csize / 2] ^= 1;
	close_all(&opened);
	made_spit(path, data, at);
	open_path(&opened, path);
	nr = sample_store_nr(opened.store);
	assert_true(nr > 0 && nr < NR);
	sample_store_head(opened.store, 0, &sample);
	assert_int_equal(sample.tgid, NR - nr);
	assert_int_equal(sample_store_nr_damages(opened.store), 2);
	assert_non_null(strstr(sample_store_damage(opened.store, 0)->what,
			       "not as the recorder describes"));
	assert_int_equal(sample_store_damage(opened.store, 1)->at, first);
	free(data);
	close_all(&opened);
	sample_builder_fini(&b);
}

static void test_cut_section(void **state)
{
	struct sample_builder b;
	struct opened opened;
	uint8_t *data;
	size_t size, at;
	uint32_t last = 0;
	char *path;

	(void)state;
	many_build(&b, 600);
	path = write_with(&b, NULL);
	data = made_slurp(path, &size);
	at = (size_t)((uint8_t *)memmem(data, size, "ksmtopS1KSSB", 12) - data);
	for (size_t cut = at; cut < size; cut += (size - at) / 7) {
		made_spit(path, data, cut);
		open_path(&opened, strdup(path));
		assert_true(sample_store_nr(opened.store) >= last);
		last = sample_store_nr(opened.store);
		sample_store_free(opened.store);
		trace_file_close(opened.file);
		free(opened.path);
	}
	assert_true(last > 300);
	unlink(path);
	free(path);
	free(data);
	sample_builder_fini(&b);
}

static void state_check(const char *recorder, const struct sample_builder *samples,
			enum trace_sections_state expected, const char *words)
{
	char text[DIAG_TEXT_SIZE];
	struct diag diag = {0};
	struct opened opened;
	const void *blocks;
	size_t size;

	open_path(&opened, write_with(samples, recorder));
	assert_int_equal(trace_sections_samples(opened.file, &blocks, &size, &diag), expected);
	assert_non_null(strstr(diag_text(&diag, text, sizeof(text)), words));
	assert_int_equal(sample_store_nr_damages(opened.store), expected >= TRACE_SECTIONS_UNSURE);
	close_all(&opened);
}

static void test_states(void **state)
{
	struct sample_builder b;

	(void)state;
	all_kinds_build(&b);
	state_check("3.1.6", NULL, TRACE_SECTIONS_NONE, "");
	state_check("ksmtop", &b, TRACE_SECTIONS_FOUND, "");
	state_check("ksmtop [ksmtop-samples id=0x4b53 offset=64 size=9 xxh64=00]", NULL,
		    TRACE_SECTIONS_REMOVED,
		    "the samples were removed by trace-cmd convert or split");
	state_check("ksmtop [ksmtop-samples id=0x4b53 offset=18446744073709551615 "
		    "size=18446744073709551615 xxh64=00]",
		    NULL, TRACE_SECTIONS_REMOVED, "removed");
	sample_builder_fini(&b);
}

/* Every prefix and every changed byte of a payload: an iterator ends, and says 1, 0 or -EBADMSG. */
static void iterate_all(const struct sample *sample)
{
	struct sample_iter iter[5];
	const char *name, *value;
	struct sample_range range;
	struct sample_page page;
	struct sample_loss loss;
	struct sample_map map;
	uint32_t steps = 0;

	for (int i = 0; i < 5; i++)
		iter[i] = SAMPLE_ITER(sample);
	while (sample_next_pair(&iter[0], &name, &value) > 0)
		steps += strlen(name) + strlen(value) > 1u << 20;
	while (sample_next_map(&iter[1], &map) > 0)
		assert_true(map.end >= map.start && steps++ < 1000);
	while (sample_next_range(&iter[2], &range) > 0)
		assert_true(range.end >= range.start && steps++ < 2000);
	while (sample_next_page(&iter[3], &page) > 0)
		assert_true(steps++ < 3000);
	while (sample_next_loss(&iter[4], &loss) > 0)
		assert_true(steps++ < 4000);
	(void)sample_text(sample);
	(void)sample_is_complete(sample);
	(void)sample_value(sample, "x");
}

static void test_hostile_payloads(void **state)
{
	struct sample_builder b;
	uint32_t at = 0;

	(void)state;
	all_kinds_build(&b);
	while (at < b.size) {
		struct sample sample = {.kind = SAMPLE_PAGES};
		uint32_t size;
		uint8_t *copy;

		memcpy(&size, b.data + at + 24, 4);
		for (uint32_t cut = 0; cut <= size; cut++) {
			copy = malloc(cut + 1);
			memcpy(copy, b.data + at + 28, cut);
			sample.payload = copy;
			sample.size = cut;
			for (uint32_t k = 0; k <= cut; k++) {
				uint8_t was = copy[k % (cut + 1)];

				if (k < cut)
					copy[k] = (uint8_t)(k * 37 + 0x80);
				iterate_all(&sample);
				if (k < cut)
					copy[k] = was;
			}
			free(copy);
		}
		at += 28 + size;
	}
	sample_builder_fini(&b);
}

/* What each iterator says of a payload that is wrong in one place, and that it says it again. */
#define MAX10 "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"	/* 2^64 - 1 */
#define P(text) text, sizeof(text) - 1
static const struct hostile {
	enum { PAIRS, MAPS, RANGES, PAGES, LOSSES } iterator;
	const char *bytes;
	size_t size;
	int nr, last;		/* elements, and what comes behind them */
} hostile[] = {
	{ PAIRS, P(""), 0, 0 }, { PAIRS, P("a\0b\0"), 1, 0 }, { PAIRS, P("\0\0"), 1, 0 },
	{ PAIRS, P("a"), 0, -EBADMSG }, { PAIRS, P("a\0"), 0, -EBADMSG }, { PAIRS, P("a\0b"), 0, -EBADMSG },
	{ PAIRS, P("a\0b\0c\0d"), 1, -EBADMSG },
	{ MAPS, P("\1\1\0\0x\0"), 1, 0 }, { MAPS, P("\1\1\0\0x"), 0, -EBADMSG },
	{ MAPS, P(MAX10 "\1\0\0x\0"), 0, -EBADMSG },		/* no address */
	{ MAPS, P("\1" MAX10 "\0\0x\0"), 0, -EBADMSG },		/* its end is none */
	{ MAPS, P("\1\1\0\x80"), 0, -EBADMSG },		/* a number that does not end */
	{ MAPS, P("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\1\0\0x\0"), 0, -EBADMSG },
	{ RANGES, P(""), 0, -EBADMSG }, { RANGES, P("\14"), 0, -EBADMSG },
	{ RANGES, P("\10\1\0"), 0, -EBADMSG }, { RANGES, P("\37\1\0"), 0, -EBADMSG },	/* page sizes */
	{ RANGES, P(MAX10 "\1\0"), 0, -EBADMSG },
	{ RANGES, P("\14\1\0"), 0, 0 }, { RANGES, P("\14\1\1\2\0"), 1, 0 },
	{ RANGES, P("\14\1\1\2"), 1, -EBADMSG },		/* nothing says that it was the last */
	{ RANGES, P("\14\1\1" MAX10 "\0"), 0, -EBADMSG }, { RANGES, P("\14\1" MAX10 "\1\0"), 0, -EBADMSG },
	{ PAGES, P("\14\1\0"), 0, 0 }, { PAGES, P("\14\1\0\5\2\1"), 1, 0 },
	{ PAGES, P("\14\1\1\2\0\5\2\1\1\2\1"), 2, 0 }, { PAGES, P("\14\1\0\5\2"), 0, -EBADMSG },
	{ PAGES, P("\14\1\0\5\2\1\1"), 1, -EBADMSG }, { PAGES, P("\14\1\0" MAX10 "\2\1"), 0, -EBADMSG },
	{ PAGES, P("\14\1\1"), 0, -EBADMSG },			/* damage among the ranges */
	{ PAGES, P("\14\1\0\5" MAX10 MAX10), 1, 0 },		/* a pfn may be anything */
	{ LOSSES, P(""), 0, 0 }, { LOSSES, P("\0\1\2\3\4\5"), 1, 0 }, { LOSSES, P("\0\1\2\3\4"), 0, -EBADMSG },
};

static int step(const struct hostile *h, struct sample_iter *iter)
{
	const char *name, *value;
	struct sample_range range;
	struct sample_page page;
	struct sample_loss loss;
	struct sample_map map;

	switch (h->iterator) {
	case PAIRS: return sample_next_pair(iter, &name, &value);
	case MAPS: return sample_next_map(iter, &map);
	case RANGES: return sample_next_range(iter, &range);
	case PAGES: return sample_next_page(iter, &page);
	default: return sample_next_loss(iter, &loss);
	}
}

static void test_hostile_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		const struct hostile *h = &hostile[i];
		uint8_t *copy = malloc(h->size + 1);	/* so that a sanitizer sees the end */
		struct sample sample = {.kind = SAMPLE_PAGES, .size = (uint32_t)h->size, .payload = copy};
		struct sample_iter iter = SAMPLE_ITER(&sample);
		int nr = 0, last;

		assert_non_null(copy);
		memcpy(copy, h->bytes, h->size);
		while ((last = step(h, &iter)) == 1)
			nr++;
		if (nr != h->nr || last != h->last || step(h, &iter) != h->last)
			fail_msg("payload %zu: %d elements, then %d", i, nr, last);
		free(copy);
	}
}

static void test_numbers(void **state)
{
	static const struct { const char *text; int err; int64_t number; } cases[] = {
		{ "0", 0, 0 }, { "-5", 0, -5 }, { "12\n", 0, 12 }, { "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -EINVAL, 0 }, { "-9223372036854775809", -EINVAL, 0 },
		{ "", -EINVAL, 0 }, { "x", -EINVAL, 0 }, { "12x", -EINVAL, 0 }, { "0x10", -EINVAL, 0 },
		{ "1 2", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t payload[64] = "n";
		struct sample sample = {.kind = SAMPLE_KSM, .payload = payload};
		int64_t number = 77;

		strcpy((char *)payload + 2, cases[i].text);
		sample.size = (uint32_t)(2 + strlen(cases[i].text) + 1);
		assert_int_equal(sample_number(&sample, "n", &number), cases[i].err);
		assert_int_equal(number, cases[i].err ? 77 : cases[i].number);
		assert_int_equal(sample_number(&sample, "m", &number), -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_kinds),        cmocka_unit_test(test_damaged_block),
		cmocka_unit_test(test_cut_section),      cmocka_unit_test(test_states),
		cmocka_unit_test(test_hostile_payloads), cmocka_unit_test(test_hostile_table),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
