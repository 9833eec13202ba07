/* SPDX-License-Identifier: MIT */
#ifndef SSH_YARD_H
#define SSH_YARD_H

#include <sys/types.h>

#include <sshoal/config.h>
#include <sshoal/fleet.h>

#include "servers/site.h"
#include "ssh/observed.h"

/*
 * Hosts behind others: a site that is behind, at 127.0.1.1 and so on, and
 * jump hosts, each a server with keys of its own. An ssh_config says how these
 * are logged in to.
 */
struct yard {
	struct site behind;
	struct site gates[2]; /* "gate0" and "gate1" */
	char config_path[SCRATCH_PATH_MAX];
	char pids[SCRATCH_PATH_MAX]; /* a file for the relays' process ids */
};

/* A command that says at which address its host was reached. */
#define YARD_ADDRESS "echo $SSH_CONNECTION | cut -d' ' -f3"

/* For a group of tests: one with the usual servers is its state. */
int yard_setup(void **state);
int yard_teardown(void **state);

/* plan: of the first jump host; may be NULL. */
void yard_start(struct yard *yard, const struct sshd_plan *plan);
void yard_stop(struct yard *yard);

/* Writes the config, with more before what is usual, and loads it. */
sshoal_config *yard_config(const struct yard *yard, const char *more);

/* A fleet of so many hosts behind. options may be NULL; more as above. */
sshoal_fleet *yard_fleet(const struct yard *yard,
			 const sshoal_fleet_options *options, const char *jump,
			 unsigned count, const char *more);

/* Runs a command on a fleet, which must go through, and frees it. */
void yard_run(struct observed *observed, sshoal_fleet *fleet,
	      const char *command);

/* What each of the yard's hosts is to have said of its own address. */
void assert_own_addresses(const struct observed *observed);

/* Each host is to have ended without running anything, with this status and a
 * text that holds this one. */
void assert_seen_all(const struct observed *observed, int status,
		     const char *text);

/* How often somebody logged in to a server, and how often he connected. */
size_t yard_logins(const struct site *site);
size_t yard_connections(const struct site *site);

/* The process id in the index-th line of the file of the relays; waits until
 * it is there. */
pid_t yard_relay(const struct yard *yard, size_t index);

/* How many relays there were. */
size_t yard_relay_count(const struct yard *yard);

/* Fails the test unless every relay is gone, and waited for. */
void yard_expect_no_relay(const struct yard *yard);

#endif
