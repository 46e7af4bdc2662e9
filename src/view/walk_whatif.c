// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk_whatif.c - the walk under the cursor, walked again under three rules.
 *
 * The model (explain/whatif.h) does all the work; it is asked once for an open walk, when the pane is
 * first shown, and its answers stay with it.  Everything here is modelled (M) but for the rule that
 * the walk was recorded under, where model and record are compared: agree, or say so.
 *
 * The pane shows the counts of each rule and, above all, the mappings it would have missed.  They are of the
 * whole walk, from its first event to its last: at a moment inside it (or before) the pane says so.
 */
#include "walk_panes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/whatif.h"
#include "format.h"
#include "view_util.h"

static const struct whatif *whatif_of(struct stepping *s)
{
	struct diag diag = {0};

	if (!s->open->whatif && !s->open->whatif_failed)
		s->open->whatif_failed =
			whatif_walk(episode_source(s->episode), s->row.ref, s->open->when,
				    ALL_RULES, &s->open->whatif, &diag) != 0;
	return s->open->whatif;
}

static const char *rule_asks(enum walk_rule rule)
{
	switch (rule) {
	case RULE_WHOLE:
		return "whole    [0, ULONG_MAX]";
	case RULE_ADDRESS:
		return "address  [addr >> PAGE_SHIFT]";
	default:
		return "linear   [linear_page_index]";
	}
}

static const char *note_of(const struct whatif_result *result, char *buf, size_t size)
{
	char maybe[40] = "";

	if (result->nr_maybe)
		snprintf(maybe, sizeof(maybe), "%" PRIu32 " might be missed; ", result->nr_maybe);
	snprintf(buf, size, "%s%s", maybe,
		 !result->is_recorded ? result->doubtful ? "rests on doubtful VMAs" : "" :
		 result->agrees ? "recorded so; the model agrees" : "recorded so; the model DIFFERS");
	return buf;
}

/* The model's moment is not the one that everything else on the screen is of. */
static bool is_apart(const struct stepping *s, uint64_t *ret_last)
{
	uint32_t nr = episode_nr_steps(s->episode);

	*ret_last = nr ? episode_step(s->episode, nr - 1)->event : s->row.fact.born;
	return s->scene.when.t < *ret_last;
}

struct columns_at {
	int rule, offered, visited, skipped, missed, note;
};

static struct columns_at columns_of(struct pane pane)
{
	bool wide = pane.width > 100;

	return (struct columns_at){1, 10 + (wide ? 22 : 0), 20 + (wide ? 24 : 0),
				   29 + (wide ? 24 : 0), 39 + (wide ? 24 : 0), 46 + (wide ? 25 : 0)};
}

static void draw_number(struct pane pane, int x, int width, int y, enum role role, uint64_t number)
{
	char text[FORMAT_MAX];

	pane_fit(pane, x, y, width, ALIGN_RIGHT, role, format_count(text, number));
}

static void draw_rule(struct pane pane, int y, enum walk_rule rule, const struct whatif_result *result)
{
	char note[96];
	struct columns_at at = columns_of(pane);
	enum role role = result->nr_missed ? ROLE_FAULT : result->is_recorded ? ROLE_VISITED : ROLE_TEXT;

	pane_fit(pane, at.rule, y, at.offered - 2, ALIGN_LEFT, role,
		 pane.width > 100 ? rule_asks(rule) : walk_rule_name(rule));
	draw_number(pane, at.offered, 9, y, role, result->nr_iteration_total);
	draw_number(pane, at.visited, 8, y, role, result->visited);
	draw_number(pane, at.skipped, 9, y, role,
		    result->skip_addr_out_of_range + result->skip_mm_mismatch + result->skip_invalid);
	draw_number(pane, at.missed, 6, y, role, result->nr_missed);
	pane_fit(pane, at.note, y, pane.width - at.note - 3, ALIGN_LEFT,
		 result->is_recorded && !result->agrees ? ROLE_DOUBT : ROLE_SKIPPED, note_of(result, note, sizeof(note)));
	pane_fact(pane, pane.width - 2, y, EVIDENCE_MODELLED, result->doubtful);
}

static const char *missed_text(struct stepping *s, const struct mapped *place, char *buf, size_t size)
{
	char owner[48];

	snprintf(buf, size, "%s at 0x%" PRIx64 "%s", scene_owner(&s->scene, place->mm, owner, sizeof(owner)),
		 place->address, ref_is_none(place->item) ? ", no item leads there"
		 : place->own ? "" : ", a fork");
	return buf;
}

void walk_draw_whatif(struct pane pane, struct stepping *s)
{
	const struct whatif *whatif = whatif_of(s);
	struct columns_at at = columns_of(pane);
	char text[128];
	uint64_t last;
	int y = 1;

	*text = 0;
	if (is_apart(s, &last))
		snprintf(text, sizeof(text), "whole walk, #%" PRIu64 "-#%" PRIu64, s->row.fact.born, last);
	pane_rule(pane, 0, "WHAT-IF", text);
	pane_fit(pane, at.offered + 1, 0, 8, ALIGN_RIGHT, ROLE_HEADING, " OFFERED");
	pane_fit(pane, at.visited, 0, 8, ALIGN_RIGHT, ROLE_HEADING, " VISITED");
	pane_fit(pane, at.skipped + 1, 0, 8, ALIGN_RIGHT, ROLE_HEADING, " SKIPPED");
	pane_fit(pane, at.missed - 1, 0, 7, ALIGN_RIGHT, ROLE_HEADING, " MISSED");
	if (!whatif) {
		pane_text(pane, 1, 1, ROLE_HINT, "the walk's stable node is not known: nothing to walk again");
		return;
	}
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
		draw_rule(pane, y++, rule, &whatif->rules[rule]);
	for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
		for (uint32_t i = 0; i < whatif->rules[rule].nr_missed && y < pane.height; i++)
			pane_printf(pane, 1, y++, ROLE_FAULT, "! %s would miss %s", walk_rule_name(rule),
				    missed_text(s, whatif->rules[rule].missed[i], text, sizeof(text)));
}

void walk_copy_whatif(struct stepping *s, char *buffer, size_t size)
{
	const struct whatif *whatif = whatif_of(s);
	size_t at = strlen(buffer);
	char text[128], note[96];

	for (enum walk_rule rule = 0; whatif && rule < NR_RULES && at < size; rule++) {
		const struct whatif_result *result = &whatif->rules[rule];

		at += (size_t)snprintf(buffer + at, size - at, "\nrule %s: nr_iteration_total %" PRIu64
			", visited %" PRIu64 ", Skip_addr_out_of_range %" PRIu64 ", Skip_mm_mismatch %"
			PRIu64 ", missed %" PRIu32 "%s%s", walk_rule_name(rule),
			result->nr_iteration_total, result->visited, result->skip_addr_out_of_range,
			result->skip_mm_mismatch, result->nr_missed,
			*note_of(result, note, sizeof(note)) ? "; " : "", note);
		for (uint32_t i = 0; i < result->nr_missed && i < 8 && at < size; i++)
			at += (size_t)snprintf(buffer + at, size - at, "\n  missed: %s",
				missed_text(s, result->missed[i], text, sizeof(text)));
	}
}
