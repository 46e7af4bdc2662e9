/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view_util.h - small pieces that several views draw or do alike.
 *
 * Fields.  pane_field() draws one "label  value  T?" line: the label dim, the value in the role of
 * what happened to it, the evidence at the right edge of the given width, so that a column of
 * fields has a column of letters.
 *
 * The cursor of a list of objects is the session's selected object where that stands for a row of
 * the list's table, and the list's own key otherwise: one selection, in every view.
 */
#ifndef KSMTOP_VIEW_UTIL_H
#define KSMTOP_VIEW_UTIL_H

#include "view_list.h"

struct field {
	const char *label, *value;
	char mark;     /* ' ' '+' '~' 'x' '!' '*' in front of the label */
	char evidence; /* 0: none */
	bool doubtful;
};

enum role mark_role(char mark);
/* Where values begin: two marks, the label's columns, a blank. */
#define FIELD_LABEL 14
void pane_field(struct pane pane, int y, const struct field *field);
/* printf for the value. */
void pane_fieldf(struct pane pane, int y, char mark, const char *label, char evidence,
		 bool doubtful, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* "NAME NUMBER" in so many columns: what does not fit goes from the name, not from the number. */
void pane_task(struct pane pane, int x, int y, int width, enum role role, const char *task);

/* A rule across the pane, with a heading in it, and @right where both have room. */
void pane_rule(struct pane pane, int y, const char *heading, const char *right);

/* "at #1234 +12.481033", "before the recording", "-" for NEVER. */
const char *util_event(const struct scene *scene, uint64_t event, char *buf, size_t size);

/* Key of the cursor in a list of @table. */
struct row_key util_cursor(const struct scene *scene, const struct view_list *list,
			   enum table table);
/* The row under the cursor, the first one if none was chosen. */
bool util_current(struct feed *feed, struct row_key cursor, struct list_row *ret);

/* What Enter, w and the like do with an object; an episode is stepped through. */
void util_open(const struct scene *scene, struct ref object);
/* u on a stable node: its chain becomes the selected one. */
void util_chain(const struct scene *scene, struct ref node);
/* x elsewhere: the stable pages, asking what a walk of the object's node would do. */
void util_what_if(const struct scene *scene, struct ref object);
void util_when_changed(const struct scene *scene, struct ref object);
/* A filter that shows only this object: "pfn == 0x1c0077". */
void util_filter_this(const struct scene *scene, struct ref object);

/* A view's why() and source(): about event t. */
void util_why(struct session *session, void *own, char *buffer, size_t size);
const char *util_source(struct session *session, void *own);

/* "node#12 0x1a2f40": its name and its page, which a chain does not have.  Returns buf. */
const char *util_node(const struct scene *scene, const struct node_row *node, char *buf, size_t size);
/* " --filter 'EXPR'" when a filter is active, else "". */
const char *util_filter_option(const struct scene *scene, char *buf, size_t size);

/* Text with the event system's prefix left out: "ksm_merge..." stays, "ksmtop:x" is "x". */
const char *util_event_name(const struct event_record *record);

/* The events that last touched an object, newest first, from t on backwards; draws @nr lines. */
void pane_last_changes(struct pane pane, int y, int nr, const struct scene *scene,
		       struct ref object);

#endif /* KSMTOP_VIEW_UTIL_H */
