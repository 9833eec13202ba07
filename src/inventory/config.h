/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_H
#define SSHOAL_INVENTORY_CONFIG_H

#include <pthread.h>
#include <stdint.h>

#include <sshoal/config.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/config_file.h"
#include "inventory/config_tokens.h"
#include "inventory/config_values.h"

struct sshoal_config {
	struct store store;
	struct config_file *files; /* in the order in which they count */
	struct config_self self;
	pthread_mutex_t lock; /* protects what follows */
	struct map results;   /* by what was asked, to struct config_result */
	size_t result_count;
};

/* What a config is asked. */
struct config_query {
	const char *host; /* as it would be typed after ssh */
	const char *user; /* NULL: not given, so that the config decides */
	uint32_t port;    /* 0: likewise */
};

/*
 * What a config says of a host, worked out the first time it is asked; it lives
 * as long as the config. Any thread. Errors as sshoal_config_lookup().
 */
int sshoal__config_values(const struct config_values **values,
			  struct sshoal_config *config,
			  const struct config_query *query,
			  sshoal_error *error);

/* Works it out; in config_lookup.c. */
int sshoal__config_work_out(struct config_values *values,
			    const struct sshoal_config *config,
			    const struct config_query *query,
			    sshoal_error *error);

/* Gives the members of options that are unset what a host's values say; in
 * config_options.c. */
int sshoal__config_fill(sshoal_client_options *options, const char *host,
			const struct config_values *values,
			sshoal_error *error);

#endif
