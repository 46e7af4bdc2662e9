// SPDX-License-Identifier: GPL-2.0-only
/*
 * recovery_panes.c - what the failure had done without recovery, and recovery without memory.
 *
 * The model is explain/blast.h's, of the stable node that failed, at the moment in front of the
 * failure.  What recovery really came to so far stands beside it, so that the two can be held
 * against each other, and the model against the recording.
 *
 * Without memory for a fresh copy the patch maps the healthy dup itself, however many mappings that
 * has by then (ksm_recovery_lock_target(); patch 0004): max_page_sharing is not asked.
 *
 * Not here: what the model rests on (explain/blast.c), what happened (recovery_facts.c).
 */
#include "recovery_panes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/diag.h"

#include "view_util.h"

void recovery_panes_fini(struct recovery_panes *panes)
{
	blast_fini(&panes->blast);
	panes->asked = panes->known = false;
}

void recovery_panes_toggle(struct recovery_panes *panes, enum recovery_question question)
{
	panes->shown = !panes->shown || panes->question != question;
	panes->question = question;
}

/* NULL where the failing page's stable node is not known. */
static const struct blast *ask(struct recovery_panes *panes, struct stepping *s)
{
	struct moment when = recovery_front(s);
	uint64_t known_by = s->scene.when.known_by;
	struct diag diag = {0};

	/* What recovery came to is no answer before it did. */
	if (!session_hindsight(s->scene.session))
		when.known_by = known_by > when.t ? known_by : when.t;

	if (panes->asked && panes->of == s->scene.history && ref_equal(panes->node, s->row.object) &&
	    panes->when.t == when.t && panes->when.known_by == when.known_by)
		return panes->known ? &panes->blast : NULL;
	recovery_panes_fini(panes);
	panes->of = s->scene.history;
	panes->node = s->row.object;
	panes->when = when;
	panes->asked = true;
	panes->known = s->row.object.table == TABLE_NODE &&
		       !blast_page(episode_source(s->episode), s->row.object, when, &panes->blast, &diag);
	return panes->known ? &panes->blast : NULL;
}

/* ---- without recovery ---- */

/* "vm-a 2201, 2202, vm-b 2203": who maps the page, a name once for all that follow under it. */
static const char *victims_text(struct stepping *s, const struct blast *blast, char *buf, size_t size)
{
	char last[64] = "";
	size_t at = 0;

	*buf = 0;
	for (uint32_t i = 0; i < blast->nr_victims && at < size; i++) {
		const struct victim *victim = &blast->victims[i];
		char owner[64];
		size_t name;

		scene_owner(&s->scene, victim->mm, owner, sizeof(owner));
		name = (size_t)(strrchr(owner, ' ') ? strrchr(owner, ' ') + 1 - owner : 0);
		at += (size_t)snprintf(buf + at, size - at, "%s%s%s", at ? ", " : "",
				       name && !strncmp(owner, last, name) ? owner + name : owner,
				       victim->known ? "" : "?");
		memcpy(last, owner, sizeof(last));
	}
	return buf;
}

/* Other dups of the chain hold the same bytes. */
static const char *copies_text(const struct recovery_facts *f, char *buf, size_t size)
{
	size_t at = 0;

	*buf = 0;
	for (uint32_t i = 0; i < f->nr_dups && at < size; i++)
		if (!f->dups[i].failing && f->dups[i].before >= 0)
			at += (size_t)snprintf(buf + at, size - at, "%spfn 0x%" PRIx64, at ? ", " : "",
					       f->dups[i].kpfn);
	if (!at)
		snprintf(buf, size, "no other dup");
	return buf;
}

static void draw_without(struct pane pane, struct stepping *s, const struct recovery_facts *f,
			 const struct blast *blast)
{
	uint32_t nr_touched = 0, nr = blast->nr_killed_without;
	char text[512];

	for (uint32_t i = 0; i < f->nr_processes; i++)
		nr_touched += f->processes[i].nr_touched;
	pane_fieldf(pane, 1, '!', "killed", EVIDENCE_MODELLED, blast->nr_maybe > 0, "%" PRIu32 " %s map%s the page: %s",
		    nr, nr == 1 ? "process" : "processes", nr == 1 ? "s" : "",
		    victims_text(s, blast, text, sizeof(text)));
	pane_fieldf(pane, 2, ' ', "same bytes", EVIDENCE_INFERRED, false, "%s",
		    copies_text(f, text, sizeof(text)));
	pane_fieldf(pane, 3, ' ', "recovery", blast->evidence, blast->doubtful, "moves %" PRIu32 ", %" PRIu32
		    " still die: %s", blast->nr_moved, blast->nr_killed_with,
		    blast_why_text((enum blast_why)blast->why));
	pane_fieldf(pane, 4, f->failed || f->nr_told || nr_touched ? '!' : f->moved ? '*' : ' ', "so far",
		    nr_touched ? EVIDENCE_INFERRED : EVIDENCE_TRACED, false, "mappings moved %" PRIu32 ", not %" PRIu32
		    "; SIGBUS sent %" PRIu32 ", by touch %" PRIu32, f->moved, f->failed, f->nr_told, nr_touched);
}

/* ---- without memory ---- */

/* The items of the dup that they would go to, in front of the failure; -1: it is not known. */
static int64_t items_of_dup(struct stepping *s, const struct blast *blast)
{
	union row row;

	if (ref_is_none(blast->healthy_dup) ||
	    history_row(s->scene.history, blast->healthy_dup, recovery_front(s), &row))
		return -1;
	return row.node.nr_items;
}

static void draw_limit(struct pane pane, int y, struct stepping *s, const struct blast *blast, int64_t there)
{
	int64_t limit, sum = there + blast->node.nr_items;

	if (!scene_sysfs(&s->scene, s->row.fact.born, "max_page_sharing", &limit))
		pane_fieldf(pane, y, ' ', "limit", 0, false, "max_page_sharing is not in the recording by then");
	else if (sum > limit)
		pane_fieldf(pane, y, '!', "limit", EVIDENCE_MODELLED, false,
			    "%" PRId64 " over max_page_sharing (%" PRId64 "), which recovery does not ask",
			    sum - limit, limit);
	else
		pane_fieldf(pane, y, ' ', "limit", EVIDENCE_MODELLED, false,
			    "max_page_sharing (%" PRId64 ") is kept", limit);
}

static void draw_no_memory(struct pane pane, struct stepping *s, const struct recovery_facts *f,
			   const struct blast *blast)
{
	int64_t there = items_of_dup(s, blast);
	char name[48];

	if (there < 0) {
		pane_fieldf(pane, 1, ' ', "no difference", EVIDENCE_MODELLED, blast->doubtful,
			    "%s", blast_why_text((enum blast_why)blast->why));
		return;
	}
	pane_fieldf(pane, 1, '*', "mapped is", EVIDENCE_MODELLED, blast->doubtful, "the dup itself: %s pfn 0x%" PRIx64,
		    scene_name(&s->scene, blast->healthy_dup, name, sizeof(name)), blast->healthy_pfn);
	pane_fieldf(pane, 2, ' ', "its items", EVIDENCE_MODELLED, blast->doubtful, "%" PRId64 " and %" PRIu32
		    " that are moved: %" PRId64, there, blast->node.nr_items, there + blast->node.nr_items);
	draw_limit(pane, 3, s, blast, there);
	if (f->phases[PHASE_COPY].done)
		pane_fieldf(pane, 4, ' ', "here", EVIDENCE_TRACED, false,
			    f->fresh_kpfn ? "there was memory: a fresh page was made"
			    : f->chosen_kpfn ? "so it was: no page could be had" : "the copy failed: its bytes could not be read");
}

void recovery_panes_draw(struct pane pane, struct recovery_panes *panes, struct stepping *s,
			 const struct recovery_facts *f)
{
	bool memory = panes->question == WITHOUT_MEMORY;
	const struct blast *blast = ask(panes, s);

	pane_fill(pane, 0, 0, pane.width, pane.height, ROLE_TEXT);
	pane_rule(pane, 0, memory ? "WHAT-IF no page is free for the copy" : "WITHOUT RECOVERY",
		  memory ? "x: back" : "k: back");
	if (!blast)
		pane_text(pane, 3, 1, ROLE_HINT, "the failing page's stable node is not known: nothing to model");
	else if (memory)
		draw_no_memory(pane, s, f, blast);
	else
		draw_without(pane, s, f, blast);
}

void recovery_panes_copy(struct recovery_panes *panes, struct stepping *s, char *buffer, size_t size)
{
	const struct blast *blast = ask(panes, s);
	size_t at = strlen(buffer);
	char text[512], name[48];
	int64_t there;

	if (!blast || at >= size)
		return;
	there = items_of_dup(s, blast);
	if (panes->question == WITHOUT_RECOVERY)
		snprintf(buffer + at, size - at, "\nwithout recovery %" PRIu32 " killed (modelled): %s",
			 blast->nr_killed_without, victims_text(s, blast, text, sizeof(text)));
	else if (there >= 0)
		snprintf(buffer + at, size - at, "\nwithout memory for a copy (modelled): %" PRIu32
			 " items go to %s itself, which has %" PRId64, blast->node.nr_items,
			 scene_name(&s->scene, blast->healthy_dup, name, sizeof(name)), there);
}
