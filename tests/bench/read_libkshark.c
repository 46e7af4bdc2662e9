// SPDX-License-Identifier: GPL-2.0-only
/*
 * read_libkshark.c - the peer: the same file loaded by KernelShark's library.
 *
 *	read_libkshark FILE
 *
 * Its model is one small row an event, which is what a viewer of traces keeps in memory.  Prints
 * KEY=VALUE like open_recording: events, anonymous and peak memory in kB.
 */
#include <libkshark.h>

#include "status.h"

int main(int argc, char **argv)
{
	struct kshark_context *context = NULL;
	struct kshark_entry **rows = NULL;
	ssize_t nr;
	int stream;

	if (argc != 2 || !kshark_instance(&context))
		return 2;
	stream = kshark_open(context, argv[1]);
	if (stream < 0)
		return 2;
	nr = kshark_load_entries(context, stream, &rows);
	if (nr < 0)
		return 2;
	printf("events=%zd anon=%ld peak=%ld\n", nr, status_kb("RssAnon:"), status_kb("VmHWM:"));
	return 0;
}
