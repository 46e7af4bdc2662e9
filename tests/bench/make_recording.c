// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_recording.c - a recording like the reference one of the performance table.
 *
 *	make_recording OUT [EVENTS [v6|v7|zstd]]
 *
 * What 4 processes of 400,000 pages do to ksmd, a fifth of the pages on 500 hot contents, over as
 * many cycles of merging and unmerging as EVENTS (6,600,000) need.  The stock events, their order and
 * the proportion of kinds are those of such a run on a 6.18 kernel: a content's first two pages merge
 * as a pair (ksm_page 0, then the page), later ones with the page, 256 to a page at most; a node
 * that dies gives one ksm_remove_rmap_item for each item but the last and a ksm_remove_ksm_page.
 * ksmd moves between two CPUs now and then.  Same arguments, same file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring_writer.h"

#define NR_MMS		4u
#define NR_PAGES	400000u
#define NR_HOT		500u
#define MAX_SHARING	256u

struct node {
	uint64_t pfn;
	uint32_t first_item, nr_items;	/* items in the order of their merging, linked */
};

struct generator {
	struct ring rings[2];
	uint64_t nr_events, max_events, ts_ns, noise;
	struct node *nodes;
	uint32_t nr_nodes;
	uint32_t *next_item, *last_item;	/* by item; by node */
	uint32_t *node_of;		/* of each content: its newest node + 1 */
	uint32_t *waiting;		/* of each content: an unmerged item + 1 */
	uint32_t cycle;
};

static uint64_t noise(struct generator *g)
{
	g->noise = g->noise * 6364136223846793005u + 1442695040888963407u;
	return g->noise >> 33;
}

static void emit(struct generator *g, int type, const uint64_t *values)
{
	struct ring *ring = &g->rings[g->nr_events / 6000 % 7 == 0];
	uint8_t record[64];

	if (g->nr_events++ >= g->max_events)
		return;
	g->ts_ns += 400 + noise(g) % 3000;
	ring_event(ring, g->ts_ns, record, ring_record(ring, type, 37, values, NULL, record));
}

static uint64_t mm_addr(uint32_t item) { return UINT64_C(0xffff88816279be80) - item / NR_PAGES * 0x12c0; }

/* Slab objects: neighbours mostly, in shuffled slabs. */
static uint64_t item_addr(const struct generator *g, uint32_t item)
{
	uint64_t slab = (item / 64 * UINT64_C(2654435761) + g->cycle) % 131072;

	return UINT64_C(0xffff888100000000) + slab * 4096 + (item * 37 % 64) * 64;
}

static void emit_merge(struct generator *g, uint64_t page, uint64_t pfn, uint32_t item)
{
	uint64_t values[5] = { page, pfn, item_addr(g, item), mm_addr(item), 0 };

	emit(g, RING_MERGE, values);
}

static void append(struct generator *g, uint32_t node, uint32_t item)
{
	struct node *n = &g->nodes[node];

	if (n->nr_items++ == 0)
		n->first_item = item;
	else
		g->next_item[g->last_item[node]] = item;
	g->last_item[node] = item;
}

static uint32_t new_node(struct generator *g, uint32_t content)
{
	uint32_t node = g->nr_nodes++;

	g->nodes[node] = (struct node){ .pfn = 0x100000 + (noise(g) & 0x3fffff) };
	g->node_of[content] = node + 1;
	return node;
}

static void scan_page(struct generator *g, uint32_t item)
{
	uint32_t page = item % NR_PAGES;
	uint32_t content = page % 5 == 0 ? page / 5 % NR_HOT : NR_HOT + page;
	uint32_t node = g->node_of[content];
	uint64_t vmemmap = UINT64_C(0xffffea0000000000);

	if (node && g->nodes[node - 1].nr_items < MAX_SHARING) {
		emit_merge(g, vmemmap + g->nodes[node - 1].pfn * 64, g->nodes[node - 1].pfn, item);
		append(g, node - 1, item);
	} else if (g->waiting[content]) {
		uint32_t other = g->waiting[content] - 1;

		node = new_node(g, content);
		emit_merge(g, 0, g->nodes[node].pfn, item);
		emit_merge(g, vmemmap + g->nodes[node].pfn * 64, g->nodes[node].pfn, other);
		append(g, node, item);
		append(g, node, other);
		g->waiting[content] = 0;
	} else {
		g->waiting[content] = item + 1;
	}
}

static void remove_node(struct generator *g, uint32_t node)
{
	uint32_t item = g->nodes[node].first_item;

	for (uint32_t i = 0; i < g->nodes[node].nr_items; i++, item = g->next_item[item]) {
		uint64_t values[3] = { g->nodes[node].pfn, item_addr(g, item), mm_addr(item) };

		emit(g, i + 1 < g->nodes[node].nr_items ? RING_REMOVE_ITEM : RING_REMOVE_PAGE, values);
	}
}

static void run_cycle(struct generator *g)
{
	for (uint32_t mm = 0; mm < NR_MMS; mm++) {
		uint64_t values[1] = { mm_addr(mm * NR_PAGES) };

		emit(g, RING_KSM_ENTER, values);
	}
	for (uint32_t scan = 0; scan < 3; scan++) {
		uint64_t values[2] = { g->cycle * 3 + scan, scan ? NR_MMS * NR_PAGES : 0 };

		emit(g, RING_START_SCAN, values);
		for (uint32_t i = 0; scan == 1 && i < NR_MMS * NR_PAGES; i++)
			scan_page(g, i);
		emit(g, RING_STOP_SCAN, values);
	}
	for (uint32_t node = 0; node < g->nr_nodes; node++)
		remove_node(g, (uint32_t)((uint64_t)node * 7919 % g->nr_nodes));
	g->nr_nodes = 0;
	memset(g->node_of, 0, (NR_HOT + NR_PAGES) * sizeof(*g->node_of));
	memset(g->waiting, 0, (NR_HOT + NR_PAGES) * sizeof(*g->waiting));
	g->cycle++;
}

static int write_file(struct generator *g, const char *path, const char *form)
{
	struct trace_write_options options = {
		.version = form && strcmp(form, "v6") == 0 ? 6 : 7, .long_size = 8, .page_size = 4096,
		.zstd = !form || strcmp(form, "zstd") == 0,
	};
	struct trace_write_cpu cpus[2];
	struct trace_write_buffer buffer = { "", "mono", cpus, 2 };
	char text[DIAG_TEXT_SIZE];
	struct ring_meta meta;
	struct diag diag = { 0 };
	int ret;

	for (uint32_t i = 0; i < 2; i++) {
		ring_close(&g->rings[i]);
		cpus[i] = (struct trace_write_cpu){ i, g->rings[i].pages, g->rings[i].nr_pages * 4096 };
	}
	ring_meta_init(&meta, &g->rings[0]);
	ret = trace_write(path, &options, &meta.meta, &buffer, 1, NULL, &diag);
	if (ret != 0)
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
	ring_meta_fini(&meta);
	return ret;
}

int main(int argc, char **argv)
{
	struct generator g = { .ts_ns = UINT64_C(1366886751224), .noise = 1 };
	int ret;

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: make_recording OUT [EVENTS [v6|v7|zstd]]\n");
		return 2;
	}
	g.max_events = argc > 2 ? strtoull(argv[2], NULL, 10) : 6600000;
	g.nodes = calloc(NR_MMS * NR_PAGES, sizeof(*g.nodes));
	g.next_item = calloc(NR_MMS * NR_PAGES, sizeof(*g.next_item));
	g.last_item = calloc(NR_MMS * NR_PAGES, sizeof(*g.last_item));
	g.node_of = calloc(NR_HOT + NR_PAGES, sizeof(*g.node_of));
	g.waiting = calloc(NR_HOT + NR_PAGES, sizeof(*g.waiting));
	if (!g.nodes || !g.next_item || !g.last_item || !g.node_of || !g.waiting)
		return 2;
	for (int i = 0; i < 2; i++)
		ring_init(&g.rings[i], false, 8, 4096);
	while (g.nr_events < g.max_events)
		run_cycle(&g);
	ret = write_file(&g, argv[1], argc > 3 ? argv[3] : "zstd");
	for (int i = 0; i < 2; i++)
		ring_fini(&g.rings[i]);
	free(g.nodes);
	free(g.next_item);
	free(g.last_item);
	free(g.node_of);
	free(g.waiting);
	return ret ? 2 : 0;
}
