/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_AGENT_LINK_H
#define SSHOAL_AUTH_AGENT_LINK_H

#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/* No message to or from an agent is larger, as in OpenSSH. */
#define AGENT_MESSAGE_MAX (256 * 1024)

/* A connection; -1 once an exchange failed half-way, since what comes next on
 * it would be the answer to another question. */
struct agent_link {
	int fd;
};

/* Until when a call may wait. */
struct agent_limit {
	int64_t deadline_ms;
	int cancel_fd; /* -1: none */
};

/* The codes of sshoal__agent_open(). */
int sshoal__agent_link_open(struct agent_link *link, const char *path,
			    const struct agent_limit *limit,
			    sshoal_error *error);

/*
 * Sends a message and receives the answer into reply, both without the length
 * before them; reply is empty with a maximum of AGENT_MESSAGE_MAX.
 * SSHOAL_ECLOSED after a failed exchange, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED,
 * SSHOAL_EPROTOCOL (an empty answer, one over the maximum), SSHOAL_EIO (the
 * agent went away), SSHOAL_ELIMIT (the message is too large), SSHOAL_ELOCAL,
 * SSHOAL_ENOMEM.
 */
int sshoal__agent_link_ask(struct agent_link *link,
			   const struct buffer *message, struct buffer *reply,
			   const struct agent_limit *limit,
			   sshoal_error *error);

void sshoal__agent_link_close(struct agent_link *link);

#endif
