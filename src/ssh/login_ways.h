/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LOGIN_WAYS_H
#define SSHOAL_SSH_LOGIN_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/client.h>

/* In which ways somebody may log in. Strings are borrowed. */
struct login_ways {
	const char *preferred;  /* a comma list of methods, in the order they
				   are tried; NULL: the usual one */
	const char *algorithms; /* of public keys, as PubkeyAcceptedAlgorithms
				   has it; NULL: all there are */
	uint32_t disabled;      /* set of enum sshoal_login_method */
	uint32_t prompts;       /* how often somebody is asked; 0: once */
	bool identities_only;   /* an agent's further keys are not offered */
};

/* What a client's options say of it. */
struct login_ways sshoal__login_ways_of(const sshoal_client_options *options);

/* The place of a method among those to try, from 0; -1: it is not to be. */
int sshoal__login_ways_rank(const struct login_ways *ways,
			    enum sshoal_login_method method);

/* The name of a method, such as "publickey". */
const char *sshoal__login_method_name(enum sshoal_login_method method);

/* Whether an algorithm is one of a list as PubkeyAcceptedAlgorithms has it:
 * patterns, after "+" or "^" added to all there are, after "-" taken from them.
 * NULL: all. */
bool sshoal__algorithm_is_accepted(const char *list, const char *name);

#endif
