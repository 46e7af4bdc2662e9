/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree_node.h - one stable node, beside the list of all: private to the stable pages view.
 *
 * The panes keep their lines whatever the node is, and say where it was when it is not there now.
 * Sharers are lists[1] of the view: tree_sharer() gives the process of its i-th row.
 */
#ifndef KSMTOP_TREE_NODE_H
#define KSMTOP_TREE_NODE_H

#include "scene.h"

void tree_draw_detail(struct pane pane, const struct scene *scene, struct ref selected);
/* More of it, its last changes, and counts of the whole tree: where there is room. */
void tree_draw_inspector(struct pane pane, const struct scene *scene, struct ref selected);
/* The dup that the next merge lands on; none: all are full. */
struct ref tree_next_dup(const struct scene *scene, struct ref chain, int64_t limit);
struct ref tree_sharer(const struct scene *scene, struct ref node, uint64_t index);

#endif /* KSMTOP_TREE_NODE_H */
