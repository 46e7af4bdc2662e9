// SPDX-License-Identifier: GPL-2.0-only
/*
 * smaps.c - the text of /proc/PID/smaps (or maps), one VMA after another.
 *
 * A VMA is a head line, "START-END PERMS OFFSET DEV INODE  NAME", then for smaps some twenty "Key:
 * value kB" lines of which three matter, and VmFlags last.  A head line starts with a hexadecimal
 * digit in lower case, a key with a capital: one look at the first byte tells them apart.
 *
 * Every VmFlags letter pair that sample.h has no bit for is passed over.
 */
#include "capture/smaps.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	char letters[3];
	uint32_t flag;
} vm_flags[] = {
	{"mg", SAMPLE_MAP_MERGEABLE}, {"lo", SAMPLE_MAP_LOCKED}, {"hg", SAMPLE_MAP_HUGEPAGE},
	{"nh", SAMPLE_MAP_NOHUGEPAGE}, {"ht", SAMPLE_MAP_HUGETLB},
};

/* Ends the line at *cursor with a NUL and moves behind it; NULL at the end of the text. */
static char *line_next(char **cursor)
{
	char *line = *cursor;
	if (!*line)
		return NULL;
	char *end = strchr(line, '\n');
	if (end)
		*end++ = '\0';
	else
		end = line + strlen(line);
	*cursor = end;
	return line;
}

static bool head_parse(char *line, uint32_t page_size, struct sample_map *map)
{
	char *p;

	*map = (struct sample_map){.start = strtoull(line, &p, 16)};
	if (*p++ != '-')
		return false;
	map->end = strtoull(p, &p, 16);
	if (*p++ != ' ' || strlen(p) < 4 || map->end <= map->start)
		return false;
	map->flags = SAMPLE_MAP_NOFLAGS;
	map->flags |= p[0] == 'r' ? SAMPLE_MAP_READ : 0;
	map->flags |= p[1] == 'w' ? SAMPLE_MAP_WRITE : 0;
	map->flags |= p[2] == 'x' ? SAMPLE_MAP_EXEC : 0;
	map->flags |= p[3] == 's' ? SAMPLE_MAP_SHARED : 0;
	map->pgoff = strtoull(p + 4, &p, 16) / page_size;
	p = *p ? strchr(p + 1, ' ') : NULL;		/* behind the device */
	if (!p)
		return false;
	if (strtoull(p, &p, 10) == 0)
		map->flags |= SAMPLE_MAP_ANON;
	map->name = p + strspn(p, " ");
	return true;
}

static void flags_parse(const char *p, uint32_t *flags)
{
	*flags &= ~(uint32_t)SAMPLE_MAP_NOFLAGS;
	for (; p[0] && p[1]; p += p[2] == ' ' ? 3 : 2) {
		for (size_t i = 0; i < sizeof(vm_flags) / sizeof(vm_flags[0]); i++) {
			if (p[0] == vm_flags[i].letters[0] && p[1] == vm_flags[i].letters[1])
				*flags |= vm_flags[i].flag;
		}
	}
}

static bool is_key(const char *line)
{
	return *line >= 'A' && *line <= 'Z';
}

static uint64_t kilobytes(const char *line)
{
	return strtoull(strchr(line, ':') + 1, NULL, 10) << 10;
}

bool smaps_next(char **cursor, uint32_t page_size, struct smaps_vma *ret_vma)
{
	struct smaps_vma vma = {.bytes_ksm = UINT64_MAX};
	char *line;

	do {
		line = line_next(cursor);
		if (!line)
			return false;
	} while (is_key(line) || !head_parse(line, page_size, &vma.map));
	while (is_key(*cursor) && (line = line_next(cursor))) {
		if (!strncmp(line, "Rss:", 4))
			vma.bytes_rss = kilobytes(line);
		else if (!strncmp(line, "AnonHugePages:", 14))
			vma.bytes_huge = kilobytes(line);
		else if (!strncmp(line, "KSM:", 4))
			vma.bytes_ksm = kilobytes(line);
		else if (!strncmp(line, "VmFlags: ", 9))
			flags_parse(line + 9, &vma.map.flags);
	}
	*ret_vma = vma;
	return true;
}
