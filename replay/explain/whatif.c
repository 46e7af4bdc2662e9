// SPDX-License-Identifier: GPL-2.0-only
/*
 * whatif.c - rmap_walk_ksm() over rebuilt interval trees, under each of the three rules.
 *
 * The model is the kernel's loop (6.12 with patch 0003): two passes over the node's items, newest
 * first; for each the interval tree is asked for the rule's pages; what does not cover the address is
 * skipped, then what is of the wrong mm for the pass; the rest is visited.  Each hold is modelled at the
 * event at which the recorded walk had that item's lock, since trees change between holds.
 *
 * The one thing that cannot be computed is what rmap_one did.  Recorded visits bring it along
 * ("effects"); for a VMA that only another rule visits, a known mapping is taken to be unmapped.  So the
 * model stops where the record does: when nothing maps the page any more, or rmap_one said so.
 *
 * *Missed* is not what came after such a stop: the rules are compared by what they offer, so after
 * a stop the model goes on marking, but no longer counts.
 */
#include "explain/whatif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/diag.h"

#define PAGE_BITS 12
enum { VISITED, OUTSIDE, OTHER_MM, INVALID };			/* KSMTOP_VERDICTS */
enum { WHY_ALL, WHY_ANSWERED, WHY_DONE, WHY_NO_NODE, WHY_WOULD_BLOCK };	/* KSMTOP_WALK_ENDS */

/* What the record says of one visit. */
struct effect {
	uint64_t item, vma;		/* kernel addresses */
	int32_t before, after;
	bool invalid, answer;
};

struct walk_item { struct ref item, mm, anon_vma; uint64_t addr, address, index; };

/* A VMA that a hold offered. */
struct offer {
	uint64_t start, end, pgoff, known;
	uint64_t addr;			/* of the VMA itself */
	struct ref vma, mm;
	bool may_be_own;		/* of the item's mm, though that is not known */
};

struct model {
	const struct episode_source *source;
	struct whatif *w;
	struct opened_episode *recorded;	/* NULL: a page at a moment */
	struct effect *effects;
	uint32_t nr_effects, room_effects;
	struct walk_item *items;		/* in the order of the hlist */
	uint32_t nr_items, room_items;
	struct offer *offers;			/* of one hold */
	uint32_t nr_offers, room_offers;
	struct ref *judged;			/* anon_vmas whose VMAs were looked at for doubt */
	uint32_t nr_judged, room_judged;
	bool *marked;				/* mappings that the rule came by */
	struct whatif_result *result;		/* of the rule that is modelled */
	int64_t mapcount;			/* of the page now, -1: not known */
	unsigned int rules;
	bool stopped;
	bool doubtful_items;
};

const char *walk_rule_name(enum walk_rule rule)
{
	static const char *const names[NR_RULES] = { "whole", "address", "linear" };

	return (unsigned)rule < NR_RULES ? names[rule] : "?";
}

static int room(void **data, uint32_t nr, uint32_t *nr_room, size_t size)
{
	uint32_t more = *nr_room ? *nr_room : 64;
	void *p;

	while (more <= nr)
		more *= 2;
	if (more == *nr_room)
		return 0;
	p = realloc(*data, more * size);
	if (!p)
		return -ENOMEM;
	*data = p;
	*nr_room = more;
	return 0;
}
#define ROOM(array, nr, nr_room) room((void **)&(array), nr, &(nr_room), sizeof(*(array)))

/* ---- what goes in ---- */
static int read_items(struct model *m, struct ref node)
{
	struct history_cursor cursor;
	union row row;
	int more = 0, ret = history_list(m->source->history, ITEMS_OF_NODE, node, m->w->when, &cursor);

	m->doubtful_items |= !history_is_whole(m->source->history, ITEMS_OF_NODE, node, m->w->when);
	while (ret == 0 && (more = history_next(&cursor, &row)) > 0) {
		const struct item_row *item = &row.item;

		ret = ROOM(m->items, m->nr_items, m->room_items);
		if (ret)
			break;
		m->items[m->nr_items++] = (struct walk_item){
			item->ref, item->mm, item->anon_vma, item->name.addr, item->address, item->index };
		m->doubtful_items |= item->fact.doubt != DOUBT_NONE || !item->has_index;
	}
	return ret ? ret : more;
}

static int compare_effects(const void *a, const void *b)
{
	const struct effect *x = a, *y = b;

	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->vma < y->vma ? -1 : x->vma > y->vma;
}

static int read_effects(struct model *m)
{
	for (uint32_t i = 0; i < episode_nr_steps(m->recorded); i++) {
		const struct args_P_WALK_VMA *args;
		struct event ev;

		if (episode_step(m->recorded, i)->kind != STEP_VMA ||
		    episode_step_event(m->recorded, i, &ev) != 0)
			continue;
		args = EVENT_ARGS(&ev, P_WALK_VMA);
		if (args->verdict != VISITED && args->verdict != INVALID)
			continue;
		if (ROOM(m->effects, m->nr_effects, m->room_effects) != 0)
			return -ENOMEM;
		m->effects[m->nr_effects++] = (struct effect){
			(uint64_t)args->item, (uint64_t)args->vma, (int32_t)args->mapcount_before,
			(int32_t)args->mapcount, args->verdict == INVALID, args->answer != 0 };
	}
	if (m->nr_effects)
		qsort(m->effects, m->nr_effects, sizeof(*m->effects), compare_effects);
	return 0;
}

static const struct effect *effect_of(const struct model *m, uint64_t item, uint64_t vma)
{
	struct effect key = { .item = item, .vma = vma };

	return m->nr_effects ? bsearch(&key, m->effects, m->nr_effects, sizeof(*m->effects),
				       compare_effects) : NULL;
}

/* The places whose pte the walk itself saw. */
static void see_mappings(struct model *m)
{
	const struct history *h = m->source->history;
	struct mapped_list *list = &m->w->mappings;
	union row vma, item;

	for (uint32_t i = 0; i < list->nr; i++) {
		struct mapped *place = &list->list[i];
		const struct effect *effect;

		if (ref_is_none(place->vma) || ref_is_none(place->item) ||
		    place->item_address != place->address ||
		    history_row(h, place->vma, m->w->when, &vma) != 0 ||
		    history_row(h, place->item, m->w->when, &item) != 0)
			continue;
		effect = effect_of(m, item.item.name.addr, vma.vma.name.addr);
		if (effect && effect->before != effect->after) {
			place->known = true;
			place->doubtful = false;
			place->evidence = EVIDENCE_TRACED;
		}
	}
}

/* ---- one hold ---- */
static struct moment moment_of_hold(const struct model *m, uint32_t hold)
{
	struct moment when = m->w->when;
	const struct hold *recorded = m->recorded ? episode_hold(m->recorded, hold) : NULL;

	if (recorded)
		when.t = recorded->begin;
	else if (m->recorded && m->w->walk.ended)
		when.t = m->w->walk.fact.died;
	return when;
}

static int read_offers(struct model *m, const struct walk_item *item, struct history_cursor *cursor)
{
	union row row;
	int more;

	while ((more = history_next(cursor, &row)) > 0) {
		if (ROOM(m->offers, m->nr_offers, m->room_offers) != 0)
			return -ENOMEM;
		m->offers[m->nr_offers++] = (struct offer){
			row.vma.start, row.vma.end, row.vma.pgoff, row.fact.known, row.vma.name.addr,
			row.vma.ref, row.vma.mm,
			mapped_may_be_own(m->source->history, &row.vma, item->mm, cursor->when) };
		m->result->doubtful |= row.fact.doubt != DOUBT_NONE;
	}
	return more;
}

/* The interval tree's order: page index, then birth. */
static int compare_offers(const void *a, const void *b)
{
	const struct offer *x = a, *y = b;

	if (x->pgoff != y->pgoff)
		return x->pgoff < y->pgoff ? -1 : 1;
	return x->known < y->known ? -1 : x->known > y->known;
}

/*
 * Were all VMAs of the tree told, and, where the whole tree is asked for, is none of them doubtful?  Asked once an
 * anon_vma and rule: within a walk no tree is told less.
 */
static int judge_tree(struct model *m, enum walk_rule rule, struct ref anon_vma, struct moment when)
{
	const struct history *h = m->source->history;
	uint64_t nr, nr_doubtful = 0;
	uint32_t i = 0;
	int ret = 0;

	while (i < m->nr_judged && !ref_equal(m->judged[i], anon_vma))
		i++;
	if (i < m->nr_judged)
		return 0;
	if (ROOM(m->judged, m->nr_judged, m->room_judged) != 0)
		return -ENOMEM;
	m->judged[m->nr_judged++] = anon_vma;
	if (rule == RULE_WHOLE)
		ret = history_count(h, VMAS_OF_ANON_VMA, anon_vma, when, &nr, &nr_doubtful);
	m->result->doubtful |= nr_doubtful || !history_is_whole(h, VMAS_OF_ANON_VMA, anon_vma, when);
	return ret;
}

/*
 * Which VMAs the rule offers for the item, in the tree's order, and how many they are.  Of the whole
 * tree only those that cover the address are listed.
 */
static int ask(struct model *m, enum walk_rule rule, const struct walk_item *item, struct moment when,
	       uint64_t *ret_nr)
{
	uint64_t page = rule == RULE_LINEAR ? item->index : item->address >> PAGE_BITS;
	const struct history *h = m->source->history;
	struct history_cursor cursor;
	int ret;

	m->nr_offers = 0;
	*ret_nr = 0;
	if (ref_is_none(item->anon_vma)) {	/* every item on a stable node has one */
		m->result->doubtful = true;
		return 0;
	}
	ret = judge_tree(m, rule, item->anon_vma, when);
	if (ret)
		return ret;
	ret = rule == RULE_WHOLE ?
		history_vmas_covering(h, item->anon_vma, item->address, when, &cursor) :
		history_vmas_stab(h, item->anon_vma, page, page, when, &cursor);
	if (ret == 0)
		ret = read_offers(m, item, &cursor);
	if (ret == 0 && rule == RULE_WHOLE) {
		if (m->nr_offers > 1)
			qsort(m->offers, m->nr_offers, sizeof(*m->offers), compare_offers);
		return history_count(h, VMAS_OF_ANON_VMA, item->anon_vma, when, ret_nr, NULL);
	}
	*ret_nr = m->nr_offers;
	return ret == -ENOENT ? 0 : ret;
}

static void mark(struct model *m, const struct offer *vma, uint64_t address)
{
	const struct mapped *place = mapped_at(&m->w->mappings, vma->mm, vma->vma, address);

	if (place)
		m->marked[place - m->w->mappings.list] = true;
}

/* rmap_one: what it does to the mapcount, and whether the walk goes on. */
static void visit(struct model *m, const struct walk_item *item, const struct offer *vma)
{
	const struct effect *effect = effect_of(m, item->addr, vma->addr);
	const struct mapped *place = mapped_at(&m->w->mappings, vma->mm, vma->vma, item->address);
	uint8_t purpose = m->w->walk.totals.walk.purpose;
	bool unmaps = purpose == PURPOSE_UNMAP || purpose == PURPOSE_MIGRATE;

	if (effect && effect->invalid) {
		m->result->skip_invalid++;
		return;
	}
	m->result->visited++;
	if (!m->recorded)
		return;
	if (effect)
		m->mapcount += effect->after - effect->before;
	else if (unmaps && place && place->known && !m->marked[place - m->w->mappings.list])
		m->mapcount--;
	if (effect && !effect->answer) {
		m->result->why = WHY_ANSWERED;
		m->stopped = true;
	} else if (m->mapcount <= 0 &&
		   (unmaps || m->w->walk.totals.walk.why == WHY_DONE)) {
		m->result->why = WHY_DONE;
		m->stopped = true;
	}
}

/* What the rule offered up to and with that one. */
static int count_upto(struct model *m, enum walk_rule rule, const struct walk_item *item,
		      struct moment when, uint32_t i, uint64_t *ret_nr)
{
	int ret = 0;

	*ret_nr = i;
	if (rule == RULE_WHOLE)
		ret = history_vmas_before(m->source->history, item->anon_vma, m->offers[i].vma, when, ret_nr);
	++*ret_nr;
	return ret;
}

/* The VMAs that a hold offered, `nr` of them: those that are not listed do not cover the address. */
static int go_through(struct model *m, enum walk_rule rule, const struct walk_item *item, int pass,
		      struct moment when, uint64_t nr)
{
	bool counting = !m->stopped;
	uint64_t nr_covering = 0;
	int ret = 0;

	for (uint32_t i = 0; i < m->nr_offers; i++) {
		const struct offer *vma = &m->offers[i];
		bool covers = item->address >= vma->start && item->address < vma->end;
		bool own = !ref_is_none(vma->mm) && ref_equal(vma->mm, item->mm);

		m->result->doubtful |= covers && vma->may_be_own && !own;
		if (!m->stopped && covers) {
			nr_covering++;
			if (own != (pass == 1))
				m->result->skip_mm_mismatch++;
			else
				visit(m, item, vma);
			if (m->stopped)
				ret = count_upto(m, rule, item, when, i, &nr);
		}
		if (covers && own == (pass == 1))
			mark(m, vma, item->address);
	}
	if (counting) {
		m->result->nr_iteration_total += nr;
		m->result->skip_addr_out_of_range += nr - nr_covering;
	}
	return ret;
}

/* ---- one rule ---- */
static void list_missed(struct model *m)
{
	const struct mapped_list *list = &m->w->mappings;
	struct whatif_result *result = m->result;

	for (uint32_t i = 0; i < list->nr; i++) {
		if (m->marked[i])
			continue;
		if (list->list[i].known)
			result->missed[result->nr_missed++] = &list->list[i];
		else
			result->maybe[result->nr_maybe++] = &list->list[i];
	}
}

/* Where the recorded walk could not get a lock it ended: under any rule. */
static bool would_block(const struct model *m, uint32_t hold)
{
	return m->recorded && m->w->walk.totals.walk.why == WHY_WOULD_BLOCK &&
	       hold >= episode_nr_holds(m->recorded);
}

static int model_rule(struct model *m, enum walk_rule rule)
{
	uint32_t hold = 0;
	struct moment when;
	uint64_t nr;
	int ret = 0;

	m->result = &m->w->rules[rule];
	m->result->is_modelled = true;
	m->result->doubtful = m->doubtful_items;
	m->result->missed = calloc(m->w->mappings.nr + 1, sizeof(*m->result->missed));
	m->result->maybe = calloc(m->w->mappings.nr + 1, sizeof(*m->result->maybe));
	if (!m->result->missed || !m->result->maybe)
		return -ENOMEM;
	m->mapcount = m->recorded ? m->w->walk.totals.walk.mapcount_before : -1;
	m->stopped = false;
	m->nr_judged = 0;
	memset(m->marked, 0, m->w->mappings.nr * sizeof(*m->marked));
	for (int pass = 1; pass <= 2; pass++) {
		for (uint32_t i = 0; ret == 0 && i < m->nr_items; i++, hold++) {
			if (!m->stopped && would_block(m, hold)) {
				m->result->why = WHY_WOULD_BLOCK;
				m->stopped = true;
			}
			m->result->nr_holds += !m->stopped;
			when = moment_of_hold(m, hold);
			ret = ask(m, rule, &m->items[i], when, &nr);
			if (ret == 0)
				ret = go_through(m, rule, &m->items[i], pass, when, nr);
		}
	}
	if (ret == 0)
		list_missed(m);
	m->result->doubtful |= m->w->mappings.untold;
	return ret;
}

static void compare_with_record(struct whatif *w)
{
	const struct walk_totals *totals = &w->walk.totals.walk;
	struct whatif_result *result;

	if (totals->rule >= NR_RULES || !w->walk.ended || !w->rules[totals->rule].is_modelled)
		return;
	result = &w->rules[totals->rule];
	result->is_recorded = true;
	result->agrees = result->nr_iteration_total == totals->nr_iteration_total &&
			 result->visited == totals->visited && result->why == totals->why &&
			 result->skip_addr_out_of_range == totals->skip_addr_out_of_range &&
			 result->skip_mm_mismatch == totals->skip_mm_mismatch &&
			 result->skip_invalid == totals->skip_invalid;
}

/* What the walk saw is read to its last event: whoever asks inside it may not know yet that some of it was lost. */
static bool lacks_events(const struct model *m)
{
	union row row;

	if (history_row(m->source->history, m->w->walk.ref, moment_at(m->w->when.known_by), &row) != 0)
		row.episode = m->w->walk;
	return row.fact.doubt != DOUBT_NONE || row.episode.begin_lost || !row.episode.ended;
}

/* Of a recorded walk the mapcount goes for all of it: the most that it was. */
static int model_all(struct model *m, struct ref node, const struct mapped_count *count)
{
	bool puts_back = m->recorded && m->w->walk.totals.walk.purpose == PURPOSE_MIGRATED;
	int ret = read_items(m, node);

	if (ret == 0)
		ret = mapped_find(m->source, node, m->w->when, count->mapcount,
				  puts_back ? MAPPED_ENTRIES : MAPPED_PTES, &m->w->mappings);
	if (ret)
		return ret;
	m->doubtful_items |= !history_is_patched(m->source->history) || m->w->node.fact.doubt != DOUBT_NONE ||
			     (m->recorded && lacks_events(m));
	see_mappings(m);
	if (m->recorded)	/* entries are in no mapcount */
		mapped_judge(&m->w->mappings, puts_back ? -1 : count->mapcount);
	else
		mapped_judge_then(&m->w->mappings, count, m->w->when);
	m->marked = calloc(m->w->mappings.nr + 1, sizeof(*m->marked));
	if (!m->marked)
		return -ENOMEM;
	for (enum walk_rule rule = 0; ret == 0 && rule < NR_RULES; rule++)
		if (m->rules & 1u << rule)
			ret = model_rule(m, rule);
	return ret;
}

static int finish(struct model *m, int ret, struct whatif **ret_whatif, struct diag *diag)
{
	free(m->effects);
	free(m->items);
	free(m->offers);
	free(m->judged);
	free(m->marked);
	episode_close(m->recorded);
	if (ret) {
		whatif_free(m->w);
		return diag_set(diag, ret, ret == -ENOMEM ? "no memory to model a walk"
							  : "the walk cannot be modelled");
	}
	*ret_whatif = m->w;
	return 0;
}

int whatif_walk(const struct episode_source *source, struct ref episode, struct moment when,
		unsigned int rules, struct whatif **ret_whatif, struct diag *diag)
{
	struct model m = { .source = source, .w = calloc(1, sizeof(*m.w)), .rules = rules };
	struct mapped_count count = { .mapcount = -1 };
	const struct walk_totals *totals;
	union row row;
	int ret;

	if (!m.w)
		return diag_set(diag, -ENOMEM, "no memory to model a walk");
	ret = episode_open(source, episode, when, &m.recorded, diag);
	if (ret) {
		free(m.w);
		return ret;
	}
	m.w->walk = *episode_row(m.recorded);
	totals = &m.w->walk.totals.walk;
	m.w->when = (struct moment){ m.w->walk.fact.born, when.known_by };
	if (when.known_by < history_episode_seen(source->history, episode))
		m.w->when.known_by = history_episode_seen(source->history, episode);
	ret = m.w->walk.kind != EPISODE_WALK ? -EINVAL :
	      ref_is_none(m.w->walk.object) ? -ENOENT :
	      history_row(source->history, m.w->walk.object, m.w->when, &row);
	if (ret) {
		uint32_t number = m.w->walk.number;

		finish(&m, ret, ret_whatif, diag);
		diag_set(diag, ret, ret == -EINVAL ? "episode %u is not a walk" :
			 "the stable node of episode %u is not known where it began", number);
		if (ret == -EINVAL)
			diag_expected(diag, "a walk's number, as `episodes --kind walk` lists them");
		return ret;
	}
	m.w->node = row.node;
	if (!m.w->walk.begin_lost)
		count.mapcount = totals->mapcount_after > totals->mapcount_before ? totals->mapcount_after :
										    totals->mapcount_before;
	ret = read_effects(&m);
	if (ret == 0)
		ret = model_all(&m, m.w->walk.object, &count);
	if (ret == 0)
		compare_with_record(m.w);
	return finish(&m, ret, ret_whatif, diag);
}

int whatif_page(const struct episode_source *source, struct ref node, struct moment when,
		unsigned int rules, struct whatif **ret_whatif, struct diag *diag)
{
	struct model m = { .source = source, .w = calloc(1, sizeof(*m.w)), .rules = rules };
	struct mapped_count count;
	union row row;
	int ret;

	if (!m.w)
		return diag_set(diag, -ENOMEM, "no memory to model a walk");
	m.w->when = when;
	ret = history_row(source->history, node, when, &row);
	if (ret == 0) {
		m.w->node = row.node;
		mapped_count(source, node, when, &count);
		ret = model_all(&m, node, &count);
	}
	return finish(&m, ret, ret_whatif, diag);
}

void whatif_free(struct whatif *whatif)
{
	if (!whatif)
		return;
	for (unsigned i = 0; i < NR_RULES; i++) {
		free(whatif->rules[i].missed);
		free(whatif->rules[i].maybe);
	}
	mapped_fini(&whatif->mappings);
	free(whatif);
}
