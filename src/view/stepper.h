/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stepper.h - one episode, stepped through: what its views (walk, recovery, collapse, steps) share.
 *
 * The chosen episode and the position in it are the session's (struct session_episode), so that all
 * steppers and all other views stand at the same instant: a step moves the session's moment to the
 * event of the step, and a moment that was changed elsewhere moves the position to the last step at
 * or before it.  Where several positions share an event (the VMAs that a walk only summed) the
 * position is finer than the moment.
 *
 * What is known.  The steps of an episode are its events, and all of them can be gone to: those that
 * are still to come are dim.  What it came to is another matter: `row` is the episode as known at the
 * moment, so that one that runs has no totals, only what was so far, and the same picture stands there
 * whichever way one came.  With hindsight it is told as the whole recording knows it.  The rows of
 * the history that it rests on are taken as they were known when it ended.
 *
 * An episode stays open between two keys; it is opened again when another is chosen, when more of
 * the recording was loaded or when hindsight comes or goes.
 *
 * A struct stepping is a value made at the top of draw() or act(), like a scene, and owns nothing.
 */
#ifndef KSMTOP_STEPPER_H
#define KSMTOP_STEPPER_H

#include "episode/episode.h"
#include "explain/narrate.h"

#include "scene.h"

struct collapse_owner;
struct whatif;

/* What explain adds behind the steps: why pages stayed, who is not on the list. */
struct episode_note {
	uint64_t event;			/* 0: of no single one */
	char evidence;
	bool doubtful;
	char text[NARRATE_MAX];
};
#define NOTES_MAX 32

/* Kept open: of a walk also its items, and the answers of a what-if and its notes once asked for. */
struct open_episode {
	struct ref ref;
	const struct history *history;
	uint64_t last;			/* events loaded when it was opened */
	struct moment when;		/* it was opened as known then */
	struct opened_episode *episode;
	struct walk_item *items;	/* walk_items.h */
	uint32_t nr_items;
	bool items_known;
	struct whatif *whatif;
	bool whatif_failed;
	struct episode_note *notes;	/* NOTES_MAX at most */
	int nr_notes;			/* -1: not asked for yet */
	struct collapse_owner *owner;	/* of a collapse, as known by owner_at: NULL where that is not known */
	bool owner_asked;
	uint64_t owner_at;
	char source[96];		/* what stepper_source() answered */
};

struct stepping {
	struct scene scene;
	struct session_episode *at;
	struct open_episode *open;
	struct opened_episode *episode;
	struct episode_row row;		/* as known at the moment */
	struct episode_cursor cursor;
	const struct step *step;	/* under the cursor; never NULL */
	enum { STEPPING_WITHIN, STEPPING_BEFORE, STEPPING_AFTER } where;	/* the moment */
};

/*
 * The chosen episode if it is of a kind that the current view shows, else the last such one begun at
 * or before the moment, else the first; it is the chosen one then.  False: there is none (or it
 * cannot be read).
 */
bool stepping_init(struct stepping *stepping, struct session *session);
/* The same for a draw(); says in the body what is missing. */
bool stepping_draw(struct stepping *stepping, struct session *session, struct pane body);

/* The moment at which episodes are listed and told. */
struct moment stepper_moment(const struct scene *scene);
/* What the recording says of an episode. */
bool stepper_row(const struct scene *scene, struct ref episode, struct episode_row *ret);
/* The innermost episode that runs at event t, or that it begins or ends. */
bool stepper_episode_at(const struct scene *scene, uint64_t t, struct ref *ret_episode);
/* Opens the episode that event t is a step of; false: it is of none, or of a scan only. */
bool stepper_open_event(const struct scene *scene, uint64_t t);
/* Chooses the episode and shows its stepper; the moment moves to its first step unless it is within. */
void stepper_open(const struct scene *scene, struct ref episode);
/* Chooses it by its number, and no more: 0, or -ENOENT. */
int stepper_choose(struct session *session, uint32_t number, struct episode_row *ret);
/* The view that shows episodes of this kind; and whether a view shows any kind. */
enum view_id stepper_view(uint8_t kind);
bool stepper_is_view(enum view_id view);

/* One unit on or back, and the moment with it; false when there is none. */
bool stepping_move(struct stepping *stepping, enum episode_unit unit, int dir);
void stepping_go(struct stepping *stepping, struct episode_cursor cursor);

/* The sentence of the step or VMA under the cursor; the kernel's function. */
void stepping_narrate(struct stepping *stepping, struct narration *ret);
/* Its notes, once its last step has happened: how many.  They are worked out once. */
int stepping_notes(struct stepping *stepping, const struct episode_note **ret_notes);
/* Keys of time; `unit` is what Left and Right, Up and Down go by.  False: not one of them. */
bool stepping_act(struct stepping *stepping, enum action action, enum episode_unit unit);

/* ---- of the vtables of all steppers; `own` is not looked at ---- */
void stepper_why(struct session *session, void *own, char *buffer, size_t size);
void stepper_status(struct session *session, void *own, char *buffer, size_t size);
void stepper_copy(struct session *session, void *own, char *buffer, size_t size);
void stepper_command(struct session *session, void *own, char *buffer, size_t size);
/* Goes to the next step whose sentence or function holds the text. */
int stepper_find(struct session *session, void *own, const char *text, int dir, bool wrap);
const char *stepper_source(struct session *session, void *own);
/* Without an episode there is nothing to step through; and a filter has no say in one. */
const char *stepper_hint(struct session *session, void *own, enum action action);

/*
 * Why `row` has no totals: the episode is still to begin or runs at the moment, or its end is not in the recording at
 * all.  "" when it has them.  As text, and drawn in the role of what it is; columns used.
 */
const char *stepping_unended(const struct stepping *stepping);
int stepping_draw_unended(struct pane pane, int x, int y, const struct stepping *stepping);
/*
 * Of its events up to that one some may be missing: its beginning, or what a gap may have hidden.  And of those by the
 * cursor, or by the moment where that is behind its last step.
 */
bool stepping_lacks(const struct stepping *stepping, uint64_t upto);
bool stepping_lacks_now(const struct stepping *stepping);
/* Or between that one and the cursor. */
bool stepping_lacks_since(const struct stepping *stepping, uint64_t event);
/* The task that ran it: "kcompactd0 31". */
const char *stepping_task(const struct stepping *stepping, char *buffer, size_t size);
/* The event of the i-th step has happened by the cursor. */
static inline bool stepping_done(const struct stepping *stepping, uint32_t i)
{
	return stepping->where != STEPPING_BEFORE && i <= stepping->cursor.step;
}

#endif /* KSMTOP_STEPPER_H */
