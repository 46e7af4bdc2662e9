// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_filter.c - evaluating a filter on an event or a row.
 *
 * The hard idea is the third truth value.  An expression over all events meets events that do not
 * have its fields; "err != 0" must not match them, nor may "!(err == 0)".  So a missing field makes
 * a value unknown, unknown spreads as in Kleene's logic, and only true matches.
 *
 * A name is looked up through one callback, whether it stands for a field of a record, a derived field or
 * a column of a table's row.  It does not cache anything: an event costs some tens of
 * nanoseconds a name, less than reading it.
 */
#include "event/event_filter.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/event-parse.h>

#include "event/filter_names.h"
#include "event/filter_parse.h"
#include "event/nearest.h"
#include "trace/diag.h"

struct event_filter {
	char *events;			/* "ksm/ksm_enter,ksm_exit", or NULL: all */
	struct filter_node *tree;
	char strings[2][256];		/* of the record's fields looked up last: a comparison has two */
	unsigned int nr_strings;
};

struct value {
	enum { UNKNOWN, NUMBER, STRING } type;
	bool is_unsigned;
	int64_t number;
	const char *string;
};

struct context {
	filter_lookup_fn lookup;
	void *row;
};

static struct value number_value(int64_t number)
{
	return (struct value){ .type = NUMBER, .number = number };
}

/* ---- making ---- */

/* Where the expression begins: behind "SYSTEM/EVENT,...:" if it begins like that. */
static const char *skip_events(const char *text, size_t *ret_size)
{
	const char *begin = text + strspn(text, " \t"), *p = begin;

	while (isalnum((unsigned char)*p) || (*p && strchr("_/*?,-", *p)))
		p++;
	*ret_size = (size_t)(p - begin);
	p += strspn(p, " \t");
	if (*p != ':' || *ret_size == 0) {
		*ret_size = 0;
		return text;
	}
	return p + 1;
}

int event_filter_new(const char *expression, struct event_filter **ret_filter, struct diag *diag)
{
	struct event_filter *filter = calloc(1, sizeof(*filter));
	const char *tree;
	size_t size;
	int ret = -ENOMEM;

	if (!filter)
		return -ENOMEM;
	tree = skip_events(expression, &size);
	if (size > 0)
		filter->events = strndup(expression + strspn(expression, " \t"), size);
	if (size == 0 || filter->events) {
		/* "ksm/ksm_enter:" alone means all of them. */
		if (size > 0 && tree[strspn(tree, " \t")] == 0)
			expression = tree = "1";
		ret = filter_parse(expression, tree, &filter->tree, diag);
	}
	if (ret != 0) {
		event_filter_free(filter);
		return ret;
	}
	*ret_filter = filter;
	return 0;
}

void event_filter_free(struct event_filter *filter)
{
	if (!filter)
		return;
	filter_node_free(filter->tree);
	free(filter->events);
	free(filter);
}

const char *event_filter_events(const struct event_filter *filter)
{
	return filter->events;
}

int event_filter_check(const struct event_filter *filter, const struct filter_names *names,
		       const char *whose, struct diag *diag)
{
	return filter_check_names(filter->tree, names, whose, diag);
}

/* ---- evaluating ---- */

static struct value look_up(const struct context *context, const struct filter_node *node)
{
	struct filter_value found;

	if (!context->lookup(context->row, node->text, &found))
		return (struct value){ .type = UNKNOWN };
	return (struct value){
		.type = found.is_string ? STRING : NUMBER,
		.number = found.number, .string = found.string,
	};
}

/* A string that reads as a number, "0x1f" or "12", where a number is wanted. */
static struct value to_number(struct value value)
{
	char *end;

	if (value.type != STRING)
		return value;
	errno = 0;
	value.number = (int64_t)strtoull(value.string, &end, 0);
	value.type = errno || end == value.string || *end ? UNKNOWN : NUMBER;
	return value;
}

static struct value arithmetic(enum filter_op op, struct value left, struct value right)
{
	uint64_t a, b;

	left = to_number(left);
	right = to_number(right);
	if (left.type == UNKNOWN || right.type == UNKNOWN)
		return (struct value){ .type = UNKNOWN };
	a = (uint64_t)left.number;
	b = (uint64_t)right.number;
	switch (op) {
	case FILTER_BIT_OR: return number_value((int64_t)(a | b));
	case FILTER_BIT_XOR: return number_value((int64_t)(a ^ b));
	case FILTER_BIT_AND: return number_value((int64_t)(a & b));
	case FILTER_SHIFT_LEFT: return number_value(b < 64 ? (int64_t)(a << b) : 0);
	case FILTER_SHIFT_RIGHT: return number_value(b < 64 ? (int64_t)(a >> b) : 0);
	case FILTER_PLUS: return number_value((int64_t)(a + b));
	case FILTER_MINUS: return number_value((int64_t)(a - b));
	case FILTER_TIMES: return number_value((int64_t)(a * b));
	case FILTER_DIVIDE:
	case FILTER_REMAINDER:
		if (b == 0)
			break;
		return number_value((int64_t)(op == FILTER_DIVIDE ? a / b : a % b));
	default:
		break;
	}
	return (struct value){ .type = UNKNOWN };
}

static struct value compare(enum filter_op op, struct value left, struct value right)
{
	int order;

	if (left.type == STRING && right.type == STRING) {
		order = strcmp(left.string, right.string);
	} else {
		left = to_number(left);
		right = to_number(right);
		if (left.type == UNKNOWN || right.type == UNKNOWN)
			return (struct value){ .type = UNKNOWN };
		if (left.is_unsigned || right.is_unsigned)
			order = (uint64_t)left.number < (uint64_t)right.number ? -1 :
				left.number != right.number;
		else
			order = left.number < right.number ? -1 : left.number != right.number;
	}
	switch (op) {
	case FILTER_EQ: return number_value(order == 0);
	case FILTER_NE: return number_value(order != 0);
	case FILTER_LT: return number_value(order < 0);
	case FILTER_LE: return number_value(order <= 0);
	case FILTER_GT: return number_value(order > 0);
	default: return number_value(order >= 0);
	}
}

static struct value evaluate(const struct context *context, const struct filter_node *node);

/* A name on the right that nothing is called by is a word, if the left is a string. */
static struct value evaluate_right(const struct context *context, const struct filter_node *node,
				   struct value left)
{
	struct value value = evaluate(context, node);

	if (value.type == UNKNOWN && node->op == FILTER_NAME && left.type == STRING)
		value = (struct value){ .type = STRING, .string = node->text };
	return value;
}

static struct value evaluate_logic(const struct context *context, const struct filter_node *node)
{
	bool decisive = node->op == FILTER_OR;
	struct value left = to_number(evaluate(context, node->left)), right;

	if (left.type == NUMBER && (left.number != 0) == decisive)
		return number_value(decisive);
	right = to_number(evaluate(context, node->right));
	if (right.type == NUMBER && (right.number != 0) == decisive)
		return number_value(decisive);
	if (left.type == UNKNOWN || right.type == UNKNOWN)
		return (struct value){ .type = UNKNOWN };
	return number_value(!decisive);
}

static struct value evaluate_unary(const struct context *context, const struct filter_node *node)
{
	struct value value = to_number(evaluate(context, node->left));

	if (value.type == UNKNOWN)
		return value;
	if (node->op == FILTER_NOT)
		return number_value(!value.number);
	return number_value(node->op == FILTER_INVERT ? ~value.number :
			    (int64_t)(0 - (uint64_t)value.number));
}

static struct value evaluate(const struct context *context, const struct filter_node *node)
{
	struct value left;

	switch (node->op) {
	case FILTER_NUMBER:
		return (struct value){ .type = NUMBER, .number = node->number,
				       .is_unsigned = node->is_unsigned };
	case FILTER_STRING:
		return (struct value){ .type = STRING, .string = node->text };
	case FILTER_NAME:
		return look_up(context, node);
	case FILTER_OR: case FILTER_AND:
		return evaluate_logic(context, node);
	case FILTER_NOT: case FILTER_NEGATE: case FILTER_INVERT:
		return evaluate_unary(context, node);
	case FILTER_MATCHES: case FILTER_MATCHES_NOT:
		left = evaluate(context, node->left);
		if (left.type != STRING)
			return (struct value){ .type = UNKNOWN };
		return number_value((regexec(&node->regex, left.string, 0, NULL, 0) == 0) ==
				    (node->op == FILTER_MATCHES));
	case FILTER_EQ: case FILTER_NE: case FILTER_LT: case FILTER_LE: case FILTER_GT: case FILTER_GE:
		left = evaluate(context, node->left);
		return compare(node->op, left, evaluate_right(context, node->right, left));
	default:
		left = evaluate(context, node->left);
		return arithmetic(node->op, left, evaluate(context, node->right));
	}
}

bool event_filter_match_row(struct event_filter *filter, filter_lookup_fn lookup, void *row)
{
	struct context context = { lookup, row };
	struct value value = to_number(evaluate(&context, filter->tree));

	return !filter->events && value.type == NUMBER && value.number != 0;
}

/* ---- events ---- */

struct event_context {
	struct event_filter *filter;
	struct event_index *index;
	const struct event_record *record;
};

bool event_filter_is_about(const struct event_filter *filter, const char *system, const char *name)
{
	const char *p = filter->events;
	char pattern[160];

	while (p && *p) {
		size_t size = strcspn(p, ",");
		char *event;

		if (size < sizeof(pattern)) {
			memcpy(pattern, p, size);
			pattern[size] = 0;
			event = strchr(pattern, '/');
			if (event)
				*event++ = 0;
			if ((!event || fnmatch(pattern, system, 0) == 0) &&
			    fnmatch(event ? event : pattern, name, 0) == 0)
				return true;
		}
		p += size;
		p += *p == ',';
	}
	return !filter->events;
}

static bool derived_field(const struct event_context *c, const char *name, struct filter_value *ret)
{
	const struct event_record *record = c->record;
	const char *buffer = "";
	uint16_t cpu;

	*ret = (struct filter_value){ 0 };
	if (strcmp(name, "nr") == 0)
		ret->number = (int64_t)record->nr;
	else if (strcmp(name, "ts") == 0)
		ret->number = (int64_t)record->ts_ns;
	else if (strcmp(name, "cpu") == 0 || strcmp(name, "CPU") == 0)
		ret->number = record->cpu;
	else if (strcmp(name, "pid") == 0)
		ret->number = record->pid;
	else
		ret->is_string = true;
	if (!ret->is_string)
		return true;
	event_index_stream(c->index, record->stream, &buffer, &cpu);
	ret->string = strcmp(name, "comm") == 0 || strcmp(name, "COMM") == 0 ? record->comm :
		      strcmp(name, "system") == 0 ? record->system :
		      strcmp(name, "event") == 0 ? record->name :
		      strcmp(name, "buffer") == 0 ? buffer : NULL;
	return ret->string != NULL;
}

static bool string_field(const struct event_context *c, const struct tep_format_field *field,
			 const char **ret_string)
{
	char *dst = c->filter->strings[c->filter->nr_strings++ % 2];
	uint32_t offset = (uint32_t)field->offset, size = (uint32_t)field->size;
	size_t n;

	if (field->flags & TEP_FIELD_IS_DYNAMIC) {
		uint64_t loc = tep_read_number(field->event->tep, (const char *)c->record->data + offset,
					       field->size);

		if (field->size != 4)
			return false;
		offset = (loc & 0xffff) + (field->flags & TEP_FIELD_IS_RELATIVE ? offset + size : 0);
		size = loc >> 16 & 0xffff;
		if (offset > c->record->size || size > c->record->size - offset)
			return false;
	}
	n = size < sizeof(c->filter->strings[0]) - 1 ? size : sizeof(c->filter->strings[0]) - 1;
	n = strnlen((const char *)c->record->data + offset, n);
	memcpy(dst, (const char *)c->record->data + offset, n);
	dst[n] = 0;
	*ret_string = dst;
	return true;
}

static bool own_field(const struct event_context *c, const char *name, struct filter_value *ret)
{
	const struct event_record *record = c->record;
	struct tep_format_field *field = record->format ? tep_find_any_field(record->format, name) : NULL;
	unsigned long long number;

	if (!field || (uint64_t)field->offset + (uint64_t)field->size > record->size)
		return false;
	*ret = (struct filter_value){ .is_string = field->flags & TEP_FIELD_IS_STRING };
	if (ret->is_string)
		return string_field(c, field, &ret->string);
	if (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC) ||
	    tep_read_number_field(field, record->data, &number) != 0)
		return false;
	if (field->flags & TEP_FIELD_IS_SIGNED && field->size < 8) {
		unsigned int shift = 64 - 8 * (unsigned int)field->size;

		number = (unsigned long long)((int64_t)(number << shift) >> shift);
	}
	ret->number = (int64_t)number;
	return true;
}

static bool event_field(void *row, const char *name, struct filter_value *ret)
{
	const struct event_context *c = row;

	if (strncmp(name, "field.", 6) == 0)
		return own_field(c, name + 6, ret);
	if (c->filter->events)
		return own_field(c, name, ret) || derived_field(c, name, ret);
	return derived_field(c, name, ret) || own_field(c, name, ret);
}

static const char *const derived_names[] = {
	"nr", "ts", "cpu", "CPU", "pid", "comm", "COMM", "system", "event", "buffer",
};

static void add_fields(struct filter_names *names, const struct tep_format_field *field)
{
	for (; field; field = field->next)
		filter_names_add(names, field->name, field->flags & TEP_FIELD_IS_STRING);
}

int filter_names_of_events(struct filter_names *names, const struct event_filter *filter,
			   struct event_index *index, struct diag *diag)
{
	struct tep_handle *tep = event_index_tep(index);
	int nr = tep_get_events_count(tep), nr_about = 0;
	struct nearest nearest = { 0 };
	char text[120];

	for (size_t i = 0; i < sizeof(derived_names) / sizeof(*derived_names); i++)
		filter_names_add(names, derived_names[i], i >= 5);
	for (int i = 0; i < nr; i++) {
		const struct tep_event *event = tep_get_event(tep, i);

		if (!event_filter_is_about(filter, event->system, event->name))
			continue;
		nr_about++;
		add_fields(names, event->format.common_fields);
		add_fields(names, event->format.fields);
	}
	if (nr_about || !filter->events)
		return names->error;
	diag_set(diag, -EINVAL, "this recording describes no event \"%.80s\"", filter->events);
	diag_line(diag, "filter", 1, 1);
	nearest.wrong = strchr(filter->events, '/') ? strchr(filter->events, '/') + 1 : filter->events;
	for (int i = 0; i < nr; i++)
		nearest_offer(&nearest, tep_get_event(tep, i)->name);
	if (nearest.nr)
		diag_expected(diag, "%s", nearest_text(&nearest, text, sizeof(text)));
	return -EINVAL;
}

bool event_filter_match(struct event_filter *filter, struct event_index *index,
			const struct event_record *record)
{
	struct event_context event = { filter, index, record };
	struct context context = { event_field, &event };
	struct value value;

	if (!event_filter_is_about(filter, record->system, record->name))
		return false;
	value = to_number(evaluate(&context, filter->tree));
	return value.type == NUMBER && value.number != 0;
}
