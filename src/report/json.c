/* SPDX-License-Identifier: MIT */
#include "report/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/text.h>
#include <sshoal/version.h>

#include "report/json_event.h"
#include "report/json_text.h"
#include "report/json_value.h"
#include "report/splitter.h"
#include "report/utf8.h"

/*
 * A run as NDJSON: start, then for each host begin, output and note, and
 * result, summary last. Output events, which are many, are written by hand;
 * the others are Jansson's. What is not known is null.
 */

struct json {
	struct console *console;
	struct json_options options;
	struct json_events events;
	bool is_started;
	struct splitter splitters[]; /* two for each host */
};

/* Whose part a splitter hands on. */
struct sink {
	struct json *json;
	const struct host *host;
	int stream;
};

/* The first event, before any other. */
static int ensure_started(struct json *json)
{
	if (json->is_started)
		return 0;
	json->is_started = true;
	json_t *event = sshoal__json_event(&json->events, "start", NULL);
	if (!event)
		return SSHOAL_ENOMEM;
	int rc = json_object_set_new(event, "version",
				     json_string(sshoal_version()));
	rc |= json_object_set_new(event, "job", json_string(json->options.job));
	rc |= json_object_set_new(event, "command",
				  sshoal__json_text(json->options.command));
	rc |= json_object_set_new(
		event, "targets",
		json_integer((json_int_t)json->options.host_count));
	if (json->options.start)
		rc |= json_object_update(event, json->options.start);
	if (rc) {
		json_decref(event);
		return SSHOAL_ENOMEM;
	}
	return sshoal__json_emit(&json->events, event);
}

static int on_begin(void *state, const struct host *host)
{
	struct json *json = state;
	int rc = ensure_started(json);
	return rc ? rc :
		    sshoal__json_emit(
			    &json->events,
			    sshoal__json_event(&json->events, "begin", host));
}

static int on_note(void *state, const struct host *host, int level,
		   const char *text)
{
	struct json *json = state;
	int rc = ensure_started(json);
	if (rc)
		return rc;
	json_t *event = sshoal__json_event(&json->events, "note", host);
	if (event &&
	    (json_object_set_new(event, "level", json_integer(level)) ||
	     json_object_set_new(event, "text", sshoal__json_text(text)))) {
		json_decref(event);
		event = NULL;
	}
	return sshoal__json_emit(&json->events, event);
}

/* As sshoal__json_text(). */
static void put_label(struct console *console, const char *label)
{
	size_t length = strlen(label);
	char visible[1024];
	if (!sshoal__utf8_is_valid(label, length)) {
		(void)sshoal_text_escape(visible, sizeof visible, label,
					 length);
		label = visible;
		length = strlen(visible);
	}
	(void)sshoal__json_text_write(console, label, length);
}

static int on_part(int part, const char *bytes, size_t n, void *data)
{
	const struct sink *sink = data;
	struct json *json = sink->json;
	struct console *console = json->console;
	bool is_text = sshoal__utf8_is_valid(bytes, n);
	bool is_partial = bytes[n - 1] != '\n';
	char text[200];
	char time[40];
	(void)part;
	sshoal__json_time(time, sizeof time);
	json->events.sequence++;
	(void)snprintf(text, sizeof text,
		       "{\"v\":%d,\"run\":\"%s\",\"seq\":%" PRIu64
		       ",\"time\":\"%s\",\"event\":\"output\",\"index\":%zu,"
		       "\"host\":\"",
		       JSON_EVENT_VERSION, json->events.run,
		       json->events.sequence, time, sink->host->index);
	(void)sshoal__console_print(console, SSHOAL_STDOUT, text);
	put_label(console, sink->host->label);
	(void)snprintf(text, sizeof text, "\",\"stream\":\"%s\",%s\"%s\":\"",
		       sink->stream == SSHOAL_STDERR ? "stderr" : "stdout",
		       is_partial ? "\"partial\":true," : "",
		       is_text ? "data" : "base64");
	(void)sshoal__console_print(console, SSHOAL_STDOUT, text);
	if (is_text)
		(void)sshoal__json_text_write(console, bytes, n);
	else
		(void)sshoal__json_text_write_base64(console, bytes, n);
	return sshoal__console_print(console, SSHOAL_STDOUT, "\"}\n");
}

static struct splitter *splitter_of(struct json *json, size_t index, int stream)
{
	return &json->splitters[2 * index + (stream == SSHOAL_STDERR)];
}

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct json *json = state;
	struct sink sink = { json, host, stream };
	int rc = ensure_started(json);
	if (rc)
		return rc;
	return sshoal__splitter_feed(splitter_of(json, host->index, stream),
				     bytes, size_bytes, on_part, &sink);
}

static int end_output(struct json *json, const struct host *host)
{
	struct sink out = { json, host, SSHOAL_STDOUT };
	struct sink err = { json, host, SSHOAL_STDERR };
	int out_rc = sshoal__splitter_end(
		splitter_of(json, host->index, SSHOAL_STDOUT), on_part, &out);
	int err_rc = sshoal__splitter_end(
		splitter_of(json, host->index, SSHOAL_STDERR), on_part, &err);
	return out_rc ? out_rc : err_rc;
}

static int on_file(void *state, const struct host *host,
		   const sshoal_transfer_file *file)
{
	struct json *json = state;
	int rc = ensure_started(json);
	if (rc)
		return rc;
	json_t *event = sshoal__json_event(&json->events, "file", host);
	if (event && sshoal__json_add_file(event, file)) {
		json_decref(event);
		event = NULL;
	}
	return sshoal__json_emit(&json->events, event);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct json *json = state;
	const struct json_sink *sink = json->options.sink;
	if (sink && !sink->wants(sink->data, outcome))
		return 0;
	int rc = ensure_started(json);
	int rest_rc = sink ? 0 : end_output(json, &outcome->host);
	int event_rc = sshoal__json_emit(
		&json->events, sshoal__json_result(&json->events, outcome,
						   json->options.moves_files,
						   json->options.copies_id));
	if (rc == 0)
		rc = rest_rc;
	return rc ? rc : event_rc;
}

static int on_summary(void *state, const struct tally *tally,
		      double duration_ms, int exit_status)
{
	struct json *json = state;
	int rc = ensure_started(json);
	json_t *event = sshoal__json_event(&json->events, "summary", NULL);
	if (rc || !event) {
		json_decref(event);
		return rc ? rc : SSHOAL_ENOMEM;
	}
	rc = json_object_set_new(event, "targets",
				 json_integer((json_int_t)tally->targets));
	for (int i = 0; i < SSHOAL_STATUS_COUNT; i++)
		rc |= json_object_set_new(
			event, sshoal_status_name(i),
			json_integer((json_int_t)tally->counts[i]));
	rc |= json_object_set_new(event, "ms", sshoal__json_ms(duration_ms));
	rc |= json_object_set_new(event, "exit", json_integer(exit_status));
	if (rc) {
		json_decref(event);
		return SSHOAL_ENOMEM;
	}
	rc = sshoal__json_emit(&json->events, event);
	const struct json_sink *sink = json->options.sink;
	return rc == 0 && sink ? sink->end(sink->data) : rc;
}

/* What goes to a sink has no output in it, and needs none of them. */
static size_t splitter_count(const struct json_options *options)
{
	return options->sink ? 0 : 2 * options->host_count;
}

static void free_json(void *state)
{
	struct json *json = state;
	for (size_t i = 0; i < splitter_count(&json->options); i++)
		sshoal__splitter_fini(&json->splitters[i]);
	json_decref(json->options.start);
	free(json);
}

const char *sshoal__json_run(const struct reporter *reporter)
{
	const struct json *json = reporter->state;
	return json->events.run;
}

int sshoal__json_new(struct reporter *reporter, struct console *console,
		     const struct json_options *options)
{
	size_t count = splitter_count(options);
	struct json *json =
		calloc(1, sizeof *json + count * sizeof *json->splitters);
	if (!json)
		return SSHOAL_ENOMEM;
	json->console = console;
	json->options = *options;
	for (size_t i = 0; i < count; i++)
		json->splitters[i].whole_characters = true;
	int rc = sshoal__json_events_init(&json->events, console);
	if (rc) {
		json->options.start = NULL; /* the caller's still */
		free_json(json);
		return rc;
	}
	json->events.sink = options->sink;
	if (options->run)
		(void)snprintf(json->events.run, sizeof json->events.run, "%s",
			       options->run);
	*reporter = (struct reporter){
		.begin = on_begin,
		.output = options->sink ? NULL : on_output,
		.note = on_note,
		.file = on_file,
		.result = on_result,
		.summary = on_summary,
		.free = free_json,
		.state = json,
	};
	return 0;
}
