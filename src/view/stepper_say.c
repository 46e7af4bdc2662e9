// SPDX-License-Identifier: GPL-2.0-only
/*
 * stepper_say.c - what is said of an episode that is stepped through: sentences, notes, the vtable's words.
 *
 * The sentence is that of the VMA under the cursor where the walk stands on one, else the step's.  A step
 * that is not the moment's (the cursor stands before or behind the episode) has none: then it is said where
 * the episode lies.
 *
 * The notes are what explain tells behind the last step; they are asked for once the last step has
 * happened, and kept with the opened episode.
 *
 * Searching reads the sentences one by one, FIND_MAX at most.
 */
#include "stepper.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "view_list.h"

#define FIND_MAX 20000	/* steps looked at in search of a text */

void stepping_narrate(struct stepping *s, struct narration *ret)
{
	const struct hold_vma *vmas;
	uint32_t nr;

	memset(ret, 0, sizeof(*ret));
	if (s->cursor.vma != NO_VMA && s->step->hold != NO_STEP &&
	    !episode_hold_vmas(s->episode, s->step->hold, &vmas, &nr, NULL) && s->cursor.vma < nr &&
	    !(s->step->kind == STEP_VMA && vmas[s->cursor.vma].event == s->step->event))
		narrate_vma(s->episode, episode_hold(s->episode, s->step->hold), &vmas[s->cursor.vma],
			    ret);
	else if (narrate_step(s->episode, s->cursor.step, s->scene.when.known_by, ret))
		snprintf(ret->text, sizeof(ret->text), "the event of this step cannot be read");
}

static int add_note(const struct story_line *line, void *arg)
{
	struct open_episode *open = arg;
	struct episode_note *note = &open->notes[open->nr_notes];

	if (line->part != STORY_NOTE)
		return 0;
	*note = (struct episode_note){.event = line->event, .evidence = line->narration.evidence,
				      .doubtful = line->narration.doubtful};
	snprintf(note->text, sizeof(note->text), "%s", line->narration.text);
	return ++open->nr_notes == NOTES_MAX;
}

int stepping_notes(struct stepping *s, const struct episode_note **ret_notes)
{
	struct open_episode *open = s->open;
	struct diag diag = {0};

	if (!stepping_done(s, episode_nr_steps(s->episode) - 1))
		return 0;
	if (open->nr_notes < 0) {
		open->nr_notes = 0;
		open->notes = calloc(NOTES_MAX, sizeof(*open->notes));
		if (open->notes)
			story_tell(episode_source(s->episode), open->ref, open->when, add_note, open, &diag);
	}
	*ret_notes = open->notes;
	return open->nr_notes;
}

void stepper_why(struct session *session, void *own, char *buffer, size_t size)
{
	struct narration narration;
	char time[FORMAT_MAX];
	struct stepping s;

	(void)own;
	if (!stepping_init(&s, session))
		return;
	if (s.where != STEPPING_WITHIN) {
		bool before = s.where == STEPPING_BEFORE;
		uint64_t event = episode_step(s.episode, before ? 0 : episode_nr_steps(s.episode) - 1)->event;

		snprintf(buffer, size, "at this moment the episode is %s, at %s; %s goes there",
			 before ? s.row.begin_lost ? "still to begin, or begun in the gap" : "still to begin" : "over",
			 format_moment(time, (uint64_t)scene_ns(&s.scene, event)), before ? "b" : "e");
		return;
	}
	stepping_narrate(&s, &narration);
	snprintf(buffer, size, "%s", narration.text);
}

int stepper_find(struct session *session, void *own, const char *text, int dir, bool wrap)
{
	struct narration narration;
	struct stepping s;
	int64_t i, nr;

	(void)own;
	if (!stepping_init(&s, session))
		return 0;
	nr = episode_nr_steps(s.episode);
	i = wrap ? dir > 0 ? 0 : nr - 1 : s.where == STEPPING_BEFORE ? 0 : s.cursor.step + (int64_t)dir;
	for (int left = FIND_MAX; i >= 0 && i < nr; i += dir, left--) {
		if (!left)
			return -EAGAIN;
		if (narrate_step(s.episode, (uint32_t)i, s.scene.when.known_by, &narration) ||
		    !(text_holds(narration.text, text) ||
		      (narration.function && text_holds(narration.function, text))))
			continue;
		stepping_go(&s, episode_cursor_at(s.episode, episode_step(s.episode, (uint32_t)i)->event));
		return 1;
	}
	return 0;
}

const char *stepper_source(struct session *session, void *own)
{
	struct narration narration;
	struct stepping s;

	(void)own;
	if (!stepping_init(&s, session))
		return NULL;
	stepping_narrate(&s, &narration);
	if (!narration.function || !narration.file)
		return NULL;
	snprintf(s.open->source, sizeof(s.open->source), "%s:%s", narration.file, narration.function);
	return s.open->source;
}

const char *stepper_hint(struct session *session, void *own, enum action action)
{
	struct stepping s;

	(void)own;
	if (action == ACTION_FILTER)
		return "";
	if (stepping_init(&s, session))
		return NULL;
	return action == ACTION_OPEN || action == ACTION_COPY || action == ACTION_WHAT_IF ||
	       !(action_table[action].views & ~VIEWS_STEPPER) ? "" : NULL;
}

void stepper_status(struct session *session, void *own, char *buffer, size_t size)
{
	struct stepping s;

	(void)own;
	if (stepping_init(&s, session))
		snprintf(buffer, size, "episode %" PRIu32 "  step %" PRIu32 "/%" PRIu32, s.row.number,
			 s.cursor.step + 1, episode_nr_steps(s.episode));
}

void stepper_copy(struct session *session, void *own, char *buffer, size_t size)
{
	struct narration narration;
	struct stepping s;
	char object[64] = "";

	(void)own;
	if (!stepping_init(&s, session))
		return;
	if (!ref_is_none(s.row.object))
		scene_name(&s.scene, s.row.object, object, sizeof(object));
	stepping_narrate(&s, &narration);
	snprintf(buffer, size, "%s episode %" PRIu32 " (%s%s%s), event %" PRIu64 ": %s",
		 s.scene.source->file, s.row.number, episode_word(s.row.kind), *object ? " of " : "",
		 object, s.step->event, narration.text);
}

void stepper_command(struct session *session, void *own, char *buffer, size_t size)
{
	struct stepping s;

	(void)own;
	if (stepping_init(&s, session))
		snprintf(buffer, size, "ksmtop explain %s %" PRIu32, s.scene.source->file, s.row.number);
}

const char *stepping_unended(const struct stepping *s)
{
	if (s->row.ended)
		return "";
	if (s->where == STEPPING_BEFORE)
		return s->row.begin_lost ? "it may have begun in the gap" : "it is still to begin";
	return episode_row(s->episode)->ended ? "it still runs" : "its end is not in the recording";
}

int stepping_draw_unended(struct pane pane, int x, int y, const struct stepping *s)
{
	return pane_text(pane, x, y, s->where == STEPPING_BEFORE ? ROLE_SKIPPED :
			 episode_row(s->episode)->ended ? ROLE_CHANGED : ROLE_DOUBT,
			 stepping_unended(s));
}

static bool lacks_between(const struct stepping *s, uint64_t a, uint64_t b)
{
	return history_nr_losses(s->scene.history) &&
	       history_may_lack_steps(s->scene.history, (enum episode_kind)s->row.kind, a, b, s->scene.when.known_by);
}

/* The cursor's event; behind the last step the moment, or where it ended. */
static uint64_t upto_now(const struct stepping *s)
{
	uint64_t t = s->scene.when.t;

	return s->where != STEPPING_AFTER ? s->step->last_event : t < s->row.fact.died ? t : s->row.fact.died;
}

bool stepping_lacks(const struct stepping *s, uint64_t upto)
{
	return s->row.begin_lost || lacks_between(s, s->row.fact.born, upto);
}

bool stepping_lacks_now(const struct stepping *s)
{
	return stepping_lacks(s, upto_now(s));
}

bool stepping_lacks_since(const struct stepping *s, uint64_t event)
{
	return lacks_between(s, event, upto_now(s));
}

const char *stepping_task(const struct stepping *s, char *buffer, size_t size)
{
	const char *comm = s->row.comm;
	struct event_record record;

	if (!comm[0] && s->row.fact.born &&
	    !event_index_read(recording_events(s->scene.recording), s->row.fact.born, &record) &&
	    record.comm && record.pid == s->row.tid)	/* where its beginning is lost that is somebody else's event */
		comm = record.comm;
	snprintf(buffer, size, "%.16s %" PRId32, comm[0] ? comm : "?", s->row.tid);
	return buffer;
}
