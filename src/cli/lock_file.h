/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_LOCK_FILE_H
#define SSHOAL_CLI_LOCK_FILE_H

#include <stdint.h>

#include <sshoal/error.h>

/*
 * Takes the lock of a file, which is made where it is not there, as flock(1)
 * does; closing *fd gives it back.
 * wait_ms: how long to wait for whoever has it; 0 and less: not at all
 * 0, SSHOAL_EBUSY (the text says who has it, if that is known), SSHOAL_EINVAL
 * (the file cannot be) or SSHOAL_ELOCAL.
 */
int sshoal__lock_file_take(int *fd, const char *path, int64_t wait_ms,
			   sshoal_error *error);

#endif
