/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_CREDENTIALS_H
#define SSHOAL_FLEET_CREDENTIALS_H

#include <sshoal/fleet.h>

#include "auth/default_keys.h"
#include "base/map.h"
#include "fleet/plan.h"
#include "fleet/roster.h"
#include "ssh/login.h"
#include "ssh/profile.h"
#include "trust/trust.h"

/*
 * What a run logs in with: each key decoded once, each password file and each
 * known-hosts file read once, before anything is contacted; read-only and
 * shared by all threads afterwards.
 */
struct credentials {
	struct map key_lists; /* by the files' names, to struct key_list */
	struct map secrets;   /* by file, to struct secret */
	struct map trusts;    /* by their files, to struct trust_file */
	struct map agents;    /* by where they are, to struct named_agent */
	struct profile_book book;
	struct default_keys default_keys;
	char *login_name;
	char *passphrase; /* of the fleet's defaults */
	sshoal_note_cb *note;
	void *note_data;
	bool has_warned; /* of StrictHostKeyChecking no */
	int cancel_fd;   /* ends the waits of trust; -1: none */
};

/* 0 or SSHOAL_ENOMEM; _fini() is due either way. */
int sshoal__credentials_init(struct credentials *credentials,
			     const sshoal_client_options *defaults,
			     sshoal_note_cb *note, void *note_data);
void sshoal__credentials_fini(struct credentials *credentials);

/* Loads what a target needs, if it is not there yet, and settles its plan.
 * Errors as sshoal_fleet_run(). */
int sshoal__credentials_plan(struct credentials *credentials,
			     const struct roster_entry *entry,
			     const struct plan_options *options,
			     struct plan *plan, sshoal_error *error);

/* Lists the keys of the agents that plans want, and loads the default keys,
 * once; call them when all plans are made. What is not there or does not open
 * is noted, not an error. */
void sshoal__credentials_load_agents(struct credentials *credentials);
void sshoal__credentials_load_default_keys(struct credentials *credentials);

/* Whether there is what a plan logs in with: SSHOAL_EPASSPHRASE where a key can
 * only be used by an agent which does not have it. */
int sshoal__credentials_check(const struct plan *plan, sshoal_error *error);

/* What a plan logs in with, without questions. Borrowed from both. */
struct login sshoal__credentials_login(const struct credentials *credentials,
				       const struct plan *plan);

#endif
