/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_time.c - timestamps as `trace-cmd report -t` shows them.
 *
 * The order is libtracecmd's (timestamp_calc): the guest's correction towards the host's clock,
 * then cycles to nanoseconds, then the sum of DATE and OFFSET.  Two of its habits are kept because
 * the shown times must be equal: TSC2NSEC's own offset is not added, and TIME_SHIFT belongs to the
 * top instance alone.
 *
 * All arithmetic is modulo 2^64, as there: a hostile file can make any time out of any other, but
 * cannot make this overflow or divide by zero.  Nothing here knows what an event is.
 */
#include <errno.h>
#include <stdlib.h>

#include "trace/container.h"

enum { SHIFT_INTERPOLATE = 1 };

/* Text options end in a NUL (trace_option.data is followed by one anyway). */
static int64_t number_of(const struct trace_option *option)
{
	return strtoll(option->data, NULL, 0);
}

static int shift_compare(const void *a, const void *b)
{
	const struct trace_shift_sample *x = a, *y = b;

	return x->time < y->time ? -1 : x->time > y->time;
}

/* One column of numbers for one cpu; `field` is its place in the sample. */
static void shift_column(struct bytes *b, struct trace_shift_cpu *cpu, size_t field)
{
	for (uint32_t i = 0; i < cpu->nr; i++) {
		uint64_t v = bytes_u64(b);

		memcpy((char *)&cpu->samples[i] + field, &v, sizeof(v));
	}
}

static void shift_sort(struct trace_shift_cpu *cpu)
{
	uint32_t kept = 0;

	if (!cpu->nr)
		return;
	qsort(cpu->samples, cpu->nr, sizeof(*cpu->samples), shift_compare);
	for (uint32_t i = 0; i < cpu->nr; i++)
		if (!i || cpu->samples[i].time != cpu->samples[kept - 1].time)
			cpu->samples[kept++] = cpu->samples[i];
	cpu->nr = kept;
}

static int shift_cpu_read(struct bytes *b, struct trace_shift_cpu *cpu)
{
	uint32_t nr = bytes_u32(b);

	if (b->failed || nr > bytes_left(b) / 24)
		return -EBADMSG;
	cpu->samples = calloc(nr ? nr : 1, sizeof(*cpu->samples));
	if (!cpu->samples)
		return -ENOMEM;
	cpu->nr = nr;
	shift_column(b, cpu, offsetof(struct trace_shift_sample, time));
	shift_column(b, cpu, offsetof(struct trace_shift_sample, offset));
	shift_column(b, cpu, offsetof(struct trace_shift_sample, scaling));
	return 0;
}

static int shift_read(struct trace_time *time, struct bytes *b)
{
	uint32_t nr;
	int error = 0;

	bytes_u64(b);
	time->shift_flags = bytes_u32(b);
	nr = bytes_u32(b);
	if (b->failed || nr > bytes_left(b) / 4)
		return -EBADMSG;
	time->shift = calloc(nr ? nr : 1, sizeof(*time->shift));
	if (!time->shift)
		return -ENOMEM;
	time->nr_shift_cpus = nr;
	for (uint32_t i = 0; i < nr && !error; i++)
		error = shift_cpu_read(b, &time->shift[i]);
	/* The fractions of the scalings: a later addition, absent from older files. */
	for (uint32_t i = 0; i < nr && !error && bytes_left(b); i++)
		shift_column(b, &time->shift[i], offsetof(struct trace_shift_sample, fraction));
	for (uint32_t i = 0; i < nr; i++)
		shift_sort(&time->shift[i]);
	return error;
}

int trace_time_option(struct trace_file *file, const struct trace_option *option)
{
	struct bytes b = bytes_make(option->data, option->size, option->file_offset, file->big);
	struct trace_time *time = &file->time;
	int error = 0;

	switch (option->id) {
	case TRACE_OPTION_DATE:
		time->offset =
			(int64_t)((uint64_t)time->offset + (uint64_t)number_of(option) * 1000);
		break;
	case TRACE_OPTION_OFFSET:
		time->offset = (int64_t)((uint64_t)time->offset + (uint64_t)number_of(option));
		break;
	case TRACE_OPTION_TSC2NSEC:
		if (option->size < 16)
			error = -EBADMSG;
		time->tsc_mult = bytes_u32(&b);
		time->tsc_shift = bytes_u32(&b);
		if (error || time->tsc_shift > 63)
			time->tsc_mult = 0, error = -EBADMSG;
		break;
	case TRACE_OPTION_TIME_SHIFT:
		if (!time->shift)
			error = shift_read(time, &b);
		break;
	}
	time->converts = time->offset || time->tsc_mult || time->nr_shift_cpus;
	return error;
}

void trace_time_free(struct trace_time *time)
{
	for (uint32_t i = 0; i < time->nr_shift_cpus; i++)
		free(time->shift[i].samples);
	free(time->shift);
}

static uint64_t shift_between(uint64_t raw, uint32_t flags, const struct trace_shift_sample *a,
			      const struct trace_shift_sample *b)
{
	uint64_t correction = (uint64_t)a->offset;

	if ((flags & SHIFT_INTERPOLATE) && b->time != a->time) {
		int64_t delta = (int64_t)(b->time - a->time);
		int64_t rise =
			(int64_t)((raw - a->time) * ((uint64_t)b->offset - (uint64_t)a->offset));
		int64_t rounded = (int64_t)((uint64_t)rise + (uint64_t)(delta / 2));

		/* -1 as divisor is its own case: INT64_MIN / -1 traps. */
		correction += delta == -1 ? -(uint64_t)rounded : (uint64_t)(rounded / delta);
	}
	return ((raw * a->scaling) >> (a->fraction & 63)) + correction;
}

static uint64_t shift_apply(const struct trace_time *time, uint32_t cpu_id, uint64_t raw)
{
	const struct trace_shift_cpu *cpu;
	uint32_t low = 0, high;

	if (cpu_id >= time->nr_shift_cpus || !time->shift[cpu_id].nr)
		return raw;
	cpu = &time->shift[cpu_id];
	if (cpu->nr == 1)
		return raw + (uint64_t)cpu->samples[0].offset;
	/* The last sample at or before raw, but always one that has a successor. */
	high = cpu->nr - 2;
	while (low < high) {
		uint32_t mid = low + (high - low + 1) / 2;

		if (cpu->samples[mid].time <= raw)
			low = mid;
		else
			high = mid - 1;
	}
	return shift_between(raw, time->shift_flags, &cpu->samples[low], &cpu->samples[low + 1]);
}

/* The kernel's mul_u64_u32_shr(), in 128 bits. */
static uint64_t cycles_to_ns(uint64_t cycles, uint32_t mult, uint32_t shift)
{
	return (uint64_t)(((unsigned __int128)cycles * mult) >> shift);
}

bool trace_file_is_raw_time(const struct trace_file *file)
{
	return !file->time.converts;
}

uint64_t trace_file_time_ns(const struct trace_file *file, uint32_t buffer, uint32_t cpu_id,
			    uint64_t raw)
{
	const struct trace_time *time = &file->time;

	if (!time->converts)
		return raw;
	if (time->shift && buffer < file->nr_buffers && !file->buffers[buffer].name[0])
		raw = shift_apply(time, cpu_id, raw);
	if (time->tsc_mult)
		raw = cycles_to_ns(raw, time->tsc_mult, time->tsc_shift);
	return raw + (uint64_t)time->offset;
}
