/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_SECRET_H
#define SSHOAL_AUTH_SECRET_H

#include <sshoal/error.h>

/* As sshoal_secret_load_file(); a pipe is waited for until cancel_fd is
 * readable (-1: none), which is SSHOAL_ECANCELLED. */
int sshoal__secret_load(char **secret, const char *path, int cancel_fd,
			sshoal_error *error);

#endif
