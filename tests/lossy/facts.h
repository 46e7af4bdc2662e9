/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * facts.h - rows of two histories compared by what they say, not by how they are numbered.
 *
 * A fact is a row without its refs, generation and evidence: kernel addresses take their place.  What a
 * row counts of other rows (a node's items, a chain's dups) is no fact of its own.
 */
#ifndef KSMTOP_TEST_FACTS_H
#define KSMTOP_TEST_FACTS_H

#include "event/event.h"
#include "history/history.h"

extern const enum relation fact_relations[];
extern const unsigned nr_fact_relations;

#define FACT_TEXT 320
void fact_text(const struct history *h, const union row *row, struct moment when, char text[FACT_TEXT]);

/* All facts of a history at a moment, for looking them up. */
struct fact_set { uint64_t *hashes; uint64_t nr, room; };
void fact_set_init(struct fact_set *set, const struct history *h, struct moment when);
void fact_set_fini(struct fact_set *set);
bool fact_set_has(const struct fact_set *set, const struct history *h, const union row *row,
		  struct moment when);

/* Is that an event which makes, ends or changes rows like this one? */
bool fact_changed_by(const union row *row, enum event_kind kind);

#endif /* KSMTOP_TEST_FACTS_H */
