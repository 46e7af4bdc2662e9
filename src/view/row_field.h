/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * row_field.h - the named values of a table's row, for filters, sorting and searching.
 *
 * A filter names the fields that `ksmtop list --json` prints.  Common to all rows: name, born,
 * died, known, evidence, doubtful, generation.  Then by table, addresses and pfns as numbers:
 *
 *	mm		mm, pid, comm, in_ksm
 *	node		node, pfn (kpfn), kind, place, nid, items, dups
 *	item		item, mm, node, anon_vma, address, index, state, seqnr, pid, comm, pfn
 *	mapping		pid, mm, address, pfn (kpfn), mapcount, node
 *	anon_vma	anon_vma, root, parent
 *	vma		vma, mm, anon_vma, start, end, pgoff, flags
 *	page		pfn, state
 *	episode		episode, kind, tid, comm, seqnr, begin, end
 *
 * A reference to another object gives that object's address; what is not known does not match.
 */
#ifndef KSMTOP_ROW_FIELD_H
#define KSMTOP_ROW_FIELD_H

#include "event/event_filter.h"

#include "scene.h"

/* What a lookup works on; `row` is a filter_lookup_fn's argument. */
struct row_context {
	const struct scene *scene;
	const union row *row;
	char text[64];		/* where a string value lives until the next lookup */
};

/* A filter_lookup_fn; the first argument is a struct row_context. */
bool row_field(void *context, const char *name, struct filter_value *ret);

const char *node_kind_name(uint8_t kind);	/* "plain" "chain" "dup" "?" */
const char *node_place_name(uint8_t place);
const char *item_state_name(uint8_t state);
const char *episode_kind_name(uint8_t kind);

#endif /* KSMTOP_ROW_FIELD_H */
