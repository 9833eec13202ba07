/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "fleet/plan.h"
#include "inventory/jump.h"
#include "ssh/proxy_line.h"

/* A jump and a proxy command exclude each other, so who says one of them says
 * that there is none of the other. */

/* What one of them says; both NULL: nothing. */
struct way {
	const char *jump;
	const char *command;
	bool is_expanded; /* the command's tokens are replaced */
	bool is_literal;  /* the jump is meant for this very host */
};

static struct way configured(const struct config_values *values)
{
	return (struct way){
		.jump = sshoal__config_values_first(values, CONFIG_PROXY_JUMP),
		.command = sshoal__config_values_first(values,
						       CONFIG_PROXY_COMMAND),
		.is_expanded = true,
	};
}

static struct way given(const sshoal_client_options *options, bool is_literal)
{
	return (struct way){
		.jump = options->jump,
		.command = options->proxy_command,
		.is_literal = is_literal,
	};
}

static struct way choose(const struct config_values *values,
			 const struct roster_entry *entry,
			 const struct plan_options *options)
{
	const struct sshoal_target *target = entry->target;
	bool words = sshoal__plan_given(options, CONFIG_PROXY_JUMP) ||
		     sshoal__plan_given(options, CONFIG_PROXY_COMMAND);
	struct way own = {
		.jump = target->jump,
		.command = target->proxy_command,
		.is_literal = entry->is_own,
	};
	struct way way = given(options->overrides, true);
	if (way.jump || way.command)
		return way;
	if (values && words) {
		way = configured(values);
		way.is_literal = true;
		return way;
	}
	if (own.jump || own.command)
		return own;
	way = given(options->defaults, false);
	if (way.jump || way.command || !values)
		return way;
	return configured(values);
}

static int set_command(struct plan *plan, const struct way *way,
		       struct store *store, const char *typed,
		       sshoal_error *error)
{
	if (way->is_expanded) {
		plan->proxy_command = way->command;
		return 0;
	}
	char *line = NULL;
	int rc = sshoal__proxy_line(&line, way->command, plan->host, typed,
				    plan->port, plan->user, error);
	if (rc)
		return rc;
	plan->proxy_command = sshoal__store_text(store, line, strlen(line));
	free(line);
	return plan->proxy_command ? 0 :
				     sshoal__error_code(error, SSHOAL_ENOMEM);
}

int sshoal__plan_way(struct plan *plan, const struct config_values *values,
		     struct store *store, const struct roster_entry *entry,
		     const struct plan_options *options, sshoal_error *error)
{
	const struct way way = choose(values, entry, options);
	if (way.jump && !sshoal__jump_is_none(way.jump)) {
		plan->jump = way.jump;
		plan->jump_is_literal = way.is_literal;
		return 0;
	}
	if (!way.command || strcasecmp(way.command, "none") == 0)
		return 0;
	if (values && sshoal__proxy_passes_fd(values))
		return sshoal__proxy_refuse_fd(error);
	return set_command(plan, &way, store, entry->target->host, error);
}
