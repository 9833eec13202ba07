/* SPDX-License-Identifier: MIT */
#include "ssh/observed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

/* What a callback is about; NULL, and strange, when it cannot be. */
static struct seen *seen_of(struct observed *observed, size_t index)
{
	if (!pthread_equal(pthread_self(), observed->thread) ||
	    index >= observed->count) {
		observed->strange = true;
		return NULL;
	}
	return &observed->list[index];
}

static int on_output(const sshoal_target *target, int stream, const void *bytes,
		     size_t size_bytes, void *data)
{
	struct observed *observed = data;
	struct seen *seen = seen_of(observed, sshoal_target_index(target));
	if (!seen || (stream != SSHOAL_STDOUT && stream != SSHOAL_STDERR)) {
		observed->strange = true;
		return 1;
	}
	struct seen_stream *to = &seen->streams[stream - SSHOAL_STDOUT];
	seen->late = seen->late || seen->results > 0;
	if (to->bytes < OBSERVED_HEAD) {
		size_t room = OBSERVED_HEAD - (size_t)to->bytes;
		memcpy(to->head + to->bytes, bytes,
		       size_bytes < room ? size_bytes : room);
	}
	to->bytes += size_bytes;
	if (!EVP_DigestUpdate(to->hash, bytes, size_bytes))
		observed->strange = true;
	return observed->on_output ?
		       observed->on_output(target, stream, bytes, size_bytes,
					   observed->data) :
		       0;
}

static void copy(char *out, size_t size, const char *text)
{
	(void)snprintf(out, size, "%s", text ? text : "");
}

/* What was delivered is what is counted, unless some of it was dropped. */
static void check_bytes(struct observed *observed, const struct seen *seen,
			const sshoal_result *result)
{
	uint64_t out = sshoal_result_stdout_bytes(result);
	uint64_t err = sshoal_result_stderr_bytes(result);
	uint64_t told = seen->streams[0].bytes + seen->streams[1].bytes;
	if (seen->cut ? out + err > told :
			out == seen->streams[0].bytes &&
				err == seen->streams[1].bytes)
		return;
	print_error("%s: %llu and %llu bytes counted, %llu and %llu "
		    "delivered\n",
		    seen->host, (unsigned long long)out,
		    (unsigned long long)err,
		    (unsigned long long)seen->streams[0].bytes,
		    (unsigned long long)seen->streams[1].bytes);
	observed->strange = true;
}

static int on_result(const sshoal_result *result, void *data)
{
	struct observed *observed = data;
	struct seen *seen = seen_of(observed, sshoal_result_index(result));
	if (!seen)
		return 1;
	seen->results++;
	seen->status = sshoal_result_status(result);
	seen->phase = sshoal_result_phase(result);
	seen->ran = sshoal_result_ran(result);
	seen->code = sshoal_result_error_code(result);
	seen->exit = sshoal_result_exit_status(result);
	seen->held = sshoal_result_stdout_held(result);
	seen->kill = sshoal_result_kill(result);
	seen->cut = sshoal_result_cut(result);
	seen->attempts = sshoal_result_attempts(result);
	seen->duration_ms = sshoal_result_duration_ms(result);
	copy(seen->host, sizeof seen->host, sshoal_result_host(result));
	copy(seen->address, sizeof seen->address,
	     sshoal_result_address(result));
	copy(seen->signal, sizeof seen->signal,
	     sshoal_result_exit_signal(result));
	copy(seen->text, sizeof seen->text, sshoal_result_error_text(result));
	check_bytes(observed, seen, result);
	if (seen->started)
		observed->under_way--;
	return observed->on_result ?
		       observed->on_result(result, observed->data) :
		       0;
}

static int on_start(const sshoal_target *target, void *data)
{
	struct observed *observed = data;
	struct seen *seen = seen_of(observed, sshoal_target_index(target));
	if (!seen)
		return 1;
	seen->started = true;
	if (++observed->under_way > observed->most_under_way)
		observed->most_under_way = observed->under_way;
	return observed->on_start ? observed->on_start(target, observed->data) :
				    0;
}

static int on_note(const sshoal_target *target, int level, const char *text,
		   void *data)
{
	struct observed *observed = data;
	(void)target, (void)level, (void)text;
	observed->notes++;
	return 0;
}

static void prepare(struct observed *observed, size_t count)
{
	observed->thread = pthread_self();
	observed->under_way = observed->most_under_way = 0;
	observed->count = count;
	observed->list = calloc(count + 1, sizeof *observed->list);
	assert_non_null(observed->list);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < 2; k++) {
			EVP_MD_CTX *hash = EVP_MD_CTX_new();
			assert_non_null(hash);
			assert_int_equal(
				EVP_DigestInit_ex(hash, EVP_sha256(), NULL), 1);
			observed->list[i].streams[k].hash = hash;
		}
}

static void finish(struct observed *observed)
{
	for (size_t i = 0; i < observed->count; i++)
		for (size_t k = 0; k < 2; k++) {
			struct seen_stream *stream =
				&observed->list[i].streams[k];
			if (stream->hash)
				(void)EVP_DigestFinal_ex(stream->hash,
							 stream->sha256, NULL);
			EVP_MD_CTX_free(stream->hash);
			stream->hash = NULL;
		}
}

static void check(const struct observed *observed)
{
	uint64_t statuses[SSHOAL_STATUS_COUNT] = { 0 };
	assert_false(observed->strange);
	for (size_t i = 0; i < observed->count; i++) {
		const struct seen *seen = &observed->list[i];
		if (seen->results != 1 || seen->late)
			fail_msg("target %zu got %u results%s", i,
				 seen->results,
				 seen->late ? ", output after it" : "");
		assert_in_range(seen->status, 0, SSHOAL_STATUS_COUNT - 1);
		statuses[seen->status]++;
		for (const char *c = seen->text; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				fail_msg("target %zu: a control character in "
					 "its error text",
					 i);
	}
	assert_int_equal(observed->summary.targets, observed->count);
	for (size_t i = 0; i < SSHOAL_STATUS_COUNT; i++)
		assert_int_equal(observed->summary.statuses[i], statuses[i]);
}

int observe_job(struct observed *observed, sshoal_fleet *fleet,
		const sshoal_job *job)
{
	static const sshoal_fleet_callbacks callbacks = { .output = on_output,
							  .result = on_result,
							  .start = on_start,
							  .note = on_note };
	prepare(observed, sshoal_fleet_count(fleet));
	int rc = sshoal_fleet_run(fleet, job, &callbacks, observed,
				  &observed->summary);
	finish(observed);
	if (rc == 0)
		check(observed);
	return rc;
}

int observe(struct observed *observed, sshoal_fleet *fleet, const char *command)
{
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = command ? SSHOAL_JOB_COMMAND : SSHOAL_JOB_PING;
	job.command = command;
	return observe_job(observed, fleet, &job);
}

static const char *word(const char *name)
{
	return name ? name : "?";
}

static void print_seen(const struct seen *seen, size_t index)
{
	print_error("target %zu (%s, address %s): %s in %s, ran %s, exit %lld, "
		    "signal '%s', kill %s, attempts %u, %.0f ms, text '%s'\n"
		    "its standard error: '%.500s'\n",
		    index, seen->host, seen->address,
		    word(sshoal_status_name(seen->status)),
		    word(sshoal_phase_name(seen->phase)),
		    word(sshoal_ran_name(seen->ran)), (long long)seen->exit,
		    seen->signal, word(sshoal_end_name(seen->kill)),
		    seen->attempts, seen->duration_ms, seen->text,
		    seen->streams[1].head);
}

void assert_seen(const struct observed *observed, size_t index,
		 const struct expected *expected)
{
	const struct seen *seen = &observed->list[index];
	bool same =
		seen->status == expected->status &&
		(expected->phase == ANY_PHASE ||
		 seen->phase == expected->phase) &&
		seen->ran == expected->ran &&
		(expected->exit == ANY_EXIT || seen->exit == expected->exit) &&
		(!expected->text || strstr(seen->text, expected->text));
	if (same)
		return;
	print_seen(seen, index);
	fail_msg("expected: %s in %s, ran %s, exit %lld, text '%s'",
		 word(sshoal_status_name(expected->status)),
		 word(sshoal_phase_name(expected->phase)),
		 word(sshoal_ran_name(expected->ran)),
		 (long long)expected->exit,
		 expected->text ? expected->text : "");
}

void assert_seen_ok(const struct observed *observed, size_t index,
		    const char *output)
{
	const struct seen *seen = &observed->list[index];
	const struct expected ok = { .status = SSHOAL_STATUS_OK,
				     .phase = ANY_PHASE,
				     .ran = SSHOAL_RAN_YES,
				     .exit = 0 };
	assert_seen(observed, index, &ok);
	assert_string_equal(seen->streams[0].head, output);
}

void assert_seen_status(const struct observed *observed, size_t index,
			int status)
{
	const struct seen *seen = &observed->list[index];
	const struct expected expected = { .status = status,
					   .phase = ANY_PHASE,
					   .ran = seen->ran,
					   .exit = ANY_EXIT };
	assert_seen(observed, index, &expected);
}

void observed_free(struct observed *observed)
{
	finish(observed);
	free(observed->list);
	observed->list = NULL;
}

sshoal_fleet *fleet_of(const sshoal_fleet_options *options)
{
	sshoal_fleet *fleet = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_fleet_new(&fleet, options, &error))
		fail_msg("sshoal_fleet_new: %s", error.text);
	return fleet;
}

void fleet_with(sshoal_fleet *fleet, const sshoal_client_options *options)
{
	sshoal_error error = { .code = 0 };
	if (sshoal_fleet_add(fleet, options, &error))
		fail_msg("sshoal_fleet_add: %s", error.text);
}

void fleet_with_hosts(sshoal_fleet *fleet, const struct site *site,
		      unsigned count)
{
	for (unsigned i = 1; i <= count; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.1.%u", i);
		const sshoal_client_options options = site_options(site, host);
		fleet_with(fleet, &options);
	}
}

void observe_one(struct observed *observed,
		 const sshoal_fleet_options *fleet_options,
		 const sshoal_client_options *options, const char *command)
{
	sshoal_fleet *fleet = fleet_of(fleet_options);
	fleet_with(fleet, options);
	if (observe(observed, fleet, command))
		fail_msg("sshoal_fleet_run: %s",
			 sshoal_fleet_error_text(fleet));
	sshoal_fleet_free(fleet);
}
