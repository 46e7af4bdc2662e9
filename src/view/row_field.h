/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * row_field.h - the named values of a table's row: for JSON, columns, filters, sorting, searching.
 *
 * row_fields() adds all of them to a list; row_value() answers for one name, and row_field() does
 * so for a filter of a view.
 * In this order: what it is (`object`, which `ksmtop show` accepts, the short `name`, the
 * generation and, under the table's word, its address), its own attributes, then of the fact:
 * born, died, known, confirmed, evidence, doubtful, doubt.
 *
 *	mm		pid, comm, in_ksm, origin, parent, items, stable_items, mappings, merges ...
 *	node		pfn (also kpfn), kind, place, nid, chain, items, dups
 *	item		state, mm, pid, comm, address, node, pfn, anon_vma, index, seqnr
 *	mapping		mm, pid, comm, address, pfn, node, mapcount
 *	anon_vma	root, parent, vmas, items
 *	vma		mm, pid, comm, anon_vma, start, end, pgoff, flags
 *	page		node, ksm, poisoned, gone
 *	episode		episode, kind, begin, end, tid, comm, object, seqnr, begin_ns (none: its beginning was not seen), end_ns, ended,
 *			duration_ns, then its kind's totals (episode_field.h)
 *
 * Another object is told by its address, nothing where the recording has none, and by its
 * `..._name`.  tests/schema holds the same lists.
 */
#ifndef KSMTOP_ROW_FIELD_H
#define KSMTOP_ROW_FIELD_H

#include "event/event_filter.h"
#include "event/filter_names.h"
#include "history/history.h"

#include "fields.h"
#include "scene.h"

/* All values of a row, counts as of `when`.  Resets the list first. */
void row_fields(struct recording *recording, const union row *row, struct moment when,
		struct fields *fields);
/* Parts of that for things that are no rows: born ... doubt; evidence, doubtful and doubt. */
void fact_fields(const struct fact *fact, struct fields *fields);
void evidence_fields(char evidence, uint8_t doubt, struct fields *fields);
/* Why a fact is doubtful, as a clause; NULL for DOUBT_NONE. */
const char *doubt_text(uint8_t doubt);

/* One value by name; a string is put into `text`.  False: no such value, or not known. */
#define ROW_TEXT 96
bool row_value(struct recording *recording, const union row *row, struct moment when,
	       const char *name, char text[ROW_TEXT], struct filter_value *ret);

/* The names that rows of that table (episodes of that kind, -1: any) can have values for, known or not. */
void row_names(struct recording *recording, enum table table, int kind, struct filter_names *names);
/* Adds the names of a list. */
void fields_names(const struct fields *fields, struct filter_names *names);

/* What a lookup works on; `row` is a filter_lookup_fn's argument. */
struct row_context {
	const struct scene *scene;
	const union row *row;
	char text[ROW_TEXT];	/* where a string value lives until the next lookup */
};

/* A filter_lookup_fn; the first argument is a struct row_context. */
bool row_field(void *context, const char *name, struct filter_value *ret);

/* "node", "item" ...: the word in front of the colon of an OBJECT. */
const char *table_word(enum table table);
const char *node_kind_name(uint8_t kind);	/* "plain" "chain" "dup" "?" */
const char *node_place_name(uint8_t place);
const char *item_state_name(uint8_t state);
const char *episode_kind_name(uint8_t kind);

#endif /* KSMTOP_ROW_FIELD_H */
