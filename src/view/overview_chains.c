// SPDX-License-Identifier: GPL-2.0-only
/*
 * overview_chains.c - the chains at this moment: how full each dup is and where the next merge lands.
 *
 * A chain's dups hold the same bytes, each for at most max_page_sharing mappings, so their fill says
 * how much ksmd had to spend on keeping walks short.  Shown are the chains that come first in tree
 * order; how many there are in all stands among the counters above.
 *
 * Chains lie among all stable nodes: a few thousand of them are looked at for a picture, and the pane
 * says so when that did not suffice.  A stock kernel's recording knows no chains; then there is no pane.
 */
#include "overview_chains.h"

#include <inttypes.h>
#include <stdio.h>

#include "tree_node.h"
#include "view_list.h"
#include "view_util.h"

#define NODES_LOOK 2000	/* stable nodes looked at for a picture */
#define FILL	   34	/* where the bars begin */
#define NEXT	   13	/* columns of the dup that the next merge lands on */

bool overview_has_chains(const struct scene *scene)
{
	return history_is_patched(scene->history);
}

/* As many bars as fit, each as wide as the others; a count for the rest. */
static void draw_fill(struct pane pane, int y, const struct scene *scene, const struct node_row *chain,
		      int64_t limit)
{
	int room = pane.width - FILL - NEXT - 2, width = 16, x = FILL;
	struct history_cursor cursor;
	uint32_t shown = 0;
	union row row;

	if (chain->nr_dups * (uint32_t)(width + 1) > (uint32_t)room)
		width = chain->nr_dups && room / (int)chain->nr_dups > 5 ? room / (int)chain->nr_dups - 1 : 5;
	if (history_list(scene->history, DUPS_OF_CHAIN, chain->ref, scene->when, &cursor))
		return;
	while (x + width + 1 <= FILL + room - 5 * (shown + 1 < chain->nr_dups) && history_next(&cursor, &row) == 1) {
		pane_bar(pane, x, y, width, row.node.nr_items >= limit ? ROLE_BAR : ROLE_CHANGED, row.node.nr_items,
			 (uint64_t)limit);
		x += width + 1;
		shown++;
	}
	if (shown < chain->nr_dups)
		pane_printf(pane, x, y, ROLE_HINT, "+%" PRIu32, chain->nr_dups - shown);
}

static void draw_chain(struct pane pane, int y, const struct scene *scene, const union row *chain,
		       int64_t limit)
{
	struct ref next = tree_next_dup(scene, chain->any.ref, limit);
	char mark = scene_mark(scene, chain), marks[3] = {' ', mark, 0}, name[48];

	pane_printf(pane, 3, y, mark_role(mark), "%-12s %5" PRIu32 " %8" PRIu32,
		    scene_name(scene, chain->any.ref, name, sizeof(name)), chain->node.nr_dups, chain->node.nr_items);
	pane_fact(pane, 31, y, chain->fact.evidence, chain->fact.doubt != DOUBT_NONE);
	draw_fill(pane, y, scene, &chain->node, limit);
	pane_fit(pane, pane.width - NEXT, y, NEXT - 1, ALIGN_LEFT, ref_is_none(next) ? ROLE_SKIPPED : ROLE_TEXT,
		 ref_is_none(next) ? "a new dup" : scene_name(scene, next, name, sizeof(name)));
	row_marks(pane, y, marks);
}

void overview_draw_chains(struct pane pane, const struct scene *scene)
{
	struct history_cursor cursor;
	int64_t limit = 256;
	bool known = scene_sysfs(scene, scene->when.t, "max_page_sharing", &limit);
	int y = 2, left = NODES_LOOK, there = 0;
	union row row;

	pane_rule(pane, 0, "CHAINS", "2: all stable nodes");
	pane_printf(pane, 3, 1, ROLE_HEADING, "%-12s %5s %8s   %s", "CHAIN", "DUPS", "ITEMS", "FILL OF EACH DUP");
	pane_printf(pane, FILL + 17, 1, ROLE_HEADING, "(max_page_sharing %" PRId64 "%s)", limit,
		    known ? "" : ", the default");
	pane_text(pane, pane.width - NEXT, 1, ROLE_HEADING, "NEXT MERGE");
	if (history_list(scene->history, ALL_NODES, (struct ref){0}, scene->when, &cursor))
		return;
	while (y < pane.height && left-- && (there = history_next(&cursor, &row)) == 1)
		if (row.node.kind == NODE_CHAIN)
			draw_chain(pane, y++, scene, &row, limit);
	if (y == 2 && there == 1)
		pane_printf(pane, 3, y, ROLE_HINT, "none among the first %d stable nodes", NODES_LOOK);
	else if (y == 2)
		pane_text(pane, 3, y, ROLE_HINT, "none is known at this moment");
}
