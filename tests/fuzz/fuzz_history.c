// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_history.c - any events in any order into the history, and every question asked of it.
 *
 * The input is a program: its first bytes choose the options, then each operation feeds an event of any
 * kind with any arguments, a sample (well-formed or raw), a gap, or asks in between.  Arguments come from
 * few addresses and pfns, so that objects meet again, and from the ends of the number range.  What
 * no decoder would ever do (an item on a node of another segment, removals out of nowhere) is the point.
 *
 * Beside the sanitizers it asserts what history.h promises whatever was fed: a list has as many rows as
 * history_count() says and reads the same backwards, every row of a list is found again by its ref, steps back
 * return, and a saved history answers like the one that was saved or, damaged, is refused.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "history/history_build.h"
#include "trace/diag.h"
#include "trace/sample.h"
#include "trace/sample_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NR_STREAMS	3
#define MAX_EVENTS	600
#define MAX_ROWS	700
#define BATCH		16

union any_args {
#define E(kind, fields, names) struct args_##kind a_##kind;
	EVENT_TABLE(E)
#undef E
};

struct feeder {
	const uint8_t *data;
	size_t size, at;
	struct history *history;
	struct event events[BATCH];
	union any_args args[BATCH];
	struct event_loss losses[BATCH];
	uint32_t nr, nr_losses, nr_samples;
	uint64_t fed, now_ns;
	uint64_t stream_nr[NR_STREAMS], stream_ns[NR_STREAMS];
	uint64_t sample_ns;	/* end of the last sample */
};

static uint8_t byte(struct feeder *f) { return f->at < f->size ? f->data[f->at++] : 0; }

/* Half of them addresses, a quarter pfns, small numbers, and the ends. */
static int64_t value(struct feeder *f)
{
	static const uint64_t ends[] = { 0, 1, UINT64_MAX, INT64_MAX, 0x80000000u, UINT32_MAX,
					 UINT64_C(0x8000000000000000), (uint64_t)-22 };
	uint8_t b = byte(f);

	if (b < 128)
		return (int64_t)(UINT64_C(0xffff888100000000) + 64u * (b % 24) + (b < 64 ? 0 : 0x100000));
	if (b < 176)
		return 0x1000 + b % 16;
	return b < 232 ? b - 176 : (int64_t)ends[b % 8];
}

/* A char[16] of a record is ended by the decoder; everything else may be anything. */
static void strings_end(union any_args *args, uint16_t kind)
{
#define IGNORE_F(member)
#define IGNORE_A(member, names)
#define END_S(member)		a->member[15] = 0;
#define END_SA(member, names)	a->member[15] = 0;
#define IGNORE_N(member, nr)
#define E(kind_, fields, names)							\
	case EVENT_##kind_: {							\
		struct args_##kind_ *a = &args->a_##kind_;			\
		(void)a;							\
		fields(IGNORE_F, IGNORE_A, END_S, END_SA, IGNORE_N)		\
		break;								\
	}
	switch (kind) {
	EVENT_TABLE(E)
	default: break;
	}
#undef E
}

static size_t args_size(uint16_t kind)
{
	static const uint16_t sizes[] = {
		0,
#define E(kind, fields, names) sizeof(struct args_##kind),
		EVENT_TABLE(E)
#undef E
	};

	return sizes[kind];
}

static void flush(struct feeder *f)
{
	struct event_batch batch = { .first_nr = f->fed + 1, .nr_events = f->nr, .events = f->events,
				     .nr_losses = f->nr_losses, .losses = f->losses };
	int ret;

	if (f->nr == 0)
		return;
	ret = history_feed(f->history, &batch);
	assert(ret == 0);
	f->fed += f->nr;
	assert(history_last(f->history) == f->fed);
	f->nr = f->nr_losses = 0;
}

static void event_add(struct feeder *f, uint16_t kind)
{
	struct event *event = &f->events[f->nr];
	union any_args *args = &f->args[f->nr];
	uint8_t how = byte(f);
	uint64_t nr = f->fed + f->nr + 1;

	memset(args, 0, sizeof(*args));
	for (size_t i = 0; i < args_size(kind); i += 8)
		memcpy((char *)args + i, &(int64_t){ value(f) }, 8);
	strings_end(args, kind);
	/* No event may be older than a sample that was fed before it. */
	f->now_ns += how % 4 ? how * 10u : 0;
	if (f->now_ns <= f->sample_ns)
		f->now_ns = f->sample_ns + 1;
	*event = (struct event){ .ts_ns = f->now_ns, .args = kind ? args : NULL,
				 .present = how & 128 ? UINT32_MAX : (uint32_t)how * 0x01010101u,
				 .pid = how % 8 ? how % 5 : -1, .kind = kind, .stream = how % NR_STREAMS };
	if ((how & 0x70) == 0x70) {
		f->losses[f->nr_losses] = (struct event_loss){
			.after_nr = f->stream_nr[event->stream], .before_nr = nr,
			.after_ns = f->stream_ns[event->stream], .before_ns = f->now_ns,
			.nr_lost = how % 3, .stream = event->stream };
		event->loss = ++f->nr_losses;
	}
	f->stream_nr[event->stream] = nr;
	f->stream_ns[event->stream] = f->now_ns;
	if (++f->nr == BATCH)
		flush(f);
}

static void sample_build(struct feeder *f, struct sample_builder *builder, enum sample_kind kind)
{
	static const char *const names[] = { "pages_shared", "pages_sharing", "pages_unshared", "run",
					     "ksm_rmap_items", "comm", "exe", "full_scans" };
	uint8_t nr = byte(f) % 12;
	uint64_t addr = 0x10000;

	if (kind == SAMPLE_PAGES) {
		sample_add_pages_head(builder, 4096, nr & 1);
		sample_add_range(builder, 0x10000, 0x200000);
	}
	for (uint8_t i = 0; i < nr; i++) {
		char text[24];

		switch (kind) {
		case SAMPLE_PAGES:
			addr += 4096u * (byte(f) % 8 + 1u);
			sample_add_page(builder, addr, (uint64_t)value(f) & 0xffffffffffff, byte(f));
			break;
		case SAMPLE_MAPS:
			addr += 4096u * (byte(f) % 8 + 1u);
			sample_add_map(builder, &(struct sample_map){ addr, addr + 4096, i, byte(f), "" });
			addr += 4096;
			break;
		case SAMPLE_LOSS:
			sample_add_loss(builder, &(struct sample_loss){ i, byte(f), byte(f), 0, 0, 0 });
			break;
		case SAMPLE_NOTE:
			break;
		default:
			snprintf(text, sizeof(text), "%lld", (long long)value(f));
			sample_add_pair(builder, names[byte(f) % 8], text);
		}
	}
}

static void sample_add(struct feeder *f)
{
	enum sample_kind kind = byte(f) % 10;
	struct sample sample = { .kind = (uint16_t)kind, .tgid = byte(f) % 5 };
	struct sample_builder builder;
	size_t raw = byte(f);

	flush(f);
	sample.end_ns = f->now_ns;
	sample.begin_ns = f->now_ns - (f->now_ns > 4000 ? (uint64_t)byte(f) * 15u : 0);
	sample_builder_init(&builder);
	if (raw < 200) {
		sample_begin(&builder, kind, sample.tgid, sample.begin_ns);
		sample_build(f, &builder, kind);
		if (sample_end(&builder, sample.end_ns) == 0 && builder.size >= SAMPLE_HEAD) {
			sample.payload = builder.data + SAMPLE_HEAD;
			sample.size = (uint32_t)(builder.size - SAMPLE_HEAD);
		}
	} else if (f->at < f->size) {
		raw = raw - 200 < f->size - f->at ? raw - 200 : f->size - f->at;
		sample.payload = f->data + f->at;
		sample.size = (uint32_t)raw;
		f->at += raw;
	}
	if (sample.payload && history_feed_sample(f->history, &sample, f->nr_samples) == 0) {
		f->nr_samples++;
		f->sample_ns = sample.end_ns;
	}
	sample_builder_fini(&builder);
}

/* ---- questions ---- */

/* The list that was asked for last: look here when an assertion fails. */
static struct { enum relation relation; struct ref parent; struct moment when; } asked;

static void row_ask(const struct history *h, const union row *row, struct moment when)
{
	struct ref ref = row->any.ref;
	union row again;

	assert(row->fact.born <= row->fact.died);
	if (ref.table != TABLE_EPISODE) {
		assert(row->fact.born <= when.t && when.t < row->fact.died);
		assert(history_row(h, ref, when, &again) == 0);
		assert(memcmp(&again, row, sizeof(again)) == 0);
	}
}

static void list_ask(const struct history *h, enum relation relation, struct ref parent,
		     struct moment when, bool deep);

static void relations_ask(const struct history *h, struct ref ref, struct moment when)
{
	static const enum relation of_node[] = { DUPS_OF_CHAIN, ITEMS_OF_NODE, MAPPINGS_OF_NODE },
		of_mm[] = { ITEMS_OF_MM, MAPPINGS_OF_MM, VMAS_OF_MM },
		of_anon_vma[] = { VMAS_OF_ANON_VMA, ITEMS_OF_ANON_VMA };
	struct history_mm_counters counters;

	for (int i = 0; i < 3 && ref.table == TABLE_NODE; i++)
		list_ask(h, of_node[i], ref, when, false);
	for (int i = 0; i < 3 && ref.table == TABLE_MM; i++)
		list_ask(h, of_mm[i], ref, when, false);
	for (int i = 0; i < 2 && ref.table == TABLE_ANON_VMA; i++)
		list_ask(h, of_anon_vma[i], ref, when, false);
	if (ref.table == TABLE_MM)
		history_mm_counters(h, ref, when, &counters);
}

static void object_ask(const struct history *h, struct ref ref, uint64_t t)
{
	uint64_t next = history_touch(h, ref, t, 1), previous = history_touch(h, ref, t, -1);
	union row row;

	assert(!next || next > t);
	assert(!previous || previous < t);
	if (next)
		assert(history_touch(h, ref, next - 1, 1) == next);
	for (uint32_t i = 0; i < 20 && history_life(h, ref, i, KNOWN_HINDSIGHT, &row) == 0; i++)
		assert(row.fact.born <= row.fact.died);
}

static void list_ask(const struct history *h, enum relation relation, struct ref parent,
		     struct moment when, bool deep)
{
	struct history_cursor cursor;
	uint64_t nr = 0, back = 0, counted, doubtful;
	struct ref refs[24];
	union row row;

	if (history_list(h, relation, parent, when, &cursor) != 0)
		return;
	asked.relation = relation, asked.parent = parent, asked.when = when;
	while (nr < MAX_ROWS && history_next(&cursor, &row) == 1) {
		row_ask(h, &row, when);
		if (nr < 24)
			refs[nr] = row.any.ref;
		nr++;
	}
	if (nr < MAX_ROWS) {
		if (history_count(h, relation, parent, when, &counted, &doubtful) == 0)
			assert(counted == nr && doubtful <= nr);
		history_seek_end(&cursor);
		while (history_prev(&cursor, &row) == 1) {
			back++;
			if (nr - back < 24)
				assert(ref_equal(row.any.ref, refs[nr - back]));
		}
		assert(back == nr);
	}
	for (uint64_t i = 0; deep && i < nr && i < 24; i++) {
		if (history_seek(&cursor, refs[i]) == 0 && history_next(&cursor, &row) == 1)
			assert(ref_equal(row.any.ref, refs[i]));
		object_ask(h, refs[i], when.t);
		relations_ask(h, refs[i], when);
	}
	history_seek_key(&cursor, 0x1003);
	history_next(&cursor, &row);
}

static int change_seen(const struct history_change *change, void *arg)
{
	uint64_t *last = arg;

	assert(change->event >= *last);
	*last = change->event;
	return 0;
}

static int finding_seen(const struct finding *finding, void *arg)
{
	(void)arg;
	assert(finding->id && finding->severity <= 2);
	return 0;
}

static void moment_ask(const struct history *h, struct moment when)
{
	struct history_counters counters;
	struct ref refs[16], found;

	for (enum relation relation = ALL_MMS; relation <= ALL_EPISODES; relation++)
		list_ask(h, relation, (struct ref){ 0 }, when, true);
	history_counters(h, when, &counters);
	assert(counters.nr_doubtful_nodes <= counters.nr_nodes + counters.nr_chains);
	for (enum table table = TABLE_NONE; table < NR_TABLES; table++) {
		history_find(h, table, UINT64_C(0xffff888100000040), 0, when, &found);
		history_find(h, table, 0x1003, 2, when, &found);
		history_find_number(h, table, 1, &found);
	}
	history_find_pid(h, 3, when, &found);
	history_touched(h, when.t, refs, 16);
	history_scan_step(h, when.t, 1);
	history_scan_step(h, when.t, -1);
	history_notable_near(h, when.t, -1, 1);
	history_sample_before(h, SAMPLE_KSM, 0, when.t);
}

static void all_ask(const struct history *h)
{
	uint64_t last = history_last(h), first = history_first(h), at = 0, bytes, anon;
	uint64_t activity[NR_ACTIVITIES];

	for (int i = 0; i < 5; i++) {
		uint64_t t = first ? first - 1 + (last - (first - 1)) * (uint64_t)i / 4 : last;

		moment_ask(h, moment_at(t));
		moment_ask(h, moment_hindsight(t));
	}
	history_changes(h, 0, last, change_seen, &at);
	history_activity(h, 0, last, activity);
	history_check(h, finding_seen, NULL);
	for (uint32_t i = 0; i < history_nr_notables(h); i++) {
		struct notable notable;

		assert(history_notable(h, i, &notable) == 0);
	}
	for (uint32_t i = 0; i < history_nr_losses(h); i++) {
		struct history_loss loss;

		assert(history_loss(h, i, &loss) == 0);
	}
	for (uint32_t i = 0; i < history_nr_samples(h); i++) {
		struct history_sample sample;
		int64_t number;

		assert(history_sample(h, i, &sample) == 0);
		history_sample_counter(h, i, "pages_shared", &number);
	}
	history_memory(h, &bytes, &anon);
	assert(anon <= bytes);
}

/* ---- the cache ---- */

static void save_and_map(struct feeder *f)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct history_counters before, after;
	struct history *mapped;
	uint64_t size, where;
	uint8_t turned;

	if (fd < 0)
		return;
	if (history_save(f->history, fd, 0, &size) == 0) {
		assert(history_map(fd, 0, size, &mapped, NULL) == 0);
		history_counters(f->history, moment_at(f->fed), &before);
		history_counters(mapped, moment_at(f->fed), &after);
		assert(memcmp(&before, &after, sizeof(before)) == 0);
		all_ask(mapped);
		history_free(mapped);
		/* One byte turned: refused, or it was padding. */
		where = ((uint64_t)byte(f) << 8 | byte(f)) * 13 % size;
		assert(pread(fd, &turned, 1, (off_t)where) == 1);
		turned ^= 1 + byte(f) % 255;
		assert(pwrite(fd, &turned, 1, (off_t)where) == 1);
		if (history_map(fd, 0, size, &mapped, NULL) == 0) {
			history_counters(mapped, moment_at(f->fed), &after);
			assert(memcmp(&before, &after, sizeof(before)) == 0);
			history_free(mapped);
		}
		/* And cut short. */
		if (ftruncate(fd, (off_t)(where & ~UINT64_C(4095))) == 0 &&
		    history_map(fd, 0, where & ~UINT64_C(4095), &mapped, NULL) == 0)
			history_free(mapped);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feeder *f = calloc(1, sizeof(*f));
	struct history_options options = { 0 };
	uint8_t how;

	if (!f)
		return 0;
	*f = (struct feeder){ .data = data, .size = size, .now_ns = 1000000 };
	how = byte(f);
	options.stock = how & 1;
	options.clock_skew_ns = how & 2 ? 200 : 0;
	options.segment_events = how & 4 ? 20 + how / 8 : 0;
	options.keep_segments = how & 4 ? byte(f) % 5 : 0;
	if (history_new(&options, &f->history) != 0) {
		free(f);
		return 0;
	}
	while (f->at < f->size && f->fed + f->nr < MAX_EVENTS) {
		uint8_t operation = byte(f);

		if (operation >= 250)
			sample_add(f);
		else if (operation >= 246)
			flush(f);
		else if (operation == 245)
			history_settle(f->history);
		else if (operation == 244)
			moment_ask(f->history, moment_at(f->fed));
		else
			event_add(f, operation % NR_EVENT_KINDS);
	}
	flush(f);
	history_settle(f->history);
	all_ask(f->history);
	save_and_map(f);
	history_free(f->history);
	free(f);
	return 0;
}
