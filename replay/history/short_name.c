// SPDX-License-Identifier: GPL-2.0-only
/*
 * short_name.c - what people call an object: "node#12", "mm A", "pfn 0x1a2f40".
 *
 * Objects of a table are numbered in the order in which they became known, and a number never changes, so a
 * name written down at one moment is good at any other.  An mm goes by letters, since few of them are looked at
 * and often: A ... Z, AA, AB ...  What an object's name does not say (which process, which address) whoever
 * shows it adds.
 *
 * Reading names is recording_names.c's.
 */
#include <inttypes.h>
#include <stdio.h>

#include "history/history.h"

static const char *mm_letters(uint32_t number, char text[8])
{
	uint64_t value = (uint64_t)number + 1;
	size_t n = 7;

	text[n] = 0;
	for (; value > 0 && n > 0; value = (value - 1) / 26)
		text[--n] = (char)('A' + (value - 1) % 26);
	return text + n;
}

const char *history_short_name(const union row *row, char *buf, size_t size)
{
	char letters[8];

	switch ((enum table)row->any.ref.table) {
	case TABLE_MM: snprintf(buf, size, "mm %s", mm_letters(row->mm.name.number, letters)); break;
	case TABLE_ANON_VMA: snprintf(buf, size, "anon_vma#%" PRIu32, row->anon_vma.name.number); break;
	case TABLE_VMA: snprintf(buf, size, "vma#%" PRIu32, row->vma.name.number); break;
	case TABLE_NODE: snprintf(buf, size, "node#%" PRIu32, row->node.name.number); break;
	case TABLE_ITEM: snprintf(buf, size, "item#%" PRIu32, row->item.name.number); break;
	case TABLE_PAGE: snprintf(buf, size, "pfn 0x%" PRIx64, row->page.name.addr); break;
	case TABLE_MAPPING:
		snprintf(buf, size, "0x%" PRIx64 " of pid %" PRId32, row->mapping.address, row->mapping.tgid);
		break;
	case TABLE_EPISODE: snprintf(buf, size, "episode#%" PRIu32, row->episode.number); break;
	default: snprintf(buf, size, "-"); break;
	}
	return buf;
}
