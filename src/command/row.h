/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * row.h - a row of the history as a list of fields, one set of names for every command.
 *
 * The fields of every kind of row, in this order: what it is (`object`, which `ksmtop show`
 * accepts, the short `name`, the generation and, under the table's word, its address), its own
 * attributes, then of the fact: born, died, known, confirmed, evidence, doubtful, doubt.  Another
 * object is told by its address, null where the recording has none, and by its `..._name`.
 * tests/schema holds the same lists.
 */
#ifndef KSMTOP_ROW_H
#define KSMTOP_ROW_H

#include "fields.h"
#include "query.h"

/* `when`: the moment for counts that a row does not carry itself.  Resets `fields` first. */
void row_fields(const struct query *query, const union row *row, struct moment when,
		struct fields *fields);
/* Only the tail: born ... doubt. */
void fact_fields(const struct fact *fact, struct fields *fields);
/* "evidence", "doubtful" and "doubt" alone. */
void evidence_fields(char evidence, uint8_t doubt, struct fields *fields);

/* "node", "item" ...: the word in front of the colon of an OBJECT. */
const char *table_word(enum table table);
const char *episode_word(uint8_t kind);
/* -1: no such kind. */
int episode_find(const char *word);

/*
 * One sentence: "node#12: kind plain, kpfn 0x1a, ... (inferred, doubtful: why)".  Fields before
 * `from` are left out.
 */
void fields_sentence(const struct fields *fields, int from);

#endif /* KSMTOP_ROW_H */
