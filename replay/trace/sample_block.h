/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample_block.h - how samples lie in a block; shared by the files that write and read them.
 *
 * Private to replay/trace.  Everything here is little-endian, whatever the recording is.
 *
 *	block:	4 bytes SAMPLE_BLOCK_MAGIC, 4 csize, 4 usize, 4 zero, 8 XXH64 of the frame with
 *		usize as seed, then one zstd frame of csize bytes
 *	inside:	samples, each 2 bytes kind, 2 zero, 4 tgid, 8 begin, 8 end, 4 size, then the payload
 *
 * Payloads: pairs are "name\0value\0"; numbers are base-128 varints, lowest group first, signed ones
 * zigzagged.
 *	MAPS	per VMA: gap to the end before (in 4 KB), length (in 4 KB), pgoff, flags, "name\0"
 *	PAGES	page shift, complete; per range: 1 + gap, length (pages); 0; then per page: distance
 *		to the page before (pages), signed distance of the pfn, mapcount
 *	LOSS	per cpu: cpu, overrun, dropped, commit_overrun, entries, read
 *	NOTE	"text\0"
 *	READ	pairs like KSM's: a cpu's number, and the time in ns before which all its events are on disk
 */
#ifndef KSMTOP_SAMPLE_BLOCK_H
#define KSMTOP_SAMPLE_BLOCK_H

#include "trace/sample.h"

#define SAMPLE_BLOCK_MAGIC	0x4253534bu	/* "KSSB" */
#define SAMPLE_BLOCK_HEADER	24
#define SAMPLE_BLOCK_AIM	(1u << 20)	/* blocks are closed when they reach this */
#define SAMPLE_BLOCK_MAX	(64u << 20)	/* none inflates to more */
#define SAMPLE_SIZE_MAX		(48u << 20)	/* of one sample */
#define SAMPLE_HEAD		28
#define SAMPLE_MAP_SHIFT	12

/*
 * Makes the next block of what the builder holds, from *pos on, and moves *pos behind it.  1 and a
 * malloc'd block with its header, 0 when all is done, -ENOMEM.
 */
int sample_block_make(const struct sample_builder *builder, size_t *pos, int level,
		      uint8_t **ret_block, size_t *ret_size);

#endif /* KSMTOP_SAMPLE_BLOCK_H */
