/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_DIAL_H
#define SSHOAL_SSH_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/result.h>

#include "ssh/login.h"
#include "ssh/resolve.h"
#include "ssh/session.h"
#include "trust/trust.h"

/* Who hears of the way to a session; every member may be NULL. */
struct dial_events {
	void (*enter)(void *data, int phase); /* one of enum sshoal_phase */
	/* Decides on a key that is not known: enum sshoal_host_key_answer. Its
	 * time is not counted. */
	sshoal_host_key_cb *host_key;
	void *data;
};

struct dial;

/* Who has another way to a host than a connection of ours: gives a connected
 * non-blocking socket, and when the key exchange must be done. As
 * sshoal__dial(). */
typedef int dial_reach_fn(void *data, const struct dial *dial, int *fd,
			  int64_t *deadline_ms, sshoal_error *error);

/* All it takes to get a session on which somebody is logged in. Borrowed for
 * the call. */
struct dial {
	const char *host; /* as known_hosts has it, like the next */
	uint32_t host_port;
	const struct addresses *addresses; /* NULL: proxy_command, or fd */
	const char *proxy_command; /* what connects instead; NULL: nobody */
	dial_reach_fn *reach;      /* likewise, and goes before that */
	void *reach_data;
	const struct algorithms *algorithms; /* NULL: the usual ones */
	const struct address *bind;          /* to connect from; NULL: any */
	struct trust *trust;
	const struct login *login;
	const struct dial_events *events;
	struct watch *watch; /* outlives the session */
	int64_t connect_deadline_ms;
	int64_t login_timeout_ms; /* -1: none */
	int64_t deadline_ms;      /* of everything */
	int cancel_fd;            /* of the session's waits */
	int fd; /* connected and non-blocking; taken over in any case */
	uint32_t policy;   /* enum sshoal_host_key_policy */
	uint32_t attempts; /* how often to connect; 0: once */
	uint16_t port;
};

/* What came of it, besides the session; written also on failure. */
struct dialed {
	char address[ADDRESS_TEXT_MAX]; /* the last one tried; "" for fd */
	bool key_added;
	enum password_fate password;
	int64_t asked_ms; /* how long somebody was asked */
};

/*
 * Connects, exchanges keys, checks the host's key and logs in, in this order.
 * The codes of what fails: sshoal__connect(), sshoal__session_handshake(),
 * sshoal__trust_check(), sshoal__session_login(), and where a proxy command
 * ended before anything came SSHOAL_EUNREACHABLE, or SSHOAL_ELOCAL where there
 * is no such command.
 */
int sshoal__dial(struct session **session, const struct dial *dial,
		 struct dialed *dialed, sshoal_error *error);

/* A host key that a server has proved to have. */
struct shown_key {
	unsigned char *key; /* as SSH sends it, for free(3) */
	size_t key_size;
	uint32_t kinds; /* TRUST_ kinds of keys to be had there */
};

/*
 * Connects and exchanges keys, no more: nothing is checked, and nobody is
 * named who could log in. kinds: the TRUST_ kinds that are asked for, 0 for
 * any. Of dial, trust, login and policy do not count. The codes of
 * sshoal__connect() and sshoal__session_handshake().
 */
int sshoal__dial_key(struct shown_key *shown, const struct dial *dial,
		     uint32_t kinds, struct dialed *dialed,
		     sshoal_error *error);

#endif
