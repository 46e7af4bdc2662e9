/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * narrate.h - one plain sentence a step, and the whole story of an episode.
 *
 * A sentence is true in all its cases or says what is not known.  Objects go by their short stable
 * names ("node#12", "mm A (qemu 3141)"); the kernel function that did it stands beside the sentence,
 * for `o` to open.  Nothing is printed here: text is written into the caller's buffer, a story is
 * handed over line by line, and text, JSON and Markdown are made of the same lines.
 */
#ifndef KSMTOP_NARRATE_H
#define KSMTOP_NARRATE_H

#include <stddef.h>

#include "episode/episode.h"

#define NARRATE_MAX 400

struct narration {
	char text[NARRATE_MAX];
	const char *function;	/* "rmap_walk_ksm"; static */
	const char *file;	/* "mm/ksm.c"; static */
	char evidence;
	bool doubtful;
};

/* The step `i` of an opened episode, as known by that event; a step that is still ahead is told as of itself. */
int narrate_step(struct opened_episode *episode, uint32_t i, uint64_t known_by, struct narration *ret);
/* A VMA of a hold (episode_hold_vmas()). */
void narrate_vma(struct opened_episode *episode, const struct hold *hold, const struct hold_vma *vma,
		 struct narration *ret);
/* "node#12", "mm A (qemu 3141)", "item#7", "vma#3", "pfn 0x1a2f40"; "?" for none. */
const char *narrate_name(const struct history *h, struct ref ref, struct moment when, char *buf,
			 size_t size);
const char *episode_word(enum episode_kind kind);	/* "walk", "kill-list" ... */

enum story_part { STORY_TITLE, STORY_FACT, STORY_STEP, STORY_TOTAL, STORY_NOTE };
struct story_line {
	enum story_part part;
	uint64_t event;		/* 0: of no single event */
	uint32_t step;		/* NO_STEP: of none */
	struct narration narration;
};
typedef int (*story_fn)(const struct story_line *line, void *arg);
/*
 * Title, facts, steps, totals, notes.  fn's non-zero ends it.  Long runs of steps that are alike are folded, and
 * counted by what they are; _all() tells each event.
 */
int story_tell(const struct episode_source *source, struct ref episode, struct moment when, story_fn fn,
	       void *arg, struct diag *diag);
int story_tell_all(const struct episode_source *source, struct ref episode, struct moment when, story_fn fn,
		   void *arg, struct diag *diag);

#endif /* KSMTOP_NARRATE_H */
