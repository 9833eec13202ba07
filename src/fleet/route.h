/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ROUTE_H
#define SSHOAL_FLEET_ROUTE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "fleet/credentials.h"
#include "fleet/events.h"
#include "ssh/bastion_queue.h"

struct run;
struct sshoal_bastion;
struct task;

enum route_state {
	ROUTE_CLOSED, /* nobody needed it yet, or its connections are lost */
	ROUTE_OPENING,
	ROUTE_OPEN,
	ROUTE_FAILED /* for the whole run */
};

/*
 * A chain of jump hosts that targets are reached through: one object for all
 * targets behind it. Its connections are to the last host of the chain; the
 * hosts before that are a route of their own. Connections are made by a thread
 * that lives as long as that takes.
 */
struct route {
	struct route *next;  /* of the run's, made before this one */
	struct route *outer; /* what its host is reached through; NULL: none */
	struct run *run;
	struct plan plan;          /* of its host */
	struct sshoal_target *hop; /* its host; the plan borrows from it */
	const char *name;          /* of that, for texts */
	char *key;                 /* what tells it from others */
	struct bastion_queue *queue;
	/* The scheduler's. */
	struct event event; /* it is open, or failed */
	struct task *first; /* those that wait for it */
	struct task **last;
	/* Under the lock. */
	pthread_mutex_t lock;
	enum route_state state;
	struct sshoal_bastion *bastions[BASTION_MEMBERS_MAX];
	size_t bastion_count;
	struct sshoal_bastion *dialed; /* by the thread, at this moment */
	pthread_t thread;
	bool has_thread; /* to be joined */
	bool dialing;    /* and it is at work */
	bool is_awaited; /* the scheduler waits for the event */
	bool key_added;
	int64_t again_ms; /* one more connection is not tried before this */
	int code;         /* of the failure, like the next two */
	int phase;
	sshoal_error error;
};

/* The routes of a run. */
struct routes {
	struct map by_key;
	struct route *first;   /* those that go through others first */
	sshoal_cancel *cancel; /* ends what they dial */
};

int sshoal__routes_init(struct routes *routes);
void sshoal__routes_fini(struct routes *routes);

/* No connection is made any more. */
void sshoal__routes_end(struct routes *routes);

/* Ends all connections. The scheduler's thread, once no worker is left that
 * uses them. Returns how many threads were left behind. */
size_t sshoal__routes_close(struct routes *routes);

/* Gives a plan the route that its jump means, made where there is none; or a
 * refusal. As sshoal__credentials_plan(). */
int sshoal__routes_find(struct plan *plan, struct run *run,
			const struct roster_entry *entry, sshoal_error *error);

/* Sees to it that there is a connection, or is about to be. awaited: the event
 * is posted once that is known; only where OPENING is returned. */
enum route_state sshoal__route_start(struct route *route, bool awaited);

/* Where it is; with ROUTE_FAILED also why. */
enum route_state sshoal__route_look(struct route *route, sshoal_error *error,
				    int *phase);

/* How a host behind a route is connected to. */
struct route_wish {
	const char *host;
	uint32_t port;
	int64_t open_ms;     /* what the jump host has for it; -1: no limit */
	int64_t deadline_ms; /* of the whole wait */
	int cancel_fd;
};

/*
 * Has the last jump host connect to a host. *taken_ms: when that was begun,
 * since waiting for a jump host is not the target's time; 0 if it was not.
 * 0, SSHOAL_EREFUSED, SSHOAL_EUNREACHABLE, SSHOAL_EDNS, SSHOAL_ECHANNEL,
 * SSHOAL_ETIMEOUT, SSHOAL_ELOST, SSHOAL_ECANCELLED, or what connecting to the
 * jump host failed with.
 */
int sshoal__route_connect(struct route *route, const struct route_wish *wish,
			  int *fd, int64_t *taken_ms, sshoal_error *error);

#endif
