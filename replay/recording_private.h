/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * recording_private.h - what is inside a recording, for the three files that make it up.
 */
#ifndef KSMTOP_RECORDING_PRIVATE_H
#define KSMTOP_RECORDING_PRIVATE_H

#include "event/event_source.h"
#include "event/warmer.h"
#include "history/history_build.h"
#include "recording.h"

struct sample_order {
	uint64_t end_ns;
	uint32_t index;
};

struct recording {
	char *path;
	char *cache_dir;		/* NULL: no cache, and tables in anonymous memory */
	struct trace_file *file;
	struct sample_store *samples;
	struct sample_order *order;	/* by end, then index; the first nr_fed have been fed */
	uint32_t nr_samples, nr_fed;
	struct event_index *index;
	struct event_source *source;	/* NULL: mapped from the cache, or complete */
	struct warmer *warmer;		/* while there is a source; NULL: not worth it */
	struct history *history;
	uint64_t nr_bytes_done, nr_bytes;
	bool complete, from_cache;
};

/* recording_cache.c: the cache's directory (made if need be), NULL if there is none. */
char *recording_cache_dir(void);
/* 0 and index and history are set, or -E: then nothing is changed. */
int recording_cache_map(struct recording *recording);
/* Best effort, and only for recordings that are worth it. */
void recording_cache_save(struct recording *recording);

#endif /* KSMTOP_RECORDING_PRIVATE_H */
