/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_BASTION_QUEUE_H
#define SSHOAL_SSH_BASTION_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/bastion.h>

/* How many connections to one bastion serve a queue. */
#define BASTION_MEMBERS_MAX 8

enum bastion_deed { BASTION_CONNECT, BASTION_LISTEN };

/* Where a request is. */
enum bastion_stage {
	BASTION_QUEUED,
	BASTION_TAKEN, /* a connection is at it */
	BASTION_DONE
};

/*
 * What a caller wants of a bastion. Under the queue's lock, but for what is
 * read-only; the caller frees it once it is done, and else who comes to it
 * after the caller has left.
 */
struct bastion_request {
	struct bastion_request *next;
	enum bastion_deed deed;
	enum bastion_stage stage;
	char *host;
	uint32_t port;       /* for LISTEN, also what came of it */
	int64_t deadline_ms; /* of the caller */
	int64_t open_ms;     /* how long the answer may take; -1: no limit */
	int64_t queued_ms;
	int64_t taken_ms;
	int told_fd; /* an eventfd: it is done */
	int fd;      /* what came of CONNECT; -1: nothing */
	int code;
	sshoal_error error;
	bool left;       /* the caller does not wait any more */
	bool refused;    /* the server said so: it could not reach the host */
	uint32_t reason; /* of that (RFC 4254 section 5.1) */
};

/*
 * The requests that one or several connections to the same bastion serve, each
 * one at a time: whichever is free takes the next.
 */
struct bastion_queue {
	atomic_uint refs;
	pthread_mutex_t lock; /* of the rest */
	struct bastion_request *first;
	struct bastion_request **last;
	struct sshoal_bastion *members[BASTION_MEMBERS_MAX];
	size_t member_count;
	bool stays;        /* requests wait also while there is no connection */
	sshoal_error fate; /* why nobody serves it; 0: somebody does */
};

int sshoal__bastion_queue_new(struct bastion_queue **queue);
struct bastion_queue *sshoal__bastion_queue_ref(struct bastion_queue *queue);
void sshoal__bastion_queue_free(struct bastion_queue *queue);

/* A request for _put(). 0, SSHOAL_ENOMEM or SSHOAL_ELOCAL. */
int sshoal__bastion_request_new(struct bastion_request **request,
				enum bastion_deed deed, const char *host,
				uint32_t port);
void sshoal__bastion_request_free(struct bastion_request *request);

/* Hands a request in. Where nobody serves it, it is done at once. */
void sshoal__bastion_queue_put(struct bastion_queue *queue,
			       struct bastion_request *request);

/* Waits until a request is done. 0, SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED or
 * SSHOAL_ELOCAL. */
int sshoal__bastion_request_wait(struct bastion_queue *queue,
				 const struct bastion_request *request,
				 int64_t deadline_ms, int cancel_fd);

/* Where a request is, and since when. */
enum bastion_stage
sshoal__bastion_queue_stage(struct bastion_queue *queue,
			    const struct bastion_request *request,
			    int64_t *since_ms);

/* The caller gives a request up. False: it was done at this very moment, and is
 * the caller's still. */
bool sshoal__bastion_queue_leave(struct bastion_queue *queue,
				 struct bastion_request *request);

/* For a connection: comes and goes. With the last of them that went, all that
 * waits is done with the fate, unless the queue stays. */
int sshoal__bastion_queue_join(struct bastion_queue *queue,
			       struct sshoal_bastion *member);
void sshoal__bastion_queue_quit(struct bastion_queue *queue,
				const struct sshoal_bastion *member,
				const sshoal_error *fate);

/* For a connection: the next request that somebody waits for; NULL for none. */
struct bastion_request *sshoal__bastion_queue_take(struct bastion_queue *queue);

/* Whether somebody waits for a connection to take his request. */
bool sshoal__bastion_queue_has_some(struct bastion_queue *queue);

/* Whether the caller of a request has left. */
bool sshoal__bastion_queue_is_left(struct bastion_queue *queue,
				   const struct bastion_request *request);

/* For a connection: what came of one that was taken. */
void sshoal__bastion_queue_done(struct bastion_queue *queue,
				struct bastion_request *request, int code,
				const sshoal_error *error);

/* All that waits is done with this. */
void sshoal__bastion_queue_fail(struct bastion_queue *queue,
				const sshoal_error *error);

#endif
