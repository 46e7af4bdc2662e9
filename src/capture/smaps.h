/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * smaps.h - the text of /proc/PID/smaps (or maps), one VMA after another.
 *
 * Lines are parsed where they stand; the text is changed (NULs end names).  Paths are chosen by
 * users and may hold anything but a newline, which the kernel writes as \012.  Formats:
 * show_map_vma() and show_smap_vma_flags() in fs/proc/task_mmu.c.
 */
#ifndef KSMTOP_SMAPS_H
#define KSMTOP_SMAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/sample.h"

struct smaps_vma {
	struct sample_map map;		/* name borrows from the text */
	uint64_t bytes_rss, bytes_huge;	/* 0 from maps */
	uint64_t bytes_ksm;		/* UINT64_MAX: not said (before Linux 6.7, or from maps) */
};

/*
 * The next VMA at *cursor, which moves on; false at the end.  SAMPLE_MAP_NOFLAGS is set if there was no
 * VmFlags line.  page_size turns /proc's offset in bytes into pages.
 */
bool smaps_next(char **cursor, uint32_t page_size, struct smaps_vma *ret_vma);

#endif /* KSMTOP_SMAPS_H */
