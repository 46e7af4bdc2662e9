// SPDX-License-Identifier: GPL-2.0-only
/*
 * print_events.c - every event of a recording as `trace-cmd report -t -R` has it, for comparing.
 *
 *	print_events FILE
 *
 * COMM-PID [CPU] SECONDS.NANOSECONDS: NAME: FIELDS; read by number through the index, after all of it
 * was merged by two threads.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "event/event_source.h"
#include "trace/trace_file.h"

int main(int argc, char **argv)
{
	struct event_source *source;
	struct event_index *index;
	struct event_batch batch;
	struct trace_file *file;
	struct diag diag = { 0 };
	static char text[65536];

	if (argc < 2 || trace_file_open(argv[1], &file, &diag) != 0 ||
	    event_index_new(file, NULL, &index) != 0 || event_source_new(index, 1, &source) != 0) {
		fprintf(stderr, "%s\n", diag_text(&diag, text, sizeof(text)));
		return 2;
	}
	while (event_source_next(source, UINT64_MAX, &batch) > 0)
		;
	for (uint64_t nr = 1; nr <= event_index_last(index); nr++) {
		struct event_record record;

		if (event_index_read(index, nr, &record) != 0)
			return 2;
		event_record_fields(index, &record, text, sizeof(text));
		printf("%s-%d [%03u] %" PRIu64 ".%09" PRIu64 ": %s: %s\n", record.comm, record.pid,
		       record.cpu, record.ts_ns / 1000000000, record.ts_ns % 1000000000, record.name, text);
	}
	event_source_free(source);
	event_index_free(index);
	trace_file_close(file);
	return 0;
}
