/* SPDX-License-Identifier: MIT */
#include "fleet/errand.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/run.h"
#include "inventory/target.h"
#include "ssh/line.h"

/* Hosts are given the same command in the same surroundings, each with a place
 * of its own in the input. */

/* The variables that the hosts files have for the host, then the job's, which
 * so are stronger. To be freed, without its texts. */
static int join_env(const char ***env, const struct sshoal_target *target,
		    char *const *more)
{
	static const char prefix[] = "env.";
	size_t count = 0;
	size_t most = target->variable_count + 1;
	for (size_t i = 0; more && more[i]; i++)
		most++;
	const char **made = calloc(most, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < target->variable_count; i++)
		if (strncmp(target->variables[i], prefix, sizeof prefix - 1) ==
		    0)
			made[count++] =
				target->variables[i] + sizeof prefix - 1;
	for (size_t i = 0; more && more[i]; i++)
		made[count++] = more[i];
	*env = made;
	return 0;
}

int sshoal__errand_init(struct errand *errand, struct attempt *attempt,
			const char *command)
{
	const struct surroundings *in = &attempt->run->job.surroundings;
	*errand = (struct errand){ .attempt = attempt };
	if (in->terminal.name)
		errand->terminal = &in->terminal;
	if (in->input) {
		errand->source =
			sshoal__input_reader_init(&errand->reader, in->input);
		errand->input = &errand->source;
	}
	const char **env = NULL;
	int rc = join_env(&env, attempt->task->target, in->env);
	if (rc)
		return sshoal__error_code(&attempt->error, rc);
	rc = sshoal__line_make(&errand->line, command, env, in->cwd,
			       &attempt->error);
	free((void *)env);
	if (rc || !in->sudo_user)
		return rc;
	errand->is_raised = true;
	return sshoal__sudo_init(&errand->sudo, attempt, &errand->line,
				 in->sudo_user, attempt->plan->sudo_password);
}

struct channel_sink sshoal__errand_sink(struct errand *errand,
					const struct channel_sink *sink)
{
	if (!errand->is_raised)
		return *sink;
	sshoal__sudo_connect(&errand->sudo, errand->input, sink,
			     errand->terminal != NULL);
	errand->input = &errand->sudo.source;
	return errand->sudo.sink;
}

int sshoal__errand_judge(struct errand *errand, int rc)
{
	return errand->is_raised ? sshoal__sudo_judge(&errand->sudo, rc) : rc;
}

void sshoal__errand_fini(struct errand *errand)
{
	if (errand->is_raised)
		sshoal__sudo_fini(&errand->sudo);
	if (errand->reader.input) {
		errand->attempt->failed_here |= errand->reader.failed;
		sshoal__input_reader_fini(&errand->reader);
	}
	free(errand->line);
}
