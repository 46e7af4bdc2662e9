// SPDX-License-Identifier: GPL-2.0-only
/*
 * numa_moves.c - which pages went to another memory node, and how far their stable nodes have come.
 *
 * One line a move, in the order in which they happened, up to the moment that is looked at.  Of the one
 * under the cursor the way is shown: where it stood before, then each station with the event that
 * brought it there; stations not reached yet stay open.
 *
 * What cannot be known is not filled in: without a sample of merge_across_nodes the fate carries a
 * question mark.
 */
#include "numa_moves.h"

#include <inttypes.h>
#include <stdio.h>

#include "format.h"
#include "view_util.h"

void numa_moves_read(struct numa_moves *moves, const struct scene *scene)
{
	struct episode_source source = scene_episodes(scene);

	if (moves->of != scene->history)
		numa_log_fini(&moves->log);
	moves->of = scene->history;
	/* Without memory the moves read so far are shown. */
	(void)numa_log_read(&moves->log, &source, history_last(scene->history));
}

void numa_moves_fini(struct numa_moves *moves)
{
	numa_log_fini(&moves->log);
}

static const struct numa_move *current(const struct numa_moves *moves, const struct scene *scene,
				       uint32_t *ret_at)
{
	uint32_t nr = numa_log_nr(&moves->log, scene->when.t);

	if (moves->chosen) {
		uint32_t upto = numa_log_nr(&moves->log, moves->chosen);

		nr = upto < nr ? upto : nr;
	}
	*ret_at = nr ? nr - 1 : 0;
	return nr ? &moves->log.moves[nr - 1] : NULL;
}

static enum role fate_role(enum numa_fate fate)
{
	switch (fate) {
	case NUMA_WRONG_TREE:
		return ROLE_FAULT;
	case NUMA_ON_LIST:
	case NUMA_TAKEN:
		return ROLE_CHANGED;
	case NUMA_MET_EQUAL:
		return ROLE_VISITED;
	case NUMA_IN_TREE:
		return ROLE_GOOD;
	default:
		return ROLE_SKIPPED;
	}
}

static void draw_move(struct pane pane, int y, const struct scene *scene, const struct numa_move *move,
		      bool cursor)
{
	struct episode_source source = scene_episodes(scene);
	char marks[3] = {cursor ? '>' : ' ', move->event == scene->when.t ? '+' : ' ', 0};
	bool focused = cursor && session_view_state(scene->session)->focus == PART_MOVES;
	enum role role = focused ? ROLE_CURSOR : ROLE_TEXT;
	struct numa_story story;
	char text[96], name[48];
	int x = 35;

	numa_follow(&source, move, scene->when, &story);
	if (marks[1] == ' ' && scene_touched(scene, move->node))
		marks[1] = '~';
	if (story.fate == NUMA_WRONG_TREE && marks[1] == ' ')
		marks[1] = '!';
	snprintf(text, sizeof(text), "#%" PRIu64, move->event);
	pane_fit(pane, 3, y, 9, ALIGN_LEFT, role, text);
	pane_fit(pane, 13, y, 9, ALIGN_LEFT, role, scene_name(scene, move->node, name, sizeof(name)));
	pane_printf(pane, 23, y, role, "%" PRId32 " -> %" PRId32, move->old_nid, move->nid);
	pane_fact(pane, 32, y, EVIDENCE_TRACED, false);
	if (pane.width > 100) {
		snprintf(text, sizeof(text), "0x%" PRIx64 " -> 0x%" PRIx64, move->old_kpfn, move->kpfn);
		pane_fit(pane, x, y, 25, ALIGN_LEFT, role, text);
		x += 26;
	}
	pane_fit(pane, x, y, pane.width - x - 3, ALIGN_LEFT, fate_role((enum numa_fate)story.fate),
		 numa_fate_text((enum numa_fate)story.fate));
	pane_fact(pane, pane.width - 2, y, EVIDENCE_TRACED, story.doubtful);
	row_marks(pane, y, marks);
}

/* ---- the way of one move ---- */

static int station(struct pane pane, int x, int y, const struct scene *scene, uint64_t event, const char *what)
{
	char time[FORMAT_MAX];
	enum role role = !event ? ROLE_SKIPPED : event == scene->when.t ? ROLE_CURSOR : ROLE_TEXT;

	x += pane_put(pane, x, y, event == scene->when.t ? ROLE_CURSOR : ROLE_BORDER,
		      event == scene->when.t ? '>' : event ? '*' : '.') + 1;
	if (event)
		x += pane_printf(pane, x, y, role, "#%" PRIu64 " %s", event,
				 pane.width > 100 ? format_moment(time, (uint64_t)scene_ns(scene, event)) : "");
	x += pane_text(pane, x, y, role, event && pane.width > 100 ? " " : "");
	return x + pane_text(pane, x, y, role, what) + 2;
}

static void draw_way(struct pane pane, int y, const struct scene *scene, const struct numa_move *move)
{
	struct episode_source source = scene_episodes(scene);
	struct numa_story story;
	char text[96], chain[48];
	int x = 3;

	numa_follow(&source, move, scene->when, &story);
	x = station(pane, x, y, scene, move->event, "page moved");
	x = station(pane, x, y, scene, story.listed, "migrate list");
	x = station(pane, x, y, scene, story.taken, "off it");
	if (story.fate == NUMA_MET_EQUAL)
		snprintf(text, sizeof(text), "dup of %s", scene_name(scene, story.chain, chain, sizeof(chain)));
	else
		snprintf(text, sizeof(text), "%s", story.fate == NUMA_IN_TREE ? "in its tree" :
			 story.fate == NUMA_FREED ? "freed" :
			 story.fate == NUMA_MOVED_ON ? "moved again" : "settled");
	station(pane, x, y, scene, story.settled, text);
}

static void draw_before(struct pane pane, int y, const struct scene *scene, const struct numa_move *move)
{
	struct moment then = {move->event - 1, scene->when.known_by};
	char name[48];
	union row row;

	scene_name(scene, move->node, name, sizeof(name));
	if (history_row(scene->history, move->node, then, &row))
		pane_fieldf(pane, y, ' ', "before", EVIDENCE_TRACED, false,
			    "%s: page 0x%" PRIx64 " on nid %" PRId32, name, move->old_kpfn, move->old_nid);
	else
		pane_fieldf(pane, y, ' ', "before", row.fact.evidence, row.fact.doubt != DOUBT_NONE,
			    "%s in the tree of nid %" PRId32 ", page 0x%" PRIx64 " on nid %" PRId32, name,
			    row.node.nid, move->old_kpfn, move->old_nid);
	if (!scene_row(scene, move->node, &row))
		pane_fieldf(pane, y + 1, 'x', "now", 0, false, "%s is gone", name);
	else if (row.node.place == NODE_IN_TREE)
		pane_fieldf(pane, y + 1, scene_mark(scene, &row), "now", row.fact.evidence,
			    row.fact.doubt != DOUBT_NONE,
			    "%s in the tree of nid %" PRId32 ", page 0x%" PRIx64 "%s", name, row.node.nid,
			    row.node.kpfn, row.node.kind == NODE_DUP ? ", a dup" : "");
	else
		pane_fieldf(pane, y + 1, scene_mark(scene, &row), "now", row.fact.evidence,
			    row.fact.doubt != DOUBT_NONE, "%s in no tree, page 0x%" PRIx64 "%s", name,
			    row.node.kpfn, row.node.place == NODE_ON_MIGRATE_LIST ? ", on the migrate list" : "");
}

/* ---- the list ---- */

void numa_moves_draw(struct pane pane, struct numa_moves *moves, const struct scene *scene)
{
	struct view_state *state = session_view_state(scene->session);
	uint32_t nr = numa_log_nr(&moves->log, scene->when.t), at, first;
	const struct numa_move *move = current(moves, scene, &at);
	int rows = pane.height - 5;
	bool lost = history_may_lack(scene->history, EVENT_P_NODE_KPFN, 0, scene->when.t, scene->when.known_by);
	char count[FORMAT_MAX + 32];

	snprintf(count, sizeof(count), "%s%s so far", lost ? "at least " : "", format_count((char[FORMAT_MAX]){0}, nr));
	pane_rule(pane, 0, "PAGES THAT CHANGED THEIR NID", count);
	if (!move) {
		pane_text(pane, 3, 1, ROLE_HINT, lost ? "none is known: events were lost" :
			  moves->log.nr ? "none yet" : history_may_lack(scene->history, EVENT_P_NODE_KPFN, 0, NEVER, NEVER) ? "none is known" :
			  "none in this recording");
		list_place(&state->lists[PART_MOVES], 0, 0, 0, 0, 0);
		return;
	}
	pane_text(pane, 3, 1, ROLE_HEADING, "EVENT     NODE      NIDS ");
	pane_text(pane, 35, 1, ROLE_HEADING,
		  pane.width > 100 ? "PAGE                      STABLE NODE NOW" : "STABLE NODE NOW");
	rows = rows < 1 ? 1 : rows;
	first = at + 1 > (uint32_t)rows ? at + 1 - (uint32_t)rows : 0;
	for (int i = 0; i < rows && first + (uint32_t)i < nr; i++)
		draw_move(pane, 2 + i, scene, &moves->log.moves[first + (uint32_t)i], first + (uint32_t)i == at);
	moves->height = rows;
	state->lists[PART_MOVES].cursor = moves->drawn = at;
	state->lists[PART_MOVES].top = first;
	list_place(&state->lists[PART_MOVES], nr, pane.x - scene->body.x, pane.y - scene->body.y + 2, pane.width, rows);
	draw_way(pane, pane.height - 3, scene, move);
	draw_before(pane, pane.height - 2, scene, move);
}

static void choose(struct numa_moves *moves, const struct scene *scene, int64_t to)
{
	uint32_t nr = numa_log_nr(&moves->log, scene->when.t);

	if (!nr)
		return;
	to = to < 0 ? 0 : to >= nr ? (int64_t)nr - 1 : to;
	moves->chosen = to == (int64_t)nr - 1 ? 0 : moves->log.moves[to].event;
	session_select(scene->session, moves->log.moves[to].node);
}

bool numa_moves_act(struct numa_moves *moves, const struct scene *scene, enum action action)
{
	uint32_t at;

	current(moves, scene, &at);
	switch (action) {
	case ACTION_UP:
		choose(moves, scene, (int64_t)at - 1);
		return true;
	case ACTION_DOWN:
		choose(moves, scene, (int64_t)at + 1);
		return true;
	case ACTION_PAGE_UP:
		choose(moves, scene, (int64_t)at - moves->height);
		return true;
	case ACTION_PAGE_DOWN:
		choose(moves, scene, (int64_t)at + moves->height);
		return true;
	case ACTION_TOP:
		choose(moves, scene, 0);
		return true;
	case ACTION_BOTTOM:
		choose(moves, scene, INT64_MAX);
		return true;
	default:
		return false;
	}
}

void numa_moves_click(struct numa_moves *moves, const struct scene *scene, const struct list *place)
{
	if (place->cursor != moves->drawn)
		choose(moves, scene, (int64_t)place->cursor);
}

struct ref numa_moves_node(const struct numa_moves *moves, const struct scene *scene)
{
	uint32_t at;
	const struct numa_move *move = current(moves, scene, &at);

	return move ? move->node : (struct ref){0};
}

uint64_t numa_moves_event(const struct numa_moves *moves, const struct scene *scene)
{
	uint32_t at;
	const struct numa_move *move = current(moves, scene, &at);

	return move ? move->event : 0;
}

void numa_moves_describe(const struct numa_moves *moves, const struct scene *scene, char *buf, size_t size)
{
	struct episode_source source = scene_episodes(scene);
	struct numa_story story;
	const struct numa_move *move;
	char name[48];
	uint32_t at;

	move = current(moves, scene, &at);
	if (!move)
		return;
	numa_follow(&source, move, scene->when, &story);
	snprintf(buf, size, "#%" PRIu64 " %s: page 0x%" PRIx64 " (nid %" PRId32 ") -> 0x%" PRIx64 " (nid %" PRId32
		 "): %s", move->event, scene_name(scene, move->node, name, sizeof(name)), move->old_kpfn,
		 move->old_nid, move->kpfn, move->nid, numa_fate_text((enum numa_fate)story.fate));
}
