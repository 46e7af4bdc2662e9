// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_named.c - events that change nothing: the objects that they name, and what they found.
 *
 * A walk, a recovery, a collapse or a dump of what is known looks at objects without changing them, so the history has
 * no row of such an event for them.  Their fields name them by address; which generation that is follows
 * from the moment.  An address that the history does not know stays unnamed.
 *
 * What such an event found is one or two words, for a list's column: a VMA's verdict, how long a lock
 * was held.  Sentences are why_patch.c's.
 */
#include "why.h"

#include <inttypes.h>
#include <stdio.h>

#include "explain/words.h"
#include "format.h"

#define ARG(kind, field) ((uint64_t)EVENT_ARGS(e, kind)->field)
#define PICK(kind, when, field)                                                                    \
	case EVENT_##kind:                                                                         \
		if (table == TABLE_##when)                                                         \
			return ARG(kind, field);                                                   \
		break
#define PICK_TWO(kind, a, field_a, b, field_b)                                                     \
	case EVENT_##kind:                                                                         \
		if (table == TABLE_##a || table == TABLE_##b)                                      \
			return table == TABLE_##a ? ARG(kind, field_a) : ARG(kind, field_b);       \
		break

/* The address of its object of that table, 0: it names none. */
static uint64_t named_address(const struct event *e, enum table table)
{
	switch (e->kind) {
	PICK(P_WALK_BEGIN, NODE, node);
	PICK_TWO(P_WALK_ITEM, ITEM, item, MM, mm);
	PICK(P_WALK_UNLOCK, ITEM, item);
	PICK(P_KILL_BEGIN, NODE, node);
	PICK_TWO(P_KILL_TASK, MM, mm, VMA, vma);
	PICK(P_RECOVERY_BEGIN, NODE, node);
	PICK(P_RECOVERY_SEARCH, NODE, node);
	PICK(P_RECOVERY_DUP, NODE, node);
	PICK_TWO(P_RECOVERY_MOVE, ITEM, item, MM, mm);
	PICK(P_COLLAPSE_BEGIN, MM, mm);
	PICK(P_COLLAPSE_PAGE, MM, mm);
	PICK(P_COLLAPSE_END, MM, mm);
	PICK(P_DUMP_MM, MM, mm);
	PICK(P_DUMP_NODE, NODE, node);
	PICK(P_DUMP_ITEM, ITEM, item);
	PICK(P_DUMP_ANON_VMA, ANON_VMA, anon_vma);
	PICK_TWO(P_DUMP_VMA, VMA, vma, ANON_VMA, anon_vma);
	case EVENT_P_WALK_VMA:
		return table == TABLE_VMA  ? ARG(P_WALK_VMA, vma)
		       : table == TABLE_MM ? ARG(P_WALK_VMA, mm)
		       : table == TABLE_ITEM ? ARG(P_WALK_VMA, item) : 0;
	default:
		break;
	}
	return 0;
}

struct ref why_named(const struct scene *scene, const struct event *event, uint64_t nr, enum table table)
{
	uint64_t addr = event->kind == EVENT_UNKNOWN || !event->args ? 0 : named_address(event, table);
	struct moment when = why_moment(scene, nr);
	struct ref ref;
	union row row;

	/* What was at that address once is not what the event names. */
	if (!addr || history_find(scene->history, table, addr, 0, when, &ref) ||
	    history_row(scene->history, ref, when, &row))
		return (struct ref){0};
	return ref;
}

static void found_by_walk(const struct event *e, char *buf, size_t size)
{
	char time[FORMAT_MAX], word[24];

	switch (e->kind) {
	case EVENT_P_WALK_BEGIN:
		snprintf(buf, size, "mapcount %" PRId64, EVENT_ARGS(e, P_WALK_BEGIN)->mapcount);
		break;
	case EVENT_P_WALK_ITEM:
		snprintf(buf, size, "pass %" PRId64, EVENT_ARGS(e, P_WALK_ITEM)->pass);
		break;
	case EVENT_P_WALK_VMA:
		snprintf(buf, size, "%s", explain_word(WORDS_VERDICT, EVENT_ARGS(e, P_WALK_VMA)->verdict, word));
		break;
	case EVENT_P_WALK_UNLOCK:
		snprintf(buf, size, "held %s", format_duration(time, ARG(P_WALK_UNLOCK, held_ns)));
		break;
	case EVENT_P_WALK_END:
		snprintf(buf, size, "took %s", format_duration(time, ARG(P_WALK_END, duration_ns)));
		break;
	default:
		break;
	}
}

void why_found(const struct event *e, char *buf, size_t size)
{
	char word[24];

	buf[0] = 0;
	if (e->kind == EVENT_UNKNOWN || !e->args)
		return;
	found_by_walk(e, buf, size);
	switch (e->kind) {
	case EVENT_P_KILL_TASK:
		snprintf(buf, size, EVENT_ARGS(e, P_KILL_TASK)->mapped ? "maps it" : "maps it not");
		break;
	case EVENT_P_RECOVERY_BEGIN:
		snprintf(buf, size, "mapcount %" PRId64, EVENT_ARGS(e, P_RECOVERY_BEGIN)->mapcount);
		break;
	case EVENT_P_RECOVERY_SEARCH:
		snprintf(buf, size, EVENT_ARGS(e, P_RECOVERY_SEARCH)->chain ? "chain found" : "no chain");
		break;
	case EVENT_P_RECOVERY_DUP:
		snprintf(buf, size, "%s", explain_word(WORDS_DUP, EVENT_ARGS(e, P_RECOVERY_DUP)->verdict, word));
		break;
	case EVENT_P_RECOVERY_MOVE:
		snprintf(buf, size, "to %s",
			 explain_word(WORDS_TARGET, EVENT_ARGS(e, P_RECOVERY_MOVE)->target, word));
		break;
	case EVENT_P_RECOVERY_END:
		snprintf(buf, size, "%s",
			 explain_word(WORDS_OUTCOME, EVENT_ARGS(e, P_RECOVERY_END)->outcome, word));
		break;
	case EVENT_P_COLLAPSE_PAGE:
		snprintf(buf, size, "%" PRId64 " %s", EVENT_ARGS(e, P_COLLAPSE_PAGE)->index,
			 explain_word(WORDS_COLLAPSE, EVENT_ARGS(e, P_COLLAPSE_PAGE)->step, word));
		break;
	default:
		break;
	}
}
