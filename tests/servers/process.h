/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_PROCESS_H
#define SERVERS_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A program that runs beside a test, with everything it says kept. It ends,
 * with every process that came of it, when it is stopped and when the test
 * ends in whatever way (keeper.c). Any thread may look at the log.
 */
struct process;

/* What a keeper does beside keeping a command. */
struct process_plan {
	const char *const *command; /* found in PATH; NULL: none */
	const char *const
		*environment;      /* added to ours, NULL-terminated; or NULL */
	const char *remove_folder; /* removed afterwards, or NULL */
	const char *remove_user;   /* likewise */
};

/* 0 or -1 with a line on standard error. */
int process_start(struct process **process, const struct process_plan *plan);

/* Waits until a text has been said at least so many times; false when the
 * time is over or the program ended without it. */
bool process_wait(struct process *process, const char *text, size_t times,
		  int timeout_ms);

/* How many times a text has been said so far. */
size_t process_count(struct process *process, const char *text);

/* A copy of all it said, for free(3); NULL when memory is refused. */
char *process_log(struct process *process);

/* Ends it and returns when all of it is gone. NULL is ignored. */
void process_stop(struct process *process);

/* Runs a program to its end, its output thrown away unless it fails. 0 when
 * it exits with 0, else -1 with its output on standard error. */
int process_run(const char *const *command, const char *const *environment);

#endif
