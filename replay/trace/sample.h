/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sample.h - facts that are not events: encoding and decoding of samples.
 *
 * A sample is what one look at /proc or /sys gave: a kind, the interval of trace-clock time during
 * which the look took place, the process it is about (tgid; 0 for the machine) and a payload.  A
 * sample took time, so it confirms only what stayed unchanged from begin_ns to end_ns.
 *
 *	kind	payload
 *	HOST	name/value texts: release, machine, page_size, nr_cpus, nids, ksmtop, patch,
 *		command, config lines under their own names (CONFIG_KSM = y), and kpageflags_ksm:
 *		see enum sample_page_flag
 *	KSM	name/value texts: every file of /sys/kernel/mm/ksm, value without its newline
 *	PROCESS	name/value texts: ppid, start_time, comm, then ksm_stat's and
 *		ksm_merging_pages's own names; the tgid is in the sample's head
 *	MAPS	the process's VMAs in ascending order of address
 *	PAGES	which of its pages are KSM pages: ranges that were looked at, then pages with pfn
 *		and mapcount, both in ascending order; and whether the sweep was complete
 *	LOSS	per cpu: events the kernel says it lost, since the start of the recording
 *	NOTE	one text: what could not be sampled and why
 *	READ	name/value texts: a cpu, and the time up to which its events are on disk
 *	NAMES	name/value texts: a tid, and the name that its task has since the last such sample; of
 *		an interrupted recording, what the list of command lines would have said in the end
 *
 * Writing: one struct sample_builder collects samples; when it has grown, its bytes become a
 * *block* (zstd, length, checksum) at the end of the spool's sample file.  Blocks stand alone, so a
 * cut or damaged file gives every block that is whole.  Addresses, pfns and counts are deltas in
 * variable-length integers: about 4 bytes a KSM page before zstd.
 *
 * Reading: struct sample_store indexes all samples of a recording in time order (begin_ns); reading
 * one inflates its block unless it is the block read last.  Payloads are hostile: iterators check
 * every length and return -EBADMSG instead of running over.
 */
#ifndef KSMTOP_SAMPLE_H
#define KSMTOP_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/diag.h"
#include "trace/trace_file.h"

enum sample_kind {
	SAMPLE_HOST = 1, SAMPLE_KSM, SAMPLE_PROCESS, SAMPLE_MAPS, SAMPLE_PAGES, SAMPLE_LOSS,
	SAMPLE_NOTE, SAMPLE_READ, SAMPLE_NAMES, SAMPLE_KSM_PAGES,
	SAMPLE_KIND_LAST = SAMPLE_KSM_PAGES,
};

/* A sample as read.  The payload is borrowed: see sample_store_read(). */
struct sample {
	enum sample_kind kind;	/* unknown kinds are passed over when indexing */
	int32_t tgid;
	uint64_t begin_ns, end_ns;
	const uint8_t *payload;
	uint32_t size;
};

enum sample_map_flags {
	SAMPLE_MAP_READ = 1 << 0, SAMPLE_MAP_WRITE = 1 << 1, SAMPLE_MAP_EXEC = 1 << 2,
	SAMPLE_MAP_SHARED = 1 << 3,
	SAMPLE_MAP_MERGEABLE = 1 << 4,	/* "mg" in smaps' VmFlags */
	SAMPLE_MAP_LOCKED = 1 << 5,	/* "lo" */
	SAMPLE_MAP_HUGEPAGE = 1 << 6,	/* "hg" */
	SAMPLE_MAP_NOHUGEPAGE = 1 << 7,	/* "nh" */
	SAMPLE_MAP_HUGETLB = 1 << 8,	/* "ht" */
	SAMPLE_MAP_ANON = 1 << 9,	/* inode 0 */
	SAMPLE_MAP_NOFLAGS = 1 << 10,	/* VmFlags could not be read: the "mg" ones are unknown */
};

/*
 * What bit 21 of /proc/kpageflags (KPF_KSM) is worth on the kernel that was recorded, of which the pages
 * of a PAGES sample are those that have it.  From the rewrite of stable_page_flags() in fs/proc/page.c
 * on, Linux (6.12, say, but not 6.18) tests a mask of two bits of folio->mapping for any of them:
 * every anonymous page has the flag, and a page in the sample only may be a KSM page.
 */
enum sample_page_flag {
	SAMPLE_PAGE_FLAG_UNKNOWN,	/* recorded before that was asked: to be taken as worthless */
	SAMPLE_PAGE_FLAG_EXACT,		/* "exact" */
	SAMPLE_PAGE_FLAG_ANONYMOUS,	/* "anonymous": every anonymous page has it */
};
#define SAMPLE_PAGE_FLAG_NAME	"kpageflags_ksm"
/*
 * Where the flag is not exact: how many pages of KSM's the process maps, by smaps (Linux 6.7), read behind the
 * sweep whose PAGES sample follows, and ends when that ends.  Pairs: this name and the number.
 */
#define SAMPLE_KSM_PAGES_NAME	"smaps_ksm_pages"

struct sample_map {
	uint64_t start, end;	/* bytes */
	uint64_t pgoff;		/* in pages; /proc shows it in bytes, and 0 for anonymous VMAs */
	uint32_t flags;		/* enum sample_map_flags */
	const char *name;	/* path, "[heap]", ... or "" */
};

struct sample_range {
	uint64_t start, end;	/* bytes, page-aligned: looked at in this sweep */
};

struct sample_page {
	uint64_t addr, pfn;
	uint32_t mapcount;	/* kpagecount's number, 0 if it could not be read */
};

struct sample_loss {
	uint32_t cpu_id;
	uint64_t overrun, dropped, commit_overrun;	/* of per_cpu/cpuN/stats */
	uint64_t entries, read;				/* still in the buffer; read so far */
};

/* ---- writing ---- */

/*
 * Grows as samples are added; samples are added one after another, never nested.  Out of memory
 * is sticky: the calls go on doing nothing and sample_end() returns -ENOMEM, dropping the sample.
 */
struct sample_builder {
	uint8_t *data;
	size_t size, capacity;
	size_t start;		/* of the sample that is open */
	uint64_t last_addr, last_pfn;
	uint32_t page_shift;
	uint8_t phase;		/* of a PAGES sample */
	bool is_open, failed;
};

void sample_builder_init(struct sample_builder *builder);
void sample_builder_fini(struct sample_builder *builder);
/* Forgets what was collected, keeps the memory. */
void sample_builder_reset(struct sample_builder *builder);

/* begin_ns: read the trace clock just before the first look at the source. */
void sample_begin(struct sample_builder *builder, enum sample_kind kind, int32_t tgid,
		  uint64_t begin_ns);
/* 0; -ENOMEM or -EFBIG (over 48 MB): the sample is dropped. */
int sample_end(struct sample_builder *builder, uint64_t end_ns);
/* Drops the sample that is open (the process vanished meanwhile, say). */
void sample_cancel(struct sample_builder *builder);

/* HOST, KSM, PROCESS, READ, NAMES. */
void sample_add_pair(struct sample_builder *builder, const char *name, const char *value);
/* MAPS, in ascending order. */
void sample_add_map(struct sample_builder *builder, const struct sample_map *map);
/*
 * PAGES: first the head, then all ranges, then all pages, the last two in ascending order of
 * address.  `complete`: every mergeable VMA was swept to its end.
 */
void sample_add_pages_head(struct sample_builder *builder, uint32_t page_size, bool complete);
/* Corrects `complete` of the sample that is open, when the sweep's end is known. */
void sample_set_complete(struct sample_builder *builder, bool complete);
void sample_add_range(struct sample_builder *builder, uint64_t start, uint64_t end);
void sample_add_page(struct sample_builder *builder, uint64_t addr, uint64_t pfn,
		     uint32_t mapcount);
/* LOSS. */
void sample_add_loss(struct sample_builder *builder, const struct sample_loss *loss);
/* NOTE. */
void sample_add_text(struct sample_builder *builder, const char *text);

/* ---- reading ---- */

/* {sample, nothing else} starts at the beginning: struct sample_iter iter = SAMPLE_ITER(&sample). */
struct sample_iter {
	const struct sample *sample;
	uint32_t pos;
	uint8_t phase;
	uint64_t addr, pfn;
	uint32_t page_size;
};
#define SAMPLE_ITER(s) ((struct sample_iter){ .sample = (s) })

/*
 * Each gives 1 and the next element, 0 at the end, -EBADMSG when the payload is damaged.  Names
 * and texts borrow from the payload and are NUL-terminated.
 * sample_next_page() first passes over the ranges if they were not read.
 */
int sample_next_pair(struct sample_iter *iter, const char **ret_name, const char **ret_value);
int sample_next_map(struct sample_iter *iter, struct sample_map *ret_map);
int sample_next_range(struct sample_iter *iter, struct sample_range *ret_range);
int sample_next_page(struct sample_iter *iter, struct sample_page *ret_page);
int sample_next_loss(struct sample_iter *iter, struct sample_loss *ret_loss);
/* The text of a NOTE, or "". */
const char *sample_text(const struct sample *sample);
/* Was the sweep of a PAGES sample complete? */
bool sample_is_complete(const struct sample *sample);
/* Of a HOST sample. */
enum sample_page_flag sample_page_flag(const struct sample *sample);
/* One value by name or NULL; the second parses decimal digits (-ENOENT, -EINVAL). */
const char *sample_value(const struct sample *sample, const char *name);
int sample_number(const struct sample *sample, const char *name, int64_t *ret_value);

/* ---- the samples of a recording ---- */

struct sample_store;

/*
 * Indexes the samples of `file` (which must outlive the store).  Blocks that are damaged are passed
 * over and counted as damages; a recording without samples gives an empty store.  0 or -ENOMEM.
 * O(bytes of samples).
 */
int sample_store_new(const struct trace_file *file, struct sample_store **ret_store);
void sample_store_free(struct sample_store *store);
uint32_t sample_store_nr(const struct sample_store *store);
/* Kind, tgid and times only (payload NULL, size set): never inflates. */
void sample_store_head(const struct sample_store *store, uint32_t i, struct sample *ret_sample);
/*
 * With payload; it stays valid until a read of a sample in another block.  0, or -EBADMSG, -ENOMEM.
 * Not for two threads at once on one store.
 */
int sample_store_read(struct sample_store *store, uint32_t i, struct sample *ret_sample);
/* What is wrong with the samples: removed by convert or split, cut blocks, unknown kinds. */
uint32_t sample_store_nr_damages(const struct sample_store *store);
const struct diag *sample_store_damage(const struct sample_store *store, uint32_t i);

#endif /* KSMTOP_SAMPLE_H */
