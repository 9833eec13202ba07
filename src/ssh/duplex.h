/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_DUPLEX_H
#define SSHOAL_SSH_DUPLEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "base/buffer.h"
#include "base/spool.h"
#include "ssh/channel.h"
#include "ssh/feed.h"

/* How much may be written ahead of what the server has room for. */
#define DUPLEX_AHEAD ((size_t)256 * 1024)

/* How long a channel may be used, and for how much. */
struct duplex_limits {
	int64_t deadline_ms; /* a point of the clock */
	int64_t idle_ms;     /* -1: none, like the next */
	int64_t grace_ms;    /* from an exit status on, without a byte */
	uint64_t most_bytes; /* of both streams together */
};

/* Where bytes go that somebody waits for. */
struct duplex_reader {
	unsigned char *bytes; /* NULL: nobody waits */
	size_t size;
	size_t used;
};

/*
 * A channel between a server and a caller who reads and writes when it wants:
 * what comes is kept until it is asked for, what is written until the server
 * has room. One of those on a client's list; its thread.
 */
struct duplex {
	struct channel channel;
	struct channel_sink sink;
	struct channel_wait wait;
	struct sshoal_client *client; /* NULL once that is closed */
	struct duplex *next;          /* on the client's list */
	struct spool spools[CHANNEL_STREAMS];
	struct duplex_reader readers[CHANNEL_STREAMS];
	struct buffer outgoing;
	struct feed *feed; /* what is sent in the place of outgoing, of its
			      owner; NULL: nothing is */
	struct duplex_limits limits;
	int64_t last_byte_ms;
	uint64_t seen_bytes; /* of both streams, when last looked at */
	int failed;          /* why nothing more will come; 0: nothing failed */
	sshoal_error error;  /* the last failing call's, or that one's */
	void (*dispose)(struct duplex *duplex); /* frees what it is part of */
	void (*send)(struct duplex *duplex); /* sends what its owner keeps to be
			sent, in the place of outgoing; may be NULL */
	bool is_command; /* counts among a client's channels */
	bool is_files;   /* an sftp, which counts, too, but is no command */
	bool refused;    /* something was left to the server to keep */
	bool kept_badly; /* error says why something could not be kept */
	bool wants_eof;
	bool eof_sent;
	bool had_exit;
	bool held;    /* over by the grace */
	bool drops;   /* nobody wants its output any more */
	bool closing; /* we are done with the channel */
	bool gone;    /* the server is, too */
	bool left;    /* its owner has freed it */
	bool told;    /* its end was told by sshoal_client_next() */
};

/* Prepares one; the waits of its requests are the client's. */
void sshoal__duplex_init(struct duplex *duplex, struct sshoal_client *client);

/* Starts the clocks of its limits, once its command runs. */
void sshoal__duplex_start(struct duplex *duplex);

/* Moves what can be moved without waiting. What goes wrong is kept in it. */
void sshoal__duplex_pump(struct duplex *duplex);

/* Sends what was written, as far as the server has room. */
void sshoal__duplex_send(struct duplex *duplex);

/* When a limit of it comes next. */
int64_t sshoal__duplex_due_ms(const struct duplex *duplex);

/* Ends it if a limit has come; whether one has. */
bool sshoal__duplex_expire(struct duplex *duplex, int64_t now_ms);

/* Ends it with a code, whose text is the error's, if there is one. */
void sshoal__duplex_fail(struct duplex *duplex, int code,
			 const sshoal_error *error);

/* Whether nothing more will come from the server. */
bool sshoal__duplex_is_over(const struct duplex *duplex);

/* Whether something can be taken out of a stream. */
bool sshoal__duplex_has(const struct duplex *duplex,
			enum channel_stream stream);

/* Drops what it holds, and what comes. */
void sshoal__duplex_drop(struct duplex *duplex);

/* The same, where what comes went to somebody else's sink. */
void sshoal__duplex_mute(struct duplex *duplex);

/*
 * What commands and tunnels have in common, as their callers see it: each
 * checks that it may be called, and each may be called when the client has
 * been closed. timeout_ms: 0 does not wait, -1 for ever.
 */
int64_t sshoal__duplex_read(struct duplex *duplex, enum channel_stream stream,
			    void *buffer, size_t size, int64_t timeout_ms);
int64_t sshoal__duplex_write(struct duplex *duplex, const void *data,
			     size_t size, int64_t timeout_ms);
int sshoal__duplex_close_write(struct duplex *duplex);

/* Begins and ends a call on one: false where none may be made. */
bool sshoal__duplex_enter(struct duplex *duplex);
void sshoal__duplex_leave(struct duplex *duplex);

/* Frees what it holds; it is on no list any more. */
void sshoal__duplex_fini(struct duplex *duplex);

#endif
