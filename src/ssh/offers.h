/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_OFFERS_H
#define SSHOAL_SSH_OFFERS_H

#include "ssh/identity.h"
#include "ssh/login.h"

/* What is offered to a server, in order, each once. */
struct offers {
	struct identity list[LOGIN_KEYS_MAX];
	size_t count;
	bool wants_agent; /* a public key alone that no agent has was left
			     out */
};

/* Works it out: keys given, the agent's, default keys; before each key what
 * certificates there are for it. They borrow from the login. */
void sshoal__offers_make(struct offers *offers, const struct login *login);

#endif
