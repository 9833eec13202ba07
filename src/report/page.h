/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_H
#define SSHOAL_REPORT_PAGE_H

#include "report/console.h"
#include "report/recording.h"

/*
 * Writes a recorded run to standard output as one page of HTML that needs
 * nothing else: neither a network nor, to be read, its script. name is the
 * file's. 0, SSHOAL_ENOMEM or SSHOAL_EIO (told already).
 */
int sshoal__page_write(struct console *console,
		       const struct recording *recording, const char *name);

#endif
