/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_PLAN_H
#define SSHOAL_FLEET_PLAN_H

#include <sshoal/fleet.h>

#include "fleet/roster.h"
#include "inventory/config.h"
#include "ssh/login.h"
#include "ssh/profile.h"
#include "trust/trust.h"

struct route;

struct key_list {
	sshoal_key **keys;
	size_t count;
	char *locked; /* the file of one that only an agent can sign with;
			 NULL: there is none */
};

/* How one target is reached: its settings after every precedence. Strings and
 * objects are borrowed from roster, options, config and credentials. */
struct plan {
	struct route *route;       /* the jump hosts before it; NULL: none */
	const char *jump;          /* what these are; NULL: none */
	const char *proxy_command; /* what connects instead; NULL: nothing */
	const char *host;          /* to connect to */
	const char *known_host;    /* as known hosts have it, like the next */
	const char *user;
	const char *password;
	const char *sudo_password; /* of the host; NULL: none */
	const struct key_list *keys;
	const struct key_list *certificates;
	const struct agent_keys *agent;
	struct trust *trust;
	struct profile profile;
	struct login_ways ways;
	int64_t connect_timeout_ms; /* -1: none, like the two below */
	int64_t login_timeout_ms;
	int64_t timeout_ms;
	const char *refusal; /* why it is not to be contacted, and code, which
				is 0 where it is */
	int code;
	uint32_t policy;
	uint32_t known_port;
	uint16_t port;
	bool use_default_keys;
	bool jump_is_literal; /* it may lead through the host itself */
	bool asks;            /* questions may be put to somebody */
};

/* The fleet's words that hold for many targets. */
struct plan_options {
	const sshoal_client_options *defaults;
	const sshoal_client_options *overrides;
	sshoal_config *config; /* NULL: none */
	int64_t timeout_ms;
	int cancel_fd; /* ends what ssh_config has run and looked up */
	const char *sudo_password; /* of those that have none of their own */
	bool wants_sudo;
	bool without_login; /* nobody will log in */
	bool is_hop; /* a jump host, of which the command line says nothing */
};

/* The value that the command line's words of ssh_config give a keyword. */
const char *sshoal__plan_given(const struct plan_options *options,
			       enum config_id id);

/* The known-hosts file that options or hosts file name; NULL: ssh_config's, or
 * the usual ones. */
const char *sshoal__plan_known_hosts_file(const struct sshoal_target *target,
					  const struct plan_options *options);

/* Where a target's host keys are on file; the texts are book's, the config's or
 * borrowed as above. Errors as sshoal__plan_configure(). */
int sshoal__plan_known_as(sshoal_known_as *known_as, struct profile_book *book,
			  const struct roster_entry *entry,
			  const struct plan_options *options,
			  sshoal_error *error);

/* What ssh_config is asked about a target. */
struct config_query sshoal__plan_query(const struct roster_entry *entry,
				       const struct plan_options *options);

/* Finds out at the same time what ssh_config says of many targets, where that
 * may take long; it is known then. */
void sshoal__plan_prepare(const struct roster *roster,
			  const struct plan_options *options);

/*
 * Fills what ssh_config says alone: host, known_host, known_port and profile.
 * values: what it says besides; NULL where there is none. A target that must
 * not be contacted gets its refusal. 0, or what is wrong with the config itself:
 * SSHOAL_EFORMAT, SSHOAL_EINVAL, SSHOAL_ECANCELLED, SSHOAL_ELIMIT,
 * SSHOAL_ENOMEM.
 */
int sshoal__plan_configure(struct plan *plan,
			   const struct config_values **values,
			   struct profile_book *book,
			   const struct roster_entry *entry,
			   const struct plan_options *options,
			   sshoal_error *error);

/* Fills in how a host is reached, from who says it with the most weight: the
 * command line, the hosts file, the fleet, ssh_config. 0, SSHOAL_EUNSUPPORTED,
 * SSHOAL_EFORMAT, SSHOAL_EINVAL or SSHOAL_ENOMEM. */
int sshoal__plan_way(struct plan *plan, const struct config_values *values,
		     struct store *store, const struct roster_entry *entry,
		     const struct plan_options *options, sshoal_error *error);

#endif
