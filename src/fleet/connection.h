/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_CONNECTION_H
#define SSHOAL_FLEET_CONNECTION_H

#include <sshoal/sftp.h>

#include "fleet/attempt.h"
#include "ssh/client.h"

/*
 * The session of a worker that needs more of it than one command: a client, and
 * the files of its host. What goes wrong is in the attempt's error.
 */
struct connection {
	struct attempt *attempt;
	sshoal_client *client;
	sshoal_sftp *sftp; /* NULL: it is not open */
};

/* Makes one of a session, which it takes over in any case, without its files.
 * 0 or SSHOAL_ENOMEM; _close() is due either way. */
int sshoal__connection_begin(struct connection *connection,
			     struct attempt *attempt, struct session *session);

/* Makes one of a session, which it takes over in any case, and opens its files.
 * 0, or as sshoal_sftp_open(); _close() is due either way. */
int sshoal__connection_open(struct connection *connection,
			    struct attempt *attempt, struct session *session);

/* Opens its files anew, after a failure that ended them. */
int sshoal__connection_reopen(struct connection *connection);

/*
 * Runs a command of the job's, in its surroundings, whose output goes to the
 * scheduler, and fills the attempt's outcome. A server that has one channel at
 * a time is given the one that the files had. 0 when it ended, or as
 * sshoal__exec_run().
 */
int sshoal__connection_run(struct connection *connection, const char *command);

/* Takes the host's name from the beginning of the error's text: results name
 * it by themselves. */
void sshoal__connection_drop_host(struct connection *connection);

/* Says goodbye and frees everything, without waiting. */
void sshoal__connection_close(struct connection *connection);

#endif
