/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_H
#define SSHOAL_INVENTORY_CONFIG_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include <sshoal/config.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/config_file.h"
#include "inventory/config_tokens.h"
#include "inventory/config_values.h"

struct sshoal_config {
	atomic_uint refs;
	struct store store;
	struct config_file *files; /* in the order in which they count */
	struct config_file
		*given; /* the options of a command line; NULL: none */
	struct config_self self;
	bool is_slow;     /* a look-up may run commands or ask a name server */
	atomic_uint late; /* how many questions in a row it did not answer */
	pthread_mutex_t lock; /* protects what follows */
	struct map results;   /* by what was asked, to struct config_result */
	size_t result_count;
};

/* What a config is asked. */
struct config_query {
	const char *host; /* as it would be typed after ssh */
	const char *user; /* NULL: not given, so that the config decides */
	uint32_t port;    /* 0: likewise */
	int cancel_fd;    /* ends commands and look-ups; -1: nothing does */
	bool is_hop; /* a jump host, of which the command line says nothing */
};

/* Another owner of a config; sshoal_config_free() is due for each. */
sshoal_config *sshoal__config_ref(sshoal_config *config);

/* The value that the command line gives a keyword for every host, NULL where
 * it gives none. */
const char *sshoal__config_given(const sshoal_config *config,
				 enum config_id id);

/*
 * What a config says of a host, worked out the first time it is asked; it lives
 * as long as the config, and so does a failure, but for SSHOAL_ENOMEM and
 * SSHOAL_ECANCELLED. Any thread. Errors as sshoal_config_lookup().
 */
int sshoal__config_values(const struct config_values **values,
			  struct sshoal_config *config,
			  const struct config_query *query,
			  sshoal_error *error);

/* Works it out; in config_lookup.c. */
int sshoal__config_work_out(struct config_values *values,
			    struct sshoal_config *config,
			    const struct config_query *query,
			    sshoal_error *error);

/* What would weaken the check of a host's key if it were passed over, and what
 * refuses the host: 0 or SSHOAL_EUNSUPPORTED. */
int sshoal__config_check_trust(const struct config_values *values,
			       sshoal_error *error);

/* Gives the members of options that are unset what a host's values say; in
 * config_options.c. */
int sshoal__config_fill(sshoal_client_options *options, const char *host,
			const struct config_values *values,
			sshoal_error *error);

/* The same for those alone that say in which ways to log in. */
void sshoal__config_fill_login(sshoal_client_options *options,
			       const struct config_values *values);

#endif
