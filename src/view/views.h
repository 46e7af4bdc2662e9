/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * views.h - the views that there are, in the order of their tabs.
 *
 * A view is a vtable of session.h; nothing else of it is public.  session_new(views_all, ...)
 * makes an explorer with all of them.  The contents come from the recording behind the session's
 * source (source.h), are drawn anew for every picture, and cost what the screen shows: no view
 * walks a whole table.
 */
#ifndef KSMTOP_VIEWS_H
#define KSMTOP_VIEWS_H

#include "session.h"

extern const struct view view_overview, view_tree, view_processes, view_timeline, view_events,
	view_object, view_episodes, view_numa, view_stale, view_blast, view_walk, view_recovery, view_collapse,
	view_steps;

extern const struct view *const views_all[]; /* NULL-ended */

#endif /* KSMTOP_VIEWS_H */
