// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_unstable.c - rmap_items between new, unstable and stable, in a table: events, and the states they lead to.
 *
 * An event is a letter and an item: n1 made, u1 into the unstable tree, s1 appended to a stable node, d1 detached,
 * x1 freed; R throws the unstable trees away, which is one event and no row (build_items.c).  A state is the item
 * and n, u or s; ? behind what is doubtful.  What is true of one history is true of one that seals a segment after
 * every second event, at every moment, and of the counters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define MM	0xffff888100000000ll
#define NODE	0xffff888300000000ll
#define AV	0xffff888400000000ll
#define ITEM(c)	(0xffff888200000000ll + 64 * ((c) - '0'))
#define ADDR(c)	(0x10000ll + 0x1000 * ((c) - '0'))

static const struct { const char *name, *events, *states; } cases[] = {
	{ "made", "n1 n2", "1n 2n" },
	{ "into the tree", "n1 n2 u2", "1n 2u" },
	{ "thrown away", "n1 n2 u1 u2 R", "1n 2n" },
	{ "thrown away twice", "n1 u1 R R", "1n" },
	{ "in again", "n1 n2 u1 u2 R u2", "1n 2u" },
	{ "in after a reset only", "n1 R n2 u1", "1u 2n" },
	{ "scan by scan", "n1 n2 u1 R u2 R u1", "1u 2n" },
	{ "taken out and merged", "n1 n2 u1 d1 s1 s2", "1s 2s" },
	{ "taken out, not merged", "n1 u1 d1", "1n" },
	{ "stable ones stay", "n1 n2 s1 u2 R", "1s 2n" },
	{ "off the node", "n1 s1 d1", "1n" },
	{ "off the node and in the tree", "n1 s1 d1 R u1", "1u" },
	{ "taken out behind a reset", "n1 u1 R d1 u1", "1u" },
	{ "freed in the tree", "n1 n2 u1 u2 x1", "2u" },
	{ "freed behind a reset", "n1 n2 u1 u2 R x1", "2n" },
	{ "an address again is another item", "n1 u1 x1 n1", "1n" },
};

static void item_event(struct feed *f, const char *e)
{
	int64_t item = ITEM(e[1]), address = ADDR(e[1]);

	switch (e[0]) {
	case 'n': *FEED(f, P_ITEM_NEW) = (struct args_P_ITEM_NEW){ item, MM, address }; break;
	case 'x': *FEED(f, P_ITEM_FREE) = (struct args_P_ITEM_FREE){ item, MM, address }; break;
	case 'u':
		*FEED(f, P_ITEM_UNSTABLE) = (struct args_P_ITEM_UNSTABLE){ .item = item, .mm = MM, .address = address };
		break;
	case 's':
		*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = item, .mm = MM, .address = address,
			.node = NODE, .anon_vma = AV, .index = 16 };
		break;
	case 'd':
		*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){ .item = item, .mm = MM, .address = address };
		break;
	case 'R': FEED(f, P_UNSTABLE_RESET)->seqnr = 2; break;
	default: fail_msg("no such event: %s", e);
	}
}

static void states_at(const struct history *h, uint64_t t, char text[128])
{
	static const char letters[] = { [ITEM_NEW] = 'n', [ITEM_UNSTABLE] = 'u', [ITEM_STABLE] = 's' };
	uint64_t nr[sizeof(letters)] = { 0 };
	struct history_counters counters;
	struct history_cursor cursor;
	union row row;
	int at = 0;

	text[0] = 0;
	assert_int_equal(history_list(h, ALL_ITEMS, (struct ref){ 0 }, moment_at(t), &cursor), 0);
	while (history_next(&cursor, &row) == 1) {
		assert_true(row.item.state < sizeof(letters));
		nr[row.item.state]++;
		at += snprintf(text + at, 128 - (size_t)at, "%s%c%c%s", at ? " " : "",
			       (char)('0' + ((int64_t)row.item.name.addr - ITEM('0')) / 64), letters[row.item.state],
			       row.fact.doubt ? "?" : "");
	}
	history_counters(h, moment_at(t), &counters);
	assert_int_equal(counters.nr_new_items, nr[ITEM_NEW]);
	assert_int_equal(counters.nr_unstable_items, nr[ITEM_UNSTABLE]);
	assert_int_equal(counters.nr_stable_items, nr[ITEM_STABLE]);
}

static struct feed *begin(uint64_t segment_events)
{
	struct history_options options = { .segment_events = segment_events };
	struct feed *f = feed_new(false);

	history_free(f->h);
	assert_int_equal(history_new(&options, &f->h), 0);
	*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = MM, .tgid = 42, .comm = "proc" };
	*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 100 };
	feed_flush(f);
	return f;
}

static void states_of_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *one = begin(0), *many = begin(2);
		char text[128], then[32][128];
		uint64_t nr = 2;

		for (const char *e = cases[i].events; *e; e += strcspn(e, " "), e += *e == ' ') {
			item_event(one, e);
			item_event(many, e);
			feed_flush(one);
			feed_flush(many);
			nr++;
			states_at(one->h, nr, then[nr]);
		}
		if (strcmp(then[nr], cases[i].states) != 0)
			fail_msg("%s: %s leads to \"%s\", not \"%s\"", cases[i].name, cases[i].events, then[nr],
				 cases[i].states);
		for (uint64_t t = nr; t > 2; t--) {
			states_at(one->h, t, text);
			assert_string_equal(text, then[t]);
			states_at(many->h, t, text);
			assert_string_equal(text, then[t]);
		}
		feed_free(one);
		feed_free(many);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(states_of_events) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
