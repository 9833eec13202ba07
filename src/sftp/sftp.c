/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/sftp.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/pipeline.h"

/* A session of SFTP from its beginning to its end, and calls that ask one
 * thing and wait for the answer. */

#define VERSION 3
#define TIMEOUT_MS ((int64_t)300000)
#define WINDOW_BYTES ((uint32_t)4 * 1024 * 1024)
#define INPUT_MOST ((size_t)4 * 1024 * 1024 + 4096)

static const struct channel_plan plan = {
	.type = "session",
	.window_bytes = WINDOW_BYTES,
};

static void dispose(struct duplex *duplex)
{
	struct sshoal_sftp *sftp = sshoal__sftp_of(duplex);
	sshoal__duplex_fini(duplex);
	sshoal__sftp_drop_all(sftp);
	sshoal__buffer_fini(&sftp->input.bytes);
	sshoal__buffer_fini(&sftp->offers);
	sshoal__packet_fini(&sftp->packet);
	free(sftp);
}

static struct sshoal_sftp *new_sftp(struct sshoal_client *client)
{
	struct sshoal_sftp *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->magic = SFTP_MAGIC;
	made->packet = (struct packet)PACKET_INIT;
	made->input.bytes = (struct buffer)BUFFER_INIT(INPUT_MOST);
	made->offers = (struct buffer)BUFFER_INIT(INPUT_MOST);
	made->timeout_ms = TIMEOUT_MS;
	made->most_in_flight = SFTP_IN_FLIGHT;
	struct duplex *duplex = &made->duplex;
	sshoal__duplex_init(duplex, client);
	duplex->sink = (struct channel_sink){
		.room = sshoal__sftp_give_room,
		.put = sshoal__sftp_take,
		.data = made,
	};
	duplex->dispose = dispose;
	duplex->send = sshoal__sftp_push;
	duplex->is_command = true;
	duplex->is_files = true;
	return made;
}

/* The channel and its subsystem. */
static int request(struct sshoal_sftp *sftp, int64_t deadline_ms,
		   sshoal_error *error)
{
	struct duplex *duplex = &sftp->duplex;
	int rc = sshoal__channel_open(&duplex->channel, &plan, deadline_ms,
				      error);
	if (rc == 0)
		rc = sshoal__channel_startup(&duplex->channel, "subsystem",
					     "sftp", deadline_ms, error);
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED)
		sshoal__client_lose(duplex->client, error);
	return rc;
}

static int greet(struct sshoal_sftp *sftp, int64_t deadline_ms,
		 sshoal_error *error)
{
	int rc = sshoal__sftp_send_first(sftp, VERSION);
	if (rc)
		return sshoal__error_code(error, rc);
	sftp->moved_ms = sshoal__clock_now_ms();
	while (!sftp->started) {
		rc = sshoal__sftp_turn(sftp, deadline_ms);
		if (rc) {
			*error = sftp->fate.code ? sftp->fate : sftp->error;
			return rc;
		}
		if (!sftp->started &&
		    sshoal__deadline_left_ms(deadline_ms) == 0)
			return sshoal__error_set(error, SSHOAL_ETIMEOUT,
						 "the server's sftp does not "
						 "begin");
	}
	return 0;
}

static int start(struct sshoal_sftp *sftp, sshoal_error *error)
{
	int64_t deadline_ms = sshoal__deadline_in(CLIENT_REQUEST_MS);
	struct sshoal_client *client = sftp->duplex.client;
	int rc = request(sftp, deadline_ms, error);
	/* In any case its channel is closed in order. */
	sshoal__client_add(client, &sftp->duplex);
	return rc ? rc : greet(sftp, deadline_ms, error);
}

/* Everything that waits is told, then the channel is closed. */
static void let_go(struct sshoal_sftp *sftp)
{
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_ECLOSED, "the sftp is closed");
	(void)sshoal__sftp_fail(sftp, SSHOAL_ECLOSED, &error);
	sftp->magic = 0;
	sshoal__client_let_go(&sftp->duplex);
}

static int open_sftp(sshoal_sftp **sftp, struct sshoal_client *client,
		     sshoal_error *error)
{
	int rc = sshoal__client_make_room(
		client, true, sshoal__deadline_in(CLIENT_REQUEST_MS), error);
	if (rc)
		return rc;
	struct sshoal_sftp *made = new_sftp(client);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	sshoal_error own = { .code = 0 };
	rc = start(made, &own);
	if (rc == 0) {
		*sftp = made;
		return 0;
	}
	let_go(made);
	if (error)
		*error = own;
	return rc;
}

int sshoal_sftp_open(sshoal_sftp **sftp, sshoal_client *client,
		     sshoal_error *error)
{
	if (!sftp || !sshoal__client_enter(client))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no client, or another thread is in a "
					 "call on it");
	int rc = open_sftp(sftp, client, error);
	rc = sshoal__client_blame(client, "starting sftp", rc, error);
	sshoal__client_leave(client);
	return rc;
}

void sshoal_sftp_close(sshoal_sftp *sftp)
{
	if (!sftp)
		return;
	assert(sftp->magic == SFTP_MAGIC && "the sftp is closed");
	struct sshoal_client *client = sftp->duplex.client;
	bool entered = sshoal__duplex_enter(&sftp->duplex);
	assert(entered && "another thread is in a call on the client");
	(void)entered;
	let_go(sftp);
	if (client)
		sshoal__client_leave(client);
}

int sshoal__sftp_enter(struct sshoal_sftp *sftp)
{
	if (!sftp)
		return SSHOAL_EINVAL;
	assert(sftp->magic == SFTP_MAGIC && "the sftp is closed");
	if (!sshoal__duplex_enter(&sftp->duplex))
		return SSHOAL_EINVAL;
	if (!sftp->fate.code && sftp->duplex.client) {
		/* Silence while nobody waited does not count. */
		sftp->moved_ms = sshoal__clock_now_ms();
		return 0;
	}
	sshoal_error error;
	(void)sshoal__error_set(&error, SSHOAL_ECLOSED, "the client is closed");
	/* What waits for answers may be freed after this call. */
	int rc = sshoal__sftp_fail(sftp, SSHOAL_ECLOSED, &error);
	sftp->error = sftp->fate;
	sshoal__sftp_leave(sftp);
	return rc;
}

void sshoal__sftp_leave(struct sshoal_sftp *sftp)
{
	sshoal__duplex_leave(&sftp->duplex);
}

const char *sshoal_sftp_error_text(const sshoal_sftp *sftp)
{
	return sftp ? sftp->error.text : sshoal_error_text(SSHOAL_EINVAL);
}

int sshoal_sftp_set_timeout(sshoal_sftp *sftp, int64_t timeout_ms)
{
	if (!sftp || timeout_ms < -1)
		return SSHOAL_EINVAL;
	sftp->timeout_ms = timeout_ms == 0 ? TIMEOUT_MS : timeout_ms;
	return 0;
}

bool sshoal_sftp_offers(const sshoal_sftp *sftp, const char *extension)
{
	if (!sftp || !extension || !*extension)
		return false;
	const char *at = (const char *)sshoal__buffer_data(&sftp->offers);
	size_t left = sshoal__buffer_size(&sftp->offers);
	while (left > 0) {
		if (strcmp(at, extension) == 0)
			return true;
		size_t n = strlen(at) + 1;
		at += n;
		left -= n;
	}
	return false;
}
