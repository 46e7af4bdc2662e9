// SPDX-License-Identifier: GPL-2.0-only
/*
 * yaml_file.c - libyaml's document loader behind limits and diags.
 *
 * A theme or a key file comes from the user's own disk, but also from a colleague or a package,
 * so it is treated like any input: bounded, and wrong in a place that can be named.  libyaml counts
 * lines and columns from 0, people from 1.
 *
 * Not here: what the nodes mean (keymap.c, theme.c).
 */
#include "yaml_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"

static int parse_failed(struct yaml_file *yaml, const yaml_parser_t *parser, struct diag *diag)
{
	int error = parser->error == YAML_MEMORY_ERROR ? -ENOMEM : -EINVAL;

	diag_set(diag, error, "%s", parser->problem ? parser->problem : "not YAML");
	diag_line(diag, yaml->file, (uint32_t)parser->problem_mark.line + 1,
		  (uint32_t)parser->problem_mark.column + 1);
	diag_expected(diag, "a YAML mapping");
	return error;
}

/*
 * libyaml's time grows with the square of the nesting: 64 KB of '[' take it half a minute.  Counted
 * without regard to quotes, which at worst refuses a text nobody writes.
 */
static int check_nesting(const char *file, const char *text, size_t size, struct diag *diag)
{
	uint32_t line = 1;
	int depth = 0;

	for (size_t i = 0; i < size; i++) {
		line += text[i] == '\n';
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth)
			depth--;
		if (depth <= YAML_NESTING_MAX)
			continue;
		diag_set(diag, -EINVAL, "brackets are nested too deep");
		diag_line(diag, file, line, 1);
		return -EINVAL;
	}
	return 0;
}

int yaml_file_load(struct yaml_file *yaml, const char *file, const char *text, size_t size,
		   struct diag *diag)
{
	yaml_parser_t parser;
	int err = 0;

	*yaml = (struct yaml_file){ .file = file };
	if (size > YAML_FILE_MAX) {
		diag_set(diag, -E2BIG, "the file has %zu bytes", size);
		diag_file(diag, file);
		diag_expected(diag, "at most %d", YAML_FILE_MAX);
		return -E2BIG;
	}
	err = check_nesting(file, text, size, diag);
	if (err)
		return err;
	if (!yaml_parser_initialize(&parser))
		return diag_set(diag, -ENOMEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (!yaml_parser_load(&parser, &yaml->document)) {
		err = parse_failed(yaml, &parser, diag);
		yaml_parser_delete(&parser);
		return err;
	}
	yaml_parser_delete(&parser);
	yaml->top = yaml_document_get_root_node(&yaml->document);
	if (yaml->top && yaml->top->type != YAML_MAPPING_NODE) {
		if (yaml->top->type == YAML_SCALAR_NODE && !yaml->top->data.scalar.length)
			yaml->top = NULL;
		else
			err = yaml_wrong(yaml, yaml->top, diag, "the file does not begin with NAME: VALUE");
	}
	if (err)
		yaml_file_fini(yaml);
	return err;
}

void yaml_file_fini(struct yaml_file *yaml)
{
	yaml_document_delete(&yaml->document);
}

int yaml_pairs(const yaml_node_t *mapping)
{
	if (!mapping || mapping->type != YAML_MAPPING_NODE)
		return 0;
	return (int)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
}

void yaml_pair(struct yaml_file *yaml, const yaml_node_t *mapping, int i, yaml_node_t **ret_key,
	       yaml_node_t **ret_value)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start + i;

	*ret_key = yaml_document_get_node(&yaml->document, pair->key);
	*ret_value = yaml_document_get_node(&yaml->document, pair->value);
}

int yaml_length(const yaml_node_t *list)
{
	if (!list || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (int)(list->data.sequence.items.top - list->data.sequence.items.start);
}

yaml_node_t *yaml_item(struct yaml_file *yaml, const yaml_node_t *list, int i)
{
	return yaml_document_get_node(&yaml->document, list->data.sequence.items.start[i]);
}

const char *yaml_scalar(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

int yaml_wrong(const struct yaml_file *yaml, const yaml_node_t *node, struct diag *diag,
	       const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	diag_set(diag, -EINVAL, "%s", what);
	diag_line(diag, yaml->file, (uint32_t)node->start_mark.line + 1,
		  (uint32_t)node->start_mark.column + 1);
	return -EINVAL;
}
