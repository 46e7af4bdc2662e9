// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_notable.c - which walks, migrations and kill lists stand out, in a table: events, and what is noted of them.
 *
 * A migration that fails tries ten times, and each try is two walks: twenty moments to jump to would bury all others.
 * So the first walk that left mappings is noted, and the migration when it failed.  A walk of another thread, or
 * behind the migration, is another matter.  A walk that was stopped, that was not to unmap, or whose beginning was
 * not seen says nothing by its mapcount.
 *
 * Events: M a migration begins, f it ends and a page was not moved, m and all were; g a walk that left nothing, l one
 * that left two mappings, u the same to unmap, s one that was stopped, r one to put ptes back, h one with a long hold,
 * e the end of one that was not seen to begin, L one that left mappings in another thread; K a kill list of three,
 * k one of nobody.  Noted: w(alk) m(igration) h(old) k(ill list), each with its severity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "feed.h"

#define NODE	0xffff888300000000ll

enum { UNMAP = 1, MIGRATE = 2, PUT_BACK = 3, ALL = 0, STOPPED = 1 };

static const struct { const char *name, *events, *noted; } cases[] = {
	{ "a migration that moves its page", "Mgrm", "" },
	{ "one that fails", "Mlrlrlrf", "w2 m1" },
	{ "two that fail", "MlrlrfMlrlrf", "w2 m1 w2 m1" },
	{ "one that moves the page when it tries again", "Mlrgrm", "w2" },
	{ "one whose end was lost", "MlrlrMlrf", "w2 w2 m1" },
	{ "one that runs", "Mlrlr", "w2" },
	{ "another page's, not KSM's", "Mf", "" },
	{ "one that fails for another reason", "Mgrf", "m1" },
	{ "a walk of another thread beside it", "MlLlf", "w2 w2 m1" },
	{ "walks to unmap", "uu", "w2 w2" },
	{ "a walk behind the migration", "Mlfl", "w2 m1 w2" },
	{ "stopped, putting back, not seen to begin", "sre", "" },
	{ "a long hold", "ghg", "h1" },
	{ "kill lists", "Kk", "k2 k1" },
};

static void walk(struct feed *f, int64_t purpose, int64_t why, int64_t left, int64_t held)
{
	int64_t id = (int64_t)f->next;

	*FEED(f, P_WALK_BEGIN) = (struct args_P_WALK_BEGIN){ .walk = id, .pfn = 7, .node = NODE, .purpose = purpose,
							     .mapcount = 2 };
	*FEED(f, P_WALK_ITEM) = (struct args_P_WALK_ITEM){ .walk = id, .pass = 1 };
	*FEED(f, P_WALK_UNLOCK) = (struct args_P_WALK_UNLOCK){ .walk = id, .held_ns = held };
	*FEED(f, P_WALK_END) = (struct args_P_WALK_END){ .walk = id, .why = why, .mapcount = left };
}

static void happens(struct feed *f, char event)
{
	int32_t pid = f->pid;

	switch (event) {
	case 'M': FEED(f, MM_MIGRATE_PAGES_START)->reason = 1; break;
	case 'm': FEED(f, MM_MIGRATE_PAGES)->succeeded = 1; break;
	case 'f': FEED(f, MM_MIGRATE_PAGES)->failed = 1; break;
	case 'g': walk(f, MIGRATE, ALL, 0, 1000); break;
	case 'l': walk(f, MIGRATE, ALL, 2, 1000); break;
	case 'u': walk(f, UNMAP, ALL, 2, 1000); break;
	case 's': walk(f, UNMAP, STOPPED, 2, 1000); break;
	case 'r': walk(f, PUT_BACK, ALL, 2, 1000); break;
	case 'h': walk(f, MIGRATE, ALL, 0, 40000000); break;
	case 'L':
		f->pid = pid + 1;
		walk(f, MIGRATE, ALL, 2, 1000);
		f->pid = pid;
		break;
	case 'e': *FEED(f, P_WALK_END) = (struct args_P_WALK_END){ .walk = 99999, .mapcount = 2 }; break;
	case 'K': case 'k':
		*FEED(f, P_KILL_BEGIN) = (struct args_P_KILL_BEGIN){ .pfn = 7, .node = NODE };
		*FEED(f, P_KILL_END) = (struct args_P_KILL_END){ .pfn = 7, .nr_tasks = event == 'K' ? 3 : 0 };
		break;
	default: fail_msg("no such event: %c", event);
	}
}

static char letter_of(uint16_t kind)
{
	return kind == NOTABLE_WALK_LEFT ? 'w' : kind == NOTABLE_MIGRATION_FAILED ? 'm' :
	       kind == NOTABLE_SLOW_WALK ? 'h' : kind == NOTABLE_KILL_LIST ? 'k' : '?';
}

static void what_is_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct feed *f = feed_new(false);
		struct notable notable;
		char text[128] = "";
		size_t at = 0;

		for (const char *e = cases[i].events; *e; e++)
			happens(f, *e);
		feed_flush(f);
		for (uint32_t n = 0; history_notable(f->h, n, &notable) == 0; n++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%c%u", n ? " " : "",
					       letter_of(notable.kind), notable.severity);
		if (strcmp(text, cases[i].noted) != 0)
			fail_msg("%s: of %s is noted \"%s\", not \"%s\"", cases[i].name, cases[i].events, text,
				 cases[i].noted);
		feed_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_is_noted) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
