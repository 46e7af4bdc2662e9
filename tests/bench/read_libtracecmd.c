// SPDX-License-Identifier: GPL-2.0-only
/*
 * read_libtracecmd.c - the peer: the same file through libtracecmd, four cached fields an event.
 *
 *	read_libtracecmd FILE
 *
 * What a program built on libtracecmd pays for reading a recording once, with the fields looked up
 * once for each type.  Prints KEY=VALUE like open_recording.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <trace-cmd.h>

struct reader {
	struct tep_handle *tep;
	struct tep_format_field *fields[65536][4];
	bool known[65536];
	unsigned long long nr, sum;
};

static int read_event(struct tracecmd_input *handle, struct tep_record *record, int cpu, void *data)
{
	struct reader *reader = data;
	int type = tep_data_type(reader->tep, record) & 0xffff;
	unsigned long long value;

	(void)handle;
	(void)cpu;
	reader->nr++;
	if (!reader->known[type]) {
		struct tep_event *event = tep_find_event(reader->tep, type);
		struct tep_format_field *field = event ? event->format.fields : NULL;

		reader->known[type] = true;
		for (int i = 0; i < 4 && field; i++, field = field->next)
			reader->fields[type][i] = field;
	}
	for (int i = 0; i < 4 && reader->fields[type][i]; i++)
		if (tep_read_number_field(reader->fields[type][i], record->data, &value) == 0)
			reader->sum += value;
	return 0;
}

int main(int argc, char **argv)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct tracecmd_input *input = argc == 2 ? tracecmd_open(argv[1], 0) : NULL;
	struct rusage usage;

	if (!reader || !input)
		return 2;
	reader->tep = tracecmd_get_tep(input);
	tracecmd_iterate_events(input, NULL, 0, read_event, reader);
	getrusage(RUSAGE_SELF, &usage);
	printf("events=%llu peak=%ld sum=%llx\n", reader->nr, usage.ru_maxrss, reader->sum);
	tracecmd_close(input);
	free(reader);
	return 0;
}
