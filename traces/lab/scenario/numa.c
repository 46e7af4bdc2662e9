// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa: KSM pages that leave the node of the tree that they are sorted into.
 *
 * Provokes, with merge_across_nodes=0 on two nodes: contents X merged on both nodes and Y on node 0
 * only; the KSM pages of node 0 migrate to node 1, where X's stable node meets an equal one and Y's none;
 * until ksmd comes round both stable nodes are in the wrong nid's tree, then they go to the migrate list
 * and from there into a chain or into the tree.
 *
 * Judged by: the node that move_pages reports for each page before, after, and after ksmd.
 */
#include "lab.h"

#include <string.h>
#include <unistd.h>

static char *const place = (char *)0x200000000000;
#define X	1
#define Y	2

static char obey(struct worker *self, char command)
{
	switch (command) {
	case '0':	/* X twice and Y twice on node 0 */
		lab_bind(0);
		lab_map(place, 4 * PAGE);
		lab_fill(place, X);
		lab_fill(place + PAGE, X);
		lab_fill(place + 2 * PAGE, Y);
		lab_fill(place + 3 * PAGE, Y);
		lab_bind(-1);
		return 'y';
	case '1':	/* X three times on node 1 */
		lab_bind(1);
		lab_map(place, 3 * PAGE);
		for (int i = 0; i < 3; i++)
			lab_fill(place + i * PAGE, X);
		lab_bind(-1);
		return 'y';
	case 'x':
		return lab_move(place, 1) == 1 ? 'y' : 'n';
	case 'Y':
		return lab_move(place + 2 * PAGE, 1) == 1 ? 'y' : 'n';
	case 'c':
		return lab_same(place, X) && (self->role[0] != '0' || lab_same(place + 2 * PAGE, Y)) ? 'y' : 'n';
	}
	return '?';
}

int main(void)
{
	struct worker w[2];
	uint64_t x0, x1, y0;
	bool moved_x, moved_y;

	lab_init("numa");
	ksm_set("run", 2);
	ksm_set("merge_across_nodes", 0);
	ksm_set("run", 0);
	worker_start(&w[0], "0: on node 0", obey);
	worker_start(&w[1], "1: on node 1", obey);
	if (worker_tell(&w[0], '0') != 'y' || worker_tell(&w[1], '1') != 'y')
		lab_die("pages were not made");
	lab_record_start();
	ksm_scan(3);
	x0 = lab_pfn(w[0].pid, place);
	y0 = lab_pfn(w[0].pid, place + 2 * PAGE);
	x1 = lab_pfn(w[1].pid, place);
	truth_mapping(w[0].pid, place, "X merged on node 0");
	truth_mapping(w[0].pid, place + 2 * PAGE, "Y merged on node 0");
	truth_mapping(w[1].pid, place, "X merged on node 1");
	if (x0 == x1 || lab_page_count(x0) != 2 || lab_page_count(x1) != 3 || lab_page_count(y0) != 2)
		truth_end(w, 2, false, "not merged apart");
	lab_dump();
	moved_x = worker_tell(&w[0], 'x') == 'y';
	moved_y = worker_tell(&w[0], 'Y') == 'y';
	truth_mapping(w[0].pid, place, "X moved to node 1");
	truth_mapping(w[0].pid, place + 2 * PAGE, "Y moved to node 1");
	lab_dump();
	ksm_scan(3);
	lab_dump();
	ksm_scan(1);
	truth_mapping(w[0].pid, place, "X after ksmd");
	truth_mapping(w[0].pid, place + 2 * PAGE, "Y after ksmd");
	lab_record_stop();
	worker_check(&w[0]);
	worker_check(&w[1]);
	truth_end(w, 2, moved_x && moved_y && w[0].contents_ok && w[1].contents_ok && lab_pfn(w[0].pid, place) != x0,
		  "X moved %d, Y moved %d", moved_x, moved_y);
}
