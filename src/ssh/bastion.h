/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_BASTION_H
#define SSHOAL_SSH_BASTION_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sshoal/bastion.h>

#include "ssh/direct.h"
#include "ssh/relay.h"
#include "ssh/session.h"
#include "ssh/watch.h"

/* How many streams one connection carries. */
#define BASTION_STREAMS_MAX 200

/* How many connections wait to be accepted on a port. */
#define BASTION_BACKLOG 16

enum bastion_deed { BASTION_CONNECT, BASTION_LISTEN };

/* What a caller wants of the thread. Under the bastion's lock, but for what is
 * read-only; whoever lets go last frees it. */
struct bastion_request {
	struct bastion_request *next;
	enum bastion_deed deed;
	char *host;
	uint32_t port; /* for LISTEN, also what came of it */
	int64_t deadline_ms;
	int fd; /* what came of CONNECT; -1: nothing */
	int code;
	sshoal_error error;
	bool done;
	bool left; /* the caller does not wait any more */
};

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
	struct bastion_request *first;
	struct bastion_request *last;
	struct bastion_listener *listeners; /* grows at its head */
	sshoal_error fate; /* why it is of no use any more; 0: it is */
	bool stopping;
	int wake_fd; /* an eventfd */
	struct session *session;
	struct watch watch;
	sshoal_cancel *cancel; /* a reference; NULL: none */
	sshoal_bastion *outer; /* likewise: what it goes through */
	struct channel_wait wait;
	struct relay *relays;
	size_t relay_count;
	bool stale; /* libssh2 may hold something that was not looked at */
	struct pollfd *fds; /* room for all of them */
};

/* The thread; its argument is the bastion. */
void *sshoal__bastion_thread(void *argument);

/* Takes one more reference; NULL for NULL. */
sshoal_bastion *sshoal__bastion_ref(sshoal_bastion *bastion);

/* Frees a request that nobody has any more. */
void sshoal__bastion_request_free(struct bastion_request *request);

#endif
