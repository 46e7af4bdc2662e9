// SPDX-License-Identifier: GPL-2.0-only
/*
 * words.c - enumerated values, times and objects as people read them.
 *
 * The words are event_table.h's, which the patch's own print formats use as well.  Objects are called
 * what they are called everywhere in the program: "node#12", "mm A (qemu 3141)".
 */
#include "explain/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/event_index.h"
#include "event/event_table.h"
#include "explain/narrate.h"

#define V(name, text) text,
static const char *const purposes[] = { KSMTOP_PURPOSES(V) };
static const char *const rules[] = { KSMTOP_WALK_RULES(V) };
static const char *const walk_ends[] = { KSMTOP_WALK_ENDS(V) };
static const char *const verdicts[] = { KSMTOP_VERDICTS(V) };
static const char *const dups[] = { KSMTOP_DUP_VERDICTS(V) };
static const char *const targets[] = { KSMTOP_MOVE_TARGETS(V) };
static const char *const outcomes[] = { KSMTOP_RECOVERY_OUTCOMES(V) };
static const char *const collapse_steps[] = { KSMTOP_COLLAPSE_STEPS(V) };
static const char *const scan_outcomes[] = { KSMTOP_SCAN_OUTCOMES(V) };
static const char *const detach_sites[] = { KSMTOP_DETACH_SITES(V) };
#undef V

#define LIST(array) { array, sizeof(array) / sizeof(*(array)) }
static const struct { const char *const *words; size_t nr; } lists[NR_WORD_LISTS] = {
	[WORDS_PURPOSE] = LIST(purposes), [WORDS_RULE] = LIST(rules), [WORDS_WALK_END] = LIST(walk_ends),
	[WORDS_VERDICT] = LIST(verdicts), [WORDS_DUP] = LIST(dups), [WORDS_TARGET] = LIST(targets),
	[WORDS_OUTCOME] = LIST(outcomes), [WORDS_COLLAPSE] = LIST(collapse_steps),
	[WORDS_SCAN] = LIST(scan_outcomes), [WORDS_DETACH] = LIST(detach_sites),
};

const char *explain_word(enum word_list list, int64_t value, char number[24])
{
	if (value >= 0 && (uint64_t)value < lists[list].nr)
		return lists[list].words[value];
	snprintf(number, 24, "%" PRId64, value);
	return number;
}

static const char *symbol(const char *name, int64_t value, char buf[SYMBOL_MAX])
{
	if (name)
		snprintf(buf, SYMBOL_MAX, "%.32s (%" PRId64 ")", name, value);
	else
		snprintf(buf, SYMBOL_MAX, "%" PRId64, value);
	return buf;
}

const char *explain_scan_result(struct event_index *events, int64_t result, char buf[SYMBOL_MAX])
{
	static const struct { const char *event, *field; } with[] = {
		{ "mm_collapse_huge_page", "status" }, { "mm_khugepaged_collapse_file", "result" },
		{ "mm_khugepaged_scan_pmd", "status" }, { "mm_khugepaged_scan_file", "result" },
	};
	const char *name = NULL;

	for (size_t i = 0; !name && i < sizeof(with) / sizeof(with[0]); i++)
		name = event_index_symbol(events, "huge_memory", with[i].event, with[i].field, result);
	return symbol(name, result, buf);
}

const char *explain_migrate_mode(struct event_index *events, int64_t mode, char buf[SYMBOL_MAX])
{
	return symbol(event_index_symbol(events, "migrate", "mm_migrate_pages_start", "mode", mode), mode, buf);
}

const char *explain_migrate_reason(struct event_index *events, int64_t reason, char buf[SYMBOL_MAX])
{
	return symbol(event_index_symbol(events, "migrate", "mm_migrate_pages_start", "reason", reason), reason,
		      buf);
}

/* The kernel moved the event from one system to another. */
const char *explain_failed_page(struct event_index *events, int64_t type, char buf[SYMBOL_MAX])
{
	const char *name = event_index_symbol(events, "memory_failure", "memory_failure_event", "type", type);

	return symbol(name ? name : event_index_symbol(events, "ras", "memory_failure_event", "type", type), type, buf);
}

const char *explain_failure_result(int64_t result, char buf[SYMBOL_MAX])
{
	static const char *const results[] = { "ignored", "failed", "delayed", "recovered" };

	return result >= 0 && (size_t)result < sizeof(results) / sizeof(results[0]) ? results[result] :
	       symbol(NULL, result, buf);
}

const char *explain_sigbus_code(int64_t code)
{
	return code == 4 ? " (BUS_MCEERR_AR, action required)" :
	       code == 5 ? " (BUS_MCEERR_AO, action optional)" : "";
}

const char *explain_time(uint64_t ns, char *buf, size_t size)
{
	if (ns < 1000)
		snprintf(buf, size, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(buf, size, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(buf, size, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(buf, size, "%.2f s", (double)ns / 1e9);
	return buf;
}

const char *episode_word(enum episode_kind kind)
{
	static const char *const words[NR_EPISODE_KINDS] = {
		"scan", "walk", "kill-list", "recovery", "collapse", "migration" };

	return (unsigned)kind < NR_EPISODE_KINDS ? words[kind] : "?";
}

const char *narrate_name(const struct history *h, struct ref ref, struct moment when, char *buf,
			 size_t size)
{
	union row row;
	size_t at;

	if (ref_is_none(ref) || history_row(h, ref, when, &row) != 0) {
		snprintf(buf, size, "?");
		return buf;
	}
	at = strlen(history_short_name(&row, buf, size));
	if (ref.table == TABLE_MM && row.mm.tgid)
		snprintf(buf + at, size - at, " (%s %" PRId32 ")", row.mm.comm[0] ? row.mm.comm : "pid",
			 row.mm.tgid);
	return buf;
}
