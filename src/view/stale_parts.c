// SPDX-License-Identifier: GPL-2.0-only
/*
 * stale_parts.c - one page's mappings against its items, and the walks that left mappings.
 *
 * The table of a page has one line for each place that maps it or might, and for each item that leads
 * nowhere: what is wrong with it, since when, for how many whole scans, and when ksmd repairs that.  The
 * repair is a model of ksmd's cursor (M); where the recording shows it and hindsight is on, the event
 * stands beside it.
 *
 * A walk's failure is explained from a model of that very walk, which costs what the walk was long; it
 * is made for the one under the cursor only.
 */
#include "stale_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/words.h"
#include "trace/diag.h"

#include "format.h"
#include "stepper.h"
#include "view_util.h"

void stale_parts_read(struct stale_parts *parts, const struct scene *scene)
{
	struct episode_source source = scene_episodes(scene);

	if (parts->of != scene->history) {
		stale_log_fini(&parts->log);
		parts->asked = parts->explained = false;
	}
	parts->of = scene->history;
	(void)stale_log_read(&parts->log, &source);	/* without memory: what there is */
}

void stale_parts_fini(struct stale_parts *parts)
{
	stale_log_fini(&parts->log);
	stale_page_fini(&parts->page);
	stale_failure_fini(&parts->failure);
}

const struct stale_page *stale_ask(struct stale_parts *parts, const struct scene *scene, struct ref node)
{
	struct episode_source source = scene_episodes(scene);
	uint64_t last = history_last(scene->history);
	struct diag diag = {0};

	if (parts->asked && ref_equal(parts->node, node) && parts->when.t == scene->when.t &&
	    parts->when.known_by == scene->when.known_by && parts->last == last)
		return parts->found ? &parts->page : NULL;
	stale_page_fini(&parts->page);
	parts->node = node;
	parts->when = scene->when;
	parts->last = last;
	parts->asked = true;
	parts->found = !ref_is_none(node) &&
		       !stale_page(&source, node, scene->when, &parts->page, &diag);
	return parts->found ? &parts->page : NULL;
}

/* ---- the entry under the cursor ---- */

static int compare_key(const struct stale_entry *x, const struct stale_entry *y)
{
	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x->mm.id != y->mm.id)
		return x->mm.id < y->mm.id ? -1 : 1;
	return x->address < y->address ? -1 : x->address > y->address;
}

/* The first entry not before the chosen one, or the last. */
static uint32_t entry_at(const struct stale_parts *parts, const struct stale_page *page)
{
	uint32_t i = 0;

	while (i + 1 < page->nr && compare_key(&page->entries[i], &parts->chosen) < 0)
		i++;
	return i;
}

const struct stale_entry *stale_current_entry(struct stale_parts *parts, const struct scene *scene,
					      struct ref node)
{
	const struct stale_page *page = stale_ask(parts, scene, node);

	return page && page->nr ? &page->entries[entry_at(parts, page)] : NULL;
}

/* ---- the page ---- */

static const char *kind_word(uint8_t kind)
{
	switch (kind) {
	case STALE_REACHED: return "reached";
	case STALE_MOVED: return "old address";
	case STALE_UNREACHED: return "no item";
	case STALE_ITEM: return "item, no VMA";
	case STALE_UNTOLD: return "VMA not told";
	default: return "other page";
	}
}

static const char *repair_word(uint8_t repair)
{
	switch (repair) {
	case REPAIR_THIS_SCAN: return "in this scan";
	case REPAIR_NEXT_SCAN: return "in the next";
	case REPAIR_NEVER: return "never";
	default: return "not known";
	}
}

static char kind_mark(const struct stale_entry *entry)
{
	switch (entry->kind) {
	case STALE_REACHED: return '*';
	case STALE_UNREACHED: return '!';
	default: return '.';
	}
}

static void owner_of(const struct scene *scene, const struct stale_entry *entry, char *buf, size_t size)
{
	union row row;

	if (scene_row(scene, entry->mm, &row) && row.mm.tgid)
		snprintf(buf, size, "%.16s %" PRId32, row.mm.comm, row.mm.tgid);
	else if (entry->tgid)
		snprintf(buf, size, "pid %" PRId32, entry->tgid);
	else if (!ref_is_none(entry->mm))
		scene_name(scene, entry->mm, buf, size);
	else
		snprintf(buf, size, "not in KSM");
}

static void draw_entry(struct pane pane, int y, const struct scene *scene, const struct stale_entry *entry,
		       bool cursor, bool focused)
{
	char marks[3] = {cursor ? '>' : ' ', kind_mark(entry), 0}, text[64];
	enum role role = focused ? ROLE_CURSOR : mark_role(marks[1]);
	bool wide = pane.width > 80;
	int x = 3 + 13;

	owner_of(scene, entry, text, sizeof(text));
	pane_task(pane, 3, y, 12, focused ? ROLE_CURSOR : ROLE_TEXT, text);
	snprintf(text, sizeof(text), "0x%" PRIx64, entry->address);
	pane_fit(pane, x, y, 15, ALIGN_LEFT, focused ? ROLE_CURSOR : ROLE_TEXT, text);
	pane_fit(pane, x + 16, y, 12, ALIGN_LEFT, role, kind_word(entry->kind));
	pane_fact(pane, x + 29, y, entry->evidence, entry->doubtful || !entry->known);
	row_marks(pane, y, marks);
	if (!wide || entry->kind == STALE_REACHED)
		return;
	if (entry->since)
		pane_printf(pane, x + 32, y, ROLE_TEXT, "#%-8" PRIu64, entry->since);
	else
		pane_text(pane, x + 32, y, ROLE_SKIPPED, "-");
	pane_printf(pane, x + 42, y, ROLE_TEXT, "%5" PRIu32, entry->nr_scans);
	pane_fit(pane, x + 49, y, pane.width - x - 52, ALIGN_LEFT, ROLE_TEXT, repair_word(entry->repair));
	pane_fact(pane, pane.width - 2, y, EVIDENCE_MODELLED, false);
}

/* Since when, for how long, and until when: of the entry under the cursor. */
static void draw_repair(struct pane pane, int y, const struct scene *scene, const struct stale_entry *entry)
{
	char event[64], done[96] = "";

	if (entry->kind == STALE_REACHED) {
		pane_fieldf(pane, y, ' ', "this mapping", entry->evidence, entry->doubtful || !entry->known, "%s; %s",
			    entry->known ? "exists" : "may exist",
			    !entry->moved ? "walks find it" : "moved by mremap");
		if (entry->moved)
			pane_fieldf(pane, y + 1, '!', "rules", EVIDENCE_MODELLED, false,
				    "\"address\" does not come by it");
		return;
	}
	pane_fieldf(pane, y, ' ', "since", entry->since ? EVIDENCE_INFERRED : 0, entry->doubtful,
		    "%s, %" PRIu32 " whole scan%s",
		    entry->since ? util_event(scene, entry->since, event, sizeof(event)) : "not known",
		    entry->nr_scans, entry->nr_scans == 1 ? "" : "s");
	if (entry->repaired)
		snprintf(done, sizeof(done), "; did at #%" PRIu64, entry->repaired);
	pane_fieldf(pane, y + 1, ' ', "ksmd repairs", EVIDENCE_MODELLED, false, "%s%s",
		    *done ? repair_word(entry->repair)
			  : stale_repair_text((enum stale_repair)entry->repair), done);
}

/* A walk of this page runs: what was counted at its begin may have changed since. */
static bool walk_runs(const struct scene *scene, struct ref node)
{
	struct episode_row row;
	struct ref episode;

	return stepper_episode_at(scene, scene->when.t, &episode) && stepper_row(scene, episode, &row) &&
	       row.kind == EPISODE_WALK && ref_equal(row.object, node) && scene->when.t < row.fact.died;
}

static void draw_head(struct pane pane, const struct scene *scene, const struct stale_page *page)
{
	bool runs = walk_runs(scene, page->node.ref);
	uint32_t nr_mappings = page->nr_kinds[STALE_REACHED] + page->nr_kinds[STALE_MOVED] +
			       page->nr_kinds[STALE_UNREACHED] + page->nr_kinds[STALE_CHANGED];
	char maybe[32] = "", then[32] = "";

	if (page->nr_known_then)
		snprintf(then, sizeof(then), ", %" PRIu32 " known then", page->nr_known_then);
	if (page->count.mapcount < 0)
		pane_fieldf(pane, 1, ' ', "mapcount", 0, false, "not known: no walk, no sample yet");
	else if (page->count.event)
		pane_fieldf(pane, 1, ' ', "mapcount", page->count.evidence, runs, "%" PRId64 " at #%" PRIu64 "%s",
			    page->count.mapcount, page->count.event, runs ? ", a walk runs" : then);
	else
		pane_fieldf(pane, 1, ' ', "mapcount", page->count.evidence, false, "%" PRId64,
			    page->count.mapcount);
	if (page->nr_maybe)
		snprintf(maybe, sizeof(maybe), " (%" PRIu32 " maybe)", page->nr_maybe);
	pane_fieldf(pane, 2, page->nr_kinds[STALE_UNREACHED] ? '!' : ' ', "mappings", EVIDENCE_INFERRED,
		    page->nr_maybe > 0 || page->untold, "%" PRIu32 "%s; with item %" PRIu32 "%s", nr_mappings, maybe,
		    nr_mappings - page->nr_kinds[STALE_UNREACHED], page->truncated ? ", not all listed" : "");
	pane_fieldf(pane, 3, ' ', "stale items", EVIDENCE_INFERRED, page->nr_kinds[STALE_CHANGED] > 0 || page->untold,
		    "%" PRIu32 " of %" PRIu32,
		    page->nr_kinds[STALE_ITEM] + page->nr_kinds[STALE_CHANGED] + page->nr_kinds[STALE_MOVED],
		    page->node.nr_items);
}

static uint32_t first_row(uint32_t at, uint32_t nr, int rows)
{
	uint32_t half = rows > 2 ? (uint32_t)rows / 2 : 0, top = at > half ? at - half : 0;

	return rows > 0 && nr > (uint32_t)rows && top > nr - (uint32_t)rows ? nr - (uint32_t)rows :
	       nr > (uint32_t)rows ? top : 0;
}

static void no_list(struct list *list)
{
	list_place(list, 0, 0, 0, 0, 0);
}

const char *stale_failed_text(const struct stale_parts *parts, const struct scene *scene, const struct node_row *node,
			      char text[FORMAT_MAX])
{
	uint32_t failed = stale_log_failures(&parts->log, node->ref, scene->when.t, NULL);
	bool lacks = stale_log_lacks(&parts->log, scene->history, node->fact.first, scene->when);

	return failed || lacks ? format_seen(text, failed, lacks) : "-";
}

/* A chain has no page: its dups, each with one of its own, and of what the walks left mappings. */
static void draw_chain(struct pane pane, const struct stale_parts *parts, const struct scene *scene,
		       const struct node_row *chain)
{
	uint32_t failed, nr = 0, shown = 0;
	int rows = pane.height - 4;
	struct history_cursor cursor;
	char name[48], text[FORMAT_MAX];
	union row row;

	pane_text(pane, 3, 1, ROLE_HINT, "a chain: each of its dups has a page");
	pane_text(pane, 3, 3, ROLE_HEADING, "DUP        PFN         ITEMS  FAILED");
	if (history_list(scene->history, DUPS_OF_CHAIN, chain->ref, scene->when, &cursor))
		return;
	while (history_next(&cursor, &row) == 1) {
		if (++nr > (uint32_t)(rows > 1 ? rows - 1 : 0))
			continue;
		failed = stale_log_failures(&parts->log, row.node.ref, scene->when.t, NULL);
		pane_fit(pane, 3, 3 + (int)nr, 10, ALIGN_LEFT, ROLE_TEXT,
			 scene_name(scene, row.node.ref, name, sizeof(name)));
		pane_printf(pane, 14, 3 + (int)nr, ROLE_TEXT, "0x%-9" PRIx64 " %5" PRIu32, row.node.kpfn,
			    row.node.nr_items);
		pane_text(pane, 33, 3 + (int)nr, failed ? ROLE_FAULT : ROLE_SKIPPED,
			  stale_failed_text(parts, scene, &row.node, text));
		pane_fact(pane, 37, 3 + (int)nr, row.node.fact.evidence, row.node.fact.doubt != DOUBT_NONE);
		row_marks(pane, 3 + (int)nr, failed ? " !" : "  ");
		shown = nr;
	}
	if (nr > shown)
		pane_printf(pane, 3, 4 + (int)shown, ROLE_HINT, "%" PRIu32 " more", nr - shown);
}

void stale_draw_page(struct pane pane, struct stale_parts *parts, const struct scene *scene, struct ref node)
{
	struct view_state *state = session_view_state(scene->session);
	const struct stale_page *page = stale_ask(parts, scene, node);
	int rows = pane.height - 7;
	char name[48];
	uint32_t at, first;
	union row row;

	if (ref_is_none(node)) {
		no_list(&state->lists[1]);
		return;
	}
	pane_heading(pane, 0, scene_name(scene, node, name, sizeof(name)), page ? "Tab: its mappings" : "");
	if (!page && scene_row(scene, node, &row) && row.node.kind == NODE_CHAIN) {
		draw_chain(pane, parts, scene, &row.node);
		no_list(&state->lists[1]);
		return;
	}
	if (!page || !page->nr) {
		pane_text(pane, 3, 2, ROLE_HINT, !page ? "it is not there at this moment" :
			  "nothing is known to map it");
		no_list(&state->lists[1]);
		return;
	}
	draw_head(pane, scene, page);
	pane_text(pane, 3, 4, ROLE_HEADING, "PROCESS      ADDRESS         AN ITEM?");
	if (pane.width > 80)
		pane_text(pane, 48, 4, ROLE_HEADING, "SINCE     SCANS  KSMD REPAIRS IT");
	at = entry_at(parts, page);
	rows = rows < 1 ? 1 : rows;
	first = first_row(at, page->nr, rows);
	for (int i = 0; i < rows && first + (uint32_t)i < page->nr; i++)
		draw_entry(pane, 5 + i, scene, &page->entries[first + (uint32_t)i], first + (uint32_t)i == at,
			   first + (uint32_t)i == at && state->focus == 1);
	parts->entries_height = rows;
	state->lists[1].cursor = parts->drawn[1] = at;
	state->lists[1].top = first;
	list_place(&state->lists[1], page->nr, pane.x - scene->body.x, pane.y - scene->body.y + 5, pane.width,
		   rows);
	draw_repair(pane, pane.height - 2, scene, &page->entries[at]);
}

void stale_describe(const struct scene *scene, const struct stale_page *page,
		    const struct stale_entry *entry, char *buf, size_t size)
{
	char owner[64], name[48];

	owner_of(scene, entry, owner, sizeof(owner));
	snprintf(buf, size, "%s 0x%" PRIx64 ": %s 0x%" PRIx64 ": %s; ksmd repairs it: %s",
		 scene_name(scene, page->node.ref, name, sizeof(name)), page->node.kpfn, owner, entry->address,
		 stale_kind_text((enum stale_kind)entry->kind),
		 stale_repair_text((enum stale_repair)entry->repair));
}

/* ---- the walks ---- */

/* Failed walks that ended by t: how many, and the place among them of the cursor's. */
static uint32_t count_walks(const struct stale_parts *parts, const struct scene *scene, struct ref node,
			    uint32_t *ret_at)
{
	uint64_t t = scene->when.t, chosen = parts->chosen_walk < t ? parts->chosen_walk : t;
	uint32_t nr = stale_log_ended(&parts->log, t), upto = stale_log_ended(&parts->log, chosen);

	*ret_at = nr ? nr - 1 : 0;
	if (parts->chosen_walk && upto)
		*ret_at = upto - 1;
	else
		(void)stale_log_failures(&parts->log, node, t, ret_at);
	return nr;
}

static const struct stale_walk *walk_at(const struct stale_parts *parts, const struct scene *scene, uint32_t at)
{
	return at < stale_log_ended(&parts->log, scene->when.t) ? &parts->log.walks[at] : NULL;
}

const struct stale_walk *stale_current_walk(const struct stale_parts *parts, const struct scene *scene,
					    struct ref node)
{
	uint32_t at;

	return count_walks(parts, scene, node, &at) ? walk_at(parts, scene, at) : NULL;
}

void stale_explain_walk(struct stale_parts *parts, const struct scene *scene, const struct stale_walk *walk,
			char *buf, size_t size)
{
	struct episode_source source = scene_episodes(scene);
	struct diag diag = {0};

	*buf = 0;
	if (!parts->explained || !ref_equal(parts->walk, walk->episode) ||
	    parts->walk_known_by != scene->when.known_by) {
		stale_failure_fini(&parts->failure);
		parts->walk = walk->episode;
		parts->walk_known_by = scene->when.known_by;
		parts->explained = true;
		(void)stale_explain(&source, walk->episode, scene->when, &parts->failure, &diag);
	}
	if (parts->failure.walk)
		stale_failure_text(&parts->failure, buf, size);
}

static void draw_walk(struct pane pane, int y, const struct scene *scene, const struct stale_walk *walk,
		      struct ref node, bool cursor, bool focused)
{
	char marks[3] = {cursor ? '>' : ' ', walk->end == scene->when.t ? '+' : '!', 0};
	enum role role = focused ? ROLE_CURSOR : ref_equal(walk->node, node) ? ROLE_TEXT : ROLE_SKIPPED;
	char text[64], word[24];
	union row row;

	snprintf(text, sizeof(text), "#%" PRIu64, walk->end);
	pane_fit(pane, 3, y, 9, ALIGN_LEFT, role, text);
	if (scene_row(scene, walk->episode, &row))
		snprintf(text, sizeof(text), "episode %" PRIu32, row.episode.number);
	pane_fit(pane, 13, y, 12, ALIGN_LEFT, role, text);
	pane_fit(pane, 26, y, 10, ALIGN_LEFT, role, explain_word(WORDS_PURPOSE, walk->purpose, word));
	snprintf(text, sizeof(text), "left %" PRId32 " of %" PRId32 " mappings", walk->after, walk->before);
	pane_fit(pane, 37, y, 24, ALIGN_LEFT, role, text);
	pane_fit(pane, 62, y, pane.width - 65, ALIGN_LEFT, role, scene_name(scene, walk->node, text, sizeof(text)));
	pane_fact(pane, pane.width - 2, y, EVIDENCE_TRACED, walk->doubtful);
	row_marks(pane, y, marks);
}

void stale_draw_walks(struct pane pane, struct stale_parts *parts, const struct scene *scene, struct ref node)
{
	struct view_state *state = session_view_state(scene->session);
	uint32_t at, nr = count_walks(parts, scene, node, &at), first;
	bool lacks = stale_log_lacks(&parts->log, scene->history, 0, scene->when);
	char text[400] = "", count[64], seen[FORMAT_MAX];
	int rows = pane.height - 3;

	snprintf(count, sizeof(count), "%s so far", format_seen(seen, nr, lacks));
	pane_rule(pane, 0, "WALKS THAT WERE TO UNMAP A PAGE AND LEFT MAPPINGS", count);
	if (!nr) {
		pane_text(pane, 3, 1, ROLE_HINT, lacks ? "none is known" : "none");
		no_list(&state->lists[2]);
		return;
	}
	rows = rows < 1 ? 1 : rows;
	first = first_row(at, nr, rows);
	for (int i = 0; i < rows && first + (uint32_t)i < nr; i++) {
		const struct stale_walk *walk = walk_at(parts, scene, first + (uint32_t)i);

		if (walk)
			draw_walk(pane, 1 + i, scene, walk, node, first + (uint32_t)i == at,
				  first + (uint32_t)i == at && state->focus == 2);
	}
	parts->walks_height = rows;
	state->lists[2].cursor = parts->drawn[2] = at;
	state->lists[2].top = first;
	list_place(&state->lists[2], nr, pane.x - scene->body.x, pane.y - scene->body.y + 1, pane.width, rows);
	if (walk_at(parts, scene, at))
		stale_explain_walk(parts, scene, walk_at(parts, scene, at), text, sizeof(text));
	pane_wrap(pane_sub(pane, 2, pane.height - 2, pane.width - 4, 2), 0, 0, pane.width - 4, ROLE_TEXT, text);
}

/* ---- keys ---- */

static bool move(enum action action, int64_t at, int64_t nr, int height, int64_t *ret_to)
{
	switch (action) {
	case ACTION_UP: *ret_to = at - 1; break;
	case ACTION_DOWN: *ret_to = at + 1; break;
	case ACTION_PAGE_UP: *ret_to = at - height; break;
	case ACTION_PAGE_DOWN: *ret_to = at + height; break;
	case ACTION_TOP: *ret_to = 0; break;
	case ACTION_BOTTOM: *ret_to = nr - 1; break;
	default: return false;
	}
	*ret_to = *ret_to >= nr ? nr - 1 : *ret_to;
	*ret_to = *ret_to < 0 ? 0 : *ret_to;
	return true;
}

static void choose_entry(struct stale_parts *parts, const struct stale_page *page, uint64_t at)
{
	if (page && at < page->nr)
		parts->chosen = page->entries[at];
}

static void choose_walk(struct stale_parts *parts, const struct scene *scene, uint64_t at)
{
	const struct stale_walk *walk = walk_at(parts, scene, (uint32_t)at);

	if (!walk)
		return;
	parts->chosen_walk = walk->end;
	if (!ref_is_none(walk->node))
		session_select(scene->session, walk->node);
}

bool stale_parts_act(struct stale_parts *parts, const struct scene *scene, struct ref node,
		     enum action action)
{
	const struct stale_page *page = stale_ask(parts, scene, node);
	int focus = session_view_state(scene->session)->focus;
	uint32_t at, nr;
	int64_t to;

	if (focus == 1) {
		nr = page ? page->nr : 0;
		if (!move(action, nr ? entry_at(parts, page) : 0, nr, parts->entries_height, &to))
			return false;
		choose_entry(parts, page, (uint64_t)to);
		return true;
	}
	nr = count_walks(parts, scene, node, &at);
	if (focus != 2 || !move(action, at, nr, parts->walks_height, &to))
		return false;
	choose_walk(parts, scene, (uint64_t)to);
	return true;
}

void stale_parts_click(struct stale_parts *parts, const struct scene *scene, struct ref node)
{
	struct view_state *state = session_view_state(scene->session);

	if (state->lists[state->focus].cursor == parts->drawn[state->focus % 3])
		return;
	if (state->focus == 1)
		choose_entry(parts, stale_ask(parts, scene, node), state->lists[1].cursor);
	else if (state->focus == 2)
		choose_walk(parts, scene, state->lists[2].cursor);
}
