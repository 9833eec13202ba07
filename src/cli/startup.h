/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_STARTUP_H
#define SSHOAL_CLI_STARTUP_H

#include <sshoal/error.h>

/*
 * Makes the process fit to run: descriptors 0 to 2 lead somewhere, SIGPIPE and
 * SIGXFSZ are ignored, as many descriptors as allowed, no core files with
 * secrets.
 * 0, or SSHOAL_EACCESS when the program runs with somebody else's rights.
 */
int sshoal__startup(sshoal_error *error);

/*
 * Takes $SSHOAL_PASSWORD out of the environment: its bytes are overwritten
 * where they were. Before any thread starts.
 * password receives a string for sshoal_secret_free(), NULL when it is not
 * set or empty. 0 or SSHOAL_ENOMEM.
 */
int sshoal__startup_password(char **password);

#endif
