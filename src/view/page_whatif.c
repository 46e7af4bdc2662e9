// SPDX-License-Identifier: GPL-2.0-only
/*
 * page_whatif.c - what a walk of this page would offer, visit and miss, under three rules.
 *
 * Above, the counts of each rule.  Below, every mapping of the page with a column for each rule: * the
 * walk would come by it, ! it exists and would be missed, ? it might exist and would be missed.  A
 * mapping that no rmap_item leads to is missed by all rules alike.
 *
 * Everything is modelled (M); whether a mapping exists has its own letter.  Who maps the page is
 * explain/mapped.h's question, the walk explain/whatif.h's.
 */
#include "page_whatif.h"

#include <inttypes.h>
#include <stdio.h>

#include "trace/diag.h"

#include "format.h"
#include "view_util.h"

void page_whatif_fini(struct page_whatif *answer)
{
	whatif_free(answer->whatif);
	*answer = (struct page_whatif){0};
}

static const struct whatif *ask(struct page_whatif *answer, const struct scene *scene, struct ref node)
{
	struct episode_source source = scene_episodes(scene);
	uint64_t last = history_last(scene->history);
	struct diag diag = {0};
	union row row;

	if (answer->asked && ref_equal(answer->node, node) && answer->when.t == scene->when.t &&
	    answer->when.known_by == scene->when.known_by && answer->of == scene->history &&
	    answer->last == last)
		return answer->whatif;
	page_whatif_fini(answer);
	*answer = (struct page_whatif){
		.node = node, .when = scene->when, .of = scene->history, .last = last, .asked = true};
	if (history_is_patched(scene->history) && scene_row(scene, node, &row) && row.node.kind != NODE_CHAIN &&
	    whatif_page(&source, node, scene->when, ALL_RULES, &answer->whatif, &diag))
		answer->whatif = NULL;
	return answer->whatif;
}

/* '*' the rule comes by it, '!' missed, '?' it might exist and be missed. */
static char verdict(const struct whatif_result *result, const struct mapped *place)
{
	for (uint32_t i = 0; i < result->nr_missed; i++)
		if (result->missed[i] == place)
			return '!';
	for (uint32_t i = 0; i < result->nr_maybe; i++)
		if (result->maybe[i] == place)
			return '?';
	return '*';
}

#define NR_COUNTS 5
static const struct { const char *heading; int width; } counts[NR_COUNTS] = {
	{"OFFERED", 10}, {"VISIT", 6}, {"SKIPPED", 10}, {"MISS", 5}, {"MAY", 4},
};

static void draw_heading(struct pane pane, int y)
{
	int x = 8;

	pane_text(pane, 1, y, ROLE_HEADING, "RULE");
	for (int i = 0; i < NR_COUNTS; i++) {
		pane_fit(pane, x, y, counts[i].width, ALIGN_RIGHT, ROLE_HEADING, counts[i].heading);
		x += counts[i].width;
	}
}

static void draw_rule(struct pane pane, int y, enum walk_rule rule, const struct whatif_result *result)
{
	enum role role = result->nr_missed ? ROLE_FAULT : ROLE_TEXT;
	const uint64_t numbers[NR_COUNTS] = {
		result->nr_iteration_total, result->visited,
		result->skip_addr_out_of_range + result->skip_mm_mismatch + result->skip_invalid,
		result->nr_missed, result->nr_maybe};
	char text[FORMAT_MAX];
	int x = 8;

	pane_put(pane, 0, y, ROLE_FAULT, result->nr_missed ? '!' : ' ');
	pane_fit(pane, 1, y, 7, ALIGN_LEFT, role, walk_rule_name(rule));
	for (int i = 0; i < NR_COUNTS; i++) {
		pane_fit(pane, x, y, counts[i].width, ALIGN_RIGHT, role, format_count(text, numbers[i]));
		x += counts[i].width;
	}
	if (x + 2 < pane.width)
		pane_fact(pane, pane.width - 2, y, EVIDENCE_MODELLED, result->doubtful);
}

static void draw_place(struct pane pane, int y, const struct scene *scene, const struct whatif *whatif,
		       const struct mapped *place, bool cursor)
{
	static const int at[NR_RULES] = {0, 3, 6};
	enum role role = cursor ? ROLE_CURSOR : ROLE_TEXT;
	int rules = pane.width - 12, owner = rules - 19;
	char text[80];
	union row row;

	if (scene_row(scene, place->mm, &row) && row.mm.tgid)
		snprintf(text, sizeof(text), "%" PRId32 " %.16s", row.mm.tgid, row.mm.comm);
	else if (place->tgid)
		snprintf(text, sizeof(text), "pid %" PRId32, place->tgid);
	else
		scene_name(scene, place->mm, text, sizeof(text));
	pane_put(pane, 0, y, ROLE_CURSOR, cursor ? '>' : ' ');
	pane_fit(pane, 1, y, owner, ALIGN_LEFT, role, text);
	snprintf(text, sizeof(text), "0x%" PRIx64, place->address);
	pane_fit(pane, owner + 2, y, 16, ALIGN_LEFT, role, text);
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++) {
		char mark = verdict(&whatif->rules[rule], place);

		pane_put(pane, rules + at[rule], y, mark == '?' ? ROLE_DOUBT : mark_role(mark), (uint32_t)mark);
	}
	pane_fact(pane, pane.width - 2, y, place->evidence, place->doubtful || !place->known);
}

static void draw_places(struct pane pane, int y, const struct scene *scene, const struct whatif *whatif)
{
	struct view_state *state = session_view_state(scene->session);
	uint64_t top;

	pane_text(pane, 1, y, ROLE_HEADING, "MAPPING");
	pane_text(pane, pane.width - 12, y, ROLE_HEADING, "wh ad li");
	if (!whatif->mappings.nr)
		pane_text(pane, 1, y + 1, ROLE_HINT, "nothing is known to map it");
	top = list_place(&state->lists[1], whatif->mappings.nr, pane.x - scene->body.x,
			 pane.y - scene->body.y + y + 1, pane.width, pane.height - y - 1);
	for (int i = 0; y + 1 + i < pane.height && top + (uint64_t)i < whatif->mappings.nr; i++)
		draw_place(pane, y + 1 + i, scene, whatif, &whatif->mappings.list[top + (uint64_t)i],
			   state->focus == 1 && state->lists[1].cursor == top + (uint64_t)i);
}

void page_whatif_draw(struct pane pane, struct page_whatif *answer, const struct scene *scene,
		      struct ref node)
{
	const struct whatif *whatif = ask(answer, scene, node);
	char text[80], name[48], beyond[40] = "";

	snprintf(text, sizeof(text), "WHAT IF %s were walked now",
		 scene_name(scene, node, name, sizeof(name)));
	pane_heading(pane, 0, text, "x: back");
	if (!whatif) {
		pane_wrap(pane, 1, 2, pane.width - 2, ROLE_HINT, !history_is_patched(scene->history) ?
			  "A stock kernel's recording tells no interval trees: nothing to walk." :
			  "A chain has no page of its own, and a node that is not there now has none.");
		return;
	}
	draw_heading(pane, 1);
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
		draw_rule(pane, 2 + (int)rule, rule, &whatif->rules[rule]);
	if (whatif->mappings.nr_beyond)
		snprintf(beyond, sizeof(beyond), "; %" PRIu32 " that no item reaches", whatif->mappings.nr_beyond);
	if (whatif->mappings.mapcount >= 0)
		pane_printf(pane, 1, 6, ROLE_HINT, "mapcount %" PRId64 "%s", whatif->mappings.mapcount, beyond);
	else
		pane_text(pane, 1, 6, ROLE_HINT, "mapcount not known");
	draw_places(pane, 7, scene, whatif);
}

void page_whatif_copy(struct page_whatif *answer, const struct scene *scene, struct ref node, char *buffer,
		      size_t size)
{
	const struct whatif *whatif = ask(answer, scene, node);
	char name[48], owner[64];
	size_t at;

	*buffer = 0;
	if (!whatif)
		return;
	at = (size_t)snprintf(buffer, size, "what if %s (pfn 0x%" PRIx64 ") were walked at event %" PRIu64,
			      scene_name(scene, node, name, sizeof(name)), whatif->node.kpfn, scene->when.t);
	for (enum walk_rule rule = 0; rule < NR_RULES && at < size; rule++) {
		const struct whatif_result *result = &whatif->rules[rule];

		at += (size_t)snprintf(buffer + at, size - at, "\nrule %s: nr_iteration_total %" PRIu64
				       ", visited %" PRIu64 ", Skip_addr_out_of_range %" PRIu64
				       ", Skip_mm_mismatch %" PRIu64 ", missed %" PRIu32 ", maybe %" PRIu32,
				       walk_rule_name(rule), result->nr_iteration_total, result->visited,
				       result->skip_addr_out_of_range, result->skip_mm_mismatch,
				       result->nr_missed, result->nr_maybe);
		for (uint32_t i = 0; i < result->nr_missed && i < 8 && at < size; i++)
			at += (size_t)snprintf(buffer + at, size - at, "\n  missed: %s at 0x%" PRIx64,
					       scene_owner(scene, result->missed[i]->mm, owner, sizeof(owner)),
					       result->missed[i]->address);
	}
}
