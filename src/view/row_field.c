// SPDX-License-Identifier: GPL-2.0-only
/*
 * row_field.c - the named values of a table's row: for JSON, columns, filters, sorting, searching.
 *
 * One function a table adds its values to a list, all of the same shape; everybody who tells a row
 * or asks for a value of one goes through it, so an expression typed in a view means what it means
 * on the command line and what --json prints.  What a recording cannot tell (a stock kernel's user
 * addresses, memory nodes, chains) is a null, never a zero: history.h says for each row type which
 * value stands for "not known".
 *
 * The hard part is cost: a filter over a million rows wants one value of each.  So a list can be
 * made for one name, and what is dear (a look at another row, a count, a name) is only done when a
 * name that needs it is wanted.  Nothing is cached.
 */
#include "row_field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "episode/episode.h"
#include "episode_dear.h"
#include "episode_field.h"
#include "explain/numa.h"

#define NAME_MAX_BYTES 96

struct reader {
	struct recording *recording;
	const struct history *history;
	struct moment when;
};

static const char *const table_words[NR_TABLES] = {
	[TABLE_NONE] = "", [TABLE_MM] = "mm", [TABLE_ANON_VMA] = "anon_vma", [TABLE_VMA] = "vma",
	[TABLE_NODE] = "node", [TABLE_ITEM] = "item", [TABLE_MAPPING] = "mapping",
	[TABLE_PAGE] = "pfn", [TABLE_EPISODE] = "episode",
};

static const char *const mm_origins[] = {
	[MM_FOUND] = "found", [MM_ENTERED] = "entered", [MM_FORKED] = "forked", [MM_EXECED] = "exec",
};

const char *table_word(enum table table)
{
	return table < NR_TABLES ? table_words[table] : "";
}

const char *node_kind_name(uint8_t kind)
{
	static const char *const names[] = { "plain", "chain", "dup" };

	return kind < NODE_UNKNOWN ? names[kind] : "?";
}

const char *node_place_name(uint8_t place)
{
	static const char *const names[] = { "tree", "migrate list", "nowhere" };

	return place <= NODE_NOWHERE ? names[place] : "?";
}

const char *item_state_name(uint8_t state)
{
	static const char *const names[] = { "new", "unstable", "stable" };

	return state <= ITEM_STABLE ? names[state] : "?";
}

const char *episode_kind_name(uint8_t kind)
{
	static const char *const names[] = { "scan", "walk", "kill-list", "recovery", "collapse",
					     "migration" };

	return kind < NR_EPISODE_KINDS ? names[kind] : "?";
}

const char *doubt_text(uint8_t doubt)
{
	switch (doubt) {
	case DOUBT_NONE:
		return NULL;
	case DOUBT_LOSS:
		return "a lost event could have changed it";
	case DOUBT_UNTRACED:
		return "this kernel does not trace its departure";
	case DOUBT_UNKNOWN_BEFORE:
		return "it was there before the recording could see it";
	case DOUBT_ORDER:
		return "the order of close events on two CPUs is not known";
	case DOUBT_TENTATIVE:
		return "an untraced undo is possible until a later event";
	case DOUBT_PAGE_FLAG:
		return "perhaps no KSM page: this kernel's kpageflags marks every anonymous page";
	default:
		return "not certain";
	}
}

/* Is one of these wanted?  Use it before what is dear. */
static bool wants_any(const struct fields *fields, const char *a, const char *b, const char *c,
		      const char *d)
{
	return fields_wants(fields, a) || fields_wants(fields, b) || fields_wants(fields, c) ||
	       fields_wants(fields, d);
}

/* The short stable name of an object in buf, NULL for none. */
static const char *reader_name(const struct reader *reader, struct ref ref,
			       char buf[NAME_MAX_BYTES])
{
	buf[0] = 0;
	if (!ref_is_none(ref))
		recording_object_name(reader->recording, ref, buf, NAME_MAX_BYTES);
	return buf[0] ? buf : NULL;
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
	fields_number(fields, "since", (int64_t)fact->first);
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
static bool ref_fields(const struct reader *reader, struct fields *fields, const char *name,
		       const char *name_name, struct ref ref, union row *ret_row)
{
	bool alive = !ref_is_none(ref) && history_row(reader->history, ref, reader->when, ret_row) == 0;
	uint64_t addr = 0;
	char buf[NAME_MAX_BYTES];

	if (alive)
		addr = ref.table == TABLE_MM ? ret_row->mm.name.addr :
		       ref.table == TABLE_NODE ? ret_row->node.name.addr :
		       ref.table == TABLE_ANON_VMA ? ret_row->anon_vma.name.addr : 0;
	known_hex(fields, name, addr, addr != 0);
	if (fields_wants(fields, name_name))
		fields_text(fields, name_name, reader_name(reader, ref, buf));
	return alive;
}

/*
 * A process's name: what an event or a sample said, else the name that the recording saved for the
 * thread of that number (as `ksmtop events` shows it).
 */
static void comm_field(const struct reader *reader, struct fields *fields, const struct mm_row *mm)
{
	const char *comm = mm->comm[0] ? mm->comm : NULL;

	if (!comm && mm->tgid > 0)
		comm = trace_file_comm(recording_trace(reader->recording), mm->tgid);
	fields_text(fields, "comm", comm);
}

/* An mm and the process behind it. */
static void owner_fields(const struct reader *reader, struct fields *fields, struct ref mm)
{
	union row row;
	bool alive;

	if (!wants_any(fields, "mm", "mm_name", "pid", "comm"))
		return;
	alive = ref_fields(reader, fields, "mm", "mm_name", mm, &row);
	known_number(fields, "pid", alive ? row.mm.tgid : 0, alive && row.mm.tgid > 0);
	comm_field(reader, fields, alive ? &row.mm : &(struct mm_row){ 0 });
}

/*
 * What it is called: `object`, `name`, its generation and its address.  A stock kernel's node has
 * no address and goes by its short name.
 */
static void identity_fields(const struct reader *reader, struct fields *fields, struct ref ref,
			    const struct name *name)
{
	char brief[NAME_MAX_BYTES], full[NAME_MAX_BYTES];

	if (wants_any(fields, "object", "name", "", "")) {
		if (name->addr)
			snprintf(full, sizeof(full), "%s:0x%" PRIx64 "%%%" PRIu32,
				 table_word(ref.table), name->addr, name->generation);
		reader_name(reader, ref, brief);
		fields_text(fields, "object", name->addr ? full : brief);
		fields_text(fields, "name", brief);
	}
	fields_number(fields, "generation", name->generation);
	known_hex(fields, table_word(ref.table), name->addr, name->addr != 0);
}

static void count_field(const struct reader *reader, struct fields *fields, const char *name,
			enum relation relation, struct ref parent)
{
	uint64_t nr;
	int err;

	if (!fields_wants(fields, name))
		return;
	err = history_count(reader->history, relation, parent, reader->when, &nr, NULL);
	known_number(fields, name, err ? 0 : (int64_t)nr, err == 0);
}

static void mm_count_fields(const struct reader *reader, const struct mm_row *mm,
			    struct fields *fields)
{
	struct history_mm_counters nr = { 0 };
	bool counted;

	if (!wants_any(fields, "items", "stable_items", "mappings", "merges"))
		return;
	counted = history_mm_counters(reader->history, mm->ref, reader->when, &nr) == 0;
	known_number(fields, "items", (int64_t)nr.nr_items, counted);
	known_number(fields, "stable_items", (int64_t)nr.nr_stable_items, counted);
	/* Samples count mappings by process: without one, none is not the same as unknown. */
	known_number(fields, "mappings", (int64_t)nr.nr_mappings,
		     counted && (nr.nr_mappings || mm->tgid > 0) &&
		     history_has(reader->history, TABLE_MAPPING));
	known_number(fields, "merges", (int64_t)nr.nr_merges, counted);
}

/* Beside a count: is any row of that list doubtful? */
static void worth_field(const struct reader *reader, struct fields *fields, const char *name,
			enum relation relation, struct ref parent)
{
	if (fields_wants(fields, name))
		fields_bool(fields, name, history_worth(reader->history, relation, parent,
							reader->when).doubtful);
}

static void mm_fields(const struct reader *reader, const struct mm_row *mm, struct fields *fields)
{
	char letter[2] = { mm->tgid_evidence, 0 };
	union row parent;

	identity_fields(reader, fields, mm->ref, &mm->name);
	known_number(fields, "pid", mm->tgid, mm->tgid > 0);
	fields_text(fields, "pid_evidence", mm->tgid > 0 && letter[0] ? letter : NULL);
	fields_bool(fields, "pid_doubtful", mm->tgid_doubtful);
	comm_field(reader, fields, mm);
	fields_bool(fields, "in_ksm", mm->in_ksm);
	fields_bool(fields, "exited", mm->exited);
	fields_text(fields, "origin", mm_origins[mm->origin % 4]);
	ref_fields(reader, fields, "parent", "parent_name", mm->parent, &parent);
	known_number(fields, "start_time_ns", (int64_t)mm->start_time_ns, mm->start_time_ns != 0);
	mm_count_fields(reader, mm, fields);
	worth_field(reader, fields, "items_doubtful", ITEMS_OF_MM, mm->ref);
	worth_field(reader, fields, "stable_items_doubtful", ITEMS_OF_MM, mm->ref);
	worth_field(reader, fields, "mappings_doubtful", MAPPINGS_OF_MM, mm->ref);
	fields_bool(fields, "merges_doubtful", history_may_lack_merges(reader->history, mm->fact.first, reader->when));
}

static void anon_vma_fields(const struct reader *reader, const struct anon_vma_row *anon_vma,
			struct fields *fields)
{
	union row other;

	identity_fields(reader, fields, anon_vma->ref, &anon_vma->name);
	ref_fields(reader, fields, "root", "root_name", anon_vma->root, &other);
	ref_fields(reader, fields, "parent", "parent_name", anon_vma->parent, &other);
	count_field(reader, fields, "vmas", VMAS_OF_ANON_VMA, anon_vma->ref);
	worth_field(reader, fields, "vmas_doubtful", VMAS_OF_ANON_VMA, anon_vma->ref);
	count_field(reader, fields, "items", ITEMS_OF_ANON_VMA, anon_vma->ref);
	worth_field(reader, fields, "items_doubtful", ITEMS_OF_ANON_VMA, anon_vma->ref);
}

static void vma_fields(const struct reader *reader, const struct vma_row *vma,
		       struct fields *fields)
{
	union row anon_vma;

	identity_fields(reader, fields, vma->ref, &vma->name);
	owner_fields(reader, fields, vma->mm);
	ref_fields(reader, fields, "anon_vma", "anon_vma_name", vma->anon_vma, &anon_vma);
	fields_hex(fields, "start", vma->start);
	fields_hex(fields, "end", vma->end);
	fields_hex(fields, "pgoff", vma->pgoff);
	fields_hex(fields, "flags", vma->flags);
}

/* The memory node of its page, which may be another than its tree's: an event of its own tells it, or nothing. */
static void page_nid_fields(const struct reader *reader, const struct node_row *node, struct fields *fields)
{
	struct episode_source source = { reader->history, recording_events(reader->recording) };
	struct numa_page page = { .nid = -1 };
	char letter[2] = "";

	if (!wants_any(fields, "page_nid", "page_nid_evidence", "page_nid_doubtful", "wrong_tree"))
		return;
	if (history_is_patched(reader->history))
		numa_page(&source, node, reader->when, &page);
	letter[0] = page.evidence;
	known_number(fields, "page_nid", page.nid, page.nid >= 0);
	if (page.nid < 0) {
		fields_nothing(fields, "page_nid_evidence");
		fields_nothing(fields, "page_nid_doubtful");
		fields_nothing(fields, "wrong_tree");
		return;
	}
	fields_text(fields, "page_nid_evidence", letter);
	fields_bool(fields, "page_nid_doubtful", page.doubtful);
	fields_bool(fields, "wrong_tree", numa_is_wrong(&source, node, &page, reader->when));
}

static void node_fields(const struct reader *reader, const struct node_row *node,
			struct fields *fields)
{
	union row chain;

	identity_fields(reader, fields, node->ref, &node->name);
	known_hex(fields, "pfn", node->kpfn, node->kpfn != 0);
	fields_text(fields, "kind", node->kind < NODE_UNKNOWN ? node_kind_name(node->kind) : NULL);
	fields_text(fields, "place", node->kind == NODE_UNKNOWN ? NULL : node_place_name(node->place));
	known_number(fields, "nid", node->nid, node->nid >= 0);
	page_nid_fields(reader, node, fields);
	ref_fields(reader, fields, "chain", "chain_name", node->chain, &chain);
	fields_number(fields, "items", node->nr_items);
	if (node->kind == NODE_CHAIN)
		fields_bool(fields, "items_doubtful", node->fact.doubt != DOUBT_NONE);
	else
		worth_field(reader, fields, "items_doubtful", ITEMS_OF_NODE, node->ref);
	known_number(fields, "dups", node->nr_dups, node->kind == NODE_CHAIN);
	if (node->kind == NODE_CHAIN)
		worth_field(reader, fields, "dups_doubtful", DUPS_OF_CHAIN, node->ref);
	else
		fields_nothing(fields, "dups_doubtful");
}

static void node_of_fields(const struct reader *reader, struct fields *fields, struct ref node,
			   bool with_pfn)
{
	union row row;
	bool alive;

	if (!wants_any(fields, "node", "node_name", "pfn", ""))
		return;
	alive = ref_fields(reader, fields, "node", "node_name", node, &row);
	if (with_pfn)
		known_hex(fields, "pfn", alive ? row.node.kpfn : 0, alive && row.node.kpfn != 0);
}

static void item_fields(const struct reader *reader, const struct item_row *item,
			struct fields *fields)
{
	union row anon_vma;

	identity_fields(reader, fields, item->ref, &item->name);
	fields_text(fields, "state", item_state_name(item->state));
	owner_fields(reader, fields, item->mm);
	known_hex(fields, "address", item->address, item->has_address);
	node_of_fields(reader, fields, item->node, true);
	ref_fields(reader, fields, "anon_vma", "anon_vma_name", item->anon_vma, &anon_vma);
	known_hex(fields, "index", item->index, item->has_index);
	known_number(fields, "seqnr", item->seqnr, item->state == ITEM_UNSTABLE);
}

static void mapping_fields(const struct reader *reader, const struct mapping_row *mapping,
			struct fields *fields)
{
	union row mm;
	bool alive = wants_any(fields, "mm", "mm_name", "comm", "") &&
		ref_fields(reader, fields, "mm", "mm_name", mapping->mm, &mm);

	known_number(fields, "pid", mapping->tgid, mapping->tgid > 0);
	comm_field(reader, fields, alive ? &mm.mm : &(struct mm_row){ .tgid = mapping->tgid });
	fields_hex(fields, "address", mapping->address);
	fields_hex(fields, "pfn", mapping->pfn);
	node_of_fields(reader, fields, mapping->node, false);
	known_number(fields, "mapcount", mapping->mapcount, mapping->mapcount != 0);
}

/* A stable node's facts do not say that its page is healthy: a gap may hide the failure. */
static bool may_be_poisoned(const struct reader *reader, const struct page_row *page)
{
	struct moment when = reader->when;

	return !(page->state & PAGE_POISONED) &&
	       history_may_lack(reader->history, EVENT_MEMORY_FAILURE_EVENT, 0, when.t, when.known_by);
}

/* The page's own fact is that it was poisoned; that it is a KSM page is its stable node's. */
static void ksm_fields(const struct reader *reader, const struct page_row *page, struct fields *fields)
{
	union row node;
	bool ksm = !ref_is_none(page->node) &&
		   history_row(reader->history, page->node, reader->when, &node) == 0;

	if (!wants_any(fields, "ksm", "ksm_doubtful", "", ""))
		return;
	fields_bool(fields, "ksm", ksm);
	fields_bool(fields, "ksm_doubtful", ksm ? node.fact.doubt != DOUBT_NONE :
		    history_doubts(reader->history, ALL_NODES, (struct ref){ 0 }, reader->when));
}

static void page_fields(const struct reader *reader, const struct page_row *page,
			struct fields *fields)
{
	char text[NAME_MAX_BYTES];

	if (page->ref.id == PAGE_OF_NODE) {
		snprintf(text, sizeof(text), "pfn:0x%" PRIx64, page->name.addr);
		fields_text(fields, "object", text);
		text[3] = ' ';
		fields_text(fields, "name", text);
		fields_nothing(fields, "generation");
		fields_hex(fields, "pfn", page->name.addr);
	} else {
		identity_fields(reader, fields, page->ref, &page->name);
	}
	node_of_fields(reader, fields, page->node, false);
	ksm_fields(reader, page, fields);
	if (wants_any(fields, "poisoned", "", "", "") && may_be_poisoned(reader, page))
		fields_nothing(fields, "poisoned");
	else
		fields_bool(fields, "poisoned", page->state & PAGE_POISONED);
	fields_bool(fields, "gone", page->state & PAGE_GONE);
}

static void episode_fields(const struct reader *reader, const struct episode_row *episode,
			   struct fields *fields)
{
	bool ended = episode->fact.died != NEVER, has_duration;
	uint64_t duration_ns = 0;
	char object[NAME_MAX_BYTES];

	fields_number(fields, "episode", episode->number);
	fields_text(fields, "kind", episode_kind_name(episode->kind));
	fields_number(fields, "begin", (int64_t)episode->fact.born);
	known_number(fields, "end", (int64_t)episode->fact.died, ended);
	known_number(fields, "tid", episode->tid, episode->tid > 0);
	comm_field(reader, fields, &(struct mm_row){ .tgid = episode->tid });
	fields_text(fields, "object", reader_name(reader, episode->object, object));
	known_number(fields, "seqnr", episode->seqnr, episode->kind == EPISODE_SCAN);
	known_number(fields, "begin_ns", (int64_t)episode->begin_ns, !episode->begin_lost);
	known_number(fields, "end_ns", (int64_t)episode->end_ns, ended);
	fields_bool(fields, "ended", ended);
	has_duration = episode_duration(episode, &duration_ns);
	known_number(fields, "duration_ns", (int64_t)duration_ns, has_duration);
	episode_total_fields(episode, fields);
}

static void fields_of(const struct reader *reader, const union row *row, struct fields *fields)
{
	switch (row->any.ref.table) {
	case TABLE_MM:
		mm_fields(reader, &row->mm, fields);
		break;
	case TABLE_ANON_VMA:
		anon_vma_fields(reader, &row->anon_vma, fields);
		break;
	case TABLE_VMA:
		vma_fields(reader, &row->vma, fields);
		break;
	case TABLE_NODE:
		node_fields(reader, &row->node, fields);
		break;
	case TABLE_ITEM:
		item_fields(reader, &row->item, fields);
		break;
	case TABLE_MAPPING:
		mapping_fields(reader, &row->mapping, fields);
		break;
	case TABLE_PAGE:
		page_fields(reader, &row->page, fields);
		break;
	case TABLE_EPISODE:
		episode_fields(reader, &row->episode, fields);
		evidence_fields((char)row->fact.evidence, row->fact.doubt, fields);
		return;
	default:
		break;
	}
	fact_fields(&row->fact, fields);
}

void row_fields(struct recording *recording, const union row *row, struct moment when,
		struct fields *fields)
{
	struct reader reader = { recording, recording_history(recording), when };

	fields_reset(fields);
	fields_of(&reader, row, fields);
}

bool row_value(struct recording *recording, const union row *row, struct moment when,
	       const char *name, char text[ROW_TEXT], struct filter_value *ret)
{
	struct reader reader = { recording, recording_history(recording), when };
	struct fields fields;

	/* The kernel's word for a node's page number. */
	fields_reset_for(&fields, strcmp(name, "kpfn") == 0 ? "pfn" : name);
	fields_of(&reader, row, &fields);
	if (row->any.ref.table == TABLE_EPISODE && !fields_find(&fields, name))
		episode_dear_lookup(recording, &row->episode, when, name, &fields);
	if (!fields_lookup(&fields, name, ret))
		return false;
	if (ret->is_string) {
		snprintf(text, ROW_TEXT, "%s", ret->string);
		ret->string = text;
	}
	return true;
}

void fields_names(const struct fields *fields, struct filter_names *names)
{
	for (int i = 0; i < fields->nr; i++)
		filter_names_add(names, fields->list[i].name, fields->list[i].kind == VALUE_TEXT ||
				 fields->list[i].kind == VALUE_NOTHING);
}

void row_names(struct recording *recording, enum table table, int kind, struct filter_names *names)
{
	int from = kind < 0 ? 0 : kind, to = kind < 0 ? NR_EPISODE_KINDS - 1 : kind;

	for (int i = from; i <= (table == TABLE_EPISODE ? to : from); i++) {
		union row row = { .any = { .ref = { .table = (uint16_t)table } } };
		struct fields fields;

		if (table == TABLE_EPISODE) {
			row.episode.kind = (uint8_t)i;
			row.episode.ended = true;
		}
		row_fields(recording, &row, moment_at(0), &fields);
		fields_names(&fields, names);
	}
	if (table == TABLE_EPISODE)
		episode_dear_names(kind, names);
	if (table == TABLE_NODE)
		filter_names_add(names, "kpfn", false);
}

bool row_field(void *argument, const char *name, struct filter_value *ret)
{
	struct row_context *context = argument;
	const struct scene *scene = context->scene;

	return row_value(scene->recording, context->row, scene->when, name, context->text, ret);
}
