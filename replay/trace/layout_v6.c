/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * layout_v6.c - a whole version 6 file, for tests, generators and old readers.
 *
 * One record after another (trace_v6.c reads them).  Where the data of each cpu begins is known
 * only after it is written, so the tables of cpus, and the options that point to the tables of
 * named instances, are written as zeros first and patched.
 *
 * Version 6 has neither compression nor sections: samples cannot go into it.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "trace/container.h"
#include "trace/layout.h"

struct v6_out {
	struct sink *sink;
	const struct trace_write_options *options;
	const struct trace_meta *meta;
	const struct layout_source *source;
	uint64_t instance_at[TRACE_MAX_BUFFERS]; /* the offset in the BUFFER option of each */
	uint32_t nr_cpus;
};

static uint64_t number(const struct v6_out *v6, uint64_t v)
{
	return v6->options->big_endian ? htobe64(v) : htole64(v);
}

/* "local [mono] global" for the buffer that says "mono". */
static void clock_write(struct v6_out *v6, const char *clock)
{
	struct outbuf text = {0}, out = {.big = v6->options->big_endian};

	out_bytes(&text, "[", 1);
	out_bytes(&text, clock, strlen(clock));
	out_bytes(&text, "]", 1);
	out_string(&text, "");
	layout_text(&out, 8, (struct trace_text){(char *)text.data, text.size});
	out.failed |= text.failed;
	sink_out(v6->sink, &out);
	out_free(&text);
	out_free(&out);
}

/* The table of a buffer's cpus and their data.  Missing cpus of a buffer are there with no data. */
static void buffer_write(struct v6_out *v6, uint32_t i)
{
	const struct layout_buffer *buffer = &v6->source->buffers[i];
	uint64_t table, *entries = calloc(v6->nr_cpus * 2 + 1, sizeof(*entries));
	struct outbuf failed = {.failed = true};

	sink_write(v6->sink, "flyrecord", 10);
	table = v6->sink->pos;
	if (!entries) {
		sink_out(v6->sink, &failed);
		return;
	}
	sink_write(v6->sink, entries, v6->nr_cpus * 2 * sizeof(*entries));
	clock_write(v6, buffer->clock);
	for (uint32_t c = 0; c < buffer->nr_cpus; c++) {
		uint64_t offset = 0, size = 0;
		uint32_t id = buffer->cpu_ids[c];

		v6->source->cpu_write(v6->sink, v6->source->arg, i, c, &offset, &size);
		entries[2 * id] = number(v6, offset);
		entries[2 * id + 1] = number(v6, size);
	}
	sink_patch(v6->sink, table, entries, v6->nr_cpus * 2 * sizeof(*entries));
	free(entries);
}

static void option_instance(struct v6_out *v6, struct outbuf *out, uint32_t i)
{
	const char *name = v6->source->buffers[i].name;

	out_u16(out, TRACE_OPTION_BUFFER);
	out_u32(out, (uint32_t)(8 + strlen(name) + 1));
	v6->instance_at[i] = v6->sink->pos + out->size;
	out_u64(out, 0);
	out_string(out, name);
}

static void head_write(struct v6_out *v6)
{
	struct outbuf out = {.big = v6->options->big_endian};

	layout_header(&out, v6->options);
	layout_header_info(&out, v6->meta);
	layout_ftrace_formats(&out, v6->meta);
	layout_event_formats(&out, v6->meta);
	layout_text(&out, 4, v6->meta->kallsyms);
	layout_text(&out, 4, v6->meta->printk);
	layout_text(&out, 8, v6->meta->cmdlines);
	out_u32(&out, v6->nr_cpus);
	out_bytes(&out, "options  ", 10);
	layout_options(&out, v6->meta, 6, v6->nr_cpus, "");
	for (uint32_t i = 1; i < v6->source->nr_buffers; i++)
		option_instance(v6, &out, i);
	out_u16(&out, TRACE_OPTION_DONE);
	sink_out(v6->sink, &out);
	out_free(&out);
}

static uint32_t cpus_max(const struct layout_source *source)
{
	uint32_t max = 0;

	for (uint32_t i = 0; i < source->nr_buffers; i++)
		for (uint32_t c = 0; c < source->buffers[i].nr_cpus; c++)
			if (source->buffers[i].cpu_ids[c] >= max)
				max = source->buffers[i].cpu_ids[c] + 1;
	return max;
}

void layout_v6(struct sink *sink, const struct trace_write_options *options,
	       const struct trace_meta *meta, const struct layout_source *source)
{
	struct v6_out v6 = {.sink = sink, .options = options, .meta = meta, .source = source};

	v6.nr_cpus = cpus_max(source);
	head_write(&v6);
	for (uint32_t i = 0; i < source->nr_buffers; i++) {
		uint64_t at = number(&v6, sink->pos);

		if (i)
			sink_patch(sink, v6.instance_at[i], &at, sizeof(at));
		buffer_write(&v6, i);
	}
}
