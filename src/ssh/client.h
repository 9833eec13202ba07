/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_CLIENT_H
#define SSHOAL_SSH_CLIENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>

#include "base/clock.h"
#include "ssh/duplex.h"
#include "ssh/keepalive.h"

#include "ssh/resolve.h"
#include "ssh/session.h"
#include "ssh/watch.h"

/* How long a server has to answer a request. */
#define CLIENT_REQUEST_MS 60000

/* How many commands may be open on one at a time where nobody says. */
#define CLIENT_CHANNELS 8

#define CLIENT_SCRATCH ((size_t)32 * 1024)

/*
 * A session with what is open on it. All bytes move in sshoal__client_turn();
 * whoever waits for something of its own calls that, so that everything else
 * goes on meanwhile.
 */
struct sshoal_client {
	uint32_t magic;   /* CLIENT_MAGIC while it lives */
	atomic_bool busy; /* a call is under way */
	bool stale; /* libssh2 may hold something that was not looked at */
	bool late;  /* a turn of this call was made after its deadline */
	struct session *session;
	struct watch watch;
	sshoal_cancel *cancel;   /* a reference; NULL: none */
	sshoal_bastion *bastion; /* likewise */
	struct duplex *first;
	struct duplex *turn; /* whom sshoal_client_next() looks at first */
	size_t channels;     /* how many of them count */
	size_t max_channels;
	int64_t limit_ms; /* of all turns, a point of the clock */
	struct keepalive keepalive;
	char **env; /* SetEnv and SendEnv of ssh_config; NULL: none */
	char *host; /* as it was given, for the texts of errors */
	char *user;
	char address[ADDRESS_TEXT_MAX];
	char banner[256];
	sshoal_error error; /* the last failing call's */
	sshoal_error fate;  /* why the session is dead, once it is */
	unsigned char scratch[CLIENT_SCRATCH];
};

#define CLIENT_MAGIC 0x73636c69u

/* Begins a call: false, and nothing else may be done, when the client is not
 * one or another thread is in a call. */
bool sshoal__client_enter(struct sshoal_client *client);
void sshoal__client_leave(struct sshoal_client *client);

/*
 * Moves everything once, waiting for input at most until the deadline. 0 when
 * something may have happened: look and call again. SSHOAL_ETIMEOUT (also
 * when the client is past its own limit, sshoal__client_is_expired()),
 * SSHOAL_ECANCELLED, SSHOAL_ELOST, SSHOAL_ENOMEM, SSHOAL_ELOCAL.
 */
int sshoal__client_turn(struct sshoal_client *client, int64_t deadline_ms,
			sshoal_error *error);

/* Puts one on the list; it is the client's to free once it is left. */
void sshoal__client_add(struct sshoal_client *client, struct duplex *duplex);

/* Its owner needs it no more. */
void sshoal__client_let_go(struct duplex *duplex);

/* Waits until a channel can be opened: a place among the client's for a
 * command, and none else being opened. 0, SSHOAL_EFULL, or as _turn(). */
int sshoal__client_make_room(struct sshoal_client *client, bool is_command,
			     int64_t deadline_ms, sshoal_error *error);

/* What is to be done when an answer is not waited for any longer: nobody
 * knows what it will be the answer to. Adds that to the text. */
void sshoal__client_lose(struct sshoal_client *client, sshoal_error *error);

/* Sends what was written on one of them, as far as there is room. */
void sshoal__client_send(struct duplex *duplex);

/* Puts the host and what was being done before the text of a failure of a
 * call on a client; code is that, and returned. error may be NULL. */
int sshoal__client_blame(const struct sshoal_client *client, const char *deed,
			 int code, sshoal_error *error);

/* Makes one that has no session yet; only to be freed by its opening. */
int sshoal__client_new(struct sshoal_client **client, const char *host,
		       sshoal_error *error);

/* Gives it a copy of variables, NULL for none, that are sent before what is
 * run. 0 or SSHOAL_ENOMEM. */
int sshoal__client_set_env(struct sshoal_client *client,
			   const char *const *env);

void sshoal__client_free_env(struct sshoal_client *client);

/* Gives it the session on which somebody is logged in. */
void sshoal__client_take(struct sshoal_client *client, struct session *session);

struct profile;

/* How a session becomes a client. Borrowed for the call. */
struct client_adoption {
	const char *host; /* for the texts of errors */
	const char *user;
	const char *address;
	sshoal_cancel *cancel; /* whose level END ends the session's waits */
	int64_t limit_ms;      /* DEADLINE_NONE: none */
	const struct profile *profile;
};

/*
 * Makes a client of a session that was dialed, which keeps the watch it has.
 * The session is its client's then, and is freed by sshoal_client_close();
 * on failure it stays the caller's. 0 or SSHOAL_ENOMEM.
 */
int sshoal__client_adopt(struct sshoal_client **client, struct session *session,
			 const struct client_adoption *adoption,
			 sshoal_error *error);

/* Whether the client is past its own limit. */
static inline bool sshoal__client_is_expired(const struct sshoal_client *client)
{
	return sshoal__deadline_left_ms(client->limit_ms) == 0;
}

/* What a client's waits end by. */
struct client_ends {
	int64_t limit_ms;
	int cancel_fd;
};

/*
 * From here on the client only clears up what work left: SSHOAL_CANCEL_END and
 * the limit of the work do not end that, but SSHOAL_CANCEL_ABORT and a limit of
 * its own. Returns what held before, for sshoal__client_wound_up().
 */
struct client_ends sshoal__client_wind_up(struct sshoal_client *client,
					  int64_t limit_ms);
void sshoal__client_wound_up(struct sshoal_client *client,
			     const struct client_ends *before);

#endif
