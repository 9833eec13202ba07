/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_SESSION_H
#define SSHOAL_SSH_SESSION_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libssh2.h>

#include <sshoal/error.h>

#include "base/buffer.h"
#include "ssh/algorithms.h"
#include "ssh/arena.h"
#include "ssh/tap.h"
#include "ssh/watch.h"

/* How much may wait to be sent before no channel adds to it. */
#define SESSION_OUT_ENOUGH ((size_t)256 * 1024)

/* The most a server may send before its key exchange is done, and again until
 * its login is. */
#define SESSION_HELLO_MAX ((size_t)256 * 1024)

/* What a server said of the password it was given. */
enum password_fate {
	PASSWORD_UNUSED,
	PASSWORD_REFUSED,
	PASSWORD_ACCEPTED,
};

/*
 * One SSH connection: libssh2 above our own buffers. libssh2 only ever sees
 * memory; bytes move in sshoal__session_wait() alone. One thread.
 */
struct session {
	LIBSSH2_SESSION *ssh;
	struct watch *watch; /* of the owner */
	struct arena arena;
	struct tap tap;
	struct buffer in;    /* received, not yet asked for by libssh2 */
	struct buffer out;   /* from libssh2, not yet sent */
	struct buffer hello; /* what came in the clear */
	struct shim *shim;   /* set while it watches allocations */
	struct proxy_command *proxy; /* what it goes through; NULL: none */
	struct prompting *prompting; /* of the login, while it answers */
	uint64_t received_bytes;
	uint64_t sent_bytes;
	size_t hello_left;       /* of SESSION_HELLO_MAX */
	uint32_t host_key_kinds; /* TRUST_ kinds that both sides have, once
				    keys were exchanged */
	size_t receive_bytes;    /* how much one recv() asks for */
	int fd;
	int cancel_fd;  /* ends its waits */
	int wake_fd;    /* so does this, without a reason: there is more to be
			   written; -1: none */
	int io_errno;   /* what recv() or send() met, 0 at end of file */
	int failed;     /* the first fatal code; nothing is called after
				 it */
	bool ended;     /* recv() met end of file or an error */
	bool end_told;  /* and libssh2 is told of it */
	bool flooded;   /* hello_left was used up */
	void *opening;  /* the channel that libssh2 is opening, or NULL */
	bool starts;    /* its next block is that */
	bool deaf;      /* it is not to read at this moment */
	bool gives_up;  /* the call under way is to fail, and nothing else */
	bool gave_up;   /* an open was: its answer may still come */
	bool wrote;     /* something was sent since the last wait */
	bool held_back; /* somebody has more to write than was let in */
	bool paces;     /* it is given no more while it holds much that nobody
			  has read; whoever waits for it must know that */
	bool nudging;   /* sshoal__session_nudge() has no answer yet */
	bool asking;    /* some other request has none yet */
	bool key_exchanged;
	bool logged_in;
	bool spoiled;     /* libssh2 can offer no key any more */
	int64_t asked_ms; /* how long somebody was asked at login */
	enum password_fate password;
};

/* Changes what the session does on the allocations of one call, and before one
 * of its blocks is taken back; either may be NULL. */
struct shim {
	void (*given)(struct shim *shim, unsigned char *block);
	void (*taken)(struct shim *shim, const unsigned char *block);
};

/*
 * Takes over a connected non-blocking socket; on failure it stays the
 * caller's. watch is the owner's and outlives the session. cancel_fd: -1 for
 * none. 0, SSHOAL_ENOMEM.
 */
int sshoal__session_new(struct session **session, int fd, struct watch *watch,
			int cancel_fd, sshoal_error *error);

/*
 * Banner and key exchange. kinds: TRUST_ kinds on file for the host.
 * algorithms: what to offer, NULL for what is usual. The text
 * of a failure says what the server offered. SSHOAL_EBUSY when it closed
 * before its banner or said that it has too many logins.
 */
int sshoal__session_handshake(struct session *session, uint32_t kinds,
			      const struct algorithms *algorithms,
			      int64_t deadline_ms, sshoal_error *error);

/* The host's key as it proved it in the key exchange. */
const unsigned char *sshoal__session_host_key(const struct session *session,
					      size_t *size_bytes);

/* The server's banner, such as "SSH-2.0-OpenSSH_9.2p1"; "" before it came. */
const char *sshoal__session_banner(const struct session *session);

/* Whether libssh2 holds so much that nobody has read that it is given no more;
 * what has come waits then, and the server with it. */
bool sshoal__session_is_full(const struct session *session);

/* Publishes the limit of what comes next. */
void sshoal__session_limit(struct session *session, int64_t deadline_ms);

/*
 * Sends what is to be sent, sleeps until something happened, receives once.
 * Call it whenever libssh2 said EAGAIN, then repeat that call. 0,
 * SSHOAL_ETIMEOUT (also when it was cut off), SSHOAL_ECANCELLED (the session
 * goes on), SSHOAL_ELOST, SSHOAL_ENOMEM (it does not).
 */
int sshoal__session_wait(struct session *session, int64_t deadline_ms,
			 sshoal_error *error);

/*
 * The two halves of that for who waits for more than a session: what to wait
 * for, and what to do then. *ready: something is there already, do not sleep.
 */
int sshoal__session_before_wait(struct session *session, struct pollfd *wanted,
				bool *ready, sshoal_error *error);
int sshoal__session_after_wait(struct session *session,
			       const struct pollfd *wanted,
			       sshoal_error *error);

/* What a channel is opened with (RFC 4254 section 5.1). */
struct channel_plan {
	const char *type;
	const void *message; /* what follows the window and packet sizes */
	size_t message_size;
	uint32_t window_bytes;
};

/* Goes on with opening a channel as far as it can: the channel, or NULL and
 * libssh2's code. With LIBSSH2_ERROR_EAGAIN call it again, with the same plan,
 * after more input. With LIBSSH2_ERROR_TIMEOUT it was given up after a minute,
 * at no cost for the session. */
LIBSSH2_CHANNEL *sshoal__session_open(struct session *session,
				      const struct channel_plan *plan,
				      int *libssh2_code);

/* Gives up an open whose answer does not come, at no cost for the session:
 * whatever it will be, it is for nobody. False: the session is dead. *opened:
 * the answer has come at the last moment; else NULL. */
bool sshoal__session_open_give_up(struct session *session,
				  const struct channel_plan *plan,
				  LIBSSH2_CHANNEL **opened);

/*
 * libssh2 looks at what came only while it is asked for something, so on a
 * session without a channel a server's keepalives would stay unanswered.
 * Where something came that nobody looked at, this asks for a channel of a type
 * that no server has: whatever comes before the refusal is seen. Call it after
 * everything else of a turn; no channel can be opened while session->nudging.
 * 0, or as sshoal__session_fail().
 */
int sshoal__session_nudge(struct session *session, sshoal_error *error);

/* Sends what the socket takes at this moment. */
void sshoal__session_flush(struct session *session);

/* Turns a failing libssh2 code into ours with a text; the session is dead
 * after it. code: what it is if nothing better is known. */
int sshoal__session_fail(struct session *session, int libssh2_code, int code,
			 sshoal_error *error);

/* Says goodbye without waiting for an answer, and frees everything. NULL is
 * ignored. */
void sshoal__session_free(struct session *session);

#endif
