// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_loss.c - a recording with gaps claims nothing that the whole recording denies.
 *
 * A toy kernel that keeps the rules (ksmd detaches before it appends, VMAs leave before they come
 * again; ksmd in streams 0 and 1, moving slowly between them, all others in stream 2) is recorded
 * whole, and once more with runs of events of one stream taken out.  At every moment each row that
 * the second calls certain must be in the first, with the same attributes.  Behind a complete
 * dump no row that it lists is doubtful.
 *
 * KSMTOP_SEED repeats one storm.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storm.h"

#define NR		900u
#define NR_ITEMS	12
#define NR_NODES	4
#define NR_VMAS		5
#define MM		0xffff888100000000ll
#define ITEM(i)		(0xffff888200000000ll + 64 * (i))
#define NODE(i)		(0xffff888300000000ll + 64 * (i))
#define AV		0xffff888400000080ll
#define VMA(i)		(0xffff888500000000ll + 192 * (i))

struct toy {
	struct event events[NR + 64], kept[NR + 64];
	union storm_args args[NR + 64];
	struct event_loss losses[NR];
	uint64_t real[NR + 64];		/* number in the whole recording of each that was kept */
	uint32_t nr, nr_kept, nr_losses;
	uint64_t rng, now_ns, dumps;
	int made[NR_ITEMS], on[NR_ITEMS];	/* node + 1 */
	int64_t kpfn[NR_NODES], pgoff[NR_VMAS];
	uint16_t cpu;
};

static uint32_t pick(struct toy *t, uint32_t below) { return (uint32_t)(storm_random(&t->rng) % below); }

static union storm_args *add(struct toy *t, enum event_kind kind, bool ksmd)
{
	struct event *ev = &t->events[t->nr];

	if (ksmd && pick(t, 25) == 0) {
		t->cpu ^= 1;
		t->now_ns += 40000;
	}
	t->now_ns += 200 + pick(t, 600);
	*ev = (struct event){ .ts_ns = t->now_ns, .args = &t->args[t->nr], .present = UINT32_MAX,
			      .pid = ksmd ? 30 : 100, .kind = (uint16_t)kind,
			      .stream = ksmd ? t->cpu : 2 };
	return &t->args[t->nr++];
}
#define ADD(t, kind, ksmd) (&add(t, EVENT_##kind, ksmd)->a_##kind)

static void item_step(struct toy *t)
{
	uint32_t i = pick(t, NR_ITEMS), n = pick(t, NR_NODES);
	int64_t address = 0x10000 + 0x1000 * (int64_t)i;

	if (!t->made[i]) {
		*ADD(t, P_ITEM_NEW, true) = (struct args_P_ITEM_NEW){ ITEM(i), MM, address };
		t->made[i] = 1;
	} else if (t->on[i] && pick(t, 2)) {
		*ADD(t, P_ITEM_SCAN, true) = (struct args_P_ITEM_SCAN){ .item = ITEM(i), .mm = MM,
			.address = address, .outcome = 1 };
	} else if (t->on[i]) {
		*ADD(t, P_ITEM_DETACH, true) = (struct args_P_ITEM_DETACH){ .item = ITEM(i), .mm = MM,
			.address = address, .node = NODE(t->on[i] - 1) };
		t->on[i] = 0;
	} else if (t->kpfn[n] && pick(t, 6)) {
		*ADD(t, P_ITEM_APPEND, true) = (struct args_P_ITEM_APPEND){ .item = ITEM(i), .mm = MM,
			.address = address, .node = NODE(n), .anon_vma = AV, .index = address >> 12 };
		t->on[i] = (int)n + 1;
	} else {
		*ADD(t, P_ITEM_FREE, true) = (struct args_P_ITEM_FREE){ ITEM(i), MM, address };
		t->made[i] = 0;
	}
}

static void node_step(struct toy *t)
{
	uint32_t n = pick(t, NR_NODES);
	int64_t kpfn = 0x1000 + pick(t, 1000);
	bool empty = true;

	for (uint32_t i = 0; i < NR_ITEMS; i++)
		empty &= t->on[i] != (int)n + 1;
	if (!t->kpfn[n]) {
		*ADD(t, P_NODE_INSERT, true) = (struct args_P_NODE_INSERT){ .node = NODE(n), .kpfn = kpfn };
		t->kpfn[n] = kpfn;
	} else if (empty) {
		*ADD(t, P_NODE_ERASE, true) = (struct args_P_NODE_ERASE){ .node = NODE(n), .kpfn = t->kpfn[n] };
		*ADD(t, P_NODE_FREE, true) = (struct args_P_NODE_FREE){ .node = NODE(n), .kpfn = t->kpfn[n] };
		t->kpfn[n] = 0;
	} else {
		*ADD(t, P_NODE_KPFN, false) = (struct args_P_NODE_KPFN){ .node = NODE(n),
			.old_kpfn = t->kpfn[n], .kpfn = kpfn };
		t->kpfn[n] = kpfn;
	}
}

static struct args_P_VMA_INSERT vma_args(const struct toy *t, uint32_t i)
{
	return (struct args_P_VMA_INSERT){ .anon_vma = AV, .vma = VMA(i), .mm = MM, .start = 0x10000,
					   .end = 0x20000, .pgoff = t->pgoff[i] };
}

static void vma_step(struct toy *t)
{
	uint32_t i = pick(t, NR_VMAS);
	struct args_P_VMA_INSERT args;

	if (t->pgoff[i]) {
		args = vma_args(t, i);
		memcpy(ADD(t, P_VMA_REMOVE, false), &args, sizeof(args));
		t->pgoff[i] = 0;
	} else {
		t->pgoff[i] = 1 + pick(t, 50);
		*ADD(t, P_VMA_INSERT, false) = vma_args(t, i);
	}
}

static void dump(struct toy *t)
{
	struct args_P_DUMP_END end = { .dump = (int64_t)++t->dumps, .nr_mms = 1, .nr_anon_vmas = 1 };

	ADD(t, P_DUMP_BEGIN, true)->dump = end.dump;
	for (uint32_t n = 0; n < NR_NODES; n++) {
		if (!t->kpfn[n])
			continue;
		end.nr_nodes++;
		*ADD(t, P_DUMP_NODE, true) = (struct args_P_DUMP_NODE){ .dump = end.dump, .node = NODE(n),
									.kpfn = t->kpfn[n] };
	}
	for (uint32_t i = 0; i < NR_ITEMS; i++) {
		if (!t->made[i])
			continue;
		end.nr_items++;
		*ADD(t, P_DUMP_ITEM, true) = (struct args_P_DUMP_ITEM){ .dump = end.dump, .item = ITEM(i),
			.mm = MM, .address = 0x10000 + 0x1000 * (int64_t)i, .state = t->on[i] ? 2 : 0,
			.node = t->on[i] ? NODE(t->on[i] - 1) : 0, .anon_vma = t->on[i] ? AV : 0,
			.index = t->on[i] ? 16 + i : 0 };
	}
	*ADD(t, P_DUMP_MM, true) = (struct args_P_DUMP_MM){ .dump = end.dump, .mm = MM, .tgid = 100,
							   .nr_items = end.nr_items };
	for (uint32_t i = 0; i < NR_VMAS; i++)
		end.nr_vmas += t->pgoff[i] != 0;
	*ADD(t, P_DUMP_ANON_VMA, true) = (struct args_P_DUMP_ANON_VMA){ .dump = end.dump, .anon_vma = AV,
									.nr_vmas = end.nr_vmas };
	for (uint32_t i = 0; i < NR_VMAS; i++) {
		struct args_P_VMA_INSERT v = vma_args(t, i);

		if (t->pgoff[i])
			*ADD(t, P_DUMP_VMA, true) = (struct args_P_DUMP_VMA){ .dump = end.dump,
				.anon_vma = AV, .vma = v.vma, .mm = MM, .start = v.start, .end = v.end,
				.pgoff = v.pgoff };
	}
	*ADD(t, P_DUMP_END, true) = end;
}

/* Takes runs of one stream's events out and renumbers the rest. */
static void lose(struct toy *t)
{
	uint64_t last[3] = { 0 };
	uint32_t losing[3] = { 0 }, lost[3] = { 0 };

	for (uint32_t i = 0; i < t->nr; i++) {
		struct event *ev = &t->events[i];
		uint16_t s = ev->stream;

		if (!losing[s] && i > 20 && pick(t, 150) == 0)
			losing[s] = 1 + pick(t, 12);
		if (losing[s]) {
			losing[s]--;
			lost[s]++;
			continue;
		}
		t->kept[t->nr_kept] = *ev;
		t->real[++t->nr_kept] = i + 1;
		if (lost[s]) {
			t->losses[t->nr_losses++] = (struct event_loss){ .after_nr = last[s],
				.before_nr = t->nr_kept, .nr_lost = lost[s], .stream = s,
				.before_ns = ev->ts_ns };
			t->kept[t->nr_kept - 1].loss = t->nr_losses;
		}
		lost[s] = 0;
		last[s] = t->nr_kept;
	}
	for (uint16_t s = 0; s < 3; s++)
		if (lost[s])
			t->losses[t->nr_losses++] = (struct event_loss){ .after_nr = last[s],
				.nr_lost = lost[s], .stream = s, .before_ns = UINT64_MAX };
}

static struct history *build(const struct event *events, uint32_t nr, const struct toy *t, bool lossy)
{
	struct history_options options = { 0 };
	struct event_batch batch = { .first_nr = 1, .nr_events = nr, .events = events,
				     .losses = t->losses, .nr_losses = lossy ? t->nr_losses : 0 };
	struct history *h;

	assert_int_equal(history_new(&options, &h), 0);
	assert_int_equal(history_feed(h, &batch), 0);
	return h;
}

static uint64_t addr_of(const struct history *h, struct ref ref, struct moment when)
{
	union row row;

	return !ref_is_none(ref) && history_row(h, ref, when, &row) == 0 ? row.node.name.addr : 0;
}

/* A word for what the row says, with no ref in it. */
static void describe(const struct history *h, const union row *row, struct moment when, char text[160])
{
	switch (row->any.ref.table) {
	case TABLE_NODE:
		snprintf(text, 160, "node %llx kpfn %llx place %u", (unsigned long long)row->node.name.addr,
			 (unsigned long long)row->node.kpfn, row->node.place);
		break;
	case TABLE_ITEM:
		snprintf(text, 160, "item %llx address %llx state %u node %llx",
			 (unsigned long long)row->item.name.addr, (unsigned long long)row->item.address,
			 row->item.state, (unsigned long long)addr_of(h, row->item.node, when));
		break;
	default:
		snprintf(text, 160, "vma %llx start %llx end %llx pgoff %llx",
			 (unsigned long long)row->vma.name.addr, (unsigned long long)row->vma.start,
			 (unsigned long long)row->vma.end, (unsigned long long)row->vma.pgoff);
		break;
	}
}

static bool has(const struct history *h, enum relation relation, struct moment when, const char *what)
{
	struct history_cursor cursor;
	union row row;
	char text[160];

	assert_int_equal(history_list(h, relation, (struct ref){ 0 }, when, &cursor), 0);
	while (history_next(&cursor, &row) == 1) {
		describe(h, &row, when, text);
		if (strcmp(text, what) == 0)
			return true;
	}
	return false;
}

static const enum relation relations[] = { ALL_NODES, ALL_ITEMS, ALL_VMAS };
static uint64_t nr_sure, nr_doubtful;

static void compare(const struct history *whole, const struct history *lossy, uint64_t real,
		    struct moment when, bool no_doubt, uint64_t seed)
{
	for (unsigned r = 0; r < 3; r++) {
		struct history_cursor cursor;
		union row row;
		char text[160];

		assert_int_equal(history_list(lossy, relations[r], (struct ref){ 0 }, when, &cursor), 0);
		while (history_next(&cursor, &row) == 1) {
			describe(lossy, &row, when, text);
			if (row.fact.doubt) {
				nr_doubtful++;
				if (no_doubt)
					fail_msg("KSMTOP_SEED=%llu %llu: %s is doubtful behind a dump",
						 (unsigned long long)seed, (unsigned long long)when.t, text);
				continue;
			}
			nr_sure++;
			if (!has(whole, relations[r], moment_at(real), text))
				fail_msg("KSMTOP_SEED=%llu event %llu (%llu)%s: %s is not so",
					 (unsigned long long)seed, (unsigned long long)when.t,
					 (unsigned long long)real,
					 when.known_by == when.t ? "" : " hindsight", text);
		}
	}
}

static void storm(uint64_t seed)
{
	struct toy *t = calloc(1, sizeof(*t));
	struct history *whole, *lossy;

	t->rng = seed;
	t->now_ns = 1000000;
	*ADD(t, P_MM_ENTER, false) = (struct args_P_MM_ENTER){ .mm = MM, .tgid = 100 };
	ADD(t, P_ANON_VMA_NEW, false)->anon_vma = AV;
	dump(t);
	while (t->nr < NR) {
		uint32_t dice = pick(t, 100);

		if (dice < 60)
			item_step(t);
		else if (dice < 80)
			node_step(t);
		else if (dice < 99)
			vma_step(t);
		else
			dump(t);
	}
	lose(t);
	whole = build(t->events, t->nr, t, false);
	lossy = build(t->kept, t->nr_kept, t, true);
	for (uint64_t e = 1; e <= t->nr_kept; e++) {
		/* Events lost right behind e have happened by the next: look just at e. */
		bool no_doubt = false;

		if (t->kept[e - 1].kind == EVENT_P_DUMP_END) {
			uint64_t begin = e;

			while (begin > 1 && t->kept[begin - 1].kind != EVENT_P_DUMP_BEGIN)
				begin--;
			no_doubt = t->real[e] - t->real[begin] == e - begin;
			for (uint32_t i = 0; i < t->nr_losses; i++)
				no_doubt &= (t->losses[i].before_nr && t->losses[i].before_nr < begin) ||
					    t->losses[i].after_nr >= e;
		}
		compare(whole, lossy, t->real[e], moment_at(e), no_doubt, seed);
		if (e % 7 == 0)
			compare(whole, lossy, t->real[e], moment_hindsight(e), false, seed);
	}
	history_free(whole);
	history_free(lossy);
	free(t);
}

static void what_is_certain_is_so(void **state)
{
	const char *seed = getenv("KSMTOP_SEED");

	(void)state;
	for (uint64_t s = 1; s <= 30; s++)
		storm(seed ? strtoull(seed, NULL, 10) : s);
	assert_true(nr_sure > 1000 && nr_doubtful > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_certain_is_so) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
