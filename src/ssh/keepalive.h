/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_KEEPALIVE_H
#define SSHOAL_SSH_KEEPALIVE_H

#include <stdint.h>

#include <sshoal/error.h>

#include "ssh/session.h"

/* When to ask a server for a sign of life: any byte is one. Its answers stay
 * in libssh2's memory, some hundred bytes each, until the session ends. */
struct keepalive {
	int64_t interval_ms;  /* 0: never */
	int64_t due_ms;       /* DEADLINE_NONE: never */
	uint64_t heard_bytes; /* of the session, when last looked at */
	uint32_t unanswered;
	uint32_t most; /* so many unanswered ones make it dead */
};

void sshoal__keepalive_init(struct keepalive *keepalive,
			    struct session *session, int64_t interval_ms,
			    uint32_t most);

/* Bytes may have come. */
void sshoal__keepalive_heard(struct keepalive *keepalive,
			     const struct session *session);

/* Its time has come, perhaps: asks. 0, or SSHOAL_ELOST when it has been asked
 * often enough; the session is dead then. */
int sshoal__keepalive_due(struct keepalive *keepalive, struct session *session,
			  sshoal_error *error);

#endif
