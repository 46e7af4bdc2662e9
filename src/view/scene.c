// SPDX-License-Identifier: GPL-2.0-only
/*
 * scene.c - what every view needs of a session while it draws or acts.
 *
 * The one idea: a picture is a function of the moment, never of the way to it.  Marks are asked
 * of event t alone ("did this event touch the row?"), so that n steps on and n back end in the
 * same picture, cell by cell.
 *
 * scene_resolve() is how the views keep one selected object between them: an item that was
 * selected in the events is, in the stable pages, the node it hangs on; among the processes it is
 * its mm.  The selection itself never changes by looking.
 *
 * It does not draw lists (view_list.c) and does not tell stories (why.c).
 */
#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "trace/sample.h"

bool scene_init(struct scene *scene, struct session *session)
{
	const struct source *source = session_source(session);

	if (!source || !source->history)
		return false;
	*scene = (struct scene){
		.session = session,
		.source = source,
		.recording = source->recording,
		.history = source->history,
		.when = session_moment(session),
		.start_ns = source->time_ns(source->data, 0),
	};
	return true;
}

bool scene_draw(struct scene *scene, struct session *session, struct pane body)
{
	if (!scene_init(scene, session))
		return false;
	scene->body = body;
	return true;
}

int64_t scene_ns(const struct scene *scene, uint64_t event)
{
	return (int64_t)(scene->source->time_ns(scene->source->data, event) - scene->start_ns);
}

bool scene_row(const struct scene *scene, struct ref ref, union row *ret_row)
{
	return !ref_is_none(ref) && !history_row(scene->history, ref, scene->when, ret_row);
}

const char *scene_name(const struct scene *scene, struct ref ref, char *buf, size_t size)
{
	if (ref_is_none(ref))
		snprintf(buf, size, "none");
	else
		scene->source->object_name(scene->source->data, ref, buf, size);
	return buf;
}

const char *scene_owner(const struct scene *scene, struct ref mm, char *buf, size_t size)
{
	union row row;

	/* An mm that is gone by now still has its name: ask for its last row. */
	if (!scene_row(scene, mm, &row) &&
	    (ref_is_none(mm) || history_life(scene->history, mm, 0, scene->when.known_by, &row)))
		return scene_name(scene, mm, buf, size);
	if (row.mm.comm[0] && row.mm.tgid)
		snprintf(buf, size, "%.16s %d", row.mm.comm, row.mm.tgid);
	else if (row.mm.tgid)
		snprintf(buf, size, "pid %d", row.mm.tgid);
	else
		scene_name(scene, mm, buf, size);
	return buf;
}

static struct ref resolve_item(const struct item_row *item, enum table table)
{
	switch (table) {
	case TABLE_NODE:
		return item->node;
	case TABLE_MM:
		return item->mm;
	case TABLE_ANON_VMA:
		return item->anon_vma;
	default:
		return (struct ref){0};
	}
}

struct ref scene_resolve(const struct scene *scene, struct ref object, enum table table)
{
	const struct ref none = {0};
	union row row;

	if (object.table == table)
		return object;
	/* What is gone still belonged somewhere: its last row says where. */
	if (!scene_row(scene, object, &row) &&
	    (ref_is_none(object) ||
	     history_life(scene->history, object, 0, scene->when.known_by, &row)))
		return none;
	switch (object.table) {
	case TABLE_ITEM:
		return resolve_item(&row.item, table);
	case TABLE_MAPPING:
		return table == TABLE_NODE ? row.mapping.node
		       : table == TABLE_MM ? row.mapping.mm
					   : none;
	case TABLE_PAGE:
		return table == TABLE_NODE ? row.page.node : none;
	case TABLE_VMA:
		return table == TABLE_MM         ? row.vma.mm
		       : table == TABLE_ANON_VMA ? row.vma.anon_vma
						 : none;
	case TABLE_EPISODE:
		return ref_is_none(row.episode.object)
			       ? none
			       : scene_resolve(scene, row.episode.object, table);
	default:
		return none;
	}
}

bool scene_touched(const struct scene *scene, struct ref ref)
{
	uint64_t t = scene->when.t;

	return t && !ref_is_none(ref) && history_touches(scene->history, ref, t);
}

char scene_mark(const struct scene *scene, const union row *row)
{
	if (history_tells(scene->history, scene->when.t))
		return ' ';
	if (scene->when.t && row->fact.first == scene->when.t)
		return '+';
	return scene_touched(scene, row->any.ref) ? '~' : ' ';
}

int pane_fact(struct pane pane, int x, int y, char evidence, bool doubtful)
{
	pane_put(pane, x, y, ROLE_EVIDENCE, evidence ? (uint32_t)evidence : ' ');
	/* A blank is no doubt: themes that underline would draw it. */
	pane_put(pane, x + 1, y, doubtful ? ROLE_DOUBT : ROLE_TEXT, doubtful ? '?' : ' ');
	return 2;
}

const char *scene_doubt(uint8_t doubt)
{
	switch (doubt) {
	case DOUBT_NONE:
		return "certain";
	case DOUBT_LOSS:
		return "an event lost before";
	case DOUBT_UNTRACED:
		return "its end is untraced";
	case DOUBT_UNKNOWN_BEFORE:
		return "older than the file";
	case DOUBT_ORDER:
		return "order is not certain";
	case DOUBT_TENTATIVE:
		return "may still be undone";
	case DOUBT_PAGE_FLAG:
		return "perhaps no KSM page";
	default:
		return "doubtful";
	}
}

const char *scene_evidence(char evidence)
{
	switch (evidence) {
	case EVIDENCE_TRACED:
		return "traced";
	case EVIDENCE_DUMPED:
		return "dumped or sampled";
	case EVIDENCE_INFERRED:
		return "inferred";
	case EVIDENCE_MODELLED:
		return "modelled";
	default:
		return "unknown";
	}
}

bool scene_sysfs(const struct scene *scene, uint64_t t, const char *name, int64_t *ret)
{
	int sample = history_sample_before(scene->history, SAMPLE_KSM, 0, t);

	return sample >= 0 && !history_sample_counter(scene->history, (uint32_t)sample, name, ret);
}

int64_t scene_above_max(const struct scene *scene, const struct node_row *node)
{
	int64_t most;

	if (node->kind == NODE_CHAIN || node->nr_items < 2 ||
	    !scene_sysfs(scene, scene->when.t, "max_page_sharing", &most) || most < 2)
		return 0;
	return (int64_t)node->nr_items > most ? (int64_t)node->nr_items - most : 0;
}

bool scene_process(const struct scene *scene, int32_t tgid, uint64_t t, const char *name,
		   int64_t *ret)
{
	int sample = tgid > 0 ? history_sample_before(scene->history, SAMPLE_PROCESS, tgid, t) : -1;

	return sample >= 0 &&
	       !history_sample_counter(scene->history, (uint32_t)sample, name, ret);
}

void pane_heading(struct pane pane, int y, const char *text, const char *right)
{
	int width = right ? text_width(right) : 0;

	pane_fit(pane, 1, y, pane.width - 2 - width, ALIGN_LEFT, ROLE_HEADING, text);
	if (width)
		pane_text(pane, pane.width - width, y, ROLE_HINT, right);
}
