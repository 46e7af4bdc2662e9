// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_dump.c - "dump N plus events equals dump N + 1", attribute by attribute.
 *
 * A small world (a chain with three dups, a plain node, items of three states, two VMAs) is dumped,
 * a few events change it, and it is dumped again.  Told truly, the second dump agrees in everything.
 * With one attribute told otherwise, exactly that one is found, with the kernel's value; and a
 * third dump like the second finds nothing, because the dump was believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "feed.h"

#define MM	(int64_t)0xffff888100000000ll
#define ITEM(i)	((int64_t)0xffff888200000000ll + 64 * (i))
#define NODE(i)	((int64_t)0xffff888300000000ll + 64 * (i))
#define AV(i)	((int64_t)0xffff888400000000ll + 128 * (i))
#define VMA(i)	((int64_t)0xffff888500000000ll + 192 * (i))

#define NR_NODES 5
#define NR_ITEMS 4
#define NR_VMAS	 2

struct world {
	struct args_P_DUMP_NODE nodes[NR_NODES];	/* chain, its dups from the head, plain */
	struct args_P_DUMP_ITEM items[NR_ITEMS];	/* two on the plain node, unstable, new */
	struct args_P_DUMP_ANON_VMA anon_vma;
	struct args_P_DUMP_VMA vmas[NR_VMAS];
	struct args_P_DUMP_MM mm;
	int64_t unshared, seqnr;
	uint32_t nr_nodes, nr_items, nr_vmas;
};

/* As the events of build() leave it. */
static struct world world(void)
{
	static const int dups[] = { 1, 3, 2 };	/* 3 was added last, then 1 was moved to the head */
	struct world w = { .nr_nodes = NR_NODES, .nr_items = NR_ITEMS, .nr_vmas = NR_VMAS, .unshared = 1 };

	w.nodes[0] = (struct args_P_DUMP_NODE){ .node = NODE(0), .kind = NODE_CHAIN };
	for (int i = 0; i < 3; i++)
		w.nodes[1 + i] = (struct args_P_DUMP_NODE){ .node = NODE(dups[i]), .kind = NODE_DUP,
			.chain = NODE(0), .kpfn = 100 + dups[i] };
	w.nodes[4] = (struct args_P_DUMP_NODE){ .node = NODE(4), .kpfn = 104, .hlist_len = 2 };
	for (int i = 0; i < 2; i++)
		w.items[i] = (struct args_P_DUMP_ITEM){ .item = ITEM(1 - i), .mm = MM, .state = ITEM_STABLE,
			.address = 0x10000 + 0x1000 * (1 - i), .node = NODE(4), .anon_vma = AV(0),
			.index = 17 - i };
	w.items[2] = (struct args_P_DUMP_ITEM){ .item = ITEM(2), .mm = MM, .address = 0x12000,
						.state = ITEM_UNSTABLE, .seqnr = 7 };
	w.items[3] = (struct args_P_DUMP_ITEM){ .item = ITEM(3), .mm = MM, .address = 0x13000 };
	w.anon_vma = (struct args_P_DUMP_ANON_VMA){ .anon_vma = AV(0), .root = AV(0), .parent = AV(0) };
	for (int i = 0; i < 2; i++)
		w.vmas[i] = (struct args_P_DUMP_VMA){ .anon_vma = AV(0), .vma = VMA(i), .mm = MM,
			.start = 0x10000 + 0x8000 * i, .end = 0x14000 + 0x8000 * i, .pgoff = 16 + 8 * i };
	w.mm = (struct args_P_DUMP_MM){ .mm = MM, .tgid = 55, .start_time = 123456789, .comm = "proc",
					.nr_items = 4 };
	return w;
}

static void dump(struct feed *f, const struct world *w, int64_t id)
{
	int64_t stable = 0, dups = 0, chains = 0, shared = 0;

	*FEED(f, P_DUMP_BEGIN) = (struct args_P_DUMP_BEGIN){ .dump = id, .seqnr = w->seqnr };
	for (uint32_t i = 0; i < w->nr_nodes; i++) {
		struct args_P_DUMP_NODE *node = FEED(f, P_DUMP_NODE);

		*node = w->nodes[i];
		node->dump = id;
		dups += node->kind == NODE_DUP;
		chains += node->kind == NODE_CHAIN;
		shared += node->node == NODE(4);
		for (uint32_t k = 0; k < w->nr_items && node->node == NODE(4); k++) {
			struct args_P_DUMP_ITEM *item;

			if (w->items[k].state != ITEM_STABLE)
				continue;
			item = FEED(f, P_DUMP_ITEM);
			*item = w->items[k];
			item->dump = id;
			stable++;
		}
	}
	*FEED(f, P_DUMP_MM) = w->mm;
	((struct args_P_DUMP_MM *)&f->args[f->nr - 1])->dump = id;
	for (uint32_t k = 0; k < w->nr_items; k++) {
		struct args_P_DUMP_ITEM *item;

		if (w->items[k].state == ITEM_STABLE)
			continue;
		item = FEED(f, P_DUMP_ITEM);
		*item = w->items[k];
		item->dump = id;
	}
	*FEED(f, P_DUMP_ANON_VMA) = w->anon_vma;
	((struct args_P_DUMP_ANON_VMA *)&f->args[f->nr - 1])->dump = id;
	((struct args_P_DUMP_ANON_VMA *)&f->args[f->nr - 1])->nr_vmas = w->nr_vmas;
	for (uint32_t i = 0; i < w->nr_vmas; i++) {
		struct args_P_DUMP_VMA *vma = FEED(f, P_DUMP_VMA);

		*vma = w->vmas[i];
		vma->dump = id;
	}
	*FEED(f, P_DUMP_END) = (struct args_P_DUMP_END){ .dump = id, .nr_nodes = w->nr_nodes,
		.nr_items = w->nr_items, .nr_vmas = w->nr_vmas, .nr_anon_vmas = 1, .nr_mms = 1,
		.nr_chains = chains, .nr_dups = dups, .pages_shared = shared,
		.pages_sharing = stable - shared, .pages_unshared = w->unshared };
}

/* The first dump, of a world that is a bit younger, and the events that lead to world(). */
static struct feed *build(void)
{
	struct feed *f = feed_new(false);
	struct world before = world();

	before.nodes[1] = before.nodes[2];		/* not yet there: dup 3, moved dup 1 */
	before.nodes[1].node = NODE(2);
	before.nodes[1].kpfn = 102;
	before.nodes[2].node = NODE(1);
	before.nodes[2].kpfn = 101;
	before.nodes[3] = before.nodes[4];
	before.nodes[3].hlist_len = 1;
	before.nr_nodes = 4;
	before.items[0] = before.items[1];		/* item 0 alone is stable */
	before.items[1] = (struct args_P_DUMP_ITEM){ .item = ITEM(1), .mm = MM, .address = 0x11000 };
	before.items[2].state = ITEM_NEW;
	before.unshared = 0;
	before.nr_vmas = 1;
	dump(f, &before, 1);
	*FEED(f, P_UNSTABLE_RESET) = (struct args_P_UNSTABLE_RESET){ .seqnr = 7 };
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM(1), .mm = MM,
		.address = 0x11000, .node = NODE(4), .anon_vma = AV(0), .index = 17 };
	*FEED(f, P_ITEM_UNSTABLE) = (struct args_P_ITEM_UNSTABLE){ .item = ITEM(2), .mm = MM,
		.address = 0x12000, .seqnr = 7 };
	*FEED(f, P_DUP_ADD) = (struct args_P_DUP_ADD){ .chain = NODE(0), .node = NODE(3), .kpfn = 103 };
	*FEED(f, P_DUP_HEAD) = (struct args_P_DUP_HEAD){ .chain = NODE(0), .node = NODE(1), .kpfn = 101 };
	*FEED(f, P_VMA_INSERT) = (struct args_P_VMA_INSERT){ .anon_vma = AV(0), .vma = VMA(1), .mm = MM,
		.start = 0x18000, .end = 0x1c000, .pgoff = 24 };
	return f;
}

struct found { char ids[8][32]; int64_t expected; uint32_t nr; };

static int collect(const struct finding *finding, void *arg)
{
	struct found *found = arg;

	if (finding->severity == 0)
		return 0;
	assert_int_equal(finding->severity, 2);
	if (found->nr < 8)
		snprintf(found->ids[found->nr], sizeof(found->ids[0]), "%s", finding->id);
	if (found->nr++ == 0)
		found->expected = finding->expected;
	return 0;
}

struct mutation { const char *id; size_t offset; int64_t value; int64_t expected; };
#define AT(member) offsetof(struct world, member)

/* What is told otherwise, and the first finding.  Addresses in hlists are not told by numbers. */
static const struct mutation mutations[] = {
	{ NULL, 0, 0, 0 },
	{ "dump-node-kpfn", AT(nodes[4].kpfn), 200, 200 },
	{ "dump-node-nid", AT(nodes[2].nid), 1, 1 },
	{ "dump-node-items", AT(nodes[4].hlist_len), 3, 3 },
	{ "dump-node-place", AT(nodes[4].place), 1, 1 },
	{ "dump-item-anon-vma", AT(items[0].anon_vma), AV(1), 3 },
	{ "dump-item-index", AT(items[1].index), 99, 99 },
	{ "dump-item-seqnr", AT(items[2].seqnr), 8, 8 },
	{ "dump-item-missing", AT(items[3].item), ITEM(9), 1 },
	{ "dump-anon-vma-root", AT(anon_vma.root), AV(2), 3 },
	{ "dump-anon-vma-parent", AT(anon_vma.parent), AV(2), 3 },
	{ "dump-vma-start", AT(vmas[1].start), 0x17000, 0x17000 },
	{ "dump-vma-end", AT(vmas[1].end), 0x1d000, 0x1d000 },
	{ "dump-vma-pgoff", AT(vmas[0].pgoff), 17, 17 },
	{ "dump-vma-missing", AT(vmas[0].vma), VMA(7), 1 },
	{ "dump-mm-tgid", AT(mm.tgid), 56, 56 },
	{ "dump-mm-start-time", AT(mm.start_time), 99, 99 },
	{ "dump-mm-items", AT(mm.nr_items), 5, 5 },
	{ "dump-pages-unshared", AT(unshared), 2, 2 },
};

static struct found second_dump(struct feed *f, const struct world *w)
{
	struct found found = { .nr = 0 };

	dump(f, w, 2);
	feed_flush(f);
	assert_int_equal(history_check(f->h, collect, &found), 0);
	return found;
}

static void each_attribute_is_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mutations) / sizeof(*mutations); i++) {
		const struct mutation *m = &mutations[i];
		struct found found, again = { .nr = 0 };
		struct feed *f = build();
		struct world w = world();

		if (m->id)
			memcpy((char *)&w + m->offset, &m->value, sizeof(m->value));
		found = second_dump(f, &w);
		if (!m->id && found.nr)
			fail_msg("a true dump: %s", found.ids[0]);
		if (m->id && (!found.nr || strcmp(found.ids[0], m->id) || found.expected != m->expected))
			fail_msg("%s: found %u: %s, %lld", m->id, found.nr, found.ids[0],
				 (long long)found.expected);
		/* What a counter or a length alone said cannot be believed. */
		if (m->id && strcmp(m->id, "dump-pages-unshared") && strcmp(m->id, "dump-node-items") &&
		    strcmp(m->id, "dump-mm-items")) {
			dump(f, &w, 3);
			feed_flush(f);
			assert_int_equal(history_check(f->h, collect, &again), 0);
			if (again.nr != found.nr)
				fail_msg("%s: found %u more, last %s", m->id, again.nr - found.nr,
					 again.ids[again.nr - 1 < 7 ? again.nr - 1 : 7]);
		}
		feed_free(f);
	}
}

/* Two rows told in the other order: one finding. */
static void order_is_compared(void **state)
{
	struct feed *f = build();
	struct world w = world();
	struct args_P_DUMP_NODE node = w.nodes[2];
	struct args_P_DUMP_ITEM item = w.items[0];
	struct found found;

	(void)state;
	w.nodes[2] = w.nodes[3];
	w.nodes[3] = node;
	found = second_dump(f, &w);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.ids[0], "dump-dup-order");
	feed_free(f);

	w = world();
	w.items[0] = w.items[1];
	w.items[1] = item;
	f = build();
	found = second_dump(f, &w);
	assert_true(found.nr >= 1);
	assert_string_equal(found.ids[0], "dump-item-order");
	feed_free(f);

	w = world();		/* the plain node in front of the chain */
	node = w.nodes[4];
	memmove(&w.nodes[1], &w.nodes[0], 4 * sizeof(w.nodes[0]));
	w.nodes[0] = node;
	f = build();
	found = second_dump(f, &w);
	assert_true(found.nr >= 1);
	assert_string_equal(found.ids[0], "dump-node-order");
	feed_free(f);
}

/* What a complete dump has not is found, too. */
static void surplus_is_found(void **state)
{
	struct feed *f = build();
	struct world w = world();
	struct found found;

	(void)state;
	w.nr_items = 3;		/* without the new one */
	w.mm.nr_items = 4;
	found = second_dump(f, &w);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.ids[0], "dump-item-surplus");
	feed_free(f);

	w = world();
	w.nr_vmas = 1;
	f = build();
	found = second_dump(f, &w);
	assert_int_equal(found.nr, 1);
	assert_string_equal(found.ids[0], "dump-vma-surplus");
	feed_free(f);
}

static void dups_stand_as_in_the_hlist(void **state)
{
	static const uint64_t kpfns[3][3] = { { 102, 101, 0 }, { 103, 102, 101 }, { 101, 103, 102 } };
	struct feed *f = build();
	uint64_t last = f->next - 1;
	struct ref chain;

	(void)state;
	feed_flush(f);
	assert_int_equal(history_find(f->h, TABLE_NODE, NODE(0), 0, moment_at(last), &chain), 0);
	for (unsigned i = 0; i < 3; i++) {	/* before dup_add, after it, after dup_head */
		struct history_cursor cursor;
		uint64_t t = last - 3 + i;
		union row row;

		assert_int_equal(history_list(f->h, DUPS_OF_CHAIN, chain, moment_at(t), &cursor), 0);
		for (unsigned k = 0; k < 3 && kpfns[i][k]; k++) {
			assert_int_equal(history_next(&cursor, &row), 1);
			assert_int_equal(row.node.kpfn, kpfns[i][k]);
		}
		assert_int_equal(history_next(&cursor, &row), 0);
	}
	feed_free(f);
}

/*
 * A dump tells of what was there before; what it names first is not new, what it counts did not change.  With
 * hindsight the numbers are as they are in the lists.
 */
static void what_a_dump_tells_did_not_happen_there(void **state)
{
	static const struct { enum table table; int64_t addr; } objects[] = {
		{ TABLE_MM, MM }, { TABLE_NODE, NODE(4) }, { TABLE_NODE, NODE(0) }, { TABLE_ITEM, ITEM(0) },
		{ TABLE_ITEM, ITEM(3) }, { TABLE_VMA, VMA(0) }, { TABLE_ANON_VMA, AV(0) },
	};
	struct feed *f = feed_new(false);
	struct history_mm_counters counters;
	struct world w = world();
	uint64_t told, appended, nr;
	struct ref mm = { 0 };
	union row row;

	(void)state;
	FEED(f, KSM_START_SCAN);
	dump(f, &w, 1);
	told = f->next - 1;
	*FEED(f, P_ITEM_APPEND) = (struct args_P_ITEM_APPEND){ .item = ITEM(3), .mm = MM, .address = 0x13000,
		.node = NODE(4), .anon_vma = AV(0), .index = 19, .hlist_len = 3 };
	appended = f->next - 1;
	feed_flush(f);
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		unsigned touched = 0;
		struct ref ref;

		assert_int_equal(history_find(f->h, objects[i].table, (uint64_t)objects[i].addr, 0, moment_at(told),
					      &ref), 0);
		for (uint64_t n = 1; n <= told; n++) {
			if (!history_touches(f->h, ref, n))
				continue;
			touched++;
			assert_true(history_learned(f->h, ref, n));
		}
		assert_true(touched > 0);
		assert_int_equal(history_row(f->h, ref, moment_at(told), &row), 0);
		assert_int_equal(row.fact.evidence, EVIDENCE_DUMPED);
		if (objects[i].table == TABLE_MM)
			mm = ref;
		if (objects[i].addr == NODE(4) || objects[i].addr == ITEM(3)) {
			assert_true(history_touches(f->h, ref, appended));
			assert_false(history_learned(f->h, ref, appended));
		}
	}
	assert_false(history_tells(f->h, appended));
	assert_false(history_tells(f->h, 1));
	for (uint64_t t = 0; t <= appended; t++) {
		assert_int_equal(history_mm_counters(f->h, mm, moment_hindsight(t), &counters), 0);
		assert_int_equal(counters.nr_items, NR_ITEMS);
		assert_int_equal(counters.nr_stable_items, t < appended ? 2 : 3);
		assert_int_equal(history_count(f->h, ITEMS_OF_MM, mm, moment_hindsight(t), &nr, NULL), 0);
		assert_int_equal(nr, NR_ITEMS);
	}
	feed_free(f);
}

/*
 * The flag of an unstable tree of the scan before, and no event has told whether the next has begun and thrown it away:
 * a second dump with the same flag does not tell either.
 */
static void an_untold_tree_stays_so(void **state)
{
	struct feed *f = feed_new(false);
	struct world w = world();
	struct ref item;
	union row row;

	(void)state;
	w.seqnr = 8;
	for (int id = 1; id <= 4; id++) {
		if (id == 4)	/* and of the scan that runs */
			*FEED(f, P_ITEM_UNSTABLE) = (struct args_P_ITEM_UNSTABLE){ .item = ITEM(2), .mm = MM,
				.address = 0x12000, .seqnr = w.items[2].seqnr = 8 };
		dump(f, &w, id);
		feed_flush(f);
		assert_int_equal(history_find(f->h, TABLE_ITEM, (uint64_t)ITEM(2), 0, moment_at(f->next - 1), &item), 0);
		assert_int_equal(history_row(f->h, item, moment_at(f->next - 1), &row), 0);
		assert_int_equal(row.item.state, ITEM_UNSTABLE);
		assert_int_equal(row.fact.doubt, id < 4 ? DOUBT_UNKNOWN_BEFORE : DOUBT_NONE);
	}
	feed_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_dump_tells_did_not_happen_there),
		cmocka_unit_test(an_untold_tree_stays_so),
		cmocka_unit_test(each_attribute_is_compared),
		cmocka_unit_test(order_is_compared),
		cmocka_unit_test(surplus_is_found),
		cmocka_unit_test(dups_stand_as_in_the_hlist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
