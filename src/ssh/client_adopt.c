/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ssh/client.h"
#include "ssh/profile.h"
#include "work/cancel.h"

/* A client whose session somebody else dialed and watches: a fleet's worker,
 * which needs more of it than one command. */

int sshoal__client_adopt(struct sshoal_client **client, struct session *session,
			 const struct client_adoption *adoption,
			 sshoal_error *error)
{
	struct sshoal_client *made = NULL;
	int rc = sshoal__client_new(&made, adoption->host, error);
	if (rc)
		return rc;
	made->user = strdup(adoption->user);
	if (!made->user ||
	    sshoal__client_set_env(made, adoption->profile->env) != 0) {
		sshoal__watch_fini(&made->watch);
		sshoal__client_free_env(made);
		free(made->user);
		free(made->host);
		free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	(void)snprintf(made->address, sizeof made->address, "%s",
		       adoption->address);
	made->max_channels = CLIENT_CHANNELS;
	made->cancel = sshoal__cancel_ref(adoption->cancel);
	made->limit_ms = adoption->limit_ms;
	sshoal__client_take(made, session);
	sshoal__keepalive_init(&made->keepalive, session,
			       adoption->profile->keepalive_interval_ms,
			       adoption->profile->keepalive_count);
	*client = made;
	return 0;
}

struct client_ends sshoal__client_wind_up(struct sshoal_client *client,
					  int64_t limit_ms)
{
	const struct client_ends before = {
		.limit_ms = client->limit_ms,
		.cancel_fd = client->session->cancel_fd,
	};
	client->limit_ms = limit_ms;
	if (client->cancel)
		client->session->cancel_fd =
			sshoal_cancel_fd(client->cancel, SSHOAL_CANCEL_ABORT);
	return before;
}

void sshoal__client_wound_up(struct sshoal_client *client,
			     const struct client_ends *before)
{
	client->limit_ms = before->limit_ms;
	client->session->cancel_fd = before->cancel_fd;
}
