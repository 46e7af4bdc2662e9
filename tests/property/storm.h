/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * storm.h - random recordings for the property tests: events, losses and samples from a seed.
 *
 * A storm knows a little of what it does (which pfn is a KSM page, who is on it), so that most events
 * make sense, and breaks that sense often: reused pfns and addresses, failing partners, removals out
 * of nowhere, exits with items left, lost events.  The same seed gives the same storm.
 */
#ifndef KSMTOP_TEST_STORM_H
#define KSMTOP_TEST_STORM_H

#include "history/history_build.h"
#include "trace/sample.h"

union storm_args {
#define STORM_ARGS(kind, fields, names) struct args_##kind a_##kind;
	EVENT_TABLE(STORM_ARGS)
#undef STORM_ARGS
};

struct storm_sample {
	uint64_t after;		/* fed when this many events were fed */
	struct sample sample;
	uint8_t payload[4096];
};

struct storm {
	uint32_t nr_events, nr_losses, nr_samples;
	struct event *events;
	union storm_args *args;
	struct event_loss *losses;
	struct storm_sample *samples;
	bool patched;
};

struct storm *storm_new(uint64_t seed, uint32_t nr_events, bool patched_kernel, bool losses);
void storm_free(struct storm *storm);

/*
 * Feeds events first + 1 .. last with the samples that lie among them, in batches of random size
 * (batch_seed 0: as few batches as the samples allow).
 */
int storm_feed(const struct storm *storm, struct history *h, uint64_t first, uint64_t last,
	       uint64_t batch_seed);

uint64_t storm_random(uint64_t *state);

#endif /* KSMTOP_TEST_STORM_H */
