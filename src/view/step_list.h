/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * step_list.h - the steps of an episode as a list of sentences, the same for every kind.
 *
 * The list stands around the cursor; what is still to come is dim.  Only the rows that are drawn are
 * read and narrated.
 */
#ifndef KSMTOP_STEP_LIST_H
#define KSMTOP_STEP_LIST_H

#include "stepper.h"

/* `unfolded`: no runs. */
void step_list_draw(struct pane pane, struct stepping *stepping, bool unfolded);
/* A view's act(): Enter opens the step, the keys of time go by steps. */
bool step_list_act(struct session *session, void *own, enum action action, const struct argument *argument);
/* To the step that was clicked; and a view's moved(), where it draws the list without runs. */
void step_list_click(struct stepping *stepping, bool unfolded);
void step_list_moved(struct session *session, void *own);
/* The sentence under the cursor, wrapped, below a rule with the kernel's function. */
void stepping_draw_now(struct pane pane, struct stepping *stepping);
/* '*' good, '!' fault, 'x' gone, '+' new ...: what a step did. */
char step_mark(const struct stepping *stepping, const struct step *step);
/* What Enter opens from a step: the walk or kill list that it is, else its object. */
void step_open(struct stepping *stepping);

#endif /* KSMTOP_STEP_LIST_H */
