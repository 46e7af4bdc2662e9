/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event_table.h - every logical event that ksmtop understands, and what it must carry.
 *
 * One table, expanded with X-macros wherever a list of events is needed: the enum of kinds, the
 * typed argument structs, the binding to a recording's own format descriptions, the names that
 * `ksmtop record` enables, the table in traces/kernel/README.md and what `ksmtop doctor` says.
 *
 * A line of EVENT_TABLE is E(KIND, fields, names): KIND names the logical event, `fields` the
 * member list below, `names` the "system:event" spellings under which kernels have offered it,
 * newest first, separated by blanks.  A member list is made of
 *	F(member)		an integer or a pointer, widened to 64 bits (sign-extended if signed)
 *	A(member, "a|b")	the same, found under any of the kernel names given
 *	S(member)		char[16], NUL padded (a task's comm, or the first 15 bytes of a string)
 *	SA(member, "a|b")	the same, under other names
 *	N(member, nr)		uint32_t[nr], nr even: the first so many of an array that has at least as many
 * A member which a recording does not offer reads as 0 and is absent from event.present.
 *
 * Facts about the stock events: include/trace/events/ksm.h, mm/ksm.c, Linux 6.4 to 6.18.  The
 * ksmtop:* events are those of the patch series in traces/kernel; all of them are emitted under
 * the lock that the readers of the changed structure hold.
 */
#ifndef KSMTOP_EVENT_TABLE_H
#define KSMTOP_EVENT_TABLE_H

/* ---- the stock kernel's KSM ---- */
#define KSM_SCAN_FIELDS(F, A, S, SA, N)		F(seq) F(rmap_entries)
#define KSM_MM_FIELDS(F, A, S, SA, N)		F(mm)
#define KSM_MERGE_ONE_FIELDS(F, A, S, SA, N)	F(pfn) F(rmap_item) F(mm) F(err)
#define KSM_MERGE_WITH_FIELDS(F, A, S, SA, N)	F(ksm_page) F(pfn) F(rmap_item) F(mm) F(err)
#define KSM_REMOVE_PAGE_FIELDS(F, A, S, SA, N)	F(pfn)
#define KSM_REMOVE_ITEM_FIELDS(F, A, S, SA, N)	F(pfn) F(rmap_item) F(mm)
#define KSM_ADVISOR_FIELDS(F, A, S, SA, N)		F(scan_time) F(pages_to_scan) F(cpu_percent)

/* ---- the stock kernel around it ---- */
#define MIGRATE_START_FIELDS(F, A, S, SA, N)	F(mode) F(reason)
#define MIGRATE_PAGES_FIELDS(F, A, S, SA, N)	F(succeeded) F(failed) F(mode) F(reason)
#define MIGRATION_PTE_FIELDS(F, A, S, SA, N)	F(addr) F(pte) F(order)
#define THP_COLLAPSE_FIELDS(F, A, S, SA, N)	F(mm) F(isolated) F(status)
#define THP_ISOLATE_FIELDS(F, A, S, SA, N)		F(pfn) F(none_or_zero) F(referenced) F(status)
#define THP_SWAPIN_FIELDS(F, A, S, SA, N)		F(mm) F(swapped_in) F(referenced) F(ret)
#define THP_FILE_FIELDS(F, A, S, SA, N)		F(mm) F(hpfn) F(index) F(addr) F(is_shmem) F(nr) F(result)
#define THP_SCAN_FILE_FIELDS(F, A, S, SA, N)	F(mm) F(pfn) F(present) F(swap) F(result)
#define THP_SCAN_PMD_FIELDS(F, A, S, SA, N)	F(mm) F(pfn) F(referenced) F(none_or_zero) F(status) F(unmapped)
#define MEMORY_FAILURE_FIELDS(F, A, S, SA, N)	F(pfn) F(type) F(result)
#define SIGNAL_FIELDS(F, A, S, SA, N)		F(sig) F(code) S(comm) F(pid) F(group) F(result)
#define FORK_FIELDS(F, A, S, SA, N)		SA(parent_comm, "parent_comm") F(parent_pid) SA(child_comm, "child_comm") F(child_pid)
#define EXEC_FIELDS(F, A, S, SA, N)		SA(filename, "filename") F(pid) F(old_pid)
#define EXIT_FIELDS(F, A, S, SA, N)		S(comm) F(pid) F(group_dead)
#define NEWTASK_FIELDS(F, A, S, SA, N)		F(pid) S(comm) F(clone_flags)
#define RENAME_FIELDS(F, A, S, SA, N)		F(pid) S(oldcomm) S(newcomm)
#define CONTENTION_BEGIN_FIELDS(F, A, S, SA, N)	F(lock_addr) F(flags)
#define CONTENTION_END_FIELDS(F, A, S, SA, N)	F(lock_addr) F(ret)

/* ---- the patch: mm ---- */
/* mm_enter: __ksm_enter(); mm_owner: a forked mm's task has got its pid (copy_process()). */
#define P_MM_OWNER_FIELDS(F, A, S, SA, N)	F(mm) F(tgid) F(start_time) S(comm)
/* mm_fork: ksm_fork(), current is the parent and the child has no pid yet. */
#define P_MM_FORK_FIELDS(F, A, S, SA, N)	F(parent_mm) F(mm) F(tgid) S(comm)
/* mm_exec: exec_mmap(): the task leaves old_mm and gets mm. */
#define P_MM_EXEC_FIELDS(F, A, S, SA, N)	F(old_mm) F(mm) F(tgid) F(start_time) S(comm)
#define P_MM_FIELDS(F, A, S, SA, N)	F(mm)

/* ---- the patch: stable tree ---- */
/* pred: the stable node in front of it in the tree's order, 0 for the first. */
#define P_NODE_INSERT_FIELDS(F, A, S, SA, N)	F(node) F(kpfn) F(nid) F(pred)
#define P_NODE_FIELDS(F, A, S, SA, N)		F(node) F(kpfn) F(nid)
#define P_NODE_REPLACE_FIELDS(F, A, S, SA, N)	F(old_node) F(node) F(kpfn) F(nid)
#define P_NODE_KPFN_FIELDS(F, A, S, SA, N)		F(node) F(old_kpfn) F(kpfn) F(old_nid) F(nid)
/* chain_make: `node` was plain, becomes the first dup of `chain`, which takes its place. */
#define P_CHAIN_MAKE_FIELDS(F, A, S, SA, N)	F(chain) F(node) F(nid)
/* chain_collapse: its single dup `node` becomes plain and takes the chain's place. */
#define P_CHAIN_DUP_FIELDS(F, A, S, SA, N)		F(chain) F(node) F(kpfn) F(nid)
/* site: enum ksmtop_migrate_site */
#define P_MIGRATE_LIST_FIELDS(F, A, S, SA, N)	F(node) F(kpfn) F(nid) F(site)

/* ---- the patch: rmap_items ---- */
#define P_ITEM_FIELDS(F, A, S, SA, N)		F(item) F(mm) F(address)
#define P_ITEM_UNSTABLE_FIELDS(F, A, S, SA, N)	F(item) F(mm) F(address) F(nid) F(seqnr)
#define P_UNSTABLE_RESET_FIELDS(F, A, S, SA, N)	F(seqnr) F(nid)
/* index: the linear_page_index (vm_pgoff based) of the address when it was merged. */
#define P_ITEM_APPEND_FIELDS(F, A, S, SA, N)	F(item) F(mm) F(address) F(node) F(anon_vma) F(index) F(hlist_len)
/* site: enum ksmtop_detach_site */
#define P_ITEM_DETACH_FIELDS(F, A, S, SA, N)	F(item) F(mm) F(address) F(node) F(site)
/* outcome: enum ksmtop_scan_outcome */
#define P_ITEM_SCAN_FIELDS(F, A, S, SA, N)		F(item) F(mm) F(address) F(seqnr) F(outcome)
#define P_SCAN_SUM_FIELDS(F, A, S, SA, N)		F(mm) F(seqnr) F(outcome) F(nr)

/* ---- the patch: anon_vma ---- */
#define P_ANON_VMA_FIELDS(F, A, S, SA, N)	F(anon_vma) F(root) F(parent)
#define P_VMA_FIELDS(F, A, S, SA, N)	F(anon_vma) F(vma) F(mm) F(start) F(end) F(pgoff) F(flags)

/* ---- the patch: walks ---- */
/* rmap_one: the callback's address (its symbol names the purpose); purpose: enum ksmtop_purpose. */
#define P_WALK_BEGIN_FIELDS(F, A, S, SA, N)	F(walk) F(pfn) F(node) F(purpose) F(rmap_one) F(rule) F(mapcount) F(refcount)
#define P_WALK_ITEM_FIELDS(F, A, S, SA, N)		F(walk) F(pass) F(item) F(anon_vma) F(mm) F(address) F(first) F(last) F(waited_ns)
/* verdict: enum ksmtop_verdict; answer: what rmap_one returned (visited only). */
#define P_WALK_VMA_FIELDS(F, A, S, SA, N)		F(walk) F(pass) F(item) F(vma) F(mm) F(vm_flags) F(verdict) F(answer) F(mapcount_before) F(mapcount)
/* the item's VMAs that had no event of their own, summed, and the lock's release. */
#define P_WALK_UNLOCK_FIELDS(F, A, S, SA, N)	F(walk) F(pass) F(item) F(outside) F(other_mm) F(held_ns)
/* why: enum ksmtop_walk_end; `iterations`: VMAs the interval trees offered, both passes. */
#define P_WALK_END_FIELDS(F, A, S, SA, N)		F(walk) F(why) F(iterations) F(visited) F(outside) F(other_mm) F(invalid) F(mapcount) F(duration_ns)

/* ---- the patch: memory failure ---- */
#define P_KILL_BEGIN_FIELDS(F, A, S, SA, N)	F(pfn) F(node) F(force_early)
#define P_KILL_TASK_FIELDS(F, A, S, SA, N)		F(pfn) F(tgid) F(mm) F(vma) F(address) F(covers) F(mapped)
#define P_KILL_END_FIELDS(F, A, S, SA, N)		F(pfn) F(nr_tasks) F(duration_ns)
#define P_RECOVERY_BEGIN_FIELDS(F, A, S, SA, N)	F(pfn) F(node) F(mapcount) F(waited_ns)
/* chain: 0 when the search found none. */
#define P_RECOVERY_SEARCH_FIELDS(F, A, S, SA, N)	F(pfn) F(node) F(chain) F(nr_nodes) F(duration_ns) F(stretch_ns)
/* verdict: enum ksmtop_dup_verdict */
#define P_RECOVERY_DUP_FIELDS(F, A, S, SA, N)	F(pfn) F(node) F(kpfn) F(nr_items) F(verdict)
/* node, kpfn: the fresh KSM page; both 0 with err != 0. */
#define P_RECOVERY_COPY_FIELDS(F, A, S, SA, N)	F(pfn) F(from_kpfn) F(node) F(kpfn) F(err)
/* item: 0 for a mapping that no rmap_item knows; target: enum ksmtop_move_target. */
#define P_RECOVERY_MOVE_FIELDS(F, A, S, SA, N)	F(pfn) F(item) F(mm) F(address) F(to_kpfn) F(target) F(err)
/* outcome: enum ksmtop_recovery_outcome */
#define P_RECOVERY_END_FIELDS(F, A, S, SA, N)	F(pfn) F(outcome) F(moved) F(failed) F(mapcount) F(duration_ns)

/* ---- the patch: khugepaged ---- */
#define P_COLLAPSE_BEGIN_FIELDS(F, A, S, SA, N)	F(mm) F(address) F(hpfn) F(is_shmem)
/* step: enum ksmtop_collapse_step; index: 0..511 in the huge page. */
#define P_COLLAPSE_PAGE_FIELDS(F, A, S, SA, N)	F(mm) F(address) F(index) F(pfn) F(step)
#define P_COLLAPSE_END_FIELDS(F, A, S, SA, N)	F(mm) F(address) F(result) F(hpfn)

/* ---- the patch: state dump ---- */
#define P_DUMP_BEGIN_FIELDS(F, A, S, SA, N)	F(dump) F(pages_shared) F(pages_sharing) F(pages_unshared) F(zero_pages) F(nr_chains) F(nr_dups) F(nr_items) F(seqnr) F(max_page_sharing)
#define P_DUMP_MM_FIELDS(F, A, S, SA, N)		F(dump) F(mm) F(tgid) F(start_time) S(comm) F(nr_items)
/* kind: 0 plain, 1 chain, 2 dup; place: 0 tree, 1 migrate list; chain: 0 but for a dup. */
#define P_DUMP_NODE_FIELDS(F, A, S, SA, N)		F(dump) F(node) F(kind) F(chain) F(kpfn) F(nid) F(place) F(hlist_len)
/* state: 0 new, 1 unstable (seqnr says in which scan), 2 stable. */
#define P_DUMP_ITEM_FIELDS(F, A, S, SA, N)		F(dump) F(item) F(mm) F(address) F(state) F(seqnr) F(node) F(anon_vma) F(index)
#define P_DUMP_ANON_VMA_FIELDS(F, A, S, SA, N)	F(dump) F(anon_vma) F(root) F(parent) F(nr_vmas)
#define P_DUMP_VMA_FIELDS(F, A, S, SA, N)		F(dump) F(anon_vma) F(vma) F(mm) F(start) F(end) F(pgoff) F(flags)
#define P_DUMP_END_FIELDS(F, A, S, SA, N)		F(dump) F(pages_shared) F(pages_sharing) F(pages_unshared) F(nr_chains) F(nr_dups) F(nr_mms) F(nr_nodes) F(nr_items) F(nr_anon_vmas) F(nr_vmas) F(result)

/* ---- the patch: what each CPU traced ---- */
/* nr: of each kind of KSMTOP_COUNTED, how many events this CPU has traced since boot, modulo 2^32, this one included. */
#define P_COUNTS_FIELDS(F, A, S, SA, N)		N(nr, KSMTOP_NR_COUNTS)

#define EVENT_TABLE(E)											\
	E(KSM_START_SCAN,	KSM_SCAN_FIELDS,	"ksm:ksm_start_scan")				\
	E(KSM_STOP_SCAN,	KSM_SCAN_FIELDS,	"ksm:ksm_stop_scan")				\
	E(KSM_ENTER,		KSM_MM_FIELDS,		"ksm:ksm_enter")				\
	E(KSM_EXIT,		KSM_MM_FIELDS,		"ksm:ksm_exit")					\
	E(KSM_MERGE_ONE_PAGE,	KSM_MERGE_ONE_FIELDS,	"ksm:ksm_merge_one_page")			\
	E(KSM_MERGE_WITH_KSM_PAGE, KSM_MERGE_WITH_FIELDS, "ksm:ksm_merge_with_ksm_page")		\
	E(KSM_REMOVE_KSM_PAGE,	KSM_REMOVE_PAGE_FIELDS,	"ksm:ksm_remove_ksm_page")			\
	E(KSM_REMOVE_RMAP_ITEM,	KSM_REMOVE_ITEM_FIELDS,	"ksm:ksm_remove_rmap_item")			\
	E(KSM_ADVISOR,		KSM_ADVISOR_FIELDS,	"ksm:ksm_advisor")				\
	E(MM_MIGRATE_PAGES_START, MIGRATE_START_FIELDS,	"migrate:mm_migrate_pages_start")		\
	E(MM_MIGRATE_PAGES,	MIGRATE_PAGES_FIELDS,	"migrate:mm_migrate_pages")			\
	E(SET_MIGRATION_PTE,	MIGRATION_PTE_FIELDS,	"migrate:set_migration_pte")			\
	E(REMOVE_MIGRATION_PTE,	MIGRATION_PTE_FIELDS,	"migrate:remove_migration_pte")			\
	E(MM_COLLAPSE_HUGE_PAGE, THP_COLLAPSE_FIELDS,	"huge_memory:mm_collapse_huge_page")		\
	E(MM_COLLAPSE_HUGE_PAGE_ISOLATE, THP_ISOLATE_FIELDS, "huge_memory:mm_collapse_huge_page_isolate") \
	E(MM_COLLAPSE_HUGE_PAGE_SWAPIN, THP_SWAPIN_FIELDS, "huge_memory:mm_collapse_huge_page_swapin")	\
	E(MM_KHUGEPAGED_COLLAPSE_FILE, THP_FILE_FIELDS,	"huge_memory:mm_khugepaged_collapse_file")	\
	E(MM_KHUGEPAGED_SCAN_FILE, THP_SCAN_FILE_FIELDS, "huge_memory:mm_khugepaged_scan_file")	\
	E(MM_KHUGEPAGED_SCAN_PMD, THP_SCAN_PMD_FIELDS,	"huge_memory:mm_khugepaged_scan_pmd")		\
	E(MEMORY_FAILURE_EVENT,	MEMORY_FAILURE_FIELDS,	"memory_failure:memory_failure_event ras:memory_failure_event") \
	E(SIGNAL_GENERATE,	SIGNAL_FIELDS,		"signal:signal_generate")			\
	E(SCHED_PROCESS_FORK,	FORK_FIELDS,		"sched:sched_process_fork")			\
	E(SCHED_PROCESS_EXEC,	EXEC_FIELDS,		"sched:sched_process_exec")			\
	E(SCHED_PROCESS_EXIT,	EXIT_FIELDS,		"sched:sched_process_exit")			\
	E(TASK_NEWTASK,		NEWTASK_FIELDS,		"task:task_newtask")				\
	E(TASK_RENAME,		RENAME_FIELDS,		"task:task_rename")				\
	E(CONTENTION_BEGIN,	CONTENTION_BEGIN_FIELDS, "lock:contention_begin")			\
	E(CONTENTION_END,	CONTENTION_END_FIELDS,	"lock:contention_end")				\
	E(P_MM_ENTER,		P_MM_OWNER_FIELDS,	"ksmtop:mm_enter")				\
	E(P_MM_FORK,		P_MM_FORK_FIELDS,	"ksmtop:mm_fork")				\
	E(P_MM_OWNER,		P_MM_OWNER_FIELDS,	"ksmtop:mm_owner")				\
	E(P_MM_EXEC,		P_MM_EXEC_FIELDS,	"ksmtop:mm_exec")				\
	E(P_MM_LEAVE,		P_MM_FIELDS,		"ksmtop:mm_leave")				\
	E(P_MM_FREE,		P_MM_FIELDS,		"ksmtop:mm_free")				\
	E(P_NODE_INSERT,	P_NODE_INSERT_FIELDS,	"ksmtop:node_insert")				\
	E(P_NODE_ERASE,		P_NODE_FIELDS,		"ksmtop:node_erase")				\
	E(P_NODE_REPLACE,	P_NODE_REPLACE_FIELDS,	"ksmtop:node_replace")				\
	E(P_NODE_KPFN,		P_NODE_KPFN_FIELDS,	"ksmtop:node_kpfn")				\
	E(P_NODE_FREE,		P_NODE_FIELDS,		"ksmtop:node_free")				\
	E(P_CHAIN_MAKE,		P_CHAIN_MAKE_FIELDS,	"ksmtop:chain_make")				\
	E(P_CHAIN_COLLAPSE,	P_CHAIN_DUP_FIELDS,	"ksmtop:chain_collapse")			\
	E(P_CHAIN_FREE,		P_NODE_FIELDS,		"ksmtop:chain_free")				\
	E(P_DUP_ADD,		P_CHAIN_DUP_FIELDS,	"ksmtop:dup_add")				\
	E(P_DUP_DEL,		P_NODE_FIELDS,		"ksmtop:dup_del")				\
	E(P_DUP_HEAD,		P_CHAIN_DUP_FIELDS,	"ksmtop:dup_head")				\
	E(P_MIGRATE_ADD,	P_MIGRATE_LIST_FIELDS,	"ksmtop:migrate_add")				\
	E(P_MIGRATE_DEL,	P_MIGRATE_LIST_FIELDS,	"ksmtop:migrate_del")				\
	E(P_ITEM_NEW,		P_ITEM_FIELDS,		"ksmtop:item_new")				\
	E(P_ITEM_FREE,		P_ITEM_FIELDS,		"ksmtop:item_free")				\
	E(P_ITEM_UNSTABLE,	P_ITEM_UNSTABLE_FIELDS,	"ksmtop:item_unstable")				\
	E(P_UNSTABLE_RESET,	P_UNSTABLE_RESET_FIELDS, "ksmtop:unstable_reset")			\
	E(P_ITEM_APPEND,	P_ITEM_APPEND_FIELDS,	"ksmtop:item_append")				\
	E(P_ITEM_DETACH,	P_ITEM_DETACH_FIELDS,	"ksmtop:item_detach")				\
	E(P_ITEM_SCAN,		P_ITEM_SCAN_FIELDS,	"ksmtop:item_scan")				\
	E(P_SCAN_SUM,		P_SCAN_SUM_FIELDS,	"ksmtop:scan_sum")				\
	E(P_ANON_VMA_NEW,	P_ANON_VMA_FIELDS,	"ksmtop:anon_vma_new")				\
	E(P_ANON_VMA_FREE,	P_ANON_VMA_FIELDS,	"ksmtop:anon_vma_free")				\
	E(P_VMA_INSERT,		P_VMA_FIELDS,		"ksmtop:vma_insert")				\
	E(P_VMA_REMOVE,		P_VMA_FIELDS,		"ksmtop:vma_remove")				\
	E(P_WALK_BEGIN,		P_WALK_BEGIN_FIELDS,	"ksmtop:walk_begin")				\
	E(P_WALK_ITEM,		P_WALK_ITEM_FIELDS,	"ksmtop:walk_item")				\
	E(P_WALK_VMA,		P_WALK_VMA_FIELDS,	"ksmtop:walk_vma")				\
	E(P_WALK_UNLOCK,	P_WALK_UNLOCK_FIELDS,	"ksmtop:walk_unlock")				\
	E(P_WALK_END,		P_WALK_END_FIELDS,	"ksmtop:walk_end")				\
	E(P_KILL_BEGIN,		P_KILL_BEGIN_FIELDS,	"ksmtop:kill_begin")				\
	E(P_KILL_TASK,		P_KILL_TASK_FIELDS,	"ksmtop:kill_task")				\
	E(P_KILL_END,		P_KILL_END_FIELDS,	"ksmtop:kill_end")				\
	E(P_RECOVERY_BEGIN,	P_RECOVERY_BEGIN_FIELDS, "ksmtop:recovery_begin")			\
	E(P_RECOVERY_SEARCH,	P_RECOVERY_SEARCH_FIELDS, "ksmtop:recovery_search")			\
	E(P_RECOVERY_DUP,	P_RECOVERY_DUP_FIELDS,	"ksmtop:recovery_dup")				\
	E(P_RECOVERY_COPY,	P_RECOVERY_COPY_FIELDS,	"ksmtop:recovery_copy")				\
	E(P_RECOVERY_MOVE,	P_RECOVERY_MOVE_FIELDS,	"ksmtop:recovery_move")				\
	E(P_RECOVERY_END,	P_RECOVERY_END_FIELDS,	"ksmtop:recovery_end")				\
	E(P_COLLAPSE_BEGIN,	P_COLLAPSE_BEGIN_FIELDS, "ksmtop:collapse_begin")			\
	E(P_COLLAPSE_PAGE,	P_COLLAPSE_PAGE_FIELDS,	"ksmtop:collapse_page")				\
	E(P_COLLAPSE_END,	P_COLLAPSE_END_FIELDS,	"ksmtop:collapse_end")				\
	E(P_DUMP_BEGIN,		P_DUMP_BEGIN_FIELDS,	"ksmtop:dump_begin")				\
	E(P_DUMP_MM,		P_DUMP_MM_FIELDS,	"ksmtop:dump_mm")				\
	E(P_DUMP_NODE,		P_DUMP_NODE_FIELDS,	"ksmtop:dump_node")				\
	E(P_DUMP_ITEM,		P_DUMP_ITEM_FIELDS,	"ksmtop:dump_item")				\
	E(P_DUMP_ANON_VMA,	P_DUMP_ANON_VMA_FIELDS,	"ksmtop:dump_anon_vma")				\
	E(P_DUMP_VMA,		P_DUMP_VMA_FIELDS,	"ksmtop:dump_vma")				\
	E(P_DUMP_END,		P_DUMP_END_FIELDS,	"ksmtop:dump_end")				\
	E(P_COUNTS,		P_COUNTS_FIELDS,	"ksmtop:counts")

/*
 * Values of the patch's enumerated fields.  The patch's trace header uses the same numbers and
 * the same words (in its print formats); a test holds the two together.
 */
#define KSMTOP_DETACH_SITES(V)										\
	V(PAGE_CHANGED, "page changed") V(ADDRESS_GONE, "address gone") V(TRAILING, "trailing")		\
	V(REMERGE, "re-merge") V(UNMERGE, "unmerge") V(NODE_REMOVED, "node removed")			\
	V(MM_GONE, "mm gone") V(STALE_SEQNR, "new scan") V(RECOVERY, "recovery")
#define KSMTOP_SCAN_OUTCOMES(V)										\
	V(MERGED, "merged") V(ALREADY_STABLE, "already merged") V(CHECKSUM_CHANGED, "checksum changed")	\
	V(SMART_SKIP, "smart scan skip") V(ZERO_PAGE, "zero page") V(OTHER_NID, "other nid")		\
	V(WP_FAILED, "write-protect failed") V(LOCK_FAILED, "lock failed") V(CHANGED, "changed under merge") \
	V(UNSTABLE, "kept unstable") V(SPLIT, "huge page split") V(NO_PAGE, "no anonymous page")		\
	V(NOMEM, "no memory") V(OTHER_FAIL, "other failure")
#define KSMTOP_MIGRATE_SITES(V)										\
	V(SEARCH_REPLACED, "search replaced it") V(NID_DIFFERS, "nid differs") V(MERGED_BACK, "inserted again") \
	V(NODE_REMOVED, "node removed") V(SCAN_CLEANUP, "scan start clean-up")
#define KSMTOP_PURPOSES(V)										\
	V(OTHER, "other") V(UNMAP, "unmap") V(MIGRATE, "migrate") V(REMOVE_MIGRATION, "remove migration ptes") \
	V(REFERENCED, "referenced") V(MKCLEAN, "mkclean") V(IDLE, "idle page") V(DAMON, "damon")
#define KSMTOP_VERDICTS(V)										\
	V(VISITED, "visited") V(OUTSIDE, "outside") V(OTHER_MM, "other mm") V(INVALID, "invalid")
#define KSMTOP_WALK_RULES(V)	V(WHOLE, "whole") V(ADDRESS, "address") V(LINEAR, "linear")
#define KSMTOP_WALK_ENDS(V)										\
	V(ALL, "all offered") V(ANSWERED, "rmap_one said stop") V(DONE, "rwc->done") V(NO_NODE, "no stable node") \
	V(WOULD_BLOCK, "lock contended")
#define KSMTOP_DUP_VERDICTS(V)										\
	V(CHOSEN, "healthy, chosen") V(POISONED, "poisoned") V(GONE, "page gone")			\
	V(FAILING, "the failing page itself")
#define KSMTOP_MOVE_TARGETS(V)	V(FRESH, "fresh copy") V(DUP, "dup")
#define KSMTOP_RECOVERY_OUTCOMES(V)									\
	V(RECOVERED, "recovered") V(NO_CHAIN, "no chain") V(NO_HEALTHY_DUP, "no healthy dup")		\
	V(BUSY, "ksm_thread_mutex not got in time") V(PARTIAL, "some mappings not moved")		\
	V(OFF, "recovery is off") V(RACED, "page changed meanwhile") V(NO_MEMORY, "no memory")
#define KSMTOP_COLLAPSE_STEPS(V)									\
	V(ISOLATED, "isolated") V(COPIED, "copied") V(POISONED, "copy failed") V(ROLLED_BACK, "rolled back") \
	V(NONE, "none or zero")
/* The events that `counts` counts, in its order: EVENT_P_ and the name. */
#define KSMTOP_COUNTED(V)									\
	V(MM_ENTER, "mm_enter") V(MM_OWNER, "mm_owner") V(MM_FORK, "mm_fork")			\
	V(MM_EXEC, "mm_exec") V(MM_LEAVE, "mm_leave") V(MM_FREE, "mm_free")			\
	V(NODE_INSERT, "node_insert") V(NODE_ERASE, "node_erase") V(NODE_FREE, "node_free")	\
	V(CHAIN_FREE, "chain_free") V(DUP_DEL, "dup_del") V(NODE_REPLACE, "node_replace")	\
	V(NODE_KPFN, "node_kpfn") V(CHAIN_MAKE, "chain_make")					\
	V(CHAIN_COLLAPSE, "chain_collapse") V(DUP_ADD, "dup_add") V(DUP_HEAD, "dup_head")	\
	V(MIGRATE_ADD, "migrate_add") V(MIGRATE_DEL, "migrate_del") V(ITEM_NEW, "item_new")	\
	V(ITEM_FREE, "item_free") V(ITEM_UNSTABLE, "item_unstable")				\
	V(UNSTABLE_RESET, "unstable_reset") V(ITEM_APPEND, "item_append")			\
	V(ITEM_DETACH, "item_detach") V(ITEM_SCAN, "item_scan") V(SCAN_SUM, "scan_sum")		\
	V(ANON_VMA_NEW, "anon_vma_new") V(ANON_VMA_FREE, "anon_vma_free")			\
	V(VMA_INSERT, "vma_insert") V(VMA_REMOVE, "vma_remove") V(WALK_BEGIN, "walk_begin")	\
	V(WALK_ITEM, "walk_item") V(WALK_VMA, "walk_vma") V(WALK_UNLOCK, "walk_unlock")		\
	V(WALK_END, "walk_end") V(KILL_BEGIN, "kill_begin") V(KILL_TASK, "kill_task")		\
	V(KILL_END, "kill_end") V(COLLAPSE_BEGIN, "collapse_begin")				\
	V(COLLAPSE_PAGE, "collapse_page") V(COLLAPSE_END, "collapse_end") V(COUNTS, "counts")	\
	V(DUMP_BEGIN, "dump_begin") V(DUMP_MM, "dump_mm") V(DUMP_NODE, "dump_node")		\
	V(DUMP_ITEM, "dump_item") V(DUMP_ANON_VMA, "dump_anon_vma") V(DUMP_VMA, "dump_vma")	\
	V(DUMP_END, "dump_end") V(RECOVERY_BEGIN, "recovery_begin")				\
	V(RECOVERY_SEARCH, "recovery_search") V(RECOVERY_DUP, "recovery_dup")			\
	V(RECOVERY_COPY, "recovery_copy") V(RECOVERY_MOVE, "recovery_move")			\
	V(RECOVERY_END, "recovery_end")

#endif /* KSMTOP_EVENT_TABLE_H */
