// SPDX-License-Identifier: GPL-2.0-only
/*
 * timeline_tracks.c - the rows of the timeline: one kind of activity each, over a chart's columns.
 *
 * Which rows there are, in which order, and which give way on a small screen is one table.  Heights
 * are relative to the row's own highest column, and the number of that stands behind the row: two
 * rows are not comparable by height, and must not look as if they were without a number.
 *
 * Rows that this recording's kernel cannot fill say what would, instead of being empty.
 */
#include "timeline_tracks.h"

#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "view_util.h"

#define LABEL 13
#define PEAK  9 /* "123 456" behind a row; one more for "1023.9 KiB" */

enum track_kind {
	TRACK_ACTIVITY,
	TRACK_SCAN,
	TRACK_NOTABLE,
	TRACK_LOST,
	TRACK_SAVED,
	TRACK_MOMENTS /* the marks and, over them, now */
};

/*
 * In the order in which they stand.  Where there is little room, those that are empty in the whole recording give way
 * to those that are not, and of each the higher `rank` to the lower.
 */
static const struct track {
	const char *label;
	enum track_kind kind;
	enum activity activity;
	bool patched; /* only the patch tells */
	int rank;
} tracks[] = {
	{"scan", TRACK_SCAN, 0, false, 0},
	{"merges", TRACK_ACTIVITY, ACTIVITY_MERGES, false, 0},
	{"zero pages", TRACK_ACTIVITY, ACTIVITY_ZERO_PAGES, false, 3},
	{"merge fails", TRACK_ACTIVITY, ACTIVITY_MERGE_FAILURES, false, 1},
	{"removals", TRACK_ACTIVITY, ACTIVITY_REMOVALS, false, 1},
	{"nodes made", TRACK_ACTIVITY, ACTIVITY_NODES_MADE, false, 2},
	{"nodes gone", TRACK_ACTIVITY, ACTIVITY_NODES_GONE, false, 2},
	{"chains", TRACK_ACTIVITY, ACTIVITY_CHAINS, true, 0},
	{"dups", TRACK_ACTIVITY, ACTIVITY_DUPS, true, 0},
	{"rmap walks", TRACK_ACTIVITY, ACTIVITY_WALKS, true, 0},
	{"poison", TRACK_ACTIVITY, ACTIVITY_POISON, false, 0},
	{"migrations", TRACK_ACTIVITY, ACTIVITY_MIGRATIONS, false, 2},
	{"collapses", TRACK_ACTIVITY, ACTIVITY_COLLAPSES, false, 2},
	{"lock waits", TRACK_ACTIVITY, ACTIVITY_CONTENTION, false, 2},
	{"other events", TRACK_ACTIVITY, ACTIVITY_OTHER, false, 3},
	{"saved", TRACK_SAVED, 0, false, 0},
	{"notable", TRACK_NOTABLE, 0, false, 0},
	{"lost", TRACK_LOST, 0, false, 0},
	{"now, marks", TRACK_MOMENTS, 0, false, 0},
};
#define RANKS	  4
#define NR_TRACKS ((int)(sizeof(tracks) / sizeof(*tracks)))

int timeline_columns(int width)
{
	int nr = width - LABEL - 2 - PEAK - 1;

	return nr < 1 ? 1 : nr > CHART_COLUMNS_MAX ? CHART_COLUMNS_MAX : nr;
}

void timeline_draw_scale(struct pane pane, const struct chart_window *window)
{
	uint64_t step = window->span_ns * 10 / (unsigned int)window->nr;
	int decimals = step >= 1000000000 ? 1 : step >= 1000000 ? 3 : step >= 1000 ? 6 : 9;
	char text[FORMAT_MAX];

	format_duration(text, window->span_ns / (unsigned int)window->nr);
	pane_printf(pane, 1, 1, ROLE_HINT, "col %s", text);
	for (int c = 0; c < window->nr; c++)
		pane_put(pane, LABEL + 2 + c, 1, ROLE_BORDER, c % 10 ? '-' : '|');
	for (int c = 0; c<window->nr; c += decimals> 3 ? 20 : 10) {
		uint64_t ns = chart_ns(window, c);

		snprintf(text, sizeof(text), "%.*f", decimals, (double)ns / 1e9);
		pane_text(pane, LABEL + 2 + c, 0, ROLE_HINT, text);
	}
}

static enum role scan_role(char c)
{
	return c == '#' ? ROLE_VISITED : ROLE_BAR;
}

static void draw_scan(struct pane pane, int y, const struct chart *chart)
{
	int begin = -1;
	char label[24];

	for (int c = 0; c < chart->window.nr; c++) {
		char band = chart->scan[c];

		pane_put(pane, LABEL + 2 + c, y, scan_role(band), (uint32_t)band);
		if (band == '[')
			begin = c;
		if ((band == ']' || band == '#' || c + 1 == chart->window.nr) && begin >= 0) {
			int width = snprintf(label, sizeof(label), "%" PRId64, chart->seqnr[begin]);

			if (c - begin > width + 2)
				pane_text(pane, LABEL + 2 + (begin + c - width + 1) / 2, y,
					  ROLE_VISITED, label);
			begin = -1;
		}
	}
}

static void draw_marks(struct pane pane, int y, const struct scene *scene,
			   const struct chart_window *window)
{
	for (const char *letter = "zyxwvutsrqponmlkjihgfedcbaBA"; *letter; letter++) {
		int64_t t = session_mark(scene->session, *letter);
		int column =
			t < 0 ? -1 : chart_column(window, (uint64_t)scene_ns(scene, (uint64_t)t));

		if (column >= 0)
			pane_put(pane, LABEL + 2 + column, y, ROLE_KEY, (uint32_t)*letter);
	}
}

static void draw_peak(struct pane pane, int y, uint64_t most)
{
	char text[FORMAT_MAX];

	if (most)
		pane_fit(pane, pane.width - PEAK, y, PEAK, ALIGN_RIGHT, ROLE_HINT,
			 format_count(text, most));
}

static void draw_saved(struct pane pane, int y, const struct chart *chart)
{
	char text[FORMAT_MAX];

	pane_spark(pane, LABEL + 2, y, ROLE_GOOD, chart->saved, chart->window.nr,
		   chart->most_saved);
	if (chart->most_saved)
		pane_fit(pane, pane.width - PEAK - 1, y, PEAK + 1, ALIGN_RIGHT, ROLE_HINT,
			 format_bytes(text, chart->most_saved * 4096));
}

static void draw_track(struct pane pane, int y, const struct track *track,
		       const struct scene *scene, const struct chart *chart, int now)
{
	int nr = chart->window.nr;

	pane_fit(pane, 1, y, LABEL, ALIGN_LEFT, ROLE_HEADING, track->label);
	if (track->patched && !history_is_patched(scene->history)) {
		pane_text(pane, LABEL + 2, y, ROLE_SKIPPED,
			  "not traced by this kernel: the ksmtop patch tells");
		return;
	}
	switch (track->kind) {
	case TRACK_ACTIVITY:
		pane_spark(pane, LABEL + 2, y, ROLE_BAR, chart->activity[track->activity], nr,
			   chart->most[track->activity]);
		draw_peak(pane, y, chart->most[track->activity]);
		break;
	case TRACK_SCAN:
		draw_scan(pane, y, chart);
		break;
	case TRACK_SAVED:
		draw_saved(pane, y, chart);
		break;
	case TRACK_NOTABLE:
		for (int c = 0; c < nr; c++)
			pane_put(pane, LABEL + 2 + c, y,
				 chart->notable[c] == '.' ? ROLE_SKIPPED
							  : mark_role(chart->notable[c]),
				 (uint32_t)chart->notable[c]);
		break;
	case TRACK_LOST:
		for (int c = 0; c < nr; c++)
			pane_put(pane, LABEL + 2 + c, y,
				 chart->lost[c] == '!' ? ROLE_FAULT : ROLE_SKIPPED,
				 (uint32_t)chart->lost[c]);
		draw_peak(pane, y, chart->nr_losses);
		break;
	case TRACK_MOMENTS:
		draw_marks(pane, y, scene, &chart->window);
		if (now >= 0)
			pane_put(pane, LABEL + 2 + now, y, ROLE_CURSOR, '^');
		break;
	}
}

/* ---- which of them ---- */

/* Has it nothing to show in the whole recording?  Of the window alone rows would come and go. */
static bool is_empty(const struct track *track, const struct scene *scene, const uint64_t *whole)
{
	if (track->patched && !history_is_patched(scene->history))
		return true;
	return track->kind == TRACK_ACTIVITY
		       ? !whole[track->activity]
		       : track->kind == TRACK_SCAN && !history_scan_step(scene->history, 0, 1);
}

static void choose(bool shown[NR_TRACKS], int rows, const struct scene *scene)
{
	uint64_t whole[NR_ACTIVITIES];
	bool empty[NR_TRACKS];

	history_activity(scene->history, 0, history_last(scene->history), whole);
	for (int i = 0; i < NR_TRACKS; i++) {
		empty[i] = is_empty(&tracks[i], scene, whole);
		shown[i] = false;
	}
	for (int pass = 0; pass < 2 * RANKS; pass++)
		for (int i = 0; i < NR_TRACKS && rows > 0; i++)
			if (empty[i] == (pass >= RANKS) && tracks[i].rank == pass % RANKS) {
				shown[i] = true;
				rows--;
			}
}

int timeline_draw_tracks(struct pane pane, int y, int rows, const struct scene *scene,
			 const struct chart *chart, int now)
{
	bool shown[NR_TRACKS];
	int used = 0;

	choose(shown, rows, scene);
	for (int i = 0; i < NR_TRACKS; i++)
		if (shown[i])
			draw_track(pane, y + used++, &tracks[i], scene, chart, now);
	return used;
}
