/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROMPTS_H
#define SSHOAL_SSH_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/client.h>

#include "ssh/session.h"

/*
 * One login by keyboard-interactive (RFC 4256). libssh2 hands its callback the
 * session alone, so what answers hangs there.
 */
struct prompting {
	const char *password;  /* for one hidden prompt; NULL once it was given
			       */
	sshoal_prompt_cb *ask; /* for everything else; NULL: nobody */
	void *data;
	int64_t asked_ms; /* how long somebody was asked */
	unsigned rounds;
	bool unexpected; /* a prompt that nobody answers */
	bool endless;    /* the server went on asking */
	bool refused;    /* ask() gave up */
};

/* Tries it. 0, SSHOAL_EAUTH where it is not over for the session (the members
 * above tell more), or as sshoal__session_wait(). *libssh2_code: what it ended
 * with. deadline_ms moves by the time somebody was asked. */
int sshoal__prompts_try(struct session *session, const char *user,
			struct prompting *prompting, int64_t *deadline_ms,
			int *libssh2_code, sshoal_error *error);

#endif
