/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_JOURNALS_H
#define SSHOAL_CLI_JOURNALS_H

#include <sshoal/error.h>

/*
 * The path of the journal that was written last, for free(3).
 * 0, SSHOAL_EINVAL (there is none; the text says where it was looked for) or
 * SSHOAL_ENOMEM.
 */
int sshoal__journals_last(char **path, sshoal_error *error);

#endif
