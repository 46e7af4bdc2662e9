// SPDX-License-Identifier: GPL-2.0-only
/*
 * process_table.c - the table of processes that take part in KSM.
 *
 * What is shown per line is asked for when the line is drawn: counters of the mm from the history,
 * the kernel's own numbers from the sample before the moment.  Sorting by them reads all of them,
 * which the lists bound.
 *
 * The note is a judgement in a word or two, from the numbers in the same line and nothing else, so
 * that a reader can check it.
 */
#include "process_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "trace/sample.h"

#include "format.h"
#include "listing.h"
#include "view_util.h"

enum {
	COLUMN_PID,
	COLUMN_COMM,
	COLUMN_MM,
	COLUMN_ITEMS,
	COLUMN_MAPPED,
	COLUMN_MERGING,
	COLUMN_PROFIT,
	COLUMN_SHARE,
	COLUMN_NOTE,
	COLUMN_EVIDENCE
};
const struct column process_columns[NR_PROCESS_COLUMNS] = {
	{"pid", "PID", 7, 0, 0, ALIGN_RIGHT},
	{"comm", "COMM", 15, 1, 0, ALIGN_LEFT},
	{"mm", "MM", 5, 0, 1, ALIGN_LEFT},
	{"items", "MERGED", 8, 0, 0, ALIGN_RIGHT},
	{"mapped", "MAPPED", 8, 0, 0, ALIGN_RIGHT},
	{"merging", "MERGING", 8, 0, 0, ALIGN_RIGHT},
	{"profit", "PROFIT", 11, 0, 0, ALIGN_RIGHT},
	{"share", "SHARE OF ITS ITEMS MERGED", 25, 2, 2, ALIGN_LEFT},
	{"note", "NOTE", 9, 2, 0, ALIGN_LEFT},
	{"evidence", "SR", 2, 0, 0, ALIGN_LEFT},
};

void process_numbers(const struct scene *scene, const struct mm_row *mm,
		     struct process_numbers *ret)
{
	uint64_t t = scene->when.t;

	*ret = (struct process_numbers){
		.mapped = -1, .merging = -1, .profit = INT64_MIN, .rmap_items = -1};
	history_mm_counters(scene->history, mm->ref, scene->when, &ret->counters);
	if (ret->counters.nr_mappings ||
	    (mm->tgid && history_sample_before(scene->history, SAMPLE_PAGES, mm->tgid, t) >= 0))
		ret->mapped = (int64_t)ret->counters.nr_mappings;
	scene_process(scene, mm->tgid, t, "ksm_merging_pages", &ret->merging);
	scene_process(scene, mm->tgid, t, "ksm_process_profit", &ret->profit);
	scene_process(scene, mm->tgid, t, "ksm_rmap_items", &ret->rmap_items);
}

void process_doubts(const struct scene *scene, const struct mm_row *mm, struct process_doubts *ret)
{
	const struct history *h = scene->history;
	int sample = mm->tgid > 0 ? history_sample_before(h, SAMPLE_PROCESS, mm->tgid, scene->when.t)
				  : -1;

	ret->items = history_doubts(h, ITEMS_OF_MM, mm->ref, scene->when);
	ret->mapped = history_doubts(h, MAPPINGS_OF_MM, mm->ref, scene->when);
	ret->sampled = sample >= 0 &&
		       (mm->exited ||
			history_sample_outdated(h, (uint32_t)sample, mm->ref, scene->when.t));
}

static int64_t sort_value(const struct process_numbers *numbers, int column)
{
	switch (column) {
	case COLUMN_ITEMS:
		return (int64_t)numbers->counters.nr_stable_items;
	case COLUMN_MAPPED:
		return numbers->mapped;
	case COLUMN_MERGING:
		return numbers->merging;
	case COLUMN_PROFIT:
		return numbers->profit;
	case COLUMN_SHARE:
		return numbers->rmap_items > 0 ? numbers->merging * 1000 / numbers->rmap_items : -1;
	default:
		return 0;
	}
}

static int compare_mms(const struct scene *scene, int column, const union row *a,
		       const union row *b)
{
	struct process_numbers x, y;
	int64_t left, right;

	switch (column) {
	case COLUMN_PID:
		return a->mm.tgid < b->mm.tgid ? -1 : a->mm.tgid > b->mm.tgid;
	case COLUMN_COMM:
		return strncmp(a->mm.comm, b->mm.comm, sizeof(a->mm.comm));
	case COLUMN_MM:
		return a->mm.name.number < b->mm.name.number
			       ? -1
			       : a->mm.name.number > b->mm.name.number;
	default:
		break;
	}
	process_numbers(scene, &a->mm, &x);
	process_numbers(scene, &b->mm, &y);
	left = sort_value(&x, column);
	right = sort_value(&y, column);
	return left < right ? -1 : left > right;
}

void process_feed(struct view_list *list, const struct scene *scene, struct feed *feed)
{
	const struct view_state *state = session_view_state(scene->session);

	feed_relation(feed, scene, ALL_MMS, (struct ref){0});
	view_list_filter(list, feed);
	if (state->sort >= 0)
		view_list_sort(list, feed, compare_mms, state->sort, state->descending);
}

/* ---- the list ---- */

static void number_or_dash(char *buf, size_t size, int64_t value)
{
	if (value < 0)
		snprintf(buf, size, "-");
	else
		format_count(buf, (uint64_t)value);
}

void process_profit(char *buf, size_t size, int64_t profit)
{
	char bytes[FORMAT_MAX];

	if (profit == INT64_MIN)
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%s%s", profit < 0 ? "-" : "",
			 format_bytes(bytes, profit < 0 ? 0 - (uint64_t)profit : (uint64_t)profit));
}

static const char *note_of(const struct mm_row *mm, const struct process_numbers *numbers)
{
	if (!mm->in_ksm)
		return "not in KSM";
	if (mm->exited)
		return "exited";
	if (numbers->profit != INT64_MIN && numbers->profit < 0)
		return "net loss";
	if (numbers->merging > 0 && numbers->rmap_items > 4 * numbers->merging)
		return "low yield";
	switch (mm->origin) {
	case MM_FORKED:
		return "forked";
	case MM_EXECED:
		return "exec'd";
	case MM_ENTERED:
		return "entered";
	default:
		return "";
	}
}

/* In the gap behind the number. */
static void draw_doubt(struct pane pane, int y, const struct column_place *place, bool doubtful)
{
	if (place->width && doubtful)
		pane_put(pane, place->x + place->width, y, ROLE_DOUBT, '?');
}

static void draw_process(struct pane pane, int y, const struct scene *scene,
			 const struct column_place *places, const struct mm_row *mm, bool cursor)
{
	char mark = scene_mark(scene, (const union row *)mm),
	     marks[3] = {cursor ? '>' : ' ', mark, 0};
	enum role role = cursor ? ROLE_CURSOR : mark != ' ' ? mark_role(mark) : ROLE_TEXT;
	struct process_numbers numbers;
	struct process_doubts doubts;
	char text[64];

	process_numbers(scene, mm, &numbers);
	process_doubts(scene, mm, &doubts);
#define COLUMN(id)                                                                                 \
	column_text(pane, y, &process_columns[COLUMN_##id], &places[COLUMN_##id], role, text)
	snprintf(text, sizeof(text), "%d%s", mm->tgid, mm->tgid_doubtful ? "?" : "");
	if (!mm->tgid)
		strcpy(text, "?");
	COLUMN(PID);
	snprintf(text, sizeof(text), "%.16s", mm->comm[0] ? mm->comm : "?");
	COLUMN(COMM);
	scene_name(scene, mm->ref, text, sizeof(text));
	COLUMN(MM);
	format_count(text, numbers.counters.nr_stable_items);
	COLUMN(ITEMS);
	draw_doubt(pane, y, &places[COLUMN_ITEMS], doubts.items);
	number_or_dash(text, sizeof(text), numbers.mapped);
	COLUMN(MAPPED);
	draw_doubt(pane, y, &places[COLUMN_MAPPED], doubts.mapped && numbers.mapped >= 0);
	number_or_dash(text, sizeof(text), numbers.merging);
	COLUMN(MERGING);
	draw_doubt(pane, y, &places[COLUMN_MERGING], doubts.sampled && numbers.merging >= 0);
	process_profit(text, sizeof(text), numbers.profit);
	strcat(text, doubts.sampled && numbers.profit != INT64_MIN ? "?" : " ");
	COLUMN(PROFIT);
	snprintf(text, sizeof(text), "%s", note_of(mm, &numbers));
	COLUMN(NOTE);
#undef COLUMN
	if (places[COLUMN_SHARE].width && numbers.rmap_items > 0)
		pane_bar(pane, places[COLUMN_SHARE].x, y, places[COLUMN_SHARE].width, ROLE_BAR,
			 numbers.merging > 0 ? (uint64_t)numbers.merging : 0,
			 (uint64_t)numbers.rmap_items);
	if (places[COLUMN_EVIDENCE].width)
		pane_fact(pane, places[COLUMN_EVIDENCE].x, y, mm->fact.evidence,
			  mm->fact.doubt != DOUBT_NONE || mm->tgid_doubtful);
	row_marks(pane, y, marks);
}

struct ref process_draw(struct pane pane, struct view_list *list, const struct scene *scene)
{
	struct view_state *state = session_view_state(scene->session);
	struct row_key cursor = util_cursor(scene, list, TABLE_MM);
	struct column_place places[NR_PROCESS_COLUMNS];
	struct list_window window;
	struct feed feed;

	columns_fit(process_columns, NR_PROCESS_COLUMNS, state->columns, state->sort, pane.width, places);
	columns_heading(pane, 0, process_columns, NR_PROCESS_COLUMNS, places, state->sort,
			state->descending);
	process_feed(list, scene, &feed);
	view_list_window(list, &feed, cursor, pane.height - 1, &window);
	view_list_place(list, scene, &state->lists[0], &window, pane, 1);
	for (int i = 0; i < window.nr; i++)
		draw_process(pane, i + 1, scene, places, &window.rows[i].row.mm,
			     i == window.cursor);
	if (!window.nr)
		pane_text(pane, 3, 1, ROLE_HINT,
			  *session_filter(scene->session)
				  ? "no process fits the filter"
				  : "no process takes part in KSM at this moment");
	return listing_shown(scene, cursor, &window);
}

void process_describe(const struct scene *scene, const struct list_row *row, char *buf, size_t size)
{
	char name[48];

	snprintf(buf, size, "%d %.16s %s 0x%" PRIx64, row->row.mm.tgid, row->row.mm.comm,
		 scene_name(scene, row->key.ref, name, sizeof(name)), row->row.mm.name.addr);
}
