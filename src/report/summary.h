/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_SUMMARY_H
#define SSHOAL_REPORT_SUMMARY_H

#include "report/console.h"
#include "report/tally.h"

/* More hosts than this that ended alike share one line. */
#define SUMMARY_ALIKE_MAX 20

/*
 * Prints a run's counts and the hosts that are not ok on standard error, in
 * the order of the list; the tally has been sorted.
 * 0, or SSHOAL_ENOMEM: then every host has its own line.
 */
int sshoal__summary_print(struct console *console, const struct tally *tally);

#endif
