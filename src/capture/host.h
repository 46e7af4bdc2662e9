/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - the samples about the machine itself: HOST once, KSM's counters every second.
 *
 * HOST says on what the recording was made: kernel release, page size, CPUs and memory nodes, the
 * configuration that decides what KSM and its events can do, and the command that recorded.
 * KSM is every file of /sys/kernel/mm/ksm; the files stay open, and a sample is two dozen preads.
 */
#ifndef KSMTOP_HOST_H
#define KSMTOP_HOST_H

#include "capture/proc_file.h"
#include "trace/sample.h"

/* Adds the HOST sample; page_flag: sweep_page_flag().  0 or -ENOMEM. */
int host_sample(struct sample_builder *builder, const char *command_line, enum sample_page_flag page_flag);

struct ksm_files {
	struct ksm_file {
		char name[48];
		int fd;
	} files[64];
	size_t nr_files;
};

/* Opens every file of /sys/kernel/mm/ksm.  0 or -E (-ENOENT: no CONFIG_KSM or no sysfs). */
int ksm_files_open(struct ksm_files *ksm);
/* Adds a KSM sample.  0 or -ENOMEM. */
int ksm_files_sample(struct ksm_files *ksm, struct sample_builder *builder);
void ksm_files_close(struct ksm_files *ksm);

#endif /* KSMTOP_HOST_H */
