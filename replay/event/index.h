/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * index.h - what is inside an event_index.  Private to replay/event.
 *
 * locators[n - 1] says where event n is; times[i] is the greatest time among events
 * 1 .. i * INDEX_STEP + 1, so it never falls; counts[type] is how many records of a type there are.
 */
#ifndef KSMTOP_INDEX_H
#define KSMTOP_INDEX_H

#include "event/block.h"
#include "event/event_index.h"
#include "event/pool.h"

#define INDEX_STEP	256u
#define NR_TYPES	65536u

struct event_index {
	const struct trace_file *file;
	struct decoder *decoder;
	struct damage_list damages;
	struct pool locators;		/* struct event_locator */
	struct pool times;		/* uint64_t */
	struct pool counts;		/* uint64_t, NR_TYPES of them */
	uint64_t last_ns;		/* greatest time so far */

	/* reading single events */
	struct block_reader reader;
	struct {			/* inflated chunks, the last ones used */
		const struct stream_block *place;
		uint8_t *data;
		size_t room;
		uint64_t used;
	} chunks[8];
	uint64_t clock;
	const struct stream *stream;	/* where kbuffer stands: in the page of ... */
	const uint8_t *page;		/* as kbuffer sees it; NULL: nowhere */
	uint32_t subbuf;
	uint64_t args[32];		/* of event_index_event() */
	uint8_t *scratch;		/* a record with zeroes behind it, for libtraceevent */
	char (*unknown_names)[8];	/* of types without a format, by type */
};

/* Adds locators of the next events (numbers follow); their times in `events`.  0 or -ENOMEM. */
int event_index_append(struct event_index *index, const struct event_locator *locators,
		       const struct event *events, uint32_t nr);

/* Names of any type; borrowed from the index. */
void event_index_name_type(struct event_index *index, uint16_t type, const char **ret_system,
			   const char **ret_name);

#endif /* KSMTOP_INDEX_H */
