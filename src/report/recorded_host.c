/* SPDX-License-Identifier: MIT */
#include "report/recorded_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#include "report/outcome.h"

/* What an event says of a host is taken as far as it makes sense; the rest is
 * as if it had not been said. */

/* No time and no count is larger. */
#define MS_MAX 1e13

static const char *string_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

/* 0 or SSHOAL_ENOMEM; *copy becomes NULL where there is no string. */
static int copy_string(char **copy, const json_t *event, const char *key)
{
	const char *value = string_of(event, key);
	free(*copy);
	*copy = value && *value ? strdup(value) : NULL;
	return value && *value && !*copy ? SSHOAL_ENOMEM : 0;
}

static uint64_t count_of(const json_t *event, const char *key)
{
	json_int_t value = json_integer_value(json_object_get(event, key));
	return value > 0 ? (uint64_t)value : 0;
}

static double ms_of(const json_t *times, const char *key)
{
	const json_t *value = json_object_get(times, key);
	double ms = json_is_number(value) ? json_number_value(value) : -1;
	return ms >= 0 && ms <= MS_MAX ? ms : -1;
}

struct recorded_host *sshoal__recorded_host_new(size_t index,
						const json_t *event)
{
	struct recorded_host *host = calloc(1, sizeof *host);
	if (!host)
		return NULL;
	host->index = index;
	host->status = RECORDED_UNFINISHED;
	host->exit_status = -1;
	host->phase = -1;
	host->began_ms = -1;
	host->total_ms = -1;
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		host->phase_ms[i] = -1;
	int rc = copy_string(&host->label, event, "host");
	if (rc == 0 && !host->label &&
	    asprintf(&host->label, "#%zu", index) < 0) {
		host->label = NULL;
		rc = SSHOAL_ENOMEM;
	}
	if (rc == 0)
		return host;
	sshoal__recorded_host_free(host);
	return NULL;
}

void sshoal__recorded_host_reset(struct recorded_host *host)
{
	host->status = RECORDED_UNFINISHED;
	host->exit_status = -1;
	host->phase = -1;
	host->total_ms = -1;
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		host->phase_ms[i] = -1;
}

static int status_of(const char *word)
{
	for (int i = 0; word && i < SSHOAL_STATUS_COUNT; i++)
		if (strcmp(word, sshoal_status_name(i)) == 0)
			return i;
	return RECORDED_OTHER;
}

static int phase_of(const char *word)
{
	for (int i = 0; word && i < SSHOAL_PHASE_COUNT; i++)
		if (strcmp(word, sshoal_phase_name(i)) == 0)
			return i;
	return -1;
}

static void take_times(struct recorded_host *host, const json_t *times)
{
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		host->phase_ms[i] = ms_of(times, sshoal_phase_name(i));
	host->total_ms = ms_of(times, "total");
	if (host->phase_ms[SSHOAL_PHASE_QUEUE] >= 0)
		host->began_ms = host->phase_ms[SSHOAL_PHASE_QUEUE];
}

int sshoal__recorded_host_end(struct recorded_host *host, const json_t *event)
{
	int rc = copy_string(&host->address, event, "address");
	rc |= copy_string(&host->error, event, "error");
	rc |= copy_string(&host->signal, event, "signal");
	host->status = status_of(string_of(event, "status"));
	if (host->status == RECORDED_OTHER)
		rc |= copy_string(&host->word, event, "status");
	host->phase = phase_of(string_of(event, "phase"));
	const json_t *exit_status = json_object_get(event, "exit");
	host->exit_status = json_is_integer(exit_status) ?
				    (int64_t)json_integer_value(exit_status) :
				    -1;
	uint64_t attempts = count_of(event, "attempts");
	host->attempts = attempts < UINT32_MAX ? (uint32_t)attempts : 0;
	take_times(host, json_object_get(event, "ms"));
	host->stdout_bytes = count_of(event, "stdout_bytes");
	host->stderr_bytes = count_of(event, "stderr_bytes");
	host->moves_files = json_is_integer(json_object_get(event, "files"));
	host->files = count_of(event, "files");
	host->changed = count_of(event, "changed");
	host->bytes = count_of(event, "bytes");
	host->is_held = json_is_true(json_object_get(event, "stdout_held"));
	return rc ? SSHOAL_ENOMEM : 0;
}

const char *sshoal__recorded_host_word(const struct recorded_host *host)
{
	const char *word = sshoal_status_name(host->status);
	if (word)
		return word;
	if (host->status == RECORDED_UNFINISHED)
		return "unfinished";
	return host->word ? host->word : "unknown";
}

char *sshoal__recorded_host_text(const struct recorded_host *host)
{
	if (host->status == RECORDED_UNFINISHED)
		return strdup("unfinished: the file ends before its result");
	if (host->status == RECORDED_OTHER) {
		char *text = NULL;
		int n = asprintf(&text, "%s%s%s",
				 sshoal__recorded_host_word(host),
				 host->error ? ": " : "",
				 host->error ? host->error : "");
		return n < 0 ? NULL : text;
	}
	const struct outcome outcome = {
		.signal = host->signal,
		.error = host->error,
		.exit_status = host->exit_status,
		.status = host->status,
		.phase = host->phase,
		.duration_ms = -1,
	};
	return sshoal__outcome_text(&outcome, false);
}

void sshoal__recorded_host_free(struct recorded_host *host)
{
	if (!host)
		return;
	free(host->word);
	free(host->signal);
	free(host->error);
	free(host->address);
	free(host->label);
	free(host);
}
