// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_source.c - every event of a recording, once, in order, whatever form the recording has.
 *
 * A small world of events over two buffers and three CPUs is written in each form (version 6 and 7,
 * zstd, both byte orders, both sizes of long, small and large pages) and must come back with the
 * numbers, times, arguments and losses that were put in; with any number of threads; and the
 * same when any of it is read again by its number, from the index in memory or a saved one.
 * The expectation is kept as a plain list made together with the pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/event_source.h"
#include "ring_writer.h"
#include "trace/trace_file.h"

#define NR_STREAMS	4u
#define NR_EACH		3000u

struct wanted {
	uint64_t ts_ns, value;
	uint32_t stream, serial;
	int type;
	int32_t pid;
};

struct world {
	struct ring rings[NR_STREAMS];	/* cpu 0, 1, 2 of the top buffer, cpu 0 of "second" */
	struct ring_meta meta;
	struct wanted *wanted;
	uint32_t nr_wanted;
	char path[64];
};

struct form {
	struct trace_write_options options;
	const char *name;
};

static const struct form forms[] = {
	{ { .version = 6, .long_size = 8, .page_size = 4096 }, "v6" },
	{ { .version = 6, .long_size = 4, .page_size = 4096, .big_endian = true }, "v6 be 32" },
	{ { .version = 7, .long_size = 8, .page_size = 4096 }, "v7" },
	{ { .version = 7, .long_size = 8, .page_size = 65536, .zstd = true }, "v7 zstd 64K" },
	{ { .version = 7, .long_size = 8, .page_size = 4096, .zstd = true }, "v7 zstd" },
	{ { .version = 7, .long_size = 8, .page_size = 4096, .zstd = true, .big_endian = true }, "v7 zstd be" },
	{ { .version = 7, .long_size = 4, .page_size = 4096, .zstd = true }, "v7 zstd 32" },
};
#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	if (x->stream != y->stream)
		return x->stream < y->stream ? -1 : 1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static const int some_types[] = { RING_MERGE, RING_MERGE, RING_KSM_ENTER, RING_SIGNAL, RING_FORK,
				  RING_THING, RING_REMOVE_PAGE, RING_NO_FORMAT };

static void add_event(struct world *world, uint32_t s, uint64_t ts, uint32_t serial)
{
	static const char *const comms[] = { "a name of fifteen", "child" };
	struct ring *ring = &world->rings[s];
	struct wanted *w = &world->wanted[world->nr_wanted++];
	uint64_t values[5];
	uint8_t record[256];

	*w = (struct wanted){ ts, 0x80000000u + serial * 16 + s, s, serial,
			      some_types[(serial * 7 + s) % 8], s % 2 ? 3141 : 37 };
	if (ring->long_size == 8)
		w->value |= UINT64_C(0xffff8881) << 32;
	values[0] = values[1] = values[2] = values[3] = w->value;
	values[4] = (uint64_t)-12;
	ring_event(ring, ts, record, ring_record(ring, w->type, w->pid, values, comms, record));
}

static void write_world(struct world *world, const struct form *form)
{
	struct trace_write_cpu cpus[NR_STREAMS];
	struct trace_write_buffer buffers[2] = { { "", "mono", cpus, 3 }, { "second", "mono", cpus + 3, 1 } };
	struct diag diag = { 0 };
	int fd;

	for (uint32_t s = 0; s < NR_STREAMS; s++) {
		ring_close(&world->rings[s]);
		cpus[s] = (struct trace_write_cpu){ s % 3, world->rings[s].pages,
						    world->rings[s].nr_pages * world->rings[s].page_size };
	}
	ring_meta_init(&world->meta, &world->rings[0]);
	strcpy(world->path, "/tmp/test-source-XXXXXX");
	fd = mkstemp(world->path);
	assert_true(fd >= 0);
	close(fd);
	if (trace_write(world->path, &form->options, &world->meta.meta, buffers, 2, NULL, &diag) != 0) {
		char text[DIAG_TEXT_SIZE];

		fail_msg("%s: %s", form->name, diag_text(&diag, text, sizeof(text)));
	}
	qsort(world->wanted, world->nr_wanted, sizeof(*world->wanted), compare_wanted);
}

static void make_rings(struct world *world, const struct form *form)
{
	memset(world, 0, sizeof(*world));
	world->wanted = calloc(NR_STREAMS * NR_EACH, sizeof(*world->wanted));
	assert_non_null(world->wanted);
	for (uint32_t s = 0; s < NR_STREAMS; s++)
		ring_init(&world->rings[s], form->options.big_endian, form->options.long_size,
			  form->options.page_size);
}

/* Ties between streams, time extends, long silences, and losses on stream 1. */
static void make_world(struct world *world, const struct form *form)
{
	make_rings(world, form);
	for (uint32_t s = 0; s < NR_STREAMS; s++) {
		uint64_t ts = UINT64_C(5000000000);

		for (uint32_t i = 0; i < NR_EACH; i++) {
			ts += i % 500 == 499 ? 3000000000u : (i / 100 + s) % 3 ? 100 : 1000;
			if (s == 1 && i % 1000 == 0)
				ring_page(&world->rings[s], ts, i == 0 ? -1 : (int64_t)i);
			if (s == 2 && i == 2000) {
				ring_page(&world->rings[s], ts, 0);
				ring_stamp(&world->rings[s], ts);
			}
			add_event(world, s, ts, i);
		}
	}
	write_world(world, form);
}

static void free_world(struct world *world)
{
	for (uint32_t s = 0; s < NR_STREAMS; s++)
		ring_fini(&world->rings[s]);
	ring_meta_fini(&world->meta);
	free(world->wanted);
	unlink(world->path);
}

static void check_args(const struct event *event, const struct wanted *w)
{
	switch (w->type) {
	case RING_MERGE:
		assert_int_equal(event->kind, EVENT_KSM_MERGE_WITH_KSM_PAGE);
		assert_int_equal(event->present, 0x1f);
		assert_int_equal(EVENT_ARGS(event, KSM_MERGE_WITH_KSM_PAGE)->ksm_page, (int64_t)w->value);
		assert_int_equal(EVENT_ARGS(event, KSM_MERGE_WITH_KSM_PAGE)->mm, (int64_t)w->value);
		assert_int_equal(EVENT_ARGS(event, KSM_MERGE_WITH_KSM_PAGE)->err, -12);
		break;
	case RING_KSM_ENTER:
		assert_int_equal(event->kind, EVENT_KSM_ENTER);
		assert_int_equal(EVENT_ARGS(event, KSM_ENTER)->mm, (int64_t)w->value);
		break;
	case RING_SIGNAL:
		assert_int_equal(event->kind, EVENT_SIGNAL_GENERATE);
		assert_string_equal(EVENT_ARGS(event, SIGNAL_GENERATE)->comm, "a name of fifte");
		/* the writer's event has no group and no result */
		assert_int_equal(event->present, 0xf);
		assert_int_equal(EVENT_ARGS(event, SIGNAL_GENERATE)->group, 0);
		break;
	case RING_FORK:
		assert_int_equal(event->kind, EVENT_SCHED_PROCESS_FORK);
		assert_int_equal(event->present, 0xf);
		assert_string_equal(EVENT_ARGS(event, SCHED_PROCESS_FORK)->parent_comm, "a name of fifte");
		assert_string_equal(EVENT_ARGS(event, SCHED_PROCESS_FORK)->child_comm, "child");
		assert_int_equal(EVENT_ARGS(event, SCHED_PROCESS_FORK)->child_pid, (int32_t)w->value);
		break;
	case RING_REMOVE_PAGE:
		assert_int_equal(EVENT_ARGS(event, KSM_REMOVE_KSM_PAGE)->pfn, (int64_t)w->value);
		break;
	default:
		assert_int_equal(event->kind, EVENT_UNKNOWN);
		assert_null(event->args);
	}
}

static void check_event(const struct event *event, const struct wanted *w)
{
	assert_int_equal(event->ts_ns, w->ts_ns);
	assert_int_equal(event->stream, w->stream);
	assert_int_equal(event->pid, w->pid);
	check_args(event, w);
}

struct opened {
	struct trace_file *file;
	struct event_index *index;
	struct event_source *source;
};

static void open_world(const struct world *world, struct opened *o, unsigned int nr_threads)
{
	struct diag diag;

	assert_int_equal(trace_file_open(world->path, &o->file, &diag), 0);
	assert_int_equal(event_index_new(o->file, NULL, &o->index), 0);
	assert_int_equal(event_source_new(o->index, nr_threads, &o->source), 0);
}

static void close_world(struct opened *o)
{
	event_source_free(o->source);
	event_index_free(o->index);
	trace_file_close(o->file);
}

/* Reads everything, in steps of time if `step_ns`; checks against the list if `exact`. */
static uint32_t read_world(const struct world *world, struct opened *o, uint64_t step_ns, bool exact,
			   struct event_loss *losses)
{
	uint64_t until = step_ns ? UINT64_C(5000000000) : UINT64_MAX, nr = 0;
	struct event_batch batch;
	uint32_t nr_losses = 0;
	int ret;

	while ((ret = event_source_next(o->source, until, &batch)) > 0) {
		assert_int_equal(batch.first_nr, nr + 1);
		for (uint32_t i = 0; i < batch.nr_events; i++, nr++) {
			const struct event *event = &batch.events[i];

			assert_true(event->ts_ns <= until);
			if (event->loss)
				assert_int_equal(batch.losses[event->loss - 1].before_nr, nr + 1);
			if (exact)
				check_event(event, &world->wanted[nr]);
		}
		for (uint32_t i = 0; i < batch.nr_losses && nr_losses < 100; i++)
			losses[nr_losses++] = batch.losses[i];
		if (batch.nr_events == 0)
			until += step_ns;
	}
	assert_int_equal(ret, 0);
	assert_int_equal(nr, event_index_last(o->index));
	if (exact)
		assert_int_equal(nr, world->nr_wanted);
	return nr_losses;
}

static void check_losses(const struct world *world, const struct event_loss *losses, uint32_t nr,
			 bool counted)
{
	assert_int_equal(nr, 3);
	for (uint32_t i = 0; i < nr; i++) {
		const struct wanted *before = &world->wanted[losses[i].before_nr - 1];

		assert_int_equal(losses[i].cause, LOSS_OVERRUN);
		assert_int_equal(losses[i].stream, 1);
		assert_int_equal(before->serial, i * 1000);
		assert_int_equal(before->ts_ns, losses[i].before_ns);
		assert_int_equal(losses[i].nr_lost, i && counted ? i * 1000 : 0);
		if (i == 0) {
			assert_int_equal(losses[i].after_nr, 0);
			continue;
		}
		assert_int_equal(world->wanted[losses[i].after_nr - 1].serial, i * 1000 - 1);
		assert_int_equal(world->wanted[losses[i].after_nr - 1].ts_ns, losses[i].after_ns);
	}
}

static void test_forms(void **state)
{
	(void)state;
	for (size_t f = 0; f < NR_FORMS; f++) {
		struct event_loss losses[100];
		struct world world;
		struct opened o;

		print_message("%s\n", forms[f].name);
		make_world(&world, &forms[f]);
		open_world(&world, &o, 1);
		check_losses(&world, losses, read_world(&world, &o, 0, true, losses), true);
		assert_int_equal(event_index_nr_damages(o.index), 0);
		/* version 6 gives every buffer as many CPUs as the first */
		assert_int_equal(event_index_nr_streams(o.index),
				 forms[f].options.version == 6 ? 6 : NR_STREAMS);
		close_world(&o);
		free_world(&world);
	}
}

static void test_threads_and_steps(void **state)
{
	struct event_loss losses[100];
	struct world world;

	(void)state;
	make_world(&world, &forms[4]);
	for (unsigned int threads = 0; threads <= 4; threads++) {
		struct opened o;

		open_world(&world, &o, threads);
		check_losses(&world, losses,
			     read_world(&world, &o, threads * 77777777u, true, losses), true);
		close_world(&o);
		/* Given up in the middle: threads are joined, nothing leaks. */
		open_world(&world, &o, threads);
		for (unsigned int i = 0; i < threads && i < 2; i++) {
			struct event_batch batch;

			assert_int_equal(event_source_next(o.source, UINT64_MAX, &batch), 1);
		}
		close_world(&o);
	}
	free_world(&world);
}

static void check_random_access(const struct world *world, struct event_index *index)
{
	struct event event;
	uint64_t last = event_index_last(index);

	assert_int_equal(last, world->nr_wanted);
	for (uint64_t i = 0; i < 2 * last; i++) {
		/* forwards, then all over the place */
		uint64_t nr = i < last ? i + 1 : 1 + i * 7919 % last;
		const struct wanted *w = &world->wanted[nr - 1];
		struct event_record record;

		assert_int_equal(event_index_event(index, nr, &event), 0);
		check_event(&event, w);
		assert_int_equal(event_index_read(index, nr, &record), 0);
		assert_int_equal(record.type, w->type);
		assert_string_equal(record.comm, w->pid == 37 ? "ksmd" : "qemu");
		assert_int_equal(event_index_kind(index, nr), event.kind);
		assert_int_equal(event_index_time(index, nr), w->ts_ns);
	}
	assert_int_equal(event_index_event(index, 0, &event), -ENOENT);
	assert_int_equal(event_index_event(index, last + 1, &event), -ENOENT);
	assert_int_equal(event_index_at_time(index, 0), 0);
	assert_int_equal(event_index_at_time(index, UINT64_MAX), last);
	for (uint64_t nr = 1; nr <= last; nr += 13) {
		uint64_t found = event_index_at_time(index, world->wanted[nr - 1].ts_ns);

		assert_true(found >= nr);
		assert_int_equal(world->wanted[found - 1].ts_ns, world->wanted[nr - 1].ts_ns);
		assert_true(found == last || world->wanted[found].ts_ns > world->wanted[nr - 1].ts_ns);
	}
}

static void test_index(void **state)
{
	(void)state;
	for (size_t f = 0; f < NR_FORMS; f += 2) {
		struct event_loss losses[100];
		struct event_index *mapped;
		char path[] = "/tmp/test-index-XXXXXX";
		int fd = mkstemp(path);
		struct world world;
		struct opened o;
		uint64_t end;

		assert_true(fd >= 0);
		unlink(path);
		make_world(&world, &forms[f]);
		open_world(&world, &o, 1);
		read_world(&world, &o, 0, true, losses);
		check_random_access(&world, o.index);
		assert_int_equal(event_index_save(o.index, fd, 65536, &end), 0);
		assert_int_equal(event_index_map(o.file, fd, 65536, end, &mapped, NULL), 0);
		check_random_access(&world, mapped);
		event_index_free(mapped);
		/* a saved index with locators that point nowhere: -EIO, no more */
		for (int i = 0; i < 200; i++) {
			uint64_t noise = (uint64_t)random() << 32 ^ (uint64_t)random();
			struct event event;

			assert_int_equal(pwrite(fd, &noise, 8, 131072 + i * 8), 8);
			assert_int_equal(event_index_map(o.file, fd, 65536, end, &mapped, NULL), 0);
			event_index_event(mapped, (uint64_t)i + 1, &event);
			event_index_free(mapped);
		}
		assert_int_equal(pwrite(fd, "x", 1, 65536 + 20), 1);
		assert_int_equal(event_index_map(o.file, fd, 65536, end, &mapped, NULL), -EBADMSG);
		close(fd);
		close_world(&o);
		free_world(&world);
	}
}

static void test_damage(void **state)
{
	struct event_loss losses[100];
	char text[DIAG_TEXT_SIZE];
	struct world world;
	struct opened o;
	uint32_t nr;

	(void)state;
	make_rings(&world, &forms[2]);
	for (uint32_t i = 0; i < NR_EACH; i++)
		add_event(&world, 0, 1000000 + i * 10, i);
	add_event(&world, 1, 1000005, 0);
	ring_close(&world.rings[0]);
	ring_set_commit(&world.rings[0], 3, 0x7000000);
	ring_set_commit(&world.rings[0], world.rings[0].nr_pages - 1, 0x7000000);
	write_world(&world, &forms[2]);
	open_world(&world, &o, 2);
	nr = read_world(&world, &o, 0, false, losses);
	assert_int_equal(nr, 2);
	assert_int_equal(losses[0].cause, LOSS_DAMAGE);
	assert_true(losses[0].before_nr > losses[0].after_nr && losses[0].after_nr > 0);
	assert_int_equal(losses[1].cause, LOSS_DAMAGE);
	assert_int_equal(losses[1].before_nr, 0);
	assert_int_equal(losses[1].before_ns, UINT64_MAX);
	assert_int_equal(losses[1].after_nr, event_index_last(o.index));
	assert_int_equal(event_index_nr_damages(o.index), 2);
	diag_text(event_index_damage(o.index, 0), text, sizeof(text));
	assert_non_null(strstr(text, "sub-buffer 3 of CPU 0"));
	close_world(&o);
	free_world(&world);
}

static void test_time_goes_back(void **state)
{
	struct event_loss losses[100];
	struct world world;
	struct opened o;

	(void)state;
	make_rings(&world, &forms[0]);
	for (uint32_t i = 0; i < 1000; i++) {
		if (i % 100 == 0)
			ring_page(&world.rings[0], 1000000 - i * 500, 0);
		add_event(&world, 0, 1000000 - i / 100 * 50000 + i, i);
		add_event(&world, 1, 900000 + i * 10, i);
	}
	write_world(&world, &forms[0]);
	open_world(&world, &o, 1);
	read_world(&world, &o, 0, false, losses);
	assert_int_equal(event_index_last(o.index), 2000);
	assert_int_equal(event_index_nr_damages(o.index), 1);
	assert_true(event_index_at_time(o.index, UINT64_MAX) == 2000);
	close_world(&o);
	free_world(&world);
}

static int keep_field(const char *name, const char *text, enum field_kind kind, void *arg)
{
	strcat(arg, name);
	strcat(arg, kind == FIELD_HEX ? "=hex " : kind == FIELD_STRING ? "=string " : "=number ");
	return strlen(text) > 100;
}

static void test_texts(void **state)
{
	struct event_loss losses[100];
	struct world world;
	struct opened o;
	bool seen_merge = false, seen_fork = false, seen_unknown = false;

	(void)state;
	make_world(&world, &forms[4]);
	open_world(&world, &o, 1);
	read_world(&world, &o, 0, true, losses);
	for (uint64_t nr = 1; nr <= 200; nr++) {
		const struct wanted *w = &world.wanted[nr - 1];
		char text[400], wanted[400], fields[400] = "";
		struct event_record record;

		assert_int_equal(event_index_read(o.index, nr, &record), 0);
		event_record_fields(o.index, &record, text, sizeof(text));
		if (w->type == RING_MERGE) {
			snprintf(wanted, sizeof(wanted),
				 "ksm_page=0x%lx pfn=%lu rmap_item=0x%lx mm=0x%lx err=-12", w->value, w->value,
				 w->value, w->value);
			assert_string_equal(text, wanted);
			assert_int_equal(event_record_each_field(o.index, &record, keep_field, fields), 0);
			assert_string_equal(fields, "ksm_page=hex pfn=number rmap_item=hex mm=hex err=number ");
			seen_merge = true;
		} else if (w->type == RING_FORK) {
			snprintf(wanted, sizeof(wanted),
				 "parent_comm=a name of fifteen parent_pid=%d child_comm=child child_pid=%d",
				 (int32_t)w->value, (int32_t)w->value);
			assert_string_equal(text, wanted);
			seen_fork = true;
		} else if (w->type == RING_NO_FORMAT) {
			assert_string_equal(record.system, "unknown");
			assert_string_equal(record.name, "999");
			seen_unknown = true;
		}
	}
	assert_true(seen_merge && seen_fork && seen_unknown);
	/* nine that are described, and one that is not but occurs */
	assert_int_equal(event_index_nr_types(o.index), 10);
	for (uint32_t i = 0; i < 10; i++) {
		struct event_type_count count;

		assert_int_equal(event_index_type(o.index, i, &count), 0);
		if (i == 9)
			assert_int_equal(count.type, RING_NO_FORMAT);
	}
	close_world(&o);
	free_world(&world);
}

static void test_kind_names(void **state)
{
	(void)state;
	for (int kind = 0; kind < NR_EVENT_KINDS; kind++)
		assert_null(strchr(event_kind_name((enum event_kind)kind), ' '));
	assert_string_equal(event_kind_name(EVENT_KSM_ENTER), "ksm:ksm_enter");
	assert_string_equal(event_kind_name((enum event_kind)9999), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind_names),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_threads_and_steps),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_time_goes_back),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests_name("event source", tests, NULL, NULL);
}
