// SPDX-License-Identifier: GPL-2.0-only
/*
 * why.c - what an event was, in words: the events of a stock kernel.
 *
 * The hard part is to claim nothing that the event does not prove.  mm/ksm.c traces a merge before
 * its partner has succeeded (try_to_merge_two_pages() may still undo it by break_cow(), untraced),
 * traces failed merges by the same event, and traces the end of a stable node when ksmd stumbles
 * over it, which may be long after the page was freed.
 *
 * Objects are taken from what the history says the event touched, not from raw pointers in the
 * record: addresses are reused, generations are not.
 *
 * The patch's events have their sentences in why_patch.c.
 */
#include "why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "explain/words.h"
#include "format.h"
#include "why_pte.h"

struct moment why_moment(const struct scene *scene, uint64_t nr)
{
	return scene->session && session_hindsight(scene->session) ? moment_hindsight(nr) : moment_at(nr);
}

static struct ref named_by(const struct scene *scene, uint64_t nr, enum table table)
{
	struct event event;

	if (!nr || event_index_event(recording_events(scene->recording), nr, &event))
		return (struct ref){0};
	return why_named(scene, &event, nr, table);
}

struct ref why_touched(const struct scene *scene, uint64_t nr, enum table table)
{
	struct ref refs[WHY_OBJECTS];
	uint32_t found = nr ? history_touched(scene->history, nr, refs, WHY_OBJECTS) : 0;

	for (uint32_t i = 0; i < found && i < WHY_OBJECTS; i++)
		if (refs[i].table == table &&
		    history_changed_by_sample(scene->history, refs[i], nr) < 0)
			return refs[i];
	return named_by(scene, nr, table);
}

struct ref why_object(const struct scene *scene, uint64_t nr)
{
	static const enum table order[] = {TABLE_NODE,    TABLE_PAGE,   TABLE_ITEM,
					   TABLE_MM,      TABLE_VMA,    TABLE_ANON_VMA,
					   TABLE_MAPPING, TABLE_EPISODE};
	struct ref refs[WHY_OBJECTS];
	uint32_t found = nr ? history_touched(scene->history, nr, refs, WHY_OBJECTS) : 0;

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		for (uint32_t j = 0; j < found && j < WHY_OBJECTS; j++)
			if (refs[j].table == order[i] &&
			    history_changed_by_sample(scene->history, refs[j], nr) < 0)
				return refs[j];
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++) {
		struct ref ref = named_by(scene, nr, order[i]);

		if (!ref_is_none(ref))
			return ref;
	}
	return (struct ref){0};
}

bool why_sample(const struct scene *scene, struct ref ref, uint64_t nr, char *buf, size_t size)
{
	int i = history_changed_by_sample(scene->history, ref, nr);
	struct history_sample sample;

	if (i < 0 || history_sample(scene->history, (uint32_t)i, &sample))
		return false;
	if (sample.tgid)
		snprintf(buf, size, "sample of %" PRId32, sample.tgid);
	else
		snprintf(buf, size, "sample of sysfs");
	return true;
}

const char *why_error(int64_t err)
{
	const char *name = err < 0 && err > -4096 ? strerrorname_np((int)-err) : NULL;

	return name ? name : "an error";
}

/* ---- what it changed ---- */

/* Nothing happened to the node there, but more is known of it. */
static char node_learned(const struct scene *scene, struct ref ref, uint64_t nr, char *buf, size_t size)
{
	union row before, now;
	bool was = !history_row(scene->history, ref, why_moment(scene, nr - 1), &before);

	if (history_row(scene->history, ref, why_moment(scene, nr), &now))
		return ' ';
	if (!was || before.node.nr_items != now.node.nr_items)
		snprintf(buf, size, "known: %" PRIu32 " item%s", now.node.nr_items,
			 now.node.nr_items == 1 ? "" : "s");
	else if (before.node.nr_dups != now.node.nr_dups)
		snprintf(buf, size, "known: %" PRIu32 " dup%s", now.node.nr_dups, now.node.nr_dups == 1 ? "" : "s");
	else if (before.node.kind != now.node.kind)
		snprintf(buf, size, "known as %s", node_kind_name(now.node.kind));
	return ' ';
}

static char node_effect(const struct scene *scene, struct ref ref, uint64_t nr, char *buf,
			size_t size)
{
	union row before, now;
	bool was = !history_row(scene->history, ref, why_moment(scene, nr - 1), &before);
	bool is = !history_row(scene->history, ref, why_moment(scene, nr), &now);

	if (is && history_learned(scene->history, ref, nr))
		return node_learned(scene, ref, nr, buf, size);
	if (!was && is)
		snprintf(buf, size, "new, %" PRIu32 " item%s", now.node.nr_items,
			 now.node.nr_items == 1 ? "" : "s");
	else if (was && !is)
		snprintf(buf, size, "gone");
	else if (was && before.node.kind != now.node.kind)
		snprintf(buf, size, "becomes %s", node_kind_name(now.node.kind));
	else if (was && before.node.kind == NODE_CHAIN && before.node.nr_dups != now.node.nr_dups)
		snprintf(buf, size, "dups %" PRIu32 "->%" PRIu32, before.node.nr_dups,
			 now.node.nr_dups);
	else if (was && before.node.nr_items != now.node.nr_items)
		snprintf(buf, size, "len %" PRIu32 "->%" PRIu32, before.node.nr_items,
			 now.node.nr_items);
	else
		return ' ';
	return !was ? '+' : !is ? 'x' : '~';
}

static char plain_effect(const struct scene *scene, struct ref ref, uint64_t nr, char *buf,
			 size_t size)
{
	union row row;
	bool was = !history_row(scene->history, ref, why_moment(scene, nr - 1), &row);
	bool is = !history_row(scene->history, ref, why_moment(scene, nr), &row);

	if (was == is)
		return ' ';
	if (is && history_learned(scene->history, ref, nr)) {
		snprintf(buf, size, "known now");
		return ' ';
	}
	snprintf(buf, size, is ? "new" : "gone");
	return is ? '+' : 'x';
}

static char item_effect(const struct scene *scene, struct ref ref, uint64_t nr, char *buf,
			size_t size)
{
	union row before, now;
	char name[48];

	if (history_row(scene->history, ref, why_moment(scene, nr - 1), &before) ||
	    history_row(scene->history, ref, why_moment(scene, nr), &now))
		return plain_effect(scene, ref, nr, buf, size);
	if (now.item.state == before.item.state && ref_equal(now.item.node, before.item.node))
		return ' ';
	if (now.item.state == ITEM_STABLE)
		snprintf(buf, size, "on %s", scene_name(scene, now.item.node, name, sizeof(name)));
	else
		snprintf(buf, size, "%s",
			 now.item.state == ITEM_UNSTABLE ? "unstable" : "off its node");
	return history_learned(scene->history, ref, nr) ? ' ' : '~';
}

char why_effect_on(const struct scene *scene, struct ref ref, uint64_t nr, char *buf, size_t size)
{
	buf[0] = 0;
	if (!nr)
		return ' ';
	return ref.table == TABLE_NODE   ? node_effect(scene, ref, nr, buf, size)
	       : ref.table == TABLE_ITEM ? item_effect(scene, ref, nr, buf, size)
					 : plain_effect(scene, ref, nr, buf, size);
}

/* err of the kinds that have one; 0 for the others. */
static int64_t event_error(const struct event *event)
{
	switch (event->kind) {
	case EVENT_KSM_MERGE_ONE_PAGE:
		return EVENT_ARGS(event, KSM_MERGE_ONE_PAGE)->err;
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		return EVENT_ARGS(event, KSM_MERGE_WITH_KSM_PAGE)->err;
	case EVENT_P_RECOVERY_COPY:
		return EVENT_ARGS(event, P_RECOVERY_COPY)->err;
	case EVENT_P_RECOVERY_MOVE:
		return EVENT_ARGS(event, P_RECOVERY_MOVE)->err;
	default:
		return 0;
	}
}

char why_effect(const struct scene *scene, uint64_t nr, char *buf, size_t size)
{
	struct event event;
	struct ref ref;

	buf[0] = 0;
	if (!nr || event_index_event(recording_events(scene->recording), nr, &event))
		return ' ';
	if (event.kind != EVENT_UNKNOWN && event_error(&event)) {
		snprintf(buf, size, "err %s", why_error(event_error(&event)));
		return '!';
	}
	why_found(&event, buf, size);
	if (buf[0])
		return ' ';
	ref = why_object(scene, nr);
	if (ref_is_none(ref))
		return ' ';
	return why_effect_on(scene, ref, nr, buf, size);
}

/* ---- sentences ---- */

static void merge_with_page(const struct story *s, char *buf, size_t size)
{
	const struct args_KSM_MERGE_WITH_KSM_PAGE *a =
		EVENT_ARGS(s->event, KSM_MERGE_WITH_KSM_PAGE);

	if (a->err)
		snprintf(buf, size,
			 "a page of %s was not merged into pfn 0x%" PRIx64
			 ": %s (it changed, or could not be write-protected)",
			 s->mm, a->pfn, why_error(a->err));
	else if (!a->ksm_page)
		snprintf(buf, size,
			 "two equal pages: the one of %s (pfn 0x%" PRIx64
			 ") becomes the KSM page, if its partner merges too",
			 s->mm, a->pfn);
	else
		snprintf(buf, size,
			 "%s has a page equal to %s (pfn 0x%" PRIx64 ") and maps that one now",
			 s->mm, s->node, a->pfn);
}

static void merge_zero_page(const struct story *s, char *buf, size_t size)
{
	const struct args_KSM_MERGE_ONE_PAGE *a = EVENT_ARGS(s->event, KSM_MERGE_ONE_PAGE);

	if (a->err)
		snprintf(buf, size, "an empty page of %s was not replaced by the zero page: %s",
			 s->mm, why_error(a->err));
	else
		snprintf(buf, size,
			 "a page of %s held only zeroes: it now maps the kernel's zero page (was "
			 "pfn 0x%" PRIx64 ")",
			 s->mm, a->pfn);
}

static void scan(const struct story *s, char *buf, size_t size)
{
	/* start_scan and stop_scan have the same arguments. */
	const struct args_KSM_START_SCAN *a = s->event->args;
	char count[FORMAT_MAX];

	snprintf(buf, size, "ksmd %s scan %" PRId64 "; %s rmap_items are tracked",
		 s->event->kind == EVENT_KSM_START_SCAN ? "begins" : "ends", a->seq,
		 format_count(count, (uint64_t)a->rmap_entries));
}

static void signal_sent(const struct args_SIGNAL_GENERATE *a, char *buf, size_t size)
{
	enum { BUS = 7 };	/* SIGBUS of x86 and arm64 */
	char number[24] = "SIGBUS";

	if (a->sig != BUS)
		snprintf(number, sizeof(number), "signal %" PRId64, a->sig);
	snprintf(buf, size, "%s to %.16s %" PRId64 ", code %" PRId64 "%s", number, a->comm, a->pid, a->code,
		 a->sig == BUS ? explain_sigbus_code(a->code) : "");
}

static void tasks(const struct story *s, char *buf, size_t size)
{
	const struct event *e = s->event;

	switch (e->kind) {
	case EVENT_SCHED_PROCESS_FORK:
		snprintf(buf, size,
			 "%.16s %" PRId64 " makes %.16s %" PRId64
			 ": a process that maps the same KSM pages, or a thread",
			 EVENT_ARGS(e, SCHED_PROCESS_FORK)->parent_comm,
			 EVENT_ARGS(e, SCHED_PROCESS_FORK)->parent_pid,
			 EVENT_ARGS(e, SCHED_PROCESS_FORK)->child_comm,
			 EVENT_ARGS(e, SCHED_PROCESS_FORK)->child_pid);
		break;
	case EVENT_SCHED_PROCESS_EXEC:
		snprintf(buf, size, "process %" PRId64 " runs %.16s from now on: its old mm goes",
			 EVENT_ARGS(e, SCHED_PROCESS_EXEC)->pid,
			 EVENT_ARGS(e, SCHED_PROCESS_EXEC)->filename);
		break;
	case EVENT_SCHED_PROCESS_EXIT:
		snprintf(buf, size, "task %.16s %" PRId64 " exits",
			 EVENT_ARGS(e, SCHED_PROCESS_EXIT)->comm,
			 EVENT_ARGS(e, SCHED_PROCESS_EXIT)->pid);
		break;
	case EVENT_TASK_NEWTASK:
		snprintf(buf, size, "new task %.16s %" PRId64, EVENT_ARGS(e, TASK_NEWTASK)->comm,
			 EVENT_ARGS(e, TASK_NEWTASK)->pid);
		break;
	case EVENT_TASK_RENAME:
		snprintf(buf, size, "task %" PRId64 " is called %.16s now, it was %.16s",
			 EVENT_ARGS(e, TASK_RENAME)->pid, EVENT_ARGS(e, TASK_RENAME)->newcomm,
			 EVENT_ARGS(e, TASK_RENAME)->oldcomm);
		break;
	case EVENT_SIGNAL_GENERATE:
		signal_sent(EVENT_ARGS(e, SIGNAL_GENERATE), buf, size);
		break;
	default:
		break;
	}
}

static void migration_pte(const struct story *s, char *buf, size_t size)
{
	const char *what = s->event->kind == EVENT_SET_MIGRATION_PTE ? "becomes a migration entry" :
								       "becomes a pte again";
	char owner[48], node[48], page[96] = "";
	struct why_pte pte;

	if (!why_pte(s->scene, s->scene->when.t, &pte)) {
		snprintf(buf, size, "what maps address 0x%" PRIx64 " of some process %s",
			 (uint64_t)EVENT_ARGS(s->event, SET_MIGRATION_PTE)->addr, what);
		return;
	}
	if (pte.pfn)
		snprintf(page, sizeof(page), " of %s, pfn 0x%" PRIx64 ",",
			 ref_is_none(pte.node) ? "a page" : scene_name(s->scene, pte.node, node, sizeof(node)), pte.pfn);
	snprintf(buf, size, "%s%s at 0x%" PRIx64 ": its mapping%s %s", pte.is_fork ? "a fork of " : "",
		 scene_owner(s->scene, pte.mm, owner, sizeof(owner)), pte.addr, page, what);
}

/* The event tells a pfn.  Of which stable node that is the page, if of any, is the history's to know. */
static void memory_failed(const struct story *s, char *buf, size_t size)
{
	const struct args_MEMORY_FAILURE_EVENT *a = EVENT_ARGS(s->event, MEMORY_FAILURE_EVENT);
	struct event_index *events = recording_events(s->scene->recording);
	char name[48], node[80] = "", type[SYMBOL_MAX], result[SYMBOL_MAX];
	struct ref ref = scene_resolve(s->scene, why_touched(s->scene, s->scene->when.t, TABLE_PAGE), TABLE_NODE);
	union row row;

	if (scene_row(s->scene, ref, &row))
		snprintf(node, sizeof(node), " (%s%s)", scene_name(s->scene, ref, name, sizeof(name)),
			 row.fact.doubt ? ", if it is still there" : "");
	snprintf(buf, size, "memory failure at pfn 0x%" PRIx64 "%s: page type %s, result %s", (uint64_t)a->pfn, node,
		 explain_failed_page(events, a->type, type), explain_failure_result(a->result, result));
}

static void memory(const struct story *s, char *buf, size_t size)
{
	struct event_index *events = recording_events(s->scene->recording);
	char mode[SYMBOL_MAX], reason[SYMBOL_MAX];
	const struct event *e = s->event;

	switch (e->kind) {
	case EVENT_MEMORY_FAILURE_EVENT:
		memory_failed(s, buf, size);
		break;
	case EVENT_MM_MIGRATE_PAGES_START:
		snprintf(buf, size, "%s begins to migrate pages: mode %s, reason %s", s->task,
			 explain_migrate_mode(events, EVENT_ARGS(e, MM_MIGRATE_PAGES_START)->mode, mode),
			 explain_migrate_reason(events, EVENT_ARGS(e, MM_MIGRATE_PAGES_START)->reason, reason));
		break;
	case EVENT_MM_MIGRATE_PAGES:
		snprintf(buf, size, "%s migrated %" PRId64 " pages, %" PRId64 " failed", s->task,
			 EVENT_ARGS(e, MM_MIGRATE_PAGES)->succeeded,
			 EVENT_ARGS(e, MM_MIGRATE_PAGES)->failed);
		break;
	case EVENT_SET_MIGRATION_PTE:
	case EVENT_REMOVE_MIGRATION_PTE:
		migration_pte(s, buf, size);
		break;
	case EVENT_MM_COLLAPSE_HUGE_PAGE:
		snprintf(buf, size, "khugepaged %s a huge page of %s: %s",
			 EVENT_ARGS(e, MM_COLLAPSE_HUGE_PAGE)->status == 1 ? "made" : "could not make", s->mm,
			 explain_scan_result(events, EVENT_ARGS(e, MM_COLLAPSE_HUGE_PAGE)->status, reason));
		break;
	case EVENT_CONTENTION_BEGIN:
		snprintf(buf, size, "%s waits for the lock at 0x%" PRIx64, s->task,
			 EVENT_ARGS(e, CONTENTION_BEGIN)->lock_addr);
		break;
	case EVENT_CONTENTION_END:
		snprintf(buf, size, "%s got the lock at 0x%" PRIx64, s->task,
			 EVENT_ARGS(e, CONTENTION_END)->lock_addr);
		break;
	default:
		break;
	}
}

static void ksm(const struct story *s, char *buf, size_t size)
{
	const struct event *e = s->event;

	switch (e->kind) {
	case EVENT_KSM_START_SCAN:
	case EVENT_KSM_STOP_SCAN:
		scan(s, buf, size);
		break;
	case EVENT_KSM_ENTER:
		snprintf(buf, size, "%s enters KSM: ksmd scans its mergeable memory from now on",
			 s->mm);
		break;
	case EVENT_KSM_EXIT:
		snprintf(buf, size, "%s leaves KSM: ksmd forgets its rmap_items", s->mm);
		break;
	case EVENT_KSM_MERGE_ONE_PAGE:
		merge_zero_page(s, buf, size);
		break;
	case EVENT_KSM_MERGE_WITH_KSM_PAGE:
		merge_with_page(s, buf, size);
		break;
	case EVENT_KSM_REMOVE_KSM_PAGE:
		/* Recovery, memory that goes offline and echo 2 > run remove nodes whose page is still there. */
		if (why_by_ksmd(s))
			snprintf(buf, size,
				 "ksmd noticed that KSM page pfn 0x%" PRIx64
				 " is gone and freed %s; the page itself went earlier",
				 EVENT_ARGS(e, KSM_REMOVE_KSM_PAGE)->pfn, s->node);
		else
			snprintf(buf, size, "%s takes the stable node of pfn 0x%" PRIx64 " away", s->task,
				 EVENT_ARGS(e, KSM_REMOVE_KSM_PAGE)->pfn);
		break;
	case EVENT_KSM_REMOVE_RMAP_ITEM:
		snprintf(buf, size, "%s (pfn 0x%" PRIx64 ") dies: an rmap_item of %s leaves it",
			 s->node, EVENT_ARGS(e, KSM_REMOVE_RMAP_ITEM)->pfn, s->mm);
		break;
	case EVENT_KSM_ADVISOR:
		snprintf(buf, size,
			 "the advisor sets pages_to_scan to %" PRId64 " after a scan of %" PRId64
			 " ms",
			 EVENT_ARGS(e, KSM_ADVISOR)->pages_to_scan,
			 EVENT_ARGS(e, KSM_ADVISOR)->scan_time);
		break;
	default:
		break;
	}
}

/* The names of what the event touched, as they are at that moment. */
static void name_objects(struct story *s, uint64_t nr)
{
	const struct scene *scene = s->scene;
	struct ref mm = why_touched(scene, nr, TABLE_MM), item = why_touched(scene, nr, TABLE_ITEM);
	struct ref node = why_touched(scene, nr, TABLE_NODE);

	struct ref anon_vma = why_touched(scene, nr, TABLE_ANON_VMA);

	if (ref_is_none(mm))
		mm = scene_resolve(scene, item, TABLE_MM);
	if (ref_is_none(mm))
		mm = scene_resolve(scene, why_touched(scene, nr, TABLE_VMA), TABLE_MM);
	if (ref_is_none(mm))
		strcpy(s->mm, "a process");
	else
		scene_owner(scene, mm, s->mm, sizeof(s->mm));
	if (ref_is_none(node))
		strcpy(s->node, "a stable node");
	else
		scene_name(scene, node, s->node, sizeof(s->node));
	if (ref_is_none(item))
		strcpy(s->item, "an rmap_item");
	else
		scene_name(scene, item, s->item, sizeof(s->item));
	if (ref_is_none(anon_vma))
		strcpy(s->anon_vma, "an anon_vma");
	else
		scene_name(scene, anon_vma, s->anon_vma, sizeof(s->anon_vma));
}

void why_event(const struct scene *scene, uint64_t nr, char *buf, size_t size)
{
	struct event_index *index = recording_events(scene->recording);
	struct scene then = *scene;
	struct event_record record;
	const char *system, *name;
	struct event event;
	struct story story = {.scene = &then, .event = &event};

	buf[0] = 0;
	if (!nr) {
		snprintf(buf, size,
			 "before the first event: what was here already is not known yet");
		return;
	}
	if (event_index_read(index, nr, &record)) {
		snprintf(buf, size, "event %" PRIu64 " cannot be read any more", nr);
		return;
	}
	then.when = why_moment(scene, nr);
	event_record_name(&record, &system, &name);
	snprintf(story.task, sizeof(story.task), "%.15s %d", record.comm ? record.comm : "task",
		 record.pid);
	snprintf(buf, size, "%s:%s in %s", system, name, story.task);
	if (event_index_event(index, nr, &event) || event.kind == EVENT_UNKNOWN || !event.args)
		return;
	name_objects(&story, nr);
	if (why_patch(&story, buf, size))
		return;
	ksm(&story, buf, size);
	memory(&story, buf, size);
	tasks(&story, buf, size);
}

/* Where the kernel traces it; what the series adds lies in the functions that it adds it to. */
static const char *const sources[NR_EVENT_KINDS] = {
	[EVENT_KSM_START_SCAN] = "mm/ksm.c:scan_get_next_rmap_item",
	[EVENT_KSM_STOP_SCAN] = "mm/ksm.c:scan_get_next_rmap_item",
	[EVENT_KSM_ENTER] = "mm/ksm.c:__ksm_enter",
	[EVENT_KSM_EXIT] = "mm/ksm.c:__ksm_exit",
	[EVENT_KSM_MERGE_ONE_PAGE] = "mm/ksm.c:try_to_merge_with_zero_page",
	[EVENT_KSM_MERGE_WITH_KSM_PAGE] = "mm/ksm.c:try_to_merge_with_ksm_page",
	[EVENT_KSM_REMOVE_KSM_PAGE] = "mm/ksm.c:remove_node_from_stable_tree",
	[EVENT_KSM_REMOVE_RMAP_ITEM] = "mm/ksm.c:remove_node_from_stable_tree",
	[EVENT_KSM_ADVISOR] = "mm/ksm.c:scan_time_advisor",
	[EVENT_P_NODE_INSERT] = "mm/ksm.c:stable_tree_insert",
	[EVENT_P_CHAIN_MAKE] = "mm/ksm.c:alloc_stable_node_chain",
	[EVENT_P_NODE_REPLACE] = "mm/ksm.c:stable_tree_search",
	[EVENT_P_MIGRATE_DEL] = "mm/ksm.c:stable_tree_search",
	[EVENT_P_MIGRATE_ADD] = "mm/ksm.c:cmp_and_merge_page",
	[EVENT_P_NODE_ERASE] = "mm/ksm.c:remove_node_from_stable_tree",
	[EVENT_P_NODE_FREE] = "mm/ksm.c:remove_node_from_stable_tree",
	[EVENT_P_CHAIN_FREE] = "mm/ksm.c:free_stable_node_chain",
	[EVENT_P_DUP_DEL] = "mm/ksm.c:__stable_node_dup_del",
	[EVENT_P_ITEM_NEW] = "mm/ksm.c:get_next_rmap_item",
	[EVENT_P_ITEM_FREE] = "mm/ksm.c:free_rmap_item",
	[EVENT_P_UNSTABLE_RESET] = "mm/ksm.c:scan_get_next_rmap_item",
	[EVENT_P_SCAN_SUM] = "mm/ksm.c:scan_get_next_rmap_item",
	[EVENT_P_MM_ENTER] = "mm/ksm.c:__ksm_enter",
	[EVENT_P_MM_LEAVE] = "mm/ksm.c:__ksm_exit",
	[EVENT_P_MM_FORK] = "kernel/fork.c:dup_mmap",
	[EVENT_P_MM_OWNER] = "kernel/fork.c:copy_process",
	[EVENT_P_MM_EXEC] = "fs/exec.c:exec_mmap",
	[EVENT_P_MM_FREE] = "kernel/fork.c:__mmdrop",
	[EVENT_P_ANON_VMA_NEW] = "mm/rmap.c:__anon_vma_prepare",
	[EVENT_P_ANON_VMA_FREE] = "mm/rmap.c:anon_vma_free",
	[EVENT_P_VMA_INSERT] = "mm/interval_tree.c:anon_vma_interval_tree_insert",
	[EVENT_P_VMA_REMOVE] = "mm/interval_tree.c:anon_vma_interval_tree_remove",
	[EVENT_P_WALK_UNLOCK] = "mm/ksm.c:rmap_walk_ksm",
	[EVENT_P_RECOVERY_BEGIN] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_RECOVERY_SEARCH] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_RECOVERY_DUP] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_RECOVERY_COPY] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_RECOVERY_MOVE] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_RECOVERY_END] = "mm/ksm.c:ksm_recover_folio",
	[EVENT_P_COLLAPSE_BEGIN] = "mm/khugepaged.c:collapse_huge_page",
	[EVENT_P_COLLAPSE_PAGE] = "mm/khugepaged.c:collapse_huge_page",
	[EVENT_P_COLLAPSE_END] = "mm/khugepaged.c:collapse_huge_page",
	[EVENT_P_KILL_END] = "mm/ksm.c:collect_procs_ksm",
	[EVENT_P_DUP_ADD] = "mm/ksm.c:stable_node_chain_add_dup",
	[EVENT_P_CHAIN_COLLAPSE] = "mm/ksm.c:stable_node_dup",
	[EVENT_P_DUP_HEAD] = "mm/ksm.c:stable_node_dup",
	[EVENT_P_ITEM_APPEND] = "mm/ksm.c:stable_tree_append",
	[EVENT_P_ITEM_DETACH] = "mm/ksm.c:remove_rmap_item_from_tree",
	[EVENT_P_ITEM_UNSTABLE] = "mm/ksm.c:unstable_tree_search_insert",
	[EVENT_P_ITEM_SCAN] = "mm/ksm.c:cmp_and_merge_page",
	[EVENT_P_WALK_BEGIN] = "mm/ksm.c:rmap_walk_ksm",
	[EVENT_P_WALK_ITEM] = "mm/ksm.c:rmap_walk_ksm",
	[EVENT_P_WALK_VMA] = "mm/ksm.c:rmap_walk_ksm",
	[EVENT_P_WALK_END] = "mm/ksm.c:rmap_walk_ksm",
	[EVENT_P_KILL_BEGIN] = "mm/ksm.c:collect_procs_ksm",
	[EVENT_P_KILL_TASK] = "mm/ksm.c:collect_procs_ksm",
	[EVENT_P_NODE_KPFN] = "mm/ksm.c:folio_migrate_ksm",
	[EVENT_MEMORY_FAILURE_EVENT] = "mm/memory-failure.c:action_result",
	[EVENT_MM_MIGRATE_PAGES_START] = "mm/migrate.c:migrate_pages",
	[EVENT_MM_MIGRATE_PAGES] = "mm/migrate.c:migrate_pages",
};

const char *why_source(enum event_kind kind)
{
	return (unsigned int)kind < NR_EVENT_KINDS ? sources[kind] : NULL;
}
