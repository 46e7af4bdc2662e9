// SPDX-License-Identifier: GPL-2.0-only
/*
 * make_programs.c - first inputs for fuzz_history: little programs of events, into a folder.
 *
 *	make_programs FOLDER
 *
 * One with every kind of event in the order of the table (that no kind is ever forgotten is why they are
 * made and not kept), for a stock kernel, a patched one, and in segments; and a few of random operations.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "event/event.h"

static uint32_t seed = 1;

static uint8_t noise(void)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint8_t)(seed >> 16);
}

static FILE *program(const char *folder, const char *name, uint8_t how)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file)
		exit(2);
	fputc(how, file);
	return file;
}

static void event(FILE *file, int kind)
{
	/* Few objects: values 0 .. 11 are addresses, 128 .. 139 pfns, as in fuzz_history's value(). */
	fputc(kind, file);
	fputc(0x80 | (noise() & 0x0f), file);
	for (int i = 0; i < 6; i++)
		fputc(noise() % 3 ? noise() % 6 : 128 + noise() % 6, file);
}

static void sample(FILE *file)
{
	fputc(250, file);
	for (int i = 0; i < 40; i++)
		fputc(noise() % 160, file);
}

int main(int argc, char **argv)
{
	/* Options: stock, skew, segments of some 20 events (which takes a second byte). */
	static const struct { const char *name; uint8_t how; } forms[] = {
		{ "stock", 1 }, { "patched", 0 }, { "skewed", 2 }, { "segments", 4 },
	};
	char name[32];

	if (argc != 2 || (mkdir(argv[1], 0777) != 0 && errno != EEXIST))
		return 2;
	for (uint32_t form = 0; form < 4; form++) {
		FILE *file = program(argv[1], forms[form].name, forms[form].how);

		for (int round = 0; round < 3; round++) {
			for (int kind = 0; kind < NR_EVENT_KINDS; kind++)
				event(file, kind);
			sample(file);
		}
		fclose(file);
		snprintf(name, sizeof(name), "%s-merges", forms[form].name);
		file = program(argv[1], name, forms[form].how);
		for (int i = 0; i < 120; i++) {
			event(file, i % 5 == 4 ? EVENT_KSM_REMOVE_RMAP_ITEM + i % 2 :
			      i % 3 ? EVENT_KSM_MERGE_WITH_KSM_PAGE : EVENT_P_ITEM_APPEND);
			if (i % 40 == 39)
				sample(file);
		}
		fclose(file);
		snprintf(name, sizeof(name), "%s-noise", forms[form].name);
		file = program(argv[1], name, forms[form].how);
		for (int i = 0; i < 1500; i++)
			fputc(noise(), file);
		fclose(file);
	}
	return 0;
}
