/* SPDX-License-Identifier: MIT */
#include "report/json_value.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>
#include <sshoal/text.h>

#include "report/json_text.h"
#include "report/utf8.h"

/* What the events say of a host's end. What is not known is null. */

json_t *sshoal__json_text(const char *text)
{
	if (!text)
		return json_null();
	size_t length = strlen(text);
	if (sshoal__utf8_is_valid(text, length))
		return json_string(text);
	size_t size = sshoal_text_escape(NULL, 0, text, length) + 1;
	char *visible = malloc(size);
	if (!visible)
		return NULL;
	(void)sshoal_text_escape(visible, size, text, length);
	json_t *value = json_string(visible);
	free(visible);
	return value;
}

json_t *sshoal__json_bytes(const char *text)
{
	size_t length = strlen(text);
	if (sshoal__utf8_is_valid(text, length))
		return json_string(text);
	char *digits = malloc(BASE64_SIZE(length));
	if (!digits)
		return NULL;
	sshoal__json_text_base64(digits, text, length);
	json_t *value = json_pack("{s:s}", "base64", digits);
	free(digits);
	return value;
}

json_t *sshoal__json_ms(double ms)
{
	if (!(ms >= 0 && ms < 1e12))
		return json_null();
	return json_real((double)(int64_t)(ms * 1000 + 0.5) / 1000);
}

static json_t *phases_of(const struct outcome *outcome)
{
	static const int phases[] = {
		SSHOAL_PHASE_QUEUE, SSHOAL_PHASE_DNS,  SSHOAL_PHASE_CONNECT,
		SSHOAL_PHASE_KEX,   SSHOAL_PHASE_AUTH, SSHOAL_PHASE_RUN,
	};
	json_t *ms = json_object();
	for (size_t i = 0; ms && i < sizeof phases / sizeof *phases; i++)
		if (json_object_set_new(
			    ms, sshoal_phase_name(phases[i]),
			    sshoal__json_ms(outcome->phase_ms[phases[i]])))
			goto fail;
	double total = outcome->attempts > 0 ? outcome->duration_ms : -1;
	if (ms && json_object_set_new(ms, "total", sshoal__json_ms(total)) == 0)
		return ms;
fail:
	json_decref(ms);
	return NULL;
}

/* 0 or -1. */
static int add_facts(json_t *event, const struct outcome *outcome)
{
	json_t *exit_status = outcome->exit_status < 0 ?
				      json_null() :
				      json_integer(outcome->exit_status);
	int rc = json_object_set_new(event, "address",
				     sshoal__json_text(outcome->address));
	rc |= json_object_set_new(
		event, "status",
		sshoal__json_text(sshoal_status_name(outcome->status)));
	rc |= json_object_set_new(event, "exit", exit_status);
	rc |= json_object_set_new(event, "signal",
				  sshoal__json_text(outcome->signal));
	rc |= json_object_set_new(
		event, "phase",
		sshoal__json_text(sshoal_phase_name(outcome->phase)));
	rc |= json_object_set_new(
		event, "ran", sshoal__json_text(sshoal_ran_name(outcome->ran)));
	rc |= json_object_set_new(event, "error",
				  sshoal__json_text(outcome->error));
	rc |= json_object_set_new(event, "attempts",
				  json_integer(outcome->attempts));
	rc |= json_object_set_new(event, "ms", phases_of(outcome));
	rc |= json_object_set_new(
		event, "stdout_bytes",
		json_integer((json_int_t)outcome->stdout_bytes));
	rc |= json_object_set_new(
		event, "stderr_bytes",
		json_integer((json_int_t)outcome->stderr_bytes));
	return rc;
}

static json_t *count_of(uint64_t count, bool is_known)
{
	return is_known ? json_integer((json_int_t)count) : json_null();
}

/* What not every job knows, or this version does not do. 0 or -1. */
static int add_rest(json_t *event, const struct outcome *outcome,
		    bool moves_files)
{
	int rc = json_object_set_new(event, "files",
				     count_of(outcome->files, moves_files));
	rc |= json_object_set_new(event, "bytes",
				  count_of(outcome->bytes, moves_files));
	rc |= json_object_set_new(event, "changed",
				  count_of(outcome->changed, moves_files));
	const char *kill = sshoal_end_name(outcome->kill);
	rc |= json_object_set_new(event, "kill",
				  kill ? json_string(kill) : json_null());
	rc |= json_object_set_new(event, "cut", json_boolean(outcome->is_cut));
	rc |= json_object_set_new(event, "stdout_held",
				  json_boolean(outcome->is_stdout_held));
	rc |= json_object_set_new(event, "batch",
				  count_of(outcome->batch, outcome->batch > 0));
	return rc;
}

int sshoal__json_add_outcome(json_t *event, const struct outcome *outcome,
			     bool moves_files)
{
	if (add_facts(event, outcome) || add_rest(event, outcome, moves_files))
		return SSHOAL_ENOMEM;
	return 0;
}

static json_t *key_of(const struct outcome_key *key)
{
	json_t *value = json_object();
	if (!value)
		return NULL;
	int rc = json_object_set_new(value, "type",
				     sshoal__json_text(key->type));
	rc |= json_object_set_new(value, "fingerprint",
				  sshoal__json_text(key->fingerprint));
	rc |= json_object_set_new(value, "state",
				  sshoal__json_text(key->state));
	rc |= json_object_set_new(value, "on_file",
				  sshoal__json_text(key->on_file));
	if (rc == 0)
		return value;
	json_decref(value);
	return NULL;
}

int sshoal__json_add_keys(json_t *event, const struct outcome *outcome)
{
	json_t *keys = json_array();
	int rc = keys ? 0 : -1;
	for (size_t i = 0; i < outcome->key_count && rc == 0; i++)
		rc = json_array_append_new(keys, key_of(&outcome->keys[i]));
	if (rc) {
		json_decref(keys);
		return SSHOAL_ENOMEM;
	}
	return json_object_set_new(event, "keys", keys) ? SSHOAL_ENOMEM : 0;
}

int sshoal__json_add_copy_id(json_t *event, const struct outcome *outcome)
{
	static const struct {
		const char *name;
		uint32_t deed;
	} deeds[] = {
		{ "key_added", SSHOAL_COPY_ID_ADDED },
		{ "key_proven", SSHOAL_COPY_ID_PROVEN },
		{ "old_key_removed", SSHOAL_COPY_ID_REMOVED },
	};
	int rc = 0;
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		rc |= json_object_set_new(
			event, deeds[i].name,
			json_boolean(outcome->copy_id & deeds[i].deed));
	return rc ? SSHOAL_ENOMEM : 0;
}

int sshoal__json_add_file(json_t *event, const sshoal_transfer_file *file)
{
	const char *error = *file->text ? file->text : NULL;
	if (file->code && !error)
		error = sshoal_error_text(file->code);
	int rc = json_object_set_new(event, "local",
				     sshoal__json_text(file->local));
	rc |= json_object_set_new(event, "remote",
				  sshoal__json_text(file->remote));
	rc |= json_object_set_new(event, "size",
				  json_integer((json_int_t)file->size_bytes));
	rc |= json_object_set_new(event, "changed",
				  json_boolean(file->changed != 0));
	rc |= json_object_set_new(event, "left_out",
				  json_boolean(file->left_out != 0));
	rc |= json_object_set_new(event, "error", sshoal__json_text(error));
	return rc ? SSHOAL_ENOMEM : 0;
}
