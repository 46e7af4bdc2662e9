/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numa_moves.h - the pages that went to another memory node: the lower part of the NUMA view.
 *
 * Keeps the log of moves, read on as more of the recording is loaded.  The cursor is the event of a
 * move, and 0 follows the newest; before that event the newest one then is shown.
 */
#ifndef KSMTOP_NUMA_MOVES_H
#define KSMTOP_NUMA_MOVES_H

#include "explain/numa.h"

#include "scene.h"

/* The parts of the view, as Tab goes round them. */
enum numa_part { PART_TREES, PART_LIST, PART_MOVES, NR_PARTS };

struct numa_moves {
	struct numa_log log;
	const struct history *of; /* the history that it was read from */
	uint64_t chosen;          /* event of the move under the cursor, 0: the newest */
	int height;               /* of the window, as last drawn */
	uint32_t drawn;           /* the cursor's row then: what the mouse moved it from */
};

void numa_moves_read(struct numa_moves *moves, const struct scene *scene);
void numa_moves_fini(struct numa_moves *moves);
void numa_moves_draw(struct pane pane, struct numa_moves *moves, const struct scene *scene);
/* UP, DOWN and the like; its node becomes the selected object. */
bool numa_moves_act(struct numa_moves *moves, const struct scene *scene, enum action action);
void numa_moves_click(struct numa_moves *moves, const struct scene *scene, const struct list *place);
/* Of the move under the cursor: its node ({0}: none) and event (0: none), and one line of text. */
struct ref numa_moves_node(const struct numa_moves *moves, const struct scene *scene);
uint64_t numa_moves_event(const struct numa_moves *moves, const struct scene *scene);
void numa_moves_describe(const struct numa_moves *moves, const struct scene *scene, char *buf, size_t size);

#endif /* KSMTOP_NUMA_MOVES_H */
