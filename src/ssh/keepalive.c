/* SPDX-License-Identifier: MIT */
#include "ssh/keepalive.h"

#include "base/clock.h"
#include "base/error.h"

/* libssh2 sends none before so many seconds of the wall clock have gone by; ours
 * are further apart. */
#define LIBSSH2_SECONDS 2

void sshoal__keepalive_init(struct keepalive *keepalive,
			    struct session *session, int64_t interval_ms,
			    uint32_t most)
{
	*keepalive = (struct keepalive){
		.interval_ms = interval_ms,
		.due_ms = interval_ms ? sshoal__deadline_in(interval_ms) :
					DEADLINE_NONE,
		.heard_bytes = session->received_bytes,
		.most = most,
	};
	if (interval_ms)
		libssh2_keepalive_config(session->ssh, 1, LIBSSH2_SECONDS);
}

void sshoal__keepalive_heard(struct keepalive *keepalive,
			     const struct session *session)
{
	if (!keepalive->interval_ms ||
	    keepalive->heard_bytes == session->received_bytes)
		return;
	keepalive->heard_bytes = session->received_bytes;
	keepalive->unanswered = 0;
	keepalive->due_ms = sshoal__deadline_in(keepalive->interval_ms);
}

int sshoal__keepalive_due(struct keepalive *keepalive, struct session *session,
			  sshoal_error *error)
{
	if (sshoal__deadline_left_ms(keepalive->due_ms) != 0)
		return 0;
	if (keepalive->unanswered >= keepalive->most) {
		session->failed = SSHOAL_ELOST;
		return sshoal__error_set(error, SSHOAL_ELOST,
					 "the server did not answer %u "
					 "keepalives, %lld ms apart",
					 keepalive->most,
					 (long long)keepalive->interval_ms);
	}
	keepalive->due_ms = sshoal__deadline_in(keepalive->interval_ms);
	size_t before = sshoal__buffer_size(&session->out);
	int seconds;
	int rc = libssh2_keepalive_send(session->ssh, &seconds);
	/* One that was not sent is not answered either. */
	if (sshoal__buffer_size(&session->out) > before)
		keepalive->unanswered++;
	if (rc)
		return sshoal__session_fail(session, rc, SSHOAL_ELOST, error);
	return 0;
}
