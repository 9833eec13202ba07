/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_PROBE_H
#define SSHOAL_FLEET_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "ssh/session.h"

struct run;
struct task;

/* On how many hosts a password is tried before others get it. */
#define PROBE_HOSTS 3

/*
 * A wrong password that is sent to many hosts locks accounts on all of them:
 * one that more than PROBE_HOSTS hosts share goes to so many first, and to the
 * others once one of those is logged in to. The scheduler's.
 */
struct probe {
	struct map groups;  /* by password, to struct probe_group */
	struct task *freed; /* those that may go, or have to end */
	struct task **freed_last;
};

/* The hosts of one password. */
struct probe_group {
	char *name;         /* in the map, of two passwords; NULL: borrowed */
	struct task *first; /* those that wait */
	struct task **last;
	size_t count;
	size_t freed;    /* given back, and not entered again */
	size_t trying;   /* how many are on their way */
	size_t refused;  /* how many refused it */
	bool open;       /* everybody may go */
	char hosts[160]; /* those that refused it */
};

/* Sorts the tasks of a run into groups. 0 or SSHOAL_ENOMEM; _fini() is due
 * either way. */
int sshoal__probe_init(struct probe *probe, struct run *run);
void sshoal__probe_fini(struct probe *probe);

enum probe_word { PROBE_GO, PROBE_WAIT, PROBE_END };

/* Whether a task may go. One that has to wait is kept until
 * sshoal__probe_freed() gives it back; PROBE_END: its password was refused too
 * often. */
enum probe_word sshoal__probe_enter(struct task *task);

/* A task that went got so far, or nowhere. */
void sshoal__probe_leave(struct probe *probe, struct task *task, bool logged_in,
			 enum password_fate fate);

/* The next of those that need not wait any more, NULL: none. */
struct task *sshoal__probe_freed(struct probe *probe);

#endif
