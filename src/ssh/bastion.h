/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_BASTION_H
#define SSHOAL_SSH_BASTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sshoal/bastion.h>

#include "ssh/bastion_queue.h"
#include "ssh/direct.h"
#include "ssh/keepalive.h"
#include "ssh/relay.h"
#include "ssh/session.h"
#include "ssh/watch.h"

/* How many streams one connection carries. */
#define BASTION_STREAMS_MAX 200

/* What all windows of one connection come to, more or less: what a server may
 * send that nobody reads is no more. */
#define BASTION_WINDOWS ((int64_t)48 * 1024 * 1024)

/* How many connections wait to be accepted on a port. */
#define BASTION_BACKLOG 16

struct bastion_listener {
	struct bastion_listener *next;
	LIBSSH2_LISTENER *ssh;
	uint32_t port;
	int fds[BASTION_BACKLOG]; /* under the lock, like the next */
	size_t fd_count;
};

/*
 * One session on one thread, which alone touches it and its relays; callers
 * hand in requests and take out descriptors.
 */
struct sshoal_bastion {
	atomic_uint refs;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows, up to the session */
	pthread_cond_t changed;
	struct bastion_listener *listeners; /* grows at its head */
	sshoal_error fate; /* why it is of no use any more; 0: it is */
	bool stopping;
	int wake_fd;                 /* an eventfd */
	struct bastion_queue *queue; /* a reference */
	struct session *session;
	struct bastion_request *request; /* at hand; NULL: none */
	int64_t limit_ms;                /* of that */
	bool is_late; /* an answer that nobody wants is waited for */
	struct watch watch;
	sshoal_cancel *cancel; /* a reference; NULL: none */
	sshoal_bastion *outer; /* likewise: what it goes through */
	struct channel_wait wait;
	struct keepalive keepalive; /* while an open is not answered */
	bool keeps_alive;           /* and at any other time */
	struct relay *relays;
	size_t relay_count;
	int64_t window_bytes; /* what windows may still grow by */
	bool stale; /* libssh2 may hold something that was not looked at */
	struct pollfd *fds; /* room for all of them */
};

/* The thread; its argument is the bastion. */
void *sshoal__bastion_thread(void *argument);

/* Has its thread end soon, which _close() waits for: many end at once. */
void sshoal__bastion_end(sshoal_bastion *bastion);

/* As sshoal_bastion_close(). False: its thread was left behind. */
bool sshoal__bastion_close(sshoal_bastion *bastion);

/* Takes one more reference; NULL for NULL. */
sshoal_bastion *sshoal__bastion_ref(sshoal_bastion *bastion);

/* Whether its thread serves nobody any more. Any thread. */
bool sshoal__bastion_is_over(struct sshoal_bastion *bastion);

/* Has the thread look at what is to be done. Any thread. */
void sshoal__bastion_wake(const struct sshoal_bastion *bastion);

/*
 * A bastion in two steps, for who dials its session: it is dialed with
 * bastion->watch. queue: one that several serve, or NULL. SSHOAL_ENOMEM,
 * SSHOAL_ELOCAL. Until it is started it is freed by _drop().
 */
int sshoal__bastion_new(struct sshoal_bastion **bastion,
			struct bastion_queue *queue, sshoal_error *error);
void sshoal__bastion_drop(struct sshoal_bastion *bastion);

/* Starts it with a session, which it takes over in any case. 0, SSHOAL_ELOCAL;
 * then it is dropped. */
int sshoal__bastion_start(struct sshoal_bastion *bastion,
			  struct session *session, sshoal_error *error);

/* From its start on it is lost when it gives no sign of life for so long while
 * it is to open a stream. Not for one that is to listen: libssh2 would take the
 * answer to the one for the other's. */
void sshoal__bastion_set_patience(struct sshoal_bastion *bastion,
				  struct session *session, int64_t limit_ms);

/* The same at any time: so many in a row that are not answered. */
void sshoal__bastion_keep_alive(struct sshoal_bastion *bastion,
				struct session *session, int64_t interval_ms,
				uint32_t most);

/* As sshoal_bastion_open(), as one of so many jump hosts. */
int sshoal__bastion_open(sshoal_bastion **bastion,
			 const sshoal_client_options *options, size_t depth,
			 sshoal_error *error);

/* As sshoal_bastion_connect(), ended by a descriptor as well; -1: none. */
int sshoal__bastion_connect(struct sshoal_bastion *bastion, const char *host,
			    uint32_t port, int64_t deadline_ms, int cancel_fd,
			    int *fd, sshoal_error *error);

#endif
