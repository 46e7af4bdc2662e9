/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_trace_file.c - the container: every form written, read back, cut, and damaged.
 *
 * Protects: that all forms of a file give the same data through the one shape of trace_file.h;
 * that a cut file gives what is whole and says where it ends; that no length, offset or count of a
 * hostile file makes the reader crash, loop or take memory out of proportion.
 */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "make_trace.h"
#include "trace/sections.h"
#include "trace/trace_file.h"

static const struct trace_write_options forms[] = {
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 4096},
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 4096, .chunk_pages = 1},
	{.version = 7, .long_size = 8, .page_size = 4096},
	{.version = 6, .long_size = 8, .page_size = 4096},
	{.version = 7, .zstd = true, .big_endian = true, .long_size = 8, .page_size = 4096},
	{.version = 7, .big_endian = true, .long_size = 4, .page_size = 8192},
	{.version = 6, .big_endian = true, .long_size = 4, .page_size = 4096},
	{.version = 6, .long_size = 4, .page_size = 65536},
	{.version = 7, .zstd = true, .long_size = 8, .page_size = 65536},
	{.version = 7, .zstd = true, .long_size = 4, .page_size = 512},
};

enum { NR_FORMS = sizeof(forms) / sizeof(forms[0]), NR_PAGES = 23, FEW_PAGES = 3 };

/* All of a cpu's data in one piece; NULL if a chunk of it cannot be read. */
static uint8_t *cpu_data(const struct trace_file *file, const struct trace_cpu *cpu)
{
	uint8_t *data = malloc(cpu->nr_bytes + 1);

	assert_non_null(data);
	for (uint32_t i = 0; i < cpu->nr_chunks; i++) {
		const struct trace_chunk *chunk = &cpu->chunks[i];

		assert_true(chunk->data_offset + chunk->usize <= cpu->nr_bytes);
		if (trace_chunk_read(file, chunk, NULL, data + chunk->data_offset, NULL)) {
			free(data);
			return NULL;
		}
	}
	return data;
}

static void buffer_check(const struct trace_file *file, const struct made *made, uint32_t b)
{
	const struct trace_buffer *buffer = trace_file_buffer(file, b);

	assert_non_null(buffer);
	assert_string_equal(buffer->name, made->buffers[b].name);
	assert_string_equal(buffer->clock, "mono");
	assert_int_equal(buffer->page_size, made->options.page_size);
	assert_int_equal(buffer->nr_cpus, MADE_NR_CPUS);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++) {
		const struct trace_cpu *cpu = &buffer->cpus[c];
		uint8_t *data = cpu_data(file, cpu);

		assert_non_null(data);
		assert_int_equal(cpu->cpu_id, c);
		assert_false(cpu->truncated);
		assert_int_equal(cpu->nr_bytes, made->cpus[b][c].size);
		assert_memory_equal(data, made->cpus[b][c].data, cpu->nr_bytes);
		assert_true(cpu->nr_bytes == 0 || cpu->nr_chunks > 0);
		free(data);
	}
}

static void text_check(struct trace_text text, struct trace_text expected)
{
	assert_int_equal(text.size, expected.size);
	assert_memory_equal(text.text, expected.text, expected.size);
	assert_int_equal(text.text[text.size], 0);
}

static void meta_check(const struct trace_file *file, const struct made *made)
{
	const struct trace_meta *meta = &made->meta;
	const struct trace_cpu_stat *stat = &trace_file_buffer(file, 0)->cpus[0].stat;

	text_check(trace_file_header_page(file), meta->header_page);
	text_check(trace_file_header_event(file), meta->header_event);
	text_check(trace_file_kallsyms(file), meta->kallsyms);
	text_check(trace_file_printk(file), meta->printk);
	text_check(trace_file_uname(file), meta->uname);
	assert_int_equal(trace_file_nr_formats(file), 2);
	assert_string_equal(trace_file_format(file, 0)->system, "ftrace");
	assert_string_equal(trace_file_format(file, 1)->system, "made");
	text_check(trace_file_format(file, 1)->text, meta->formats[0].text);
	assert_int_equal(trace_file_nr_cmdlines(file), 3);
	assert_string_equal(trace_file_comm(file, 101), "two words");
	assert_null(trace_file_comm(file, 99));
	assert_true(stat->known);
	assert_int_equal(stat->overrun, 20);
	assert_int_equal(stat->commit_overrun, 3);
	assert_int_equal(stat->dropped, 5);
	assert_int_equal(stat->read, 6);
	assert_false(trace_file_buffer(file, 0)->cpus[2].stat.known);
	assert_true(trace_file_is_raw_time(file));
	assert_int_equal(trace_file_time_ns(file, 0, 0, 12345), 12345);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < NR_FORMS; i++) {
		for (uint32_t nr_buffers = 1; nr_buffers <= 3; nr_buffers += 2) {
			struct made made;
			struct trace_file *file;
			char *path;

			made_init(&made, &forms[i], nr_buffers, NR_PAGES);
			path = made_write(&made, NULL);
			assert_int_equal(trace_file_open(path, &file, NULL), 0);
			assert_int_equal(trace_file_version(file), forms[i].version);
			assert_int_equal(trace_file_long_size(file), forms[i].long_size);
			assert_int_equal(trace_file_is_big_endian(file), forms[i].big_endian);
			assert_int_equal(trace_file_nr_damages(file), 0);
			assert_int_equal(trace_file_nr_buffers(file), nr_buffers);
			for (uint32_t b = 0; b < nr_buffers; b++)
				buffer_check(file, &made, b);
			meta_check(file, &made);
			trace_file_close(file);
			unlink(path);
			free(path);
			made_fini(&made);
		}
	}
}

/* Uncompressed data larger than a piece is handed out in pieces that lie in the mapping. */
static void test_raw_pieces(void **state)
{
	struct made made;
	struct trace_file *file;
	const struct trace_cpu *cpu;
	char *path;

	(void)state;
	made_init(&made, &forms[2], 1, 3 * TRACE_RAW_CHUNK / 4096 + 5);
	path = made_write(&made, NULL);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	cpu = &trace_file_buffer(file, 0)->cpus[0];
	assert_int_equal(cpu->nr_chunks, 4);
	assert_int_equal(cpu->chunks[3].usize, 5 * 4096);
	assert_memory_equal(trace_chunk_data(file, &cpu->chunks[3]),
			    (const uint8_t *)made.cpus[0][0].data + 3 * TRACE_RAW_CHUNK, 5 * 4096);
	trace_file_close(file);
	unlink(path);
	free(path);
	made_fini(&made);
}

/* Whatever a file holds: everything that can be asked is asked, and every chunk is read. */
static void file_exercise(struct trace_file *file, size_t file_size)
{
	const void *blocks;
	size_t size;
	uint64_t total = 0;
	struct diag diag;
	char text[DIAG_TEXT_SIZE];
	struct sample_store *store;

	for (uint32_t b = 0; b < trace_file_nr_buffers(file); b++) {
		const struct trace_buffer *buffer = trace_file_buffer(file, b);

		for (uint32_t c = 0; c < buffer->nr_cpus; c++) {
			uint64_t at = 0;

			for (uint32_t i = 0; i < buffer->cpus[c].nr_chunks; i++) {
				const struct trace_chunk *chunk = &buffer->cpus[c].chunks[i];
				uint8_t *data = malloc(chunk->usize);

				assert_int_equal(chunk->data_offset, at);
				assert_true(chunk->usize && chunk->usize <= TRACE_CHUNK_MAX);
				assert_int_equal(chunk->usize % buffer->page_size, 0);
				at += chunk->usize;
				total += chunk->csize ? chunk->csize : chunk->usize;
				(void)trace_chunk_read(file, chunk, NULL, data, &diag);
				free(data);
			}
			assert_int_equal(at, buffer->cpus[c].nr_bytes);
		}
	}
	assert_true(total <= file_size);
	for (uint32_t i = 0; i < trace_file_nr_formats(file); i++)
		assert_int_equal(trace_file_format(file, i)
					 ->text.text[trace_file_format(file, i)->text.size],
				 0);
	for (uint32_t i = 0; i < trace_file_nr_damages(file); i++)
		assert_true(strlen(diag_text(trace_file_damage(file, i), text, sizeof(text))) > 10);
	(void)trace_file_time_ns(file, 0, 1, 1000000000);
	(void)trace_file_hash(file);
	(void)trace_sections_samples(file, &blocks, &size, &diag);
	assert_int_equal(sample_store_new(file, &store), 0);
	for (uint32_t i = 0; i < sample_store_nr(store); i++) {
		struct sample sample;

		(void)sample_store_read(store, i, &sample);
	}
	sample_store_free(store);
}

static void samples_make(struct sample_builder *samples)
{
	sample_builder_init(samples);
	for (int i = 0; i < 20; i++) {
		sample_begin(samples, SAMPLE_KSM, 0, 1000000000u + (uint64_t)i * 1000);
		sample_add_pair(samples, "pages_shared", "12");
		assert_int_equal(sample_end(samples, 1000000000u + (uint64_t)i * 1000 + 500), 0);
	}
}

static char *form_write(const struct trace_write_options *form, uint32_t nr_buffers,
			uint32_t nr_pages)
{
	struct sample_builder samples;
	struct made made;
	char *path;

	samples_make(&samples);
	made_init(&made, form, nr_buffers, nr_pages);
	path = made_write(&made, form->version == 7 ? &samples : NULL);
	made_fini(&made);
	sample_builder_fini(&samples);
	return path;
}

static uint64_t bytes_readable(const struct trace_file *file)
{
	uint64_t total = 0;

	for (uint32_t b = 0; b < trace_file_nr_buffers(file); b++)
		for (uint32_t c = 0; c < trace_file_buffer(file, b)->nr_cpus; c++)
			total += trace_file_buffer(file, b)->cpus[c].nr_bytes;
	return total;
}

/* Cut at every 1/50: it opens from some length on, never gives less for more, and says it is cut.
 */
static void test_truncation(void **state)
{
	(void)state;
	for (int i = 0; i < NR_FORMS; i++) {
		char *path = form_write(&forms[i], 2, NR_PAGES);
		size_t size;
		uint8_t *data = made_slurp(path, &size);
		uint64_t readable = 0, whole;
		struct trace_file *file;

		assert_int_equal(trace_file_open(path, &file, NULL), 0);
		whole = bytes_readable(file);
		trace_file_close(file);
		for (size_t part = 0; part < 50; part++) {
			struct diag diag = {0};
			int error;

			made_spit(path, data, size * part / 50);
			error = trace_file_open(path, &file, &diag);
			if (error) {
				assert_int_equal(diag.error, error);
				assert_true(diag.what[0]);
				assert_int_equal(readable, 0);
				continue;
			}
			file_exercise(file, size * part / 50);
			assert_true(trace_file_nr_damages(file) > 0);
			assert_true(bytes_readable(file) >= readable);
			readable = bytes_readable(file);
			trace_file_close(file);
		}
		/* With 98 % of a file in hand, most of its data must be. */
		assert_true(readable > whole / 2);
		free(data);
		unlink(path);
		free(path);
	}
}

/* The order of trace-cmd: options behind the data.  Cutting those off must not lose the data. */
static void test_lost_options(void **state)
{
	(void)state;
	for (int zstd = 0; zstd < 2; zstd++) {
		struct trace_write_options form = {
			.version = 7, .zstd = zstd, .long_size = 8, .page_size = 4096};
		char *path = form_write(&form, 1, NR_PAGES);
		size_t size;
		uint8_t *data = made_slurp(path, &size);
		struct trace_file *file;
		uint64_t nowhere = size + 1000;

		/* The header's pointer to the options, behind "zstd\0" "1.5.4\0" or "none\0" "\0".
		 */
		size_t at = 18 + strlen((char *)data + 18) + 1;

		at += strlen((char *)data + at) + 1;
		memcpy(data + at, &nowhere, sizeof(nowhere));
		made_spit(path, data, size);
		assert_int_equal(trace_file_open(path, &file, NULL), 0);
		assert_true(trace_file_nr_damages(file) > 0);
		assert_int_equal(trace_file_nr_formats(file), 2);
		assert_int_equal(bytes_readable(file), 2 * NR_PAGES * 4096);
		trace_file_close(file);
		free(data);
		unlink(path);
		free(path);
	}
}

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static void bytes_exercise(const char *path, const uint8_t *data, size_t size)
{
	struct mallinfo2 before = mallinfo2(), after;
	struct trace_file *file;
	struct diag diag;

	made_spit(path, data, size);
	if (trace_file_open(path, &file, &diag))
		return;
	after = mallinfo2();
	/* The floor is what small metadata may inflate to, and the allowance of cpus. */
	assert_true(after.uordblks + after.hblkhd <
		    before.uordblks + before.hblkhd + (40u << 20) + 70 * size);
	file_exercise(file, size);
	trace_file_close(file);
}

/* A thousand and more random bit flips, spread over all forms. */
static void test_bit_flips(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < NR_FORMS; i++) {
		struct trace_write_options form = forms[i];
		char *path;
		size_t size;
		uint8_t *data;

		path = form_write(&form, 2, FEW_PAGES);
		data = made_slurp(path, &size);
		for (int round = 0; round < 150; round++) {
			/* Half of the flips go into the metadata, where a bit matters more. */
			size_t reach = round % 2 && size > 6000 ? 6000 : size;
			size_t at[3];
			uint8_t was[3];

			for (int k = 0; k < 3; k++) {
				at[k] = random_next(&seed) % reach;
				was[k] = data[at[k]];
				data[at[k]] ^= (uint8_t)(1u << (random_next(&seed) % 8));
			}
			bytes_exercise(path, data, size);
			for (int k = 2; k >= 0; k--)
				data[at[k]] = was[k];
		}
		free(data);
		unlink(path);
		free(path);
	}
}

/* Every aligned place of the metadata once holds an absurd number of 2, 4 or 8 bytes. */
static void test_absurd_numbers(void **state)
{
	static const uint64_t numbers[] = {UINT64_MAX, 0x7fffffffffffffff, 0xfffffff8, 0x80000000,
					   0};
	static const int places[] = {0, 2, 3, 7};

	(void)state;
	for (size_t f = 0; f < sizeof(places) / sizeof(places[0]); f++) {
		char *path = form_write(&forms[places[f]], 2, FEW_PAGES);
		size_t size;
		uint8_t *data = made_slurp(path, &size);

		for (size_t at = 12; at < 3600 && at + 8 < size; at += 3) {
			uint64_t number = numbers[at / 3 % 5];
			size_t width = (size_t)2 << (at / 15 % 3);
			uint8_t was[8];

			memcpy(was, data + at, width);
			memcpy(data + at, &number, width);
			bytes_exercise(path, data, size);
			memcpy(data + at, was, width);
		}
		free(data);
		unlink(path);
		free(path);
	}
}

/* A damaged chunk costs itself and no more, and its place is marked as a gap. */
static void test_damaged_chunk(void **state)
{
	char *path = form_write(&forms[1], 1, NR_PAGES);
	size_t size;
	uint8_t *data = made_slurp(path, &size);
	const struct trace_cpu *cpu;
	struct trace_file *file;
	uint64_t header;

	(void)state;
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	cpu = &trace_file_buffer(file, 0)->cpus[0];
	assert_int_equal(cpu->nr_chunks, NR_PAGES);
	header = cpu->chunks[5].file_offset - 8;
	trace_file_close(file);

	memset(data + header, 0xff, 4);
	made_spit(path, data, size);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	cpu = &trace_file_buffer(file, 0)->cpus[0];
	assert_int_equal(cpu->nr_chunks, NR_PAGES - 1);
	assert_true(cpu->chunks[5].flags & TRACE_CHUNK_GAP);
	assert_false(cpu->chunks[4].flags & TRACE_CHUNK_GAP);
	assert_int_equal(trace_file_nr_damages(file), 1);
	assert_int_equal(trace_file_damage(file, 0)->at, header);
	trace_file_close(file);
	free(data);
	unlink(path);
	free(path);
}

/* Two cpus that claim the same bytes do not get them twice. */
static void test_shared_bytes(void **state)
{
	char *path = form_write(&forms[2], 1, NR_PAGES);
	size_t size;
	uint8_t *data = made_slurp(path, &size);
	struct trace_file *file;
	uint64_t place[2] = {0, NR_PAGES * 4096}, offset;
	uint8_t *entry;

	(void)state;
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	offset = place[0] = trace_file_buffer(file, 0)->cpus[0].chunks[0].file_offset;
	trace_file_close(file);
	entry = memmem(data, size, place, sizeof(place));
	assert_non_null(entry);
	for (int c = 0; c < MADE_NR_CPUS; c++) {
		uint64_t all = size - offset;

		memcpy(entry + 20 * c, &offset, sizeof(offset));
		memcpy(entry + 20 * c + 8, &all, sizeof(all));
	}
	made_spit(path, data, size);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_true(bytes_readable(file) <= size);
	assert_true(trace_file_nr_damages(file) >= 2);
	trace_file_close(file);
	free(data);
	unlink(path);
	free(path);
}

static void refused(const void *data, size_t size, int error, const char *words)
{
	char *path = made_path(".dat"), text[DIAG_TEXT_SIZE];
	struct trace_file *file;
	struct diag diag = {0};

	made_spit(path, data, size);
	assert_int_equal(trace_file_open(path, &file, &diag), error);
	assert_int_equal(diag.error, error);
	diag_text(&diag, text, sizeof(text));
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
	unlink(path);
	free(path);
}

static void test_refusals(void **state)
{
	static const char zlib[] = "\x17\x08\x44tracing7\0\0\x08\0\x10\0\0zlib\0"
				   "1.2\0\0\0\0\0\0\0\0";
	static const char old[] = "\x17\x08\x44tracing5\0\0\x08\0\x10\0\0";
	struct trace_file *file;
	struct diag diag;

	(void)state;
	refused("", 0, -EINVAL, "is empty");
	refused("hello world, this is text", 25, -EINVAL, "does not start like a trace.dat");
	refused("\x17\x08\x44tracing7", 11, -EINVAL, "ends within its header");
	refused(zlib, sizeof(zlib) - 1, -EOPNOTSUPP, "`trace-cmd convert --compression zstd -i ");
	refused(old, sizeof(old) - 1, -EOPNOTSUPP, "version 5");
	assert_int_equal(trace_file_open("/nonexistent/x.dat", &file, &diag), -ENOENT);
	assert_int_equal(trace_file_open("/dev/null", &file, &diag), -EINVAL);
	assert_int_equal(trace_file_open("/proc", &file, &diag), -ENOENT);
	assert_non_null(strstr(diag.what, "not one in which ksmtop has spooled"));
}

static void times_check(const struct trace_option *options, uint32_t nr, uint64_t raw,
			uint64_t expected, uint32_t cpu_id)
{
	struct made made;
	struct trace_file *file;
	char *path;

	made_init(&made, &forms[0], 2, 1);
	made.meta.options = options;
	made.meta.nr_options = nr;
	path = made_write(&made, NULL);
	assert_int_equal(trace_file_open(path, &file, NULL), 0);
	assert_false(trace_file_is_raw_time(file));
	assert_int_equal(trace_file_time_ns(file, 0, cpu_id, raw), expected);
	trace_file_close(file);
	unlink(path);
	free(path);
	made_fini(&made);
}

/* The numbers are those that trace-cmd report -t 3.1.6 shows for the same options. */
static void test_times(void **state)
{
	static const uint32_t tsc[4] = {3, 1, 9, 0};
	static const uint32_t absurd_tsc[4] = {3, 200, 9, 0};
	struct trace_option offset = {.id = TRACE_OPTION_OFFSET, .size = 3, .data = "-5"};
	struct trace_option date = {.id = TRACE_OPTION_DATE, .size = 5, .data = "0x10"};
	struct trace_option cycles = {.id = TRACE_OPTION_TSC2NSEC, .size = 16, .data = tsc};
	struct trace_option all[3] = {offset, date, cycles};
	struct trace_option absurd[2] = {
		offset, {.id = TRACE_OPTION_TSC2NSEC, .size = 16, .data = absurd_tsc}};
	uint64_t shift[32] = {77, (uint64_t)2 << 32};
	struct trace_option shifted = {.id = TRACE_OPTION_TIME_SHIFT, .data = shift};
	uint8_t *p = (uint8_t *)shift + 16;

	(void)state;
	times_check(&offset, 1, 1000000000, 999999995, 0);
	times_check(&date, 1, 1000000000, 1000016000, 0);
	times_check(&cycles, 1, 1000000000, 1500000000, 0);
	times_check(all, 3, 1000000000, 1500015995, 0);
	times_check(absurd, 2, 1000000000, 999999995, 0);
	for (uint64_t cpu = 0; cpu < 2; cpu++) {
		uint64_t values[9] = {1000, 2000, 3000, 10 + cpu, 20, (uint64_t)-30, 1, 1, 2};
		uint32_t nr = 3;

		memcpy(p, &nr, 4);
		memcpy(p + 4, values, sizeof(values));
		p += 4 + sizeof(values);
	}
	shifted.size = (uint32_t)(p - (uint8_t *)shift);
	times_check(&shifted, 1, 500, 510, 0);
	times_check(&shifted, 1, 500, 511, 1);
	times_check(&shifted, 1, 2500, 2520, 0);
	times_check(&shifted, 1, 9999, 10019, 0);
	times_check(&shifted, 1, 9999, 9999, 2);
}

static void test_writer_refuses(void **state)
{
	struct trace_write_options options = {
		.version = 6, .zstd = true, .long_size = 8, .page_size = 4096};
	struct made made;
	struct diag diag;

	(void)state;
	made_init(&made, &forms[0], 1, 1);
	assert_int_equal(trace_write("/tmp/x", &options, &made.meta, made.buffers, 1, NULL, &diag),
			 -EINVAL);
	options = (struct trace_write_options){.version = 7, .long_size = 8, .page_size = 8192};
	assert_int_equal(trace_write("/tmp/x", &options, &made.meta, made.buffers, 1, NULL, &diag),
			 -EINVAL);
	options.page_size = 4096;
	assert_int_equal(
		trace_write("/nonexistent/x", &options, &made.meta, made.buffers, 1, NULL, &diag),
		-ENOENT);
	assert_string_equal(diag.file, "/nonexistent/x");
	made_fini(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_raw_pieces),
		cmocka_unit_test(test_truncation),     cmocka_unit_test(test_lost_options),
		cmocka_unit_test(test_bit_flips),      cmocka_unit_test(test_absurd_numbers),
		cmocka_unit_test(test_damaged_chunk),  cmocka_unit_test(test_shared_bytes),
		cmocka_unit_test(test_refusals),       cmocka_unit_test(test_times),
		cmocka_unit_test(test_writer_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
