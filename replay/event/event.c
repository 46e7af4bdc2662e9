// SPDX-License-Identifier: GPL-2.0-only
/*
 * event.c - what event_table.h says, as data.
 *
 * The table is expanded three times more: names of kinds, sizes of argument structs, and for each
 * kind its members with the kernel's names for them.  A member's place in its struct is not asked
 * of the compiler (the member macros do not know which struct they are in) but counted: integers
 * take 8 bytes, strings 16, arrays 4 an element, in order.  The static assertions hold the two together.
 */
#include "event/event_members.h"

#include <assert.h>
#include <stddef.h>

#define M_F(member)		{ #member, false, 0 },
#define M_A(member, names)	{ names, false, 0 },
#define M_S(member)		{ #member, true, 0 },
#define M_SA(member, names)	{ names, true, 0 },
#define M_N(member, nr)		{ #member, false, nr },
#define E(kind, fields, names) \
	static const struct event_member members_##kind[] = { fields(M_F, M_A, M_S, M_SA, M_N) };
EVENT_TABLE(E)
#undef E

#define Z_F(member)		+ 8
#define Z_A(member, names)	+ 8
#define Z_S(member)		+ 16
#define Z_SA(member, names)	+ 16
#define Z_N(member, nr)		+ 4 * (nr)
#define E(kind, fields, names)									\
	static_assert(sizeof(struct args_##kind) == 0 fields(Z_F, Z_A, Z_S, Z_SA, Z_N) &&		\
		      sizeof(struct args_##kind) % 8 == 0,						\
		      "members of " #kind " are not where they are counted to be");		\
	static_assert(sizeof(members_##kind) / sizeof(members_##kind[0]) <= EVENT_MAX_MEMBERS,	\
		      #kind " has too many members");
EVENT_TABLE(E)
#undef E

static const struct event_kind_info kinds[NR_EVENT_KINDS] = {
	[EVENT_UNKNOWN] = { "unknown", 0, 0, NULL },
#define E(kind, fields, names)									\
	[EVENT_##kind] = { names, sizeof(struct args_##kind),					\
			   sizeof(members_##kind) / sizeof(members_##kind[0]), members_##kind },
EVENT_TABLE(E)
#undef E
};

const struct event_kind_info *event_kind_info(enum event_kind kind)
{
	return &kinds[(unsigned int)kind < NR_EVENT_KINDS ? kind : EVENT_UNKNOWN];
}

/* The first of a kind's names, alone. */
static const char *const first_names[NR_EVENT_KINDS] = {
	[EVENT_UNKNOWN] = "unknown",
	[EVENT_MEMORY_FAILURE_EVENT] = "memory_failure:memory_failure_event",
};

const char *event_kind_name(enum event_kind kind)
{
	const char *first = first_names[(unsigned int)kind < NR_EVENT_KINDS ? kind : EVENT_UNKNOWN];

	return first ? first : event_kind_info(kind)->names;
}
