/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * spool_format.h - what a spool's files look like; shared by its writer and its reader.
 *
 * Private to replay/trace.  meta.dat is a complete version 7 file whose BUFFER option lists the
 * cpus with no data.  cpuN is a sequence of blocks:
 *
 *	4 bytes		SPOOL_BLOCK_MAGIC
 *	4 bytes		number of the block in this file, from 0
 *	8 bytes		XXH64 of all that follows, seed: the block's number
 *	4 bytes		compressed size	   \
 *	4 bytes		uncompressed size   > exactly as in the final file
 *	...		one zstd frame	   /
 *
 * `samples` is SAMPLES_MAGIC followed by sample blocks, exactly the contents of the final section.
 * Numbers are in the byte order that meta.dat declares.  `reserve` is space and nothing else.
 */
#ifndef KSMTOP_TRACE_SPOOL_FORMAT_H
#define KSMTOP_TRACE_SPOOL_FORMAT_H

#define SPOOL_BLOCK_MAGIC	0x4350534bu	/* "KSPC" */
#define SPOOL_BLOCK_HEADER	16		/* in front of the two sizes */
#define SPOOL_CHUNK_HEADER	8		/* the two sizes */

#define SPOOL_META	"meta.dat"
#define SPOOL_SAMPLES	"samples"
#define SPOOL_RESERVE	"reserve"

#endif /* KSMTOP_TRACE_SPOOL_FORMAT_H */
