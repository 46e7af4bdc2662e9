/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * action.h - everything a user can do, in one table.
 *
 * From this list come the enum, the default keys, the help overlay, the hint bar, the `:`
 * commands with their completion, and the man page.  To add an action: add a line, handle it in
 * session_act() or in a view's act().
 *
 *	A(ID, name, keys, argument, views, hint, help)
 * name		after `:` and in keys.yaml
 * keys		default keys, blank-separated names of key.h; "" for none
 * argument	what may follow the name (enum argument_kind)
 * views	mask of the views in which it means something
 * hint		one or two words for the hint bar, "" to stay out of it; the order of this table
 *		is the order of the bar
 * help		one line, for the overlay and the man page
 *
 * One key may mean different actions in different views, never two in one view: keymap_load()
 * and a test refuse that.  A view may take a letter for something of its own (keymap.c: `yields`).
 */
#ifndef KSMTOP_ACTION_H
#define KSMTOP_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key.h"

/* V(ID, name): every view; the name is `snap --view NAME` and `:NAME`. */
#define VIEW_TABLE(V)			\
	V(OVERVIEW,	"overview")	\
	V(TREE,		"tree")		\
	V(WALK,		"walk")		\
	V(RECOVERY,	"recovery")	\
	V(TIMELINE,	"timeline")	\
	V(EVENTS,	"events")	\
	V(OBJECT,	"object")	\
	V(PROCESSES,	"processes")	\
	V(COLLAPSE,	"collapse")	\
	V(NUMA,		"numa")		\
	V(STALE,	"stale")	\
	V(BLAST,	"blast")	\
	V(EPISODES,	"episodes")	\
	V(STEPS,	"steps")

enum view_id {
#define V(id, name) VIEW_##id,
	VIEW_TABLE(V)
#undef V
	NR_VIEWS
};

#define VIEWS_ALL	((1u << NR_VIEWS) - 1)
#define VIEW_BIT(id)	(1u << VIEW_##id)
/* Views whose main part is a list with columns. */
#define VIEWS_LIST	(VIEW_BIT(TREE) | VIEW_BIT(PROCESSES) | VIEW_BIT(EVENTS) |		\
			 VIEW_BIT(OVERVIEW) | VIEW_BIT(OBJECT) | VIEW_BIT(STALE) |		\
			 VIEW_BIT(EPISODES) | VIEW_BIT(BLAST))
/* Views whose rows belong to something; views whose rows are objects, or events that name one. */
#define VIEWS_PARENT	(VIEWS_ALL & ~(VIEW_BIT(OVERVIEW) | VIEW_BIT(TIMELINE) | VIEW_BIT(EVENTS)))
#define VIEWS_THIS	(VIEWS_ALL & ~(VIEW_BIT(TIMELINE) | VIEW_BIT(EPISODES)))
/* Views that step through one episode. */
#define VIEWS_STEPPER	(VIEW_BIT(WALK) | VIEW_BIT(RECOVERY) | VIEW_BIT(COLLAPSE) | VIEW_BIT(STEPS))

/* Views with runs of what is alike: the VMAs of a walk, the walks of a migration. */
#define VIEWS_WALKED	(VIEW_BIT(WALK) | VIEW_BIT(STEPS))

/* Views in which a page or a walk can be asked what another rule would do. */
#define VIEWS_WHAT_IF	(VIEW_BIT(WALK) | VIEW_BIT(TREE) | VIEW_BIT(OBJECT) | VIEW_BIT(STALE) |	\
			 VIEW_BIT(BLAST) | VIEW_BIT(RECOVERY) | VIEW_BIT(STEPS))

enum argument_kind {
	ARG_NONE,
	ARG_MOMENT,	/* T of the manual page, also 'a for a mark */
	ARG_OBJECT,	/* OBJECT of the manual page */
	ARG_TEXT,	/* the rest of the line */
	ARG_VIEW,	/* a view's name */
	ARG_MARK,	/* one letter */
	ARG_COLUMN,	/* a column of the current view */
	ARG_THEME,	/* a shipped theme or a file */
};

#define ACTION_TABLE(A)										\
	A(HELP, "help", "?", ARG_NONE, VIEWS_ALL, "help", "the keys of this view")		\
	A(VISIT_PREV, "visit-back", "N", ARG_NONE, VIEW_BIT(WALK), "visit",			\
	  "previous VMA that the walk visited")							\
	A(VISIT_NEXT, "visit-next", "n", ARG_NONE, VIEW_BIT(WALK), "visit",			\
	  "next VMA that the walk visited")							\
	A(SKIP_PREV, "skip-back", "S", ARG_NONE, VIEW_BIT(WALK), "skip",			\
	  "the run of skipped VMAs before: its first")							\
	A(SKIP_NEXT, "skip-next", "s", ARG_NONE, VIEW_BIT(WALK), "skip",			\
	  "the next run of skipped VMAs: its first")							\
	A(ITEM_PREV, "item-back", "I", ARG_NONE, VIEW_BIT(WALK), "item", "previous item")	\
	A(ITEM_NEXT, "item-next", "i", ARG_NONE, VIEW_BIT(WALK), "item", "next item")		\
	A(MAPPING_PREV, "mapping-back", "I", ARG_NONE, VIEW_BIT(RECOVERY) | VIEW_BIT(STEPS),	\
	  "mapping", "previous mapping moved, or walk of a migration")						\
	A(MAPPING_NEXT, "mapping-next", "i", ARG_NONE, VIEW_BIT(RECOVERY) | VIEW_BIT(STEPS),	\
	  "mapping", "next mapping moved, or walk of a migration")						\
	A(PASS_PREV, "pass-back", "A", ARG_NONE, VIEW_BIT(WALK), "pass", "previous pass")	\
	A(PASS_NEXT, "pass-next", "a", ARG_NONE, VIEW_BIT(WALK), "pass", "next pass")		\
	A(PHASE_PREV, "phase-back", "A", ARG_NONE, VIEW_BIT(RECOVERY) | VIEW_BIT(COLLAPSE),	\
	  "phase", "previous phase")								\
	A(PHASE_NEXT, "phase-next", "a", ARG_NONE, VIEW_BIT(RECOVERY) | VIEW_BIT(COLLAPSE),	\
	  "phase", "next phase")								\
	A(EVENT_PREV, "event-back", "V", ARG_NONE, VIEWS_STEPPER, "",				\
	  "back by one event of the episode")							\
	A(EVENT_NEXT, "event-next", "v", ARG_NONE, VIEWS_STEPPER, "",				\
	  "on by one event of the episode")							\
	A(EPISODE_BEGIN, "begin", "b", ARG_NONE, VIEWS_STEPPER, "ends",			\
	  "first step of the episode")							 \
	A(EPISODE_END, "end", "e", ARG_NONE, VIEWS_STEPPER, "ends",			\
	  "last step of the episode")								\
	A(WHAT_IF, "what-if", "x", ARG_NONE, VIEWS_WHAT_IF, "what-if",				\
	  "what another rule, or no memory, would do")						\
	A(COMPARE, "compare", "k", ARG_NONE, VIEW_BIT(RECOVERY), "compare",			\
	  "what the failure had done without recovery")						\
	A(WHY_NOT, "why-not", "W", ARG_TEXT, VIEW_BIT(PROCESSES), "why not",			\
	  "why pages are not merged (:why-not A-B)")				\
	A(BLAST, "blast-radius", "X", ARG_NONE, VIEW_BIT(OVERVIEW) | VIEW_BIT(TREE) | VIEW_BIT(OBJECT) | \
	  VIEW_BIT(STALE) | VIEW_BIT(NUMA) | VIEW_BIT(WALK) | VIEW_BIT(RECOVERY), "",		\
	  "which page would kill most if it failed")						\
	A(ZOOM_IN, "zoom-in", "+ =", ARG_NONE, VIEW_BIT(TIMELINE), "zoom", "less time, more detail") \
	A(ZOOM_OUT, "zoom-out", "-", ARG_NONE, VIEW_BIT(TIMELINE), "zoom", "more time, less detail") \
	A(ZOOM_ALL, "zoom-all", "0", ARG_NONE, VIEW_BIT(TIMELINE), "all", "the whole recording") \
	A(FIND, "find", "/", ARG_TEXT, VIEWS_ALL, "find", "find text in this view")		\
	A(COMMAND, "command", ":", ARG_NONE, VIEWS_ALL, "cmd", "type a command; Tab completes")	\
	A(STEP_BACK, "back", "Left ,", ARG_NONE, VIEWS_ALL, "step", "one step back in time")	\
	A(STEP_ON, "step", "Right .", ARG_NONE, VIEWS_ALL, "step", "one step on in time")	\
	A(FOLD, "fold", "Space", ARG_NONE, VIEW_BIT(TREE) | VIEW_BIT(OBJECT) | VIEWS_WALKED,	\
	  "fold", "fold or unfold the row, in steppers all runs")		\
	A(STEP_BACK_10, "back-10", "Shift-Left {", ARG_NONE, VIEWS_ALL, "", "ten steps back")	\
	A(STEP_ON_10, "step-10", "Shift-Right }", ARG_NONE, VIEWS_ALL, "", "ten steps on")	\
	A(SAME_PREV, "same-back", "[", ARG_NONE, VIEWS_ALL, "same obj",				\
	  "previous event of the selected object")						\
	A(SAME_NEXT, "same-next", "]", ARG_NONE, VIEWS_ALL, "same obj",				\
	  "next event of the selected object")							\
	A(SCAN_PREV, "scan-back", "(", ARG_NONE, VIEWS_ALL, "", "previous scan of ksmd")	\
	A(SCAN_NEXT, "scan-next", ")", ARG_NONE, VIEWS_ALL, "", "next scan of ksmd")		\
	A(GO_TO, "time", "t", ARG_MOMENT, VIEWS_ALL, "time",					\
	  "go to 1234  +1.5s  50%  start  end  12.345  'a")					\
	A(MARK, "mark", "m", ARG_MARK, VIEWS_ALL, "mark",					\
	  "mark this moment: a-z, or A and B to compare")				\
	A(WHEN_CHANGED, "when", "w", ARG_NONE, VIEWS_ALL, "when",				\
	  "back to what last changed the selected object")			\
	A(GO_MARK, "go-mark", "'", ARG_MARK, VIEWS_ALL, "", "go to a mark")			\
	A(PLAY, "play", "p", ARG_NONE, VIEWS_ALL, "", "play, and stop playing")			\
	A(SLOWER, "slower", "<", ARG_NONE, VIEWS_ALL, "", "play at half the speed")		\
	A(FASTER, "faster", ">", ARG_NONE, VIEWS_ALL, "", "play at twice the speed")		\
	A(FIRST, "first", "Home", ARG_NONE, VIEWS_ALL, "", "before the first event") \
	A(LAST, "last", "End", ARG_NONE, VIEWS_ALL, "", "to the last event")			\
	A(HINDSIGHT, "hindsight", "K", ARG_NONE, VIEWS_ALL, "",					\
	  "count what became known later, or do not")				\
	A(NEXT, "next", "n", ARG_NONE, VIEWS_ALL, "",						\
	  "next match, or notable moment")							\
	A(PREV, "previous", "N", ARG_NONE, VIEWS_ALL, "",						\
	  "previous match, or notable moment")							\
	A(UP, "up", "Up k", ARG_NONE, VIEWS_ALL, "", "cursor up")				\
	A(DOWN, "down", "Down j", ARG_NONE, VIEWS_ALL, "", "cursor down")			\
	A(PAGE_UP, "page-up", "PgUp Ctrl-B", ARG_NONE, VIEWS_ALL, "", "a page up")		\
	A(PAGE_DOWN, "page-down", "PgDn Ctrl-F", ARG_NONE, VIEWS_ALL, "", "a page down")	\
	A(TOP, "top", "g", ARG_NONE, VIEWS_ALL, "", "first row")				\
	A(BOTTOM, "bottom", "G", ARG_NONE, VIEWS_ALL, "", "last row")				\
	A(PAN_LEFT, "pan-left", "h", ARG_NONE, VIEWS_ALL, "", "pan left")			\
	A(PAN_RIGHT, "pan-right", "l", ARG_NONE, VIEWS_ALL, "", "pan right")			\
	A(OPEN, "open", "Enter", ARG_NONE, VIEWS_ALL, "open", "open what the cursor is on")	\
	A(PARENT, "parent", "u", ARG_NONE, VIEWS_PARENT, "", "what this belongs to")		\
	A(FOCUS, "focus", "Tab", ARG_NONE, VIEWS_ALL, "", "next part of the view")		\
	A(HISTORY_BACK, "history-back", "Ctrl-O Backspace", ARG_NONE, VIEWS_ALL, "",		\
	  "to the place before the last jump")							\
	A(HISTORY_ON, "history-on", "Ctrl-P", ARG_NONE, VIEWS_ALL, "", "forward again")		\
	A(FILTER, "filter", "f", ARG_TEXT, VIEWS_ALL, "filter",					\
	  "show only what fits: pfn == 0x1c0077")			\
	A(CLEAR, "clear", "F", ARG_NONE, VIEWS_ALL, "", "show everything again")		\
	A(THIS, "this", "*", ARG_NONE, VIEWS_THIS, "", "filter on the object under the cursor")	\
	A(SELECT, "object", "", ARG_OBJECT, VIEWS_ALL, "",					\
	  "select pfn:0x1c0077  pid:3141  node#12")					\
	A(COLUMNS, "columns", "c", ARG_COLUMN, VIEWS_LIST, "", "show or hide a column")		\
	A(SORT, "sort", "s", ARG_COLUMN, VIEWS_LIST, "sort",					\
	  "by the next column; :sort NAME twice turns it")			\
	A(COPY, "copy", "y", ARG_NONE, VIEWS_ALL, "copy", "copy the row to the clipboard")	\
	A(COPY_COMMAND, "copy-command", "Y", ARG_NONE, VIEWS_ALL, "",				\
	  "copy the command line that prints the same")						\
	A(EXPORT, "export", "E", ARG_TEXT, VIEWS_ALL, "",					\
	  "write this screen to FILE.txt .svg .ansi")					\
	A(SOURCE, "source", "o", ARG_NONE, VIEWS_ALL, "",					\
	  "the kernel function, from $KSMTOP_LINUX")			\
	A(VIEW, "view", "", ARG_VIEW, VIEWS_ALL, "", "go to a view; 1 .. 9 go there at once")	\
	A(THEME, "theme", "", ARG_THEME, VIEWS_ALL, "",						\
	  "dark light sixteen mono high-contrast, a file")				\
	A(ASCII, "ascii", "", ARG_NONE, VIEWS_ALL, "", "plain characters, or box lines again")	\
	A(MOUSE, "mouse", "", ARG_NONE, VIEWS_ALL, "", "the mouse off, or on again")		\
	A(REDRAW, "redraw", "Ctrl-L", ARG_NONE, VIEWS_ALL, "", "paint the screen afresh")	\
	A(SUSPEND, "suspend", "Ctrl-Z", ARG_NONE, VIEWS_ALL, "", "to the shell; fg comes back")	\
	A(CANCEL, "cancel", "Esc", ARG_NONE, VIEWS_ALL, "", "leave a prompt, stop playing or loading") \
	A(UP_OR_QUIT, "q", "q", ARG_NONE, VIEWS_ALL, "quit",					\
	  "close what is open, go up, or leave ksmtop")					\
	A(QUIT, "quit", "Ctrl-C", ARG_NONE, VIEWS_ALL, "", "leave ksmtop")

enum action {
#define A(id, name, keys, argument, views, hint, help) ACTION_##id,
	ACTION_TABLE(A)
#undef A
	NR_ACTIONS,
	ACTION_NONE = NR_ACTIONS
};

struct action_info {
	const char *name, *keys, *hint, *help;
	enum argument_kind argument;
	uint32_t views;
};

extern const struct action_info action_table[NR_ACTIONS];
extern const char *const view_names[NR_VIEWS];

/* The action called @name, or ACTION_NONE.  The view called @name, or -1. */
enum action action_find(const char *name);
int view_find(const char *name);

/*
 * Which key does what.  Built from the table, then changed by the user's file:
 *
 *	copy: [y, Ctrl-Y]	# these keys and no others
 *	play: []		# no key at all
 *
 * A key that two actions of one view claim is an error naming both; so are unknown actions and
 * keys.  Digits belong to the views.
 */
#define KEYS_PER_ACTION 4

struct keymap {
	uint32_t keys[NR_ACTIONS][KEYS_PER_ACTION];	/* K_NONE ends a list */
};

struct diag;

void keymap_init(struct keymap *map);
/* Applies @text (of file @file) on top; on -EINVAL @map is as before and @diag says why. */
int keymap_load(struct keymap *map, const char *file, const char *text, size_t size,
		struct diag *diag);
/* The action of @key in @view, or ACTION_NONE. */
enum action keymap_find(const struct keymap *map, enum view_id view, uint32_t key);
/* Two actions that claim one key in one view: true, and the pair and the key. */
bool keymap_clash(const struct keymap *map, enum action *ret_a, enum action *ret_b,
		  uint32_t *ret_key);
/*
 * The keys of @action as the help shows them ("Left ,"), in that view those that mean it there, with a
 * negative view all; returns @buffer.
 */
const char *keymap_text(const struct keymap *map, enum action action, int view, char *buffer,
			size_t size);

#endif
