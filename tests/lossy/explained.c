// SPDX-License-Identifier: GPL-2.0-only
/*
 * explained.c - see explained.h.
 *
 * Places are told by mm (or process, or VMA) and address, pages by stable node and pfn, items by address.  An
 * episode of the recording with gaps is the one of the whole recording that was running in the same thread at its
 * first event; there is at most one, for a thread is in one episode of a kind at a time.  Scans have a number.
 *
 * "At least so many" is a claim of a list, not of its number: entries must be so, and only a list that is said to
 * be whole must have all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/blast.h"
#include "explain/invariants.h"
#include "explain/stale.h"
#include "explain/whatif.h"
#include "explain/why_not_merged.h"
#include "explained.h"
#include "trace/diag.h"

#define KEY_MAX		120
#define GROUP_MAX	200
#define PAGES_MAX	65536u		/* of a run of addresses: longer ones are one claim */
#define U(x)		((unsigned long long)(x))

static uint64_t addr_of(const struct history *h, struct ref ref)
{
	union row row;

	if (ref_is_none(ref) || history_life(h, ref, 0, KNOWN_HINDSIGHT, &row) != 0)
		return 0;
	return ref.table == TABLE_MM ? row.mm.name.addr : ref.table == TABLE_NODE ? row.node.name.addr :
	       ref.table == TABLE_ITEM ? row.item.name.addr : ref.table == TABLE_VMA ? row.vma.name.addr :
	       ref.table == TABLE_PAGE ? row.page.name.addr : 0;
}

static uint64_t real_of(const struct side *side, uint64_t event)
{
	return !event ? 0 : !side->real ? event : event <= side->last ? side->real[event] : 0;
}

/* By then, or at the end. */
static struct moment known_moment(const struct side *side, uint64_t known_by)
{
	return known_by == KNOWN_HINDSIGHT ? moment_hindsight(history_last(side->source.history)) : moment_at(known_by);
}

uint32_t explained_episode(const struct side *side, const struct episode_row *row)
{
	uint64_t seen = real_of(side, row->begin_lost ? row->fact.known : row->fact.born);
	struct history_cursor cursor;
	uint32_t number = 0;
	union row real;

	if (!side->real)
		return row->number;
	if (history_list(side->whole, EPISODES_OF_KIND, ref_of_kind(row->kind), moment_hindsight(history_last(side->whole)),
			 &cursor) != 0)
		return 0;
	while (history_next(&cursor, &real) == 1)
		if (real.fact.died >= seen && (row->kind == EPISODE_SCAN ? !number && real.episode.seqnr == row->seqnr :
					       real.episode.tid == row->tid && real.fact.born <= seen))
			number = real.episode.number;
	return number;
}

/* ---- what-if ---- */
/* The mm's address; of a process that is known by its number only the whole recording's. */
static uint64_t mm_of(const struct side *side, struct ref mm, int32_t tgid)
{
	uint64_t addr = addr_of(side->source.history, mm);
	struct ref found;

	if (!addr && tgid > 0 &&
	    history_find_pid(side->whole, tgid, moment_hindsight(history_last(side->whole)), &found) == 0)
		addr = addr_of(side->whole, found);
	return addr;
}

static void place_text(const struct side *side, const struct mapped *place, char text[KEY_MAX])
{
	uint64_t mm = mm_of(side, place->mm, place->tgid);
	struct ref found;
	union row row;

	/* That VMA's mm is known there. */
	if (!mm && !ref_is_none(place->vma) &&
	    history_find(side->whole, TABLE_VMA, addr_of(side->source.history, place->vma), 0,
			 moment_hindsight(history_last(side->whole)), &found) == 0 &&
	    history_life(side->whole, found, 0, KNOWN_HINDSIGHT, &row) == 0)
		mm = addr_of(side->whole, row.vma.mm);
	if (mm)
		snprintf(text, KEY_MAX, "mm %llx at %llx", U(mm), U(place->address));
	else if (!ref_is_none(place->vma))
		snprintf(text, KEY_MAX, "vma %llx at %llx", U(addr_of(side->source.history, place->vma)),
			 U(place->address));
	else
		snprintf(text, KEY_MAX, "pid %d at %llx", place->tgid, U(place->address));
}

static void places(const struct side *side, const struct mapped **list, uint32_t nr, const char *group,
		   bool doubtful, struct claims *claims)
{
	char text[KEY_MAX];

	for (uint32_t i = 0; i < nr; i++) {
		place_text(side, list[i], text);
		claim_entry(claims, doubtful || list[i]->doubtful || !list[i]->known, group, "%s", text);
	}
}

static void rule_claims(const struct side *side, const struct whatif *whatif, enum walk_rule rule, const char *about,
			struct claims *claims)
{
	const struct whatif_result *r = &whatif->rules[rule];
	const struct { const char *name; uint64_t nr; } counts[] = {
		{ "offered", r->nr_iteration_total }, { "visited", r->visited }, { "holds", r->nr_holds },
		{ "outside", r->skip_addr_out_of_range }, { "other mm", r->skip_mm_mismatch },
		{ "invalid", r->skip_invalid }, { "why", r->why },
	};
	char group[GROUP_MAX];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		claim_number(claims, r->doubtful, (int64_t)counts[i].nr, "%s rule %s %s", about, walk_rule_name(rule),
			     counts[i].name);
	if (r->is_recorded && !r->agrees)
		claim_number(claims, r->doubtful, r->agrees, "%s rule %s agrees", about, walk_rule_name(rule));
	snprintf(group, sizeof(group), "%s rule %s missed", about, walk_rule_name(rule));
	places(side, r->missed, r->nr_missed, group, r->doubtful, claims);
	places(side, r->maybe, r->nr_maybe, group, true, claims);
	claim_whole(claims, r->doubtful, group);
}

static void whatif_claims(const struct side *side, const struct whatif *whatif, const char *about,
			  struct claims *claims)
{
	char group[GROUP_MAX], text[KEY_MAX];

	for (enum walk_rule rule = 0; rule < NR_RULES; rule++)
		rule_claims(side, whatif, rule, about, claims);
	snprintf(group, sizeof(group), "%s mappings", about);
	for (uint32_t i = 0; i < whatif->mappings.nr; i++) {
		const struct mapped *place = &whatif->mappings.list[i];

		place_text(side, place, text);
		claim_entry(claims, place->doubtful || !place->known, group, "%s", text);
	}
}

void explained_walks(const struct side *side, uint64_t known_by, struct claims *claims)
{
	struct moment when = known_moment(side, known_by);
	struct history_cursor cursor;
	struct whatif *whatif;
	struct diag diag = { 0 };
	char about[KEY_MAX];
	union row row;

	if (history_list(side->source.history, EPISODES_OF_KIND, ref_of_kind(EPISODE_WALK), when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) == 1) {
		if (whatif_walk(&side->source, row.episode.ref, when, ALL_RULES, &whatif, &diag) != 0)
			continue;
		snprintf(about, sizeof(about), "walk %u", explained_episode(side, &row.episode));
		whatif_claims(side, whatif, about, claims);
		whatif_free(whatif);
	}
}

/* ---- pages ---- */
static const char *fate(const struct victim *victim)
{
	return victim->dies ? "dies" : "moves";
}

static void blast_claims(const struct side *side, const struct blast *blast, const char *about,
			 struct claims *claims)
{
	bool doubt = blast->doubtful;
	char group[GROUP_MAX], victim[KEY_MAX];

	snprintf(group, sizeof(group), "%s blast victims", about);
	for (uint32_t i = 0; i < blast->nr_victims; i++) {
		const struct victim *v = &blast->victims[i];

		snprintf(victim, sizeof(victim), "mm %llx pid %d", U(mm_of(side, v->mm, v->tgid)),
			 mm_of(side, v->mm, v->tgid) ? 0 : v->tgid);
		claim_entry(claims, !v->known || doubt, group, "%s", victim);
		claim(claims, !v->known || doubt, fate(v), "%s blast %s", about, victim);
	}
	claim_whole(claims, doubt, group);
	claim_number(claims, doubt, blast->nr_killed_without, "%s blast killed without", about);
	claim_number(claims, doubt, blast->nr_killed_with, "%s blast killed with", about);
	claim_number(claims, doubt, (int64_t)blast->healthy_pfn, "%s blast healthy", about);
	claim_number(claims, doubt, blast->why, "%s blast why", about);
}

static void stale_claims(const struct side *side, const struct stale_page *page, const char *about,
			 struct claims *claims)
{
	char group[GROUP_MAX];

	snprintf(group, sizeof(group), "%s stale", about);
	for (uint32_t i = 0; i < page->nr; i++) {
		const struct stale_entry *e = &page->entries[i];

		claim_entry(claims, e->doubtful || !e->known, group, "mm %llx at %llx",
			    U(mm_of(side, e->mm, e->tgid)), U(e->address));
		claim_number(claims, e->doubtful || !e->known, e->kind, "%s mm %llx at %llx item at %llx", group,
			     U(mm_of(side, e->mm, e->tgid)), U(e->address), U(e->item_address));
	}
	claim_whole(claims, page->untold || page->truncated, group);
}

static void page_claims(const struct side *side, const struct node_row *node, struct moment when,
			struct claims *claims)
{
	struct diag diag = { 0 };
	struct stale_page stale;
	struct whatif *whatif;
	struct blast blast;
	char about[KEY_MAX];

	snprintf(about, sizeof(about), node->name.addr ? "node %llx" : "node of pfn %llx",
		 U(node->name.addr ? node->name.addr : node->kpfn));
	if (whatif_page(&side->source, node->ref, when, ALL_RULES, &whatif, &diag) == 0) {
		whatif_claims(side, whatif, about, claims);
		whatif_free(whatif);
	}
	if (blast_page(&side->source, node->ref, when, &blast, &diag) == 0) {
		blast_claims(side, &blast, about, claims);
		blast_fini(&blast);
	}
	if (stale_page(&side->source, node->ref, when, &stale, &diag) == 0) {
		stale_claims(side, &stale, about, claims);
		stale_page_fini(&stale);
	}
}

void explained_pages(const struct side *side, struct moment when, struct claims *claims)
{
	struct history_cursor cursor;
	union row row;

	if (history_list(side->source.history, ALL_NODES, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) == 1)
		if (row.node.kind != NODE_CHAIN && (row.node.kpfn * 2654435761u >> 7) % side->one_of == 0)
			page_claims(side, &row.node, when, claims);
}

/* ---- processes ---- */
struct why_claims { const struct side *side; struct claims *claims; uint64_t mm; };

static int why_claim(const struct why_not *why, void *arg)
{
	struct why_claims *to = arg;
	bool all = (why->last - why->first) / 4096 + 1 == why->nr_pages;

	if (!why->first && !why->last) {
		claim_number(to->claims, why->doubtful, (int64_t)why->nr_pages, "mm %llx %s scan %lld",
			     U(to->mm), not_merged_word(why->reason), (long long)why->seqnr);
		return 0;
	}
	for (uint64_t page = why->first; all && why->nr_pages < PAGES_MAX && page <= why->last; page += 4096)
		claim(to->claims, why->doubtful, not_merged_word(why->reason), "mm %llx page %llx", U(to->mm), U(page));
	if (!all || why->nr_pages >= PAGES_MAX)
		claim_number(to->claims, why->doubtful, (int64_t)why->nr_pages, "mm %llx pages %llx-%llx %s", U(to->mm),
			     U(why->first), U(why->last), not_merged_word(why->reason));
	return 0;
}

void explained_processes(const struct side *side, struct moment when, struct claims *claims)
{
	struct history_cursor cursor;
	struct diag diag = { 0 };
	union row row;

	if (history_list(side->source.history, ALL_MMS, (struct ref){ 0 }, when, &cursor) != 0)
		return;
	while (history_next(&cursor, &row) == 1) {
		struct why_claims to = { side, claims, row.mm.name.addr };

		why_not_merged(&side->source, row.mm.ref, 0, UINT64_MAX, when, why_claim, &to, &diag);
	}
}

/* ---- invariants ---- */
static int finding_claim(const struct finding *finding, void *arg)
{
	const struct why_claims *to = arg;
	union row row;
	uint64_t object = addr_of(to->side->source.history, finding->object);

	if (finding->object.table == TABLE_EPISODE &&
	    history_row(to->side->source.history, finding->object, known_moment(to->side, KNOWN_HINDSIGHT), &row) == 0)
		object = explained_episode(to->side, &row.episode);
	else if (finding->object.table == TABLE_MAPPING &&
		 history_life(to->side->source.history, finding->object, 0, KNOWN_HINDSIGHT, &row) == 0)
		object = row.mapping.address ^ (uint64_t)row.mapping.tgid << 48;
	claim_number(to->claims, finding->severity < 2, finding->found, "check %s of %u %llx", finding->id,
		     finding->object.table, U(object));
	return 0;
}

void explained_check(const struct side *side, struct claims *claims)
{
	struct why_claims to = { side, claims, 0 };

	invariants_check(&side->source, moment_hindsight(history_last(side->source.history)), finding_claim, &to);
}
