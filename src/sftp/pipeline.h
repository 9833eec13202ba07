/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_PIPELINE_H
#define SSHOAL_SFTP_PIPELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/sftp.h>

#include "base/buffer.h"
#include "base/wire.h"
#include "sftp/packet.h"
#include "ssh/client.h"
#include "ssh/duplex.h"

/* What is read and written at a time where the server agrees to it. */
#define SFTP_CHUNK ((size_t)128 * 1024)
#define SFTP_CHUNK_LEAST ((size_t)32 * 1024)

#define SFTP_READ_LEAST ((size_t)512)

/* How much may be under way: asked for, or sent and not agreed to. The most is
 * for long links; on short ones OpenSSH spends its time on moving about what
 * waits in its buffers, so that less goes faster. */
#define SFTP_IN_FLIGHT ((uint64_t)4 * 1024 * 1024)
#define SFTP_IN_FLIGHT_LEAST ((uint64_t)512 * 1024)

/* What a server can be expected to take, so that a link is full which answers
 * after so many microseconds. */
#define SFTP_BYTES_PER_US ((uint64_t)400)

/* How much may wait to be sent before nothing is added to it. */
#define SFTP_OUT_ENOUGH ((size_t)256 * 1024)

/* The extensions that are asked after when a server begins. */
enum sftp_extension {
	SFTP_POSIX_RENAME,
	SFTP_FSYNC,
	SFTP_STATVFS,
	SFTP_FSTATVFS,
	SFTP_HARDLINK,
	SFTP_LSETSTAT,
	SFTP_LIMITS,
	SFTP_EXPAND_PATH,
	SFTP_COPY_DATA,
	SFTP_HOME_DIRECTORY,
	SFTP_EXTENSIONS
};

/* The name an extension has on the wire. */
const char *sshoal__sftp_extension_name(enum sftp_extension extension);

/* An answer, valid inside the call it is given to. */
struct sftp_reply {
	int code; /* not 0: the session is over and there is none */
	enum sftp_type type;
	uint32_t status;   /* of SFTP_STATUS, enum sftp_status */
	const char *words; /* of SFTP_STATUS: the server's, "" if none */
	struct wire body;  /* of other types: what follows the id */
	size_t data_size;  /* of SFTP_DATA: bytes that are in the room */
};

/*
 * What waits for an answer. It is its owner's, who keeps it until answered was
 * called: once for each that was sent, whatever happens, inside
 * sshoal__sftp_turn(), sshoal__sftp_fail() or sshoal_sftp_close(). It may send
 * others, and send itself again; it must not turn.
 */
struct sftp_request {
	void (*answered)(struct sftp_request *request,
			 const struct sftp_reply *reply);
	/* Where n bytes of SFTP_DATA go; they stay there until answered was
	 * called. NULL: so much was not asked for. Only for reads. */
	unsigned char *(*room)(struct sftp_request *request, size_t n);
	uint32_t id;
	uint32_t in_flight; /* what it counts for, besides one request */
};

/* Bytes that are somebody's until they were sent. */
struct sftp_loan {
	const unsigned char *bytes;
	size_t size;
	void (*release)(void *data); /* may be NULL */
	void *data;
};

struct sftp_slot;
struct sftp_piece;

/* What has come of a packet. */
struct sftp_input {
	struct buffer bytes;          /* from its length on, without data */
	struct sftp_request *request; /* whose SFTP_DATA is coming; or NULL */
	unsigned char *room;
	size_t room_size;
	size_t room_used;
	char words[200]; /* the first that came on standard error */
	size_t words_size;
};

/*
 * A session of SFTP: requests go out as the connection takes them, answers are
 * given to who asked, in whatever order they come. The client's thread.
 */
struct sshoal_sftp {
	uint32_t magic; /* SFTP_MAGIC while it lives */
	struct duplex duplex;
	struct sftp_input input;
	struct sftp_piece *first_piece; /* what is to be sent, in order */
	struct sftp_piece *last_piece;
	size_t out_bytes;
	struct sftp_slot *slots; /* by id */
	uint32_t slot_count;
	uint32_t free_slot;   /* the first that is free, or slot_count */
	uint32_t outstanding; /* requests without an answer */
	uint64_t in_flight;   /* the sum of theirs */
	uint64_t most_in_flight;
	int64_t round_trip_us; /* the shortest that was seen; 0: none yet */
	size_t read_size;      /* at a time, as the server takes it */
	size_t write_size;
	uint32_t handles; /* how many may be open at a time */
	bool extensions[SFTP_EXTENSIONS];
	struct buffer offers; /* every extension's name and NUL */
	int64_t timeout_ms;   /* -1: none */
	uint64_t moved;       /* bytes either way */
	int64_t moved_ms;     /* the last of them, or the first request after
				 none was waiting */
	struct packet packet; /* for the request that is being made */
	sshoal_error error;   /* of the last failing call */
	sshoal_error fate;    /* why it is over; code 0: it is not */
	struct sftp_request limits; /* for what the server's are */
	bool started;               /* VERSION has come */
};

#define SFTP_MAGIC 0x73667470u

/*
 * Sends what sftp->packet (or another packet) holds and remembers who asked.
 * loan: what follows it, counted in it already by packet fields; NULL: nothing.
 * It is released when it was sent, also when this fails. 0, or a code and the
 * request is not answered: SSHOAL_ENOMEM, or sftp->fate's.
 */
int sshoal__sftp_send(struct sshoal_sftp *sftp, struct packet *packet,
		      struct sftp_request *request,
		      const struct sftp_loan *loan);

/* A server gave n bytes where more were asked for, and the rest when that was
 * asked for: it is asked for no more than that at a time from then on. */
void sshoal__sftp_gave_less(struct sshoal_sftp *sftp, size_t n);

/* Whether more contents may be asked for or sent at this moment. */
bool sshoal__sftp_has_room(const struct sshoal_sftp *sftp);

/* The same, after having sent what the connection takes: who has more to send
 * asks this, for a turn would wait for an answer first. */
bool sshoal__sftp_make_room(struct sshoal_sftp *sftp);

/*
 * Moves everything once and runs what was waiting for answers; waits at most
 * until the deadline when there is nothing to do. 0 when something may have
 * happened or the deadline came. SSHOAL_ECANCELLED and SSHOAL_ETIMEOUT when the
 * client was cancelled or is past a limit of its own: the session goes on,
 * sftp->error has the text. Else what ended the session, which sftp->fate tells
 * then: every request was answered with it.
 */
int sshoal__sftp_turn(struct sshoal_sftp *sftp, int64_t deadline_ms);

/* Ends the session: everything that waits is answered with the code. error may
 * be sftp->error. Returns the code. */
int sshoal__sftp_fail(struct sshoal_sftp *sftp, int code,
		      const sshoal_error *error);

/* The sftp that a duplex on a client's list is part of. */
static inline struct sshoal_sftp *sshoal__sftp_of(struct duplex *duplex)
{
	return (struct sshoal_sftp *)((char *)duplex -
				      offsetof(struct sshoal_sftp, duplex));
}

/* Begins and ends a public call: 0, or a code. Fails where the sftp is over,
 * closed, or in another thread's call. */
int sshoal__sftp_enter(struct sshoal_sftp *sftp);
void sshoal__sftp_leave(struct sshoal_sftp *sftp);

/*
 * What a reply means to who wanted one type: 0, or the code of what went wrong
 * and its text: "PATH: the server's words". An answer of another type is
 * SSHOAL_EPROTOCOL, for that request alone. SSHOAL_EEMPTY: it says "end of
 * file". wanted SFTP_STATUS: SFTP_OK is wanted.
 */
int sshoal__sftp_judge(const struct sftp_reply *reply, enum sftp_type wanted,
		       const char *path, sshoal_error *error);

/* A reply that was waited for. */
struct sftp_answer {
	struct sftp_request request;
	struct buffer bytes; /* the body's */
	struct wire body;
	enum sftp_type type;
	int code; /* what was judged; 0: it is of the wanted type */
	bool done;
	enum sftp_type wanted;
	const char *path;
	sshoal_error *error;
};

/*
 * Sends sftp->packet and waits for the answer, which is judged: 0, or the code
 * with its text in sftp->error. answer->body can be read until
 * sshoal__sftp_answer_fini(), which is due in any case.
 */
int sshoal__sftp_ask(struct sshoal_sftp *sftp, struct sftp_answer *answer,
		     enum sftp_type wanted, const char *path);
void sshoal__sftp_answer_fini(struct sftp_answer *answer);

/* A path as it may be sent: 0, or SSHOAL_EINVAL with a text. */
int sshoal__sftp_check_path(const char *path, sshoal_error *error);

/* A string of a reply as text, cut at a NUL, for free(3); NULL: no memory. */
char *sshoal__sftp_copy_string(const unsigned char *bytes, size_t n);

/* The pieces of it. pipeline.c: what goes out, and who waits. */
void sshoal__sftp_push(struct duplex *duplex);
int sshoal__sftp_send_first(struct sshoal_sftp *sftp, uint32_t version);
struct sftp_request *sshoal__sftp_waiting(const struct sshoal_sftp *sftp,
					  uint32_t id);
void sshoal__sftp_settle(struct sshoal_sftp *sftp, uint32_t id,
			 const struct sftp_reply *reply);
void sshoal__sftp_drop_all(struct sshoal_sftp *sftp);

/* input.c: what comes in, as a channel's sink. */
unsigned char *sshoal__sftp_give_room(void *data, enum channel_stream stream,
				      size_t *size_bytes);
int sshoal__sftp_take(void *data, enum channel_stream stream,
		      size_t size_bytes);

/* hello.c: what a server says first. 0 or a code with a text. */
int sshoal__sftp_greet(struct sshoal_sftp *sftp, struct wire *body,
		       sshoal_error *error);

#endif
