// SPDX-License-Identifier: GPL-2.0-only
/*
 * stepper.c - one episode, stepped through: choosing, opening, moving.
 *
 * The position is worked out lazily: whoever changes the session's moment knows nothing of episodes,
 * so the first stepper that looks afterwards finds that the position is of another moment and asks
 * where the episode stood then.  A position that a step led to carries its moment and is left alone.
 *
 * Opening costs what the episode is long and is done once; a key press afterwards costs what the
 * screen shows.
 *
 * Not here: what is said of the step under the cursor (stepper_say.c), what an episode looks like (walk_*.c,
 * view_recovery.c, view_collapse.c, step_list.c).
 */
#include "stepper.h"

#include <errno.h>
#include <stdlib.h>

#include "explain/whatif.h"
#include "view_util.h"
#include "walk_items.h"

#define NESTED_MAX 64	/* that may run at a moment, or lie between it and one that does */

struct moment stepper_moment(const struct scene *scene)
{
	return moment_at(history_last(scene->history));
}

bool stepper_row(const struct scene *scene, struct ref episode, struct episode_row *ret)
{
	union row row;

	if (episode.table != TABLE_EPISODE ||
	    history_row(scene->history, episode, stepper_moment(scene), &row))
		return false;
	*ret = row.episode;
	return true;
}

enum view_id stepper_view(uint8_t kind)
{
	switch (kind) {
	case EPISODE_WALK:
		return VIEW_WALK;
	case EPISODE_RECOVERY:
		return VIEW_RECOVERY;
	case EPISODE_COLLAPSE:
		return VIEW_COLLAPSE;
	default:
		return VIEW_STEPS;
	}
}

/* The kinds of episodes that a view shows, as bits. */
static uint32_t kinds_of(enum view_id view)
{
	uint32_t kinds = 0;

	for (uint8_t kind = 0; kind < NR_EPISODE_KINDS; kind++)
		if (stepper_view(kind) == view)
			kinds |= 1u << kind;
	return kinds;
}

bool stepper_is_view(enum view_id view)
{
	return kinds_of(view) != 0;
}

/* ---- which one ---- */

/* The last of that kind known at `when`, or the first. */
static bool nearest(const struct scene *scene, uint8_t kind, struct moment when, bool last, union row *ret)
{
	struct history_cursor cursor;

	if (history_list(scene->history, EPISODES_OF_KIND, ref_of_kind(kind), when, &cursor))
		return false;
	if (last)
		history_seek_end(&cursor);
	return (last ? history_prev(&cursor, ret) : history_next(&cursor, ret)) == 1;
}

/* The last of these kinds that has begun, else the first that will. */
static bool choose(const struct scene *scene, uint32_t kinds, struct ref *ret)
{
	struct ref begun = {0}, ahead = {0};
	union row row;

	for (uint8_t kind = 0; kind < NR_EPISODE_KINDS; kind++) {
		if (!(kinds & (1u << kind)))
			continue;
		if (nearest(scene, kind, moment_at(scene->when.t), true, &row) &&
		    (ref_is_none(begun) || row.any.ref.id > begun.id))
			begun = row.any.ref;
		if (ref_is_none(begun) && nearest(scene, kind, stepper_moment(scene), false, &row) &&
		    (ref_is_none(ahead) || row.any.ref.id < ahead.id))
			ahead = row.any.ref;
	}
	*ret = ref_is_none(begun) ? ahead : begun;
	return !ref_is_none(*ret);
}

/* The last event of an episode that is in the recording. */
static uint64_t last_event(const struct scene *scene, const struct episode_row *episode)
{
	return episode->fact.died == NEVER ? history_episode_seen(scene->history, episode->ref)
					   : episode->fact.died;
}

/* The innermost episode of these kinds that runs at t, by that thread (0: by any). */
static bool runs_at(const struct scene *scene, uint64_t t, uint32_t kinds, int32_t tid, struct ref *ret)
{
	struct history_cursor cursor;
	struct ref none = {0};
	union row row;

	if (!t || history_list(scene->history, ALL_EPISODES, none, moment_at(t), &cursor))
		return false;
	history_seek_end(&cursor);
	for (int left = NESTED_MAX; left && history_prev(&cursor, &row) == 1; left--) {
		struct episode_row episode;

		if (!(kinds & (1u << row.episode.kind)) || (tid && row.episode.tid != tid) ||
		    !stepper_row(scene, row.any.ref, &episode) || t > last_event(scene, &episode))
			continue;
		*ret = row.any.ref;
		return true;
	}
	return false;
}

bool stepper_episode_at(const struct scene *scene, uint64_t t, struct ref *ret_episode)
{
	return runs_at(scene, t, UINT32_MAX, 0, ret_episode);
}

/* What the events of an episode are; a scan's are everything that ksmd does. */
static bool is_step(enum event_kind kind)
{
	return (kind >= EVENT_P_WALK_BEGIN && kind <= EVENT_P_WALK_END) ||
	       (kind >= EVENT_P_KILL_BEGIN && kind <= EVENT_P_KILL_END) ||
	       (kind >= EVENT_P_RECOVERY_BEGIN && kind <= EVENT_P_RECOVERY_END) ||
	       (kind >= EVENT_P_COLLAPSE_BEGIN && kind <= EVENT_P_COLLAPSE_END) ||
	       (kind >= EVENT_MM_MIGRATE_PAGES_START && kind <= EVENT_REMOVE_MIGRATION_PTE);
}

bool stepper_open_event(const struct scene *scene, uint64_t t)
{
	struct event_index *events = recording_events(scene->recording);
	struct event_record record;
	struct ref episode;

	if (!t || !is_step(event_index_kind(events, t)) || event_index_read(events, t, &record) ||
	    !runs_at(scene, t, ~(1u << EPISODE_SCAN), record.pid, &episode))
		return false;
	stepper_open(scene, episode);
	return true;
}

/* ---- opening ---- */

static void close_open(void *data)
{
	struct open_episode *open = data;

	episode_close(open->episode);
	whatif_free(open->whatif);
	free(open->items);
	free(open->notes);
	free(open->owner);
	free(open);
}

static void drop(struct session_episode *at)
{
	if (at->open)
		at->close(at->open);
	at->open = NULL;
}

/* The open episode of the chosen one, opened again if it is another or has grown. */
static struct open_episode *ensure_open(const struct scene *scene, struct session_episode *at)
{
	struct episode_source source = {scene->history, recording_events(scene->recording)};
	struct open_episode *open = at->open;
	uint64_t last = history_last(scene->history);
	struct diag diag = {0};

	struct moment when = stepper_moment(scene);

	/* not what became known behind its end, but the episode itself whole */
	if (!session_hindsight(scene->session))
		when.known_by = history_episode_seen(scene->history, at->ref);
	if (open && ref_equal(open->ref, at->ref) && open->history == scene->history &&
	    open->last == last && open->when.known_by == when.known_by)
		return open;
	drop(at);
	open = calloc(1, sizeof(*open));
	if (!open)
		return NULL;
	if (episode_open(&source, at->ref, when, &open->episode, &diag)) {
		free(open);
		return NULL;
	}
	open->ref = at->ref;
	open->history = scene->history;
	open->last = last;
	open->when = when;
	open->nr_notes = -1;
	at->open = open;
	at->close = close_open;
	return open;
}

static bool is_kind(const struct scene *scene, struct ref episode, uint32_t kinds)
{
	struct episode_row row;

	return stepper_row(scene, episode, &row) && kinds & (1u << row.kind);
}

/* The episode as known at the moment; one that is still to begin, as it begins. */
static bool tell(struct stepping *s)
{
	const struct episode_row *whole = episode_row(s->episode);
	struct moment when = s->scene.when;
	union row row;

	s->row = *whole;
	if (session_hindsight(s->scene.session))
		return true;
	if (when.known_by < whole->fact.known)
		when.known_by = whole->fact.known;
	if (history_row(s->scene.history, s->at->ref, when, &row))
		return false;
	s->row = row.episode;
	if (s->row.fact.died != NEVER && s->row.fact.died > s->scene.when.known_by) {	/* nothing but its end tells of it */
		s->row.fact.died = s->row.fact.last = NEVER;
		s->row.ended = s->row.end_lost = false;
	}
	return true;
}

/* Puts the position where the moment is, unless a step put it there. */
static void sync(struct stepping *s)
{
	uint64_t t = s->scene.when.t;
	uint32_t nr = episode_nr_steps(s->episode);

	if (s->at->t != t || s->at->step >= nr) {
		struct episode_cursor cursor = episode_cursor_at(s->episode, t);

		s->at->step = cursor.step;
		s->at->vma = cursor.vma;
		s->at->t = t;
	}
	s->cursor = (struct episode_cursor){s->at->step, s->at->vma};
	s->step = episode_step(s->episode, s->cursor.step);
	s->where = t < episode_step(s->episode, 0)->event ? STEPPING_BEFORE
		   : t > episode_step(s->episode, nr - 1)->last_event ? STEPPING_AFTER
								     : STEPPING_WITHIN;
}

static bool stepping_ready(struct stepping *s)
{
	uint32_t kinds = kinds_of(session_view(s->scene.session)->id);
	struct ref chosen;

	s->at = session_episode(s->scene.session);
	if (!is_kind(&s->scene, s->at->ref, kinds)) {
		if (!choose(&s->scene, kinds, &chosen))
			return false;
		s->at->ref = chosen;
		s->at->t = NEVER;	/* the position is of another episode */
	}
	s->open = ensure_open(&s->scene, s->at);
	if (!s->open || !episode_nr_steps(s->open->episode))
		return false;
	s->episode = s->open->episode;
	if (!tell(s))
		return false;
	sync(s);
	return true;
}

bool stepping_init(struct stepping *stepping, struct session *session)
{
	return scene_init(&stepping->scene, session) && stepping_ready(stepping);
}

bool stepping_draw(struct stepping *stepping, struct session *session, struct pane body)
{
	if (!scene_draw(&stepping->scene, session, body))
		return false;
	if (stepping_ready(stepping))
		return true;
	pane_text(body, 2, 1, ROLE_HINT, "this recording has no such episode; 7 lists what it has");
	return false;
}

void stepper_open(const struct scene *scene, struct ref episode)
{
	struct session_episode *at = session_episode(scene->session);
	struct episode_row row;
	uint64_t end;

	if (!stepper_row(scene, episode, &row)) {
		session_say(scene->session, "this episode is not in the recording any more");
		return;
	}
	session_show(scene->session, stepper_view(row.kind));
	session_select(scene->session, episode);
	if (!ref_equal(at->ref, episode)) {
		at->ref = episode;
		at->t = NEVER;
	}
	end = last_event(scene, &row);
	if (scene->when.t < row.fact.born || scene->when.t > end)
		session_step_to(scene->session, row.fact.born);
}

int stepper_choose(struct session *session, uint32_t number, struct episode_row *ret)
{
	struct session_episode *at = session_episode(session);
	struct scene scene;
	struct ref ref;

	if (!scene_init(&scene, session) ||
	    history_find_number(scene.history, TABLE_EPISODE, number, &ref) ||
	    !stepper_row(&scene, ref, ret))
		return -ENOENT;
	at->ref = ref;
	at->t = NEVER;
	session_select(session, ref);
	return 0;
}

/* ---- moving ---- */

void stepping_go(struct stepping *s, struct episode_cursor cursor)
{
	session_step_to(s->scene.session, episode_cursor_event(s->episode, cursor));
	s->at->step = cursor.step;
	s->at->vma = cursor.vma;
	s->at->t = session_t(s->scene.session);
	s->scene.when = session_moment(s->scene.session);
	(void)tell(s);	/* it was told before this step */
	sync(s);
}

/*
 * VMAs are not all of a walk: before the first one lies its beginning, behind the last one its end,
 * so that as many steps back as on lead back to where one was.
 */
static bool move_by_vma(struct stepping *s, struct episode_cursor *cursor, int dir)
{
	struct episode_cursor end = *cursor;

	if (episode_move(s->episode, cursor, UNIT_VMA, dir))
		return true;
	episode_move_to_end(s->episode, &end, dir);
	if (end.step == cursor->step && end.vma == cursor->vma)
		return false;
	*cursor = end;
	return true;
}

bool stepping_move(struct stepping *s, enum episode_unit unit, int dir)
{
	struct episode_cursor cursor = s->cursor;

	if (s->where == STEPPING_BEFORE) {
		if (dir < 0)
			return false;
		episode_move_to_end(s->episode, &cursor, -1);
	} else if (unit == UNIT_VMA && s->row.kind == EPISODE_WALK) {
		if (!move_by_vma(s, &cursor, dir))
			return false;
	} else if (!episode_move(s->episode, &cursor, unit, dir)) {
		return false;
	}
	stepping_go(s, cursor);
	return true;
}

static void step_or_say(struct stepping *s, enum episode_unit unit, int dir, int nr)
{
	static const char *const nouns[NR_UNITS] = {
		[UNIT_EVENT] = "step",	      [UNIT_VMA] = "step",     [UNIT_ITEM] = "item",
		[UNIT_PASS] = "pass",	      [UNIT_VISIT] = "visit",  [UNIT_MAPPING] = "mapping",
		[UNIT_PHASE] = "phase",	      [UNIT_SKIP] = "run of skipped VMAs", [UNIT_STEP] = "step",
		[UNIT_WALK] = "walk",
	};

	for (int i = 0; i < nr; i++)
		if (!stepping_move(s, unit, dir)) {
			session_say(s->scene.session, "no %s %s in this episode",
				    dir < 0 ? "earlier" : "later", nouns[unit]);
			return;
		}
}

static void go_to_end(struct stepping *s, int dir)
{
	struct episode_cursor cursor = s->cursor;

	episode_move_to_end(s->episode, &cursor, dir);
	stepping_go(s, cursor);
}

/* The mappings of a migration are steps of their own: there i goes by what groups them. */
static enum episode_unit mapping_unit(const struct stepping *s)
{
	return s->row.kind == EPISODE_MIGRATION ? UNIT_WALK : UNIT_MAPPING;
}

bool stepping_act(struct stepping *s, enum action action, enum episode_unit unit)
{
	switch (action) {
	case ACTION_DOWN:
	case ACTION_STEP_ON: step_or_say(s, unit, 1, 1); return true;
	case ACTION_UP:
	case ACTION_STEP_BACK: step_or_say(s, unit, -1, 1); return true;
	case ACTION_PAGE_DOWN:
	case ACTION_STEP_ON_10: step_or_say(s, unit, 1, 10); return true;
	case ACTION_PAGE_UP:
	case ACTION_STEP_BACK_10: step_or_say(s, unit, -1, 10); return true;
	case ACTION_ITEM_NEXT: step_or_say(s, UNIT_ITEM, 1, 1); return true;
	case ACTION_ITEM_PREV: step_or_say(s, UNIT_ITEM, -1, 1); return true;
	case ACTION_MAPPING_NEXT: step_or_say(s, mapping_unit(s), 1, 1); return true;
	case ACTION_MAPPING_PREV: step_or_say(s, mapping_unit(s), -1, 1); return true;
	case ACTION_PASS_NEXT: step_or_say(s, UNIT_PASS, 1, 1); return true;
	case ACTION_PASS_PREV: step_or_say(s, UNIT_PASS, -1, 1); return true;
	case ACTION_PHASE_NEXT: step_or_say(s, UNIT_PHASE, 1, 1); return true;
	case ACTION_PHASE_PREV: step_or_say(s, UNIT_PHASE, -1, 1); return true;
	case ACTION_EVENT_NEXT: step_or_say(s, UNIT_EVENT, 1, 1); return true;
	case ACTION_EVENT_PREV: step_or_say(s, UNIT_EVENT, -1, 1); return true;
	case ACTION_VISIT_NEXT: step_or_say(s, UNIT_VISIT, 1, 1); return true;
	case ACTION_VISIT_PREV: step_or_say(s, UNIT_VISIT, -1, 1); return true;
	case ACTION_SKIP_NEXT: step_or_say(s, UNIT_SKIP, 1, 1); return true;
	case ACTION_SKIP_PREV: step_or_say(s, UNIT_SKIP, -1, 1); return true;
	case ACTION_EPISODE_BEGIN:
	case ACTION_FIRST:
	case ACTION_TOP: go_to_end(s, -1); return true;
	case ACTION_EPISODE_END:
	case ACTION_LAST:
	case ACTION_BOTTOM: go_to_end(s, 1); return true;
	case ACTION_THIS:
		util_filter_this(&s->scene, s->row.object);
		return true;
	case ACTION_WHEN_CHANGED:
	case ACTION_SAME_PREV:
	case ACTION_SAME_NEXT:
		if (ref_is_none(session_object(s->scene.session)))
			session_select(s->scene.session, s->at->ref);
		return false;	/* the session does it */
	case ACTION_BLAST:
		session_select(s->scene.session, s->row.object);
		return false;	/* the session shows it */
	case ACTION_PARENT:
	case ACTION_UP_OR_QUIT:
		session_select(s->scene.session, s->at->ref);
		session_show(s->scene.session, VIEW_EPISODES);
		return true;
	default: return false;
	}
}
