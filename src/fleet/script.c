/* SPDX-License-Identifier: MIT */
#include "fleet/script.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/file.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "fleet/check.h"
#include "fleet/connection.h"
#include "fleet/outlet.h"
#include "fleet/result.h"
#include "fleet/run.h"
#include "ssh/line.h"

/*
 * Nobody but the login can get at the script or put another in its place: its
 * folder is made anew, with a name that cannot be guessed and for its owner
 * alone. An interpreter is given the path, so that it does not matter where
 * programs may be run from.
 */

/* How long removing it may take, interrupt or not. */
#define CLEAR_MS 5000

/* Where the folder goes if it cannot be in the login's home. */
#define ELSEWHERE "/tmp"

struct script {
	struct connection connection;
	char *folder; /* NULL while there is none */
	char *path;
};

/* Whether the server said no, and the connection goes on. */
static bool is_refusal(int code)
{
	return sshoal__status_of(code, SSHOAL_PHASE_RUN) ==
	       SSHOAL_STATUS_TRANSFER;
}

static int keep_text(struct script *script, int rc)
{
	struct connection *connection = &script->connection;
	return sshoal__error_set(&connection->attempt->error, rc, "%s",
				 sshoal_sftp_error_text(connection->sftp));
}

/* Names folder and file in a directory there. */
static int name_all(struct script *script, const char *where)
{
	struct attempt *attempt = script->connection.attempt;
	uint64_t number = 0;
	arc4random_buf(&number, sizeof number);
	size_t n = strlen(where);
	bool has_slash = n > 0 && where[n - 1] == '/';
	free(script->folder);
	free(script->path);
	script->path = NULL;
	if (asprintf(&script->folder, "%s%s.sshoal-%016" PRIx64, where,
		     has_slash ? "" : "/", number) < 0)
		script->folder = NULL;
	if (!script->folder || asprintf(&script->path, "%s/%s", script->folder,
					attempt->run->job.script_name) < 0)
		script->path = NULL;
	return script->path ?
		       0 :
		       sshoal__error_code(&attempt->error, SSHOAL_ENOMEM);
}

/* One that may have been made counts as made. */
static int make_folder(struct script *script, const char *where)
{
	int rc = name_all(script, where);
	if (rc == 0) {
		rc = sshoal_sftp_mkdir(script->connection.sftp, script->folder,
				       0700);
		if (rc)
			(void)keep_text(script, rc);
	}
	if (rc == SSHOAL_ENOMEM || is_refusal(rc)) {
		free(script->folder);
		script->folder = NULL;
	}
	return rc;
}

static int make_any_folder(struct script *script)
{
	char *home = NULL;
	int rc = sshoal_sftp_realpath(script->connection.sftp, ".", &home);
	if (rc == 0)
		rc = make_folder(script, home);
	else
		(void)keep_text(script, rc);
	free(home);
	return is_refusal(rc) ? make_folder(script, ELSEWHERE) : rc;
}

static int upload(struct script *script)
{
	struct connection *connection = &script->connection;
	sshoal_error *error = &connection->attempt->error;
	const struct buffer *bytes =
		&connection->attempt->run->job.script.contents;
	sshoal_file *file = NULL;
	int rc = sshoal_file_open(&file, connection->sftp, script->path,
				  SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE |
					  SSHOAL_FILE_EXCLUSIVE,
				  0700, error);
	if (rc)
		return rc;
	size_t n = sshoal__buffer_size(bytes);
	int64_t written = 0;
	if (n > 0)
		written =
			sshoal_file_write(file, sshoal__buffer_data(bytes), n);
	if (written < 0)
		rc = keep_text(script, (int)written);
	int closed = sshoal_file_close(file);
	if (rc == 0 && closed)
		rc = keep_text(script, closed);
	return rc;
}

/* Tells the script which host it is on, in words that every shell knows. */
static int put_target(struct buffer *line, const struct sshoal_target *target)
{
	static const char name[] = "env SSHOAL_NAME=";
	char index[60];
	int n = snprintf(index, sizeof index, " SSHOAL_INDEX=%zu ",
			 sshoal_target_index(target));
	int rc = sshoal__buffer_append(line, name, sizeof name - 1);
	if (rc == 0)
		rc = sshoal__line_put_quoted(line, sshoal_target_name(target));
	return rc ? rc : sshoal__buffer_append(line, index, (size_t)n);
}

/* Has the interpreter run it. */
static int run(struct script *script)
{
	struct attempt *attempt = script->connection.attempt;
	const struct job *job = &attempt->run->job;
	struct buffer line = BUFFER_INIT(LINE_MAX_BYTES);
	int rc = put_target(&line, attempt->task->target);
	if (rc == 0)
		rc = sshoal__buffer_append(&line, job->interpreter,
					   strlen(job->interpreter));
	if (rc == 0)
		rc = sshoal__buffer_append(&line, " ", 1);
	if (rc == 0)
		rc = sshoal__line_put_quoted(&line, script->path);
	if (rc == 0)
		rc = sshoal__buffer_append(&line, job->arguments,
					   strlen(job->arguments) + 1);
	if (rc)
		(void)sshoal__error_set(&attempt->error, rc,
					"interpreter, path and arguments: more "
					"than one request holds");
	else
		rc = sshoal__connection_run(&script->connection,
					    (const char *)line.bytes);
	sshoal__buffer_fini(&line);
	return rc;
}

/* Removes file and folder; two calls do unless the script left more there. */
static int remove_all(struct script *script)
{
	sshoal_sftp *sftp = script->connection.sftp;
	if (!sftp)
		return sshoal__error_code(&script->connection.attempt->error,
					  SSHOAL_ECLOSED);
	int rc = sshoal_sftp_remove(sftp, script->path);
	if (rc == 0 || is_refusal(rc))
		rc = sshoal_sftp_rmdir(sftp, script->folder);
	if (is_refusal(rc) && rc != SSHOAL_ENOENT)
		rc = sshoal_sftp_remove_all(sftp, script->folder);
	return rc == 0 || rc == SSHOAL_ENOENT ? 0 : keep_text(script, rc);
}

/* Says where something is left and why, whatever else went wrong. */
static void tell_left(const struct script *script, const sshoal_error *why)
{
	struct attempt *attempt = script->connection.attempt;
	char text[sizeof attempt->error.text];
	bool is_named =
		strncmp(why->text, script->folder, strlen(script->folder)) == 0;
	(void)snprintf(text, sizeof text, "left there: %.200s%s%.200s",
		       is_named ? "" : script->folder, is_named ? "" : ": ",
		       why->text);
	if (attempt->error.code == 0) {
		sshoal__outlet_note(attempt, text);
		return;
	}
	char had[200];
	(void)snprintf(had, sizeof had, "%s", attempt->error.text);
	(void)sshoal__error_set(&attempt->error, attempt->error.code, "%s; %s",
				had, text);
}

/* The clearing goes on when the work was cancelled or had no time; an upload
 * that was given up in the middle ended its files, so they are opened anew. */
static void clear(struct script *script)
{
	struct connection *connection = &script->connection;
	struct attempt *attempt = connection->attempt;
	if (!script->folder)
		return;
	const sshoal_error had = attempt->error;
	(void)sshoal__client_wind_up(connection->client,
				     sshoal__deadline_in(CLEAR_MS));
	int rc = remove_all(script);
	if (rc && !is_refusal(rc) && !connection->client->session->failed &&
	    sshoal__connection_reopen(connection) == 0)
		rc = remove_all(script);
	const sshoal_error why = attempt->error;
	attempt->error = had;
	if (rc)
		tell_left(script, &why);
}

static int work(struct script *script)
{
	struct attempt *attempt = script->connection.attempt;
	int rc = make_any_folder(script);
	if (rc == 0)
		rc = upload(script);
	if (rc) {
		attempt->error.code = rc;
		return rc;
	}
	attempt->error = (sshoal_error){ .code = 0 };
	rc = run(script);
	attempt->error.code = rc;
	return rc;
}

int sshoal__script_run(struct attempt *attempt, struct session *session)
{
	struct script script = { .folder = NULL };
	int rc = sshoal__connection_open(&script.connection, attempt, session);
	if (rc == 0) {
		rc = work(&script);
		clear(&script);
	}
	rc = sshoal__check_after(&script.connection, rc);
	sshoal__connection_close(&script.connection);
	free(script.folder);
	free(script.path);
	return rc;
}
