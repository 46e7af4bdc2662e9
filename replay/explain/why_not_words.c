// SPDX-License-Identifier: GPL-2.0-only
/*
 * why_not_words.c - each reason why a page is not shared: its word, which is an identifier, and one sentence.
 *
 * A sentence says what is the case and which part of the kernel decides it, not how it is known: the evidence and the
 * event stand beside it.  One that can be doubtful does not say so either; the mark does.
 *
 * Words are part of the JSON's schema: one that is there keeps its meaning.
 */
#include "explain/why_not_merged.h"

static const struct { const char *word, *text; } reasons[NR_NOT_MERGED] = {
	[NOT_MERGED_SHARED] = { "shared", "The page is shared: its item hangs on a stable node." },
	[NOT_MERGED_NO_ITEM] = { "no-item", "The page is shared, but has no rmap_item there, as after a fork or "
				 "mremap(): ksmd has not met it yet." },
	[NOT_MERGED_CHANGED] = { "changed", "The page was shared. When ksmd came by it found another one: it was written to "
				 "before, nobody knows when." },
	[NOT_MERGED_VMA_GONE] = { "vma-gone", "The page was shared. Its VMA is gone; ksmd still has its item, until it "
				  "comes by." },
	[NOT_MERGED_UNMAPPED] = { "unmapped", "A walk took the page from the process, to migrate it or to swap it out; "
				  "its item still hangs on the stable node." },
	[NOT_MERGED_POISONED] = { "poisoned", "The page's memory failed, and a walk left a hwpoison entry: whoever touches "
				  "it gets SIGBUS, until the process drops it." },
	[NOT_MERGED_NOT_IN_KSM] = { "not-in-ksm", "The process is not in KSM: nobody asks for it, with "
				    "madvise(MADV_MERGEABLE) or prctl(PR_SET_MEMORY_MERGE), or no longer." },
	[NOT_MERGED_NOT_ASKED] = { "not-asked", "The VMA is not mergeable: nobody asked for it with "
				   "madvise(MADV_MERGEABLE)." },
	[NOT_MERGED_WRONG_KIND] = { "wrong-kind", "KSM cannot merge a VMA of this kind: shared, of a device, "
				    "huge pages (vma_ksm_compatible())." },
	[NOT_MERGED_STOPPED] = { "stopped", "KSM does not run (/sys/kernel/mm/ksm/run is not 1)." },
	[NOT_MERGED_NOT_SCANNED] = { "not-scanned", "ksmd has not come by since the VMA exists." },
	[NOT_MERGED_NOT_TWICE] = { "not-twice", "ksmd has met the page in one scan only: a second one must find "
				   "the same checksum." },
	[NOT_MERGED_CHANGING] = { "changing", "The content changed between two scans." },
	[NOT_MERGED_SMART_SKIP] = { "smart-skip", "Smart scan passes the page over, since it was not merged "
				    "for several scans." },
	[NOT_MERGED_UNIQUE] = { "unique", "The page waits in the unstable tree: no equal page was met." },
	[NOT_MERGED_ZERO_PAGE] = { "zero-page", "The page was empty and is mapped to the zero page instead." },
	[NOT_MERGED_OTHER_NID] = { "other-nid", "Its equals are on another memory node (merge_across_nodes 0)." },
	[NOT_MERGED_WP_FAILED] = { "write-protect", "Write-protecting it failed: somebody else holds the page, "
				   "as a pin does." },
	[NOT_MERGED_LOCK_FAILED] = { "lock", "The page lock, its own or its equal's, was not to be had." },
	[NOT_MERGED_OTHER] = { "failure", "Merging it failed for another reason." },
	[NOT_MERGED_NO_PAGE] = { "no-page", "There is no anonymous page of its own: never written, swapped out, "
				 "the zero page, or gone with memory that failed." },
	[NOT_MERGED_NO_VMA] = { "no-vma", "No other VMA with anonymous pages is known: either there is none, or nothing "
				"told of it." },
	[NOT_MERGED_UNKNOWN] = { "unknown", "This recording cannot tell; one with the patch and --detail item_scan "
				 "would." },
};

const char *not_merged_word(enum not_merged reason)
{
	return (unsigned)reason < NR_NOT_MERGED ? reasons[reason].word : "?";
}

const char *not_merged_text(enum not_merged reason)
{
	return (unsigned)reason < NR_NOT_MERGED ? reasons[reason].text : "?";
}
