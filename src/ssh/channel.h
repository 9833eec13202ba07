/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_CHANNEL_H
#define SSHOAL_SSH_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#include <sshoal/error.h>

#include "ssh/session.h"

/* The streams of a channel, as libssh2 numbers them; callers of the library
 * count from 1. */
enum channel_stream { CHANNEL_STDOUT, CHANNEL_STDERR, CHANNEL_STREAMS };

/* Where output goes. */
struct channel_sink {
	/* Room for what comes next. NULL with *size_bytes 0: nothing is to be
	 * read at this moment; NULL with another size: no memory. */
	unsigned char *(*room)(void *data, enum channel_stream stream,
			       size_t *size_bytes);
	/* So much was read into the room. It may wait, and gives 0 or the code
	 * that ends the channel. */
	int (*put)(void *data, enum channel_stream stream, size_t size_bytes);
	void *data;
};

/* How a request's answer is waited for: as sshoal__session_wait(). */
struct channel_wait {
	int (*wait)(void *data, int64_t deadline_ms, sshoal_error *error);
	void *data;
};

/*
 * One channel of a session (RFC 4254 section 5). It is over when the server
 * closed it: the end of output alone says nothing of the exit status, and
 * libssh2's own word for the status is never asked for, since it says 0 when
 * none came. The session's thread.
 */
struct channel {
	struct session *session;
	LIBSSH2_CHANNEL *ssh; /* NULL before it is open and once released */
	const struct channel_sink *sink;
	const struct channel_wait *wait;
	struct exit_record exit;
	uint64_t bytes[CHANNEL_STREAMS]; /* that came */
	bool ended[CHANNEL_STREAMS];     /* nothing more comes on it */
	bool requested; /* its command's request was sent: it may have run */
	bool closed;    /* the server closed it in order */
};

/* A session channel for a command, with the usual window. */
extern const struct channel_plan sshoal__channel_session;

/* Prepares a channel; sink and wait are borrowed. _fini() is due. */
void sshoal__channel_init(struct channel *channel, struct session *session,
			  const struct channel_sink *sink,
			  const struct channel_wait *wait);

/* Opens it. SSHOAL_ECHANNEL when the server refuses; else as session_wait.
 * Given up in the middle, the session cannot be used any more. */
int sshoal__channel_open(struct channel *channel,
			 const struct channel_plan *plan, int64_t deadline_ms,
			 sshoal_error *error);

/* Gives up an open whose answer does not come, at no cost for the session:
 * whatever it will be, it is for nobody. False: the session is dead. */
bool sshoal__channel_give_up(struct channel *channel,
			     const struct channel_plan *plan);

/* A terminal's looks. */
struct channel_terminal {
	const char *name;
	uint32_t columns;
	uint32_t rows;
};

/* The longest name of a variable of the environment. */
#define CHANNEL_NAME_MAX 255

/* Requests before the command. Codes as above. */
int sshoal__channel_pty(struct channel *channel,
			const struct channel_terminal *terminal,
			int64_t deadline_ms, sshoal_error *error);
int sshoal__channel_setenv(struct channel *channel, const char *variable,
			   int64_t deadline_ms, sshoal_error *error);

/* Sends variables, each "NAME=VALUE", then NULL; that the server takes none is
 * no error. env may be NULL. Codes as above, without SSHOAL_ECHANNEL. */
int sshoal__channel_offer_env(struct channel *channel, const char *const *env,
			      int64_t deadline_ms, sshoal_error *error);

/* "exec" with a command, "shell" with NULL, "subsystem" with a name. */
int sshoal__channel_startup(struct channel *channel, const char *request,
			    const char *message, int64_t deadline_ms,
			    sshoal_error *error);

/* Takes everything that is there, then sees whether the server has closed. On
 * failure the channel is of no use any more. *moved: something came. */
int sshoal__channel_pump(struct channel *channel, bool *moved,
			 sshoal_error *error);

/* Has libssh2 take in what came for any channel, as far as windows allow, and
 * answer what is to be answered. 0, or as sshoal__session_fail(). */
int sshoal__channel_take_in(const struct channel *channel, sshoal_error *error);

/* Offers bytes. Returns how many were taken, 0 when none can be at this
 * moment: the same ones are to be offered next. SSHOAL_ECLOSED when the
 * channel takes no more. */
int64_t sshoal__channel_write(struct channel *channel, const void *bytes,
			      size_t n, sshoal_error *error);

/* Says that nothing more will be written. False: call again later. */
bool sshoal__channel_eof(struct channel *channel);

/* Says that we are done with it, and again after more input, until it returns
 * true: the server has closed it, too, or cannot any more. What still comes is
 * dropped. */
bool sshoal__channel_close(struct channel *channel);

/* Whether an exit status or signal has come. */
bool sshoal__channel_has_exit(const struct channel *channel);

/* Gives one that the server has closed back to libssh2, which tells the server
 * so; false: call again after more input. */
bool sshoal__channel_release(struct channel *channel);

/* Forgets it; what libssh2 has of it goes with the session. */
void sshoal__channel_fini(struct channel *channel);

#endif
