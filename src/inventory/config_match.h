/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_MATCH_H
#define SSHOAL_INVENTORY_CONFIG_MATCH_H

#include "inventory/config_line.h"

enum config_criterion {
	CONFIG_MATCH_ALL,
	CONFIG_MATCH_CANONICAL,
	CONFIG_MATCH_FINAL,
	CONFIG_MATCH_HOST,
	CONFIG_MATCH_ORIGINAL_HOST,
	CONFIG_MATCH_USER,
	CONFIG_MATCH_LOCAL_USER,
	CONFIG_MATCH_TAGGED,
	CONFIG_MATCH_EXEC,
	CONFIG_MATCH_LOCAL_NETWORK,
	CONFIG_MATCH_COMMAND,
	CONFIG_MATCH_SESSION_TYPE,
	CONFIG_MATCH_VERSION
};

/* One condition of a Match line. */
struct config_condition {
	struct config_condition *next;
	const char *name;     /* of the criterion */
	const char *argument; /* patterns, those of hosts in lower case */
	enum config_criterion criterion;
	bool is_negated;
};

/* Reads the conditions of a Match line. 0, SSHOAL_EFORMAT or SSHOAL_ENOMEM. */
int sshoal__config_match_parse(struct config_line *line, const char *rest,
			       struct store *store, sshoal_error *error);

/* Whether a Host line is for a name: one pattern is, and none that begins with
 * "!". */
bool sshoal__config_match_host(const struct config_line *line,
			       const char *name);

#endif
