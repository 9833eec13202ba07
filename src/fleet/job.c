/* SPDX-License-Identifier: MIT */
#include "fleet/job.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/options.h"
#include "sftp/owner.h"
#include "sftp/transfer.h"
#include "ssh/line.h"

/* Whatever is wrong with a job is told by its member's name, and before any
 * host hears of it. */

/* What jobs had in their first release. */
#define FIRST_SIZE offsetof(sshoal_job, sources)

/* How long a command may be, with what is put before it. */
#define COMMAND_MOST_BYTES 30000

static int no_memory(sshoal_error *error)
{
	return sshoal__error_code(error, SSHOAL_ENOMEM);
}

static int take_text(char **own, const char *given, const char *member,
		     sshoal_error *error)
{
	if (!given || !*given)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.%s: it is missing", member);
	*own = strdup(given);
	return *own ? 0 : no_memory(error);
}

static int take_command(struct job *job, const char *given, const char *member,
			sshoal_error *error)
{
	int rc = take_text(&job->command, given, member, error);
	if (rc == 0 && strlen(given) > COMMAND_MOST_BYTES)
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"job.%s: %zu bytes are more than one request holds "
			"(%d): upload a script",
			member, strlen(given), COMMAND_MOST_BYTES);
	return rc;
}

static int take_sources(struct job *job, const sshoal_job *given,
			sshoal_error *error)
{
	if (!given->sources || given->source_count == 0)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.sources: they are missing");
	if (given->kind == SSHOAL_JOB_SCRIPT && given->source_count > 1)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.sources: more than one script");
	job->sources = calloc(given->source_count, sizeof *job->sources);
	if (!job->sources)
		return no_memory(error);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < given->source_count; i++) {
		rc = take_text(&job->sources[i], given->sources[i], "sources",
			       error);
		job->source_count++;
	}
	return rc;
}

static int take_transfer(struct job *job, const sshoal_job *given,
			 sshoal_error *error)
{
	sshoal_transfer_options *options = &job->transfer;
	int rc = sshoal__transfer_options_take(options, given->transfer, error);
	if (rc)
		return rc;
	options->file = NULL;
	options->progress = NULL;
	options->data = NULL;
	options->summary = NULL;
	if (given->kind == SSHOAL_JOB_GET)
		rc = sshoal__owner_here(options, error);
	if (rc == 0 && options->owner)
		rc = take_text(&job->owner, options->owner, "transfer.owner",
			       error);
	if (rc)
		return rc;
	options->owner = job->owner;
	return take_text(&job->destination, given->destination, "destination",
			 error);
}

static int take_files(struct job *job, const sshoal_job *given,
		      sshoal_error *error)
{
	int rc = take_sources(job, given, error);
	if (rc == 0)
		rc = take_transfer(job, given, error);
	if (rc == 0 && given->kind == SSHOAL_JOB_PUT && given->then_command)
		rc = take_command(job, given->then_command, "then_command",
				  error);
	job->whole_paths = given->whole_paths != 0;
	job->allow_missing = given->allow_missing != 0;
	return rc;
}

static int quote_arguments(struct job *job, const sshoal_job *given,
			   sshoal_error *error)
{
	struct buffer line = BUFFER_INIT(COMMAND_MOST_BYTES);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < given->argument_count; i++) {
		rc = sshoal__buffer_append(&line, " ", 1);
		if (rc == 0)
			rc = sshoal__line_put_quoted(&line,
						     given->arguments[i]);
	}
	if (rc == 0)
		rc = sshoal__buffer_append(&line, "", 1);
	if (rc == 0) {
		job->arguments = (char *)line.bytes;
		return 0;
	}
	sshoal__buffer_fini(&line);
	if (rc == SSHOAL_ELIMIT)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.arguments: quoted, they are more "
					 "than one request holds (%d bytes)",
					 COMMAND_MOST_BYTES);
	return no_memory(error);
}

static int take_script(struct job *job, const sshoal_job *given,
		       sshoal_error *error)
{
	int rc = take_sources(job, given, error);
	if (rc == 0 && given->interpreter)
		rc = take_text(&job->interpreter, given->interpreter,
			       "interpreter", error);
	if (rc == 0 && given->argument_count > 0 && !given->arguments)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.arguments: they are missing");
	return rc ? rc : quote_arguments(job, given, error);
}

static int take_keys(struct job *job, const sshoal_job *given,
		     sshoal_error *error)
{
	if (!given->key)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.key: it is missing");
	if (sshoal_key_type(given->key) == SSHOAL_KEY_OTHER)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.key: %.60s is no type that logs "
					 "in",
					 sshoal_key_type_name(given->key));
	if (given->old_key && sshoal_key_is_same(given->key, given->old_key))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.old_key: it is the one that is "
					 "installed");
	job->key = sshoal_key_ref(given->key);
	if (given->old_key)
		job->old_key = sshoal_key_ref(given->old_key);
	return 0;
}

int sshoal__job_take(struct job *job, const sshoal_job *given,
		     sshoal_error *error)
{
	sshoal_job whole = SSHOAL_JOB_INIT;
	*job = (struct job){ .transfer = SSHOAL_TRANSFER_OPTIONS_INIT,
			     .surroundings = SURROUNDINGS_INIT };
	int rc = sshoal__options_copy(&whole, sizeof whole, FIRST_SIZE, given,
				      error);
	if (rc)
		return rc;
	job->kind = (int)whole.kind;
	switch (whole.kind) {
	case SSHOAL_JOB_COMMAND:
		rc = take_command(job, whole.command, "command", error);
		return rc ? rc :
			    sshoal__surroundings_take(&job->surroundings,
						      &whole, error);
	case SSHOAL_JOB_PING:
	case SSHOAL_JOB_SCAN:
		return 0;
	case SSHOAL_JOB_COPY_ID:
		return take_keys(job, &whole, error);
	case SSHOAL_JOB_SCRIPT:
		rc = take_script(job, &whole, error);
		return rc ? rc :
			    sshoal__surroundings_take(&job->surroundings,
						      &whole, error);
	case SSHOAL_JOB_PUT:
	case SSHOAL_JOB_GET:
		return take_files(job, &whole, error);
	}
	return sshoal__error_set(error, SSHOAL_EINVAL,
				 "job.kind: there is no kind %u", whole.kind);
}

void sshoal__job_fini(struct job *job)
{
	sshoal__surroundings_fini(&job->surroundings);
	sshoal_key_free(job->old_key);
	sshoal_key_free(job->key);
	sshoal__rate_free(job->rate);
	sshoal__source_free(job->source);
	sshoal__manifest_free(job->manifest);
	sshoal__private_file_fini(&job->script);
	free(job->interpreter);
	free(job->arguments);
	free(job->destination);
	free(job->owner);
	for (size_t i = 0; i < job->source_count; i++)
		free(job->sources[i]);
	free(job->sources);
	free(job->command);
}
