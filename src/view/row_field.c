// SPDX-License-Identifier: GPL-2.0-only
/*
 * row_field.c - the named values of a table's row, for filters, sorting and searching.
 *
 * One list of names for every table, so that an expression typed in a view means what it means on
 * the command line.  A table that lacks a name does not match an expression that uses it.
 *
 * References are followed one step, and only when the expression asks for them: an item's pfn
 * costs a look at its node.  Nothing is cached; a filter over n rows costs n times this.
 */
#include "row_field.h"

#include <stdio.h>
#include <string.h>

const char *node_kind_name(uint8_t kind)
{
	static const char *const names[] = { "plain", "chain", "dup" };

	return kind < NODE_UNKNOWN ? names[kind] : "?";
}

const char *node_place_name(uint8_t place)
{
	static const char *const names[] = { "tree", "migrate list", "nowhere" };

	return place <= NODE_NOWHERE ? names[place] : "?";
}

const char *item_state_name(uint8_t state)
{
	static const char *const names[] = { "new", "unstable", "stable" };

	return state <= ITEM_STABLE ? names[state] : "?";
}

const char *episode_kind_name(uint8_t kind)
{
	static const char *const names[] = { "scan", "walk", "kill-list", "recovery", "collapse",
					     "migration" };

	return kind < NR_EPISODE_KINDS ? names[kind] : "?";
}

static bool number(struct filter_value *ret, int64_t value)
{
	*ret = (struct filter_value){ .number = value };
	return true;
}

static bool string(struct filter_value *ret, const char *text)
{
	*ret = (struct filter_value){ .is_string = true, .string = text };
	return true;
}

/* The address (or pfn) by which another object is known. */
static bool reference(const struct scene *scene, struct ref ref, struct filter_value *ret)
{
	union row row;

	if (!scene_row(scene, ref, &row))
		return false;
	switch (ref.table) {
	case TABLE_NODE: return row.node.name.addr && number(ret, (int64_t)row.node.name.addr);
	case TABLE_MM: return number(ret, (int64_t)row.mm.name.addr);
	case TABLE_ANON_VMA: return number(ret, (int64_t)row.anon_vma.name.addr);
	default: return false;
	}
}

static bool mm_field(struct row_context *context, struct ref mm, const char *name,
		     struct filter_value *ret)
{
	
	union row row;

	if (!scene_row(context->scene, mm, &row))
		return false;
	if (!strcmp(name, "pid"))
		return number(ret, row.mm.tgid);
	if (strcmp(name, "comm"))
		return false;
	snprintf(context->text, sizeof(context->text), "%.16s", row.mm.comm);
	return string(ret, context->text);
}

static bool node_field(struct row_context *context, const struct node_row *node,
		       const char *name, struct filter_value *ret)
{
	if (!strcmp(name, "node"))
		return node->name.addr && number(ret, (int64_t)node->name.addr);
	if (!strcmp(name, "pfn") || !strcmp(name, "kpfn"))
		return number(ret, (int64_t)node->kpfn);
	if (!strcmp(name, "kind"))
		return string(ret, node_kind_name(node->kind));
	if (!strcmp(name, "place"))
		return string(ret, node_place_name(node->place));
	if (!strcmp(name, "nid"))
		return number(ret, node->nid);
	if (!strcmp(name, "items"))
		return number(ret, node->nr_items);
	if (!strcmp(name, "dups"))
		return number(ret, node->nr_dups);
	return !strcmp(name, "chain") && reference(context->scene, node->chain, ret);
}

static bool item_field(struct row_context *context, const struct item_row *item,
		       const char *name, struct filter_value *ret)
{
	union row node;

	if (!strcmp(name, "item"))
		return number(ret, (int64_t)item->name.addr);
	if (!strcmp(name, "address"))
		return item->has_address && number(ret, (int64_t)item->address);
	if (!strcmp(name, "index"))
		return item->has_index && number(ret, (int64_t)item->index);
	if (!strcmp(name, "state"))
		return string(ret, item_state_name(item->state));
	if (!strcmp(name, "seqnr"))
		return number(ret, item->seqnr);
	if (!strcmp(name, "mm"))
		return reference(context->scene, item->mm, ret);
	if (!strcmp(name, "node"))
		return reference(context->scene, item->node, ret);
	if (!strcmp(name, "anon_vma"))
		return reference(context->scene, item->anon_vma, ret);
	if (!strcmp(name, "pfn") || !strcmp(name, "kpfn"))
		return scene_row(context->scene, item->node, &node) &&
			number(ret, (int64_t)node.node.kpfn);
	return mm_field(context, item->mm, name, ret);
}

static bool mapping_field(struct row_context *context, const struct mapping_row *mapping,
			  const char *name, struct filter_value *ret)
{
	if (!strcmp(name, "pid"))
		return number(ret, mapping->tgid);
	if (!strcmp(name, "address"))
		return number(ret, (int64_t)mapping->address);
	if (!strcmp(name, "pfn") || !strcmp(name, "kpfn"))
		return number(ret, (int64_t)mapping->pfn);
	if (!strcmp(name, "mapcount"))
		return number(ret, mapping->mapcount);
	if (!strcmp(name, "mm"))
		return reference(context->scene, mapping->mm, ret);
	if (!strcmp(name, "node"))
		return reference(context->scene, mapping->node, ret);
	return mm_field(context, mapping->mm, name, ret);
}

static bool vma_field(struct row_context *context, const struct vma_row *vma,
		      const char *name, struct filter_value *ret)
{
	const struct { const char *name; uint64_t value; } fields[] = {
		{ "vma", vma->name.addr }, { "start", vma->start }, { "end", vma->end },
		{ "pgoff", vma->pgoff }, { "flags", vma->flags },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(name, fields[i].name))
			return number(ret, (int64_t)fields[i].value);
	if (!strcmp(name, "anon_vma"))
		return reference(context->scene, vma->anon_vma, ret);
	if (!strcmp(name, "mm"))
		return reference(context->scene, vma->mm, ret);
	return mm_field(context, vma->mm, name, ret);
}

static bool episode_field(struct row_context *context, const struct episode_row *episode,
			  const char *name, struct filter_value *ret)
{
	
	const struct { const char *name; int64_t value; } fields[] = {
		{ "episode", episode->number }, { "tid", episode->tid }, { "seqnr", episode->seqnr },
		{ "begin", (int64_t)episode->fact.born }, { "end", (int64_t)episode->fact.died },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(name, fields[i].name))
			return number(ret, fields[i].value);
	if (!strcmp(name, "kind"))
		return string(ret, episode_kind_name(episode->kind));
	if (strcmp(name, "comm"))
		return false;
	snprintf(context->text, sizeof(context->text), "%.16s", episode->comm);
	return string(ret, context->text);
}

/* What every row says. */
static bool common_field(struct row_context *context, const char *name, struct filter_value *ret)
{
	const struct fact *fact = &context->row->fact;

	if (!strcmp(name, "born"))
		return number(ret, (int64_t)fact->born);
	if (!strcmp(name, "died"))
		return fact->died != NEVER && number(ret, (int64_t)fact->died);
	if (!strcmp(name, "known"))
		return number(ret, (int64_t)fact->known);
	if (!strcmp(name, "generation"))
		return context->row->any.ref.table != TABLE_MAPPING &&
			context->row->any.ref.table != TABLE_EPISODE &&
			number(ret, context->row->mm.name.generation);
	if (!strcmp(name, "doubtful"))
		return number(ret, fact->doubt != DOUBT_NONE);
	if (!strcmp(name, "evidence")) {
		snprintf(context->text, sizeof(context->text), "%c", fact->evidence);
		return string(ret, context->text);
	}
	if (!strcmp(name, "name")) {
		scene_name(context->scene, context->row->any.ref, context->text,
			   sizeof(context->text));
		return string(ret, context->text);
	}
	return false;
}

bool row_field(void *argument, const char *name, struct filter_value *ret)
{
	struct row_context *context = argument;
	const union row *row = context->row;

	if (common_field(context, name, ret))
		return true;
	switch (row->any.ref.table) {
	case TABLE_MM:
		if (!strcmp(name, "mm"))
			return number(ret, (int64_t)row->mm.name.addr);
		if (!strcmp(name, "in_ksm"))
			return number(ret, row->mm.in_ksm);
		return mm_field(context, row->mm.ref, name, ret);
	case TABLE_NODE:
		return node_field(context, &row->node, name, ret);
	case TABLE_ITEM:
		return item_field(context, &row->item, name, ret);
	case TABLE_MAPPING:
		return mapping_field(context, &row->mapping, name, ret);
	case TABLE_ANON_VMA:
		return !strcmp(name, "anon_vma") ? number(ret, (int64_t)row->anon_vma.name.addr) :
			!strcmp(name, "root") ? reference(context->scene, row->anon_vma.root, ret) :
			!strcmp(name, "parent") && reference(context->scene, row->anon_vma.parent, ret);
	case TABLE_VMA:
		return vma_field(context, &row->vma, name, ret);
	case TABLE_PAGE:
		return (!strcmp(name, "pfn") && number(ret, (int64_t)row->page.name.addr)) ||
			(!strcmp(name, "state") && number(ret, row->page.state));
	case TABLE_EPISODE:
		return episode_field(context, &row->episode, name, ret);
	default:
		return false;
	}
}
