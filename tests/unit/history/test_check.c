// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_check.c - a counter that was read while it changed, in tables: the state agrees as far as a
 * change in flight reaches, and not one further.
 *
 * Two items are on a node: pages_shared 1, pages_sharing 1.  Then come a few events, a sample that
 * begins and ends between two of them, and what follows.  With the same numbers and other events around,
 * the one outcome becomes the other: each case that agrees has a neighbour that contradicts.
 */
#include <stdio.h>

#include "feed_sample.h"

#define MM	0xffff888100000000ll
#define ITEM(i)	(0xffff888200000000ll + 64 * (i))
#define NODE(i)	(0xffff888300000000ll + 64 * (i))

enum { SITE_REMERGE = 3, SITE_NODE_REMOVED = 5, SITE_RECOVERY = 8 };

/* What may happen; S and T are the sample's begin and end. */
enum step {
	END, APPEND, DETACH, REMOVED, RECOVERED, REMOVE_ITEM, MERGE, NEW_ITEM, MM_ENTER, CHAIN_MAKE,
	CHAIN_COLLAPSE, DUP_ADD, LOSE, S, T
};

static void feed_detach(struct feed *f, int64_t site)
{
	*FEED(f, P_ITEM_DETACH) = (struct args_P_ITEM_DETACH){ .item = ITEM(1), .mm = MM,
		.address = 0x11000, .node = NODE(0), .site = site };
}

static void feed_append(struct feed *f, int i)
{
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM(i), .mm = MM,
		.address = 0x10000 + 0x1000 * i, .node = NODE(0), .index = 16 + i };
}

/* The event fed last is the first one behind a gap. */
static void behind_gap(struct feed *f)
{
	struct event *ev = &f->events[f->nr - 1];

	f->losses[f->nr_losses++] = (struct event_loss){ .nr_lost = 1, .after_nr = f->next - 2,
		.before_nr = f->next - 1, .after_ns = ev->ts_ns - 1000, .before_ns = ev->ts_ns };
	ev->loss = f->nr_losses;
}

static void take(struct feed *f, enum step step)
{
	switch (step) {
	case APPEND: feed_append(f, 2); break;
	case DETACH: feed_detach(f, SITE_REMERGE); break;
	case REMOVED: feed_detach(f, SITE_NODE_REMOVED); break;
	case RECOVERED: feed_detach(f, SITE_RECOVERY); break;
	case REMOVE_ITEM: feed_remove_item(f, 100, (uint64_t)ITEM(1), (uint64_t)MM); break;
	case MERGE: feed_merge(f, 1, 100, (uint64_t)ITEM(2), (uint64_t)MM, 0); break;
	case NEW_ITEM:
		*FEED(f, P_ITEM_NEW) = (struct args_P_ITEM_NEW){ .item = ITEM(9), .mm = MM, .address = 0x19000 };
		break;
	case MM_ENTER: FEED(f, P_MM_ENTER)->mm = MM + 0x800; break;
	case CHAIN_MAKE:
		*FEED(f, P_CHAIN_MAKE) = (struct args_P_CHAIN_MAKE){ .chain = NODE(5), .node = NODE(0) };
		break;
	case CHAIN_COLLAPSE:
		*FEED(f, P_CHAIN_COLLAPSE) = (struct args_P_CHAIN_COLLAPSE){ .chain = NODE(5), .node = NODE(0),
			.kpfn = 100 };
		break;
	case DUP_ADD:
		*FEED(f, P_DUP_ADD) = (struct args_P_DUP_ADD){ .chain = NODE(5), .node = NODE(6), .kpfn = 106 };
		break;
	case LOSE:
		*FEED(f, P_ITEM_NEW) = (struct args_P_ITEM_NEW){ .item = ITEM(8), .mm = MM, .address = 0x18000 };
		behind_gap(f);
		break;
	default: break;
	}
}

/* Of all counters that are given; -1: not in the file. */
static void feed_counters(struct feed *f, uint64_t begin_ns, const int64_t numbers[4])
{
	static const char *const names[] = { "pages_shared", "pages_sharing", "stable_node_chains",
					     "stable_node_dups" };
	struct sample sample = { .kind = SAMPLE_KSM, .begin_ns = begin_ns, .end_ns = f->now_ns + 500 };
	struct sample_builder sb;
	char text[24];

	feed_flush(f);
	sample_builder_init(&sb);
	sample_begin(&sb, SAMPLE_KSM, 0, begin_ns);
	for (unsigned i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%lld", (long long)numbers[i]);
		if (numbers[i] >= 0)
			sample_add_pair(&sb, names[i], text);
	}
	feed_sample(f, &sb, &sample, 0);
}

struct tally { uint64_t from; unsigned nr[3]; };

static int count(const struct finding *finding, void *arg)
{
	struct tally *tally = arg;

	if (finding->event >= tally->from)
		tally->nr[finding->severity]++;
	return 0;
}

struct read_case {
	const char *name;
	enum step steps[10];
	int64_t numbers[4];
	unsigned severity;		/* the worst of the sample's comparisons */
};

static const struct read_case cases[] = {
	{ "as rebuilt", { S, T }, { 1, 1, 0, 0 }, 0 },
	{ "one more, and nothing follows", { S, T }, { 1, 2, 0, 0 }, 2 },
	{ "one less, and nothing follows", { S, T }, { 1, 0, 0, 0 }, 2 },
	{ "append in flight", { S, T, APPEND }, { 1, 2, 0, 0 }, 0 },
	{ "append in flight, not begun", { S, T, APPEND }, { 1, 1, 0, 0 }, 0 },
	{ "append in flight, two more", { S, T, APPEND }, { 1, 3, 0, 0 }, 2 },
	{ "append in flight, one less", { S, T, APPEND }, { 1, 0, 0, 0 }, 2 },
	{ "append in flight, the other file", { S, T, APPEND }, { 2, 1, 0, 0 }, 2 },
	{ "an event without the mutex between", { S, T, MM_ENTER, APPEND }, { 1, 2, 0, 0 }, 0 },
	{ "the append had not begun: merge", { S, T, MERGE, APPEND }, { 1, 2, 0, 0 }, 2 },
	{ "the append had not begun: item", { S, T, NEW_ITEM, APPEND }, { 1, 2, 0, 0 }, 2 },
	{ "removal in flight", { S, T, REMOVED }, { 1, 0, 0, 0 }, 0 },
	{ "removal in flight, its own event between", { S, T, REMOVE_ITEM, REMOVED }, { 1, 0, 0, 0 }, 0 },
	{ "removal in flight, another between", { S, T, NEW_ITEM, REMOVED }, { 1, 0, 0, 0 }, 2 },
	{ "recovery in flight", { S, T, RECOVERED }, { 1, 0, 0, 0 }, 0 },
	{ "this one is told beforehand", { S, T, DETACH }, { 1, 0, 0, 0 }, 2 },
	{ "told, not yet counted", { DETACH, S, T, NEW_ITEM }, { 1, 1, 0, 0 }, 0 },
	{ "told, and counted", { DETACH, S, T, NEW_ITEM }, { 1, 0, 0, 0 }, 0 },
	{ "told, and two", { DETACH, S, T, NEW_ITEM }, { 1, 2, 0, 0 }, 2 },
	{ "told, and by now counted", { DETACH, NEW_ITEM, S, T }, { 1, 1, 0, 0 }, 2 },
	{ "removal was told afterwards", { REMOVED, S, T }, { 1, 1, 0, 0 }, 2 },
	{ "append during it, before", { S, APPEND, T }, { 1, 1, 0, 0 }, 0 },
	{ "append during it, after", { S, APPEND, T }, { 1, 2, 0, 0 }, 0 },
	{ "append during it, more", { S, APPEND, T }, { 1, 3, 0, 0 }, 2 },
	{ "append during it, less", { S, APPEND, T, NEW_ITEM }, { 1, 0, 0, 0 }, 2 },
	{ "detach and append during it", { S, DETACH, APPEND, T }, { 1, 0, 0, 0 }, 0 },
	{ "just before it is before it", { APPEND, S, T }, { 1, 1, 0, 0 }, 2 },
	{ "chain in flight", { S, T, CHAIN_MAKE }, { 1, 1, 1, 1 }, 0 },
	{ "chain in flight, one of both", { S, T, CHAIN_MAKE }, { 1, 1, 1, 0 }, 0 },
	{ "chain not begun", { S, T, NEW_ITEM, CHAIN_MAKE }, { 1, 1, 1, 1 }, 2 },
	{ "dup in flight", { CHAIN_MAKE, S, T, DUP_ADD }, { 1, 1, 1, 2 }, 0 },
	{ "dup not begun", { CHAIN_MAKE, S, T, NEW_ITEM, DUP_ADD }, { 1, 1, 1, 2 }, 2 },
	{ "collapse told, not counted", { CHAIN_MAKE, CHAIN_COLLAPSE, S, T }, { 1, 1, 1, 1 }, 0 },
	{ "collapse told and counted", { CHAIN_MAKE, CHAIN_COLLAPSE, NEW_ITEM, S, T }, { 1, 1, 1, 1 }, 2 },
	{ "lost behind it", { S, T, LOSE, APPEND }, { 1, 2, 0, 0 }, 1 },
};

static unsigned worst_of(const struct read_case *c)
{
	static const int64_t none[4] = { 0, 0, 0, 0 };
	struct feed *f = feed_new(false);
	struct tally tally = { 0 };
	uint64_t begin_ns = 0;

	FEED(f, P_MM_ENTER)->mm = MM;
	feed_counters(f, f->now_ns + 100, none);	/* from now on everything is known */
	*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = NODE(0), .kpfn = 100 };
	feed_append(f, 0);
	feed_append(f, 1);
	for (unsigned i = 0; i < 10 && c->steps[i]; i++) {
		if (c->steps[i] == S)
			begin_ns = f->now_ns + 100;
		else if (c->steps[i] == T)
			feed_counters(f, begin_ns, c->numbers);
		else
			take(f, c->steps[i]);
		if (c->steps[i] == T)
			tally.from = f->next - 1;
	}
	feed_flush(f);
	assert_int_equal(history_check(f->h, count, &tally), 0);
	feed_free(f);
	assert_int_equal(tally.nr[0] + tally.nr[1] + tally.nr[2], 4);
	return tally.nr[2] ? 2 : tally.nr[1] ? 1 : 0;
}

static void in_flight(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		unsigned worst = worst_of(&cases[i]);

		if (worst != cases[i].severity)
			print_error("%s: %u, not %u\n", cases[i].name, worst, cases[i].severity);
		assert_int_equal(worst, cases[i].severity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(in_flight) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
