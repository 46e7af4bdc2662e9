// SPDX-License-Identifier: GPL-2.0-only
/*
 * event_index.c - finding an event again.
 *
 * An event is remembered by its page, its place there and its type; everything else is read from
 * the recording when it is asked for.  The hard idea is that asking is local: a screen shows
 * neighbours, so the chunks inflated last are kept, and the walk through a page goes on from
 * where it stopped if the next event lies behind.
 *
 * Times are kept for every INDEX_STEP-th event only, as the greatest so far, so that they
 * can be searched even when a stream's clock went backwards.
 *
 * A mapped index is as hostile as a recording: a locator that points nowhere is -EIO.
 * Names and texts are in event_text.c, saving and mapping in index_cache.c.
 */
#include "event/index.h"

#include <byteswap.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <traceevent/kbuffer.h>

#include "event/binding.h"
#include "event/warmer.h"
#include "trace/array.h"
#include "trace/trace_file.h"

int event_index_new(const struct trace_file *file, const char *table_dir,
		    struct event_index **ret_index)
{
	struct event_index *index = calloc(1, sizeof(*index));
	int ret;

	if (!index)
		return -ENOMEM;
	index->file = file;
	pool_init(&index->locators, sizeof(struct event_locator), table_dir);
	pool_init(&index->times, sizeof(uint64_t), NULL);
	pool_init(&index->counts, sizeof(uint64_t), NULL);
	ret = decoder_new(file, &index->decoder, &index->damages);
	if (ret == 0)
		ret = block_reader_init(&index->reader, index->decoder);
	if (ret == 0)
		ret = pool_resize(&index->counts, NR_TYPES);
	if (ret != 0) {
		event_index_free(index);
		return ret;
	}
	*ret_index = index;
	return 0;
}

void event_index_free(struct event_index *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < sizeof(index->chunks) / sizeof(index->chunks[0]); i++)
		free(index->chunks[i].data);
	block_reader_fini(&index->reader);
	pool_fini(&index->locators);
	pool_fini(&index->times);
	pool_fini(&index->counts);
	decoder_free(index->decoder);
	damage_list_fini(&index->damages);
	free(index->scratch);
	free(index->unknown_names);
	free(index);
}

int event_index_append(struct event_index *index, const struct event_locator *locators,
		       const struct event *events, uint32_t nr)
{
	uint64_t first = index->locators.nr, *counts = index->counts.data;

	if (nr == 0)
		return 0;
	if (pool_reserve(&index->locators, first + nr) != 0 ||
	    pool_reserve(&index->times, (first + nr) / INDEX_STEP + 1) != 0)
		return -ENOMEM;
	memcpy(pool_at(&index->locators, first), locators, nr * sizeof(*locators));
	index->locators.nr = first + nr;
	for (uint32_t i = 0; i < nr; i++) {
		counts[locators[i].type]++;
		if (events[i].ts_ns > index->last_ns)
			index->last_ns = events[i].ts_ns;
		if ((first + i) % INDEX_STEP == 0)
			((uint64_t *)index->times.data)[index->times.nr++] = index->last_ns;
	}
	return 0;
}

void event_index_warm(struct event_index *index, struct warmer *warmer)
{
	warmer_warm(warmer, &index->locators);
}

uint64_t event_index_last(const struct event_index *index)
{
	return index->locators.nr;
}

/* The bytes of a block; the least recently used of the inflated ones makes room. */
static const uint8_t *cached_data(struct event_index *index, const struct stream_block *place)
{
	size_t oldest = 0;
	const uint8_t *data;
	int error;

	for (size_t i = 0; i < sizeof(index->chunks) / sizeof(index->chunks[0]); i++) {
		if (index->chunks[i].place == place) {
			index->chunks[i].used = ++index->clock;
			return index->chunks[i].data;
		}
		if (index->chunks[i].used < index->chunks[oldest].used)
			oldest = i;
	}
	index->page = NULL;
	index->chunks[oldest].place = NULL;
	data = block_data(&index->reader, place, &index->chunks[oldest].data,
			  &index->chunks[oldest].room, &error);
	if (data && data == index->chunks[oldest].data) {
		index->chunks[oldest].place = place;
		index->chunks[oldest].used = ++index->clock;
	}
	return data;
}

/* Puts kbuffer at the start of a page.  0, -EIO or -ENOMEM. */
static int load_page(struct event_index *index, uint32_t nr)
{
	const struct decoder *decoder = index->decoder;
	const struct stream_block *place;
	const struct stream *stream;
	const uint8_t *data;
	struct subbuf subbuf;
	uint32_t s;

	index->page = NULL;
	if (decoder->nr_streams == 0)
		return -EIO;
	place = decoder_find_subbuf(decoder, nr, &s);
	stream = &decoder->streams[s];
	if (nr < stream->first_subbuf || nr - stream->first_subbuf >= stream->nr_subbufs)
		return -EIO;
	data = cached_data(index, place);
	if (!data)
		return -EIO;
	data += (uint64_t)(nr - place->first_subbuf) * stream->layout.page_size;
	subbuf_check(&stream->layout, data, &subbuf);
	if (!block_load_page(&index->reader, &stream->layout, data, &subbuf, &data))
		return -ENOMEM;
	index->page = data;
	index->stream = stream;
	index->subbuf = nr;
	return 0;
}

/* Where in the page a record is, as locators count. */
static uint32_t record_place(const struct event_index *index, const uint8_t *record)
{
	return (uint32_t)((record - index->page) / 4);
}

/* The record at a locator, its size and raw time.  0 or -E. */
static int find_record(struct event_index *index, const struct event_locator *locator,
		       const uint8_t **ret_record, uint32_t *ret_size, uint64_t *ret_ts)
{
	unsigned long long ts = 0;
	const uint8_t *record;
	int ret;

	record = index->page && index->subbuf == locator->subbuf ?
		 kbuffer_read_event(index->reader.kbuffer, &ts) : NULL;
	if (!record || record_place(index, record) > locator->place) {
		ret = load_page(index, locator->subbuf);
		if (ret != 0)
			return ret;
		record = kbuffer_read_event(index->reader.kbuffer, &ts);
	}
	while (record && record_place(index, record) < locator->place)
		record = kbuffer_next_event(index->reader.kbuffer, &ts);
	if (!record || record_place(index, record) != locator->place) {
		index->page = NULL;
		return -EIO;
	}
	*ret_record = record;
	*ret_size = (uint32_t)kbuffer_event_size(index->reader.kbuffer);
	*ret_ts = index->decoder->raw_time ? ts :
		  trace_file_time_ns(index->file, index->stream->buffer, index->stream->cpu, ts);
	return 0;
}

static const char *record_comm(const struct event_index *index, int32_t pid)
{
	const char *comm = pid ? trace_file_comm(index->file, pid) : "<idle>";

	return comm ? comm : "<...>";
}

int event_index_read(struct event_index *index, uint64_t nr, struct event_record *ret_record)
{
	const struct formats *formats = index->decoder->formats;
	const struct event_locator *locator;
	const uint8_t *data;
	struct event_record record = { .nr = nr };
	int ret;

	if (nr == 0 || nr > index->locators.nr)
		return -ENOENT;
	locator = pool_at(&index->locators, nr - 1);
	ret = find_record(index, locator, &data, &record.size, &record.ts_ns);
	if (ret != 0)
		return ret;
	record.data = data;
	record.stream = index->stream->id;
	record.cpu = index->stream->cpu;
	record.buffer = index->stream->buffer;
	if (record.size >= formats->pid_offset + 4u) {
		memcpy(&record.pid, data + formats->pid_offset, sizeof(record.pid));
		if (formats->swap)
			record.pid = (int32_t)bswap_32((uint32_t)record.pid);
	}
	record.type = locator->type;
	record.kind = (enum event_kind)formats_binding(formats, locator->type)->kind;
	record.comm = record_comm(index, record.pid);
	record.format = formats_event(index->decoder->formats, locator->type);
	event_index_name_type(index, locator->type, &record.system, &record.name);
	*ret_record = record;
	return 0;
}

int event_index_event(struct event_index *index, uint64_t nr, struct event *ret_event)
{
	const struct formats *formats = index->decoder->formats;
	const struct binding *binding;
	struct event_record record;
	int ret = event_index_read(index, nr, &record);

	if (ret != 0)
		return ret;
	binding = formats_binding(formats, (uint16_t)record.type);
	*ret_event = (struct event){
		.ts_ns = record.ts_ns, .pid = record.pid, .kind = binding->kind,
		.stream = record.stream,
	};
	if (binding->args_size) {
		ret_event->args = index->args;
		ret_event->present = binding_load(binding, record.data, record.size, formats->swap,
						  index->args);
	}
	return 0;
}

enum event_kind event_index_kind(const struct event_index *index, uint64_t nr)
{
	const struct event_locator *locator;

	if (nr == 0 || nr > index->locators.nr)
		return EVENT_UNKNOWN;
	locator = pool_at(&index->locators, nr - 1);
	return (enum event_kind)formats_binding(index->decoder->formats, locator->type)->kind;
}

uint64_t event_index_time(struct event_index *index, uint64_t nr)
{
	const uint8_t *record;
	uint32_t size;
	uint64_t ts;

	if (nr == 0 || nr > index->locators.nr ||
	    find_record(index, pool_at(&index->locators, nr - 1), &record, &size, &ts) != 0)
		return 0;
	return ts;
}

uint64_t event_index_at_time(struct event_index *index, uint64_t ns)
{
	const uint64_t *times = index->times.data;
	uint64_t step = BISECT(0, index->times.nr, i, times[i] <= ns), first, end;

	/* The last step whose time is not beyond ns: the answer is in it. */
	if (step == 0)
		return 0;
	first = (step - 1) * INDEX_STEP + 1;
	end = step * INDEX_STEP < index->locators.nr ? step * INDEX_STEP : index->locators.nr;
	return BISECT(first + 1, end + 1, i, event_index_time(index, i) <= ns) - 1;
}

uint32_t event_index_nr_streams(const struct event_index *index)
{
	return index->decoder->nr_streams;
}

int event_index_stream(const struct event_index *index, uint32_t i, const char **ret_buffer,
		       uint16_t *ret_cpu)
{
	if (i >= index->decoder->nr_streams)
		return -ENOENT;
	*ret_buffer = index->decoder->streams[i].buffer_name;
	*ret_cpu = index->decoder->streams[i].cpu;
	return 0;
}

uint32_t event_index_nr_damages(const struct event_index *index)
{
	return index->damages.nr;
}

const struct diag *event_index_damage(const struct event_index *index, uint32_t i)
{
	return i < index->damages.nr ? &index->damages.diags[i] : NULL;
}

uint64_t event_index_nr_more_damages(const struct event_index *index)
{
	return index->damages.nr_more;
}

void event_index_memory(const struct event_index *index, uint64_t *ret_bytes, uint64_t *ret_anon_bytes)
{
	const struct pool *pools[] = { &index->locators, &index->times, &index->counts };

	*ret_bytes = *ret_anon_bytes = 0;
	for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
		uint64_t bytes, anon;

		pool_memory(pools[i], &bytes, &anon);
		*ret_bytes += bytes;
		*ret_anon_bytes += anon;
	}
}
