/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_OPENING_H
#define SSHOAL_SSH_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/config.h>

#include "auth/default_keys.h"
#include "inventory/jump.h"
#include "ssh/agent_keys.h"
#include "ssh/dial.h"
#include "ssh/profile.h"

/*
 * What one host is opened with: the caller's options, and what is loaded for
 * them. It lives for the time of the opening.
 */
struct opening {
	sshoal_client_options options;
	sshoal_config *config; /* has strings of the options; NULL: none */
	struct profile_book book;
	struct profile profile;
	bool names_known_hosts; /* the options do, not the config */
	const char
		*typed; /* the host before ssh_config was asked, like these */
	const char *given_known_hosts;
	int64_t given_connect_ms;
	uint32_t given_policy;
	bool passes_fd; /* ssh_config says so, as the next two */
	const char *config_jump;
	const char *config_command;
	struct jump jump;       /* what lies before it */
	char *proxy_command;    /* what connects instead; NULL: nothing */
	sshoal_bastion *jumped; /* to the last host of the jump */
	size_t depth;           /* how many hosts it is itself before others */
	const char *known_host; /* as the known hosts have it */
	uint32_t known_port;
	char *user;
	sshoal_key **keys; /* given ones and loaded ones */
	size_t key_count;
	sshoal_key **certificates;
	size_t certificate_count;
	struct default_keys default_keys;
	struct agent_keys agent;
	struct trust *trust;
	struct addresses addresses;
	int64_t connect_timeout_ms;
	int64_t connect_deadline_ms;
	int64_t asked_ms; /* how long a person was asked about the key */
	int cancel_fd;
	int phase;    /* where it is, for the text of an error */
	int fd;       /* the copy of a descriptor that was given; -1: none */
	int fd_flags; /* what that had; -1: not known */
};

/* Loads everything; _fini() is due in any case. */
int sshoal__opening_init(struct opening *opening,
			 const sshoal_client_options *options,
			 sshoal_error *error);

/* Connects and logs in. */
int sshoal__opening_dial(struct opening *opening, struct session **session,
			 struct watch *watch, struct dialed *dialed,
			 sshoal_error *error);

/* The pieces of it, in opening_way.c. What ssh_config says of the way: */
void sshoal__opening_configure_way(struct opening *opening,
				   const struct config_values *values);
/* What is to be done then; reads nothing. */
int sshoal__opening_find_way(struct opening *opening, sshoal_error *error);
/* Connects to the jump hosts, which is not counted against the host. */
int sshoal__opening_jump(struct opening *opening, sshoal_error *error);

/* All went well: a descriptor that was given is closed, there is a copy. */
void sshoal__opening_done(struct opening *opening);

void sshoal__opening_fini(struct opening *opening);

#endif
