// SPDX-License-Identifier: GPL-2.0-only
/*
 * facts.c - see facts.h.
 *
 * A fact's text is made once for each row that is compared; sets hold 64-bit hashes of it.  An mm or node
 * that a row names is looked up in its life, because it may have ended before the row.
 *
 * An anon_vma that the whole recording knows by name only, until a later event tells its root, is the same as one
 * whose root the first event told that is left of it: a root never changes.
 *
 * What a row leaves open is not compared: whose an mm (or a pte) is when no event has named its owner, the
 * process (tgid, start in /proc's ticks, comm) that the row itself calls doubtful, the root of an anon_vma that
 * is known by name only, a VMA's mm.  Nor are vm_flags, which change without an event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

const enum relation fact_relations[] = {
	ALL_MMS, ALL_NODES, ALL_ITEMS, ALL_ANON_VMAS, ALL_VMAS, ALL_MAPPINGS, ALL_PAGES,
};
const unsigned nr_fact_relations = sizeof(fact_relations) / sizeof(*fact_relations);

static unsigned long long addr_of(const struct history *h, struct ref ref, struct moment when)
{
	union row row;

	if (ref_is_none(ref) || history_life(h, ref, 0, when.known_by, &row) != 0)
		return 0;
	return ref.table == TABLE_MM ? row.mm.name.addr : ref.table == TABLE_NODE ? row.node.name.addr :
	       row.anon_vma.name.addr;
}
#define ADDR(ref) addr_of(h, ref, when)
#define U(x) ((unsigned long long)(x))

/* How much of a fact's text says what is so; the rest of it is left open. */
enum part { PART_ALL, PART_BUT_PROCESS, PART_NAME, NR_PARTS };

/* Where that part ends; NULL: at the text's end. */
static const char *part_end(const union row *row, enum part part, const char *text)
{
	uint8_t table = row->any.ref.table;

	if (part == PART_BUT_PROCESS)
		return table == TABLE_MM ? strstr(text, " comm") : NULL;
	if (part != PART_NAME)
		return NULL;
	return table == TABLE_MM ? strstr(text, " in_ksm") : table == TABLE_MAPPING ? strstr(text, " tgid") :
	       table == TABLE_ANON_VMA ? strstr(text, " root") : NULL;
}

static enum part part_of(const union row *row)
{
	switch (row->any.ref.table) {
	case TABLE_MAPPING: return row->mapping.tgid ? PART_ALL : PART_NAME;
	case TABLE_ANON_VMA: return ref_is_none(row->anon_vma.root) ? PART_NAME : PART_ALL;
	case TABLE_MM:
		return !row->mm.tgid && !row->mm.comm[0] ? PART_NAME :
		       row->mm.tgid_doubtful ? PART_BUT_PROCESS : PART_ALL;
	default: return PART_ALL;
	}
}

void fact_text(const struct history *h, const union row *row, struct moment when, char text[FACT_TEXT])
{
	const struct node_row *node = &row->node;
	const struct item_row *item = &row->item;
	const struct vma_row *vma = &row->vma;

	switch (row->any.ref.table) {
	case TABLE_MM:
		snprintf(text, FACT_TEXT, "mm %llx in_ksm %d comm %.16s start %llu tgid %d", U(row->mm.name.addr),
			 row->mm.in_ksm, row->mm.comm, U(row->mm.start_time_ns),
			 row->mm.tgid_doubtful ? -1 : row->mm.tgid);
		break;
	case TABLE_NODE:
		snprintf(text, FACT_TEXT, "node %llx kpfn %llx nid %d kind %u place %u chain %llx",
			 U(node->name.addr), U(node->kpfn), node->nid, node->kind, node->place,
			 ADDR(node->chain));
		break;
	case TABLE_ITEM:
		snprintf(text, FACT_TEXT, "item %llx mm %llx address %llx state %u node %llx anon_vma %llx index %llx",
			 U(item->name.addr), ADDR(item->mm), U(item->address), item->state, ADDR(item->node),
			 ADDR(item->anon_vma), item->state == ITEM_STABLE ? U(item->index) : 0);
		break;
	case TABLE_ANON_VMA:
		snprintf(text, FACT_TEXT, "anon_vma %llx root %llx parent %llx", U(row->anon_vma.name.addr),
			 ADDR(row->anon_vma.root), ADDR(row->anon_vma.parent));
		break;
	case TABLE_VMA:
		snprintf(text, FACT_TEXT, "vma %llx anon_vma %llx %llx-%llx pgoff %llx",
			 U(vma->name.addr), ADDR(vma->anon_vma), U(vma->start), U(vma->end), U(vma->pgoff));
		break;
	case TABLE_MAPPING:
		snprintf(text, FACT_TEXT, "mapping address %llx pfn %llx tgid %d",
			 U(row->mapping.address), U(row->mapping.pfn), row->mapping.tgid);
		break;
	default:
		snprintf(text, FACT_TEXT, "page %llx state %u", U(row->page.name.addr), row->page.state);
		break;
	}
}

/* ---- sets ---- */
static uint64_t hash_of(const struct history *h, const union row *row, struct moment when,
			enum part part)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	char text[FACT_TEXT];
	const char *end;

	fact_text(h, row, when, text);
	end = part_end(row, part, text);
	for (const char *p = text; *p && p != end; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3ull;
	return hash;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void add(struct fact_set *set, uint64_t hash)
{
	if (set->nr == set->room) {
		set->room = set->room ? set->room * 2 : 256;
		set->hashes = realloc(set->hashes, set->room * sizeof(*set->hashes));
	}
	set->hashes[set->nr++] = hash;
}

void fact_set_init(struct fact_set *set, const struct history *h, struct moment when)
{
	*set = (struct fact_set){ 0 };
	for (unsigned r = 0; r < nr_fact_relations; r++) {
		struct history_cursor cursor;
		union row row;

		if (history_list(h, fact_relations[r], (struct ref){ 0 }, when, &cursor) != 0)
			continue;
		while (history_next(&cursor, &row) == 1) {
			for (enum part part = 0; part < NR_PARTS; part++)
				add(set, hash_of(h, &row, when, part));
		}
	}
	if (set->nr)
		qsort(set->hashes, set->nr, sizeof(*set->hashes), by_value);
}

void fact_set_fini(struct fact_set *set)
{
	free(set->hashes);
}

bool fact_set_has(const struct fact_set *set, const struct history *h, const union row *row,
		  struct moment when)
{
	uint64_t hash = hash_of(h, row, when, part_of(row));
	union row bare = *row;

	if (set->nr && bsearch(&hash, set->hashes, set->nr, sizeof(hash), by_value))
		return true;
	if (row->any.ref.table != TABLE_ANON_VMA)
		return false;
	bare.anon_vma.root = bare.anon_vma.parent = (struct ref){ 0 };
	hash = hash_of(h, &bare, when, PART_ALL);
	return set->nr && bsearch(&hash, set->hashes, set->nr, sizeof(hash), by_value);
}

/* ---- what changes what ---- */
bool fact_changed_by(const union row *row, enum event_kind kind)
{
	bool mm = kind == EVENT_P_MM_FREE;

	switch (row->any.ref.table) {
	case TABLE_MM:
		return kind >= EVENT_P_MM_ENTER && kind <= EVENT_P_MM_FREE;
	case TABLE_NODE:
		if (row->node.kind == NODE_CHAIN && kind == EVENT_P_NODE_KPFN)
			return false;
		return kind >= EVENT_P_NODE_INSERT && kind <= EVENT_P_MIGRATE_DEL;
	case TABLE_ITEM:
		return mm || (kind >= EVENT_P_ITEM_NEW && kind <= EVENT_P_ITEM_DETACH) ||
		       kind == EVENT_P_NODE_FREE;
	case TABLE_ANON_VMA:
		return kind == EVENT_P_ANON_VMA_NEW || kind == EVENT_P_ANON_VMA_FREE;
	case TABLE_VMA:
		return kind == EVENT_P_VMA_INSERT || kind == EVENT_P_VMA_REMOVE;
	default:
		return kind == EVENT_MEMORY_FAILURE_EVENT;
	}
}
