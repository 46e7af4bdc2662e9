// SPDX-License-Identifier: GPL-2.0-only
/*
 * process.c - the processes that take part in KSM: finding them, and sampling each.
 *
 * Everything of a process is read through one open /proc/PID, so that its files are all of one
 * process even if the number is given away meanwhile: then they fail, and the process is left out of this
 * round.  Between rounds the start time tells the two apart.
 *
 * KSM pages can only be in mergeable VMAs (unmerging breaks the merged pages before the flag goes,
 * ksm_madvise() and ksm_disable() in mm/ksm.c), so only those are swept.  Which these are is remembered
 * while the text of maps stays the same.  madvise() on a part of a VMA splits it, on a whole VMA
 * changes only its flag: the second is caught by ksm_stat's mergeable line, or at the last by the
 * full round.
 */
#include "capture/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/smaps.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Processes that are not in KSM are looked at every so many rounds: about so many of them in one. */
#define RECHECK_ROUNDS		10
#define RECHECKED_A_ROUND	64

/* ---- ksm_stat ---- */

/* Does a ksm_stat speak of a process that takes part? */
static bool ksm_stat_takes_part(const char *text)
{
	static const char *const counts[] = {
		"ksm_rmap_items ", "ksm_merging_pages ", "ksm_zero_pages ",
	};
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		const char *p = strstr(text, counts[i]);
		if (p && strtoull(p + strlen(counts[i]), NULL, 10))
			return true;
	}
	return strstr(text, "ksm_merge_any: yes") || strstr(text, "ksm_mergeable: yes");
}

/* "NAME VALUE" and "NAME: VALUE" lines. */
static void add_pair_lines(struct sample_builder *builder, char *text)
{
	char *save;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		size_t length = strlen(line);
		if (length && line[length - 1] == ':')
			line[length - 1] = '\0';
		sample_add_pair(builder, line, value);
	}
}

/* ppid, comm and start time of /proc/PID/stat; false if it makes no sense. */
static bool add_stat(struct sample_builder *builder, char *text, uint64_t *ret_start)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long start;
	char number[24];
	int ppid;

	if (!open || !close || close < open)
		return false;
	if (sscanf(close + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
			      "%llu", &ppid, &start) != 2)
		return false;
	*close = '\0';
	snprintf(number, sizeof(number), "%d", ppid);
	sample_add_pair(builder, "ppid", number);
	snprintf(number, sizeof(number), "%llu", start);
	sample_add_pair(builder, "start_time", number);
	sample_add_pair(builder, "comm", open + 1);
	*ret_start = start;
	return true;
}

static int sample_process(struct process_table *table, struct process *process, int dir,
			  struct sample_builder *builder)
{
	uint64_t start = 0;
	int err;

	sample_begin(builder, SAMPLE_PROCESS, process->tgid, clock_mono_ns());
	err = proc_text_read(&table->text, dir, "stat");
	if (!err && !add_stat(builder, table->text.data, &start))
		err = -ESRCH;
	if (!err)
		err = proc_text_read(&table->text, dir, "ksm_stat");
	if (!err) {
		bool has_merging = strstr(table->text.data, "ksm_merging_pages ");
		add_pair_lines(builder, table->text.data);
		/* ksm_stat has it too since Linux 6.2 */
		if (!has_merging && !proc_text_read(&table->text, dir, "ksm_merging_pages")) {
			proc_text_chomp(&table->text);
			sample_add_pair(builder, "ksm_merging_pages", table->text.data);
		}
	}
	if (err) {
		sample_cancel(builder);
		return err;
	}
	if (start != process->start_time) {
		process->start_time = start;
		process->maps_hash = 0;
	}
	return sample_end(builder, clock_mono_ns());
}

/* ---- maps ---- */

static int add_range(struct process *process, const struct sample_map *map, bool sparse)
{
	if (process->nr_ranges % 64 == 0) {
		struct sweep_range *grown = reallocarray(process->ranges, process->nr_ranges + 64,
							 sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		process->ranges = grown;
	}
	process->ranges[process->nr_ranges++] = (struct sweep_range){map->start, map->end, sparse, false};
	return 0;
}

/* From smaps, or from maps where smaps is refused: then without flags. */
static int sample_maps(struct process_table *table, struct process *process, int dir,
		       struct sample_builder *builder)
{
	uint64_t begin = clock_mono_ns();
	struct smaps_vma vma;
	int err = proc_text_read(&table->text, dir, "smaps");

	process->nr_ranges = 0;
	process->has_flags = !err;
	sample_begin(builder, SAMPLE_MAPS, process->tgid, begin);
	char *cursor = err ? table->maps.data : table->text.data;
	err = 0;
	while (!err && smaps_next(&cursor, table->page_size, &vma)) {
		sample_add_map(builder, &vma.map);
		bool huge = vma.bytes_huge > (vma.map.end - vma.map.start) / 2;
		bool empty = vma.bytes_rss < (vma.map.end - vma.map.start) / 2;
		bool large = vma.map.end - vma.map.start >= 4u << 20;
		if (vma.map.flags & SAMPLE_MAP_MERGEABLE)
			err = add_range(process, &vma.map, large && (huge || empty));
	}
	if (err) {
		sample_cancel(builder);
		return err;
	}
	return sample_end(builder, clock_mono_ns());
}

static int sample_maps_if_changed(struct process_table *table, struct process *process, int dir,
				  bool full, bool mergeable, struct sample_builder *builder)
{
	int err = proc_text_read(&table->maps, dir, "maps");
	if (err)
		return err;
	uint64_t hash = XXH3_64bits(table->maps.data, table->maps.size);
	/* takes part, but no mergeable VMA is known: a whole VMA may have become mergeable */
	bool stale = mergeable != (process->nr_ranges != 0);
	if (!full && !stale && hash == process->maps_hash)
		return 0;
	process->maps_hash = hash;
	return sample_maps(table, process, dir, builder);
}

/* ---- pages ---- */

/* Where kpageflags does not tell KSM pages from others, smaps still says how many of them a VMA has. */
static void mark_without_ksm(struct process_table *table, struct process *process)
{
	struct smaps_vma vma;
	char path[32], *cursor;
	uint32_t at = 0;

	for (uint32_t i = 0; i < process->nr_ranges; i++)
		process->ranges[i].without_ksm = false;
	snprintf(path, sizeof(path), "/proc/%d/smaps", process->tgid);
	if (proc_text_read(&table->text, AT_FDCWD, path))
		return;
	cursor = table->text.data;
	while (smaps_next(&cursor, table->page_size, &vma)) {
		while (at < process->nr_ranges && process->ranges[at].start < vma.map.start)
			at++;
		if (at < process->nr_ranges && process->ranges[at].start == vma.map.start &&
		    process->ranges[at].end == vma.map.end)
			process->ranges[at].without_ksm = vma.bytes_ksm == 0;
	}
}

/* What smaps says of the whole process behind the sweep, and until when: no page of KSM's has come since. */
static int sample_ksm_pages(struct process_table *table, struct process *process,
			    struct sample_builder *builder, uint64_t *ret_end)
{
	uint64_t bytes = 0, begin = clock_mono_ns();
	char path[32], text[32], *cursor;
	struct smaps_vma vma;
	bool said = true;

	snprintf(path, sizeof(path), "/proc/%d/smaps", process->tgid);
	if (proc_text_read(&table->text, AT_FDCWD, path))
		return 0;
	cursor = table->text.data;
	while (said && smaps_next(&cursor, table->page_size, &vma)) {
		said = vma.bytes_ksm != UINT64_MAX;
		bytes += said ? vma.bytes_ksm : 0;
	}
	if (!said)
		return 0;
	*ret_end = clock_mono_ns();
	snprintf(text, sizeof(text), "%" PRIu64, bytes / table->page_size);
	sample_begin(builder, SAMPLE_KSM_PAGES, process->tgid, begin);
	sample_add_pair(builder, SAMPLE_KSM_PAGES_NAME, text);
	return sample_end(builder, *ret_end);
}

static int sample_pages(struct process_table *table, struct process *process,
			struct sample_builder *builder, const atomic_bool *stop)
{
	uint64_t begin = clock_mono_ns();
	size_t nr = 0;

	if (sweep_page_flag(table->sweep) != SAMPLE_PAGE_FLAG_EXACT)
		mark_without_ksm(table, process);
	int err = sweep_process(table->sweep, process->tgid, process->ranges, process->nr_ranges, stop);
	uint64_t end = clock_mono_ns();

	if (!err && sweep_page_flag(table->sweep) != SAMPLE_PAGE_FLAG_EXACT)
		err = sample_ksm_pages(table, process, builder, &end);
	if (err)
		return err;
	const struct sample_page *pages = sweep_pages(table->sweep, &nr);
	table->nr_ksm_pages += nr;
	sample_begin(builder, SAMPLE_PAGES, process->tgid, begin);
	sample_add_pages_head(builder, table->page_size, process->has_flags);
	for (uint32_t i = 0; i < process->nr_ranges; i++)
		sample_add_range(builder, process->ranges[i].start, process->ranges[i].end);
	for (size_t i = 0; i < nr; i++)
		sample_add_page(builder, pages[i].addr, pages[i].pfn, pages[i].mapcount);
	return sample_end(builder, end);
}

static void sample_note(struct sample_builder *builder, int tgid, const char *what, int err)
{
	char text[128];
	uint64_t now = clock_mono_ns();

	snprintf(text, sizeof(text), "%s could not be read: %s", what, strerror(-err));
	sample_begin(builder, SAMPLE_NOTE, tgid, now);
	sample_add_text(builder, text);
	sample_end(builder, now);
}

/* ---- one process, one round ---- */

/* Only -ENOMEM and -EINTR end a round: a process that goes away is no error. */
static int round_error(struct sample_builder *builder, int tgid, const char *what, int err)
{
	if (err == -ESRCH || err == -ENOENT)
		return 0;
	if (err && err != -ENOMEM && err != -EINTR) {
		sample_note(builder, tgid, what, err);
		return 0;
	}
	return err;
}

static int round_process(struct process_table *table, struct process *process, bool full,
			 struct sample_builder *builder, const atomic_bool *stop)
{
	bool was_in_ksm = process->in_ksm;
	char path[16];
	int err;

	snprintf(path, sizeof(path), "/proc/%d", process->tgid);
	int dir = open(path, O_DIRECTORY | O_PATH | O_CLOEXEC);
	if (dir < 0)
		return 0;
	process->checked = table->round;
	err = proc_text_read(&table->text, dir, "ksm_stat");
	process->in_ksm = !err && ksm_stat_takes_part(table->text.data);
	table->nr_in_ksm += process->in_ksm;
	/* Of one that left, that it has none any more: nothing else would say so. */
	if (process->in_ksm || was_in_ksm) {
		bool mergeable = process->in_ksm && !strstr(table->text.data, "ksm_mergeable: no");
		err = sample_process(table, process, dir, builder);
		if (!err)
			err = sample_maps_if_changed(table, process, dir, full, mergeable, builder);
		err = round_error(builder, process->tgid, "maps", err);
		if (!err && table->sweep)
			err = round_error(builder, process->tgid, "pagemap",
					  sample_pages(table, process, builder, stop));
	} else {
		process->maps_hash = 0;
		process->nr_ranges = 0;
		err = 0;
	}
	close(dir);
	return err;
}

/* ---- the table ---- */

/* The numbers in /proc; the caller frees. */
static int tgids_list(int **ret_tgids, size_t *ret_nr)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	size_t nr = 0, max = 0;
	int *tgids = NULL;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (nr == max) {
			max = max ? max * 2 : 256;
			int *grown = reallocarray(tgids, max, sizeof(*grown));
			if (!grown) {
				free(tgids);
				closedir(dir);
				return -ENOMEM;
			}
			tgids = grown;
		}
		tgids[nr++] = atoi(entry->d_name);
	}
	closedir(dir);
	*ret_tgids = tgids;
	*ret_nr = nr;
	return 0;
}

static int tgid_compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return x < y ? -1 : x > y;
}

/* Makes the table hold exactly the processes in /proc; what is known of them stays. */
static int table_update(struct process_table *table)
{
	int *tgids = NULL;
	size_t nr = 0, old = 0;
	int err = tgids_list(&tgids, &nr);

	if (err)
		return err;
	struct process *processes = calloc(nr + 1, sizeof(*processes));
	if (!processes) {
		free(tgids);
		return -ENOMEM;
	}
	qsort(tgids, nr, sizeof(*tgids), tgid_compare);
	for (size_t i = 0; i < nr; i++) {
		while (old < table->nr_processes && table->processes[old].tgid < tgids[i])
			free(table->processes[old++].ranges);
		if (old < table->nr_processes && table->processes[old].tgid == tgids[i])
			processes[i] = table->processes[old++];
		else
			processes[i].tgid = tgids[i];
	}
	while (old < table->nr_processes)
		free(table->processes[old++].ranges);
	free(table->processes);
	free(tgids);
	table->processes = processes;
	table->nr_processes = nr;
	return 0;
}

/* Every process that is due.  0 or -E. */
static int round_all(struct process_table *table, bool full, struct sample_builder *builder,
		     const atomic_bool *stop,
		     int (*flush)(void *context, struct sample_builder *builder), void *context)
{
	int err = table_update(table);
	size_t every = table->nr_processes / RECHECKED_A_ROUND;

	every = every < 1 ? 1 : every > RECHECK_ROUNDS ? RECHECK_ROUNDS : every;
	table->round++;
	table->nr_in_ksm = 0;
	if (table->sweep_error && full)
		sample_note(builder, 0, "kpageflags or kpagecount", table->sweep_error);
	for (size_t i = 0; !err && i < table->nr_processes; i++) {
		struct process *process = &table->processes[i];
		bool due = full || process->in_ksm || !process->checked ||
			   table->round - process->checked >= every;
		if (stop && atomic_load(stop))
			return -EINTR;
		if (!due)
			continue;
		err = round_process(table, process, full, builder, stop);
		if (!err && builder->size)
			err = flush(context, builder);
	}
	return err;
}

int process_table_round(struct process_table *table, enum round_kind kind,
			struct sample_builder *builder, const atomic_bool *stop,
			int (*flush)(void *context, struct sample_builder *builder), void *context)
{
	int err = 0;

	table->nr_ksm_pages = 0;
	if (kind != ROUND_PAGES)
		return round_all(table, kind == ROUND_FULL, builder, stop, flush, context);
	for (size_t i = 0; !err && i < table->nr_processes && table->sweep; i++) {
		struct process *process = &table->processes[i];
		if (!process->in_ksm)
			continue;
		err = round_error(builder, process->tgid, "pagemap",
				  sample_pages(table, process, builder, stop));
		err = err ? err : flush(context, builder);
	}
	return err;
}

int process_table_init(struct process_table *table)
{
	*table = (struct process_table){.page_size = (uint32_t)sysconf(_SC_PAGESIZE)};
	table->sweep_error = sweep_new(&table->sweep);
	return table->sweep_error == -ENOMEM ? -ENOMEM : 0;
}

void process_table_fini(struct process_table *table)
{
	for (size_t i = 0; i < table->nr_processes; i++)
		free(table->processes[i].ranges);
	free(table->processes);
	sweep_free(table->sweep);
	proc_text_fini(&table->text);
	proc_text_fini(&table->maps);
	*table = (struct process_table){0};
}
