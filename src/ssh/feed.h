/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_FEED_H
#define SSHOAL_SSH_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"
#include "ssh/channel.h"

/* Where the bytes of a standard input come from, one after the other. */
struct feed_source {
	/*
	 * Gives up to *n bytes, and how many in *n: 0 where all were given.
	 * SSHOAL_EEMPTY: there are none at this moment, and *wake_fd becomes
	 * readable when there may be some. Any other code: there will be none,
	 * and the error says why.
	 */
	int (*read)(void *data, void *bytes, size_t *n, int *wake_fd,
		    sshoal_error *error);
	void *data;
};

/*
 * The standard input of one command: as much of it as the server has room for,
 * and no more in memory than one piece. Its channel's thread.
 */
struct feed {
	const struct feed_source *source; /* NULL: it has no bytes */
	struct buffer piece; /* read, and not taken by the server */
	uint64_t sent_bytes;
	bool is_terminal; /* it is read by a terminal, where the end is a
			     character */
	bool in_line;     /* the last byte sent was no newline */
	bool drained;     /* the source has no more */
	bool ended;       /* the server knows, or wants no more */
};

/* Prepares one; the source, which may be NULL, is borrowed. _fini() is due. */
void sshoal__feed_init(struct feed *feed, const struct feed_source *source,
		       bool is_terminal);

/* Sends what can be sent without waiting, then the end; the session's wait ends
 * when there may be more. To be called again after each wait. 0, what the
 * source failed with, or as sshoal__channel_write(). */
int sshoal__feed_send(struct feed *feed, struct channel *channel,
		      sshoal_error *error);

/* The session's waits are its own again. */
void sshoal__feed_fini(struct feed *feed, struct session *session);

#endif
