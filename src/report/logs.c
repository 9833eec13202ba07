/* SPDX-License-Identifier: MIT */
#include "report/logs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_event.h"
#include "report/json_value.h"
#include "report/log_file.h"

/*
 * A folder with LABEL.out, LABEL.err and LABEL.json of each host, beside what
 * else comes out. The first failure is told and ends the run; nothing more is
 * written then, and what is not whole is removed.
 */

struct logs {
	struct reporter inner;
	struct console *console;
	struct logs_options options;
	struct log_folder folder;
	struct json_events events;
	bool has_failed;
	struct log_file files[]; /* two for each host */
};

static struct log_file *file_of(struct logs *logs, size_t index, int stream)
{
	return &logs->files[2 * index + (stream == SSHOAL_STDERR)];
}

static struct log_name name_of(const char *label, int stream)
{
	return (struct log_name){
		.label = label,
		.suffix = stream == SSHOAL_STDERR ? ".err" : ".out",
	};
}

/* Tells the first failure. */
static int note_failure(struct logs *logs, int rc, const sshoal_error *error)
{
	if (rc == 0 || logs->has_failed)
		return rc;
	logs->has_failed = true;
	sshoal__console_say(logs->console,
			    "--output-dir: %s; no further hosts are begun",
			    error->text);
	return rc;
}

static int on_begin(void *state, const struct host *host)
{
	const struct logs *logs = state;
	return logs->inner.begin(logs->inner.state, host);
}

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct logs *logs = state;
	const struct log_name name = name_of(host->label, stream);
	sshoal_error error = { .code = 0 };
	int rc = 0;
	if (!logs->has_failed)
		rc = sshoal__log_append(&logs->folder,
					file_of(logs, host->index, stream),
					&name, bytes, size_bytes, &error);
	rc = note_failure(logs, rc, &error);
	if (!logs->inner.output)
		return rc;
	int inner_rc = logs->inner.output(logs->inner.state, host, stream,
					  bytes, size_bytes);
	return rc ? rc : inner_rc;
}

static int on_note(void *state, const struct host *host, int level,
		   const char *text)
{
	const struct logs *logs = state;
	return logs->inner.note(logs->inner.state, host, level, text);
}

static int on_file(void *state, const struct host *host,
		   const sshoal_transfer_file *file)
{
	const struct logs *logs = state;
	return logs->inner.file(logs->inner.state, host, file);
}

static int write_result(struct logs *logs, const struct outcome *outcome,
			sshoal_error *error)
{
	const struct log_name name = {
		.label = outcome->host.label,
		.suffix = ".json",
	};
	struct log_file file = { .bytes = NULL };
	json_t *event = sshoal__json_result(&logs->events, outcome,
					    logs->options.moves_files,
					    logs->options.copies_id);
	char *text = sshoal__json_line(event);
	*error = (sshoal_error){ .code = SSHOAL_ENOMEM, .text = "no memory" };
	if (!text)
		return SSHOAL_ENOMEM;
	int rc = sshoal__log_append(&logs->folder, &file, &name, text,
				    strlen(text), error);
	if (rc == 0)
		rc = sshoal__log_finish(&logs->folder, &file, &name, error);
	if (rc)
		sshoal__log_discard(&logs->folder, &file, &name);
	free(text);
	return rc;
}

/* The result comes last: where it is there, so are the others. */
static int finish_files(struct logs *logs, const struct outcome *outcome,
			sshoal_error *error)
{
	static const int streams[] = { SSHOAL_STDOUT, SSHOAL_STDERR };
	const struct host *host = &outcome->host;
	for (size_t i = 0; i < 2; i++) {
		const struct log_name name = name_of(host->label, streams[i]);
		int rc = sshoal__log_finish(
			&logs->folder, file_of(logs, host->index, streams[i]),
			&name, error);
		if (rc)
			return rc;
	}
	return write_result(logs, outcome, error);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct logs *logs = state;
	sshoal_error error = { .code = 0 };
	int rc = logs->has_failed ? 0 : finish_files(logs, outcome, &error);
	rc = note_failure(logs, rc, &error);
	if (!logs->inner.result)
		return rc;
	int inner_rc = logs->inner.result(logs->inner.state, outcome);
	return rc ? rc : inner_rc;
}

static int on_summary(void *state, const struct tally *tally,
		      double duration_ms, int exit_status)
{
	const struct logs *logs = state;
	return logs->inner.summary(logs->inner.state, tally, duration_ms,
				   exit_status);
}

static void free_logs(void *state)
{
	struct logs *logs = state;
	size_t count = sshoal_hosts_count(logs->options.hosts);
	for (size_t i = 0; i < 2 * count; i++) {
		const char *label =
			sshoal_hosts_name(logs->options.hosts, i / 2);
		const struct log_name name =
			name_of(label, i % 2 ? SSHOAL_STDERR : SSHOAL_STDOUT);
		sshoal__log_discard(&logs->folder, &logs->files[i], &name);
	}
	sshoal__log_folder_close(&logs->folder);
	if (logs->inner.free)
		logs->inner.free(logs->inner.state);
	free(logs);
}

static int check_labels(const sshoal_hosts *hosts, sshoal_error *error)
{
	for (size_t i = 0; i < sshoal_hosts_count(hosts); i++) {
		const char *label = sshoal_hosts_name(hosts, i);
		if (strlen(label) <= LOG_LABEL_BYTES_MAX && !strchr(label, '/'))
			continue;
		*error = (sshoal_error){ .code = SSHOAL_EINVAL };
		(void)snprintf(error->text, sizeof error->text,
			       "--output-dir: \"%.60s...\" makes no file name; "
			       "give the host a shorter one in a hosts file, "
			       "with host= for where it is",
			       label);
		return SSHOAL_EINVAL;
	}
	return 0;
}

static int init(struct logs *logs, sshoal_error *error)
{
	const struct logs_options *options = &logs->options;
	int rc = check_labels(options->hosts, error);
	if (rc)
		return rc;
	*error = (sshoal_error){ .code = SSHOAL_ELOCAL };
	(void)snprintf(error->text, sizeof error->text, "%s",
		       sshoal_error_text(SSHOAL_ELOCAL));
	rc = sshoal__json_events_init(&logs->events, logs->console);
	if (rc)
		return rc;
	if (options->run)
		(void)snprintf(logs->events.run, sizeof logs->events.run, "%s",
			       options->run);
	rc = sshoal__log_folder_open(&logs->folder, options->path,
				     options->compress, error);
	if (rc == 0)
		return 0;
	char text[sizeof error->text];
	memcpy(text, error->text, sizeof text);
	(void)snprintf(error->text, sizeof error->text, "--output-dir: %s",
		       text);
	return rc;
}

int sshoal__logs_new(struct reporter *reporter, struct console *console,
		     const struct logs_options *options, sshoal_error *error)
{
	const struct reporter inner = *reporter;
	size_t count = sshoal_hosts_count(options->hosts);
	struct logs *logs =
		calloc(1, sizeof *logs + 2 * count * sizeof *logs->files);
	*error = (sshoal_error){ .code = SSHOAL_ENOMEM, .text = "no memory" };
	if (!logs)
		return SSHOAL_ENOMEM;
	logs->inner = inner;
	logs->console = console;
	logs->options = *options;
	int rc = init(logs, error);
	if (rc) {
		free(logs);
		return rc;
	}
	*reporter = (struct reporter){
		.begin = inner.begin ? on_begin : NULL,
		.output = on_output,
		.note = inner.note ? on_note : NULL,
		.file = inner.file ? on_file : NULL,
		.result = on_result,
		.summary = inner.summary ? on_summary : NULL,
		.free = free_logs,
		.state = logs,
	};
	return 0;
}
