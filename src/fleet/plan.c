/* SPDX-License-Identifier: MIT */
#include "fleet/plan.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/pool.h>

#include "base/error.h"

/*
 * Where ssh_config comes in. It is asked with what is stronger than it, so that
 * its Match sees that; its own command line, the words after -o, is stronger
 * than a hosts file.
 */

/* Commands and name servers are waited for by so many at a time. */
#define THREADS 64

const char *sshoal__plan_given(const struct plan_options *options,
			       enum config_id id)
{
	return options->is_hop ? NULL :
				 sshoal__config_given(options->config, id);
}

static const char *user_of(const struct sshoal_target *target,
			   const struct plan_options *options)
{
	const char *override = options->overrides->user;
	if (target->user && (target->user_is_written || !override)) {
		bool is_given = !target->user_is_written &&
				sshoal__plan_given(options, CONFIG_USER);
		return is_given ? NULL : target->user;
	}
	if (override)
		return override;
	return sshoal__plan_given(options, CONFIG_USER) ?
		       NULL :
		       options->defaults->user;
}

static uint32_t port_of(const struct sshoal_target *target,
			const struct plan_options *options)
{
	if (target->port && target->port_is_written)
		return target->port;
	if (options->overrides->port)
		return options->overrides->port;
	if (sshoal__plan_given(options, CONFIG_PORT))
		return 0;
	return target->port ? target->port : options->defaults->port;
}

struct config_query sshoal__plan_query(const struct roster_entry *entry,
				       const struct plan_options *options)
{
	return (struct config_query){
		.host = entry->target->host,
		.user = user_of(entry->target, options),
		.port = port_of(entry->target, options),
		.cancel_fd = options->cancel_fd,
		.is_hop = options->is_hop,
	};
}

/* One target that is being prepared. */
struct preparation {
	const struct roster_entry *entry;
	const struct plan_options *options;
};

static void *prepare(void *argument)
{
	const struct preparation *preparation = argument;
	const struct plan_options *options = preparation->options;
	const struct config_query query =
		sshoal__plan_query(preparation->entry, options);
	const struct config_values *values;
	(void)sshoal__config_values(&values, options->config, &query, NULL);
	return NULL;
}

static void prepare_all(sshoal_pool *pool, struct preparation *preparations,
			void **items, const struct roster *roster,
			const struct plan_options *options)
{
	for (size_t i = 0; i < roster->count; i++) {
		preparations[i] = (struct preparation){
			.entry = &roster->entries[i],
			.options = options,
		};
		items[i] = &preparations[i];
	}
	(void)sshoal_pool_map(pool, prepare, items, roster->count, NULL);
}

void sshoal__plan_prepare(const struct roster *roster,
			  const struct plan_options *options)
{
	if (!options->config || !options->config->is_slow || roster->count < 2)
		return;
	sshoal_pool *pool = NULL;
	sshoal_pool_options pool_options = SSHOAL_POOL_OPTIONS_INIT;
	pool_options.max_threads =
		roster->count < THREADS ? (uint32_t)roster->count : THREADS;
	struct preparation *preparations =
		calloc(roster->count, sizeof *preparations);
	void **items = calloc(roster->count, sizeof *items);
	/* Without memory or threads it is found out one by one, later. */
	if (preparations && items &&
	    sshoal_pool_new(&pool, &pool_options, NULL) == 0)
		prepare_all(pool, preparations, items, roster, options);
	sshoal_pool_free(pool);
	free(items);
	free(preparations);
}

static int read_values(struct plan *plan, const struct config_values **values,
		       struct profile_book *book,
		       const struct config_query *query,
		       const struct plan_options *options, sshoal_error *error)
{
	const struct config_values *found = NULL;
	int rc = sshoal__config_values(&found, options->config, query, error);
	if (rc == 0)
		rc = sshoal__config_check_trust(found, error);
	if (rc == 0)
		rc = sshoal__profile_make(&plan->profile, book, found, error);
	if (rc == 0)
		*values = found;
	return rc;
}

/* Whether an error is one host's, and not one of the config. */
static bool is_hosts_own(int code)
{
	return code == SSHOAL_EUNSUPPORTED || code == SSHOAL_ETIMEOUT ||
	       code == SSHOAL_EIO || code == SSHOAL_ELOCAL ||
	       code == SSHOAL_EDNS;
}

/* Has the target refused where it alone is to blame; else it is the config. */
static int refuse(struct plan *plan, struct profile_book *book, int code,
		  const sshoal_error *why, sshoal_error *error)
{
	if (!is_hosts_own(code))
		return sshoal__error_set(error, code, "%s", why->text);
	plan->code = code;
	plan->refusal =
		sshoal__store_text(&book->store, why->text, strlen(why->text));
	return plan->refusal ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

int sshoal__plan_configure(struct plan *plan,
			   const struct config_values **values,
			   struct profile_book *book,
			   const struct roster_entry *entry,
			   const struct plan_options *options,
			   sshoal_error *error)
{
	const struct config_query query = sshoal__plan_query(entry, options);
	plan->host = entry->target->host;
	plan->user = query.user;
	plan->port = query.port ? (uint16_t)query.port : 22;
	plan->profile = (struct profile)PROFILE_INIT;
	*values = NULL;
	sshoal_error why = { .code = 0 };
	int rc = options->config ? read_values(plan, values, book, &query,
					       options, &why) :
				   0;
	if (rc)
		return refuse(plan, book, rc, &why, error);
	if (*values) {
		const char *port =
			sshoal__config_values_first(*values, CONFIG_PORT);
		plan->host = (*values)->hostname;
		plan->user = sshoal__config_values_first(*values, CONFIG_USER);
		plan->port = port ? (uint16_t)strtoul(port, NULL, 10) : 22;
	}
	plan->known_host = plan->profile.known_host ? plan->profile.known_host :
						      plan->host;
	plan->known_port = plan->profile.known_host ? 22 : plan->port;
	rc = sshoal__plan_way(plan, *values, &book->store, entry, options,
			      &why);
	return rc ? refuse(plan, book, rc, &why, error) : 0;
}

const char *sshoal__plan_known_hosts_file(const struct sshoal_target *target,
					  const struct plan_options *options)
{
	if (options->overrides->known_hosts_file)
		return options->overrides->known_hosts_file;
	if (sshoal__plan_given(options, CONFIG_USER_KNOWN_HOSTS_FILE) ||
	    sshoal__plan_given(options, CONFIG_GLOBAL_KNOWN_HOSTS_FILE))
		return NULL;
	return target->known_hosts_file ? target->known_hosts_file :
					  options->defaults->known_hosts_file;
}

int sshoal__plan_known_as(sshoal_known_as *known_as, struct profile_book *book,
			  const struct roster_entry *entry,
			  const struct plan_options *options,
			  sshoal_error *error)
{
	struct plan plan = { .code = 0 };
	const struct config_values *values;
	int rc = sshoal__plan_configure(&plan, &values, book, entry, options,
					error);
	if (rc)
		return rc;
	const char *file =
		sshoal__plan_known_hosts_file(entry->target, options);
	if (!file && plan.profile.known_hosts_count > 0)
		file = plan.profile.known_hosts[0];
	*known_as = (sshoal_known_as){
		.host = plan.known_host ? plan.known_host : plan.host,
		.known_hosts_file = file,
		.port = plan.known_port ? plan.known_port : plan.port,
		.hash_names = plan.profile.hashes_names,
	};
	return 0;
}
