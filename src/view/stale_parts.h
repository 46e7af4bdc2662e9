/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stale_parts.h - the parts of the stale view beside its list of pages.
 *
 * What was asked of a page or a walk is kept until another is asked for, or the moment or the loaded
 * part of the recording changes: a key press that only moves a cursor does not ask again.
 *
 * Cursors are names, not row numbers: the process and address of a mapping, the event of a walk.
 * They mean the same row at every moment, so going back in time finds the picture again.
 */
#ifndef KSMTOP_STALE_PARTS_H
#define KSMTOP_STALE_PARTS_H

#include "explain/stale.h"

#include "format.h"
#include "scene.h"

struct stale_parts {
	struct stale_log log;
	const struct history *of; /* the history that all of it was read from */

	struct stale_page page; /* of `node` at `when` */
	struct ref node;
	struct moment when;
	uint64_t last; /* events loaded then */
	bool asked, found;

	struct stale_failure failure; /* of `walk` */
	struct ref walk;
	uint64_t walk_known_by;
	bool explained;

	struct stale_entry chosen; /* tgid, mm and address of the cursor's entry */
	uint64_t chosen_walk;      /* end of the cursor's failed walk, 0: the page's newest, or the newest */
	int entries_height, walks_height;
	uint32_t drawn[3]; /* rows of the cursors then: what the mouse moved them from */
};

void stale_parts_read(struct stale_parts *parts, const struct scene *scene);
void stale_parts_fini(struct stale_parts *parts);

/* The page: what the kernel has against what the items lead to.  lists[1] of the view. */
void stale_draw_page(struct pane pane, struct stale_parts *parts, const struct scene *scene, struct ref node);
/* Walks that left mappings, of all pages.  lists[2]. */
void stale_draw_walks(struct pane pane, struct stale_parts *parts, const struct scene *scene,
		      struct ref node);

/* UP, DOWN and the like in the list that has the focus; true: done. */
bool stale_parts_act(struct stale_parts *parts, const struct scene *scene, struct ref node,
		     enum action action);
void stale_parts_click(struct stale_parts *parts, const struct scene *scene, struct ref node);
/* The entry and the walk under the cursors, NULL: none. */
const struct stale_entry *stale_current_entry(struct stale_parts *parts, const struct scene *scene,
					      struct ref node);
const struct stale_walk *stale_current_walk(const struct stale_parts *parts, const struct scene *scene,
					    struct ref node);
void stale_describe(const struct scene *scene, const struct stale_page *page,
		    const struct stale_entry *entry, char *buf, size_t size);
/* Of the page asked for last, NULL: it is not there. */
const struct stale_page *stale_ask(struct stale_parts *parts, const struct scene *scene, struct ref node);
/* One sentence on the walk; "" where it cannot be explained. */
void stale_explain_walk(struct stale_parts *parts, const struct scene *scene, const struct stale_walk *walk,
			char *buf, size_t size);

/* How many walks of it failed, "-" for none; with a ? where a gap may hide others. */
const char *stale_failed_text(const struct stale_parts *parts, const struct scene *scene, const struct node_row *node,
			      char text[FORMAT_MAX]);

#endif /* KSMTOP_STALE_PARTS_H */
