/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_CLIENT_OPTIONS_H
#define SSHOAL_SSH_CLIENT_OPTIONS_H

#include <sshoal/client.h>

/* Fills own, which borrows what given points to, from a caller's struct of any
 * release; given may be NULL. 0 or SSHOAL_EINVAL with the member's name. */
int sshoal__client_options_take(sshoal_client_options *own,
				const sshoal_client_options *given,
				sshoal_error *error);

/* SSHOAL_EINVAL, with its name, where a member is set that is for one client
 * and not for a fleet's targets; else 0. */
int sshoal__client_options_plain(const sshoal_client_options *options,
				 sshoal_error *error);

#endif
