// SPDX-License-Identifier: GPL-2.0-only
/*
 * session.c - the explorer's state: moment, object, views, marks, trail, effects.
 *
 * Plain accessors and the few rules that hold between the fields.  The one to know is the
 * difference between a step and a jump: both move t and remember where t was (what differs is
 * drawn as changed), but only a jump leaves a place in the trail, so that Ctrl-O undoes a go-to or
 * a search and not the last of two hundred arrow keys.
 *
 * Playing keeps no timer: session_tick() is told a clock and works out which moment that is,
 * from where playing began, so that slow screens drop frames and not time.
 *
 * Not here: what actions do (session_act.c), keys and prompts (session_input.c), drawing (frame.c).
 */
#include "session_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

static int view_state_init(struct view_state *state, const struct view *view)
{
	state->columns = view->columns_default ? view->columns_default : UINT32_MAX;
	state->sort = -1;
	if (view->state_size)
		state->own = calloc(1, view->state_size);
	return view->state_size && !state->own ? -ENOMEM : 0;
}

int session_new(const struct view *const *views, const struct keymap *keymap,
		struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return -ENOMEM;
	session->views = views;
	session->keymap = *keymap;
	session->mouse = true;
	for (int i = 0; i < NR_VIEWS && views[i]; i++) {
		session->nr_views++;
		if (view_state_init(&session->states[i], views[i])) {
			session_free(session);
			return -ENOMEM;
		}
	}
	*ret_session = session;
	return 0;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	for (int i = 0; i < session->nr_views; i++) {
		if (session->states[i].own && session->views[i]->state_fini)
			session->views[i]->state_fini(session->states[i].own);
		free(session->states[i].own);
	}
	if (session->episode.open)
		session->episode.close(session->episode.open);
	free(session);
}

void session_set_source(struct session *session, const struct source *source)
{
	session->source = source;
	if (session->t > session_last(session))
		session->t = session->previous_t = session_last(session);
}

void session_set_progress(struct session *session, const char *what, uint64_t done, uint64_t total)
{
	snprintf(session->loading, sizeof(session->loading), "%s", what ? what : "");
	session->load_done = done;
	session->load_total = total;
}

uint64_t session_last(const struct session *session)
{
	return session->source ? session->source->nr_events : 0;
}

const struct source *session_source(const struct session *session)
{
	return session->source;
}

struct moment session_moment(const struct session *session)
{
	return session->hindsight ? moment_hindsight(session->t) : moment_at(session->t);
}

uint64_t session_t(const struct session *session)
{
	return session->t;
}

uint64_t session_previous_t(const struct session *session)
{
	return session->previous_t;
}

bool session_hindsight(const struct session *session)
{
	return session->hindsight;
}

struct ref session_object(const struct session *session)
{
	return session->object;
}

const char *session_filter(const struct session *session)
{
	return session->filter;
}

const char *session_search(const struct session *session)
{
	return session->search;
}

const struct view *session_view(const struct session *session)
{
	return session_current(session);
}

struct view_state *session_view_state(struct session *session)
{
	return &session->states[session->view];
}

struct session_episode *session_episode(struct session *session)
{
	return &session->episode;
}

enum charset session_charset(const struct session *session)
{
	return session->charset;
}

void session_set_charset(struct session *session, enum charset charset)
{
	session->charset = charset;
}

int mark_index(uint32_t letter)
{
	if (letter >= 'a' && letter <= 'z')
		return (int)(letter - 'a');
	return letter == 'A' ? 26 : letter == 'B' ? 27 : -1;
}

int64_t session_mark(const struct session *session, char letter)
{
	int i = mark_index((unsigned char)letter);

	return i >= 0 && session->marks[i].set ? (int64_t)session->marks[i].t : -1;
}

const char *session_mark_name(const struct session *session, char letter)
{
	int i = mark_index((unsigned char)letter);

	return i >= 0 ? session->marks[i].name : "";
}

void session_select(struct session *session, struct ref object)
{
	session->object = object;
}

void session_step_to(struct session *session, uint64_t t)
{
	if (t > session_last(session))
		t = session_last(session);
	if (t == session->t)
		return;
	session->previous_t = session->t;
	session->t = t;
	session->play.begun = false;
}

void session_jump_to(struct session *session, uint64_t t)
{
	if (t == session->t)
		return;
	session_trail_push(session);
	session_step_to(session, t);
}

bool session_show(struct session *session, enum view_id view)
{
	for (int i = 0; i < session->nr_views; i++) {
		if (session->views[i]->id != view)
			continue;
		if (i != session->view) {
			session_trail_push(session);
			session->view = i;
		}
		return true;
	}
	return false;
}

void session_set_filter(struct session *session, const char *text)
{
	snprintf(session->filter, sizeof(session->filter), "%s", text);
}

void session_say(struct session *session, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(session->message, sizeof(session->message), format, args);
	va_end(args);
}

bool session_column_shown(struct session *session, int column)
{
	return column < 32 && session_view_state(session)->columns & (1u << column);
}

/* ---- hurry ---- */

void session_hurry(struct session *session, bool on)
{
	session->hurry = on;
}

bool session_leave_out(struct session *session)
{
	if (!session->hurry || session->whole)
		return false;
	session->unfinished = true;
	return true;
}

bool session_unfinished(const struct session *session)
{
	return session->unfinished;
}

void session_finish(struct session *session)
{
	session->whole = true;
}

/* ---- the trail of jumps ---- */

static struct place place_now(const struct session *session)
{
	return (struct place){ .t = session->t, .object = session->object, .view = session->view,
			       .episode = session->episode.ref, .step = session->episode.step,
			       .vma = session->episode.vma };
}

/* Remembers where we are; what lay ahead is forgotten, and the oldest when it is full. */
void session_trail_push(struct session *session)
{
	session->nr_trail = session->trail_at;
	if (session->nr_trail == TRAIL_MAX) {
		memmove(session->trail, session->trail + 1, sizeof(session->trail[0]) * (TRAIL_MAX - 1));
		session->nr_trail--;
	}
	session->trail[session->nr_trail++] = place_now(session);
	session->trail_at = session->nr_trail;
}

void session_trail_go(struct session *session, int step)
{
	struct place now = place_now(session), place;
	int at = session->trail_at + step;

	if (at < 0 || at >= session->nr_trail + (step > 0 ? 0 : 1)) {
		session_say(session, step < 0 ? "no earlier place" : "no later place");
		return;
	}
	place = session->trail[at];
	/* the place that is left takes the slot of the one gone to: the way back */
	if (step < 0 && session->trail_at == session->nr_trail) {
		if (session->nr_trail == TRAIL_MAX) {
			memmove(session->trail, session->trail + 1,
				sizeof(session->trail[0]) * (TRAIL_MAX - 1));
			session->nr_trail--;
			at--;
		}
		session->trail[session->nr_trail++] = now;
	}
	session->trail_at = at;
	session->previous_t = session->t;
	session->t = place.t > session_last(session) ? session_last(session) : place.t;
	session->object = place.object;
	session->view = place.view;
	session->episode.ref = place.episode;
	session->episode.step = place.step;
	session->episode.vma = place.vma;
	session->episode.t = session->t;
	session->play.begun = false;
}

/* ---- effects ---- */

void session_effect(struct session *session, enum effect_kind kind, const char *text)
{
	if (session->nr_effects == EFFECTS_MAX)
		return;
	session->effects[session->nr_effects].kind = kind;
	snprintf(session->effects[session->nr_effects].text, EFFECT_TEXT, "%s", text);
	session->nr_effects++;
}

struct effect session_take_effect(struct session *session)
{
	if (!session->nr_effects)
		return (struct effect){ EFFECT_NONE, "" };
	session->taken.kind = session->effects[0].kind;
	memcpy(session->taken.text, session->effects[0].text, EFFECT_TEXT);
	session->nr_effects--;
	memmove(session->effects, session->effects + 1,
		sizeof(session->effects[0]) * (size_t)session->nr_effects);
	return (struct effect){ session->taken.kind, session->taken.text };
}

/* ---- playing ---- */

bool session_playing(const struct session *session)
{
	return session->play.on;
}

static uint64_t play_scale(uint64_t ns, int speed)
{
	if (speed < 0)
		return ns >> -speed;
	return ns > UINT64_MAX >> speed ? UINT64_MAX : ns << speed;
}

void session_tick(struct session *session, uint64_t now_ns)
{
	const struct source *source = session->source;
	struct play *play = &session->play;
	uint64_t ahead, t;

	if (!play->on || !source)
		return;
	if (!play->begun) {
		play->begun = true;
		play->wall_ns = now_ns;
		play->trace_ns = source->time_ns(source->data, session->t);
		return;
	}
	ahead = play_scale(now_ns - play->wall_ns, play->speed);
	if (ahead > UINT64_MAX - play->trace_ns)
		ahead = UINT64_MAX - play->trace_ns;
	t = source->event_at(source->data, play->trace_ns + ahead);
	if (t > session->t) {
		session_step_to(session, t);
		play->begun = true;
	}
	if (session->t >= source->nr_events)
		play->on = false;
}

/* ---- moments ---- */

int session_parse_moment(const struct session *session, const char *text, uint64_t *ret_t,
			 char *error, size_t error_size)
{
	const struct source *source = session->source;
	struct diag diag = { 0 };
	char sentence[DIAG_TEXT_SIZE];
	int err;

	if (text[0] == '\'') {
		int64_t t = text[1] && !text[2] ? session_mark(session, text[1]) : -1;

		if (t < 0) {
			snprintf(error, error_size, "there is no mark %s", text + 1);
			return -EINVAL;
		}
		*ret_t = (uint64_t)t;
		return 0;
	}
	if (!source) {
		snprintf(error, error_size, "nothing is loaded yet");
		return -EAGAIN;
	}
	err = source->parse_moment(source->data, text[0] == '#' ? text + 1 : text, ret_t, &diag);
	if (err)
		snprintf(error, error_size, "%s", diag_text(&diag, sentence, sizeof(sentence)));
	return err;
}
