/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LOGIN_H
#define SSHOAL_SSH_LOGIN_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/error.h>
#include <sshoal/key.h>

#include "ssh/agent_keys.h"
#include "ssh/login_ways.h"
#include "ssh/session.h"

/* How many keys are offered to one server: it counts each one it refuses, and
 * OpenSSH takes six. */
#define LOGIN_KEYS_MAX 5

/* What to log in with, in the order it is tried: keys given, the agent's,
 * default keys, password, questions. Borrowed for the call. */
struct login {
	const char *user;
	const char *password; /* NULL: none; also the answer to a single hidden
				 keyboard-interactive prompt */
	sshoal_key *const *keys; /* a public one is the agent's to sign with */
	size_t key_count;
	const struct agent_keys *agent; /* NULL: none */
	sshoal_key *const *default_keys;
	size_t default_key_count;
	sshoal_key *const *certificates; /* keys that have one, for those above
					    */
	size_t certificate_count;
	sshoal_prompt_cb *prompt; /* answers what the password does not; NULL:
				     nobody does */
	void *prompt_data;
	struct login_ways ways;
};

/*
 * Logs in. The host key must have been checked before. 0, SSHOAL_EAUTH (the
 * text says what was tried and what the server takes), SSHOAL_ETIMEOUT,
 * SSHOAL_ECANCELLED, SSHOAL_ELOST, SSHOAL_EPROTOCOL, SSHOAL_ENOMEM. What became
 * of the password stands in the session either way.
 */
int sshoal__session_login(struct session *session, const struct login *login,
			  int64_t deadline_ms, sshoal_error *error);

#endif
