/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_SIGNALS_H
#define SSHOAL_CLI_SIGNALS_H

#include <sshoal/cancel.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP set cancel: the first its level END,
 * the second ABORT; the second once more kills. A signal that was ignored
 * stays so.
 */
void sshoal__signals_start(sshoal_cancel *cancel);

/* The first signal that came; 0 for none. */
int sshoal__signals_number(void);

/* Leaves cancel alone; signals that come later are only noted. */
void sshoal__signals_stop(void);

#endif
