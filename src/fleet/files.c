/* SPDX-License-Identifier: MIT */
#include "fleet/files.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/check.h"
#include "fleet/connection.h"
#include "fleet/outlet.h"
#include "fleet/result.h"
#include "fleet/run.h"
#include "sftp/get.h"
#include "sftp/owner.h"
#include "sftp/put.h"

/* Files are moved below; here is what the scheduler hears of them. */

/* How often it is told how far a host is. */
#define PROGRESS_MS 500

/* A transfer that is under way. */
struct moving {
	struct attempt *attempt;
	sshoal_transfer_progress progress; /* the last that came */
	int64_t due_ms;                    /* when it is told again */
	bool untold;
	int stopped; /* why no more could be told; 0: it could */
};

static int note_stop(struct moving *moving, int rc)
{
	if (rc && !moving->stopped)
		moving->stopped = rc;
	return rc;
}

/* Codes that say nothing of the other side. */
static bool is_ours(int code)
{
	return code == SSHOAL_EIO || code == SSHOAL_ELOCAL ||
	       code == SSHOAL_ENOMEM;
}

static int on_file(const sshoal_transfer_file *file, void *data)
{
	struct moving *moving = data;
	struct attempt *attempt = moving->attempt;
	attempt->failed_here |= is_ours(file->code);
	if (!attempt->run->wants_files ||
	    (!file->changed && !file->code && !file->left_out))
		return 0;
	return note_stop(moving, sshoal__outlet_file(attempt, file));
}

static int tell_progress(struct moving *moving)
{
	moving->untold = false;
	moving->due_ms = sshoal__deadline_in(PROGRESS_MS);
	return note_stop(moving, sshoal__outlet_progress(moving->attempt,
							 &moving->progress));
}

static int on_progress(const sshoal_transfer_progress *progress, void *data)
{
	struct moving *moving = data;
	moving->progress = *progress;
	moving->untold = true;
	if (sshoal__clock_now_ms() < moving->due_ms)
		return 0;
	return tell_progress(moving);
}

static int put(struct connection *connection, sshoal_transfer_options *options)
{
	struct attempt *attempt = connection->attempt;
	const struct job *job = &attempt->run->job;
	int rc =
		sshoal__owner_there(connection->sftp, options, &attempt->error);
	if (rc)
		return rc;
	const struct put_plan plan = {
		.manifest = job->manifest,
		.source = job->source,
		.rate = job->rate,
		.destination = job->destination,
		.options = options,
	};
	return sshoal__put(connection->sftp, &plan, &attempt->error);
}

static int get(struct connection *connection,
	       const sshoal_transfer_options *options)
{
	struct attempt *attempt = connection->attempt;
	const struct job *job = &attempt->run->job;
	char *destination = NULL;
	if (asprintf(&destination, "%s/%s", job->destination,
		     sshoal_target_label(attempt->task->target)) < 0)
		return sshoal__error_code(&attempt->error, SSHOAL_ENOMEM);
	const struct get_plan plan = {
		.sources = (const char *const *)job->sources,
		.source_count = job->source_count,
		.destination = destination,
		.rate = job->rate,
		.options = options,
		.globs = true,
		.whole_paths = job->whole_paths,
		.allow_missing = job->allow_missing,
	};
	int rc = sshoal__get(connection->sftp, &plan, &attempt->error);
	free(destination);
	return rc;
}

static int move(struct connection *connection)
{
	struct attempt *attempt = connection->attempt;
	const struct run *run = attempt->run;
	struct moving moving = { .attempt = attempt };
	sshoal_transfer_options options = run->job.transfer;
	options.file = on_file;
	options.progress = run->wants_progress ? on_progress : NULL;
	options.data = &moving;
	options.summary = &attempt->moved;
	int rc = sshoal__sftp_enter(connection->sftp);
	if (rc)
		return sshoal__error_code(&attempt->error, rc);
	if (run->job.kind == SSHOAL_JOB_PUT)
		rc = put(connection, &options);
	else
		rc = get(connection, &options);
	sshoal__sftp_leave(connection->sftp);
	if (moving.untold && !moving.stopped)
		(void)tell_progress(&moving);
	if (rc == SSHOAL_ECANCELLED && moving.stopped)
		rc = sshoal__error_code(&attempt->error, moving.stopped);
	return rc;
}

static int work(struct connection *connection)
{
	struct attempt *attempt = connection->attempt;
	const struct job *job = &attempt->run->job;
	sshoal__outlet_enter(attempt, SSHOAL_PHASE_RUN);
	attempt->ran = SSHOAL_RAN_UNKNOWN;
	int rc = move(connection);
	if (rc == 0)
		attempt->error = (sshoal_error){ .code = 0 };
	if (rc == SSHOAL_ETIMEOUT)
		attempt->idle = !sshoal__client_is_expired(connection->client);
	if (rc == 0 ||
	    sshoal__status_of(rc, SSHOAL_PHASE_RUN) == SSHOAL_STATUS_TRANSFER)
		attempt->ran = SSHOAL_RAN_YES;
	if (rc || job->kind != SSHOAL_JOB_PUT || !job->command ||
	    attempt->moved.changed == 0)
		return rc;
	return sshoal__connection_run(connection, job->command);
}

int sshoal__files_move(struct attempt *attempt, struct session *session)
{
	struct connection connection;
	int rc = sshoal__connection_open(&connection, attempt, session);
	if (rc == 0)
		rc = work(&connection);
	rc = sshoal__check_after(&connection, rc);
	sshoal__connection_close(&connection);
	return rc;
}
