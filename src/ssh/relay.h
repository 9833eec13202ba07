/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_RELAY_H
#define SSHOAL_SSH_RELAY_H

#include <poll.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "ssh/channel.h"

/* How much of one direction waits here; the rest waits where it comes from. */
#define RELAY_ROOM ((size_t)64 * 1024)

/* How much a server may send before more is asked for, at first and at most. */
#define RELAY_WINDOW ((uint32_t)256 * 1024)
#define RELAY_WINDOW_MAX ((uint32_t)4 * 1024 * 1024)

/*
 * Carries bytes between a channel and one end of a socket pair, whose other end
 * a caller has. The session's thread.
 */
struct relay {
	struct channel channel;
	struct channel_sink sink;
	struct relay *next;
	int fd;                /* our end; -1 before there is one */
	short revents;         /* what poll() said of it */
	uint32_t window_bytes; /* as the server has it at most */
	uint64_t widened_at;   /* how much had come then */
	int64_t *budget;       /* what all windows may still grow by */
	struct buffer to_fd;
	struct buffer to_channel;
	bool fd_ended; /* the caller writes no more */
	bool fd_gone;  /* nor reads */
	bool fd_shut;  /* we write no more */
	bool eof_sent;
	bool closing;
	bool gone; /* nothing is left to do */
};

/* budget is borrowed, and gets back what was taken of it. */
void sshoal__relay_init(struct relay *relay, struct session *session,
			const struct channel_wait *wait, int64_t *budget);

/* Makes the socket pair. 0 or SSHOAL_ELOCAL. */
int sshoal__relay_attach(struct relay *relay, int *callers_fd);

/* What to wait for. */
void sshoal__relay_wanted(const struct relay *relay, struct pollfd *wanted);

/* Moves what can be moved, after revents was set. */
void sshoal__relay_pump(struct relay *relay);

void sshoal__relay_fini(struct relay *relay);

#endif
