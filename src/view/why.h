/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * why.h - what an event was, in words: what happened, what it changed, and where in the kernel.
 *
 * why_event() gives one plain sentence for an event, naming objects by their short stable names.
 * It says what the event proves and no more: on a stock kernel the first merge of a pair is "being
 * made a KSM page", and a removed stable node is "noticed to be gone", because that is all that
 * those events say.  Facts about the stock events come from mm/ksm.c of Linux 6.4 to 6.18.
 *
 * Sentences are for people and may change; programs use `ksmtop events --json`.
 */
#ifndef KSMTOP_WHY_H
#define KSMTOP_WHY_H

#include <string.h>

#include "event/event.h"

#include "row_field.h"
#include "scene.h"

#define WHY_MAX     400
#define WHY_OBJECTS 8 /* of an event's objects, how many are looked at */

/* One sentence for event @nr (0: before the first).  `buf` of WHY_MAX bytes is enough. */
void why_event(const struct scene *scene, uint64_t nr, char *buf, size_t size);

/* The moment just at event @nr, with the session's hindsight. */
struct moment why_moment(const struct scene *scene, uint64_t nr);
/* What the event is about, changed or only looked at: its node, else page, item, mm, anon_vma; {0} for none. */
struct ref why_object(const struct scene *scene, uint64_t nr);
/* The object of that table that the event touched, or only names; {0} for none. */
struct ref why_touched(const struct scene *scene, uint64_t nr, enum table table);
/*
 * What it changed about its object, short: "len 130->131", "new", "gone", "err EFAULT".
 * Returns the mark that goes with it: '~', '+', 'x', '!' or ' '.
 */
char why_effect(const struct scene *scene, uint64_t nr, char *buf, size_t size);

/* The same for one of the objects that it touched. */
char why_effect_on(const struct scene *scene, struct ref ref, uint64_t nr, char *buf, size_t size);
/* "sample of 1234" if a sample, not the event, changed the object at event nr; else false. */
bool why_sample(const struct scene *scene, struct ref ref, uint64_t nr, char *buf, size_t size);

/* "mm/ksm.c:stable_tree_append" for a kind of event, NULL where there is none. */
const char *why_source(enum event_kind kind);

/*
 * Private to why*.c (why_named.c): the object of that table that an event which changes nothing names,
 * and what such an event found, in a word or two ("" for others).
 */
struct ref why_named(const struct scene *scene, const struct event *event, uint64_t nr, enum table table);
void why_found(const struct event *event, char *buf, size_t size);

/* Private to why*.c: the sentence of the patch's events; false for another kind. */
struct story {
	const struct scene *scene;
	const struct event *event;
	char node[48], mm[48], item[48], anon_vma[48], task[32];
};
static inline bool why_by_ksmd(const struct story *story)
{
	return strncmp(story->task, "ksmd ", 5) == 0;
}
bool why_patch(const struct story *story, char *buf, size_t size);
const char *why_error(int64_t err); /* "EFAULT" of -14 */

#endif /* KSMTOP_WHY_H */
