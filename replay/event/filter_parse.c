// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter_parse.c - from the text of a filter to its tree.
 *
 * Precedence climbing over one table of binary operators; the levels are C's.  The tree's depth is
 * bounded, as expressions may come out of a file: both what nests (parentheses, unary
 * operators) and what chains ("a || b || c", which leans to the left) counts.
 *
 * Errors name the column and what could have stood there.  It does not know which names
 * exist: that depends on the event or row that the filter will meet.
 */
#include "event/filter_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

#define MAX_DEPTH 64
#define MAX_NODES 4096

struct parser {
	const char *start, *p;
	struct diag *diag;
	int depth, nr_nodes, error;
};

static const struct { const char *text; enum filter_op op; int level; } operators[] = {
	{ "||", FILTER_OR, 1 }, { "&&", FILTER_AND, 2 },
	{ "==", FILTER_EQ, 6 }, { "!=", FILTER_NE, 6 }, { "=~", FILTER_MATCHES, 6 },
	{ "!~", FILTER_MATCHES_NOT, 6 }, { "<=", FILTER_LE, 7 }, { ">=", FILTER_GE, 7 },
	{ "<<", FILTER_SHIFT_LEFT, 8 }, { ">>", FILTER_SHIFT_RIGHT, 8 },
	{ "<", FILTER_LT, 7 }, { ">", FILTER_GT, 7 },
	{ "|", FILTER_BIT_OR, 3 }, { "^", FILTER_BIT_XOR, 4 }, { "&", FILTER_BIT_AND, 5 },
	{ "+", FILTER_PLUS, 9 }, { "-", FILTER_MINUS, 9 },
	{ "*", FILTER_TIMES, 10 }, { "/", FILTER_DIVIDE, 10 }, { "%", FILTER_REMAINDER, 10 },
};

static struct filter_node *parse_binary(struct parser *parser, int level);

static void *fail(struct parser *parser, const char *expected)
{
	if (parser->error)
		return NULL;
	parser->error = -EINVAL;
	if (*parser->p)
		diag_set(parser->diag, -EINVAL, "the filter has \"%.20s\"", parser->p);
	else
		diag_set(parser->diag, -EINVAL, "the filter ends too early");
	diag_line(parser->diag, "filter", 1, (uint32_t)(parser->p - parser->start) + 1);
	diag_expected(parser->diag, "%s", expected);
	return NULL;
}

void filter_node_free(struct filter_node *node)
{
	if (!node)
		return;
	filter_node_free(node->left);
	filter_node_free(node->right);
	if (node->has_regex)
		regfree(&node->regex);
	free(node->text);
	free(node);
}

static struct filter_node *new_node(struct parser *parser, enum filter_op op,
				    struct filter_node *left, struct filter_node *right)
{
	struct filter_node *node = ++parser->nr_nodes <= MAX_NODES ? calloc(1, sizeof(*node)) : NULL;

	if (!node) {
		filter_node_free(left);
		filter_node_free(right);
		return fail(parser, "a shorter filter");
	}
	*node = (struct filter_node){ .op = op, .left = left, .right = right };
	return node;
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->p))
		parser->p++;
}

/* From p on, `size` bytes without backslashes in front of quotes. */
static struct filter_node *text_node(struct parser *parser, enum filter_op op, const char *p, size_t size)
{
	struct filter_node *node = new_node(parser, op, NULL, NULL);
	size_t n = 0;

	if (!node)
		return NULL;
	node->text = malloc(size + 1);
	if (!node->text) {
		filter_node_free(node);
		return fail(parser, "more memory");
	}
	for (size_t i = 0; i < size; i++) {
		if (op == FILTER_STRING && p[i] == '\\' && i + 1 < size && strchr("\\\"'", p[i + 1]))
			i++;
		node->text[n++] = p[i];
	}
	node->text[n] = 0;
	node->column = (uint32_t)(p - parser->start) + 1;
	return node;
}

static struct filter_node *parse_quoted(struct parser *parser)
{
	char quote = *parser->p;
	const char *begin = parser->p + 1, *end = begin;

	while (*end && *end != quote)
		end += *end == '\\' && end[1] ? 2 : 1;
	if (!*end) {
		parser->p = end;
		return fail(parser, "a closing quote");
	}
	parser->p = end + 1;
	return text_node(parser, FILTER_STRING, begin, (size_t)(end - begin));
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/*
 * "5ms", "1.5s": a time in nanoseconds, as every time that a filter meets is.  False: it has no unit, or is no
 * whole number of them.
 */
static bool read_time(const char *p, unsigned long long *ret_ns, char **ret_end)
{
	static const struct { const char *unit; unsigned long long ns; } units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	};
	unsigned long long whole, part = 0, of = 1, rest;
	char *end;

	errno = 0;
	whole = strtoull(p, &end, 10);
	if (*end == '.')
		for (end++; isdigit((unsigned char)*end) && of < 1000000000; end++, of *= 10)
			part = part * 10 + (unsigned long long)(*end - '0');
	for (size_t i = 0; !errno && i < sizeof(units) / sizeof(units[0]); i++) {
		size_t length = strlen(units[i].unit);

		if (strncmp(end, units[i].unit, length) != 0 || is_word(end[length]))
			continue;
		rest = part * units[i].ns;
		if (rest % of || __builtin_mul_overflow(whole, units[i].ns, ret_ns) ||
		    __builtin_add_overflow(*ret_ns, rest / of, ret_ns))
			return false;
		*ret_end = end + length;
		return true;
	}
	return false;
}

static struct filter_node *parse_number(struct parser *parser)
{
	struct filter_node *node;
	unsigned long long value;
	char *end;

	if (!read_time(parser->p, &value, &end)) {
		errno = 0;
		value = strtoull(parser->p, &end, 0);
		if (errno || is_word(*end))
			return fail(parser, "a number: 12, 0x1f or 5ms");
	}
	node = new_node(parser, FILTER_NUMBER, NULL, NULL);
	if (!node)
		return NULL;
	node->number = (int64_t)value;
	node->is_unsigned = value > INT64_MAX;
	parser->p = end;
	return node;
}

static struct filter_node *parse_unary(struct parser *parser)
{
	static const struct { char c; enum filter_op op; } unary[] = {
		{ '!', FILTER_NOT }, { '-', FILTER_NEGATE }, { '~', FILTER_INVERT },
	};
	struct filter_node *node = NULL;

	skip_blanks(parser);
	if (++parser->depth > MAX_DEPTH)
		return fail(parser, "a filter that nests less");
	for (size_t i = 0; i < 3; i++) {
		if (*parser->p != unary[i].c)
			continue;
		parser->p++;
		node = parse_unary(parser);
		parser->depth--;
		return node ? new_node(parser, unary[i].op, node, NULL) : NULL;
	}
	if (*parser->p == '(') {
		parser->p++;
		node = parse_binary(parser, 1);
		skip_blanks(parser);
		if (node && *parser->p != ')') {
			filter_node_free(node);
			return fail(parser, "an operator or ')'");
		}
		parser->p += node != NULL;
	} else if (*parser->p == '"' || *parser->p == '\'') {
		node = parse_quoted(parser);
	} else if (isdigit((unsigned char)*parser->p)) {
		node = parse_number(parser);
	} else if (isalpha((unsigned char)*parser->p) || *parser->p == '_') {
		const char *begin = parser->p;

		while (isalnum((unsigned char)*parser->p) || (*parser->p && strchr("_.", *parser->p)))
			parser->p++;
		node = text_node(parser, FILTER_NAME, begin, (size_t)(parser->p - begin));
	} else {
		return fail(parser, "a field, a number, a \"string\" or '('");
	}
	parser->depth--;
	return node;
}

static int find_operator(const char *p)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strncmp(p, operators[i].text, strlen(operators[i].text)) == 0)
			return (int)i;
	return -1;
}

/* The right side of =~ is a pattern, in quotes or a word. */
static struct filter_node *add_regex(struct parser *parser, struct filter_node *node)
{
	if (node->right->op != FILTER_STRING && node->right->op != FILTER_NAME)
		fail(parser, "a \"pattern\"");
	else if (regcomp(&node->regex, node->right->text, REG_ICASE | REG_NOSUB) != 0)
		fail(parser, "a regular expression that can be compiled");
	else
		node->has_regex = true;
	if (node->has_regex)
		return node;
	filter_node_free(node);
	return NULL;
}

static struct filter_node *parse_binary(struct parser *parser, int level)
{
	struct filter_node *left = parse_unary(parser), *right;
	int chained = 0;

	while (left) {
		int op;

		skip_blanks(parser);
		op = find_operator(parser->p);
		if (op < 0 || operators[op].level < level)
			return left;
		if (++chained > MAX_DEPTH) {
			filter_node_free(left);
			return fail(parser, "a shorter chain of operators");
		}
		parser->p += strlen(operators[op].text);
		right = parse_binary(parser, operators[op].level + 1);
		if (!right)
			break;
		left = new_node(parser, operators[op].op, left, right);
		if (left && (left->op == FILTER_MATCHES || left->op == FILTER_MATCHES_NOT))
			left = add_regex(parser, left);
		if (!left)
			return NULL;
	}
	filter_node_free(left);
	return NULL;
}

int filter_parse(const char *text, const char *expression, struct filter_node **ret_node, struct diag *diag)
{
	struct parser parser = { .start = text, .p = expression, .diag = diag };
	struct filter_node *node = parse_binary(&parser, 1);

	if (node && *parser.p) {
		filter_node_free(node);
		node = fail(&parser, "an operator, or the end");
	}
	if (!node)
		return parser.error ? parser.error : -EINVAL;
	*ret_node = node;
	return 0;
}
