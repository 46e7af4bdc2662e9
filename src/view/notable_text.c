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

const char *notable_text(const struct scene *scene, const struct notable *notable, char *buf,
			 size_t size)
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
	case NOTABLE_MERGE_FAILED:
		snprintf(buf, size, "merge failed, %s", object);
		break;
	case NOTABLE_POISON:
		snprintf(buf, size, "memory failure: %s", object);
		break;
	case NOTABLE_SIGBUS:
		snprintf(buf, size, "SIGBUS, %s", object);
		break;
	case NOTABLE_RECOVERY:
		snprintf(buf, size, "recovery of %s", object);
		break;
	case NOTABLE_SLOW_WALK:
		snprintf(buf, size, "slow rmap walk of %s: %s", object,
			 format_duration(number, notable->value));
		break;
	case NOTABLE_COLLAPSE_FAILED:
		snprintf(buf, size, "collapse failed, %s", object);
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
		snprintf(buf, size, "differs from the kernel's own number: %s", number);
		break;
	default:
		snprintf(buf, size, "%s", object);
	}
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
