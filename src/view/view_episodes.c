// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_episodes.c - what ran from one event to another, and what it cost.
 *
 * One line an episode: scans, walks, kill lists, recoveries, collapses, migrations, in the order they
 * began or by what they cost: s goes through the costs, and to the dearest.  Enter steps through the one
 * under the cursor.  All episodes of the recording are listed at any moment, like events are, so that the
 * order does not change while one steps; `~` runs at the moment, `:` is still to begin: both are dim, the
 * detail says so, and the status counts them.
 *
 * The columns are called as the values are on the command line and in the filter.  MISSED is modelled:
 * known mappings that a walk did not come by under its own rule.  A cost that a kind does not have is a
 * dash and sorts behind all others; so does one that only the end would tell.  Below stands the episode
 * under the cursor in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "episode_cost.h"
#include "explain/words.h"
#include "episode_dear.h"
#include "format.h"
#include "listing.h"
#include "stepper.h"
#include "view_util.h"
#include "views.h"

struct episodes_view {
	struct view_list list;
	struct walk_costs costs;
};

/* Costs stand in the order of enum episode_cost. */
enum {
	COLUMN_EPISODE,
	COLUMN_KIND,
	COLUMN_AT,
	COLUMN_OBJECT,
	COLUMN_TASK,
	COLUMN_DURATION,
	COLUMN_HOLD,
	COLUMN_OTHERS,
	COLUMN_MISSED = COLUMN_DURATION + COST_MISSED,
	COLUMN_KILLED = COLUMN_DURATION + COST_KILLED,
	COLUMN_EVIDENCE
};
static const struct column columns[] = {
	{"episode", "#", 5, 0, 0, ALIGN_RIGHT},
	{"kind", "KIND", 9, 0, 0, ALIGN_LEFT},
	{"begin", "BEGINS", 11, 0, 0, ALIGN_RIGHT},
	{"object", "OF", 10, 1, 0, ALIGN_LEFT},
	{"tid", "TASK", 12, 2, 6, ALIGN_LEFT},
	{"duration_ns", "TOOK", 8, 0, 0, ALIGN_RIGHT},
	{"longest_hold_ns", "LONGEST", 8, 0, 0, ALIGN_RIGHT},
	{"others_waited_ns", "OTHERS", 8, 0, 4, ALIGN_RIGHT},
	{"nr_iteration_total", "OFFERED", 7, 0, 0, ALIGN_RIGHT},
	{"skipped", "SKIPPED", 7, 0, 3, ALIGN_RIGHT},
	{"missed", "MISSED", 8, 0, 5, ALIGN_RIGHT},
	{"moved", "MOVED", 5, 0, 2, ALIGN_RIGHT},
	{"tasks", "KILL", 4, 0, 1, ALIGN_RIGHT},
	{"evidence", "SR", 2, 0, 0, ALIGN_LEFT},
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

/* ---- values ---- */

static struct walk_costs *costs_of(const struct scene *scene)
{
	return &((struct episodes_view *)session_view_state(scene->session)->own)->costs;
}

static int64_t cost(const struct scene *scene, const struct episode_row *episode, int column)
{
	return episode_cost(costs_of(scene), scene, episode, (enum episode_cost)(column - COLUMN_DURATION));
}

/* A filter_lookup_fn. */
static bool lookup(void *context, const char *name, struct filter_value *ret)
{
	return episode_cost_lookup(costs_of(((const struct row_context *)context)->scene), context, name, ret);
}

static int compare_episodes(const struct scene *scene, int column, const union row *a,
			    const union row *b)
{
	int64_t x, y;

	switch (column) {
	case COLUMN_KIND:
		return a->episode.kind - b->episode.kind;
	case COLUMN_EPISODE:
	case COLUMN_AT:
		x = a->episode.number;
		y = b->episode.number;
		break;
	case COLUMN_OBJECT:
		x = ((int64_t)a->episode.object.table << 32) + a->episode.object.id;
		y = ((int64_t)b->episode.object.table << 32) + b->episode.object.id;
		break;
	case COLUMN_TASK:
		x = a->episode.tid;
		y = b->episode.tid;
		break;
	default:
		x = cost(scene, &a->episode, column);
		y = cost(scene, &b->episode, column);
		/* A migration's longest hold is a walk's: that one is meant. */
		if (x == y)
			return (a->episode.kind == EPISODE_WALK) - (b->episode.kind == EPISODE_WALK);
		break;
	}
	return x < y ? -1 : x > y;
}

/* ---- the list ---- */

/* All episodes; `all`, the scene of that, must outlive the feed.  False: too many to sort. */
static bool episodes_feed(struct episodes_view *view, const struct scene *scene, struct scene *all,
			  struct feed *feed)
{
	const struct view_state *state = session_view_state(scene->session);

	*all = *scene;
	all->when = stepper_moment(scene);
	feed_relation(feed, all, ALL_EPISODES, (struct ref){0});
	view_list_filter(&view->list, feed);
	feed->lookup = lookup;
	return state->sort < 0 ||
	       !view_list_sort(&view->list, feed, compare_episodes, state->sort, state->descending);
}

static struct row_key cursor_of(const struct episodes_view *view, const struct scene *scene)
{
	struct ref object = session_object(scene->session);

	return object.table == TABLE_EPISODE ? (struct row_key){.ref = object} : view->list.cursor;
}

static bool runs(const struct scene *scene, const struct episode_row *episode)
{
	uint64_t t = scene->when.t;

	return episode->fact.born <= t && t <= episode->fact.died;
}

static const char *task_of(const struct scene *scene, const struct episode_row *episode, char *buf,
			   size_t size)
{
	const char *comm = episode->comm;

	if (!comm[0])
		comm = trace_file_comm(recording_trace(scene->recording), episode->tid);
	snprintf(buf, size, "%.16s %" PRId32, comm ? comm : "?", episode->tid);
	return buf;
}

/* To walk again takes long: a hurried picture does without. */
static bool is_put_off(const struct scene *scene, const struct episode_row *episode)
{
	return episode_cost_is_unread(costs_of(scene), scene, episode) && session_leave_out(scene->session);
}

static const char *cell(const struct scene *scene, const struct episode_row *episode, int column,
			char *buf, size_t size)
{
	int64_t value;

	switch (column) {
	case COLUMN_EPISODE:
		snprintf(buf, size, "%" PRIu32, episode->number);
		return buf;
	case COLUMN_KIND:
		snprintf(buf, size, "%s", episode_word(episode->kind));
		return buf;
	case COLUMN_AT:
		if (episode->begin_lost)
			return snprintf(buf, size, "%s", episode->fact.born ? "in a gap" : "before"), buf;
		return format_moment(buf, (uint64_t)scene_ns(scene, episode->fact.born));
	case COLUMN_OBJECT:
		if (ref_is_none(episode->object))
			snprintf(buf, size, episode->kind == EPISODE_SCAN ? "scan %" PRId64 : "-",
				 episode->seqnr);
		else
			scene_name(scene, episode->object, buf, size);
		return buf;
	case COLUMN_TASK:
		return task_of(scene, episode, buf, size);
	default:
		break;
	}
	if (column == COLUMN_MISSED && is_put_off(scene, episode)) {
		snprintf(buf, size, "...");
		return buf;
	}
	value = cost(scene, episode, column);
	if (value < 0)
		snprintf(buf, size, "%s", episode->ended ? "-" : column == COLUMN_DURATION ? "runs" : "");
	else if (column == COLUMN_DURATION || column == COLUMN_HOLD || column == COLUMN_OTHERS)
		format_duration(buf, (uint64_t)value);
	else if (column == COLUMN_MISSED)	/* its own evidence, with a blank of the letter's and the doubt's */
		snprintf(buf, size, "%s %c", format_count((char[FORMAT_MAX]){0}, (uint64_t)value), EVIDENCE_MODELLED);
	else
		format_count(buf, (uint64_t)value);
	return buf;
}

static void draw_episode(struct pane pane, int y, const struct scene *scene,
			 const struct column_place *places, const struct episode_row *episode,
			 bool cursor)
{
	bool ahead = episode->fact.born > scene->when.t;
	char text[96], marks[3] = {cursor ? '>' : ' ', runs(scene, episode) ? '~' : ahead ? ':' : ' ', 0};
	enum role role = cursor ? ROLE_CURSOR : ahead || runs(scene, episode) ? ROLE_SKIPPED : ROLE_TEXT;

	for (int i = 0; i < COLUMN_EVIDENCE; i++)
		if (i == COLUMN_TASK)
			pane_task(pane, places[i].x, y, places[i].width, role,
				  cell(scene, episode, i, text, sizeof(text)));
		else if (places[i].width)
			column_text(pane, y, &columns[i], &places[i], role,
				    cell(scene, episode, i, text, sizeof(text)));
	if (places[COLUMN_EVIDENCE].width)
		pane_fact(pane, places[COLUMN_EVIDENCE].x, y, episode->fact.evidence,
			  episode->fact.doubt != DOUBT_NONE);
	row_marks(pane, y, marks);
}

static void draw_list(struct pane pane, struct episodes_view *view, const struct scene *scene,
		      struct ref *ret_selected)
{
	struct view_state *state = session_view_state(scene->session);
	struct column_place places[NR_COLUMNS];
	struct list_window window;
	struct scene all;
	struct feed feed;
	bool sorted;

	columns_fit(columns, NR_COLUMNS, state->columns, state->sort, pane.width, places);
	sorted = episodes_feed(view, scene, &all, &feed);
	columns_heading(pane, 0, columns, NR_COLUMNS, places, sorted ? state->sort : -1, state->descending);
	if (!sorted)
		pane_text(pane, 3, 0, ROLE_DOUBT, "too many to sort: filter first");
	view_list_window(&view->list, &feed, cursor_of(view, scene), pane.height - 1, &window);
	view_list_place(&view->list, &all, &state->lists[0], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_episode(pane, i + 1, scene, places, &window.rows[i].row.episode, i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT, *session_filter(scene->session)
			  ? "no episode fits the filter" : "no episode is in this recording");
	*ret_selected = window.cursor >= 0 ? window.rows[window.cursor].key.ref : (struct ref){0};
}

/* ---- below: the one under the cursor ---- */

static void draw_walk(struct pane pane, int y, const struct walk_totals *w)
{
	char a[FORMAT_MAX], b[FORMAT_MAX], c[FORMAT_MAX], word[24];

	pane_printf(pane, 2, y, ROLE_TEXT, "visited %" PRIu64 "  Skip_addr_out_of_range %" PRIu64
		    "  Skip_mm_mismatch %" PRIu64, w->visited, w->skip_addr_out_of_range,
		    w->skip_mm_mismatch);
	pane_printf(pane, 2, y + 1, ROLE_TEXT, "holds %" PRIu32 ", longest %s of %s together; for %s", w->holds,
		    format_duration(a, w->longest_hold_ns), format_duration(b, w->held_ns),
		    explain_word(WORDS_PURPOSE, w->purpose, word));
	pane_printf(pane, 2, y + 2, ROLE_TEXT, "mapcount %" PRId32 " -> %" PRId32 "   asked by the rule %s"
		    "   waited %s", w->mapcount_before, w->mapcount_after,
		    explain_word(WORDS_RULE, w->rule, word), format_duration(c, w->waited_ns));
}

/* What changed while the scan ran. */
static void draw_scan(struct pane pane, int y, const struct scene *scene, const struct episode_row *episode)
{
	uint64_t nr[NR_ACTIVITIES];

	if (!episode_activity(scene->history, episode, scene->when, nr)) {
		pane_text(pane, 2, y, ROLE_HINT, "what it merged is not known: where it began or ended was lost");
		return;
	}
	pane_printf(pane, 2, y, ROLE_TEXT, "%" PRIu64 " merge%s, %" PRIu64 " failed, %" PRIu64 " zero page%s, %" PRIu64
		    " removal%s; %" PRIu64 " stable node%s made, %" PRIu64 " gone",
		    nr[ACTIVITY_MERGES], plural(nr[ACTIVITY_MERGES]), nr[ACTIVITY_MERGE_FAILURES],
		    nr[ACTIVITY_ZERO_PAGES], plural(nr[ACTIVITY_ZERO_PAGES]), nr[ACTIVITY_REMOVALS], plural(nr[ACTIVITY_REMOVALS]),
		    nr[ACTIVITY_NODES_MADE], plural(nr[ACTIVITY_NODES_MADE]), nr[ACTIVITY_NODES_GONE]);
}

static void draw_totals(struct pane pane, int y, const struct scene *scene, const struct episode_row *episode)
{
	const struct recovery_totals *r = &episode->totals.recovery;
	const struct collapse_totals *c = &episode->totals.collapse;
	const struct migration_totals *m = &episode->totals.migration;
	const struct kill_totals *k = &episode->totals.kill;
	char word[24];

	switch (episode->kind) {
	case EPISODE_WALK:
		draw_walk(pane, y, &episode->totals.walk);
		break;
	case EPISODE_RECOVERY:
		pane_printf(pane, 2, y, ROLE_TEXT, "%s: %" PRIu32 " mapping%s moved, %" PRIu32 " left",
			    explain_word(WORDS_OUTCOME, r->outcome, word), r->moved, plural(r->moved), r->failed);
		if (episode->begin_lost)
			pane_text(pane, 2, y + 1, ROLE_DOUBT, "its beginning is lost: which dups were looked at is not known");
		else
			pane_printf(pane, 2, y + 1, ROLE_TEXT, "%" PRIu32 " other dup%s looked at, %" PRIu64
				    " node%s visited in search of the chain", r->nr_dups, plural(r->nr_dups),
				    r->nr_nodes, plural(r->nr_nodes));
		break;
	case EPISODE_COLLAPSE:
		pane_printf(pane, 2, y, ROLE_TEXT, "%s: isolated %" PRIu32 ", copied %" PRIu32
			    ", failed %" PRIu32 ", put back %" PRIu32,
			    collapse_is_done(c) ? "one huge page now" : "given up", c->nr_isolated,
			    c->nr_copied, c->nr_failed, c->nr_rolled_back);
		break;
	case EPISODE_MIGRATION:
		pane_printf(pane, 2, y, ROLE_TEXT, "pages moved %" PRIu64 ", not %" PRIu64 "; walks of "
			    "KSM pages %" PRIu32 ", stable nodes with a new page %" PRIu32, m->succeeded,
			    m->failed, m->nr_walks, m->nr_moved);
		break;
	case EPISODE_KILL_LIST:
		pane_printf(pane, 2, y, ROLE_TEXT, "on the list %" PRIu32 "; VMA covers the address of %"
			    PRIu32 "; pte maps the page of %" PRIu32, k->nr_listed, k->nr_covering,
			    k->nr_mapped);
		break;
	default:
		draw_scan(pane, y, scene, episode);
		break;
	}
}

/* The list is of the whole recording: what it says of such an episode is not known yet at the moment. */
static const char *still(const struct scene *scene, const struct episode_row *episode)
{
	return episode->fact.born > scene->when.t ? "ahead: " : runs(scene, episode) ? "still runs: " : "";
}

/* What its row may have no room for. */
static void add_dear(char *line, size_t size, const struct scene *scene, const struct episode_row *episode)
{
	int64_t others = cost(scene, episode, COLUMN_OTHERS), missed;
	size_t at = strlen(line);
	char text[FORMAT_MAX];

	if (others > 0)
		at += (size_t)snprintf(line + at, size - at, "; others waited %s", format_duration(text, (uint64_t)others));
	if (is_put_off(scene, episode))
		return;
	missed = cost(scene, episode, COLUMN_MISSED);
	if (missed > 0)
		snprintf(line + at, size - at, "; missed %" PRId64 " %c", missed, EVIDENCE_MODELLED);
}

/* The kernel counts a recovery's duration from a wait on that is over when its first event tells of it. */
static void add_wait(char *line, size_t size, const struct episode_row *episode)
{
	uint64_t waited_ns = episode->totals.recovery.waited_ns;
	size_t at = strlen(line);
	char text[FORMAT_MAX];

	if (waited_ns && !episode->begin_lost)
		snprintf(line + at, size - at, "; TOOK counts %s of waiting before", format_duration(text, waited_ns));
}

static void draw_detail(struct pane pane, const struct scene *scene, struct ref selected)
{
	struct episode_row episode;
	char heading[96], line[192], task[48], a[64], b[64];

	if (!stepper_row(scene, selected, &episode)) {
		pane_rule(pane, 0, "", "");
		return;
	}
	snprintf(heading, sizeof(heading), "episode %" PRIu32 ": %s by %s", episode.number,
		 episode_word(episode.kind), task_of(scene, &episode, task, sizeof(task)));
	pane_rule(pane, 0, heading, "Enter steps through it ");
	snprintf(line, sizeof(line), "%sfrom %s to %s", still(scene, &episode), util_event(scene, episode.fact.born, a, sizeof(a)),
		 util_event(scene, episode.fact.died, b, sizeof(b)));
	if (episode.kind == EPISODE_WALK)
		add_dear(line, sizeof(line), scene, &episode);
	else if (episode.kind == EPISODE_RECOVERY)
		add_wait(line, sizeof(line), &episode);
	pane_text(pane, 2, 1, ROLE_SKIPPED, line);
	if (episode.ended) {
		draw_totals(pane, 2, scene, &episode);
		pane_fact(pane, pane.width - 2, 2, episode.fact.evidence, episode.fact.doubt != DOUBT_NONE);
	} else {
		pane_text(pane, 2, 2, ROLE_DOUBT, "its end is not in the recording: no totals");
	}
}

static void draw(struct session *session, void *own, struct pane body)
{
	struct episodes_view *view = own;
	int detail = 5;
	struct scene scene;
	struct ref selected;

	if (!scene_draw(&scene, session, body))
		return;
	draw_list(pane_sub(body, 0, 0, body.width, body.height - detail), view, &scene, &selected);
	draw_detail(pane_sub(body, 0, body.height - detail, body.width, detail), &scene, selected);
}

/* ---- keys ---- */

/* s without a name: by the next cost, dearest first, with the cursor on it; behind the last as they began. */
static void sort_by_cost(struct episodes_view *view, const struct scene *scene)
{
	struct view_state *state = session_view_state(scene->session);
	struct list_row row;
	struct scene all;
	struct feed feed;

	do
		state->sort = state->sort < COLUMN_DURATION  ? COLUMN_DURATION
			      : state->sort < COLUMN_KILLED ? state->sort + 1 : -1;
	while (state->sort >= 0 && !session_column_shown(scene->session, state->sort));
	state->descending = state->sort >= 0;
	if (!episodes_feed(view, scene, &all, &feed))
		session_say(scene->session, "more than %d episodes: filter first", SORT_ROWS_MAX);
	else if (state->sort < 0)
		session_say(scene->session, "in the order they began");
	else
		session_say(scene->session, "dearest by %s first", columns[state->sort].heading);
	feed_seek(&feed, (struct row_key){0});
	if (feed_next(&feed, &row) == 1)
		session_select(scene->session, row.key.ref);
	view->list.line = 0;
}

static struct view_list *open_episodes(void *own, struct scene *scene, struct feed *feed,
				       struct row_key *ret_cursor)
{
	struct episodes_view *view = own;
	struct scene now = *scene;

	*ret_cursor = cursor_of(view, scene);
	episodes_feed(view, &now, scene, feed);
	return &view->list;
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	char task[48], object[64];

	snprintf(buf, size, "%" PRIu32 " %s %s %s", row->row.episode.number,
		 episode_word(row->row.episode.kind), task_of(scene, &row->row.episode, task, sizeof(task)),
		 cell(scene, &row->row.episode, COLUMN_OBJECT, object, sizeof(object)));
}

static const struct listing listings[] = {{.part = 0, .open = open_episodes, .describe = describe}, {0}};

static struct ref selected_episode(struct episodes_view *view, const struct scene *scene)
{
	struct list_row row;

	return listing_row(listings, view, scene, &row) ? row.key.ref : (struct ref){0};
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct episodes_view *view = own;
	struct episode_row row;
	struct scene scene;

	if (!scene_init(&scene, session))
		return false;
	switch (action) {
	case ACTION_SORT:
		if (argument->text[0])
			return false;
		sort_by_cost(view, &scene);
		return true;
	case ACTION_OPEN:
		stepper_open(&scene, selected_episode(view, &scene));
		return true;
	case ACTION_PARENT:
		if (stepper_row(&scene, selected_episode(view, &scene), &row))
			util_open(&scene, row.object);
		return true;
	default:
		return listing_act_on(&scene, action, selected_episode(view, &scene)) ||
		       listing_act(session, own, action);
	}
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct list_row row = {0};
	struct scene scene;

	if (scene_init(&scene, session) &&
	    stepper_row(&scene, selected_episode(own, &scene), &row.row.episode))
		describe(&scene, &row, buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	char filter[256];

	(void)own;
	if (scene_init(&scene, session))
		snprintf(buffer, size, "ksmtop episodes %s%s", scene.source->file,
			 util_filter_option(&scene, filter, sizeof(filter)));
}

static void status(struct session *session, void *own, char *buffer, size_t size)
{
	char count[FORMAT_MAX], ahead[FORMAT_MAX];
	struct scene scene;
	uint64_t nr = 0, begun = 0;

	(void)own;
	if (!scene_init(&scene, session))
		return;
	history_count(scene.history, ALL_EPISODES, (struct ref){0}, stepper_moment(&scene), &nr, NULL);
	history_count(scene.history, ALL_EPISODES, (struct ref){0}, moment_at(scene.when.t), &begun, NULL);
	snprintf(buffer, size, "%s episode%s in the recording, %s ahead", format_count(count, nr), nr == 1 ? "" : "s",
		 format_count(ahead, nr - begun));
}

static void state_fini(void *own)
{
	struct episodes_view *view = own;

	view_list_fini(&view->list);
	walk_costs_fini(&view->costs);
}

const struct view view_episodes = {
	.id = VIEW_EPISODES,
	.title = "Episodes",
	.tab = "Epis",
	.draw = draw,
	.key = '7',
	.unit = "event",
	.nr_lists = 1,
	.listings = listings,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct episodes_view),
	.state_fini = state_fini,
	.status = status,
	.why = util_why,
	.act = act,
	.find = listing_find,
	.moved = listing_moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
