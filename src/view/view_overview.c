// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_overview.c - the state of KSM at this moment on one screen: how much, who, and what comes.
 *
 * Two kinds of numbers must not be mixed up.  The kernel's own counters are samples (D): true when
 * they were read, up to a second before this moment.  What the events were rebuilt to (I, or T with
 * the patch) is of this very event.  The counters stand in the left box with what changed since
 * mark A; where the terminal is wide enough the rebuilt number stands beside each of them, and
 * where there is no sample yet it stands in for the counter, with its letter.
 *
 * Below stand the savings, the rate of merges over the whole recording, the processes, and the next
 * notable moments, which Enter goes to.
 *
 * Every picture costs a few searches; the sparkline is made once and kept.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/sample.h"

#include "format.h"
#include "listing.h"
#include "notable_text.h"
#include "overview_chains.h"
#include "process_table.h"
#include "timeline_chart.h"
#include "view_util.h"
#include "views.h"

#define AHEAD_MAX     12
#define PAGE_BYTES    4096
#define SCANS_LOOK    64

struct overview {
	struct view_list processes;
	uint64_t ahead[AHEAD_MAX]; /* events of the rows, as drawn */
	int nr_ahead;
	struct chart chart;
};

/* ---- counters ---- */

enum rebuilt { REBUILT_NONE, REBUILT_SHARED, REBUILT_SHARING, REBUILT_UNSHARED, REBUILT_EMPTY };

static const struct counter {
	const char *file, *label;
	enum rebuilt rebuilt;
} page_counters[] = {
	{"pages_shared", "shared", REBUILT_SHARED},
	{"pages_sharing", "sharing", REBUILT_SHARING},
	{"pages_unshared", "unshared", REBUILT_UNSHARED},
	{"pages_volatile", "volatile", REBUILT_NONE},
	{"ksm_zero_pages", "zero", REBUILT_NONE},
	{"pages_skipped", "skipped", REBUILT_NONE},
	/* Stable nodes that ksmd has not noticed yet to be without: the kernel has no file for them. */
	{"", "no items", REBUILT_EMPTY},
};
#define NR_PAGE_COUNTERS ((int)(sizeof(page_counters) / sizeof(*page_counters)))

/* What the events make of it; false where they cannot tell. */
static bool rebuilt_value(const struct scene *scene, const struct history_counters *counters,
			  enum rebuilt rebuilt, int64_t *ret)
{
	switch (rebuilt) {
	case REBUILT_SHARED:
		*ret = (int64_t)(counters->nr_nodes - counters->nr_nodes_empty);
		return true;
	case REBUILT_SHARING:
		*ret = (int64_t)counters->nr_stable_items -
		       (int64_t)(counters->nr_nodes - counters->nr_nodes_empty);
		return true;
	case REBUILT_UNSHARED:
		*ret = (int64_t)counters->nr_unstable_items;
		return history_is_patched(scene->history);
	case REBUILT_EMPTY:
		*ret = (int64_t)counters->nr_nodes_empty;
		return true;
	default:
		return false;
	}
}

/* Pages were merged or removed since the sample that holds now was begun. */
static bool sample_outdated(const struct scene *scene)
{
	int sample = history_sample_before(scene->history, SAMPLE_KSM, 0, scene->when.t);

	return sample >= 0 && history_sample_outdated(scene->history, (uint32_t)sample,
						      (struct ref){0}, scene->when.t);
}

/* A scan began or ended since then. */
static bool scans_outdated(const struct scene *scene)
{
	int sample = history_sample_before(scene->history, SAMPLE_KSM, 0, scene->when.t);
	struct history_sample at;
	uint64_t step;

	if (sample < 0 || history_sample(scene->history, (uint32_t)sample, &at))
		return false;
	step = history_scan_step(scene->history, at.begin, 1);
	return step && step <= scene->when.t;
}

static void signed_number(char *buf, size_t size, int64_t value)
{
	char number[FORMAT_MAX];

	snprintf(buf, size, "%s%s", value < 0 ? "-" : "",
		 format_count(number, value < 0 ? 0 - (uint64_t)value : (uint64_t)value));
}

static void draw_counter(struct pane pane, int y, const struct scene *scene,
			 const struct counter *counter, const struct history_counters *counters,
			 bool wide, bool outdated)
{
	int64_t a = session_mark(scene->session, 'A'), now, then, before, rebuilt;
	bool sampled = scene_sysfs(scene, scene->when.t, counter->file, &now);
	bool known = rebuilt_value(scene, counters, counter->rebuilt, &rebuilt);
	char text[FORMAT_MAX + 8];
	bool changed;

	if (!sampled && known)
		now = rebuilt;
	changed = sampled && scene->when.t &&
		  scene_sysfs(scene, scene->when.t - 1, counter->file, &before) && before != now;
	pane_put(pane, 1, y, ROLE_CHANGED, changed ? '~' : ' ');
	pane_fit(pane, 3, y, 8, ALIGN_LEFT, ROLE_SKIPPED, counter->label);
	if (!sampled && !known) {
		pane_fit(pane, 11, y, 9, ALIGN_RIGHT, ROLE_DOUBT, "-");
		return;
	}
	signed_number(text, sizeof(text), now);
	pane_fit(pane, 11, y, 9, ALIGN_RIGHT, changed ? ROLE_CHANGED : ROLE_TEXT, text);
	if (a >= 0 && scene_sysfs(scene, (uint64_t)a, counter->file, &then))
		pane_fit(pane, 20, y, 9, ALIGN_RIGHT, ROLE_TEXT, format_delta(text, now - then));
	pane_fact(pane, 30, y, sampled ? EVIDENCE_DUMPED : EVIDENCE_INFERRED,
		  !sampled || outdated);
	if (wide && known) {
		signed_number(text, sizeof(text), rebuilt);
		pane_fit(pane, 32, y, 9, ALIGN_RIGHT, ROLE_TEXT, text);
		pane_fact(pane, 42, y, EVIDENCE_INFERRED, counters->nr_doubtful_items > 0);
	}
}

static void draw_pages(struct pane pane, const struct scene *scene,
		       const struct history_counters *counters)
{
	bool wide = pane.width >= 44, outdated = sample_outdated(scene);

	pane_text(pane, 1, 0, ROLE_HEADING, "PAGES");
	pane_fit(pane, 11, 0, 9, ALIGN_RIGHT, ROLE_HEADING, "now");
	pane_fit(pane, 20, 0, 9, ALIGN_RIGHT, ROLE_HEADING, "vs A");
	if (wide)
		pane_fit(pane, 32, 0, 9, ALIGN_RIGHT, ROLE_HEADING, "rebuilt");
	for (int i = 0; i < NR_PAGE_COUNTERS && i + 1 < pane.height; i++)
		draw_counter(pane, i + 1, scene, &page_counters[i], counters, wide, outdated);
}

/* "label      value D": without evidence a long value takes its place, too. */
static void draw_small_text(struct pane pane, int y, const char *label, const char *value,
			    char evidence, bool doubtful)
{
	int x = 2 + pane_text(pane, 1, y, ROLE_SKIPPED, label), right = pane.width - 3;

	if (!evidence && x + text_width(value) > right)
		right = pane.width;
	pane_fit(pane, x, y, right - x, ALIGN_RIGHT, ROLE_TEXT, value);
	if (evidence)
		pane_fact(pane, pane.width - 2, y, evidence, doubtful);
}

static void draw_small(struct pane pane, int y, const struct scene *scene, const char *label,
		       const char *file, bool doubtful)
{
	char text[FORMAT_MAX + 8] = "-";
	int64_t value;
	bool known = scene_sysfs(scene, scene->when.t, file, &value);

	if (known)
		signed_number(text, sizeof(text), value);
	draw_small_text(pane, y, label, text, known ? EVIDENCE_DUMPED : 0, doubtful);
}

/* The scan that ended last: before the one that runs. */
static bool last_scan(const struct scene *scene, struct episode_row *ret)
{
	struct history_cursor cursor;
	union row row;

	if (history_list(scene->history, EPISODES_OF_KIND, ref_of_kind(EPISODE_SCAN), scene->when,
			 &cursor))
		return false;
	history_seek_end(&cursor);
	for (int i = 0; i < SCANS_LOOK && history_prev(&cursor, &row) == 1; i++)
		if (row.fact.died != NEVER && row.fact.died <= scene->when.t && !row.episode.begin_lost &&
		    !row.episode.end_lost && row.episode.end_ns > row.episode.begin_ns) {
			*ret = row.episode;
			return true;
		}
	return false;
}

static void draw_scan(struct pane pane, const struct scene *scene,
		      const struct history_counters *counters)
{
	bool outdated = sample_outdated(scene);
	char text[FORMAT_MAX + 16];
	struct episode_row scan;

	pane_text(pane, 1, 0, ROLE_HEADING, "SCAN");
	draw_small(pane, 1, scene, "full_scans", "full_scans", scans_outdated(scene));
	if (counters->scan_seqnr < 0)
		snprintf(text, sizeof(text), "none seen");
	else
		snprintf(text, sizeof(text), "%s %" PRId64, counters->scan_running ? "in" : "after",
			 counters->scan_seqnr);
	draw_small_text(pane, 2, "ksmd", text, counters->scan_seqnr < 0 ? 0 : EVIDENCE_TRACED,
			false);
	if (last_scan(scene, &scan))
		draw_small_text(pane, 3, "took",
				format_duration(text, scan.end_ns - scan.begin_ns),
				EVIDENCE_TRACED, false);
	else
		draw_small_text(pane, 3, "took", "-", 0, false);
	draw_small_text(pane, 4, "merges", format_count(text, counters->nr_merges),
			EVIDENCE_TRACED, history_may_lack_merges(scene->history, 0, scene->when));
	draw_small(pane, 5, scene, "chains", "stable_node_chains", outdated);
	draw_small(pane, 6, scene, "dups", "stable_node_dups", outdated);
}

static void draw_ksmd(struct pane pane, const struct scene *scene)
{
	static const char *const files[] = {"run",
					    "pages_to_scan",
					    "sleep_millisecs",
					    "max_page_sharing",
					    "merge_across_nodes",
					    "smart_scan"};

	pane_text(pane, 1, 0, ROLE_HEADING, "KSMD");
	for (int i = 0; i < 6; i++)
		draw_small(pane, i + 1, scene, files[i], files[i], false);
}

static void draw_recording(struct pane pane, const struct scene *scene,
			   const struct history_counters *counters)
{
	char text[FORMAT_MAX], lost[FORMAT_MAX + 1], of[128];
	const char *release = recording_release(scene->recording, of, sizeof(of));
	bool uncounted = history_nr_uncounted(scene->history, scene->when.t) > 0;

	snprintf(lost, sizeof(lost), "%s%s", format_count(text, counters->nr_lost), uncounted ? "?" : "");

	pane_text(pane, 1, 0, ROLE_HEADING, "RECORDING");
	draw_small_text(pane, 1, "kernel", release[0] ? release : "-", 0, false);
	draw_small_text(pane, 2, "events", format_count(text, history_last(scene->history)), 0, false);
	draw_small_text(pane, 3, "lost so far", uncounted && !counters->nr_lost ? "unknown" : lost, 0,
			false);
	draw_small_text(pane, 4, "samples", format_count(text, history_nr_samples(scene->history)),
			0, false);
	draw_small_text(pane, 5, "clock", recording_clock(scene->recording), 0, false);
	draw_small_text(pane, 6, "the patch", history_is_patched(scene->history) ? "yes" : "no", 0, false);
}

/* ---- savings and rates ---- */

static void draw_savings(struct pane pane, int y, const struct scene *scene)
{
	int64_t shared = 0, sharing = 0, zero = 0, profit = 0;
	bool known = scene_sysfs(scene, scene->when.t, "pages_sharing", &sharing) &&
		     scene_sysfs(scene, scene->when.t, "pages_shared", &shared);
	bool priced = known && scene_sysfs(scene, scene->when.t, "general_profit", &profit);
	char text[FORMAT_MAX + 8];
	bool outdated = sample_outdated(scene);
	int x = 1;

	if (!known || sharing < 0 || shared < 0) {
		pane_text(pane, x, y, ROLE_HINT, "savings: no sample of the kernel's counters yet");
		return;
	}
	scene_sysfs(scene, scene->when.t, "ksm_zero_pages", &zero);
	x += pane_printf(pane, x, y, ROLE_SKIPPED, "saved ");
	x += pane_printf(pane, x, y, ROLE_GOOD, "%s ",
			 format_bytes(text, (uint64_t)(sharing + zero) * PAGE_BYTES));
	x += pane_fact(pane, x, y, EVIDENCE_DUMPED, outdated) + 1;
	x += pane_printf(pane, x, y, ROLE_SKIPPED, "ratio ");
	if (shared)
		x += pane_printf(pane, x, y, ROLE_TEXT, "%.1f:1 ",
				 (double)sharing / (double)shared);
	else
		x += pane_printf(pane, x, y, ROLE_TEXT, "- ");
	x += pane_fact(pane, x, y, EVIDENCE_DUMPED, outdated) + 1;
	if (!priced)
		return;
	/* ksm_general_profit(): pages saved less sizeof(struct ksm_rmap_item) for every item. */
	if ((sharing + zero) * PAGE_BYTES >= profit) {
		x += pane_printf(pane, x, y, ROLE_SKIPPED, "metadata ");
		x += pane_printf(
			pane, x, y, ROLE_TEXT, "%s ",
			format_bytes(text, (uint64_t)((sharing + zero) * PAGE_BYTES - profit)));
		x += pane_fact(pane, x, y, EVIDENCE_DUMPED, outdated) + 1;
	}
	x += pane_printf(pane, x, y, ROLE_SKIPPED, "profit ");
	process_profit(text, sizeof(text), profit);
	x += pane_printf(pane, x, y, profit < 0 ? ROLE_FAULT : ROLE_GOOD, "%s ", text);
	pane_fact(pane, x, y, EVIDENCE_DUMPED, outdated);
}

static int draw_rate(struct pane pane, int y, const struct overview *view, const char *label,
		     enum activity activity, int now)
{
	const struct chart *chart = &view->chart;
	char a[FORMAT_MAX], b[FORMAT_MAX];

	pane_text(pane, 1, y, ROLE_SKIPPED, label);
	pane_spark(pane, 10, y, ROLE_BAR, chart->activity[activity], chart->window.nr,
		   chart->most[activity]);
	pane_printf(pane, 11 + chart->window.nr, y, ROLE_TEXT, "now %7s  peak %7s",
		    now < 0 ? "-" : format_count(a, chart->activity[activity][now]),
		    format_count(b, chart->most[activity]));
	return y + 1;
}

static int draw_rates(struct pane pane, int y, struct overview *view, const struct scene *scene,
		      bool tall)
{
	uint64_t last = history_last(scene->history);
	struct chart_window window = {
		.span_ns = last ? (uint64_t)scene_ns(scene, last) + 1 : 1,
		.last = last,
		.nr = pane.width - 11 - 27 < 10 ? 10 : pane.width - 11 - 27,
	};
	int now;

	if (window.nr > CHART_COLUMNS_MAX)
		window.nr = CHART_COLUMNS_MAX;
	chart_make(&view->chart, scene, &window);
	now = chart_column(&window, (uint64_t)scene_ns(scene, scene->when.t));
	y = draw_rate(pane, y, view, "merges", ACTIVITY_MERGES, now);
	if (!tall)
		return y;
	y = draw_rate(pane, y, view, "removals", ACTIVITY_REMOVALS, now);
	if (now >= 0)
		pane_put(pane, 10 + now, y, ROLE_CURSOR, '^');
	return y + 1;
}

/* ---- what comes ---- */

static void draw_notable(struct pane pane, int y, const struct scene *scene, const struct notable *notable,
			 bool cursor)
{
	char text[160], time[FORMAT_MAX], mark = notable_mark(notable);

	pane_put(pane, 1, y, ROLE_CURSOR, cursor ? '>' : ' ');
	pane_put(pane, 2, y, mark_role(mark), (uint32_t)mark);
	pane_printf(pane, 4, y, cursor ? ROLE_CURSOR : ROLE_SKIPPED, "%-13s",
		    format_moment(time, (uint64_t)scene_ns(scene, notable->event)));
	pane_fit(pane, 18, y, pane.width - 19, ALIGN_LEFT, cursor ? ROLE_CURSOR : ROLE_TEXT,
		 notable_text(scene, notable, text, sizeof(text)));
}

static void draw_ahead(struct pane pane, struct overview *view, const struct scene *scene)
{
	struct view_state *state = session_view_state(scene->session);
	int rows = pane.height - 1 > AHEAD_MAX ? AHEAD_MAX : pane.height - 1;
	struct notable notables[AHEAD_MAX];
	uint8_t least = notable_least(scene);
	uint64_t t = scene->when.t;

	pane_rule(pane, 0, "AHEAD", "Tab, Enter: go there ");
	view->nr_ahead = 0;
	while (view->nr_ahead < rows && notable_near(scene, t, 1, least, &notables[view->nr_ahead]))
		t = notables[view->nr_ahead++].event;
	for (int i = 0; i < view->nr_ahead; i++)
		view->ahead[i] = notables[i].event;
	/* before they are drawn: it keeps the cursor within the rows */
	list_place(&state->lists[1], (uint64_t)view->nr_ahead, pane.x - scene->body.x,
		   pane.y - scene->body.y + 1, pane.width, rows);
	for (int i = 0; i < view->nr_ahead; i++)
		draw_notable(pane, i + 1, scene, &notables[i],
			     state->focus == 1 && state->lists[1].cursor == (uint64_t)i);
	if (!view->nr_ahead && rows > 0)
		pane_text(pane, 4, 1, ROLE_HINT, least ? "nothing worth a look from here to the end"
					       : "nothing notable from here to the end");
}

/* ---- the view ---- */

/* The boxes at the top: three, and a fourth about the recording where there is room. */
static void draw_boxes(struct pane pane, const struct scene *scene)
{
	bool wide = pane.width >= 112;
	int pages = wide ? 44 : 32, rest = pane.width - pages, x = pages;
	int widths[3] = {wide ? rest / 3 : rest * 11 / 24, wide ? rest / 3 : rest - rest * 11 / 24,
			 rest - rest / 3 * 2};
	struct history_counters counters;

	history_totals(scene->history, scene->when, &counters);
	/* How many does not matter here, and would be counted one by one. */
	counters.nr_doubtful_items = history_doubts(scene->history, ALL_ITEMS, (struct ref){0}, scene->when);
	draw_pages(pane_sub(pane, 0, 0, pages, pane.height), scene, &counters);
	for (int i = 0; i < (wide ? 3 : 2); i++) {
		struct pane box = pane_sub(pane, x + 1, 0, widths[i] - 1, pane.height);

		pane_vline(pane, x, 0, pane.height, ROLE_BORDER);
		if (i == 0)
			draw_scan(box, scene, &counters);
		else if (i == 1)
			draw_ksmd(box, scene);
		else
			draw_recording(box, scene, &counters);
		x += widths[i];
	}
}

static void draw(struct session *session, void *own, struct pane body)
{
	int y = NR_PAGE_COUNTERS + 1, ahead = body.height > 26 ? 7 : 3, chains = 0;
	struct overview *view = own;
	struct scene scene;

	if (!scene_draw(&scene, session, body))
		return;
	draw_boxes(pane_sub(body, 0, 0, body.width, y), &scene);
	pane_hline(body, 0, y++, body.width, ROLE_BORDER);
	draw_savings(body, y++, &scene);
	y = draw_rates(body, y, view, &scene, body.height > 26);
	pane_hline(body, 0, y++, body.width, ROLE_BORDER);
	if (body.height > 26 && body.width >= 100 && overview_has_chains(&scene)) {
		chains = 6;
		ahead = 5;
	}
	process_draw(pane_sub(body, 0, y, body.width, body.height - y - ahead - chains), &view->processes,
		     &scene);
	if (chains)
		overview_draw_chains(pane_sub(body, 0, body.height - ahead - chains, body.width, chains), &scene);
	draw_ahead(pane_sub(body, 0, body.height - ahead, body.width, ahead), view, &scene);
}

static void open_ahead(const struct scene *scene, const struct overview *view)
{
	uint64_t row = session_view_state(scene->session)->lists[1].cursor;

	if (row < (uint64_t)view->nr_ahead)
		session_jump_to(scene->session, view->ahead[row]);
	else
		session_say(scene->session, "nothing is ahead");
}

static struct view_list *open_processes(void *own, struct scene *scene, struct feed *feed,
					struct row_key *ret_cursor)
{
	struct overview *view = own;

	process_feed(&view->processes, scene, feed);
	*ret_cursor = util_cursor(scene, &view->processes, TABLE_MM);
	return &view->processes;
}

static const struct listing listings[] = {{.part = 0, .open = open_processes, .describe = process_describe}, {0}};

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct overview *view = own;
	struct scene scene;

	(void)argument;
	if (!scene_init(&scene, session))
		return false;
	if (action == ACTION_OPEN && session_view_state(session)->focus == 1) {
		open_ahead(&scene, view);
		return true;
	}
	return listing_act_on(&scene, action, listing_selected(listings, view, &scene)) ||
	       listing_act(session, own, action);
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct list_row row = {0};
	struct scene scene;

	if (!scene_init(&scene, session))
		return;
	row.key.ref = listing_selected(listings, own, &scene);
	if (scene_row(&scene, row.key.ref, &row.row))
		process_describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop report %s --at %" PRIu64, scene.source->file,
			 scene.when.t);
}

static void state_fini(void *own)
{
	struct overview *view = own;

	view_list_fini(&view->processes);
}

const struct view view_overview = {
	.id = VIEW_OVERVIEW,
	.title = "Overview",
	.tab = "Over",
	.draw = draw,
	.key = '1',
	.unit = "event",
	.nr_lists = 2,
	.listings = listings,
	.columns = process_columns,
	.nr_columns = NR_PROCESS_COLUMNS,
	.state_size = sizeof(struct overview),
	.state_fini = state_fini,
	.why = util_why,
	.act = act,
	.find = listing_find,
	.moved = listing_moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};

const struct view *const views_all[] = {
	&view_overview,
	&view_tree,
	&view_processes,
	&view_timeline,
	&view_events,
	&view_object,
	&view_episodes,
	&view_numa,
	&view_stale,
	&view_blast,
	&view_walk,
	&view_recovery,
	&view_collapse,
	&view_steps,
	NULL
};
