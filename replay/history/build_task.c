// SPDX-License-Identifier: GPL-2.0-only
/*
 * build_task.c - mms, and which process an mm belongs to.
 *
 * The hard idea: on a stock kernel no event names both an mm and a process.  ksm_enter runs in a
 * thread of the mm's process when it asks for merging itself (madvise, prctl), but in the parent's
 * thread, before the child has a pid, when fork copies the mm (ksm_fork), and in the execing thread
 * before sched_process_exec.  So an mm that enters belongs to the current thread's process until a
 * fork or exec of that same thread follows, which then claims it.  All of that is inferred, and
 * what could still be claimed otherwise is doubtful.
 *
 * Threads are followed through task_newtask (CLONE_THREAD, CLONE_VM), task_rename, fork, exec and
 * exit; a thread that was there before is taken for its own process until a sample says better.
 *
 * An attribute that changes makes a new span of the mm.  Not here: samples.
 */
#include <stdlib.h>

#include "history/build.h"

#define CLONE_VM_FLAG		0x100
#define CLONE_THREAD_FLAG	0x10000

/* ---- mms ---- */
struct mm_data *build_mm_data(struct builder *b, uint32_t mm)
{
	return data_at(b->seg, TABLE_MM, object_last(b->seg, TABLE_MM, mm));
}

static int room_for_mm(struct builder *b, uint32_t mm)
{
	uint32_t room = b->nr_mms_room ? b->nr_mms_room : 64;
	struct mm_live *mms;

	while (room <= mm)
		room *= 2;
	if (room == b->nr_mms_room)
		return 0;
	mms = realloc(b->mms, room * sizeof(*mms));
	if (!mms) {
		build_fail(b, -ENOMEM);
		return -ENOMEM;
	}
	memset(mms + b->nr_mms_room, 0, (room - b->nr_mms_room) * sizeof(*mms));
	b->mms = mms;
	b->nr_mms_room = room;
	return 0;
}

uint32_t build_mm_new(struct builder *b, uint64_t addr, const struct mm_data *data, bool found)
{
	uint32_t old = build_find(b, TABLE_MM, addr >> 3), id, *number, flags = found ? SPAN_FOUND : 0;
	uint32_t gen = build_generation(b, TABLE_MM, addr >> 3, old, &flags);
	struct spans *table = &b->seg->tables[TABLE_MM];

	if (old != NO_ID && span_at(b->seg, TABLE_MM, old)->died == ALIVE)
		build_mm_end(b, addr);
	build_changes(b);
	/* An mm's owner field holds its number: the A of "mm A". */
	id = build_span(b, TABLE_MM, NO_ID, addr_key(addr, gen),
			table->first_number + (uint32_t)table->numbers.nr, flags);
	if (id == NO_ID || id >= OWNER_NONE - MAPPING_OF_MM || room_for_mm(b, id) != 0) {
		build_fail(b, -EFBIG);
		return NO_ID;
	}
	number = pool_grow(&table->numbers, 1);
	if (!number) {
		build_fail(b, -ENOMEM);
		return NO_ID;
	}
	*number = id;
	b->mms[id] = (struct mm_live){ .complete = !found, .newest = NO_ID,
					.mappings = { .newest = NO_ID } };
	*(struct mm_data *)data_at(b->seg, TABLE_MM, id) = *data;
	build_set(b, TABLE_MM, addr >> 3, id);
	b->counts.mms++;
	return id;
}

uint32_t build_mm_alive(struct builder *b, uint64_t addr)
{
	uint64_t key = build_key(addr >> 3);
	struct near_mm *near = build_near_mm(b, key);
	uint32_t span;

	if (near->key == key && key)
		return near->mm;
	span = build_find(b, TABLE_MM, key);
	if (span == NO_ID || span_at(b->seg, TABLE_MM, span)->died != ALIVE)
		return NO_ID;
	*near = (struct near_mm){ key, span_object(b->seg, TABLE_MM, span) };
	return near->mm;
}

uint32_t build_mm(struct builder *b, uint64_t addr)
{
	struct mm_data data = { .parent = NO_ID, .in_ksm = 1, .origin = MM_FOUND,
				.tgid_evidence = EVIDENCE_INFERRED };
	uint32_t mm = build_mm_alive(b, addr);

	return mm != NO_ID ? mm : build_mm_new(b, addr, &data, true);
}

static void mm_becomes(struct builder *b, uint32_t mm, const struct mm_data *data, bool named)
{
	uint32_t last = object_last(b->seg, TABLE_MM, mm);
	const struct span *span = span_at(b->seg, TABLE_MM, last);
	uint64_t key = span->addr_gen;
	uint32_t id;

	if (span->died != ALIVE)
		return;
	build_changes(b);
	if (span->born == b->now && !span_is(span, SPAN_FOUND)) {	/* same event: mend the row */
		*(struct mm_data *)data_at(b->seg, TABLE_MM, last) = *data;
		return;
	}
	build_end(b, TABLE_MM, last, 0);
	id = build_span(b, TABLE_MM, last, key, span_owner(span_at(b->seg, TABLE_MM, last)),
			named ? 0 : SPAN_DERIVED);
	if (id == NO_ID)
		return;
	*(struct mm_data *)data_at(b->seg, TABLE_MM, id) = *data;
	build_set(b, TABLE_MM, key >> 10, id);
}

void build_mm_update(struct builder *b, uint32_t mm, const struct mm_data *data, bool named)
{
	if (named || memcmp(data, build_mm_data(b, mm), sizeof(*data)) != 0)
		mm_becomes(b, mm, data, named);
}

void build_mm_end(struct builder *b, uint64_t addr)
{
	uint32_t span = build_find(b, TABLE_MM, addr >> 3), mm;
	struct mm_live *live;

	if (span == NO_ID || span_at(b->seg, TABLE_MM, span)->died != ALIVE)
		return;
	mm = span_object(b->seg, TABLE_MM, span);
	live = &b->mms[mm];
	build_changes(b);
	build_mm_changes(b, mm);
	b->counts.items_stable -= live->stable;
	b->counts.items_unstable -= live->unstable;
	b->counts.vague_items -= live->vague;
	b->counts.items_new -= live->items - live->stable - live->unstable;
	b->counts.mms--;
	b->counts.mms_exited -= live->exited;
	empty_mm_gone(b, mm);
	live->items = live->stable = live->unstable = live->vague = 0;
	live->changes = UINT32_MAX / 2;
	live->dead = true;
	build_counts_due(b);
	/* One that exited goes some time before the event that shows it. */
	build_end(b, TABLE_MM, span, live->exited ? 0 : SPAN_NAMED_END);
	build_near_mm(b, build_key(addr >> 3))->key = 0;
	build_mappings_of_mm_end(b, mm);
	build_process_left(b, mm);
}

void build_process_left(struct builder *b, uint32_t mm)
{
	for (uint32_t i = 0; i < b->nr_processes; i++)
		if (b->processes[i].mm == mm) {
			build_mappings_end(b, &b->processes[i]);
			b->processes[i].mm = NO_ID;
		}
}

/* ---- tasks and processes ---- */
static bool task_has_pid(const void *arg, uint32_t id, uint64_t key)
{
	return (uint32_t)((const struct task *)arg)[id].pid == key;
}

static bool process_has_tgid(const void *arg, uint32_t id, uint64_t key)
{
	return (uint32_t)((const struct process *)arg)[id].tgid == key;
}

static struct task *build_task(struct builder *b, int32_t pid)
{
	uint32_t hash = idmap_hash((uint32_t)pid);
	uint64_t *slot;

	if (idmap_reserve(&b->task_map, 1) != 0)
		return NULL;
	slot = idmap_slot(&b->task_map, hash, (uint32_t)pid, task_has_pid, b->tasks);
	if (*slot)
		return &b->tasks[idmap_slot_id(slot)];
	/* Only a new one may move the array: what is there can be asked for beside another. */
	if (ARRAY_ROOM(b->tasks, b->nr_tasks, b->room_tasks) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	b->tasks[b->nr_tasks] = (struct task){ .pid = pid, .tgid = pid, .entered = NO_ID };
	idmap_set(&b->task_map, slot, hash, b->nr_tasks);
	return &b->tasks[b->nr_tasks++];
}

const char *build_task_comm(struct builder *b, int32_t pid)
{
	static const char unknown[16] = "";
	struct task *task = build_task(b, pid);

	return task ? task->comm : unknown;
}

struct process *build_process(struct builder *b, int32_t tgid)
{
	uint32_t hash = idmap_hash((uint32_t)tgid);
	uint64_t *slot;

	if (idmap_reserve(&b->process_map, 1) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	slot = idmap_slot(&b->process_map, hash, (uint32_t)tgid, process_has_tgid, b->processes);
	if (*slot)
		return &b->processes[idmap_slot_id(slot)];
	if (ARRAY_ROOM(b->processes, b->nr_processes, b->room_processes) != 0) {
		build_fail(b, -ENOMEM);
		return NULL;
	}
	b->processes[b->nr_processes] = (struct process){ .tgid = tgid, .mm = NO_ID,
							  .mappings = { .newest = NO_ID } };
	idmap_set(&b->process_map, slot, hash, b->nr_processes);
	return &b->processes[b->nr_processes++];
}

/* ---- events ---- */
static void mm_belongs(struct builder *b, uint32_t mm, struct mm_data *data, int32_t tgid)
{
	struct process *process = build_process(b, tgid);

	if (!process)
		return;
	data->tgid = tgid;
	build_mm_is_of(b, mm, process);
	if (process->comm[0] && !data->comm[0])
		memcpy(data->comm, process->comm, sizeof(data->comm));
}

static void ksm_enter(struct builder *b, uint64_t addr, int32_t pid)
{
	struct mm_data data = { .parent = NO_ID, .in_ksm = 1, .origin = MM_ENTERED,
				.tgid_evidence = EVIDENCE_INFERRED };
	struct task *task = build_task(b, pid);
	uint32_t old = build_find(b, TABLE_MM, addr >> 3), mm;
	struct process *process;

	if (!task)
		return;
	if (old != NO_ID && span_at(b->seg, TABLE_MM, old)->died == ALIVE)
		build_mm_end(b, addr);		/* its ksm_exit was not seen */
	process = build_process(b, task->tgid);
	if (!process)
		return;
	memcpy(data.comm, task->comm, sizeof(data.comm));
	data.tgid = task->tgid;
	data.tgid_doubtful = process->mm != NO_ID || !task->tgid_known;
	mm = build_mm_new(b, addr, &data, false);
	if (mm == NO_ID)
		return;
	if (process->mm == NO_ID)
		process->mm = mm;
	task->entered = mm;
	build_notable(b, NOTABLE_MM_ENTERED, 0, 0, make_ref(b->seg, TABLE_MM, mm));
	build_activity(b, ACTIVITY_OTHER);
}

static void ksm_exit(struct builder *b, uint64_t addr)
{
	uint32_t mm = build_mm(b, addr);

	if (mm == NO_ID)
		return;
	build_notable(b, NOTABLE_MM_LEFT, 0, b->mms[mm].stable, make_ref(b->seg, TABLE_MM, mm));
	build_mm_exits(b, addr);
	build_activity(b, ACTIVITY_OTHER);
}

static uint64_t born_at(const struct builder *b, uint32_t mm)
{
	const struct pool *carried = &b->seg->tables[TABLE_MM].carried;

	return mm < carried->nr ? ((struct carried *)pool_at(carried, mm))->born
				: b->seg->base + span_at(b->seg, TABLE_MM, mm)->born;
}

static void newtask(struct builder *b, const struct event *ev)
{
	const struct args_TASK_NEWTASK *args = EVENT_ARGS(ev, TASK_NEWTASK);
	struct task *child = build_task(b, (int32_t)args->pid);
	struct task *parent = build_task(b, ev->pid);
	struct process *process;
	struct mm_data data;
	uint32_t mm;

	child = build_task(b, (int32_t)args->pid);	/* the array may have moved */
	if (!child || !parent)
		return;
	*child = (struct task){ .pid = (int32_t)args->pid, .tgid = (int32_t)args->pid,
				.entered = NO_ID, .tgid_known = true };
	memcpy(child->comm, args->comm, sizeof(child->comm));
	if (args->clone_flags & CLONE_THREAD_FLAG) {
		child->tgid = parent->tgid;
		child->tgid_known = parent->tgid_known;
		return;
	}
	mm = parent->entered;
	parent->entered = NO_ID;
	/* What entered before a loss may be claimed by a fork that was lost. */
	if (args->clone_flags & CLONE_VM_FLAG || mm == NO_ID || b->mms[mm].dead ||
	    b->mms[mm].exited || born_at(b, mm) <= b->loss_now)
		return;
	process = build_process(b, parent->tgid);
	if (!process)
		return;
	data = *build_mm_data(b, mm);
	if (process->mm == mm) {
		/* The parent's own, if it asked for merging earlier; the child's, if ksm_fork() did. */
		data.tgid_doubtful = 1;
		build_mm_update(b, mm, &data, false);
		return;
	}
	data.origin = MM_FORKED;
	data.parent = process->mm;
	data.tgid_doubtful = 0;
	memcpy(data.comm, args->comm, sizeof(data.comm));
	mm_belongs(b, mm, &data, (int32_t)args->pid);
	build_mm_update(b, mm, &data, false);
}

static void execed(struct builder *b, const struct event *ev)
{
	const struct args_SCHED_PROCESS_EXEC *args = EVENT_ARGS(ev, SCHED_PROCESS_EXEC);
	struct task *task = build_task(b, (int32_t)args->pid);
	struct mm_data data;
	uint32_t mm;

	if (!task || task->entered == NO_ID)
		return;
	mm = task->entered;
	task->entered = NO_ID;
	if (b->mms[mm].dead || b->mms[mm].exited)
		return;
	data = *build_mm_data(b, mm);
	data.origin = MM_EXECED;
	data.tgid_doubtful = 0;
	memcpy(data.comm, task->comm, sizeof(data.comm));
	mm_belongs(b, mm, &data, (int32_t)args->pid);
	build_mm_update(b, mm, &data, false);
}

static void renamed(struct builder *b, const struct event *ev)
{
	const struct args_TASK_RENAME *args = EVENT_ARGS(ev, TASK_RENAME);
	struct task *task = build_task(b, (int32_t)args->pid);
	struct process *process;

	if (!task)
		return;
	memcpy(task->comm, args->newcomm, sizeof(task->comm));
	if (task->pid != task->tgid)
		return;
	process = build_process(b, task->tgid);
	if (!process)
		return;
	memcpy(process->comm, args->newcomm, sizeof(process->comm));
	if (process->mm != NO_ID) {
		struct mm_data data = *build_mm_data(b, process->mm);

		memcpy(data.comm, args->newcomm, sizeof(data.comm));
		/* To what the row says: behind a gap it may have had another name meanwhile. */
		if (build_is_doubtful(b, TABLE_MM, object_last(b->seg, TABLE_MM, process->mm)))
			mm_becomes(b, process->mm, &data, false);
		else
			build_mm_update(b, process->mm, &data, false);
	}
}

static void exited(struct builder *b, const struct event *ev)
{
	const struct args_SCHED_PROCESS_EXIT *args = EVENT_ARGS(ev, SCHED_PROCESS_EXIT);
	struct task *task = build_task(b, (int32_t)args->pid);

	if (!task)
		return;
	/*
	 * The mm itself goes with ksm_exit, which can come later when somebody else still holds it.
	 * A pid may be used again from now on.
	 */
	if (ev->present & 4 ? args->group_dead : task->pid == task->tgid) {
		struct process *process = build_process(b, task->tgid);

		if (process) {
			build_mappings_end(b, process);
			process->mm = NO_ID;
			process->comm[0] = 0;
		}
	}
	*task = (struct task){ .pid = task->pid, .tgid = task->pid, .entered = NO_ID };
}

bool build_task_event(struct builder *b, const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_KSM_ENTER:
		if (!b->h->patched)
			ksm_enter(b, (uint64_t)EVENT_ARGS(ev, KSM_ENTER)->mm, ev->pid);
		return !b->h->patched;
	case EVENT_KSM_EXIT:
		if (!b->h->patched)
			ksm_exit(b, (uint64_t)EVENT_ARGS(ev, KSM_EXIT)->mm);
		return !b->h->patched;
	case EVENT_TASK_NEWTASK:
		newtask(b, ev);
		break;
	case EVENT_SCHED_PROCESS_EXEC:
		execed(b, ev);
		break;
	case EVENT_TASK_RENAME:
		renamed(b, ev);
		break;
	case EVENT_SCHED_PROCESS_EXIT:
		exited(b, ev);
		break;
	default:
		return false;
	}
	build_activity(b, ACTIVITY_OTHER);
	return true;
}
