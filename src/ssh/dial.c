/* SPDX-License-Identifier: MIT */
#include "ssh/dial.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "ssh/connect.h"
#include "ssh/proxy_command.h"
#include "trust/host_key.h"

/* The way of every session, read from top to bottom. */

#define AGAIN_MS 1000

static void enter(const struct dial *dial, int phase)
{
	if (dial->events->enter)
		dial->events->enter(dial->events->data, phase);
}

/* Asks about a key that trust does not know. */
static int ask(const struct dial *dial, struct session *session,
	       const unsigned char *key, size_t size, struct dialed *dialed,
	       sshoal_error *error)
{
	int64_t from_ms = sshoal__clock_now_ms();
	char fingerprint[TRUST_FINGERPRINT_SIZE] = "";
	char type[65] = "";
	(void)sshoal__trust_fingerprint(fingerprint, key, size);
	(void)sshoal__trust_key_type(type, sizeof type, key, size);
	const sshoal_host_key shown = {
		.host = dial->host,
		.type = type,
		.fingerprint = fingerprint,
		.blob = key,
		.blob_size = size,
		.port = dial->port,
	};
	/* Nobody looks at the clock while a person thinks. */
	sshoal__session_limit(session, DEADLINE_NONE);
	int answer = dial->events->host_key(&shown, dial->events->data);
	session->asked_ms += sshoal__clock_now_ms() - from_ms;
	switch (answer) {
	case SSHOAL_HOST_KEY_ACCEPT_ONCE:
		return 0;
	case SSHOAL_HOST_KEY_ACCEPT_AND_ADD:
		return sshoal__trust_check(
			dial->trust, dial->host, dial->host_port, key, size,
			SSHOAL_HOST_KEY_ACCEPT_NEW, &dialed->key_added, error);
	default:
		return SSHOAL_EHOSTKEY_UNKNOWN;
	}
}

static int check_host_key(const struct dial *dial, struct session *session,
			  struct dialed *dialed, sshoal_error *error)
{
	size_t size = 0;
	const unsigned char *key = sshoal__session_host_key(session, &size);
	if (!key)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "the server has no host key");
	int rc = sshoal__trust_check(dial->trust, dial->host, dial->host_port,
				     key, size, dial->policy,
				     &dialed->key_added, error);
	if (rc != SSHOAL_EHOSTKEY_UNKNOWN || !dial->events->host_key)
		return rc;
	return ask(dial, session, key, size, dialed, error);
}

static int use_session(struct session *session, const struct dial *dial,
		       struct dialed *dialed, sshoal_error *error)
{
	uint32_t kinds = dial->policy == SSHOAL_HOST_KEY_OFF ?
				 0 :
				 sshoal__trust_kinds(dial->trust, dial->host,
						     dial->host_port);
	int rc = sshoal__session_handshake(session, kinds, dial->algorithms,
					   dial->connect_deadline_ms, error);
	if (rc == 0)
		rc = check_host_key(dial, session, dialed, error);
	if (rc)
		return rc;
	enter(dial, SSHOAL_PHASE_AUTH);
	int64_t login_deadline_ms = sshoal__deadline_min(
		sshoal__deadline_in(dial->login_timeout_ms), dial->deadline_ms);
	return sshoal__session_login(session, dial->login, login_deadline_ms,
				     error);
}

/* Whether what failed may be otherwise a second later. */
static bool may_change(int code)
{
	return code == SSHOAL_EREFUSED || code == SSHOAL_EUNREACHABLE ||
	       code == SSHOAL_EBUSY;
}

/* Connects, again and again with a second between, as ssh does. */
static int connect_often(int *fd, const struct dial *dial,
			 struct dialed *dialed, sshoal_error *error)
{
	for (uint32_t attempt = 1;; attempt++) {
		int rc = sshoal__connect(fd, dialed->address, dial->addresses,
					 dial->bind, dial->port,
					 dial->connect_deadline_ms,
					 dial->cancel_fd, error);
		if (!may_change(rc) || attempt >= dial->attempts)
			return rc;
		int64_t until_ms = sshoal__deadline_in(AGAIN_MS);
		if (until_ms >= dial->connect_deadline_ms)
			return rc;
		int waited =
			sshoal__wait_any(NULL, 0, until_ms, dial->cancel_fd);
		if (waited == SSHOAL_ECANCELLED)
			return sshoal__error_code(error, waited);
	}
}

/* Gets a connection in whatever way. */
static int reach(struct dial *dial, struct dialed *dialed,
		 struct proxy_command **proxy, sshoal_error *error)
{
	if (dial->reach) {
		int fd = -1;
		enter(dial, SSHOAL_PHASE_CONNECT);
		int rc = dial->reach(dial->reach_data, dial, &fd,
				     &dial->connect_deadline_ms, error);
		dial->fd = fd;
		return rc;
	}
	if (dial->proxy_command) {
		enter(dial, SSHOAL_PHASE_CONNECT);
		return sshoal__proxy_command_start(proxy, &dial->fd,
						   dial->proxy_command, error);
	}
	if (!dial->addresses)
		return 0;
	enter(dial, SSHOAL_PHASE_CONNECT);
	return connect_often(&dial->fd, dial, dialed, error);
}

/* Connects; the session is in its key exchange then. */
static int start(struct session **session, struct dial *dial,
		 struct dialed *dialed, sshoal_error *error)
{
	struct proxy_command *proxy = NULL;
	*dialed = (struct dialed){ .key_added = false };
	/* The watch may have had a session before. */
	atomic_store(&dial->watch->deadline_ms, dial->connect_deadline_ms);
	int rc = reach(dial, dialed, &proxy, error);
	if (rc)
		return rc;
	struct session *made = NULL;
	rc = sshoal__session_new(&made, dial->fd, dial->watch, dial->cancel_fd,
				 error);
	if (rc) {
		(void)close(dial->fd);
		sshoal__proxy_command_end(proxy);
		return rc;
	}
	made->proxy = proxy;
	sshoal__session_limit(made, dial->connect_deadline_ms);
	enter(dial, SSHOAL_PHASE_KEX);
	*session = made;
	return 0;
}

/* Ends a session that did not come to what it should, or is done with. A
 * command that connected may be why: returns the code that is right then. */
static int end(struct session *session, int code, sshoal_error *error)
{
	struct proxy_command *proxy = session->proxy;
	session->proxy = NULL;
	sshoal__session_limit(session, sshoal__deadline_in(0));
	sshoal__session_free(session);
	if (proxy && code)
		code = sshoal__proxy_command_blame(proxy, code, error);
	sshoal__proxy_command_end(proxy);
	return code;
}

int sshoal__dial(struct session **session, const struct dial *dial,
		 struct dialed *dialed, sshoal_error *error)
{
	struct dial own = *dial;
	struct session *made = NULL;
	int rc = start(&made, &own, dialed, error);
	if (rc)
		return rc;
	rc = use_session(made, &own, dialed, error);
	dialed->password = made->password;
	dialed->asked_ms = made->asked_ms;
	if (rc)
		return end(made, rc, error);
	*session = made;
	return 0;
}

static int show_key(struct shown_key *shown, const struct session *session,
		    sshoal_error *error)
{
	size_t size = 0;
	const unsigned char *key = sshoal__session_host_key(session, &size);
	if (!key || !sshoal__host_key_is_sound(key, size))
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "the server's host key is damaged");
	unsigned char *copy = malloc(size);
	if (!copy)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	memcpy(copy, key, size);
	*shown = (struct shown_key){
		.key = copy,
		.key_size = size,
		.kinds = session->host_key_kinds,
	};
	return 0;
}

int sshoal__dial_key(struct shown_key *shown, const struct dial *dial,
		     uint32_t kinds, struct dialed *dialed, sshoal_error *error)
{
	struct dial own = *dial;
	struct session *made = NULL;
	int rc = start(&made, &own, dialed, error);
	if (rc)
		return rc;
	rc = sshoal__session_handshake(made, kinds, dial->algorithms,
				       own.connect_deadline_ms, error);
	if (rc == 0)
		rc = show_key(shown, made, error);
	return end(made, rc, error);
}
