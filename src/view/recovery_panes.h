/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recovery_panes.h - two questions to ask of a recovery: what without it, and what without memory.
 *
 * k: the stock kernel's answer to the same failure, beside what recovery came to so far.
 * x: the same recovery when no page for the fresh copy can be had.
 * Both are models (M) of the state in front of the failure, asked once for an open episode.
 */
#ifndef KSMTOP_RECOVERY_PANES_H
#define KSMTOP_RECOVERY_PANES_H

#include "explain/blast.h"

#include "recovery_facts.h"

struct recovery_panes {
	bool shown;
	enum recovery_question { WITHOUT_RECOVERY, WITHOUT_MEMORY } question;

	struct blast blast; /* of `node` at `when` */
	struct ref node;
	struct moment when;
	const struct history *of;
	bool asked, known;
};

#define RECOVERY_PANE_ROWS 6

void recovery_panes_fini(struct recovery_panes *panes);
/* Its key was pressed: shows it, or closes it if it is the one that is shown. */
void recovery_panes_toggle(struct recovery_panes *panes, enum recovery_question question);
void recovery_panes_draw(struct pane pane, struct recovery_panes *panes, struct stepping *stepping,
			 const struct recovery_facts *facts);
/* The pane that is shown, as lines of text behind what stands in the buffer. */
void recovery_panes_copy(struct recovery_panes *panes, struct stepping *stepping, char *buffer, size_t size);

#endif /* KSMTOP_RECOVERY_PANES_H */
