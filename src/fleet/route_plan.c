/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/route.h"
#include "fleet/run.h"
#include "inventory/hop.h"
#include "inventory/jump.h"

/*
 * Which routes there are is known before anything is contacted, as are the keys
 * and secrets of their hosts. As with ssh, what a jump host's own settings say
 * of the way to it counts for the first of a jump alone; the others are reached
 * through the one before.
 */

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
	sshoal__target_free(route->hop);
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
	own.jump = NULL;
	own.proxy_command = NULL;
	own.key_file = NULL;
	own.key_files = NULL;
	own.key_file_count = 0;
	return own;
}

static int plan_hop(struct plan *plan, struct run *run,
		    struct sshoal_target *hop, sshoal_error *error)
{
	const struct settings *settings = run->settings;
	const sshoal_client_options defaults = for_hops(&settings->defaults);
	const sshoal_client_options overrides = for_hops(&settings->overrides);
	const struct plan_options options = {
		.defaults = &defaults,
		.overrides = &overrides,
		.config = settings->config,
		.cancel_fd = run->credentials.cancel_fd,
		.is_hop = true,
	};
	const struct roster_entry entry = { .target = hop };
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

/* How a chain is built. */
struct build {
	struct run *run;
	const sshoal_inventory *inventory;
	size_t hops;         /* so far */
	const char *refusal; /* of a hop, like the code */
	int code;
};

/* The route to a hop through another; takes the hop over. */
static int extend(struct route **route, const struct build *build,
		  struct route *outer, const struct plan *plan,
		  struct sshoal_target *hop, sshoal_error *error)
{
	struct routes *routes = &build->run->routes;
	char *key = key_of(outer, plan);
	struct route *found =
		key ? sshoal__map_get(&routes->by_key, key) : NULL;
	if (!key || found) {
		free(key);
		sshoal__target_free(hop);
	} else {
		found = make(build->run, key);
		if (!found) {
			sshoal__target_free(hop);
			return sshoal__error_code(error, SSHOAL_ENOMEM);
		}
		found->hop = hop;
		found->plan = *plan;
		found->plan.route = outer;
		found->outer = outer;
		found->name = hop->name;
	}
	if (!found)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	*route = found;
	return 0;
}

static int too_long(const char *of, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EINVAL,
				 "%.200s: more than %d jump hosts before it, "
				 "or they go round in a circle",
				 of, JUMP_HOPS_MAX);
}

/* Refuses who lies behind a hop that is refused. */
static void refuse(struct build *build, const struct plan *plan,
		   const char *name)
{
	char text[600];
	(void)snprintf(text, sizeof text, "jump host %.200s: %s", name,
		       plan->refusal);
	build->code = plan->code;
	build->refusal = sshoal__store_text(&build->run->credentials.book.store,
					    text, strlen(text));
	if (!build->refusal)
		build->refusal = "a jump host is refused";
}

/* NOLINTBEGIN(misc-no-recursion): no more hops than JUMP_HOPS_MAX. */

static int follow(struct route **route, struct build *build,
		  const struct plan *plan, const char *of, sshoal_error *error);

/* One hop of a jump; the first of it may lie behind others. */
static int follow_hop(struct route **route, struct build *build,
		      const struct jump_hop *written, bool is_first,
		      sshoal_error *error)
{
	struct plan plan;
	struct sshoal_target *hop = NULL;
	struct route *outer = *route;
	int rc = sshoal__hop_new(&hop, build->inventory, written);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = plan_hop(&plan, build->run, hop, error);
	if (rc)
		(void)sshoal__error_prefix(error, "jump host %.200s",
					   written->name);
	if (rc == 0 && plan.code)
		refuse(build, &plan, written->name);
	if (rc == 0 && !plan.code && is_first)
		rc = follow(&outer, build, &plan, written->name, error);
	if (rc || build->code) {
		sshoal__target_free(hop);
		return rc;
	}
	if (!is_first)
		plan.proxy_command = NULL;
	return extend(route, build, outer, &plan, hop, error);
}

/* All hops before a host whose plan has a jump. */
static int follow(struct route **route, struct build *build,
		  const struct plan *plan, const char *of, sshoal_error *error)
{
	struct jump jump;
	size_t at = 0;
	if (!plan->jump)
		return 0;
	const char *why = sshoal__jump_init(&jump, plan->jump, &at);
	int rc = 0;
	if (why && at == SIZE_MAX)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	else if (why)
		rc = sshoal__error_set(error, SSHOAL_EINVAL,
				       "%.200s: jump \"%.200s\": %s", of,
				       plan->jump, why);
	bool is_self = rc == 0 && !plan->jump_is_literal &&
		       sshoal__jump_has(&jump, of);
	build->hops += is_self ? 0 : jump.count;
	if (rc == 0 && build->hops > JUMP_HOPS_MAX)
		rc = too_long(of, error);
	for (size_t i = 0;
	     rc == 0 && !is_self && !build->code && i < jump.count; i++)
		rc = follow_hop(route, build, &jump.hops[i], i == 0, error);
	sshoal__jump_fini(&jump);
	return rc;
}

/* NOLINTEND(misc-no-recursion) */

int sshoal__routes_find(struct plan *plan, struct run *run,
			const struct roster_entry *entry, sshoal_error *error)
{
	struct build build = { .run = run, .inventory = entry->inventory };
	struct route *route = NULL;
	int rc = follow(&route, &build, plan, entry->target->name, error);
	if (rc)
		return rc;
	plan->route = route;
	if (build.code) {
		plan->code = build.code;
		plan->refusal = build.refusal;
	}
	return 0;
}
