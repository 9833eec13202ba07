/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_DIFFERENCE_H
#define SSHOAL_REPORT_DIFFERENCE_H

#include "report/line_list.h"
#include "report/replay.h"

/* Texts beside one text of each stream. */
struct difference;

/* Takes the text that others are compared with. 0, SSHOAL_ENOMEM, or
 * SSHOAL_ELOCAL, which has been told. */
int sshoal__difference_new(struct difference **difference,
			   const struct replay *replay, const struct roll *roll,
			   struct mask *mask);

/*
 * Writes how a roll's stream differs, as hunks of a unified diff with three
 * lines around. *shown is false, and nothing is written, where that would be
 * more than is looked for. Returns as sshoal__replay().
 */
int sshoal__difference_print(struct difference *difference, bool *shown,
			     int stream, const struct roll *roll);

void sshoal__difference_free(struct difference *difference);

#endif
