/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session_private.h - the session's insides, for session*.c, frame.c, help.c and complete.c only.
 *
 * Invariants: view < nr_views; t <= source->nr_events once a source is there; trail_at <=
 * nr_trail <= TRAIL_MAX; a prompt and the help may be open together only as PROMPT_HELP.
 * Fixed sizes throughout: nothing but a view's own state is on the heap.
 */
#ifndef KSMTOP_SESSION_PRIVATE_H
#define KSMTOP_SESSION_PRIVATE_H

#include "prompt.h"
#include "session.h"

#define TRAIL_MAX	64
#define EFFECTS_MAX	8
#define EFFECT_TEXT	1024
#define NR_MARKS	28	/* a-z, A, B */
#define MARK_NAME	32

/* Rows around the body: title, tabs, line / line, why, hints. */
#define FRAME_TOP	3
#define FRAME_BOTTOM	3
#define FRAME_WIDTH	80
#define FRAME_HEIGHT	24

struct place {
	uint64_t t;
	struct ref object, episode;
	uint32_t step, vma;	/* in the episode */
	int view;
};

struct mark {
	bool set;
	uint64_t t;
	char name[MARK_NAME];
};

struct help {
	bool open;
	int top;
	int nr_rows, height;	/* as last drawn */
	char query[PROMPT_MAX];
};

struct play {
	bool on, begun;
	int speed;		/* 2^speed times trace time */
	uint64_t wall_ns, trace_ns;	/* where it began */
};

struct session {
	const struct view *const *views;
	int nr_views, view;
	struct view_state states[NR_VIEWS];
	const struct source *source;
	struct keymap keymap;

	uint64_t t, previous_t;
	bool hindsight;
	struct ref object;
	struct session_episode episode;
	char filter[PROMPT_MAX], search[PROMPT_MAX];
	struct mark marks[NR_MARKS];
	struct place trail[TRAIL_MAX];
	int nr_trail, trail_at;

	struct prompt prompt;
	struct help help;
	char message[256];
	char candidates[256];	/* what Tab could mean */
	struct play play;
	char loading[40];	/* "" when nothing is being loaded */
	uint64_t load_done, load_total;

	enum charset charset;
	bool mouse;
	bool hurry, unfinished;	/* the picture drawn last left something out */
	bool whole;		/* the next one does not */
	int tabs_x[NR_VIEWS + 1];	/* as last drawn, for the mouse */
	int width, height;
	struct {
		enum effect_kind kind;
		char text[EFFECT_TEXT];
	} effects[EFFECTS_MAX], taken;
	int nr_effects;
};

static inline const struct view *session_current(const struct session *session)
{
	return session->views[session->view];
}

static inline void *session_own(struct session *session)
{
	return session->states[session->view].own;
}

/* Whether the current view has a pane open that q closes. */
static inline bool *session_pane(struct session *session)
{
	const struct view *view = session_current(session);
	bool *open = view->pane ? view->pane(session_own(session)) : NULL;

	return open && *open ? open : NULL;
}

static inline struct list *session_list(struct session *session)
{
	struct view_state *state = &session->states[session->view];

	return &state->lists[state->focus];
}

uint64_t session_last(const struct session *session);
int mark_index(uint32_t letter);	/* -1: no mark's letter */
void session_effect(struct session *session, enum effect_kind kind, const char *text);
void session_trail_push(struct session *session);
void session_trail_go(struct session *session, int step);

/* session_act.c: the same with the key that caused it. */
void session_act_key(struct session *session, enum action action, const char *text, uint32_t key);
/* list.c: moves the cursor of a list; true when the action is a list's. */
bool list_act(struct list *list, enum action action);

/* help.c */
void help_draw(struct session *session, struct pane body);
bool help_key(struct session *session, uint32_t key);	/* true: it was the help's */
/* complete.c: completes the command line, or lists what it could become. */
void session_complete(struct session *session);

#endif
