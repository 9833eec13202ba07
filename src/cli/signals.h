/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_SIGNALS_H
#define SSHOAL_CLI_SIGNALS_H

#include <sshoal/cancel.h>

/*
 * From now on SIGINT, SIGTERM and SIGHUP set cancel: the first its level END,
 * the second ABORT; the second once more kills. SIGQUIT sets drain. SIGUSR1, and
 * SIGINFO where there is one, ask how the run stands. Without drain, NULL, there
 * is no run, and they do what they do else. A signal that was ignored
 * stays so.
 */
void sshoal__signals_start(sshoal_cancel *cancel, sshoal_cancel *drain);

/* Waits until somebody asks; _question() asks. */
void sshoal__signals_await_question(void);
void sshoal__signals_question(void);

/* The first signal that came; 0 for none. */
int sshoal__signals_number(void);

/* Leaves cancel and drain alone; signals that come later are only noted. */
void sshoal__signals_stop(void);

#endif
