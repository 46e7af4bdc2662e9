// SPDX-License-Identifier: GPL-2.0-only
/*
 * sweep.c - which pages of a process are KSM pages: pagemap, kpageflags, kpagecount.
 *
 * The hard part is the price.  A hundred thousand mappings have to be looked at once a second for less than
 * a hundredth of a core, that is some tens of nanoseconds each, while one pread() of 8 bytes costs
 * several hundred.  So pagemap is read in large pieces; kpageflags only for pfns that this process has not
 * shown before (many mappings share few KSM pages), in order of pfn, neighbours and near
 * neighbours with one read; kpagecount only for those that turned out to be KSM pages.
 *
 * Where a mergeable area is mostly empty (a guest's memory), PAGEMAP_SCAN (Linux 6.7) names the
 * populated parts first; it knows nothing of KSM.  Without it all of the area is read.
 * Huge pages and swapped-out pages are no KSM pages and drop out by their flags.
 *
 * Some kernels mark every anonymous page (trace/sample.h).  Whether this one does shows on a page that
 * cannot have been merged.  There nothing here can do better than leave out huge pages.
 */
#include "capture/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PM_PRESENT	(1ull << 63)
#define PM_FILE		(1ull << 61)	/* file page or shared memory */
#define PM_PFN		((1ull << 55) - 1)
#define KPF_ANON	(1ull << 12)
#define KPF_KSM		(1ull << 21)
#define KPF_LARGE	(1ull << 15 | 1ull << 16 | 1ull << 17 | 1ull << 22)	/* head, tail, huge, thp */

#define WINDOW_PAGES	16384u		/* of pagemap at a time */
#define RUN_GAP		3u	/* reading on over so many pfns is cheaper than another read */
#define RUN_PAGES	1024u
#define UNRESOLVED	UINT32_MAX	/* mapcount of a page whose flags are not known yet */
#define MAPCOUNT_MAX	(UINT32_MAX - 1)

/* include/uapi/linux/fs.h of Linux 6.7, which Debian 12's headers do not have. */
struct scan_region {
	uint64_t start, end, categories;
};
struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN_IOCTL		_IOWR('f', 16, struct scan_arg)
#define SCAN_IS_FILE		(1 << 2)
#define SCAN_IS_PRESENT		(1 << 3)
#define SCAN_IS_HUGE		(1 << 6)
#define SCAN_REGIONS		512

/* An open-addressing map pfn -> mapcount of the KSM pages that this process has shown. */
struct pfn_map {
	uint64_t *pfns;		/* 0: free; pfn 0 is never a KSM page */
	uint32_t *mapcounts;
	size_t capacity, nr;	/* capacity: a power of two */
};

struct sweep {
	int flags_fd, count_fd, pagemap_fd;
	uint64_t page_size;
	bool has_scan;
	enum sample_page_flag page_flag;
	struct pfn_map map;
	struct sample_page *pages;
	size_t nr_pages, max_pages;
	uint64_t window[WINDOW_PAGES];
	uint64_t pending[WINDOW_PAGES], sorted[WINDOW_PAGES];
	uint64_t run[RUN_PAGES];
	struct scan_region regions[SCAN_REGIONS];
};

/* ---- the map ---- */

static size_t pfn_slot(const struct pfn_map *map, uint64_t pfn)
{
	size_t slot = (pfn * 0x9e3779b97f4a7c15ull) >> 20 & (map->capacity - 1);
	while (map->pfns[slot] && map->pfns[slot] != pfn)
		slot = (slot + 1) & (map->capacity - 1);
	return slot;
}

static int pfn_map_grow(struct pfn_map *map)
{
	struct pfn_map grown = {.capacity = map->capacity ? map->capacity * 2 : 4096, .nr = map->nr};

	grown.pfns = calloc(grown.capacity, sizeof(*grown.pfns));
	grown.mapcounts = malloc(grown.capacity * sizeof(*grown.mapcounts));
	if (!grown.pfns || !grown.mapcounts) {
		free(grown.pfns);
		free(grown.mapcounts);
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->capacity; i++) {
		if (!map->pfns[i])
			continue;
		size_t slot = pfn_slot(&grown, map->pfns[i]);
		grown.pfns[slot] = map->pfns[i];
		grown.mapcounts[slot] = map->mapcounts[i];
	}
	free(map->pfns);
	free(map->mapcounts);
	*map = grown;
	return 0;
}

static int pfn_map_add(struct pfn_map *map, uint64_t pfn, uint32_t mapcount)
{
	if (map->nr * 2 >= map->capacity && pfn_map_grow(map))
		return -ENOMEM;
	size_t slot = pfn_slot(map, pfn);
	map->nr += !map->pfns[slot];
	map->pfns[slot] = pfn;
	map->mapcounts[slot] = mapcount;
	return 0;
}

static void pfn_map_clear(struct pfn_map *map)
{
	if (map->nr)
		memset(map->pfns, 0, map->capacity * sizeof(*map->pfns));
	map->nr = 0;
}

/* ---- pfns to flags and counts ---- */

/* Sorts by pfn, least byte first, passing over bytes that are the same everywhere. */
static void pfns_sort(uint64_t *pfns, uint64_t *spare, size_t nr)
{
	uint64_t *from = pfns, *to = spare;

	for (unsigned int shift = 0; shift < 56; shift += 8) {
		size_t counts[256] = {0}, sum = 0;
		for (size_t i = 0; i < nr; i++)
			counts[from[i] >> shift & 255]++;
		if (counts[from[0] >> shift & 255] == nr)
			continue;
		for (size_t i = 0; i < 256; i++) {
			size_t count = counts[i];
			counts[i] = sum;
			sum += count;
		}
		for (size_t i = 0; i < nr; i++)
			to[counts[from[i] >> shift & 255]++] = from[i];
		uint64_t *swap = from;
		from = to;
		to = swap;
	}
	if (from != pfns)
		memcpy(pfns, from, nr * sizeof(*pfns));
}

/*
 * The end (index) of the group of sorted pfns that is read at once: near each other, at most
 * RUN_PAGES apart.
 */
static size_t run_end(const uint64_t *pfns, size_t nr, size_t first)
{
	size_t end = first + 1;
	while (end < nr && pfns[end] - pfns[end - 1] <= RUN_GAP && pfns[end] - pfns[first] < RUN_PAGES)
		end++;
	return end;
}

/* Reads 8 bytes a pfn for the run; what cannot be read (a hole in memory) stays 0. */
static void run_read(struct sweep *sweep, int fd, const uint64_t *pfns, size_t first, size_t end)
{
	size_t bytes = (pfns[end - 1] - pfns[first] + 1) * sizeof(uint64_t);
	ssize_t n = pread(fd, sweep->run, bytes, (off_t)(pfns[first] * sizeof(uint64_t)));

	n = n < 0 ? 0 : n;
	memset((uint8_t *)sweep->run + n, 0, bytes - (size_t)n);
}

/* Keeps those of the sorted pfns that are KSM pages and enters them with their mapcount. */
static int pfns_resolve(struct sweep *sweep, uint64_t *pfns, size_t nr)
{
	size_t nr_ksm = 0;

	for (size_t first = 0, end; first < nr; first = end) {
		end = run_end(pfns, nr, first);
		uint64_t base = pfns[first];
		run_read(sweep, sweep->flags_fd, pfns, first, end);
		for (size_t i = first; i < end; i++) {
			if ((sweep->run[pfns[i] - base] & (KPF_KSM | KPF_LARGE)) == KPF_KSM)
				pfns[nr_ksm++] = pfns[i];
		}
	}
	for (size_t first = 0, end; first < nr_ksm; first = end) {
		end = run_end(pfns, nr_ksm, first);
		run_read(sweep, sweep->count_fd, pfns, first, end);
		for (size_t i = first; i < end; i++) {
			uint64_t count = sweep->run[pfns[i] - pfns[first]];
			if (count > MAPCOUNT_MAX)
				count = MAPCOUNT_MAX;
			if (pfn_map_add(&sweep->map, pfns[i], (uint32_t)count))
				return -ENOMEM;
		}
	}
	return 0;
}

/* ---- one window of pagemap ---- */

static int pages_reserve(struct sweep *sweep, size_t nr)
{
	if (sweep->max_pages - sweep->nr_pages >= nr)
		return 0;
	size_t max = sweep->max_pages * 2 + nr;
	struct sample_page *pages = reallocarray(sweep->pages, max, sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	sweep->pages = pages;
	sweep->max_pages = max;
	return 0;
}

/* Adds every anonymous present page; returns how many of them have a pfn that is not known. */
static size_t window_collect(struct sweep *sweep, uint64_t start, size_t nr)
{
	size_t nr_pending = 0;

	for (size_t i = 0; i < nr; i++) {
		uint64_t entry = sweep->window[i], pfn = entry & PM_PFN;
		if ((entry & (PM_PRESENT | PM_FILE)) != PM_PRESENT || !pfn)
			continue;
		size_t slot = pfn_slot(&sweep->map, pfn);
		bool known = sweep->map.pfns[slot] == pfn;
		if (!known)
			sweep->pending[nr_pending++] = pfn;
		sweep->pages[sweep->nr_pages++] = (struct sample_page){
			.addr = start + i * sweep->page_size, .pfn = pfn,
			.mapcount = known ? sweep->map.mapcounts[slot] : UNRESOLVED,
		};
	}
	return nr_pending;
}

/* Gives the pages from `first` on their mapcounts and drops those that are no KSM pages. */
static void window_filter(struct sweep *sweep, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < sweep->nr_pages; i++) {
		struct sample_page page = sweep->pages[i];
		if (page.mapcount == UNRESOLVED) {
			size_t slot = pfn_slot(&sweep->map, page.pfn);
			if (!sweep->map.pfns[slot])
				continue;
			page.mapcount = sweep->map.mapcounts[slot];
		}
		sweep->pages[kept++] = page;
	}
	sweep->nr_pages = kept;
}

static int window_sweep(struct sweep *sweep, uint64_t start, size_t nr)
{
	size_t first = sweep->nr_pages;
	ssize_t n = pread(sweep->pagemap_fd, sweep->window, nr * sizeof(uint64_t),
			  (off_t)(start / sweep->page_size * sizeof(uint64_t)));

	if (n <= 0)
		return n < 0 ? -errno : -ESRCH;
	nr = (size_t)n / sizeof(uint64_t);
	if (pages_reserve(sweep, nr))
		return -ENOMEM;
	size_t nr_pending = window_collect(sweep, start, nr);
	if (nr_pending) {
		size_t nr_unique = 0;
		pfns_sort(sweep->pending, sweep->sorted, nr_pending);
		for (size_t i = 0; i < nr_pending; i++) {
			if (!i || sweep->pending[i] != sweep->pending[nr_unique - 1])
				sweep->pending[nr_unique++] = sweep->pending[i];
		}
		int err = pfns_resolve(sweep, sweep->pending, nr_unique);
		if (err)
			return err;
		window_filter(sweep, first);
	}
	return 0;
}

/* ---- ranges ---- */

static int range_sweep(struct sweep *sweep, uint64_t start, uint64_t end, const atomic_bool *stop)
{
	while (start < end) {
		uint64_t left = (end - start) / sweep->page_size;
		size_t nr = left < WINDOW_PAGES ? (size_t)left : WINDOW_PAGES;
		int err = stop && atomic_load(stop) ? -EINTR : window_sweep(sweep, start, nr);
		if (err)
			return err;
		start += nr * sweep->page_size;
	}
	return 0;
}

/* As range_sweep(), but only what PAGEMAP_SCAN says is populated with small anonymous pages. */
static int range_sweep_sparse(struct sweep *sweep, uint64_t start, uint64_t end,
			      const atomic_bool *stop)
{
	while (start < end) {
		struct scan_arg arg = {
			.size = sizeof(arg), .start = start, .end = end,
			.vec = (uintptr_t)sweep->regions, .vec_len = SCAN_REGIONS,
			.category_inverted = SCAN_IS_FILE | SCAN_IS_HUGE,
			.category_mask = SCAN_IS_PRESENT | SCAN_IS_FILE | SCAN_IS_HUGE,
			.return_mask = SCAN_IS_PRESENT,
		};
		int nr = ioctl(sweep->pagemap_fd, SCAN_IOCTL, &arg);
		if (nr < 0) {
			sweep->has_scan = false;
			return range_sweep(sweep, start, end, stop);
		}
		for (int i = 0; i < nr;) {
			/* regions with small holes between them are read as one */
			int last = i;
			while (last + 1 < nr && sweep->regions[last + 1].start - sweep->regions[last].end <
			       64 * sweep->page_size)
				last++;
			int err = range_sweep(sweep, sweep->regions[i].start, sweep->regions[last].end,
					      stop);
			if (err)
				return err;
			i = last + 1;
		}
		if (arg.walk_end <= start)
			break;
		start = arg.walk_end;
	}
	return 0;
}

int sweep_process(struct sweep *sweep, int tgid, const struct sweep_range *ranges, size_t nr_ranges,
		  const atomic_bool *stop)
{
	char path[32];
	int err = 0;

	sweep->nr_pages = 0;
	pfn_map_clear(&sweep->map);
	snprintf(path, sizeof(path), "/proc/%d/pagemap", tgid);
	sweep->pagemap_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (sweep->pagemap_fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	for (size_t i = 0; !err && i < nr_ranges; i++) {
		if (ranges[i].without_ksm)
			continue;
		if (ranges[i].sparse && sweep->has_scan)
			err = range_sweep_sparse(sweep, ranges[i].start, ranges[i].end, stop);
		else
			err = range_sweep(sweep, ranges[i].start, ranges[i].end, stop);
	}
	close(sweep->pagemap_fd);
	return err;
}

const struct sample_page *sweep_pages(const struct sweep *sweep, size_t *ret_nr)
{
	*ret_nr = sweep->nr_pages;
	return sweep->pages;
}

/* ---- what the flag is worth ---- */

static bool read_u64(int fd, uint64_t index, uint64_t *ret)
{
	return pread(fd, ret, sizeof(*ret), (off_t)(index * sizeof(*ret))) == sizeof(*ret);
}

/* The page may be moved between two looks: then its pfn differs, or its flags are not an anonymous page's. */
static enum sample_page_flag page_flag_of(const struct sweep *sweep, int pagemap, const void *page)
{
	uint64_t index = (uintptr_t)page / sweep->page_size, before, after, flags;

	if (!read_u64(pagemap, index, &before) || !(before & PM_PRESENT) || !(before & PM_PFN) ||
	    !read_u64(sweep->flags_fd, before & PM_PFN, &flags) || !(flags & KPF_ANON) ||
	    !read_u64(pagemap, index, &after) || (before ^ after) & (PM_PRESENT | PM_PFN))
		return SAMPLE_PAGE_FLAG_UNKNOWN;
	return flags & KPF_KSM ? SAMPLE_PAGE_FLAG_ANONYMOUS : SAMPLE_PAGE_FLAG_EXACT;
}

/* Looks at a fresh page that ksmd may not touch. */
static enum sample_page_flag page_flag_probe(const struct sweep *sweep)
{
	enum sample_page_flag flag = SAMPLE_PAGE_FLAG_UNKNOWN;
	uint64_t *page = mmap(NULL, sweep->page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (page != MAP_FAILED && pagemap >= 0) {
		madvise(page, sweep->page_size, MADV_UNMERGEABLE);	/* may be on for all of the process */
		*page = (uintptr_t)page;
		for (int i = 0; flag == SAMPLE_PAGE_FLAG_UNKNOWN && i < 10; i++)
			flag = page_flag_of(sweep, pagemap, page);
	}
	if (page != MAP_FAILED)
		munmap(page, sweep->page_size);
	if (pagemap >= 0)
		close(pagemap);
	return flag;
}

enum sample_page_flag sweep_page_flag(const struct sweep *sweep)
{
	return sweep->page_flag;
}

int sweep_new(struct sweep **ret_sweep)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int err = 0;

	if (!sweep)
		return -ENOMEM;
	sweep->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	sweep->has_scan = true;
	sweep->flags_fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	sweep->count_fd = open("/proc/kpagecount", O_RDONLY | O_CLOEXEC);
	if (sweep->flags_fd < 0 || sweep->count_fd < 0)
		err = -errno;
	else
		err = pfn_map_grow(&sweep->map);
	if (err) {
		sweep_free(sweep);
		return err;
	}
	sweep->page_flag = page_flag_probe(sweep);
	*ret_sweep = sweep;
	return 0;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	if (sweep->flags_fd >= 0)
		close(sweep->flags_fd);
	if (sweep->count_fd >= 0)
		close(sweep->count_fd);
	free(sweep->map.pfns);
	free(sweep->map.mapcounts);
	free(sweep->pages);
	free(sweep);
}
