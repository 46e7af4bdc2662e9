// SPDX-License-Identifier: GPL-2.0-only
/*
 * view_util.c - small pieces that several views draw or do alike.
 *
 * Everything here is a function of its arguments: no state, no layout of its own.  Where a piece
 * draws several lines it takes their number, so that the pane around it never moves, whether there
 * are facts for all of them or not.
 *
 * Filters that `*` makes name the number by which an object is known in the events (its address;
 * a stock kernel's node: its pfn), because the same text then works on a table and on the events.
 */
#include "view_util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "stepper.h"
#include "why.h"

enum role mark_role(char mark)
{
	switch (mark) {
	case '>':
		return ROLE_CURSOR;
	case '*':
		return ROLE_VISITED;
	case '~':
		return ROLE_CHANGED;
	case '+':
		return ROLE_NEW;
	case 'x':
		return ROLE_CHANGED;
	case '!':
		return ROLE_FAULT;
	case '.':
		return ROLE_SKIPPED;
	default:
		return ROLE_TEXT;
	}
}

void pane_field(struct pane pane, int y, const struct field *field)
{
	int room = pane.width - 3 - FIELD_LABEL - (field->evidence ? 3 : 0);

	pane_put(pane, 0, y, mark_role(field->mark), field->mark ? (uint32_t)field->mark : ' ');
	pane_fit(pane, 2, y, FIELD_LABEL, ALIGN_LEFT, ROLE_SKIPPED, field->label);
	pane_fit(pane, 3 + FIELD_LABEL, y, room, ALIGN_LEFT, mark_role(field->mark), field->value);
	if (field->evidence)
		pane_fact(pane, pane.width - 2, y, field->evidence, field->doubtful);
}

void pane_fieldf(struct pane pane, int y, char mark, const char *label, char evidence,
		 bool doubtful, const char *format, ...)
{
	struct field field = {
		.label = label, .mark = mark, .evidence = evidence, .doubtful = doubtful};
	char value[256];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	field.value = value;
	pane_field(pane, y, &field);
}

void pane_task(struct pane pane, int x, int y, int width, enum role role, const char *task)
{
	const char *number = strrchr(task, ' ');
	int rest = number ? text_width(number) : 0;
	char name[64];

	if (!number || text_width(task) <= width || rest + 2 > width) {
		pane_fit(pane, x, y, width, ALIGN_LEFT, role, task);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(number - task), task);
	pane_fit(pane, x, y, width - rest, ALIGN_LEFT, role, name);
	pane_text(pane, x + width - rest, y, role, number);
}

void pane_rule(struct pane pane, int y, const char *heading, const char *right)
{
	int width = text_width(right), left = *heading ? text_width(heading) + 3 : 0;

	pane_hline(pane, 0, y, pane.width, ROLE_BORDER);
	if (*heading) {
		int x = 2 + pane_text(pane, 2, y, ROLE_HEADING, heading);

		pane_put(pane, 1, y, ROLE_TEXT, ' ');
		pane_put(pane, x, y, ROLE_TEXT, ' ');
	}
	if (width && left + width + 2 < pane.width) {
		pane_put(pane, pane.width - width - 2, y, ROLE_TEXT, ' ');
		pane_text(pane, pane.width - width - 1, y, ROLE_HINT, right);
	}
}

const char *util_event(const struct scene *scene, uint64_t event, char *buf, size_t size)
{
	char time[FORMAT_MAX];

	if (event == NEVER)
		snprintf(buf, size, "-");
	else if (!event)
		snprintf(buf, size, "before the recording");
	else
		snprintf(buf, size, "#%" PRIu64 " %s", event,
			 format_moment(time, (uint64_t)scene_ns(scene, event)));
	return buf;
}

struct row_key util_cursor(const struct scene *scene, const struct view_list *list,
			   enum table table)
{
	struct ref object = scene_resolve(scene, session_object(scene->session), table);

	return ref_is_none(object) ? list->cursor : (struct row_key){.ref = object};
}

bool util_current(struct feed *feed, struct row_key cursor, struct list_row *ret)
{
	feed_seek(feed, cursor);
	if (feed_next(feed, ret) == 1)
		return true;
	feed_seek_end(feed);
	return feed_prev(feed, ret) == 1;
}

void util_open(const struct scene *scene, struct ref object)
{
	if (ref_is_none(object)) {
		session_say(scene->session, "there is nothing here to open");
		return;
	}
	if (object.table == TABLE_EPISODE) {
		stepper_open(scene, object);
		return;
	}
	session_select(scene->session, object);
	session_show(scene->session, VIEW_OBJECT);
}

void util_chain(const struct scene *scene, struct ref node)
{
	char name[64];
	union row row;

	if (!scene_row(scene, node, &row))
		session_say(scene->session, "%s is not there at this moment",
			    scene_name(scene, node, name, sizeof(name)));
	else if (ref_is_none(row.node.chain))
		session_say(scene->session, "a node outside a chain belongs to the tree");
	else
		session_select(scene->session, row.node.chain);
}

void util_what_if(const struct scene *scene, struct ref object)
{
	struct ref node = scene_resolve(scene, object, TABLE_NODE);

	if (ref_is_none(node)) {
		session_say(scene->session, "this belongs to no stable node: nothing to walk");
		return;
	}
	session_select(scene->session, node);
	if (session_show(scene->session, VIEW_TREE))
		session_act(scene->session, ACTION_WHAT_IF, "on");
}

void util_when_changed(const struct scene *scene, struct ref object)
{
	uint64_t event =
		ref_is_none(object) ? 0 : history_touch(scene->history, object, scene->when.t, -1);
	char name[64];

	if (event)
		session_jump_to(scene->session, event);
	else
		session_say(scene->session, "no earlier event changed %s",
			    scene_name(scene, object, name, sizeof(name)));
}

void util_filter_this(const struct scene *scene, struct ref object)
{
	static const char *const fields[NR_TABLES] = {
		[TABLE_MM] = "mm",    [TABLE_ANON_VMA] = "anon_vma", [TABLE_VMA] = "vma",
		[TABLE_NODE] = "pfn", [TABLE_ITEM] = "item",         [TABLE_PAGE] = "pfn",
	};
	const char *field = object.table < NR_TABLES ? fields[object.table] : NULL;
	char text[64];
	union row row;

	if (!field || !scene_row(scene, object, &row)) {
		session_say(scene->session, "there is no object under the cursor");
		return;
	}
	if (object.table == TABLE_NODE && row.node.name.addr) {
		snprintf(text, sizeof(text), "node == 0x%" PRIx64, row.node.name.addr);
		session_set_filter(scene->session, text);
		return;
	}
	snprintf(text, sizeof(text), "%s == 0x%" PRIx64,
		 object.table == TABLE_ITEM && !history_is_patched(scene->history) ? "rmap_item"
										   : field,
		 object.table == TABLE_NODE ? row.node.kpfn : row.mm.name.addr);
	session_set_filter(scene->session, text);
}

void util_why(struct session *session, void *own, char *buffer, size_t size)
{
	struct scene scene;

	(void)own;
	if (scene_init(&scene, session))
		why_event(&scene, scene.when.t, buffer, size);
}

const char *util_source(struct session *session, void *own)
{
	struct scene scene;

	(void)own;
	if (!scene_init(&scene, session) || !scene.when.t)
		return NULL;
	return why_source(event_index_kind(recording_events(scene.recording), scene.when.t));
}

const char *util_node(const struct scene *scene, const struct node_row *node, char *buf, size_t size)
{
	char name[48];

	scene_name(scene, node->ref, name, sizeof(name));
	if (node->kpfn)
		snprintf(buf, size, "%s 0x%" PRIx64, name, node->kpfn);
	else
		snprintf(buf, size, "%s", name);
	return buf;
}

const char *util_filter_option(const struct scene *scene, char *buf, size_t size)
{
	const char *filter = session_filter(scene->session);

	buf[0] = 0;
	if (*filter)
		snprintf(buf, size, " --filter '%s'", filter);
	return buf;
}

const char *util_event_name(const struct event_record *record)
{
	const char *system, *name;

	event_record_name(record, &system, &name);
	return name;
}

static void last_change(struct pane pane, int y, const struct scene *scene, struct ref object,
			uint64_t event)
{
	char time[FORMAT_MAX], effect[64];
	char mark = why_effect(scene, event, effect, sizeof(effect)), sample[32];
	struct event_record record;
	int x = 3;

	if (event == scene->when.t)
		pane_put(pane, 0, y, ROLE_CURSOR, '>');
	pane_put(pane, 1, y, mark_role(mark), (uint32_t)mark);
	x += pane_text(pane, x, y, ROLE_SKIPPED,
		       format_moment(time, (uint64_t)scene_ns(scene, event)));
	x++;
	if (why_sample(scene, object, event, sample, sizeof(sample))) {
		mark = why_effect_on(scene, object, event, effect, sizeof(effect));
		x += pane_text(pane, x, y, ROLE_SKIPPED, sample) + 1;
	} else if (!effect[0] && !event_index_read(recording_events(scene->recording), event, &record))
		snprintf(effect, sizeof(effect), "%s", util_event_name(&record));
	pane_fit(pane, x, y, pane.width - x, ALIGN_LEFT, mark_role(mark), effect);
}

void pane_last_changes(struct pane pane, int y, int nr, const struct scene *scene,
		       struct ref object)
{
	uint64_t event = scene->when.t + 1;

	for (int i = 0; i < nr; i++) {
		event = history_touch(scene->history, object, event, -1);
		if (!event)
			break;
		last_change(pane, y + i, scene, object, event);
	}
}
