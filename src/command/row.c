// SPDX-License-Identifier: GPL-2.0-only
/*
 * row.c - what is told about each kind of row.
 *
 * One function a table, all of the same shape.  What a recording cannot tell (a stock kernel's
 * user addresses, memory nodes, chains) becomes a null, never a zero: the header of each row type
 * in history.h says which value stands for "not known".
 *
 * Counts that need a list (mappings of an mm, VMAs of an anon_vma) are asked for at the same
 * moment as the row, so a table's columns belong together.
 *
 * No words for people here beyond names; the tables' headings are in list.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "row.h"

static const char *const table_words[NR_TABLES] = {
	[TABLE_NONE] = "", [TABLE_MM] = "mm", [TABLE_ANON_VMA] = "anon_vma", [TABLE_VMA] = "vma",
	[TABLE_NODE] = "node", [TABLE_ITEM] = "item", [TABLE_MAPPING] = "mapping",
	[TABLE_PAGE] = "pfn", [TABLE_EPISODE] = "episode",
};

static const char *const episode_words[NR_EPISODE_KINDS] = {
	[EPISODE_SCAN] = "scan", [EPISODE_WALK] = "walk", [EPISODE_KILL_LIST] = "kill-list",
	[EPISODE_RECOVERY] = "recovery", [EPISODE_COLLAPSE] = "collapse",
	[EPISODE_MIGRATION] = "migration",
};

static const char *const node_kinds[] = {
	[NODE_PLAIN] = "plain", [NODE_CHAIN] = "chain", [NODE_DUP] = "dup", [NODE_UNKNOWN] = NULL,
};

static const char *const node_places[] = {
	[NODE_IN_TREE] = "tree", [NODE_ON_MIGRATE_LIST] = "migrate list", [NODE_NOWHERE] = "nowhere",
};

static const char *const item_states[] = {
	[ITEM_NEW] = "new", [ITEM_UNSTABLE] = "unstable", [ITEM_STABLE] = "stable",
};

static const char *const mm_origins[] = {
	[MM_FOUND] = "found", [MM_ENTERED] = "entered", [MM_FORKED] = "forked", [MM_EXECED] = "exec",
};

const char *table_word(enum table table)
{
	return table < NR_TABLES ? table_words[table] : "";
}

const char *episode_word(uint8_t kind)
{
	return kind < NR_EPISODE_KINDS ? episode_words[kind] : "episode";
}

int episode_find(const char *word)
{
	for (int i = 0; i < NR_EPISODE_KINDS; i++)
		if (strcmp(episode_words[i], word) == 0)
			return i;
	return -1;
}

void evidence_fields(char evidence, uint8_t doubt, struct fields *fields)
{
	char letter[2] = { evidence ? evidence : EVIDENCE_INFERRED, 0 };

	fields_text(fields, "evidence", letter);
	fields_bool(fields, "doubtful", doubt != DOUBT_NONE);
	fields_text(fields, "doubt", doubt_text(doubt));
}

void fact_fields(const struct fact *fact, struct fields *fields)
{
	fields_number(fields, "born", (int64_t)fact->born);
	if (fact->died == NEVER)
		fields_nothing(fields, "died");
	else
		fields_number(fields, "died", (int64_t)fact->died);
	fields_number(fields, "known", (int64_t)fact->known);
	fields_number(fields, "confirmed", (int64_t)fact->confirmed);
	evidence_fields((char)fact->evidence, fact->doubt, fields);
}

static void known_hex(struct fields *fields, const char *name, uint64_t number, bool known)
{
	if (known)
		fields_hex(fields, name, number);
	else
		fields_nothing(fields, name);
}

static void known_number(struct fields *fields, const char *name, int64_t number, bool known)
{
	if (known)
		fields_number(fields, name, number);
	else
		fields_nothing(fields, name);
}

/* A reference: its address, which the filters of views use too, and its unambiguous name. */
static bool ref_fields(const struct query *query, struct fields *fields, const char *name,
		       const char *name_name, struct ref ref, struct moment when, union row *ret_row)
{
	bool alive = !ref_is_none(ref) && history_row(query->history, ref, when, ret_row) == 0;
	uint64_t addr = 0;
	char buf[96];

	if (alive)
		addr = ref.table == TABLE_MM ? ret_row->mm.name.addr :
		       ref.table == TABLE_NODE ? ret_row->node.name.addr :
		       ref.table == TABLE_ANON_VMA ? ret_row->anon_vma.name.addr : 0;
	query_name(query, ref, buf, sizeof(buf));
	known_hex(fields, name, addr, addr != 0);
	fields_text(fields, name_name, buf[0] ? buf : NULL);
	return alive;
}

/*
 * A process's name: what an event or a sample said, else the name that the recording saved for the
 * thread of that number (as `ksmtop events` shows it).
 */
static void comm_field(const struct query *query, struct fields *fields, const struct mm_row *mm)
{
	const char *comm = mm->comm[0] ? mm->comm : NULL;

	if (!comm && mm->tgid > 0)
		comm = trace_file_comm(recording_trace(query->recording), mm->tgid);
	fields_text(fields, "comm", comm);
}

/* An mm and the process behind it. */
static void owner_fields(const struct query *query, struct fields *fields, struct ref mm,
			 struct moment when)
{
	union row row;
	bool alive = ref_fields(query, fields, "mm", "mm_name", mm, when, &row);

	known_number(fields, "pid", alive ? row.mm.tgid : 0, alive && row.mm.tgid > 0);
	comm_field(query, fields, alive ? &row.mm : &(struct mm_row){ 0 });
}

/*
 * What it is called: `object`, `name`, its generation and its address.  A stock kernel's node has
 * no address and goes by its short name.
 */
static void identity_fields(const struct query *query, struct fields *fields, struct ref ref,
			    const struct name *name)
{
	char brief[96], full[96];

	query_name(query, ref, brief, sizeof(brief));
	if (name->addr)
		snprintf(full, sizeof(full), "%s:0x%" PRIx64 "%%%" PRIu32, table_word(ref.table),
			 name->addr, name->generation);
	fields_text(fields, "object", name->addr ? full : brief);
	fields_text(fields, "name", brief);
	fields_number(fields, "generation", name->generation);
	known_hex(fields, table_word(ref.table), name->addr, name->addr != 0);
}

static void count_field(const struct query *query, struct fields *fields, const char *name,
			enum relation relation, struct ref parent, struct moment when)
{
	uint64_t nr;
	int err = history_count(query->history, relation, parent, when, &nr, NULL);

	known_number(fields, name, err ? 0 : (int64_t)nr, err == 0);
}

static void mm_fields(const struct query *query, const struct mm_row *mm, struct moment when,
		      struct fields *fields)
{
	struct history_mm_counters nr = { 0 };
	char letter[2] = { mm->tgid_evidence, 0 };
	bool counted = history_mm_counters(query->history, mm->ref, when, &nr) == 0;
	union row parent;

	identity_fields(query, fields, mm->ref, &mm->name);
	known_number(fields, "pid", mm->tgid, mm->tgid > 0);
	fields_text(fields, "pid_evidence", mm->tgid > 0 && letter[0] ? letter : NULL);
	fields_bool(fields, "pid_doubtful", mm->tgid_doubtful);
	comm_field(query, fields, mm);
	fields_bool(fields, "in_ksm", mm->in_ksm);
	fields_text(fields, "origin", mm_origins[mm->origin % 4]);
	ref_fields(query, fields, "parent", "parent_name", mm->parent, when, &parent);
	known_number(fields, "start_time_ns", (int64_t)mm->start_time_ns, mm->start_time_ns != 0);
	known_number(fields, "items", (int64_t)nr.nr_items, counted);
	known_number(fields, "stable_items", (int64_t)nr.nr_stable_items, counted);
	known_number(fields, "mappings", (int64_t)nr.nr_mappings,
		     counted && (nr.nr_mappings || mm->tgid > 0) &&
		     history_has(query->history, TABLE_MAPPING));
	known_number(fields, "merges", (int64_t)nr.nr_merges, counted);
}

static void anon_vma_fields(const struct query *query, const struct anon_vma_row *anon_vma,
			    struct moment when, struct fields *fields)
{
	union row other;

	identity_fields(query, fields, anon_vma->ref, &anon_vma->name);
	ref_fields(query, fields, "root", "root_name", anon_vma->root, when, &other);
	ref_fields(query, fields, "parent", "parent_name", anon_vma->parent, when, &other);
	count_field(query, fields, "vmas", VMAS_OF_ANON_VMA, anon_vma->ref, when);
	count_field(query, fields, "items", ITEMS_OF_ANON_VMA, anon_vma->ref, when);
}

static void vma_fields(const struct query *query, const struct vma_row *vma, struct moment when,
		       struct fields *fields)
{
	union row anon_vma;

	identity_fields(query, fields, vma->ref, &vma->name);
	owner_fields(query, fields, vma->mm, when);
	ref_fields(query, fields, "anon_vma", "anon_vma_name", vma->anon_vma, when, &anon_vma);
	fields_hex(fields, "start", vma->start);
	fields_hex(fields, "end", vma->end);
	fields_number(fields, "pgoff", (int64_t)vma->pgoff);
	fields_hex(fields, "flags", vma->flags);
}

static void node_fields(const struct query *query, const struct node_row *node,
			struct moment when, struct fields *fields)
{
	union row chain;

	identity_fields(query, fields, node->ref, &node->name);
	known_hex(fields, "pfn", node->kpfn, node->kpfn != 0);
	fields_text(fields, "kind", node_kinds[node->kind % 4]);
	fields_text(fields, "place", node->kind == NODE_UNKNOWN ? NULL : node_places[node->place % 3]);
	known_number(fields, "nid", node->nid, node->nid >= 0);
	ref_fields(query, fields, "chain", "chain_name", node->chain, when, &chain);
	fields_number(fields, "items", node->nr_items);
	known_number(fields, "dups", node->nr_dups, node->kind == NODE_CHAIN);
}

static void node_of_fields(const struct query *query, struct fields *fields, struct ref node,
			   struct moment when, bool with_pfn)
{
	union row row;
	bool alive = ref_fields(query, fields, "node", "node_name", node, when, &row);

	if (with_pfn)
		known_hex(fields, "pfn", alive ? row.node.kpfn : 0, alive && row.node.kpfn != 0);
}

static void item_fields(const struct query *query, const struct item_row *item,
			struct moment when, struct fields *fields)
{
	union row anon_vma;

	identity_fields(query, fields, item->ref, &item->name);
	fields_text(fields, "state", item_states[item->state % 3]);
	owner_fields(query, fields, item->mm, when);
	known_hex(fields, "address", item->address, item->has_address);
	node_of_fields(query, fields, item->node, when, true);
	ref_fields(query, fields, "anon_vma", "anon_vma_name", item->anon_vma, when, &anon_vma);
	known_number(fields, "index", (int64_t)item->index, item->has_index);
	known_number(fields, "seqnr", item->seqnr, item->state == ITEM_UNSTABLE);
}

static void mapping_fields(const struct query *query, const struct mapping_row *mapping,
			   struct moment when, struct fields *fields)
{
	union row mm;
	bool alive = ref_fields(query, fields, "mm", "mm_name", mapping->mm, when, &mm);

	known_number(fields, "pid", mapping->tgid, mapping->tgid > 0);
	comm_field(query, fields, alive ? &mm.mm : &(struct mm_row){ .tgid = mapping->tgid });
	fields_hex(fields, "address", mapping->address);
	fields_hex(fields, "pfn", mapping->pfn);
	node_of_fields(query, fields, mapping->node, when, false);
	known_number(fields, "mapcount", mapping->mapcount, mapping->mapcount != 0);
}

static void page_fields(const struct query *query, const struct page_row *page,
			struct moment when, struct fields *fields)
{
	identity_fields(query, fields, page->ref, &page->name);
	node_of_fields(query, fields, page->node, when, false);
	fields_bool(fields, "ksm", page->state & PAGE_KSM);
	fields_bool(fields, "poisoned", page->state & PAGE_POISONED);
	fields_bool(fields, "gone", page->state & PAGE_GONE);
}

static void episode_fields(const struct query *query, const struct episode_row *episode,
			   struct fields *fields)
{
	bool ended = episode->fact.died != NEVER;
	char object[96];

	query_name(query, episode->object, object, sizeof(object));
	fields_number(fields, "episode", episode->number);
	fields_text(fields, "kind", episode_word(episode->kind));
	fields_number(fields, "begin", (int64_t)episode->fact.born);
	known_number(fields, "end", (int64_t)episode->fact.died, ended);
	known_number(fields, "tid", episode->tid, episode->tid > 0);
	fields_text(fields, "comm", episode->comm[0] ? episode->comm : NULL);
	fields_text(fields, "object", object[0] ? object : NULL);
	known_number(fields, "seqnr", episode->seqnr, episode->kind == EPISODE_SCAN);
	fields_number(fields, "begin_ns", (int64_t)episode->begin_ns);
	known_number(fields, "end_ns", (int64_t)episode->end_ns, ended);
	known_number(fields, "duration_ns", (int64_t)(episode->end_ns - episode->begin_ns), ended);
}

void row_fields(const struct query *query, const union row *row, struct moment when,
		struct fields *fields)
{
	fields_reset(fields);
	switch (row->any.ref.table) {
	case TABLE_MM:
		mm_fields(query, &row->mm, when, fields);
		break;
	case TABLE_ANON_VMA:
		anon_vma_fields(query, &row->anon_vma, when, fields);
		break;
	case TABLE_VMA:
		vma_fields(query, &row->vma, when, fields);
		break;
	case TABLE_NODE:
		node_fields(query, &row->node, when, fields);
		break;
	case TABLE_ITEM:
		item_fields(query, &row->item, when, fields);
		break;
	case TABLE_MAPPING:
		mapping_fields(query, &row->mapping, when, fields);
		break;
	case TABLE_PAGE:
		page_fields(query, &row->page, when, fields);
		break;
	case TABLE_EPISODE:
		episode_fields(query, &row->episode, fields);
		evidence_fields((char)row->fact.evidence, row->fact.doubt, fields);
		return;
	default:
		break;
	}
	fact_fields(&row->fact, fields);
}

/* The evidence in words, as the end of a sentence. */
static void evidence_sentence(const struct fields *fields)
{
	const struct field *evidence = fields_find(fields, "evidence");
	const struct field *doubt = fields_find(fields, "doubt");

	if (!evidence || evidence->kind != VALUE_TEXT)
		return;
	printf(" (%s", evidence->text[0] == 'T' ? "traced" : evidence->text[0] == 'D' ? "sampled" :
	       evidence->text[0] == 'I' ? "inferred" : "modelled");
	if (doubt && doubt->kind == VALUE_TEXT)
		printf(", doubtful: %s", doubt->text);
	putchar(')');
}

static void span_sentence(const struct fields *fields)
{
	const struct field *born = fields_find(fields, "born"), *died = fields_find(fields, "died");

	if (!born)
		return;
	if (born->number)
		printf(", since event %" PRId64, born->number);
	else
		printf(", since before the first event");
	if (died->kind == VALUE_NUMBER)
		printf(" until %" PRId64, died->number);
}

void fields_sentence(const struct fields *fields, int from)
{
	const char *separator = "";
	char buf[64], words[64];

	for (int i = from; i < fields->nr; i++) {
		const struct field *field = &fields->list[i];

		if (strcmp(field->name, "born") == 0 || strcmp(field->name, "evidence") == 0)
			break;
		if (field->kind == VALUE_NOTHING)
			continue;
		snprintf(words, sizeof(words), "%s", field->name);
		for (char *c = words; *c; c++)
			if (*c == '_')
				*c = ' ';
		printf("%s%s %s", separator, strncmp(words, "nr ", 3) == 0 ? words + 3 : words,
		       field_show(field, buf, sizeof(buf)));
		separator = ", ";
	}
	span_sentence(fields);
	evidence_sentence(fields);
	puts(".");
}
