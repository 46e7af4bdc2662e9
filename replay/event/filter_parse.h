/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter_parse.h - a filter expression as a tree.  Private to replay/event.
 */
#ifndef KSMTOP_FILTER_PARSE_H
#define KSMTOP_FILTER_PARSE_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

struct diag;
struct filter_names;

enum filter_op {
	FILTER_NUMBER, FILTER_STRING, FILTER_NAME,
	FILTER_OR, FILTER_AND, FILTER_NOT,
	FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE,
	FILTER_MATCHES, FILTER_MATCHES_NOT,
	FILTER_BIT_OR, FILTER_BIT_XOR, FILTER_BIT_AND, FILTER_SHIFT_LEFT, FILTER_SHIFT_RIGHT,
	FILTER_PLUS, FILTER_MINUS, FILTER_TIMES, FILTER_DIVIDE, FILTER_REMAINDER,
	FILTER_NEGATE, FILTER_INVERT,
};

struct filter_node {
	enum filter_op op;
	struct filter_node *left, *right;	/* a unary operator has `left` only */
	bool is_unsigned;			/* NUMBER: above INT64_MAX */
	bool has_regex;
	int64_t number;
	char *text;				/* STRING, NAME */
	uint32_t column;			/* of the text in the expression, from 1 */
	regex_t regex;				/* MATCHES and MATCHES_NOT */
};

/* 0, or -EINVAL and diag, or -ENOMEM.  Depth is bounded.  Columns count from `text`, of which it is the end. */
int filter_parse(const char *text, const char *expression, struct filter_node **ret_node, struct diag *diag);
void filter_node_free(struct filter_node *node);
/* event_filter_check() of a tree: filter_names.c. */
int filter_check_names(const struct filter_node *tree, const struct filter_names *names,
		       const char *whose, struct diag *diag);

#endif /* KSMTOP_FILTER_PARSE_H */
