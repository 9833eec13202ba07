/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_LOGIN_ATTEMPTS_H
#define SSHOAL_SSH_LOGIN_ATTEMPTS_H

#include <stdbool.h>

#include "ssh/offers.h"
#include "trust/trust.h"

/* A login, how far it is, and what came of each thing tried. */
struct attempts {
	struct session *session;
	const struct login *login;
	struct offers offers;
	int64_t deadline_ms;
	size_t next_offer;
	unsigned failures; /* how many there were before the last method */
	unsigned partials; /* likewise */
	unsigned prompts;  /* how often somebody was asked in vain */
	unsigned refused_keys;
	unsigned refused_certificates;
	uint32_t accepted; /* set of enum sshoal_login_method: right, and not
			      enough */
	bool password_sent;
	bool password_refused;
	bool answers_refused;
	bool prompts_over;            /* no more questions are answered */
	const struct identity *stray; /* the last certificate refused */
	char note[240]; /* why something was not tried or failed here */
	char answers[TRUST_FINGERPRINT_SIZE]; /* of those refused last */
};

/* Says what was tried, what the server takes and what else could help. Returns
 * SSHOAL_EAUTH. */
int sshoal__login_explain(const struct attempts *attempts, sshoal_error *error);

#endif
