/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PROGRESS_H
#define SSHOAL_REPORT_PROGRESS_H

#include <stddef.h>

#include <sshoal/transfer.h>

#include "report/console.h"

/*
 * How far a run is, as one line on standard error that is drawn anew and never
 * mixed with anything else: hosts, and where files are moved bytes, their rate
 * and the time left.
 */
struct progress;

/* The console must stay; indexes are below host_count. 0 or SSHOAL_ENOMEM. */
int sshoal__progress_new(struct progress **progress, struct console *console,
			 size_t host_count);

/* What happened: a host began (the index-th), moved files, ended. */
void sshoal__progress_begin(struct progress *progress, size_t index);
void sshoal__progress_move(struct progress *progress, size_t index,
			   const sshoal_transfer_progress *moved);
void sshoal__progress_end(struct progress *progress, size_t index, bool is_ok);

/* Draws it, if that has not been done for a while. To be called after the
 * console was flushed. */
void sshoal__progress_draw(struct progress *progress);

/* The line is gone afterwards. NULL is ignored. */
void sshoal__progress_free(struct progress *progress);

#endif
