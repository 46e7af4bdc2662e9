// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_subbuf.c - what of a sub-buffer may be read.
 *
 * Protects against the three ways in which libtraceevent 1.7 was seen to fail on hostile pages (an
 * endless loop on a length of 0xFFFFFFF8, reading behind the page on a commit larger than it, and
 * beyond the page on a stored count of lost events), and against the check being too strict: every
 * page that the check accepts is read by kbuffer in a bounded number of steps, and gives as
 * many events as the check has counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/kbuffer.h>

#include "event/subbuf.h"
#include "ring_writer.h"

static struct subbuf_layout layout_of(const struct ring *ring)
{
	return (struct subbuf_layout){
		.swap = ring->big_endian, .big_endian = ring->big_endian,
		.long_size = (uint8_t)ring->long_size, .type_size = 2, .page_size = ring->page_size,
	};
}

/* Reads the page (mended if need be), as the cursor does, and returns how many events kbuffer finds. */
static uint32_t read_all(const struct ring *ring, const struct subbuf *subbuf)
{
	struct subbuf_layout layout = layout_of(ring);
	uint8_t *page = malloc(ring->page_size);
	struct kbuffer *kbuffer = subbuf_kbuffer(&layout);
	struct subbuf_cursor cursor = subbuf_begin(&layout, ring->pages, subbuf);
	uint32_t nr = 0, size;
	unsigned long long ts;

	assert_non_null(page);
	assert_non_null(kbuffer);
	if (subbuf_is_safe(subbuf))
		memcpy(page, ring->pages, ring->page_size);
	else
		subbuf_mend(&layout, ring->pages, subbuf, page);
	kbuffer_load_subbuffer(kbuffer, page);
	for (void *p = kbuffer_read_event(kbuffer, &ts); p; p = kbuffer_next_event(kbuffer, &ts)) {
		assert_in_range((uintptr_t)((uint8_t *)p - page), 1, ring->page_size);
		assert_true((uint8_t *)p + kbuffer_event_size(kbuffer) <= page + ring->page_size);
		assert_true(++nr <= ring->page_size / 4);
		assert_int_equal(subbuf_next(&cursor, &size) - ring->pages, (uint8_t *)p - page);
		assert_int_equal(size, kbuffer_event_size(kbuffer));
		assert_int_equal(cursor.ts, ts);
	}
	assert_null(subbuf_next(&cursor, &size));
	kbuffer_free(kbuffer);
	free(page);
	return nr;
}

struct hostile {
	const char *why;
	unsigned int type_len;
	uint32_t delta, word;
	uint32_t commit;	/* 0: as written */
	enum subbuf_fault fault;
};

/* Each is put behind two good events. */
static const struct hostile hostiles[] = {
	{ "an endless loop: (0xFFFFFFF8 - 4 + 3) & ~3 is negative", 0, 1, 0xfffffff8, 0,
	  SUBBUF_RECORD_OUTSIDE },
	{ "a length that wraps", 0, 1, 0xfffffffd, 0, SUBBUF_RECORD_OUTSIDE },
	{ "a length of nothing", 0, 1, 0, 0, SUBBUF_RECORD_TOO_SHORT },
	{ "a length of itself only", 0, 1, 4, 0, SUBBUF_RECORD_TOO_SHORT },
	{ "too short for a type", 0, 1, 5, 0, SUBBUF_RECORD_TOO_SHORT },
	{ "a record that ends behind the commit", 28, 1, 0, 0, SUBBUF_RECORD_OUTSIDE },
	{ "a padding of negative length", 29, 1, 0xfffffff0, 0, SUBBUF_RECORD_OUTSIDE },
	{ "a padding of no length", 29, 1, 0, 0, SUBBUF_RECORD_TOO_SHORT },
	{ "a crooked padding", 29, 1, 6, 0, SUBBUF_RECORD_TOO_SHORT },
	{ "padding to the end of the page", 29, 0, 0xffffffff, 0, SUBBUF_PADDED },
	{ "a time extend cut in half", 30, 1, 0, 4, SUBBUF_RECORD_OUTSIDE },
	{ "a record head cut in half", 5, 1, 0, 2, SUBBUF_RECORD_OUTSIDE },
	{ "a commit beyond the page", 30, 1, 1, 0x10000, SUBBUF_COMMIT_TOO_LARGE },
	{ "a commit of all bits", 30, 1, 1, 0x7ffffff, SUBBUF_COMMIT_TOO_LARGE },
};

static void check_hostile(const struct hostile *hostile, bool big_endian, int long_size)
{
	struct subbuf_layout layout;
	struct subbuf subbuf;
	struct ring ring;
	uint8_t record[12] = { 1 };
	uint32_t good;

	ring_init(&ring, big_endian, long_size, 4096);
	ring_event(&ring, 1000, record, sizeof(record));
	ring_event(&ring, 2000, record, sizeof(record));
	good = ring.commit;
	ring_head(&ring, hostile->type_len, hostile->delta);
	ring_word(&ring, hostile->word);
	ring_close(&ring);
	if (hostile->commit)
		ring_set_commit(&ring, 0, hostile->commit < 16 ? good + hostile->commit :
				hostile->commit);
	layout = layout_of(&ring);
	subbuf_check(&layout, ring.pages, &subbuf);
	if (subbuf.fault != hostile->fault)
		print_message("%s (big %d, long %d)\n", hostile->why, big_endian, long_size);
	assert_int_equal(subbuf.fault, hostile->fault);
	assert_int_equal(subbuf.nr_events, hostile->fault == SUBBUF_COMMIT_TOO_LARGE ? 0 : 2);
	assert_int_equal(read_all(&ring, &subbuf), subbuf.nr_events);
	ring_fini(&ring);
}

static void test_hostile_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostiles) / sizeof(hostiles[0]); i++)
		for (int form = 0; form < 4; form++)
			check_hostile(&hostiles[i], form & 1, form & 2 ? 4 : 8);
}

static void test_stored_count_outside(void **state)
{
	struct subbuf_layout layout;
	struct subbuf subbuf;
	struct ring ring;

	(void)state;
	ring_init(&ring, false, 8, 4096);
	ring_page(&ring, 1000, 0);
	while (ring.commit + 8 <= ring_room(&ring)) {
		ring_head(&ring, 1, 1);
		ring_word(&ring, 7);
	}
	ring_close(&ring);
	ring_set_commit(&ring, 0, ring.commit | UINT64_C(3) << 30);
	layout = layout_of(&ring);
	subbuf_check(&layout, ring.pages, &subbuf);
	assert_int_equal(subbuf.fault, SUBBUF_COUNT_OUTSIDE);
	assert_int_equal(subbuf.nr_lost, -1);
	assert_int_equal(subbuf.nr_events, ring_room(&ring) / 8);
	assert_int_equal(read_all(&ring, &subbuf), subbuf.nr_events);
	ring_fini(&ring);
}

static void test_lost_events(void **state)
{
	static const int64_t counts[] = { 0, -1, 1, 123456 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (int form = 0; form < 4; form++) {
			struct subbuf_layout layout;
			struct subbuf subbuf;
			struct ring ring;
			uint32_t record[3] = { 0 };

			ring_init(&ring, form & 1, form & 2 ? 4 : 8, 4096);
			ring_page(&ring, 5000, counts[i]);
			ring_event(&ring, 5000, record, sizeof(record));
			ring_close(&ring);
			layout = layout_of(&ring);
			subbuf_check(&layout, ring.pages, &subbuf);
			assert_int_equal(subbuf.fault, SUBBUF_WHOLE);
			assert_int_equal(subbuf.nr_lost, counts[i]);
			assert_int_equal(subbuf.nr_events, 1);
			ring_fini(&ring);
		}
	}
}

/* Random pages, and good pages with random bits turned: what is accepted can be read. */
static void test_random(void **state)
{
	const char *more = getenv("KSMTOP_ITERATIONS"), *seed = getenv("KSMTOP_SEED");
	int nr = more ? atoi(more) : 20000;
	struct ring ring;
	uint8_t record[40] = { 0 };

	(void)state;
	srandom(seed ? (unsigned int)atoi(seed) : 1);
	for (int i = 0; i < nr; i++) {
		struct subbuf_layout layout;
		struct subbuf subbuf;

		ring_init(&ring, random() & 1, random() & 1 ? 4 : 8, 512);
		ring_page(&ring, 1000, random() % 3 - 1);
		while (ring.commit < 300)
			ring_event(&ring, ring.last_ns + (uint64_t)random() % 200000000, record,
				   (uint32_t)(8 + random() % 32));
		ring_close(&ring);
		for (long n = random() % 8; n > 0; n--)
			ring.pages[8 + random() % 504] ^= (uint8_t)(1 << random() % 8);
		if (i % 4 == 0)
			for (int k = 0; k < 504; k++)
				ring.pages[8 + k] = (uint8_t)random();
		if (i % 8 == 0)
			ring_set_commit(&ring, 0, (uint64_t)random() % 500);
		layout = layout_of(&ring);
		subbuf_check(&layout, ring.pages, &subbuf);
		assert_int_equal(read_all(&ring, &subbuf), subbuf.nr_events);
		ring_fini(&ring);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_records),
		cmocka_unit_test(test_stored_count_outside),
		cmocka_unit_test(test_lost_events),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("subbuf", tests, NULL, NULL);
}
