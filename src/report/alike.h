/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_ALIKE_H
#define SSHOAL_REPORT_ALIKE_H

#include <stddef.h>

#include "report/console.h"

/* What is to be said of a host: "WORD" or "WORD\nLINE\nLINE". Borrowed. */
struct alike {
	const char *label;
	const char *text;
};

/*
 * Prints what is said of hosts, those together of which the same is said, where
 * the first of them stands: "WORD: LABEL,LABEL (2 hosts)" and the lines, each
 * after two blanks. A NULL text is left out. 0, SSHOAL_EIO or SSHOAL_ENOMEM.
 */
int sshoal__alike_print(struct console *console, int stream,
			const struct alike *hosts, size_t count);

#endif
