/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_trace.c - any bytes as a trace.dat: opened, and everything asked of it.
 *
 * With clang's -fsanitize=fuzzer this is a libFuzzer target.  Otherwise it has a main() that takes
 * files and folders (a corpus, or one crash to be looked at) and, with `--rounds N`, mutates each N
 * times in ways that suit the format: bits, bytes, lengths of 2, 4 and 8 bytes, cuts, and pieces
 * copied about. That is what the test suite runs; the sanitizers of the build are the judge.
 *
 * One bound is checked here and not by a sanitizer: chunks never add up to more than the file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "trace/sample.h"
#include "trace/sections.h"
#include "trace/trace_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void chunks_read(const struct trace_file *file, const struct trace_cpu *cpu, uint64_t *total)
{
	for (uint32_t i = 0; i < cpu->nr_chunks; i++) {
		const struct trace_chunk *chunk = &cpu->chunks[i];
		uint8_t *data = malloc(chunk->usize);

		*total += chunk->csize ? chunk->csize : chunk->usize;
		if (data)
			(void)trace_chunk_read(file, chunk, NULL, data, NULL);
		free(data);
	}
}

static void sample_read(const struct sample *sample)
{
	struct sample_iter pairs = SAMPLE_ITER(sample), maps = pairs, pages = pairs, losses = pairs;
	const char *name, *value;
	struct sample_page page;
	struct sample_loss loss;
	struct sample_map map;

	while (sample_next_pair(&pairs, &name, &value) > 0)
		;
	while (sample_next_map(&maps, &map) > 0)
		;
	while (sample_next_page(&pages, &page) > 0)
		;
	while (sample_next_loss(&losses, &loss) > 0)
		;
	(void)sample_text(sample);
}

static void samples_read(const struct trace_file *file)
{
	struct sample_store *store;

	if (sample_store_new(file, &store))
		return;
	for (uint32_t i = 0; i < sample_store_nr(store); i++) {
		struct sample sample;

		if (!sample_store_read(store, i, &sample))
			sample_read(&sample);
	}
	sample_store_free(store);
}

static void file_read(const struct trace_file *file)
{
	char text[DIAG_TEXT_SIZE];
	uint64_t total = 0;

	for (uint32_t b = 0; b < trace_file_nr_buffers(file); b++) {
		const struct trace_buffer *buffer = trace_file_buffer(file, b);

		for (uint32_t c = 0; c < buffer->nr_cpus; c++)
			chunks_read(file, &buffer->cpus[c], &total);
	}
	if (total > trace_file_size(file))
		abort();
	for (uint32_t i = 0; i < trace_file_nr_formats(file); i++)
		(void)strlen(trace_file_format(file, i)->text.text);
	for (uint32_t i = 0; i < trace_file_nr_damages(file); i++)
		diag_text(trace_file_damage(file, i), text, sizeof(text));
	for (uint32_t cpu = 0; cpu < 3; cpu++)
		(void)trace_file_time_ns(file, 0, cpu, 0x123456789abcdefu);
	(void)trace_file_comm(file, 100);
	(void)trace_file_hash(file);
	samples_read(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_file *file;
	struct diag diag;
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write(fd, data, size) == (ssize_t)size && !trace_file_open(path, &file, &diag)) {
		file_read(file);
		trace_file_close(file);
	}
	close(fd);
	return 0;
}

#ifndef FUZZ_WITH_LIBFUZZER
static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A place in the file: every other one in the first 4 KB, where the metadata of the corpus is. */
static size_t place(uint32_t *seed, size_t size)
{
	size_t reach = random_next(seed) % 2 && size > 4096 ? 4096 : size;

	return random_next(seed) % reach;
}

static size_t mutate(uint8_t *data, size_t size, uint32_t *seed)
{
	static const uint64_t numbers[] = {0,          1,          0x7fff,
					   0xffff,     0x7fffffff, 0x80000000,
					   0xfffffff8, 0xffffffff, 0x7fffffffffffffff,
					   UINT64_MAX};
	size_t at = place(seed, size), from = place(seed, size),
	       width = (size_t)1 << (random_next(seed) % 4);
	uint64_t number = numbers[random_next(seed) % 10];

	if (at + width > size || from + width > size)
		return size;
	switch (random_next(seed) % 6) {
	case 0:
		data[at] ^= (uint8_t)(1u << (random_next(seed) % 8));
		break;
	case 1:
		data[at] = (uint8_t)random_next(seed);
		break;
	case 2:
		memcpy(data + at, &number, width);
		break;
	case 3:
		memmove(data + at, data + from, width);
		break;
	case 4:
		number = size - at + random_next(seed) % 16;
		memcpy(data + at, &number, width);
		break;
	case 5:
		if (random_next(seed) % 8 == 0)
			return at + 1;
		break;
	}
	return size;
}

static uint8_t *slurp(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		abort();
	fclose(f);
	*ret_size = (size_t)size;
	return data;
}

static void rounds_run(const uint8_t *data, size_t size, unsigned long rounds, uint32_t seed)
{
	uint8_t *copy = malloc(size + 1);

	for (unsigned long i = 0; copy && i < rounds; i++) {
		size_t now = size;

		memcpy(copy, data, size);
		for (uint32_t n = 1 + random_next(&seed) % 5; n && now; n--)
			now = mutate(copy, now, &seed);
		LLVMFuzzerTestOneInput(copy, now);
	}
	free(copy);
}

static int file_run(const char *path, unsigned long rounds, uint32_t seed)
{
	uint8_t *data;
	size_t size;

	data = slurp(path, &size);
	if (!data) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		return 1;
	}
	LLVMFuzzerTestOneInput(data, size);
	rounds_run(data, size, rounds, seed);
	free(data);
	return 0;
}

static int directory_run(const char *path, unsigned long rounds)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, NULL, alphasort), status = nr < 3;

	for (int i = 0; i < nr; i++) {
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			status |= file_run(name, rounds, (uint32_t)i);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	if (nr < 3)
		fprintf(stderr, "%s: no corpus in there\n", path);
	return status;
}

int main(int argc, char **argv)
{
	unsigned long rounds = 0;
	int status = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			rounds = strtoul(argv[++i], NULL, 10);
		else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			status |= directory_run(argv[i], rounds);
		else
			status |= file_run(argv[i], rounds, (uint32_t)i);
	}
	return status;
}
#endif
