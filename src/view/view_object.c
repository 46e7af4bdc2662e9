// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_object.c - one object: what it is now, everything that happened to it, what belongs to it.
 *
 * The object is the session's selected one, of any table.  Above stand its facts at this moment;
 * below to the left its life, every event that touched it, with the past and the future around
 * now; below to the right one of its relations (Space shows the next: items, mappings, dups ...).
 * Enter on a row there makes that the object, u goes to what this one belongs to, and Ctrl-O comes
 * back.
 *
 * An object that is not there at this moment keeps its place: its life says when it was, and the
 * facts are those of its last span, marked x.
 *
 * What a fact is worth stands beside it; the reason for a doubt is spelled out once, at the end of
 * the facts.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "listing.h"
#include "object_facts.h"
#include "stepper.h"
#include "view_util.h"
#include "views.h"
#include "why.h"

#define FACTS_ROWS 7

struct object_view {
	struct view_list life, related;
	struct ref object; /* whose related.cursor this is */
	int relation;      /* index into relations_of() */
};

/* Life is lists[0]: its columns can be chosen. */
enum { COLUMN_NR, COLUMN_TIME, COLUMN_EVENT, COLUMN_EFFECT };
static const struct column columns[] = {
	{"nr", "#", 7, 0, 1, ALIGN_RIGHT},
	{"time", "TIME", 11, 0, 2, ALIGN_RIGHT},
	{"event", "EVENT", 11, 2, 0, ALIGN_LEFT},
	{"effect", "EFFECT", 13, 1, 0, ALIGN_LEFT},
};
#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(*columns)))

struct relation_name {
	enum relation relation;
	const char *name;
};

/* The lists that an object of a table has; returns how many. */
static int relations_of(enum table table, const struct relation_name **ret)
{
	static const struct relation_name mm[] = {
		{ITEMS_OF_MM, "ITEMS"}, {MAPPINGS_OF_MM, "MAPPINGS"}, {VMAS_OF_MM, "VMAS"}};
	static const struct relation_name node[] = {
		{ITEMS_OF_NODE, "ITEMS"}, {MAPPINGS_OF_NODE, "MAPPINGS"}, {DUPS_OF_CHAIN, "DUPS"}};
	static const struct relation_name anon_vma[] = {{VMAS_OF_ANON_VMA, "VMAS"},
							{ITEMS_OF_ANON_VMA, "ITEMS"}};

	switch (table) {
	case TABLE_MM:
		*ret = mm;
		return 3;
	case TABLE_NODE:
		*ret = node;
		return 3;
	case TABLE_ANON_VMA:
		*ret = anon_vma;
		return 2;
	default:
		*ret = NULL;
		return 0;
	}
}

/* What an object belongs to: where u goes. */
static struct ref parent_of(const union row *row)
{
	switch (row->any.ref.table) {
	case TABLE_MM:
		return row->mm.parent;
	case TABLE_ANON_VMA:
		return ref_is_none(row->anon_vma.parent) ? row->anon_vma.root
							 : row->anon_vma.parent;
	case TABLE_VMA:
		return row->vma.anon_vma;
	case TABLE_NODE:
		return row->node.chain;
	case TABLE_ITEM:
		return ref_is_none(row->item.node) ? row->item.mm : row->item.node;
	case TABLE_MAPPING:
		return ref_is_none(row->mapping.node) ? row->mapping.mm : row->mapping.node;
	case TABLE_PAGE:
		return row->page.node;
	case TABLE_EPISODE:
		return row->episode.object;
	default:
		return (struct ref){0};
	}
}

/* The row now, else its last span begun by now, else its first.  True: it is alive. */
static bool object_row(const struct scene *scene, struct ref object, union row *ret,
		       uint32_t *ret_spans)
{
	bool alive = scene_row(scene, object, ret);
	uint64_t first = 0;
	union row span;
	uint32_t i;

	for (i = 0; i < OBJECT_SPANS_LOOK; i++) {
		if (history_life(scene->history, object, i, scene->when.known_by, &span))
			break;
		if (!i)
			first = span.fact.born;
		if (!alive && (!i || span.fact.born <= scene->when.t))
			*ret = span;
	}
	if (!alive && i)
		ret->fact.first = first;
	*ret_spans = i;
	return alive;
}

/* ---- its life ---- */

static void life_feed(struct object_view *view, const struct scene *scene, struct ref object,
		      struct feed *feed)
{
	feed_touches(feed, scene, object);
	view_list_filter(&view->life, feed);
}

/* The last event that touched it, at or before now. */
static struct row_key life_cursor(struct feed *feed, uint64_t t, bool *ret_there)
{
	struct list_row row;

	feed_seek(feed, (struct row_key){.event = t + 1});
	*ret_there = feed_prev(feed, &row) == 1;
	return *ret_there ? row.key : (struct row_key){.event = t + 1};
}

static void draw_event(struct pane pane, int y, const struct scene *scene,
		       const struct column_place *places, struct ref object, uint64_t nr,
		       const char *now)
{
	enum role role = *now == '>' ? ROLE_CURSOR : nr > scene->when.t ? ROLE_SKIPPED : ROLE_TEXT;
	char text[FORMAT_MAX], effect[64], marks[3] = {now[0], ' ', 0};
	struct event_record record;
	char sample[32];

	snprintf(text, sizeof(text), "%" PRIu64, nr);
	column_text(pane, y, &columns[COLUMN_NR], &places[COLUMN_NR], role, text);
	format_moment(text, (uint64_t)scene_ns(scene, nr));
	column_text(pane, y, &columns[COLUMN_TIME], &places[COLUMN_TIME], role, text);
	if (why_sample(scene, object, nr, sample, sizeof(sample))) {
		column_text(pane, y, &columns[COLUMN_EVENT], &places[COLUMN_EVENT], role, sample);
	} else if (!event_index_read(recording_events(scene->recording), nr, &record)) {
		const char *name = util_event_name(&record);

		if ((int)strlen(name) > places[COLUMN_EVENT].width && !strncmp(name, "ksm_", 4))
			name += 4;
		column_text(pane, y, &columns[COLUMN_EVENT], &places[COLUMN_EVENT], role, name);
	}
	marks[1] = why_effect_on(scene, object, nr, effect, sizeof(effect));
	column_text(pane, y, &columns[COLUMN_EFFECT], &places[COLUMN_EFFECT],
		    role == ROLE_TEXT && marks[1] != ' ' ? mark_role(marks[1]) : role, effect);
	row_marks(pane, y, marks);
}

static void draw_life(struct pane pane, struct object_view *view, const struct scene *scene,
		      struct ref object)
{
	struct view_state *state = session_view_state(scene->session);
	struct column_place places[NR_COLUMNS];
	struct list_window window;
	struct row_key cursor;
	struct feed feed;
	bool there;

	columns_fit(columns, NR_COLUMNS, state->columns, -1, pane.width, places);
	columns_heading(pane, 0, columns, NR_COLUMNS, places, -1, false);
	life_feed(view, scene, object, &feed);
	cursor = life_cursor(&feed, scene->when.t, &there);
	view->life.line = (pane.height - 1) / 2;
	view_list_window(&view->life, &feed, cursor, pane.height - 1, &window);
	view_list_place(&view->life, scene, &state->lists[0], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_event(pane, i + 1, scene, places, object, window.rows[i].key.event,
			   there && window.exact && i == window.cursor ? ">" : " ");
	if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT,
			  *session_filter(scene->session) ? "no event of its life fits"
							  : "no event names it");
}

/* ---- what belongs to it ---- */

static void related_text(const struct scene *scene, const union row *row, char *left, char *right,
			 size_t size)
{
	char name[64];

	scene_name(scene, row->any.ref, name, sizeof(name));
	right[0] = 0;
	switch (row->any.ref.table) {
	case TABLE_ITEM:
		snprintf(left, size, row->item.has_address ? "%s 0x%" PRIx64 : "%s", name,
			 row->item.address);
		scene_owner(scene, row->item.mm, right, size);
		break;
	case TABLE_MAPPING:
		snprintf(left, size, "0x%" PRIx64, row->mapping.address);
		if (ref_is_none(row->mapping.mm))
			snprintf(right, size, "pid %d", row->mapping.tgid);
		else
			scene_owner(scene, row->mapping.mm, right, size);
		break;
	case TABLE_VMA:
		snprintf(left, size, "0x%" PRIx64 "-0x%" PRIx64, row->vma.start, row->vma.end);
		scene_owner(scene, row->vma.mm, right, size);
		break;
	case TABLE_NODE:
		snprintf(left, size, "%s 0x%" PRIx64, name, row->node.kpfn);
		snprintf(right, size, "%" PRIu32 " items", row->node.nr_items);
		break;
	default:
		snprintf(left, size, "%s", name);
	}
}

static void draw_related_row(struct pane pane, int y, const struct scene *scene,
			     const union row *row, bool cursor)
{
	char marks[3] = {cursor ? '>' : ' ', scene_mark(scene, row), 0}, left[96], right[96];
	enum role role = cursor ? ROLE_CURSOR : marks[1] != ' ' ? mark_role(marks[1]) : ROLE_TEXT;
	int wide = (pane.width - 6) * 3 / 5;

	related_text(scene, row, left, right, sizeof(left));
	pane_fit(pane, 3, y, wide, ALIGN_LEFT, role, left);
	pane_fit(pane, 4 + wide, y, pane.width - wide - 7, ALIGN_LEFT, role, right);
	pane_fact(pane, pane.width - 2, y, row->fact.evidence, row->fact.doubt != DOUBT_NONE);
	row_marks(pane, y, marks);
}

static void draw_tabs(struct pane pane, const struct scene *scene, struct ref object,
		      const struct relation_name *names, int nr, int active)
{
	char count[FORMAT_MAX];
	int x = 2;

	for (int i = 0; i < nr; i++) {
		uint64_t rows = 0;

		history_count(scene->history, names[i].relation, object, scene->when, &rows, NULL);
		x += pane_printf(pane, x, 0, i == active ? ROLE_TAB_ACTIVE : ROLE_TAB,
				 i == active ? "[%s %s]" : " %s %s ", names[i].name,
				 format_count(count, rows));
	}
}

/* The relation that is shown, or -1: the object has none. */
static int shown_relation(const struct object_view *view, struct ref object,
			  const struct relation_name **ret)
{
	int nr = relations_of(object.table, ret);

	return nr ? view->relation % nr : -1;
}

static struct row_key related_cursor(const struct object_view *view, struct ref object)
{
	return ref_equal(view->object, object) ? view->related.cursor : (struct row_key){0};
}

static void draw_related(struct pane pane, struct object_view *view, const struct scene *scene,
			 struct ref object)
{
	struct view_state *state = session_view_state(scene->session);
	const struct relation_name *names;
	int active = shown_relation(view, object, &names);
	struct list_window window;
	struct feed feed;

	if (active < 0) {
		pane_heading(pane, 0, "u: what it belongs to", "");
		state->lists[1] = (struct list){0};
		return;
	}
	draw_tabs(pane, scene, object, names, relations_of(object.table, &names), active);
	if (feed_relation(&feed, scene, names[active].relation, object))
		return;
	view_list_window(&view->related, &feed, related_cursor(view, object), pane.height - 1,
			 &window);
	view_list_place(&view->related, scene, &state->lists[1], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_related_row(pane, i + 1, scene, &window.rows[i].row,
				 state->focus == 1 && i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT, "none is known at this moment");
}

/* ---- the view ---- */

static void draw_nothing(struct pane body)
{
	pane_text(body, 2, 1, ROLE_HEADING, "No object is selected.");
	pane_text(body, 2, 3, ROLE_HINT,
		  "Put the cursor on a row of another view and press Enter, or type");
	pane_text(body, 2, 4, ROLE_HINT,
		  "  :object pfn:0x1a2f40     :object node#12     :object pid:3141");
}

static void draw(struct session *session, void *own, struct pane body)
{
	int facts = body.height > 30 ? FACTS_ROWS + 2 : FACTS_ROWS, split = body.width / 2;
	struct ref object = session_object(session);
	struct object_view *view = own;
	struct pane below;
	struct scene scene;
	uint32_t spans;
	char name[64];
	union row row;
	bool alive;

	if (!scene_draw(&scene, session, body))
		return;
	if (ref_is_none(object)) {
		draw_nothing(body);
		return;
	}
	alive = object_row(&scene, object, &row, &spans);
	scene_name(&scene, object, name, sizeof(name));
	if (!alive && !spans) {
		pane_printf(body, 2, 1, ROLE_HINT, "%s is no longer held, or not known yet", name);
		return;
	}
	pane_heading(pane_sub(body, 0, 0, body.width, 1), 0, name,
		     alive ? "" : "x not there at this moment ");
	if (!alive)
		pane_paint(body, body.width - 27, 0, 27, 1, ROLE_CHANGED);
	object_draw_facts(pane_sub(body, 0, 0, body.width, facts), &scene, &row, alive, spans);
	below = pane_sub(body, 0, facts, body.width, body.height - facts);
	pane_rule(below, 0, "ITS LIFE", "Tab: other side   Space: other relation ");
	pane_vline(below, split, 1, below.height - 1, ROLE_BORDER);
	draw_life(pane_sub(below, 0, 1, split, below.height - 1), view, &scene, object);
	draw_related(pane_sub(below, split + 1, 1, body.width - split - 1, below.height - 1), view,
		     &scene, object);
}

/* ---- keys ---- */

static struct view_list *open_life(void *own, struct scene *scene, struct feed *feed,
				   struct row_key *ret_cursor)
{
	struct ref object = session_object(scene->session);
	struct object_view *view = own;
	bool there;

	if (ref_is_none(object))
		return NULL;
	life_feed(view, scene, object, feed);
	*ret_cursor = life_cursor(feed, scene->when.t, &there);
	return &view->life;
}

/* Moving in a life is moving in time. */
static void choose_event(void *own, const struct scene *scene, struct row_key key, enum action how)
{
	(void)own;
	if (!key.event || key.event > history_last(scene->history))
		return;
	if (how == ACTION_FIND)
		session_jump_to(scene->session, key.event);
	else
		session_step_to(scene->session, key.event);
}

static struct view_list *open_related(void *own, struct scene *scene, struct feed *feed,
				      struct row_key *ret_cursor)
{
	struct ref object = session_object(scene->session);
	struct object_view *view = own;
	const struct relation_name *names;
	int active;

	if (ref_is_none(object))
		return NULL;
	active = shown_relation(view, object, &names);
	if (active < 0 || feed_relation(feed, scene, names[active].relation, object))
		return NULL;
	if (!ref_equal(view->object, object)) {
		view->object = object;
		view->related.cursor = (struct row_key){0};
		view->related.line = 0;
	}
	*ret_cursor = view->related.cursor;
	return &view->related;
}

static void describe_related(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	char left[96], right[96];

	related_text(scene, &row->row, left, right, sizeof(left));
	snprintf(buf, size, "%s %s", left, right);
}

static void describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	struct event_record record;
	char effect[64];

	buf[0] = 0;
	if (event_index_read(recording_events(scene->recording), row->key.event, &record))
		return;
	snprintf(buf, size, "%s %.16s", util_event_name(&record), record.comm ? record.comm : "");
	why_effect(scene, row->key.event, effect, sizeof(effect));
	snprintf(buf + strlen(buf), size - strlen(buf), " %s", effect);
}

static const struct listing listings[] = {
	{.part = 0, .open = open_life, .choose = choose_event, .describe = describe},
	/* the view stays with its object */
	{.part = 1, .apart = true, .open = open_related, .describe = describe_related},
	{0},
};

static void open_row(struct object_view *view, const struct scene *scene)
{
	struct list_row row;

	if (session_view_state(scene->session)->focus != 1)
		session_show(scene->session, VIEW_EVENTS);
	else if (listing_row(&listings[1], view, scene, &row))
		util_open(scene, row.key.ref);
}

static bool act_on(struct object_view *view, const struct scene *scene, enum action action,
		   struct ref object)
{
	const struct relation_name *names;
	uint32_t spans;
	union row row;

	switch (action) {
	case ACTION_OPEN:
		if (session_view_state(scene->session)->focus || !stepper_open_event(scene, scene->when.t))
			open_row(view, scene);
		return true;
	case ACTION_WHAT_IF:
		util_what_if(scene, object);
		return true;
	case ACTION_FOLD:
		view->relation = (shown_relation(view, object, &names) + 1) % 3;
		view->related.cursor = (struct row_key){0};
		view->related.line = 0;
		return true;
	case ACTION_PARENT:
		object_row(scene, object, &row, &spans);
		if (!spans || ref_is_none(parent_of(&row)))
			session_say(scene->session, "it belongs to nothing that is known");
		else
			util_open(scene, parent_of(&row));
		return true;
	case ACTION_SORT:
		session_say(scene->session, "a life stands in the order of time");
		return true;
	case ACTION_SAME_PREV:
	case ACTION_SAME_NEXT:
		return false;
	default:
		return listing_act_on(scene, action, object);
	}
}

/* Between two events of the life its cursor is ahead of what it stands for: that one comes first. */
static bool move_life(struct object_view *view, const struct scene *scene, enum action *action)
{
	struct scene at = *scene;
	struct row_key cursor;
	struct list_row row;
	struct feed feed;

	if (!open_life(view, &at, &feed, &cursor))
		return false;
	feed_seek(&feed, (struct row_key){.event = scene->when.t + 1});
	if (feed_prev(&feed, &row) != 1) {
		if (*action == ACTION_DOWN)
			*action = ACTION_TOP;
	} else if (*action == ACTION_UP && cursor.event != scene->when.t) {
		session_step_to(scene->session, cursor.event);
		return true;
	}
	return false;
}

static bool act(struct session *session, void *own, enum action action,
		const struct argument *argument)
{
	struct ref object = session_object(session);
	struct object_view *view = own;
	struct scene scene;

	(void)argument;
	if (!scene_init(&scene, session) || ref_is_none(object))
		return false;
	if (act_on(view, &scene, action, object))
		return true;
	if (session_view_state(session)->focus != 1 && move_life(view, &scene, &action))
		return true;
	return listing_act(session, own, action);
}

/* "node:0xffff...%2" or, without an address, "pfn:0x...": OBJECT of the command line. */
static bool object_text(const struct scene *scene, struct ref object, char *buf, size_t size)
{
	static const char *const prefixes[NR_TABLES] = {
		[TABLE_MM] = "mm",     [TABLE_ANON_VMA] = "anon_vma", [TABLE_VMA] = "vma",
		[TABLE_NODE] = "node", [TABLE_ITEM] = "item",         [TABLE_PAGE] = "pfn",
	};
	uint32_t spans;
	union row row;

	object_row(scene, object, &row, &spans);
	if (!spans || object.table >= NR_TABLES || !prefixes[object.table])
		return false;
	if (object.table == TABLE_NODE && !row.node.name.addr)
		snprintf(buf, size, "pfn:0x%" PRIx64, row.node.kpfn);
	else
		snprintf(buf, size, "%s:0x%" PRIx64 "%%%" PRIu32, prefixes[object.table],
			 row.mm.name.addr, row.mm.name.generation);
	return true;
}

static void copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session) && !ref_is_none(session_object(session)))
		object_text(&scene, session_object(session), buffer, size);
}

static void command(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;
	char object[64];

	(void)own;
	if (scene_init(&scene, session) && !ref_is_none(session_object(session)) &&
	    object_text(&scene, session_object(session), object, sizeof(object)))
		snprintf(buffer, size, "ksmtop show %s %s --at %" PRIu64, scene.source->file,
			 object, scene.when.t);
}

static void state_fini(void *own)
{
	struct object_view *view = own;

	view_list_fini(&view->life);
	view_list_fini(&view->related);
}

const struct view view_object = {
	.id = VIEW_OBJECT,
	.title = "Object",
	.tab = "Object",
	.draw = draw,
	.key = '6',
	.unit = "event",
	.nr_lists = 2,
	.listings = listings,
	.columns = columns,
	.nr_columns = NR_COLUMNS,
	.state_size = sizeof(struct object_view),
	.state_fini = state_fini,
	.why = util_why,
	.act = act,
	.find = listing_find,
	.moved = listing_moved,
	.copy = copy,
	.command = command,
	.source = util_source,
};
