/* SPDX-License-Identifier: MIT */
#include "report/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * How a host ended, in facts and in words. Where the status says that time or
 * the connection ran out, the phase and the time are part of what happened.
 */

struct outcome sshoal__outcome_read(const sshoal_result *result)
{
	struct outcome outcome = {
		.host = { .label = sshoal_result_host(result),
			  .index = sshoal_result_index(result) },
		.address = sshoal_result_address(result),
		.signal = sshoal_result_exit_signal(result),
		.error = sshoal_result_error_text(result),
		.exit_status = sshoal_result_exit_status(result),
		.status = sshoal_result_status(result),
		.phase = sshoal_result_phase(result),
		.ran = sshoal_result_ran(result),
		.kill = sshoal_result_kill(result),
		.attempts = sshoal_result_attempts(result),
		.batch = sshoal_result_batch(result),
		.stdout_bytes = sshoal_result_stdout_bytes(result),
		.stderr_bytes = sshoal_result_stderr_bytes(result),
		.files = sshoal_result_files(result),
		.changed = sshoal_result_changed(result),
		.bytes = sshoal_result_bytes(result),
		.copy_id = sshoal_result_copy_id(result),
		.duration_ms = sshoal_result_duration_ms(result),
		.is_stdout_held = sshoal_result_stdout_held(result) != 0,
		.is_cut = sshoal_result_cut(result) != 0,
	};
	for (int i = 0; i < SSHOAL_PHASE_COUNT; i++)
		outcome.phase_ms[i] = sshoal_result_phase_ms(result, i);
	return outcome;
}

static bool tells_phase(int status)
{
	return status == SSHOAL_STATUS_CONNECT_TIMEOUT ||
	       status == SSHOAL_STATUS_PROTOCOL ||
	       status == SSHOAL_STATUS_TIMEOUT ||
	       status == SSHOAL_STATUS_IDLE_TIMEOUT ||
	       status == SSHOAL_STATUS_LOST || status == SSHOAL_STATUS_LOCAL ||
	       status == SSHOAL_STATUS_CANCELLED;
}

/* The part after the status word, up to the error's text. */
static void describe_end(char *text, size_t size, const struct outcome *outcome,
			 bool with_time)
{
	const char *phase = sshoal_phase_name(outcome->phase);
	text[0] = '\0';
	if (outcome->status == SSHOAL_STATUS_FAILED)
		(void)snprintf(text, size, ": exit status %" PRId64,
			       outcome->exit_status);
	else if (outcome->status == SSHOAL_STATUS_SIGNALED && outcome->signal)
		(void)snprintf(text, size, ": %.64s", outcome->signal);
	else if (!tells_phase(outcome->status) || !phase)
		return;
	else if (with_time && outcome->duration_ms >= 0)
		(void)snprintf(text, size, " in %s after %.1f s", phase,
			       outcome->duration_ms / 1000);
	else
		(void)snprintf(text, size, " in %s", phase);
}

char *sshoal__outcome_text(const struct outcome *outcome, bool with_time)
{
	const char *word = sshoal_status_name(outcome->status);
	const char *error = outcome->error;
	if (error && word && strcmp(error, word) == 0)
		error = NULL; /* nothing but the word again */
	char *text = NULL;
	char end[128];
	describe_end(end, sizeof end, outcome, with_time);
	int n = asprintf(&text, "%s%s%s%s", word ? word : "unknown", end,
			 error ? ": " : "", error ? error : "");
	if (n < 0)
		return NULL;
	for (char *p = strchr(text, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	return text;
}
