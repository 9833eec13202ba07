/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/bastion.h"
#include "ssh/client.h"
#include "ssh/opening.h"
#include "work/cancel.h"

#define KEEPALIVES_USUAL 3

/* What was being done, for the text of an error. */
static const char *deed(int phase)
{
	switch (phase) {
	case SSHOAL_PHASE_DNS:
		return "looking up the name";
	case SSHOAL_PHASE_CONNECT:
		return "connecting";
	case SSHOAL_PHASE_KEX:
		return "exchanging keys";
	case SSHOAL_PHASE_AUTH:
		return "logging in";
	default:
		return "preparing";
	}
}

static void fill(struct sshoal_client *client, struct opening *opening)
{
	const sshoal_client_options *options = &opening->options;
	sshoal__client_take(client, client->session);
	client->user = opening->user;
	opening->user = NULL;
	client->cancel = sshoal__cancel_ref(options->cancel);
	client->bastion = sshoal__bastion_ref(options->bastion);
	client->max_channels =
		options->max_channels ? options->max_channels : CLIENT_CHANNELS;
	sshoal__keepalive_init(&client->keepalive, client->session,
			       options->keepalive_interval_ms,
			       options->keepalive_count ?
				       options->keepalive_count :
				       KEEPALIVES_USUAL);
}

static int open_client(struct sshoal_client *client, struct opening *opening,
		       sshoal_error *error)
{
	struct dialed dialed;
	int rc = sshoal__client_set_env(client, opening->profile.env);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__opening_dial(opening, &client->session, &client->watch,
				  &dialed, error);
	if (rc)
		return sshoal__error_prefix(error, "%.200s: %s",
					    opening->options.host,
					    deed(opening->phase));
	memcpy(client->address, dialed.address, sizeof client->address);
	fill(client, opening);
	return 0;
}

int sshoal_client_open(sshoal_client **client,
		       const sshoal_client_options *options,
		       sshoal_error *error)
{
	if (!client || !options)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no room for the client, or no "
					 "options");
	struct opening opening;
	struct sshoal_client *made = NULL;
	sshoal_error own = { .code = 0 };
	int rc = sshoal__opening_init(&opening, options, &own);
	if (rc == 0)
		rc = sshoal__client_new(&made, opening.options.host, &own);
	if (rc == 0)
		rc = open_client(made, &opening, &own);
	if (rc == 0)
		sshoal__opening_done(&opening);
	sshoal__opening_fini(&opening);
	if (rc == 0) {
		*client = made;
		return 0;
	}
	if (made) {
		sshoal__watch_fini(&made->watch);
		sshoal__client_free_env(made);
		free(made->host);
		free(made);
	}
	if (error)
		*error = own;
	return rc;
}
