/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_JOURNALS_H
#define SSHOAL_CLI_JOURNALS_H

#include <sshoal/error.h>

#include "report/journal_file.h"

/*
 * The path of the journal that was written last, for free(3).
 * 0, SSHOAL_EINVAL (there is none; the text says where it was looked for) or
 * SSHOAL_ENOMEM.
 */
int sshoal__journals_last(char **path, sshoal_error *error);

/*
 * Makes one for a run of this name, and removes old ones. *file is NULL where
 * there is no home to keep it in.
 * 0, or what sshoal__journal_file_open() returned: SSHOAL_EACCESS where none can
 * be made there.
 */
int sshoal__journals_new(struct journal_file **file, const char *run,
			 sshoal_error *error);

#endif
