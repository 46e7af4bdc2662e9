/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - the explorer: what is looked at, when, and what a key does about it.
 *
 * A session is pure state: keys go in (session_key), cells come out (session_draw), and what only
 * a terminal can do (leave, copy, run an editor) is asked for as an *effect*.  It opens no file,
 * knows no terminal and reads no clock: any screen can be reached by a list of keys, which is how
 * screens are tested and how `ksmtop snap --keys` works.
 *
 * Parts
 *  - The recording (struct source below): borrowed, may come later than the session, so that
 *    the frame is on the screen before the file is decoded.  Until then session_source() is NULL.
 *  - The moment: t, an event number (0: before the first), and whether hindsight is used.  All
 *    views look at the same moment, session_moment(); switching views keeps it and the object.
 *  - The object: what is selected.  Views set it from their cursor with session_select().
 *  - Views: a vtable each, registered once by session_new().  A view draws from (session, its
 *    own state, list positions) and changes only its own state; the frame around it, prompts,
 *    help, marks, stepping, go-to and the trail of jumps are the session's.
 *
 * Drawing never changes what is shown next: session_draw() twice gives the same grid.  The one
 * thing it records is where lists were drawn (for the mouse and for paging).
 *
 * Errors: a key or command that cannot be done leaves the state alone and says so on the message
 * line.  Only session_new() can fail (-ENOMEM).
 */
#ifndef KSMTOP_SESSION_H
#define KSMTOP_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "history/history.h"

#include "action.h"
#include "grid.h"

struct diag;
struct listing;
struct recording;
struct session;

/* ---- the recording, as the session sees it ---- */

enum step_unit {
	STEP_EVENT,
	STEP_OBJECT,	/* events that touched `object` */
	STEP_SCAN,	/* boundaries of ksmd's scans */
	STEP_NOTABLE,	/* notable moments */
};

/*
 * What the frame itself asks of a recording; source_init() (source.h) makes one from a struct
 * recording.  Views use `recording` and `history` directly.  `data` is passed to each function.
 * Buffers are cut, always ended with 0.
 */
struct source {
	void *data;
	struct recording *recording;	/* replay/recording.h */
	const struct history *history;
	const char *file;		/* as the user named it */
	uint64_t nr_events;		/* loaded so far */
	uint64_t nr_lost;		/* known losses, over all CPUs */
	bool lost_uncounted;		/* and others that nobody counted */
	bool damaged;			/* parts could not be read */
	/* Trace clock of an event in ns; 0 means "before the first" and gives the first's time. */
	uint64_t (*time_ns)(void *data, uint64_t event);
	/* The last event at or before this time, 0 if none. */
	uint64_t (*event_at)(void *data, uint64_t ns);
	/* Nearest event after (dir > 0) or before t that is a step of that unit; 0: none. */
	uint64_t (*step)(void *data, enum step_unit unit, struct ref object, uint64_t t, int dir);
	/* "node#12", "mm A", "pfn 0x1a2f40": short and stable. */
	void (*object_name)(void *data, struct ref object, char *buffer, size_t size);
	/* T, OBJECT and filters of the manual page.  0, or -E with *diag filled. */
	int (*parse_moment)(void *data, const char *text, uint64_t *ret_t, struct diag *diag);
	int (*parse_object)(void *data, const char *text, struct moment when,
			    struct ref *ret_object, struct diag *diag);
	int (*check_filter)(void *data, const char *text, struct diag *diag);
};

/* ---- lists: cursor and scroll position, kept per view ---- */

#define VIEW_LISTS	4	/* parts of a view that Tab goes round */

struct list {
	uint64_t cursor;	/* row under the cursor */
	uint64_t top;		/* first row drawn */
	uint64_t nr_rows;	/* as the view said when it last drew */
	int pan;		/* columns panned to the right */
	/* where list_place() last drew it, in body cells: for mouse and paging */
	int x, y, width, height;
};

/*
 * Call this in draw(): says how many rows there are and where they are drawn.  Keeps the cursor
 * within the rows and the cursor's row within the window.  Returns the first row to draw.
 * @height is the number of rows that fit.
 */
uint64_t list_place(struct list *list, uint64_t nr_rows, int x, int y, int width, int height);

/* What the session keeps for each view. */
struct view_state {
	struct list lists[VIEW_LISTS];
	int focus;		/* index into lists */
	uint32_t columns;	/* bit i: column i is shown */
	int sort;		/* column index, -1 the list's natural order */
	bool descending;
	void *own;		/* the view's: state_size zero bytes at first */
};

/* ---- a view ---- */

/* Argument of an action; `text` is what was typed, borrowed for the call. */
struct argument {
	const char *text;	/* "" when there is none */
	uint32_t key;		/* the key that was pressed, K_NONE for a command */
};

/*
 * Everything but the first four fields may be NULL or 0.  `own` is view_state.own.  Buffers get
 * one line of UTF-8, cut and ended with 0; an empty one means "nothing to say".
 */
struct view {
	enum view_id id;
	const char *title;	/* in the title row: "Stable pages" */
	const char *tab;	/* in the tab row, <= 7 columns: "Tree" */
	void (*draw)(struct session *session, void *own, struct pane body);

	char key;		/* '1' .. '9', the tab's number; 0: no tab */
	char under;		/* without a tab: the number that is marked meanwhile */
	const char *unit;	/* what Left and Right step by: "event" */
	int nr_lists;		/* how many of view_state.lists are used; Tab goes round them */
	const struct column *columns;	/* of lists[0]; :columns and :sort work on them */
	int nr_columns;
	uint32_t columns_default;	/* bit mask; 0: all */
	const struct listing *listings;	/* listing.h; the last one is empty */

	/* Private state, zero at first; state_fini() gives up what it holds, not the state itself. */
	size_t state_size;
	void (*state_fini)(void *own);

	/* The right end of the tab row (a scale, a count) and of the title's middle. */
	void (*status)(struct session *session, void *own, char *buffer, size_t size);
	/* The why line: one sentence about this moment.  Without it the session has its own. */
	void (*why)(struct session *session, void *own, char *buffer, size_t size);
	/*
	 * An action, before the session looks at it.  True: done (the session does no more).
	 * False: the session's own meaning applies, if it has one.
	 */
	bool (*act)(struct session *session, void *own, enum action action,
		    const struct argument *argument);
	/* The view's own step: *ret_event to go to, false for none.  Without it: events. */
	bool (*step)(struct session *session, void *own, int dir, uint64_t *ret_event);
	/*
	 * Puts the cursor on the next row (dir > 0) or the one before that holds @text, from the cursor
	 * on or, with @wrap, from the first or last row on, that one included.  1: found; 0: none;
	 * -EAGAIN: given up after very many rows.
	 */
	int (*find)(struct session *session, void *own, const char *text, int dir, bool wrap);
	/*
	 * What a key has opened over a part of the view, and that key closes again: q and Esc, too.
	 * NULL: it opens nothing.
	 */
	bool *(*pane)(void *own);
	/* The hint bar's word for an action here: NULL: the table's own; "": it does nothing at the moment. */
	const char *(*hint)(struct session *session, void *own, enum action action);
	/* The cursor moved: select the object under it. */
	void (*moved)(struct session *session, void *own);
	/* Text for the clipboard; the equivalent command line ("ksmtop list FILE nodes --at 7"). */
	void (*copy)(struct session *session, void *own, char *buffer, size_t size);
	void (*command)(struct session *session, void *own, char *buffer, size_t size);
	/* The kernel function that did it: "mm/ksm.c:stable_tree_append". */
	const char *(*source)(struct session *session, void *own);
};

/* ---- life ---- */

/*
 * @views: NULL-ended, in tab order, borrowed for good.  The keymap is copied.
 * Starts in the first view at t = 0, in UTF-8.
 */
int session_new(const struct view *const *views, const struct keymap *keymap,
		struct session **ret_session);
void session_free(struct session *session);
/* Attaches the recording (again when more of it is loaded); borrowed.  t stays where it is. */
void session_set_source(struct session *session, const struct source *source);
/* A long load: done of total (0: unknown); NULL what means finished. */
void session_set_progress(struct session *session, const char *what, uint64_t done, uint64_t total);

/* ---- what it holds, for views ---- */

const struct source *session_source(const struct session *session);	/* NULL before it is opened */
struct moment session_moment(const struct session *session);
uint64_t session_t(const struct session *session);
/* Where t was before the last step or jump: what differs is marked as changed. */
uint64_t session_previous_t(const struct session *session);
bool session_hindsight(const struct session *session);
struct ref session_object(const struct session *session);
const char *session_filter(const struct session *session);	/* "" for none */
const char *session_search(const struct session *session);	/* "" for none */
const struct view *session_view(const struct session *session);
struct view_state *session_view_state(struct session *session);	/* of the current view */
enum charset session_charset(const struct session *session);
/* Mark @letter (a-z, A, B): its t, or -1 when it is not set.  Its name or "". */
int64_t session_mark(const struct session *session, char letter);
const char *session_mark_name(const struct session *session, char letter);

/*
 * The episode that the steppers step through, and where in it they stand (stepper.h, which alone
 * changes it).  The position belongs to the moment `t`: when the session's is another, somebody
 * moved, and the position is to be found anew.
 */
struct session_episode {
	struct ref ref;		/* none: none was chosen yet */
	uint32_t step, vma;	/* struct episode_cursor */
	uint64_t t;
	void *open;		/* what is kept of it between two keys, NULL: nothing */
	void (*close)(void *open);
};
struct session_episode *session_episode(struct session *session);

/* ---- what views may do to it ---- */

void session_select(struct session *session, struct ref object);
/* A move in time: a step is not kept in the trail, a jump is (Ctrl-O comes back). */
void session_step_to(struct session *session, uint64_t t);
void session_jump_to(struct session *session, uint64_t t);
/* Another view, same moment and object.  False when there is no such view. */
bool session_show(struct session *session, enum view_id view);
void session_set_filter(struct session *session, const char *text);
/* One sentence on the message line, until the next key. */
void session_say(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* While drawing: true if what takes long is to be left out of this picture, which is unfinished then. */
bool session_leave_out(struct session *session);
/* Column i of the current view is wanted. */
bool session_column_shown(struct session *session, int column);

/* ---- input ---- */

void session_key(struct session *session, uint32_t key);
/* An action by itself; @text is its argument or "" (NULL is ""). */
void session_act(struct session *session, enum action action, const char *text);
/* A command line without the colon: "time +1.5s". */
void session_command(struct session *session, const char *line);

enum mouse { MOUSE_PRESS, MOUSE_DOUBLE, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN };
void session_mouse(struct session *session, enum mouse what, int x, int y);

/* ---- output ---- */

/* UTF-8 unless told otherwise; `:ascii` changes it. */
void session_set_charset(struct session *session, enum charset charset);
/* Fills the whole grid, in the session's charset. */
void session_draw(struct session *session, struct grid *grid);
/*
 * In a hurry a view may leave out what takes long and show what it had: then the picture is unfinished, and the
 * next one after session_finish() is whole.  So a key is answered at once, and what takes long is done when
 * none comes.  Off unless switched on.
 */
void session_hurry(struct session *session, bool on);
bool session_unfinished(const struct session *session);
void session_finish(struct session *session);

enum effect_kind {
	EFFECT_NONE,
	EFFECT_QUIT,
	EFFECT_COPY,	/* text: what to put on the clipboard */
	EFFECT_EXPORT,	/* text: file name, its ending says the format */
	EFFECT_SOURCE,	/* text: "mm/ksm.c:function" */
	EFFECT_THEME,	/* text: theme name or file */
	EFFECT_REDRAW,
	EFFECT_SUSPEND,
	EFFECT_MOUSE,	/* text: "on" or "off" */
	EFFECT_INTERRUPT,	/* stop the load that runs */
};
struct effect {
	enum effect_kind kind;
	const char *text;	/* until the next call that takes the session */
};
/* The oldest effect not yet taken; EFFECT_NONE when there is none. */
struct effect session_take_effect(struct session *session);

/*
 * Playing.  While session_playing() the caller calls session_tick() now and then with any
 * monotonic clock; nothing needs a timer otherwise.
 */
bool session_playing(const struct session *session);
void session_tick(struct session *session, uint64_t now_ns);

/*
 * A moment as `t` takes it: all of the manual page's forms, #1234, and 'a for a mark.  0, or -E with a
 * sentence in @error.
 */
int session_parse_moment(const struct session *session, const char *text, uint64_t *ret_t,
			 char *error, size_t error_size);

#endif
