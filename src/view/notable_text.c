// SPDX-License-Identifier: GPL-2.0-only
/*
 * notable_text.c - a notable moment in words, for the overview and the timeline.
 *
 * What is notable is the history's judgement; here it only gets its sentence and its mark.  The
 * sentence stays within some fifty columns, because it stands in one line of an 80-column screen
 * behind a mark and a time.
 *
 * Severity decides between "seen" and "fault", the kind decides the words.
 */
#include "notable_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "event/event_index.h"
#include "explain/words.h"
#include "format.h"

char notable_mark(const struct notable *notable)
{
	if (notable->severity >= 2)
		return '!';
	switch (notable->kind) {
	case NOTABLE_CHAIN_MADE:
	case NOTABLE_MM_ENTERED:
		return '+';
	case NOTABLE_CHAIN_GONE:
	case NOTABLE_MASS_REMOVAL:
	case NOTABLE_MM_LEFT:
		return 'x';
	default:
		return notable->severity ? '~' : '|';
	}
}

/* ---- episodes ---- */
/* The page that it is about: its stable node, else its pfn; 0: the event that tells it was lost. */
static const char *name_page(const struct scene *scene, struct ref node, uint64_t pfn, char *buf, size_t size)
{
	if (!ref_is_none(node))
		return scene_name(scene, node, buf, size);
	snprintf(buf, size, pfn ? "pfn 0x%" PRIx64 : "a page", pfn);
	return buf;
}

/* Whose memory is collapsed; where it is, when nobody knows whose. */
static const char *name_range(const struct scene *scene, const struct episode_row *row, char *buf, size_t size)
{
	if (!ref_is_none(row->object))
		return scene_owner(scene, row->object, buf, size);
	snprintf(buf, size, "0x%" PRIx64, row->totals.collapse.address);
	return buf;
}

static void walk_text(const struct scene *scene, const struct notable *notable,
		      const struct episode_row *row, char *buf, size_t size)
{
	const struct walk_totals *walk = &row->totals.walk;
	char page[64], held[FORMAT_MAX], took[FORMAT_MAX], purpose[24], rule[24];

	name_page(scene, row->object, walk->pfn, page, sizeof(page));
	if (notable->kind == NOTABLE_SLOW_WALK)
		snprintf(buf, size, "lock held %s in a walk of %s of %s", format_duration(held, walk->longest_hold_ns),
			 format_duration(took, walk->duration_ns), page);
	else
		snprintf(buf, size, "%s walk (%s) left %" PRId32 " mapping%s of %s",
			 explain_word(WORDS_PURPOSE, walk->purpose, purpose), explain_word(WORDS_RULE, walk->rule, rule),
			 walk->mapcount_after, walk->mapcount_after == 1 ? "" : "s", page);
}

static void recovery_text(const struct scene *scene, const struct episode_row *row, char *buf, size_t size)
{
	const struct recovery_totals *recovery = &row->totals.recovery;
	char page[64], outcome[24];

	name_page(scene, row->object, recovery->pfn, page, sizeof(page));
	snprintf(buf, size, "recovery of %s: %s; %" PRIu32 " moved, mapcount %" PRId32, page,
		 explain_word(WORDS_OUTCOME, recovery->outcome, outcome), recovery->moved, recovery->mapcount_after);
}

static void episode_text(const struct scene *scene, const struct notable *notable,
			 const struct episode_row *row, char *buf, size_t size)
{
	char object[64], symbol[SYMBOL_MAX];

	switch (notable->kind) {
	case NOTABLE_SLOW_WALK:
	case NOTABLE_WALK_LEFT:
		walk_text(scene, notable, row, buf, size);
		break;
	case NOTABLE_MIGRATION_FAILED:
		snprintf(buf, size, "migration failed: %" PRIu64 " page%s not moved, %" PRIu32 "%s walk%s",
			 row->totals.migration.failed, plural(row->totals.migration.failed),
			 row->totals.migration.nr_walks, row->fact.doubt ? " or more" : "",
			 plural(row->totals.migration.nr_walks));
		break;
	case NOTABLE_KILL_LIST:
		snprintf(buf, size, "kill list of %s: %" PRIu32 " process%s",
			 name_page(scene, row->object, row->totals.kill.pfn, object, sizeof(object)),
			 row->totals.kill.nr_tasks, row->totals.kill.nr_tasks == 1 ? "" : "es");
		break;
	case NOTABLE_RECOVERY:
		recovery_text(scene, row, buf, size);
		break;
	case NOTABLE_COLLAPSE_FAILED:
		snprintf(buf, size, "collapse of %s failed: %s",
			 name_range(scene, row, object, sizeof(object)),
			 explain_scan_result(recording_events(scene->recording), row->totals.collapse.result, symbol));
		break;
	default:
		break;
	}
}

/* ---- the others ---- */
/* A signal carries no page, but it says whom it goes to. */
static void signal_text(const struct scene *scene, const struct notable *notable, char *buf, size_t size)
{
	const struct args_SIGNAL_GENERATE *args;
	struct event event;

	if (event_index_event(recording_events(scene->recording), notable->event, &event) ||
	    event.kind != EVENT_SIGNAL_GENERATE || !event.args) {
		snprintf(buf, size, "SIGBUS to %" PRIu64, notable->value);
		return;
	}
	args = EVENT_ARGS(&event, SIGNAL_GENERATE);
	snprintf(buf, size, "SIGBUS to %.16s %" PRId64, args->comm, args->pid);
}

static void other_text(const struct scene *scene, const struct notable *notable, char *buf, size_t size)
{
	char object[64], number[FORMAT_MAX];

	if (notable->ref.table == TABLE_MM)
		scene_owner(scene, notable->ref, object, sizeof(object));
	else
		scene_name(scene, notable->ref, object, sizeof(object));
	format_count(number, notable->value);
	switch (notable->kind) {
	case NOTABLE_LOSS:
		snprintf(buf, size,
			 notable->value ? "%s events lost" : "events lost, nobody knows how many",
			 number);
		break;
	case NOTABLE_SCAN:
		snprintf(buf, size, "ksmd begins a scan: %" PRIu64 " rmap_items", notable->value);
		break;
	case NOTABLE_CHAIN_MADE:
		snprintf(buf, size, "chain made: %s", object);
		break;
	case NOTABLE_CHAIN_GONE:
		snprintf(buf, size, "chain gone: %s", object);
		break;
	case NOTABLE_POISON:
		snprintf(buf, size, "memory failure: %s", object);
		break;
	case NOTABLE_SIGBUS:
		signal_text(scene, notable, buf, size);
		break;
	case NOTABLE_MASS_REMOVAL:
		snprintf(buf, size, "%s or more departures noticed in a row", number);
		break;
	case NOTABLE_MM_ENTERED:
		snprintf(buf, size, "%s enters KSM", object);
		break;
	case NOTABLE_MM_LEFT:
		snprintf(buf, size, "%s leaves KSM", object);
		break;
	case NOTABLE_FINDING:
		snprintf(buf, size, "a dump differs, %s: %s", object, history_finding_id(notable->value));
		break;
	default:
		snprintf(buf, size, "%s", object);
	}
}

const char *notable_text(const struct scene *scene, const struct notable *notable, char *buf,
			 size_t size)
{
	union row row;

	/* All of an episode is known at its end, where it is notable. */
	if (notable->ref.table == TABLE_EPISODE && notable->kind != NOTABLE_SCAN &&
	    !history_row(scene->history, notable->ref, moment_at(notable->event), &row))
		episode_text(scene, notable, &row.episode, buf, size);
	else
		other_text(scene, notable, buf, size);
	return buf;
}

bool notable_near(const struct scene *scene, uint64_t t, int dir, uint8_t severity,
		  struct notable *ret)
{
	int i = history_notable_near(scene->history, t, dir, severity);

	return i >= 0 && !history_notable(scene->history, (uint32_t)i, ret);
}

uint8_t notable_least(const struct scene *scene)
{
	return history_notable_near(scene->history, NEVER, -1, 1) >= 0;
}

void notable_jump(const struct scene *scene, int dir)
{
	struct notable notable;

	/* Several may share an event: go to the nearest other one. */
	if (notable_near(scene, scene->when.t, dir, notable_least(scene), &notable) && notable.event != scene->when.t)
		session_jump_to(scene->session, notable.event);
	else
		session_say(scene->session,
			    dir < 0 ? "no earlier notable moment" : "no later notable moment");
}
