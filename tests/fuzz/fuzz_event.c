// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_event.c - everything that reads events, over damaged recordings.
 *
 *	fuzz_event [FILE...]
 *
 * Each FILE is read as a recording.  Without files, recordings in several forms are made and damaged
 * at random: bits turned, words replaced by large ones, pieces copied over others or cut off, digits and
 * brackets put into format texts.  Whatever comes of it, every event is read in order, by number, as
 * text and through a filter.  What it proves under ASan and UBSan is only this: no crash, no
 * endless loop, no read outside of what belongs to us, and every number that was given out can
 * be asked for again.
 *
 * KSMTOP_SEED starts elsewhere, KSMTOP_ITERATIONS does more than the default 300.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/event_filter.h"
#include "event/event_source.h"
#include "ring_writer.h"
#include "trace/trace_file.h"

/* libtraceevent 1.7.1 loses some bytes on every format that it cannot parse. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent\n";
}

static int ignore_field(const char *name, const char *text, enum field_kind kind, void *arg)
{
	(void)kind;
	(void)arg;
	return name[0] == 0 && text[0] == 0;
}

static void read_one(struct event_index *index, struct event_filter *filter, uint64_t nr)
{
	struct event_record record;
	struct event event;
	char text[4096];

	if (event_index_event(index, nr, &event) != 0 || event_index_read(index, nr, &record) != 0)
		return;
	assert(record.nr == nr && record.kind == (enum event_kind)event.kind);
	event_record_fields(index, &record, text, sizeof(text));
	event_record_each_field(index, &record, ignore_field, NULL);
	event_filter_match(filter, index, &record);
}

static void read_recording(const char *path)
{
	struct event_filter *filter = NULL;
	struct event_source *source = NULL;
	struct event_index *index = NULL;
	struct event_batch batch;
	struct trace_file *file;
	uint64_t nr = 0;
	int ret = event_filter_new("pfn > 5 && mm != 0 || comm =~ \"a\" || parent_comm == child_comm",
				   &filter, NULL);

	assert(ret == 0);
	if (trace_file_open(path, &file, NULL) == 0) {
		if (event_index_new(file, NULL, &index) == 0 &&
		    event_source_new(index, 1, &source) == 0) {
			while (event_source_next(source, UINT64_MAX, &batch) > 0) {
				assert(batch.first_nr == nr + 1);
				nr += batch.nr_events;
			}
			assert(nr == event_index_last(index));
			for (uint64_t i = 1; i <= nr; i += 1 + i / 50)
				read_one(index, filter, i);
			event_index_at_time(index, UINT64_C(5000001000));
			for (uint32_t i = 0; i < event_index_nr_types(index); i++) {
				struct event_type_count count;

				event_index_type(index, i, &count);
			}
		}
		event_source_free(source);
		event_index_free(index);
		trace_file_close(file);
	}
	event_filter_free(filter);
}

/* ---- making and damaging ---- */

static const struct trace_write_options forms[] = {
	{ .version = 6, .long_size = 8, .page_size = 4096 },
	{ .version = 6, .long_size = 4, .page_size = 4096, .big_endian = true },
	{ .version = 7, .long_size = 8, .page_size = 8192 },
};

static void make_recording(const char *path, const struct trace_write_options *form)
{
	static const int types[] = { RING_MERGE, RING_FORK, RING_SIGNAL, RING_THING, RING_KSM_ENTER };
	static const char *const comms[] = { "parent", "child" };
	const uint64_t values[5] = { 0x1234, 77, 0x4321, 5, 6 };
	struct trace_write_cpu cpus[2];
	struct trace_write_buffer buffer = { "", "mono", cpus, 2 };
	struct ring rings[2];
	struct ring_meta meta;

	for (uint32_t c = 0; c < 2; c++) {
		ring_init(&rings[c], form->big_endian, form->long_size, form->page_size);
		ring_page(&rings[c], 5000000000, (int)c - 1);
		for (int i = 0; i < 400; i++) {
			uint8_t record[128];

			ring_event(&rings[c], rings[c].last_ns + 100, record,
				   ring_record(&rings[c], types[i % 5], i % 3 ? 37 : 3141, values, comms,
					       record));
		}
		ring_close(&rings[c]);
		cpus[c] = (struct trace_write_cpu){ c, rings[c].pages,
						    rings[c].nr_pages * rings[c].page_size };
	}
	ring_meta_init(&meta, &rings[0]);
	if (trace_write(path, form, &meta.meta, &buffer, 1, NULL, NULL) != 0)
		abort();
	ring_meta_fini(&meta);
	ring_fini(&rings[0]);
	ring_fini(&rings[1]);
}

static void damage(uint8_t *data, size_t *size)
{
	static const uint8_t text[] = "()[]{}0123456789-~!?:;*\"\\%%REC->ps";
	static const uint32_t words[] = { 0, 4, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, 0x10000, 31 };

	for (long n = 1 + random() % 20; n > 0; n--) {
		/* As often in the metadata in front as in the pages. */
		size_t at = (size_t)random() % (random() % 2 && *size > 9000 ? 9000 : *size - 8);
		size_t from = (size_t)random() % (*size - 8), length = (size_t)random() % 64;

		switch (random() % 6) {
		case 0: data[at] ^= (uint8_t)(1 << random() % 8); break;
		case 1: memcpy(data + at, &words[random() % 8], 4); break;
		case 2: data[at] = (uint8_t)random(); break;
		case 3: data[at] = text[(size_t)random() % (sizeof(text) - 1)]; break;
		case 4:
			if (at + length < *size && from + length < *size)
				memmove(data + at, data + from, length);
			break;
		default:
			if (random() % 20 == 0)
				*size = *size / 2 + (size_t)random() % (*size / 2);
		}
	}
}

static void fuzz(const char *path)
{
	const char *more = getenv("KSMTOP_ITERATIONS"), *seed = getenv("KSMTOP_SEED");
	int nr = more ? atoi(more) : 300;
	uint8_t *whole = malloc(4 << 20), *data = malloc(4 << 20);

	if (!whole || !data)
		abort();
	srandom(seed ? (unsigned int)atoi(seed) : 7);
	for (int form = 0; form < 3; form++) {
		size_t whole_size;
		FILE *file;

		make_recording(path, &forms[form]);
		read_recording(path);
		file = fopen(path, "rb");
		whole_size = file ? fread(whole, 1, 4 << 20, file) : 0;
		if (whole_size < 16)
			abort();
		fclose(file);
		for (int i = 0; i < nr / 3; i++) {
			size_t size = whole_size;

			memcpy(data, whole, size);
			damage(data, &size);
			file = fopen(path, "wb");
			if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
				abort();
			read_recording(path);
		}
	}
	free(whole);
	free(data);
}

int main(int argc, char **argv)
{
	char path[] = "/tmp/fuzz-event-XXXXXX";

	for (int i = 1; i < argc; i++)
		read_recording(argv[i]);
	if (argc == 1) {
		int fd = mkstemp(path);

		if (fd < 0)
			return 2;
		close(fd);
		fuzz(path);
		unlink(path);
	}
	return 0;
}
