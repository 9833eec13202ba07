/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_ADMISSION_H
#define SSHOAL_FLEET_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"

struct task;

/*
 * Who may begin to log in: so many in all, so many to one address, so many a
 * second. Servers refuse more logins at a time than they are set up for
 * (OpenSSH's MaxStartups), so the total grows while logins are quick and
 * shrinks when they are slow. The scheduler's.
 */
struct admission {
	struct map places;   /* by address, to struct door */
	int64_t next_us;     /* when the rate allows the next connection */
	int64_t slowed_us;   /* when the limit was last halved */
	int64_t interval_us; /* between connections; 0: no rate */
	uint32_t per_address;
	uint32_t limit;
	uint32_t under_way;
	uint32_t quick; /* logins under a second since the limit changed */
	bool adaptive;
};

/* logins, per_address, rate: 0 for the default. */
void sshoal__admission_init(struct admission *admission, uint32_t logins,
			    uint32_t per_address, uint32_t rate);
void sshoal__admission_fini(struct admission *admission);

/* Whether anybody may begin; *due_us is when the rate allows it, 0 where only
 * a login that ends does. */
bool sshoal__admission_is_open(const struct admission *admission,
			       int64_t now_us, int64_t *due_us);

/* Lets a task in, or has it wait for its address (*waits). 0 or
 * SSHOAL_ENOMEM. */
int sshoal__admission_enter(struct admission *admission, struct task *task,
			    int64_t now_us, bool *waits);

/* A login is over. took_us: how long it took, -1 if it failed. Returns the
 * task that waited longest for the address, NULL if none did. */
struct task *sshoal__admission_leave(struct admission *admission,
				     const struct task *task, int64_t now_us,
				     int64_t took_us);

/* Takes those that are done from the tasks that wait. */
void sshoal__admission_sift(struct admission *admission);

#endif
