/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why_not.h - why a process's pages are not shared: a pane of the processes view.
 *
 * Shown for the process under the cursor, of the whole address space or of a range.  The answer is
 * kept until another process, range or moment is asked for, since it reads two scans of ksmd.
 */
#ifndef KSMTOP_WHY_NOT_H
#define KSMTOP_WHY_NOT_H

#include "explain/why_not_merged.h"

#include "scene.h"

struct why_not_pane {
	bool shown;
	uint64_t first, last; /* addresses asked for; 0 and UINT64_MAX: all */

	struct why_not *runs; /* of `mm` at `when` */
	uint32_t nr, room;
	bool truncated, asked;
	struct ref mm;
	struct moment when;
	const struct history *of;
	uint64_t events; /* loaded when it was asked */
	int height;
};

void why_not_fini(struct why_not_pane *pane);
/* W: shows or hides; with text "A-B" (addresses) shows that range. */
void why_not_toggle(struct why_not_pane *pane, const struct scene *scene, const char *range);
/* lists[1] of the view. */
void why_not_draw(struct pane pane, struct why_not_pane *view, const struct scene *scene, struct ref mm);
/* The run under the cursor as a line; "" for none. */
void why_not_copy(struct why_not_pane *view, const struct scene *scene, struct ref mm, char *buffer,
		  size_t size);

#endif /* KSMTOP_WHY_NOT_H */
