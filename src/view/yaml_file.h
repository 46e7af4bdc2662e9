/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * yaml_file.h - a small YAML text as a tree of nodes, with good manners about errors.
 *
 * For themes and keys.yaml: a mapping at the top, scalars, lists and flat mappings below.  The tree
 * is libyaml's own yaml_document_t; this adds size limits, one document a file, and a diag with
 * line and column for everything that is wrong.  Aliases are fine: nodes are looked at by depth,
 * never walked recursively, so a text cannot blow up.
 */
#ifndef KSMTOP_YAML_FILE_H
#define KSMTOP_YAML_FILE_H

#include <stddef.h>
#include <yaml.h>

struct diag;

#define YAML_FILE_MAX (64 * 1024)
#define YAML_NESTING_MAX 32	/* brackets in brackets */

struct yaml_file {
	const char *file;		/* borrowed, for diags */
	yaml_document_t document;
	yaml_node_t *top;		/* a mapping, or NULL for an empty text */
};

/* 0, or -EINVAL / -E2BIG / -ENOMEM and diag; on success the caller calls yaml_file_fini(). */
int yaml_file_load(struct yaml_file *yaml, const char *file, const char *text, size_t size,
		   struct diag *diag);
void yaml_file_fini(struct yaml_file *yaml);

/* Number of pairs of a mapping, and the i-th; 0 for NULL. */
int yaml_pairs(const yaml_node_t *mapping);
void yaml_pair(struct yaml_file *yaml, const yaml_node_t *mapping, int i, yaml_node_t **ret_key,
	       yaml_node_t **ret_value);
/* Length of a list, and its i-th element. */
int yaml_length(const yaml_node_t *list);
yaml_node_t *yaml_item(struct yaml_file *yaml, const yaml_node_t *list, int i);
/* The text of a scalar, NULL if @node is something else or holds a 0 byte. */
const char *yaml_scalar(const yaml_node_t *node);

/* Fills @diag with a sentence about @node's place; returns -EINVAL. */
int yaml_wrong(const struct yaml_file *yaml, const yaml_node_t *node, struct diag *diag,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
