/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_SHELL_H
#define SSHOAL_BASE_SHELL_H

#include <stdint.h>

#include <sshoal/error.h>

/*
 * Runs a command by $SHELL, else /bin/sh, with nothing to read and its output
 * thrown away, and waits for it; one that is not over by the deadline is
 * killed with all of its process group. *exit_status is 0 to 255, or minus the
 * number of the signal that ended it. cancel_fd ends it; -1: nothing does.
 * 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOCAL, SSHOAL_ENOMEM or
 * SSHOAL_EIO (it cannot be run).
 */
int sshoal__shell_run(int *exit_status, const char *command,
		      int64_t deadline_ms, int cancel_fd, sshoal_error *error);

#endif
