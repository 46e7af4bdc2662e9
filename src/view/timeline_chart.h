/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timeline_chart.h - a window of time cut into columns, and what happened in each.
 *
 * A chart does not depend on the moment looked at, so it is made once for a window and width and
 * kept while one steps through it.  Column i holds the events in (edge[i], edge[i + 1]], which are
 * those with a time in [from + i * span / nr, from + (i + 1) * span / nr).
 *
 * Cost: making one takes O(columns * log n); nothing is counted event by event.
 */
#ifndef KSMTOP_TIMELINE_CHART_H
#define KSMTOP_TIMELINE_CHART_H

#include "scene.h"

#define CHART_COLUMNS_MAX 1000

struct chart_window {
	uint64_t from_ns, span_ns; /* since the first event */
	int nr;                    /* columns */
	uint64_t last;             /* events loaded when it was made */
};

struct chart {
	struct chart_window window;
	uint64_t edge[CHART_COLUMNS_MAX + 1];
	uint64_t activity[NR_ACTIVITIES][CHART_COLUMNS_MAX];
	uint64_t most[NR_ACTIVITIES];      /* the highest column */
	uint64_t saved[CHART_COLUMNS_MAX]; /* pages_sharing sampled last, GRID_NO_VALUE */
	uint64_t most_saved;
	char scan[CHART_COLUMNS_MAX];     /* '[' ']' '=' '#' ' ' */
	int64_t seqnr[CHART_COLUMNS_MAX]; /* scan at the column's end, -1: none seen */
	char notable[CHART_COLUMNS_MAX];  /* its mark, '.' for none */
	char lost[CHART_COLUMNS_MAX];     /* '!' or '.' */
	uint64_t nr_losses;
};

/* Makes it for that window, unless it is the one that it has. */
void chart_make(struct chart *chart, const struct scene *scene, const struct chart_window *window);
/* Start of a column (or, for nr, the window's end), ns since the first event. */
uint64_t chart_ns(const struct chart_window *window, int column);
/* Column of a time, -1 when it is outside. */
int chart_column(const struct chart_window *window, uint64_t ns);

#endif /* KSMTOP_TIMELINE_CHART_H */
