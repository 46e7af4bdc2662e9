/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * explained.h - what explain/ says of a recording, made into claims.
 *
 * A side is one of the two recordings, and how its events are numbered in the whole one.  What a struct or a
 * command's JSON calls doubtful is doubtful here, nothing else is.
 */
#ifndef KSMTOP_TEST_EXPLAINED_H
#define KSMTOP_TEST_EXPLAINED_H

#include "claims.h"
#include "episode/episode.h"

struct side {
	struct episode_source source;
	const struct history *whole;	/* for finding the same episode */
	const uint64_t *real;		/* NULL: it is the whole one */
	uint64_t last;
	uint32_t one_of;		/* of many pages one in so many is asked for */
};

/* The number of that episode in the whole recording, 0: none is the same. */
uint32_t explained_episode(const struct side *side, const struct episode_row *row);

/* For every walk known by then: what-if under each rule. */
void explained_walks(const struct side *side, uint64_t known_by, struct claims *claims);
/* At a moment, for KSM pages: what-if, blast radius, what is stale; for processes: why not merged. */
void explained_pages(const struct side *side, struct moment when, struct claims *claims);
void explained_processes(const struct side *side, struct moment when, struct claims *claims);
/* What the invariants say is violated. */
void explained_check(const struct side *side, struct claims *claims);
/* Every line of the story of every episode, names and numbers replaced by what they are of. */
void explained_stories(const struct side *side, uint64_t known_by, struct claims *claims);

#endif /* KSMTOP_TEST_EXPLAINED_H */
