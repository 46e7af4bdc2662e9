/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * status.h - this process's memory as /proc/self/status has it.
 */
#ifndef KSMTOP_BENCH_STATUS_H
#define KSMTOP_BENCH_STATUS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The number behind "RssAnon:", "VmHWM:" ..., in kB; -1: none. */
static inline long status_kb(const char *key)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long value = -1;

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, key, strlen(key)) == 0)
			value = atol(line + strlen(key) + 1);
	if (file)
		fclose(file);
	return value;
}

#endif /* KSMTOP_BENCH_STATUS_H */
