/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ATTEMPT_H
#define SSHOAL_FLEET_ATTEMPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sshoal/pool.h>
#include <sshoal/result.h>
#include <sshoal/transfer.h>

#include "fleet/credentials.h"
#include "fleet/events.h"
#include "ssh/dial.h"
#include "ssh/exec.h"
#include "ssh/resolve.h"
#include "ssh/watch.h"

struct event_bytes;
struct run;
struct scan;
struct task;
struct topic;

/*
 * One try to do the job on one target: what the scheduler gives a worker, and
 * what the worker gives back. The worker owns it from submission until it has
 * posted `over`; what is marked shared is read by both meanwhile.
 */
struct attempt {
	struct event logged_in; /* places reserved in the event queue */
	struct event raised;    /* sudo runs the command, or does not */
	struct event over;
	struct run *run; /* a reference */
	struct task *task;
	const struct plan *plan;
	const struct addresses *addresses;
	struct attempt *next; /* the scheduler's list of running ones */
	struct attempt *previous;
	sshoal_future *future;  /* the scheduler's */
	struct watch watch;     /* shared */
	_Atomic int phase;      /* shared: enum sshoal_phase */
	atomic_uint refs;       /* shared: the owner's, and one more while the
				  scheduler gives it up */
	bool given_up;          /* shared: under the event queue's lock */
	bool login_counted;     /* the scheduler's: it holds a login place */
	int64_t cut_ms;         /* likewise: when it was cut off; 0: not */
	int64_t end_limit_ms;   /* likewise: its limit when the run was ended */
	struct topic *answered; /* likewise: what it was last answered */
	int64_t submitted_ms;
	int64_t dns_ms;   /* what the look-up took of the limit */
	int64_t limit_ms; /* of the job, from the login on; the worker's */
	/* The outcome. */
	int code;
	int ran;
	bool idle;
	bool deadline; /* the run's own limit came */
	int64_t phase_started_us[SSHOAL_PHASE_COUNT]; /* 0: did not begin */
	int64_t logged_in_us;
	int64_t asked_us; /* how long it waited for somebody at login */
	enum password_fate password;
	enum password_fate sudo_password;
	const char *become;        /* as in struct command_ending, while its
				      command runs through sudo */
	const char *become_secret; /* likewise */
	int64_t over_us;
	struct exec_outcome outcome;
	sshoal_transfer_summary moved; /* of a transfer */
	struct scan *scan;             /* the host keys found, or NULL */
	uint32_t copy_id;              /* of enum sshoal_copy_id */
	bool check_failed; /* the job went well, the check after it did not */
	bool failed_here;  /* a file failed for something on this machine */
	struct event_bytes *spare; /* room for the next output */
	size_t room_bytes;         /* how much the next one is given */
	uint64_t told_bytes[CHANNEL_STREAMS]; /* output handed on */
	bool limited; /* more came than there may be, which ended it */
	bool cut;     /* likewise, and the rest was dropped */
	sshoal_error error;
	char address[ADDRESS_TEXT_MAX];
};

/* A way to a session for an attempt; its members point at each other. */
struct attempt_way {
	struct dial dial;
	struct dial_events events;
	struct login login;
};

/* Fills in the way to the target and the login of its plan. */
void sshoal__attempt_way(struct attempt_way *way, struct attempt *attempt);

/* The earlier of what a limit gives from now on and the run's deadline. */
int64_t sshoal__attempt_limit(const struct attempt *attempt,
			      int64_t timeout_ms);

/* The worker: does the job and posts `over`. argument is the attempt. */
void *sshoal__attempt_run(void *argument);

/* Fills in what the attempt's outcome means: whether the command ran, and what
 * is to be said of its end besides rc. */
void sshoal__attempt_judge(struct attempt *attempt, int rc);

void sshoal__attempt_free(struct attempt *attempt);

#endif
