/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "ssh/session.h"

/*
 * While libssh2 waits for the answer to an open, it takes the answer to any
 * other one for an error: that of an open that was given up before would end
 * the next. So once one was given up, it never reads in such a call. What came
 * is taken in before, by a read of nothing on the channel that is being
 * opened; that is the first block that libssh2 allocates for it.
 */

#define PACKET_BYTES 32768

/* What it has read in an earlier call may still hold such answers. */
#define STARTS_MAX 8

static LIBSSH2_CHANNEL *ask(struct session *session,
			    const struct channel_plan *plan, int *libssh2_code)
{
	session->starts = !session->opening;
	session->deaf = session->gave_up;
	LIBSSH2_CHANNEL *channel = libssh2_channel_open_ex(
		session->ssh, plan->type, (unsigned)strlen(plan->type),
		plan->window_bytes, PACKET_BYTES, plan->message,
		(unsigned)plan->message_size);
	session->deaf = false;
	session->starts = false;
	*libssh2_code = channel ? 0 : libssh2_session_last_errno(session->ssh);
	if (*libssh2_code != LIBSSH2_ERROR_EAGAIN)
		session->opening = NULL;
	return channel;
}

static int take_in(struct session *session)
{
	char nothing;
	ssize_t n = libssh2_channel_read_ex(session->opening, 0, &nothing, 0);
	return n == LIBSSH2_ERROR_EAGAIN ? 0 : (int)n;
}

LIBSSH2_CHANNEL *sshoal__session_open(struct session *session,
				      const struct channel_plan *plan,
				      int *libssh2_code)
{
	LIBSSH2_CHANNEL *channel = NULL;
	if (!session->gave_up)
		return ask(session, plan, libssh2_code);
	*libssh2_code = LIBSSH2_ERROR_EAGAIN;
	for (int i = 0; !session->opening && i < STARTS_MAX; i++) {
		channel = ask(session, plan, libssh2_code);
		if (channel || *libssh2_code != LIBSSH2_ERROR_SOCKET_NONE)
			break;
	}
	if (*libssh2_code != LIBSSH2_ERROR_EAGAIN)
		return channel;
	*libssh2_code = take_in(session);
	return *libssh2_code < 0 ? NULL : ask(session, plan, libssh2_code);
}

bool sshoal__session_open_give_up(struct session *session,
				  const struct channel_plan *plan,
				  LIBSSH2_CHANNEL **opened)
{
	int rc = LIBSSH2_ERROR_SOCKET_RECV;
	*opened = NULL;
	if (!session->opening)
		return true;
	if (take_in(session) < 0)
		return false;
	session->gave_up = true;
	session->gives_up = true;
	*opened = ask(session, plan, &rc);
	session->gives_up = false;
	return *opened || rc == LIBSSH2_ERROR_SOCKET_RECV ||
	       rc == LIBSSH2_ERROR_CHANNEL_FAILURE;
}

int sshoal__session_nudge(struct session *session, sshoal_error *error)
{
	static const struct channel_plan nothing = {
		.type = "nothing@sshoal",
		.window_bytes = 1,
	};
	if (session->asking || session->failed ||
	    (!session->nudging && sshoal__buffer_size(&session->in) == 0))
		return 0;
	int rc = 0;
	session->nudging = false;
	if (sshoal__session_open(session, &nothing, &rc))
		return sshoal__session_fail(session, 0, SSHOAL_EPROTOCOL,
					    error);
	session->nudging = rc == LIBSSH2_ERROR_EAGAIN;
	if (session->nudging || rc == LIBSSH2_ERROR_TIMEOUT ||
	    rc == LIBSSH2_ERROR_SOCKET_NONE ||
	    (rc == LIBSSH2_ERROR_CHANNEL_FAILURE && !session->ended))
		return 0;
	return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
}
