// SPDX-License-Identifier: GPL-2.0-only
/*
 * toy.c - the steps of the toy kernel.
 *
 * Each step is what one function of mm/ksm.c does, with the events in its order: ksmd takes an item off
 * before it appends it, a node leaves its tree before it goes to the migrate list or is freed, a chain
 * takes over its first dup's place and gives it back when one dup is left.  A step that makes no sense
 * now becomes another one.
 *
 * No content is compared and no limit kept: what matters is that every change is one the kernel can make.
 */
#include "toy.h"

#include <string.h>

#define MM(i)		(0xffff888100000000ll + 0x800 * (i))
#define ITEM(i)		(0xffff888200000000ll + 64 * (i))
#define NODE(i)		(0xffff888300000000ll + 64 * (i))
#define AV(i)		(0xffff888400000080ll + 0x80 * (i))
#define VMA(i)		(0xffff888500000000ll + 192 * (i))
#define NONE		(-1)

uint32_t toy_pick(struct toy *t, uint32_t below) { return (uint32_t)(storm_random(&t->rng) % below); }

static union storm_args *record(struct toy *t, enum event_kind kind, int32_t pid, uint16_t stream)
{
	struct event *ev = &t->events[t->nr];

	t->now_ns += 200 + toy_pick(t, 600);
	*ev = (struct event){ .ts_ns = t->now_ns, .args = &t->args[t->nr], .present = UINT32_MAX,
			      .pid = pid, .kind = (uint16_t)kind, .stream = stream };
#define V(event, name) t->counts[stream][COUNT_##event] += kind == EVENT_P_##event;
	KSMTOP_COUNTED(V)
#undef V
	return &t->args[t->nr++];
}

/* Some stream's timer has expired, or a filter keeps an event out. */
static void count(struct toy *t)
{
	uint16_t stream = (uint16_t)toy_pick(t, TOY_STREAMS);
	union storm_args *args;

	if (t->filtering && toy_pick(t, 4) == 0)
		t->counts[stream][toy_pick(t, KSMTOP_NR_COUNTS)]++;
	if (toy_pick(t, 12))
		return;
	args = record(t, EVENT_P_COUNTS, 0, stream);
	memcpy(args->a_P_COUNTS.nr, t->counts[stream], sizeof(t->counts[stream]));
}

static union storm_args *add(struct toy *t, enum event_kind kind, bool ksmd)
{
	if (t->counting)
		count(t);
	if (ksmd && toy_pick(t, 25) == 0) {
		t->cpu ^= 1;
		t->now_ns += 40000;
	}
	return record(t, kind, ksmd ? 30 : 100, ksmd ? t->cpu : 2);
}
#define ADD(t, kind, ksmd) (&add(t, EVENT_##kind, ksmd)->a_##kind)

static int64_t mm_of(int i) { return MM(i % 2); }
static int64_t address_of(int i) { return 0x10000 + 0x1000 * (int64_t)i; }

/* ---- orders ---- */
static void put(struct toy_order *order, int at, int node)
{
	memmove(&order->nodes[at + 1], &order->nodes[at], (size_t)(order->nr - at) * sizeof(int));
	order->nodes[at] = node;
	order->nr++;
}

static int place_of(const struct toy_order *order, int node)
{
	for (int i = 0; i < order->nr; i++)
		if (order->nodes[i] == node)
			return i;
	return NONE;
}

static void take(struct toy_order *order, int node)
{
	int at = place_of(order, node);

	if (at == NONE)
		return;
	order->nr--;
	memmove(&order->nodes[at], &order->nodes[at + 1], (size_t)(order->nr - at) * sizeof(int));
}

/* ---- stable nodes ---- */
static int some(struct toy *t, bool made, int kind, int place)
{
	int from = (int)toy_pick(t, TOY_NODES);

	for (int i = 0; i < TOY_NODES; i++) {
		const struct toy_node *node = &t->nodes[(from + i) % TOY_NODES];

		if (node->made == made && (!made || ((kind == NONE || (int)node->kind == kind) &&
						     (place == NONE || (int)node->place == place))))
			return (from + i) % TOY_NODES;
	}
	return NONE;
}

static bool has_items(const struct toy *t, int n)
{
	for (int i = 0; i < TOY_ITEMS; i++)
		if (t->items[i].made && t->items[i].state == 2 && t->items[i].node == n)
			return true;
	return false;
}

/* A new page's node, or one from the migrate list, into its nid's tree: stable_tree_insert(), _search(). */
static void insert(struct toy *t, int n)
{
	struct toy_node *node = &t->nodes[n];
	struct toy_order *tree = &t->trees[node->nid];
	int at = (int)toy_pick(t, (uint32_t)tree->nr + 1);

	*ADD(t, P_NODE_INSERT, true) = (struct args_P_NODE_INSERT){ .node = NODE(n), .kpfn = node->kpfn,
		.nid = node->nid, .pred = at ? NODE(tree->nodes[at - 1]) : 0 };
	put(tree, at, n);
	node->kind = TOY_PLAIN;
	node->place = TOY_IN_TREE;
}

/* alloc_stable_node_chain(), then stable_node_chain_add_dup(). */
static void add_to_chain(struct toy *t, int n)
{
	struct toy_node *node = &t->nodes[n];
	int chain = some(t, true, TOY_CHAIN, TOY_IN_TREE), plain = some(t, true, TOY_PLAIN, TOY_IN_TREE);

	if (chain == NONE && plain != NONE && t->nodes[plain].nid == node->nid &&
	    (chain = some(t, false, NONE, NONE)) != NONE) {
		struct toy_order *tree = &t->trees[node->nid];

		*ADD(t, P_CHAIN_MAKE, true) = (struct args_P_CHAIN_MAKE){ .chain = NODE(chain),
			.node = NODE(plain), .nid = node->nid };
		tree->nodes[place_of(tree, plain)] = chain;
		t->nodes[chain] = (struct toy_node){ .made = true, .kind = TOY_CHAIN, .nid = node->nid };
		t->dups[chain] = (struct toy_order){ { plain }, 1 };
		t->nodes[plain].kind = TOY_DUP;
		t->nodes[plain].chain = chain;
	}
	if (chain == NONE || t->nodes[chain].nid != node->nid) {
		insert(t, n);
		return;
	}
	*ADD(t, P_DUP_ADD, true) = (struct args_P_DUP_ADD){ .chain = NODE(chain), .node = NODE(n),
		.kpfn = node->kpfn, .nid = node->nid };
	put(&t->dups[chain], 0, n);
	node->kind = TOY_DUP;
	node->place = TOY_IN_TREE;
	node->chain = chain;
}

static void new_node(struct toy *t)
{
	int n = some(t, false, NONE, NONE);

	if (n == NONE)
		return;
	t->nodes[n] = (struct toy_node){ .made = true, .place = TOY_NOWHERE, .chain = NONE };
	t->nodes[n].nid = (int)toy_pick(t, TOY_NIDS);
	t->nodes[n].kpfn = 0x1000 + toy_pick(t, 1000);
	if (toy_pick(t, 2))
		insert(t, n);
	else
		add_to_chain(t, n);
}

/* __stable_node_dup_del() and rb_erase(). */
static void take_off(struct toy *t, int n)
{
	struct toy_node *node = &t->nodes[n];
	struct args_P_NODE_ERASE args = { .node = NODE(n), .kpfn = node->kpfn, .nid = node->nid };

	if (node->place == TOY_ON_LIST) {
		*ADD(t, P_MIGRATE_DEL, true) = (struct args_P_MIGRATE_DEL){ .node = NODE(n),
			.kpfn = node->kpfn, .nid = node->nid };
	} else if (node->kind == TOY_DUP) {
		memcpy(ADD(t, P_DUP_DEL, true), &args, sizeof(args));
		take(&t->dups[node->chain], n);
	} else {
		memcpy(ADD(t, P_NODE_ERASE, true), &args, sizeof(args));
		take(&t->trees[node->nid], n);
	}
	node->kind = TOY_PLAIN;
	node->place = TOY_NOWHERE;
	node->chain = NONE;
}

static void free_node(struct toy *t, int n)
{
	take_off(t, n);
	*ADD(t, P_NODE_FREE, true) = (struct args_P_NODE_FREE){ .node = NODE(n), .kpfn = t->nodes[n].kpfn,
		.nid = t->nodes[n].nid };
	t->nodes[n].made = false;
}

/* stable_node_dup(): a chain of one dup is dropped, an empty one freed, a dup with room goes to the head. */
static void look_at_chain(struct toy *t, int chain)
{
	struct toy_order *dups = &t->dups[chain], *tree = &t->trees[t->nodes[chain].nid];
	int n = dups->nr ? dups->nodes[toy_pick(t, (uint32_t)dups->nr)] : NONE;

	if (n == NONE) {
		*ADD(t, P_CHAIN_FREE, true) = (struct args_P_CHAIN_FREE){ .node = NODE(chain),
			.nid = t->nodes[chain].nid };
		take(tree, chain);
		t->nodes[chain].made = false;
	} else if (dups->nr == 1) {
		*ADD(t, P_CHAIN_COLLAPSE, true) = (struct args_P_CHAIN_COLLAPSE){ .chain = NODE(chain),
			.node = NODE(n), .kpfn = t->nodes[n].kpfn, .nid = t->nodes[chain].nid };
		tree->nodes[place_of(tree, chain)] = n;
		t->nodes[n].kind = TOY_PLAIN;
		t->nodes[n].chain = NONE;
		t->nodes[chain].made = false;
	} else {
		*ADD(t, P_DUP_HEAD, true) = (struct args_P_DUP_HEAD){ .chain = NODE(chain),
			.node = NODE(n), .kpfn = t->nodes[n].kpfn, .nid = t->nodes[chain].nid };
		take(dups, n);
		put(dups, 0, n);
	}
}

static void node_step(struct toy *t)
{
	int n = (int)toy_pick(t, TOY_NODES);
	struct toy_node *node = &t->nodes[n];

	if (!node->made) {
		new_node(t);
	} else if (node->kind == TOY_CHAIN) {
		look_at_chain(t, n);
	} else if (!has_items(t, n)) {
		free_node(t, n);
	} else if (toy_pick(t, 2)) {	/* folio_migrate_ksm(): without the mutex */
		int64_t kpfn = 0x1000 + toy_pick(t, 1000);

		*ADD(t, P_NODE_KPFN, false) = (struct args_P_NODE_KPFN){ .node = NODE(n),
			.old_kpfn = node->kpfn, .kpfn = kpfn, .old_nid = node->nid, .nid = node->nid };
		node->kpfn = kpfn;
	} else if (node->place == TOY_ON_LIST) {
		take_off(t, n);
		node->nid = (int)toy_pick(t, TOY_NIDS);
		if (toy_pick(t, 2))
			insert(t, n);
		else
			add_to_chain(t, n);
	} else {
		take_off(t, n);
		*ADD(t, P_MIGRATE_ADD, true) = (struct args_P_MIGRATE_ADD){ .node = NODE(n),
			.kpfn = node->kpfn, .nid = node->nid };
		node->place = TOY_ON_LIST;
	}
}

/* ---- items ---- */
static void detach(struct toy *t, int i)
{
	struct toy_item *item = &t->items[i];

	*ADD(t, P_ITEM_DETACH, true) = (struct args_P_ITEM_DETACH){ .item = ITEM(i), .mm = mm_of(i),
		.address = address_of(i), .node = item->state == 2 ? NODE(item->node) : 0 };
	item->state = 0;
}

static void free_item(struct toy *t, int i)
{
	if (t->items[i].state)
		detach(t, i);
	*ADD(t, P_ITEM_FREE, true) = (struct args_P_ITEM_FREE){ ITEM(i), mm_of(i), address_of(i) };
	t->items[i].made = 0;
}

static void append(struct toy *t, int i)
{
	int n = some(t, true, (int)(toy_pick(t, 2) ? TOY_PLAIN : TOY_DUP), TOY_IN_TREE);

	if (n == NONE)
		return;
	if (t->items[i].state)
		detach(t, i);
	t->items[i].state = 2;
	t->items[i].node = n;
	t->items[i].index = 16 + (int)toy_pick(t, 100);
	*ADD(t, P_ITEM_APPEND, true) = (struct args_P_ITEM_APPEND){ .item = ITEM(i), .mm = mm_of(i),
		.address = address_of(i), .node = NODE(n), .anon_vma = AV(i % 2), .index = t->items[i].index };
}

static void item_step(struct toy *t)
{
	int i = (int)toy_pick(t, TOY_ITEMS);
	struct toy_item *item = &t->items[i];

	if (i % 2 && !t->second_mm)
		return;
	if (!item->made) {
		*ADD(t, P_ITEM_NEW, true) = (struct args_P_ITEM_NEW){ ITEM(i), mm_of(i), address_of(i) };
		*item = (struct toy_item){ .made = 1 };
		return;
	}
	switch (toy_pick(t, 8)) {
	case 0:
		free_item(t, i);
		break;
	case 1: case 2:
		*ADD(t, P_ITEM_SCAN, true) = (struct args_P_ITEM_SCAN){ .item = ITEM(i), .mm = mm_of(i),
			.address = address_of(i), .seqnr = t->seqnr, .outcome = 1 };
		break;
	case 3:
		if (item->state)
			detach(t, i);
		*ADD(t, P_ITEM_UNSTABLE, true) = (struct args_P_ITEM_UNSTABLE){ .item = ITEM(i),
			.mm = mm_of(i), .address = address_of(i), .seqnr = t->seqnr };
		item->state = 1;
		item->seqnr = t->seqnr;
		break;
	case 4:
		if (item->state)
			detach(t, i);
		break;
	default:
		append(t, i);
		break;
	}
}

/* ---- scans, mms, VMAs ---- */
static void scan_step(struct toy *t)
{
	*ADD(t, KSM_STOP_SCAN, true) = (struct args_KSM_STOP_SCAN){ .seq = t->seqnr };
	t->seqnr++;
	*ADD(t, KSM_START_SCAN, true) = (struct args_KSM_START_SCAN){ .seq = t->seqnr };
	for (int nid = 0; nid < TOY_NIDS; nid++)
		*ADD(t, P_UNSTABLE_RESET, true) = (struct args_P_UNSTABLE_RESET){ .seqnr = t->seqnr, .nid = nid };
}

static void mm_step(struct toy *t)
{
	if (toy_pick(t, 2)) {
		struct args_TASK_RENAME args = { .pid = 100 };

		args.newcomm[0] = t->comm = (char)('a' + toy_pick(t, 26));
		*ADD(t, TASK_RENAME, false) = args;
		return;
	}
	if (!t->second_mm) {
		*ADD(t, P_MM_ENTER, false) = (struct args_P_MM_ENTER){ .mm = MM(1), .tgid = 200 };
	} else {
		for (int i = 1; i < TOY_ITEMS; i += 2)
			if (t->items[i].made)
				free_item(t, i);
		ADD(t, P_MM_LEAVE, true)->mm = MM(1);
		ADD(t, P_MM_FREE, false)->mm = MM(1);
	}
	t->second_mm = !t->second_mm;
}

static struct args_P_VMA_INSERT vma_args(const struct toy *t, int i)
{
	return (struct args_P_VMA_INSERT){ .anon_vma = AV(i % 2), .vma = VMA(i), .mm = MM(0),
		.start = 0x10000, .end = 0x20000, .pgoff = t->pgoff[i] };
}

static void vma_step(struct toy *t)
{
	int i = (int)toy_pick(t, TOY_VMAS);
	struct args_P_VMA_INSERT args;

	if (t->pgoff[i]) {
		args = vma_args(t, i);
		memcpy(ADD(t, P_VMA_REMOVE, false), &args, sizeof(args));
		t->pgoff[i] = 0;
	} else {
		t->pgoff[i] = 1 + toy_pick(t, 50);
		*ADD(t, P_VMA_INSERT, false) = vma_args(t, i);
	}
}

/* ---- dumps ---- */
static int dump_node(struct toy *t, int n)
{
	const struct toy_node *node = &t->nodes[n];
	int nr = 1;

	*ADD(t, P_DUMP_NODE, true) = (struct args_P_DUMP_NODE){ .dump = (int64_t)t->dumps, .node = NODE(n),
		.kind = node->kind, .chain = node->kind == TOY_DUP ? NODE(node->chain) : 0,
		.kpfn = node->kind == TOY_CHAIN ? 0 : node->kpfn, .nid = node->nid,
		.place = node->place == TOY_ON_LIST };
	for (int i = 0; node->kind == TOY_CHAIN && i < t->dups[n].nr; i++)
		nr += dump_node(t, t->dups[n].nodes[i]);
	return nr;
}

static int dump_items(struct toy *t, bool second)
{
	int nr = 0;

	for (int i = second; i < TOY_ITEMS; i += 2) {
		const struct toy_item *item = &t->items[i];

		if (!item->made)
			continue;
		nr++;
		*ADD(t, P_DUMP_ITEM, true) = (struct args_P_DUMP_ITEM){ .dump = (int64_t)t->dumps,
			.item = ITEM(i), .mm = mm_of(i), .address = address_of(i), .state = item->state,
			.seqnr = item->state == 1 ? item->seqnr : 0,
			.node = item->state == 2 ? NODE(item->node) : 0,
			.anon_vma = item->state == 2 ? AV(i % 2) : 0,
			.index = item->state == 2 ? item->index : 0 };
	}
	*ADD(t, P_DUMP_MM, true) = (struct args_P_DUMP_MM){ .dump = (int64_t)t->dumps, .mm = MM(second),
		.tgid = second ? 200 : 100, .comm = { second ? 0 : t->comm }, .nr_items = nr };
	return nr;
}

static int dump_vmas(struct toy *t, int anon_vma)
{
	int64_t nr = 0;

	for (int i = anon_vma; i < TOY_VMAS; i += 2)
		nr += t->pgoff[i] != 0;
	*ADD(t, P_DUMP_ANON_VMA, true) = (struct args_P_DUMP_ANON_VMA){ .dump = (int64_t)t->dumps,
		.anon_vma = AV(anon_vma), .root = AV(anon_vma), .nr_vmas = nr };
	for (int i = anon_vma; i < TOY_VMAS; i += 2) {
		struct args_P_VMA_INSERT v = vma_args(t, i);

		if (t->pgoff[i])
			*ADD(t, P_DUMP_VMA, true) = (struct args_P_DUMP_VMA){ .dump = (int64_t)t->dumps,
				.anon_vma = v.anon_vma, .vma = v.vma, .mm = v.mm, .start = v.start, .end = v.end,
				.pgoff = v.pgoff };
	}
	return (int)nr;
}

static void dump(struct toy *t)
{
	struct args_P_DUMP_END end = { .dump = (int64_t)++t->dumps, .nr_mms = 1, .nr_anon_vmas = 2 };

	*ADD(t, P_DUMP_BEGIN, true) = (struct args_P_DUMP_BEGIN){ .dump = end.dump, .seqnr = t->seqnr };
	for (int nid = 0; nid < TOY_NIDS; nid++)
		for (int i = 0; i < t->trees[nid].nr; i++)
			end.nr_nodes += dump_node(t, t->trees[nid].nodes[i]);
	for (int n = 0; n < TOY_NODES; n++)
		if (t->nodes[n].made && t->nodes[n].place == TOY_ON_LIST)
			end.nr_nodes += dump_node(t, n);
	end.nr_items = dump_items(t, false);
	if (t->second_mm) {
		end.nr_items += dump_items(t, true);
		end.nr_mms++;
	}
	end.nr_vmas = dump_vmas(t, 0);
	end.nr_vmas += dump_vmas(t, 1);
	*ADD(t, P_DUMP_END, true) = end;
}

void toy_start(struct toy *t, uint64_t seed)
{
	memset(t, 0, sizeof(*t));
	t->rng = seed;
	t->now_ns = 1000000;
	t->seqnr = 1;
	t->counting = seed % 3;
	t->filtering = seed % 5 == 4;
	*ADD(t, P_MM_ENTER, false) = (struct args_P_MM_ENTER){ .mm = MM(0), .tgid = 100 };
	for (int i = 0; i < 2; i++)
		*ADD(t, P_ANON_VMA_NEW, false) = (struct args_P_ANON_VMA_NEW){ .anon_vma = AV(i), .root = AV(i) };
	dump(t);
}

void toy_step(struct toy *t)
{
	uint32_t dice = toy_pick(t, 100);

	if (dice < 50)
		item_step(t);
	else if (dice < 78)
		node_step(t);
	else if (dice < 94)
		vma_step(t);
	else if (dice < 95)
		scan_step(t);
	else if (dice < 98)
		mm_step(t);
	else
		dump(t);
}
