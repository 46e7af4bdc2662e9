/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * list.h - rows as lines under headings, for `list` and for the relations of `show`.
 *
 * A list_table says which fields of a table's rows stand in which columns; list.c has one for each
 * table but the episodes, which have a command of their own.  Lines go to stdout.
 */
#ifndef KSMTOP_LIST_H
#define KSMTOP_LIST_H

#include "view/fields.h"
#include "query.h"

struct list_table;

/* NULL for a table without columns. */
const struct list_table *list_table_of(enum table table);
/* The relation and table that a word of `list` names; false: no such table. */
bool list_relation(const char *name, enum relation *ret_relation, enum table *ret_table);
void list_print_headings(const struct list_table *table, const char *indent);
/* "?" if the field beside a count says that it is doubtful, else " ". */
const char *list_doubt(const struct fields *fields, const char *name);
/* `fields`: of row_fields() for this row. */
void list_print_row(const struct list_table *table, const char *indent, const union row *row,
		    const struct fields *fields);

#endif /* KSMTOP_LIST_H */
