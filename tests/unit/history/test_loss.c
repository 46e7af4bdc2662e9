// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_loss.c - doubt of what a lost event could have changed, rule by rule.
 *
 * ksmd (pid 30) works in stream 0, everybody else in stream 1; events are a microsecond apart.  A gap
 * is in one of the two streams.  The rules are losses.c's and build_loss.c's.
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

/* The mutex is held from a dump's begin to its last item, whatever went between: of others nobody knows. */
static void a_dump_holds_the_mutex(void **state)
{
	struct feed *f = world();
	uint64_t after;

	(void)state;
	by(f, 77, 3);
	FEED(f, P_DUMP_BEGIN)->dump = 1;
	after = LAST(f);
	dump_records(f, 1, REC_MM);
	behind_gap(f, after);
	assert_int_equal(doubt_of(f, TABLE_ITEM, ITEM, moment_at(LAST(f))), DOUBT_NONE);
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(LAST(f))), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_NODE, NODE, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

/* ---- which kinds went: the event counts ---- */
#define NO_COUNT KSMTOP_NR_COUNTS
struct gap_case {
	const char *what;
	enum ksmtop_count hidden[2];	/* what the kernel counted in the gap; NO_COUNT: nothing */
	uint64_t nr_lost;		/* what the ring buffer says */
	enum { BASED, FROM_START, UNBASED, SHORT } base;
	enum doubt av, vma, node, item, mm;
};

/* Stream 1 counts; `nr` grows by what its events were and by what the gap hid. */
static void count_now(struct feed *f, uint32_t *nr)
{
	nr[COUNT_COUNTS]++;
	by(f, 0, 1);
	memcpy(FEED(f, P_COUNTS)->nr, nr, sizeof(uint32_t) * KSMTOP_NR_COUNTS);
}

/* world(), a gap in stream 1, and two counts behind it; *ret_behind: its first event. */
static struct feed *counted_gap(const struct gap_case *c, uint64_t *ret_behind, uint64_t *ret_told)
{
	uint32_t nr[KSMTOP_NR_COUNTS] = { [COUNT_MM_ENTER] = 1, [COUNT_ANON_VMA_NEW] = 1, [COUNT_VMA_INSERT] = 1 };
	struct feed *f = world();
	uint64_t after;

	if (c->base == UNBASED)		/* it traced before this recording began */
		nr[COUNT_ANON_VMA_FREE] = nr[COUNT_VMA_REMOVE] = nr[COUNT_NODE_FREE] = nr[COUNT_MM_FREE] = 7;
	if (c->base == BASED)
		count_now(f, nr);
	tick(f, 100, 1);
	after = LAST(f);
	for (unsigned i = 0; i < 2; i++)
		if (c->hidden[i] != NO_COUNT)
			nr[c->hidden[i]]++;
	tick(f, 100, 1);
	behind_gap(f, after);
	f->losses[f->nr_losses - 1].nr_lost = c->nr_lost;
	*ret_behind = LAST(f);
	tick(f, 100, 1);
	count_now(f, nr);
	if (c->base == SHORT)		/* an array that has fewer kinds than we know */
		f->events[f->nr - 1].present = 0;
	*ret_told = LAST(f);
	return f;
}

static const struct gap_case gap_cases[] = {
	{ "an item was made", { COUNT_ITEM_NEW, NO_COUNT }, 1, BASED, 0, 0, 0, DOUBT_LOSS, 0 },
	{ "a VMA came", { COUNT_VMA_INSERT, COUNT_VMA_REMOVE }, 2, BASED, 0, DOUBT_LOSS, 0, 0, 0 },
	{ "an anon_vma went", { COUNT_ANON_VMA_FREE, NO_COUNT }, 1, BASED, DOUBT_LOSS, 0, 0, 0, 0 },
	{ "a node's page moved", { COUNT_NODE_KPFN, NO_COUNT }, 1, BASED, 0, 0, DOUBT_LOSS, 0, 0 },
	{ "a node went, and its items", { COUNT_NODE_FREE, NO_COUNT }, 1, BASED, 0, 0, DOUBT_LOSS, DOUBT_LOSS, 0 },
	{ "an mm went, and its items", { COUNT_MM_FREE, NO_COUNT }, 1, BASED, 0, 0, 0, DOUBT_LOSS, DOUBT_LOSS },
	{ "records of a dump", { COUNT_DUMP_ITEM, COUNT_DUMP_END }, 2, BASED, 0, 0, 0, 0, 0 },
	{ "a walk", { COUNT_WALK_BEGIN, COUNT_WALK_END }, 2, BASED, 0, 0, 0, 0, 0 },
	{ "counts", { COUNT_COUNTS, NO_COUNT }, 1, BASED, 0, 0, 0, 0, 0 },
	{ "something that is not counted", { COUNT_DUMP_ITEM, NO_COUNT }, 2, BASED, 0, 0, 0, 0, DOUBT_LOSS },
	{ "nobody knows how many", { COUNT_DUMP_ITEM, NO_COUNT }, 0, BASED, 0, 0, 0, 0, DOUBT_LOSS },
	{ "more than was lost", { COUNT_DUMP_ITEM, COUNT_WALK_END }, 1, BASED, 0, 0, 0, 0, DOUBT_LOSS },
	{ "the first counts", { COUNT_WALK_END, NO_COUNT }, 1, FROM_START, 0, 0, 0, 0, 0 },
	{ "the first counts, of many before", { COUNT_WALK_END, NO_COUNT }, 1, UNBASED,
	  DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS },
	{ "counts of another kernel", { COUNT_WALK_END, NO_COUNT }, 1, SHORT,
	  DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS, DOUBT_LOSS },
};

static void a_gap_hides_what_is_missing_in_the_counts(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(gap_cases) / sizeof(*gap_cases); i++) {
		const struct gap_case *c = &gap_cases[i];
		const struct { enum table table; int64_t addr; enum doubt left; } rows[] = {
			{ TABLE_ANON_VMA, AV, c->av }, { TABLE_VMA, VMA, c->vma }, { TABLE_NODE, NODE, c->node },
			{ TABLE_ITEM, ITEM, c->item }, { TABLE_MM, MM, c->mm },
		};
		uint64_t behind, told;
		struct feed *f = counted_gap(c, &behind, &told);

		for (unsigned r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
			enum doubt before = doubt_of(f, rows[r].table, rows[r].addr, moment_at(told - 1));
			enum doubt then = doubt_of(f, rows[r].table, rows[r].addr, moment_at(told));
			enum doubt late = doubt_of(f, rows[r].table, rows[r].addr, moment_hindsight(behind));

			if (before != DOUBT_LOSS || then != rows[r].left || late != rows[r].left)
				fail_msg("%s, table %d: doubt %d, then %d, with hindsight %d", c->what,
					 rows[r].table, before, then, late);
		}
		feed_free(f);
	}
}

/* Of two gaps between two counts nobody knows which hid what; the next gap has counts of its own. */
static void gaps_between_two_counts_share_what_is_missing(void **state)
{
	uint32_t nr[KSMTOP_NR_COUNTS] = { [COUNT_MM_ENTER] = 1, [COUNT_ANON_VMA_NEW] = 1, [COUNT_VMA_INSERT] = 1 };
	struct feed *f = world();
	uint64_t behind[3];

	(void)state;
	count_now(f, nr);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t after = LAST(f);

		tick(f, 100, 1);
		behind_gap(f, after);
		f->losses[f->nr_losses - 1].nr_lost = 1;
		behind[i] = LAST(f);
		nr[i == 1 ? COUNT_VMA_INSERT : COUNT_DUMP_VMA]++;
		if (i > 0)
			count_now(f, nr);
		tick(f, 100, 1);
	}
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_hindsight(behind[0])), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_hindsight(behind[1])), DOUBT_LOSS);
	assert_int_equal(doubt_of(f, TABLE_ANON_VMA, AV, moment_hindsight(behind[0])), DOUBT_NONE);
	/* Still in doubt for the gap before, though the last one hid nothing of it. */
	assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(LAST(f))), DOUBT_LOSS);
	feed_free(f);
}

/* What is counted and not recorded where nothing was lost is filtered: then a sum that fits proves nothing. */
static void a_filter_leaves_what_is_not_counted_in_doubt(void **state)
{
	for (int filtered = 0; filtered < 2; filtered++) {
		uint32_t nr[KSMTOP_NR_COUNTS] = { [COUNT_MM_ENTER] = 1, [COUNT_ANON_VMA_NEW] = 1,
						  [COUNT_VMA_INSERT] = 1 };
		struct feed *f = world();
		uint64_t after;

		(void)state;
		count_now(f, nr);
		nr[COUNT_SCAN_SUM] += (uint32_t)filtered;
		count_now(f, nr);
		after = LAST(f);
		tick(f, 100, 1);
		behind_gap(f, after);
		f->losses[f->nr_losses - 1].nr_lost = 1;
		nr[COUNT_SCAN_SUM]++;
		count_now(f, nr);
		assert_int_equal(doubt_of(f, TABLE_MM, MM, moment_at(LAST(f))), filtered ? DOUBT_LOSS : DOUBT_NONE);
		assert_int_equal(doubt_of(f, TABLE_VMA, VMA, moment_at(LAST(f))), DOUBT_NONE);
		feed_free(f);
	}
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
		cmocka_unit_test(a_dump_holds_the_mutex),
		cmocka_unit_test(a_gap_hides_what_is_missing_in_the_counts),
		cmocka_unit_test(gaps_between_two_counts_share_what_is_missing),
		cmocka_unit_test(a_filter_leaves_what_is_not_counted_in_doubt),
		cmocka_unit_test(what_is_found_behind_a_gap_may_be_young),
		cmocka_unit_test(a_complete_dump_leaves_no_doubt),
		cmocka_unit_test(what_was_seen_behind_a_gap_is_not_let_go),
		cmocka_unit_test(an_episode_may_have_ended_in_a_gap),
		cmocka_unit_test(events_closer_than_the_skew_have_no_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
