/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scene.h - what every view needs of a session while it draws or acts.
 *
 * A scene is a value, made at the top of a draw() or act() and dropped at its end: the recording,
 * its history, the moment looked at.  It owns nothing.  scene_init() says false while nothing is
 * loaded; then a view draws nothing.
 *
 * Marks.  A row's marks tell what *this* event did (event t alone, not the way one came here), so
 * that a picture depends on the moment only and going back shows what going on showed: `+` born
 * by it, `~` changed or named by it, `x` ended by it.  `!` and `*` are the views' own.
 *
 * Evidence.  Beside a fact stands its letter, T D I or M, and `?` behind it when the fact is
 * doubtful at this moment; scene_doubt() says why in words.
 */
#ifndef KSMTOP_SCENE_H
#define KSMTOP_SCENE_H

#include "episode/episode.h"
#include "recording.h"
#include "session.h"

struct scene {
	struct session *session;
	const struct source *source;
	struct recording *recording;
	const struct history *history;
	struct moment when;
	uint64_t start_ns; /* of the first event */
	struct pane body;  /* while drawing: where lists are placed from */
};

bool scene_init(struct scene *scene, struct session *session);
/* The same for a draw(). */
bool scene_draw(struct scene *scene, struct session *session, struct pane body);

/* What episodes and explanations are read from. */
static inline struct episode_source scene_episodes(const struct scene *scene)
{
	return (struct episode_source){scene->history, recording_events(scene->recording)};
}

/* Nanoseconds from the first event to this one. */
int64_t scene_ns(const struct scene *scene, uint64_t event);
/* The row of @ref now; false when it is not alive (or nothing is named). */
bool scene_row(const struct scene *scene, struct ref ref, union row *ret_row);
/* Short stable name ("node#12"); "none" for no object. */
const char *scene_name(const struct scene *scene, struct ref ref, char *buf, size_t size);
/* The process behind an mm: "qemu 3141", else its short name. */
const char *scene_owner(const struct scene *scene, struct ref mm, char *buf, size_t size);
/*
 * What stands for @object in a list of @table: itself, an item's or mapping's node or mm, a
 * page's node ...  Nothing ({0}) when it has none.
 */
struct ref scene_resolve(const struct scene *scene, struct ref object, enum table table);

/* Did event t (and no other) change or name it? */
bool scene_touched(const struct scene *scene, struct ref ref);
/* '+', '~' or ' ' for a row alive now. */
char scene_mark(const struct scene *scene, const union row *row);
/* Two columns: the evidence letter, `?` or a blank. */
int pane_fact(struct pane pane, int x, int y, char evidence, bool doubtful);
/* Why a fact is doubtful, in at most 20 columns: "its end is untraced". */
const char *scene_doubt(uint8_t doubt);
const char *scene_evidence(char evidence);

/*
 * A counter of /sys/kernel/mm/ksm in the last sample completed at or before event @t.
 * False when there is none.
 */
bool scene_sysfs(const struct scene *scene, uint64_t t, const char *name, int64_t *ret);

/*
 * By how many items the node exceeds max_page_sharing; 0: it does not, or that was not sampled.  The kernel lets an
 * item join a full node if its page is already that KSM page: a fork or mremap brought it there
 * (cmp_and_merge_page()'s max_page_sharing_bypass).  A stock kernel's node may also have lost items untraced.
 */
int64_t scene_above_max(const struct scene *scene, const struct node_row *node);

/* As scene_sysfs(), of a process (ksm_stat's names, ksm_merging_pages). */
bool scene_process(const struct scene *scene, int32_t tgid, uint64_t t, const char *name,
		   int64_t *ret);

/* "  NAME: " in ROLE_HEADING over a pane's first row, with @right at its right end. */
void pane_heading(struct pane pane, int y, const char *text, const char *right);

#endif /* KSMTOP_SCENE_H */
