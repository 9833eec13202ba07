/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "fleet/route.h"
#include "fleet/run.h"

/* Which routes there are is known before anything is contacted, as are the keys
 * and secrets of their hosts. */

int sshoal__routes_init(struct routes *routes)
{
	*routes = (struct routes){ .first = NULL };
	return sshoal_cancel_new(&routes->cancel);
}

static void free_route(struct route *route)
{
	sshoal__bastion_queue_free(route->queue);
	(void)pthread_mutex_destroy(&route->lock);
	free(route->key);
	free(route);
}

void sshoal__routes_fini(struct routes *routes)
{
	while (routes->first) {
		struct route *route = routes->first;
		routes->first = route->next;
		free_route(route);
	}
	sshoal__map_fini(&routes->by_key);
	sshoal_cancel_free(routes->cancel);
}

/* What is said of targets on the command line is not said of jump hosts, nor
 * are passwords that are for all targets. */
static sshoal_client_options for_hops(const sshoal_client_options *options)
{
	sshoal_client_options own = *options;
	own.user = NULL;
	own.password = NULL;
	own.port = 0;
	own.key_file = NULL;
	own.key_files = NULL;
	own.key_file_count = 0;
	return own;
}

static int plan_hop(struct plan *plan, struct run *run,
		    const struct sshoal_target *hop, sshoal_error *error)
{
	const sshoal_client_options defaults =
		for_hops(&run->settings->defaults);
	const sshoal_client_options overrides =
		for_hops(&run->settings->overrides);
	const struct plan_options options = {
		.defaults = &defaults,
		.overrides = &overrides,
	};
	const struct roster_entry entry = {
		.target = (struct sshoal_target *)hop,
	};
	return sshoal__credentials_plan(&run->credentials, &entry, &options,
					plan, error);
}

/* What tells a route from others: the chain up to its host. */
static char *key_of(const struct route *outer, const struct plan *plan)
{
	char *key = NULL;
	int n = asprintf(&key, "%s%s%s@[%s]:%u", outer ? outer->key : "",
			 outer ? "," : "", plan->user, plan->host, plan->port);
	return n < 0 ? NULL : key;
}

static struct route *make(struct run *run, char *key)
{
	struct route *route = calloc(1, sizeof *route);
	if (!route || sshoal__bastion_queue_new(&route->queue) != 0) {
		free(route);
		free(key);
		return NULL;
	}
	route->queue->stays = true;
	route->run = run;
	route->key = key;
	route->last = &route->first;
	route->event = (struct event){ .owner = route, .kind = EVENT_ROUTED };
	(void)pthread_mutex_init(&route->lock, NULL);
	if (sshoal__map_put(&run->routes.by_key, key, route) != 0) {
		free_route(route);
		return NULL;
	}
	route->next = run->routes.first;
	run->routes.first = route;
	return route;
}

static int extend(struct route **route, struct run *run, struct route *outer,
		  const struct sshoal_target *hop, sshoal_error *error)
{
	struct plan plan;
	int rc = plan_hop(&plan, run, hop, error);
	if (rc)
		return sshoal__error_prefix(error, "jump host %.200s",
					    hop->name);
	char *key = key_of(outer, &plan);
	if (!key)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct route *known = sshoal__map_get(&run->routes.by_key, key);
	if (known) {
		free(key);
		*route = known;
		return 0;
	}
	struct route *made = make(run, key);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->plan = plan;
	made->outer = outer;
	made->name = hop->name;
	*route = made;
	return 0;
}

int sshoal__routes_get(struct route **route, struct run *run,
		       const struct sshoal_target *target, sshoal_error *error)
{
	struct route *found = NULL;
	for (size_t i = 0; i < target->hop_count; i++) {
		int rc = extend(&found, run, found, target->hops[i], error);
		if (rc)
			return rc;
	}
	*route = found;
	return 0;
}
