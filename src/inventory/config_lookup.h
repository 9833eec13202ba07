/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_LOOKUP_H
#define SSHOAL_INVENTORY_CONFIG_LOOKUP_H

#include <netdb.h>

#include "inventory/config.h"

/* How far a look-up is. */
struct lookup {
	const struct sshoal_config *config;
	const struct config_query *query;
	struct config_values *values;
	const char *name; /* what Host lines are compared with */
	bool is_final;
	bool wants_final;
	atomic_uint *late; /* the config's */
	sshoal_error *error;
};

/* SSHOAL_ENOMEM with its text. */
int sshoal__config_no_memory(const struct lookup *lookup);

/* Puts a line's place before the text of an error. Returns the code. */
int sshoal__config_at_line(const struct lookup *lookup,
			   const struct config_line *line, int code,
			   const sshoal_error *why);

/* The first value of a keyword so far, NULL where there is none. */
const char *sshoal__config_so_far(const struct lookup *lookup,
				  enum config_id id);

/* The user to log in as, as far as is known. */
const char *sshoal__config_user(const struct lookup *lookup);

/* The name to connect to, as far as it is known; to be freed. */
int sshoal__config_host(char **host, const struct lookup *lookup);

/* Whether a ProxyJump, NULL where there is none, is one. */
bool sshoal__config_is_jump(const char *jump);

/* Makes the tokens of what is set so far; unnamed is %k without an alias. */
int sshoal__config_tokens(struct config_tokens *tokens,
			  const struct lookup *lookup, const char *host,
			  const char *unnamed);

/* Does to the name that is connected to what CanonicalizeHostname says; host is
 * in its usual form. In config_canonical.c. */
int sshoal__config_canonicalize(char host[NI_MAXHOST], struct lookup *lookup);

/* Whether all conditions of a Match line hold. With may_hold false they do not,
 * and no command is run. */
int sshoal__config_condition_check(bool *holds, struct lookup *lookup,
				   const struct config_line *line,
				   bool may_hold);

#endif
