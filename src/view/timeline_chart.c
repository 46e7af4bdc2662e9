// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline_chart.c - a window of time cut into columns, and what happened in each.
 *
 * Finding the event at a time may mean inflating a piece of the recording, so edges are computed
 * once per window, not once per step.  Everything else is a difference of running totals between
 * two edges, or one search for the nearest boundary, notable or sample.
 *
 * A column that holds more than one boundary of scans shows `#`: at that zoom the bands cannot be
 * told apart, and drawing the last one only would be a lie.
 */
#include "timeline_chart.h"

#include <string.h>

#include "trace/sample.h"

#include "notable_text.h"

#define LOSSES_LOOK 100000

uint64_t chart_ns(const struct chart_window *window, int column)
{
	return window->from_ns + (uint64_t)((unsigned __int128)window->span_ns *
					    (unsigned int)column / (unsigned int)window->nr);
}

int chart_column(const struct chart_window *window, uint64_t ns)
{
	int column;

	if (ns < window->from_ns || ns - window->from_ns >= window->span_ns)
		return -1;
	column = (int)((unsigned __int128)(ns - window->from_ns) * (unsigned int)window->nr /
		       window->span_ns);
	/* Rounding: the column is the last one that begins at or before the time. */
	while (column + 1 < window->nr && chart_ns(window, column + 1) <= ns)
		column++;
	while (column > 0 && chart_ns(window, column) > ns)
		column--;
	return column;
}

static void make_edges(struct chart *chart, const struct scene *scene)
{
	const struct source *source = scene->source;

	for (int i = 0; i <= chart->window.nr; i++) {
		uint64_t ns = chart_ns(&chart->window, i);

		chart->edge[i] = ns ? source->event_at(source->data, scene->start_ns + ns - 1) : 0;
	}
}

static void make_activity(struct chart *chart, const struct scene *scene)
{
	uint64_t nr[NR_ACTIVITIES];

	memset(chart->most, 0, sizeof(chart->most));
	for (int i = 0; i < chart->window.nr; i++) {
		memset(nr, 0, sizeof(nr));
		if (chart->edge[i] < chart->edge[i + 1])
			history_activity(scene->history, chart->edge[i], chart->edge[i + 1], nr);
		nr[ACTIVITY_OTHER] += nr[ACTIVITY_ITEMS];
		for (int a = 0; a < NR_ACTIVITIES; a++) {
			chart->activity[a][i] = nr[a];
			chart->most[a] = nr[a] > chart->most[a] ? nr[a] : chart->most[a];
		}
	}
}

static void make_saved(struct chart *chart, const struct scene *scene)
{
	int64_t sharing;

	chart->most_saved = 0;
	for (int i = 0; i < chart->window.nr; i++) {
		chart->saved[i] = UINT64_MAX;
		if (!scene_sysfs(scene, chart->edge[i + 1], "pages_sharing", &sharing) ||
		    sharing < 0)
			continue;
		chart->saved[i] = (uint64_t)sharing;
		chart->most_saved =
			chart->saved[i] > chart->most_saved ? chart->saved[i] : chart->most_saved;
	}
}

static void make_scans(struct chart *chart, const struct scene *scene)
{
	struct history_counters counters;

	for (int i = 0; i < chart->window.nr; i++) {
		uint64_t a = chart->edge[i], b = chart->edge[i + 1];
		uint64_t boundary = history_scan_step(scene->history, a, 1);
		uint64_t second;

		history_totals(scene->history, moment_at(b), &counters);
		chart->seqnr[i] = counters.scan_seqnr;
		if (!boundary || boundary > b) {
			chart->scan[i] = counters.scan_running ? '=' : ' ';
			continue;
		}
		second = history_scan_step(scene->history, boundary, 1);
		chart->scan[i] = second && second <= b ? '#' : counters.scan_running ? '[' : ']';
	}
}

static void make_notables(struct chart *chart, const struct scene *scene)
{
	struct notable notable;

	for (int i = 0; i < chart->window.nr; i++) {
		chart->notable[i] = '.';
		for (int severity = 2; severity >= 0 && chart->notable[i] == '.'; severity--)
			if (notable_near(scene, chart->edge[i], 1, (uint8_t)severity, &notable) &&
			    notable.event <= chart->edge[i + 1])
				chart->notable[i] = notable_mark(&notable);
	}
}

static void make_losses(struct chart *chart, const struct scene *scene)
{
	struct history_loss loss;

	memset(chart->lost, '.', (size_t)chart->window.nr);
	chart->nr_losses = history_nr_losses(scene->history);
	for (uint32_t i = 0; i < LOSSES_LOOK && !history_loss(scene->history, i, &loss); i++) {
		/* A gap at an end of its stream has one side only: mark where that is. */
		uint64_t from = loss.after ? loss.after : loss.before,
			 to = loss.before ? loss.before : loss.after;
		uint64_t from_ns = (uint64_t)scene_ns(scene, from),
			 to_ns = (uint64_t)scene_ns(scene, to);
		int first = chart_column(&chart->window, from_ns),
		    last = chart_column(&chart->window, to_ns);

		if (!from || to_ns < chart->window.from_ns ||
		    from_ns >= chart->window.from_ns + chart->window.span_ns)
			continue;
		for (int c = first < 0 ? 0 : first; c <= (last < 0 ? chart->window.nr - 1 : last);
		     c++)
			chart->lost[c] = '!';
	}
}

void chart_make(struct chart *chart, const struct scene *scene, const struct chart_window *window)
{
	const struct chart_window *have = &chart->window;

	if (have->nr == window->nr && have->from_ns == window->from_ns &&
	    have->span_ns == window->span_ns && have->last == window->last)
		return;
	chart->window = *window;
	make_edges(chart, scene);
	make_activity(chart, scene);
	make_saved(chart, scene);
	make_scans(chart, scene);
	make_notables(chart, scene);
	make_losses(chart, scene);
}
