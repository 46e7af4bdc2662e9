/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * written.h - a recording written from a list of typed events, and opened again.
 *
 * Everything goes through the project's own writer and reader, so the events are numbered 1, 2 ... in
 * the order of the list (whose times must ascend).
 */
#ifndef KSMTOP_TEST_WRITTEN_H
#define KSMTOP_TEST_WRITTEN_H

#include "episode/episode.h"
#include "recording.h"
#include "ring_table.h"

/* Writes, opens and loads it whole; aborts where that fails.  recording_close() frees it. */
struct recording *written_open(const struct written *events, size_t nr);
/* An existing recording, whole: NULL where it cannot be opened. */
struct recording *recording_open_whole(const char *path);
static inline struct episode_source written_source(struct recording *recording)
{
	return (struct episode_source){ recording_history(recording), recording_events(recording) };
}

/*
 * The recordings of the lab that can be had here: files *.dat of $KSMTOP_LAB (folders separated by
 * ':', searched one level down) and of traces/.  A list that ends with NULL; to be kept.
 */
char **lab_recordings(void);

#endif /* KSMTOP_TEST_WRITTEN_H */
