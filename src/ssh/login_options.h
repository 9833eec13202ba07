/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LOGIN_OPTIONS_H
#define SSHOAL_SSH_LOGIN_OPTIONS_H

#include <sshoal/client.h>

/*
 * The members of a client's options that say in which ways to log in: those
 * after max_channels.
 */

/* Gives own copies of them, that are its own. 0 or SSHOAL_ENOMEM;
 * _fini() is due either way. */
int sshoal__login_options_copy(sshoal_client_options *own,
			       const sshoal_client_options *given);
void sshoal__login_options_fini(sshoal_client_options *own);

/* Sets those that own leaves unset; the strings stay the other's. */
void sshoal__login_options_add(sshoal_client_options *own,
			       const sshoal_client_options *weaker);

#endif
