/* SPDX-License-Identifier: MIT */
#include "ssh/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/bastion.h>
#include <sshoal/text.h>

#include "base/clock.h"
#include "base/error.h"
#include "work/cancel.h"

/* One thread, one session, many channels: each turn looks at all of them, so
 * that whatever a caller waits for, nothing else stands still. */

bool sshoal__client_enter(struct sshoal_client *client)
{
	if (!client)
		return false;
	assert(client->magic == CLIENT_MAGIC && "the client is closed");
	if (atomic_exchange(&client->busy, true))
		return false;
	client->late = false;
	return true;
}

void sshoal__client_leave(struct sshoal_client *client)
{
	atomic_store(&client->busy, false);
}

static void remove_from_list(struct sshoal_client *client,
			     struct duplex *duplex)
{
	struct duplex **link = &client->first;
	while (*link != duplex)
		link = &(*link)->next;
	*link = duplex->next;
	if (client->turn == duplex)
		client->turn = duplex->next;
}

/* Whether the server may still count it among its sessions. */
static bool is_counted(const struct duplex *duplex)
{
	return duplex->is_command && duplex->channel.ssh && !duplex->gone;
}

static void reap(struct sshoal_client *client)
{
	struct duplex *duplex = client->first;
	client->channels = 0;
	while (duplex) {
		struct duplex *next = duplex->next;
		if (duplex->left && (duplex->gone || !duplex->channel.ssh)) {
			remove_from_list(client, duplex);
			duplex->dispose(duplex);
		} else {
			client->channels += is_counted(duplex);
		}
		duplex = next;
	}
}

/* Of a dead session they all learn why. */
static void tell_all(struct sshoal_client *client)
{
	struct session *session = client->session;
	if (!client->fate.code)
		(void)sshoal__session_fail(session, 0, session->failed,
					   &client->fate);
	for (struct duplex *duplex = client->first; duplex;
	     duplex = duplex->next) {
		sshoal__duplex_fail(duplex, client->fate.code, &client->fate);
		duplex->gone = true;
	}
}

/* Every channel is served until it has nothing more; without one, libssh2 is
 * made to look at what came. */
static void pump_all(struct sshoal_client *client)
{
	struct session *session = client->session;
	client->stale = false;
	for (struct duplex *duplex = client->first; duplex;
	     duplex = duplex->next)
		if (!session->failed)
			sshoal__duplex_pump(duplex);
	(void)sshoal__session_nudge(session, &client->fate);
	if (session->failed)
		tell_all(client);
	else
		sshoal__session_flush(session);
	reap(client);
}

static int64_t next_due(const struct sshoal_client *client)
{
	int64_t due_ms = client->keepalive.due_ms;
	for (const struct duplex *duplex = client->first; duplex;
	     duplex = duplex->next)
		due_ms = sshoal__deadline_min(due_ms,
					      sshoal__duplex_due_ms(duplex));
	return due_ms;
}

static bool expire_all(struct sshoal_client *client)
{
	int64_t now_ms = sshoal__clock_now_ms();
	bool any = false;
	for (struct duplex *duplex = client->first; duplex;
	     duplex = duplex->next)
		any |= sshoal__duplex_expire(duplex, now_ms);
	return any;
}

/* What is done when a limit of ours came before the caller's. */
static int on_due(struct sshoal_client *client, sshoal_error *error)
{
	if (expire_all(client)) {
		pump_all(client);
		return 0;
	}
	return sshoal__keepalive_due(&client->keepalive, client->session,
				     error);
}

static int turn(struct sshoal_client *client, int64_t deadline_ms,
		sshoal_error *error)
{
	struct session *session = client->session;
	int64_t due_ms = next_due(client);
	int64_t until_ms = sshoal__deadline_min(
		sshoal__deadline_min(deadline_ms, due_ms), client->limit_ms);
	int rc = sshoal__session_wait(session, until_ms, error);
	bool is_due = due_ms <= sshoal__clock_now_ms();
	if (rc == SSHOAL_ETIMEOUT && is_due)
		rc = on_due(client, error);
	else if (rc == 0)
		sshoal__keepalive_heard(&client->keepalive, session);
	if (rc && session->failed && !client->fate.code)
		client->fate = *error;
	if (rc != SSHOAL_ETIMEOUT && rc != SSHOAL_ECANCELLED)
		pump_all(client);
	/* Where something comes all the time no wait ends by its limit. */
	if (rc == 0 && is_due && expire_all(client))
		pump_all(client);
	return rc;
}

/* What came is looked at once after the deadline, not for ever. */
static bool is_late(struct sshoal_client *client, int64_t deadline_ms)
{
	bool was_late = client->late;
	client->late = sshoal__deadline_left_ms(deadline_ms) == 0;
	return was_late && client->late;
}

int sshoal__client_turn(struct sshoal_client *client, int64_t deadline_ms,
			sshoal_error *error)
{
	sshoal_error own = { .code = 0 };
	int rc = 0;
	if (client->session->failed) {
		tell_all(client);
		own = client->fate;
		rc = own.code;
	} else if (client->stale) {
		pump_all(client);
	} else if (sshoal__client_is_expired(client) ||
		   is_late(client, deadline_ms)) {
		rc = sshoal__error_code(&own, SSHOAL_ETIMEOUT);
	} else {
		rc = turn(client, deadline_ms, &own);
	}
	if (rc && error)
		*error = own;
	return rc;
}

void sshoal__client_add(struct sshoal_client *client, struct duplex *duplex)
{
	struct duplex **link = &client->first;
	while (*link)
		link = &(*link)->next;
	*link = duplex;
	client->channels += duplex->is_command;
	client->stale = true;
}

void sshoal__client_let_go(struct duplex *duplex)
{
	struct sshoal_client *client = duplex->client;
	duplex->left = true;
	if (!client) {
		duplex->dispose(duplex);
		return;
	}
	sshoal__duplex_drop(duplex);
	duplex->closing = true;
	pump_all(client);
}

int sshoal__client_make_room(struct sshoal_client *client, bool is_command,
			     int64_t deadline_ms, sshoal_error *error)
{
	for (;;) {
		if (client->session->failed)
			return sshoal__client_turn(client, deadline_ms, error);
		bool nudging = client->session->nudging;
		if (!nudging &&
		    (!is_command || client->channels < client->max_channels))
			return 0;
		bool ending = false;
		for (const struct duplex *duplex = client->first; duplex;
		     duplex = duplex->next)
			ending |= is_counted(duplex) && duplex->closing;
		if (!ending && !nudging)
			return sshoal__error_set(
				error, SSHOAL_EFULL,
				"%zu commands are open on the client already",
				client->channels);
		int rc = sshoal__client_turn(client, deadline_ms, error);
		if (rc)
			return rc;
	}
}

void sshoal__client_lose(struct sshoal_client *client, sshoal_error *error)
{
	(void)sshoal__error_prefix(
		error, "the client is lost: a start was given up while its "
		       "answer was under way");
	client->session->failed = SSHOAL_ELOST;
	client->fate = *error;
	client->fate.code = SSHOAL_ELOST;
	pump_all(client);
}

void sshoal__client_send(struct duplex *duplex)
{
	sshoal__duplex_send(duplex);
	sshoal__session_flush(duplex->client->session);
}

int sshoal__client_blame(const struct sshoal_client *client, const char *deed,
			 int code, sshoal_error *error)
{
	if (code && error) {
		error->code = code;
		(void)sshoal__error_prefix(error, "%.200s: %s", client->host,
					   deed);
	}
	return code;
}

int sshoal_client_pump(sshoal_client *client, int64_t timeout_ms)
{
	if (timeout_ms < -1 || !sshoal__client_enter(client))
		return SSHOAL_EINVAL;
	int rc = sshoal__client_turn(client, sshoal__deadline_in(timeout_ms),
				     &client->error);
	rc = sshoal__client_blame(client, "waiting", rc, &client->error);
	sshoal__client_leave(client);
	return rc;
}

int sshoal_client_fd(const sshoal_client *client)
{
	return client ? client->session->fd : -1;
}

const char *sshoal_client_banner(const sshoal_client *client)
{
	return client ? client->banner : "";
}

const char *sshoal_client_address(const sshoal_client *client)
{
	return client ? client->address : "";
}

const char *sshoal_client_user(const sshoal_client *client)
{
	return client ? client->user : "";
}

const unsigned char *sshoal_client_host_key(const sshoal_client *client,
					    size_t *size_bytes)
{
	if (!client || !size_bytes)
		return NULL;
	return sshoal__session_host_key(client->session, size_bytes);
}

const char *sshoal_client_algorithm(const sshoal_client *client, int algorithm)
{
	static const int methods[] = {
		LIBSSH2_METHOD_KEX,      LIBSSH2_METHOD_HOSTKEY,
		LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC,
		LIBSSH2_METHOD_MAC_CS,   LIBSSH2_METHOD_MAC_SC,
		LIBSSH2_METHOD_COMP_CS,  LIBSSH2_METHOD_COMP_SC,
	};
	if (!client || algorithm < 0 ||
	    (size_t)algorithm >= sizeof methods / sizeof *methods)
		return NULL;
	return libssh2_session_methods(client->session->ssh,
				       methods[algorithm]);
}

const char *sshoal_client_error_text(const sshoal_client *client)
{
	return client ? client->error.text : sshoal_error_text(SSHOAL_EINVAL);
}

int sshoal__client_new(struct sshoal_client **client, const char *host,
		       sshoal_error *error)
{
	struct sshoal_client *made = calloc(1, sizeof *made);
	if (made)
		made->host = strdup(host);
	if (!made || !made->host) {
		free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	made->magic = CLIENT_MAGIC;
	made->limit_ms = DEADLINE_NONE;
	atomic_init(&made->busy, false);
	sshoal__watch_init(&made->watch);
	*client = made;
	return 0;
}

void sshoal__client_take(struct sshoal_client *client, struct session *session)
{
	const char *banner = sshoal__session_banner(session);
	(void)sshoal_text_escape(client->banner, sizeof client->banner, banner,
				 strlen(banner));
	client->session = session;
}

int sshoal__client_set_env(struct sshoal_client *client, const char *const *env)
{
	size_t count = 0;
	while (env && env[count])
		count++;
	if (count == 0)
		return 0;
	client->env = calloc(count + 1, sizeof *client->env);
	if (!client->env)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < count; i++) {
		client->env[i] = strdup(env[i]);
		if (!client->env[i])
			return SSHOAL_ENOMEM;
	}
	return 0;
}

void sshoal__client_free_env(struct sshoal_client *client)
{
	for (size_t i = 0; client->env && client->env[i]; i++)
		free(client->env[i]);
	free(client->env);
}

void sshoal_client_close(sshoal_client *client)
{
	if (!client)
		return;
	bool entered = sshoal__client_enter(client);
	assert(entered && "another thread is in a call on the client");
	(void)entered;
	struct duplex *duplex = client->first;
	while (duplex) {
		struct duplex *next = duplex->next;
		sshoal_error error;
		(void)sshoal__error_set(&error, SSHOAL_ECLOSED,
					"the client is closed");
		sshoal__duplex_fail(duplex, SSHOAL_ECLOSED, &error);
		sshoal__channel_fini(&duplex->channel);
		duplex->client = NULL;
		if (duplex->left)
			duplex->dispose(duplex);
		duplex = next;
	}
	sshoal__session_free(client->session);
	sshoal__watch_fini(&client->watch);
	sshoal_cancel_free(client->cancel);
	sshoal_bastion_close(client->bastion);
	sshoal__client_free_env(client);
	free(client->user);
	free(client->host);
	client->magic = 0;
	free(client);
}
