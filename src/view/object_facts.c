// SPDX-License-Identifier: GPL-2.0-only
/*
 * object_facts.c - what one object is, of any table, as two columns of labelled values.
 *
 * The left column holds what this kind of object has, the right one what every row has: when it was
 * born and went, since when that is known, when it was last certain, and what it is worth.
 *
 * What the recording's kernel does not trace is written out, not left away: an empty place would
 * read as "there is none".
 */
#include "object_facts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "episode/episode.h"

#include "format.h"
#include "row_field.h"
#include "view_util.h"

/* Fields go down the left column, then down the right one. */
struct facts {
	struct pane pane;
	int nr, rows;
	char evidence;
	bool doubtful;
};

static void fact(struct facts *facts, char mark, const char *label, char evidence,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
static void fact(struct facts *facts, char mark, const char *label, char evidence,
		 const char *format, ...)
{
	int half = facts->pane.width / 2, column = facts->nr / facts->rows;
	struct pane pane = pane_sub(facts->pane, column * half, 0,
				    column ? facts->pane.width - half : half, facts->pane.height);
	struct field field = {.label = label,
			      .mark = mark,
			      .evidence = evidence,
			      .doubtful = evidence && facts->doubtful};
	char value[200];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	field.value = value;
	if (column < 2)
		pane_field(pane, 1 + facts->nr % facts->rows, &field);
	facts->nr++;
}

static void link_fact(struct facts *facts, const struct scene *scene, const char *label,
		      struct ref ref)
{
	char name[64];

	if (ref.table == TABLE_MM)
		scene_owner(scene, ref, name, sizeof(name));
	else
		scene_name(scene, ref, name, sizeof(name));
	fact(facts, ' ', label, ref_is_none(ref) ? 0 : facts->evidence, "%s",
	     ref_is_none(ref) ? "not known" : name);
}

static void node_facts(struct facts *facts, const struct scene *scene, const struct node_row *node)
{
	bool doubtful = facts->doubtful;
	struct history_worth items;
	char e = facts->evidence;
	int64_t above;

	fact(facts, ' ', "pfn", e, node->kind == NODE_CHAIN ? "none: a chain" : "0x%" PRIx64,
	     node->kpfn);
	fact(facts, ' ', "address", node->name.addr ? e : 0,
	     node->name.addr ? "0x%" PRIx64 : "not traced", node->name.addr);
	items = history_worth(scene->history, ITEMS_OF_NODE, node->ref, scene->when);
	facts->doubtful = node->kind == NODE_CHAIN ? doubtful : items.doubtful;
	fact(facts, ' ', "items", node->kind == NODE_CHAIN ? e : items.evidence, "%" PRIu32,
	     node->nr_items);
	facts->doubtful = doubtful;
	above = scene_above_max(scene, node);
	if (above > 0)
		fact(facts, ' ', "above max", 0, "%" PRId64 " %s", above,
		     items.doubtful ? "forked or left" : "forked or moved");
	if (node->kind == NODE_UNKNOWN)
		fact(facts, ' ', "kind", 0, "needs the patch");
	else
		fact(facts, ' ', "kind", e, "%s, %s", node_kind_name(node->kind),
		     node_place_name(node->place));
	if (node->kind == NODE_DUP)
		link_fact(facts, scene, "chain", node->chain);
	fact(facts, ' ', "nid", node->nid < 0 ? 0 : e, node->nid < 0 ? "not known" : "%d",
	     node->nid);
}

static void item_facts(struct facts *facts, const struct scene *scene, const struct item_row *item)
{
	char e = facts->evidence;

	fact(facts, ' ', "rmap_item", e, "0x%" PRIx64, item->name.addr);
	fact(facts, ' ', "state", e, "%s", item_state_name(item->state));
	link_fact(facts, scene, "process", item->mm);
	link_fact(facts, scene, "node", item->node);
	fact(facts, ' ', "address", item->has_address ? e : 0,
	     item->has_address ? "0x%" PRIx64 : "not traced", item->address);
	link_fact(facts, scene, "anon_vma", item->anon_vma);
	if (item->has_index)
		fact(facts, ' ', "index", e, "0x%" PRIx64, item->index);
}

static void mm_facts(struct facts *facts, const struct scene *scene, const struct mm_row *mm)
{
	const struct history *h = scene->history;
	struct history_worth items = history_worth(h, ITEMS_OF_MM, mm->ref, scene->when),
			     mappings = history_worth(h, MAPPINGS_OF_MM, mm->ref, scene->when);
	struct history_mm_counters counters = {0};
	char e = facts->evidence, count[FORMAT_MAX];
	bool doubtful = facts->doubtful;

	history_mm_counters(scene->history, mm->ref, scene->when, &counters);
	fact(facts, ' ', "mm", e, "0x%" PRIx64, mm->name.addr);
	fact(facts, ' ', "process", mm->tgid_evidence, mm->tgid ? "%.16s %d%s" : "not known",
	     mm->comm, mm->tgid, mm->tgid_doubtful ? " ?" : "");
	/* What hangs on it is not known as it is itself. */
	facts->doubtful = items.doubtful;
	fact(facts, ' ', "stable items", items.evidence, "%s",
	     format_count(count, counters.nr_stable_items));
	facts->doubtful = mappings.doubtful;
	fact(facts, ' ', "mappings", mappings.evidence, "%s",
	     format_count(count, counters.nr_mappings));
	facts->doubtful = history_may_lack_merges(scene->history, mm->fact.first, scene->when);
	fact(facts, ' ', "merges so far", EVIDENCE_TRACED, "%s", format_count(count, counters.nr_merges));
	facts->doubtful = doubtful;
	link_fact(facts, scene, "forked from", mm->parent);
}

static void other_facts(struct facts *facts, const struct scene *scene, const union row *row)
{
	char e = facts->evidence, text[FORMAT_MAX];
	const char *comm;
	uint64_t took_ns;

	switch (row->any.ref.table) {
	case TABLE_ANON_VMA:
		fact(facts, ' ', "anon_vma", e, "0x%" PRIx64, row->anon_vma.name.addr);
		link_fact(facts, scene, "root", row->anon_vma.root);
		link_fact(facts, scene, "parent", row->anon_vma.parent);
		break;
	case TABLE_VMA:
		fact(facts, ' ', "start", e, "0x%" PRIx64, row->vma.start);
		fact(facts, ' ', "end", e, "0x%" PRIx64, row->vma.end);
		fact(facts, ' ', "vm_pgoff", e, "0x%" PRIx64, row->vma.pgoff);
		fact(facts, ' ', "vm_flags", e, "0x%" PRIx64, row->vma.flags);
		link_fact(facts, scene, "process", row->vma.mm);
		link_fact(facts, scene, "anon_vma", row->vma.anon_vma);
		break;
	case TABLE_MAPPING:
		fact(facts, ' ', "address", e, "0x%" PRIx64, row->mapping.address);
		fact(facts, ' ', "pfn", e, "0x%" PRIx64, row->mapping.pfn);
		link_fact(facts, scene, "process", row->mapping.mm);
		link_fact(facts, scene, "node", row->mapping.node);
		fact(facts, ' ', "mapcount", row->mapping.mapcount ? 'D' : 0,
		     row->mapping.mapcount ? "%" PRIu32 : "not known", row->mapping.mapcount);
		break;
	case TABLE_PAGE:
		fact(facts, ' ', "pfn", e, "0x%" PRIx64, row->page.name.addr);
		fact(facts, row->page.state & PAGE_POISONED ? '!' : ' ', "state", e, "%s%s%s",
		     row->page.state & PAGE_KSM ? "KSM " : "",
		     row->page.state & PAGE_POISONED ? "poisoned " : "",
		     row->page.state & PAGE_GONE ? "gone" : "");
		link_fact(facts, scene, "node", row->page.node);
		break;
	case TABLE_EPISODE:
		fact(facts, ' ', "kind", e, "%s", episode_kind_name(row->episode.kind));
		comm = row->episode.comm[0] ? row->episode.comm
					    : trace_file_comm(recording_trace(scene->recording), row->episode.tid);
		fact(facts, ' ', "task", e, "%.16s %d", comm ? comm : "?", row->episode.tid);
		if (row->episode.seqnr >= 0)
			fact(facts, ' ', "scan", e, "%" PRId64, row->episode.seqnr);
		if (episode_duration(&row->episode, &took_ns))
			fact(facts, ' ', "took", e, "%s", format_duration(text, took_ns));
		break;
	default:
		break;
	}
}

void object_draw_facts(struct pane pane, const struct scene *scene, const union row *row,
		       bool alive, uint32_t spans)
{
	struct facts facts = {.pane = pane,
			      .rows = pane.height > 1 ? pane.height - 1 : 1,
			      .evidence = row->fact.evidence,
			      .doubtful = row->fact.doubt != DOUBT_NONE};
	uint64_t t = scene->when.t;
	char event[64];

	switch (row->any.ref.table) {
	case TABLE_NODE:
		node_facts(&facts, scene, &row->node);
		break;
	case TABLE_ITEM:
		item_facts(&facts, scene, &row->item);
		break;
	case TABLE_MM:
		mm_facts(&facts, scene, &row->mm);
		break;
	default:
		other_facts(&facts, scene, row);
		break;
	}
	if (facts.nr < facts.rows)
		facts.nr = facts.rows; /* what every object has stands in the right column */
	fact(&facts, t && row->fact.first == t ? '+' : ' ', "born", 0, "%s",
	     util_event(scene, row->fact.first, event, sizeof(event)));
	fact(&facts, !alive && row->fact.last <= t ? 'x' : ' ', "gone", 0, "%s",
	     row->fact.last == NEVER ? "not before the end"
				     : util_event(scene, row->fact.last, event, sizeof(event)));
	fact(&facts, ' ', "known since", 0, "%s",
	     util_event(scene, row->fact.known, event, sizeof(event)));
	fact(&facts, ' ', "confirmed", 0, "%s",
	     util_event(scene, row->fact.confirmed, event, sizeof(event)));
	fact(&facts, ' ', "spans", 0,
	     spans == OBJECT_SPANS_LOOK ? "%" PRIu32 " or more" : "%" PRIu32, spans);
	fact(&facts, ' ', facts.doubtful ? "doubtful" : "evidence", 0, "%s",
	     facts.doubtful ? scene_doubt(row->fact.doubt) : scene_evidence(row->fact.evidence));
}
