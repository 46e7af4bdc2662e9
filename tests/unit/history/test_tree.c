// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_tree.c - stable nodes of the patched kernel, in a table: events, and the rows they lead to.
 *
 * An event is a letter and what it names, stable nodes as digits, nids as x and y:
 *
 *	i1x i1x2	node 1 inserted into nid x's tree, first or behind node 2	e1	erased
 *	m31 c31		3 becomes node 1's chain; 3 collapses to its single dup 1	f1 F3	node, chain freed
 *	a31 h31 d1	dup 1 added to chain 3, moved to its head, taken off it
 *	l1x r1x		onto the migrate list, off it				k1	its kpfn changes
 *	p12x		node 2 takes node 1's place
 *
 * The rows are those of ALL_NODES in its order: x and y open a nid, [ ] hold a chain's dups, head first, ~ stands
 * before what is on the migrate list, - before what is in no list, ? behind what is doubtful.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define NODE(c)	(0xffff888300000000ll + 64 * ((c) - '0'))

struct tree_case { const char *name, *events, *rows; };

static const struct tree_case cases[] = {
	{ "two nids", "i1x i2y i3x1", "x 1 3 y 2" },
	{ "before the first", "i1x i2x i3x2", "x 2 3 1" },
	{ "an erased one keeps nobody's place", "i1x i2x1 i3x2 e2 f2 i4x1", "x 1 4 3" },
	{ "a reused address is another node", "i1x i2x1 e1 f1 i1x2", "x 2 1" },
	{ "a chain takes its first dup's place", "i1x i2x1 i4x2 m32", "x 1 3 [2] 4" },
	{ "dups, the newest first", "i1x m31 a32 a34", "x 3 [4 2 1]" },
	{ "a dup goes to the head", "i1x m31 a32 a34 h31", "x 3 [1 4 2]" },
	{ "a dup is taken off and freed", "i1x m31 a32 d1 f1", "x 3 [2]" },
	{ "a chain collapses into its place", "i1x i5x1 m31 a32 d1 f1 c32", "x 2 5" },
	{ "an empty chain is freed", "i1x i5x1 m31 d1 f1 F3", "x 5" },
	{ "a chain's address as a node", "i1x m31 d1 f1 F3 i3y", "y 3" },
	{ "to the migrate list", "i1x i2x1 e1 l1x", "x ~1 2" },
	{ "a dup to the migrate list", "i1x m31 a32 d2 l2x", "x ~2 3 [1]" },
	{ "from the migrate list into the other tree", "i1x e1 l1x r1x i1y", "y 1" },
	{ "from the migrate list into a chain", "i1x m31 i2x e2 l2x r2x a32", "x 3 [2 1]" },
	{ "between two lists", "i1x e1", "x -1" },
	{ "one takes another's place", "i1x i2x1 i4x2 i5y e5 p25x", "x -2 1 5 4" },
	{ "the kpfn changes in place", "i1x i2x1 k1", "x 1 2" },
	{ "known by name only", "a31", "-3? x [1]" },
};

static void node_event(struct feed *f, const char *e)
{
	int64_t node = NODE(e[1]), other = NODE(e[2]), kpfn = 0x1000 + e[1];

	switch (e[0]) {
	case 'i':
		*FEED(f, P_NODE_INSERT) = (struct args_P_NODE_INSERT){ .node = node, .kpfn = kpfn,
			.nid = e[2] - 'x', .pred = e[3] > ' ' ? NODE(e[3]) : 0 };
		break;
	case 'e': *FEED(f, P_NODE_ERASE) = (struct args_P_NODE_ERASE){ .node = node, .kpfn = kpfn }; break;
	case 'd': *FEED(f, P_DUP_DEL) = (struct args_P_DUP_DEL){ .node = node, .kpfn = kpfn }; break;
	case 'f': *FEED(f, P_NODE_FREE) = (struct args_P_NODE_FREE){ .node = node, .kpfn = kpfn }; break;
	case 'F': *FEED(f, P_CHAIN_FREE) = (struct args_P_CHAIN_FREE){ .node = node }; break;
	case 'm': *FEED(f, P_CHAIN_MAKE) = (struct args_P_CHAIN_MAKE){ .chain = node, .node = other }; break;
	case 'c':
		*FEED(f, P_CHAIN_COLLAPSE) = (struct args_P_CHAIN_COLLAPSE){ .chain = node, .node = other,
			.kpfn = 0x1000 + e[2] };
		break;
	case 'a':
		*FEED(f, P_DUP_ADD) = (struct args_P_DUP_ADD){ .chain = node, .node = other,
			.kpfn = 0x1000 + e[2] };
		break;
	case 'h':
		*FEED(f, P_DUP_HEAD) = (struct args_P_DUP_HEAD){ .chain = node, .node = other,
			.kpfn = 0x1000 + e[2] };
		break;
	case 'l':
		*FEED(f, P_MIGRATE_ADD) = (struct args_P_MIGRATE_ADD){ .node = node, .kpfn = kpfn,
			.nid = e[2] - 'x' };
		break;
	case 'r':
		*FEED(f, P_MIGRATE_DEL) = (struct args_P_MIGRATE_DEL){ .node = node, .kpfn = kpfn,
			.nid = e[2] - 'x' };
		break;
	case 'k': *FEED(f, P_NODE_KPFN) = (struct args_P_NODE_KPFN){ .node = node, .old_kpfn = kpfn,
			.kpfn = 0x2000 }; break;
	case 'p':
		*FEED(f, P_NODE_REPLACE) = (struct args_P_NODE_REPLACE){ .old_node = node, .node = other,
			.kpfn = 0x1000 + e[2] };
		break;
	default: fail_msg("no such event: %s", e);
	}
}

/* The rows at t, as in the table. */
static void rows_at(const struct history *h, uint64_t t, char text[128])
{
	struct history_cursor cursor;
	int nid = -1, at = 0;
	bool dups = false;
	union row row;

	text[0] = 0;
	assert_int_equal(history_list(h, ALL_NODES, (struct ref){ 0 }, moment_at(t), &cursor), 0);
	while (history_next(&cursor, &row) == 1) {
		bool dup = row.node.kind == NODE_DUP;

		if (dups && !dup)
			text[at++] = ']';
		at += snprintf(text + at, 128 - (size_t)at, "%s", at ? " " : "");
		if (row.node.nid >= 0 && row.node.nid != nid)
			at += snprintf(text + at, 128 - (size_t)at, "%c ", 'x' + (nid = row.node.nid));
		at += snprintf(text + at, 128 - (size_t)at, "%s%s%c%s", dup && !dups ? "[" : "",
			       row.node.place == NODE_ON_MIGRATE_LIST ? "~" :
			       row.node.place == NODE_NOWHERE ? "-" : "",
			       (char)('0' + ((int64_t)row.node.name.addr - NODE('0')) / 64),
			       row.fact.doubt ? "?" : "");
		dups = dup;
	}
	if (dups)
		text[at++] = ']';
	text[at] = 0;
}

/* The rows behind all events; and going back, at each event those that a table cut there has. */
static void lines_of_events(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(false);
		char text[128], then[32][128];
		uint64_t nr = 0;

		for (const char *e = cases[i].events; *e; e += strcspn(e, " "), e += *e == ' ') {
			node_event(f, e);
			feed_flush(f);
			nr++;
			rows_at(f->h, nr, then[nr]);
		}
		rows_at(f->h, nr, text);
		if (strcmp(text, cases[i].rows) != 0)
			fail_msg("%s: %s leads to \"%s\", not \"%s\"", cases[i].name, cases[i].events, text,
				 cases[i].rows);
		for (uint64_t t = nr; t > 0; t--) {
			rows_at(f->h, t, text);
			assert_string_equal(text, then[t]);
		}
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(lines_of_events) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
