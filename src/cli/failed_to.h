/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_FAILED_TO_H
#define SSHOAL_CLI_FAILED_TO_H

#include <sshoal/error.h>
#include <sshoal/inventory.h>

#include "report/log_file.h"
#include "report/tally.h"

/* The file of --failed-to on its way. All zero: none is wanted. */
struct failed_to {
	struct log_folder folder; /* of a file that is to be replaced */
	char *folder_path;
	const char *path; /* borrowed */
	const char *name; /* the part of it behind the folder */
	int fd; /* of what is no file, such as a pipe or a link; or -1 */
};

/* Opens what path, which must stay, is in, or path itself, to append, where it
 * is neither a file nor missing. 0, SSHOAL_ELOCAL or SSHOAL_ENOMEM. */
int sshoal__failed_to_open(struct failed_to *file, const char *path,
			   sshoal_error *error);

/* Writes expressions of a sorted tally's failures, one a line, into a file which
 * then gets its name, in the place of what had it. 0 or SSHOAL_ELOCAL. */
int sshoal__failed_to_write(struct failed_to *file, const struct tally *tally,
			    const sshoal_hosts *hosts, sshoal_error *error);

void sshoal__failed_to_close(struct failed_to *file);

#endif
