// SPDX-License-Identifier: GPL-2.0-only
/*
 * storm.c - see storm.h.
 *
 * The hard idea: pure noise would hardly ever hang two items on one node, and a faithful simulation
 * would never break a rule.  So the storm keeps a toy kernel (which node each item is on) that it
 * mostly follows, with few addresses so that everything is reused soon.
 *
 * It does not know what the history should answer: the properties compare the history with itself.
 *
 * What happens in it is storm_stock.c's and storm_patched.c's; samples and feeding are here.
 */
#include <stdio.h>
#include <stdlib.h>

#include "storm_brew.h"

uint64_t storm_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint32_t storm_pick(struct brew *brew, uint32_t below)
{
	return (uint32_t)(storm_random(&brew->rng) % below);
}

/* Of a stream's events those that it lost, too. */
static void count_lost(struct brew *brew, uint16_t stream, uint64_t nr_lost)
{
	for (uint64_t i = 0; i < nr_lost; i++)
		brew->counts[stream][storm_pick(brew, KSMTOP_NR_COUNTS)]++;
}

static union storm_args *record(struct brew *brew, enum event_kind kind, int32_t pid)
{
	struct storm *storm = brew->storm;
	uint32_t i = storm->nr_events++;
	struct event *ev = &storm->events[i];

	brew->now_ns += 100 + storm_pick(brew, 2000);
	*ev = (struct event){ .ts_ns = brew->now_ns, .args = &storm->args[i], .present = UINT32_MAX,
			      .pid = pid, .kind = (uint16_t)kind, .stream = (uint16_t)storm_pick(brew, 2) };
	if (brew->losses && storm_pick(brew, 60) == 0) {
		uint64_t after = i;

		while (after > 0 && storm->events[after - 1].stream != ev->stream)
			after--;
		storm->losses[storm->nr_losses++] = (struct event_loss){
			.after_nr = after, .before_nr = i + 1, .nr_lost = storm_pick(brew, 9),
			.stream = ev->stream };
		ev->loss = storm->nr_losses;
		count_lost(brew, ev->stream, storm->losses[storm->nr_losses - 1].nr_lost);
	}
	return &storm->args[i];
}

union storm_args *storm_add(struct brew *brew, enum event_kind kind, int32_t pid)
{
	union storm_args *args;
	uint16_t stream;

	if (brew->storm->patched && storm_pick(brew, 15) == 0) {
		args = record(brew, EVENT_P_COUNTS, 0);
		stream = brew->storm->events[brew->storm->nr_events - 1].stream;
		brew->counts[stream][COUNT_COUNTS]++;
		memcpy(args->a_P_COUNTS.nr, brew->counts[stream], sizeof(brew->counts[stream]));
	}
	args = record(brew, kind, pid);
	stream = brew->storm->events[brew->storm->nr_events - 1].stream;
#define V(event, name) brew->counts[stream][COUNT_##event] += kind == EVENT_P_##event;
	KSMTOP_COUNTED(V)
#undef V
	return args;
}
/* ---- samples ---- */
static void number(struct brew *brew, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	sample_add_pair(&brew->sb, name, text);
}

static void sample_body(struct brew *brew, enum sample_kind kind, uint32_t process)
{
	uint32_t items = 0, nodes = 0, mine = 0, truth = storm_pick(brew, 3);
	uint64_t addr = 0x10000;

	for (uint32_t i = 0; i < NR_ITEMS; i++) {
		items += brew->on[i] >= 0;
		mine += brew->on[i] >= 0 && brew->mm_of[i] == (int)process;
	}
	for (uint32_t i = 0; i < NR_PFNS; i++)
		nodes += brew->live[i];
	if (truth == 0)
		items = nodes = mine = 0;
	switch (kind) {
	case SAMPLE_HOST:
		sample_add_pair(&brew->sb, SAMPLE_PAGE_FLAG_NAME, truth ? "exact" : "anonymous");
		break;
	case SAMPLE_KSM:
		number(brew, "pages_shared", nodes);
		number(brew, "pages_sharing", items > nodes ? items - nodes : 0);
		number(brew, "full_scans", (uint32_t)brew->scan);
		break;
	case SAMPLE_PROCESS:
		sample_add_pair(&brew->sb, "comm", "proc");
		number(brew, "start_time", 5 + storm_pick(brew, 8) / 7);
		number(brew, "ksm_merging_pages", mine);
		break;
	default:
		sample_add_pages_head(&brew->sb, 4096, storm_pick(brew, 4));
		sample_add_range(&brew->sb, 0x10000, 0x10000 + 0x1000ull * (1 + storm_pick(brew, 30)));
		for (uint32_t i = 0; i < 20; i++, addr += 0x1000)
			if (storm_pick(brew, 2)) {
				uint32_t other = storm_pick(brew, NR_PFNS), pfn = storm_pick(brew, 5) ? i % NR_PFNS : other;

				sample_add_page(&brew->sb, addr, PFN(pfn), 1 + storm_pick(brew, 2));
			}
		break;
	}
}

static void sample(struct brew *brew)
{
	static const enum sample_kind kinds[] = { SAMPLE_KSM, SAMPLE_PROCESS, SAMPLE_PAGES,
							SAMPLE_PAGES, SAMPLE_HOST };
	struct storm_sample *s = &brew->storm->samples[brew->storm->nr_samples];
	enum sample_kind kind = kinds[storm_pick(brew, 5)];
	uint32_t process = storm_pick(brew, NR_MMS);
	int32_t tgid = kind == SAMPLE_KSM || kind == SAMPLE_HOST ? 0 : TGID(process);
	uint64_t begin = storm_pick(brew, 3) ? brew->now_ns + 1 : brew->now_ns - brew->now_ns / 8;

	sample_builder_reset(&brew->sb);
	sample_begin(&brew->sb, kind, tgid, begin);
	sample_body(brew, kind, process);
	if (sample_end(&brew->sb, brew->now_ns + 2) != 0 ||
	    brew->sb.size - SAMPLE_HEAD > sizeof(s->payload))
		return;
	s->sample = (struct sample){ .kind = kind, .tgid = tgid, .begin_ns = begin,
				     .end_ns = brew->now_ns + 2, .payload = s->payload,
				     .size = (uint32_t)(brew->sb.size - SAMPLE_HEAD) };
	memcpy(s->payload, brew->sb.data + SAMPLE_HEAD, s->sample.size);
	s->after = brew->storm->nr_events;
	brew->storm->nr_samples++;
}

/* ---- feeding ---- */
static int feed(const struct storm *storm, struct history *h, uint64_t first, uint64_t last)
{
	struct event_batch batch = { .first_nr = first + 1, .nr_events = (uint32_t)(last - first),
				     .events = storm->events + first, .losses = storm->losses,
				     .nr_losses = storm->nr_losses };

	return first < last ? history_feed(h, &batch) : 0;
}

/* Gaps that are open at `last`: a recording that ends there says so of its streams. */
static int feed_open_gaps(const struct storm *storm, struct history *h, uint64_t last)
{
	struct event_loss open[64];
	struct event_batch batch = { .first_nr = last + 1, .losses = open };

	for (uint32_t i = 0; i < storm->nr_losses && batch.nr_losses < 64; i++) {
		if (storm->losses[i].after_nr >= last || storm->losses[i].before_nr <= last)
			continue;
		open[batch.nr_losses] = storm->losses[i];
		open[batch.nr_losses].before_nr = 0;
		open[batch.nr_losses++].nr_lost = 0;
	}
	return batch.nr_losses ? history_feed(h, &batch) : 0;
}

int storm_feed(const struct storm *storm, struct history *h, uint64_t first, uint64_t last,
	       uint64_t batch_seed)
{
	uint64_t at = first, rng = batch_seed;
	uint32_t s = 0;
	int ret = 0;

	while (s < storm->nr_samples && storm->samples[s].after < first)
		s++;
	/* Samples right after `first` belong to the part before, unless it is the start. */
	while (first > 0 && s < storm->nr_samples && storm->samples[s].after == first)
		s++;
	while (ret == 0) {
		uint64_t to = s < storm->nr_samples && storm->samples[s].after < last ?
			storm->samples[s].after : last;

		while (ret == 0 && at < to) {
			uint64_t n = batch_seed ? 1 + storm_random(&rng) % 90 : to - at;

			n = n < to - at ? n : to - at;
			ret = feed(storm, h, at, at + n);
			at += n;
		}
		if (ret || s >= storm->nr_samples || storm->samples[s].after > last)
			break;
		ret = history_feed_sample(h, &storm->samples[s].sample, s);
		s++;
	}
	return ret ? ret : feed_open_gaps(storm, h, last);
}

struct storm *storm_new(uint64_t seed, uint32_t nr_events, bool patched_kernel, bool losses)
{
	struct storm *storm = calloc(1, sizeof(*storm));
	struct brew brew = { .storm = storm, .rng = seed, .now_ns = 1000000, .losses = losses };
	uint32_t room = nr_events + 256;

	storm->events = calloc(room, sizeof(*storm->events));
	storm->args = calloc(room, sizeof(*storm->args));
	storm->losses = calloc(room, sizeof(*storm->losses));
	storm->samples = calloc(nr_events / 10 + 2, sizeof(*storm->samples));
	storm->patched = patched_kernel;
	sample_builder_init(&brew.sb);
	for (uint32_t i = 0; i < NR_ITEMS; i++)
		brew.on[i] = brew.mm_of[i] = -1;
	while (storm->nr_events < nr_events) {
		uint32_t dice = storm_pick(&brew, 100);

		if (patched_kernel && dice < 84)
			storm_patched(&brew);
		else if (dice < 90)
			storm_stock(&brew, dice);
		else if (storm->nr_samples < nr_events / 10)
			sample(&brew);
	}
	sample_builder_fini(&brew.sb);
	return storm;
}

void storm_free(struct storm *storm)
{
	free(storm->events);
	free(storm->args);
	free(storm->losses);
	free(storm->samples);
	free(storm);
}
