// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_main.c - runs a fuzzer without libFuzzer: its corpus, and changed copies of it.
 *
 *	fuzz_X [--rounds N] FILE|FOLDER...
 *
 * Each file is given to LLVMFuzzerTestOneInput() as it is and then N times changed: bytes turned or
 * replaced, pieces copied within the file, repeated, cut out or taken from another file of the
 * corpus.  The same arguments give the same inputs, so that a failure in the test suite can be repeated;
 * the input that was last tried lies in fuzz_X.last until the program ends well.
 *
 * It looks for nothing itself: the sanitizers of the build and the fuzzer's assertions judge.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_MAX	65536u
#define CORPUS_MAX	256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input { uint8_t *data; size_t size; };

struct corpus {
	struct input inputs[CORPUS_MAX];
	uint32_t nr;
};

static uint32_t random_below(uint64_t *seed, size_t below)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return below ? (uint32_t)((*seed >> 33) % below) : 0;
}

static int file_add(struct corpus *corpus, const char *path)
{
	FILE *file = fopen(path, "rb");
	struct input *input = &corpus->inputs[corpus->nr];

	if (!file || corpus->nr == CORPUS_MAX) {
		fprintf(stderr, "%s: cannot be read, or too many files\n", path);
		return 1;
	}
	input->data = malloc(INPUT_MAX);
	if (!input->data)
		abort();
	input->size = fread(input->data, 1, INPUT_MAX, file);
	fclose(file);
	corpus->nr++;
	return 0;
}

static int folder_add(struct corpus *corpus, const char *path)
{
	struct dirent **entries;
	int nr = scandir(path, &entries, NULL, alphasort), status = 0;

	for (int i = 0; i < nr; i++) {
		char name[PATH_MAX];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			status |= file_add(corpus, name);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	return status;
}

/* Puts `length` bytes of `from` in at `at`. */
static void insert(struct input *input, size_t at, const uint8_t *from, size_t length)
{
	uint8_t piece[256];

	if (length > sizeof(piece))
		length = sizeof(piece);
	if (input->size + length > INPUT_MAX)
		return;
	memcpy(piece, from, length);
	memmove(input->data + at + length, input->data + at, input->size - at);
	memcpy(input->data + at, piece, length);
	input->size += length;
}

static void change(struct input *input, const struct corpus *corpus, uint64_t *seed)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '"', '\n', '-', '(', ':', '9', ' ' };
	const struct input *other = &corpus->inputs[random_below(seed, corpus->nr)];
	size_t at = random_below(seed, input->size), from = random_below(seed, other->size);
	size_t length = 1 + random_below(seed, 40);

	switch (random_below(seed, 7)) {
	case 0:
		if (input->size)
			input->data[at] ^= (uint8_t)(1u << random_below(seed, 8));
		break;
	case 1:
		if (input->size)
			input->data[at] = (uint8_t)random_below(seed, 256);
		break;
	case 2:
		if (input->size)
			input->data[at] = odd[random_below(seed, sizeof(odd))];
		break;
	case 3:
		if (length > input->size - at)
			length = input->size - at;
		memmove(input->data + at, input->data + at + length, input->size - at - length);
		input->size -= length;
		break;
	case 4:
		insert(input, at, odd + random_below(seed, sizeof(odd)), 1);
		break;
	case 5:
		if (at + length <= input->size)
			insert(input, at, input->data + at, length);
		break;
	default:
		insert(input, at, other->data + from,
		       length < other->size - from ? length : other->size - from);
	}
}

/* What is tried lies in a file, so that it is there after a crash. */
static int last_open(const char *program, char *path, size_t path_size)
{
	snprintf(path, path_size, "%s.last", program);
	return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static void try(const struct input *input, int last)
{
	/* An allocation of its own: a read behind its end is seen by ASan. */
	uint8_t *copy = malloc(input->size ? input->size : 1);

	if (!copy)
		abort();
	memcpy(copy, input->data, input->size);
	if (last >= 0 && (pwrite(last, input->data, input->size, 0) != (ssize_t)input->size ||
			  ftruncate(last, (off_t)input->size) != 0))
		perror("keeping the input");
	LLVMFuzzerTestOneInput(copy, input->size);
	free(copy);
}

static void rounds_run(const struct corpus *corpus, unsigned long rounds, int last)
{
	struct input input = { .data = malloc(INPUT_MAX) };
	uint64_t seed = 1;

	for (uint32_t i = 0; input.data && i < corpus->nr; i++) {
		try(&corpus->inputs[i], last);
		for (unsigned long round = 0; round < rounds; round++) {
			memcpy(input.data, corpus->inputs[i].data, corpus->inputs[i].size);
			input.size = corpus->inputs[i].size;
			for (uint32_t n = 1 + random_below(&seed, 6); n; n--)
				change(&input, corpus, &seed);
			try(&input, last);
		}
	}
	free(input.data);
}

int main(int argc, char **argv)
{
	static struct corpus corpus;
	unsigned long rounds = 0;
	char path[PATH_MAX];
	int status = 0, last;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (!strcmp(argv[i], "--rounds") && i + 1 < argc)
			rounds = strtoul(argv[++i], NULL, 10);
		else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			status |= folder_add(&corpus, argv[i]);
		else
			status |= file_add(&corpus, argv[i]);
	}
	if (corpus.nr == 0) {
		fprintf(stderr, "no corpus: %s [--rounds N] FILE|FOLDER...\n", argv[0]);
		return 2;
	}
	last = last_open(argv[0], path, sizeof(path));
	rounds_run(&corpus, rounds, last);
	unlink(path);
	close(last);
	for (uint32_t i = 0; i < corpus.nr; i++)
		free(corpus.inputs[i].data);
	return status;
}
