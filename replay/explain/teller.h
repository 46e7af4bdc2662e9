/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * teller.h - inside explain/: a story in the making, and the parts of it that look past the
 * episode.
 */
#ifndef KSMTOP_TELLER_H
#define KSMTOP_TELLER_H

#include "explain/narrate.h"

#define NAME_MAX_LENGTH 64

struct teller {
	struct opened_episode *e;
	const struct episode_row *row;
	struct moment when;
	bool all;		/* nothing is folded */
	bool doubtful;		/* is what teller_say() is told next */
	story_fn fn;
	void *arg;
	int ret;		/* fn's answer: once it is not 0 nothing more is told */
};

/* A line of no step; event 0: of no single event. */
void teller_say(struct teller *t, enum story_part part, uint64_t event, char evidence,
		const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A line that is made elsewhere. */
void teller_hand_over(struct teller *t, const struct story_line *line);

/* tell_waiters.c: who waited for the locks that a walk held. */
void tell_waiters(struct teller *t);

/* aftermath.c */
/* What the search took beside what was published. */
void tell_published(struct teller *t);
/* Who got SIGBUS behind the last step, and whether it was this page. */
void tell_signals(struct teller *t);
/* A walk that was to unmap the page and left mappings: which, and when ksmd repairs it. */
void tell_left_behind(struct teller *t);
/* The pages that walks of this episode did not get unmapped: the same of each. */
void tell_failed_walks(struct teller *t);
/* Who maps the page of a kill list and is not on it. */
void tell_unlisted(struct teller *t);
/* aftermath_collapse.c: the KSM pages among a collapse's 512, the bad one, and whose they were. */
void tell_owners(struct teller *t);

#endif /* KSMTOP_TELLER_H */
