// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter_names.c - does anything have the fields that a filter asks for?
 *
 * A word on the right of a comparison may be a name or a bare string ("comm == qemu"); it passes
 * for the latter if what stands on the left may be text.  The pattern of =~ is no name at all.
 *
 * Evaluating is in event_filter.c and does not come here.
 */
#include "event/filter_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/event_filter.h"
#include "event/filter_parse.h"
#include "event/nearest.h"
#include "trace/diag.h"

static int find(const struct filter_names *names, const char *name)
{
	for (uint32_t i = 0; i < names->nr; i++)
		if (strcmp(names->list[i].name, name) == 0)
			return (int)i;
	return -1;
}

void filter_names_add(struct filter_names *names, const char *name, bool may_be_text)
{
	if (names->nr == names->room) {
		uint32_t room = names->room ? 2 * names->room : 64;
		void *list = realloc(names->list, room * sizeof(*names->list));

		if (!list) {
			names->error = -ENOMEM;
			return;
		}
		names->list = list;
		names->room = room;
	}
	names->list[names->nr].name = name;
	names->list[names->nr++].may_be_text = may_be_text;
}

bool filter_names_have(const struct filter_names *names, const char *name)
{
	return find(names, name) >= 0;
}

void filter_names_fini(struct filter_names *names)
{
	free(names->list);
	*names = (struct filter_names){ 0 };
}

/* "field.pfn" is an event's own pfn. */
static int find_node(const struct filter_names *names, const struct filter_node *node)
{
	int at = find(names, node->text);

	return at < 0 && strncmp(node->text, "field.", 6) == 0 ? find(names, node->text + 6) : at;
}

static bool may_be_text(const struct filter_names *names, const struct filter_node *node)
{
	int at = node->op == FILTER_NAME ? find_node(names, node) : -1;

	for (uint32_t i = at < 0 ? names->nr : (uint32_t)at; i < names->nr; i++)
		if (names->list[i].may_be_text && !strcmp(names->list[i].name, names->list[at].name))
			return true;
	return node->op == FILTER_STRING;
}

static const struct filter_node *wrong_name(const struct filter_names *names, const struct filter_node *node)
{
	const struct filter_node *wrong;

	if (!node)
		return NULL;
	if (node->op == FILTER_NAME)
		return find_node(names, node) < 0 ? node : NULL;
	wrong = wrong_name(names, node->left);
	if (wrong || node->op == FILTER_MATCHES || node->op == FILTER_MATCHES_NOT)
		return wrong;
	if (node->op >= FILTER_EQ && node->op <= FILTER_GE && node->right->op == FILTER_NAME &&
	    may_be_text(names, node->left))
		return NULL;
	return wrong_name(names, node->right);
}

/* As many as there is room for. */
static void some_names(const struct filter_names *names, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = 0;
	for (uint32_t i = 0; i < names->nr; i++) {
		if (find(names, names->list[i].name) != (int)i)
			continue;
		if (used + strlen(names->list[i].name) + 7 > size) {
			snprintf(buf + used, size - used, " ...");
			return;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "",
					 names->list[i].name);
	}
}

int filter_check_names(const struct filter_node *tree, const struct filter_names *names,
		       const char *whose, struct diag *diag)
{
	const struct filter_node *wrong = names->error ? NULL : wrong_name(names, tree);
	struct nearest nearest = { 0 };
	char text[120];

	if (!wrong)
		return names->error;
	nearest.wrong = strncmp(wrong->text, "field.", 6) == 0 ? wrong->text + 6 : wrong->text;
	for (uint32_t i = 0; i < names->nr; i++)
		nearest_offer(&nearest, names->list[i].name);
	diag_set(diag, -EINVAL, "%s has a field \"%.60s\"", whose, wrong->text);
	diag_line(diag, "filter", 1, wrong->column);
	if (nearest.nr)
		nearest_text(&nearest, text, sizeof(text));
	else
		some_names(names, text, sizeof(text));
	diag_expected(diag, "%s", text);
	return -EINVAL;
}
