/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout_v7.c - a whole version 7 file: sections, then options, then event data.
 *
 * trace-cmd writes the options that describe event data behind that data.  Here everything that
 * describes comes first and the data last, so that a file that is cut anywhere in its data still
 * says what the rest is.  For that the options are written twice: once with zeros to take up their
 * place, and again when offsets and sizes are known.
 *
 * Samples stand in a section that no option names (sections.h); the text of VERSION says where.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>
#include <zstd.h>

#include "trace/container.h"
#include "trace/layout.h"
#include "trace/sections.h"

enum { NR_META = TRACE_OPTION_CMDLINES - TRACE_OPTION_HEADER_INFO + 1, META_LEVEL = 3 };

struct v7_out {
	struct sink *sink;
	const struct trace_write_options *options;
	const struct trace_meta *meta;
	const struct layout_source *source;
	struct outbuf strings;
	uint32_t buffer_name;
	uint64_t meta_at[NR_META];
	uint64_t buffer_at[TRACE_MAX_BUFFERS];
	char sections[160]; /* what VERSION says of ours */
	struct {
		uint64_t offset, size;
	} * cpus; /* of all buffers, one after another */
	uint32_t nr_cpus;
};

/* A section's name goes to the strings; its place there is in the header. */
static uint32_t string_add(struct v7_out *v7, const char *text)
{
	uint32_t at = (uint32_t)v7->strings.size;

	out_string(&v7->strings, text);
	return at;
}

static void section_header(struct v7_out *v7, uint16_t id, bool compressed, uint32_t name,
			   uint64_t size)
{
	struct outbuf out = {.big = v7->options->big_endian};

	out_u16(&out, id);
	out_u16(&out, compressed ? TRACE_SECTION_COMPRESSED : 0);
	out_u32(&out, name);
	out_u64(&out, size);
	sink_out(v7->sink, &out);
	out_free(&out);
}

static void section_patch_size(struct v7_out *v7, uint64_t at)
{
	uint64_t size = v7->sink->pos - at - TRACE_SECTION_HEADER;

	size = v7->options->big_endian ? htobe64(size) : htole64(size);
	sink_patch(v7->sink, at + 8, &size, sizeof(size));
}

static void section_compressed(struct v7_out *v7, uint16_t id, uint32_t name,
			       const struct outbuf *contents)
{
	struct outbuf sizes = {.big = v7->options->big_endian};
	size_t bound = ZSTD_compressBound(contents->size), csize = 0;
	uint8_t *frame = malloc(bound);
	struct outbuf failed = {.failed = true};

	if (frame)
		csize = ZSTD_compress(frame, bound, contents->data, contents->size, META_LEVEL);
	if (!frame || ZSTD_isError(csize)) {
		sink_out(v7->sink, &failed);
		free(frame);
		return;
	}
	out_u32(&sizes, (uint32_t)csize);
	out_u32(&sizes, (uint32_t)contents->size);
	section_header(v7, id, true, name, csize + sizes.size);
	sink_out(v7->sink, &sizes);
	sink_write(v7->sink, frame, csize);
	out_free(&sizes);
	free(frame);
}

static void section_write(struct v7_out *v7, uint16_t id, uint32_t name, struct outbuf *contents)
{
	if (v7->options->zstd && contents->size && !contents->failed) {
		section_compressed(v7, id, name, contents);
	} else {
		section_header(v7, id, false, name, contents->size);
		sink_out(v7->sink, contents);
	}
	out_free(contents);
}

static void meta_write(struct v7_out *v7)
{
	static const char *const names[NR_META] = {
		"headers",  "ftrace events", "event formats",
		"kallsyms", "trace_printk",  "saved cmdlines",
	};
	const struct trace_meta *meta = v7->meta;

	for (int i = 0; i < NR_META; i++) {
		struct outbuf out = {.big = v7->options->big_endian};
		uint16_t id = (uint16_t)(TRACE_OPTION_HEADER_INFO + i);

		v7->meta_at[i] = v7->sink->pos;
		switch (id) {
		case TRACE_OPTION_HEADER_INFO:
			layout_header_info(&out, meta);
			break;
		case TRACE_OPTION_FTRACE_EVENTS:
			layout_ftrace_formats(&out, meta);
			break;
		case TRACE_OPTION_EVENT_FORMATS:
			layout_event_formats(&out, meta);
			break;
		case TRACE_OPTION_KALLSYMS:
			layout_text(&out, 4, meta->kallsyms);
			break;
		case TRACE_OPTION_PRINTK:
			layout_text(&out, 4, meta->printk);
			break;
		case TRACE_OPTION_CMDLINES:
			layout_text(&out, 8, meta->cmdlines);
			break;
		}
		section_write(v7, id, string_add(v7, names[i]), &out);
	}
}

static void samples_write(struct v7_out *v7)
{
	const struct layout_source *source = v7->source;

	if (!source->samples)
		return;
	snprintf(v7->sections, sizeof(v7->sections),
		 "[ksmtop-samples id=0x%x offset=%" PRIu64 " size=%" PRIu64 " xxh64=%016" PRIx64
		 "]",
		 TRACE_SECTION_SAMPLES, v7->sink->pos, source->samples_size,
		 (uint64_t)XXH64(source->samples, source->samples_size, 0));
	section_header(v7, TRACE_SECTION_SAMPLES, false, string_add(v7, "ksmtop samples"),
		       source->samples_size);
	sink_write(v7->sink, source->samples, source->samples_size);
}

static void option_buffer(struct v7_out *v7, struct outbuf *out, uint32_t i, uint32_t first_cpu)
{
	const struct layout_buffer *buffer = &v7->source->buffers[i];
	struct outbuf data = {.big = out->big};

	out_u64(&data, v7->buffer_at[i]);
	out_string(&data, buffer->name);
	out_string(&data, buffer->clock);
	out_u32(&data, buffer->page_size);
	out_u32(&data, buffer->nr_cpus);
	for (uint32_t c = 0; c < buffer->nr_cpus; c++) {
		out_u32(&data, buffer->cpu_ids[c]);
		out_u64(&data, v7->cpus[first_cpu + c].offset);
		out_u64(&data, v7->cpus[first_cpu + c].size);
	}
	out->failed |= data.failed;
	layout_option(out, TRACE_OPTION_BUFFER, data.data, (uint32_t)data.size);
	out_free(&data);
}

/* All options, with whatever is known of the buffers by now. */
static void options_make(struct v7_out *v7, struct outbuf *out)
{
	uint32_t first_cpu = 0, max_cpus = 0;

	for (int i = 0; i < NR_META; i++) {
		out_u16(out, (uint16_t)(TRACE_OPTION_HEADER_INFO + i));
		out_u32(out, 8);
		out_u64(out, v7->meta_at[i]);
	}
	for (uint32_t i = 0; i < v7->source->nr_buffers; i++)
		if (v7->source->buffers[i].nr_cpus > max_cpus)
			max_cpus = v7->source->buffers[i].nr_cpus;
	layout_options(out, v7->meta, 7, max_cpus, v7->sections);
	for (uint32_t i = 0; i < v7->source->nr_buffers; i++) {
		option_buffer(v7, out, i, first_cpu);
		first_cpu += v7->source->buffers[i].nr_cpus;
	}
	out_u16(out, TRACE_OPTION_DONE);
	out_u32(out, 8);
	out_u64(out, 0);
}

static void buffers_write(struct v7_out *v7)
{
	uint32_t first_cpu = 0;

	for (uint32_t i = 0; i < v7->source->nr_buffers; i++) {
		const struct layout_buffer *buffer = &v7->source->buffers[i];

		v7->buffer_at[i] = v7->sink->pos;
		section_header(v7, TRACE_OPTION_BUFFER, v7->options->zstd, v7->buffer_name, 0);
		for (uint32_t c = 0; c < buffer->nr_cpus && v7->source->cpu_write; c++)
			v7->source->cpu_write(v7->sink, v7->source->arg, i, c,
					      &v7->cpus[first_cpu + c].offset,
					      &v7->cpus[first_cpu + c].size);
		section_patch_size(v7, v7->buffer_at[i]);
		first_cpu += buffer->nr_cpus;
	}
}

static void file_header(struct v7_out *v7, uint64_t *ret_options_place)
{
	struct outbuf out = {.big = v7->options->big_endian};

	layout_header(&out, v7->options);
	out_string(&out, v7->options->zstd ? "zstd" : "none");
	out_string(&out, v7->options->zstd ? ZSTD_versionString() : "");
	*ret_options_place = out.size;
	out_u64(&out, 0);
	sink_out(v7->sink, &out);
	out_free(&out);
}

static void strings_write(struct v7_out *v7)
{
	uint32_t name = string_add(v7, "strings");

	section_header(v7, TRACE_OPTION_STRINGS, false, name, v7->strings.size);
	sink_out(v7->sink, &v7->strings);
}

static void parts_write(struct v7_out *v7)
{
	struct outbuf first = {.big = v7->options->big_endian};
	struct outbuf again = {.big = v7->options->big_endian};
	struct outbuf place = {.big = v7->options->big_endian};
	uint64_t options_place, options_at;

	file_header(v7, &options_place);
	meta_write(v7);
	samples_write(v7);
	options_at = v7->sink->pos;
	options_make(v7, &first);
	section_header(v7, TRACE_OPTION_DONE, false, string_add(v7, "options"), first.size);
	sink_out(v7->sink, &first);
	out_free(&first);
	v7->buffer_name = string_add(v7, "buffer flyrecord");
	strings_write(v7);
	buffers_write(v7);
	options_make(v7, &again);
	if (again.failed)
		sink_out(v7->sink, &again);
	else
		sink_patch(v7->sink, options_at + TRACE_SECTION_HEADER, again.data, again.size);
	out_u64(&place, options_at);
	sink_patch(v7->sink, options_place, place.data, place.size);
	out_free(&again);
	out_free(&place);
}

void layout_v7(struct sink *sink, const struct trace_write_options *options,
	       const struct trace_meta *meta, const struct layout_source *source)
{
	struct v7_out v7 = {.sink = sink, .options = options, .meta = meta, .source = source};
	struct outbuf failed = {.failed = true};

	for (uint32_t i = 0; i < source->nr_buffers; i++)
		v7.nr_cpus += source->buffers[i].nr_cpus;
	v7.cpus = calloc(v7.nr_cpus ? v7.nr_cpus : 1, sizeof(*v7.cpus));
	v7.strings.big = options->big_endian;
	if (v7.cpus && source->nr_buffers <= TRACE_MAX_BUFFERS)
		parts_write(&v7);
	else
		sink_out(sink, &failed);
	out_free(&v7.strings);
	free(v7.cpus);
}
