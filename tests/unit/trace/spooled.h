/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spooled.h - what the tests of the spool share: a recording to spool, and what came of it.
 *
 * Each test has a fresh `struct spooled`, from SPOOL_TEST(), as its state: names for a spool and a file, which
 * are removed behind it, and pages that are appended a block at a time.
 */
#ifndef KSMTOP_TEST_SPOOLED_H
#define KSMTOP_TEST_SPOOLED_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "make_trace.h"

enum { BLOCK_PAGES = 4, NR_BLOCKS = 6, NR_PAGES = BLOCK_PAGES * NR_BLOCKS };

static const uint32_t cpu_ids[MADE_NR_CPUS] = {0, 1, 5};
static const struct trace_spool_options spool_options = {
	.page_size = 4096,
	.nr_cpus = MADE_NR_CPUS,
	.cpu_ids = cpu_ids,
	.clock = "mono",
};

struct spooled {
	char *path, *final;	/* of the spool, and of what is made of it */
	struct made made;
};

static inline int spooled_new(void **state)
{
	static const struct trace_write_options form = {
		.version = 7, .zstd = true, .long_size = 8, .page_size = 4096};
	struct spooled *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	s->path = made_path(".spool");
	s->final = made_path(".dat");
	made_init(&s->made, &form, 1, NR_PAGES);
	*state = s;
	return 0;
}

static inline int spooled_free(void **state)
{
	struct spooled *s = *state;
	char command[PATH_MAX + 16];

	snprintf(command, sizeof(command), "rm -rf '%s' '%s'", s->path, s->final);
	made_fini(&s->made);
	free(s->path);
	free(s->final);
	free(s);
	return system(command);
}
#define SPOOL_TEST(test) cmocka_unit_test_setup_teardown(test, spooled_new, spooled_free)

static inline void path_join(char *buf, const char *path, const char *name)
{
	snprintf(buf, PATH_MAX, "%s/%s", path, name);
}

static inline struct trace_spool *spool_make(const char *path, const struct made *made)
{
	struct trace_spool *spool;
	struct diag diag;

	assert_int_equal(trace_spool_create(path, &spool_options, &made->meta, &spool, &diag), 0);
	return spool;
}

static inline void spool_fill(struct trace_spool *spool, const struct made *made)
{
	for (uint32_t block = 0; block < NR_BLOCKS; block++)
		for (uint32_t c = 0; c < MADE_NR_CPUS; c++)
			if (made->cpus[0][c].size)
				assert_int_equal(
					trace_spool_append(spool, c,
							   (const uint8_t *)made->cpus[0][c].data +
								   block * BLOCK_PAGES * 4096,
							   BLOCK_PAGES * 4096, NULL),
					0);
}

/* Does the chunk's first page say that events were lost in front of it? */
static inline bool is_marked_lost(const struct trace_file *file, const struct trace_chunk *chunk)
{
	uint8_t *pages = malloc(chunk->usize);
	bool marked;

	assert_non_null(pages);
	assert_int_equal(trace_chunk_read(file, chunk, NULL, pages, NULL), 0);
	marked = pages[8 + 3] & 0x80;
	free(pages);
	return marked;
}

/* Is it the page without events that says that what came after the last one is lost? */
static inline bool is_cut(const struct trace_file *file, const struct trace_cpu *cpu)
{
	const struct trace_chunk *last = cpu->nr_chunks ? &cpu->chunks[cpu->nr_chunks - 1] : NULL;

	return last && last->usize == 4096 && is_marked_lost(file, last);
}

/* The file has a whole number of blocks of each cpu, in order, from the first on; returns how many. */
static inline uint32_t prefix_check(const struct trace_file *file, const struct made *made)
{
	const struct trace_buffer *buffer = trace_file_buffer(file, 0);
	uint32_t nr = 0;

	assert_int_equal(buffer->nr_cpus, MADE_NR_CPUS);
	for (uint32_t c = 0; c < MADE_NR_CPUS; c++) {
		const struct trace_cpu *cpu = &buffer->cpus[c];

		uint32_t nr_blocks = cpu->nr_chunks - is_cut(file, cpu);

		assert_int_equal(cpu->cpu_id, cpu_ids[c]);
		nr += nr_blocks;
		for (uint32_t i = 0; i < nr_blocks; i++) {
			uint8_t *data = malloc(cpu->chunks[i].usize);
			uint64_t at = cpu->chunks[i].data_offset % made->cpus[0][c].size;

			assert_int_equal(trace_chunk_read(file, &cpu->chunks[i], NULL, data, NULL),
					 0);
			assert_memory_equal(data, (const uint8_t *)made->cpus[0][c].data + at,
					    cpu->chunks[i].usize);
			free(data);
		}
	}
	return nr;
}

/* A spool's list of damages has one that says what it is and what to do. */
static inline uint32_t nr_damages_of(const struct trace_file *file)
{
	uint32_t nr = trace_file_nr_damages(file), notes = 0;

	for (uint32_t i = 0; i < nr; i++)
		notes += strstr(trace_file_damage(file, i)->advice, "run `ksmtop recover ") != NULL;
	assert_int_equal(notes, trace_file_is_spool(file));
	return nr - notes;
}

#endif /* KSMTOP_TEST_SPOOLED_H */
