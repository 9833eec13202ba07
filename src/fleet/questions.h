/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_QUESTIONS_H
#define SSHOAL_FLEET_QUESTIONS_H

#include <stdbool.h>

#include <sshoal/client.h>

#include "base/map.h"

struct attempt;
struct event;
struct scheduler;

/*
 * What workers ask: each question goes to the scheduler as an event, and its
 * callback answers it once for all that ask the same. The scheduler's.
 */
struct questions {
	struct map topics; /* by what is asked, to struct topic */
};

void sshoal__questions_fini(struct questions *questions);

/* A worker asks, data being its attempt; as the callbacks of a single client. */
int sshoal__questions_prompt(sshoal_prompt *prompt, void *data);
int sshoal__questions_host_key(const sshoal_host_key *key, void *data);

/* The scheduler's side. A question came. */
void sshoal__questions_asked(struct scheduler *scheduler, struct event *event);

/* An attempt is logged in, or over without: what it was answered is right, or
 * perhaps not. was_refused: its server said so. */
void sshoal__questions_logged_in(struct scheduler *scheduler,
				 struct attempt *attempt);
void sshoal__questions_over(struct scheduler *scheduler,
			    struct attempt *attempt, bool was_refused);

/* The run ends: nobody is asked any more, and nobody waits for an answer. */
void sshoal__questions_end(struct scheduler *scheduler);

/* A question that nobody takes out of the events any more. */
void sshoal__questions_drop(struct event *event);

#endif
