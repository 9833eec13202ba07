/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_LOGIN_KEY_H
#define SSHOAL_AUTH_LOGIN_KEY_H

#include <stdbool.h>

#include <sshoal/key.h>

/* Told what is not used of a key, and why. */
typedef void login_key_skipped_fn(void *data, int code, const char *text);

/* Whom to tell, and what else there is to sign with. */
struct login_key_plan {
	const char *passphrase; /* NULL: none */
	bool has_agent; /* a key that needs a passphrase and has KEY.pub beside
			   it is loaded as the public part alone */
	login_key_skipped_fn *skipped; /* may be NULL */
	void *data;
};

/*
 * Loads a key to log in with, and attaches KEY-cert.pub where there is one. A
 * certificate that does not fit is told and not used. The codes of
 * sshoal_key_load_file().
 */
int sshoal__login_key_load(sshoal_key **key, const char *path,
			   const struct login_key_plan *plan,
			   sshoal_error *error);

/* Loads a file that holds a certificate, for whichever key it is. 0,
 * SSHOAL_EFORMAT (there is none in it), or as sshoal_key_load_public_file(). */
int sshoal__login_key_load_certificate(sshoal_key **key, const char *path,
				       sshoal_error *error);

#endif
