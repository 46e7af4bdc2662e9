// SPDX-License-Identifier: GPL-2.0-only
/*
 * episode_field.c - what an episode came to, as named values.
 *
 * The names are those of the JSON (a walk's are the kernel mails'), and the same in filters, sort
 * keys and assertions.  A count that the kernel tells at the end of an episode is no zero before:
 * until the end was seen it is nothing, so that `longest_hold_ns < 5000000` is neither true nor
 * false of a walk whose end was cut off.
 *
 * Enumerated numbers become the words of event_table.h; one that is not in its list stays a number.
 */
#include "episode_field.h"

#include <inttypes.h>
#include <stdio.h>

#include "event/event_table.h"

#define V(name, text) text,
static const char *const purposes[] = { KSMTOP_PURPOSES(V) };
static const char *const rules[] = { KSMTOP_WALK_RULES(V) };
static const char *const walk_ends[] = { KSMTOP_WALK_ENDS(V) };
static const char *const outcomes[] = { KSMTOP_RECOVERY_OUTCOMES(V) };
#undef V
#define NR(list) (sizeof(list) / sizeof(*(list)))

static void word(struct fields *fields, const char *name, const char *const *words, size_t nr,
		 uint8_t value, bool known)
{
	char number[8];

	snprintf(number, sizeof(number), "%u", value);
	fields_text(fields, name, !known ? NULL : value < nr ? words[value] : number);
}

/* A number that is known at the end only. */
static void at_end(struct fields *fields, const char *name, uint64_t number, bool ended)
{
	if (ended)
		fields_number(fields, name, (int64_t)number);
	else
		fields_nothing(fields, name);
}

static void pfn(struct fields *fields, const char *name, uint64_t number)
{
	if (number)
		fields_hex(fields, name, number);
	else
		fields_nothing(fields, name);
}

static void mapcounts(struct fields *fields, int32_t before, int32_t after, bool begun, bool ended)
{
	at_end(fields, "mapcount_before", (uint64_t)(int64_t)before, begun);
	at_end(fields, "mapcount_after", (uint64_t)(int64_t)after, ended);
}

static void walk(const struct episode_row *episode, struct fields *fields)
{
	const struct walk_totals *w = &episode->totals.walk;
	bool ended = episode->ended, begun = !episode->begin_lost;

	fields_number(fields, "walk_id", (int64_t)w->walk_id);
	pfn(fields, "pfn", w->pfn);
	word(fields, "purpose", purposes, NR(purposes), w->purpose, begun);
	word(fields, "rule", rules, NR(rules), w->rule, begun);
	at_end(fields, "nr_iteration_total", w->nr_iteration_total, ended);
	at_end(fields, "skip_addr_out_of_range", w->skip_addr_out_of_range, ended);
	at_end(fields, "skip_mm_mismatch", w->skip_mm_mismatch, ended);
	at_end(fields, "skip_invalid", w->skip_invalid, ended);
	at_end(fields, "skipped", w->skip_addr_out_of_range + w->skip_mm_mismatch + w->skip_invalid,
	       ended);
	at_end(fields, "visited", w->visited, ended);
	at_end(fields, "holds", w->holds, ended);
	at_end(fields, "longest_hold_ns", w->longest_hold_ns, ended);
	at_end(fields, "held_ns", w->held_ns, ended);
	at_end(fields, "waited_ns", w->waited_ns, ended);
	at_end(fields, "longest_wait_ns", w->longest_wait_ns, ended);
	mapcounts(fields, w->mapcount_before, w->mapcount_after, begun, ended);
	word(fields, "ended_because", walk_ends, NR(walk_ends), w->why, ended);
	fields_bool(fields, "complete", ended && w->complete);
}

static void kill_list(const struct episode_row *episode, struct fields *fields)
{
	const struct kill_totals *k = &episode->totals.kill;

	pfn(fields, "pfn", k->pfn);
	at_end(fields, "tasks", k->nr_listed, episode->ended);
	at_end(fields, "covering", k->nr_covering, episode->ended);
	at_end(fields, "mapping", k->nr_mapped, episode->ended);
}

static void recovery(const struct episode_row *episode, struct fields *fields)
{
	const struct recovery_totals *r = &episode->totals.recovery;
	bool ended = episode->ended;

	pfn(fields, "pfn", r->pfn);
	word(fields, "outcome", outcomes, NR(outcomes), r->outcome, ended);
	mapcounts(fields, r->mapcount_before, r->mapcount_after, !episode->begin_lost, ended);
	at_end(fields, "dups", r->nr_dups, ended);
	at_end(fields, "copies", r->nr_copies, ended);
	at_end(fields, "moved", r->moved, ended);
	at_end(fields, "failed", r->failed, ended);
	pfn(fields, "chosen_pfn", r->chosen_kpfn);
	pfn(fields, "fresh_pfn", r->fresh_kpfn);
	at_end(fields, "chain_nodes", r->nr_nodes, ended);
	at_end(fields, "search_ns", r->search_ns, ended);
	at_end(fields, "stretch_ns", r->stretch_ns, ended);
	at_end(fields, "waited_ns", r->waited_ns, !episode->begin_lost);
}

static void collapse(const struct episode_row *episode, struct fields *fields)
{
	const struct collapse_totals *c = &episode->totals.collapse;

	fields_hex(fields, "address", c->address);
	if (!episode->begin_lost)
		fields_bool(fields, "shmem", c->is_shmem);
	else
		fields_nothing(fields, "shmem");
	if (episode->ended)
		fields_bool(fields, "collapsed", collapse_is_done(c));
	else
		fields_nothing(fields, "collapsed");
	at_end(fields, "isolated", c->nr_isolated, episode->ended);
	at_end(fields, "copied", c->nr_copied, episode->ended);
	at_end(fields, "copy_failed", c->nr_failed, episode->ended);
	at_end(fields, "rolled_back", c->nr_rolled_back, episode->ended);
	at_end(fields, "none", c->nr_none, episode->ended);
}

static void migration(const struct episode_row *episode, struct fields *fields)
{
	const struct migration_totals *m = &episode->totals.migration;

	at_end(fields, "succeeded", m->succeeded, episode->ended);
	at_end(fields, "failed", m->failed, episode->ended);
	at_end(fields, "walks", m->nr_walks, episode->ended);
	at_end(fields, "moved_nodes", m->nr_moved, episode->ended);
	at_end(fields, "walk_ns", m->walk_ns, episode->ended);
	at_end(fields, "longest_hold_ns", m->longest_hold_ns, episode->ended);
}

void episode_total_fields(const struct episode_row *episode, struct fields *fields)
{
	switch (episode->kind) {
	case EPISODE_WALK: walk(episode, fields); break;
	case EPISODE_KILL_LIST: kill_list(episode, fields); break;
	case EPISODE_RECOVERY: recovery(episode, fields); break;
	case EPISODE_COLLAPSE: collapse(episode, fields); break;
	case EPISODE_MIGRATION: migration(episode, fields); break;
	default: break;
	}
}
