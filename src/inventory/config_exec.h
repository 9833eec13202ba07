/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_EXEC_H
#define SSHOAL_INVENTORY_CONFIG_EXEC_H

#include <stdbool.h>

#include <sshoal/error.h>

/* How long the command of a Match exec may take. */
#define CONFIG_EXEC_MS 10000

/*
 * Runs a command by $SHELL, else /bin/sh, with nothing to read and its output
 * thrown away, and waits for it; one that takes too long is killed. *is_true
 * tells whether it exited with 0. cancel_fd ends it; -1: nothing does. 0,
 * SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_ELOCAL, SSHOAL_ENOMEM or
 * SSHOAL_EIO (it cannot be run, or was killed).
 */
int sshoal__config_exec(bool *is_true, const char *command, int cancel_fd,
			sshoal_error *error);

#endif
