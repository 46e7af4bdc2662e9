/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline_tracks.h - the rows of the timeline: private to that view.
 *
 * All of them share the columns of a chart, drawn behind a label and in front of the row's highest
 * number; timeline_columns() says how many columns a pane of some width has room for.
 */
#ifndef KSMTOP_TIMELINE_TRACKS_H
#define KSMTOP_TIMELINE_TRACKS_H

#include "timeline_chart.h"

int timeline_columns(int width);
/* Times and a ruler in the pane's first two rows. */
void timeline_draw_scale(struct pane pane, const struct chart_window *window);
/*
 * The tracks that fit in @rows from @y on, the least wanted left out; returns rows used.  @now is
 * the moment's column, or -1.
 */
int timeline_draw_tracks(struct pane pane, int y, int rows, const struct scene *scene,
			 const struct chart *chart, int now);

#endif /* KSMTOP_TIMELINE_TRACKS_H */
