/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_recording.h - the recording over which filters and keys are fuzzed: $KSMTOP_RECORDING.
 *
 * Opened and built once for the whole process, by the first call; it ends the program if it cannot
 * be had, since a fuzzer over nothing would find nothing.
 */
#ifndef KSMTOP_FUZZ_RECORDING_H
#define KSMTOP_FUZZ_RECORDING_H

#include "recording.h"

struct recording *fuzz_recording(void);

#endif
