/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_LOGIN_H
#define SSHOAL_CLI_LOGIN_H

#include <sshoal/cancel.h>
#include <sshoal/client.h>
#include <sshoal/config.h>
#include <sshoal/error.h>

#include "cli/options.h"

/* What the fleet is told about logging in. */
struct login {
	sshoal_client_options defaults;  /* weaker than the hosts file */
	sshoal_client_options overrides; /* stronger */
	char *secret;                    /* the password, if it is ours */
	char *passphrase;
	char *sudo_password;
	sshoal_config *config; /* what ssh_config and -o say */
};

/*
 * Reads the files that the options name, and ssh_config. The options, and password, which is
 * $SSHOAL_PASSWORD's, must stay as long as the login.
 * 0, or what the files returned; there is nothing to fini then.
 */
int sshoal__login_init(struct login *login, const struct login_options *options,
		       const char *password, sshoal_error *error);

/* Asks for a password and a passphrase where the options say so. 0, or what the prompt
 * returned: SSHOAL_ECANCELLED after an interrupt. */
int sshoal__login_ask(struct login *login, const struct login_options *options,
		      sshoal_cancel *cancel, sshoal_error *error);

/* Wipes and frees the secrets. */
void sshoal__login_fini(struct login *login);

#endif
