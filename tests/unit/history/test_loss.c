// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_loss.c - doubt of what a lost event could have changed, rule by rule.
 *
 * ksmd (pid 30) works in stream 0, everybody else in stream 1; events are a microsecond apart.  A gap
 * is in one of the two streams.  The rules are design.md's "Doubt" and build_loss.c's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"

#define MM	0xffff888100000000ll
#define ITEM	0xffff888200000040ll
#define NODE	0xffff888300000040ll
#define AV	0xffff888400000080ll
#define VMA	0xffff8885000000c0ll

static void by(struct feed *f, int32_t pid, uint16_t stream)
{
	f->pid = pid;
	f->stream = stream;
}

static void ksmd(struct feed *f) { by(f, 30, 0); }
static void other(struct feed *f) { by(f, 100, 1); }

/* The event fed last is the first one behind a gap of its stream. */
static void behind_gap(struct feed *f, uint64_t after)
{
	struct event *ev = &f->events[f->nr - 1];

	f->losses[f->nr_losses++] = (struct event_loss){
		.after_nr = after, .before_nr = f->next - 1, .nr_lost = 3, .stream = ev->stream,
		.before_ns = ev->ts_ns };
	ev->loss = f->nr_losses;
}

static void scan(struct feed *f)
{
	ksmd(f);
	*FEED(f, P_ITEM_SCAN) = (struct args_P_ITEM_SCAN){ .item = ITEM, .mm = MM, .address = 0x10000,
							   .outcome = 1 };
}

static void tick(struct feed *f, int32_t pid, uint16_t stream)
{
	by(f, pid, stream);
	feed_event(f, EVENT_UNKNOWN);
}

/* An mm, a VMA and a node with one item; the last event is other's, in stream 1. */
static struct feed *world(void)
{
	struct feed *f = feed_new(false);

	other(f);
	*FEED(f, P_MM_ENTER) = (struct args_P_MM_ENTER){ .mm = MM, .tgid = 100, .comm = "load" };
	FEED(f, P_ANON_VMA_NEW)->anon_vma = AV;
	*FEED(f, P_VMA_INSERT) = (struct args_P_VMA_INSERT){ .anon_vma = AV, .vma = VMA, .mm = MM,
		.start = 0x10000, .end = 0x20000, .pgoff = 16 };
	ksmd(f);
	*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 0x1000 };
	*FEED(f, P_ITEM_NEW) = (struct args_P_ITEM_NEW){ ITEM, MM, 0x10000 };
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM, .mm = MM,
		.address = 0x10000, .node = NODE, .anon_vma = AV, .index = 16 };
	tick(f, 100, 1);
	return f;
}

static enum doubt doubt_of(struct feed *f, enum table table, int64_t addr, struct moment when)
{
	struct ref ref;
	union row row;

	if (f->nr || f->nr_losses)
		feed_flush(f);
	assert_int_equal(history_find(f->h, table, (uint64_t)addr, 0, when, &ref), 0);
	assert_int_equal(history_row(f->h, ref, when, &row), 0);
	return (enum doubt)row.fact.doubt;
}

#define LAST(f) ((f)->next - 1)

static void a_gap_makes_doubtful_what_anybody_changes(void **state)
{
	struct feed *f = world();
	uint64_t after = LAST(f), before;

	(void)state;
	tick(f, 100, 1);
	behind_gap(f, after);
	before = LAST(f);
	tick(f, 100, 1);
	assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_at(after)), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_at(before)), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_MM, MM, moment_at(LAST(f))), DOUBT_LOSS);
	/* Migration changes a node's kpfn on any CPU. */
	assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

/* Who emits in another stream before, during and after the gap cannot have given the mutex away. */
static void the_mutex_holder_elsewhere_keeps_items_sure(void **state)
{
	struct feed *f = world();
	uint64_t after, before;

	(void)state;
	scan(f);
	tick(f, 100, 1);
	after = LAST(f);
	scan(f);
	scan(f);
	tick(f, 100, 1);
	behind_gap(f, after);
	before = LAST(f);
	scan(f);
	/* That it had not is known when it emits again. */
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(before)), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_hindsight(before - 1)), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_MM, MM, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

static void a_pause_of_the_holder_is_long_enough(void **state)
{
	struct feed *f = world();
	uint64_t after, pause;

	(void)state;
	scan(f);
	tick(f, 100, 1);
	after = LAST(f);
	scan(f);
	pause = LAST(f);
	f->now_ns += 20000;
	tick(f, 200, 2);
	tick(f, 100, 1);
	behind_gap(f, after);
	scan(f);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_hindsight(after)), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_hindsight(pause)), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

static void a_gap_in_the_holders_own_stream_hides_it_all(void **state)
{
	struct feed *f = world();
	uint64_t after = LAST(f) - 1;

	(void)state;
	tick(f, 30, 0);
	behind_gap(f, after);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

/* "Already merged" does not say onto which node. */
static void a_scan_does_not_end_doubt(void **state)
{
	struct feed *f = world();
	uint64_t after = LAST(f) - 1;

	(void)state;
	tick(f, 30, 0);
	behind_gap(f, after);
	scan(f);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

/* It names the node, but not the anon_vma, and the item may have left and come back. */
static void a_detach_confirms_no_row(void **state)
{
	struct feed *f = world();
	uint64_t after = LAST(f) - 1, before;

	(void)state;
	tick(f, 30, 0);
	behind_gap(f, after);
	before = LAST(f);
	*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){ .item = ITEM, .mm = MM,
		.address = 0x10000, .node = NODE };
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_hindsight(before)), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_NONE);
	feed_free(f);
}

/* A migration names the page, not where the node is. */
static void a_row_that_is_copied_is_as_sure_as_its_model(void **state)
{
	for (int gap = 0; gap < 2; gap++) {
		struct feed *f = world();
		uint64_t after = LAST(f) - 1;

		(void)state;
		tick(f, 30, 0);
		if (gap)
			behind_gap(f, after);
		other(f);
		*FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = NODE, .old_kpfn = 0x1000,
								   .kpfn = 0x2000 };
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))),
				 gap ? DOUBT_LOSS : DOUBT_NONE);
		feed_free(f);
	}
}

/* Known by name: neither its page nor its place. */
static void a_name_alone_is_no_knowledge(void **state)
{
	struct feed *f = world();

	(void)state;
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM + 64, .mm = MM,
		.address = 0x11000, .node = NODE + 64, .anon_vma = AV, .index = 17 };
	assert_int_equal(doubt_of(f, TABLE_NODE, NODE + 64, moment_at(LAST(f))), DOUBT_UNKNOWN_BEFORE);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM + 64, moment_at(LAST(f))), DOUBT_NONE);
	*FEED(f, P_ITEM_SCAN) = (struct args_P_ITEM_SCAN){ .item = ITEM + 128, .mm = MM, .address = 0x12000 };
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM + 128, moment_at(LAST(f))), DOUBT_UNKNOWN_BEFORE);
	feed_free(f);
}

/* A dump of the world, by a third thread in a third stream; of its records those whose bits are set. */
enum { REC_NODE = 1, REC_ITEM = 2, REC_MM = 4, REC_ALL = 7 };
static void dump_records(struct feed *f, int64_t id, unsigned which)
{
	if (which & REC_NODE)
		*FEED(f, P_DUMP_NODE) = (struct args_P_DUMP_NODE){ .dump = id, .node = NODE, .kpfn = 0x1000 };
	if (which & REC_ITEM)
		*FEED(f, P_DUMP_ITEM) = (struct args_P_DUMP_ITEM){ .dump = id, .item = ITEM, .mm = MM,
			.address = 0x10000, .state = ITEM_STABLE, .node = NODE, .anon_vma = AV, .index = 16 };
	if (which & REC_MM)
		*FEED(f, P_DUMP_MM) = (struct args_P_DUMP_MM){ .dump = id, .mm = MM, .tgid = 100, .comm = "load" };
}

static void dump_ends(struct feed *f, int64_t id, int64_t result)
{
	*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = id, .nr_mms = 1, .nr_nodes = 1, .nr_items = 1,
							 .result = result };
}

/* One dump with those records and no gap, then one with a gap in the middle that the node and the item went in. */
static struct feed *dump_with_a_gap(uint64_t nr_lost, unsigned first, int64_t result, uint64_t *ret_before)
{
	struct feed *f = world();
	uint64_t after;

	by(f, 77, 3);
	FEED(f, P_DUMP_BEGIN)->dump = 1;
	dump_records(f, 1, first);
	dump_ends(f, 1, 0);
	FEED(f, P_DUMP_BEGIN)->dump = 2;
	after = LAST(f);
	dump_records(f, 2, REC_MM);
	behind_gap(f, after);
	f->losses[f->nr_losses - 1].nr_lost = nr_lost;
	*ret_before = LAST(f);
	dump_ends(f, 2, result);
	return f;
}

static void records_of_a_dump_can_be_counted(void **state)
{
	static const struct { uint64_t nr_lost; unsigned first; int64_t result; enum doubt left; } cases[] = {
		{ 2, REC_ALL, 0, DOUBT_NONE },
		{ 2, REC_ALL, -62, DOUBT_NONE },	/* one that gave up counts what it wrote */
		{ 3, REC_ALL, 0, DOUBT_LOSS },		/* and one event of another kind */
		{ 0, REC_ALL, 0, DOUBT_LOSS },		/* not known how many */
		{ 2, REC_NODE | REC_MM, 0, DOUBT_LOSS },	/* items of dumps are not recorded */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t before;
		struct feed *f = dump_with_a_gap(cases[i].nr_lost, cases[i].first, cases[i].result, &before);

		/* The mutex was held all the time; of others one knows at the end. */
		assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(before)), DOUBT_NONE);
		assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(before)), DOUBT_LOSS);
		assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(LAST(f))), cases[i].left);
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))), cases[i].left);
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_hindsight(before)), cases[i].left);
		feed_free(f);
	}
}

/*
 * The writer of a dump loses a record on one CPU, goes on on another and loses one more there; the first
 * gap is seen in the next dump, of which a third gap hides a record and something else: the first
 * dump's account still stands.
 */
static void a_dump_that_does_not_balance_takes_nothing_from_another(void **state)
{
	struct feed *f = world();
	uint64_t after, between, before;

	(void)state;
	by(f, 77, 3);
	FEED(f, P_DUMP_BEGIN)->dump = 1;
	dump_records(f, 1, REC_ALL);
	dump_ends(f, 1, 0);
	FEED(f, P_DUMP_BEGIN)->dump = 2;
	after = LAST(f);
	tick(f, 30, 4);
	between = LAST(f);
	by(f, 77, 4);
	dump_records(f, 2, REC_MM);
	behind_gap(f, between);
	f->losses[f->nr_losses - 1].nr_lost = 1;
	dump_ends(f, 2, 0);
	FEED(f, P_DUMP_BEGIN)->dump = 3;
	by(f, 77, 3);
	dump_records(f, 3, REC_NODE);
	behind_gap(f, after);
	f->losses[f->nr_losses - 1].nr_lost = 1;
	before = LAST(f);
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(before)), DOUBT_NONE);
	tick(f, 30, 3);
	after = LAST(f);
	by(f, 77, 3);
	dump_records(f, 3, REC_MM);
	behind_gap(f, after);
	f->losses[f->nr_losses - 1].nr_lost = 2;
	dump_ends(f, 3, 0);
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_hindsight(before)), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

static void what_is_found_behind_a_gap_may_be_young(void **state)
{
	for (int gap = 0; gap < 2; gap++) {
		struct feed *f = feed_new(false);
		uint64_t after;

		(void)state;
		tick(f, 100, 1);
		after = LAST(f);
		tick(f, 100, 1);
		if (gap)
			behind_gap(f, after);
		*FEED(f, P_VMA_INSERT) = (struct args_P_VMA_INSERT){ .anon_vma = AV, .vma = VMA };
		assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_hindsight(after)),
				 gap ? DOUBT_LOSS : DOUBT_NONE);
		assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_at(LAST(f))), DOUBT_NONE);
		feed_free(f);
	}
}

static void a_complete_dump_leaves_no_doubt(void **state)
{
	for (int complete = 0; complete < 2; complete++) {
		struct feed *f = world();
		uint64_t after = LAST(f) - 1;
		enum doubt doubt = complete ? DOUBT_NONE : DOUBT_LOSS;

		(void)state;
		tick(f, 30, 0);
		behind_gap(f, after);
		FEED(f, P_DUMP_BEGIN)->dump = 1;
		if (complete) {
			*FEED(f, P_DUMP_NODE) = (struct args_P_DUMP_NODE){ .dump = 1, .node = NODE,
									   .kpfn = 0x1000 };
			*FEED(f, P_DUMP_ITEM) = (struct args_P_DUMP_ITEM){ .dump = 1, .item = ITEM,
				.mm = MM, .address = 0x10000, .state = 2, .node = NODE,
				.anon_vma = AV, .index = 16 };
			*FEED(f, P_DUMP_MM) = (struct args_P_DUMP_MM){ .dump = 1, .mm = MM,
				.tgid = 100, .comm = "load", .nr_items = 1 };
			*FEED(f, P_DUMP_ANON_VMA) = (struct args_P_DUMP_ANON_VMA){ .dump = 1,
				.anon_vma = AV, .nr_vmas = 1 };
			*FEED(f, P_DUMP_VMA) = (struct args_P_DUMP_VMA){ .dump = 1, .anon_vma = AV,
				.vma = VMA, .mm = MM, .start = 0x10000, .end = 0x20000, .pgoff = 16 };
		}
		*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = 1, .nr_nodes = 1, .nr_items = 1,
			.nr_mms = 1, .nr_anon_vmas = 1, .nr_vmas = 1 };
		tick(f, 100, 1);
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))), doubt);
		assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), doubt);
		assert_int_equal(doubt_of(f, TABLE_MM, MM, moment_at(LAST(f))), doubt);
		assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_at(LAST(f))), doubt);
		feed_free(f);
	}
}

/* A dump that lists everything but the second anon_vma, of which KSM knows nothing. */
static void complete_dump(struct feed *f)
{
	by(f, 77, 3);
	FEED(f, P_DUMP_BEGIN)->dump = 1;
	dump_records(f, 1, REC_ALL);
	*FEED(f, P_DUMP_ANON_VMA) = (struct args_P_DUMP_ANON_VMA){ .dump = 1, .anon_vma = AV, .nr_vmas = 1 };
	*FEED(f, P_DUMP_VMA) = (struct args_P_DUMP_VMA){ .dump = 1, .anon_vma = AV, .vma = VMA, .mm = MM,
		.start = 0x10000, .end = 0x20000, .pgoff = 16 };
	*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = 1, .nr_nodes = 1, .nr_items = 1,
		.nr_mms = 1, .nr_anon_vmas = 1, .nr_vmas = 1 };
}

static void what_was_seen_behind_a_gap_is_not_let_go(void **state)
{
	const int64_t av = AV + 0x100, vma = VMA + 0x100;
	struct args_P_VMA_INSERT args = { .anon_vma = av, .vma = vma, .mm = MM, .start = 0x30000,
					  .end = 0x40000, .pgoff = 48 };
	struct feed *f = world();
	union row row;
	struct ref ref;

	(void)state;
	*FEED(f, P_ANON_VMA_NEW) = (struct args_P_ANON_VMA_NEW){ .anon_vma = av, .root = av, .parent = av };
	*FEED(f, P_VMA_INSERT) = args;
	tick(f, 200, 2);
	behind_gap(f, 0);
	other(f);
	memcpy(FEED(f, P_VMA_REMOVE), &args, sizeof(args));
	args.end = 0x50000;
	*FEED(f, P_VMA_INSERT) = args;
	complete_dump(f);
	assert_int_equal(doubt_of(f, TABLE_VMA, vma, moment_at(LAST(f))), DOUBT_NONE);
	/* It is there for its VMA is in it; that its root is as it was nobody knows. */
	assert_int_equal(doubt_of(f, TABLE_ANON_VMA, av, moment_at(LAST(f))), DOUBT_NONE);
	assert_int_equal(history_find(f->h, TABLE_ANON_VMA, (uint64_t)av, 0, moment_at(LAST(f)), &ref), 0);
	assert_int_equal(history_row(f->h, ref, moment_at(LAST(f)), &row), 0);
	assert_true(ref_is_none(row.anon_vma.root));
	/* So that what takes the VMA out finds the one that is known. */
	assert_int_equal(history_find(f->h, TABLE_VMA, (uint64_t)vma, 0, moment_at(LAST(f)), &ref), 0);
	other(f);
	memcpy(FEED(f, P_VMA_REMOVE), &args, sizeof(args));
	feed_flush(f);
	assert_int_equal(history_row(f->h, ref, moment_at(LAST(f)), &row), -ENOENT);
	feed_free(f);
}

static enum doubt episode_doubt(struct feed *f, uint32_t number, struct moment when)
{
	struct history_cursor cursor;
	union row row;

	if (f->nr)
		feed_flush(f);
	assert_int_equal(history_list(f->h, ALL_EPISODES, (struct ref){ 0 }, when, &cursor), 0);
	while (number--)
		assert_int_equal(history_next(&cursor, &row), 1);
	return (enum doubt)row.fact.doubt;
}

static void an_episode_may_have_ended_in_a_gap(void **state)
{
	struct feed *f = world();
	uint64_t running;

	(void)state;
	*FEED(f, P_WALK_BEGIN) = (struct args_P_WALK_BEGIN){ .walk = 1, .node = NODE };
	tick(f, 200, 2);
	behind_gap(f, 1);
	assert_int_equal(episode_doubt(f, 1, moment_at(LAST(f))), DOUBT_LOSS);
	assert_int_equal(episode_doubt(f, 1, moment_hindsight(LAST(f))), DOUBT_LOSS);
	feed_free(f);

	f = world();
	*FEED(f, P_WALK_BEGIN) = (struct args_P_WALK_BEGIN){ .walk = 1, .node = NODE };
	running = LAST(f);
	assert_int_equal(episode_doubt(f, 1, moment_at(running)), DOUBT_NONE);
	*FEED(f, P_WALK_END) = (struct args_P_WALK_END){ .walk = 1 };
	tick(f, 200, 2);
	behind_gap(f, LAST(f) - 1);
	assert_int_equal(episode_doubt(f, 1, moment_hindsight(LAST(f))), DOUBT_NONE);
	feed_free(f);
}

static void events_closer_than_the_skew_have_no_order(void **state)
{
	for (uint64_t skew = 0; skew <= 5000; skew += 5000) {
		struct history_options options = { .clock_skew_ns = skew };
		struct feed *f = feed_new(false);
		uint64_t changed;

		(void)state;
		history_free(f->h);
		assert_int_equal(history_new(&options, &f->h), 0);
		ksmd(f);
		*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE, .kpfn = 0x1000 };
		other(f);
		*FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = NODE, .old_kpfn = 0x1000,
								   .kpfn = 0x2000 };
		changed = LAST(f);
		f->now_ns += 10000;
		*FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = NODE, .old_kpfn = 0x2000,
								   .kpfn = 0x3000 };
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(changed)),
				 skew ? DOUBT_ORDER : DOUBT_NONE);
		assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))), DOUBT_NONE);
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gap_makes_doubtful_what_anybody_changes),
		cmocka_unit_test(the_mutex_holder_elsewhere_keeps_items_sure),
		cmocka_unit_test(a_pause_of_the_holder_is_long_enough),
		cmocka_unit_test(a_gap_in_the_holders_own_stream_hides_it_all),
		cmocka_unit_test(a_scan_does_not_end_doubt),
		cmocka_unit_test(a_detach_confirms_no_row),
		cmocka_unit_test(a_row_that_is_copied_is_as_sure_as_its_model),
		cmocka_unit_test(a_name_alone_is_no_knowledge),
		cmocka_unit_test(records_of_a_dump_can_be_counted),
		cmocka_unit_test(a_dump_that_does_not_balance_takes_nothing_from_another),
		cmocka_unit_test(what_is_found_behind_a_gap_may_be_young),
		cmocka_unit_test(a_complete_dump_leaves_no_doubt),
		cmocka_unit_test(what_was_seen_behind_a_gap_is_not_let_go),
		cmocka_unit_test(an_episode_may_have_ended_in_a_gap),
		cmocka_unit_test(events_closer_than_the_skew_have_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
