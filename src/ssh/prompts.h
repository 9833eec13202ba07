/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROMPTS_H
#define SSHOAL_SSH_PROMPTS_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/client.h>

#include "ssh/session.h"
#include "trust/trust.h"

/*
 * One login by keyboard-interactive (RFC 4256). libssh2 hands its callback the
 * session alone, so what answers hangs there.
 */
struct prompting {
	const char *password;  /* NULL: none, or it was given */
	bool is_further;       /* it was right already, or other answers were:
				  only what asks for a password is answered
				  with it */
	sshoal_prompt_cb *ask; /* for everything else; NULL: nobody */
	void *data;
	char *refused;    /* TRUST_FINGERPRINT_SIZE bytes: of the answers that
			  were refused before, "": none. Those that are
			  given take their place */
	int64_t asked_ms; /* how long somebody was asked */
	unsigned rounds;
	bool gave_password;
	bool asked;         /* somebody was */
	bool unexpected;    /* a question that nobody answers */
	bool endless;       /* the server went on asking */
	int gave_up;        /* what ask() returned, if it did */
	bool repeated;      /* it gave what was refused before */
	char question[100]; /* the first that nobody answers */
};

/* Tries it. 0, SSHOAL_EAUTH where it is not over for the session (the members
 * above tell more), or as sshoal__session_wait(). *libssh2_code: what it ended
 * with. deadline_ms moves by the time somebody was asked. */
int sshoal__prompts_try(struct session *session, const char *user,
			struct prompting *prompting, int64_t *deadline_ms,
			int *libssh2_code, sshoal_error *error);

#endif
